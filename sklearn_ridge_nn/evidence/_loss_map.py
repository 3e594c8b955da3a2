"""The loss over alphas and epochs: what every training of a diagnosis says, and the best pair in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sklearn_ridge_nn.evidence._one_standard_error import best_of
from sklearn_ridge_nn.evidence._significance import critical_values, standard_error

#: Columns of a thinned map: neighbouring epochs are nearly the same networks.
MOST_COLUMNS = 12
#: The last part of a training: a best pair that lies before it is no longer being overtaken.
LAST_PART = 0.25
#: A fall over the last part that is this small a share of the whole fall is the end of it.
HARDLY_FALLING = 0.02


@dataclass(frozen=True, eq=False)
class LossMap:
    """Test losses of every alpha after every epoch, on every split.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
        Ascending.
    per_split : ndarray of shape (n_alphas, n_splits, n_epochs)
        Without the penalty, in nats, seeds averaged; NaN where an alpha was not trained that long, or its
        training diverged. Index 0 is the end of the first epoch.
    strengths : ndarray of shape (n_alphas,)
        The larger, the stronger the penalty.
    test_ratio : float
        Test rows per training row of a split.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.evidence import LossMap
    >>> losses = np.array([[[3.0, 1.0, 2.0], [3.0, 2.0, 3.0]], [[4.0, 3.0, 2.0], [4.0, 3.0, 2.0]]])
    >>> loss_map = LossMap(np.array([0.0, 0.1]), losses, np.array([0.0, 0.1]), 0.25)
    >>> loss_map.best, loss_map.best_epochs_per_alpha
    ((0, 2), array([2, 3]))
    """

    alphas: np.ndarray
    per_split: np.ndarray
    strengths: np.ndarray
    test_ratio: float

    @property
    def epochs(self) -> np.ndarray:
        """The numbers of epochs, from 1, of shape (n_epochs,)."""
        return np.arange(1, self.per_split.shape[2] + 1)

    @cached_property
    def mean(self) -> np.ndarray:
        """Mean over the splits, of shape (n_alphas, n_epochs); NaN where a split lacks a loss."""
        return self.per_split.mean(axis=1)

    @cached_property
    def standard_error(self) -> np.ndarray:
        """Corrected standard error of the mean, of shape (n_alphas, n_epochs)."""
        return standard_error(self.per_split.swapaxes(1, 2), self.test_ratio)

    @cached_property
    def trained_epochs(self) -> np.ndarray:
        """How long each alpha was trained, of shape (n_alphas,)."""
        return _trained_epochs(self.per_split)

    @cached_property
    def best_epochs_per_alpha(self) -> np.ndarray:
        """The epochs of the smallest mean of each alpha, the fewest of several, of shape (n_alphas,).

        It is 0 where an alpha has no loss on every split.
        """
        known = np.where(np.isnan(self.mean), np.inf, self.mean)
        return np.where(np.isfinite(known).any(axis=1), known.argmin(axis=1) + 1, 0)

    @cached_property
    def best(self) -> tuple[int, int] | None:
        """The row of the best pair's alpha, and its epochs; None where no pair has a loss on every split.

        Of pairs with equal means it is the one with the strongest penalty.
        """
        rows = np.flatnonzero(self.best_epochs_per_alpha)
        if not len(rows):
            return None
        losses = self.per_split[rows, :, self.best_epochs_per_alpha[rows] - 1]
        row = int(rows[best_of(losses, self.strengths[rows])])
        return row, int(self.best_epochs_per_alpha[row])

    def at(self, epochs: int) -> np.ndarray:
        """Return the losses after so many epochs, or at the end of an alpha that was trained for fewer.

        Parameters
        ----------
        epochs : int

        Returns
        -------
        ndarray of shape (n_alphas, n_splits)
        """
        return after(self.per_split, epochs)

    def columns(self) -> np.ndarray:
        """Return the losses after some numbers of epochs, at most `MOST_COLUMNS` in geometric steps.

        Returns
        -------
        ndarray of shape (n_alphas, n_columns, n_splits)
        """
        n_epochs = self.per_split.shape[2]
        columns = np.unique(np.geomspace(1, n_epochs, MOST_COLUMNS).round().astype(int)) - 1
        return self.per_split[:, :, columns].swapaxes(1, 2)

    def thinned(self) -> np.ndarray:
        """Return the losses of some pairs, as a family to compare among: those of `columns` that are known.

        Returns
        -------
        ndarray of shape (n_pairs, n_splits)
        """
        pairs = self.columns().reshape(-1, self.per_split.shape[1])
        return pairs[~np.isnan(pairs).any(axis=1)]


def after(curves: np.ndarray, epochs: int) -> np.ndarray:
    """Return what curves are after so many epochs, or at their ends where an alpha was not trained so long.

    Parameters
    ----------
    curves : ndarray of shape (n_alphas, n_fits, n_epochs)
        NaN where a fit was not trained so long.
    epochs : int

    Returns
    -------
    ndarray of shape (n_alphas, n_fits)
        NaN where another fit of the same alpha was trained longer, for such a training failed.
    """
    columns = np.clip(_trained_epochs(curves), 1, epochs) - 1
    values: np.ndarray = curves[np.arange(len(columns)), :, columns]
    return values


def _trained_epochs(curves: np.ndarray) -> np.ndarray:
    """Return the epochs of each alpha's longest training, of shape (n_alphas,)."""
    known = ~np.isnan(curves).all(axis=1)
    return np.where(known.any(axis=1), curves.shape[2] - known[:, ::-1].argmax(axis=1), 0)


