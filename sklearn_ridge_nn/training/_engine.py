"""Training many networks at once, with the results of training each alone.

Tasks that share shapes and number of steps are stacked and trained together by one compiled program;
those that see the same minibatches (same rows, weights and seed, another alpha) share the input as well.
The engine groups the tasks and cuts their minibatches into buffers by itself.

Peak memory is bounded whatever the number of rows: a buffer of minibatches takes at most
`_grouping.BUFFER_BYTES` (a few wide minibatches: `_grouping.WIDE_BUFFER_BYTES`), or one minibatch per stream
where that is more, and exists up to three times (as the rows' own type, here, and in TensorFlow). On top come
the rows as they are fetched, where these take no more than `_minibatches.READY_BYTES`; the stacked weights
with gradients and optimizer state, at most `_grouping.STACK_BYTES` or those of one network; and eight bytes
per training row and stream for the epoch's order.
"""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Callable, Container, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np

from sklearn_ridge_nn.network import (
    ACTIVATIONS,
    DivergenceError,
    State,
    Task,
    Trained,
    constant_rate,
    divergence,
    is_schedule,
    optimizer_recipe,
    scheduled_rates,
    start_weights,
    strengths,
    why_one_by_one,
)
from sklearn_ridge_nn.training import _helper
from sklearn_ridge_nn.training._grouping import Stack, stacks_of
from sklearn_ridge_nn.training._kept_networks import forget_networks
from sklearn_ridge_nn.training._memory import OUT_OF_MEMORY, out_of_memory
from sklearn_ridge_nn.training._minibatches import EpochSlots, SlotBuffer, plan_epoch
from sklearn_ridge_nn.training._program import (
    Program,
    forget_programs,
    get_program,
    n_compiled,
    needs_new_process,
)
from sklearn_ridge_nn.training._progress import Progress

__all__ = ["n_compiled", "train_together", "why_not_together"]


def why_not_together(task: Task) -> str | None:
    """Return why the engine cannot train a task with the very results of Keras.

    Parameters
    ----------
    task : Task

    Returns
    -------
    str or None
        The reason, as the end of a sentence; None if the engine can train the task.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.training import Architecture, Task, why_not_together
    >>> network, rows = Architecture(2, 1, "binary", (4,), "relu", "float32"), np.arange(4)
    >>> fields = {"epochs": 1, "batch_size": 2, "seed": 0, "optimizer": "adafactor"}
    >>> task = Task(network, 0.01, np.zeros((4, 2)), rows[:, None] % 2, None, rows, rows[:0], **fields)
    >>> why_not_together(task)
    'Adafactor is not known to treat every weight by itself'
    """
    if task.callbacks:
        return "there are callbacks"
    return why_one_by_one(task.optimizer, task.learning_rate)


def train_together(
    tasks: Sequence[Task], progress: Progress | None = None
) -> list[Trained | DivergenceError]:
    """Train networks, together where that is possible.

    Parameters
    ----------
    tasks : sequence of Task
        For each of them `why_not_together` is None. Tasks share minibatches if their ``X``, ``targets`` and
        ``weights`` are the same objects and their rows and seed are equal.
    progress : Progress or None, default=None
        What to report to, for callers that train in several calls; None makes one for this call, as
        verbose as the most verbose task.

    Returns
    -------
    list of Trained or DivergenceError
        In the order of the tasks; an error for those whose loss became infinite or NaN, which do
        not disturb the others.

    Raises
    ------
    ValueError
        If the engine cannot train a task, its arrays do not fit its architecture, or it continues
        from the state of another optimizer.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn import training
    >>> from sklearn_ridge_nn.training import Architecture, Task
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> targets = (X[:, :1] > 0).astype(int)
    >>> network = Architecture(2, 1, "binary", (4,), "relu", "float32")
    >>> rows, held_out = np.arange(50), np.arange(50, 60)
    >>> tasks = [
    ...     Task(network, alpha, X, targets, None, rows, held_out, epochs=5, batch_size=10, seed=0)
    ...     for alpha in (0.001, 0.1)
    ... ]
    >>> [trained.history["val_data_loss"].shape for trained in training.train_together(tasks)]
    [(5,), (5,)]
    """
    for number, task in enumerate(tasks):
        _check(task, f"tasks[{number}]")
    shown: AbstractContextManager[Progress] = nullcontext(progress) if progress is not None else _own(tasks)
    with shown as progress:
        if _helper.is_forked():
            helped: list[Trained | DivergenceError] = _helper.train(
                "_engine.train_together", (tasks,), progress
            )
            return helped
        results: dict[int, Trained | DivergenceError] = {}
        for stack in stacks_of(tasks):
            results |= train_stack(stack, progress)
    return [results[number] for number in range(len(tasks))]


