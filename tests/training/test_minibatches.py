"""Minibatches, laid out by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from sklearn_ridge_nn.network import Purpose, derived_seed, epoch_order
from sklearn_ridge_nn.training import Architecture, Task, _minibatches
from sklearn_ridge_nn.training._minibatches import EpochSlots, SlotBuffer, Stream, plan_epoch, stream_key

X = np.arange(18.0).reshape(9, 2)
SLOTS = EpochSlots(n_train=3, n_evaluate=3, n_validate=1)


def task(**fields):
    values = {
        "architecture": Architecture(2, 1, "binary", (), "relu", "float64"),
        "alpha": 0.0,
        "X": X,
        "targets": np.arange(9)[:, None] % 2,
        "weights": np.arange(1.0, 10.0),
        "train_rows": np.array([0, 2, 3, 5, 8]),
        "validation_rows": np.array([1, 4]),
        "epochs": 1,
        "batch_size": 2,
        "seed": 3,
        **fields,
    }
    return Task(**values)


def test_an_epoch_is_trained_on_then_measured_then_validated():
    order = np.array([8, 3, 0, 5, 2])
    rows, weights, n_real = Stream(task()).places(order, SLOTS, 0, 7)
    assert rows.reshape(7, 2).tolist() == [[8, 3], [0, 5], [2, 0], [0, 2], [3, 5], [8, 0], [1, 4]]
    assert n_real.tolist() == [2, 2, 1, 2, 2, 1, 2]
    # row n weighs n + 1: to train, over the number of rows; to measure, over the largest, 9 and 5
    expected = [[4.5, 2], [0.5, 3], [3, 0], [1 / 9, 3 / 9], [4 / 9, 6 / 9], [1, 0], [2 / 5, 1]]
    np.testing.assert_allclose(weights.reshape(7, 2), expected)


def test_what_a_stream_knows_of_its_minibatches():
    stream = Stream(task(validation_rows=np.array([1, 4, 6, 7, 0]), test_rows=np.array([6, 7, 1])))
    assert (stream.n_train, stream.n_validate, stream.n_test) == (3, 3, 2)
    assert stream.rows_per_minibatch().tolist() == [2, 2, 1]
    assert stream.n_rows == [5, 5, 3]
    # rows n weigh n + 1, over the largest: (1 + 3 + 4 + 6 + 9) / 9, (2 + 5 + 7 + 8 + 1) / 8, (7 + 8 + 2) / 8
    np.testing.assert_allclose(stream.row_weights, [23 / 9, 23 / 8, 17 / 8])


@pytest.mark.parametrize("n_slots", [1, 2, 3, 5, 7, 10])
def test_chunks_of_any_size_hold_the_same_minibatches(n_slots):
    stream = Stream(task())
    plan = plan_epoch([stream], 4, SLOTS, has_dropout=False)
    np.testing.assert_array_equal(plan.orders[0], epoch_order(stream.task.train_rows, 3, 4))
    expected_rows, expected_weights, _ = stream.places(plan.orders[0], SLOTS, 0, 7)
    arrays = {
        "x": np.full((1, n_slots, 2, 2), np.nan),
        "y": np.full((1, n_slots, 2, 1), np.nan),
        "w": np.full((1, n_slots, 2), np.nan),
        "rows": np.zeros((1, n_slots), int),
        "trains": np.zeros(n_slots, bool),
        "count": np.zeros((), int),
    }
    buffer, begin, seen = SlotBuffer(arrays, [stream]), 0, []
    while begin < SLOTS.n_slots:
        begin += buffer.fill(plan, begin)
        n = int(arrays["count"])
        seen += zip(
            arrays["x"][0, :n].tolist(), arrays["y"][0, :n].tolist(), arrays["w"][0, :n].tolist(),
            arrays["trains"][:n].tolist(), strict=True,
        )  # fmt: skip
        buffer.clear()
    x, y, w, trains = zip(*seen, strict=True)
    np.testing.assert_array_equal(np.reshape(x, (-1, 2)), X[expected_rows])
    np.testing.assert_array_equal(np.ravel(y), expected_rows % 2)
    np.testing.assert_array_equal(np.ravel(w), expected_weights)
    assert trains == (True,) * 3 + (False,) * 4


@pytest.mark.parametrize("ready_bytes", [0, 2**20])
@pytest.mark.parametrize("n_slots", [1, 3, 4, 8, 11, 16])
def test_buffers_that_hold_parts_of_epochs_hold_what_the_epochs_are_made_of(
    n_slots, ready_bytes, monkeypatch
):
    """Two streams side by side, one of sparse rows with a column less, over two epochs, slot by slot.

    Rows that take more than some bytes are read where they lie, sparse ones from the sparse matrix.
    """
    monkeypatch.setattr(_minibatches, "READY_BYTES", ready_bytes)
    train, validation, test = np.array([0, 2, 3, 5, 8]), np.array([1, 4]), np.array([6, 7, 1])
    architecture = Architecture(2, 1, "binary", (4, 3), "relu", "float64")
    parts = {"architecture": architecture, "test_rows": test}
    streams = [Stream(task(**parts)), Stream(task(**parts, X=csr_array(X[:, :1]), weights=None, seed=4))]
    slots = EpochSlots(n_train=3, n_evaluate=3, n_validate=1, n_test=2)
    arrays = {
        "x": np.zeros((2, n_slots, 2, 2)),
        "y": np.full((2, n_slots, 2, 1), np.nan),
        "w": np.full((2, n_slots, 2), np.nan),
        "rows": np.zeros((2, n_slots), int),
        "trains": np.zeros(n_slots, bool),
        "keys": np.zeros((n_slots, 2, 2, 2), np.int32),
        "count": np.zeros((), int),
    }
    seen = []

    def emptied():
        n = int(arrays["count"])
        assert n <= n_slots
        seen.append(
            {name: arrays[name][:, :n].copy() for name in ("x", "y", "w", "rows")}
            | {name: arrays[name][:n].copy() for name in ("trains", "keys")}
        )
        buffer.clear()

    buffer = SlotBuffer(arrays, streams)
    for epoch in (0, 1):
        plan, begin = plan_epoch(streams, epoch, slots, has_dropout=True), 0
        while begin < slots.n_slots:
            begin += buffer.fill(plan, begin)
            if buffer.is_full:
                emptied()
    if buffer.n_filled:
        emptied()
    found = {name: np.concatenate([part[name] for part in seen], axis=1) for name in ("x", "y", "w", "rows")}
    trains, keys = (np.concatenate([part[name] for part in seen]) for name in ("trains", "keys"))
    assert trains.tolist() == ([True] * 3 + [False] * 6) * 2
    for number, stream in enumerate(streams):
        weights = np.ones(9) if number else np.arange(1.0, 10.0)
        x = np.column_stack([X[:, 0], np.zeros(9)]) if number else X
        slot = 0
        for epoch in (0, 1):
            order = epoch_order(train, stream.task.seed, epoch)
            for part, rows in enumerate((order, train, validation, test)):
                for first in range(0, len(rows), 2):
                    here = rows[first : first + 2]
                    divisor = len(here) if part == 0 else weights[rows].max()
                    expected = np.zeros(2)
                    expected[: len(here)] = weights[here] / divisor
                    np.testing.assert_allclose(found["w"][number, slot], expected)
                    np.testing.assert_array_equal(found["x"][number, slot, : len(here)], x[here])
                    np.testing.assert_array_equal(found["y"][number, slot, : len(here), 0], here % 2)
                    assert found["rows"][number, slot] == len(here)
                    for layer in (0, 1):
                        seed = derived_seed(stream.task.seed, Purpose.DROPOUT, layer, epoch)
                        assert keys[slot, number, layer].tolist() == [seed, slot % 9]
                    slot += 1


def test_tasks_share_a_stream_if_they_see_the_same_minibatches():
    shared = task()
    same = task(X=shared.X, targets=shared.targets, weights=shared.weights, alpha=1.0)
    assert stream_key(same) == stream_key(shared)
    for change in (
        {"seed": 4},
        {"train_rows": np.array([0])},
        {"X": X.copy()},
        {"validation_rows": np.array([1])},
    ):
        other = task(**{"targets": shared.targets, "weights": shared.weights, **change})
        assert stream_key(other) != stream_key(shared)
