"""Minibatches for the compiled program, gathered a buffer at a time.

A *slot* is one minibatch of every stream. An epoch is a row of slots: those to train on in the epoch's
order, then those on which the losses are measured at its final weights. Only row numbers and weights
exist for the whole epoch; the rows themselves are fetched when a buffer of slots is filled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from sklearn_ridge_nn.network import MatrixLike, Purpose, Task, derived_seed, epoch_order

#: Bytes that the X of a stack may take once more, as it is fetched from.
READY_BYTES = 2**26


@dataclass(frozen=True)
class EpochSlots:
    """Which slots of an epoch do what; the same for all streams side by side.

    Attributes
    ----------
    n_train, n_evaluate, n_validate, n_test : int
        Slots to train on, then to measure the training rows on, the hold-out and the test rows.
    """

    n_train: int
    n_evaluate: int
    n_validate: int
    n_test: int = 0

    @property
    def n_slots(self) -> int:
        """All slots of the epoch."""
        return self.n_train + self.n_evaluate + self.n_validate + self.n_test


class Stream:
    """The minibatches of one task, which all tasks with equal `stream_key` share."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.slot_rows = slot_rows(task)
        self.n_train = task.n_batches(task.train_rows)
        self.n_validate = math.ceil(len(task.validation_rows) / self.slot_rows)
        self.n_test = math.ceil(len(task.test_rows) / self.slot_rows)
        # Weights to measure with are scaled by their largest, for tiny ones would vanish in float32.
        # Losses are divided by the sums of these; a hold-out of no rows has none.
        self._scales = [self._weights(rows).max(initial=np.finfo(float).tiny) for rows in self._measured]
        parts = zip(self._measured, self._scales, strict=True)
        self.row_weights = [(self._weights(rows) / scale).sum() for rows, scale in parts]
        self.n_rows = [len(rows) for rows in self._measured]

    @property
    def _measured(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.task.train_rows, self.task.validation_rows, self.task.test_rows

    def rows_per_minibatch(self) -> np.ndarray:
        """Return the real rows of each minibatch to train on, of shape (n_train,)."""
        size, n_rows = self.slot_rows, len(self.task.train_rows)
        return np.minimum(size, n_rows - size * np.arange(self.n_train))

    def places(
        self, order: np.ndarray, slots: EpochSlots, begin: int, end: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the row number and the weight of every place in some slots of an epoch.

        An epoch is four runs of slots one after the other: to train on, in the epoch's order, then the
        training rows, the hold-out and the test rows to be measured. A buffer may begin and end anywhere in
        them, so each run contributes the part that overlaps with it. Weights to train with are divided by the
        slot's real rows, for Keras averages over them; those to measure with are only rescaled, and their sum
        is divided out later, over the whole run.

        Parameters
        ----------
        order : ndarray of int
            The training rows in the epoch's order.
        slots : EpochSlots
        begin, end : int
            The slots.

        Returns
        -------
        rows, weights : ndarray of shape ((end - begin) * slot_rows,)
            Places that only fill a slot up hold a training row of weight 0.
        n_real : ndarray of shape (end - begin,)
            Rows of each slot that do not.
        """
        size, first = self.slot_rows, 0
        all_rows = np.full((end - begin) * size, self.task.train_rows[0])
        all_weights = np.zeros(len(all_rows))
        n_real = np.zeros(end - begin, int)
        n_slots_of = (slots.n_evaluate, slots.n_validate, slots.n_test)
        parts = (
            (order, slots.n_train, 1.0),
            *zip(self._measured, n_slots_of, self._scales, strict=True),
        )
        for rows, n_slots, scale in parts:
            here = slice(max(begin, first), min(end, first + n_slots))
            if here.start < here.stop:
                chosen = rows[(here.start - first) * size : (here.stop - first) * size]
                weights = self._weights(chosen) / scale
                left = len(rows) - size * np.arange(here.start - first, here.stop - first)
                n_real[here.start - begin : here.stop - begin] = n_here = np.clip(left, 0, size)
                if first == 0:
                    weights = weights / np.repeat(n_here, size)[: len(chosen)]
                start = (here.start - begin) * size
                all_rows[start : start + len(chosen)] = chosen
                all_weights[start : start + len(chosen)] = weights
            first += n_slots
        return all_rows, all_weights, n_real

    def _weights(self, rows: np.ndarray) -> np.ndarray:
        return np.ones(len(rows)) if self.task.weights is None else self.task.weights[rows]

    def fill(self, X: MatrixLike, x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> None:
        """Fetch rows of X into x, whose columns may be more, and their targets into y."""
        if issparse(X):
            x[:, : X.shape[1]] = X[rows].toarray()
        elif X.dtype == x.dtype and X.flags.c_contiguous and X.shape[1] == x.shape[1]:
            np.take(X, rows, axis=0, out=x, mode="clip")  # other modes make a copy on the way
        else:
            x[:, : X.shape[1]] = X[rows]
        y[:] = self.task.targets[rows]

    def dropout_keys(self, epoch: int, slots: EpochSlots) -> np.ndarray:
        """Return the seeds of the masks, of shape (n_slots, n_hidden, 2)."""
        n_hidden = len(self.task.architecture.hidden_layer_sizes)
        keys = np.empty((slots.n_slots, n_hidden, 2), np.int32)
        keys[..., 0] = [
            derived_seed(self.task.seed, Purpose.DROPOUT, layer, epoch) for layer in range(n_hidden)
        ]
        keys[..., 1] = np.arange(slots.n_slots)[:, None]
        return keys


def slot_rows(task: Task) -> int:
    """Return the places of a slot: the batch size, or few more than the rows if one minibatch holds all.

    Then it is the next power of two, so that the number of rows hardly changes the shape.
    """
    return min(task.batch_size, 2 ** math.ceil(math.log2(len(task.train_rows))))


def _made_ready(streams: Sequence[Stream], dtype: np.dtype[Any]) -> list[MatrixLike]:
    """Return the streams' X as they are read fastest, dense and of a type, if all of them are small."""
    given: dict[int, MatrixLike] = {id(stream.task.X): stream.task.X for stream in streams}
    if sum(X.shape[0] * X.shape[1] * dtype.itemsize for X in given.values()) <= READY_BYTES:
        for key, X in given.items():
            dense = X if isinstance(X, np.ndarray) else X.astype(dtype).toarray()
            given[key] = np.ascontiguousarray(dense, dtype)
    return [given[id(stream.task.X)] for stream in streams]


def stream_key(task: Task) -> tuple[Any, ...]:
    """Return what tasks share that see the same minibatches."""
    rows = tuple(rows.tobytes() for rows in (task.train_rows, task.validation_rows, task.test_rows))
    return (id(task.X), id(task.targets), id(task.weights), *rows, task.seed)


@dataclass(frozen=True)
class EpochPlan:
    """What one epoch's slots hold in every stream.

    Attributes
    ----------
    slots : EpochSlots
    orders : list of ndarray
        Per stream, its training rows in the epoch's order.
    keys : list of ndarray of shape (n_slots, n_hidden, 2)
        Per stream, the seeds of its dropout masks; empty without dropout.
    """

    slots: EpochSlots
    orders: list[np.ndarray]
    keys: list[np.ndarray]


def plan_epoch(streams: Sequence[Stream], epoch: int, slots: EpochSlots, has_dropout: bool) -> EpochPlan:
    """Return the plan of an epoch, counted since the networks were initialised."""
    orders = [epoch_order(stream.task.train_rows, stream.task.seed, epoch) for stream in streams]
    keys = [stream.dropout_keys(epoch, slots) for stream in streams] if has_dropout else []
    return EpochPlan(slots, orders, keys)


class SlotBuffer:
    """Arrays for `Program.run` and how far they are filled.

    Parameters
    ----------
    arrays : dict of str to ndarray
        From `Program.input_arrays`. Columns of ``x`` that a stream's X lacks stay as they are, zeros.
    streams : sequence of Stream
        Side by side, as the program takes them.
    """

    def __init__(self, arrays: dict[str, np.ndarray], streams: Sequence[Stream]) -> None:
        self.arrays = arrays
        self._streams = streams
        self._X = _made_ready(streams, arrays["x"].dtype)
        self.n_slots = len(arrays["trains"])
        self.n_filled = 0

    @property
    def is_full(self) -> bool:
        """Whether no slot is free."""
        return self.n_filled == self.n_slots

    def clear(self) -> None:
        """Forget what is filled."""
        self.n_filled = 0

    def fill(self, plan: EpochPlan, begin: int) -> int:
        """Fetch the plan's slots from `begin` on into the free ones; return how many."""
        n = min(self.n_slots - self.n_filled, plan.slots.n_slots - begin)
        there, here = slice(begin, begin + n), slice(self.n_filled, self.n_filled + n)
        arrays = self.arrays
        arrays["trains"][here] = np.arange(begin, begin + n) < plan.slots.n_train
        for number, stream in enumerate(self._streams):
            rows, weights, n_real = stream.places(plan.orders[number], plan.slots, there.start, there.stop)
            x, y = arrays["x"][number, here], arrays["y"][number, here]
            stream.fill(self._X[number], x.reshape(len(rows), -1), y.reshape(len(rows), -1), rows)
            arrays["w"][number, here] = weights.reshape(n, -1)
            arrays["rows"][number, here] = n_real
            if plan.keys:
                arrays["keys"][here, number] = plan.keys[number][there]
        self.n_filled += n
        arrays["count"][...] = self.n_filled
        return n
