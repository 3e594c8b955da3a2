"""BiasVariance: what a decomposition of the loss says, as numbers, a table and a picture."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from sklearn_ridge_nn._extras import required
from sklearn_ridge_nn.evidence import Decomposition, counted, written_out

if TYPE_CHECKING:
    import pandas as pd

    from sklearn_ridge_nn.display import BiasVarianceDisplay


class BiasVariance(Decomposition):
    """Bias and variance of the loss, for each alpha and test row.

    What `bias_variance` returns: log loss and 0-1 loss of classes, the squared error of numbers. In all
    decompositions loss = bias + variance, exactly; what no network can predict (noise) counts as bias.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        The values.
    n_resamples : int
        Networks per alpha.
    log_bias_rows, log_variance_rows : ndarray of shape (n_alphas, n_test) or None
        Of the log loss of each test row, in nats. None of numbers.
    zero_one_bias_rows : ndarray of shape (n_alphas, n_test) or None
        1 where the main prediction is wrong, else 0.
    zero_one_spread_rows : ndarray of shape (n_alphas, n_test) or None
        What differing from the main prediction adds to the expected 0-1 loss of a row (where that prediction
        is right), or takes off it (where it is wrong).
    param_name : str, default="alpha"
        The parameter that was varied.
    squared_bias_rows, squared_variance_rows : ndarray of shape (n_alphas, n_test) or None
        Of the squared error of each test row, in the unit of y squared; several outputs are averaged. None
        of classes.

    Attributes
    ----------
    losses : tuple of str
        What is decomposed: "log_loss" and "zero_one", or "squared_error".
    squared_error, squared_bias, squared_variance : ndarray of shape (n_alphas,)
        Means over the test rows, of numbers.
    log_loss, log_bias, log_variance : ndarray of shape (n_alphas,)
        Means over the test rows, of classes.
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

    Squared error: Geman, Bienenstock and Doursat (1992), Neural networks and the bias/variance dilemma,
    Neural Computation 4. Bias is the squared error of the average prediction, variance the mean squared
    distance of the predictions from it.

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

    def plot(self, ax: Any = None, *, loss: str | None = None) -> BiasVarianceDisplay:
        """Draw loss, bias and variance over alpha.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.
        loss : {"log_loss", "zero_one", "squared_error"}, default=None
            Which loss. None is the log loss, or the squared error of numbers.

        Returns
        -------
        BiasVarianceDisplay
            The picture.
        """
        from sklearn_ridge_nn.display import BiasVarianceDisplay

        return BiasVarianceDisplay.from_decomposition(self, loss=loss, ax=ax)

    def __repr__(self) -> str:
        low, high = self.alphas[0], self.alphas[-1]
        return (
            f"<BiasVariance of {len(self.alphas)} values of {self.param_name} from {low:g} to {high:g}, "
            f"{self.n_resamples} resamples, {self._rows(self._means[0]).shape[1]} test rows>"
        )

    @property
    def _means(self) -> list[str]:
        """Names of the attributes that a table shows."""
        if self.losses == ("squared_error",):
            return ["squared_error", "squared_bias", "squared_variance"]
        return [f"{loss}_{part}" for loss in ("log", "zero_one") for part in ("loss", "bias", "variance")]

    def __str__(self) -> str:
        names = self._means
        titles = ["log loss", "bias", "variance", "0-1 loss", "bias", "variance"]
        if self.losses == ("squared_error",):
            titles = ["squared error", "bias", "variance"]
        name = self.param_name.rpartition("__")[2]
        widths = [max(10, len(title) + 2) for title in titles]
        lines = [
            f"{name:>9}" + "".join(f"{title:>{width}}" for title, width in zip(titles, widths, strict=True))
        ]
        for alpha, *means in zip(self.alphas, *(getattr(self, name) for name in names), strict=True):
            lines.append(
                f"{alpha:9.3g}"
                + "".join(
                    f"{written_out(f'{mean:.3g}'):>{width}}"
                    for mean, width in zip(means, widths, strict=True)
                )
            )
        return "\n".join([*lines, "", *textwrap.wrap(self._caption(), 100)])

    def _caption(self) -> str:
        """Return what the numbers of a table are."""
        rows = counted(self._rows(self._means[0]).shape[1], "test row")
        of = f"Means over {rows}, of networks trained on {self.n_resamples} resamples of the others"
        if self.losses == ("squared_error",):
            return f"{of}; bias is squared. Bias and variance add up to the loss."
        below = (
            "A variance of the 0-1 loss is below 0 where networks that differ from the most frequent label "
            "are more often right to do so than wrong."
        )
        said = f"{of}. Bias and variance add up to the loss."
        return f"{said} {below}" if (self.zero_one_variance < 0).any() else said

    def _repr_html_(self) -> str:
        from sklearn_ridge_nn import report

        name = self.param_name.rpartition("__")[2]
        columns = {
            name: [written_out(f"{alpha:.3g}") for alpha in self.alphas],
            **{
                mean.replace("_", " "): [written_out(f"{value:.3g}") for value in getattr(self, mean)]
                for mean in self._means
            },
        }
        return report.table_fragment(
            f"Bias and variance over {name}",
            self._caption(),
            columns,
            self.plot,
            f"Loss, bias and variance over {name}.",
        )

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
        columns = {name: getattr(self, name) for name in self._means}
        return pd.DataFrame(columns, index=pd.Index(self.alphas, name=self.param_name))
