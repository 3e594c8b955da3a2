"""The engine: many networks trained together, against each trained alone and against Keras."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings, strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from sklearn_ridge_nn import RidgeMLPClassifier, build_network, model_selection
from sklearn_ridge_nn.estimators import n_epochs
from sklearn_ridge_nn.network import _forward as forward, _optimizers as optimizers
from sklearn_ridge_nn.training import (
    Architecture,
    DivergenceError,
    Task,
    Trained,
    _engine as engine,
    _grouping as stacks,
    _program as program,
    _stacked_network as stacked_network,
    train,
)
from sklearn_ridge_nn.training._keras_loop import train_with_keras
from sklearn_ridge_nn.training._stack_shape import StackShape

NUMBER_LOSSES = ("squared_error", "absolute_error", "huber", "poisson", "quantile")
CLASS_TYPES = ("binary", "multiclass", "multilabel-indicator")
TARGET_TYPES = (*CLASS_TYPES, *NUMBER_LOSSES)


def make_task(target_type="binary", n_rows=150, dtype="float64", hidden=(7, 5), activation="tanh", **fields):
    """A task on generated rows; the same arguments give the very same arrays."""
    X, targets = _data(target_type, n_rows)
    of_numbers = {}
    if target_type in NUMBER_LOSSES:
        of_numbers = {"loss": target_type, "quantile": 0.8 if target_type == "quantile" else 0.5}
        target_type = "continuous"
    n_outputs = 1 if target_type == "binary" else 3
    task = Task(
        architecture=Architecture(6, n_outputs, target_type, hidden, activation, dtype, **of_numbers),
        alpha=1e-2,
        X=X,
        targets=targets,
        weights=None,
        train_rows=np.arange(n_rows - 20),
        validation_rows=np.arange(n_rows - 20, n_rows),
        epochs=3,
        batch_size=40,
        seed=0,
    )
    return replace(task, **fields)


_DATA: dict = {}


def _data(target_type, n_rows):
    if (target_type, n_rows) not in _DATA:
        rng = np.random.default_rng(0)
        X = rng.normal(size=(n_rows, 6))
        z = X[:, ::2] + X[:, 1::2] + rng.normal(size=(n_rows, 3))
        targets = {
            "binary": (z[:, :1] > 0).astype(np.uint8),
            "multiclass": z.argmax(axis=1)[:, None],
            "multilabel-indicator": (z > 0).astype(np.uint8),
            "poisson": np.floor(np.exp(z)),
        }.get(target_type, z)
        _DATA[target_type, n_rows] = X, targets
    return _DATA[target_type, n_rows]


def assert_same(one: Trained, other: Trained, rtol: float, history_rtol: float | None = None) -> None:
    """Weights, optimizer state and history are equal, each array relative to its largest number."""
    assert (one.best_epoch, one.state.n_epochs) == (other.best_epoch, other.state.n_epochs)
    assert one.state.optimizer_signature == other.state.optimizer_signature
    for name in ("coefs", "intercepts", "optimizer"):
        for a, b in zip(getattr(one.state, name), getattr(other.state, name), strict=True):
            assert np.shape(a) == np.shape(b)
            np.testing.assert_allclose(a, b, rtol=0, atol=rtol * max(np.abs(b).max(), 1e-3))
    assert one.history.keys() == other.history.keys()
    for name in one.history:
        tolerance = (history_rtol or rtol) if name != "loss" else max(history_rtol or rtol, 1e-6)
        np.testing.assert_allclose(one.history[name], other.history[name], rtol=tolerance, atol=1e-12)


def folds(n_rows, n_splits):
    """Training rows of folds, some smaller by a row."""
    return [np.delete(np.arange(n_rows), part) for part in np.array_split(np.arange(n_rows), n_splits)]


# -- E1: alone = together -------------------------------------------------------------------------


@pytest.mark.sample(1)
@pytest.mark.parametrize("target_type", TARGET_TYPES)
@pytest.mark.parametrize("n_members", [1, 2, 7, 50])
def test_together_equals_alone_whatever_the_number_of_members(n_members, target_type):
    alphas = np.logspace(-5, 0, 9)
    tasks = [
        make_task(target_type, alpha=alphas[member % 9], train_rows=rows, validation_rows=np.arange(5))
        for member in range(n_members)
        for rows in [folds(123, 6)[member // 9]]  # 102 or 103 rows, minibatches of 40
    ]
    for task, together in zip(tasks, engine.train_together(tasks), strict=True):
        (alone,) = engine.train_together([task])
        assert_same(together, alone, 1e-10)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("hidden", "batch_size"),
    [((), 40), ((100,), 40), ((4, 4, 4, 4, 4), 40), ((7,), 43), ((7,), 129), ((7,), 10**12)],
    ids=["no hidden layer", "wide", "deep", "ragged", "a last minibatch of one row", "one huge minibatch"],
)
def test_together_equals_alone_whatever_the_shape(hidden, batch_size):
    tasks = [
        make_task(hidden=hidden, batch_size=batch_size, alpha=alpha, seed=seed)
        for alpha in (1e-4, 0.1)
        for seed in (0, 1)
    ]
    for task, together in zip(tasks, engine.train_together(tasks), strict=True):
        assert_same(together, engine.train_together([task])[0], 1e-10)
        assert_same(together, train_with_keras(task, np.arange(2)), 1e-9)


def test_folds_with_different_numbers_of_steps_train_side_by_side():
    tasks = [make_task(train_rows=np.arange(n)) for n in (39, 40, 41, 80, 81, 120)]
    for task, together in zip(tasks, engine.train_together(tasks), strict=True):
        assert_same(together, engine.train_together([task])[0], 1e-10)


@pytest.mark.slow
def test_members_may_differ_in_seed_learning_rate_dropout_weights_and_hold_out():
    weights = np.random.default_rng(1).uniform(0.5, 2, 150)
    tasks = [
        make_task(),
        make_task(seed=5),
        make_task(learning_rate=0.02),
        make_task(weights=weights),
        make_task(validation_rows=np.arange(7), train_rows=np.arange(7, 130)),
        make_task(validation_rows=np.arange(0)),
        make_task(dropout=0.3),
        make_task(dropout=0.6, seed=1),
        make_task(epochs=2),
        make_task("multiclass"),
        make_task(activation="relu"),
        make_task(optimizer="rmsprop"),
        make_task(optimizer=keras.optimizers.RMSprop(0.01, momentum=0.9)),
        make_task(dtype="float32"),
    ]
    results = engine.train_together(tasks)
    for task, together in zip(tasks, results, strict=True):
        tolerance = 1e-10 if task.architecture.dtype == "float64" else 1e-5
        assert_same(together, engine.train_together([task])[0], tolerance)
    for number, result in enumerate(results[1:], 1):
        is_same = np.array_equal(result.state.coefs[-1], results[0].state.coefs[-1])
        assert is_same == (len(tasks[number].validation_rows) == 0)


@pytest.mark.parametrize("change", [{"alpha": 1e30}, {"alpha": 1e200}, {"learning_rate": 1e30}])
def test_a_diverging_member_disturbs_nobody(change):
    tasks = [make_task(alpha=alpha, optimizer="sgd") for alpha in (1e-4, 1e-2, 1e-3)]
    tasks[1] = replace(tasks[1], **change)
    first, diverged, last = engine.train_together(tasks)
    assert isinstance(diverged, DivergenceError)
    (alone,) = engine.train_together(tasks[1:2])
    assert str(alone) == str(diverged)
    for task, together in ((tasks[0], first), (tasks[2], last)):
        assert_same(together, engine.train_together([task])[0], 1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_members_stop_at_different_epochs_with_their_best_weights(dtype):
    tasks = [
        make_task(
            dtype=dtype, alpha=alpha, patience=patience, learning_rate=rate, epochs=25, activation="relu"
        )
        for alpha in (0.0, 1e-2)
        for patience, rate in ((2, 0.05), (4, 0.03), (2, 1e-4), (50, 0.05))
    ]
    results = engine.train_together(tasks)
    for task, together in zip(tasks, results, strict=True):
        truth = train_with_keras(task, np.arange(2))
        assert together.best_epoch == truth.best_epoch
        assert_same(together, engine.train_together([task])[0], 1e-10 if dtype == "float64" else 1e-3)
        if dtype == "float64":
            assert_same(together, truth, 1e-9)
    assert len({result.state.n_epochs for result in results}) > 2
    assert max(result.state.n_epochs for result in results) == 25


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("buffer_slots", [3, 64])
@pytest.mark.usefixtures("no_helper")
def test_the_best_weights_are_those_of_their_epoch_however_many_epochs_a_call_takes(
    buffer_slots, monkeypatch
):
    """A call keeps the weights of several epochs; each member's best one may be any of them."""
    monkeypatch.setattr(stacks, "BUFFER_SLOTS", buffer_slots)
    rates = (1e-4, 0.02, 0.05, 0.1, 1e300)  # the last one diverges
    tasks = [make_task(patience=40, learning_rate=rate, epochs=40, activation="relu") for rate in rates]
    calls = []
    original = program.Program.run
    monkeypatch.setattr(program.Program, "run", lambda self, x: calls.append(0) or original(self, x))
    results = engine.train_together(tasks)
    if buffer_slots == 64:
        assert len(calls) < 20
    assert isinstance(results.pop(), DivergenceError)
    assert len({result.best_epoch for result in results}) > 2
    for task, together in zip(tasks, results, strict=False):
        last = together.best_epoch + 1
        (until,) = engine.train_together([replace(task, patience=None, epochs=last)])
        for a, b in zip(together.state.coefs, until.state.coefs, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
        assert together.best_epoch == np.argmin(together.history["val_data_loss"])
        assert together.state.n_epochs == 40
        assert all(
            array.base is None for array in together.state.coefs
        )  # or it would keep all epochs' weights
    monkeypatch.setattr(stacks, "MOST_KEPT", 0)
    for one, other in zip(results, engine.train_together(tasks), strict=False):
        assert_same(one, other, 1e-12)


@pytest.mark.usefixtures("no_helper")
def test_stopping_early_ends_the_training_when_all_have_stopped(monkeypatch):
    tasks = [make_task(patience=1, learning_rate=0.1, epochs=1000, alpha=alpha) for alpha in (0, 1e-3)]
    longest = max(result.state.n_epochs for result in engine.train_together(tasks))
    assert longest < 100
    runs = []
    original = program.Program.run  # which a new program runs once more, to be compiled
    monkeypatch.setattr(program.Program, "run", lambda self, x: runs.append(0) or original(self, x))
    engine.train_together(tasks)
    assert len(runs) == longest


@pytest.mark.slow
def test_float32_probabilities_and_the_best_alpha_are_those_of_separate_fits(cancer):
    X, y = cancer
    alphas = np.logspace(-5, 0, 6)
    architecture = Architecture(30, 1, "binary", (128, 64), "relu", "float32")
    tasks = [
        Task(architecture, alpha, X, y[:, None], None, rows, np.arange(50), 15, 128, 0)
        for alpha in alphas
        for rows in folds(569, 5)
    ]
    losses = []
    for tasks_trained in (engine.train_together(tasks), [engine.train_together([task])[0] for task in tasks]):
        probabilities = [
            forward.probabilities(
                forward.logits(X, result.state.coefs, result.state.intercepts, "relu"), "binary"
            )
            for result in tasks_trained
        ]
        losses.append([result.history["val_data_loss"][-1] for result in tasks_trained])
        if len(losses) == 1:
            together = probabilities
    np.testing.assert_allclose(together, probabilities, rtol=0, atol=1e-4)
    by_alpha = np.array(losses).reshape(2, len(alphas), 5).mean(axis=2)
    assert by_alpha[0].argmin() == by_alpha[1].argmin()


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(128, 64), (16,)], ids=["default", "small"])
def test_float32_results_are_those_of_separate_fits_after_the_default_training(wine, hidden):
    """600 steps carry a difference in the last digit of a sum to the third of a probability."""
    X, y = wine
    epochs = n_epochs(RidgeMLPClassifier(), len(X) * 2 // 3)
    architecture = Architecture(X.shape[1], 3, "multiclass", hidden, "relu", "float32")
    tasks = [
        Task(architecture, alpha, X, y[:, None], None, rows, np.arange(30), epochs, 128, 0)
        for alpha in (0.0, 1e-3, 0.1)
        for rows in folds(len(X), 3)
    ]
    for task, together in zip(tasks, engine.train_together(tasks), strict=True):
        (alone,) = engine.train_together([task])
        one, other = (
            forward.probabilities(
                forward.logits(X, result.state.coefs, result.state.intercepts, "relu"), "multiclass"
            )
            for result in (together, alone)
        )
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)


