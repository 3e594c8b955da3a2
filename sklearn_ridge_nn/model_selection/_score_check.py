"""Whether a y has a score, asked before anything is trained."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer


def check_has_score(scoring: Any, y: Any, *, is_classifier: bool) -> None:
    """Raise if a score that scikit-learn has a name for has no value for a y, whatever is predicted.

    Parameters
    ----------
    scoring : str, callable or None
        Nothing is known of one that is no str.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Of several labels per row nothing is known, either.
    is_classifier : bool

    Raises
    ------
    ValueError
        If it has not.
    """
    y = np.asarray(y)
    if not isinstance(scoring, str) or (is_classifier and y.ndim == 2):
        return
    nothing = np.zeros((len(y), 1))
    guessing = (DummyClassifier() if is_classifier else DummyRegressor()).fit(nothing, y)
    try:
        with warnings.catch_warnings(action="ignore"):  # of classes that are never predicted
            get_scorer(scoring)(guessing, nothing, y)
    except (TypeError, ValueError) as error:
        default = "accuracy" if is_classifier else "r2"
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            f"scoring={scoring!r} has no value for this y: {reason}. Pass scoring={default!r}, or another "
            "score that such a y has."
        ) from error
