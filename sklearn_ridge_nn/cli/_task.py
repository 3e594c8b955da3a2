"""What a classification and a regression do differently: network, splits, scores, and guesses."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import (
    average_precision_score,
    cluster,
    f1_score,
    get_scorer,
    get_scorer_names,
    jaccard_score,
    log_loss,
    make_scorer,
    mean_pinball_loss,
    precision_score,
    recall_score,
)
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

from sklearn_ridge_nn.cli._commands import CLASSIFICATION, REGRESSION
from sklearn_ridge_nn.cli._inputs import Data
from sklearn_ridge_nn.cli._tables import InputError, did_you_mean, listed, quoted
from sklearn_ridge_nn.estimators import RidgeMLPClassifier, RidgeMLPRegressor, check_numbers, guess_of
from sklearn_ridge_nn.preprocessing import spelled

#: scikit-learn has this score, but not by a name, for it needs to know the quantile.
PINBALL = "neg_mean_pinball_loss"
#: scikit-learn's scores of the label that is to be found, and what it makes them of.
SCORES_OF_POSITIVE = {
    "average_precision": (average_precision_score, "predict_proba"),
    "f1": (f1_score, "predict"),
    "jaccard": (jaccard_score, "predict"),
    "precision": (precision_score, "predict"),
    "recall": (recall_score, "predict"),
}
#: The score that is the negative of a loss, or of its square or the like.
SCORES_OF_LOSSES = {
    "squared_error": "neg_mean_squared_error",
    "absolute_error": "neg_mean_absolute_error",
    "huber": "neg_mean_squared_error",
    "poisson": "neg_mean_poisson_deviance",
    "quantile": PINBALL,
}

Network: TypeAlias = RidgeMLPClassifier | RidgeMLPRegressor
NETWORKS: dict[str, type[Network]] = {CLASSIFICATION: RidgeMLPClassifier, REGRESSION: RidgeMLPRegressor}


class LearningTask(ABC):
    """A classification or a regression of some rows.

    Parameters
    ----------
    data : Data
        The rows.
    network : RidgeMLPClassifier or RidgeMLPRegressor
        What is to learn from them.

    Attributes
    ----------
    scoring : str
        What alpha is chosen by unless another score is named.
    scores : tuple of str
        What is shown of the rows held out, beside the score that alpha is chosen by.
    guess : str
        What is predicted by guessing.
    strata : ndarray or None
        What all parts of a split have the same shares of.
    fewest : tuple of (int, str)
        Rows that every part of a split needs, and why.
    positive : str, int or None
        Which of two labels is to be found, where that is known.
    """

    scoring: str
    scores: ClassVar[tuple[str, ...]]
    guess: str
    strata: np.ndarray | None
    fewest: tuple[int, str]
    positive: Any = None

    def __init__(self, data: Data, network: Network) -> None:
        self.data, self.network = data, network

    @abstractmethod
    def check(self) -> None:
        """Raise if the target does not suit the network."""

    @abstractmethod
    def find(self, label: str) -> None:
        """Take a label for the one that is to be found; raise if it is none of two."""

    @abstractmethod
    def check_hold_out(self) -> None:
        """Raise if no rows can be held out."""

    @abstractmethod
    def splitter(self, rows: np.ndarray, cv: tuple[int, int], seed: int, needs_all: bool) -> Any:
        """Return the splits of some rows into folds, repeated.

        Parameters
        ----------
        rows : ndarray of int
            Those to split.
        cv : tuple of (int, int)
            Folds and repeats.
        seed : int
        needs_all : bool
            Whether every fold needs a row of every class.
        """

    @abstractmethod
    def seen(self, rows: np.ndarray) -> dict[str, Any]:
        """Return what the card says of the targets of the rows to train on: ``classes`` and ``range``."""

    @abstractmethod
    def guessing(self, y: np.ndarray) -> DummyClassifier | DummyRegressor:
        """Return what predicts the same whatever the features, fitted."""

    def scorer(self, name: str) -> Any:
        """Return what scikit-learn takes for a score: its name, or a scorer if it has none there."""
        return name

    def score(self, model: Any, name: str, X: Any, y: np.ndarray) -> float:
        """Return a score of a fitted model on some rows."""
        return float(get_scorer(self.scorer(name))(model, X, y))

    def check_score(self, name: str) -> None:
        """Raise if a score cannot be had of this target."""
        if self._can_score(name):
            return
        others = [
            other for other in get_scorer_names() if other.startswith(f"{name}_") and self._can_score(other)
        ]
        raise InputError(
            f"--scoring {name!r} cannot score the {self._what_is_scored()} of --target {self.data.target!r}. "
            f"Take {' or '.join(others[:2] or dict.fromkeys([self.scoring, self.scores[0]]))}."
            + self._or_a_positive(name)
        )

    def _or_a_positive(self, name: str) -> str:  # noqa: ARG002
        """Return what to say of a score of a label that is to be found."""
        return ""

    def _can_score(self, name: str) -> bool:
        """Return whether a score of such predictions is a number."""
        y = self.data.y
        try:
            with warnings.catch_warnings(action="ignore"):
                scorer = get_scorer(self.scorer(name))
                return bool(np.isfinite(scorer(self._example(), np.zeros((len(y), 1)), y)))
        except (ValueError, TypeError, AttributeError):
            return False

    def _example(self) -> DummyClassifier | DummyRegressor:
        """Return something that predicts the whole target, its predictions of the network's kind."""
        return self.guessing(self.data.y)

    @abstractmethod
    def _what_is_scored(self) -> str:
        """Return what the target holds, for a message."""


