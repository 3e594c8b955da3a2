"""What is said where memory does not hold a training."""

from __future__ import annotations

from sklearn_ridge_nn._tensorflow import tf
from sklearn_ridge_nn.network import Task

#: Python and NumPy raise the first, TensorFlow the second.
OUT_OF_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)


def out_of_memory(task: Task, n_networks: int = 1) -> MemoryError:
    """Return the error for a training that memory does not hold; it says what needs less."""
    architecture = task.architecture
    n_weights = f"{architecture.n_weights:,} weights of {architecture.dtype}"
    whole = (
        f"a network with {n_weights}" if n_networks == 1 else f"{n_networks} networks with {n_weights} each"
    )
    return MemoryError(
        f"Memory does not hold the training of {whole}, batch_size={task.batch_size} and "
        f"{task.X.shape[0]:,} rows. Set smaller hidden_layer_sizes or a smaller batch_size, or "
        f"n_jobs=1 where processes share the memory."
    )
