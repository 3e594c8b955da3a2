"""Training one network while somebody looks on after every epoch, and may end it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from sklearn_ridge_nn.network import DivergenceError, State, Task, Trained, divergence, join_histories
from sklearn_ridge_nn.training import _engine as engine
from sklearn_ridge_nn.training._keras_loop import AfterEpoch
from sklearn_ridge_nn.training._progress import Progress
from sklearn_ridge_nn.training._train import train_alone


def train_watched(
    task: Task,
    classes: np.ndarray | None,
    after_epoch: AfterEpoch,
    epochs: Iterable[Trained | DivergenceError] | None = None,
) -> Trained:
    """Train a network as `train` does, with a look at it after every epoch.

    Parameters
    ----------
    task : Task
    classes : ndarray of shape (n_classes,) or None
        The labels; None where the targets are numbers.
    after_epoch : callable
        See `AfterEpoch`.
    epochs : iterable of (Trained or DivergenceError) or None, default=None
        What `train_by_epochs` made of the task; None trains it now.

    Returns
    -------
    Trained
        To the last digit what `train` returns, if nobody ends the training.

    Raises
    ------
    DivergenceError
        If the loss becomes infinite or NaN.
    """
    reason = engine.why_not_together(task)
    if reason is not None:
        result = train_alone(task, classes, reason, after_epoch)
        if isinstance(result, DivergenceError):
            raise result
        return result
    if epochs is not None:
        return _looked_at(task, epochs, after_epoch)
    with _WholeProgress(task) as progress:
        trained = _looked_at(task, _one_by_one(task, progress), after_epoch)
        progress.skip(task.epochs - (trained.state.n_epochs - task.first_epoch))
    return trained


def train_by_epochs(
    tasks: Sequence[Task], progress: Progress | None = None
) -> list[list[Trained | DivergenceError]]:
    """Train networks together, and keep the network of every epoch.

    Parameters
    ----------
    tasks : sequence of Task
        Those that the engine can train.
    progress : Progress or None, default=None
        What to report to.

    Returns
    -------
    list of list of (Trained or DivergenceError)
        For each task its epochs, each trained from where the one before ended: up to early stopping, or to
        one whose loss is not finite.
    """
    parts = [_part(task) for task in tasks]
    waits = [_Patience(task) for task in tasks]
    epochs: list[list[Trained | DivergenceError]] = [[] for _ in tasks]
    going = list(range(len(tasks)))
    for epoch in range(max((task.epochs for task in tasks), default=0)):
        going = [number for number in going if epoch < tasks[number].epochs]
        results = engine.train_together([parts[number] for number in going], progress)
        for number, result in zip(going.copy(), results, strict=True):
            epochs[number].append(result)
            if isinstance(result, DivergenceError) or waits[number].ends(epoch, result):
                going.remove(number)
            else:
                parts[number] = dataclasses.replace(parts[number], start=result.state)
    return epochs


def _part(task: Task) -> Task:
    """Return a task's first epoch."""
    return dataclasses.replace(task, epochs=1, patience=None, every_epoch=True)


def _one_by_one(task: Task, progress: _WholeProgress) -> Iterator[Trained | DivergenceError]:
    """Train an epoch at a time: each goes on from where the one before ended."""
    part = _part(task)
    for epoch in range(task.epochs):
        progress.epoch_number = epoch
        (result,) = engine.train_together([part], progress)
        yield result
        if isinstance(result, Trained):
            part = dataclasses.replace(part, start=result.state)


def _looked_at(task: Task, epochs: Iterable[Trained | DivergenceError], after_epoch: AfterEpoch) -> Trained:
    """Have somebody look at each epoch, and return what they make together."""
    history: dict[str, np.ndarray] = {}
    patience = _Patience(task)
    for epoch, result in enumerate(epochs):
        if isinstance(result, DivergenceError):
            raise divergence(task, task.first_epoch + epoch)
        history = join_histories(history, result.history, epoch)
        state = result.state

        def until_now(state: State = state, history: dict[str, np.ndarray] = history) -> Trained:
            return Trained(state, history, None, [])

        is_ended = after_epoch(epoch, until_now)
        if patience.ends(epoch, result) or is_ended:
            break
    if patience.best is None:
        return Trained(state, history, None, [])
    _, best_epoch, best = patience.best
    state = dataclasses.replace(state, coefs=best.coefs, intercepts=best.intercepts)
    return Trained(state, history, best_epoch, [])


class _Patience:
    """Early stopping, and the best epoch, of a task that is trained in parts."""

    def __init__(self, task: Task) -> None:
        self.patience, self.first_epoch = task.patience, task.first_epoch
        self.best: tuple[float, int, State] | None = None

    def ends(self, epoch: int, result: Trained) -> bool:
        """Take in an epoch, and return whether it is the last."""
        if self.patience is None:
            return False
        loss = float(result.history["val_data_loss"][0])
        if self.best is None or loss < self.best[0]:
            self.best = loss, epoch, result.state
            return False
        return epoch - self.best[1] >= self.patience and self.first_epoch + epoch > 0


class _WholeProgress(Progress):
    """Counts the epochs of a whole training that is trained in parts."""

    def __init__(self, task: Task) -> None:
        super().__init__(1, task.epochs, task.verbose)
        self.epoch_number, self._before, self._end = 0, task.first_epoch, task.last_epoch

    def epoch(self, number: int, last: int, values: Mapping[str, np.ndarray]) -> None:  # noqa: ARG002
        """Report an epoch by its number in the whole training."""
        super().epoch(self._before + self.epoch_number, self._end, values)
