"""Many fits of scikit-learn's cross-validation at once: split into chunks, dispatched, kept.

scikit-learn's functions list their fits as calls to ``Parallel``. `BatchedParallel` takes its place: it
groups the calls by fold and preprocessing, cuts the groups into chunks, and sends those where joblib sends
them. How they are cut depends on the calls alone, never on the backend or the number of jobs.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from numbers import Integral
from types import TracebackType
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from joblib.parallel import get_active_backend

from sklearn_ridge_nn._sklearn import Parallel, batched, delayed, difference, warn_of_difference
from sklearn_ridge_nn.estimators import SayingOnce
from sklearn_ridge_nn.model_selection._calls import MEASURED, Call, Measurement, final_network
from sklearn_ridge_nn.model_selection._checkpoints import Checkpoints
from sklearn_ridge_nn.model_selection._chunks import Chunk, chunks_of
from sklearn_ridge_nn.training._shared import Progress, StackShape, shape_of_stacks

#: Times that all chunks left are dispatched together, if workers are lost, before they go one at a time.
ROUNDS = 2

#: What Dask and Ray say when a worker has ended.
_LOSSES = ("KilledWorker", "RayActorError", "WorkerCrashedError")
_LOST = (
    "Worker processes ended before they had finished, often for want of memory (a lower n_jobs needs less)."
)


def trained_together(
    function: Callable[..., Any],
    memory: Any,
    verbose: Any,
    shape: StackShape | None = None,
    measurement: Measurement | None = None,
) -> Callable[..., Any]:
    """Return one of scikit-learn's functions with fits that train together.

    Where this scikit-learn differs inside from what that rests on, it is scikit-learn's own function, after a
    warning.
    """
    checkpoints = Checkpoints(memory)
    if difference() is not None:
        warn_of_difference(" Nothing is kept in memory." if checkpoints else "")
        return function
    parallel = partial(
        BatchedParallel, checkpoints=checkpoints, bar=bool(verbose), shape=shape, measurement=measurement
    )
    return batched(function, parallel)


class BatchedParallel:
    """Takes the place of ``sklearn.utils.parallel.Parallel``.

    Parameters
    ----------
    n_jobs, pre_dispatch, verbose : object
        As `joblib.Parallel` takes them.
    checkpoints : Checkpoints
        Keeps finished pieces.
    bar : bool
        Whether to show a line of progress.
    shape : StackShape or None, default=None
        Takes the shape of the stacks, where all have the same.
    measurement : Measurement or None, default=None
        What to measure of every fitted estimator; takes the values.
    """

    def __init__(
        self,
        n_jobs: int | None = None,
        pre_dispatch: Any = "2*n_jobs",
        verbose: int = 0,
        *,
        checkpoints: Checkpoints,
        bar: bool,
        shape: StackShape | None = None,
        measurement: Measurement | None = None,
    ) -> None:
        self.n_jobs, self.pre_dispatch, self.verbose = n_jobs, pre_dispatch, verbose
        self.checkpoints, self.bar, self.shape = checkpoints, bar, shape
        self.measurement = measurement

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    @SayingOnce()
    def __call__(
        self, calls: Iterable[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]
    ) -> list[Any]:
        """Return the results of calls made by `joblib.delayed`, in their order."""
        bound = _bound(calls, self.measurement)
        results = self._results(bound)
        if self.measurement is not None:
            self.measurement.take(bound, [result.pop(MEASURED) for result in results])
        return results

    def _results(self, bound: Sequence[Call]) -> list[Any]:
        chunks = chunks_of(bound)
        if not any(chunk.trains_together for chunk in chunks) and not self.checkpoints:
            parallel = Parallel(self.n_jobs, pre_dispatch=self.pre_dispatch, verbose=self.verbose)
            return parallel(delayed(call.run)() for call in bound)
        keys = self.checkpoints.keys(chunks)
        results: dict[int, Any] = {}
        for chunk in chunks:
            results.update(self.checkpoints.take(chunk, keys))
        chunks = [chunk for chunk in chunks if chunk.pieces]
        n_networks = sum(len(chunk.numbers) for chunk in chunks)
        with Progress(n_networks, sum(chunk.n_epochs for chunk in chunks), int(self.bar)) as progress:
            run = self._run_here if self._is_local(chunks) else self._run_elsewhere
            for answers in run(chunks, keys, progress):
                results.update(answers)
        if self.shape is not None:
            _set_shape(self.shape, bound)
        return [results[number] for number in range(len(bound))]

    def _is_local(self, chunks: Sequence[Chunk]) -> bool:
        """Whether this process does all: a single chunk is done before another process has started."""
        backend, _ = get_active_backend()
        if type(backend).__module__ != "joblib._parallel_backends":  # Dask's or another, perhaps a cluster
            return False
        return len(chunks) < 2 or effective_n_jobs(self.n_jobs) == 1

    def _run_here(
        self, chunks: Sequence[Chunk], keys: dict[tuple[Any, ...], str], progress: Progress
    ) -> Iterator[dict[int, Any]]:
        for chunk in chunks:
            for answers in chunk.run(progress):
                self.checkpoints.keep(keys, answers)
                yield answers

    def _run_elsewhere(
        self, chunks: Sequence[Chunk], keys: dict[tuple[Any, ...], str], progress: Progress
    ) -> Iterator[dict[int, Any]]:
        """Dispatch chunks; again if workers are lost, and then one at a time to see which one it is."""
        left = dict(enumerate(chunks))
        numbers = list(left)
        lost: BaseException | None = None
        for some in [numbers] * ROUNDS + [[number] for number in numbers]:
            now = {number: left[number] for number in some if number in left}
            try:
                for number, answers in self._dispatched(now, keys) if now else ():
                    progress.advance(left.pop(number).n_epochs)
                    self.checkpoints.keep(keys, answers)
                    yield answers
            except Exception as error:
                if not _is_loss(error):
                    raise
                if lost is None:
                    warnings.warn(f"{_LOST} The search goes on.", RuntimeWarning, stacklevel=2)
                lost = error
        if left:
            raise RuntimeError(_lost(left, len(chunks), bool(self.checkpoints))) from lost

    def _dispatched(
        self, chunks: dict[int, Chunk], keys: dict[tuple[Any, ...], str]
    ) -> Iterable[tuple[int, dict[int, Any]]]:
        backend, _ = get_active_backend()
        as_they_come = "generator_unordered" if backend.supports_return_generator else "list"
        parallel = Parallel(self.n_jobs, pre_dispatch=self.pre_dispatch, return_as=as_they_come)
        return parallel(
            delayed(_work)(number, chunk, keys, self.checkpoints, os.getpid())
            for number, chunk in chunks.items()
        )


def _work(
    number: int, chunk: Chunk, keys: dict[tuple[Any, ...], str], checkpoints: Checkpoints, parent: int
) -> tuple[int, dict[int, Any]]:
    """Answer a chunk's calls, in whichever process this is."""
    if os.getpid() != parent and "tensorflow" not in sys.modules and "OMP_NUM_THREADS" in os.environ:
        # joblib limits its workers' threads by this variable, which TensorFlow does not read
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", os.environ["OMP_NUM_THREADS"])
    results = checkpoints.take(chunk, keys)  # after a loss, the lost worker may have kept some
    for answers in chunk.run():
        checkpoints.keep(keys, answers)
        results.update(answers)
    return number, results


