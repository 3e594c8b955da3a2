"""Training one network while somebody looks on after every epoch, and may end it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from sklearn_ridge_nn.network import DivergenceError, State, Task, Trained, divergence, join_histories
from sklearn_ridge_nn.training import _engine as engine
from sklearn_ridge_nn.training._keras_loop import train_with_keras
from sklearn_ridge_nn.training._progress import Progress

#: Takes the number of an epoch, from 0 in this training, and what makes the network of its end; returns
#: whether to end the training.
AfterEpoch: TypeAlias = Callable[[int, Callable[[], Trained]], bool]


def train_watched(task: Task, classes: np.ndarray | None, after_epoch: AfterEpoch) -> Trained:
    """Train a network as `train` does, with a look at it after every epoch.

    Parameters
    ----------
    task : Task
    classes : ndarray of shape (n_classes,) or None
        The labels; None where the targets are numbers.
    after_epoch : callable
        See `AfterEpoch`.

    Returns
    -------
    Trained
        To the last digit what `train` returns, if nobody ends the training.

    Raises
    ------
    DivergenceError
        If the loss becomes infinite or NaN.
    """
    start = time.perf_counter()
    reason = engine.why_not_together(task)
    if reason is None:
        trained = _train_by_epochs(task, after_epoch)
    else:
        if task.verbose:
            print(f"Training 1 network with Keras, because {reason}", flush=True)
        trained = train_with_keras(task, classes, after_epoch)
    trained.seconds = time.perf_counter() - start
    return trained


def _train_by_epochs(task: Task, after_epoch: AfterEpoch) -> Trained:
    """Train in the engine, an epoch at a time: each goes on from where the one before ended."""
    part = dataclasses.replace(task, epochs=1, patience=None, every_epoch=True)
    history: dict[str, np.ndarray] = {}
    best: tuple[float, int, State] | None = None
    with _WholeProgress(task) as progress:
        for epoch in range(task.epochs):
            progress.epoch_number = epoch
            (result,) = engine.train_together([part], progress)
            if isinstance(result, DivergenceError):
                raise divergence(task, task.first_epoch + epoch)
            history = join_histories(history, result.history, epoch)
            state = result.state
            part = dataclasses.replace(part, start=state)

            def until_now(state: State = state, history: dict[str, np.ndarray] = history) -> Trained:
                return Trained(state, history, None, [])

            ends = after_epoch(epoch, until_now)
            if task.patience is not None:
                loss = float(result.history["val_data_loss"][0])
                if best is None or loss < best[0]:
                    best = loss, epoch, state
                elif epoch - best[1] >= task.patience and task.first_epoch + epoch > 0:
                    ends = True
            if ends:
                progress.skip(task.epochs - 1 - epoch)
                break
    if best is None:
        return Trained(state, history, None, [])
    _, best_epoch, best_state = best
    state = dataclasses.replace(state, coefs=best_state.coefs, intercepts=best_state.intercepts)
    return Trained(state, history, best_epoch, [])


class _WholeProgress(Progress):
    """Counts the epochs of a whole training that is trained in parts."""

    def __init__(self, task: Task) -> None:
        super().__init__(1, task.epochs, task.verbose)
        self.epoch_number, self._before, self._end = 0, task.first_epoch, task.last_epoch

    def epoch(self, number: int, last: int, values: Mapping[str, np.ndarray]) -> None:  # noqa: ARG002
        """Report an epoch by its number in the whole training."""
        super().epoch(self._before + self.epoch_number, self._end, values)
