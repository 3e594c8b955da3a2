"""Every random choice of a training, each keyed by what it is for.

A choice depends on the training's seed and on what is chosen (which layer, which epoch), never on
how many random numbers were drawn before. So trainings can run in any order, in any thread or
stacked together and still make the same choices, and no global generator is read or advanced.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a random stream is drawn for; the numbers are part of every result, so they are fixed."""

    KERNEL = 0
    DROPOUT = 1
    SHUFFLE = 2
    HOLD_OUT = 3


def stream(seed: int, purpose: Purpose, *key: int) -> np.random.Generator:
    """Return the generator of one purpose, for example one epoch's shuffle.

    Parameters
    ----------
    seed : int
        The training's seed, in [0, 2**32).
    purpose : Purpose
        What the numbers are for.
    *key : int
        Which one of its kind: the layer, the epoch.

    Returns
    -------
    numpy.random.Generator
        A fresh generator; equal arguments give equal streams.
    """
    return np.random.default_rng([seed, purpose, *key])


def derived_seed(seed: int, purpose: Purpose, *key: int) -> int:
    """Return an integer seed in [0, 2**31) for a library that draws by itself (Keras)."""
    return int(stream(seed, purpose, *key).integers(2**31))


def epoch_order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """Return the rows in the order in which one epoch visits them.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        Row numbers.
    seed : int
        The training's seed.
    epoch : int
        Number of the epoch since the network was initialised, from 0.
    """
    return stream(seed, Purpose.SHUFFLE, epoch).permutation(rows)


def hold_out(
    groups: np.ndarray, fraction: float, seed: int, *, keep_one: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Split row numbers into a training part and a stratified hold-out.

    The hold-out has ceil(fraction * n_rows) rows. Every group gives floor or ceil of its
    proportional share, and every row is equally likely to be held out: the shares are rounded by
    systematic sampling (Madow, 1949, On the theory of systematic sampling II, Ann. Math. Stat. 20).

    Parameters
    ----------
    groups : ndarray of shape (n_rows,)
        Group of each row, as integers from 0.
    fraction : float
        Share of the rows to hold out, in (0, 1).
    seed : int
        The training's seed.
    keep_one : bool
        Whether every group keeps at least one row for training; the shares that this cuts are
        spread over the other groups.

    Returns
    -------
    train_rows, held_out_rows : ndarray
        Row numbers in ascending order.

    Raises
    ------
    ValueError
        If the rows do not suffice: nothing, or not one row of every group, would be left to
        train on.
    """
    counts = np.bincount(groups)
    size = max(1, math.ceil(round(fraction * len(groups), 9)))
    most = counts - 1 if keep_one else counts
    if size > most.sum() or size == len(groups):
        left = f"a row of each of the {len(counts)} classes of y" if len(counts) > 1 else "one sample"
        raise ValueError(
            f"validation_split={fraction} holds {size} of {len(groups)} rows out, which does not leave "
            f"{left} to train on. Lower validation_split, set "
            f"validation_split=0 to train on every row, or give more rows."
        )
    generator = stream(seed, Purpose.HOLD_OUT)
    edges = np.round(np.cumsum(_shares(counts, most, size)), 9)
    taken = np.diff(np.floor(edges + generator.random()).astype(int), prepend=0)
    order = generator.permutation(len(groups))
    order = order[np.argsort(groups[order], kind="stable")]
    place_in_group = np.arange(len(groups)) - np.repeat(np.cumsum(counts) - counts, counts)
    held_out = order[place_in_group < np.repeat(taken, counts)]
    is_training = np.ones(len(groups), dtype=bool)
    is_training[held_out] = False
    return np.flatnonzero(is_training), np.flatnonzero(~is_training)


def _shares(counts: np.ndarray, most: np.ndarray, size: int) -> np.ndarray:
    """Share `size` among groups in proportion to `counts`, no share above `most`."""
    shares = size * counts / counts.sum()
    full = np.zeros(len(counts), dtype=bool)
    while (shares > most).any():
        full |= shares >= most
        left = size - most[full].sum()
        shares = np.where(full, most, left * counts / max(counts[~full].sum(), 1))
    return shares
