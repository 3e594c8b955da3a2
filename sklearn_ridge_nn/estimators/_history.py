"""The losses of every epoch, as a notebook shows them."""

from __future__ import annotations

from html import escape

import numpy as np

#: Size of a curve in a cell, and the most points that it is drawn by.
_WIDTH, _HEIGHT, _MOST_POINTS = 160, 28, 160
_STYLE = "text-align:right;padding:.2em .7em;white-space:nowrap"


class History(dict[str, np.ndarray]):
    """What a fit reports of every epoch: a dict of arrays, which a notebook shows as a table with curves.

    Examples
    --------
    >>> import numpy as np
    >>> history = History(loss=np.array([0.7, 0.4]))
    >>> history == {"loss": history["loss"]}
    True
    >>> "0.4 (2)" in history._repr_html_()
    True
    """

    def _repr_html_(self) -> str:
        n_epochs = max((len(values) for values in self.values()), default=0)
        heads = ("", "over the epochs", "first", "last", "best (epoch)")
        head = "".join(f'<th style="{_STYLE}">{text}</th>' for text in heads)
        rows = "".join(_row(str(name), np.asarray(values, float)) for name, values in self.items())
        return (
            f'<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
            f'<caption style="text-align:left">{n_epochs:,} epoch{"" if n_epochs == 1 else "s"}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _row(name: str, values: np.ndarray) -> str:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        cells = ["", "", "", ""]
    else:
        best = known[(values[known].argmin if name.endswith("loss") else values[known].argmax)()]
        numbers = [f"{values[place]:.4g}" for place in (known[0], known[-1], best)]
        cells = [_curve(values[known]), *numbers[:2], f"{numbers[2]} ({best + 1})"]
    parts = "".join(f'<td style="{_STYLE}">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row" style="{_STYLE};text-align:left">{escape(name)}</th>{parts}</tr>'


def _curve(values: np.ndarray) -> str:
    """Return a small curve of numbers, without axes."""
    places = np.unique(np.linspace(0, len(values) - 1, min(len(values), _MOST_POINTS)).astype(int))
    shown = values[places]
    low, span = shown.min(), np.ptp(shown) or 1.0
    x = places / max(len(values) - 1, 1) * (_WIDTH - 4) + 2
    y = (1 - (shown - low) / span) * (_HEIGHT - 4) + 2
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x, y, strict=True))
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" aria-hidden="true">'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )
