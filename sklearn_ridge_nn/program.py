"""The compiled program that trains a stack of networks.

Networks of one shape are stacked along a leading *member* axis and one XLA program trains them all.
What a program computes is fixed by its `Recipe`; whatever else a training has (alpha, learning rate,
seed, epochs, rows) is an input, so a program is compiled once and used again.

All weights of a member are one row of one variable, so that the optimizer, which treats every number by
itself, updates a single array; that halves the time to compile. Activations are *units first*: a kernel
is (member, units, inputs), the transpose of Keras's, and a layer's outputs are (member, units, rows).
Then the members of one stream, which see the same minibatches, share the first layer as one wide product
without moving a number, and no large product has a transposed left factor, which XLA's CPU products are
slow at.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla

from sklearn_ridge_nn.network import (
    OptimizerRecipe,
    optimizer_signature,
    optimizer_variables,
    other_optimizer,
    weight_paths,
)
from sklearn_ridge_nn.training import Architecture, State

_STACK_NAME = "stack"

#: Compiled programs that are kept, and the bytes of weights and optimizer state that they may hold.
MAX_PROGRAMS = 32
MAX_PROGRAM_BYTES = 2**28


@dataclass(frozen=True)
class Recipe:
    """All that a compiled program depends on.

    Attributes
    ----------
    architecture : Architecture
    optimizer : OptimizerRecipe
    batch_size : int
        Rows of a minibatch; shorter ones are filled up with rows of weight 0.
    n_streams : int
        Sequences of minibatches that go in side by side.
    n_per_stream : int
        Members that see each of them; member ``s * n_per_stream + i`` sees stream ``s``.
    n_slots : int
        Minibatches per stream that one call takes at most.
    has_dropout : bool
    """

    architecture: Architecture
    optimizer: OptimizerRecipe
    batch_size: int
    n_streams: int
    n_per_stream: int
    n_slots: int
    has_dropout: bool

    @property
    def n_members(self) -> int:
        """Networks in the stack."""
        return self.n_streams * self.n_per_stream

    @property
    def layer_widths(self) -> tuple[int, ...]:
        """Units of every layer, inputs and outputs included."""
        architecture = self.architecture
        return (architecture.n_features, *architecture.hidden_layer_sizes, architecture.n_outputs)


class Layout:
    """Where the weights of a network, or numbers that belong to them, lie in one long vector.

    Parameters
    ----------
    widths : sequence of int
        Units of every layer, inputs and outputs included.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        layers = list(itertools.pairwise(widths))
        #: Units first, of the kernel and the bias of each layer in turn.
        self.shapes = [shape for n_in, n_out in layers for shape in ((n_out, n_in), (n_out, 1))]
        self.sizes = [n_out * n_in for n_out, n_in in self.shapes]
        self.n_weights = sum(self.sizes)
        is_hidden_kernel = [number % 2 == 0 for number in range(len(self.sizes) - 2)]
        #: Whether alpha acts on each weight: hidden kernels, not biases and not the output layer.
        self.is_penalised = np.repeat([*is_hidden_kernel, False, False], self.sizes)

    def pack(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Return the vector of arrays that are shaped as Keras has them."""
        return np.concatenate([array.T.ravel() for array in arrays])

    def unpack(self, vector: np.ndarray) -> list[np.ndarray]:
        """Return copies of the parts of a vector, shaped as Keras has them."""
        parts = np.split(vector, np.cumsum(self.sizes)[:-1])
        return [
            part.copy() if number % 2 else np.ascontiguousarray(part.reshape(shape).T)
            for number, (part, shape) in enumerate(zip(parts, self.shapes, strict=True))
        ]


class Program:
    """A stack of networks with their optimizer, and the compiled function that trains it.

    One thread at a time may use it: hold `lock` from `load` to the last `weights` or `state`.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.lock = threading.Lock()
        self.layout = Layout(recipe.layer_widths)
        self._dtype = tf.as_dtype(recipe.architecture.dtype)
        self._rate = _MemberRates()
        zeros = np.zeros((recipe.n_members, self.layout.n_weights), self._dtype.as_numpy_dtype)
        self._weights = keras.Variable(zeros, dtype=self._dtype.name, name=_STACK_NAME)
        self._optimizer = recipe.optimizer.make(self._rate)
        self._optimizer.build([self._weights])
        self._state = optimizer_variables(self._optimizer)
        self._fresh_state = [variable.numpy() for variable in self._state]
        self.signature, self._places = self._keras_state()
        self._run = self._compile()

    @property
    def n_bytes(self) -> int:
        """Memory of the weights and the optimizer's state."""
        return sum(int(np.prod(v.shape)) * v.value.dtype.size for v in [self._weights, *self._state])

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
            variable.assign(values[0] if variable.value.shape.rank == 0 else np.stack(values))

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """Train and evaluate one chunk of minibatches.

        Parameters
        ----------
        inputs : dict of str to ndarray
            From `input_arrays`, filled.

        Returns
        -------
        ndarray of shape (n_slots, 3, n_members)
            Per minibatch, at the weights before it is trained on: the sum of the rows' losses times
            their weights, the number of right predictions, and the penalty. Beyond ``count`` slots
            the values are 0.
        """
        tensors = [tf.constant(inputs[name], dtype) for name, (_, dtype) in self._specs.items()]
        return self._run(*tensors).numpy()

    def n_steps(self) -> int:
        """Return how many steps the optimizer has taken."""
        return int(self._optimizer._iterations.numpy())

    def weights(self) -> np.ndarray:
        """Return the members' weights, of shape (n_members, n_weights); `layout` unpacks a row."""
        return self._weights.numpy()

    def state(self) -> list[np.ndarray]:
        """Return the members' optimizer state, as `member_state` takes it apart."""
        return [variable.numpy() for variable in self._state]

    def member_state(self, state: Sequence[np.ndarray], member: int) -> list[np.ndarray]:
        """Return copies of one member's optimizer state, in the order and shapes that Keras has."""
        unpacked = {
            slot: self.layout.unpack(array[member]) for slot, array in enumerate(state) if array.ndim > 0
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
        return [self.layout.pack(part) if isinstance(part, list) else part for part in parts]

    def _keras_state(self) -> tuple[list[str], list[tuple[int, int | None]]]:
        """Return the signature of the optimizer as Keras builds it for a single network.

        With it comes, for each of its state variables, the number of the stack's state variable that
        holds it and the number of the weight that it belongs to, or None for a scalar.
        """
        paths, stand_ins = weight_paths(self.recipe.architecture), []
        for path in paths:
            network, layer, name = path.split("/")
            with keras.name_scope(network), keras.name_scope(layer):
                stand_ins.append(keras.Variable(np.zeros(1), dtype=self._dtype.name, name=name))
        optimizer = self.recipe.optimizer.make(self._rate)
        optimizer.build(stand_ins)
        names = [variable.name for variable in self._state]
        scalars = iter([slot for slot, fresh in enumerate(self._fresh_state) if fresh.ndim == 0])
        places: list[tuple[int, int | None]] = []
        for variable in optimizer_variables(optimizer):
            if len(variable.shape) == 0:
                places.append((next(scalars), None))
                continue
            prefixes = [path.replace("/", "_") for path in paths]
            weight = next(i for i, prefix in enumerate(prefixes) if variable.name.startswith(prefix))
            slot = names.index(variable.name.replace(prefixes[weight], _STACK_NAME, 1))
            places.append((slot, weight))
        return optimizer_signature(optimizer), places

    def input_arrays(self) -> dict[str, np.ndarray]:
        """Return arrays of zeros for `run`, to be filled and used again.

        ``x`` are the minibatches, (n_streams, n_slots, batch_size, n_features); ``y`` their targets;
        ``w`` the rows' weights: over the number of real rows to train, as they are to evaluate,
        0 for rows that only fill up. ``trains`` says for each slot whether to train on it,
        ``count`` how many slots are filled. ``alpha`` and ``dropout`` have one number per member,
        of shape (n_members, 1), and ``rate`` one per slot and member; ``keys`` are the seeds of the
        dropout masks.
        """
        return {name: np.zeros(shape, dtype.as_numpy_dtype) for name, (shape, dtype) in self._specs.items()}

    @property
    def _specs(self) -> dict[str, tuple[tuple[int, ...], tf.DType]]:
        recipe, dtype = self.recipe, self._dtype
        rows = (recipe.n_streams, recipe.n_slots, recipe.batch_size)
        architecture = recipe.architecture
        n_targets = 1 if architecture.target_type == "multiclass" else architecture.n_outputs
        members = (recipe.n_members, 1)
        n_hidden = len(architecture.hidden_layer_sizes) if recipe.has_dropout else 0
        return {
            "x": ((*rows, architecture.n_features), dtype),
            "y": ((*rows, n_targets), dtype),
            "w": (rows, dtype),
            "trains": ((recipe.n_slots,), tf.bool),
            "count": ((), tf.int32),
            "alpha": (members, dtype),
            "rate": ((recipe.n_slots, *members), tf.as_dtype(recipe.optimizer.rate_dtype)),
            "dropout": (members, dtype),
            "keys": ((recipe.n_slots, recipe.n_streams, n_hidden, 2), tf.int32),
        }

    def _compile(self) -> Callable[..., tf.Tensor]:
        names = list(self._specs)

        def run(*tensors: tf.Tensor) -> tf.Tensor:
            inputs = dict(zip(names, tensors, strict=True))
            measures = tf.zeros((self.recipe.n_slots, 3, self.recipe.n_members), self._dtype)

            def one_slot(slot: tf.Tensor, measures: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                measured = self._slot(slot, inputs)
                return slot + 1, tf.tensor_scatter_nd_update(measures, [[slot]], [measured])

            count = inputs["count"]
            return tf.while_loop(lambda slot, _: slot < count, one_slot, (tf.constant(0), measures))[1]

        # XLA compiles at the first call, here, so that a program is ready once it exists
        specs = [tf.TensorSpec(shape, dtype) for shape, dtype in self._specs.values()]
        compiled = tf.function(run, jit_compile=True, autograph=False).get_concrete_function(*specs)
        compiled(*[tf.constant(array, dtype) for array, (_, dtype) in self._zipped_inputs()])
        return compiled

    def _zipped_inputs(self) -> list[tuple[np.ndarray, tuple[tuple[int, ...], tf.DType]]]:
        return list(zip(self.input_arrays().values(), self._specs.values(), strict=True))

    def _slot(self, slot: tf.Tensor, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """Measure one minibatch of every stream and, if it is to be trained on, take a step."""
        x, trains = inputs["x"][:, slot], inputs["trains"][slot]
        y = self._per_member(tf.transpose(inputs["y"][:, slot], (0, 2, 1)))
        w = self._per_member(inputs["w"][:, slot][:, None])
        weights = tf.convert_to_tensor(self._weights.value)
        parts = tf.split(weights, self.layout.sizes, axis=1)
        values = [
            tf.reshape(part, (-1, *shape)) for part, shape in zip(parts, self.layout.shapes, strict=True)
        ]
        values[::2] = [_kept(kernel) for kernel in values[::2]]
        drop = self._dropout(inputs, slot) if self.recipe.has_dropout else None
        layers = self._forward(x, values, drop)
        z = layers[-1].z
        with tf.GradientTape() as tape:
            tape.watch(z)
            weighted = self._row_losses(z, y) * w
        # alpha on hidden kernels, 0 elsewhere
        decay = inputs["alpha"] * tf.constant(self.layout.is_penalised, self._dtype)
        penalty = tf.reduce_sum(decay * weights * weights, 1)
        measured = tf.stack([tf.reduce_sum(weighted, (1, 2)), self._hits(z, y, w), penalty])

        def step(_: tf.Tensor) -> tuple[tf.Tensor]:
            gradients = self._backward(x, values, layers, tape.gradient(weighted, z))
            flat = [tf.reshape(gradient, (self.recipe.n_members, -1)) for gradient in gradients]
            self._rate.value = inputs["rate"][slot]
            self._optimizer.apply([tf.concat(flat, axis=1) + 2 * decay * weights], [self._weights])
            return (tf.constant(False),)

        # A loop of one round or none; a condition would have XLA copy all state where it is false.
        tf.while_loop(lambda again: again, step, (trains,))
        return measured

    def _per_member(self, per_stream: tf.Tensor) -> tf.Tensor:
        """Repeat (n_streams, a, b) to (n_members, a, b)."""
        n_streams, *rest = per_stream.shape
        shape = (n_streams, self.recipe.n_per_stream, *rest)
        return tf.reshape(tf.broadcast_to(per_stream[:, None], shape), (-1, *rest))

    def _per_stream(self, per_member: tf.Tensor) -> tf.Tensor:
        """Line up the units of a stream's members: (n_members, a, b) to (n_streams, members * a, b)."""
        recipe = self.recipe
        _, units, size = per_member.shape
        return tf.reshape(per_member, (recipe.n_streams, recipe.n_per_stream * units, size))

    def _forward(
        self, x: tf.Tensor, values: Sequence[tf.Tensor], drop: Callable[[tf.Tensor, int], tf.Tensor] | None
    ) -> list[_Layer]:
        activate = keras.activations.get(self.recipe.architecture.activation)
        layers: list[_Layer] = []
        hidden = x
        for number, (kernel, bias) in enumerate(zip(values[::2], values[1::2], strict=True)):
            if number == 0:  # one wide product for all members of a stream
                z = tf.matmul(self._per_stream(kernel), hidden, transpose_b=True)
                z = tf.reshape(z, (-1, kernel.shape[1], self.recipe.batch_size)) + bias
            else:
                z = tf.matmul(kernel, hidden) + bias
            if number == len(values) // 2 - 1:
                layers.append(_Layer(z, z, None))
                break
            with tf.GradientTape() as tape:
                tape.watch(z)
                output = activate(z)
                if drop is not None:
                    output = drop(output, number)
            layers.append(_Layer(z, output, tape))
            hidden = _kept(output)
        return layers

    def _backward(
        self,
        x: tf.Tensor,
        values: Sequence[tf.Tensor],
        layers: Sequence[_Layer],
        by_z: tf.Tensor,
    ) -> list[tf.Tensor]:
        """Return the gradients of the weighted losses, kernel and bias of each layer in turn.

        The products are written out (Goodfellow, Bengio and Courville, 2016, Deep Learning, section
        6.5) because a tape would transpose their left factors; activations and losses are left to
        tapes.
        """
        gradients: list[tf.Tensor] = []
        for number in reversed(range(len(layers))):
            kernel = values[2 * number]
            if number == 0:
                by_kernel = tf.reshape(tf.matmul(self._per_stream(by_z), x), kernel.shape)
            else:
                by_kernel = tf.matmul(by_z, layers[number - 1].output, transpose_b=True)
            gradients = [by_kernel, tf.reduce_sum(by_z, 2, keepdims=True), *gradients]
            if number > 0:
                transposed = _kept(tf.transpose(kernel, (0, 2, 1)))  # in memory, not within the product
                below = layers[number - 1]
                by_z = below.tape.gradient(
                    below.output, below.z, output_gradients=tf.matmul(transposed, by_z)
                )
        return gradients

    def _dropout(
        self, inputs: dict[str, tf.Tensor], slot: tf.Tensor
    ) -> Callable[[tf.Tensor, int], tf.Tensor]:
        trains, keys = inputs["trains"][slot], inputs["keys"][slot]
        share = tf.where(trains, inputs["dropout"], tf.zeros_like(inputs["dropout"]))[:, None]

        def drop(output: tf.Tensor, layer: int) -> tf.Tensor:
            shape = output.shape[1:]

            def draw(key: tf.Tensor) -> tf.Tensor:
                return tf.random.stateless_uniform(shape, key, alg="philox")

            uniform = tf.cond(
                trains,
                lambda: tf.map_fn(draw, keys[:, layer], fn_output_signature=tf.float32),
                lambda: tf.zeros((self.recipe.n_streams, *shape)),
            )
            kept = tf.cast(self._per_member(uniform), self._dtype) >= share
            return tf.where(kept, output / (1 - share), tf.zeros_like(output))

        return drop

    def _row_losses(self, z: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Return the rows' cross-entropies, of shape (n_members, 1, batch_size)."""
        if self.recipe.architecture.target_type == "multiclass":
            is_true = tf.one_hot(tf.cast(y[:, 0], tf.int32), z.shape[1], axis=1, dtype=self._dtype)
            true_z = tf.reduce_sum(is_true * z, 1, keepdims=True)
            return tf.reduce_logsumexp(z - true_z, 1, keepdims=True)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(y, z)
        # XLA does not see through a mean over one label, and runs several times slower
        return losses if z.shape[1] == 1 else tf.reduce_mean(losses, 1, keepdims=True)

    def _hits(self, z: tf.Tensor, y: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
        """Return how many predictions are right, in rows that do not only fill up."""
        if self.recipe.architecture.target_type == "multiclass":
            hits = tf.cast(tf.argmax(z, 1)[:, None], self._dtype) == y
        else:
            hits = (z > 0) == (y > 0)
        return tf.reduce_sum(tf.cast(hits & (w > 0), self._dtype), (1, 2))


@dataclass(frozen=True)
class _Layer:
    z: tf.Tensor
    output: tf.Tensor
    tape: Any


def _kept(tensor: tf.Tensor) -> tf.Tensor:
    """Have XLA compute a tensor once and keep it, not anew within each of its uses."""
    (kept,) = xla.optimization_barrier(tensor)
    return kept


class _MemberRates(keras.optimizers.schedules.LearningRateSchedule):
    """Hands a learning rate per member to an optimizer that thinks it is a schedule."""

    def __init__(self) -> None:
        self.value: tf.Tensor | None = None

    def __call__(self, step: Any) -> tf.Tensor:
        return self.value

    def get_config(self) -> dict[str, Any]:
        return {}


class _Cache:
    """Compiled programs, the last used ones kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._programs: OrderedDict[Recipe, Program] = OrderedDict()
        self.n_compiled = 0

    def get(self, recipe: Recipe) -> Program:
        with self._lock:
            program = self._programs.pop(recipe, None)
            if program is None:
                program = Program(recipe)
                self.n_compiled += 1
            self._programs[recipe] = program
            while len(self._programs) > 1 and (
                len(self._programs) > MAX_PROGRAMS
                or sum(kept.n_bytes for kept in self._programs.values()) > MAX_PROGRAM_BYTES
            ):
                self._programs.popitem(last=False)
            return program


_cache = _Cache()


def get_program(recipe: Recipe) -> Program:
    """Return the compiled program for a recipe, from the cache or newly compiled."""
    return _cache.get(recipe)


def n_compiled() -> int:
    """Return how many programs this process has compiled."""
    return _cache.n_compiled
