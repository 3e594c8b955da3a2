"""Two diagnoses on the same splits, compared split by split."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sklearn_ridge_nn.evidence._evidence import Evidence
from sklearn_ridge_nn.evidence._one_standard_error import best_of, finite
from sklearn_ridge_nn.evidence._verdicts import interval
from sklearn_ridge_nn.evidence._written_out import written_out


@dataclass(frozen=True, eq=False)
class PairedComparison:
    """Two networks, or two preparations of the rows, on the same splits.

    Made by ``AlphaDiagnosis.compare``. Printing it shows the sentence and a table. Differences are the second
    one's test loss minus the first one's, paired by split: below 0 the second one is better.

    Attributes
    ----------
    names : tuple of (str, str)
        What the two are called.
    loss_name : str
        The loss.
    n_splits : int
        Splits on which both have losses.
    params : tuple of (str, str)
        What was varied in each, such as alpha.
    best_alphas : tuple of (float, float)
        Of each, the alpha with the smallest mean test loss.
    losses : tuple of (float, float)
        Mean test loss of each, its alpha chosen anew for every split by the losses on the other splits. So
        the choice does not flatter the one that had more to choose from.
    difference, low, high : float
        Mean difference of these losses, and its interval.
    alphas : ndarray of shape (n_alphas,)
        The values that both have; none where they are of different parameters.
    differences, lows, highs : ndarray of shape (n_alphas,)
        Mean differences at each of them, and their intervals, which hold together. NaN where a loss lacks.
    coverage : float
        Of the intervals.
    least : float
        The difference that matters: the margin, as a share of the first one's loss.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn import AlphaDiagnosis
    >>> noise = 0.01 * np.array([1, -1, 2, -2, 0])
    >>> def diagnosis_of(*losses):
    ...     test = np.array(losses)[:, None] + noise
    ...     return AlphaDiagnosis(
    ...         alphas=[0.01, 0.1], train_loss=test, test_loss=test, train_score=-test, test_score=-test
    ...     )
    >>> comparison = diagnosis_of(0.5, 0.4).compare(diagnosis_of(0.45, 0.3), names=("narrow", "wide"))
    >>> comparison.sentence
    'wide is better: its mean test log loss is 0.3, that of narrow 0.4 (-0.1, 90% interval -0.1 to -0.1).'
    """

    __module__ = "sklearn_ridge_nn"

    names: tuple[str, str]
    loss_name: str
    n_splits: int
    params: tuple[str, str]
    best_alphas: tuple[float, float]
    losses: tuple[float, float]
    difference: float
    low: float
    high: float
    alphas: np.ndarray
    differences: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    coverage: float
    least: float

    @property
    def sentence(self) -> str:
        """Which of the two is better, and how sure that is."""
        first, second = self.names
        better, worse = (second, first) if self.difference < 0 else (first, second)
        smaller, larger = sorted(self.losses)
        numbers = f"{self.difference:+.3g}, {self.coverage:.0%} interval {self.low:+.3g} to {self.high:+.3g}"
        losses = f"its mean test {self.loss_name} is {smaller:.3g}, that of {worse} {larger:.3g} ({numbers})"
        is_sure = self.high < 0 or self.low > 0
        if is_sure and abs(self.difference) > self.least:
            return written_out(f"{better} is better: {losses}.")
        if is_sure:
            return written_out(f"{better} is better, but by less than matters: {losses}.")
        if self.difference == 0:
            return written_out(
                f"{first} and {second} have the same mean test {self.loss_name}, {smaller:.3g}."
            )
        return written_out(f"It cannot be shown that {better} is better: {losses}.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for ``json.dumps``.

        Returns
        -------
        dict
            Of the attributes and the sentence; None is a number that is not finite.
        """
        return {"sentence": self.sentence} | {
            field.name: _plain(getattr(self, field.name)) for field in fields(self)
        }

    def __str__(self) -> str:
        first, second = self.names
        one, other = (f"{alpha:.3g}" for alpha in self.best_alphas)
        lines = [
            self.sentence,
            f"On {self.n_splits} splits, each with the value that is best on the other splits, so that a "
            f"longer grid is no advantage. Over all splits together {self.params[0]} = {one} is the best for "
            f"{first}, {self.params[1]} = {other} for {second}.",
        ]
        if len(self.alphas):
            rows = zip(self.alphas, self.differences, self.lows, self.highs, strict=True)
            lines += [
                f"Difference at each {self.params[0]} that both have, {second} minus {first}; the intervals "
                "hold for all of them together:"
            ]
            lines += [
                written_out(f"  {alpha:.3g}: {mean:+.3g} ({low:+.3g} to {high:+.3g})")
                for alpha, mean, low, high in rows
            ]
        return "\n".join(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def compare_paired(first: Evidence, second: Evidence, names: tuple[str, str]) -> PairedComparison:
    """Compare two diagnoses split by split.

    Parameters
    ----------
    first, second : Evidence
        Of the same splits.
    names : tuple of (str, str)

    Returns
    -------
    PairedComparison

    Raises
    ------
    ValueError
        If they are of different losses or numbers of splits, of splits that are known to differ, or have
        fewer than two splits with losses in common.
    """
    _check_same(first, second)
    shared = first.has_losses & second.has_losses
    if shared.sum() < 2:
        raise ValueError(
            f"The two diagnoses have losses on {shared.sum()} splits in common, and comparing needs 2."
        )
    losses = [finite(one.by_split(one.test_loss)[:, shared[one.has_losses]]) for one in (first, second)]
    chosen = [_chosen(values, one.strengths) for values, one in zip(losses, (first, second), strict=True)]
    ratio, level = first.test_ratio, 2 * first.level
    difference, low, high = interval(chosen[1] - chosen[0], ratio, level)
    theirs = second.alphas if second.short_name == first.short_name else np.empty(0)
    alphas, *rows = np.intersect1d(first.alphas, theirs, return_indices=True)
    paired = losses[1][rows[1]] - losses[0][rows[0]]
    n_known = int(np.isfinite(paired).all(axis=1).sum())
    each = np.array([interval(row, ratio, level / max(n_known, 1)) for row in paired]).reshape(-1, 3).T
    means = float(chosen[0].mean()), float(chosen[1].mean())
    return PairedComparison(
        names=names,
        loss_name=first.loss_name,
        n_splits=int(shared.sum()),
        params=(first.short_name, second.short_name),
        best_alphas=(first.best_alpha, second.best_alpha),
        losses=means,
        difference=difference,
        low=low,
        high=high,
        alphas=alphas,
        differences=each[0],
        lows=each[1],
        highs=each[2],
        coverage=1 - level,
        least=first.margin * abs(means[0]),
    )


def _check_same(first: Evidence, second: Evidence) -> None:
    """Refuse diagnoses that cannot be compared split by split."""
    if first.loss_name != second.loss_name:
        raise ValueError(
            f"The losses of the two diagnoses are different, {first.loss_name} and {second.loss_name}, and "
            "cannot be compared. Diagnose both with the same loss."
        )
    if first.n_splits != second.n_splits:
        raise ValueError(
            f"The two diagnoses have {first.n_splits} and {second.n_splits} splits. Diagnose both with the "
            "same cv, a splitter with an int as its random_state."
        )
    keys = first.splits_key, second.splits_key
    if None not in keys and keys[0] != keys[1]:
        raise ValueError(
            "The two diagnoses are of different splits, or of another y, so their losses cannot be paired. "
            "Diagnose both on the same rows in the same order, with the same cv."
        )


def _chosen(losses: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """Return each split's loss at the alpha that is best on the other splits, of shape (n_splits,)."""
    return np.array(
        [
            losses[best_of(np.delete(losses, split, axis=1), strengths), split]
            for split in range(losses.shape[1])
        ]
    )
