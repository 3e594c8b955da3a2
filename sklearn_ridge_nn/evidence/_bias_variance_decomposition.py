"""Bias and variance of a loss, from the predictions of networks trained on resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import logsumexp

#: Log probabilities below this are raised to it, so that a probability of 0 makes no infinite loss.
LEAST_LOG_PROBABILITY = float(np.log(1e-300))


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Bias and variance of each alpha on each test row.

    `BiasVariance` describes the fields, names the sources of the formulas and draws.
    """

    alphas: np.ndarray
    n_resamples: int
    log_bias_rows: np.ndarray | None = None
    log_variance_rows: np.ndarray | None = None
    zero_one_bias_rows: np.ndarray | None = None
    zero_one_spread_rows: np.ndarray | None = None
    param_name: str = "alpha"
    squared_bias_rows: np.ndarray | None = None
    squared_variance_rows: np.ndarray | None = None

    @classmethod
    def from_log_proba(
        cls, alphas: np.ndarray, log_proba: np.ndarray, targets: np.ndarray, param_name: str = "alpha"
    ) -> Self:
        """Decompose the losses of predictions.

        Parameters
        ----------
        alphas : array-like of shape (n_alphas,)
            The values.
        log_proba : ndarray of shape (n_alphas, n_resamples, n_test, n_classes)
            Logarithms of predicted probabilities; below 1e-300 they count as that.
        targets : array-like of int of shape (n_test,)
            Numbers of the true classes.
        param_name : str, default="alpha"
            The parameter that was varied.
        """
        log_proba = np.maximum(log_proba, LEAST_LOG_PROBABILITY)
        targets = np.asarray(targets)
        n_resamples = log_proba.shape[1]
        geometric = log_proba.mean(axis=1)
        log_total = logsumexp(geometric, axis=2)
        of_truth = np.take_along_axis(geometric, targets[None, :, None], axis=2)[:, :, 0]
        labels = log_proba.argmax(axis=3)
        counts = np.stack([(labels == number).sum(axis=1) for number in range(log_proba.shape[3])], axis=2)
        main = counts.argmax(axis=2)
        is_biased = main != targets
        agreeing = np.take_along_axis(counts, main[:, :, None], axis=2)[:, :, 0] / n_resamples
        right = np.take_along_axis(counts, targets[None, :, None], axis=2)[:, :, 0] / n_resamples
        return cls(
            np.asarray(alphas, dtype=float),
            n_resamples,
            log_bias_rows=log_total - of_truth,
            log_variance_rows=np.maximum(-log_total, 0.0),
            zero_one_bias_rows=is_biased.astype(float),
            zero_one_spread_rows=np.where(is_biased, right, 1 - agreeing),
            param_name=param_name,
        )

    @classmethod
    def from_predictions(
        cls, alphas: np.ndarray, predicted: np.ndarray, targets: np.ndarray, param_name: str = "alpha"
    ) -> Self:
        """Decompose the squared errors of predicted numbers.

        Parameters
        ----------
        alphas : array-like of shape (n_alphas,)
            The values.
        predicted : ndarray of shape (n_alphas, n_resamples, n_test), or with outputs behind
            Predictions; several outputs are averaged.
        targets : array-like of shape (n_test,) or (n_test, n_outputs)
            True numbers.
        param_name : str, default="alpha"
            The parameter that was varied.
        """
        predicted, targets = np.asarray(predicted, dtype=float), np.asarray(targets, dtype=float)
        bias = (predicted.mean(axis=1) - targets) ** 2
        variance = predicted.var(axis=1)
        if targets.ndim == 2:
            bias, variance = bias.mean(axis=2), variance.mean(axis=2)
        return cls(
            np.asarray(alphas, dtype=float),
            predicted.shape[1],
            param_name=param_name,
            squared_bias_rows=bias,
            squared_variance_rows=variance,
        )

    @property
    def losses(self) -> tuple[str, ...]:
        """The losses that are decomposed: log loss and 0-1 loss of classes, the squared error of numbers."""
        return ("squared_error",) if self.squared_bias_rows is not None else ("log_loss", "zero_one")

    @property
    def squared_bias(self) -> np.ndarray:
        """Squared error of the average prediction."""
        return self._rows("squared_bias").mean(axis=1)

    @property
    def squared_variance(self) -> np.ndarray:
        """Variance of the predictions around the average one."""
        return self._rows("squared_variance").mean(axis=1)

    @property
    def squared_error(self) -> np.ndarray:
        """Mean squared error of the predictions."""
        return self._rows("squared_error").mean(axis=1)

    @property
    def log_bias(self) -> np.ndarray:
        """Log loss of the average prediction."""
        return self._rows("log_bias").mean(axis=1)

    @property
    def log_variance(self) -> np.ndarray:
        """Mean divergence of the predictions from the average one."""
        return self._rows("log_variance").mean(axis=1)

    @property
    def log_loss(self) -> np.ndarray:
        """Mean log loss of the predictions."""
        return self._rows("log_loss").mean(axis=1)

    @property
    def zero_one_bias(self) -> np.ndarray:
        """Error rate of the main prediction."""
        return self._rows("zero_one_bias").mean(axis=1)

    @property
    def zero_one_variance_unbiased(self) -> np.ndarray:
        """What differing from a right main prediction adds."""
        return self._rows("zero_one_variance_unbiased").mean(axis=1)

    @property
    def zero_one_variance_biased(self) -> np.ndarray:
        """What differing from a wrong main prediction takes off."""
        return self._rows("zero_one_variance_biased").mean(axis=1)

    @property
    def zero_one_variance(self) -> np.ndarray:
        """Net variance."""
        return self._rows("zero_one_variance").mean(axis=1)

    @property
    def zero_one_loss(self) -> np.ndarray:
        """Mean error rate of the predictions."""
        return self._rows("zero_one_loss").mean(axis=1)

    def standard_error(self, name: str) -> np.ndarray:
        """Return the standard error of a mean over the test rows.

        Parameters
        ----------
        name : str
            One of the attributes that are means, such as ``"log_variance"``.

        Returns
        -------
        ndarray of shape (n_alphas,)
            The rows' standard deviation, divided by the root of their number; NaN for a single row. It says
            how much other test rows would change the mean, given these networks.

        Raises
        ------
        ValueError
            If there is no such mean.
        """
        rows = self._rows(name)
        n_test = rows.shape[1]
        if n_test < 2:
            return np.full(len(rows), np.nan)
        return rows.std(axis=1, ddof=1) / np.sqrt(n_test)

    def _rows(self, name: str) -> np.ndarray:
        """Return what a mean is over, of shape (n_alphas, n_test)."""
        rows = self._all_rows()
        if name not in rows:
            raise ValueError(f"name must be one of {', '.join(rows)}. Got {name!r}.")
        return rows[name]

    def _all_rows(self) -> dict[str, np.ndarray]:
        """Return what each mean is over, by its name."""
        if self.squared_bias_rows is not None and self.squared_variance_rows is not None:
            return {
                "squared_error": self.squared_bias_rows + self.squared_variance_rows,
                "squared_bias": self.squared_bias_rows,
                "squared_variance": self.squared_variance_rows,
            }
        log_bias, log_variance = self.log_bias_rows, self.log_variance_rows
        bias, spread = self.zero_one_bias_rows, self.zero_one_spread_rows
        assert log_bias is not None  # a decomposition has the rows of one task
        assert log_variance is not None
        assert bias is not None
        assert spread is not None
        net = spread * (1 - 2 * bias)
        return {
            "log_loss": log_bias + log_variance,
            "log_bias": log_bias,
            "log_variance": log_variance,
            "zero_one_loss": bias + net,
            "zero_one_bias": bias,
            "zero_one_variance": net,
            "zero_one_variance_unbiased": spread * (1 - bias),
            "zero_one_variance_biased": spread * bias,
        }
