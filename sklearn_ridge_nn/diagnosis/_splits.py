"""On how many splits a diagnosis trains where it is not told, and how splits are told apart."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

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


def key_of(splits: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]], labels: Any) -> str:
    """Return a text that is the same for the same splits of the same target, and for no others.

    Parameters
    ----------
    splits : sequence of (ndarray, ndarray)
        Numbers of the training and the test rows.
    labels : ndarray or sparse array of shape (n_rows,) or (n_rows, n_outputs)
        What is predicted. Numbers are told apart as float64, all else as text.
    """
    digest = hashlib.blake2b(digest_size=16)
    for rows in itertools.chain.from_iterable(splits):
        digest.update(f"{len(rows)}:".encode())
        digest.update(np.asarray(rows, dtype=np.int64).tobytes())
    if issparse(labels):
        labels = labels.toarray()
    if labels.dtype.kind in "biuf":
        digest.update(np.asarray(labels, dtype=np.float64).tobytes())
    else:
        digest.update("\0".join(map(str, labels.ravel())).encode())
    return digest.hexdigest()
