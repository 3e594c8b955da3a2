"""Test loss over alpha and epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklearn_ridge_nn.display._axes import (
    alpha_axis,
    axes_for,
    draw_zones,
    edges_of,
    legend_below,
    on_hover,
    places_of,
    plain,
    pyplot,
    title,
)
from sklearn_ridge_nn.evidence import Evidence, counted, written_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Losses between which the colour changes, as shares of the smallest.
STEPS = (1, 1.01, 1.03, 1.1, 1.2, 1.35, 1.6, 2, 3, 5)
#: Height of the strip of the verdicts above the axes, as a share of theirs.
STRIP = 0.045
#: Where an alpha was not trained so long.
BLANK: dict[str, Any] = {
    "facecolor": "#dddddd",
    "edgecolor": "#777777",
    "hatch": "xx",
    "linewidth": 0,
    "zorder": 0,
}
#: Outline of the marks on the map: not the page's ink, for the map is as light on a dark page.
EDGE = "#111111"


class AlphaEpochDisplay:
    """Mean test loss over alpha and epochs, as filled contours, with the best pair.

    The darker, the smaller the loss; it is hatched where an alpha was not trained so long. A line joins
    the best number of epochs of each alpha: where it is high, long training does no harm. The strip above
    shows the verdicts after the chosen number of epochs.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        Ascending; 0 is drawn behind a break of the logarithmic axis.
    loss : ndarray of shape (n_alphas, n_epochs)
        Mean test loss after every epoch, above 0; NaN where an alpha was not trained so long.
    best_epochs_per_alpha : ndarray of shape (n_alphas,)
        Epochs of each alpha's smallest loss; 0 for one that has none.
    best_index : int
        Of the best pair's alpha.
    verdicts : sequence of str or None, default=None
        One per alpha; None draws no strip.
    chosen_epochs : int or None, default=None
        The number of epochs that the verdicts are on.
    param_name : str, default="alpha"
        Name of the x-axis.
    loss_name : str, default="log loss"
        Name of the colours.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure.
    contours_ : matplotlib.contour.QuadContourSet
        The filled contours.
    colorbar_ : matplotlib.colorbar.Colorbar
        What their colours mean.
    ridge_line_ : matplotlib.lines.Line2D
        The best number of epochs of each alpha.
    best_point_ : matplotlib.lines.Line2D
        The best pair.
    zones_, hatches_ : list of matplotlib.patches.Rectangle
        Tint and hatching of the strip, one per run of equal verdicts.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from sklearn_ridge_nn import AlphaEpochDisplay
    >>> epochs = np.arange(1, 31)
    >>> loss = np.stack([0.3 + 1 / epochs + 0.01 * epochs, 0.4 + 1 / epochs, 0.6 + 1 / epochs])
    >>> display = AlphaEpochDisplay(
    ...     alphas=np.array([0.0, 0.01, 0.1]),
    ...     loss=loss,
    ...     best_epochs_per_alpha=loss.argmin(axis=1) + 1,
    ...     best_index=1,
    ... ).plot()
    >>> display.ax_.get_ylabel()
    'epochs'
    >>> plt.close(display.figure_)
    """

    __module__ = "sklearn_ridge_nn"

    def __init__(
        self,
        *,
        alphas: np.ndarray,
        loss: np.ndarray,
        best_epochs_per_alpha: np.ndarray,
        best_index: int,
        verdicts: Sequence[str] | None = None,
        chosen_epochs: int | None = None,
        param_name: str = "alpha",
        loss_name: str = "log loss",
    ) -> None:
        self.alphas, self.loss = alphas, loss
        self.best_epochs_per_alpha, self.best_index = best_epochs_per_alpha, best_index
        self.verdicts, self.chosen_epochs = verdicts, chosen_epochs
        self.param_name, self.loss_name = param_name, loss_name

    @classmethod
    def from_diagnosis(cls, diagnosis: Evidence, *, ax: Any = None) -> Self:
        """Draw the map of a diagnosis.

        Parameters
        ----------
        diagnosis : AlphaDiagnosis
            With loss curves of at least two epochs.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.

        Raises
        ------
        ValueError
            If the diagnosis has no such curves, or no alpha has a loss on every split.

        Notes
        -----
        Networks that keep the weights of their own best epoch have none in common, so verdicts are not those
        of a row of the map, and there is no strip.
        """
        loss_map = diagnosis.loss_map
        if loss_map is None or loss_map.best is None or diagnosis.n_epochs < 2:
            raise ValueError(
                "A map needs loss curves of two epochs or more, of some alpha on every split. Diagnose a "
                "network of ours with epochs='settled'."
            )
        return cls(
            alphas=diagnosis.alphas,
            loss=loss_map.mean,
            best_epochs_per_alpha=loss_map.best_epochs_per_alpha,
            best_index=loss_map.best[0],
            verdicts=None if diagnosis.early_stopping else diagnosis.verdicts,
            chosen_epochs=None if diagnosis.early_stopping else diagnosis.chosen_epochs,
            param_name=diagnosis.short_name,
            loss_name=diagnosis.loss_name,
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
        self.figure_ = ax.figure
        places, epochs = places_of(self.alphas), np.arange(1, self.loss.shape[1] + 1)
        self._draw_contours(ax, places, epochs)
        known = self.best_epochs_per_alpha > 0
        (self.ridge_line_,) = ax.plot(
            places[known], self.best_epochs_per_alpha[known], color="white", marker="o", markersize=4,
            linewidth=1, markeredgecolor=EDGE, markeredgewidth=0.8, clip_on=False, zorder=3,
            label=f"best epochs per {plain(self.param_name)}",
        )  # fmt: skip
        best_epochs = int(self.best_epochs_per_alpha[self.best_index])
        on_hover(
            self.ridge_line_,
            [
                f"{self.param_name} {alpha:.3g}: smallest mean test {self.loss_name} "
                f"{written_out(f'{losses[epochs - 1]:.3g}')} after {epochs} epoch{'s' if epochs > 1 else ''}"
                for alpha, losses, epochs in zip(
                    self.alphas[known], self.loss[known], self.best_epochs_per_alpha[known], strict=True
                )
            ],
        )
        (self.best_point_,) = ax.plot(
            places[self.best_index], best_epochs, linestyle="", marker="*", markersize=15, color="white",
            markeredgecolor=EDGE, clip_on=False, zorder=3,
            label=f"best: {plain(self.param_name)} {self.alphas[self.best_index]:.3g}, "
            f"{counted(best_epochs, 'epoch')}",
        )  # fmt: skip
        if self.chosen_epochs is not None and self.chosen_epochs != best_epochs:
            ax.axhline(self.chosen_epochs, color="white", linewidth=1, linestyle=":")
        alpha_axis(ax, self.alphas, self.param_name)
        ax.set_yscale("log")
        ax.set_ylim(1, epochs[-1])
        self._label_epochs(ax, int(epochs[-1]))
        ax.set_ylabel("epochs")
        edges = edges_of(places)
        edges[[0, -1]] = places[[0, -1]]
        ax.set_xlim(edges[0], edges[-1])
        self.zones_, self.hatches_, above = draw_zones(
            ax, edges, self.verdicts, bottom=1.01, height=STRIP, ink=0.8
        )
        legend_below(ax)
        best_alpha = f"{self.param_name} = {self.alphas[self.best_index]:.3g}"
        smallest = written_out(f"{self.loss[self.best_index, best_epochs - 1]:.3g}")
        where = f"{best_alpha} after {counted(best_epochs, 'epoch')}"
        message = f"mean test {self.loss_name}, {smallest}: {where}"
        common = "With as many epochs for all splits: smallest"
        title(ax, f"{'Smallest' if self.verdicts is not None else common} {message}", above=above)
        return self

    def _draw_contours(self, ax: Axes, places: np.ndarray, epochs: np.ndarray) -> None:
        from matplotlib.patches import Rectangle

        smallest, largest = float(np.nanmin(self.loss)), float(np.nanmax(self.loss))
        levels = [smallest * step for step in STEPS if smallest * step < largest]
        levels.append(max(largest, levels[-1] * 1.001))
        colours = pyplot().get_cmap("cividis")(np.linspace(0, 1, len(levels) - 1))
        if np.isnan(self.loss).any():
            blank = Rectangle((0, 0), 1, 1, transform=ax.transAxes, label="not trained so long", **BLANK)
            ax.add_patch(blank)
        self.contours_ = ax.contourf(
            places, epochs, np.ma.masked_invalid(self.loss.T), levels=levels, colors=colours
        )
        self.colorbar_ = self.figure_.colorbar(self.contours_, ax=ax, pad=0.02, spacing="uniform")
        self.colorbar_.set_ticks(levels, labels=[written_out(f"{level:.3g}") for level in levels])
        self.colorbar_.set_label(f"mean test {plain(self.loss_name)}")

    def _label_epochs(self, ax: Axes, most: int) -> None:
        from matplotlib.ticker import FixedLocator, NullLocator

        ticks = [step * 10**power for power in range(7) for step in (1, 2, 5) if step * 10**power <= most]
        ax.yaxis.set_major_locator(FixedLocator(ticks))
        ax.set_yticks(ticks, labels=[f"{tick:,}" for tick in ticks])
        ax.yaxis.set_minor_locator(NullLocator())
