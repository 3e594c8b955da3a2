"""How far the luckiest of several rows is ahead by chance: cross-validations in which all rows are equal.

Rows are what is compared over the splits: alphas, or the epochs of a training. The best of them is partly
lucky, so Student's quantile, which is right for two rows named in advance, would raise false alarms. So would
normal numbers where the losses have heavier tails, and so would a variance that a few splits show too small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import polygamma
from scipy.stats import t as student

#: Simulated cross-validations behind a critical value, and what they are drawn by. At a level of 5 % the
#: simulated share of false alarms is right to 0.2 points.
N_SIMULATED = 10_000
SEED = 0
#: Numbers drawn at a time, 64 MB of them.
BLOCK = 8_000_000
#: Splits drawn in a simulation: from here on, more of them hardly change how well a variance is known.
MOST_DRAWN = 100
#: What splits have in common varies this many times as much as the corrected standard error assumes, because
#: nobody can know it: it has no unbiased estimate (Bengio and Grandvalet, 2004, No unbiased estimator of the
#: variance of k-fold cross-validation, Journal of Machine Learning Research 5).
CORRELATION = 1.2
#: Tails that are told apart, as 1 / degrees of freedom of Student's t; 0 is normal.
TAILS = (0, 0.05, 0.08, 0.125, 0.17, 0.2, 0.25, 0.29, 0.33, 0.4)


def standard_error(differences: np.ndarray, test_ratio: float) -> np.ndarray:
    """Return the corrected resampled standard error of a mean over splits.

    Splits share most of their training rows, so their losses are correlated, and ``std / sqrt(n_splits)`` is
    too small.

    Parameters
    ----------
    differences : ndarray of shape (..., n_splits)
        One number per split.
    test_ratio : float
        Test rows per training row, such as 1/4 in five folds.

    Returns
    -------
    ndarray of shape (...,)
        ``sqrt((1 / n_splits + test_ratio) * var(differences, ddof=1))``.

    Notes
    -----
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52, equation 9.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(standard_error(np.array([1.0, 2.0, 3.0, 4.0]), 1 / 3)), 4)
    0.986
    """
    n_splits = differences.shape[-1]
    return np.sqrt((1 / n_splits + test_ratio) * differences.var(axis=-1, ddof=1))


def critical_values(
    losses: np.ndarray,
    best: int,
    test_ratio: float,
    level: float,
    least: float = 0.0,
    others: np.ndarray | None = None,
) -> np.ndarray:
    """Return what each row's statistic must exceed to differ significantly from the best row.

    The statistic is the mean difference from the best row over its corrected standard error. Drawn are
    cross-validations in which all rows are equal, with the covariance and the tails of the losses at hand,
    and the quantile is that of their largest statistic, each against its own luckiest row: max-t (Westfall
    and Young, 1993, Resampling-based multiple testing), so that rows that are nearly the same hardly count as
    several. Rows that are found significant leave the family, and the rest is looked at again (step-down:
    Romano and Wolf, 2005, Exact and approximate stepdown methods for multiple hypothesis testing).

    A standard error that may be small by chance is raised (`_steady_errors`), there as here. So where a row's
    own is smaller than that, its critical value is larger in proportion.

    Parameters
    ----------
    losses : ndarray of shape (n_rows, n_splits)
        Rows with a NaN take no part.
    best : int
        The row of the smallest mean.
    test_ratio, level : float
    least : float, default=0.0
        Differences up to this are never called, so they make no false alarms: rows that are the same but for
        rounding do not count as several.
    others : ndarray of shape (n_rows, n_others, n_splits) or None, default=None
        Losses of the rows under other settings, such as other numbers of epochs, if the setting was chosen by
        the same losses. Then each simulated cross-validation chooses its luckiest row and setting, too, and
        compares the rows under that setting. Those with a NaN take no part.

    Returns
    -------
    ndarray of shape (n_rows,)
        At least Student's one-sided quantile; NaN for rows that take no part.
    """
    values = np.full(len(losses), np.nan)
    left = np.flatnonzero(~np.isnan(losses).any(axis=1))
    if not len(left):
        return values
    n_splits = losses.shape[1]
    settings = losses[:, None] if others is None else np.concatenate([losses[:, None], others], axis=1)
    row_of, setting_of = (number.ravel() for number in np.indices(settings.shape[:2]))
    pairs = np.flatnonzero(~np.isnan(settings).any(axis=2).ravel() & np.isin(row_of, left))
    differences = losses - losses[best]
    mean, own = differences.mean(axis=1), standard_error(differences, test_ratio)
    simulated = _simulate(settings.reshape(-1, n_splits)[pairs], test_ratio)
    lowest = _widening(n_splits, test_ratio) * float(student.isf(level, n_splits - 1))
    values[left] = lowest
    while len(left) > 1:
        largest = simulated.statistics(least, setting_of[pairs]).max(axis=1)
        value = max(float(np.quantile(largest, 1 - level)), lowest)
        errors = _steady_errors(own[left], n_splits)
        values[left] = value * np.divide(errors, own[left], out=np.ones(len(left)), where=own[left] > 0)
        stays = (_ratio(mean[left], errors) <= value) | (left == best)
        if stays.all():
            break
        left = left[stays]
        stay = np.isin(row_of[pairs], left)
        pairs, simulated = pairs[stay], simulated.of(stay)
    return values


@dataclass(frozen=True)
class Lag:
    """How far a row is behind the luckiest one.

    Attributes
    ----------
    luckiest : int
        The row of the smallest mean loss.
    mean, standard_error : float
        Of the row's loss minus the luckiest one's, paired by split; the error is the corrected one.
    low, high : float
        The interval of the mean, of coverage 1 - 2 * level.
    p_value : float
        Of lagging as far or farther where all rows are equal.
    """

    luckiest: int
    mean: float
    standard_error: float
    low: float
    high: float
    p_value: float


def lag(losses: np.ndarray, row: int, test_ratio: float, level: float) -> Lag:
    """Return how far a row lags behind the luckiest of all, and how far it would by chance.

    A row named in advance, such as alpha = 0 or the last epoch, is compared with one that was chosen by the
    same losses. So its statistic is held against those of simulated cross-validations in which all rows are
    equal, each with its own luckiest row, and against Student's distribution.

    Parameters
    ----------
    losses : ndarray of shape (n_rows, n_splits)
        Without NaN.
    row : int
        The row named in advance.
    test_ratio, level : float
        The level is that of the one-sided test that the interval stands for.

    Returns
    -------
    Lag
        Mean, interval and p-value.
    """
    n_splits = losses.shape[1]
    luckiest = int(losses.mean(axis=1).argmin())
    differences = losses - losses[luckiest]
    mean, own = float(differences[row].mean()), standard_error(differences, test_ratio)
    error = _steady_errors(own, n_splits)[row]
    by_chance = _simulate(losses, test_ratio).statistics()[:, row]
    widening = _widening(n_splits, test_ratio)
    of_student = widening * float(student.isf(level, n_splits - 1))
    half = max(float(np.quantile(by_chance, 1 - level)), of_student) * float(error)
    statistic = float(_ratio(np.array(mean), error))
    p_value = max(
        float((by_chance >= statistic).mean()), float(student.sf(statistic / widening, n_splits - 1))
    )
    return Lag(luckiest, mean, float(own[row]), mean - half, mean + half, p_value)


def _widening(n_splits: int, test_ratio: float) -> float:
    """Return by how much `CORRELATION` widens the corrected standard error of normal losses."""
    return float(np.sqrt((1 / n_splits + CORRELATION * test_ratio) / (1 / n_splits + test_ratio)))


def _steady_errors(errors: np.ndarray, n_splits: int) -> np.ndarray:
    """Return standard errors that are not small by chance: those that are raised towards the others.

    With few splits or heavy tails some rows vary much less on the splits at hand than they would on others,
    and the largest statistic is mostly one of theirs. How much of the spread of the errors is chance is
    known: the logarithm of a variance of d degrees of freedom has the variance trigamma(d / 2). By that share
    they move towards their mean (the positive-part James-Stein estimate of Cui, Hwang, Qiu, Blades and
    Churchill, 2005, Improved statistical tests for differential gene expression by shrinking variance
    components estimates, Biostatistics 6), and only upwards. So where rows do differ in how much they vary,
    as weak and strong penalties do, nearly every one keeps its own. An error of 0 stays: that difference is
    sure.

    Parameters
    ----------
    errors : ndarray of shape (..., n_rows)
    n_splits : int
        At least 2.

    Returns
    -------
    ndarray of shape (..., n_rows)
        None of them smaller than before.
    """
    varies = errors > 0
    logarithm = np.log(errors, out=np.zeros(errors.shape), where=varies)
    n_varying = varies.sum(axis=-1, keepdims=True)
    away = np.where(varies, logarithm - logarithm.sum(axis=-1, keepdims=True) / np.maximum(n_varying, 1), 0)
    by_chance = (n_varying - 3) * polygamma(1, (n_splits - 1) / 2) / 4  # an error is the root of a variance
    share = np.clip(by_chance / np.maximum((away**2).sum(axis=-1, keepdims=True), 1e-300), 0, 1)
    return errors * np.exp(share * np.maximum(-away, 0))


def _ratio(difference: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Return differences over their errors: 0 for no difference, infinite for one without error."""
    sure = np.where(difference > 0, np.inf, 0.0)
    return np.divide(difference, error, out=sure, where=error > 0)


