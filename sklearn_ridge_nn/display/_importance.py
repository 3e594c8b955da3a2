"""How much each column matters, and how predictions depend on some of them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_ridge_nn.display._axes import MARKERS, PURPLE, colours_of, plain, pyplot

#: Lines of a panel: more classes cannot be told apart.
MOST_LINES = 5


def importance_figure(
    importances: Sequence[tuple[str, float, tuple[float, float]]],
    dependences: Sequence[tuple[str, Sequence[Any], Mapping[str, Sequence[float]]]],
    loss_name: str,
    predicted: str,
) -> Any:
    """Draw importances as bars and partial dependences as lines beside them.

    Parameters
    ----------
    importances : sequence of (str, float, (float, float))
        Name, rise of the loss and its interval of each column, the largest first.
    dependences : sequence of (str, sequence, mapping)
        Name and values of a column, and mean predictions by what is predicted.
    loss_name : str
    predicted : str
        What the predictions are, such as "mean probability". All panels have the same scale.

    Returns
    -------
    matplotlib.figure.Figure
        The picture.
    """
    n_rows = max(1, math.ceil(len(dependences) / 2))
    n_columns = 1 + min(2, len(dependences))
    height = max(2.6 * n_rows, 1.2 + 0.28 * len(importances))
    width = max(6.4, 3.6 * n_columns + 1.2)
    figure = pyplot().figure(figsize=(width, height), layout="constrained")
    grid = figure.add_gridspec(n_rows, n_columns)
    _draw_bars(figure.add_subplot(grid[:, 0]), importances, loss_name)
    first = None
    for number, (name, values, predictions) in enumerate(dependences):
        first = ax = figure.add_subplot(grid[number // 2, 1 + number % 2], sharey=first)
        _draw_dependence(ax, name, values, predictions)
        ax.set_ylabel(predicted)
    return figure


def _draw_bars(
    ax: Any, importances: Sequence[tuple[str, float, tuple[float, float]]], loss_name: str
) -> None:
    names, rises, intervals = zip(*importances, strict=True)
    places = np.arange(len(names))
    low, high = np.transpose(intervals)
    errors = np.array([np.subtract(rises, low), np.subtract(high, rises)])
    ax.barh(places, rises, xerr=errors, color=PURPLE, ecolor="black", capsize=2, height=0.7)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(places, [plain(_shortened(name)) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel(f"rise of the {loss_name}")
    ax.set_title("When a column is shuffled", fontsize="medium")


def _draw_dependence(
    ax: Any, name: str, values: Sequence[Any], predictions: Mapping[str, Sequence[float]]
) -> None:
    are_categories = isinstance(values[0], (str, datetime.time))
    are_dates = isinstance(values[0], datetime.date)
    if isinstance(values[0], datetime.timedelta):
        values = [value / datetime.timedelta(days=1) for value in values]
        name = f"{name} (days)"
    places: Any = values
    if not are_dates:
        places = np.arange(len(values)) if are_categories else np.asarray(values, float)
    shown = dict(list(predictions.items())[:MOST_LINES])
    colours = colours_of(len(shown))
    for number, (predicted, means) in enumerate(shown.items()):
        ax.plot(
            places,
            means,
            color=colours[number],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            linestyle="none" if are_categories else "-",
            label=plain(_shortened(predicted)),
        )
    if are_categories:
        ax.set_xticks(
            places, [plain(_shortened(str(value), 12)) for value in values], rotation=30, ha="right"
        )
    if are_dates:
        ax.tick_params("x", rotation=30)
    ax.set_title(plain(_shortened(name)), fontsize="medium")
    ax.legend(fontsize="small", framealpha=0.85)


def _shortened(text: str, most: int = 24) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
