"""Training one network with Keras itself.

This trainer takes everything that Keras takes: any optimizer, any callback; the engine takes the rest,
many times faster. It answers a `training.Task` and knows no estimator.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from sklearn_ridge_nn._tensorflow import keras
from sklearn_ridge_nn.network import (
    BLOCK_ROWS,
    Purpose,
    State,
    Task,
    Trained,
    derived_seed,
    divergence,
    hits,
    is_callback,
    keras_estimator,
    logits,
    optimizer_signature,
    optimizer_variables,
    row_losses,
    set_state,
    start_weights,
    strengths,
)
from sklearn_ridge_nn.training._kept_networks import kept_network

#: Takes the number of an epoch, from 0 in this training, and what makes the network of its end; returns
#: whether to end the training.
AfterEpoch: TypeAlias = Callable[[int, Callable[[], Trained]], bool]


def train_with_keras(
    task: Task,
    classes: np.ndarray | None,
    after_epoch: AfterEpoch | None = None,
) -> Trained:
    """Train one network with ``keras.Model.fit``.

    Parameters
    ----------
    task : Task
    classes : ndarray of shape (n_classes,) or None
        The labels, for SciKeras; None where the targets are numbers.
    after_epoch : callable or None, default=None
        See `AfterEpoch`.

    Returns
    -------
    Trained

    Raises
    ------
    DivergenceError
        If the loss becomes infinite or NaN.
    """

    def build() -> keras.Model:
        return keras_estimator(
            task.architecture,
            classes=classes,
            model__alpha=task.alpha,
            model__dropout=task.dropout,
            model__optimizer=task.optimizer,
            model__learning_rate=task.learning_rate,
            model__seed=task.seed,
        ).model_

    with kept_network(task, build) as network:
        if task.start is None:
            network.set_weights(start_weights(task))
        else:
            set_state(network, task.start)
        return _trained(network, task, after_epoch)


def _trained(network: keras.Model, task: Task, after_epoch: AfterEpoch | None) -> Trained:
    """Train a network that stands at the beginning."""
    bookkeeping = _Bookkeeping(task)
    own_callbacks = _callbacks_of_this_fit(task.callbacks)
    log = _EpochLog()
    callbacks: list[keras.callbacks.Callback] = [bookkeeping, *own_callbacks, log]
    stopping = None
    if task.patience is not None:
        stopping = keras.callbacks.EarlyStopping(
            "val_data_loss", mode="min", patience=task.patience, restore_best_weights=True
        )
        callbacks.append(stopping)  # last, so that no other callback restores other weights
    if after_epoch is not None:
        callbacks.append(_Onlooker(task, log, after_epoch))
    network.fit(
        _stream(task),
        steps_per_epoch=task.n_batches(task.train_rows),
        initial_epoch=task.first_epoch,
        epochs=task.last_epoch,
        callbacks=callbacks,
        verbose=min(int(task.verbose), 2),
        shuffle=False,
        **_validation(task),
    )
    if bookkeeping.diverged_in is not None:
        raise divergence(task, bookkeeping.diverged_in)
    for callback in own_callbacks:
        callback._model = None  # noqa: SLF001  set_model is the user's, and expects a model
    return Trained(
        _state(network, task.first_epoch + len(log.epochs)),
        log.history(),
        stopping.best_epoch - task.first_epoch if stopping is not None else None,
        own_callbacks,
    )


def _state(network: keras.Model, n_epochs: int) -> State:
    """Return what a network ends with, or stands at."""
    weights = network.get_weights()
    return State(
        weights[::2],
        weights[1::2],
        [variable.numpy() for variable in optimizer_variables(network.optimizer)],
        optimizer_signature(network.optimizer),
        n_epochs,
    )


def _stream(task: Task) -> Iterator[tuple[np.ndarray, ...]]:
    for epoch in range(task.first_epoch, task.last_epoch):
        yield from task.epoch_batches(epoch)


def _validation(task: Task) -> dict[str, Any]:
    """Return the hold-out for Keras, needed only so that callbacks see it being evaluated."""
    if not task.callbacks or not len(task.validation_rows):
        return {}

    def forever() -> Iterator[tuple[np.ndarray, ...]]:
        while True:
            yield from task.batches(task.validation_rows)

    return {
        "validation_data": forever(),
        "validation_steps": task.n_batches(task.validation_rows),
    }


def _callbacks_of_this_fit(callbacks: Sequence[Any]) -> list[keras.callbacks.Callback]:
    """Return copies of callbacks, and those that functions make, in their order."""
    copies = iter(_detached_copies([callback for callback in callbacks if is_callback(callback)]))
    return [next(copies) if is_callback(callback) else _made_by(callback) for callback in callbacks]


def _made_by(make: Any) -> keras.callbacks.Callback:
    callback = make()
    if not is_callback(callback):
        raise TypeError(
            f"callbacks holds {make!r}, which must return a keras.callbacks.Callback (BackupAndRestore "
            f"excepted) when it is called without arguments. It returned {callback!r}."
        )
    return callback


def _detached_copies(callbacks: Sequence[keras.callbacks.Callback]) -> list[keras.callbacks.Callback]:
    """Copy callbacks, those that know each other together, without models that earlier fits left."""
    models = [callback.model for callback in callbacks if callback.model is not None]
    try:
        return copy.deepcopy(list(callbacks), {id(model): None for model in models})
    except TypeError as error:
        names = ", ".join(type(callback).__name__ for callback in callbacks)
        raise TypeError(
            f"Each fit trains with copies of callbacks, but one of {names} cannot be copied: {error}. Open "
            f"files and the like in on_train_begin instead of __init__."
        ) from error


class _EpochLog(keras.callbacks.Callback):
    """Keeps what each epoch reports, also where an epoch reports more or less than the others."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Keep an epoch's values."""
        self.epochs.append(dict(logs or {}))

    def history(self) -> dict[str, np.ndarray]:
        """Return one array per quantity, NaN in epochs that do not report it."""
        names = {name: None for logs in self.epochs for name in logs}
        return {name: np.array([logs.get(name, np.nan) for logs in self.epochs]) for name in names}