def test_measuring_less_changes_no_weight():
    task = make_task(epochs=4)
    (full,), (less,) = (
        engine.train_together([task]),
        engine.train_together([replace(task, every_epoch=False)]),
    )
    for a, b in zip(full.state.coefs, less.state.coefs, strict=True):
        np.testing.assert_array_equal(a, b)
    for name in full.history:
        if name in ("loss", "accuracy"):
            np.testing.assert_array_equal(full.history[name], less.history[name])
        else:
            assert np.isnan(less.history[name][:-1]).all()
            assert less.history[name][-1] == full.history[name][-1]


# -- E2: the engine = Keras -----------------------------------------------------------------------

SCHEDULES = keras.optimizers.schedules
OPTIMIZERS = {
    "adadelta": lambda: keras.optimizers.Adadelta(1.0),
    "adagrad": lambda: keras.optimizers.Adagrad(0.05),
    "adam amsgrad": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "adam accumulating": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=3),
    "adam cosine": lambda: keras.optimizers.Adam(
        SCHEDULES.CosineDecay(0.01, 10, warmup_steps=3, warmup_target=0.02)
    ),
    "adam restarts": lambda: keras.optimizers.Adam(SCHEDULES.CosineDecayRestarts(0.01, 4)),
    "adamax": lambda: keras.optimizers.Adamax,
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "ftrl": lambda: keras.optimizers.Ftrl(
        0.05, l1_regularization_strength=0.01, l2_regularization_strength=0.01, beta=0.1
    ),
    "ftrl plain": lambda: keras.optimizers.Ftrl(0.05),  # divides by what it starts from, 0.1
    "lion": lambda: "lion",
    "nadam": lambda: "nadam",
    "nadam decaying": lambda: keras.optimizers.Nadam(0.01, weight_decay=0.05),
    "rmsprop centered": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "rmsprop inverse time": lambda: keras.optimizers.RMSprop(SCHEDULES.InverseTimeDecay(0.01, 3, 0.5)),
    "sgd clipped": lambda: keras.optimizers.SGD(0.5, clipvalue=0.01, weight_decay=0.1),
    "sgd nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "sgd exponential": lambda: keras.optimizers.SGD(SCHEDULES.ExponentialDecay(0.5, 5, 0.5)),
    "sgd steps": lambda: keras.optimizers.SGD(SCHEDULES.PiecewiseConstantDecay([3, 7], [0.5, 0.1, 0.01])),
    "sgd polynomial": lambda: keras.optimizers.SGD(SCHEDULES.PolynomialDecay(0.5, 8)),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_elementwise_optimizer_and_schedule_is_that_of_keras(name):
    """Two steps in the last minibatch of one row, weighted; the state continues in either."""
    weights = np.random.default_rng(0).uniform(0.5, 2, 150)
    tasks = [
        make_task(optimizer=OPTIMIZERS[name](), weights=weights, alpha=alpha, batch_size=43, hidden=(6,))
        for alpha in (1e-3, 0.1)
    ]
    assert engine.why_not_together(tasks[0]) is None
    for task, trained in zip(tasks, engine.train_together(tasks), strict=True):
        truth = train_with_keras(task, np.arange(2))
        assert_same(trained, truth, 1e-9)
        onwards = replace(task, start=truth.state, epochs=2)
        assert_same(engine.train_together([onwards])[0], train_with_keras(onwards, np.arange(2)), 1e-9)