def train_stack(stack: Stack, progress: Progress) -> dict[int, Trained | DivergenceError]:
    """Return the results of a stack's members; of its halves where memory does not hold the whole.

    A process that has compiled many programs has a helper compile another one.
    """
    if needs_new_process(stack.program_key):
        helped: dict[int, Trained | DivergenceError] = _helper.train(
            "_engine.train_stack", (stack,), progress
        )
        return helped
    before = progress.position
    try:
        return _results_of(stack, progress)
    except OUT_OF_MEMORY as error:
        halves, reason = stack.halves(), error.with_traceback(None)  # whose frames hold what was trained
    progress.position = before
    forget_programs()
    forget_networks()
    if not halves:
        raise out_of_memory(stack.tasks[0]) from reason
    warnings.warn(
        f"Memory does not hold {stack.n_members} networks that train together; they are trained again, at "
        f"most {len(halves[0].members)} at a time, which takes longer. For less memory, set a smaller "
        f"batch_size, or n_jobs=1.",
        RuntimeWarning,
        stacklevel=2,
    )
    results: dict[int, Trained | DivergenceError] = {}
    for half in halves:
        try:
            results |= _results_of(half, progress)
        except OUT_OF_MEMORY as error:
            raise out_of_memory(half.tasks[0], half.n_members) from error
    return results


def _results_of(stack: Stack, progress: Progress) -> dict[int, Trained | DivergenceError]:
    start = time.perf_counter()
    program = get_program(stack.program_key)
    with program.lock:
        trained = _Training(stack, program, progress).run()
    share = (time.perf_counter() - start) / stack.n_members
    for result in trained:
        result.seconds = share
    return dict(zip(stack.members, trained, strict=True))


def _own(tasks: Sequence[Task]) -> Progress:
    n_epochs = sum(task.epochs for task in tasks)
    return Progress(len(tasks), n_epochs, max((task.verbose for task in tasks), default=0))


def _check(task: Task, name: str) -> None:
    """Refuse, before any work, a task that would be trained wrongly or fail deep inside."""
    architecture, n_rows = task.architecture, task.X.shape[0]

    def check(field: str, is_valid: bool, expected: str) -> None:
        if not is_valid:
            value = getattr(task, field)
            got = f"an array of {value.dtype} {value.shape}" if isinstance(value, np.ndarray) else repr(value)
            raise ValueError(f"{name}.{field} must be {expected}. Got {got}.")

    check("alpha", task.alpha >= 0, "a number >= 0")
    check("dropout", 0 <= task.dropout < 1, "a share in [0, 1)")
    check("epochs", task.epochs >= 1, "an int >= 1")
    check("batch_size", task.batch_size >= 1, "an int >= 1")
    check(
        "architecture",
        architecture.activation in ACTIVATIONS,
        f"one with an activation of {', '.join(sorted(ACTIVATIONS))}",
    )
    shape = (n_rows, architecture.n_features)
    check("X", task.X.shape == shape, f"of shape {shape}, as its rows and architecture say")
    shape, targets = (n_rows, architecture.n_targets), task.targets
    if architecture.is_of_numbers:
        check(
            "targets",
            targets.shape == shape and targets.dtype.kind in "biuf" and bool(np.isfinite(targets).all()),
            f"finite numbers of shape {shape}, as its rows and architecture say",
        )
    else:
        _check_classes(task, check)
    if task.weights is not None:
        check("weights", task.weights.shape == (n_rows,), f"of shape {(n_rows,)}, one for each row of X")
    for field in ("train_rows", "validation_rows", "test_rows"):
        rows = getattr(task, field)
        is_valid = rows.dtype.kind in "iu" and (not len(rows) or 0 <= rows.min() <= rows.max() < n_rows)
        check(field, is_valid, f"row numbers, from 0 to {n_rows - 1}")
    check("train_rows", len(task.train_rows) > 0, "at least one row number, to have what to train on")
    check(
        "patience",
        task.patience is None or len(task.validation_rows) > 0,
        "None where validation_rows is empty: early stopping needs a hold-out to watch",
    )
    reason = why_not_together(task)
    if reason is not None:
        raise ValueError(
            f"The engine cannot train {name} with the results of Keras: {reason}. Give the tasks to "
            f"sklearn_ridge_nn.training.train(tasks), which leaves such ones to Keras."
        )


