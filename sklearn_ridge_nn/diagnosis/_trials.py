"""Trying what might help the best network, and whether it is worth training one, on the same splits."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import check_scoring, log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn._sklearn import safe_indexing
from sklearn_ridge_nn.diagnosis._measures import losses_and_weights
from sklearn_ridge_nn.estimators import RidgeMLPClassifier, layer_sizes, n_epochs, per_class
from sklearn_ridge_nn.evidence import Evidence, Trial
from sklearn_ridge_nn.model_selection._shared import Measurement, Study

Change: TypeAlias = dict[str, Any]
Splits: TypeAlias = Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]

#: What `diagnose` can be told to try, in the order of the report.
CHANGES = (
    "dropout 0.2", "dropout 0.5", "half the width", "double the width", "a layer less", "a layer more",
    "a third of the learning rate", "three times the learning rate", "minibatches of 32", "early stopping",
    "balanced class weights",
)  # fmt: skip
#: Classes are uneven if the most frequent one has so many times the rows of the rarest one.
UNEVEN = 1.5
#: Operations that compiling a program takes the time of.
COMPILING = 1e10


def changes_of(
    classifier: RidgeMLPClassifier, counts: NDArray[np.intp] | None, most_epochs: int, varied: str = "alpha"
) -> dict[str, Change]:
    """Return the changes that can be tried on a classifier: those that are not in force already.

    Parameters
    ----------
    classifier : RidgeMLPClassifier
    counts : ndarray of shape (n_classes,) or None
        Rows of each class; None if y is multilabel.
    most_epochs : int
        What early stopping may train.
    varied : str
        The parameter that the diagnosis varies, which no change touches.
    """
    sizes = tuple(int(units) for units in layer_sizes(classifier.hidden_layer_sizes))
    rate = classifier.learning_rate
    has_rate = isinstance(rate, Real) and isinstance(classifier.optimizer, (str, type))
    is_even = counts is None or counts.max() < UNEVEN * counts.min()
    changes: dict[str, tuple[bool, Change]] = {
        "dropout 0.2": (bool(sizes) and classifier.dropout == 0, {"dropout": 0.2}),
        "dropout 0.5": (bool(sizes) and classifier.dropout == 0, {"dropout": 0.5}),
        "half the width": (
            any(units > 1 for units in sizes),
            {"hidden_layer_sizes": tuple(max(units // 2, 1) for units in sizes)},
        ),
        "double the width": (bool(sizes), {"hidden_layer_sizes": tuple(2 * units for units in sizes)}),
        "a layer less": (len(sizes) > 1, {"hidden_layer_sizes": sizes[:-1]}),  # one stays to be penalised
        "a layer more": (bool(sizes), {"hidden_layer_sizes": (*sizes, *sizes[-1:])}),
        "a third of the learning rate": (has_rate, {"learning_rate": _rounded(rate, 1 / 3)}),
        "three times the learning rate": (has_rate, {"learning_rate": _rounded(rate, 3)}),
        "minibatches of 32": (classifier.batch_size > 32, {"batch_size": 32}),
        "early stopping": (
            not classifier.early_stopping and classifier.validation_split > 0,
            {"early_stopping": True, "epochs": most_epochs},
        ),
        "balanced class weights": (
            not is_even and classifier.class_weight is None,
            {"class_weight": "balanced"},
        ),
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


def work_of(classifier: RidgeMLPClassifier, change: Change, table: Table) -> float:
    """Return the operations per training row of a classifier with something changed, about."""
    given = {**classifier.get_params(), **change}
    widths = [table.n_features, *map(int, layer_sizes(given["hidden_layer_sizes"])), table.n_outputs]
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(widths))
    return 6.0 * n_weights * n_epochs(given["epochs"], given["batch_size"], table.n_rows)


# -- other classifiers ------------------------------------------------------------------------------


def _logistic_regression(seed: int) -> BaseEstimator:
    """Return a logistic regression that chooses its penalty, as the network does, on the training rows."""
    return LogisticRegressionCV(
        Cs=np.logspace(-4, 2, 7),
        cv=StratifiedKFold(3, shuffle=True, random_state=seed),
        scoring="neg_log_loss",
        max_iter=1000,  # 100 often do not do
    )


#: The classifiers that a network has to be better than, the others at their default parameters.
YARDSTICKS: dict[str, Callable[[int], BaseEstimator]] = {
    "guessing": lambda _: DummyClassifier(strategy="prior"),
    "LogisticRegressionCV": _logistic_regression,
    "HistGradientBoosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "MLPClassifier": lambda seed: MLPClassifier(random_state=seed),
}


def try_yardsticks(
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    splits: Splits,
    *,
    scoring: Any,
    sample_weight: Any,
    class_weight: Any,
    seed: int,
) -> list[Trial]:
    """Fit scikit-learn's classifiers behind the same preprocessing, and score them on the test rows.

    Parameters
    ----------
    estimator : estimator object
        A Pipeline, whose last step they take the place of, or a classifier.
    X, y : object
        All rows, and one label for each.
    splits : sequence of (ndarray, ndarray)
    scoring : str, callable or None
        As `diagnose` has it.
    sample_weight : array-like of shape (n_samples,) or None
        Weights in fitting, in the loss and in the score.
    class_weight : dict, "balanced" or None
        Those of the network: weights in fitting and in the loss, as it has them.
    seed : int
        Of those that draw numbers.

    Returns
    -------
    list of Trial
        NaN where one could not be fitted.
    """
    losses = {name: np.full(len(splits), np.nan) for name in YARDSTICKS}
    scores = {name: np.full(len(splits), np.nan) for name in YARDSTICKS}
    labels = np.asarray(y)
    for number, (train, test) in enumerate(splits):
        X_train, X_test = preprocessed(estimator, X, labels, train, test)
        weights = _row_weights(labels, train, sample_weight, class_weight)
        fitting = {} if weights is None else {"sample_weight": weights[train]}
        scoring_weights = None if sample_weight is None else np.asarray(sample_weight)[test]
        for name, make in YARDSTICKS.items():
            try:
                # routing would have the steps within LogisticRegressionCV request their weights
                with warnings.catch_warnings(action="ignore"), config_context(enable_metadata_routing=False):
                    yardstick = make(seed).fit(X_train, labels[train], **fitting)
                    losses[name][number] = log_loss(
                        labels[test],
                        yardstick.predict_proba(X_test),
                        labels=yardstick.classes_,
                        sample_weight=None if weights is None else weights[test],
                    )
                    scores[name][number] = _score(yardstick, scoring, X_test, labels[test], scoring_weights)
            except (TypeError, ValueError):  # such as sparse X, or NaN that only some of them take
                continue
    return [Trial(name, "yardstick", losses[name], scores[name], work=np.nan) for name in YARDSTICKS]


def _row_weights(
    labels: np.ndarray, train: np.ndarray, sample_weight: Any, class_weight: Any
) -> np.ndarray | None:
    """Return the weights of all rows in the loss, as the network has them; None if it has none."""
    if sample_weight is None and class_weight is None:
        return None
    weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    if class_weight is None:
        return weights
    classes, numbers = np.unique(labels, return_inverse=True)
    of_classes = per_class(labels[train], classes, class_weight, weights[train])
    return weights * of_classes[numbers.ravel()]


def _score(classifier: Any, scoring: Any, X: Any, y: np.ndarray, weights: np.ndarray | None) -> float:
    """Return a score; NaN where the scorer looks for something that only the network has."""
    scorer = check_scoring(classifier, scoring or "accuracy")
    try:
        if weights is not None:
            try:
                return float(scorer(classifier, X, y, sample_weight=weights))
            except TypeError:  # a metric, or a function, without weights
                pass
        return float(scorer(classifier, X, y))
    except (AttributeError, TypeError, ValueError):
        return np.nan


def preprocessed(
    estimator: BaseEstimator, X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray
) -> tuple[Any, Any]:
    """Return the rows of a split as the estimator's last step gets to see them."""
    X_train, X_test = (safe_indexing(X, rows) for rows in (train, test))
    while isinstance(estimator, Pipeline):
        before, last = clone(estimator[:-1]), estimator.steps[-1][1]
        if len(before.steps):
            X_train, X_test = before.fit_transform(X_train, y[train]), before.transform(X_test)
        estimator = last
    return X_train, X_test


