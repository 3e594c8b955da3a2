"""What a long training says while it runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from importlib import import_module
from types import TracebackType
from typing import Any, Self

import numpy as np

#: Seconds between two updates of the line.
INTERVAL = 0.2


class Progress:
    """One line that is written over, or a line per epoch.

    In a notebook the line is an output that is updated: a carriage return would leave a line for each update
    in what is made of the notebook.

    Parameters
    ----------
    n_networks : int
    n_epochs : int
        Of all networks together.
    verbose : int
        0 is silent; 1 shows one line with the networks, the epochs done of those of all networks,
        the rate and the time left; 2 and more a line per epoch and stack of networks.
    """

    def __init__(self, n_networks: int, n_epochs: int, verbose: int) -> None:
        self.n_networks, self.n_epochs, self.verbose = n_networks, n_epochs, verbose
        self._done = 0.0
        self._start = self._last = time.monotonic()
        self._width = 0
        self._output: Any = None  # of a notebook

    def __enter__(self) -> Self:
        if self.verbose > 1:
            print(f"{self._what()} in the engine", flush=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.verbose == 1:
            self._show()
            if self._output is None:
                print(flush=True)

    @property
    def position(self) -> tuple[float, int]:
        """Epochs done and to do; set to go back, to what is trained again."""
        return self._done, self.n_epochs

    @position.setter
    def position(self, position: tuple[float, int]) -> None:
        self._done, self.n_epochs = position

    def go_back(self, done: float, skipped: float) -> None:
        """Take back epochs that were counted as done, and such that were left out."""
        self._done = max(0.0, self._done - done)
        self.n_epochs += round(skipped)

    def advance(self, epochs: float) -> None:
        """Count epochs, of all networks together; parts of epochs count too."""
        self._done = min(self._done + epochs, self.n_epochs)
        if self.verbose == 1 and time.monotonic() - self._last > INTERVAL:
            self._show()

    def skip(self, epochs: float) -> None:
        """Leave out epochs that early stopping makes needless."""
        self.n_epochs -= round(epochs)

    def epoch(self, number: int, last: int, values: Mapping[str, np.ndarray]) -> None:
        """Report an epoch of a stack: one value per network, or their range."""
        if self.verbose < 2:
            return
        cells = []
        for name, numbers in values.items():
            known = numbers[np.isfinite(numbers)]
            if len(known):
                low, high = known.min(), known.max()
                cells.append(f"{name} {low:.4f}" if len(known) == 1 else f"{name} {low:.4f}..{high:.4f}")
        print(f"epoch {number + 1}/{last} - {' - '.join(cells)}", flush=True)

    def _what(self) -> str:
        return f"Training {self.n_networks} network{'s' if self.n_networks > 1 else ''}"

    def _show(self) -> None:
        self._last = time.monotonic()
        seconds = max(self._last - self._start, 1e-9)
        rate = self._done / seconds
        left = round((self.n_epochs - self._done) / rate) if rate else 0
        line = (
            f"{self._what()} in the engine: {self._done:,.0f} of {self.n_epochs:,} epochs, "
            f"{rate:,.1f} epochs/s, {left // 60}:{left % 60:02} left"
        )
        if _is_notebook():
            self._update(line)
            return
        print("\r" + line.ljust(self._width), end="", flush=True, file=sys.stdout)
        self._width = len(line)

    def _update(self, line: str) -> None:
        """Show the line as an output of a notebook's cell."""
        shown = {"text/plain": line}
        if self._output is None:
            self._output = import_module("IPython.display").display(shown, raw=True, display_id=True)
        else:
            self._output.update(shown, raw=True)


def _is_notebook() -> bool:
    """Return whether this runs in a notebook's kernel. IPython, which has started it, is imported then."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")