def is_settled(loss_map: LossMap, margin: float) -> bool:
    """Return whether the best pair of alpha and epochs has been passed, and no other alpha is coming near.

    Either its epochs lie before the last quarter of the training; or the smallest loss fell over the last
    quarter by no more than `margin` of itself and 2 % of its whole fall since the first epoch: training has
    come to its end there, where the best epoch is a matter of rounding. (A training that has hardly begun
    falls by little, too, but by a large share of what it has fallen so far.) And no alpha that is best in its
    last quarter would get as low in as many epochs again, if it slows down as it did from the second quarter
    of its training to the second half.
    """
    if loss_map.best is None:
        return False
    row, epochs = loss_map.best
    n_epochs = loss_map.per_split.shape[2]
    n_before = int(np.ceil((1 - LAST_PART) * n_epochs))
    if n_before == n_epochs:  # so few that there is no last quarter
        return False
    best = float(loss_map.mean[row, epochs - 1])
    late = float(np.nanmin(loss_map.mean[:, :n_before])) - best
    whole = float(loss_map.mean[row, 0]) - best
    is_passed = epochs <= n_before
    is_flat = late <= margin * abs(best) and late <= HARDLY_FALLING * whole
    lag, gained = _lag_and_gain(loss_map)
    falls = (loss_map.best_epochs_per_alpha > n_before) & (loss_map.trained_epochs == n_epochs)
    falls[row] = False
    slowing = np.clip(gained / np.maximum(_gain_of(loss_map, 4, 2), 1e-300), 0, 1)
    return (is_passed or is_flat) and not (falls & (lag + margin * abs(best) < slowing * gained)).any()


def is_long_settled(loss_map: LossMap, margin: float) -> bool:
    """Return whether training has settled so early that it need not be as long as it was meant to be.

    Beyond `is_settled`, the best pair's epochs lie in the first eighth of the training, and every alpha has
    its own best in the first half of its own. So nothing is still falling: a network of thousands of columns
    learns its few rows by heart within some epochs, and hundreds more only repeat it.
    """
    if not is_settled(loss_map, margin):
        return False
    assert loss_map.best is not None
    are_past = 2 * loss_map.best_epochs_per_alpha <= loss_map.trained_epochs
    return 8 * loss_map.best[1] <= loss_map.per_split.shape[2] and bool(are_past.all())


def cannot_win(loss_map: LossMap, level: float) -> np.ndarray:
    """Return which alphas need no more training, for they can no longer have the best pair.

    Each is, at its own best number of epochs, significantly worse than the best pair; that number lies in the
    first half of its training; and its loss has surely risen since then. So an alpha that overfits stops, and
    one that is slow, as strong penalties are, which stay where they begin for long, goes on.

    Parameters
    ----------
    loss_map : LossMap
    level : float
        Of the tests.

    Returns
    -------
    ndarray of bool of shape (n_alphas,)
    """
    if loss_map.best is None:
        return np.zeros(len(loss_map.alphas), dtype=bool)
    row, _ = loss_map.best
    own, ratio = _at_own_best(loss_map), loss_map.test_ratio
    behind, rise = own - own[row], after(loss_map.per_split, loss_map.per_split.shape[2]) - own
    critical = critical_values(own, row, ratio, level)
    is_worse = behind.mean(axis=1) > critical * standard_error(behind, ratio)
    has_risen = rise.mean(axis=1) > critical * standard_error(rise, ratio)
    is_past = 2 * loss_map.best_epochs_per_alpha <= loss_map.trained_epochs
    hopeless: np.ndarray = is_worse & has_risen & is_past
    return hopeless


def _at_own_best(loss_map: LossMap) -> np.ndarray:
    """Return each alpha's losses at its own best number of epochs, of shape (n_alphas, n_splits)."""
    columns = np.maximum(loss_map.best_epochs_per_alpha, 1) - 1
    losses: np.ndarray = loss_map.per_split[np.arange(len(columns)), :, columns]
    return losses


def _lag_and_gain(loss_map: LossMap) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each alpha's smallest mean is behind the best one, and what its second half gained."""
    own = _at_own_best(loss_map).mean(axis=1)
    return own - np.nanmin(own), _gain_of(loss_map, 2, 1)


def _gain_of(loss_map: LossMap, before: int, after: int) -> np.ndarray:
    """Return by how much each alpha's smallest mean fell between two parts of its training.

    Parameters
    ----------
    loss_map : LossMap
    before, after : int
        The part from the 1 / `before` to the 1 / `after` of its epochs.
    """
    known = np.where(np.isnan(loss_map.mean), np.inf, loss_map.mean)
    smallest = np.minimum.accumulate(known, axis=1)
    rows = np.arange(len(smallest))
    first, last = (
        smallest[rows, np.maximum(loss_map.trained_epochs // part, 1) - 1] for part in (before, after)
    )
    fell: np.ndarray = np.where(np.isfinite(first), first, 0) - np.where(np.isfinite(last), last, 0)
    return fell