@dataclass(frozen=True)
class _Simulated:
    """Cross-validations whose rows have equal expectations.

    ``means`` of shape (n_simulated, n_rows) are the mean losses; ``draws`` of shape (n_simulated, n_drawn,
    n_rows) are the splits' losses around them.
    """

    means: np.ndarray
    draws: np.ndarray
    n_splits: int
    test_ratio: float

    def of(self, rows: np.ndarray) -> _Simulated:
        """Return the same for some of the rows."""
        return _Simulated(self.means[:, rows], self.draws[:, :, rows], self.n_splits, self.test_ratio)

    def statistics(self, least: float = 0.0, settings: np.ndarray | None = None) -> np.ndarray:
        """Return each row's statistic against the luckiest row, of shape (n_simulated, n_rows).

        With the settings of the rows, it is 0 for those under another one than the luckiest.
        """
        numbers = np.arange(len(self.means))
        best = self.means.argmin(axis=1)
        difference = self.means - self.means[numbers, best][:, None]
        spread = self.draws - self.draws[numbers, :, best][:, :, None]
        variance = np.einsum("ijk,ijk->ik", spread, spread) / (self.draws.shape[1] - 1)
        errors = np.sqrt((1 / self.n_splits + self.test_ratio) * variance)
        if settings is not None:
            is_other = settings != settings[best][:, None]
            errors[is_other] = difference[is_other] = 0
        statistic = _ratio(difference, _steady_errors(errors, self.n_splits))
        rounding = 1e-12 * self.means.std()  # of rows that are the same
        statistic[difference <= max(least, rounding)] = 0
        return statistic


