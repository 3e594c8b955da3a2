"""Which trainer answers a task: the engine where it gives Keras's very results, else Keras itself."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from sklearn_ridge_nn.network import DivergenceError, Task, Trained
from sklearn_ridge_nn.training import _engine as engine, _helper
from sklearn_ridge_nn.training._kept_networks import forget_networks
from sklearn_ridge_nn.training._keras_loop import AfterEpoch, train_with_keras
from sklearn_ridge_nn.training._memory import OUT_OF_MEMORY, out_of_memory
from sklearn_ridge_nn.training._progress import Progress


def train(
    tasks: Sequence[Task],
    classes: Sequence[np.ndarray | None] | None = None,
    progress: Progress | None = None,
) -> list[Trained | DivergenceError]:
    """Train networks, those that the engine can train together, the others one by one with Keras.

    Parameters
    ----------
    tasks : sequence of Task
    classes : sequence of (ndarray of shape (n_classes,) or None), default=None
        The labels of each task, for SciKeras; None for a task whose targets are numbers. None instead of a
        sequence stands for labels that are the numbers from 0.
    progress : Progress or None, default=None
        What to report to; None makes one from what the tasks say, if any is to be trained in the engine.

    Returns
    -------
    list of Trained or DivergenceError
        In the order of the tasks; an error for those whose loss became infinite or NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.training import Architecture, Task, train
    >>> X, targets = np.eye(2).repeat(5, axis=0), np.repeat([[0], [1]], 5, axis=0)
    >>> network, rows = Architecture(2, 1, "binary", (4,), "relu", "float32"), np.arange(10)
    >>> fields = {"epochs": 5, "batch_size": 5, "seed": 0}
    >>> tasks = [Task(network, alpha, X, targets, None, rows, rows[:0], **fields) for alpha in (0.0, 0.1)]
    >>> [trained.state.n_epochs for trained in train(tasks)]
    [5, 5]
    """
    reasons = [engine.why_not_together(task) for task in tasks]
    together = [number for number, reason in enumerate(reasons) if reason is None]
    trained = engine.train_together([tasks[number] for number in together], progress)
    results = dict(zip(together, trained, strict=True))
    for number, (task, reason) in enumerate(zip(tasks, reasons, strict=True)):
        if reason is not None:
            labels = _numbers(task) if classes is None else classes[number]
            results[number] = train_alone(task, labels, reason)
            if progress is not None:
                progress.advance(task.epochs)
    return [results[number] for number in range(len(tasks))]


def _numbers(task: Task) -> np.ndarray | None:
    """Return the labels of a task whose classes have no other names; None where it has no classes."""
    if task.architecture.is_of_numbers:
        return None
    return np.arange(max(task.architecture.n_outputs, 2))


def train_alone(
    task: Task, classes: np.ndarray | None, reason: str, after_epoch: AfterEpoch | None = None
) -> Trained | DivergenceError:
    """Train a network with Keras, which is needed for some reason; see `train_with_keras`."""
    if task.verbose:
        print(f"Training 1 network with Keras, because {reason}", flush=True)
    start = time.perf_counter()
    result: Trained | DivergenceError
    try:
        if _helper.is_forked():
            if reason_against := _helper.why_not(task, after_epoch is not None):
                raise RuntimeError(reason_against)
            result = _helper.train("_keras_loop.train_with_keras", (task, classes), None)
        else:
            result = train_with_keras(task, classes, after_epoch)
    except OUT_OF_MEMORY as error:
        forget_networks()
        raise out_of_memory(task) from error
    except DivergenceError as error:
        result = error
    result.seconds = time.perf_counter() - start
    return result
