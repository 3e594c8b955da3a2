"""Keras networks that several fits use, one after the other: as if each had its own."""

import dataclasses
import gc
import threading

import keras
import numpy as np
import pytest
from tensorflow.python.framework.func_graph import FuncGraph

from sklearn_ridge_nn import build_network, training
from sklearn_ridge_nn.network import Purpose, derived_seed
from sklearn_ridge_nn.training import Architecture, Task, _kept_networks as kept
from sklearn_ridge_nn.training._keras_loop import train_with_keras

X = np.random.default_rng(0).normal(size=(60, 5))
WEIGHTS = np.random.default_rng(1).uniform(0.1, 3, 60)
OPTIMIZERS = {
    "adafactor": lambda: "adafactor",
    "lion": lambda: "lion",
    "clipped": lambda: keras.optimizers.Adam(1e-2, clipnorm=0.1),
    "averaged": lambda: keras.optimizers.SGD(1e-2, use_ema=True, ema_overwrite_frequency=3),
    "nested": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1e-2)),
    "schedule": lambda: keras.optimizers.RMSprop(keras.optimizers.schedules.CosineDecay(1e-2, 9)),
}
if hasattr(keras.optimizers, "ScheduleFreeAdamW"):  # Keras 3.13
    OPTIMIZERS["of the weights"] = lambda: keras.optimizers.ScheduleFreeAdamW(1e-2)


@pytest.fixture(autouse=True)
def none_kept():
    kept.forget_networks()
    yield
    kept.forget_networks()


def a_task(alpha=0.1, n_rows=60, seed=0, optimizer="adafactor", **fields):
    architecture = Architecture(5, 1, "binary", (7, 4), "tanh", "float32")
    known = {"epochs": 2, "batch_size": 16, "learning_rate": 0.01, "dropout": 0.2}
    rows = np.arange(n_rows)
    return Task(
        architecture, alpha, X, (X[:, :1] > 0).astype(int), WEIGHTS, rows, rows[:0],
        seed=seed, optimizer=optimizer, **known | fields,
    )  # fmt: skip


def by_keras(task):
    """The weights after a network of `build_network` was trained by ``fit``, as anybody would."""
    network = build_network(
        5, alpha=task.alpha, hidden_layer_sizes=(7, 4), activation="tanh", dropout=task.dropout,
        optimizer=task.optimizer, learning_rate=task.learning_rate, seed=task.seed,
    )  # fmt: skip
    if task.start is not None:
        network.set_weights(task.start.weights)
        variables = [each for each in network.optimizer.variables if each.name != "learning_rate"]
        for variable, value in zip(variables, task.start.optimizer, strict=True):
            variable.assign(value)

    def key_dropout(epoch, _):
        for number, layer in enumerate(each for each in network.layers if "dropout" in each.name):
            layer.seed_generator.state.assign([derived_seed(task.seed, Purpose.DROPOUT, number, epoch), 0])

    epochs = range(task.first_epoch, task.last_epoch)
    network.fit(
        (minibatch for epoch in epochs for minibatch in task.epoch_batches(epoch)),
        initial_epoch=task.first_epoch,
        epochs=task.last_epoch,
        steps_per_epoch=task.n_batches(task.train_rows),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=key_dropout)],
        shuffle=False,
        verbose=0,
    )
    return network.get_weights()


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_fit_is_that_of_a_network_of_its_own(name):
    """Whatever the fits before had as alpha, rows, seed, minibatches and learning rate."""
    optimizer = OPTIMIZERS[name]()
    tasks = [
        a_task(0.1, 60, 0, optimizer),
        a_task(5.0, 45, 1, optimizer, batch_size=32),
        a_task(0.0, 60, 2, optimizer, learning_rate=0.3, epochs=1),
    ]
    first = train_with_keras(tasks[0], np.arange(2))
    tasks.append(dataclasses.replace(tasks[0], start=first.state, alpha=0.01))
    for task in tasks:
        np.testing.assert_equal(train_with_keras(task, np.arange(2)).state.weights, by_keras(task))
    # what surrounds another optimizer, and what begins with the weights, is built for every fit
    assert len(kept._kept) == (name not in ("nested", "of the weights"))


def test_fits_do_not_grow_memory():
    """TensorFlow keeps the graph of every traced step, so no step may be traced anew."""
    numbers = []
    for n_fits in (2, 4):
        for number in range(n_fits):
            train_with_keras(a_task(0.1 * number, seed=number), np.arange(2))
        gc.collect()
        numbers.append(sum(type(each) is FuncGraph for each in gc.get_objects()))
    assert numbers[0] == numbers[1]


def test_a_network_that_a_callback_holds_is_nobody_elses():
    class Holding(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            held.append(self.model)

    held = []
    task = dataclasses.replace(a_task(), callbacks=(Holding,))
    weights = train_with_keras(task, np.arange(2)).state.weights
    train_with_keras(a_task(seed=3), np.arange(2))
    train_with_keras(dataclasses.replace(task, seed=4), np.arange(2))
    assert held[0] is not held[1]
    np.testing.assert_equal(held[0].get_weights(), weights)


def test_a_network_is_lent_to_one_training_at_a_time():
    def build():
        return build_network(5, hidden_layer_sizes=(7, 4), activation="tanh", optimizer="adafactor")

    with kept.kept_network(a_task(), build) as one, kept.kept_network(a_task(), build) as other:
        assert one is not other


def test_threads_train_as_one_by_one():
    tasks = [a_task(0.1 * number, seed=number) for number in range(6)]
    alone = [train_with_keras(task, np.arange(2)).state.weights for task in tasks]
    together = [None] * len(tasks)

    def work(number):
        together[number] = train_with_keras(tasks[number], np.arange(2)).state.weights

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_equal(together, alone)


def test_a_network_is_not_kept_after_an_error_and_is_after_divergence(monkeypatch):
    with np.errstate(all="ignore"), pytest.raises(training.DivergenceError):
        train_with_keras(a_task(learning_rate=1e30, optimizer="sgd", epochs=20), np.arange(2))
    assert len(kept._kept) == 1
    task = a_task(optimizer="sgd")
    np.testing.assert_equal(train_with_keras(task, np.arange(2)).state.weights, by_keras(task))
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train_with_keras(task, np.arange(2))
    assert not kept._kept


def test_few_networks_are_kept_and_no_large_ones(monkeypatch):
    monkeypatch.setattr(kept, "MAX_NETWORKS", 2)
    for dropout in (0.1, 0.2, 0.3):
        train_with_keras(a_task(dropout=dropout, epochs=1), np.arange(2))
    assert [key[1] for key in kept._kept] == [0.2, 0.3]
    monkeypatch.setattr(kept, "MAX_BYTES", 100)
    train_with_keras(a_task(dropout=0.4, epochs=1), np.arange(2))
    assert len(kept._kept) == 2


def test_memory_that_is_short_is_given_back(monkeypatch):
    def no_memory(*_, **__):
        raise MemoryError

    train_with_keras(a_task(), np.arange(2))
    monkeypatch.setattr(keras.Model, "fit", no_memory)
    with pytest.raises(MemoryError, match="Memory does not hold the training of a network"):
        training.train([a_task(dropout=0.3)])
    assert not kept._kept
