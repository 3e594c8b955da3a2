"""Many fits of scikit-learn's cross-validation at once: split into chunks, dispatched, kept.

scikit-learn's functions list their fits as calls to ``Parallel``. `BatchedParallel` takes its place: it
groups the calls by fold and preprocessing, cuts the groups into chunks, and sends those where joblib sends
them. How they are cut depends on the calls alone, never on the backend or the number of jobs.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from numbers import Integral
from types import TracebackType
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sklearn_ridge_nn.estimators import layer_sizes
from sklearn_ridge_nn.model_selection._checkpoints import Checkpoints
from sklearn_ridge_nn.model_selection._fold_fits import Call, Chunk, final_classifier
from sklearn_ridge_nn.training._shared import Progress, StackShape

#: Networks, and floating-point operations (some minutes), of a piece: what trains together, and what is
#: kept once it is done.
PIECE_MEMBERS = 64
PIECE_OPERATIONS = 10**13
#: Floating-point operations (a second or two), and bytes of training rows, up to which folds share a chunk.
CHUNK_OPERATIONS = 10**11
CHUNK_BYTES = 2**28
#: Times that all chunks left are dispatched together, if workers are lost, before they go one at a time.
ROUNDS = 2

_LOST = (
    "Worker processes ended before they had finished, often for want of memory (a lower n_jobs needs less)."
)


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
    ) -> None:
        self.n_jobs, self.pre_dispatch, self.verbose = n_jobs, pre_dispatch, verbose
        self.checkpoints, self.bar, self.shape = checkpoints, bar, shape

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __call__(self, calls: Iterable[tuple]) -> list[Any]:
        """Return the results of calls made by `joblib.delayed`, in their order."""
        bound = _bound(calls)
        chunks = plan(bound)
        if not any(chunk.trains_together for chunk in chunks) and not self.checkpoints:
            parallel = Parallel(self.n_jobs, pre_dispatch=self.pre_dispatch, verbose=self.verbose)
            return parallel(delayed(call.function)(**call.arguments) for call in bound)
        keys = self.checkpoints.keys(chunks)
        results: dict[int, Any] = {}
        for chunk in chunks:
            results.update(self.checkpoints.take(chunk, keys))
        chunks = [chunk for chunk in chunks if chunk.pieces]
        n_networks = sum(len(chunk.numbers) for chunk in chunks)
        with Progress(n_networks, sum(map(_epochs, chunks)), int(self.bar)) as progress:
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
        self, chunks: Sequence[Chunk], keys: dict[tuple, str], progress: Progress
    ) -> Iterator[dict[int, Any]]:
        for chunk in chunks:
            for answers in chunk.run(progress):
                self.checkpoints.keep(keys, answers)
                yield answers

    def _run_elsewhere(
        self, chunks: Sequence[Chunk], keys: dict[tuple, str], progress: Progress
    ) -> Iterator[dict[int, Any]]:
        """Dispatch chunks; again if workers are lost, and then one at a time to see which one it is."""
        left = dict(enumerate(chunks))
        numbers = list(left)
        lost: BaseException | None = None
        for some in [numbers] * ROUNDS + [[number] for number in numbers]:
            now = {number: left[number] for number in some if number in left}
            try:
                for number, answers in self._dispatched(now, keys) if now else ():
                    progress.advance(_epochs(left.pop(number)))
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
        self, chunks: dict[int, Chunk], keys: dict[tuple, str]
    ) -> Iterable[tuple[int, dict[int, Any]]]:
        backend, _ = get_active_backend()
        as_they_come = "generator_unordered" if backend.supports_return_generator else "list"
        parallel = Parallel(self.n_jobs, pre_dispatch=self.pre_dispatch, return_as=as_they_come)
        return parallel(
            delayed(_work)(number, chunk, keys, self.checkpoints, os.getpid())
            for number, chunk in chunks.items()
        )


def _work(
    number: int, chunk: Chunk, keys: dict[tuple, str], checkpoints: Checkpoints, parent: int
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
    return isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker"


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


def _bound(calls: Iterable[tuple]) -> list[Call]:
    """Return the calls, those of a fold with the same arrays of rows, whatever the splitter yields.

    They are copies, for a splitter may fill the same arrays again for its next fold.
    """
    bound = []
    seen: dict[int, tuple[Any, np.ndarray]] = {}
    for args in calls:
        call = Call.bind(*args)
        for name in ("train", "test"):
            rows = call.arguments[name]
            if isinstance(rows, (np.ndarray, list, tuple, range)):
                _, mine = seen.get(id(rows), (None, None))
                if mine is None or not np.array_equal(mine, rows):
                    mine = np.array(rows)
                    seen[id(rows)] = (rows, mine)
                call.arguments[name] = mine
        bound.append(call)
    return bound


def plan(calls: Sequence[Call]) -> list[Chunk]:
    """Set the calls' parameters, and cut the calls into chunks.

    Calls of one fold and setting stay in one chunk, so that preprocessing is fitted once for them; those
    without preprocessing need not.
    """
    folds: dict[tuple, list[int]] = defaultdict(list)
    alone: list[int] = []
    for number, call in enumerate(calls):
        if _set_parameters(call):
            folds[call.fold].append(number)
        else:
            alone.append(number)
    chunks: list[Chunk] = []
    most, used = np.array([PIECE_MEMBERS, CHUNK_OPERATIONS, CHUNK_BYTES]), np.full(3, np.inf)
    for numbers in folds.values():
        operations = sum(_operations(calls[number]) for number in numbers)
        n_pieces = max(math.ceil(len(numbers) / PIECE_MEMBERS), math.ceil(operations / PIECE_OPERATIONS))
        pieces = [piece.tolist() for piece in np.array_split(numbers, min(n_pieces, len(numbers)))]
        size = np.array([len(numbers), operations, _n_bytes(calls[numbers[0]])])
        if len(pieces) == 1 and (used + size <= most).all():
            chunks[-1].pieces[0] += pieces[0]
            used = used + size
            continue
        is_bare = calls[numbers[0]].setting is None
        chunks += [Chunk([piece]) for piece in pieces] if is_bare else [Chunk(pieces)]
        used = size if len(pieces) == 1 else np.full(3, np.inf)
    chunks += [Chunk([[number]], trains_together=False) for number in alone]
    for chunk in chunks:
        chunk.calls = {number: calls[number] for number in chunk.numbers}
    return chunks


def _set_parameters(call: Call) -> bool:
    """Set a call's parameters and its setting; return whether its network can train with others."""
    parameters = call.arguments.get("parameters") or {}
    call.estimator.set_params(**clone(parameters, safe=False))
    located = final_classifier(call.estimator)
    are_arrays = all(np.ndim(call.arguments[name]) == 1 for name in ("train", "test"))
    if located is None or call.arguments.get("y") is None or not are_arrays:
        return False
    path, _ = located
    if path:
        last = "__".join(path)
        others = {name: value for name, value in parameters.items() if not name.startswith(f"{last}__")}
        call.setting = (last, *sorted((name, _identity(value)) for name, value in others.items()))
    return True


