"""What a study of numbers is: its y, its splits, its loss, and the regressors it is compared with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import sklearn.model_selection as theirs
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor, QuantileRegressor, RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array

from sklearn_ridge_nn.diagnosis._about import numbers_in_words
from sklearn_ridge_nn.diagnosis._classification import Splits, weights_of
from sklearn_ridge_nn.diagnosis._splits import default_splits
from sklearn_ridge_nn.estimators import check_numbers, flatten_numbers, guess_of, refuse_odd_numbers
from sklearn_ridge_nn.network import NUMBER_LOSSES, least_poisson_loss, number_losses

#: Rows from which on the tails of y are looked at, and the share of them that is its tail.
TAIL_ROWS, TAIL = 100, 0.01


@dataclass(frozen=True)
class Regression:
    """A study of numbers.

    Attributes
    ----------
    numbers : ndarray of shape (n_rows,) or (n_rows, n_outputs)
    loss : str
        What is trained, and what verdicts rest on.
    quantile : float
        For ``loss="quantile"``.
    scales : ndarray of shape (n_splits, n_outputs)
        By which the networks of each split divide targets; ones until they are known.
    """

    numbers: np.ndarray
    loss: str = "squared_error"
    quantile: float = 0.5
    scales: np.ndarray | None = None

    is_classification: ClassVar[bool] = False
    is_multilabel: ClassVar[bool] = False
    default_score: ClassVar[str] = "r2"
    counts: ClassVar[None] = None
    has_yardsticks: ClassVar[bool] = True

    @classmethod
    def of(cls, y: Any, network: Any) -> Self:
        """Return the study of a y, checked.

        Parameters
        ----------
        y : object
        network : RidgeMLPRegressor or None
            None for another regressor, whose squared error is looked at.

        Raises
        ------
        ValueError
            If y holds anything but finite numbers, the same in all rows, or negative ones where the loss is
            Poisson's.
        """
        refuse_odd_numbers(y)
        numbers = flatten_numbers(check_array(y, ensure_2d=False, dtype="numeric", input_name="y"))
        if len(numbers) and (numbers == numbers[0]).all():
            constant = ", ".join(f"{number:g}" for number in np.atleast_1d(numbers[0]))
            raise ValueError(
                f"y is {constant} in all {len(numbers)} rows: there is nothing to learn, and nothing that "
                "alpha could change."
            )
        if network is None:
            return cls(numbers)
        check_numbers(numbers, network.loss)
        return cls(numbers, network.loss, float(network.quantile))

    @property
    def n_outputs(self) -> int:
        """Outputs of a network."""
        return 1 if self.numbers.ndim == 1 else self.numbers.shape[1]

    @property
    def labels(self) -> np.ndarray:
        """What is predicted, one row for each of X."""
        return self.numbers

    def default_cv(self) -> Any:
        """Return the splitter where none is given."""
        n_folds, n_repeats = default_splits(len(self.numbers))
        return theirs.RepeatedKFold(n_splits=n_folds, n_repeats=n_repeats, random_state=0)

    def check_splits(self, splits: Splits) -> None:
        """Accept any splits."""

    @property
    def guess(self) -> str:
        """What is predicted without looking at X, in words."""
        return guess_of(self.loss, self.quantile)[1]

    @property
    def loss_name(self) -> str:
        """The loss in words."""
        title = NUMBER_LOSSES[self.loss].title
        return f"{self.quantile:g}-{title}" if self.loss == "quantile" else title

    @property
    def in_words(self) -> str:
        """What y holds."""
        return numbers_in_words(self.numbers)

    def facts(self, splits: Splits) -> dict[str, Any]:  # noqa: ARG002
        """Return what the diagnosis is told of y, by the names of `Evidence`."""
        return {
            "task": "regression",
            "loss_name": self.loss_name,
            "guess": self.guess,
            "target_tails": self._tails() if self.loss == "squared_error" else None,
        }

    def _tails(self) -> tuple[float, float] | None:
        """Return how much of y's variance, and of its logarithm's, is that of the rows furthest off.

        The logarithm's is NaN where some y is not positive; None where y is not one number, or of few rows.
        """
        if self.numbers.ndim == 2 or len(self.numbers) < TAIL_ROWS:
            return None
        is_positive = bool((self.numbers > 0).all())
        return share_of_tail(self.numbers), share_of_tail(np.log(self.numbers)) if is_positive else np.nan

    @property
    def follows_scores(self) -> bool:
        """Whether scores by default are known after every epoch: R2 follows from the squared error."""
        return self.loss == "squared_error" and self.n_outputs == 1

    # -- other regressors ---------------------------------------------------------------------------

    @property
    def yardsticks(self) -> dict[str, Callable[[int], BaseEstimator]]:
        """The other regressors by name, each made by a seed; those that do not have the loss, without it."""
        q = self.quantile
        boosting_loss = "squared_error" if self.loss == "huber" else self.loss
        linear: dict[str, Callable[[int], BaseEstimator]] = {
            "poisson": lambda _: PoissonRegressor(max_iter=1000),
            "quantile": lambda _: QuantileRegressor(quantile=q, alpha=0),
        }

        def boosting(seed: int) -> BaseEstimator:
            given = {"quantile": q} if self.loss == "quantile" else {}
            return HistGradientBoostingRegressor(loss=boosting_loss, random_state=seed, **given)

        def guessing(_: int) -> BaseEstimator:
            return DummyRegressor(**guess_of(self.loss, q)[0])

        makers: dict[str, Callable[[int], BaseEstimator]] = {
            self.guess: guessing,
            _LINEAR.get(self.loss, "RidgeCV"): linear.get(
                self.loss, lambda _: RidgeCV(alphas=np.logspace(-3, 5, 17))
            ),
            "HistGradientBoosting": boosting,
        }
        if self.loss != "quantile":  # it predicts means
            mlp_loss = "poisson" if self.loss == "poisson" else "squared_error"
            perceptron = functools.partial(MLPRegressor, loss=mlp_loss)
            scales = self.loss != "poisson"  # which wants counts as they are
            makers["MLPRegressor"] = lambda seed: (
                _scaling_y(perceptron(random_state=seed)) if scales else perceptron(random_state=seed)
            )
        if self.n_outputs == 1:
            return makers
        several = ("PoissonRegressor", "QuantileRegressor", "HistGradientBoosting")
        return {name: _for_each_output(make) if name in several else make for name, make in makers.items()}

    def yardstick_loss(
        self, fitted: Any, X: Any, y: np.ndarray, weights: np.ndarray | None, split: int
    ) -> float:
        """Return the loss of another regressor on some rows, as that of the networks of a split."""
        scale = np.ones(self.n_outputs) if self.scales is None else self.scales[split]
        return self.loss_of(y, fitted.predict(X), weights, scale)

    def loss_of(
        self, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None, scale: np.ndarray
    ) -> float:
        """Return the mean loss of predictions, as that of a network whose targets were divided by a scale."""
        y, predicted = (np.asarray(values, dtype=float).reshape(len(y), -1) for values in (y, predicted))
        power = NUMBER_LOSSES[self.loss].power
        if power is None:
            with np.errstate(divide="ignore"):
                z = np.log(np.maximum(predicted, 0))
            losses = number_losses(z, y, self.loss, self.quantile) - least_poisson_loss(y)
            return float(np.average(losses.mean(axis=1), weights=weights))
        losses = number_losses(predicted / scale, y / scale, self.loss, self.quantile).mean(axis=1)
        return float(np.average(losses, weights=weights) / np.mean(scale**-power))

    def split_weights(
        self,
        network: Any,  # noqa: ARG002
        y_train: np.ndarray,  # noqa: ARG002
        split: tuple[np.ndarray, np.ndarray],
        sample_weight: Any,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Return the weights in the loss of the rows to fit on, and of test rows; None if there are none."""
        return weights_of(sample_weight, split)


#: Names of the linear models for the losses that RidgeCV does not have.
_LINEAR = {"poisson": "PoissonRegressor", "quantile": "QuantileRegressor"}


def _scaling_y(regressor: BaseEstimator) -> BaseEstimator:
    """Return a regressor whose y is scaled, as that of our networks is, which it does not do by itself."""
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def _for_each_output(make: Callable[[int], BaseEstimator]) -> Callable[[int], BaseEstimator]:
    return lambda seed: MultiOutputRegressor(make(seed))


def share_of_tail(y: np.ndarray) -> float:
    """Return the share of the variance of y that the hundredth of the rows furthest from its mean make.

    Of a normal distribution it is 0.085 in the limit, of an exponential one 0.22.
    """
    y = y / np.abs(y).max(initial=np.finfo(float).tiny)  # squares of large numbers would be infinite
    squares = np.sort((y - y.mean()) ** 2)
    total = squares.sum()
    return float(squares[-max(1, round(TAIL * len(y))) :].sum() / total) if total > 0 else 0.0
