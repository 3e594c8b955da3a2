"""Calls of scikit-learn's cross-validation: fit an estimator on a fold, then score it or predict."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import joblib
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn._sklearn import (
    fits_as_pipelines_do,
    has_callbacks,
    is_of_scikit_learn,
    safe_split,
    scorers_in,
)
from sklearn_ridge_nn.estimators import NetworkEstimator, RidgeMLPClassifier, RidgeMLPRegressor
from sklearn_ridge_nn.training import State, Task


@dataclass(frozen=True)
class Fitted:
    """A fitted estimator of a search, as a measure gets to see it.

    Attributes
    ----------
    estimator : estimator object
    arguments : dict of str to object
        Of scikit-learn's function that fitted and scored it.
    task : Task or None
        What the network at the estimator's end was trained by; None if scikit-learn fitted the estimator.
    split : callable
        Takes X or y apart as scikit-learn's ``_safe_split`` does.
    """

    estimator: BaseEstimator
    arguments: dict[str, Any]
    task: Task | None
    split: Callable[..., tuple[Any, Any]]


class Measure(Protocol):
    """A function of a module that measures a fitted estimator beside its scores."""

    __qualname__: str

    def __call__(self, fitted: Fitted) -> dict[str, Any]:
        """Return what was measured, by name."""


@dataclass
class Measurement:
    """What is measured in a search beside scores: given to its fits, filled with their answers.

    Attributes
    ----------
    measure : Measure
    watches_test_rows : bool
        Whether networks report the loss of the fold's test rows after every epoch.
    values : list of (dict or None)
        One for each fit, in the order of the search: all splits of the first candidate, then of the next.
        None where a fit failed.
    starts : list of State or None, default=None
        Where the network of each fit goes on, in the same order, to the number of epochs that its parameters
        say; None begins all anew.
    weighs_classes : bool, default=True
        Whether test rows that are watched weigh by ``class_weight``, too, as training rows do.
    every_epoch : bool, default=True
        Whether losses are wanted after every epoch; if not, only after the last one.
    """

    measure: Measure
    watches_test_rows: bool
    values: list[dict[str, Any] | None] = field(default_factory=list)
    starts: list[State] | None = None
    weighs_classes: bool = True
    every_epoch: bool = True

    def start_of(self, number: int, call: Call) -> State | None:  # noqa: ARG002
        """Return where a fit goes on; its number is that among all of one run of the search."""
        return None if self.starts is None else self.starts[number]

    def take(self, calls: Sequence[Call], values: Sequence[dict[str, Any] | None]) -> None:  # noqa: ARG002
        """Take what was measured of the fits of one run."""
        self.values += values


#: Our networks, and the functions that fit them; a subclass with another one is fitted as scikit-learn does.
OURS = (RidgeMLPClassifier, RidgeMLPRegressor)
FITS = tuple(kind.fit for kind in OURS)
#: Where an answer of scikit-learn's function carries what was measured, until the search takes it out.
MEASURED = "measured"


@dataclass
class Call:
    """One call of scikit-learn's: fit an estimator on a fold, then score it or predict.

    Attributes
    ----------
    function : callable
        scikit-learn's ``_fit_and_score`` or ``_fit_and_predict``.
    arguments : dict of str to object
        By the names that the function gives them.
    measure : Measure or None
        What is measured of the fitted estimator besides.
    watches_test_rows : bool
        Whether the network reports the losses of every epoch, on the fold's test rows too.
    setting : tuple or None
        Equal for calls whose estimators preprocess alike; None if they do not preprocess.
    start : State or None
        Where the network goes on, to the number of epochs that its parameters say.
    weighs_classes, every_epoch : bool
        See `Measurement`.
    """

    function: Callable[..., Any]
    arguments: dict[str, Any]
    measure: Measure | None = None
    watches_test_rows: bool = False
    setting: tuple[Any, ...] | None = None
    start: State | None = None
    weighs_classes: bool = True
    every_epoch: bool = True

    @classmethod
    def bind(
        cls,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        measurement: Measurement | None = None,
    ) -> Call:
        """Return the call of a function with some arguments."""
        arguments = dict(inspect.signature(function).bind(*args, **kwargs).arguments)
        if measurement is None:
            return cls(function, arguments)
        return cls(
            function,
            arguments,
            measurement.measure,
            measurement.watches_test_rows,
            weighs_classes=measurement.weighs_classes,
            every_epoch=measurement.every_epoch,
        )

    @property
    def estimator(self) -> BaseEstimator:
        """The estimator, which is this call's own."""
        return self.arguments["estimator"]

    @property
    def network(self) -> NetworkEstimator:
        """Our network at the end of the estimator, of a call for which there is one."""
        located = final_network(self.estimator)
        assert located is not None
        return located[1]

    @property
    def fold(self) -> tuple[Any, ...]:
        """Equal for calls that fit on the same rows, preprocessed alike."""
        return (id(self.arguments["train"]), id(self.arguments["test"]), self.setting)

    @property
    def raises(self) -> bool:
        """Whether a failing fit fails all."""
        return self.arguments.get("error_score", "raise") == "raise"

    @property
    def is_looked_into(self) -> bool:
        """Whether anybody may look at the fitted estimator, and not only at predictions and scores."""
        scorers = scorers_in(self.arguments.get("scorer"))
        theirs = all(scorer is None or is_of_scikit_learn(scorer) for scorer in scorers)
        return self.arguments.get("return_estimator", False) or not theirs

    def run(self) -> Any:
        """Let scikit-learn do all of it."""
        return self.answer(self.function, safe_split, task=None)

    def answer(
        self, function: Callable[..., Any], split: Callable[..., tuple[Any, Any]], task: Task | None
    ) -> Any:
        """Return what a function makes of the arguments, with what is measured of the estimator it fitted.

        Parameters
        ----------
        function : callable
            This call's function, or a copy of it with other names bound.
        split, task : object
            See `Fitted`.
        """
        if self.measure is None:
            return function(**self.arguments)
        answer = function(**{**self.arguments, "return_estimator": True})
        fitted = Fitted(answer.pop("estimator"), self.arguments, task, split)
        answer[MEASURED] = self.measure(fitted) if answer["fit_error"] is None else None
        return answer