class Classification(LearningTask):
    """A classification: folds are stratified, and guesses are how frequent the classes are."""

    scoring = "neg_log_loss"
    scores = ("accuracy", "neg_log_loss")
    guess = "class frequencies"

    def __init__(self, data: Data, network: Network) -> None:
        super().__init__(data, network)
        self.strata = data.y
        self.labels = np.unique(data.y).tolist()
        n_classes = len(self.labels)
        self.fewest = n_classes, f"there are {n_classes} classes"
        has_a_positive = tuple(spelled(label) for label in self.labels) in (("0", "1"), ("False", "True"))
        self.positive = self.labels[1] if has_a_positive else None

    def check(self) -> None:
        """Accept all labels."""

    def find(self, label: str) -> None:
        """Take a label for the one that is to be found; raise if it is none of two."""
        target = self.data.target
        if len(self.labels) != 2:
            raise InputError(
                f"--positive {label!r} is for two labels, and --target {target!r} has {len(self.labels)}. "
                "Leave it out."
            )
        known = {str(one): one for one in self.labels}
        if label not in known:  # 1 and 1.0 are the same, and so are TRUE and True
            label = next((one for one in known if spelled(one) == spelled(label)), label)
        if label not in known:
            raise InputError(
                f"--positive {label!r} is no label of --target {target!r}, which has {listed(self.labels)}. "
                f"{did_you_mean(label, list(known))}".rstrip()
            )
        self.positive = known[label]

    def scorer(self, name: str) -> Any:
        """Return what scikit-learn takes for a score; some know which label is to be found."""
        if name not in SCORES_OF_POSITIVE or self.positive is None:
            return super().scorer(name)
        score, response = SCORES_OF_POSITIVE[name]
        scorer = make_scorer(score, response_method=response, pos_label=self.positive)
        scorer.__name__ = name  # what a diagnosis calls it
        return scorer

    def _or_a_positive(self, name: str) -> str:
        if name in SCORES_OF_POSITIVE and len(self.labels) == 2:
            one, other = map(str, self.labels)
            return f" Or say which label is to be found: --positive={quoted(other)} (or {one})"
        return ""

    def check_hold_out(self) -> None:
        """Raise if a class has a single row."""
        classes, counts = np.unique(self.data.y, return_counts=True)
        if counts.min() < 2:
            rare = classes[counts.argmin()].item()
            raise InputError(
                f"Class {rare!r} of --target {self.data.target!r} has a single row, which cannot be both "
                "trained on and held out. Take it out, merge it with another class, or add --test-size 0."
                + self._or_a_regression()
            )

    def splitter(self, rows: np.ndarray, cv: tuple[int, int], seed: int, needs_all: bool) -> Any:
        """Return stratified folds."""
        n_folds, n_repeats = cv
        classes, counts = np.unique(self.data.y[rows], return_counts=True)
        if needs_all and counts.min() < n_folds:
            rare = classes[counts.argmin()].item()
            raise InputError(
                f"--cv {n_folds}: class {rare!r} of --target {self.data.target!r} has {counts.min()} rows to "
                "train on, fewer than folds, and each fold needs one to score. Give fewer folds, take the "
                "class out or merge it with another." + self._or_a_regression()
            )
        if n_folds > counts.max():
            raise InputError(
                f"--cv {n_folds}: no class has that many rows ({listed(classes.tolist(), 3)} have "
                f"{', '.join(map(str, counts[:3]))}). Give fewer folds."
            )
        return RepeatedStratifiedKFold(n_splits=n_folds, n_repeats=n_repeats, random_state=seed)

    def _or_a_regression(self) -> str:
        """Return what else classes may be that are numbers, more than two of them."""
        is_number = self.data.y.dtype.kind == "i" and self.fewest[0] > 2
        return " Or predict the numbers: --task regression" if is_number else ""

    def seen(self, rows: np.ndarray) -> dict[str, Any]:
        """Return the classes."""
        return {"classes": np.unique(self.data.y[rows]).tolist(), "range": None}

    def guessing(self, y: np.ndarray) -> DummyClassifier:
        """Return what guesses by how frequent the labels are."""
        return DummyClassifier(strategy="prior").fit(np.zeros((len(y), 1)), y)

    def score(self, model: Any, name: str, X: Any, y: np.ndarray) -> float:
        """Return a score; the log loss is that of all classes, of which the rows may lack some."""
        if name == "neg_log_loss":
            return -float(log_loss(y, model.predict_proba(X), labels=model.classes_))
        return super().score(model, name, X, y)

    def _what_is_scored(self) -> str:
        return f"{self.fewest[0]} classes"


