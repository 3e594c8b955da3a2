"""Trying what might help the best network, and whether it is worth training one, on the same splits."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
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
from sklearn_ridge_nn.estimators import RidgeMLPClassifier, layer_sizes
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
    classifier: RidgeMLPClassifier, counts: NDArray[np.intp] | None, most_epochs: int
) -> dict[str, Change]:
    """Return the changes that can be tried on a classifier: those that are not in force already.

    Parameters
    ----------
    classifier : RidgeMLPClassifier
    counts : ndarray of shape (n_classes,) or None
        Rows of each class; None if y is multilabel.
    most_epochs : int
        What early stopping may train.
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
        "a layer less": (bool(sizes), {"hidden_layer_sizes": sizes[:-1]}),
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
    return {name: change for name, (is_possible, change) in changes.items() if is_possible}


def _rounded(rate: Any, factor: float) -> float:
    return float(f"{rate * factor:.3g}") if isinstance(rate, Real) else 0.0


def work_of(classifier: RidgeMLPClassifier, change: Change, n_features: int, epochs: int) -> float:
    """Return the operations per training row of a classifier with something changed, about."""
    sizes = layer_sizes(change.get("hidden_layer_sizes", classifier.hidden_layer_sizes))
    widths = [n_features, *map(int, sizes), 1]
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(widths))
    return 6.0 * n_weights * int(change.get("epochs", epochs))


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
        Weights in fitting and in the loss.
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
        X_train, X_test = _preprocessed(estimator, X, labels, train, test)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        fitting = {} if weights is None else {"sample_weight": weights[train]}
        for name, make in YARDSTICKS.items():
            try:
                with warnings.catch_warnings(action="ignore"):
                    yardstick = make(seed).fit(X_train, labels[train], **fitting)
                    losses[name][number] = log_loss(
                        labels[test],
                        yardstick.predict_proba(X_test),
                        labels=yardstick.classes_,
                        sample_weight=None if weights is None else weights[test],
                    )
                    scores[name][number] = check_scoring(yardstick, scoring)(yardstick, X_test, labels[test])
            except (TypeError, ValueError):  # such as sparse X, or NaN that only some of them take
                continue
    return [Trial(name, "yardstick", losses[name], scores[name], work=np.nan) for name in YARDSTICKS]


def _preprocessed(
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


def check_remedies(remedies: Any, ours: Any, name: str) -> None:
    """Raise if what is to be tried is not known, or not for this estimator."""
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


def chosen_changes(
    remedies: Any,
    classifier: RidgeMLPClassifier,
    counts: NDArray[np.intp] | None,
    diagnosis: Evidence,
    n_features: int,
    work_per_epoch: float,
) -> dict[str, Change] | None:
    """Return the changes to try, or None to try nothing.

    Parameters
    ----------
    remedies : "auto", bool or list of str
    classifier : RidgeMLPClassifier
    counts : ndarray of shape (n_classes,) or None
        See `changes_of`.
    diagnosis : Evidence
    n_features : int
    work_per_epoch : float
        Training rows of all splits and seeds together.

    Raises
    ------
    ValueError
        If a change that is asked for is in force, or does not fit the classifier.
    """
    if remedies is False or (remedies == "auto" and not diagnosis.rounds):
        return None
    possible = changes_of(classifier, counts, max(diagnosis.n_epochs, 2))
    if isinstance(remedies, list):
        for item in remedies:
            if item != "yardsticks" and item not in possible:
                raise ValueError(
                    f"remedies names {item!r}, but that is in force already, or does not fit this "
                    f"classifier. What can be tried is {', '.join(possible)}."
                )
        return {name: change for name, change in possible.items() if name in remedies}
    if remedies == "auto":
        assert diagnosis.loss_map is not None  # as there were rounds
        alone = work_of(classifier, {}, n_features, 1) * work_per_epoch
        own = alone * float(diagnosis.loss_map.trained_epochs.sum())
        epochs = diagnosis.chosen_epochs
        works = [work_of(classifier, change, n_features, epochs) for change in possible.values()]
        if sum(works) * work_per_epoch + COMPILING * len(works) > own:
            return None
    return possible


def try_changes(
    run: Callable[[Measurement, list[dict[str, Any]]], Study],
    classifier: RidgeMLPClassifier,
    path: str,
    settings: dict[str, Any],
    seeds: dict[str, list[int]],
    changes: dict[str, Change],
    n_features: int,
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
        Its parameters as it is: alpha, and epochs where they were chosen.
    seeds : dict of str to list of int
        The grid of seeds.
    changes : dict of str to dict
    n_features : int

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
    epochs = int(settings.get("epochs", 1))
    own = work_of(classifier, {}, n_features, epochs)
    return [
        Trial(
            name,
            "change" if change else "as it is",
            loss,
            score,
            change,
            work_of(classifier, change, n_features, epochs) / own,
        )
        for (name, change), loss, score in zip(everything.items(), *means, strict=True)
    ]
