"""What all pictures share: colours, the axis of alphas with its 0, files.

There are two palettes, and nothing has a colour of both. Verdicts have the colours of Okabe and Ito (2008),
which the colour-blind can tell apart, and hatching. Alphas have a ramp of purple, which is one of grey, too:
the stronger the penalty, the darker. Lines are solid on held-out rows and dashed on training rows.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from sklearn_ridge_nn._extras import required

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

#: Where a line keeps the texts of its points, and how an SVG writes a marker.
_TEXTS = "_ridge_texts"
_MARKER = re.compile(r'<use xlink:href="#[^"]+" x="([^"]+)" y="([^"]+)"[^>]*/>')
#: Each is at least three times as bright or as dark as white paper; `as_svg` lets a dark page reverse them.
RAMP = ("#c56bb4", "#a94fa8", "#8a2f9e", "#6f2389", "#55196f", "#3b0f57")
PURPLE = RAMP[2]
#: Lines that are there to compare with: of middle brightness, for light and dark pages.
GREY = "#777777"
MARKERS = "osD^vP"
#: Inches of a figure, and points that a letter of its title takes.
SIZE = (7.2, 4.6)
TITLE_POINTS = 5.6
#: Points that a line of labels takes.
LABEL_POINTS = 11
#: Points that the numbers and the name below an axis take.
NAME_POINTS = 33
#: Colour and hatching of each verdict's zone.
ZONES = {
    "overfit": ("#D55E00", "//"),
    "good": ("#009E73", ""),
    "underfit": ("#0072B2", "\\\\"),
    "undetermined": ("#888888", ".."),
}
#: What is written above a zone: a good alpha is not yet a good network.
BEST_WORDS, SHORT_BEST_WORDS = "as good as the best", "as good"


def pyplot() -> ModuleType:
    """Return matplotlib's pyplot.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    return required("matplotlib.pyplot", "Drawing", "plot")


def use_files_only(path: str | None = None) -> None:
    """Draw into files, without a screen, and raise if one of that kind cannot be drawn.

    Parameters
    ----------
    path : str, default=None
        The file to be drawn.

    Raises
    ------
    ValueError
        If matplotlib cannot write files of its kind.
    """
    pyplot().switch_backend("agg")
    from matplotlib.backend_bases import FigureCanvasBase

    kinds = FigureCanvasBase.get_supported_filetypes()
    if path and path.rpartition(".")[2].lower() not in kinds:
        raise ValueError(f"{path!r}: pictures can be of the kinds {', '.join(sorted(kinds))}.")


def as_svg(figure: Any, salt: str) -> str:
    """Return a figure as an SVG element that takes its ink from the page, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    salt : str
        Keeps the ids of several figures on a page apart.
    """
    plt = pyplot()
    hovering = figure.findobj(lambda artist: hasattr(artist, _TEXTS))
    for number, line in enumerate(hovering):
        line.set_gid(f"{salt}-points-{number}")
    for legend in (*figure.legends, *(ax.get_legend() for ax in figure.axes)):
        if legend is not None and legend.get_frame().get_facecolor()[:3] == (1, 1, 1):
            legend.get_frame().set_facecolor("none")  # white would hide the text of a dark page
    buffer = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg ") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for line in hovering:
        svg = _with_titles(svg, line.get_gid(), getattr(line, _TEXTS))
    for number, colour in enumerate(RAMP):
        svg = svg.replace(colour, f"var(--alpha-{number}, {colour})")
    # matplotlib leaves out the fill of what is filled with black, such as bands
    return svg.replace("#000000", "currentColor").replace("<svg ", '<svg fill="currentColor" ', 1)


def on_hover(line: Any, texts: Sequence[str]) -> None:
    """Give the points of a line, those that have a marker, what an SVG shows when a pointer rests on them.

    Parameters
    ----------
    line : matplotlib.lines.Line2D
    texts : sequence of str
        One for each marker; points that are not finite have none.
    """
    values = np.asarray(line.get_ydata(), float)[:: line.get_markevery()]
    shown = [text for text, value in zip(texts, values, strict=True) if np.isfinite(value)]
    setattr(line, _TEXTS, shown)


