"""Training and held-out loss over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklearn_ridge_nn.display._axes import (
    MARKERS,
    SERIES,
    TEST,
    TRAIN,
    axes_for,
    fitted_network,
    on_hover,
    plain,
)
from sklearn_ridge_nn.evidence import Evidence, mean_curve, turning_epoch, written_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class LossCurveDisplay:
    """Training and held-out loss over the epochs, the turning epoch marked.

    Parameters
    ----------
    train, test : sequence of ndarray of shape (n_epochs,)
        One curve per network or alpha; NaN where there is no value.
    labels : sequence of str
        What each curve is.
    held_out : str, default="test"
        What the held-out rows are: "test" for a split's, "validation" for the hold-out inside one fit.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        The figure.
    train_lines_, test_lines_ : list of matplotlib.lines.Line2D
        The curves.
    turning_epochs_ : list of int or None
        Where each held-out loss was smallest, counted from 1; None where that is the last epoch.
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
    ) -> None:
        self.train, self.test, self.labels, self.held_out = train, test, labels, held_out

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the losses of one fitted estimator, on its training rows and its hold-out.

        Parameters
        ----------
        estimator : RidgeMLPClassifier, RidgeMLPRegressor or Pipeline
            Fitted.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
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
            Where to draw; None makes a figure.

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
            labels=[f"{name} = {diagnosis.alphas[row]:.3g}, {diagnosis.verdicts[row]}" for row in rows],
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
        self.train_lines_: list[Any] = []
        self.test_lines_: list[Any] = []
        self.turning_points_: list[Any] = []
        self.turning_epochs_: list[int | None] = []
        is_single = len(self.train) == 1
        for number, (train, test, label) in enumerate(zip(self.train, self.test, self.labels, strict=True)):
            colours = (TRAIN, TEST) if is_single else (SERIES[number % len(SERIES)],) * 2
            marker, epochs = MARKERS[number % len(MARKERS)], np.arange(1, len(train) + 1)
            prefix = f"{plain(label)}: " if label else ""
            style = {"marker": marker, "markersize": 3.5, "markevery": max(1, len(epochs) // 8)}
            name = f"{prefix}{self.held_out}" if prefix else f"{self.held_out} rows"
            self.train_lines_ += ax.plot(
                epochs,
                train,
                color=colours[0],
                linestyle="--",
                label=None if prefix else "training rows",
                **style,
            )
            self.test_lines_ += ax.plot(epochs, test, color=colours[1], label=name, **style)
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
            self._mark_turn(ax, test, colours[1])
        if not is_single:
            ax.plot([], [], color="0.4", linestyle="--", label="dashed: training rows")
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss without penalty")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend(loc="best", fontsize="small", framealpha=0.85)
        return self

    def _mark_turn(self, ax: Axes, test: np.ndarray, colour: str) -> None:
        turn = turning_epoch(test)
        self.turning_epochs_.append(turn)
        if turn is None:
            return
        lowest = test[turn - 1]
        star: dict[str, Any] = {"marker": "*", "markersize": 13, "markeredgecolor": "black", "zorder": 5}
        self.turning_points_ += ax.plot([turn], [lowest], color=colour, **star)
        ax.annotate(
            f"turns at {turn}", (turn, lowest), xytext=(0, 9), textcoords="offset points", ha="center",
            fontsize="small",
        )  # fmt: skip
