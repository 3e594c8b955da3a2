"""What stands beside the curves of a picture: lines to compare with, a bracket, an axis above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sklearn_ridge_nn.display._axes import GREY, LABEL_POINTS, height_of, label_places, places_of, plain
from sklearn_ridge_nn.evidence import written_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Share of the width beyond which words stand left of what they are of.
RIGHT = 0.8
#: Share of the width up to which there is no room left of it for words.
LEFT = 0.2
#: How far below the smallest test loss a logarithmic axis goes down to a train loss.
LOWEST = 100
#: Share of an axis in which half of the values have too little room.
SQUEEZED = 0.1
#: Times the smallest value up to which an axis squeezes nothing.
LITTLE = 3
#: Powers of ten of an axis that has room for numbers between them.
FEW_POWERS = 1.5


def is_squeezed(values: Sequence[float] | np.ndarray) -> bool:
    """Return whether half of some positive values lie in the lowest tenth of an axis that is linear.

    Examples
    --------
    >>> is_squeezed([1.0, 1.1, 1.2, 9.0]), is_squeezed([1.0, 2.0, 3.0, 9.0])
    (True, False)
    """
    known = np.sort(np.asarray(values, float)[np.isfinite(values)])
    if len(known) < 3 or known[0] <= 0 or known[-1] < LITTLE * known[0]:
        return False
    return bool((np.median(known) - known[0]) / (known[-1] - known[0]) < SQUEEZED)


def scale_losses(ax: Axes, held_out: Sequence[float], train: Sequence[float]) -> bool:
    """Make the axis of losses logarithmic where a held-out one squeezes the others.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    held_out, train : sequence of float
        What is drawn; NaN is not.

    Returns
    -------
    bool
        Whether some train losses lie below the axis, which ends at a hundredth of the smallest held-out one.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    known = [value for value in (*held_out, *train) if np.isfinite(value)]
    if not known or min(known) <= 0 or not is_squeezed(held_out):
        return False
    bottom, top = max(min(known), float(np.nanmin(held_out)) / LOWEST), max(known)
    ax.set_yscale("log")
    ax.set_ylim(bottom / 1.3, top * 1.3)
    decimals = FuncFormatter(lambda value, _: written_out(f"{value:.3g}"))
    ax.yaxis.set_major_formatter(decimals)
    has_room = np.log10(top / bottom) < FEW_POWERS
    ax.yaxis.set_minor_formatter(FuncFormatter(_some_decimals) if has_room else NullFormatter())
    return min(known) < bottom


def _some_decimals(value: float, _: int | None = None) -> str:
    """Return 2 and 5 times a power of ten."""
    return written_out(f"{value:.3g}") if f"{value:e}"[0] in "25" else ""


def draw_references(ax: Axes, references: Mapping[str, float]) -> list[Any]:
    """Draw a grey line at each value, with its name at the right.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        They are made to hold all values, and then keep their limits.
    references : mapping of str to float

    Returns
    -------
    list of matplotlib.lines.Line2D
    """
    lines = [ax.axhline(value, color=GREY, linewidth=0.9, zorder=1) for value in references.values()]
    ax.set_ylim(ax.get_ylim())
    to_axes = ax.transAxes.inverted()
    heights = {
        name: float(to_axes.transform(ax.transData.transform((1, value)))[1]) * height_of(ax)
        for name, value in references.items()
    }
    for name, height in _spread(heights, LABEL_POINTS).items():
        ax.annotate(
            plain(name), (1, heights[name] / height_of(ax)), xycoords="axes fraction",
            xytext=(5, height - heights[name]), textcoords="offset points", va="center", fontsize="small",
            annotation_clip=False,
        )  # fmt: skip
    return lines


def _spread(heights: Mapping[str, float], apart: float) -> dict[str, float]:
    """Return heights that are at least so far apart, in the same order, near where they were."""
    ordered = sorted(heights, key=lambda name: heights[name])
    groups: list[tuple[list[str], float]] = []  # names, and the middle of their labels
    for name in ordered:
        groups.append(([name], heights[name]))
        while len(groups) > 1:
            (below, low), (above, high) = groups[-2:]
            if high - low >= apart * (len(below) + len(above)) / 2:
                break
            names = below + above
            groups[-2:] = [(names, sum(heights[one] for one in names) / len(names))]
    return {
        name: middle + apart * (place - (len(names) - 1) / 2)
        for names, middle in groups
        for place, name in enumerate(names)
    }


def draw_gap(ax: Axes, best: float, place: float, low: float, high: float, text: str) -> None:
    """Draw a bracket between the train and the test loss of an alpha.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    best : float
        Where the alpha is.
    place : float
        Where the bracket is drawn, right of it.
    low, high : float
        The losses.
    text : str
        Written left of the alpha, where the curves are further apart, if there is room.
    """
    if not np.isfinite([low, high]).all() or low == high:
        return
    bottom = max(low, ax.get_ylim()[0])
    ends: dict[str, Any] = {"arrowstyle": "<->", "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (place, bottom), (place, high), arrowprops=ends)
    to_axes = ax.transData + ax.transAxes.inverted()
    (x, lower), (_, upper) = (to_axes.transform((place, loss)) for loss in (bottom, high))
    has_height = (upper - lower) * height_of(ax) > 2 * LABEL_POINTS
    middle = (lower + upper) / 2
    words: dict[str, Any] = {"xy": (x, lower), "xytext": (6 if x > RIGHT else -6, -4), "va": "top"}
    words["ha"] = "right" if x > RIGHT else "left"
    if has_height and x > LEFT:
        beside = float(to_axes.transform((best, high))[0])
        words = {"xy": (beside, middle), "xytext": (-5, 0), "va": "center", "ha": "right"}
    elif has_height:
        words = {"xy": (x, middle), "xytext": (5, 0), "va": "center", "ha": "left"}
    ax.annotate(text, xycoords="axes fraction", textcoords="offset points", fontsize="small", **words)


def norm_axis(ax: Axes, alphas: np.ndarray, norms: np.ndarray, above: float) -> None:
    """Write the norms of the penalised weights above the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    alphas, norms : ndarray of shape (n_alphas,)
    above : float
        Points that are taken above the axes already.
    """
    places = places_of(alphas)
    step = max(1, -(-len(places) // 10))
    shown = {
        place: f"{norm:.2g}"
        for place, norm in zip(places[::step], norms[::step], strict=True)
        if np.isfinite(norm)
    }
    axis = ax.secondary_xaxis(1 + (above + 3) / height_of(ax))
    axis.spines["top"].set_visible(False)
    axis.tick_params(axis="x", length=0, labelsize="small", pad=1)
    label_places(axis.xaxis, shown)
    axis.set_xlabel("norm of the penalised weights", fontsize="small", labelpad=4)