def _check_classes(task: Task, check: Callable[[str, bool, str], None]) -> None:
    """Refuse targets that are not numbers of classes, or labels."""
    architecture, targets = task.architecture, task.targets
    shape = (task.X.shape[0], architecture.n_targets)
    most = architecture.n_outputs - 1 if architecture.target_type == "multiclass" else 1
    check(
        "targets",
        targets.shape == shape
        and targets.dtype.kind in "biu"
        and 0 <= targets.min() <= targets.max() <= most,
        f"whole numbers from 0 to {most} of shape {shape}, as its rows and architecture say",
    )


class _Training:
    """The training of one stack."""

    def __init__(self, stack: Stack, program: Program, progress: Progress) -> None:
        self.stack, self.program, self.progress = stack, program, progress
        group, tasks = stack.group, stack.tasks
        program.load([start_weights(task) for task in tasks], [task.start for task in tasks])
        arrays = program.input_arrays()
        recipes = [optimizer_recipe(task.optimizer, task.learning_rate) for task in tasks]
        #: The members of each schedule.
        self.schedules: dict[int, tuple[Any, list[int]]] = {}
        for member, (recipe, rate) in enumerate(recipes):
            if is_schedule(rate):
                self.schedules.setdefault(id(rate), (rate, []))[1].append(member)
            else:
                arrays["rate"][:, member, 0] = constant_rate(rate, recipe)
        arrays["alpha"][:, 0] = strengths([task.alpha for task in tasks], arrays["alpha"].dtype)
        arrays["dropout"][:, 0] = [task.dropout for task in tasks]
        self.first_step = program.n_steps()
        self.buffer = SlotBuffer(arrays, stack.streams)
        self.n_validate = max(stream.n_validate for stream in stack.streams)
        self.n_test = max(stream.n_test for stream in stack.streams)
        self.rows = stack.per_member([stream.rows_per_minibatch() for stream in stack.streams])
        #: Members' rows to train on, of the hold-out and to test on, and the sums of their weights.
        self.n_rows = stack.per_member([stream.n_rows for stream in stack.streams])
        self.row_weights = stack.per_member([stream.row_weights for stream in stack.streams])
        self.loss_units = np.array([task.loss_unit for task in tasks])
        names = ["loss", "accuracy", "data_loss"]
        if group.has_validation:
            names += ["val_data_loss", "val_loss", "val_accuracy"]
        if group.has_test:
            names += ["test_data_loss", "test_accuracy"]
        if group.architecture.is_of_numbers:
            names = [name for name in names if not name.endswith("accuracy")]
        self.history = {name: np.full((group.epochs, len(tasks)), np.nan) for name in names}
        self.diverged_in: dict[int, int] = {}
        self.stopping = _EarlyStopping(tasks, group.first_epoch) if group.stops_early else None
        self._measured = np.empty((0, 3, len(tasks)))
        self._awaited: deque[tuple[int, EpochSlots]] = deque()
        self._epochs_filled = 0.0
        self._n_kept = 0

    def run(self) -> list[Trained | DivergenceError]:
        """Train all epochs, or until no member goes on, and return the members' results."""
        group, program = self.stack.group, self.program
        last = group.first_epoch + group.epochs
        for epoch in range(group.first_epoch, last):
            slots = self._slots(is_last=epoch == last - 1)
            plan = plan_epoch(self.stack.streams, epoch, slots, group.has_dropout)
            self._awaited.append((epoch, slots))
            rates = self._scheduled_rates(epoch)
            begin = 0
            while begin < slots.n_slots:
                here = self.buffer.n_filled
                n = self.buffer.fill(plan, begin)
                self._epochs_filled += n / slots.n_slots
                for members, values in rates:
                    buffer_rates = values[begin : begin + n, None]
                    self.buffer.arrays["rate"][here : here + len(buffer_rates), members, 0] = buffer_rates
                begin += n
                if program.key.n_kept and begin == slots.n_slots:
                    self.buffer.arrays["keeps"][here + n - 1] = self._n_kept
                    self._n_kept += 1
                if self.buffer.is_full:
                    self._flush()
            if self.stopping is not None and self._n_kept == program.key.n_kept:
                self._flush()
            if len(self.finished) == len(self.stack.members):
                self.progress.skip((last - 1 - epoch) * self.stack.n_members)
                break
        self._flush()
        return self._results()

    @property
    def finished(self) -> set[int]:
        """Members that have diverged or stopped."""
        return {*self.diverged_in, *(self.stopping.stopped if self.stopping is not None else ())}

    def _slots(self, is_last: bool) -> EpochSlots:
        group = self.stack.group
        reports = group.every_epoch or is_last
        return EpochSlots(
            n_train=group.n_train,
            n_evaluate=group.n_train if reports else 0,
            n_validate=self.n_validate if reports or group.stops_early else 0,
            n_test=self.n_test if reports else 0,
        )

    def _scheduled_rates(self, epoch: int) -> list[tuple[list[int], np.ndarray]]:
        """Return the members of each schedule with its learning rates in an epoch."""
        n_train = self.stack.group.n_train
        first = self.first_step + (epoch - self.stack.group.first_epoch) * n_train
        return [
            (members, scheduled_rates(schedule, first, n_train))
            for schedule, members in self.schedules.values()
        ]

    def _flush(self) -> None:
        """Run what the buffer holds, and take in the epochs that are complete with it."""
        n_filled = self.buffer.n_filled
        if not n_filled:
            return
        measured, kept = self.program.run(self.buffer.arrays)
        measured = measured[:n_filled]
        self.buffer.clear()
        self._measured = np.concatenate([self._measured, measured])
        self.progress.advance(self._epochs_filled * self.stack.n_members)
        self._epochs_filled = 0.0
        numbers = iter(range(self._n_kept))
        while self._awaited and self._awaited[0][1].n_slots <= len(self._measured):
            epoch, slots = self._awaited.popleft()
            weights = self.program.weights if kept is None else partial(kept.__getitem__, next(numbers))
            with np.errstate(all="ignore"):  # diverged members
                self._take_in(epoch, slots, self._measured[: slots.n_slots], weights)
            self._measured = self._measured[slots.n_slots :]
        if self._n_kept:
            self.buffer.arrays["keeps"][:] = -1
            self._n_kept = 0

    def _take_in(
        self, epoch: int, slots: EpochSlots, measured: np.ndarray, weights: Callable[[], np.ndarray]
    ) -> None:
        """Reduce an epoch's minibatches to its history, and find the members that diverged or stop.

        `weights` gives those of the end of the epoch.
        """
        group = self.stack.group
        here = epoch - group.first_epoch
        n_labels = group.architecture.n_outputs if group.architecture.is_multilabel else 1
        train, rest = measured[: slots.n_train], measured[slots.n_train :]
        evaluated, validated, tested = np.split(rest, [slots.n_evaluate, slots.n_evaluate + slots.n_validate])
        values = {
            "loss": (self.rows * (train[:, 0] + train[:, 2])).sum(axis=0) / self.n_rows[0],
            "accuracy": train[:, 1].sum(axis=0) / (self.n_rows[0] * n_labels),
        }
        if slots.n_evaluate:
            values["data_loss"] = evaluated[:, 0].sum(axis=0) / self.row_weights[0]
        if slots.n_validate:
            values["val_data_loss"] = validated[:, 0].sum(axis=0) / self.row_weights[1]
            values["val_loss"] = values["val_data_loss"] + validated[0, 2]
            values["val_accuracy"] = validated[:, 1].sum(axis=0) / (self.n_rows[1] * n_labels)
        watched = {}
        if slots.n_test:
            watched["test_data_loss"] = tested[:, 0].sum(axis=0) / self.row_weights[2]
            watched["test_accuracy"] = tested[:, 1].sum(axis=0) / (self.n_rows[2] * n_labels)
        for name, numbers in (values | watched).items():
            if name.endswith("loss"):
                numbers *= self.loss_units
            if name in self.history:
                self.history[name][here] = numbers
        for member in np.flatnonzero(~np.isfinite(list(values.values())).all(axis=0)).tolist():
            if member not in self.finished:
                self.diverged_in[member] = epoch
        if self.stopping is not None:
            losses = values["val_data_loss"]
            self.stopping.take_in(epoch, losses, self.diverged_in, self.program, weights)
        shown = {name: numbers for name, numbers in values.items() if name in self.history}
        self.progress.epoch(epoch, group.first_epoch + group.epochs, shown)

    def _results(self) -> list[Trained | DivergenceError]:
        weights, state = self.program.weights(), self.program.state()
        return [
            divergence(task, self.diverged_in[member])
            if member in self.diverged_in
            else self._trained(member, weights, state)
            for member, task in enumerate(self.stack.tasks)
        ]

    def _trained(self, member: int, weights: np.ndarray, state: list[np.ndarray]) -> Trained:
        group, program, stopping = self.stack.group, self.program, self.stopping
        own_weights, own_state, n_epochs, best_epoch = None, None, group.epochs, None
        if stopping is not None:
            own_weights, best_epoch = stopping.best_weights[member], int(stopping.best_epoch[member])
            if member in stopping.stopped:
                n_epochs, own_state = stopping.stopped[member]
        n_inputs = self.stack.tasks[member].architecture.n_features
        own_weights = own_weights or program.layout.unpack(weights[member], n_inputs)
        return Trained(
            State(
                own_weights[::2],
                own_weights[1::2],
                own_state or program.member_state(state, member, n_inputs),
                program.signature,
                group.first_epoch + n_epochs,
            ),
            {name: values[:n_epochs, member].copy() for name, values in self.history.items()},
            best_epoch,
            [],
        )


