"""The statistics of a diagnosis: every alpha compared with the best one, over the splits.

Losses in, standard errors, a critical value and one verdict per alpha out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.stats import t as student

Label: TypeAlias = Literal["underfit", "good", "overfit", "undetermined"]

#: Simulated cross-validations behind a critical value, and what they are drawn by. At a level of 5 % the
#: simulated share of false alarms is right to 0.2 points.
N_SIMULATED = 10_000
SEED = 0


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


def interval(differences: np.ndarray, test_ratio: float, level: float) -> tuple[float, float, float]:
    """Return the mean over splits and its two-sided interval, of coverage 1 - level.

    Parameters
    ----------
    differences : ndarray of shape (n_splits,)
    test_ratio, level : float

    Returns
    -------
    mean, low, high : float
        By Student's t on n_splits - 1 degrees of freedom and `standard_error`.
    """
    mean, error = float(differences.mean()), float(standard_error(differences, test_ratio))
    half = float(student.isf(level / 2, len(differences) - 1)) * error
    return mean, mean - half, mean + half


def p_value_above_zero(differences: np.ndarray, test_ratio: float) -> float:
    """Return the p-value of a mean over splits being at most zero: one-sided, by the corrected test."""
    mean, error = differences.mean(), standard_error(differences, test_ratio)
    if error == 0:
        return 0.0 if mean > 0 else 1.0
    return float(student.sf(mean / error, len(differences) - 1))


def _finite(losses: np.ndarray) -> np.ndarray:
    """Return losses with NaN in the place of infinities: such a split has no loss to compare."""
    return np.where(np.isfinite(losses), losses, np.nan)


def best_of(losses: np.ndarray) -> int:
    """Return the row with the smallest mean; rows that lack a finite loss do not compete."""
    means = _finite(losses).mean(axis=1)
    if np.isnan(means).all():
        raise ValueError("Every alpha lacks a loss on some split, so none can be called the best.")
    return int(np.nanargmin(means))


def one_standard_error(losses: np.ndarray, strengths: np.ndarray) -> int:
    """Return the strongest penalty whose mean loss is within a standard error of the smallest.

    The standard error is the best row's, ``std(ddof=1) / sqrt(n_splits)``: the rule of ``lambda.1se`` of
    ``cv.glmnet`` (Friedman, Hastie and Tibshirani, 2010), after Breiman et al. (1984), section 3.4.3.

    Parameters
    ----------
    losses : ndarray of shape (n_alphas, n_splits)
    strengths : ndarray of shape (n_alphas,)
        The larger, the stronger the penalty.
    """
    losses = _finite(losses)
    best = best_of(losses)
    means = losses.mean(axis=1)
    within = means <= means[best] + losses[best].std(ddof=1) / np.sqrt(losses.shape[1])
    return int(np.flatnonzero(within)[np.argmax(strengths[within])])


@dataclass(frozen=True)
class Comparison:
    """Every alpha against the best one.

    Attributes
    ----------
    best : int
        Row of the smallest mean test loss.
    difference, standard_error : ndarray of shape (n_alphas,)
        Mean test loss minus the best one's, paired by split, and its corrected standard error. NaN where
        a split lacks a loss.
    critical_value : ndarray of shape (n_alphas,)
        What difference / standard_error must exceed to be significant.
    labels : tuple of str
        "underfit", "good", "overfit" or "undetermined".
    reasons : tuple of str
        Why, with the numbers.
    """

    best: int
    difference: np.ndarray
    standard_error: np.ndarray
    critical_value: np.ndarray
    labels: tuple[Label, ...]
    reasons: tuple[str, ...]

    @property
    def is_significant(self) -> np.ndarray:
        """Which rows are significantly worse than the best one, of shape (n_alphas,)."""
        return self.difference > self.critical_value * self.standard_error


def compare(
    train_loss: np.ndarray,
    test_loss: np.ndarray,
    strengths: np.ndarray,
    *,
    test_ratio: float,
    level: float,
    margin: float,
) -> Comparison:
    """Compare every alpha with the best one, and judge it.

    Parameters
    ----------
    train_loss, test_loss : ndarray of shape (n_alphas, n_splits)
        Unpenalised.
    strengths : ndarray of shape (n_alphas,)
        The larger, the stronger the penalty.
    test_ratio : float
        Test rows per training row.
    level : float
        Probability that any alpha is called significantly worse where all are equal.
    margin : float
        Share of the best mean test loss up to which a difference does not matter.
    """
    train_loss, test_loss = _finite(train_loss), _finite(test_loss)
    best = best_of(test_loss)
    differences = test_loss - test_loss[best]
    difference, error = differences.mean(axis=1), standard_error(differences, test_ratio)
    least = margin * abs(test_loss[best].mean())
    critical = critical_values(test_loss, test_ratio, level, least)
    gap = (test_loss - train_loss).mean(axis=1)
    train = train_loss.mean(axis=1)
    judged = [
        _judge(
            n_missing=int(np.isnan(differences[row]).sum()),
            n_splits=test_loss.shape[1],
            difference=difference[row],
            error=error[row],
            critical=critical[row],
            least=least,
            stronger=float(np.sign(strengths[row] - strengths[best])),
            wider_gap=gap[row] - gap[best],
            worse_train=train[row] - train[best],
        )
        for row in range(len(test_loss))
    ]
    labels, reasons = zip(*judged, strict=True)
    return Comparison(best, difference, error, critical, labels, reasons)


def _judge(
    *,
    n_missing: int,
    n_splits: int,
    difference: float,
    error: float,
    critical: float,
    least: float,
    stronger: float,
    wider_gap: float,
    worse_train: float,
) -> tuple[Label, str]:
    """Return one alpha's verdict and its reason."""
    if n_missing:
        return "undetermined", f"no loss on {n_missing} of {n_splits} splits"
    if stronger == 0:
        return "good", "the smallest mean test loss"
    if difference <= max(error, least):
        what = f"one standard error, {error:.2g}" if difference <= error else f"the margin, {least:.2g}"
        return "good", f"test loss {_signed(difference)}, within {what}"
    worse = f"test loss {_signed(difference)}"
    if difference <= critical * error:
        ratio = difference / error
        few = f"too few splits to tell: it is {ratio:.1f} standard errors, {critical:.1f} would do"
        return "undetermined", f"{worse}, but {few}"
    if stronger < 0 and wider_gap > 0:
        return "overfit", f"{worse}, generalization gap {_signed(wider_gap)}"
    if stronger > 0 and worse_train > 0:
        return "underfit", f"{worse}, train loss {_signed(worse_train)}"
    side = "gap is no wider" if stronger < 0 else "train loss is no worse"
    return "undetermined", f"{worse}, significantly, but its {side} than the best alpha's"


