"""The rule of one standard error: the strongest penalty that is about as good as the best one.

Searches, the estimators that choose their alpha, and diagnoses choose by these two functions.
"""

from __future__ import annotations

import numpy as np

#: Means that differ by this share are equal: the order of a sum makes such differences.
_ROUNDING = 1e-12


def finite(losses: np.ndarray) -> np.ndarray:
    """Return losses with NaN in the place of infinities: such a split has no loss to compare."""
    return np.where(np.isfinite(losses), losses, np.nan)


def best_of(losses: np.ndarray, strengths: np.ndarray) -> int:
    """Return the row with the smallest mean; of several, the strongest penalty.

    Rows that lack a finite loss do not compete, unless all do: then those compete that lack fewest, by their
    means over the splits that all of them have. If there is no such split, each goes by its own.

    Parameters
    ----------
    losses : ndarray of shape (n_alphas, n_splits)
        With at least one finite number.
    strengths : ndarray of shape (n_alphas,)
        The larger, the stronger the penalty.

    Returns
    -------
    int
        The row; of equal strengths the first.
    """
    known = np.isfinite(losses)
    counts = known.sum(axis=1)
    competing = counts == counts.max()
    shared = known[competing].all(axis=0)
    if shared.any():  # a mean without the hardest split is no sign of a better row
        known &= shared
    means = np.where(known, losses, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    means[~competing] = np.inf
    lowest = np.flatnonzero(means <= means.min() + _ROUNDING * abs(means.min()))
    return int(lowest[np.argmax(strengths[lowest])])


def strongest_within_one_standard_error(losses: np.ndarray, strengths: np.ndarray) -> int:
    """Return the strongest penalty whose mean loss is within a standard error of the smallest.

    The standard error is that of the best row (`best_of`), ``std(ddof=1) / sqrt(n_splits)``: the rule of
    ``lambda.1se`` of ``cv.glmnet`` (Friedman, Hastie and Tibshirani, 2010, Regularization paths for
    generalized linear models via coordinate descent), after Breiman, Friedman, Olshen and Stone (1984),
    Classification and regression trees, section 3.4.3.

    Parameters
    ----------
    losses : ndarray of shape (n_alphas, n_splits)
    strengths : ndarray of shape (n_alphas,)
        The larger, the stronger the penalty.

    Returns
    -------
    int
        The row; of equal strengths the first. With fewer than two finite losses of the best row, that one.
    """
    best = best_of(losses, strengths)
    splits = np.isfinite(losses[best])
    if splits.sum() < 2:
        return best
    losses = finite(losses)[:, splits]
    means = losses.mean(axis=1)
    error = losses[best].std(ddof=1) / np.sqrt(losses.shape[1])
    within = means <= means[best] + error + _ROUNDING * abs(means[best])
    return int(np.flatnonzero(within)[np.argmax(strengths[within])])
