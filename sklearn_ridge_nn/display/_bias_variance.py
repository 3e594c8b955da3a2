"""Loss, bias and variance over alpha."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklearn_ridge_nn.display._axes import (
    RAMP,
    alpha_axis,
    alpha_line,
    axes_for,
    legend_below,
    places_of,
    plain,
    title,
)
from sklearn_ridge_nn.evidence import Decomposition, written_out


class BiasVarianceDisplay:
    """Loss, bias and variance over alpha.

    Parameters
    ----------
    alphas, loss, bias, variance : ndarray of shape (n_alphas,)
        Means over the test rows; loss is bias plus variance.
    param_name : str, default="alpha"
        Name of the x-axis.
    ylabel : str, default="log loss"
        Name of the y-axis.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure.
    lines_ : dict of str to matplotlib.lines.Line2D
        "loss", "bias" and "variance".

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from sklearn_ridge_nn import BiasVarianceDisplay
    >>> bias, variance = np.array([0.2, 0.3]), np.array([0.4, 0.1])
    >>> display = BiasVarianceDisplay(
    ...     alphas=np.array([0.0, 0.1]), loss=bias + variance, bias=bias, variance=variance
    ... ).plot()
    >>> sorted(display.lines_)
    ['bias', 'loss', 'variance']
    >>> plt.close(display.figure_)
    """

    __module__ = "sklearn_ridge_nn"

    def __init__(
        self,
        *,
        alphas: np.ndarray,
        loss: np.ndarray,
        bias: np.ndarray,
        variance: np.ndarray,
        param_name: str = "alpha",
        ylabel: str = "log loss",
    ) -> None:
        self.alphas, self.loss, self.bias, self.variance = alphas, loss, bias, variance
        self.param_name, self.ylabel = param_name, ylabel

    @classmethod
    def from_decomposition(cls, result: Decomposition, *, loss: str | None = None, ax: Any = None) -> Self:
        """Draw what `bias_variance` returns.

        Parameters
        ----------
        result : BiasVariance
            The decomposition.
        loss : {"log_loss", "zero_one", "squared_error"}, default=None
            Which loss. None is the log loss, or the squared error of numbers.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.
        """
        loss = result.losses[0] if loss is None else loss
        if loss not in result.losses:
            raise ValueError(f"loss must be {' or '.join(map(repr, result.losses))}. Got {loss!r}.")
        prefix = loss.removesuffix("_loss").removesuffix("_error")
        return cls(
            alphas=result.alphas,
            loss=getattr(result, "squared_error" if loss == "squared_error" else f"{prefix}_loss"),
            bias=getattr(result, f"{prefix}_bias"),
            variance=getattr(result, f"{prefix}_variance"),
            param_name=result.param_name.rpartition("__")[2],
            ylabel={"zero_one": "0-1 loss"}.get(loss, loss.replace("_", " ")),
        ).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw into some axes, or into a new figure.

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
        ax = self.ax_ = axes_for(ax)
        self.figure_, self.lines_ = ax.figure, {}
        places, has_zero = places_of(self.alphas), self.alphas[0] == 0
        styles = (
            ("loss", "black", "o", "-"),
            ("bias", RAMP[1], "s", "--"),
            ("variance", RAMP[-2], "^", "-."),
        )
        for name, colour, marker, dashes in styles:
            style = {"color": colour, "marker": marker, "markersize": 4, "linestyle": dashes}
            label = "loss = bias + variance" if name == "loss" else name
            values = getattr(self, name)
            texts = [
                f"{self.param_name} {alpha:.3g}: {name} {written_out(f'{value:.3g}')}"
                for alpha, value in zip(self.alphas, values, strict=True)
            ]
            self.lines_[name] = alpha_line(ax, places, values, has_zero, texts, label=label, **style)[0]
        alpha_axis(ax, self.alphas, self.param_name)
        ax.set_ylabel(plain(self.ylabel))
        legend_below(ax, n_columns=3)
        title(ax, _message(self.alphas, self.bias, self.variance, self.param_name))
        return self


def _message(alphas: np.ndarray, bias: np.ndarray, variance: np.ndarray, name: str) -> str:
    """Return in a sentence what the penalty does to bias and variance.

    Examples
    --------
    >>> import numpy as np
    >>> _message(np.array([0, 0.1]), np.array([0.4, 0.5]), np.array([0.2, 0.05]), "alpha")
    'From alpha = 0 to 0.1 the bias goes from 0.4 to 0.5 and the variance from 0.2 to 0.05'
    """
    ends = [[f"{values[0]:.2g}", f"{values[-1]:.2g}"] for values in (bias, variance)]
    alpha = f"{name} = {alphas[0]:.3g} to {alphas[-1]:.3g}"
    return written_out(
        f"From {alpha} the bias goes from {' to '.join(ends[0])} and the variance from {' to '.join(ends[1])}"
    )