# -- what to try, and trying it ---------------------------------------------------------------------


def check_remedies(remedies: Any, ours: Any, name: str, possible: dict[str, Change]) -> None:
    """Raise if what is to be tried is not known, not for this estimator, or in force already."""
    if isinstance(remedies, str) and remedies != "auto":
        raise ValueError(
            f"remedies={remedies!r} is no way to choose them. Pass True to try everything, False for "
            "nothing, 'auto', or a list such as ['dropout 0.5', 'yardsticks']."
        )
    if isinstance(remedies, list):
        known = (*CHANGES, "yardsticks")
        wrong = [item for item in remedies if item not in known]
        if wrong:
            raise ValueError(
                f"remedies names {wrong[0]!r}, which is not one that can be tried: {', '.join(known)}."
            )
    if remedies not in ("auto", False) and ours is None:
        raise ValueError(
            f"remedies={remedies!r} are changes of a RidgeMLPClassifier, and {name} is not a parameter of "
            "one. Leave remedies out."
        )
    for item in remedies if isinstance(remedies, list) else ():
        if item != "yardsticks" and item not in possible:
            raise ValueError(
                f"remedies names {item!r}, but that is in force already, is what is varied, or does not fit "
                f"this classifier. What can be tried is {', '.join(possible)}."
            )


