"""How much worse predictions get when a column is shuffled, and how sure that is.

A column's importance is what the loss rises by (Breiman, 2001; Fisher, Rudin and Dominici, 2019), row by row,
so that the rows say how sure it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import special, stats

from sklearn_ridge_nn.cli import _terminal as terminal
from sklearn_ridge_nn.cli._commands import CLASSIFICATION

LEVEL = 0.95
#: What each loss of a network is called where rows are compared by it.
LOSS_NAMES = {
    "squared_error": "squared error",
    "huber": "squared error",
    "absolute_error": "absolute error",
    "poisson": "Poisson deviance",
    "quantile": "pinball loss",
}
#: Fields of the tables that are predicted at a time.
_MOST_FIELDS = 2**21

#: Takes rows and their targets, and gives the loss of each.
RowLosses: TypeAlias = Callable[[pd.DataFrame, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Importance:
    """What the loss rises by when a column is shuffled.

    Attributes
    ----------
    column : str
    rise : float
        Mean over rows and shuffles.
    interval : tuple of (float, float)
        Of the mean, at the level `LEVEL`, by Student's t over the rows.
    """

    column: str
    rise: float
    interval: tuple[float, float]

    @property
    def is_sure(self) -> bool:
        """Whether the interval is above 0."""
        return self.interval[0] > 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for ``json.dumps``."""
        return {"column": self.column, "rise": self.rise, "interval": list(self.interval)}


def row_losses(model: Any, task: str) -> tuple[RowLosses, str]:
    """Return what gives each row's loss, and the loss's name.

    Parameters
    ----------
    model : Pipeline
        Its last step is the network.
    task : {"classification", "regression"}
    """
    network = model[-1]
    if task == CLASSIFICATION:

        def log_loss(X: pd.DataFrame, y: np.ndarray) -> np.ndarray:
            places = np.searchsorted(model.classes_, y)
            return np.asarray(-model.predict_log_proba(X)[np.arange(len(y)), places])

        return log_loss, "log loss"

    def of_numbers(X: pd.DataFrame, y: np.ndarray) -> np.ndarray:
        predicted = model.predict(X)
        error = y - predicted
        if network.loss == "absolute_error":
            return np.abs(error)
        if network.loss == "poisson":
            return np.asarray(2 * (special.xlogy(y, y / predicted) - error))
        if network.loss == "quantile":
            return np.maximum(network.quantile * error, (network.quantile - 1) * error)
        return error**2

    return of_numbers, LOSS_NAMES[network.loss]


def importances(
    X: pd.DataFrame,
    y: np.ndarray,
    losses: RowLosses,
    base: np.ndarray,
    *,
    repeats: int,
    seed: int,
    shown: bool,
) -> list[Importance]:
    """Return what the loss rises by for every column, the largest first.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        Two rows or more.
    y : ndarray of shape (n_rows,)
    losses : callable
        As `row_losses` returns it.
    base : ndarray of shape (n_rows,)
        What it gives of the rows as they are.
    repeats : int
        How often each column is shuffled.
    seed : int
    shown : bool
        Whether a bar shows how far it is.
    """
    rng = np.random.default_rng(seed)
    n_rows = len(X)
    at_once = max(1, min(repeats, _MOST_FIELDS // X.size))
    many, targets = pd.concat([X] * at_once, ignore_index=True), np.tile(y, at_once)
    factor = stats.t.ppf((1 + LEVEL) / 2, n_rows - 1) / np.sqrt(n_rows)
    found = []
    with terminal.rows_bar("Shuffling", shown) as advance:
        for number, column in enumerate(X.columns, start=1):
            values, total = X[column].to_numpy(), np.zeros(n_rows)
            for first in range(0, repeats, at_once):
                n_times = min(at_once, repeats - first)
                shuffled = np.concatenate([values[rng.permutation(n_rows)] for _ in range(n_times)])
                rows = many.iloc[: len(shuffled)].copy()
                rows[column] = shuffled
                total += losses(rows, targets[: len(shuffled)]).reshape(n_times, n_rows).sum(axis=0)
            rises = total / repeats - base
            mean, margin = float(rises.mean()), float(factor * rises.std(ddof=1))
            found.append(Importance(str(column), mean, (mean - margin, mean + margin)))
            advance(number * n_rows, number / X.shape[1])
    return sorted(found, key=lambda importance: -importance.rise)
