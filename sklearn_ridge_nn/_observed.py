"""Tools that watch scikit-learn's estimators, MLflow's autologging above all, watch ours too.

They put a function of theirs around ``fit`` of each class that scikit-learn has, and know of no others. Ours
are given what was put around the class of scikit-learn that is most like them. Nothing is imported for that,
and without such a tool nothing is done.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import wraps
from types import CellType, FunctionType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
#: Values that MLflow takes in one call.
_AT_A_TIME = 1000


def observed_as(path: str) -> Callable[[F], F]:
    """Return a decorator by which a function is watched as one of scikit-learn's is.

    Parameters
    ----------
    path : str
        Where scikit-learn has it: module, class and method, or module and function.

    Examples
    --------
    >>> @observed_as("sklearn.neural_network.MLPClassifier.fit")
    ... def fit(self, X, y):
    ...     return self
    >>> fit("self", [[1]], [1])
    'self'
    """
    package, module, *names = path.split(".")

    def decorate(function: F) -> F:
        @wraps(function)
        def observed(*args: Any, **kwargs: Any) -> Any:
            theirs: Any = sys.modules.get(f"{package}.{module}")
            for name in names:
                theirs = getattr(theirs, name, None)
            return _with_wrappers_of(theirs, function)(*args, **kwargs)

        return cast(F, observed)

    return decorate


def _with_wrappers_of(theirs: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with what other packages than scikit-learn put around one of scikit-learn's."""
    wrappers = list(_foreign_wrappers(theirs))
    if wrappers:
        function = _logging_history(function)
    for wrapper in reversed(wrappers):
        function = _around(wrapper, function)
    return function


def _foreign_wrappers(theirs: Any) -> Iterator[FunctionType]:
    while hasattr(theirs, "__wrapped__") and isinstance(theirs, FunctionType):
        if theirs.__globals__.get("__name__", "").partition(".")[0] == "sklearn":
            return
        yield theirs
        theirs = theirs.__wrapped__  # type: ignore[attr-defined]


def _around(wrapper: FunctionType, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a copy of a wrapper with another function inside; the function where that cannot be done."""
    inner = wrapper.__wrapped__  # type: ignore[attr-defined]
    cells = wrapper.__closure__ or ()
    if not any(_holds(cell, inner) for cell in cells):
        return function
    copy = FunctionType(
        wrapper.__code__,
        wrapper.__globals__,
        wrapper.__name__,
        wrapper.__defaults__,
        tuple(CellType(function) if _holds(cell, inner) else cell for cell in cells),
    )
    copy.__kwdefaults__ = wrapper.__kwdefaults__
    return wraps(function)(copy)


def _holds(cell: CellType, value: Any) -> bool:
    try:
        return cell.cell_contents is value
    except ValueError:  # an empty cell
        return False


def _logging_history(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that fits, and then hands MLflow what was measured in each epoch."""

    @wraps(function)
    def logging(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if args and hasattr(args[0], "history_") and _is_watched(args[0]):
            _log_history(args[0].history_)
        return result

    return logging


def _is_watched(estimator: Any) -> bool:
    """Return whether MLflow's run is about an estimator, alone or as the last step of a Pipeline."""
    session = getattr(sys.modules.get("mlflow.sklearn"), "_SklearnTrainingSession", None)
    stack = getattr(session, "_session_stack", None)
    watched: Any = stack[0].estimator if stack else None
    while hasattr(watched, "steps") and watched.steps:
        watched = watched.steps[-1][1]
    return watched is estimator


def _log_history(history: dict[str, list[float]]) -> None:
    mlflow = cast(Any, sys.modules["mlflow"])
    now = int(time.time() * 1000)
    values = [
        mlflow.entities.Metric(name, float(value), now, epoch)
        for name, column in history.items()
        for epoch, value in enumerate(column, start=1)
    ]
    run = mlflow.active_run()
    if run is None:
        return
    for start in range(0, len(values), _AT_A_TIME):
        mlflow.MlflowClient().log_batch(run.info.run_id, metrics=values[start : start + _AT_A_TIME])
