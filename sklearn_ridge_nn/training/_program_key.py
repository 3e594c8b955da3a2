"""What a compiled program depends on, and how the weights of its networks lie in memory."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_ridge_nn.network import Architecture, OptimizerRecipe


@dataclass(frozen=True)
class ProgramKey:
    """All that a compiled program depends on.

    Attributes
    ----------
    architecture : Architecture
        With the columns of `x`, which may be more than the networks have.
    optimizer : OptimizerRecipe
    slot_rows : int
        Places for a minibatch's rows; those left over hold rows of weight 0.
    n_streams : int
        Sequences of minibatches that go in side by side.
    n_per_stream : int
        Members that see each of them; member ``s * n_per_stream + i`` sees stream ``s``.
    n_slots : int
        Minibatches per stream that one call takes at most.
    has_dropout : bool
    n_kept : int, default=0
        At the ends of how many epochs one call keeps the weights.
    """

    architecture: Architecture
    optimizer: OptimizerRecipe
    slot_rows: int
    n_streams: int
    n_per_stream: int
    n_slots: int
    has_dropout: bool
    n_kept: int = 0

    @property
    def n_members(self) -> int:
        """Networks in the stack."""
        return self.n_streams * self.n_per_stream


class WeightLayout:
    """Where the weights of a network, or numbers that belong to them, lie in one long vector.

    Parameters
    ----------
    widths : sequence of int
        Units of every layer, inputs and outputs included.
    n_penalized : int
        Kernels that alpha acts on, the first ones.
    """

    def __init__(self, widths: Sequence[int], n_penalized: int) -> None:
        layers = list(itertools.pairwise(widths))
        #: Units first, of the kernel and the bias of each layer in turn.
        self.shapes = [shape for n_in, n_out in layers for shape in ((n_out, n_in), (n_out, 1))]
        self.sizes = [n_out * n_in for n_out, n_in in self.shapes]
        self.n_weights = sum(self.sizes)
        is_penalised = [number % 2 == 0 and number // 2 < n_penalized for number in range(len(self.sizes))]
        #: Whether alpha acts on each weight: on kernels, never on biases.
        self.is_penalised = np.repeat(is_penalised, self.sizes)

    def pack(self, arrays: Sequence[np.ndarray], beyond: np.ndarray | None = None) -> np.ndarray:
        """Return the vector of arrays that are shaped as Keras has them.

        The first kernel may have fewer inputs. Then the others are zeros, or what they are in `beyond`.
        """
        first = arrays[0].T
        n_inputs = self.shapes[0][1]
        if first.shape[1] < n_inputs:
            wide = np.zeros(self.shapes[0], first.dtype)
            if beyond is not None:
                wide[:] = beyond[: self.sizes[0]].reshape(self.shapes[0])
            wide[:, : first.shape[1]] = first
            first = wide
        return np.concatenate([first.ravel(), *(array.T.ravel() for array in arrays[1:])])

    def unpack(self, vector: np.ndarray, n_inputs: int | None = None) -> list[np.ndarray]:
        """Return copies of the parts of a vector, shaped as Keras has them.

        `n_inputs` is how many inputs of the first kernel are the network's; None is all.
        """
        parts = np.split(vector, np.cumsum(self.sizes)[:-1])
        # always copies, or a view would keep all that the vector is a part of
        arrays = [
            np.array(part if number % 2 else part.reshape(shape).T, order="C")
            for number, (part, shape) in enumerate(zip(parts[1:], self.shapes[1:], strict=True), start=1)
        ]
        return [np.array(parts[0].reshape(self.shapes[0]).T[:n_inputs], order="C"), *arrays]
