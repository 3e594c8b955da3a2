"""Every alpha compared with the best one, over the splits: losses in, one verdict per alpha out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.stats import t as student

from sklearn_ridge_nn.evidence._one_standard_error import best_of, finite
from sklearn_ridge_nn.evidence._significance import N_SIMULATED, SEED, critical_values, standard_error
from sklearn_ridge_nn.evidence._written_out import written_out

#: More splits than anybody runs.
MOST_SPLITS = 200

Verdict: TypeAlias = Literal["underfit", "good", "overfit", "undetermined"]


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
    verdicts : tuple of str
        "underfit", "good", "overfit" or "undetermined".
    reasons : tuple of str
        Why, with the numbers.
    """

    best: int
    difference: np.ndarray
    standard_error: np.ndarray
    critical_value: np.ndarray
    verdicts: tuple[Verdict, ...]
    reasons: tuple[str, ...]

    @property
    def is_significant(self) -> np.ndarray:
        """Which rows are significantly worse than the best one, of shape (n_alphas,)."""
        return self.difference > self.critical_value * self.standard_error

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Early files of 0.2.dev0 have the verdicts under the name of labels.
        self.__dict__.update({"verdicts" if name == "labels" else name: state[name] for name in state})


def compare(
    train_loss: np.ndarray,
    test_loss: np.ndarray,
    strengths: np.ndarray,
    *,
    test_ratio: float,
    level: float,
    margin: float,
    others: np.ndarray | None = None,
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
    others : ndarray of shape (n_alphas, n_others, n_splits) or None, default=None
        Test losses after other numbers of epochs, if the number of epochs was chosen by them.
    """
    train_loss, test_loss = finite(train_loss), finite(test_loss)
    best = best_of(test_loss, strengths)
    differences = test_loss - test_loss[best]
    difference, error = differences.mean(axis=1), standard_error(differences, test_ratio)
    least = margin * abs(test_loss[best].mean())
    critical = critical_values(test_loss, best, test_ratio, level, least, others)
    gap = (test_loss - train_loss).mean(axis=1)
    train = train_loss.mean(axis=1)
    judged = [
        _judge(
            n_missing=int(np.isnan(test_loss[row]).sum()),
            n_splits=test_loss.shape[1],
            test_ratio=test_ratio,
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
    verdicts, reasons = zip(*judged, strict=True)
    return Comparison(best, difference, error, critical, verdicts, tuple(map(written_out, reasons)))


def _judge(
    *,
    n_missing: int,
    n_splits: int,
    test_ratio: float,
    difference: float,
    error: float,
    critical: float,
    least: float,
    stronger: float,
    wider_gap: float,
    worse_train: float,
) -> tuple[Verdict, str]:
    """Return one alpha's verdict and its reason."""
    if n_missing:
        return "undetermined", f"no loss on {n_missing} of {n_splits} splits"
    if stronger == 0:
        return "good", "the smallest mean test loss"
    if difference <= max(error, least):
        what = f"one standard error, {error:.3g}" if difference <= error else f"the margin, {least:.3g}"
        return "good", f"test loss {difference:.3g} above the smallest, within {what}"
    worse = f"test loss {difference:.3g} above the smallest"
    if difference <= critical * error:
        ratio = difference / error
        return (
            "undetermined",
            f"{worse}, which may be chance: that is "
            f"{_told_apart(ratio, critical, ' standard errors, and ')} would tell; "
            f"{_what_would_tell(ratio, critical, n_splits, test_ratio)}",
        )
    if np.isnan(worse_train):
        return (
            "undetermined",
            f"{worse}, more than by chance, but a train loss is missing, so the reason is not known",
        )
    if stronger < 0 and wider_gap > 0:
        return "overfit", f"{worse}, more than by chance, and the gap {wider_gap:.3g} wider"
    if stronger > 0 and worse_train > 0:
        return "underfit", f"{worse}, more than by chance, and the train loss {worse_train:.3g} higher"
    side = "gap is no wider" if stronger < 0 else "train loss is no worse"
    return "undetermined", f"{worse}, more than by chance, but its {side} than the best alpha's"


def splits_that_tell(ratio: float, critical: float, n_splits: int, test_ratio: float) -> float:
    """Return how many splits would make a difference significant, if it stays as it is.

    Splits of the same rows share most of them, so the standard error falls with the number of splits n as
    ``sqrt(1 / n + test_ratio)``, and not below ``sqrt(test_ratio)``. The critical value falls as that
    quantile of Student's distribution on n - 1 degrees of freedom does which it is at `n_splits`.

    Parameters
    ----------
    ratio, critical : float
        The difference in standard errors, and how many of them are significant.
    n_splits : int
        Behind these standard errors.
    test_ratio : float

    Returns
    -------
    float
        Infinite where `MOST_SPLITS` would not do.

    Examples
    --------
    >>> splits_that_tell(ratio=2.0, critical=8.0, n_splits=5, test_ratio=0.25)
    inf
    >>> splits_that_tell(ratio=2.0, critical=3.0, n_splits=5, test_ratio=0.25)
    13.0
    """
    numbers = np.arange(n_splits + 1, MOST_SPLITS + 1)
    values = student.isf(student.sf(critical, n_splits - 1), numbers - 1)
    ratios = ratio * np.sqrt((1 / n_splits + test_ratio) / (1 / numbers + test_ratio))
    enough = numbers[ratios > values]
    return float(enough[0]) if len(enough) else np.inf


def _what_would_tell(ratio: float, critical: float, n_splits: int, test_ratio: float) -> str:
    needed = splits_that_tell(ratio, critical, n_splits, test_ratio)
    if needed > MOST_SPLITS:
        return "if it stays, no number of splits of these rows would, only more rows"
    return f"about {needed:.0f} splits would, if it stays"


def _told_apart(one: float, other: float, words: str) -> str:
    """Return two numbers with words between them, with as many digits as show which one is larger."""
    digits = next((n for n in range(1, 4) if f"{one:.{n}f}" != f"{other:.{n}f}"), 4)
    return f"{one:.{digits}f}{words}{other:.{digits}f}"


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
