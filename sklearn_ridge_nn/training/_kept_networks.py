"""Keras networks that are trained again, from new weights, by the step that was traced for them.

Tracing takes most of a short training, and TensorFlow does not give back all memory of a traced step or of a
Keras model: about 2 MB stay with each. So fits whose steps are equal use one network, one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np

from sklearn_ridge_nn._tensorflow import keras, tf
from sklearn_ridge_nn.network import DivergenceError, Task, is_schedule, optimizer_recipe, strengths

#: Networks that are kept at most, the last used, and the bytes of weights and optimizer state of each.
MAX_NETWORKS = 8
MAX_BYTES = 2**24

_kept: dict[tuple[Any, ...], _Kept] = {}
_lock = threading.Lock()


@dataclass
class _Kept:
    """A compiled network, the variable that its penalties read, and the state its optimizer begins with."""

    network: keras.Model
    alpha: tf.Variable
    optimizer_start: list[np.ndarray]

    def begin(self, task: Task, rate: Any) -> None:
        """Have everything but the weights stand as it does in a network that was just built for a task."""
        self.alpha.assign(strengths([task.alpha], task.architecture.dtype)[0])
        optimizer = self.network.optimizer
        for variable, value in zip(optimizer.variables, self.optimizer_start, strict=True):
            variable.assign(value)
        if not is_schedule(rate):
            optimizer.learning_rate = rate


@contextmanager
def kept_network(task: Task, build: Callable[[], keras.Model]) -> Iterator[keras.Model]:
    """Lend a network to train a task with, whose weights are still to be set.

    A network belongs to one training at a time, and is not kept after an error, divergence excepted. A task
    gets one of its own, which is not kept, if it has callbacks, which may change a network and hold it; if
    its optimizer or schedule is not one of Keras's own; and if its optimizer begins with values that depend
    on the weights.

    Parameters
    ----------
    task : Task
    build : callable
        Builds a network for the task.

    Yields
    ------
    keras.Model
    """
    key, rate = _key(task)
    with _lock:
        kept = _kept.pop(key, None)
    if kept is None:
        network = build()
        kept = _prepare(network, task) if key else None
    else:
        network = kept.network
    if kept is not None:
        kept.begin(task, rate)
    try:
        yield network
    except DivergenceError:
        _keep(key, kept)
        raise
    _keep(key, kept)


def _keep(key: tuple[Any, ...], kept: _Kept | None) -> None:
    if kept is not None:
        with _lock:
            _kept[key] = kept
            if len(_kept) > MAX_NETWORKS:
                _kept.pop(next(iter(_kept)))


def forget_networks() -> None:
    """Give back the memory of all networks."""
    with _lock:
        _kept.clear()


def _key(task: Task) -> tuple[tuple[Any, ...], Any]:
    """Return what tasks share that train by the same step, and the learning rate; () if none may share it."""
    if task.callbacks:
        return (), None
    try:
        recipe, rate = optimizer_recipe(task.optimizer, task.learning_rate)
    except KeyError:  # an optimizer around another one
        return (), None
    kind = recipe.optimizer_class
    schedule: tuple[Any, ...] = ()
    if not _is_of_keras(kind, keras.optimizers):
        return (), None
    if is_schedule(rate):
        if not _is_of_keras(type(rate), keras.optimizers.schedules):
            return (), None
        schedule = (type(rate), joblib.hash(rate.get_config()))
    return (task.architecture, task.dropout, recipe, *schedule), rate


def _is_of_keras(kind: type, module: Any) -> bool:
    return getattr(module, kind.__name__, None) is kind


def _prepare(network: keras.Model, task: Task) -> _Kept | None:
    """Have the penalties read a variable; None if the network must not be kept."""
    start = [variable.numpy().copy() for variable in network.optimizer.variables]
    n_bytes = sum(values.nbytes for values in (*start, *network.get_weights()))
    if n_bytes > MAX_BYTES or any(values.size > 1 and np.ptp(values) > 0 for values in start):
        return None
    alpha = tf.Variable(0.0, trainable=False, dtype=task.architecture.dtype)
    for layer in network.layers:
        if getattr(layer, "kernel_regularizer", None) is not None:
            layer.kernel_regularizer.l2 = alpha
    return _Kept(network, alpha, start)
