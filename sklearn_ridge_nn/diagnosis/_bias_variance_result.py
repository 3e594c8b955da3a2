"""BiasVariance: what a decomposition of the loss says, as numbers, a table and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn_ridge_nn._extras import required
from sklearn_ridge_nn.evidence import Decomposition

if TYPE_CHECKING:
    import pandas as pd

    from sklearn_ridge_nn.display import BiasVarianceDisplay


class BiasVariance(Decomposition):
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

    def plot(self, ax: Any = None, *, loss: str = "log_loss") -> BiasVarianceDisplay:
        """Draw loss, bias and variance over alpha.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        loss : {"log_loss", "zero_one"}, default="log_loss"
            Which loss.

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
