"""The arithmetic of stacked networks: outputs, losses and gradients, as TensorFlow graphs.

Activations are *units first*: a kernel is (member, units, inputs), the transpose of Keras's, and a layer's
outputs are (member, units, rows). Then the members of one stream, which see the same minibatches, share
the first layer as one wide product without moving a number, and no large product has a transposed left
factor, which XLA's CPU products are slow at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sklearn_ridge_nn._tensorflow import keras, tf
from sklearn_ridge_nn.network import number_losses
from sklearn_ridge_nn.training._program_key import ProgramKey, WeightLayout

#: Units of a wide product, at least.
WIDE_UNITS = 64


@dataclass(frozen=True)
class Layer:
    """A layer's sums, its outputs, and the tape between them (None in the output layer)."""

    z: tf.Tensor
    output: tf.Tensor
    tape: Any


class StackedNetwork:
    """The networks that the program of a key trains."""

    def __init__(self, key: ProgramKey, layout: WeightLayout) -> None:
        self.key, self.layout = key, layout
        self.dtype = tf.as_dtype(key.architecture.dtype)

    def split(self, weights: tf.Tensor) -> list[tf.Tensor]:
        """Return kernel (n_members, units, inputs) and bias (n_members, units, 1) of each layer in turn."""
        parts = zip(tf.split(weights, self.layout.sizes, axis=1), self.layout.shapes, strict=True)
        values = [tf.reshape(part, (-1, *shape)) for part, shape in parts]
        return [value if number % 2 else _kept(value) for number, value in enumerate(values)]

    def per_member(self, per_stream: tf.Tensor) -> tf.Tensor:
        """Repeat (n_streams, a, b) to (n_members, a, b)."""
        n_streams, *rest = per_stream.shape
        shape = (n_streams, self.key.n_per_stream, *rest)
        return tf.reshape(tf.broadcast_to(per_stream[:, None], shape), (-1, *rest))

    def _per_stream(self, per_member: tf.Tensor) -> tf.Tensor:
        """Line up the units of a stream's members: (n_members, a, b) to (n_streams, members * a, b)."""
        key = self.key
        _, units, size = per_member.shape
        return tf.reshape(per_member, (key.n_streams, key.n_per_stream * units, size))

    def _wide(self, per_member: tf.Tensor, x: tf.Tensor, *, transpose_b: bool = False) -> tf.Tensor:
        """Multiply what the members of a stream have by what they share, as one wide product.

        It is filled up with zeros to a size from which on XLA rounds the same whatever the number of members.

        Parameters
        ----------
        per_member : Tensor of shape (n_members, units, a)
        x : Tensor of shape (n_streams, slot_rows, n_features)
        transpose_b : bool
            Whether a is the number of features, and not of rows.

        Returns
        -------
        Tensor of shape (n_members, units, b)
        """
        _, units, _ = per_member.shape
        wide = self._per_stream(per_member)
        n_streams, n_units, _ = wide.shape
        _, n_rows, n_features = x.shape
        x = _filled_up(x, n_streams, 2, 2)
        product = tf.matmul(_filled_up(wide, n_streams, WIDE_UNITS, 2), x, transpose_b=transpose_b)
        product = product[:, :n_units, : n_rows if transpose_b else n_features]
        return tf.reshape(product, (-1, units, product.shape[2]))

    def forward(
        self, x: tf.Tensor, values: Sequence[tf.Tensor], drop: Callable[[tf.Tensor, int], tf.Tensor] | None
    ) -> list[Layer]:
        """Return the layers' outputs.

        Parameters
        ----------
        x : Tensor of shape (n_streams, slot_rows, n_features)
        values : sequence of Tensor
            From `split`.
        drop : callable or None
            From `dropout`.
        """
        activate = keras.activations.get(self.key.architecture.activation)
        layers: list[Layer] = []
        hidden = x
        for number, (kernel, bias) in enumerate(zip(values[::2], values[1::2], strict=True)):
            if number == 0:
                z = self._wide(kernel, hidden, transpose_b=True) + bias
            else:
                z = _product(kernel, hidden) + bias
            if number == len(values) // 2 - 1:
                layers.append(Layer(z, z, None))
                break
            with tf.GradientTape() as tape:
                tape.watch(z)
                output = activate(z)
                if drop is not None:
                    output = drop(output, number)
            layers.append(Layer(z, output, tape))
            hidden = _kept(output)
        return layers

    def backward(
        self,
        x: tf.Tensor,
        values: Sequence[tf.Tensor],
        layers: Sequence[Layer],
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
                by_kernel = self._wide(by_z, x)
            else:
                by_kernel = _product(by_z, layers[number - 1].output, transpose_b=True)
            gradients = [by_kernel, row_sums(by_z), *gradients]
            if number > 0:
                transposed = _kept(tf.transpose(kernel, (0, 2, 1)))  # in memory, not within the product
                below = layers[number - 1]
                by_z = below.tape.gradient(below.output, below.z, output_gradients=_product(transposed, by_z))
        return gradients

    def dropout(
        self, share: tf.Tensor, keys: tf.Tensor, trains: tf.Tensor
    ) -> Callable[[tf.Tensor, int], tf.Tensor]:
        """Return a function that drops a layer's outputs while training.

        Masks depend on the stream's key and the layer alone, not on the other members of the stack.
        """
        share = tf.where(trains, share, tf.zeros_like(share))[:, None]

        def drop(output: tf.Tensor, layer: int) -> tf.Tensor:
            shape = output.shape[1:]

            def draw(key: tf.Tensor) -> tf.Tensor:
                return tf.random.stateless_uniform(shape, key, alg="philox")

            uniform = tf.cond(
                trains,
                lambda: tf.map_fn(draw, keys[:, layer], fn_output_signature=tf.float32),
                lambda: tf.zeros((self.key.n_streams, *shape)),
            )
            kept = tf.cast(self.per_member(uniform), self.dtype) >= share
            return tf.where(kept, output / (1 - share), tf.zeros_like(output))

        return drop

    def row_losses(self, z: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Return the rows' losses, of shape (n_members, 1, slot_rows)."""
        architecture = self.key.architecture
        if architecture.target_type == "multiclass":
            is_true = tf.one_hot(tf.cast(y[:, 0], tf.int32), z.shape[1], axis=1, dtype=self.dtype)
            true_z = tf.reduce_sum(is_true * z, 1, keepdims=True)  # of one number and zeros
            fixed_z = tf.stop_gradient(true_z)  # the gradient of a broadcast number would be a reduction
            largest = tf.stop_gradient(tf.reduce_max(z - fixed_z, 1, keepdims=True))
            total = _unit_sums(tf.exp(z - fixed_z - largest))
            return tf.math.log(total) + largest + (fixed_z - true_z)
        if architecture.is_of_numbers:
            losses = number_losses(z, y, architecture.loss, architecture.quantile, keras.ops)
        else:
            losses = tf.nn.sigmoid_cross_entropy_with_logits(y, z)
        # XLA does not see through a mean over one output, and runs several times slower
        return losses if z.shape[1] == 1 else _unit_sums(losses) / z.shape[1]

    def hits(self, z: tf.Tensor, y: tf.Tensor, is_row: tf.Tensor) -> tf.Tensor:
        """Return how many predictions are right, in rows that do not only fill up; 0 of numbers."""
        if self.key.architecture.is_of_numbers:
            return tf.zeros(z.shape[0], self.dtype)
        if self.key.architecture.target_type == "multiclass":
            hits = tf.cast(tf.argmax(z, 1)[:, None], self.dtype) == y
        else:
            hits = (z > 0) == (y > 0)
        return tf.reduce_sum(tf.cast(hits & is_row, self.dtype), (1, 2))


def _filled_up(tensor: tf.Tensor, *least: int) -> tf.Tensor:
    """Fill a tensor up with zeros where its dimensions are less than the least."""
    missing = [max(0, size - there) for there, size in zip(tensor.shape, least, strict=True)]
    return tf.pad(tensor, [(0, n) for n in missing]) if any(missing) else tensor


def _product(left: tf.Tensor, right: tf.Tensor, *, transpose_b: bool = False) -> tf.Tensor:
    """Multiply the matrices of each member, rounded the same whatever the number of members.

    XLA multiplies a single matrix by a vector in other steps than several, so a single pair is doubled.
    """
    if left.shape[0] == 1 and 1 in (*left.shape[1:], *right.shape[1:]):
        twice = _kept(tf.concat([left, left], 0)), _kept(tf.concat([right, right], 0))
        return tf.matmul(*twice, transpose_b=transpose_b)[:1]
    return tf.matmul(left, right, transpose_b=transpose_b)


def row_sums(tensor: tf.Tensor) -> tf.Tensor:
    """Sum (n_members, units, rows) over the rows, rounded the same whatever the number of members.

    A reduction is not: XLA vectorises it or not by the size of the whole.
    """
    n_members, _, n_rows = tensor.shape
    return _product(tensor, tf.ones((n_members, n_rows, 2), tensor.dtype))[:, :, :1]


def _unit_sums(tensor: tf.Tensor) -> tf.Tensor:
    """Sum (n_members, units, rows) over the units, like `row_sums`, within a tape, which takes no barrier."""
    n_members, n_units, _ = tensor.shape
    return tf.matmul(tf.ones((n_members, 2, n_units), tensor.dtype), tensor)[:, :1]


def _kept(tensor: tf.Tensor) -> tf.Tensor:
    """Have XLA compute a tensor once and keep it, not anew within each of its uses."""
    if _barrier is None:
        return tensor
    (kept,) = _barrier(tensor)
    return kept


def has_barrier() -> bool:
    """Return whether XLA is told what to keep."""
    return _barrier is not None


def _optimization_barrier() -> Callable[[tf.Tensor], Sequence[tf.Tensor]] | None:
    """Return XLA's barrier, or None where TensorFlow, which has no public name for it, has moved it.

    Without it XLA may compute a tensor several times: slower, and the same numbers but for rounding.
    """
    try:
        from tensorflow.compiler.tf2xla.python.xla import optimization_barrier
    except ImportError:
        return None
    return cast("Callable[[tf.Tensor], Sequence[tf.Tensor]]", optimization_barrier)


_barrier = _optimization_barrier()
