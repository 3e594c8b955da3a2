"""The compiled program that trains a stack of networks.

Networks of one shape are stacked along a leading *member* axis and one XLA program trains them all.
What a program computes is fixed by its `ProgramKey`; whatever else a training has (alpha, learning rate,
seed, epochs, rows) is an input, so a program is compiled once and used again.

All weights of a member are one row of one variable. The optimizer then updates a single array instead of two
per layer, so XLA compiles one update whatever the depth, which shortens compiling. An optimizer that treats
every number by itself gives the same results in any arrangement; `why_one_by_one` refuses the others, which
would mix the members.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from sklearn_ridge_nn._tensorflow import keras, tf
from sklearn_ridge_nn.network import (
    State,
    optimizer_signature,
    optimizer_variables,
    other_optimizer,
    weight_paths,
)
from sklearn_ridge_nn.training import _compile_cache, _helper, _kept_graphs
from sklearn_ridge_nn.training._program_key import ProgramKey, WeightLayout
from sklearn_ridge_nn.training._stable_names import callable_of, stably_named
from sklearn_ridge_nn.training._stacked_network import StackedNetwork, has_barrier, row_sums

_STACK_NAME = "stack"

_compile_cache.use()  # TensorFlow reads its flags when it is first used

#: Compiled programs that are kept, and the bytes of weights and optimizer state that they may hold.
MAX_PROGRAMS = 32
MAX_PROGRAM_BYTES = 2**28


class Program:
    """A stack of networks with their optimizer, and the compiled function that trains it.

    One thread at a time may use it: hold `lock` from `load` to the last `weights` or `state`.
    """

    def __init__(self, key: ProgramKey) -> None:
        self.key = key
        self.lock = threading.Lock()
        self.layout = WeightLayout(key.architecture.layer_widths, key.architecture.n_penalized)
        self._network = StackedNetwork(key, self.layout)
        self._dtype = self._network.dtype
        self._rate = _MemberRates()
        zeros = np.zeros((key.n_members, self.layout.n_weights), self._dtype.as_numpy_dtype)
        # not trainable, or gradient tapes of the caller would watch it
        self._variable = keras.Variable(zeros, dtype=self._dtype.name, name=_STACK_NAME, trainable=False)
        self._optimizer = key.optimizer.make(self._rate)
        self._optimizer.build([self._variable])
        # TensorFlow's own variables, for Keras's obey the scopes of the code that uses them
        self._weights = self._variable.value
        self._state_names = [variable.name for variable in optimizer_variables(self._optimizer)]
        self._state = [variable.value for variable in optimizer_variables(self._optimizer)]
        # counts minibatches, where the public `iterations` counts updates
        self._iterations = next(v.value for v in self._optimizer.variables if v.name == "iteration")
        self._fresh_state = [variable.numpy() for variable in self._state]
        self.signature, self._places = self._keras_state()
        self._specs = self._input_specs()
        self._run = self._trace()
        self._compile()

    @property
    def n_bytes(self) -> int:
        """Memory of the weights and the optimizer's state."""
        return sum(int(np.prod(v.shape)) * v.dtype.size for v in [self._weights, *self._state])

    def _compile(self) -> None:
        """Compile, so that a program is ready once it exists, or load what another process compiled."""
        try:
            with _compile_cache.quiet_loading():
                self.run(self.input_arrays())
        except tf.errors.OpError:
            # TensorFlow fails if a file of its cache is broken or cannot be written, and remembers that
            if not _compile_cache.clear():
                raise
            self._run = self._trace("anew")
            self.run(self.input_arrays())
        _compile_cache.hand_back_flags()

    def load(self, weights: Sequence[Sequence[np.ndarray]], starts: Sequence[State | None]) -> None:
        """Set each member's weights and optimizer state.

        Parameters
        ----------
        weights : sequence of sequence of ndarray
            Per member, kernel and bias of each layer in turn, shaped as Keras has them.
        starts : sequence of State or None
            Per member, whose optimizer state to take; None is that of a new optimizer. Step counters
            and other scalars must agree between the members.

        Raises
        ------
        ValueError
            If a state is that of another optimizer.
        """
        self._weights.assign(np.stack([self.layout.pack(member) for member in weights]))
        if starts[0] is None:
            for variable, fresh in zip(self._state, self._fresh_state, strict=True):
                variable.assign(fresh)
            return
        states = []
        for start in starts:
            assert start is not None
            if start.optimizer_signature != self.signature:
                raise other_optimizer(start.optimizer_signature, self.signature)
            states.append(self._packed_state(start.optimizer))
        for variable, *values in zip(self._state, *states, strict=True):
            variable.assign(values[0] if variable.shape.rank == 0 else np.stack(values))

    def run(self, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
        """Train and evaluate one buffer of minibatches.

        Parameters
        ----------
        inputs : dict of str to ndarray
            From `input_arrays`, filled.

        Returns
        -------
        measured : ndarray of shape (n_slots, 3, n_members)
            Per minibatch, at the weights before it is trained on: the sum of the rows' losses times
            their weights, the number of right predictions, and the penalty. Beyond ``count`` slots
            the values are 0.
        kept : ndarray of shape (n_kept, n_members, n_weights) or None
            Weights, as `weights` returns them, by the numbers in ``keeps``; None if the program keeps none.
        """
        tensors = [tf.constant(inputs[name], dtype) for name, (_, dtype) in self._specs.items()]
        measured, *kept = (result.numpy() for result in self._run(*tensors))
        return measured, kept[0] if kept else None

    def n_steps(self) -> int:
        """Return how many steps the optimizer has taken."""
        return int(self._iterations.numpy())

    def weights(self) -> np.ndarray:
        """Return the members' weights, of shape (n_members, n_weights); `layout` unpacks a row."""
        return self._weights.numpy()

    def state(self) -> list[np.ndarray]:
        """Return the members' optimizer state, as `member_state` takes it apart."""
        return [variable.numpy() for variable in self._state]

    def member_state(self, state: Sequence[np.ndarray], member: int, n_inputs: int) -> list[np.ndarray]:
        """Return copies of one member's optimizer state, in the order and shapes that Keras has."""
        unpacked = {
            slot: self.layout.unpack(array[member], n_inputs)
            for slot, array in enumerate(state)
            if array.ndim > 0
        }
        return [state[slot] if weight is None else unpacked[slot][weight] for slot, weight in self._places]

    def _packed_state(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return one member's optimizer state in the stack's order, one vector for each slot."""
        parts: list[Any] = [[None] * len(self.layout.sizes) for _ in self._state]
        for array, (slot, weight) in zip(arrays, self._places, strict=True):
            if weight is None:
                parts[slot] = array
            else:
                parts[slot][weight] = array
        return [
            self.layout.pack(part, fresh[0]) if isinstance(part, list) else part
            for part, fresh in zip(parts, self._fresh_state, strict=True)
        ]

    def _keras_state(self) -> tuple[list[str], list[tuple[int, int | None]]]:
        """Return the signature of the optimizer as Keras builds it for a single network.

        With it comes, for each of its state variables, the number of the stack's state variable that
        holds it and the number of the weight that it belongs to, or None for a scalar.
        """
        paths, stand_ins = weight_paths(self.key.architecture), []
        for path in paths:
            network, layer, name = path.split("/")
            with keras.name_scope(network), keras.name_scope(layer):
                stand_ins.append(keras.Variable(np.zeros(1), dtype=self._dtype.name, name=name))
        optimizer = self.key.optimizer.make(self._rate)
        optimizer.build(stand_ins)
        scalars = iter([slot for slot, fresh in enumerate(self._fresh_state) if fresh.ndim == 0])
        places: list[tuple[int, int | None]] = []
        for variable in optimizer_variables(optimizer):
            if len(variable.shape) == 0:
                places.append((next(scalars), None))
                continue
            prefixes = [path.replace("/", "_") for path in paths]
            weight = next(i for i, prefix in enumerate(prefixes) if variable.name.startswith(prefix))
            slot = self._state_names.index(variable.name.replace(prefixes[weight], _STACK_NAME, 1))
            places.append((slot, weight))
        return optimizer_signature(optimizer), places

    def input_arrays(self) -> dict[str, np.ndarray]:
        """Return arrays of zeros for `run`, to be filled and used again.

        ``x`` are the minibatches, (n_streams, n_slots, slot_rows, n_features); ``y`` their targets;
        ``w`` the rows' weights: over the number of real rows to train, as they are to evaluate,
        0 for rows that only fill up, which come after the ``rows`` real ones. ``trains`` says for
        each slot whether to train on it, ``count`` how many slots are filled. ``alpha`` and
        ``dropout`` have one number per member, of shape (n_members, 1), and ``rate`` one per slot
        and member; ``keys`` are the seeds of the dropout masks. If the program keeps weights, ``keeps`` says
        of each slot under which number to keep those after it, -1 for not at all.
        """
        arrays = {name: np.zeros(shape, dtype.as_numpy_dtype) for name, (shape, dtype) in self._specs.items()}
        if "keeps" in arrays:
            arrays["keeps"][:] = -1
        return arrays

    def _input_specs(self) -> dict[str, tuple[tuple[int, ...], tf.DType]]:
        key, dtype = self.key, self._dtype
        rows = (key.n_streams, key.n_slots, key.slot_rows)
        architecture = key.architecture
        members = (key.n_members, 1)
        n_hidden = len(architecture.hidden_layer_sizes) if key.has_dropout else 0
        keeps = {"keeps": ((key.n_slots,), tf.int32)} if key.n_kept else {}
        return {
            "x": ((*rows, architecture.n_features), dtype),
            "y": ((*rows, architecture.n_targets), dtype),
            "w": (rows, dtype),
            "rows": ((key.n_streams, key.n_slots), tf.int32),
            "trains": ((key.n_slots,), tf.bool),
            "count": ((), tf.int32),
            "alpha": (members, dtype),
            "rate": ((key.n_slots, *members), dtype),
            "dropout": (members, dtype),
            "keys": ((key.n_slots, key.n_streams, n_hidden, 2), tf.int32),
            **keeps,
        }

    def _trace(self, salt: str = "") -> Callable[..., list[tf.Tensor]]:
        key, names = self.key, list(self._specs)
        shapes = [(key.n_slots, 3, key.n_members)]
        if key.n_kept:
            shapes.append((key.n_kept, key.n_members, self.layout.n_weights))

        def run(*tensors: tf.Tensor) -> list[tf.Tensor]:
            inputs = dict(zip(names, tensors, strict=True))

            def one_slot(slot: tf.Tensor, measures: tf.Tensor, *kept: tf.Tensor) -> tuple[tf.Tensor, ...]:
                measured = self._slot(slot, inputs)
                kept = tuple(self._keep(inputs["keeps"][slot], weights) for weights in kept)
                return slot + 1, tf.tensor_scatter_nd_update(measures, [[slot]], [measured]), *kept

            count, results = inputs["count"], [tf.zeros(shape, self._dtype) for shape in shapes]
            return tf.while_loop(lambda slot, *_: slot < count, one_slot, (tf.constant(0), *results))[1:]

        specs = [tf.TensorSpec(shape, dtype) for shape, dtype in self._specs.values()]
        folder = None if tf.config.list_logical_devices("GPU") else _compile_cache.use()
        name = None if folder is None else _kept_graphs.name_of(self.key, has_barrier(), salt)
        variables = [self._weights, *(variable.value for variable in self._optimizer.variables)]
        graph = None if folder is None or name is None else _kept_graphs.read(folder, name)
        if graph is None:
            traced = tf.function(run, jit_compile=True, autograph=False).get_concrete_function(*specs)
            graph = None if folder is None else stably_named(traced, variables, salt)
            if graph is None:
                return traced
            if folder is not None and name is not None:
                _kept_graphs.write(folder, name, graph)
        return callable_of(graph, specs, variables, shapes)

    def _keep(self, number: tf.Tensor, kept: tf.Tensor) -> tf.Tensor:
        """Keep the weights under a number, unless it is negative."""

        def keep(_: tf.Tensor, kept: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            weights = tf.convert_to_tensor(self._weights)
            return tf.constant(False), tf.tensor_scatter_nd_update(kept, [[number]], [weights])

        return tf.while_loop(lambda again, _: again, keep, (number >= 0, kept))[1]

    def _slot(self, slot: tf.Tensor, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """Measure one minibatch of every stream and, if it is to be trained on, take a step."""
        x, trains = inputs["x"][:, slot], inputs["trains"][slot]
        network = self._network
        y = network.per_member(tf.transpose(inputs["y"][:, slot], (0, 2, 1)))
        w = network.per_member(inputs["w"][:, slot][:, None])
        is_row = tf.range(self.key.slot_rows) < inputs["rows"][:, slot, None]
        is_row = network.per_member(is_row[:, None])
        weights = tf.convert_to_tensor(self._weights)
        values = network.split(weights)
        drop = None
        if self.key.has_dropout:
            drop = network.dropout(inputs["dropout"], inputs["keys"][slot], trains)
        layers = network.forward(x, values, drop)
        z = layers[-1].z
        with tf.GradientTape() as tape:
            tape.watch(z)
            weighted = network.row_losses(z, y) * w
        # alpha on what is penalised, 0 elsewhere
        decay = inputs["alpha"] * tf.constant(self.layout.is_penalised, self._dtype)
        penalty = tf.reduce_sum(decay * weights * weights, 1)
        measured = tf.stack([row_sums(weighted)[:, 0, 0], network.hits(z, y, is_row), penalty])

        def step(_: tf.Tensor) -> tuple[tf.Tensor]:
            gradients = network.backward(x, values, layers, tape.gradient(weighted, z))
            flat = [tf.reshape(gradient, (self.key.n_members, -1)) for gradient in gradients]
            self._rate.value = inputs["rate"][slot]
            self._optimizer.apply([tf.concat(flat, axis=1) + 2 * decay * weights], [self._variable])
            return (tf.constant(False),)

        # A loop of one round or none, and not tf.cond: under a condition XLA copies the weights and the
        # optimizer's state in every slot that is not trained on, which costs more than the slot itself.
        tf.while_loop(lambda again: again, step, (trains,))
        return measured


class _MemberRates(keras.optimizers.schedules.LearningRateSchedule):
    """Hands a learning rate per member to an optimizer, which takes it for a schedule."""

    def __init__(self) -> None:
        self.value: tf.Tensor | None = None

    def __call__(self, step: Any) -> tf.Tensor:  # noqa: ARG002
        return self.value

    def get_config(self) -> dict[str, Any]:
        return {}


def _in_a_thread_of_its_own(make: Callable[[], Program]) -> Program:
    """Build a program out of reach of the caller's name scopes, tapes and strategies, which a thread has."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(make).result()


class _Cache:
    """Compiled programs, the last used ones kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._programs: OrderedDict[ProgramKey, Program] = OrderedDict()
        self.n_compiled = 0

    def get(self, key: ProgramKey) -> Program:
        with self._lock:
            program = self._programs.pop(key, None)
            if program is None:
                program = _in_a_thread_of_its_own(lambda: Program(key))
                self.n_compiled += 1
            self._programs[key] = program
            while len(self._programs) > 1 and (
                len(self._programs) > MAX_PROGRAMS
                or sum(kept.n_bytes for kept in self._programs.values()) > MAX_PROGRAM_BYTES
            ):
                self._programs.popitem(last=False)
            return program

    def holds(self, key: ProgramKey) -> bool:
        with self._lock:
            return key in self._programs

    def clear(self) -> None:
        with self._lock:
            self._programs.clear()


_cache = _Cache()


def get_program(key: ProgramKey) -> Program:
    """Return the compiled program for a key, from the cache or newly compiled."""
    return _cache.get(key)


def needs_new_process(key: ProgramKey) -> bool:
    """Return whether a program is not compiled yet, and this process has compiled enough."""
    return not _cache.holds(key) and _helper.is_full(_cache.n_compiled)


def forget_programs() -> None:
    """Give back the memory of all programs."""
    _cache.clear()


def n_compiled() -> int:
    """Return how many programs this process has compiled, or a helper process for it.

    Returns
    -------
    int
        Never fewer than before, also when programs leave the cache.

    Examples
    --------
    >>> from sklearn_ridge_nn.training import n_compiled
    >>> n_compiled() >= 0
    True
    """
    return _cache.n_compiled + _helper.n_compiled()