def _is_loss(error: Exception) -> bool:
    if isinstance(error, BrokenProcessPool):
        return True
    return any(kind.__name__ in _LOSSES for kind in type(error).__mro__)


def _lost(left: dict[int, Chunk], n_chunks: int, is_kept: bool) -> str:
    """Return what to say when some chunks lost their worker even alone."""
    lines = [
        f"chunk {number + 1} of {n_chunks}: fits {_span(chunk.numbers)} ({_what(chunk)})"
        for number, chunk in left.items()
    ]
    kept = "What was finished is kept in memory." if is_kept else "Set memory to keep what is finished."
    return f"{_LOST} It happened again with only one chunk at a time: {'; '.join(lines)}. {kept}"


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}" if len(numbers) == 1 else f"{min(numbers)} to {max(numbers)}"


def _what(chunk: Chunk) -> str:
    parameters = chunk.calls[chunk.numbers[0]].arguments.get("parameters")
    return f"the first with {parameters}" if parameters else f"{len(chunk.numbers)} of one setting"


def _set_shape(shape: StackShape, calls: Sequence[Call]) -> None:
    """State the shape of the stacks, which follows from the calls, if they differ in alpha and fold alone."""
    names = {name for call in calls for name in call.arguments.get("parameters") or {}}
    are_ours = all(final_network(call.estimator) for call in calls)
    if not are_ours or any(name.split("__")[-1] != "alpha" for name in names):
        return
    if not isinstance(calls[0].network.random_state, Integral):  # a seed for each fit
        return
    folds = Counter(call.fold for call in calls)
    shape.n_streams, shape.n_per_stream = shape_of_stacks(list(folds.values()))


def _bound(
    calls: Iterable[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]],
    measurement: Measurement | None,
) -> list[Call]:
    """Return the calls, those of a fold with the same arrays of rows, whatever the splitter yields.

    They are copies, for a splitter may fill the same arrays again for its next fold.
    """
    bound = []
    seen: dict[int, tuple[Any, np.ndarray]] = {}
    for number, (function, args, kwargs) in enumerate(calls):
        call = Call.bind(function, args, kwargs, measurement)
        for name in ("train", "test"):
            rows = call.arguments[name]
            if isinstance(rows, (np.ndarray, list, tuple, range)):
                _, mine = seen.get(id(rows), (None, None))
                if mine is None or not np.array_equal(mine, rows):
                    mine = np.array(rows)
                    seen[id(rows)] = (rows, mine)
                call.arguments[name] = mine
        if measurement is not None:
            call.start = measurement.start_of(number, call)
        bound.append(call)
    return bound