def chosen_changes(
    remedies: Any,
    classifier: RidgeMLPClassifier,
    possible: dict[str, Change],
    diagnosis: Evidence,
    table: Table,
    n_rows: float,
) -> dict[str, Change] | None:
    """Return the changes to try, or None to try nothing.

    Parameters
    ----------
    remedies : "auto", bool or list of str
    classifier : RidgeMLPClassifier
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
        one_epoch = work_of(classifier, {"epochs": 1}, table) * n_rows
        own = one_epoch * float(diagnosis.loss_map.trained_epochs.sum())
        works = [work_of(classifier, change, table) for change in possible.values()]
        if sum(works) * n_rows + COMPILING * len(works) > own:
            return None
    return possible


def wants_trials(remedies: Any, diagnosis: Evidence) -> bool:
    """Return whether anything may be tried: "auto" tries nothing but after rounds."""
    return bool(remedies) and (remedies != "auto" or bool(diagnosis.rounds))


def try_changes(
    run: Callable[[Measurement, list[dict[str, Any]]], Study],
    classifier: RidgeMLPClassifier,
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
    classifier : RidgeMLPClassifier
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
    grid = [
        {**{f"{path}{key}": [value] for key, value in (settings | change).items()}, **seeds}
        for change in everything.values()
    ]
    # a change of the class weights is judged by the loss that the others are judged by
    weighs_classes = classifier.class_weight is not None
    measurement = Measurement(
        losses_and_weights, watches_test_rows=True, weighs_classes=weighs_classes, every_epoch=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)  # the table says which ones diverged
        warnings.simplefilter("ignore", UserWarning)
        study = run(measurement, grid)
    n_splits = study.measured.shape[1]
    losses = np.array([[np.nan if m is None else m["test_loss"] for m in row] for row in study.measured])
    scores = np.array([study.cv_results[f"split{split}_test_score"] for split in range(n_splits)]).T
    means = [table.reshape(len(everything), -1, n_splits).mean(axis=1) for table in (losses, scores)]
    own = work_of(classifier, settings, table)
    return [
        Trial(
            name,
            "change" if change else "as it is",
            loss,
            score,
            change,
            work_of(classifier, settings | change, table) / own,
        )
        for (name, change), loss, score in zip(everything.items(), *means, strict=True)
    ]
