"""Finished pieces of a search, kept on disk, so that a search that was cut off goes on where it was."""

from __future__ import annotations

import inspect
import os
import types
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from joblib import Memory
from joblib.hashing import NumpyHasher

from sklearn_ridge_nn.fold_fits import Call, Chunk

#: What results depend on besides the arguments.
_PACKAGES = ("sklearn-ridge-nn", "scikit-learn", "keras", "tensorflow", "numpy", "scipy")
#: Arguments of scikit-learn's functions that results do not depend on.
_IDLE = ("caller", "callback_ctx", "verbose", "split_progress", "candidate_progress")


class Checkpoints:
    """Results by what they depend on, in a `joblib.Memory`; nothing is kept without one.

    Parameters
    ----------
    memory : None, str, path or joblib.Memory
        Where to keep them.
    """

    def __init__(self, memory: Any) -> None:
        if isinstance(memory, (str, os.PathLike)):
            memory = Memory(os.fspath(memory), verbose=0)
        is_on = memory is not None and memory.location is not None
        self._kept = memory.cache(_kept, ignore=["results"]) if is_on else None

    def __bool__(self) -> bool:
        return self._kept is not None

    def keys(self, chunks: Sequence[Chunk]) -> dict[tuple, str]:
        """Return the key of each piece.

        Raises
        ------
        ValueError
            If something that results depend on cannot be told apart from run to run.
        """
        if not self:
            return {}
        digests = _Digests()
        return {
            tuple(piece): digests.of([digests.of_call(chunk.calls[number]) for number in piece])
            for chunk in chunks
            for piece in chunk.pieces
        }

    def take(self, chunk: Chunk, keys: dict[tuple, str]) -> dict[int, Any]:
        """Remove the pieces from a chunk that are kept, and return their results."""
        results: dict[int, Any] = {}
        if self._kept is None:
            return results
        for piece in list(chunk.pieces):
            key = keys[tuple(piece)]
            if self._kept.check_call_in_cache(key, None):
                results.update(zip(piece, self._kept(key, None), strict=True))
                chunk.pieces.remove(piece)
        return results

    def keep(self, keys: dict[tuple, str], answers: dict[int, Any]) -> None:
        """Keep the results of one or more pieces."""
        if self._kept is None:
            return
        for piece, key in keys.items():
            if set(piece) <= set(answers):
                self._kept(key, [answers[number] for number in piece])


def _kept(key: str, results: list[Any] | None) -> list[Any]:
    """Return the results of a key; `joblib.Memory` keeps them, and calls this only for those to be kept."""
    if results is None:
        raise KeyError(key)
    return results


class _Digests:
    """Digests of calls, those of the arguments that many calls share computed once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, str]] = {}
        self._versions = [f"{name} {version(name)}" for name in _PACKAGES]

    def of_call(self, call: Call) -> str:
        """Return the digest of all that a call's result depends on."""
        arguments = {name: value for name, value in call.arguments.items() if name not in _IDLE}
        return self.of(
            [
                self._versions,
                call.function.__qualname__,
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
        return _Hasher().hash(value)


class _Hasher(NumpyHasher):
    """joblib's hash, which knows functions and classes by name, and the code of those that may change.

    Those are the ones that no installed package holds: what a user edits between two runs.
    """

    def save_global(self, obj: Any, name: str | None = None, **kwargs: Any) -> None:
        """Hash a function or a class."""
        super().save_global(obj, name=name, **kwargs)
        for function in _own_functions(obj):
            self.save(_code(function.__code__))

    dispatch = NumpyHasher.dispatch.copy()
    dispatch[type] = save_global
    dispatch[types.FunctionType] = save_global


def _own_functions(obj: Any) -> list[types.FunctionType]:
    """Return a user's function, or the functions of a user's class."""
    try:
        file = inspect.getsourcefile(obj) or ""
    except TypeError:  # built in
        return []
    if "site-packages" in file or file.startswith(os.path.dirname(os.__file__)):
        return []
    members = [obj] if isinstance(obj, types.FunctionType) else list(vars(obj).values())
    return [member for member in members if isinstance(member, types.FunctionType)]


def _code(code: types.CodeType) -> tuple:
    """Return what a code object does, without where it stands."""
    constants = [_code(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return code.co_code, code.co_names, constants
