"""The door to scikit-learn's private names: whatever the package uses of them comes through here.

The estimators need a few helpers for checking parameters and rows, without which nothing works. Searches need
more: they are scikit-learn's own functions with two names bound to something else, and rest on how these are
written inside. `difference` looks once whether this scikit-learn is written so; where it is not, searches
take scikit-learn's own path.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module
from numbers import Real
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

import joblib
import numpy as np
import sklearn
from sklearn.pipeline import Pipeline

#: The versions that all tests pass with. The upper bound in pyproject.toml is that of the second.
TESTED = ("1.7", "1.9")


def _supported() -> str:
    """Return which versions fit, and what to do about another one."""
    oldest, newest = TESTED
    major, minor = newest.split(".")
    return (
        f"versions {oldest} to {newest}, which this release of sklearn-ridge-nn was tested with. Install "
        f"'scikit-learn<{major}.{int(minor) + 1}', or a newer sklearn-ridge-nn"
    )


try:
    from sklearn.base import _fit_context
    from sklearn.utils._param_validation import (
        HasMethods,
        Interval as _Interval,
        InvalidParameterError,
        StrOptions,
        validate_params as _validate_params,
    )
    from sklearn.utils.parallel import Parallel, delayed
    from sklearn.utils.validation import _check_sample_weight
except ImportError as error:
    raise ImportError(
        f"scikit-learn {sklearn.__version__} lacks what this package needs of it ({error}). It differs from "
        f"{_supported()}."
    ) from error


def check_sample_weight(sample_weight: Any, X: Any, **options: Any) -> np.ndarray:
    """Return row weights as scikit-learn checks them.

    Raises
    ------
    ValueError
        What scikit-learn raises, and if a weight is an integer beyond any float.
    """
    try:
        weights: np.ndarray = _check_sample_weight(sample_weight, X, **options)
    except OverflowError as error:
        raise ValueError("sample_weight holds an integer that is too large for float64.") from error
    return weights


def container_of(transformer: Any) -> str:
    """Return what a transformer is asked to return: "default", "pandas" or "polars"."""
    own = getattr(transformer, "_sklearn_output_config", {})
    return cast(str, own.get("transform", sklearn.get_config()["transform_output"]))


class Interval(_Interval):
    """scikit-learn's interval, for all real numbers: fractions, and integers that are beyond any float."""

    def __contains__(self, value: Any) -> bool:
        try:
            return super().__contains__(float(value) if self.type is Real else value)
        except OverflowError:
            return False


try:  # since version 1.9
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing, in versions without callbacks."""

    def with_callbacks(method: F) -> F:
        """Return a method as it is, in versions without callbacks."""
        return method


__all__ = [
    "BASE_SEARCH",
    "HALVING_GRID_SEARCH",
    "HALVING_RANDOM_SEARCH",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Parallel",
    "StrOptions",
    "batched",
    "check_method_params",
    "check_sample_weight",
    "constraints_of",
    "container_of",
    "delayed",
    "difference",
    "fit_context",
    "fits_as_pipelines_do",
    "has_callbacks",
    "is_of_scikit_learn",
    "is_sampler",
    "propagated_callbacks",
    "rebound",
    "refuse_difference",
    "safe_indexing",
    "safe_split",
    "scorers_in",
    "takes_sample_weight",
    "validate_params",
    "warn_of_difference",
    "with_callbacks",
]

F = TypeVar("F", bound=Callable[..., Any])


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[F], F]:
    """Return scikit-learn's decorator of ``fit``, which checks parameters, with a type."""
    return cast(Callable[[F], F], _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation))


def validate_params(constraints: dict[str, Any], *, prefer_skip_nested_validation: bool) -> Callable[[F], F]:
    """Return scikit-learn's decorator of functions, which checks arguments, with a type."""
    decorator = _validate_params(constraints, prefer_skip_nested_validation=prefer_skip_nested_validation)
    return cast(Callable[[F], F], decorator)


# -- what searches rest on --------------------------------------------------------------------------


def _found(module: str, name: str) -> Any:
    """Return a name of a module of scikit-learn, or None."""
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


#: None where this scikit-learn has no such name; `difference` then says so, and they are not called.
_NEEDED = {
    f"{module}.{name}": _found(module, name)
    for module, name in (
        ("sklearn.utils", "_safe_indexing"),
        ("sklearn.utils.metaestimators", "_safe_split"),
        ("sklearn.utils.validation", "_check_method_params"),
    )
}
safe_indexing, safe_split, check_method_params = _NEEDED.values()

