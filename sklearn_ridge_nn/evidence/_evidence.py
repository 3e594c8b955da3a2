"""What was measured for a diagnosis: plain arrays, and the numbers that findings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import numpy as np

from sklearn_ridge_nn.evidence._findings import STRATIFIED
from sklearn_ridge_nn.evidence._loss_map import LossMap
from sklearn_ridge_nn.evidence._one_standard_error import finite, strongest_within_one_standard_error
from sklearn_ridge_nn.evidence._trials import Trial, TrialResult, results_of
from sklearn_ridge_nn.evidence._verdicts import Comparison, compare
from sklearn_ridge_nn.evidence._written_out import counted

Stronger: TypeAlias = Literal["larger", "smaller"]
Task: TypeAlias = Literal["classification", "regression"]

#: Arrays that not every diagnosis has.
_MEASURES = (
    "train_loss_curve",
    "test_loss_curve",
    "test_score_curve",
    "weight_norm",
    "weight_quantiles",
    "baseline_loss",
    "feature_scales",
    "loss_unit",
    "majority_accuracy",
)
#: The quantiles of a layer's weights that are kept.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Evidence:
    """Scores and losses of each alpha on each split, and what else was measured.

    `AlphaDiagnosis` describes the fields. Arrays are copies, and read-only.
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
    early_stopping: bool = False
    epochs: int | None = None
    rounds: tuple[int, ...] = ()
    trials: tuple[Trial, ...] = ()
    feature_offset: float | None = None
    feature_spread: float | None = None
    test_score_curve: np.ndarray | None = None
    task: Task = "classification"
    guess: str = "class frequencies"
    target_tails: tuple[float, float] | None = None
    penalizes_output: bool = False
    loss_unit: np.ndarray | None = None
    about: tuple[tuple[str, str], ...] = ()
    splits_key: str | None = None
    majority_class: str | None = None
    majority_accuracy: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_alphas(self.alphas, "alphas")
        for name in ("alphas", "train_score", "test_score", "train_loss", "test_loss"):
            values = np.array(getattr(self, name), dtype=float)
            if name.endswith("loss"):
                values[~np.isfinite(values)] = np.nan
            object.__setattr__(self, name, values)
        for name in _MEASURES:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.array(getattr(self, name), dtype=float))
        for name in ("feature_offset", "feature_spread"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, float(getattr(self, name)))
        self._close()
        self._check_numbers()
        n_alphas, n_fits = self.test_loss.shape
        if n_alphas != len(self.alphas) or n_fits % self.n_seeds:
            raise ValueError(
                f"test_loss must be of shape (n_alphas, n_splits * n_seeds). Got {self.test_loss.shape} for "
                f"{len(self.alphas)} alphas and n_seeds={self.n_seeds}."
            )
        for name in ("train_score", "test_score", "train_loss"):
            if getattr(self, name).shape != self.test_loss.shape:
                raise ValueError(
                    f"{name} must be of the shape of test_loss, {self.test_loss.shape}. Got "
                    f"{getattr(self, name).shape}."
                )
        check_n_splits(self.n_splits)
        if self.has_losses.sum() < 2:
            raise ValueError(
                f"Only {self.has_losses.sum()} of {self.n_splits} splits have a finite test loss, and "
                "comparing needs 2. If trainings diverged, lower the learning rate or scale X; if all test "
                "rows of a split have a weight of 0, give another cv."
            )

    def _check_numbers(self) -> None:
        if not isinstance(self.n_seeds, Integral) or self.n_seeds < 1:
            raise ValueError(f"n_seeds must be an int >= 1. Got {self.n_seeds!r}.")
        object.__setattr__(self, "n_seeds", int(self.n_seeds))
        bounds = {"level": (0.0, 0.5), "test_ratio": (0.0, np.inf)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not isinstance(value, Real) or not low < value < high:
                raise ValueError(f"{name} must be a number in ({low:g}, {high:g}). Got {value!r}.")
        if not isinstance(self.margin, Real) or not 0 <= self.margin < np.inf:
            raise ValueError(f"margin must be a finite number >= 0. Got {self.margin!r}.")
        if self.task not in ("classification", "regression"):
            raise ValueError(f"task must be 'classification' or 'regression'. Got {self.task!r}.")
        if self.stronger not in ("larger", "smaller"):
            raise ValueError(f"stronger must be 'larger' or 'smaller'. Got {self.stronger!r}.")

    def _close(self) -> None:
        """Close all arrays to changes."""
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.ndarray):
                value.setflags(write=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._close()

    @property
    def splitter(self) -> str:
        """Which class of scikit-learn makes more splits: only classes that are counted can be stratified by.

        Nothing is counted of the results of a search, which is taken for one of single labels.
        """
        is_multilabel = self.rarest_class is None and self.train_loss_curve is not None
        return "RepeatedKFold" if self.is_regression or is_multilabel else STRATIFIED

    @property
    def short_name(self) -> str:
        """Name of the parameter without the steps before it."""
        return self.param_name.rpartition("__")[2]

    @property
    def n_splits(self) -> int:
        """Train and test splits, each fitted with every seed."""
        return self.test_loss.shape[1] // self.n_seeds

    @cached_property
    def has_losses(self) -> np.ndarray:
        """Which splits have a test loss for some alpha, of shape (n_splits,); the others tell nothing."""
        fits = ~np.isnan(self.test_loss).all(axis=0)
        return fits.reshape(self.n_splits, self.n_seeds).any(axis=1)

    @property
    def n_epochs(self) -> int:
        """Epochs of the loss curves; 0 without curves."""
        return 0 if self.test_loss_curve is None else self.test_loss_curve.shape[2]

    @property
    def chosen_epochs(self) -> int:
        """After how many epochs the networks were that verdicts are on; 0 without curves."""
        return self.n_epochs if self.epochs is None else self.epochs

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
        ndarray of shape (n_alphas, n, ...)
            One value for each of the n splits that have losses.
        """
        shape = (len(values), self.n_splits, self.n_seeds, *values.shape[2:])
        return values.reshape(shape).mean(axis=2)[:, self.has_losses]

    @cached_property
    def loss_map(self) -> LossMap | None:
        """Test losses over alphas and epochs; None without curves."""
        if self.test_loss_curve is None:
            return None
        losses = self.by_split(finite(self.test_loss_curve))
        return LossMap(self.alphas, losses, self.strengths, self.test_ratio)

    @property
    def best_epochs(self) -> int | None:
        """Epochs of the pair of alpha and epochs with the smallest mean test loss; None without curves."""
        best = None if self.loss_map is None else self.loss_map.best
        return None if best is None else best[1]

    @property
    def best_epochs_per_alpha(self) -> np.ndarray | None:
        """Epochs of each alpha's smallest mean test loss, of shape (n_alphas,); None without curves.

        It is 0 where a split of an alpha has no loss.
        """
        return None if self.loss_map is None else self.loss_map.best_epochs_per_alpha

    @cached_property
    def comparison(self) -> Comparison:
        """Every alpha against the best one."""
        loss_map = None if self.epochs is None else self.loss_map
        return compare(
            self.by_split(self.train_loss),
            self.by_split(self.test_loss),
            self.strengths,
            test_ratio=self.test_ratio,
            level=self.level,
            margin=self.margin,
            others=None if loss_map is None else loss_map.columns(),
        )

    def trial_results(self, kind: str) -> list[TrialResult]:
        """Return how trials compare with the network as it is.

        Parameters
        ----------
        kind : {"change", "yardstick"}
            Changes of the network, or other classifiers.

        Returns
        -------
        list of TrialResult
            The smallest mean test loss first; empty where nothing was tried.
        """
        if not any(trial.kind == "as it is" for trial in self.trials):
            return []
        known = [
            replace(
                trial,
                test_loss=trial.test_loss[self.has_losses],
                test_score=trial.test_score[self.has_losses],
            )
            for trial in self.trials
        ]
        return results_of(known, kind, self.test_ratio, self.level)

    @property
    def reference_losses(self) -> dict[str, float]:
        """Mean losses of other estimators that were tried, else that of guessing if it is known, by name."""
        results = self.trial_results("yardstick")
        known = {result.trial.name: result.loss for result in results if np.isfinite(result.loss)}
        if not known and self.baseline_loss is not None and np.isfinite(self.baseline_loss).any():
            known[self.guess_name] = float(np.nanmean(self.baseline_loss))
        return known

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
        return strongest_within_one_standard_error(self.by_split(self.test_loss), self.strengths)

    @property
    def one_se_alpha(self) -> float:
        """The strongest penalty within a standard error of the best."""
        return float(self.alphas[self.one_se_index])

    @property
    def verdicts(self) -> tuple[str, ...]:
        """One of "underfit", "good", "overfit" and "undetermined" per alpha."""
        return self.comparison.verdicts

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, per alpha."""
        return tuple(
            f"{reason}; it was trained for {counted(trained, 'epoch')} only, for it could no longer win"
            if 0 < trained < self.chosen_epochs and is_known
            else reason
            for reason, trained, is_known in zip(
                self.comparison.reasons,
                self._trained_epochs,
                np.isfinite(self.by_split(self.test_loss)).all(axis=1),
                strict=True,
            )
        )

    @property
    def _trained_epochs(self) -> Sequence[int]:
        """How long each alpha was trained, where that was chosen; else 0."""
        if self.epochs is None or self.loss_map is None:
            return [0] * len(self.alphas)
        return self.loss_map.trained_epochs.tolist()

    @property
    def generalization_gap(self) -> np.ndarray:
        """Test loss minus train loss, of shape (n_alphas, n_splits * n_seeds)."""
        return self.test_loss - self.train_loss

    @property
    def penalty(self) -> np.ndarray | None:
        """Penalty at the final weights, of shape (n_alphas, n_splits * n_seeds); None if unknown.

        It is known where the parameter is the alpha of our network, and its weights were measured.
        """
        if self.weight_norm is None or self.short_name != "alpha":
            return None
        unit = 1.0 if self.loss_unit is None else self.loss_unit
        return self.alphas[:, None] * unit * (self.weight_norm[..., : self.n_penalized] ** 2).sum(axis=-1)

    @property
    def penalized_norm(self) -> np.ndarray | None:
        """Mean norm of the penalised kernels of each alpha, of shape (n_alphas,); None if unknown."""
        if self.weight_norm is None or self.short_name != "alpha" or not self.n_penalized:
            return None
        norms = np.sqrt((self.weight_norm[..., : self.n_penalized] ** 2).sum(axis=-1))
        return self.by_split(norms).mean(axis=1)

    @property
    def n_penalized(self) -> int:
        """Layers whose kernels are penalised, the first ones; 0 without weights."""
        if self.weight_norm is None:
            return 0
        return self.weight_norm.shape[-1] - (not self.penalizes_output)

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted, and not classes."""
        return self.task == "regression"

    @property
    def guess_name(self) -> str:
        """What predicts without looking at the features, by its name in tables."""
        return self.guess if self.is_regression else "guessing"

    @property
    def score_is_loss(self) -> bool:
        """Whether score and loss say the same, but for the sign."""
        return self.loss_name in (f"minus {self.score_name}", words_of(self.score_name))

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


def words_of(metric: str) -> str:
    """Return the loss that a negative metric of scikit-learn is, in words.

    Examples
    --------
    >>> words_of("neg_mean_squared_error")
    'squared error'
    """
    return metric.removeprefix("neg_").removeprefix("mean_").replace("_", " ")


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
    except OverflowError:
        raise ValueError(f"{name} must be finite numbers >= 0. Got {alphas!r}.") from None
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
