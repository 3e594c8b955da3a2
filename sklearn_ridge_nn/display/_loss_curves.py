"""Training and held-out loss over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklearn_ridge_nn.display._annotations import scale_losses
from sklearn_ridge_nn.display._axes import (
    MARKERS,
    axes_for,
    colours_of,
    fitted_network,
    legend_below,
    on_hover,
    plain,
    title,
)
from sklearn_ridge_nn.evidence import (
    Evidence,
    counted,
    mean_curve,
    sure_turn,
    turning_epoch,
    written_out,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


#: Curves that differ by no more than this share of what all of them span cannot be told apart.
COINCIDE = 0.01


#: So many turns are named in a title.
MOST_NAMED = 2
#: Share of its minimum by which a loss has to rise to be seen to rise.
SEEN = 0.02


class LossCurveDisplay:
    """Training and held-out loss over the epochs.

    A star marks where the held-out loss turns upwards. Of a diagnosis that is an epoch after which the loss
    surely rises, by the test of the finding ``diverging-curves``. A single hold-out tells no chance from a
    turn, so the star of one estimator marks no more than the smallest loss. The axis is logarithmic where one
    value would squeeze the others together.

    Parameters
    ----------
    train, test : sequence of ndarray of shape (n_epochs,)
        One curve per network or alpha; NaN where there is no value.
    labels : sequence of str
        What each curve is.
    held_out : str, default="test"
        What the held-out rows are: "test" for a split's, "validation" for the hold-out inside one fit.
    turning_epochs : sequence of int or None, default=None
        Where each held-out loss surely turns, counted from 1. None marks the smallest losses.
    loss_name : str, default="loss"
        Name of the y-axis.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure.
    train_lines_, test_lines_ : list of matplotlib.lines.Line2D
        The curves.
    turning_epochs_ : list of int or None
        The epochs that have a star; None where the curve has none.
    turning_points_ : list of matplotlib.lines.Line2D
        Their marks.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import LossCurveDisplay, RidgeMLPClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> display = LossCurveDisplay.from_estimator(RidgeMLPClassifier(epochs=15).fit(scale(X), y))
    >>> [len(line.get_xdata()) for line in display.train_lines_]
    [15]
    >>> plt.close(display.figure_)
    """

    __module__ = "sklearn_ridge_nn"

    def __init__(
        self,
        *,
        train: Sequence[np.ndarray],
        test: Sequence[np.ndarray],
        labels: Sequence[str],
        held_out: str = "test",
        turning_epochs: Sequence[int | None] | None = None,
        loss_name: str = "loss",
    ) -> None:
        self.train, self.test, self.labels, self.held_out = train, test, labels, held_out
        self.turning_epochs, self.loss_name = turning_epochs, loss_name

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the losses of one fitted estimator, on its training rows and its hold-out.

        Parameters
        ----------
        estimator : RidgeMLPClassifier, RidgeMLPRegressor or Pipeline
            Fitted.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.
        """
        classifier = fitted_network(estimator)
        history = classifier.history_
        train = history["data_loss"]
        test = history.get("val_data_loss", np.full(len(train), np.nan))
        return cls(train=[train], test=[test], labels=[""], held_out="validation").plot(ax)

    @classmethod
    def from_diagnosis(
        cls, diagnosis: Evidence, *, alphas: Sequence[float] | None = None, ax: Any = None
    ) -> Self:
        """Draw the mean losses of some alphas of a diagnosis, on training and test rows.

        Parameters
        ----------
        diagnosis : AlphaDiagnosis
            One with loss curves.
        alphas : sequence of float, default=None
            Which ones. None takes the smallest, the best and the largest.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.

        Raises
        ------
        ValueError
            If the diagnosis has no loss curves or no such alpha.
        """
        if diagnosis.test_loss_curve is None or diagnosis.train_loss_curve is None:
            raise ValueError(
                "This diagnosis has no loss curves. Only sklearn_ridge_nn.diagnose of a network of ours, "
                "or of a Pipeline that ends in one, has them."
            )
        trained = diagnosis.alphas[~np.isnan(diagnosis.test_loss).all(axis=1)]
        chosen = [trained[0], diagnosis.best_alpha, trained[-1]] if alphas is None else alphas
        rows = []
        for alpha in sorted(set(map(float, chosen))):
            close = np.flatnonzero(np.isclose(diagnosis.alphas, alpha, rtol=1e-6, atol=0))
            if not len(close):
                known = ", ".join(f"{value:.3g}" for value in diagnosis.alphas)
                raise ValueError(f"alphas holds {alpha!r}, which was not diagnosed. Choose from {known}.")
            rows.append(int(close[0]))
        name = diagnosis.short_name
        return cls(
            train=[mean_curve(diagnosis.train_loss_curve[row]) for row in rows],
            test=[mean_curve(diagnosis.test_loss_curve[row]) for row in rows],
            labels=[f"{name} = {diagnosis.alphas[row]:.3g}" for row in rows],
            turning_epochs=[None if diagnosis.early_stopping else sure_turn(diagnosis, row) for row in rows],
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
        self.train_lines_: list[Any] = []
        self.test_lines_: list[Any] = []
        self.turning_points_: list[Any] = []
        self.turning_epochs_ = self._turns()
        parts = zip(self.train, self.test, self.labels, self.turning_epochs_, strict=True)
        for number, (train, test, label, turn) in enumerate(parts):
            self._draw_pair(ax, number, train, test, f"{label}{self._like(number)}")
            if turn is not None:
                self._mark_turn(ax, turn, test, self.test_lines_[-1].get_color())
        if len(self.train) > 1:
            ax.plot([], [], color="black", linestyle="--", label="dashed: training rows")
            ax.plot([], [], color="black", label=f"solid: {self.held_out} rows")
        ax.set_xlabel("epoch")
        ax.set_ylabel(f"{plain(self.loss_name)} without penalty")
        ax.xaxis.get_major_locator().set_params(integer=True)
        held_out = np.concatenate([np.ravel(curve) for curve in self.test])
        train_losses = np.concatenate([np.ravel(curve) for curve in self.train])
        if not np.isfinite(held_out).any():
            held_out = train_losses
        if scale_losses(ax, list(held_out), list(train_losses)):
            ax.plot([], [], linestyle="", label="training losses go on below the axis")
        legend_below(ax, n_columns=min(3, max(2, len(self.train))))
        title(ax, self._message())
        return self

    def _like(self, number: int) -> str:
        """Return which earlier network has the same curves, if one has: the later one covers it."""
        known = np.concatenate([np.ravel(curve) for curve in (*self.train, *self.test)])
        least = COINCIDE * (np.nanmax(known) - np.nanmin(known)) if np.isfinite(known).any() else 0.0
        for earlier in range(number):
            apart = [
                np.abs(np.subtract(curves[number], curves[earlier]))
                for curves in (self.train, self.test)
                if np.shape(curves[number]) == np.shape(curves[earlier])
            ]
            if len(apart) == 2 and all(np.nanmax(gap, initial=0) <= least for gap in apart):
                return f", like {self.labels[earlier].rpartition('= ')[2]}"
        return ""

    def _turns(self) -> list[int | None]:
        """Return where each held-out loss turns, or where it is smallest if that is not known."""
        if self.turning_epochs is None:
            return [turning_epoch(np.asarray(curve, float)) for curve in self.test]
        return list(self.turning_epochs)

    def _draw_pair(self, ax: Axes, number: int, train: np.ndarray, test: np.ndarray, label: str) -> None:
        """Draw the curves of one network; earlier ones are wider, and so are seen below later ones."""
        n_networks = len(self.train)
        colour = "black" if n_networks == 1 else colours_of(n_networks)[number]
        epochs = np.arange(1, len(train) + 1)
        style: dict[str, Any] = {
            "color": colour, "marker": MARKERS[number % len(MARKERS)], "markersize": 3.5,
            "markevery": max(1, len(epochs) // 8), "linewidth": 1.4 + 0.8 * (n_networks - 1 - number),
        }  # fmt: skip
        names = (None, plain(label)) if label else ("training rows", f"{self.held_out} rows")
        self.train_lines_ += ax.plot(
            epochs, train, linestyle="--", label=names[0], markerfacecolor="none", **style
        )
        self.test_lines_ += ax.plot(epochs, test, label=names[1], **style)
        for part, line, curve in (
            ("training", self.train_lines_[-1], train),
            (self.held_out, self.test_lines_[-1], test),
        ):
            shown = slice(None, None, style["markevery"])
            before = f"{label}, " if label else ""
            texts = [
                f"{before}epoch {epoch}: loss {written_out(f'{loss:.3g}')} on {part} rows"
                for epoch, loss in zip(epochs[shown], curve[shown], strict=True)
            ]
            on_hover(line, texts)

    def _mark_turn(self, ax: Axes, turn: int, test: np.ndarray, colour: str) -> None:
        star: dict[str, Any] = {"marker": "*", "markersize": 13, "markeredgecolor": "black", "zorder": 5}
        is_first = turn not in [int(star.get_xdata()[0]) for star in self.turning_points_]
        self.turning_points_ += ax.plot([turn], [test[turn - 1]], color=colour, **star)
        if not is_first:  # it would be written upon itself
            return
        ax.annotate(
            f"{'lowest' if self.turning_epochs is None else 'turns'} at {turn}", (turn, test[turn - 1]),
            xytext=(0, 9), textcoords="offset points", ha="center", fontsize="small",
        )  # fmt: skip

    def _message(self) -> str:
        """Return in a sentence which losses turn."""
        if self.turning_epochs is not None:
            turned = [
                f"at epoch {turn} with {label}"
                for turn, label in zip(self.turning_epochs, self.labels, strict=True)
                if turn is not None
            ]
            if len(turned) > MOST_NAMED:
                return f"{len(turned)} of {len(self.test)} {self.held_out} losses turn"
            if turned:
                return f"The {self.held_out} loss turns {' and '.join(turned)}"
            if any(_seems_to_rise(np.asarray(curve, float)) for curve in self.test):
                return f"That a {self.held_out} loss rises again may be chance"
            return f"No {self.held_out} loss rises again"
        (turn, *others) = self.turning_epochs_
        if others or not np.isfinite(self.test[0]).any():
            return f"Losses on training and {self.held_out} rows" if others else "Loss on training rows"
        known = int(np.isfinite(self.test[0]).sum())
        if turn is None:
            return f"The {self.held_out} loss is smallest at the end, after {counted(known, 'epoch')}"
        return f"The {self.held_out} loss is smallest after {turn} of {counted(known, 'epoch')}"


def _seems_to_rise(curve: np.ndarray) -> bool:
    """Return whether a curve ends visibly above its minimum."""
    known = curve[np.isfinite(curve)]
    return bool(len(known)) and bool(known[-1] > known.min() + SEEN * abs(known.min()))