def _identity(value: Any) -> tuple:
    """Return what tells values of a parameter apart: plain ones by value, objects by being another one."""
    if isinstance(value, tuple):
        return ("tuple", *map(_identity, value))
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return (type(value).__name__, repr(value))
    return ("object", str(id(value)))


def _operations(call: Call) -> float:
    """Return about how many floating-point operations a training takes; 0 if its parameters are wrong."""
    classifier = call.classifier
    try:
        if classifier.callbacks:
            return PIECE_OPERATIONS  # Keras trains it alone
        widths = [_n_features(call), *map(int, layer_sizes(classifier.hidden_layer_sizes)), 1]
        n_weights = sum(n_in * n_out for n_in, n_out in itertools.pairwise(widths))
        return 6.0 * len(call.arguments["train"]) * n_weights * int(classifier.epochs)
    except Exception:  # its fit says what is wrong
        return 0.0


def _n_features(call: Call) -> int:
    shape: tuple[int, ...] = getattr(call.arguments["X"], "shape", ())
    return int(shape[1]) if len(shape) == 2 else 1


def _n_bytes(call: Call) -> int:
    return 8 * len(call.arguments["train"]) * _n_features(call)


def _set_shape(shape: StackShape, calls: Sequence[Call]) -> None:
    """State the shape of the stacks, which follows from the calls, if they differ in alpha and fold alone."""
    names = {name for call in calls for name in call.arguments.get("parameters") or {}}
    are_ours = all(final_classifier(call.estimator) for call in calls)
    if not are_ours or any(name.split("__")[-1] != "alpha" for name in names):
        return
    if not isinstance(calls[0].classifier.random_state, Integral):  # a seed for each fit
        return

    from sklearn_ridge_nn.training._grouping import STACK_MEMBERS, arrange, device

    folds = Counter(call.fold for call in calls)
    streams = [list(range(n)) for n in folds.values()]
    stack = arrange(streams, STACK_MEMBERS[device()])[0]
    shape.n_streams, shape.n_per_stream = len(stack), len(stack[0])


def _epochs(chunk: Chunk) -> int:
    """Return the epochs of all networks of a chunk together."""
    if not chunk.trains_together:
        return 0
    epochs = [chunk.calls[number].classifier.epochs for number in chunk.numbers]
    return sum(n for n in epochs if isinstance(n, Integral))
