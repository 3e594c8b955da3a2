"""Each layer's weights over alpha."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklearn_ridge_nn.display._axes import (
    PURPLE,
    alpha_axis,
    alpha_line,
    axes_for,
    fitted_network,
    places_of,
    plain,
    thin_out,
    title,
)
from sklearn_ridge_nn.evidence import QUANTILES, Evidence


class WeightDistributionDisplay:
    """Each layer's weights over alpha: quantiles above, norms below.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        Ascending; a single one is drawn as boxes, one per layer.
    quantiles : ndarray of shape (n_alphas, n_layers, 5)
        The 5 %, 25 %, 50 %, 75 % and 95 % quantiles of each kernel, means over the fits.
    norms : ndarray of shape (n_alphas, n_layers)
        Square root of the sum of squares of each kernel, means over the fits.
    param_name : str, default="alpha"
        Name of the x-axis.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (2, n_layers)
        Quantiles above, norms below. With a single alpha of shape (1, 1).
    figure_ : matplotlib.figure.Figure
        The figure.
    norm_lines_ : list of matplotlib.lines.Line2D
        The norms, one line per layer; none with a single alpha.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier, WeightDistributionDisplay
    >>> X, y = load_wine(return_X_y=True)
    >>> classifier = RidgeMLPClassifier(random_state=0).fit(scale(X), y)
    >>> display = WeightDistributionDisplay.from_estimator(classifier)
    >>> display.norms.shape
    (1, 3)
    >>> plt.close(display.figure_)
    """

    __module__ = "sklearn_ridge_nn"

    def __init__(
        self, *, alphas: np.ndarray, quantiles: np.ndarray, norms: np.ndarray, param_name: str = "alpha"
    ) -> None:
        self.alphas, self.quantiles, self.norms, self.param_name = alphas, quantiles, norms, param_name

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the weights of one fitted estimator, a box per layer.

        Parameters
        ----------
        estimator : RidgeMLPClassifier, RidgeMLPRegressor or Pipeline
            Fitted.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.
        """
        coefs = fitted_network(estimator).coefs_
        quantiles = np.array([[np.quantile(coef, QUANTILES) for coef in coefs]])
        norms = np.array([[np.linalg.norm(coef) for coef in coefs]])
        return cls(alphas=np.array([np.nan]), quantiles=quantiles, norms=norms).plot(ax)

    @classmethod
    def from_diagnosis(cls, diagnosis: Evidence) -> Self:
        """Draw the weights of all alphas of a diagnosis.

        Parameters
        ----------
        diagnosis : AlphaDiagnosis
            One that knows weights.

        Raises
        ------
        ValueError
            If the diagnosis knows no weights.
        """
        if diagnosis.weight_quantiles is None or diagnosis.weight_norm is None:
            raise ValueError(
                "This diagnosis knows no weights. Only sklearn_ridge_nn.diagnose of a network of ours, or "
                "of a Pipeline that ends in one, measures them."
            )
        return cls(
            alphas=diagnosis.alphas,
            quantiles=_mean_of_known(diagnosis.weight_quantiles),
            norms=_mean_of_known(diagnosis.weight_norm),
            param_name=diagnosis.short_name,
        ).plot()

    def plot(self, ax: Any = None) -> Self:
        """Draw into a new figure; a single alpha also into some axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.

        Returns
        -------
        self : object
            The display.
        """
        if len(self.alphas) == 1:
            return self._plot_boxes(axes_for(ax))
        if ax is not None:
            raise ValueError("Weights of several alphas fill a figure of their own. Call plot() without ax.")
        n_layers = self.norms.shape[1]
        options = {"sharex": True, "sharey": "row", "squeeze": False, "height_ratios": (3, 2)}
        axes = self.axes_ = axes_for(None, n_layers, 2, **options)
        self.figure_, self.norm_lines_ = axes[0, 0].figure, []
        places, has_zero = places_of(self.alphas), self.alphas[0] == 0
        for layer, (above, below) in enumerate(axes.T):
            low, lower, middle, upper, high = self.quantiles[:, layer].T
            above.fill_between(places, low, high, color=PURPLE, alpha=0.25, linewidth=0, label="5 to 95 %")
            above.fill_between(places, lower, upper, color=PURPLE, alpha=0.6, linewidth=0, label="25 to 75 %")
            alpha_line(above, places, middle, has_zero, color="black", linewidth=1, label="median")
            above.set_title(_layer_name(layer, n_layers), fontsize="medium")
            style = {"color": "black", "marker": "o", "markersize": 3}
            norms = self.norms[:, layer]
            texts = [
                f"{self.param_name} {alpha:.3g}: norm {norm:.3g}, weights of {_layer_name(layer, n_layers)}"
                for alpha, norm in zip(self.alphas, norms, strict=True)
            ]
            self.norm_lines_ += alpha_line(below, places, norms, has_zero, texts, **style)[:1]
            below.set_ylim(0, 1.08 * np.nanmax(self.norms))
            alpha_axis(below, self.alphas, self.param_name)
            below.tick_params(axis="x", labelsize="small")
        for tick in axes[1]:
            thin_out(tick)
        axes[0, 0].set_ylabel("weights")
        axes[1, 0].set_ylabel("norm of the kernel")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        self.figure_.legend(
            handles, labels, loc="outside lower center", ncols=3, fontsize="small", frameon=False
        )
        self.figure_.suptitle(self._message(), fontsize="medium", fontweight="bold")
        return self

    def _message(self) -> str:
        """Return in a sentence what becomes of the weights."""
        known = np.flatnonzero(np.isfinite(self.norms[:, 0]))
        if not len(known):
            return "No weights are known"
        first, last = (f"{self.norms[row, 0]:.2g}" for row in known[[0, -1]])
        low, high = (f"{self.alphas[row]:.3g}" for row in known[[0, -1]])
        return plain(
            f"The norm of the first kernel goes from {first} at {self.param_name} = {low} to {last} at {high}"
        )

    def _plot_boxes(self, ax: Any) -> Self:
        self.axes_, self.figure_, self.norm_lines_ = np.array([[ax]]), ax.figure, []
        n_layers = self.norms.shape[1]
        names = ("whislo", "q1", "med", "q3", "whishi")
        boxes = [
            {
                **dict(zip(names, self.quantiles[0, layer], strict=True)),
                "label": f"{_layer_name(layer, n_layers)}\nnorm {self.norms[0, layer]:.3g}",
                "fliers": [],
            }
            for layer in range(n_layers)
        ]
        ax.bxp(boxes, showfliers=False, medianprops={"color": PURPLE})
        ax.set_ylabel("weights (5 to 95 %, 25 to 75 %, median)")
        ax.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        title(ax, "Weights of each layer, without the biases")
        return self


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Return means over the fits, (n_alphas, n_fits, ...) to (n_alphas, ...); NaN where all failed."""
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    means = np.where(known, values, 0).sum(axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, means, np.nan)


def _layer_name(layer: int, n_layers: int) -> str:
    return "output" if layer == n_layers - 1 else f"hidden {layer + 1}"
