"""Which trainer answers a task: the engine where it gives Keras's very results, else Keras itself."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from sklearn_ridge_nn.network import DivergenceError, Task, Trained
from sklearn_ridge_nn.training import _engine as engine
from sklearn_ridge_nn.training import _keras_loop as keras_training
from sklearn_ridge_nn.training._progress import Progress


def train(
    tasks: Sequence[Task], classes: Sequence[np.ndarray], progress: Progress | None = None
) -> list[Trained | DivergenceError]:
    """Train networks, those that the engine can train together, the others one by one with Keras.

    Parameters
    ----------
    tasks : sequence of Task
    classes : sequence of ndarray of shape (n_classes,)
        The labels of each task, for SciKeras.
    progress : Progress or None
        What to report to; None makes one from what the tasks say, if any is to be trained in the engine.

    Returns
    -------
    list of Trained or DivergenceError
        In the order of the tasks; an error for those whose loss became infinite or NaN.
    """
    reasons = [engine.why_not(task) for task in tasks]
    together = [number for number, reason in enumerate(reasons) if reason is None]
    trained = engine.train([tasks[number] for number in together], progress)
    results = dict(zip(together, trained, strict=True))
    for number, (task, reason) in enumerate(zip(tasks, reasons, strict=True)):
        if reason is not None:
            results[number] = _train_alone(task, classes[number], reason)
            if progress is not None:
                progress.advance(task.epochs)
    return [results[number] for number in range(len(tasks))]


def _train_alone(task: Task, classes: np.ndarray, reason: str) -> Trained | DivergenceError:
    if task.verbose:
        print(f"Training 1 network with Keras, because {reason}", flush=True)
    start = time.perf_counter()
    result: Trained | DivergenceError
    try:
        result = keras_training.train(task, classes)
    except DivergenceError as error:
        result = error
    result.seconds = time.perf_counter() - start
    return result
