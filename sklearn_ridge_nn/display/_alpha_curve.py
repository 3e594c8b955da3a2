"""Train and test loss over alpha."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklearn_ridge_nn.display._axes import (
    TEST,
    TRAIN,
    alpha_axis,
    alpha_line,
    axes_for,
    draw_zones,
    edges_of,
    places_of,
    plain,
)
from sklearn_ridge_nn.evidence import Evidence, standard_error, written_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class AlphaCurveDisplay:
    """Train and test loss over alpha, with the zones of the verdicts.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        Ascending; 0 is drawn behind a break of the logarithmic axis.
    train, test : ndarray of shape (n_alphas,)
        Means over the splits.
    train_error, test_error : ndarray of shape (n_alphas,)
        Their standard errors, drawn as bands.
    verdicts : sequence of str or None, default=None
        One per alpha; None tints no zones.
    best_alpha, one_se_alpha : float or None, default=None
        Marked by a solid and a dashed line.
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
    train_line_, test_line_ : matplotlib.lines.Line2D
        The curves, alpha = 0 apart.
    bands_ : list of matplotlib.collections.PolyCollection
        One standard error around train and test curve.
    zones_, hatches_ : list of matplotlib.patches.Rectangle
        Tint and hatching, one per run of equal verdicts.
    best_line_, one_se_line_ : matplotlib.lines.Line2D or None
        The marks of the two alphas.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from sklearn_ridge_nn import AlphaCurveDisplay
    >>> display = AlphaCurveDisplay(
    ...     alphas=np.array([0.0, 0.01, 0.1]),
    ...     train=np.array([0.1, 0.2, 0.4]),
    ...     test=np.array([0.5, 0.4, 0.45]),
    ...     train_error=np.full(3, 0.02),
    ...     test_error=np.full(3, 0.03),
    ...     verdicts=["overfit", "good", "good"],
    ... ).plot()
    >>> display.ax_.get_xlabel()
    'alpha'
    >>> plt.close(display.figure_)
    """

    __module__ = "sklearn_ridge_nn"

    def __init__(
        self,
        *,
        alphas: np.ndarray,
        train: np.ndarray,
        test: np.ndarray,
        train_error: np.ndarray,
        test_error: np.ndarray,
        verdicts: Sequence[str] | None = None,
        best_alpha: float | None = None,
        one_se_alpha: float | None = None,
        param_name: str = "alpha",
        ylabel: str = "log loss",
    ) -> None:
        self.alphas = alphas
        self.train, self.test = train, test
        self.train_error, self.test_error = train_error, test_error
        self.verdicts = verdicts
        self.best_alpha, self.one_se_alpha = best_alpha, one_se_alpha
        self.param_name, self.ylabel = param_name, ylabel

    @classmethod
    def from_diagnosis(cls, diagnosis: Evidence, *, quantity: str = "loss", ax: Any = None) -> Self:
        """Draw a diagnosis.

        Parameters
        ----------
        diagnosis : AlphaDiagnosis
            The diagnosis.
        quantity : {"loss", "score"}, default="loss"
            What to draw; verdicts are always those on the loss.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        """
        if quantity not in ("loss", "score"):
            raise ValueError(f"quantity must be 'loss' or 'score'. Got {quantity!r}.")
        parts = [diagnosis.by_split(getattr(diagnosis, f"{part}_{quantity}")) for part in ("train", "test")]
        train_error, test_error = (standard_error(values, diagnosis.test_ratio) for values in parts)
        return cls(
            alphas=diagnosis.alphas,
            train=parts[0].mean(axis=1),
            test=parts[1].mean(axis=1),
            train_error=train_error,
            test_error=test_error,
            verdicts=diagnosis.verdicts,
            best_alpha=diagnosis.best_alpha,
            one_se_alpha=diagnosis.one_se_alpha,
            param_name=diagnosis.short_name,
            ylabel=diagnosis.loss_name if quantity == "loss" else diagnosis.score_name,
        ).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw into some axes, or into a new figure.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        self : object
            The display.
        """
        ax = self.ax_ = axes_for(ax)
        self.figure_ = ax.figure
        places, has_zero = places_of(self.alphas), self.alphas[0] == 0
        self.zones_, self.hatches_ = draw_zones(ax, edges_of(places), self.verdicts)
        self.bands_ = []
        curves = (
            ("train", self.train, self.train_error, TRAIN, "s", "--"),
            ("test", self.test, self.test_error, TEST, "o", "-"),
        )
        for name, mean, error, colour, marker, dashes in curves:
            style = {"color": colour, "marker": marker, "markersize": 4, "linestyle": dashes}
            texts = self._texts(name, mean, error)
            line = alpha_line(ax, places, mean, has_zero, texts, label=f"{name} rows", **style)[0]
            setattr(self, f"{name}_line_", line)
            band = ax.fill_between(places, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
            self.bands_.append(band)
        self.best_line_ = self._mark(ax, self.best_alpha, "best", "-")
        self.one_se_line_ = self._mark(ax, self.one_se_alpha, "one standard error", "--")
        alpha_axis(ax, self.alphas, self.param_name)
        ax.set_ylabel(plain(self.ylabel))
        ax.legend(loc="best", fontsize="small", framealpha=0.85)
        return self

    def _texts(self, name: str, means: np.ndarray, errors: np.ndarray) -> list[str]:
        verdicts = (
            [""] * len(self.alphas) if self.verdicts is None else [f", {word}" for word in self.verdicts]
        )
        return [
            f"{self.param_name} {alpha:.3g}{verdict}: {name} {self.ylabel} "
            f"{written_out(f'{mean:.3g}')} ± {written_out(f'{error:.2g}')}"
            for alpha, verdict, mean, error in zip(self.alphas, verdicts, means, errors, strict=True)
        ]

    def _mark(self, ax: Axes, alpha: float | None, name: str, dashes: str) -> Any:
        if alpha is None:
            return None
        place = places_of(self.alphas)[int(np.flatnonzero(self.alphas == alpha)[0])]
        return ax.axvline(
            place, color="black", linestyle=dashes, linewidth=1, label=f"{name}: {alpha:.3g}", zorder=1
        )
