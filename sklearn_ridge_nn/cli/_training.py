"""What ``diagnose`` and ``fit`` have in common: classifier, splits and scores, checked before any work."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import RepeatedStratifiedKFold

from sklearn_ridge_nn.cli._arguments import TrainingArguments
from sklearn_ridge_nn.cli._inputs import Data
from sklearn_ridge_nn.cli._tables import InputError, did_you_mean, listed
from sklearn_ridge_nn.estimators import RidgeMLPClassifier, check_all_parameters


def classifier_of(arguments: TrainingArguments) -> RidgeMLPClassifier:
    """Return the classifier that the arguments describe, its parameters checked."""
    classifier = RidgeMLPClassifier(random_state=arguments.seed, **arguments.network.given())
    check_all_parameters(classifier)
    return classifier


def check_scoring(name: str | None) -> None:
    """Raise if scikit-learn does not know the score."""
    if name is not None and name not in get_scorer_names():
        near = did_you_mean(name, get_scorer_names())
        raise InputError(f"--scoring {name!r} is not a score that scikit-learn knows. {near}".strip())


def check_scores(name: str | None, data: Data) -> None:
    """Raise before any training if a score cannot be had of these labels."""
    if name is None or _can_score(name, data.y):
        return
    others = [
        other for other in get_scorer_names() if other.startswith(f"{name}_") and _can_score(other, data.y)
    ]
    raise InputError(
        f"--scoring {name!r} cannot score the {len(np.unique(data.y))} classes of --target {data.target!r}. "
        f"Take {' or '.join(others[:2] or ['neg_log_loss', 'accuracy'])}."
    )


def _can_score(name: str, y: np.ndarray) -> bool:
    """Return whether a score of a classifier that guesses is a number."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return bool(np.isfinite(get_scorer(name)(guessing(y), np.zeros((len(y), 1)), y)))
    except (ValueError, TypeError, AttributeError):
        return False


def guessing(y: np.ndarray) -> DummyClassifier:
    """Return a classifier that guesses by how frequent the labels are, whatever the features."""
    return DummyClassifier(strategy="prior").fit(np.zeros((len(y), 1)), y)


def splitter(
    arguments: TrainingArguments, data: Data, rows: np.ndarray, fewest: int = 1
) -> RepeatedStratifiedKFold:
    """Return the splits, each of whose parts some rows have.

    Parameters
    ----------
    arguments : TrainingArguments
    data : Data
    rows : ndarray of int
        Those to split.
    fewest : int, default=1
        Rows that every class must have.
    """
    n_folds, n_repeats = arguments.cv
    classes, counts = np.unique(data.y[rows], return_counts=True)
    if counts.min() < fewest:
        rare = classes[counts.argmin()].item()
        raise InputError(
            f"--cv {n_folds}: class {rare!r} of --target {data.target!r} has {counts.min()} rows to train "
            "on, fewer than folds, and each fold needs one to score. Give fewer folds, take the class out "
            "or merge it with another."
        )
    if n_folds > counts.max():
        raise InputError(
            f"--cv {n_folds}: no class has that many rows ({listed(classes.tolist(), 3)} have "
            f"{', '.join(map(str, counts[:3]))}). Give fewer folds."
        )
    return RepeatedStratifiedKFold(n_splits=n_folds, n_repeats=n_repeats, random_state=arguments.seed)
