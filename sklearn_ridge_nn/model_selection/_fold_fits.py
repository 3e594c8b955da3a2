"""The fits of some candidates on some folds: preprocessed once, trained together, scored by scikit-learn.

scikit-learn's cross-validation comes down to calls of one function, which clones an estimator, fits it on
a fold and scores it or predicts. Here many such calls are answered together: each estimator's ``fit`` is
replaced, for the time of the call, by one that hands over what was trained before. Everything else
(splitting, scoring, failures, messages) is scikit-learn's own function.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_ridge_nn import training
from sklearn_ridge_nn._sklearn import has_callbacks, rebound
from sklearn_ridge_nn.estimators import (
    BegunFit,
    Epochs,
    begin_fit,
    finish_fit,
    report_fit,
    watched_fit,
)
from sklearn_ridge_nn.model_selection._calls import OURS, Call
from sklearn_ridge_nn.model_selection._preprocessing import Preprocessed, put_back, replaced
from sklearn_ridge_nn.training import DivergenceError, Task, Trained
from sklearn_ridge_nn.training._shared import Progress, train_by_epochs

#: What the networks of all epochs may take that are kept for callbacks to look at.
MOST_KEPT_BYTES = 2**30


class Member:
    """One call whose network trains together with others."""

    def __init__(self, call: Call, preprocessed: Preprocessed) -> None:
        self.call, self.preprocessed, self.network = call, preprocessed, call.network
        self.begun: BegunFit | None = None
        self.outcome: Trained | Exception | None = None
        #: Whether callbacks of scikit-learn that are the network's own look at each of its epochs.
        self.is_watched = has_callbacks(self.network)
        self.epochs: Epochs | None = None
        self.traceback: TracebackType | None = None
        start = time.perf_counter()
        try:
            if preprocessed.error is not None:
                raise preprocessed.error.with_traceback(preprocessed.traceback)
            preprocessed.hand_to(call.estimator)
            X, y, params = preprocessed.data
            is_own = type(self.network) not in OURS
            self.begun = begin_fit(
                self.network,
                X,
                y,
                **params,
                shared=preprocessed.shared,
                every_epoch=(call.watches_test_rows and call.every_epoch) or call.is_looked_into or is_own,
                test=preprocessed.test_data(call) if call.watches_test_rows else None,
                start=call.start,
                weighs_classes=call.weighs_classes,
            )
            task = self.begun.task
            uses_hold_out = call.is_looked_into or task.callbacks or task.patience is not None
            if call.watches_test_rows and not uses_hold_out:
                # the hold-out's losses are not read, so they need not be measured
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

        def hand_over(*_args: Any, **_params: Any) -> BaseEstimator:
            put_back(estimator, ("fit", "set_params"))  # scorers see it as it is
            if self.is_watched and self.begun is not None and outcome is None:
                X, y, params = self.preprocessed.data
                watched_fit(self.network, self.begun, self.epochs, X, y, **params)
                self.epochs = None
                return estimator
            if self.begun is None or not isinstance(outcome, (Trained, DivergenceError)):
                assert isinstance(outcome, Exception)
                raise outcome.with_traceback(self.traceback)
            finish_fit(self.network, self.begun, outcome)
            if has_callbacks(self.network) and isinstance(outcome, Trained):  # which the search handed down
                X, y, params = self.preprocessed.data
                report_fit(self.network, self.begun, outcome, X, y, **params)
            return estimator

        def set_no_params(**_params: Any) -> BaseEstimator:
            return estimator  # they are set, and what is fitted would be replaced

        split = self.preprocessed.split
        function = rebound(self.call.function, _safe_split=split)
        task = None if self.begun is None else self.begun.task
        trained: Sequence[Any] = [outcome] if self.epochs is None else self.epochs
        seconds = self.seconds + sum(getattr(part, "seconds", 0.0) for part in trained)
        with replaced(estimator, fit=hand_over, set_params=set_no_params):
            result = self.call.answer(function, split, task)
        if isinstance(result, dict) and "fit_time" in result:
            result["fit_time"] += seconds
        return result


def run_together(
    pieces: Sequence[Sequence[int]], calls: Mapping[int, Call], progress: Progress | None = None
) -> Iterator[dict[int, Any]]:
    """Yield the results of each piece of calls, whose networks train together.

    Parameters
    ----------
    pieces : sequence of sequence of int
        The numbers of the calls that train together.
    calls : dict of int to Call
        `final_network` finds one for each of them, its parameters set.
    progress : Progress or None, default=None
        What to report to.

    Yields
    ------
    dict of int to object
        By the calls' numbers, what scikit-learn's function returns.
    """
    sizes = Counter(calls[number].fold for piece in pieces for number in piece)
    folds: dict[tuple[Any, ...], Preprocessed] = {}
    for piece in pieces:
        members = []
        for number in piece:
            call = calls[number]
            if call.fold not in folds:
                folds[call.fold] = Preprocessed(call, sizes[call.fold])
            members.append(Member(call, folds[call.fold]))
        begun = [member for member in members if member.begun is not None]
        _train([member for member in begun if not member.is_watched], progress)
        _train_by_epochs([member for member in begun if member.is_watched], progress)
        yield dict(zip(piece, _results(members), strict=True))


def _results(members: Sequence[Member]) -> list[Any]:
    """Return the results of members, whose folds come one after the other."""
    results = []
    for fold, alike in itertools.groupby(members, lambda member: member.preprocessed):
        with fold.remembering():
            for member in alike:
                results.append(member.result())
    return results


def _train_by_epochs(members: Sequence[Member], progress: Progress | None) -> None:
    """Train members together an epoch at a time, and keep all of it for those who look at it.

    What is too large to keep is trained when it is looked at, and so is what only Keras trains.
    """
    tasks = {
        number: member.begun.task
        for number, member in enumerate(members)
        if member.begun is not None and training.why_not_together(member.begun.task) is None
    }
    if not tasks or sum(map(_bytes_of_epochs, tasks.values())) > MOST_KEPT_BYTES:
        return
    try:
        trained = train_by_epochs(list(tasks.values()), progress)
    except Exception:  # each says it, when it is trained by itself
        return
    for number, epochs in zip(tasks, trained, strict=True):
        members[number].epochs = epochs


def _bytes_of_epochs(task: Task) -> int:
    """Return how much the weights of all epochs take, with the optimizer's two numbers for each."""
    network = task.architecture
    sizes = [network.n_features, *network.hidden_layer_sizes, network.n_outputs]
    n_weights = sum((before + 1) * after for before, after in itertools.pairwise(sizes))
    return 3 * n_weights * np.dtype(network.dtype).itemsize * task.epochs


def _train(members: Sequence[Member], progress: Progress | None) -> None:
    """Train members and set their outcomes."""
    begun = [member.begun for member in members if member.begun is not None]
    if not begun:
        return

    def train(fits: Sequence[BegunFit], progress: Progress | None = None) -> Sequence[Trained | Exception]:
        return training.train([fit.task for fit in fits], [fit.target.classes for fit in fits], progress)

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