_HALVING = "sklearn.model_selection._search_successive_halving"
#: What searches have in common, and those by halving, which are public after ``enable_halving_search_cv``.
BASE_SEARCH = _found("sklearn.model_selection._search", "BaseSearchCV")
HALVING_GRID_SEARCH = _found(_HALVING, "HalvingGridSearchCV")
HALVING_RANDOM_SEARCH = _found(_HALVING, "HalvingRandomSearchCV")

_VALIDATION = "sklearn.model_selection._validation"
_SEARCH = "sklearn.model_selection._search"
#: Names that each function must use: of its code where two are bound to something else, and of what it runs.
_USED = {
    (_SEARCH, "BaseSearchCV.fit"): ("Parallel", "delayed", "_fit_and_score"),
    (_HALVING, "BaseSuccessiveHalving.fit"): ("super", "fit"),
    (_VALIDATION, "cross_validate"): ("Parallel", "delayed", "_fit_and_score"),
    (_VALIDATION, "validation_curve"): ("Parallel", "delayed", "_fit_and_score"),
    (_VALIDATION, "learning_curve"): ("Parallel", "delayed", "_fit_and_score"),
    (_VALIDATION, "cross_val_predict"): ("Parallel", "delayed", "_fit_and_predict"),
    (_VALIDATION, "cross_val_score"): ("cross_validate",),
    (_VALIDATION, "_fit_and_score"): ("_safe_split", "fit", "set_params"),
    (_VALIDATION, "_fit_and_predict"): ("_safe_split", "fit"),
}
#: Arguments that the functions which fit must take by these names.
_TAKEN = {
    "_fit_and_score": (
        "estimator", "X", "y", "scorer", "train", "test", "parameters", "fit_params", "error_score",
        "return_train_score", "return_estimator",
    ),
    "_fit_and_predict": ("estimator", "X", "y", "train", "test", "fit_params", "method"),
}  # fmt: skip


@lru_cache(maxsize=1)
def difference() -> str | None:
    """Return in what this scikit-learn differs inside from what training together rests on.

    Returns
    -------
    str or None
        The first difference, as part of a sentence; None if there is none.
    """
    for name, value in _NEEDED.items():
        if value is None:
            return f"{name} does not exist"
    for (module, path), names in _USED.items():
        function = _function(module, path)
        if function is None:
            return f"{module}.{path} does not exist"
        unused = set(names) - _names(function.__code__)
        if unused:
            return f"{module}.{path} does not use {', '.join(sorted(unused))}"
    for name, arguments in _TAKEN.items():
        function = cast(FunctionType, _function(_VALIDATION, name))
        absent = [
            argument for argument in arguments if argument not in inspect.signature(function).parameters
        ]
        if absent:
            return f"{_VALIDATION}.{name} does not take {', '.join(absent)}"
    for owner in ("GridSearchCV", "RandomizedSearchCV"):
        if not hasattr(_found(_SEARCH, owner), "_parameter_constraints"):
            return f"{_SEARCH}.{owner} has no _parameter_constraints"
    return None


def _function(module: str, path: str) -> FunctionType | None:
    """Return a function of a module without its decorators, or None."""
    name, *rest = path.split(".")
    value = _found(module, name)
    for attribute in rest:
        value = getattr(value, attribute, None)
    value = None if value is None else inspect.unwrap(value)
    return value if isinstance(value, FunctionType) else None


