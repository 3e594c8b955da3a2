"""The fits of some candidates on some folds: preprocessed once, trained together, scored by scikit-learn.

scikit-learn's cross-validation comes down to calls of one function, which clones an estimator, fits it on
a fold and scores it or predicts. Here many such calls are answered together: each estimator's ``fit`` is
replaced, for the time of the call, by one that hands over what was trained before. Everything else
(splitting, scoring, failures, messages) is scikit-learn's own function.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import itertools
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import joblib
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from sklearn_ridge_nn import training
from sklearn_ridge_nn._sklearn import rebound
from sklearn_ridge_nn.estimators import BegunFit, RidgeMLPClassifier
from sklearn_ridge_nn.network import DivergenceError, Trained
from sklearn_ridge_nn.training._shared import Progress


@dataclass
class Call:
    """One call of scikit-learn's: fit an estimator on a fold, then score it or predict.

    Attributes
    ----------
    function : callable
        scikit-learn's.
    arguments : dict of str to object
        By the names that the function gives them.
    setting : tuple or None
        Equal for calls whose estimators preprocess alike; None if they do not preprocess.
    """

    function: Callable[..., Any]
    arguments: dict[str, Any]
    setting: tuple | None = None

    @classmethod
    def bind(cls, function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Call:
        """Return the call of a function with some arguments."""
        return cls(function, dict(inspect.signature(function).bind(*args, **kwargs).arguments))

    @property
    def estimator(self) -> BaseEstimator:
        """The estimator, which is this call's own."""
        return self.arguments["estimator"]

    @property
    def classifier(self) -> RidgeMLPClassifier:
        """Our classifier at the end of the estimator, of a call for which there is one."""
        located = final_classifier(self.estimator)
        assert located is not None
        return located[1]

    @property
    def fold(self) -> tuple:
        """Equal for calls that fit on the same rows, preprocessed alike."""
        return (id(self.arguments["train"]), id(self.arguments["test"]), self.setting)

    @property
    def is_watched(self) -> bool:
        """Whether the function wants the losses of every epoch, on the fold's test rows too.

        It then has an attribute ``watches``, and finds the task in the classifier's ``_watched_task``.
        """
        return getattr(self.function, "watches", False)

    @property
    def raises(self) -> bool:
        """Whether a failing fit fails all."""
        return self.arguments.get("error_score", "raise") == "raise"

    @property
    def is_looked_into(self) -> bool:
        """Whether anybody may look at the fitted estimator, and not only at predictions and scores."""
        scorer = self.arguments.get("scorer")
        scorers = getattr(scorer, "_scorers", {"": scorer}).values()
        theirs = all(s is None or type(s).__module__ == "sklearn.metrics._scorer" for s in scorers)
        return self.arguments.get("return_estimator", False) or not theirs

    def run(self) -> Any:
        """Let scikit-learn do all of it."""
        return self.function(**self.arguments)


