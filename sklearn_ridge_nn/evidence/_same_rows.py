"""Models compared by what each of them predicts for the same rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

#: By chance alone, the share of data sets in which any of the differences is called sure.
LEVEL = 0.05


def better_than(ours: NDArray[np.float64], others: Mapping[str, NDArray[np.float64]]) -> dict[str, int]:
    """Return of which models another one is better for sure, or worse, as far as the same rows can tell.

    Parameters
    ----------
    ours : ndarray of shape (n_rows,)
        The loss of each row, such as an absolute error, or 1 where a label is wrong and else 0.
    others : mapping of str to (ndarray of shape (n_rows,))
        Those of the other models, by their names.

    Returns
    -------
    dict of str to int
        1 where ours is better, -1 where it is worse, and 0 where chance explains the difference.

    Notes
    -----
    Wrong labels are compared by McNemar's exact test, other losses by Student's paired t-test; the p-values
    of all are corrected by Holm's step-down method. The models are taken as they are: what another training
    would do is not in it.

    Examples
    --------
    >>> wrong = np.repeat([0.0, 1.0], [80, 20])
    >>> better_than(wrong, {"guessing": 1 - wrong, "trees": wrong[::-1]})
    {'guessing': 1, 'trees': 0}
    """
    p_values = {name: _p_value(losses - ours) for name, losses in others.items()}
    found = dict.fromkeys(others, 0)
    for left, name in zip(range(len(others), 0, -1), sorted(p_values, key=p_values.__getitem__), strict=True):
        if p_values[name] * left > LEVEL:
            break
        found[name] = 1 if others[name].mean() > ours.mean() else -1
    return found


def _p_value(differences: NDArray[np.float64]) -> float:
    """Return how likely chance makes a mean difference at least as far from 0."""
    n_unequal = int(np.count_nonzero(differences))
    if len(differences) < 2 or not n_unequal:
        return 1.0
    if set(np.unique(differences)) <= {-1.0, 0.0, 1.0}:
        return float(stats.binomtest(int((differences > 0).sum()), n_unequal).pvalue)
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    if not error > 0:
        return 0.0
    return float(2 * stats.t.sf(abs(differences.mean()) / error, len(differences) - 1))
