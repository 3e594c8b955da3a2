"""From which probability on a row gets the label that is to be found."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import balanced_accuracy_score, make_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn.cli._model_file import Model
from sklearn_ridge_nn.cli._tables import InputError, quoted
from sklearn_ridge_nn.cli._task import Classification, LearningTask

#: Scores that a threshold is chosen by.
SCORES = ("f1", "balanced_accuracy")
#: What the mean cost of a row is called among the scores.
COST = "neg_cost_per_row"
_COSTS = re.compile(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Threshold:
    """How to choose a threshold.

    Attributes
    ----------
    rule : str
        One of `SCORES`, the costs of a false alarm and a miss such as ``1:10``, or a number.
    value : float or None
        The number, if that is given.
    """

    rule: str
    value: float | None = None

    @classmethod
    def of(cls, text: str) -> Threshold:
        """Return what an argument says.

        Raises
        ------
        InputError
            If it says nothing of the kind.
        """
        costs = _COSTS.fullmatch(text)
        if text in SCORES or (costs and all(float(cost) > 0 for cost in costs.groups())):
            return cls(text)
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not 0 < value < 1:
            raise InputError(
                f"--threshold must be {', '.join(SCORES)}, the costs of a false alarm and of a miss such as "
                f"1:10, or a probability between 0 and 1. Got {text!r}."
            )
        return cls(text, value)

    @property
    def costs(self) -> tuple[float, float] | None:
        """Of a false alarm and of a miss; None where a score decides, or a number is given."""
        found = _COSTS.fullmatch(self.rule)
        return None if found is None else (float(found[1]), float(found[2]))

    @property
    def score(self) -> str | None:
        """The name of the score that it is chosen by; None if it is given."""
        return None if self.value is not None else COST if self.costs else self.rule

    def check(self, task: LearningTask) -> None:
        """Raise if the target has no label that is to be found.

        Raises
        ------
        InputError
            If there are numbers, or not two labels; or nobody has said which of them is to be found.
        """
        target = f"--target {task.data.target!r}"
        if not isinstance(task, Classification):
            raise InputError(f"--threshold {self.rule} is for two labels, and {target} is taken for numbers.")
        if len(task.labels) != 2:
            raise InputError(
                f"--threshold {self.rule} is for two labels, and {target} has {len(task.labels)}. Leave it "
                "out."
            )
        if task.positive is None:
            one, other = map(str, task.labels)
            raise InputError(
                f"--threshold {self.rule} needs to know which label of {target} is to be found: "
                f"--positive={quoted(other)} or --positive={quoted(one)}"
            )

    def by_guessing(self, task: LearningTask, train: np.ndarray, test: np.ndarray) -> tuple[Any, float]:
        """Return the label that is best for all of the training rows, and its score on the test rows."""
        y = task.data.y

        def score(label: Any, rows: np.ndarray) -> float:
            guess = DummyClassifier(strategy="constant", constant=label).fit(np.zeros((len(y), 1)), y)
            with warnings.catch_warnings(action="ignore"):  # nothing is found
                return float(self.scorer(task)(guess, np.zeros((len(rows), 1)), y[rows]))

        best = max(np.unique(y).tolist(), key=lambda label: score(label, train))
        return best, score(best, test)

    def scorer(self, task: LearningTask) -> Any:
        """Return the score that it is chosen by.

        All of them are told the positive label: from there scikit-learn knows whose probability the threshold
        is for.
        """
        if self.costs is not None:
            false_alarm, miss = self.costs
            return make_scorer(
                cost_per_row,
                greater_is_better=False,
                pos_label=task.positive,
                false_alarm=false_alarm,
                miss=miss,
            )
        if self.rule == "f1":
            return task.scorer("f1")
        return make_scorer(_balanced_accuracy, pos_label=task.positive)

    def put_on(
        self, model: Pipeline, task: LearningTask, rows: np.ndarray, splits: Any
    ) -> tuple[Model, dict[str, Any]]:
        """Return a fitted pipeline with a threshold, and what the card says of it.

        Parameters
        ----------
        model : Pipeline
            Fitted to `rows`.
        task : LearningTask
        rows : ndarray of int
        splits : splitter
            On whose test rows thresholds are compared; the pipeline is fitted anew to the others.
        """
        X, y = task.data.X.iloc[rows], task.data.y[rows]
        value, score = self.value, None
        if value is None:
            tuned = TunedThresholdClassifierCV(
                model, scoring=self.scorer(task), response_method="predict_proba", cv=splits
            ).fit(X, y)
            value, score = float(tuned.best_threshold_), float(tuned.best_score_)
        fixed = FixedThresholdClassifier(
            FrozenEstimator(model), threshold=value, pos_label=task.positive, response_method="predict_proba"
        ).fit(X, y)
        return fixed, {
            "positive": task.positive,
            "value": value,
            "rule": self.rule if self.value is None else None,
            "score": score,
            "splits": None if self.value is not None else splits.get_n_splits(X, y),
        }


def cost_per_row(
    y_true: np.ndarray, y_pred: np.ndarray, *, pos_label: Any, false_alarm: float, miss: float
) -> float:
    """Return the mean cost of a row.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_rows,)
        Labels.
    pos_label : str or int
        The one that is to be found.
    false_alarm, miss : float
        Costs of a row that has it only in `y_pred`, or only in `y_true`.
    """
    is_positive, is_found = y_true == pos_label, y_pred == pos_label
    return float(np.mean(np.where(is_positive, miss * ~is_found, false_alarm * is_found)))


def _balanced_accuracy(y_true: np.ndarray, y_pred: np.ndarray, *, pos_label: Any) -> float:  # noqa: ARG001
    return float(balanced_accuracy_score(y_true, y_pred))