def _signed(number: float) -> str:
    return f"{number:+.3g}"


def critical_values(losses: np.ndarray, test_ratio: float, level: float, least: float = 0.0) -> np.ndarray:
    """Return what each row's statistic must exceed to differ significantly from the best row.

    The statistic is the mean difference from the best row over its corrected standard error. The best row is
    the luckiest of many, so Student's quantile would raise false alarms. Here cross-validations in which all
    rows are equal are drawn, with the covariance of the losses at hand, and the quantile is that of their
    largest statistic, each against its own luckiest row: max-t (Westfall and Young, 1993, Resampling-based
    multiple testing), so that rows that are nearly the same hardly count as several. Rows that are found
    significant leave the family, and the rest is looked at again (step-down: Romano and Wolf, 2005, Exact and
    approximate stepdown methods for multiple hypothesis testing).

    Parameters
    ----------
    losses : ndarray of shape (n_alphas, n_splits)
        Rows with a NaN take no part.
    test_ratio, level : float
    least : float, default=0.0
        Differences up to this are never called, so they make no false alarms: rows that are the same but for
        rounding do not count as several.

    Returns
    -------
    ndarray of shape (n_alphas,)
        At least Student's one-sided quantile; NaN for rows that take no part.
    """
    losses = _finite(losses)
    values = np.full(len(losses), np.nan)
    left = np.flatnonzero(~np.isnan(losses).any(axis=1))
    best = best_of(losses)
    differences = losses - losses[best]
    error = standard_error(differences, test_ratio)
    means, draws = _simulated(losses[left], test_ratio)
    lowest = float(student.isf(level, losses.shape[1] - 1))
    values[left] = lowest
    while len(left) > 1:
        largest = _largest_statistics(means, draws, test_ratio, least)
        value = max(float(np.quantile(largest, 1 - level)), lowest)
        values[left] = value
        stays = (differences[left].mean(axis=1) <= value * error[left]) | (left == best)
        if stays.all():
            break
        left, means, draws = left[stays], means[:, stays], draws[:, :, stays]
    return values