class _EarlyStopping:
    """``keras.callbacks.EarlyStopping("val_data_loss", restore_best_weights=True)``, per member."""

    def __init__(self, tasks: Sequence[Task], first_epoch: int) -> None:
        self.first_epoch = first_epoch
        self.patience = np.array([task.patience for task in tasks])
        self.n_inputs = [task.architecture.n_features for task in tasks]
        self.best = np.full(len(tasks), np.inf)
        self.best_epoch = np.zeros(len(tasks), int)
        self.best_weights: dict[int, list[np.ndarray]] = {}
        self.stopped: dict[int, tuple[int, list[np.ndarray]]] = {}

    def take_in(
        self,
        epoch: int,
        losses: np.ndarray,
        diverged: Container[int],
        program: Program,
        weights_then: Callable[[], np.ndarray],
    ) -> None:
        """Keep the weights of members that improved and the state of those that stop."""
        going = np.array([m not in self.stopped and m not in diverged for m in range(len(losses))])
        improved = going & (losses < self.best)
        if improved.any():
            weights = weights_then()
        for member in np.flatnonzero(improved).tolist():
            self.best_weights[member] = program.layout.unpack(weights[member], self.n_inputs[member])
        self.best[improved] = losses[improved]
        self.best_epoch[improved] = epoch - self.first_epoch
        waited = epoch - self.first_epoch - self.best_epoch
        stops = going & ~improved & (waited >= self.patience) & (epoch > 0)
        if stops.any():
            state = program.state()
        for member in np.flatnonzero(stops).tolist():
            n_epochs = epoch - self.first_epoch + 1
            own_state = program.member_state(state, member, self.n_inputs[member])
            self.stopped[member] = (n_epochs, own_state)
