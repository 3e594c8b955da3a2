"""Bias and variance of a loss, from the predictions of networks trained on resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.special import logsumexp

from sklearn_ridge_nn._extras import required

if TYPE_CHECKING:
    import pandas as pd

#: Log probabilities below this are raised to it, so that a probability of 0 makes no infinite loss.
LEAST_LOG_PROBABILITY = float(np.log(1e-300))


@dataclass(frozen=True, eq=False)
class BiasVariance:
    """Bias and variance of log loss and 0-1 loss, for each alpha and test row.

    What `bias_variance` returns. In both decompositions loss = bias + variance, exactly; what no network can
    predict (noise) counts as bias.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        The values.
    n_resamples : int
        Networks per alpha.
    log_bias_rows, log_variance_rows : ndarray of shape (n_alphas, n_test)
        Of the log loss of each test row, in nats.
    zero_one_bias_rows : ndarray of shape (n_alphas, n_test)
        1 where the main prediction is wrong, else 0.
    zero_one_spread_rows : ndarray of shape (n_alphas, n_test)
        What differing from the main prediction adds to the expected 0-1 loss of a row (where that prediction
        is right), or takes off it (where it is wrong).
    param_name : str, default="alpha"
        The parameter that was varied.

    Attributes
    ----------
    log_loss, log_bias, log_variance : ndarray of shape (n_alphas,)
        Means over the test rows.
    zero_one_loss, zero_one_bias, zero_one_variance : ndarray of shape (n_alphas,)
        Means over the test rows; the variance is net, unbiased minus biased.
    zero_one_variance_unbiased, zero_one_variance_biased : ndarray of shape (n_alphas,)
        The part that adds to the loss, and the part that reduces it.

    Notes
    -----
    Log loss: Heskes (1998), Bias/variance decompositions for likelihood-based estimators, Neural Computation
    10. The average prediction is the normalised geometric mean of the predictions; bias is its log loss,
    variance the mean Kullback-Leibler divergence from it to the predictions.

    0-1 loss: Domingos (2000), A unified bias-variance decomposition for zero-one and squared loss, AAAI. The
    main prediction is the most frequent one (of several, the lowest class).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn import BiasVariance
    >>> predictions = np.array([[[[0.8, 0.2]], [[0.4, 0.6]], [[0.9, 0.1]]]])  # 3 networks, 1 row, 2 classes
    >>> result = BiasVariance.from_log_proba([0.1], np.log(predictions), targets=[0])
    >>> result.zero_one_bias, result.zero_one_variance.round(2)
    (array([0.]), array([0.33]))
    """

    __module__ = "sklearn_ridge_nn"

    alphas: np.ndarray
    n_resamples: int
    log_bias_rows: np.ndarray
    log_variance_rows: np.ndarray
    zero_one_bias_rows: np.ndarray
    zero_one_spread_rows: np.ndarray
    param_name: str = "alpha"

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
        bias, spread = self.zero_one_bias_rows, self.zero_one_spread_rows
        net = spread * (1 - 2 * bias)
        rows = {
            "log_loss": self.log_bias_rows + self.log_variance_rows,
            "log_bias": self.log_bias_rows,
            "log_variance": self.log_variance_rows,
            "zero_one_loss": bias + net,
            "zero_one_bias": bias,
            "zero_one_variance": net,
            "zero_one_variance_unbiased": spread * (1 - bias),
            "zero_one_variance_biased": spread * bias,
        }
        if name not in rows:
            raise ValueError(f"name must be one of {', '.join(rows)}. Got {name!r}.")
        return rows[name]

    def __repr__(self) -> str:
        low, high = self.alphas[0], self.alphas[-1]
        return (
            f"<BiasVariance of {len(self.alphas)} values of {self.param_name} from {low:g} to {high:g}, "
            f"{self.n_resamples} resamples, {self.log_bias_rows.shape[1]} test rows>"
        )

    def __str__(self) -> str:
        names = [f"{loss}_{part}" for loss in ("log", "zero_one") for part in ("loss", "bias", "variance")]
        titles = ["log loss", "bias", "variance", "0-1 loss", "bias", "variance"]
        name = self.param_name.rpartition("__")[2]
        lines = [f"{name:>9}" + "".join(f"{title:>10}" for title in titles)]
        for alpha, *means in zip(self.alphas, *(getattr(self, name) for name in names), strict=True):
            lines.append(f"{alpha:9.3g}" + "".join(f"{mean:10.3g}" for mean in means))
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """Return the means, one row per alpha.

        Returns
        -------
        pandas.DataFrame
            Indexed by alpha.

        Raises
        ------
        ImportError
            If pandas is not installed, which comes with the extra ``cli``.
        """
        pd = required("pandas", "to_frame", "cli")
        names = [f"{loss}_{part}" for loss in ("log", "zero_one") for part in ("loss", "bias", "variance")]
        columns = {name: getattr(self, name) for name in names}
        return pd.DataFrame(columns, index=pd.Index(self.alphas, name=self.param_name))