def _simulated(losses: np.ndarray, test_ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw cross-validations whose rows have equal expectations and the covariance of `losses`.

    Returns
    -------
    means : ndarray of shape (N_SIMULATED, n_alphas)
        Mean losses; their variance has the part that the splits' common rows add.
    draws : ndarray of shape (N_SIMULATED, n_splits - 1, n_alphas)
        Their mean squares estimate that covariance, as n_splits losses would.
    """
    n_splits = losses.shape[1]
    residuals = (losses - losses.mean(axis=0)).T  # what splits have in common cancels in differences
    residuals = residuals - residuals.mean(axis=0)
    shrinkage, deviation = _shrinkage(residuals), residuals.std(axis=0, ddof=1)
    rng = np.random.default_rng(SEED)
    normal = rng.standard_normal((N_SIMULATED, n_splits, n_splits)) @ (residuals / np.sqrt(n_splits - 1))
    normal *= np.sqrt(1 - shrinkage)
    normal += np.sqrt(shrinkage) * deviation * rng.standard_normal(normal.shape)
    return np.sqrt(1 / n_splits + test_ratio) * normal[:, 0], normal[:, 1:]


def _shrinkage(residuals: np.ndarray) -> float:
    """Return how far to move the correlations of (n_splits, n_alphas) residuals towards 0, in [0, 1].

    A few splits show correlations where there are none, which would make the family look smaller than it is
    (at 5 splits and 14 independent rows, false alarms in 12 % instead of 5 % of all cases). The intensity is
    that of Schaefer and Strimmer (2005), A shrinkage approach to large-scale covariance matrix estimation,
    with the variance of a correlation by normal theory, ``(1 - r**2)**2 / (n_splits - 1)``.
    """
    deviation = residuals.std(axis=0, ddof=1)
    scaled = residuals[:, deviation > 0] / deviation[deviation > 0]
    if scaled.shape[1] < 2:
        return 0.0
    correlations = (scaled.T @ scaled / (len(scaled) - 1))[np.triu_indices(scaled.shape[1], 1)]
    noise = ((1 - correlations**2) ** 2).sum() / (len(scaled) - 1)
    return float(np.clip(noise / np.maximum((correlations**2).sum(), 1e-300), 0, 1))


def _largest_statistics(means: np.ndarray, draws: np.ndarray, test_ratio: float, least: float) -> np.ndarray:
    """Return each simulation's largest statistic against its own best row, of shape (N_SIMULATED,)."""
    n_simulated, n_fewer, _ = draws.shape
    rows = np.arange(n_simulated)
    best = means.argmin(axis=1)
    difference = means - means[rows, best][:, None]
    spread = draws - draws[rows, :, best][:, :, None]
    variance = np.einsum("ijk,ijk->ik", spread, spread) / n_fewer
    error = np.sqrt((1 / (n_fewer + 1) + test_ratio) * variance)
    ratio = np.divide(difference, error, out=np.zeros_like(difference), where=error > 0)
    ratio[difference <= least] = 0
    return ratio.max(axis=1)


def variance_components(losses: np.ndarray) -> tuple[float, float]:
    """Return the variances of a loss between splits and between seeds.

    Parameters
    ----------
    losses : ndarray of shape (n_splits, n_seeds)

    Returns
    -------
    of_splits, of_seeds : float
        The estimates of a one-way random-effects analysis of variance (Searle, Casella and McCulloch, 1992,
        Variance components, section 3.6): ``of_seeds`` is the mean variance within a split, ``of_splits``
        the variance of the splits' means less ``of_seeds / n_seeds``, and not below 0.

    Examples
    --------
    >>> import numpy as np
    >>> variance_components(np.array([[1.0, 3.0], [5.0, 7.0]]))
    (7.0, 2.0)
    """
    of_seeds = float(losses.var(axis=1, ddof=1).mean())
    of_means = float(losses.mean(axis=1).var(ddof=1))
    return max(of_means - of_seeds / losses.shape[1], 0.0), of_seeds


def outlying(values: Sequence[float] | np.ndarray, level: float = 0.01) -> np.ndarray:
    """Return which values lie far above the others.

    The measure is the modified z-score, ``(value - median) / (1.4826 * MAD)`` (Iglewicz and Hoaglin, 1993,
    How to detect and handle outliers). The threshold is not their 3.5, which calls an outlier in one of three
    normal samples of five, but the one that the largest score of so many normal values exceeds with
    probability `level`, by simulation.

    Parameters
    ----------
    values : ndarray of shape (n,)
    level : float, default=0.01

    Returns
    -------
    ndarray of bool of shape (n,)
    """
    values = np.asarray(values, float)
    normal = np.random.default_rng(SEED).standard_normal((N_SIMULATED, len(values)))
    threshold = np.quantile(_modified_scores(normal).max(axis=1), 1 - level)
    return _modified_scores(values[None])[0] > threshold


def _modified_scores(samples: np.ndarray) -> np.ndarray:
    """Return the modified z-scores of samples of shape (n_samples, n); 0 where more than half are equal."""
    away = samples - np.median(samples, axis=1, keepdims=True)
    scale = 1.4826 * np.median(np.abs(away), axis=1, keepdims=True)
    return np.divide(away, scale, out=np.zeros_like(away), where=scale > 0)
