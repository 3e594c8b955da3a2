"""On how many splits a diagnosis trains where it is not told."""

from __future__ import annotations

#: Rows, and up to so many of them how many folds there are and how often they are repeated: where rows are
#: many, the mean of few splits is sure.
_BY_ROWS = ((5_000, 5, 3), (200_000, 5, 1), (float("inf"), 3, 1))


def default_splits(n_rows: int) -> tuple[int, int]:
    """Return how many folds there are by default, and how often they are repeated.

    Parameters
    ----------
    n_rows : int

    Examples
    --------
    >>> default_splits(150), default_splits(20_000), default_splits(1_000_000)
    ((5, 3), (5, 1), (3, 1))
    """
    return next((folds, repeats) for most, folds, repeats in _BY_ROWS if n_rows <= most)
