"""Which networks train together: tasks arranged in stacks of equal shapes and numbers of steps."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from sklearn_ridge_nn._tensorflow import tf
from sklearn_ridge_nn.network import Architecture, OptimizerRecipe, Task, optimizer_recipe
from sklearn_ridge_nn.training._minibatches import Stream, slot_rows, stream_key
from sklearn_ridge_nn.training._program_key import ProgramKey
from sklearn_ridge_nn.training._stack_shape import search_shape

T = TypeVar("T")

#: Bytes of minibatches that are gathered at a time.
BUFFER_BYTES = 2**22
#: The same where a minibatch is so wide that they hold fewer than so many. A call of a program has a price.
WIDE_BUFFER_BYTES, FEW_SLOTS = 2**25, 8
#: Minibatches per stream, and floating-point operations, that one call of a program takes at most:
#: progress, early stopping and Ctrl-C get their turn in between.
BUFFER_SLOTS = 64
BUFFER_OPERATIONS = 2 * 10**10
#: Members of a stack, and bytes of their weights, gradients and optimizer state. On a CPU, throughput
#: hardly grows beyond a dozen small networks, and the stacks of many folds have one shape to compile for; a
#: GPU needs more of them to be busy.
STACK_MEMBERS = {"CPU": 16, "GPU": 512}
STACK_BYTES = {"CPU": 2**26, "GPU": 2**31}
#: Up to so many columns there are as many in the program.
MANY_COLUMNS = 64
#: Where all epochs are trained and the weights are those of the best one: of how many epochs one call of a
#: program keeps them at most, and their bytes.
MOST_KEPT, KEPT_BYTES = 16, 2**23
#: Floating-point operations (some tenths of a second) that may be wasted where that saves compiling.
FILL_OPERATIONS = 10**10


def device() -> str:
    """Return the kind of device that trains: "GPU" or "CPU"."""
    return "GPU" if tf.config.list_logical_devices("GPU") else "CPU"


@dataclass(frozen=True)
class Group:
    """What members must share to be stacked: shapes, and every number that a stack has only once."""

    architecture: Architecture
    optimizer: OptimizerRecipe
    slot_rows: int
    has_dropout: bool
    n_train: int
    has_validation: bool
    has_test: bool
    first_epoch: int
    epochs: int
    stops_early: bool
    keeps_best: bool
    every_epoch: bool
    is_new: bool
    optimizer_scalars: tuple[float, ...]

    @classmethod
    def of(cls, task: Task) -> Group:
        """Return the group of a task."""
        start, recipe = task.start, optimizer_recipe(task.optimizer, task.learning_rate)[0]
        n_columns = task.architecture.n_features if recipe.needs_gradients else _n_columns_of(task)
        return cls(
            dataclasses.replace(task.architecture, n_features=n_columns),
            recipe,
            slot_rows(task),
            task.dropout > 0 and bool(task.architecture.hidden_layer_sizes),
            task.n_batches(task.train_rows),
            len(task.validation_rows) > 0,
            len(task.test_rows) > 0,
            task.first_epoch,
            task.epochs,
            task.patience is not None,
            task.patience is not None and task.patience >= task.epochs,
            task.every_epoch,
            start is None,
            tuple(float(v) for v in start.optimizer if np.ndim(v) == 0) if start is not None else (),
        )

    @property
    def most_members(self) -> int:
        """How many members a stack of this shape may have."""
        copies = 5  # weights, gradients, and up to three numbers of optimizer state for each
        architecture = self.architecture
        member_bytes = copies * architecture.n_weights * np.dtype(architecture.dtype).itemsize
        return max(1, min(STACK_MEMBERS[device()], STACK_BYTES[device()] // member_bytes))

    def program_key(self, n_streams: int, n_per_stream: int) -> ProgramKey:
        """Return the key of the program for a stack, with as many slots as a buffer may have."""
        architecture = self.architecture
        row_bytes = architecture.n_features * np.dtype(architecture.dtype).itemsize
        slot_bytes = n_streams * self.slot_rows * row_bytes
        operations = 6 * self.slot_rows * architecture.n_weights * n_streams * n_per_stream
        n_slots = min(BUFFER_SLOTS, BUFFER_BYTES // slot_bytes, BUFFER_OPERATIONS // operations)
        kept_bytes = n_streams * n_per_stream * architecture.n_weights * np.dtype(architecture.dtype).itemsize
        n_kept = min(MOST_KEPT, KEPT_BYTES // kept_bytes) if self.keeps_best else 0
        n_kept = n_kept if n_kept > 1 else 0
        # what is flushed after every epoch is copied with all that is empty
        useful = self.n_train + self.has_validation if self.stops_early and not n_kept else FEW_SLOTS
        few = min(FEW_SLOTS, useful, WIDE_BUFFER_BYTES // slot_bytes, BUFFER_OPERATIONS // operations)
        n_slots = max(n_slots, few)
        return ProgramKey(
            architecture,
            self.optimizer,
            self.slot_rows,
            n_streams,
            n_per_stream,
            max(1, n_slots),
            self.has_dropout,
            n_kept,
        )


@dataclass(frozen=True)
class Stack:
    """Members that train together: as many on each stream, the streams one after the other.

    A stack that must be filled up to be rectangular holds some members twice.
    """

    group: Group
    members: list[int]
    tasks: list[Task]
    streams: list[Stream]

    @property
    def n_members(self) -> int:
        """Networks, each counted once."""
        return len(set(self.members))

    @property
    def n_per_stream(self) -> int:
        """Members on each stream."""
        return len(self.members) // len(self.streams)

    @property
    def program_key(self) -> ProgramKey:
        """What its program is compiled for."""
        return self.group.program_key(len(self.streams), self.n_per_stream)

    def per_member(self, per_stream: Sequence[Any]) -> np.ndarray:
        """Repeat values of the streams, along the last axis, for their members."""
        return np.repeat(np.stack(per_stream, axis=-1), self.n_per_stream, axis=-1)

    def halves(self) -> list[Stack]:
        """Return stacks of at most half as many members that hold the same ones; none for a single member."""
        half, width = len(self.members) // 2, self.n_per_stream
        if not half:
            return []
        tasks = dict(zip(self.members, self.tasks, strict=True))
        first_of_streams = range(0, len(self.members), width)
        streams = {tuple(dict.fromkeys(self.members[first : first + width])) for first in first_of_streams}
        return list(_stacks(self.group, [list(members) for members in sorted(streams)], half, tasks))


def stacks_of(tasks: Sequence[Task]) -> Iterator[Stack]:
    """Yield tasks in stacks of equal groups; the last fit of a search in a stack of the search's shape."""
    if len(tasks) == 1 and (stack := _filled_stack(tasks[0])) is not None:
        yield stack
        return
    groups: dict[Group, dict[tuple[Any, ...], list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, task in enumerate(tasks):
        groups[Group.of(task)][stream_key(task)].append(number)
    for group, streams in groups.items():
        yield from _stacks(group, list(streams.values()), group.most_members, dict(enumerate(tasks)))


def _stacks(
    group: Group, streams: Sequence[list[int]], most: int, tasks: Mapping[int, Task]
) -> Iterator[Stack]:
    """Yield stacks of at most so many of a group's members, which are given for each stream."""
    for pieces in arrange(streams, most):
        members = [number for piece in pieces for number in piece]
        stack_tasks = [tasks[number] for number in members]
        yield Stack(group, members, stack_tasks, [Stream(tasks[piece[0]]) for piece in pieces])


def _n_columns_of(task: Task) -> int:
    """Return how many columns the minibatches of a task have, those that it lacks filled up with zeros.

    A vocabulary has a few words more or fewer in each fold, and each number of columns would be a program to
    compile. So many columns are filled up to the next of a few numbers, eight in each octave; it depends on
    their number alone, so that sparse and dense rows give the same bits, alone or in a search.
    """
    n_features = task.architecture.n_features
    if n_features <= MANY_COLUMNS:
        return n_features
    step = 2 ** (math.ceil(math.log2(n_features)) - 4)
    return math.ceil(n_features / step) * step


def _filled_stack(task: Task) -> Stack | None:
    """Return a stack of the shape that a search left, full of one task, if that wastes little."""
    shape, group = search_shape.get(), Group.of(task)
    if shape is None or not shape.n_streams:
        return None
    n_members = shape.n_streams * shape.n_per_stream
    operations = 6 * len(task.train_rows) * task.architecture.n_weights * task.epochs
    if n_members > group.most_members or (n_members - 1) * operations > FILL_OPERATIONS:
        return None
    return Stack(group, [0] * n_members, [task] * n_members, [Stream(task)] * shape.n_streams)


def arrange(streams: Sequence[list[int]], most: int) -> list[list[list[int]]]:
    """Arrange the members of some streams in few rectangular stacks of few different shapes.

    Each different shape is a program to compile, which takes as long as training dozens of small networks; so
    it is cheaper to train a few members twice than to add a shape. Streams are taken from the widest down:
    those more than half as wide get the same width and are filled up (fewer than half of a stream's members
    are copies), the narrower ones begin the next. Streams wider than a stack are cut into equal pieces first.

    Parameters
    ----------
    streams : sequence of list of int
        The members of each stream.
    most : int
        Members that a stack may have.

    Returns
    -------
    list of list of list of int
        Per stack, members of each of its streams, as many for each. Shorter lists are filled up
        with a member that they have already, and stacks with a stream.

    Examples
    --------
    >>> arrange([[0, 1, 2], [3, 4], [5, 6, 7]], most=6)
    [[[0, 1, 2], [5, 6, 7]], [[3, 4, 4], [3, 4, 4]]]
    """
    pieces = [
        part.tolist()
        for members in streams
        for part in np.array_split(members, math.ceil(len(members) / most))
    ]
    pieces.sort(key=len, reverse=True)
    stacks = []
    while pieces:
        width = len(pieces[0])
        alike = [piece for piece in pieces if 2 * len(piece) > width]
        pieces = pieces[len(alike) :]
        n_stacks = math.ceil(len(alike) * width / (most // width * width))
        height = math.ceil(len(alike) / n_stacks)
        for first in range(0, len(alike), height):
            stack = [_filled_up(piece, width) for piece in alike[first : first + height]]
            stacks.append(_filled_up(stack, height))
    return stacks


def _filled_up(items: list[T], length: int) -> list[T]:
    return items + items[-1:] * (length - len(items))