def of_width(n_features, n_rows=60, **fields):
    """A task of so many columns, most of them zeros."""
    rng = np.random.default_rng(n_features)
    X = rng.normal(size=(n_rows, n_features)) * (rng.random((n_rows, n_features)) < 0.2)
    targets = (X[:, :1] + rng.normal(size=(n_rows, 1)) > 0).astype(np.uint8)
    fields = {"architecture": Architecture(n_features, 1, "binary", (6,), "tanh", "float64"), **fields}
    return make_task(
        X=X, targets=targets, train_rows=np.arange(50), validation_rows=np.arange(50, 60), **fields
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adagrad", "adam amsgrad", "adamw", "ftrl plain", "sgd nesterov"])
def test_columns_that_fill_up_change_nothing_whatever_the_optimizer(name):
    """Those of a program that is wider than the networks, which is one for all that are nearly as wide."""
    tasks = [of_width(n, optimizer=OPTIMIZERS[name](), patience=2) for n in (305, 311, 320)]
    before = engine.n_compiled()
    results = engine.train_together(tasks)
    assert engine.n_compiled() <= before + 1
    for task, trained in zip(tasks, results, strict=True):
        truth = train_with_keras(task, np.arange(2))
        assert_same(trained, truth, 1e-9)
        onwards = replace(task, start=trained.state, epochs=2)
        (gone_on,) = engine.train_together([onwards])
        assert_same(gone_on, train_with_keras(replace(onwards, start=truth.state), np.arange(2)), 1e-9)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(0.01, epsilon=0.0),
        keras.optimizers.RMSprop(0.01, epsilon=1e-40),
        keras.optimizers.Ftrl(0.05, initial_accumulator_value=0.0),
    ],
)
def test_an_optimizer_that_divides_by_what_it_has_seen_gets_no_columns_without_gradients(optimizer):
    task = of_width(300, optimizer=optimizer)
    task = replace(task, X=np.random.default_rng(0).normal(size=task.X.shape))
    assert_same(engine.train_together([task])[0], train_with_keras(task, np.arange(2)), 1e-9)


