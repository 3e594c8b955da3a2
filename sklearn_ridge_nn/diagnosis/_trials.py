"""Trying what might help the best network, and whether it is worth training one, on the same splits."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn._sklearn import is_sampler, safe_indexing
from sklearn_ridge_nn.diagnosis._classification import Classification, Splits
from sklearn_ridge_nn.diagnosis._measures import losses_and_weights, squared_error
from sklearn_ridge_nn.diagnosis._regression import Regression
from sklearn_ridge_nn.estimators import layer_sizes, n_epochs
from sklearn_ridge_nn.evidence import Evidence, Trial
from sklearn_ridge_nn.model_selection._shared import Measure, Measurement, Study

#: What is studied.
Problem: TypeAlias = Classification | Regression
Change: TypeAlias = dict[str, Any]

#: What `diagnose` can be told to try, in the order of the report: of any network, and of those of one kind.
CHANGES = (
    "dropout 0.2", "dropout 0.5", "half the width", "double the width", "a layer less", "a layer more",
    "a third of the learning rate", "three times the learning rate", "minibatches of 32", "early stopping",
)  # fmt: skip
CLASS_CHANGES = ("balanced class weights",)
NUMBER_CHANGES = ("the Huber loss",)
#: Classes are uneven if the most frequent one has so many times the rows of the rarest one.
UNEVEN = 1.5
#: Operations that compiling a program takes the time of.
COMPILING = 1e10


def changes_of(
    network: Any, counts: NDArray[np.intp] | None, most_epochs: int, varied: str = "alpha"
) -> dict[str, Change]:
    """Return the changes that can be tried on a network: those that are not in force already.

    Parameters
    ----------
    network : RidgeMLPClassifier or RidgeMLPRegressor
    counts : ndarray of shape (n_classes,) or None
        Rows of each class; None if y is multilabel, or holds numbers.
    most_epochs : int
        What early stopping may train.
    varied : str
        The parameter that the diagnosis varies, which no change touches.
    """
    sizes = tuple(int(units) for units in layer_sizes(network.hidden_layer_sizes))
    rate = network.learning_rate
    has_rate = isinstance(rate, Real) and isinstance(network.optimizer, (str, type))
    is_even = counts is None or counts.max() < UNEVEN * counts.min()
    changes: dict[str, tuple[bool, Change]] = {
        "dropout 0.2": (bool(sizes) and network.dropout == 0, {"dropout": 0.2}),
        "dropout 0.5": (bool(sizes) and network.dropout == 0, {"dropout": 0.5}),
        "half the width": (
            any(units > 1 for units in sizes),
            {"hidden_layer_sizes": tuple(max(units // 2, 1) for units in sizes)},
        ),
        "double the width": (bool(sizes), {"hidden_layer_sizes": tuple(2 * units for units in sizes)}),
        "a layer less": (len(sizes) > 1, {"hidden_layer_sizes": sizes[:-1]}),  # one stays to be penalised
        "a layer more": (bool(sizes), {"hidden_layer_sizes": (*sizes, *sizes[-1:])}),
        "a third of the learning rate": (has_rate, {"learning_rate": _rounded(rate, 1 / 3)}),
        "three times the learning rate": (has_rate, {"learning_rate": _rounded(rate, 3)}),
        "minibatches of 32": (network.batch_size > 32, {"batch_size": 32}),
        "early stopping": (
            not network.early_stopping and network.validation_split > 0,
            {"early_stopping": True, "epochs": most_epochs},
        ),
        "balanced class weights": (
            not is_even and getattr(network, "class_weight", "none") is None,
            {"class_weight": "balanced"},
        ),
        "the Huber loss": (getattr(network, "loss", None) == "squared_error", {"loss": "huber"}),
    }
    return {
        name: change
        for name, (is_possible, change) in changes.items()
        if is_possible and varied not in change
    }


def _rounded(rate: Any, factor: float) -> float:
    return float(f"{rate * factor:.3g}") if isinstance(rate, Real) else 0.0


@dataclass(frozen=True)
class Table:
    """What the work of training depends on: features that reach the network, outputs, rows to train on."""

    n_features: int
    n_outputs: int
    n_rows: int


def work_of(network: Any, change: Change, table: Table) -> float:
    """Return the operations per training row of a network with something changed, about."""
    given = {**network.get_params(), **change}
    widths = [table.n_features, *map(int, layer_sizes(given["hidden_layer_sizes"])), table.n_outputs]
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(widths))
    how_long = {name: given[name] for name in ("epochs", "batch_size")}
    return 6.0 * n_weights * n_epochs(network, table.n_rows, **how_long)


# -- other estimators -------------------------------------------------------------------------------


def try_yardsticks(
    problem: Problem,
    estimator: BaseEstimator,
    network: Any,
    X: Any,
    splits: Splits,
    *,
    scoring: Any,
    sample_weight: Any,
    seed: int,
) -> list[Trial]:
    """Fit scikit-learn's estimators behind the same preprocessing, and score them on the test rows.

    Parameters
    ----------
    problem : Classification or Regression
        What is predicted, and by which loss.
    estimator : estimator object
        A Pipeline, whose last step they take the place of, or the network itself.
    network : RidgeMLPClassifier or RidgeMLPRegressor
        Whose weights of classes they have, too, in fitting and in the loss.
    X : object
        All rows.
    splits : sequence of (ndarray, ndarray)
    scoring : str, callable or None
        As `diagnose` has it.
    sample_weight : array-like of shape (n_samples,) or None
        Weights in fitting, in the loss and in the score.
    seed : int
        Of those that draw numbers.

    Returns
    -------
    list of Trial
        NaN where one could not be fitted.
    """
    yardsticks, labels = problem.yardsticks, problem.labels
    losses = {name: np.full(len(splits), np.nan) for name in yardsticks}
    scores = {name: np.full(len(splits), np.nan) for name in yardsticks}
    for number, (train, test) in enumerate(splits):
        X_train, y_train, X_test = preprocessed(estimator, X, labels, train, test)
        of_train, of_test = problem.split_weights(network, y_train, (train, test), sample_weight)
        fitting = {} if of_train is None else {"sample_weight": of_train}
        scoring_weights = None if sample_weight is None else np.asarray(sample_weight)[test]
        for name, make in yardsticks.items():
            try:
                # routing would have the steps within LogisticRegressionCV request their weights
                with warnings.catch_warnings(action="ignore"), config_context(enable_metadata_routing=False):
                    fitted = make(seed).fit(X_train, y_train, **fitting)
                    losses[name][number] = problem.yardstick_loss(
                        fitted, X_test, labels[test], of_test, number
                    )
                    score = scoring or problem.default_score
                    scores[name][number] = _score(fitted, score, X_test, labels[test], scoring_weights)
            except (TypeError, ValueError):  # such as sparse X, or NaN that only some of them take
                continue
    return [Trial(name, "yardstick", losses[name], scores[name], work=np.nan) for name in yardsticks]


def _score(fitted: Any, scoring: Any, X: Any, y: np.ndarray, weights: np.ndarray | None) -> float:
    """Return a score; NaN where the scorer looks for something that only the network has."""
    scorer = check_scoring(fitted, scoring)
    try:
        if weights is not None:
            try:
                return float(scorer(fitted, X, y, sample_weight=weights))
            except TypeError:  # a metric, or a function, without weights
                pass
        return float(scorer(fitted, X, y))
    except (AttributeError, TypeError, ValueError):
        return np.nan


def preprocessed(
    estimator: BaseEstimator, X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray
) -> tuple[Any, Any, Any]:
    """Return a split as the estimator's last step gets to see it: X and y to fit on, X to predict.

    Samplers resample the rows to fit on.
    """
    X_train, X_test = (safe_indexing(X, rows) for rows in (train, test))
    y_train = y[train]
    while isinstance(estimator, Pipeline):
        steps, last = estimator.steps[:-1], estimator.steps[-1][1]
        if any(is_sampler(step) for _, step in steps):
            for _, step in steps:
                if is_sampler(step):
                    X_train, y_train = clone(step).fit_resample(X_train, y_train)
                elif step is not None and not isinstance(step, str):
                    mine = clone(step)
                    X_train, X_test = mine.fit_transform(X_train, y_train), mine.transform(X_test)
        elif steps:
            before = clone(estimator[:-1])
            X_train, X_test = before.fit_transform(X_train, y_train), before.transform(X_test)
        estimator = last
    return X_train, y_train, X_test


def has_samplers(estimator: BaseEstimator) -> bool:
    """Return whether a step of a Pipeline, or of those at its end, resamples the training rows."""
    while isinstance(estimator, Pipeline):
        if any(is_sampler(step) for _, step in estimator.steps[:-1]):
            return True
        estimator = estimator.steps[-1][1]
    return False


# -- what to try, and trying it ---------------------------------------------------------------------


def check_remedies(
    remedies: Any, ours: Any, name: str, possible: dict[str, Change], is_classification: bool
) -> None:
    """Raise if what is to be tried is not known, not for this estimator, or in force already."""
    if isinstance(remedies, str) and remedies != "auto":
        raise ValueError(
            f"remedies={remedies!r} is no way to choose them. Pass True to try everything, False for "
            "nothing, 'auto', or a list such as ['dropout 0.5', 'yardsticks']."
        )
    if isinstance(remedies, list):
        known = (*CHANGES, *(CLASS_CHANGES if is_classification else NUMBER_CHANGES), "yardsticks")
        wrong = [item for item in remedies if item not in known]
        if wrong:
            raise ValueError(
                f"remedies names {wrong[0]!r}, which is not one that can be tried: {', '.join(known)}."
            )
    if remedies not in ("auto", False) and ours is None:
        raise ValueError(
            f"remedies={remedies!r} are changes of a RidgeMLPClassifier or RidgeMLPRegressor, and {name} is "
            "not a parameter of one. Leave remedies out."
        )
    for item in remedies if isinstance(remedies, list) else ():
        if item != "yardsticks" and item not in possible:
            raise ValueError(
                f"remedies names {item!r}, but that is in force already, is what is varied, or does not fit "
                f"this estimator. What can be tried is {', '.join(possible)}."
            )


def chosen_changes(
    remedies: Any,
    network: Any,
    possible: dict[str, Change],
    diagnosis: Evidence,
    table: Table,
    n_rows: float,
) -> dict[str, Change] | None:
    """Return the changes to try, or None to try nothing.

    Parameters
    ----------
    remedies : "auto", bool or list of str
    network : RidgeMLPClassifier or RidgeMLPRegressor
        As it is tried: with the number of epochs that was chosen.
    possible : dict of str to dict
        From `changes_of`.
    diagnosis : Evidence
    table : Table
    n_rows : float
        Training rows of all splits and seeds together.
    """
    if isinstance(remedies, list):
        return {name: change for name, change in possible.items() if name in remedies}
    if remedies == "auto":
        assert diagnosis.loss_map is not None  # as there were rounds
        one_epoch = work_of(network, {"epochs": 1}, table) * n_rows
        own = one_epoch * float(diagnosis.loss_map.trained_epochs.sum())
        works = [work_of(network, change, table) for change in possible.values()]
        if sum(works) * n_rows + COMPILING * len(works) > own:
            return None
    return possible


def wants_trials(remedies: Any, diagnosis: Evidence) -> bool:
    """Return whether anything may be tried: "auto" tries nothing but after rounds."""
    return bool(remedies) and (remedies != "auto" or bool(diagnosis.rounds))


def try_changes(
    run: Callable[[Measurement, list[dict[str, Any]]], Study],
    network: Any,
    path: str,
    settings: dict[str, Any],
    seeds: dict[str, list[int]],
    changes: dict[str, Change],
    table: Table,
) -> list[Trial]:
    """Train the network as it is and with each change, and score it on the test rows.

    Parameters
    ----------
    run : callable
        Runs a study of candidates on the splits.
    network : RidgeMLPClassifier or RidgeMLPRegressor
    path : str
        Names of the steps before it, with two underscores behind each.
    settings : dict of str to object
        Its parameters as it is: the best value of what is varied, and epochs where they were chosen.
    seeds : dict of str to list of int
        The grid of seeds.
    changes : dict of str to dict
    table : Table

    Returns
    -------
    list of Trial
        The network as it is first.
    """
    everything = {"as it is": {}, **changes}
    # one that changes the loss is judged by the loss that the others are judged by
    alike = {name: change for name, change in everything.items() if "loss" not in change}
    others = {name: change for name, change in everything.items() if name not in alike}
    studies = [(alike, losses_and_weights), *([(others, squared_error)] if others else [])]
    own = work_of(network, settings, table)
    trials = []
    for tried, measure in studies:
        losses, scores = _measured(run, network, path, settings, seeds, tried, measure)
        trials += [
            Trial(
                name,
                "change" if change else "as it is",
                loss,
                score,
                change,
                work_of(network, settings | change, table) / own,
            )
            for (name, change), loss, score in zip(tried.items(), losses, scores, strict=True)
        ]
    return trials


def _measured(
    run: Callable[[Measurement, list[dict[str, Any]]], Study],
    network: Any,
    path: str,
    settings: dict[str, Any],
    seeds: dict[str, list[int]],
    changes: dict[str, Change],
    measure: Measure,
) -> tuple[np.ndarray, np.ndarray]:
    """Return test losses and scores of the network with each change, of shape (n_changes, n_splits)."""
    grid = [
        {**{f"{path}{key}": [value] for key, value in (settings | change).items()}, **seeds}
        for change in changes.values()
    ]
    # a change of the class weights is judged by the loss that the others are judged by
    weighs_classes = getattr(network, "class_weight", None) is not None
    measurement = Measurement(
        measure, watches_test_rows=True, weighs_classes=weighs_classes, every_epoch=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)  # the table says which ones diverged
        warnings.simplefilter("ignore", UserWarning)
        study = run(measurement, grid)
    n_splits = study.measured.shape[1]
    losses = np.array([[np.nan if m is None else m["test_loss"] for m in row] for row in study.measured])
    scores = np.array([study.cv_results[f"split{split}_test_score"] for split in range(n_splits)]).T
    shape = (len(changes), -1, n_splits)
    return losses.reshape(shape).mean(axis=1), scores.reshape(shape).mean(axis=1)
