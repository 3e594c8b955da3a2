"""The network as plain NumPy: its forward pass and its losses, without Keras or TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import erf, expit, log_expit, log_softmax, softmax

from sklearn_ridge_nn.network._number_losses import NUMBER_LOSSES, number_losses
from sklearn_ridge_nn.network._task import Architecture, MatrixLike, TargetType

#: Rows that pass through the network at a time: the hidden activations of a block stay in the
#: cache, and the memory of a prediction does not grow with the number of rows.
BLOCK_ROWS = 4096

#: TensorFlow holds these two in float32, whatever the precision of the network.
SQRT_HALF, LEAKY_SLOPE = float(np.float32(0.5**0.5)), float(np.float32(0.2))
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0, out=z)


def _elu(z: np.ndarray) -> np.ndarray:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _selu(z: np.ndarray) -> np.ndarray:
    return SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0)))


def _softplus(z: np.ndarray) -> np.ndarray:
    return np.logaddexp(z, 0)


#: Hidden activations by their Keras names, with Keras's default constants. Each may overwrite its
#: argument.
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "elu": _elu,
    "gelu": lambda z: 0.5 * z * (1 + erf(z * SQRT_HALF)),
    "leaky_relu": lambda z: np.where(z > 0, z, LEAKY_SLOPE * z),
    "linear": lambda z: z,
    "mish": lambda z: z * np.tanh(_softplus(z)),
    "relu": _relu,
    "selu": _selu,
    "sigmoid": lambda z: expit(z, out=z),
    "silu": lambda z: z * expit(z),
    "softplus": _softplus,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "tanh": lambda z: np.tanh(z, out=z),
}


def logits(
    X: MatrixLike, coefs: Sequence[np.ndarray], intercepts: Sequence[np.ndarray], activation: str
) -> np.ndarray:
    """Return the network's outputs before the sigmoid or softmax.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_rows, n_features)
        Rows; floats are computed with in their own precision, anything else in float64.
    coefs : sequence of ndarray of shape (n_in, n_out)
        Kernels, first layer first.
    intercepts : sequence of ndarray of shape (n_out,)
        Biases.
    activation : str
        A key of `ACTIVATIONS`.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.training import logits
    >>> X, hidden, output = np.array([[1.0, -2.0]]), np.eye(2), np.ones((2, 1))
    >>> logits(X, [hidden, output], [np.zeros(2), np.zeros(1)], "relu")
    array([[1.]])
    """
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    kernels = [kernel.astype(dtype, copy=False) for kernel in coefs]
    biases = [bias.astype(dtype, copy=False) for bias in intercepts]
    activate = ACTIVATIONS[activation]
    outputs = np.empty((X.shape[0], biases[-1].shape[0]), dtype=dtype)
    for start in range(0, X.shape[0], BLOCK_ROWS):
        block = X[start : start + BLOCK_ROWS]
        hidden = block.astype(dtype, copy=False)
        for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
            hidden = activate(_affine(hidden, kernel, bias))
        outputs[start : start + BLOCK_ROWS] = _affine(hidden, kernels[-1], biases[-1])
    return outputs


def _affine(x: MatrixLike, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    z = x @ kernel
    z += bias
    return z


def probabilities(z: np.ndarray, target_type: TargetType) -> np.ndarray:
    """Return probabilities as scikit-learn shapes them: two columns for binary targets.

    Parameters
    ----------
    z : ndarray of shape (n_rows, n_outputs)
        From `logits`.
    target_type : {"binary", "multiclass", "multilabel-indicator"}
        Decides between sigmoid and softmax.

    Returns
    -------
    ndarray of shape (n_rows, n_classes) or (n_rows, n_labels)
        In the dtype of z.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.training import probabilities
    >>> probabilities(np.zeros((1, 1)), "binary")
    array([[0.5, 0.5]])
    """
    if target_type == "multiclass":
        return softmax(z, axis=1)
    if target_type == "multilabel-indicator":
        return expit(z)
    return np.hstack([expit(-z), expit(z)])


def log_probabilities(z: np.ndarray, target_type: TargetType) -> np.ndarray:
    """Return the logarithms of `probabilities`, exact where those would round to zero."""
    if target_type == "multiclass":
        return log_softmax(z, axis=1)
    if target_type == "multilabel-indicator":
        return log_expit(z)
    return np.hstack([log_expit(-z), log_expit(z)])


def numbers(z: np.ndarray, loss: str) -> np.ndarray:
    """Return the numbers that a network for a regression predicts, in the units that it was trained in.

    Parameters
    ----------
    z : ndarray of shape (n_rows, n_outputs)
        From `logits`.
    loss : str
        A key of `NUMBER_LOSSES`.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
        In float64, which holds exponentials that float32 does not.
    """
    z = z.astype(np.float64, copy=False)
    return np.exp(z) if NUMBER_LOSSES[loss].head == "exponential" else z


def row_losses(z: np.ndarray, targets: np.ndarray, architecture: Architecture) -> np.ndarray:
    """Return each row's loss, in float64, as Keras defines it.

    Parameters
    ----------
    z : ndarray of shape (n_rows, n_outputs)
        Logits.
    targets : ndarray
        As in `training.Task`.
    architecture : Architecture
        Says which loss. Several labels or numbers of a row are averaged.

    Returns
    -------
    ndarray of shape (n_rows,)
        Losses without any penalty: cross-entropies in nats, others in the units of the targets.
    """
    z = z.astype(np.float64, copy=False)
    if architecture.is_of_numbers:
        return number_losses(z, targets, architecture.loss, architecture.quantile).mean(axis=1)
    if architecture.target_type == "multiclass":
        return -np.take_along_axis(log_softmax(z, axis=1), targets.astype(np.intp), axis=1)[:, 0]
    return -log_expit(np.where(targets > 0, z, -z)).mean(axis=1)


def hits(z: np.ndarray, targets: np.ndarray, target_type: TargetType) -> np.ndarray:
    """Return which predictions are right: of shape (n_rows, n_labels), one label unless multilabel."""
    if target_type == "multiclass":
        return z.argmax(axis=1)[:, None] == targets
    return (z > 0) == (targets > 0)
