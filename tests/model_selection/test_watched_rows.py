"""Rows that a training only watches: both trainers report their loss, and nothing depends on them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

from sklearn_ridge_nn.training import Architecture, Task, _engine as engine
from sklearn_ridge_nn.training._keras_loop import train_with_keras

TARGET_TYPES = ("binary", "multiclass", "multilabel-indicator")
TRAIN, VALIDATION, TEST = np.arange(90), np.arange(90, 110), np.arange(110, 150)


def make_task(target_type="binary", **fields):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 6))
    z = X[:, ::2] + X[:, 1::2] + rng.normal(size=(150, 3))
    targets = {
        "binary": (z[:, :1] > 0).astype(np.uint8),
        "multiclass": z.argmax(axis=1)[:, None],
        "multilabel-indicator": (z > 0).astype(np.uint8),
    }[target_type]
    n_outputs = 1 if target_type == "binary" else 3
    task = Task(
        architecture=Architecture(6, n_outputs, target_type, (7,), "tanh", "float64"),
        alpha=1e-2,
        X=X,
        targets=targets,
        weights=None,
        train_rows=TRAIN,
        validation_rows=VALIDATION,
        epochs=3,
        batch_size=40,
        seed=0,
        test_rows=TEST,
    )
    return replace(task, **fields)


def logits_by_hand(task, trained, rows):
    """tanh(X W + b) V + c."""
    (w, v), (b, c) = trained.state.coefs, trained.state.intercepts
    return np.tanh(task.X[rows] @ w + b) @ v + c


def accuracy_by_hand(task, trained, rows):
    """Share of right labels; of every label of multilabel targets, as Keras counts them."""
    z, y = logits_by_hand(task, trained, rows), task.targets[rows]
    if task.architecture.target_type == "multiclass":
        return np.mean(z.argmax(axis=1) == y[:, 0])
    return np.mean((z > 0) == y)


def loss_by_hand(task, trained, rows):
    """The logits through the head's function, and scikit-learn's log loss of it."""
    z, y = logits_by_hand(task, trained, rows), task.targets[rows]
    weights = None if task.weights is None else task.weights[rows]
    if task.architecture.target_type == "multiclass":
        return log_loss(y[:, 0], softmax(z, axis=1), sample_weight=weights, labels=[0, 1, 2])
    columns = range(y.shape[1])
    return np.mean([log_loss(y[:, k], expit(z[:, k]), sample_weight=weights) for k in columns])


def by_engine(task):
    (trained,) = engine.train_together([task])
    return trained


def by_keras(task):
    return train_with_keras(task, np.arange(3))


TRAINERS = pytest.mark.parametrize("train", [by_engine, by_keras])


@pytest.mark.sample(1)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("target_type", TARGET_TYPES)
def test_both_trainers_report_the_loss_worked_by_hand(target_type, weighted):
    weights = np.random.default_rng(1).uniform(0.5, 2, 150) if weighted else None
    task = make_task(target_type, weights=weights)
    one, other = by_engine(task), by_keras(task)
    np.testing.assert_allclose(one.history["test_data_loss"], other.history["test_data_loss"], rtol=1e-9)
    for trained in (one, other):
        assert trained.history["test_data_loss"].shape == (3,)
        expected = loss_by_hand(task, trained, TEST)
        np.testing.assert_allclose(trained.history["test_data_loss"][-1], expected, rtol=1e-9)
        assert trained.history["test_accuracy"][-1] == pytest.approx(accuracy_by_hand(task, trained, TEST))
    np.testing.assert_allclose(one.history["test_accuracy"], other.history["test_accuracy"], rtol=1e-12)


@TRAINERS
def test_sparse_rows_are_watched_as_dense_ones_are(train):
    task = make_task()
    sparse = train(replace(task, X=csr_array(task.X)))
    np.testing.assert_allclose(
        sparse.history["test_data_loss"], train(task).history["test_data_loss"], rtol=1e-9
    )


@pytest.mark.sample(2)
@TRAINERS
@pytest.mark.parametrize(
    "fields", [{}, {"patience": 1, "epochs": 30, "learning_rate": 0.1}, {"dropout": 0.3}]
)
def test_watching_changes_no_bit_of_a_training(train, fields):
    task = make_task(**fields)
    watched, alone = train(task), train(replace(task, test_rows=np.empty(0, int)))
    assert watched.best_epoch == alone.best_epoch
    for name in ("coefs", "intercepts", "optimizer"):
        for a, b in zip(getattr(watched.state, name), getattr(alone.state, name), strict=True):
            np.testing.assert_array_equal(a, b)
    assert watched.history.keys() - alone.history.keys() == {"test_data_loss", "test_accuracy"}
    for name in alone.history:
        np.testing.assert_array_equal(watched.history[name], alone.history[name])


def test_networks_that_watch_different_rows_train_together():
    """Folds of 37 and 38 test rows, next to a network that watches none."""
    parts = np.array_split(np.arange(150), 4)
    tasks = [
        make_task(train_rows=np.delete(np.arange(150), part), test_rows=part, validation_rows=part[:0])
        for part in parts
    ]
    tasks.append(replace(tasks[0], test_rows=np.empty(0, int)))
    for task, together in zip(tasks, engine.train_together(tasks), strict=True):
        alone = by_keras(task)
        assert together.history.keys() == alone.history.keys()
        for name, rtol in (("test_data_loss", 1e-9), ("data_loss", 1e-9)):
            if name in alone.history:
                np.testing.assert_allclose(together.history[name], alone.history[name], rtol=rtol)


@pytest.mark.parametrize("train", [by_engine, by_keras])
def test_an_infinite_test_loss_does_not_fail_the_training(train):
    task = make_task()
    X = task.X.copy()
    X[TEST] = 1e308
    architecture = replace(task.architecture, activation="relu")
    fine = train(replace(task, architecture=architecture))
    trained = train(replace(task, architecture=architecture, X=X))
    assert not np.isfinite(trained.history["test_data_loss"]).any()
    assert np.isfinite(trained.history["data_loss"]).all()
    for a, b in zip(trained.state.coefs, fine.state.coefs, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("train", [by_engine, by_keras])
def test_test_rows_without_weight_have_no_loss(train):
    weights = np.ones(150)
    weights[TEST] = 0
    trained = train(make_task(weights=weights))
    assert np.isnan(trained.history["test_data_loss"]).all()
    assert np.isfinite(trained.history["data_loss"]).all()


def test_a_test_row_of_infinity_is_no_divergence():
    task = make_task()
    X = task.X.copy()
    X[TEST[0]] = np.inf
    trained = by_engine(replace(task, X=X))
    assert np.isfinite(trained.history["loss"]).all()
    assert not np.isfinite(trained.history["test_data_loss"]).any()


def test_test_rows_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match=r"test_rows must be row numbers, from 0 to 149"):
        by_engine(make_task(test_rows=np.array([150])))
