"""What comes before the network in a Pipeline, fitted once for all networks of a fold."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from sklearn.base import BaseEstimator

from sklearn_ridge_nn._sklearn import check_method_params, is_sampler, safe_indexing, safe_split
from sklearn_ridge_nn.model_selection._calls import Call, equal, final_network, pipelines_of


class _Remembered:
    """A transformation that is done once for each input."""

    def __init__(self, transform: Callable[..., Any]) -> None:
        self.transform = transform
        self.done: list[tuple[Any, Any]] = []

    def __call__(self, X: Any, **params: Any) -> Any:
        if params:
            return self.transform(X, **params)
        for before, after in self.done:
            if before is X:
                return after
        after = self.transform(X)
        self.done.append((X, after))
        return after


class Preprocessed:
    """A fold as our classifier gets to see it: what comes before it in a Pipeline, fitted.

    Members share the fitted steps and the slices of X, unless a scorer of the user's sees them or a step
    changes its input in place. Then each member has copies of its own.

    Parameters
    ----------
    call : Call
        Any one of those with this fold and setting.
    n_members : int
        How many there are.
    """

    def __init__(self, call: Call, n_members: int) -> None:
        start = time.perf_counter()
        self.is_shared = n_members > 1 and not call.is_looked_into
        self.shared: dict[tuple[Any, ...], Any] = {}
        self.error: Exception | None = None
        self.traceback: TracebackType | None = None
        self.estimator = call.estimator
        self.X_test: Any = None
        self._test_data: tuple[Any, Any, Any] | None = None
        arguments = call.arguments
        X, train = arguments["X"], arguments["train"]
        self.X_train, y_train = safe_split(self.estimator, X, arguments["y"], train)
        params = check_method_params(X, params=arguments.get("fit_params") or {}, indices=train)
        try:
            with replaced(call.network, fit=self._record):
                self.estimator.fit(self.X_train, y_train, **params)
        except Exception as error:
            if call.raises:
                raise
            self.error, self.traceback = error, error.__traceback__
        if self.is_shared and pipelines_of(self.estimator):
            unchanged, _ = safe_split(self.estimator, X, None, train)
            self.is_shared = equal(unchanged, self.X_train)
        self.is_copied = n_members > 1 and not self.is_shared
        if self.is_copied:
            self._steps = copy.deepcopy([pipeline.steps[:-1] for pipeline in pipelines_of(self.estimator)])
        self.seconds = (time.perf_counter() - start) / n_members

    def _record(self, X: Any, y: Any, **params: Any) -> None:
        self.data = (X, y, params)

    def split(
        self, estimator: BaseEstimator, X: Any, y: Any, indices: Any, train_indices: Any = None
    ) -> tuple[Any, Any]:
        """Stand in for ``safe_split`` in this fold: X sliced once where it is shared, y for each."""
        y_part = None if y is None else safe_indexing(y, indices)
        if train_indices is None:  # the training rows, as the steps that work in place have left them
            return copy.deepcopy(self.X_train) if self.is_copied else self.X_train, y_part
        if self.is_shared and self.X_test is not None:
            return self.X_test, y_part
        X_part, _ = safe_split(estimator, X, None, indices, train_indices)
        if self.is_shared:
            self.X_test = X_part
        return X_part, y_part

    def test_data(self, call: Call) -> tuple[Any, Any, Any]:
        """Return X, y and sample_weight of the test rows as our classifier gets to see them."""
        if self._test_data is None or self.is_copied:
            arguments = call.arguments
            train, test = arguments["train"], arguments["test"]
            X, y = self.split(self.estimator, arguments["X"], arguments["y"], test, train)
            for pipeline in pipelines_of(self.estimator):
                for _, step in pipeline.steps[:-1]:
                    X = X if _leaves_alone(step) else step.transform(X)
            params = check_method_params(
                arguments["X"], params=arguments.get("fit_params") or {}, indices=test
            )
            path, _ = final_network(call.estimator) or ((), None)
            weights = params.get("__".join([*path, "sample_weight"]), params.get("sample_weight"))
            has_weights = self.data[2].get("sample_weight") is not None
            self._test_data = X, y, weights if has_weights else None
        return self._test_data

    def hand_to(self, estimator: BaseEstimator) -> None:
        """Give a Pipeline the fitted steps."""
        mine = pipelines_of(self.estimator)
        steps = copy.deepcopy(self._steps) if self.is_copied else [pipeline.steps[:-1] for pipeline in mine]
        for fitted, its, own in zip(mine, pipelines_of(estimator), steps, strict=True):
            last = its.steps[-1]
            vars(its).update(vars(fitted))
            its.steps = [*own, last]

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Transform the same rows only once, whichever estimator asks."""
        pipelines = pipelines_of(self.estimator) if self.is_shared else []
        steps = [step for pipeline in pipelines for _, step in pipeline.steps[:-1]]
        steps = [step for step in steps if hasattr(step, "transform") and hasattr(step, "__dict__")]
        before = [(step, "transform" in vars(step), vars(step).get("transform")) for step in steps]
        for step in steps:
            vars(step)["transform"] = _Remembered(step.transform)
        try:
            yield
        finally:
            for step, was_own, transform in before:
                del vars(step)["transform"]
                if was_own:
                    vars(step)["transform"] = transform


def _leaves_alone(step: Any) -> bool:
    """Return whether a step of a Pipeline leaves test rows as they are."""
    return step is None or (isinstance(step, str) and step == "passthrough") or is_sampler(step)


@contextmanager
def replaced(estimator: BaseEstimator, **methods: Callable[..., Any]) -> Iterator[None]:
    """Replace methods of one estimator, until it puts them back itself."""
    vars(estimator).update(methods)
    try:
        yield
    finally:
        put_back(estimator, methods)


def put_back(estimator: BaseEstimator, names: Iterable[str]) -> None:
    for name in names:
        vars(estimator).pop(name, None)