def final_classifier(estimator: Any) -> tuple[tuple[str, ...], RidgeMLPClassifier] | None:
    """Return the names of the last steps down to our classifier, and the classifier itself.

    Returns
    -------
    tuple of (tuple of str, RidgeMLPClassifier) or None
        None if the estimator is neither our classifier nor a Pipeline, or Pipelines in one another,
        that end in it, or if scikit-learn's callbacks are to see its fit.
    """
    names = []
    while True:
        if getattr(estimator, "_skl_callbacks", None):
            return None
        if type(estimator) is not Pipeline:
            break
        try:
            name, estimator = estimator.steps[-1]
        except (TypeError, ValueError, IndexError):  # scikit-learn says what is wrong
            return None
        names.append(name)
    is_ours = isinstance(estimator, RidgeMLPClassifier) and type(estimator).fit is RidgeMLPClassifier.fit
    return (tuple(names), estimator) if is_ours else None


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

    Members share the fitted steps and the slices of X as long as nobody can tell: not if a scorer of the
    user's sees them, and not if a step works on its input in place. Then each has copies of its own.

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
        self.shared: dict[tuple, Any] = {}
        self.error: Exception | None = None
        self.traceback: TracebackType | None = None
        self.estimator = call.estimator
        self.X_test: Any = None
        self._test_data: tuple[Any, Any, Any] | None = None
        arguments = call.arguments
        X, train = arguments["X"], arguments["train"]
        self.X_train, y_train = _safe_split(self.estimator, X, arguments["y"], train)
        params = _check_method_params(X, params=arguments.get("fit_params") or {}, indices=train)
        try:
            with _replaced(call.classifier, fit=self._record):
                self.estimator.fit(self.X_train, y_train, **params)
        except Exception as error:
            if call.raises:
                raise
            self.error, self.traceback = error, error.__traceback__
        if self.is_shared and _pipelines(self.estimator):
            unchanged, _ = _safe_split(self.estimator, X, None, train)
            self.is_shared = equal(unchanged, self.X_train)
        self.is_copied = n_members > 1 and not self.is_shared
        if self.is_copied:
            self._steps = copy.deepcopy([pipeline.steps[:-1] for pipeline in _pipelines(self.estimator)])
        self.seconds = (time.perf_counter() - start) / n_members

    def _record(self, X: Any, y: Any, **params: Any) -> None:
        self.data = (X, y, params)

    def split(
        self, estimator: BaseEstimator, X: Any, y: Any, indices: Any, train_indices: Any = None
    ) -> tuple[Any, Any]:
        """Stand in for ``_safe_split`` in this fold: X sliced once where it is shared, y for each."""
        y_part = None if y is None else _safe_indexing(y, indices)
        if train_indices is None:  # the training rows, as the steps that work in place have left them
            return copy.deepcopy(self.X_train) if self.is_copied else self.X_train, y_part
        if self.is_shared and self.X_test is not None:
            return self.X_test, y_part
        X_part, _ = _safe_split(estimator, X, None, indices, train_indices)
        if self.is_shared:
            self.X_test = X_part
        return X_part, y_part

    def test_data(self, call: Call) -> tuple[Any, Any, Any]:
        """Return X, y and sample_weight of the test rows as our classifier gets to see them."""
        if self._test_data is None or self.is_copied:
            arguments = call.arguments
            train, test = arguments["train"], arguments["test"]
            X, y = self.split(self.estimator, arguments["X"], arguments["y"], test, train)
            for pipeline in _pipelines(self.estimator):
                for _, _, step in pipeline._iter(with_final=False):
                    X = step.transform(X)
            params = _check_method_params(
                arguments["X"], params=arguments.get("fit_params") or {}, indices=test
            )
            path, _ = final_classifier(call.estimator) or ((), None)
            weights = params.get("__".join([*path, "sample_weight"]), params.get("sample_weight"))
            has_weights = self.data[2].get("sample_weight") is not None
            self._test_data = X, y, weights if has_weights else None
        return self._test_data

    def hand_to(self, estimator: BaseEstimator) -> None:
        """Give a Pipeline the fitted steps."""
        mine = _pipelines(self.estimator)
        steps = copy.deepcopy(self._steps) if self.is_copied else [pipeline.steps[:-1] for pipeline in mine]
        for fitted, its, own in zip(mine, _pipelines(estimator), steps, strict=True):
            last = its.steps[-1]
            vars(its).update(vars(fitted))
            its.steps = [*own, last]

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Transform the same rows only once, whichever estimator asks."""
        pipelines = _pipelines(self.estimator) if self.is_shared else []
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


def equal(value: Any, other: Any) -> bool:
    """Return whether two objects of any kind are known to hold the same values."""
    if value is other:
        return True
    try:
        return joblib.hash(value) == joblib.hash(other)
    except Exception:  # whatever an object raises that cannot be pickled: it is then not known to be equal
        return False


def _pipelines(estimator: BaseEstimator) -> list[Pipeline]:
    """Return a Pipeline and those at its end, the outer first."""
    pipelines = []
    while type(estimator) is Pipeline:
        pipelines.append(estimator)
        estimator = estimator.steps[-1][1]
    return pipelines


@contextmanager
def _replaced(estimator: BaseEstimator, **methods: Callable[..., Any]) -> Iterator[None]:
    """Replace methods of one estimator, until it puts them back itself."""
    vars(estimator).update(methods)
    try:
        yield
    finally:
        _put_back(estimator, methods)


def _put_back(estimator: BaseEstimator, names: Iterable[str]) -> None:
    for name in names:
        vars(estimator).pop(name, None)


class Member:
    """One call whose network trains together with others."""

    def __init__(self, call: Call, preprocessed: Preprocessed) -> None:
        self.call, self.preprocessed, self.classifier = call, preprocessed, call.classifier
        self.begun: BegunFit | None = None
        self.outcome: Trained | Exception
        self.traceback: TracebackType | None = None
        start = time.perf_counter()
        try:
            if preprocessed.error is not None:
                raise preprocessed.error.with_traceback(preprocessed.traceback)
            preprocessed.hand_to(call.estimator)
            X, y, params = preprocessed.data
            is_own = type(self.classifier) is not RidgeMLPClassifier
            self.begun = self.classifier._begin_fit(
                X,
                y,
                **params,
                shared=preprocessed.shared,
                every_epoch=call.is_watched or call.is_looked_into or is_own,
                test=preprocessed.test_data(call) if call.is_watched else None,
            )
            task = self.begun.task
            if call.is_watched and not (call.is_looked_into or task.callbacks or task.patience is not None):
                # nobody looks at the hold-out, so its losses need not be measured
                task = dataclasses.replace(task, validation_rows=task.validation_rows[:0])
                self.begun = dataclasses.replace(self.begun, task=task)
        except Exception as error:
            if call.raises:
                raise
            self.fail(error)
        self.seconds = preprocessed.seconds + time.perf_counter() - start

    def fail(self, error: Exception) -> None:
        """Take an error as the outcome, with the traceback that it has now: others may raise it, too."""
        self.outcome, self.traceback = error, error.__traceback__

    def result(self) -> Any:
        """Return what scikit-learn's function makes of the trained network."""
        estimator, outcome = self.call.estimator, self.outcome

        def hand_over(*args: Any, **params: Any) -> BaseEstimator:
            _put_back(estimator, ("fit", "set_params"))  # scorers see it as it is
            if self.begun is None or not isinstance(outcome, (Trained, DivergenceError)):
                assert isinstance(outcome, Exception)
                raise outcome.with_traceback(self.traceback)
            self.classifier._finish(self.begun, outcome)
            if self.call.is_watched:
                self.classifier._watched_task = self.begun.task
            return estimator

        def set_no_params(**params: Any) -> BaseEstimator:
            return estimator  # they are set, and what is fitted would be replaced

        function = rebound(self.call.function, _safe_split=self.preprocessed.split)
        with _replaced(estimator, fit=hand_over, set_params=set_no_params):
            result = function(**self.call.arguments)
        if isinstance(result, dict) and "fit_time" in result:
            result["fit_time"] += self.seconds + getattr(outcome, "seconds", 0.0)
        return result