class Regression(LearningTask):
    """A regression: folds are drawn at random, and guesses are what the loss makes of a constant."""

    scores = ("r2", "neg_mean_absolute_error")
    strata = None
    fewest = 2, "a score needs two rows"

    def __init__(self, data: Data, network: Network) -> None:
        super().__init__(data, network)
        assert isinstance(network, RidgeMLPRegressor)
        self.loss, self.quantile = network.loss, network.quantile
        self.scoring = SCORES_OF_LOSSES[network.loss]
        self.how_to_guess, guess = guess_of(network.loss, network.quantile)
        self.guess = f"{guess} of the training rows"

    def check(self) -> None:
        """Raise if the loss does not take the numbers."""
        y, target = self.data.y, self.data.target
        if self.loss == "poisson" and (y < 0).any():
            raise InputError(
                f"--loss poisson learns counts, and --target {target!r} holds {int((y < 0).sum())} negative "
                f"numbers (the smallest is {y.min():g}). Take another loss, such as --loss squared_error."
            )
        try:
            check_numbers(y, self.loss)
        except ValueError as error:
            raise InputError(f"--target {target!r}: {error}") from error

    def find(self, label: str) -> None:
        """Raise that numbers have no labels."""
        raise InputError(
            f"--positive {label!r} is for two labels, and --target {self.data.target!r} is taken for "
            "numbers. Leave it out, or add --task classification."
        )

    def check_hold_out(self) -> None:
        """Accept all numbers."""

    def splitter(self, rows: np.ndarray, cv: tuple[int, int], seed: int, needs_all: bool) -> Any:  # noqa: ARG002
        """Return folds at random."""
        n_folds, n_repeats = cv
        if n_folds > len(rows) // 2:
            raise InputError(
                f"--cv {n_folds}: {len(rows)} rows leave a fold with fewer than two, and a score such as r2 "
                f"needs two. Give {len(rows) // 2} folds at most."
            )
        return RepeatedKFold(n_splits=n_folds, n_repeats=n_repeats, random_state=seed)

    def seen(self, rows: np.ndarray) -> dict[str, Any]:
        """Return the smallest and the largest number."""
        y = self.data.y[rows]
        return {"classes": None, "range": [float(y.min()), float(y.max())]}

    def scorer(self, name: str) -> Any:
        """Return what scikit-learn takes for a score; that of pinball loss knows the network's quantile."""
        if name != PINBALL:
            return super().scorer(name)
        scorer = make_scorer(mean_pinball_loss, alpha=self.quantile, greater_is_better=False)
        scorer.__name__ = PINBALL  # what a diagnosis calls it
        return scorer

    def guessing(self, y: np.ndarray) -> DummyRegressor:
        """Return what guesses the mean; the median or a quantile where the loss is smallest there."""
        return DummyRegressor(**self.how_to_guess).fit(np.zeros((len(y), 1)), y)

    def _can_score(self, name: str) -> bool:
        """Return whether a score takes numbers; those of clusters take anything, as names of clusters."""
        return not hasattr(cluster, name) and super()._can_score(name)

    def _example(self) -> DummyRegressor:
        """Return what predicts about the mean and no whole number, which scores of classes would take."""
        constant = np.nextafter(self.data.y.mean(), np.inf)
        return DummyRegressor(strategy="constant", constant=constant).fit(
            np.zeros((len(self.data.y), 1)), self.data.y
        )

    def _what_is_scored(self) -> str:
        return "numbers"


TASKS: dict[str, type[LearningTask]] = {CLASSIFICATION: Classification, REGRESSION: Regression}