def _names(code: CodeType) -> set[str]:
    """Return the names that a function uses, those of the functions inside it included."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def warn_of_difference(what: str) -> None:
    """Warn that fits take scikit-learn's own path.

    Parameters
    ----------
    what : str
        What cannot be kept besides, or nothing.
    """
    warnings.warn(
        f"scikit-learn {sklearn.__version__} differs inside ({difference()}) from {_supported()}. Networks "
        f"are trained one by one, as scikit-learn does it: with the same results, but not as fast.{what}",
        RuntimeWarning,
        stacklevel=4,
    )


def refuse_difference(function: str) -> None:
    """Refuse what cannot be had from this scikit-learn.

    Parameters
    ----------
    function : str
        What was called.

    Raises
    ------
    ImportError
        If this scikit-learn differs inside.
    """
    if difference() is not None:
        raise ImportError(
            f"{function} does not support scikit-learn {sklearn.__version__}, which differs inside "
            f"({difference()}) from {_supported()}."
        )


# -- functions with other names ---------------------------------------------------------------------


def rebound(function: Callable[..., Any], **names: Any) -> Callable[..., Any]:
    """Return a copy of a function that finds other values under some global names.

    The function itself, its module and all other code that uses it stay as they are, in all threads. What
    decorators put around the function is left out. A name that the function does not use has no effect.

    Parameters
    ----------
    function : callable
        A function written in Python.
    **names : object
        The names and their values.

    Examples
    --------
    >>> import textwrap
    >>> rebound(textwrap.dedent, re=None).__name__
    'dedent'
    """
    original = cast(FunctionType, inspect.unwrap(function))
    copy = FunctionType(
        original.__code__,
        {**original.__globals__, **names},
        original.__name__,
        original.__defaults__,
        original.__closure__,
    )
    copy.__kwdefaults__ = original.__kwdefaults__
    copy.__dict__.update(original.__dict__)
    return copy


def batched(function: Callable[..., Any], parallel: Callable[..., Any]) -> Callable[..., Any]:
    """Return scikit-learn's function with `parallel` in the place of ``Parallel``.

    This is the one place where a reader cannot go on by "go to definition": the function returned is
    scikit-learn's ``BaseSearchCV.fit``, ``cross_validate``, ``validation_curve`` or ``cross_val_predict``. It
    makes ``Parallel(n_jobs=..., ...)`` and calls it with its fits; here that is `parallel`, which is
    `sklearn_ridge_nn.model_selection._parallel.BatchedParallel` with some arguments bound.
    """
    return rebound(function, Parallel=parallel, delayed=joblib.delayed)


# -- smaller private names --------------------------------------------------------------------------


def constraints_of(owner: Any) -> dict[str, Any]:
    """Return the parameter constraints of a function or class of scikit-learn; none where it has none."""
    for name in ("_skl_parameter_constraints", "_parameter_constraints"):
        if hasattr(owner, name):
            return dict(getattr(owner, name))
    return {}


def has_callbacks(estimator: Any) -> bool:
    """Return whether scikit-learn's callbacks are to see an estimator's fit."""
    return bool(getattr(estimator, "_skl_callbacks", None))


def propagated_callbacks(estimator: Any) -> list[str]:
    """Return the names of callbacks that scikit-learn hands down to inner fits, from the outermost alone."""
    try:
        from sklearn.callback import AutoPropagatedCallback
    except ImportError:  # before version 1.9
        return []
    parts = [estimator, *(estimator.get_params().values() if hasattr(estimator, "get_params") else ())]
    found = [each for part in parts for each in getattr(part, "_skl_callbacks", None) or ()]
    return [type(each).__name__ for each in found if isinstance(each, AutoPropagatedCallback)]


def fits_as_pipelines_do(estimator: Any) -> bool:
    """Return whether an estimator is fitted as scikit-learn's Pipeline is, or imbalanced-learn's.

    A subclass may add what it likes, but fit its steps in no other way. imbalanced-learn is not imported: who
    has a pipeline of its kind has imported it.
    """
    if not isinstance(estimator, Pipeline):
        return False
    kinds = (Pipeline, getattr(sys.modules.get("imblearn.pipeline"), "Pipeline", Pipeline))
    names = ("fit", "_fit", "_iter")
    return any(
        all(getattr(type(estimator), name, None) is getattr(kind, name, None) for name in names)
        for kind in kinds
    )


def is_sampler(step: Any) -> bool:
    """Return whether a step resamples the training rows, as imbalanced-learn's do, and skips others."""
    return hasattr(step, "fit_resample") and not hasattr(step, "transform")


def scorers_in(scorer: Any) -> Iterable[Any]:
    """Return the scorers that one of several metrics consists of, or the scorer itself."""
    return list(getattr(scorer, "_scorers", {"": scorer}).values())


def is_of_scikit_learn(scorer: Any) -> bool:
    """Return whether a scorer is one that scikit-learn made."""
    return type(scorer).__module__ == "sklearn.metrics._scorer"


def takes_sample_weight(scorer: Any) -> bool:
    """Return whether a scorer's metric takes weights; unknown ones are taken to."""
    metric = getattr(scorer, "_score_func", None)
    return metric is None or "sample_weight" in inspect.signature(metric).parameters