def _with_titles(svg: str, group: str, texts: Sequence[str]) -> str:
    """Put a disc with a title over each marker of a group; its markers are small to aim at."""
    start = svg.index(f'<g id="{group}">')
    end = svg.find('<g id="', start + 1)
    markers = list(_MARKER.finditer(svg, start, end if end > 0 else len(svg)))
    if len(markers) != len(texts):  # some lie outside of the axes, and there is no telling which
        return svg
    parts, done = [], 0
    for marker, text in zip(markers, texts, strict=True):
        parts += [
            svg[done : marker.end()],
            f'<circle cx="{marker[1]}" cy="{marker[2]}" r="8" fill="none" pointer-events="all">'
            f"<title>{escape(text)}</title></circle>",
        ]
        done = marker.end()
    return "".join([*parts, svg[done:]])


def axes_for(ax: Axes | None, n_columns: int = 1, n_rows: int = 1, **options: Any) -> Any:
    """Return the axes given, or those of a new figure."""
    if ax is not None:
        return ax
    _, axes = pyplot().subplots(n_rows, n_columns, figsize=SIZE, layout="constrained", **options)
    return axes


def colours_of(n_lines: int) -> list[str]:
    """Return a colour for each line, spread over the ramp; the ramp again where there are more."""
    if n_lines > len(RAMP):
        return [RAMP[number % len(RAMP)] for number in range(n_lines)]
    return [RAMP[place] for place in np.linspace(0, len(RAMP) - 1, n_lines).round().astype(int)]


def title(ax: Axes, message: str, *, above: float = 0) -> None:
    """Write above a picture what it says; ``ax.set_title`` replaces it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    message : str
        Wrapped to the width of the axes.
    above : float, default=0
        Points that are taken above the axes.
    """
    place = ax.get_subplotspec()
    if place is None:
        width = ax.get_window_extent().width / ax.figure.dpi * 72
    else:
        inches = ax.figure.get_figure(root=True).get_size_inches()[0]
        width = 72 * inches * 0.88 / place.get_gridspec().ncols
    lines = textwrap.wrap(plain(message), max(20, int(width / TITLE_POINTS)))
    ax.set_title("\n".join(lines), fontsize="medium", fontweight="bold")
    if above:
        _keep_clear(ax, above)


def _keep_clear(ax: Axes, above: float) -> None:
    """Keep so many points above the axes clear of any title, the one that a user may set later, too.

    Matplotlib moves titles above what belongs to the axes: here other axes that are not drawn.
    """
    from matplotlib.transforms import ScaledTranslation

    scale = ax.figure.get_figure(root=True).dpi_scale_trans
    higher = ax.transAxes + ScaledTranslation(0, above / 72, scale)
    ax.inset_axes((0, 1, 1, 1e-3), transform=higher).set_visible(False)


def legend_below(ax: Axes, n_columns: int = 2) -> None:
    """Put the legend below the axes and their name, where it covers nothing."""
    from matplotlib.transforms import ScaledTranslation

    scale = ax.figure.get_figure(root=True).dpi_scale_trans
    below = ax.transAxes + ScaledTranslation(0, -NAME_POINTS / 72, scale)
    ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=below, ncols=n_columns, fontsize="small",
        frameon=False,
    )  # fmt: skip


def plain(text: str) -> str:
    """Return a name that matplotlib does not take for a formula."""
    return text.replace("$", r"\$")


def places_of(alphas: np.ndarray) -> np.ndarray:
    """Return where alphas stand on a logarithmic axis: 0 a step left of the others, behind a break.

    A logarithm has no place for 0, and alpha = 0 belongs into the picture: it is the network without a
    penalty. It stands farther left than the next step would be, so that it is not read as a value, and not
    farther than two powers of ten, so that the others keep their room.
    """
    places = np.array(alphas, float)
    if places[0] == 0:
        logs = np.log(places[1:])
        step = 1.5 * (logs[1] - logs[0]) if len(logs) > 1 else np.log(10)
        most = min(
            np.log(3) + 0.12 * (logs[-1] - logs[0]), np.log(100)
        )  # a wide first step needs no wider break
        places[0] = np.exp(logs[0] - np.clip(step, np.log(3), most))
    return places


