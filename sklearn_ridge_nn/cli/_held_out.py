"""How good a model is on rows that it has not learnt from, beside what else could have predicted them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_ridge_nn.cli import _terminal as terminal
from sklearn_ridge_nn.cli._model_file import Model, pipeline_of
from sklearn_ridge_nn.cli._task import Classification, LearningTask, Regression
from sklearn_ridge_nn.diagnosis import problem_of
from sklearn_ridge_nn.evidence import LINEAR_MODELS
from sklearn_ridge_nn.model_selection import cross_val_predict

#: Rows to train on, and rows to score, for each fit.
Splits: TypeAlias = Sequence[tuple[np.ndarray, np.ndarray]]
#: What each column of the scores is called.
OURS, GUESSING, LINEAR, TREES = "this network", "guessing", "linear model", "boosted trees"
#: What a diagnosis calls the last one.
BOOSTED_TREES = "HistGradientBoosting"
#: Numbers of sparse columns up to which they are written out for boosted trees, which take no others.
MOST_WRITTEN_OUT = 2**26
#: Rows above which no quantile regression is fitted: it solves a linear program of as many constraints.
MOST_QUANTILE_ROWS = 10_000


class _Predictions(BaseEstimator):
    """Stands for a fitted estimator whose predictions of some rows are known, for scikit-learn's scores.

    Parameters
    ----------
    predicted : ndarray of shape (n_rows,)
    """

    def __init__(self, predicted: np.ndarray) -> None:
        self.predicted = predicted

    def predict(self, X: Any) -> np.ndarray:  # noqa: ARG002
        """Return what is known."""
        return self.predicted


class Numbers(RegressorMixin, _Predictions):
    """Predicted numbers."""


class Labels(ClassifierMixin, _Predictions):
    """Predicted labels, and the probabilities of all.

    Parameters
    ----------
    predicted : ndarray of shape (n_rows,)
    probabilities : ndarray of shape (n_rows, n_classes)
    classes : ndarray of shape (n_classes,)
    """

    def __init__(self, predicted: np.ndarray, probabilities: np.ndarray, classes: np.ndarray) -> None:
        super().__init__(predicted)
        self.probabilities, self.classes = probabilities, classes
        self.classes_ = classes

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: ARG002
        """Return what is known."""
        return self.probabilities


Predictions: TypeAlias = Labels | Numbers


@dataclass(frozen=True)
class HeldOut:
    """Predictions of rows by what has not learnt from them.

    Attributes
    ----------
    rows : ndarray of int
        Which they are.
    n_folds : int or None
        Into how many folds all rows were cut; None where rows were held out from everything.
    predictions : dict of str to Labels or Numbers
        Those of the network, under `OURS`, and of the yardsticks.
    """

    rows: np.ndarray
    n_folds: int | None
    predictions: Mapping[str, Predictions]


def held_out_predictions(
    model: Model, task: LearningTask, splits: Splits, threshold: float | None, *, seed: int, shown: bool
) -> HeldOut:
    """Return what a model and the yardsticks predict for rows that they have not learnt from.

    Parameters
    ----------
    model : Pipeline or FixedThresholdClassifier
        Fitted to the first split's rows to train on if there is one split. Else it is fitted anew to those of
        each split, as it is: with the alpha, and the threshold, that were chosen on all of them.
    task : LearningTask
    splits : sequence of (ndarray, ndarray)
    threshold : float or None
        From which probability on a row gets the positive label.
    seed : int
    shown : bool
        Whether to show the progress of a training.
    """
    rows = np.concatenate([test for _, test in splits])
    n_folds = len(splits) if len(splits) > 1 else None
    pipeline = pipeline_of(model)
    ours = (
        _predictions(model, task.data.X.iloc[rows])
        if n_folds is None
        else _cross_predicted(pipeline, task, splits, threshold, shown)
    )
    X, y = task.data.X, task.data.y
    guessed = [_predictions(task.guessing(y[train]), X.iloc[test]) for train, test in splits]
    yardsticks = {
        name: found
        for name, yardstick in _yardsticks(task, seed).items()
        if (found := _yardstick_predictions(yardstick, pipeline, task, splits)) is not None
    }
    return HeldOut(rows, n_folds, {OURS: ours, GUESSING: _joined(guessed), **yardsticks})


def scores_of(
    model: Any, task: LearningTask, X: pd.DataFrame, y: np.ndarray, names: Iterable[str]
) -> tuple[dict[str, float | None], list[str]]:
    """Return scores on some rows, None for one that these rows do not have, and why they do not."""
    problems = []
    scores: dict[str, float | None] = {}
    for name in names:
        try:
            value = task.score(model, name, X, y)
        except ValueError as error:
            problems.append(f"{name}: {error}")
            value = np.nan
        scores[name] = value if np.isfinite(value) else None
    return scores, problems


def yardsticks_in_words(task: LearningTask, known: Iterable[str], has_threshold: bool) -> str:
    """Return what those yardsticks are of which predictions are known, in sentences."""
    linear, boosted = _names(task)
    words = {
        GUESSING: f"Guessing is {task.guess}, whatever the columns say.",
        LINEAR: f"The linear model is scikit-learn's {linear}, and",
        TREES: f"boosted trees are its {boosted} as it comes, both behind the same preprocessing.",
    }
    if not {LINEAR, TREES} <= set(known):
        words[LINEAR] = f"The linear model is scikit-learn's {linear}, behind the same preprocessing."
        words[TREES] = (
            f"Boosted trees are scikit-learn's {boosted} as it comes, behind the same preprocessing."
        )
    said = " ".join(text for name, text in words.items() if name in known)
    return said + (" Only the network knows the threshold." if has_threshold else "")


def _names(task: LearningTask) -> tuple[str, str]:
    """Return the names of the linear model and of the boosted trees."""
    if not isinstance(task, Regression):
        return (
            "LogisticRegressionCV, which chooses its penalty on the rows to train on",
            "HistGradientBoostingClassifier",
        )
    linear = {"poisson": "PoissonRegressor", "quantile": "QuantileRegressor"}
    chosen = "RidgeCV, which chooses its penalty on the rows to train on"
    return linear.get(task.loss, chosen), "HistGradientBoostingRegressor"


def _yardsticks(task: LearningTask, seed: int) -> dict[str, Any]:
    """Return the linear model and the boosted trees that a diagnosis compares networks with, too."""
    makers = problem_of(task.network, task.network, task.data.y).yardsticks
    found = {name: makers[name](seed) for name in makers if name in (*LINEAR_MODELS, BOOSTED_TREES)}
    is_too_large = "QuantileRegressor" in found and len(task.data.y) > MOST_QUANTILE_ROWS
    return {
        TREES if name == BOOSTED_TREES else LINEAR: yardstick
        for name, yardstick in found.items()
        if not (is_too_large and name == "QuantileRegressor")
    }


def _yardstick_predictions(
    yardstick: BaseEstimator, pipeline: Pipeline, task: LearningTask, splits: Splits
) -> Predictions | None:
    """Return what a yardstick predicts behind the same preprocessing; None where it cannot be fitted."""
    parts = []
    for train, test in splits:
        X, y, before = task.data.X, task.data.y[train], clone(pipeline[:-1])
        try:
            with warnings.catch_warnings(action="ignore"):
                X_train, X_test = before.fit_transform(X.iloc[train], y), before.transform(X.iloc[test])
                if sparse.issparse(X_train) and np.prod(X_train.shape) <= MOST_WRITTEN_OUT:
                    X_train, X_test = X_train.toarray(), X_test.toarray()
                weighs = getattr(task.network, "class_weight", None)
                weights = {} if weighs is None else {"sample_weight": compute_sample_weight(weighs, y)}
                parts.append(_predictions(clone(yardstick).fit(X_train, y, **weights), X_test))
        except (TypeError, ValueError):  # such as sparse columns, or a class of too few rows
            return None
    return _joined(parts)


def _predictions(fitted: Any, X: Any) -> Predictions:
    if hasattr(fitted, "classes_"):
        return Labels(fitted.predict(X), fitted.predict_proba(X), fitted.classes_)
    return Numbers(fitted.predict(X))


def _joined(parts: Sequence[Predictions]) -> Predictions:
    predicted = np.concatenate([part.predicted for part in parts])
    labels = [part for part in parts if isinstance(part, Labels)]
    if not labels:
        return Numbers(predicted)
    return Labels(predicted, np.concatenate([part.probabilities for part in labels]), labels[0].classes)


def _cross_predicted(
    pipeline: Pipeline, task: LearningTask, splits: Splits, threshold: float | None, shown: bool
) -> Predictions:
    """Return what pipelines like a fitted one predict for the folds that they are not fitted to."""
    rows = np.concatenate([test for _, test in splits])
    is_classification = isinstance(task, Classification)
    with terminal.training():
        found = cross_val_predict(
            clone(pipeline),
            task.data.X,
            task.data.y,
            cv=splits,
            method="predict_proba" if is_classification else "predict",
            verbose=int(shown),
        )[rows]
    if not is_classification:
        return Numbers(found)
    classes = pipeline.classes_
    predicted = classes[found.argmax(axis=1)]
    if threshold is not None:
        is_positive = found[:, classes.tolist().index(task.positive)] >= threshold
        (other,) = classes[classes != task.positive]
        predicted = np.where(is_positive, np.asarray(task.positive), other)
    return Labels(predicted, found, classes)
