"""Cache keys of calls: digests of all that their results depend on."""

from __future__ import annotations

import inspect
import os
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
from joblib import hash as joblib_hash
from joblib.hashing import NumpyHasher

from sklearn_ridge_nn.model_selection._calls import Call

#: Arguments of scikit-learn's functions that results do not depend on.
_IDLE = ("caller", "callback_ctx", "verbose", "split_progress", "candidate_progress")


class Digests:
    """Digests of calls, those of the arguments that many calls share computed once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, str]] = {}

    def of_call(self, call: Call) -> str:
        """Return the digest of all that a call's result depends on, but for the packages."""
        arguments = {name: value for name, value in call.arguments.items() if name not in _IDLE}
        return self.of(
            [
                call.function.__qualname__,
                call.measure.__qualname__ if call.measure is not None else None,
                call.watches_test_rows,
                call.start,
                call.weighs_classes,
                call.every_epoch,
                {name: self._of_argument(name, value) for name, value in arguments.items()},
            ]
        )

    def _of_argument(self, name: str, value: Any) -> str:
        if id(value) not in self._known:
            try:
                self._known[id(value)] = (value, self.of(value))
            except Exception as error:
                raise ValueError(
                    f"memory keeps results by what they depend on, but {name}={value!r} cannot be hashed: "
                    f"{error} Define functions and classes at the top level of a module, or set memory=None."
                ) from error
        return self._known[id(value)][1]

    @staticmethod
    def of(value: Any) -> str:
        """Return the digest of a value."""
        return Hasher().hash(value)


class Hasher(NumpyHasher):
    """joblib's hash, which knows functions and classes by name, and what those do that may change.

    Those are the ones that no installed package holds: what a user edits between two runs.
    """

    def save_global(self, obj: Any, name: str | None = None, **kwargs: Any) -> None:
        """Hash a function or a class."""
        super().save_global(obj, name=name, **kwargs)
        if _is_own(obj):
            self.save(repr(_what_it_does(obj, set())))

    dispatch = NumpyHasher.dispatch.copy()
    dispatch[type] = save_global
    dispatch[types.FunctionType] = save_global


def _is_own(obj: Any) -> bool:
    """Return whether a function or a class is the user's, and not one of an installed package."""
    if (getattr(obj, "__module__", None) or "").partition(".")[0] == "sklearn_ridge_nn":
        return False
    try:
        file = inspect.getfile(obj)
    except (TypeError, OSError):  # built in, or defined without a file
        return obj.__module__.partition(".")[0] not in sys.stdlib_module_names
    return "site-packages" not in file and not file.startswith(str(Path(os.__file__).parent))


def _what_it_does(obj: Any, seen: set[int]) -> Any:
    """Return what a value is, in plain values that are the same in every process.

    A function is its code, its defaults, and what it finds in its closure and under global names; a class
    what it and its bases define. Of other objects' contents, only plain ones count.
    """
    if isinstance(obj, (bool, int, float, complex, str, bytes, type(None))):
        return repr(obj)
    if isinstance(obj, (set, frozenset)):
        return sorted(repr(_what_it_does(item, seen)) for item in obj)
    if isinstance(obj, (list, tuple)):
        return [_what_it_does(item, seen) for item in obj]
    if isinstance(obj, dict):
        return sorted(repr([_what_it_does(part, seen) for part in item]) for item in obj.items())
    if isinstance(obj, types.CodeType):
        return obj.co_code, obj.co_names, [_what_it_does(constant, seen) for constant in obj.co_consts]
    if isinstance(obj, (np.ndarray, np.generic)):
        return joblib_hash(obj)
    if id(obj) in seen:
        return "..."
    seen.add(id(obj))
    if isinstance(obj, (staticmethod, classmethod)):
        return _what_it_does(obj.__func__, seen)
    if isinstance(obj, property):
        return [_what_it_does(part, seen) for part in (obj.fget, obj.fset)]
    if isinstance(obj, types.FunctionType):
        return _of_function(obj, seen)
    if isinstance(obj, type) and _is_own(obj):
        own = [base for base in obj.__mro__ if _is_own(base)]
        return [
            _what_it_does({n: v for n, v in vars(base).items() if n not in _IDLE_NAMES}, seen) for base in own
        ]
    return getattr(obj, "__qualname__", type(obj).__qualname__)


def _of_function(function: types.FunctionType, seen: set[int]) -> list[Any]:
    wrapped = getattr(function, "__wrapped__", None)
    if not _is_own(function):
        return [function.__qualname__, _what_it_does(wrapped, seen)]
    cells = [cell.cell_contents for cell in function.__closure__ or () if cell != types.CellType()]
    names = sorted(_names(function.__code__) & function.__globals__.keys())
    parts = [
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        cells,
        [function.__globals__[name] for name in names],
        wrapped,
    ]
    return [_what_it_does(part, seen) for part in parts]


def _names(code: types.CodeType) -> set[str]:
    """Return the global names that a function uses, functions inside it included."""
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))


#: What a class holds besides what it does.
_IDLE_NAMES = (
    "__module__",
    "__doc__",
    "__dict__",
    "__weakref__",
    "__firstlineno__",
    "__static_attributes__",
    "__annotations__",
)