def alpha_axis(ax: Axes, alphas: np.ndarray, name: str) -> None:
    """Make the x-axis one of alphas."""
    places = places_of(alphas)
    ax.set_xscale("log")
    shown = _ticks(alphas[alphas > 0])
    if alphas[0] == 0:
        shown = {places[0]: "0", **shown}
        middle = np.exp(np.log(places[:2]).mean())
        ax.text(middle, 0, "//", transform=ax.get_xaxis_transform(), ha="center", va="center", fontsize=11)

    label_places(ax.xaxis, shown)
    edges = edges_of(places)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(plain(name))


def label_places(axis: Axis, shown: Mapping[float, str]) -> None:
    """Put ticks at some places of an axis, and write beside each what it is."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    def label(x: float, _: int | None = None) -> str:
        return next((text for tick, text in shown.items() if np.isclose(x, tick, rtol=1e-6, atol=0)), "")

    axis.set_major_locator(FixedLocator(list(shown)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(label))


def _ticks(positive: np.ndarray, most: int = 8) -> dict[float, str]:
    """Return where to put ticks, and what they say: powers of ten, or some of the values."""
    low, high = np.log10(positive[[0, -1]])
    powers = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    if len(powers) > 1:
        return {10.0**power: f"$10^{{{power:.0f}}}$" for power in powers[:: -(-len(powers) // most)]}
    return {value: f"{value:.3g}" for value in positive[:: -(-len(positive) // most)]}


def edges_of(places: np.ndarray) -> np.ndarray:
    """Return the borders between places, on a logarithmic axis."""
    logs = np.log(places)
    inner = (logs[1:] + logs[:-1]) / 2
    first, last = logs[0] - (inner[0] - logs[0]), logs[-1] + (logs[-1] - inner[-1])
    return np.exp([first, *inner, last])


def draw_zones(
    ax: Axes,
    edges: np.ndarray,
    verdicts: Sequence[str] | None,
    *,
    bottom: float = 0,
    height: float = 1,
    ink: float = 0.35,
) -> tuple[list[Any], list[Any], float]:
    """Draw a zone for every run of equal verdicts, with the verdict above it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    edges : ndarray of shape (n_alphas + 1,)
        The borders between alphas, as `edges_of` returns them.
    verdicts : sequence of str or None
        One per alpha; None draws nothing.
    bottom, height : float
        Where the zones stand, as shares of the axes' height.
    ink : float
        Opacity of the hatching.

    Returns
    -------
    zones, hatches : list of matplotlib.patches.Rectangle
        Tint and hatching apart: the tint's opacity would be that of the hatching, too, in SVG.
    above : float
        Points that zones and words take above the axes.
    """
    from matplotlib.patches import Rectangle

    zones: list[Any] = []
    hatches: list[Any] = []
    if verdicts is None:
        return zones, hatches, 0.0
    names: list[tuple[float, float, str]] = []
    first = 0
    for end in range(1, len(verdicts) + 1):
        if end < len(verdicts) and verdicts[end] == verdicts[first]:
            continue
        verdict = verdicts[first]
        colour, hatch = ZONES[verdict]
        place: dict[str, Any] = {
            "xy": (edges[first], bottom), "width": edges[end] - edges[first], "height": height,
            "transform": ax.get_xaxis_transform(), "linewidth": 0, "zorder": 0, "clip_on": bottom < 1,
        }  # fmt: skip
        zones.append(ax.add_patch(Rectangle(**place, facecolor=(*rgb(colour), 0.12))))
        lines: dict[str, Any] = {"facecolor": "none", "edgecolor": (*rgb(colour), ink), "hatch": hatch}
        hatches.append(ax.add_patch(Rectangle(**place, **lines)))
        names.append((edges[first], edges[end], verdict))
        first = end
    levels = _write_names(ax, names, edges, bottom + height)
    return zones, hatches, LABEL_POINTS * levels + 3 + max(0.0, bottom + height - 1) * height_of(ax)


def height_of(ax: Axes) -> float:
    """Return the height of axes in points."""
    return float(ax.get_window_extent().height / ax.figure.dpi * 72)


def _write_names(
    ax: Axes, names: Sequence[tuple[float, float, str]], edges: np.ndarray, bottom: float
) -> int:
    """Write verdicts above their zones, in as many levels as they need, and return how many these are."""
    points = ax.get_window_extent().width / ax.figure.dpi * 72
    left, span = np.log(edges[0]), np.log(edges[-1] / edges[0])
    ends: list[float] = []  # where the last word of each level ends, in points
    for low, high, verdict in names:
        room = np.log(high / low) / span * points
        has_room = _width(BEST_WORDS) < room
        word = {"good": BEST_WORDS if has_room else SHORT_BEST_WORDS}.get(verdict, verdict)
        half = _width(word) / 2
        centre = (np.log(low * high) / 2 - left) / span * points
        centre = float(np.clip(centre, half, max(half, points - half)))
        level = next((n for n, end in enumerate(ends) if centre - half > end + 4), len(ends))
        ends[level : level + 1] = [centre + half]
        ax.annotate(
            word, (np.exp(left + centre / points * span), bottom), xycoords=ax.get_xaxis_transform(),
            xytext=(0, 3 + LABEL_POINTS * level), textcoords="offset points", ha="center", va="bottom",
            fontsize="small", annotation_clip=False,
        )  # fmt: skip
    return len(ends)


def _width(word: str) -> float:
    """Return about how many points a small word takes."""
    return 5.2 * len(word)


def alpha_line(
    ax: Axes,
    places: np.ndarray,
    values: np.ndarray,
    has_zero: bool,
    texts: Sequence[str] | None = None,
    **style: Any,
) -> list[Any]:
    """Draw a line over alphas, which is dotted where it crosses the break before alpha = 0.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    places, values : ndarray of shape (n_alphas,)
    has_zero : bool
        Whether the first place is that of 0.
    texts : sequence of str or None, default=None
        See `on_hover`.
    **style : object
        Of the line.
    """
    first = 1 if has_zero else 0
    lines = ax.plot(places[first:], values[first:], **style)
    if has_zero:
        marker = {**style, "label": None, "linestyle": "none"}
        lines += ax.plot(places[:1], values[:1], **marker)
        lines += ax.plot(places[:2], values[:2], color=style["color"], linestyle=":", linewidth=1)
    if texts is not None:
        for line, part in zip(lines, (texts[first:], texts[:first]), strict=False):
            on_hover(line, part)
    return lines


def rgb(colour: str) -> tuple[float, float, float]:
    """Return the parts of a colour."""
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def thin_out(ax: Axes) -> None:
    """Leave every second tick of a narrow alpha axis, the first one always."""
    from matplotlib.ticker import FixedLocator

    ticks = list(ax.get_xticks())
    step = max(1, len(ticks) // 3)
    ax.xaxis.set_major_locator(FixedLocator(ticks[:1] + ticks[step::step]))


def fitted_network(estimator: Any) -> Any:
    """Return the fitted classifier at the end of an estimator.

    Raises
    ------
    ValueError
        If there is not one.
    """
    last = estimator
    while hasattr(last, "steps") or hasattr(last, "best_estimator_"):
        last = last.steps[-1][1] if hasattr(last, "steps") else last.best_estimator_
    if not hasattr(last, "history_") or not hasattr(last, "coefs_"):
        raise ValueError(
            "estimator must be a fitted RidgeMLPClassifier or RidgeMLPRegressor, or a fitted Pipeline or "
            f"search that ends in one. Got {estimator!r}. Call its fit first."
        )
    return last
