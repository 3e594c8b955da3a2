"""What was measured for a diagnosis: plain arrays, and the numbers that findings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from sklearn_ridge_nn.verdicts import Comparison, compare, one_standard_error

Stronger: TypeAlias = Literal["larger", "smaller"]

#: The quantiles of a layer's weights that are kept.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Evidence:
    """Scores and losses of each alpha on each split, and what else was measured.

    `AlphaDiagnosis` describes the fields. Arrays are read-only.
    """

    alphas: np.ndarray
    train_score: np.ndarray
    test_score: np.ndarray
    train_loss: np.ndarray
    test_loss: np.ndarray
    n_seeds: int = 1
    test_ratio: float = 0.25
    level: float = 0.05
    margin: float = 0.01
    stronger: Stronger = "larger"
    param_name: str = "alpha"
    score_name: str = "score"
    loss_name: str = "log loss"
    train_loss_curve: np.ndarray | None = None
    test_loss_curve: np.ndarray | None = None
    weight_norm: np.ndarray | None = None
    weight_quantiles: np.ndarray | None = None
    baseline_loss: np.ndarray | None = None
    feature_scales: np.ndarray | None = None
    rarest_class: tuple[str, int, int] | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = value.copy()
                value.setflags(write=False)
                object.__setattr__(self, field.name, value)
        check_alphas(self.alphas, "alphas")
        n_alphas, n_fits = self.test_loss.shape
        if n_alphas != len(self.alphas) or n_fits % self.n_seeds:
            raise ValueError(
                f"test_loss must be of shape (n_alphas, n_splits * n_seeds). Got {self.test_loss.shape} for "
                f"{len(self.alphas)} alphas and n_seeds={self.n_seeds}."
            )
        for name in ("train_score", "test_score", "train_loss"):
            if getattr(self, name).shape != self.test_loss.shape:
                raise ValueError(
                    f"{name} must be of the shape of test_loss, {self.test_loss.shape}. "
                    f"Got {getattr(self, name).shape}."
                )
        check_n_splits(self.n_splits)

    @property
    def short_name(self) -> str:
        """Name of the parameter without the steps before it."""
        return self.param_name.rpartition("__")[2]

    @property
    def n_splits(self) -> int:
        """Train and test splits, each fitted with every seed."""
        return self.test_loss.shape[1] // self.n_seeds

    @property
    def n_epochs(self) -> int:
        """Epochs of the loss curves; 0 without curves."""
        return 0 if self.test_loss_curve is None else self.test_loss_curve.shape[2]

    @property
    def strengths(self) -> np.ndarray:
        """Numbers that are larger the stronger the penalty, of shape (n_alphas,)."""
        return self.alphas if self.stronger == "larger" else -self.alphas

    def by_split(self, values: np.ndarray) -> np.ndarray:
        """Average over the seeds.

        Parameters
        ----------
        values : ndarray of shape (n_alphas, n_splits * n_seeds, ...)
            Such as ``test_loss``.

        Returns
        -------
        ndarray of shape (n_alphas, n_splits, ...)
            One value per split.
        """
        shape = (len(values), self.n_splits, self.n_seeds, *values.shape[2:])
        return values.reshape(shape).mean(axis=2)

    @cached_property
    def comparison(self) -> Comparison:
        """Every alpha against the best one."""
        return compare(
            self.by_split(self.train_loss),
            self.by_split(self.test_loss),
            self.strengths,
            test_ratio=self.test_ratio,
            level=self.level,
            margin=self.margin,
        )

    @property
    def best_index(self) -> int:
        """Index of the alpha with the smallest mean test loss."""
        return self.comparison.best

    @property
    def best_alpha(self) -> float:
        """The alpha with the smallest mean test loss."""
        return float(self.alphas[self.best_index])

    @cached_property
    def one_se_index(self) -> int:
        """Index of `one_se_alpha`."""
        return one_standard_error(self.by_split(self.test_loss), self.strengths)

    @property
    def one_se_alpha(self) -> float:
        """The strongest penalty within a standard error of the best."""
        return float(self.alphas[self.one_se_index])

    @property
    def verdicts(self) -> tuple[str, ...]:
        """One of "underfit", "good", "overfit" and "undetermined" per alpha."""
        return self.comparison.labels

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, per alpha."""
        return self.comparison.reasons

    @property
    def generalization_gap(self) -> np.ndarray:
        """Test loss minus train loss, of shape (n_alphas, n_splits * n_seeds)."""
        return self.test_loss - self.train_loss

    @property
    def penalty(self) -> np.ndarray | None:
        """Penalty at the final weights, of shape (n_alphas, n_splits * n_seeds); None if unknown."""
        if self.weight_norm is None:
            return None
        return self.alphas[:, None] * (self.weight_norm[..., :-1] ** 2).sum(axis=-1)

    def turning_epoch(self, index: int) -> int | None:
        """Return the epoch, from 1, of the smallest mean test loss of an alpha, if it rises after it.

        Parameters
        ----------
        index : int
            Which alpha.

        Returns
        -------
        int or None
            None without curves, and where the last epoch has the smallest loss.
        """
        if self.test_loss_curve is None:
            return None
        return turning_epoch(mean_curve(self.test_loss_curve[index]))


def mean_curve(curves: np.ndarray) -> np.ndarray:
    """Return the mean over fits (n_fits, n_epochs) of each epoch that all of them reached, else NaN."""
    return curves.mean(axis=0)


def turning_epoch(curve: np.ndarray) -> int | None:
    """Return the epoch, from 1, where a curve is smallest; None where that is its last, or all is NaN."""
    known = np.flatnonzero(~np.isnan(curve))
    if not len(known):
        return None
    turn = int(np.nanargmin(curve))
    return None if turn == known[-1] else turn + 1


def check_n_splits(n_splits: int) -> None:
    """Refuse a single split, which leaves nothing to compare over."""
    if n_splits < 2:
        raise ValueError(
            f"A diagnosis compares alphas over at least 2 splits. Got {n_splits}. Give it another cv."
        )


def check_alphas(alphas: Any, name: str) -> np.ndarray:
    """Return alphas as an array of floats.

    Raises
    ------
    ValueError
        If they are not at least two different finite numbers >= 0 in ascending order.
    """
    try:
        values = np.asarray(alphas, dtype=float)
    except (TypeError, ValueError):
        values = np.empty((0, 0))
    if values.ndim != 1:
        raise ValueError(f"{name} must be a list of numbers. Got {alphas!r}.")
    if len(values) < 2:
        raise ValueError(
            f"{name} must hold at least 2 values to compare, for example np.logspace(-5, 0, 6). Got "
            f"{alphas!r}."
        )
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"{name} must be finite numbers >= 0. Got {_shown(values)}.")
    if (np.diff(values) <= 0).any():
        raise ValueError(
            f"{name} must be in ascending order, each value once: pass np.unique({name}). Got "
            f"{_shown(values)}."
        )
    return values


def _shown(values: Sequence[float] | np.ndarray) -> str:
    return f"[{', '.join(f'{value:g}' for value in values)}]"
