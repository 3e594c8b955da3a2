"""The public names of `training`: which trainer answers a task, and what its classes are called."""

import pickle
from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.model_selection import cross_val_score

from sklearn_ridge_nn import training
from sklearn_ridge_nn.training import Architecture, Task, _train
from sklearn_ridge_nn.training._keras_loop import train_with_keras

ROWS = np.arange(40)
X = np.random.default_rng(0).normal(size=(40, 3))
TARGETS = {
    "binary": (X[:, :1] > 0).astype(int),
    "multiclass": X.argmax(axis=1)[:, None],
    "multilabel-indicator": (X > 0).astype(int),
}


def make_task(target_type, **fields):
    n_outputs = 1 if target_type == "binary" else 3
    network = Architecture(3, n_outputs, target_type, (4,), "relu", "float64")
    task = Task(network, 0.01, X, TARGETS[target_type], None, ROWS, ROWS[:0], epochs=2, batch_size=20, seed=0)
    return replace(task, **fields)


@pytest.mark.sample(1)
@pytest.mark.parametrize("target_type", TARGETS)
def test_classes_without_names_are_numbers_from_0(target_type, monkeypatch):
    tasks = [
        make_task(target_type),  # for the engine, and for Keras:
        make_task(target_type, optimizer=keras.optimizers.Adam(clipnorm=1.0)),
        make_task(target_type, callbacks=(keras.callbacks.Callback(),)),
    ]
    classes = [0, 1] if target_type == "binary" else [0, 1, 2]
    named = training.train(tasks, [np.array(classes)] * 3)
    seen = []

    def watched(task, classes, *rest):
        seen.append(classes.tolist())
        return train_with_keras(task, classes, *rest)

    monkeypatch.setattr(_train, "train_with_keras", watched)
    unnamed = training.train(tasks)
    assert seen == [classes] * 2
    for one, other in zip(unnamed, named, strict=True):
        for a, b in zip(one.state.weights, other.state.weights, strict=True):
            np.testing.assert_array_equal(a, b)


def test_what_the_engine_refuses_names_the_function_that_takes_it():
    task = make_task("binary", optimizer="adafactor")
    with pytest.raises(ValueError, match=r"Give the tasks to sklearn_ridge_nn\.training\.train\(tasks\)"):
        training.train_together([task])
    (trained,) = training.train([task])
    assert trained.state.n_epochs == 2


@pytest.mark.parametrize("name", ["Architecture", "DivergenceError", "State", "Task", "Trained"])
def test_classes_are_pickled_under_their_public_name(name):
    public = getattr(training, name)
    assert (public.__module__, public.__qualname__) == ("sklearn_ridge_nn.training", name)
    assert pickle.loads(pickle.dumps(public)) is public


def test_scikit_learn_reports_a_divergence_by_its_public_name(cancer, small):
    diverging = small(learning_rate=1e30, optimizer="sgd")
    with pytest.raises(ValueError, match=r"sklearn_ridge_nn\.training\.DivergenceError: The loss became"):
        cross_val_score(diverging, *cancer, cv=2)
