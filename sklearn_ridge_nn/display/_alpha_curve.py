"""Train and test loss over alpha."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklearn_ridge_nn.display._annotations import draw_gap, draw_references, norm_axis, scale_losses
from sklearn_ridge_nn.display._axes import (
    alpha_axis,
    alpha_line,
    axes_for,
    draw_zones,
    edges_of,
    legend_below,
    places_of,
    plain,
    title,
)
from sklearn_ridge_nn.evidence import Evidence, standard_error, written_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class AlphaCurveDisplay:
    """Train and test loss over alpha, with the zones of the verdicts.

    The axis is logarithmic where one value would squeeze the others together.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        Ascending; 0 is drawn behind a break of the logarithmic axis.
    train, test : ndarray of shape (n_alphas,)
        Means over the splits.
    train_error, test_error : ndarray of shape (n_alphas,)
        Their standard errors, drawn as pale bands.
    verdicts : sequence of str or None, default=None
        One per alpha; None tints no zones.
    best_alpha, one_se_alpha : float or None, default=None
        Marked by a solid and a dashed line.
    param_name : str, default="alpha"
        Name of the x-axis.
    ylabel : str, default="log loss"
        Name of the y-axis.
    difference_error : ndarray of shape (n_alphas,) or None, default=None
        Standard errors of the differences to the best test loss, which verdicts rest on. Drawn as a dark band
        around the test loss.
    references : mapping of str to float or None, default=None
        Test losses to compare with, such as that of guessing, by their names: grey lines.
    weight_norm : ndarray of shape (n_alphas,) or None, default=None
        Norms of the penalised weights, on an axis above.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure.
    train_line_, test_line_ : matplotlib.lines.Line2D
        The curves, alpha = 0 apart.
    bands_ : list of matplotlib.collections.PolyCollection
        One standard error around train and test curve, and that of the difference if it is known.
    zones_, hatches_ : list of matplotlib.patches.Rectangle
        Tint and hatching, one per run of equal verdicts.
    best_line_, one_se_line_ : matplotlib.lines.Line2D or None
        The marks of the two alphas.
    reference_lines_ : list of matplotlib.lines.Line2D
        The losses to compare with.

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
        difference_error: np.ndarray | None = None,
        references: Mapping[str, float] | None = None,
        weight_norm: np.ndarray | None = None,
    ) -> None:
        self.alphas = alphas
        self.train, self.test = train, test
        self.train_error, self.test_error = train_error, test_error
        self.verdicts = verdicts
        self.best_alpha, self.one_se_alpha = best_alpha, one_se_alpha
        self.param_name, self.ylabel = param_name, ylabel
        self.difference_error, self.references = difference_error, references
        self.weight_norm = weight_norm

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
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.
        """
        if quantity not in ("loss", "score"):
            raise ValueError(f"quantity must be 'loss' or 'score'. Got {quantity!r}.")
        parts = [diagnosis.by_split(getattr(diagnosis, f"{part}_{quantity}")) for part in ("train", "test")]
        train_error, test_error = (standard_error(values, diagnosis.test_ratio) for values in parts)
        differences = parts[1] - parts[1][diagnosis.best_index]
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
            difference_error=standard_error(differences, diagnosis.test_ratio),
            references=_references(diagnosis, quantity),
            weight_norm=diagnosis.penalized_norm,
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
        places = places_of(self.alphas)
        self.bands_: list[Any] = []
        self.train_line_, self.test_line_ = self._draw_curves(ax, places)
        alpha_axis(ax, self.alphas, self.param_name)
        references = {} if self.references is None else self.references
        if scale_losses(ax, [*self.test, *references.values()], list(self.train)):
            self.train_line_.set_label("training rows (in part below the axis)")
        self.reference_lines_ = draw_references(ax, references)
        edges = edges_of(places)
        self.zones_, self.hatches_, above = draw_zones(ax, edges, self.verdicts)
        self.best_line_ = self._mark(ax, self.best_alpha, "best", "-")
        self.one_se_line_ = self._mark(ax, self.one_se_alpha, "1 SE", "--")
        if self.best_alpha is not None:
            self._draw_gap(ax, edges)
        if self.weight_norm is not None:
            norm_axis(ax, self.alphas, self.weight_norm, above)
        ax.set_ylabel(plain(self.ylabel))
        legend_below(ax)
        if self.verdicts is not None:
            title(ax, _message(self.alphas, self.verdicts, self.param_name), above=above)
        return self

    def _draw_curves(self, ax: Axes, places: np.ndarray) -> list[Any]:
        has_zero, lines = self.alphas[0] == 0, []
        looks: dict[str, dict[str, Any]] = {
            "train": {"label": "training rows", "linestyle": "--", "markerfacecolor": "none"},
            "test": {"label": "test rows", "linestyle": "-"},
        }
        for part, look in looks.items():
            mean, error = getattr(self, part), getattr(self, f"{part}_error")
            style = {"color": "black", "marker": "o", "markersize": 4, **look}
            lines += alpha_line(ax, places, mean, has_zero, self._texts(part, mean, error), **style)[:1]
            label = "one standard error of the mean" if part == "test" else None
            self._band(ax, places, mean, error, 0.12, label)
        if self.difference_error is not None:
            label = f"one standard error of the difference to the best {plain(self.param_name)}"
            self._band(ax, places, self.test, self.difference_error, 0.3, label)
        return lines

    def _band(
        self, ax: Axes, places: np.ndarray, mean: np.ndarray, error: np.ndarray, opacity: float,
        label: str | None,
    ) -> None:  # fmt: skip
        look: dict[str, Any] = {"color": "black", "alpha": opacity, "linewidth": 0}
        self.bands_.append(ax.fill_between(places, mean - error, mean + error, label=label, **look))

    def _draw_gap(self, ax: Axes, edges: np.ndarray) -> None:
        best = int(np.flatnonzero(self.alphas == self.best_alpha)[0])
        at_best = float(places_of(self.alphas)[best])
        place = float(np.sqrt(at_best * edges[best + 1]))
        gap = self.test[best] - self.train[best]
        draw_gap(ax, at_best, place, self.train[best], self.test[best], f"gap {written_out(f'{gap:.2g}')}")

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
        """Draw a line at an alpha, its name at the top."""
        if alpha is None:
            return None
        place = places_of(self.alphas)[int(np.flatnonzero(self.alphas == alpha)[0])]
        is_both = alpha == self.best_alpha == self.one_se_alpha
        if not (is_both and name == "1 SE"):
            text = f"{'best, 1 SE' if is_both else name}: {alpha:.3g}"
            ax.annotate(
                text, (place, 1), xycoords=ax.get_xaxis_transform(), xytext=(-3, -4),
                textcoords="offset points", rotation=90, ha="right", va="top", fontsize="small",
            )  # fmt: skip
        return ax.axvline(place, color="black", linestyle=dashes, linewidth=1, zorder=1)


def _message(alphas: np.ndarray, verdicts: Sequence[str], name: str) -> str:
    """Return in a sentence which alphas do as well as the best one.

    Examples
    --------
    >>> import numpy as np
    >>> _message(np.array([0, 0.1, 1]), ["overfit", "good", "good"], "alpha")
    'alpha from 0.1 to 1 does as well as the best'
    >>> _message(np.array([0, 0.1, 1]), ["overfit", "good", "undetermined"], "alpha")
    'alpha = 0.1 has the smallest loss; whether another does as well is undetermined'
    """
    good = np.flatnonzero([verdict == "good" for verdict in verdicts])
    if not len(good):
        return f"No {name} has a loss on every split"
    low, high = (f"{alphas[place]:.3g}" for place in good[[0, -1]])
    if len(good) == len(alphas):
        return f"No {name} from {low} to {high} is measurably better than the others"
    if len(good) == 1 and "undetermined" in verdicts:
        return f"{name} = {low} has the smallest loss; whether another does as well is undetermined"
    if len(good) == 1:
        return f"{name} = {low} has the smallest loss; no other does as well"
    if len(good) <= good[-1] - good[0]:  # others lie between them
        return f"{len(good)} values of {name} do as well as the best"
    return f"{name} {f'up to {high}' if good[0] == 0 else f'from {low} to {high}'} does as well as the best"


def _references(diagnosis: Evidence, quantity: str) -> dict[str, float]:
    """Return the mean losses or scores of guessing and of other estimators."""
    if quantity == "loss":
        return diagnosis.reference_losses
    results = diagnosis.trial_results("yardstick")
    return {result.trial.name: result.score for result in results if np.isfinite(result.score)}