def final_network(estimator: Any) -> tuple[tuple[str, ...], NetworkEstimator] | None:
    """Return the names of the last steps down to our classifier or regressor, and that estimator itself.

    Returns
    -------
    tuple of (tuple of str, RidgeMLPClassifier or RidgeMLPRegressor) or None
        None if the estimator is neither one of ours nor a Pipeline, or Pipelines in one another,
        that end in one, or if it is one that `why_on_its_own` has a reason for.
    """
    names = []
    while True:
        if isinstance(estimator, Pipeline) and has_callbacks(estimator):
            return None
        if not fits_as_pipelines_do(estimator):
            break
        try:
            name, estimator = estimator.steps[-1]
        except (TypeError, ValueError, IndexError):  # scikit-learn says what is wrong
            return None
        names.append(name)
    is_ours = isinstance(estimator, NetworkEstimator) and type(estimator).fit in FITS
    return (tuple(names), estimator) if is_ours else None


def why_on_its_own(estimator: Any) -> str | None:
    """Return why scikit-learn fits a network of ours, or a Pipeline that ends in one, by itself.

    Returns
    -------
    str or None
        A sentence that names the class; None where there is no network of ours at the end, or no reason.
    """
    reason = None
    while True:
        kind = type(estimator).__name__
        if not isinstance(estimator, Pipeline):
            break
        if has_callbacks(estimator):
            reason = reason or f"The {kind} has callbacks of scikit-learn, which are to see every single fit."
        if not fits_as_pipelines_do(estimator):
            reason = reason or f"{kind} fits its steps in a way of its own, which is not known here."
        try:
            estimator = estimator.steps[-1][1]
        except (TypeError, ValueError, IndexError):
            return None
    if not isinstance(estimator, NetworkEstimator):
        return None
    if type(estimator).fit not in FITS:
        reason = reason or f"{kind} has a fit of its own, which is not known here."
    return reason


def pipelines_of(estimator: BaseEstimator) -> list[Pipeline]:
    """Return a Pipeline and those at its end, the outer first."""
    pipelines = []
    while isinstance(estimator, Pipeline):
        pipelines.append(estimator)
        estimator = estimator.steps[-1][1]
    return pipelines


def equal(value: Any, other: Any) -> bool:
    """Return whether two objects of any kind are known to hold the same values."""
    if value is other:
        return True
    try:
        return joblib.hash(value) == joblib.hash(other)
    except Exception:  # whatever an object raises that cannot be pickled: it is then not known to be equal
        return False