@dataclass
class Chunk:
    """Calls that are answered in one place, one piece after the other.

    Attributes
    ----------
    pieces : list of list of int
        The numbers of the calls that train together.
    calls : dict of int to Call
        If `trains_together`, `final_classifier` finds one for each of them, its parameters set.
    trains_together : bool
        If not, scikit-learn does all of it.
    """

    pieces: list[list[int]]
    calls: dict[int, Call] = field(default_factory=dict)
    trains_together: bool = True

    @property
    def numbers(self) -> list[int]:
        """The numbers of all calls that are in pieces."""
        return [number for piece in self.pieces for number in piece]

    def run(self, progress: Progress | None = None) -> Iterator[dict[int, Any]]:
        """Yield the results of each piece, by the numbers of its calls."""
        if not self.trains_together:
            for piece in self.pieces:
                yield {number: self.calls[number].run() for number in piece}
            return
        sizes = Counter(self.calls[number].fold for number in self.numbers)
        folds: dict[tuple, Preprocessed] = {}
        for piece in self.pieces:
            members = []
            for number in piece:
                call = self.calls[number]
                if call.fold not in folds:
                    folds[call.fold] = Preprocessed(call, sizes[call.fold])
                members.append(Member(call, folds[call.fold]))
            _train([member for member in members if member.begun is not None], progress)
            yield dict(zip(piece, _results(members), strict=True))


def _results(members: Sequence[Member]) -> list[Any]:
    """Return the results of members, whose folds come one after the other."""
    results = []
    for fold, alike in itertools.groupby(members, lambda member: member.preprocessed):
        with fold.remembering():
            for member in alike:
                results.append(member.result())
    return results


def _train(members: Sequence[Member], progress: Progress | None) -> None:
    """Train members and set their outcomes."""
    begun = [member.begun for member in members if member.begun is not None]

    def train(fits: Sequence[BegunFit], progress: Progress | None = None) -> Sequence[Trained | Exception]:
        return training.train([fit.task for fit in fits], [fit.classes for fit in fits], progress)

    def train_alone(fit: BegunFit) -> Trained | Exception:
        try:
            return train([fit])[0]
        except Exception as error:
            return error

    try:
        outcomes = list(train(begun, progress))
    except Exception as error:
        if any(member.call.raises for member in members):
            raise
        outcomes = [train_alone(fit) for fit in begun]
        if not any(isinstance(outcome, Exception) for outcome in outcomes):
            warnings.warn(
                f"Training {len(begun)} networks together failed, so they were trained one by one: {error!r}",
                RuntimeWarning,
                stacklevel=2,
            )
    for number, outcome in enumerate(outcomes):
        task = begun[number].task
        if isinstance(outcome, DivergenceError) and not task.every_epoch:
            # a loss that is not finite shows up in the epoch after, where not all are measured
            fit = dataclasses.replace(begun[number], task=dataclasses.replace(task, every_epoch=True))
            outcomes[number] = train_alone(fit)
    for member, outcome in zip(members, outcomes, strict=True):
        if isinstance(outcome, Exception):
            member.fail(outcome)
        else:
            member.outcome = outcome
