"""What a study of classes is: its y, its splits, its loss, and the classifiers it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import sklearn.model_selection as theirs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.utils.multiclass import type_of_target

from sklearn_ridge_nn.diagnosis._about import classes_in_words
from sklearn_ridge_nn.diagnosis._splits import default_splits
from sklearn_ridge_nn.estimators import per_class, refuse_odd_labels

#: Classes up to which numbers are hardly meant to be predicted.
FEW_NUMBERS = 20

Splits: TypeAlias = Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]


def _logistic_regression(seed: int) -> BaseEstimator:
    """Return a logistic regression that chooses its penalty, as the network does, on the training rows."""
    return LogisticRegressionCV(
        Cs=np.logspace(-4, 2, 7),
        cv=theirs.StratifiedKFold(3, shuffle=True, random_state=seed),
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


@dataclass(frozen=True)
class Classification:
    """A study of classes.

    Attributes
    ----------
    y : object
        As the study's caller gave it.
    is_multilabel : bool
    """

    y: Any
    is_multilabel: bool

    is_classification: ClassVar[bool] = True
    default_score: ClassVar[str] = "accuracy"

    @classmethod
    def of(cls, y: Any, is_ours: bool) -> Self:
        """Return the study of a y, checked.

        Raises
        ------
        ValueError
            If y lacks labels, or does not hold class labels, one for each row.
        """
        refuse_odd_labels(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multilabel-indicator" and is_ours:
            return cls(y, is_multilabel=True)
        if kind not in ("binary", "multiclass"):
            why = (
                "continuous numbers are for regression, by RidgeMLPRegressor"
                if "continuous" in kind
                else f"this y is {kind}"
            )
            raise ValueError(f"y must hold class labels, one for each row; {why}.")
        return cls(y, is_multilabel=False)

    @property
    def labels(self) -> np.ndarray:
        """The labels as an array; a sparse y stays sparse."""
        return self.y if hasattr(self.y, "toarray") else np.asarray(self.y)

    @property
    def counts(self) -> NDArray[np.intp] | None:
        """Rows of each class; None if y is multilabel."""
        return None if self.is_multilabel else np.unique(self.labels, return_counts=True)[1]

    @property
    def n_outputs(self) -> int:
        """Outputs of a network."""
        if self.is_multilabel:
            return int(self.labels.shape[1])
        n_classes = len(np.unique(self.labels))
        return 1 if n_classes == 2 else n_classes

    def default_cv(self) -> Any:
        """Return the splitter where none is given."""
        kind = theirs.RepeatedKFold if self.is_multilabel else theirs.RepeatedStratifiedKFold
        n_folds, n_repeats = default_splits(self.labels.shape[0])
        return kind(n_splits=n_folds, n_repeats=n_repeats, random_state=0)

    def check_splits(self, splits: Splits) -> None:
        """Raise if a split lacks a class among its training rows."""
        if self.is_multilabel:
            return
        labels = self.labels
        for number, (train, _) in enumerate(splits):
            absent = np.setdiff1d(labels, labels[train]).tolist()
            if absent:
                n_rows = int((labels == absent[0]).sum())
                spread = (
                    f", or give a cv that spreads it, such as StratifiedKFold with at most {n_rows} splits"
                )
                n_classes = len(np.unique(labels))
                of_numbers = (
                    f" If the {n_classes} classes are numbers to predict, take a RidgeMLPRegressor."
                    if labels.dtype.kind in "iuf" and n_classes > FEW_NUMBERS
                    else ""
                )
                raise ValueError(
                    f"Split {number} of cv has no row of class {absent[0]!r} to train on ({n_rows} in all of "
                    "y), so its test loss would be infinite. Leave the class out, or merge it with another"
                    f"{spread if n_rows > 1 else ''}.{of_numbers}"
                )

    @property
    def in_words(self) -> str:
        """What y holds."""
        if self.is_multilabel:
            return f"{self.labels.shape[1]} labels, of which a row may have several"
        return classes_in_words(self.labels)

    def facts(self, splits: Splits) -> dict[str, Any]:
        """Return what the diagnosis is told of y, by the names of `Evidence`."""
        if self.is_multilabel:
            return {}
        classes, counts = np.unique(self.labels, return_counts=True)
        majority = classes[counts.argmax()]
        return {
            "rarest_class": self._rarest_class(splits),
            "majority_class": str(majority),
            "majority_accuracy": np.array([(self.labels[test] == majority).mean() for _, test in splits]),
        }

    def _rarest_class(self, splits: Splits) -> tuple[str, int, int]:
        """Return the class that some test part has fewest rows of, its rows in all, and that number."""
        classes, numbers, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        parts = [np.bincount(numbers.ravel()[test], minlength=len(classes)) for _, test in splits]
        fewest = np.min(parts, axis=0)
        rarest = int(np.lexsort((counts, fewest))[0])
        return str(classes[rarest]), int(counts[rarest]), int(fewest[rarest])

    @property
    def follows_scores(self) -> bool:
        """Whether scores by default are known after every epoch: accuracies are, as the engine counts."""
        return not self.is_multilabel

    # -- other classifiers --------------------------------------------------------------------------

    @property
    def has_yardsticks(self) -> bool:
        """Whether other classifiers can be fitted."""
        return not self.is_multilabel

    @property
    def yardsticks(self) -> dict[str, Callable[[int], BaseEstimator]]:
        """The other classifiers by name, each made by a seed."""
        return YARDSTICKS

    def yardstick_loss(
        self,
        fitted: Any,
        X: Any,
        y: np.ndarray,
        weights: np.ndarray | None,
        split: int,  # noqa: ARG002
    ) -> float:
        """Return the log loss of another classifier on some rows."""
        proba = fitted.predict_proba(X)
        return float(log_loss(y, proba, labels=fitted.classes_, sample_weight=weights))

    def split_weights(
        self, network: Any, y_train: np.ndarray, split: tuple[np.ndarray, np.ndarray], sample_weight: Any
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return the weights that the network has in the loss of the rows it is fitted on, and of test rows.

        Parameters
        ----------
        network : RidgeMLPClassifier
        y_train : ndarray
            The labels that it is fitted on, which a step before it may have resampled.
        split : (ndarray, ndarray)
            Training and test rows.
        sample_weight : array-like of shape (n_samples,) or None
            Of all rows.
        """
        class_weight: Mapping[Any, float] | str | None = network.class_weight
        of_train, of_test = weights_of(sample_weight, split)
        if class_weight is None:
            return of_train, of_test
        of_train = np.ones(len(y_train)) if of_train is None else of_train
        of_test = np.ones(len(split[1])) if of_test is None else of_test
        classes = np.unique(self.labels)
        of_classes = per_class(y_train, classes, class_weight, of_train)
        of_train = of_train * of_classes[np.searchsorted(classes, y_train)]
        return of_train, of_test * of_classes[np.searchsorted(classes, self.labels[split[1]])]


def weights_of(
    sample_weight: Any, split: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the weights of training and test rows; None, None if rows have none."""
    if sample_weight is None:
        return None, None
    weights = np.asarray(sample_weight, dtype=float)
    return weights[split[0]], weights[split[1]]
