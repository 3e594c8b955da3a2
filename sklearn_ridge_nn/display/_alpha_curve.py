"""The pictures, in the manner of scikit-learn's Displays: data in the constructor, drawn by ``plot``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklearn_ridge_nn.diagnosis import AlphaDiagnosis
from sklearn_ridge_nn.display._axes import (
    MARKERS,
    SERIES,
    TEST,
    TRAIN,
    ZONES,
    alpha_axis,
    alpha_line,
    axes_for,
    edges_of,
    places_of,
    plain,
    rgb,
    thin_out,
)
from sklearn_ridge_nn.evidence import QUANTILES, mean_curve, standard_error, turning_epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sklearn_ridge_nn.evidence import BiasVariance


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
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import AlphaCurveDisplay, RidgeMLPClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> display = AlphaCurveDisplay.from_estimator(
    ...     RidgeMLPClassifier(random_state=0), scale(X), y, alphas=[0, 1e-3, 1e-1], cv=3
    ... )
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
    def from_diagnosis(cls, diagnosis: AlphaDiagnosis, *, quantity: str = "loss", ax: Any = None) -> Self:
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

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, ax: Any = None, **options: Any) -> Self:
        """Diagnose an estimator and draw it.

        Parameters
        ----------
        estimator, X, y : object
            As `diagnose` takes them.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        **options : dict
            Further arguments of `diagnose`.
        """
        from sklearn_ridge_nn import diagnosis as studies

        return cls.from_diagnosis(studies.diagnose(estimator, X, y, **options), ax=ax)

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
        self.hatches_: list[Any] = []
        self.zones_ = self._draw_zones(ax, places)
        self.bands_ = []
        curves = (
            ("train", self.train, self.train_error, TRAIN, "s", "--"),
            ("test", self.test, self.test_error, TEST, "o", "-"),
        )
        for name, mean, error, colour, marker, dashes in curves:
            style = {"color": colour, "marker": marker, "markersize": 4, "linestyle": dashes}
            line = alpha_line(ax, places, mean, has_zero, label=f"{name} rows", **style)[0]
            setattr(self, f"{name}_line_", line)
            band = ax.fill_between(places, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
            self.bands_.append(band)
        self.best_line_ = self._mark(ax, self.best_alpha, "best", "-")
        self.one_se_line_ = self._mark(ax, self.one_se_alpha, "one standard error", "--")
        alpha_axis(ax, self.alphas, self.param_name)
        ax.set_ylabel(plain(self.ylabel))
        ax.legend(loc="best", fontsize="small", framealpha=0.85)
        return self

    def _draw_zones(self, ax: Axes, places: np.ndarray) -> list[Any]:
        if self.verdicts is None:
            return []
        edges, zones, first = edges_of(places), [], 0
        for end in range(1, len(places) + 1):
            if end < len(places) and self.verdicts[end] == self.verdicts[first]:
                continue
            verdict = self.verdicts[first]
            colour, hatch = ZONES[verdict]
            span = (edges[first], edges[end])
            zones.append(ax.axvspan(*span, facecolor=(*rgb(colour), 0.12), linewidth=0, zorder=0))
            # Apart from the tint, whose opacity would be that of the hatching, too, in SVG.
            lines: dict[str, Any] = {
                "edgecolor": (*rgb(colour), 0.35),
                "hatch": hatch,
                "linewidth": 0,
                "zorder": 0,
            }
            self.hatches_.append(ax.axvspan(*span, facecolor="none", **lines))
            middle = np.sqrt(edges[first] * edges[end])
            width = np.log(edges[end] / edges[first]) / np.log(edges[-1] / edges[0])
            short = {"good": "good", "undetermined": "?"}.get(verdict, f"{verdict[0]}.")
            text = verdict if width > 0.014 * len(verdict) else short
            ax.text(middle, 1.02, text, transform=ax.get_xaxis_transform(), ha="center", fontsize="small")
            first = end
        return zones

    def _mark(self, ax: Axes, alpha: float | None, name: str, dashes: str) -> Any:
        if alpha is None:
            return None
        place = places_of(self.alphas)[int(np.flatnonzero(self.alphas == alpha)[0])]
        return ax.axvline(
            place, color="black", linestyle=dashes, linewidth=1, label=f"{name}: {alpha:.3g}", zorder=1
        )


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
    >>> display = LossCurveDisplay.from_estimator(RidgeMLPClassifier(random_state=0).fit(scale(X), y))
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
        estimator : RidgeMLPClassifier or Pipeline
            Fitted.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        """
        classifier = _fitted_network(estimator)
        history = classifier.history_
        train = history["data_loss"]
        test = history.get("val_data_loss", np.full(len(train), np.nan))
        return cls(train=[train], test=[test], labels=[""], held_out="validation").plot(ax)

    @classmethod
    def from_diagnosis(
        cls, diagnosis: AlphaDiagnosis, *, alphas: Sequence[float] | None = None, ax: Any = None
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
                "This diagnosis has no loss curves. Only sklearn_ridge_nn.diagnose of a RidgeMLPClassifier, "
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
        estimator : RidgeMLPClassifier or Pipeline
            Fitted.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        """
        coefs = _fitted_network(estimator).coefs_
        quantiles = np.array([[np.quantile(coef, QUANTILES) for coef in coefs]])
        norms = np.array([[np.linalg.norm(coef) for coef in coefs]])
        return cls(alphas=np.array([np.nan]), quantiles=quantiles, norms=norms).plot(ax)

    @classmethod
    def from_diagnosis(cls, diagnosis: AlphaDiagnosis) -> Self:
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
                "This diagnosis knows no weights. Only sklearn_ridge_nn.diagnose of a RidgeMLPClassifier, or "
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
            Where to draw; None makes a figure.

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
            above.fill_between(places, low, high, color=TRAIN, alpha=0.2, linewidth=0, label="5 to 95 %")
            above.fill_between(places, lower, upper, color=TRAIN, alpha=0.45, linewidth=0, label="25 to 75 %")
            alpha_line(above, places, middle, has_zero, color="black", linewidth=1, label="median")
            above.set_title(_layer_name(layer, n_layers), fontsize="medium")
            style = {"color": TEST, "marker": "o", "markersize": 3}
            self.norm_lines_ += alpha_line(below, places, self.norms[:, layer], has_zero, **style)[:1]
            below.set_ylim(0, 1.08 * np.nanmax(self.norms))
            alpha_axis(below, self.alphas, self.param_name)
            below.tick_params(axis="x", labelsize="small")
        for tick in axes[1]:
            thin_out(tick)
        axes[0, 0].set_ylabel("weights")
        axes[1, 0].set_ylabel("norm")
        axes[0, 0].legend(loc="upper right", fontsize="x-small", framealpha=0.85)
        return self

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
        ax.bxp(boxes, showfliers=False, medianprops={"color": TEST})
        ax.set_ylabel("weights (5 to 95 %, 25 to 75 %, median)")
        ax.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        return self


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Return means over the fits, (n_alphas, n_fits, ...) to (n_alphas, ...); NaN where all failed."""
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    means = np.where(known, values, 0).sum(axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, means, np.nan)


def _layer_name(layer: int, n_layers: int) -> str:
    return "output" if layer == n_layers - 1 else f"hidden {layer + 1}"


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
    def from_decomposition(cls, result: BiasVariance, *, loss: str = "log_loss", ax: Any = None) -> Self:
        """Draw what `bias_variance` returns.

        Parameters
        ----------
        result : BiasVariance
            The decomposition.
        loss : {"log_loss", "zero_one"}, default="log_loss"
            Which loss.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        """
        if loss not in ("log_loss", "zero_one"):
            raise ValueError(f"loss must be 'log_loss' or 'zero_one'. Got {loss!r}.")
        prefix = loss.removesuffix("_loss")
        return cls(
            alphas=result.alphas,
            loss=getattr(result, f"{prefix}_loss"),
            bias=getattr(result, f"{prefix}_bias"),
            variance=getattr(result, f"{prefix}_variance"),
            param_name=result.param_name.rpartition("__")[2],
            ylabel="log loss" if loss == "log_loss" else "0-1 loss",
        ).plot(ax)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, loss: str = "log_loss", ax: Any = None, **options: Any
    ) -> Self:
        """Decompose the loss of an estimator and draw it.

        Parameters
        ----------
        estimator, X, y : object
            As `bias_variance` takes them.
        loss : {"log_loss", "zero_one"}, default="log_loss"
            Which loss.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.
        **options : dict
            Further arguments of `bias_variance`.
        """
        from sklearn_ridge_nn import diagnosis as resampling

        return cls.from_decomposition(resampling.bias_variance(estimator, X, y, **options), loss=loss, ax=ax)

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
        self.figure_, self.lines_ = ax.figure, {}
        places, has_zero = places_of(self.alphas), self.alphas[0] == 0
        styles = (("loss", "black", "o", "-"), ("bias", TRAIN, "s", "--"), ("variance", TEST, "^", "-."))
        for name, colour, marker, dashes in styles:
            style = {"color": colour, "marker": marker, "markersize": 4, "linestyle": dashes}
            label = "loss = bias + variance" if name == "loss" else name
            self.lines_[name] = alpha_line(ax, places, getattr(self, name), has_zero, label=label, **style)[0]
        alpha_axis(ax, self.alphas, self.param_name)
        ax.set_ylabel(plain(self.ylabel))
        ax.legend(loc="best", fontsize="small", framealpha=0.85)
        return self


def _fitted_network(estimator: Any) -> Any:
    """Return the fitted classifier at the end of an estimator.

    Raises
    ------
    ValueError
        If there is none.
    """
    last = estimator
    while hasattr(last, "steps") or hasattr(last, "best_estimator_"):
        last = last.steps[-1][1] if hasattr(last, "steps") else last.best_estimator_
    if not hasattr(last, "history_") or not hasattr(last, "coefs_"):
        raise ValueError(
            "estimator must be a fitted RidgeMLPClassifier, or a fitted Pipeline or search that ends in "
            f"one. Got {estimator!r}. Call its fit first."
        )
    return last
