"""What a training is: a task in, a trained network out, both in plain arrays.

An estimator states a `Task`, and a trainer (the engine or Keras's own loop, in `training`) answers with a
`Trained`. Trainers know arrays and the description of a network, and no estimator.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.sparse import csr_array, csr_matrix, issparse

from sklearn_ridge_nn.network._random import epoch_order

MatrixLike: TypeAlias = np.ndarray | csr_array | csr_matrix
TargetType: TypeAlias = Literal["binary", "multiclass", "multilabel-indicator", "continuous"]


@dataclass(frozen=True)
class Architecture:
    """The shape of a network, and the precision that it computes in.

    Attributes
    ----------
    n_features, n_outputs : int
        Inputs and outputs; binary targets have one output.
    target_type : {"binary", "multiclass", "multilabel-indicator", "continuous"}
        Decides the head: sigmoid with binary cross-entropy, softmax for multiclass, or that of `loss` for
        numbers.
    hidden_layer_sizes : tuple of int
        Units of the hidden layers; empty for logistic regression.
    activation : str
        Keras name of the hidden activation.
    dtype : {"float32", "float64"}
        Precision of weights and training.
    loss : str, default="cross_entropy"
        "squared_error", "absolute_error", "huber", "poisson" or "quantile" where the target type is
        "continuous".
    quantile : float, default=0.5
        Which one ``loss="quantile"`` is for.
    penalize_output : bool, default=False
        Whether alpha acts on the kernel of the output layer, too.

    Examples
    --------
    >>> from sklearn_ridge_nn.training import Architecture
    >>> Architecture(30, 1, "binary", (128, 64), "relu", "float32").n_weights
    12289
    """

    n_features: int
    n_outputs: int
    target_type: TargetType
    hidden_layer_sizes: tuple[int, ...]
    activation: str
    dtype: str
    loss: str = "cross_entropy"
    quantile: float = 0.5
    penalize_output: bool = False

    def __post_init__(self) -> None:
        if self.is_of_numbers == (self.loss == "cross_entropy"):
            raise ValueError(
                f"loss={self.loss!r} is not one of target_type={self.target_type!r}: classes have "
                "'cross_entropy', and 'continuous' targets another loss."
            )

    @property
    def is_of_numbers(self) -> bool:
        """Whether the targets are numbers, and not classes."""
        return self.target_type == "continuous"

    @property
    def is_multilabel(self) -> bool:
        """Whether a row may have several labels."""
        return self.target_type == "multilabel-indicator"

    @property
    def n_targets(self) -> int:
        """Columns of the targets: one of class numbers for multiclass, else one per output."""
        return 1 if self.target_type == "multiclass" else self.n_outputs

    @property
    def layer_widths(self) -> tuple[int, ...]:
        """Units of every layer, inputs and outputs included."""
        return (self.n_features, *self.hidden_layer_sizes, self.n_outputs)

    @property
    def n_penalized(self) -> int:
        """Kernels that alpha acts on, the first ones."""
        return len(self.hidden_layer_sizes) + self.penalize_output

    @property
    def n_weights(self) -> int:
        """Numbers in all kernels and biases together."""
        return sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(self.layer_widths))


@dataclass(frozen=True)
class State:
    """A network's weights, and its optimizer's, between two trainings.

    Attributes
    ----------
    coefs : list of ndarray of shape (n_in, n_out)
        Kernels, first layer first.
    intercepts : list of ndarray of shape (n_out,)
        Biases.
    optimizer : list of ndarray
        The Keras optimizer's variables in its own order, but for the learning rate.
    optimizer_signature : list of str
        The optimizer's class and the names of its variables.
    n_epochs : int
        Epochs that the weights have been through.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.training import State
    >>> state = State([np.ones((2, 1))], [np.zeros(1)], optimizer=[], optimizer_signature=["SGD"], n_epochs=0)
    >>> [weight.shape for weight in state.weights]
    [(2, 1), (1,)]
    """

    coefs: list[np.ndarray]
    intercepts: list[np.ndarray]
    optimizer: list[np.ndarray]
    optimizer_signature: list[str]
    n_epochs: int

    @property
    def weights(self) -> list[np.ndarray]:
        """Kernel and bias of each layer in turn, as Keras lists them."""
        return [weight for pair in zip(self.coefs, self.intercepts, strict=True) for weight in pair]


@dataclass(frozen=True)
class Task:
    """One network to train.

    Attributes
    ----------
    architecture : Architecture
    alpha : float
        L2 strength: the loss is the mean data loss plus alpha times the sum of squares over the
        hidden kernels, and that of the output layer if the architecture says so.
    X : ndarray or CSR of shape (n_rows, n_features)
        All rows, of any real dtype; minibatches are cast one at a time.
    targets : ndarray of shape (n_rows, n_targets)
        0 or 1 per output for binary and multilabel targets, one column of class numbers for
        multiclass, and numbers as they are trained on for continuous ones.
    weights : ndarray of shape (n_rows,) or None
        Row weights, 0 on rows that are not used; None weighs all rows 1. They are used as they are:
        divide them by their mean over `train_rows`, as the estimators do (but for partial
        fits, which keep the scale of the first one).
    train_rows, validation_rows : ndarray of int
        Numbers of the rows to train on and of the hold-out, which may be empty.
    epochs, batch_size : int
    seed : int
        Keys initial weights, shuffles and dropout masks.
    optimizer, learning_rate : object
        As the estimators take them.
    dropout : float
        Share of each hidden layer's outputs that is dropped, in [0, 1).
    patience : int or None
        Epochs without a better hold-out loss after which to stop, and whatever the number, the weights are
        those of the best epoch in the end; None trains all epochs and takes the last weights.
    callbacks : sequence of keras.callbacks.Callback or callable
    verbose : int
    start : State or None
        Where to continue from; None initialises the network.
    every_epoch : bool
        Whether ``data_loss`` and the hold-out's quantities are wanted for every epoch. If not, a
        trainer may give them for the last epoch only, with NaN before; what early stopping watches
        is always measured.
    test_rows : ndarray of int
        Rows that are only watched: where there are any, the history has ``test_data_loss`` and, of classes,
        ``test_accuracy``, their loss and their accuracy (which is not weighted), and nothing else
        depends on them.
    loss_unit : float, default=1.0
        What losses are multiplied by where they are reported: of scaled targets, it gives them the targets'
        own units.
    constant_outputs : ndarray of shape (n_outputs,) or None, default=None
        What outputs are to be whatever X is, before the activation; NaN of those that are to learn. A network
        that begins has a kernel of zeros there and this bias, so that nothing pulls at them where the targets
        are as constant. None is NaN of all.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.training import Architecture, Task
    >>> X, targets = np.zeros((10, 2)), np.arange(10)[:, None] % 2
    >>> network = Architecture(2, 1, "binary", (4,), "relu", "float32")
    >>> rows, held_out = np.arange(8), np.arange(8, 10)
    >>> task = Task(network, 0.01, X, targets, None, rows, held_out, epochs=5, batch_size=3, seed=0)
    >>> task.n_batches(task.train_rows)
    3
    """

    architecture: Architecture
    alpha: float
    X: MatrixLike
    targets: np.ndarray
    weights: np.ndarray | None
    train_rows: np.ndarray
    validation_rows: np.ndarray
    epochs: int
    batch_size: int
    seed: int
    optimizer: Any = "adam"
    learning_rate: Any = 1e-3
    dropout: float = 0.0
    patience: int | None = None
    callbacks: Sequence[Any] = field(default_factory=tuple)
    verbose: int = 0
    start: State | None = None
    every_epoch: bool = True
    test_rows: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    loss_unit: float = 1.0
    constant_outputs: np.ndarray | None = None

    @property
    def first_epoch(self) -> int:
        """Epochs that the network has been through before."""
        return self.start.n_epochs if self.start is not None else 0

    @property
    def last_epoch(self) -> int:
        """Epochs that the network will have been through, unless it stops early."""
        return self.first_epoch + self.epochs

    def n_batches(self, rows: np.ndarray) -> int:
        """Return how many minibatches `batches` makes of the rows."""
        return -(-len(rows) // self.batch_size)

    def epoch_batches(self, epoch: int) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield one epoch's minibatches ``(x, y)`` or ``(x, y, weights)``, in training order."""
        order = epoch_order(self.train_rows, self.seed, epoch)
        yield from self.batches(order)

    def batches(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield the rows by minibatches, dense and in the network's precision."""
        dtype = self.architecture.dtype
        for start in range(0, len(rows), self.batch_size):
            chosen = rows[start : start + self.batch_size]
            x = self.X[chosen]
            x = (x.toarray() if issparse(x) else x).astype(dtype, copy=False)
            y = self.targets[chosen].astype(dtype, copy=False)
            if self.weights is None:
                yield x, y
            else:
                yield x, y, self.weights[chosen].astype(dtype, copy=False)


@dataclass
class Trained:
    """What a training gives back.

    Attributes
    ----------
    state : State
        The weights to predict with and what is needed to continue.
    history : dict of str to ndarray of shape (n_epochs,)
        Per epoch of this training; see ``RidgeMLPClassifier.history_``.
    best_epoch : int or None
        With early stopping, the epoch whose weights these are, counted from 0 in this training.
    callbacks : list
        Those that saw this training: copies of the task's, and what its functions made.
    seconds : float
        The training's share of the time that a trainer took, compiling included.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.training import Architecture, Task, train
    >>> X, targets = np.eye(2).repeat(5, axis=0), np.repeat([[0], [1]], 5, axis=0)
    >>> network = Architecture(2, 1, "binary", (4,), "relu", "float32")
    >>> rows = np.arange(10)
    >>> task = Task(network, 0.01, X, targets, None, rows, rows[:0], epochs=5, batch_size=5, seed=0)
    >>> (trained,) = train([task])
    >>> trained.history["loss"].shape, trained.state.n_epochs
    ((5,), 5)
    """

    state: State
    history: dict[str, np.ndarray]
    best_epoch: int | None
    callbacks: list[Any]
    seconds: float = 0.0


class DivergenceError(ValueError):
    """The loss of a training became infinite or NaN.

    Attributes
    ----------
    seconds : float
        As `Trained` has them.

    Examples
    --------
    >>> from sklearn_ridge_nn.training import DivergenceError
    >>> issubclass(DivergenceError, ValueError)
    True
    """

    seconds: float = 0.0


# Users know them from there; set here, for a dataclass looks its own module up while it is made.
for _public in (Architecture, State, Task, Trained, DivergenceError):
    _public.__module__ = "sklearn_ridge_nn.training"


#: Targets that are larger are far from what networks learn well.
LARGE = 1e3


def divergence(task: Task, epoch: int) -> DivergenceError:
    """Return the error of a task that diverged in an epoch, counted from its initialisation."""
    is_rate_ours = isinstance(task.optimizer, (str, type))
    rate = f"learning_rate (now {task.learning_rate})" if is_rate_ours else "the optimizer's learning rate"
    largest = float(np.abs(task.targets).max()) if task.architecture.is_of_numbers else 0.0
    how = "divide it by its mean" if task.architecture.loss == "poisson" else "scale_target=True does"
    is_as_it_was = task.loss_unit == 1  # and not scaled
    scale_y = f"Scale y, which reaches {largest:.2g}: {how}. " if is_as_it_was and largest > LARGE else ""
    lower_alpha = f", or lower alpha (now {task.alpha})" if task.alpha > 0 else ""
    return DivergenceError(
        f"The loss became infinite or NaN in epoch {epoch + 1} of {task.last_epoch}. {scale_y}Scale X, for "
        f"example with sklearn.preprocessing.StandardScaler, {'' if lower_alpha else 'or '}lower {rate}"
        f"{lower_alpha}."
    )


def join_histories(
    before: dict[str, np.ndarray], now: dict[str, np.ndarray], epochs_before: int
) -> dict[str, np.ndarray]:
    """Append one training's history to that of the trainings before, NaN where one lacks a value."""
    epochs_now = len(now["loss"])
    return {
        name: np.concatenate(
            [before.get(name, np.full(epochs_before, np.nan)), now.get(name, np.full(epochs_now, np.nan))]
        )
        for name in {**before, **now}
    }


def check_range(X: MatrixLike, dtype: str) -> None:
    """Refuse values that are finite in X but not in the precision of training.

    Raises
    ------
    ValueError
        If a value of X is beyond the largest number of `dtype`.
    """
    values: Any = X.data if issparse(X) else X
    limit = np.finfo(dtype).max
    if values.size and (values.max() > limit or values.min() < -limit):
        raise ValueError(
            f"Input X contains infinity or a value too large for dtype({dtype!r}). Scale X, for example "
            f"with sklearn.preprocessing.StandardScaler, or set dtype='float64'."
        )