@pytest.mark.slow
def test_members_with_different_schedules_train_together():
    schedules = [SCHEDULES.ExponentialDecay(0.05, 3, decay) for decay in (0.5, 0.9)]
    tasks = [
        make_task(optimizer="sgd", learning_rate=rate, alpha=alpha)
        for alpha in (1e-3, 0.1)
        for rate in (*schedules, 0.05)
    ]
    before = engine.n_compiled()
    results = engine.train_together(tasks)
    assert engine.n_compiled() == before + 1
    for task, together in zip(tasks, results, strict=True):
        assert_same(together, train_with_keras(task, np.arange(2)), 1e-9)


@pytest.mark.slow
def test_a_schedule_is_known_by_its_settings_and_not_by_the_object():
    """Objects may change after they were used, and arrays of many numbers look alike when printed."""
    schedule = SCHEDULES.ExponentialDecay(0.1, 5, 0.9)
    engine.train_together([make_task(learning_rate=schedule)])
    schedule.initial_learning_rate = 5.0
    alike = [np.full(31, 0.01, "float32") for _ in range(2)]
    alike[1][3:-3] = 0.5
    steps = list(range(1, 31))
    with np.printoptions(threshold=10):
        assert repr(alike[0]) == repr(alike[1])
        engine.train_together([make_task(learning_rate=SCHEDULES.PiecewiseConstantDecay(steps, alike[0]))])
        for rate in (
            SCHEDULES.ExponentialDecay(0.1, 5, 0.9),
            SCHEDULES.PiecewiseConstantDecay(steps, alike[1]),
            SCHEDULES.CosineDecay(np.float64(0.1), 10),
            SCHEDULES.ExponentialDecay(1, 5, 0.9),
        ):
            task = make_task(learning_rate=rate, optimizer="sgd")
            assert_same(engine.train_together([task])[0], train_with_keras(task, np.arange(2)), 1e-9)


@pytest.mark.slow
def test_a_schedule_is_traced_once_whatever_the_number_of_steps():
    schedule = SCHEDULES.CosineDecay(0.1, 10)
    engine.train_together([make_task(learning_rate=schedule)])
    (trace,) = list(optimizers._schedules.values())[-1:]
    engine.train_together([make_task(learning_rate=schedule, batch_size=7)])
    assert list(optimizers._schedules.values())[-1] is trace


