"""How much work a search or a diagnosis is, and about how long it takes, before it begins."""

from __future__ import annotations

import itertools
import math

import joblib
import numpy as np
from sklearn.base import is_regressor

from sklearn_ridge_nn.cli._task import Classification, LearningTask
from sklearn_ridge_nn.estimators import layer_sizes, n_epochs
from sklearn_ridge_nn.evidence import counted
from sklearn_ridge_nn.preprocessing import MOST_CATEGORIES

#: Floating-point operations per second and core of a search: 30% of what a matrix product reaches, which
#: `make bench` measures on two cores and the README prints. More cores than these four were not measured,
#: and small networks do not keep many busy.
SPEED, MOST_CORES = 2.5e10, 4
#: What a diagnosis takes of the time of a search for as many epochs, for it looks at all rows after each one
#: (`make bench`: 1.51 and 1.63; in rounds 1.75).
OF_DIAGNOSIS, OF_ROUNDS = 1.6, 1.75
#: Seconds until the first network trains: TensorFlow is imported, and a program or two are compiled.
STARTING = 8.0
#: Numbers that a date becomes, and free text.
OF_DATE, OF_TEXT = 7, 30
#: What a time is rounded to, in seconds.
_DURATIONS = {
    10: "10 seconds", 20: "20 seconds", 30: "half a minute", 60: "a minute", 90: "a minute and a half",
    **{60 * minutes: f"{minutes} minutes" for minutes in (2, 3, 4, 5, 7, 10, 15, 20)},
    1800: "half an hour", 2700: "45 minutes", 3600: "an hour", 5400: "an hour and a half",
    **{3600 * hours: f"{hours} hours" for hours in (2, 3, 4, 5, 7, 10, 15, 20)},
}  # fmt: skip


def search_in_words(task: LearningTask, n_rows: int, n_alphas: int, cv: tuple[int, int]) -> str:
    """Return how much work a search on some rows is, and about how long it takes.

    Parameters
    ----------
    task : LearningTask
    n_rows : int
        Rows that are cut into folds.
    n_alphas : int
    cv : tuple of (int, int)
        Folds and repeats.
    """
    kept, n_splits = _kept(task, n_rows, cv[0]), cv[0] * cv[1]
    epochs = n_epochs(task.network, kept)
    seconds = STARTING + _seconds(task, kept, n_alphas * n_splits, epochs)
    how_long = f"{'at most' if task.network.early_stopping else 'about'} {duration(seconds)}"
    return f"{_work(n_alphas, n_splits, 1, n_rows)}: {how_long}"


def diagnosis_in_words(
    task: LearningTask,
    n_alphas: int,
    cv: tuple[int, int],
    n_seeds: int,
    *,
    settles: bool,
    max_epochs: int | None,
    remedies: str,
) -> str:
    """Return how much work a diagnosis is, and about how long it takes.

    Parameters
    ----------
    task : LearningTask
    n_alphas : int
    cv : tuple of (int, int)
        Folds and repeats.
    n_seeds : int
        Networks for each alpha and split.
    settles : bool
        Whether training goes on until alpha and epochs have settled, which nobody knows before.
    max_epochs : int or None
        The most that are trained then.
    remedies : {"auto", "all", "none"}
    """
    network, n_rows = task.network, len(task.data.y)
    kept, n_splits = _kept(task, n_rows, cv[0]), cv[0] * cv[1]
    work = _work(n_alphas, n_splits, n_seeds, n_rows)

    def seconds(epochs: float, factor: float) -> float:
        return STARTING + factor * _seconds(task, kept, n_alphas * n_splits * n_seeds, epochs)

    also = ", and longer for what else is tried" if remedies == "all" else ""
    if not settles:
        known = duration(seconds(n_epochs(network, kept), OF_DIAGNOSIS))
        return f"{work}: {'at most' if network.early_stopping else 'about'} {known}{also}"
    usual = n_epochs(network, kept, is_watched=True)
    most = max_epochs or (usual if is_regressor(network) else 4 * usual)
    least = min(usual / 8 if is_regressor(network) else usual / 2, most)
    times = between(*(duration(seconds(epochs, OF_ROUNDS)) for epochs in (least, most)))
    also = also or (", or up to twice that with what else is tried" if remedies == "auto" else "")
    return f"{work}, until alpha and epochs settle: {times}{also}"


def duration(seconds: float) -> str:
    """Return a time, rounded as one says it.

    Examples
    --------
    >>> duration(3), duration(100), duration(1_000), duration(100_000)
    ('10 seconds', 'a minute and a half', '15 minutes', '28 hours')
    """
    if seconds > 23 * 3600:
        return f"{seconds / 3600:,.0f} hours"
    return _DURATIONS[min(_DURATIONS, key=lambda known: abs(math.log(known / seconds)))]


def between(low: str, high: str) -> str:
    """Return between which times one is.

    Examples
    --------
    >>> between("2 minutes", "10 minutes"), between("a minute", "an hour"), between("an hour", "an hour")
    ('2 to 10 minutes', 'a minute to an hour', 'about an hour')
    """
    if low == high:
        return f"about {low}"
    same = low[0].isdigit() and high[0].isdigit() and low.split()[-1] == high.split()[-1]
    return f"{low.split()[0] if same else low} to {high}"


def _work(n_alphas: int, n_splits: int, n_seeds: int, n_rows: int) -> str:
    seeds = f" x {n_seeds} seeds" if n_seeds > 1 else ""
    return f"{n_alphas} alphas x {n_splits} splits{seeds} on {counted(n_rows, 'row')}"


def _kept(task: LearningTask, n_rows: int, n_folds: int) -> int:
    """Return how many rows each network of a fold learns from."""
    n_train = n_rows - n_rows // n_folds
    return max(n_train - math.ceil(task.network.validation_split * n_train), 1)


def _seconds(task: LearningTask, n_rows: int, n_networks: int, epochs: float) -> float:
    """Return about how long networks train, each on so many rows."""
    n_outputs = len(task.labels) if isinstance(task, Classification) and len(task.labels) > 2 else 1
    hidden = map(int, layer_sizes(task.network.hidden_layer_sizes))
    widths = [_n_features(task), *hidden, n_outputs]
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(widths))
    return 6.0 * n_weights * n_rows * epochs * n_networks / (SPEED * min(joblib.cpu_count(), MOST_CORES))


def _n_features(task: LearningTask) -> int:
    """Return about how many numbers the preprocessing makes of a row."""
    data, columns = task.data, task.data.columns
    counts = np.array([data.X[name].nunique(dropna=False) for name in columns.categorical], dtype=int)
    of_categories = np.where(counts > MOST_CATEGORIES, 1, counts).sum()
    others = len(columns.numeric) + OF_DATE * len(columns.dates) + OF_TEXT * len(columns.text)
    return int(of_categories) + others