class _Onlooker(keras.callbacks.Callback):
    """Has somebody look at the network after every epoch, who may end the training."""

    def __init__(self, task: Task, log: _EpochLog, after_epoch: AfterEpoch) -> None:
        super().__init__()
        self.task, self.log, self.after_epoch = task, log, after_epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Report an epoch, unless it has diverged."""
        if not np.isfinite(list(self.log.epochs[-1].values())).all():
            return

        def until_now() -> Trained:
            return Trained(_state(self.model, epoch + 1), self.log.history(), None, [])

        if self.after_epoch(epoch - self.task.first_epoch, until_now):
            self.model.stop_training = True


class _Bookkeeping(keras.callbacks.Callback):
    """Adds the exact losses at the end of each epoch, keys the dropout, and notices divergence.

    It comes first among the callbacks, so that those behind it can monitor what it adds.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self.diverged_in: int | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Make an epoch's dropout masks independent of the epochs before it."""
        dropouts = [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dropout)]
        for number, layer in enumerate(dropouts):
            seed = derived_seed(self.task.seed, Purpose.DROPOUT, number, epoch)
            layer.seed_generator.state.assign([seed, 0])

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Report the losses at the epoch's final weights."""
        assert logs is not None
        weights = self.model.get_weights()
        logs["data_loss"] = self._measured(weights, self.task.train_rows)["data_loss"]
        if len(self.task.validation_rows):
            held_out = self._measured(weights, self.task.validation_rows)
            kernels = weights[::2][: self.task.architecture.n_penalized]
            squares = sum(np.square(kernel, dtype=float).sum() for kernel in kernels)
            penalty = float(strengths([self.task.alpha], float)[0] * squares)
            logs["val_data_loss"] = held_out["data_loss"]
            logs["val_loss"] = held_out["data_loss"] + penalty
            if "accuracy" in held_out:
                logs["val_accuracy"] = held_out["accuracy"]
        if not np.isfinite(list(logs.values())).all():
            self.diverged_in = epoch
            self.model.stop_training = True
        if len(self.task.test_rows):
            with np.errstate(all="ignore"):  # what is only watched may overflow
                tested = self._measured(weights, self.task.test_rows)
            logs |= {f"test_{name}": value for name, value in tested.items()}
        for name in logs:
            if name.endswith("loss"):
                logs[name] *= self.task.loss_unit

    def _measured(self, weights: list[np.ndarray], rows: np.ndarray) -> dict[str, float]:
        """Return the weighted mean data loss over some rows, and of classes the unweighted accuracy."""
        task, architecture = self.task, self.task.architecture
        losses, are_right = [], []
        for start in range(0, len(rows), BLOCK_ROWS):
            chosen = rows[start : start + BLOCK_ROWS]
            x = task.X[chosen].astype(architecture.dtype, copy=False)
            z = logits(x, weights[::2], weights[1::2], architecture.activation)
            losses.append(row_losses(z, task.targets[chosen], architecture))
            if not architecture.is_of_numbers:
                are_right.append(hits(z, task.targets[chosen], architecture.target_type))
        row_weights = None if task.weights is None else task.weights[rows]
        measured = {"accuracy": float(np.concatenate(are_right).mean())} if are_right else {}
        if row_weights is not None and not row_weights.any():  # only test rows can all weigh nothing
            return {"data_loss": np.nan, **measured}
        return {"data_loss": float(np.average(np.concatenate(losses), weights=row_weights)), **measured}