@pytest.mark.sample(1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_row_weights_that_vanish_in_float32_still_count_rows(dtype):
    weights = np.ones(150)
    weights[::3] = 1e-50
    task = make_task(dtype=dtype, weights=weights)
    truth = train_with_keras(task, np.arange(2))
    assert_same(engine.train_together([task])[0], truth, 1e-5 if dtype == "float32" else 1e-9)
    tiny = make_task(dtype=dtype, weights=np.where(np.arange(150) < 130, 1.0, 1e-60))
    truth = train_with_keras(tiny, np.arange(2))
    assert_same(engine.train_together([tiny])[0], truth, 1e-5 if dtype == "float32" else 1e-9)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("target_type", "activation"),
    [
        *(("multiclass", activation) for activation in sorted(forward.ACTIVATIONS)),
        ("binary", "relu"),
        ("multilabel-indicator", "gelu"),
        *((loss, "tanh") for loss in NUMBER_LOSSES),
    ],
)
def test_every_activation_and_head_is_that_of_keras(target_type, activation):
    task = make_task(target_type, activation=activation, learning_rate=0.01)
    assert_same(engine.train_together([task])[0], train_with_keras(task, np.arange(3)), 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_weighted_losses_of_numbers_are_those_of_keras(loss, n_outputs):
    weights = np.random.default_rng(0).uniform(0.1, 3, 150)
    task = make_task(loss, weights=weights, patience=2, learning_rate=0.01, loss_unit=7.0)
    architecture = replace(task.architecture, n_outputs=n_outputs, penalize_output=True)
    task = replace(task, architecture=architecture, targets=np.ascontiguousarray(task.targets[:, :n_outputs]))
    assert_same(engine.train_together([task])[0], train_with_keras(task, None), 1e-9)


@pytest.mark.sample(2)
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_losses_of_numbers_are_those_of_train_on_batch(loss, n_outputs):
    """The same minibatches through Keras's own step, without anything of ours but the network."""
    weights = np.random.default_rng(0).uniform(0.1, 3, 150)
    task = make_task(loss, weights=weights)
    targets = np.ascontiguousarray(task.targets[:, :n_outputs])
    task = replace(task, architecture=replace(task.architecture, n_outputs=n_outputs), targets=targets)
    (trained,) = engine.train_together([task])
    network = build_network(
        6,
        n_outputs,
        target_type="continuous",
        alpha=1e-2,
        hidden_layer_sizes=(7, 5),
        activation="tanh",
        dtype="float64",
        seed=0,
        loss=loss,
        quantile=task.architecture.quantile,
    )
    for epoch in range(3):
        losses, sizes = [], []
        for x, y, w in task.epoch_batches(epoch):
            losses.append(float(network.train_on_batch(x, y, w)))
            network.reset_metrics()
            sizes.append(len(x))
        mean = np.average(losses, weights=sizes)
        assert trained.history["loss"][epoch] == pytest.approx(mean, rel=1e-6)  # Keras reports in float32
    for a, b in zip(trained.state.weights, network.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)
    total = sum(float(network.loss(y, network(x), w)) * len(x) for x, y, w in task.batches(task.train_rows))
    assert trained.history["data_loss"][-1] == pytest.approx(total / weights[:130].sum(), rel=1e-9)


@pytest.mark.sample(1)
@pytest.mark.parametrize("target_type", CLASS_TYPES)
def test_saturated_outputs_are_those_of_keras(target_type):
    """Logits of hundreds, where a loss computed from probabilities would be clipped."""
    task = make_task(target_type, optimizer="sgd", learning_rate=3e3, alpha=0.0, hidden=(), epochs=6)
    (trained,) = engine.train_together([task])
    z = forward.logits(task.X, trained.state.coefs, trained.state.intercepts, "tanh")
    assert np.abs(z).max() > 100
    assert_same(trained, train_with_keras(task, np.arange(3)), 1e-9)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_small_task_equals_keras(data):
    target_type = data.draw(st.sampled_from(TARGET_TYPES))
    n_rows = data.draw(st.integers(2, 60))
    n_features = data.draw(st.integers(1, 8))
    hidden = tuple(data.draw(st.lists(st.integers(1, 9), max_size=3)))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    n_validation = data.draw(st.integers(0, n_rows - 1))
    rows = rng.permutation(n_rows)
    n_outputs = 1 if target_type == "binary" else data.draw(st.integers(2, 5))
    of_numbers = {"loss": target_type, "penalize_output": True} if target_type in NUMBER_LOSSES else {}
    weights = rng.uniform(0.1, 3, n_rows) if data.draw(st.booleans()) else None
    if target_type == "multiclass":
        targets = rng.integers(n_outputs, size=(n_rows, 1))
    elif of_numbers:
        targets = rng.poisson(2, size=(n_rows, n_outputs)).astype(float)
    else:
        targets = rng.integers(2, size=(n_rows, n_outputs))
    kind = "continuous" if of_numbers else target_type
    X = rng.normal(size=(n_rows, n_features)).astype(data.draw(st.sampled_from(["f4", "f8", "i8"])))
    task = Task(
        Architecture(n_features, n_outputs, kind, hidden, "relu", "float64", **of_numbers),
        data.draw(st.sampled_from([0.0, 1e-3, 0.3])),
        csr_array(X) if data.draw(st.booleans()) else X,
        targets,
        weights,
        np.sort(rows[n_validation:]),
        np.sort(rows[:n_validation]),
        data.draw(st.integers(1, 3)),
        data.draw(st.integers(1, 70)),
        data.draw(st.integers(0, 2**31)),
        optimizer=data.draw(st.sampled_from(["adam", "sgd"])),
        learning_rate=0.01,
    )
    assert_same(
        engine.train_together([task])[0],
        train_with_keras(task, np.arange(max(n_outputs, 2))),
        1e-9,
    )


# -- data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_ready", [True, False])
@pytest.mark.parametrize(("dtype", "n_features"), [("float32", None), ("float64", None), ("float64", 300)])
@pytest.mark.usefixtures("no_helper")
def test_dense_sparse_memory_mapped_and_strided_rows_give_the_same_bits(
    dtype, n_features, is_ready, monkeypatch, tmp_path
):
    monkeypatch.setattr("sklearn_ridge_nn.training._minibatches.READY_BYTES", 2**26 if is_ready else 0)
    task = make_task(dtype=dtype) if n_features is None else of_width(n_features)
    np.save(tmp_path / "X.npy", task.X)
    (expected,) = engine.train_together([task])
    for X in (
        csr_array(task.X),
        np.load(tmp_path / "X.npy", mmap_mode="r"),
        np.asfortranarray(task.X),
        np.repeat(task.X, 2, axis=1)[:, ::2],
    ):
        (trained,) = engine.train_together([replace(task, X=X)])
        for a, b in zip(trained.state.coefs, expected.state.coefs, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.slow
@pytest.mark.usefixtures("no_helper")
def test_the_size_of_a_chunk_changes_nothing(monkeypatch):
    task = make_task(patience=5)
    (expected,) = engine.train_together([task])
    for slots in (1, 2, 3):
        monkeypatch.setattr(stacks, "BUFFER_SLOTS", slots)
        (trained,) = engine.train_together([task])
        assert_same(trained, expected, 1e-14)


MEMORY = """
import sys, threading, time
import numpy as np
from sklearn_ridge_nn import RidgeMLPClassifier

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024

X = np.load(sys.argv[1], mmap_mode="r")
y = np.arange(len(X)) % 2
classifier = RidgeMLPClassifier(hidden_layer_sizes=(4,), batch_size=1024, epochs=1, random_state=0)
classifier.fit(X[:5000], y[:5000])
before, peak, done = resident(), [0.0], threading.Event()

def watch():
    while not done.wait(0.005):
        peak[0] = max(peak[0], resident())

watcher = threading.Thread(target=watch)
watcher.start()
classifier.fit(X, y)
done.set()
watcher.join()
print(peak[0] - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads Linux's /proc")
def test_peak_memory_is_that_of_a_chunk_and_not_of_the_data(tmp_path):
    """400 MB on disk; a chunk is 4 MiB, and a row's number, weight and class take a few bytes."""
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", "float32", (400_000, 250))
    X[:] = np.random.default_rng(0).normal(size=250)
    X.flush()
    command = [sys.executable, "-c", MEMORY, str(tmp_path / "X.npy")]
    growth = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
    assert X.nbytes / 2**20 > 380
    assert growth < 100


GROWTH = """
import numpy as np
from sklearn_ridge_nn import RidgeMLPClassifier

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 5))
y = X[:, 0] > 0
for number in range(500):
    if number == 50:
        before = resident()
    alpha, rate = 10.0 ** rng.uniform(-5, 0), 10.0 ** rng.uniform(-4, -2)
    classifier = RidgeMLPClassifier(alpha, learning_rate=rate, hidden_layer_sizes=(16,), epochs=3)
    classifier.fit(X[: 50 + number % 50], y[: 50 + number % 50])
print(resident() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads Linux's /proc")
def test_memory_does_not_grow_with_the_number_of_fits():
    result = subprocess.run([sys.executable, "-c", GROWTH], check=True, capture_output=True, text=True)
    assert float(result.stdout.split()[-1]) < 20


# -- compiled programs ----------------------------------------------------------------------------


def test_a_stock_grid_search_compiles_once(cancer):
    """45 fits of different alphas, folds, learning rates and rows, and a refit on all rows."""
    X, y = cancer
    classifier = RidgeMLPClassifier(hidden_layer_sizes=(11,), epochs=2, random_state=0)
    before = engine.n_compiled()
    GridSearchCV(classifier, {"alpha": np.logspace(-5, 0, 9)}, cv=5).fit(X, y)
    assert engine.n_compiled() == before + 1
    for change in ({"learning_rate": 0.1}, {"random_state": 1}, {"epochs": 3}, {"validation_split": 0.0}):
        classifier.set_params(**change).fit(X[:400], y[:400])
    assert engine.n_compiled() == before + 1
    classifier.set_params(hidden_layer_sizes=(12,)).fit(X, y)
    assert engine.n_compiled() == before + 2


@pytest.mark.slow
def test_vocabularies_that_differ_share_a_program():
    """Each fold has a few words more or fewer, and the last fit has the most."""
    rng = np.random.default_rng(0)
    words = rng.zipf(1.3, size=(150, 60)) % 900
    documents = [" ".join(f"word{word}" for word in document) for document in words]
    y = (words % 7 == 3).sum(axis=1) > 8
    network = RidgeMLPClassifier(hidden_layer_sizes=(13,), epochs=2, random_state=0)
    pipeline = make_pipeline(TfidfVectorizer(), network)
    folds = list(StratifiedKFold(5).split(documents, y))
    sizes = {len(TfidfVectorizer().fit([documents[row] for row in rows]).vocabulary_) for rows, _ in folds}
    assert len(sizes) > 2
    grid = {"ridgemlpclassifier__alpha": [1e-3, 0.1]}
    before = engine.n_compiled()
    stock = GridSearchCV(pipeline, grid, cv=folds).fit(documents, y)
    assert engine.n_compiled() <= before + 2
    before = engine.n_compiled()
    ours = model_selection.GridSearchCV(pipeline, grid, cv=folds).fit(documents, y)
    assert engine.n_compiled() <= before + 2
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(ours.cv_results_[name], stock.cv_results_[name])


@pytest.mark.slow
@pytest.mark.usefixtures("no_helper")
def test_the_cache_of_programs_is_bounded(monkeypatch):
    monkeypatch.setattr(program, "MAX_PROGRAMS", 2)
    monkeypatch.setattr(program, "_cache", program._Cache())
    for width in (2, 3, 4):
        engine.train_together([make_task(hidden=(width,), epochs=1)])
    assert [key.architecture.hidden_layer_sizes for key in program._cache._programs] == [(3,), (4,)]
    engine.train_together([make_task(hidden=(3,), epochs=1)])
    assert program._cache.n_compiled == 3
    monkeypatch.setattr(program, "MAX_PROGRAM_BYTES", 1)
    engine.train_together([make_task(hidden=(2,), epochs=1)])
    assert len(program._cache._programs) == 1


def test_threads_share_programs_and_get_their_own_results():
    tasks = [make_task(seed=seed, hidden=(9,)) for seed in range(4)]
    expected = [engine.train_together([task])[0] for task in tasks]
    before = engine.n_compiled()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda task: engine.train_together([task])[0], tasks * 3))
    assert engine.n_compiled() == before
    for result, truth in zip(results, expected * 3, strict=True):
        np.testing.assert_array_equal(result.state.coefs[0], truth.state.coefs[0])


@settings(max_examples=200, deadline=None)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12), most=st.integers(1, 20))
def test_stacks_are_rectangular_small_and_hold_everybody(sizes, most):
    ends = np.cumsum(sizes)
    streams = [list(range(end - size, end)) for end, size in zip(ends, sizes, strict=True)]
    arrangement = stacks.arrange(streams, most)
    assert {member for stack in arrangement for piece in stack for member in piece} == set(range(ends[-1]))
    # of what one stream is filled up with, fewer than half are copies
    assert all(2 * len(set(piece)) > len(piece) for stack in arrangement for piece in stack)
    for stack in arrangement:
        assert len({len(piece) for piece in stack}) == 1
        assert len(stack) * len(stack[0]) <= most
        for piece in stack:
            assert any(set(piece) <= set(stream) for stream in streams)
    assert sum(len(stack) * len(stack[0]) for stack in arrangement) <= 4 * ends[-1]


CONTEXTS = {
    "tape": tf.GradientTape,
    "name scope": lambda: keras.name_scope("mine"),
    "one device": lambda: tf.distribute.OneDeviceStrategy("CPU:0").scope(),
    "mirrored": lambda: tf.distribute.MirroredStrategy(["CPU:0"]).scope(),
    "init scope": tf.init_scope,
    "stateless": keras.StatelessScope,
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("context", CONTEXTS)
def test_what_surrounds_a_fit_does_not_reach_the_program(context):
    tasks = [make_task(hidden=(3,)), make_task(hidden=(3,), batch_size=41 + list(CONTEXTS).index(context))]
    (expected,) = engine.train_together(tasks[:1])
    with CONTEXTS[context]():
        cached, compiled = engine.train_together(tasks)
    np.testing.assert_array_equal(cached.state.coefs[0], expected.state.coefs[0])
    assert_same(compiled, engine.train_together(tasks[1:])[0], 1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"callbacks": [keras.callbacks.Callback()]},
            "cannot train tasks.0. .* there are callbacks. Give the",
        ),
        ({"optimizer": keras.optimizers.Adam(clipnorm=1.0)}, "the optimizer has clipnorm=1.0"),
        ({"train_rows": np.arange(0)}, r"tasks.0..train_rows must be at least one row number"),
        ({"train_rows": np.array([-1, 3])}, r"train_rows must be row numbers, from 0 to 149\. Got an array"),
        ({"validation_rows": np.array([150])}, "validation_rows must be row numbers, from 0 to 149"),
        ({"patience": 2, "validation_rows": np.arange(0)}, "patience must be None where validation_rows"),
        ({"X": np.zeros((150, 5))}, r"tasks.0..X must be of shape \(150, 6\).* Got .*\(150, 5\)"),
        ({"targets": np.zeros(150, int)}, r"targets must be whole numbers from 0 to 1 of shape \(150, 1\)"),
        ({"targets": np.full((150, 1), 2)}, "targets must be whole numbers from 0 to 1"),
        ({"targets": np.full((150, 1), 0.5)}, r"targets must be whole numbers .* Got an array of float64"),
        ({"weights": np.ones(3)}, r"weights must be of shape \(150,\).* Got .*\(3,\)"),
        ({"alpha": -1.0}, r"alpha must be a number >= 0\. Got -1\.0"),
        ({"dropout": 1.0}, "dropout must be a share"),
        ({"epochs": 0}, "epochs must be an int >= 1"),
    ],
)
def test_a_task_that_would_go_wrong_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        engine.train_together([make_task(**change)])


def test_an_architecture_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"activation of elu, .* Got .*activation='relu7'"):
        engine.train_together([make_task(activation="relu7")])
    task = make_task("multiclass")
    with pytest.raises(ValueError, match="whole numbers from 0 to 1"):
        engine.train_together([replace(task, architecture=replace(task.architecture, n_outputs=2))])


# -- while it runs --------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_helper")
def test_an_interrupt_between_chunks_leaves_the_estimator_as_it_was(monkeypatch, cancer, small):
    X, y = cancer
    classifier = small(epochs=40).fit(X, y)
    before = dict(vars(classifier))
    calls = []

    def interrupted(self, inputs):
        calls.append(0)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(self, inputs)

    original = program.Program.run
    monkeypatch.setattr(program.Program, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, 1 - y)
    assert vars(classifier) == before
    assert len(classifier.fit(X, y).history_["loss"]) == 40  # and the program is free again


def test_verbose_1_shows_one_line(capsys, cancer, small):
    small(verbose=1).fit(*cancer)
    lines = capsys.readouterr().out.split("\r")
    assert lines[-1].startswith("Training 1 network in the engine: 3 of 3 epochs, ")
    assert lines[-1].rstrip().endswith("epochs/s, 0:00 left")
    assert all("\n" not in line for line in lines[:-1])


def test_verbose_2_shows_a_line_for_every_epoch(capsys, cancer, small):
    classifier = small(verbose=2).fit(*cancer)
    first, *epochs = capsys.readouterr().out.splitlines()
    assert first == "Training 1 network in the engine"
    assert len(epochs) == 3
    loss = classifier.history_["val_data_loss"][-1]
    assert epochs[-1].startswith("epoch 3/3 - loss ")
    assert f"val_data_loss {loss:.4f}" in epochs[-1]


def test_verbose_counts_all_networks(capsys):
    engine.train_together([make_task(alpha=alpha, verbose=2, patience=1, epochs=50) for alpha in (0.0, 0.5)])
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "Training 2 networks in the engine"
    assert second.startswith("epoch 1/50 - loss 0.")
    assert ".." in second


@pytest.mark.usefixtures("no_helper")
def test_without_xlas_barrier_the_weights_are_the_same(monkeypatch):
    """TensorFlow has no public name for the barrier; a release without it is slower and right."""
    task = make_task(epochs=2)
    (kept,) = engine.train_together([task])
    monkeypatch.setitem(sys.modules, "tensorflow.compiler.tf2xla.python.xla", None)
    assert stacked_network._optimization_barrier() is None
    monkeypatch.setattr(stacked_network, "_barrier", None)
    monkeypatch.setattr(program, "_cache", program._Cache())
    (free,) = engine.train_together([task])
    assert_same(free, kept, 1e-12)


# -- memory ---------------------------------------------------------------------------------------


def hold_at_most(n_members, monkeypatch, error=None):
    """Have memory hold so many networks at a time, from the second call of a program on; return the sizes."""
    run, sizes = program.Program.run, []

    def limited(self, inputs):
        sizes.append(self.key.n_members)
        if inputs["count"] > 0 and self.key.n_members > n_members:
            raise error or MemoryError
        return run(self, inputs)

    monkeypatch.setattr(program.Program, "run", limited)
    return sizes


@pytest.mark.usefixtures("no_helper")
@pytest.mark.parametrize("error", [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM when")])
def test_what_memory_does_not_hold_is_trained_in_halves_once_with_a_warning(error, monkeypatch, capsys):
    tasks = [
        make_task(alpha=alpha, train_rows=rows, verbose=1)
        for rows in folds(123, 2)
        for alpha in (1e-4, 1e-2, 1.0)
    ]
    expected = [engine.train_together([task])[0] for task in tasks]
    capsys.readouterr()
    sizes = hold_at_most(3, monkeypatch, error)
    with pytest.warns(RuntimeWarning, match="does not hold 6 networks that .* again, at most 3 at") as warned:
        together = engine.train_together(tasks)
    assert len(warned) == 1
    assert set(sizes) == {6, 3}
    for one, other in zip(together, expected, strict=True):
        assert_same(one, other, 1e-9)
    assert "6 networks in the engine: 18 of 18 epochs" in capsys.readouterr().out


@pytest.mark.usefixtures("no_helper")
def test_the_last_fit_of_a_search_in_a_full_stack_is_trained_alone_instead(monkeypatch):
    (expected,) = engine.train_together([make_task()])
    token = stacks.search_shape.set(StackShape(n_streams=2, n_per_stream=3))
    try:
        hold_at_most(3, monkeypatch)
        with pytest.warns(RuntimeWarning, match="does not hold"):
            (trained,) = engine.train_together([make_task()])
    finally:
        stacks.search_shape.reset(token)
    assert_same(trained, expected, 1e-9)


@pytest.mark.usefixtures("no_helper")
def test_a_network_that_memory_does_not_hold_is_an_error_that_says_what_needs_less(monkeypatch):
    hold_at_most(0, monkeypatch)
    expected = "training of a network with 95 weights of float64, batch_size=40 and 150 rows. Set smaller hid"
    with pytest.raises(MemoryError, match=expected):
        engine.train_together([make_task()])
    tasks = [make_task(alpha=alpha) for alpha in (0.1, 1, 10, 100)]
    with (
        pytest.warns(RuntimeWarning, match="at most 2 at a time"),
        pytest.raises(MemoryError, match="2 networks"),
    ):
        engine.train_together(tasks)
    monkeypatch.undo()
    assert isinstance(engine.train_together([make_task()])[0], Trained)


def test_so_does_keras(monkeypatch):
    def fit(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(keras.Model, "fit", fit)
    with pytest.raises(MemoryError, match="a network with 95 weights of float64, batch_size=40 and 150 rows"):
        train([make_task(optimizer="adafactor")])