def _simulate(losses: np.ndarray, test_ratio: float) -> _Simulated:
    """Draw cross-validations with equal expectations and the covariance and tails of `losses`.

    The best of many rows is ahead by luck alone, and by how much has no formula: rows are correlated, differ
    in variance, and share splits. So the question is put to chance itself: cross-validations are drawn in
    which no row is better than another, and each one's luckiest row is compared with the others in the way
    that the real one is.

    A loss is the sum of two parts, one of its split and one that the splits of a cross-validation have in
    common, whose variance is `CORRELATION` * `test_ratio` times that of the first.
    """
    n_rows, n_splits = losses.shape
    root, tail = _root_of_covariance(losses), _tail(losses)
    rng = np.random.default_rng(SEED)
    n_drawn = min(n_splits, MOST_DRAWN)
    n_simulated = max(500, min(N_SIMULATED, BLOCK // (n_drawn * n_rows)))
    draws = _heavy(rng, (n_simulated, n_drawn, n_rows), tail) @ root
    of_splits = draws.mean(axis=1)
    draws -= of_splits[:, None]
    common = np.sqrt(CORRELATION * test_ratio) * _heavy(rng, (n_simulated, n_rows), tail) @ root
    return _Simulated(np.sqrt(n_drawn / n_splits) * of_splits + common, draws, n_splits, test_ratio)


def _heavy(rng: np.random.Generator, shape: tuple[int, ...], tail: float) -> np.ndarray:
    """Draw numbers of variance 1, of Student's t with 1 / `tail` degrees of freedom."""
    if tail == 0:
        return rng.standard_normal(shape)
    return rng.standard_t(1 / tail, shape) * np.sqrt(1 - 2 * tail)


def _tail(losses: np.ndarray) -> float:
    """Return which of Student's distributions the losses are like, as 1 / degrees of freedom; 0 is normal.

    It is the one whose samples of as many splits have the kurtosis of the rows, on average. One row shows
    little of its tails, all of them together more. Fewer than four splits show nothing: the kurtosis of two
    numbers is always 1, and that of three 3/2.
    """
    if losses.shape[1] < 4:
        return 0.0
    measured = _kurtosis(losses - losses.mean(axis=0))  # what splits have in common cancels in differences
    return float(np.interp(measured, _kurtosis_by_tail(min(losses.shape[1], MOST_DRAWN)), TAILS))


@lru_cache
def _kurtosis_by_tail(n_splits: int) -> np.ndarray:
    """Return the mean kurtosis of samples from each of `TAILS`, ascending, by simulation."""
    shape = (4000, n_splits)
    by_tail = [_kurtosis(_heavy(np.random.default_rng(SEED), shape, tail)) for tail in TAILS]
    return np.maximum.accumulate(by_tail)


def _kurtosis(rows: np.ndarray) -> float:
    """Return the mean kurtosis of rows of shape (n_rows, n_splits); 0 where no row varies."""
    squares = (rows - rows.mean(axis=1, keepdims=True)) ** 2
    variance = squares.mean(axis=1)
    varies = variance > 0
    fourth = (squares[varies] ** 2).mean(axis=1)
    return float((fourth / variance[varies] ** 2).mean()) if varies.any() else 0.0


def _root_of_covariance(losses: np.ndarray) -> np.ndarray:
    """Return the symmetric square root of the rows' covariance, less what the splits have in common, shrunk.

    A few splits show correlations where there are none, which would make the family look smaller than it is
    (at 5 splits and 14 independent rows, false alarms in 12 % instead of 5 % of all cases). So correlations
    move towards 0, by the intensity of Schaefer and Strimmer (2005), A shrinkage approach to large-scale
    covariance matrix estimation, with the variance of a correlation by normal theory,
    ``(1 - r**2)**2 / (n_splits - 1)``.
    """
    residuals = losses - losses.mean(axis=0)  # what splits have in common cancels in differences
    covariance = np.atleast_2d(np.cov(residuals))
    deviation = np.sqrt(np.diag(covariance))
    scale = np.where(deviation > 0, deviation, 1)
    correlations = covariance / np.outer(scale, scale)
    varying = np.flatnonzero(deviation > 0)
    pairs = correlations[np.ix_(varying, varying)][np.triu_indices(len(varying), 1)]
    noise = ((1 - pairs**2) ** 2).sum() / (losses.shape[1] - 1)
    shrinkage = float(np.clip(noise / max((pairs**2).sum(), 1e-300), 0, 1)) if len(pairs) else 0.0
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.diag(deviation**2)
    values, vectors = np.linalg.eigh(shrunk)
    return vectors * np.sqrt(values.clip(0)) @ vectors.T  # symmetric: independent rows keep their tails
