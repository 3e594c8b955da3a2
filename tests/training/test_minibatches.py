"""Minibatches, laid out by hand."""

import numpy as np
import pytest

from sklearn_ridge_nn.network._random import epoch_order
from sklearn_ridge_nn.training import Architecture, Task
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
