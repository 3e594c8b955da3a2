"""Chunks of fits: which calls are answered in one place, and in which pieces."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_ridge_nn.estimators import layer_sizes, n_epochs
from sklearn_ridge_nn.model_selection._calls import Call, final_network
from sklearn_ridge_nn.model_selection._fold_fits import run_together
from sklearn_ridge_nn.training._shared import Progress

#: Networks, and floating-point operations (some minutes), of a piece: what trains together, and what is
#: kept once it is done.
PIECE_MEMBERS = 64
PIECE_OPERATIONS = 10**13
#: Floating-point operations (a second or two), and bytes of training rows, up to which folds share a chunk.
CHUNK_OPERATIONS = 10**11
CHUNK_BYTES = 2**28


@dataclass
class Chunk:
    """Calls that are answered in one place, one piece after the other.

    Attributes
    ----------
    pieces : list of list of int
        The numbers of the calls that train together.
    calls : dict of int to Call
        If `trains_together`, `final_network` finds one for each of them, its parameters set.
    trains_together : bool
        If not, scikit-learn does all of it.
    """

    pieces: list[list[int]]
    calls: dict[int, Call] = field(default_factory=dict)
    trains_together: bool = True

    @property
    def numbers(self) -> list[int]:
        """The numbers of all calls that are in pieces."""
        return [number for piece in self.pieces for number in piece]

    def run(self, progress: Progress | None = None) -> Iterator[dict[int, Any]]:
        """Yield the results of each piece, by the numbers of its calls."""
        if self.trains_together:
            yield from run_together(self.pieces, self.calls, progress)
            return
        for piece in self.pieces:
            yield {number: self.calls[number].run() for number in piece}

    @property
    def n_epochs(self) -> int:
        """The epochs of all networks of the chunk together."""
        if not self.trains_together:
            return 0
        return sum(_n_epochs(self.calls[number]) for number in self.numbers)


def chunks_of(calls: Sequence[Call]) -> list[Chunk]:
    """Set the calls' parameters, and cut the calls into chunks.

    Calls of one fold and setting stay in one chunk, so that preprocessing is fitted once for them; those
    without preprocessing need not. A chunk is also what a worker process gets and what `memory` keeps, so
    how calls are cut follows from the calls alone: the same search makes the same chunks on any machine,
    with any number of jobs, and finds again what an earlier run kept. Small folds share a chunk up to a
    second or two of work, for more of them train in one program without a worker waiting for the others.
    """
    folds: dict[tuple[Any, ...], list[int]] = defaultdict(list)
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
    located = final_network(call.estimator)
    are_arrays = all(np.ndim(call.arguments[name]) == 1 for name in ("train", "test"))
    if located is None or call.arguments.get("y") is None or not are_arrays:
        return False
    path, _ = located
    if path:
        last = "__".join(path)
        others = {name: value for name, value in parameters.items() if not name.startswith(f"{last}__")}
        call.setting = (last, *sorted((name, identity(value)) for name, value in others.items()))
    return True


def identity(value: Any) -> tuple[Any, ...]:
    """Return what tells values of a parameter apart: plain ones by value, objects by being another one."""
    if isinstance(value, tuple):
        return ("tuple", *map(identity, value))
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return (type(value).__name__, repr(value))
    return ("object", str(id(value)))


def _operations(call: Call) -> float:
    """Return about how many floating-point operations a training takes; 0 if its parameters are wrong."""
    network = call.network
    try:
        if network.callbacks:
            return PIECE_OPERATIONS  # Keras trains it alone
        widths = [_n_features(call), *map(int, layer_sizes(network.hidden_layer_sizes)), 1]
        n_weights = sum(n_in * n_out for n_in, n_out in itertools.pairwise(widths))
        return 6.0 * len(call.arguments["train"]) * n_weights * _n_epochs(call)
    except Exception:  # its fit says what is wrong
        return 0.0


def _n_epochs(call: Call) -> int:
    """Return how many epochs a training takes; 0 if its parameters are wrong, which its fit says."""
    network, n_rows = call.network, len(call.arguments["train"])
    try:
        n_kept = n_rows - math.ceil(network.validation_split * n_rows)
        return n_epochs(network, max(n_kept, 1))
    except (TypeError, ValueError, ArithmeticError):
        return 0


def _n_features(call: Call) -> int:
    shape: tuple[int, ...] = getattr(call.arguments["X"], "shape", ())
    return int(shape[1]) if len(shape) == 2 else 1


def _n_bytes(call: Call) -> int:
    return 8 * len(call.arguments["train"]) * _n_features(call)
