"""The Keras network with an L2 penalty, and SciKeras around it.

The network that `build_network` returns is the source of truth: its architecture, initialisers,
optimizer and loss define what a training is.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from sklearn_ridge_nn._tensorflow import keras  # isort: skip  before SciKeras, which imports it as well

import numpy as np
from scikeras.wrappers import KerasClassifier, KerasRegressor

from sklearn_ridge_nn.network._number_losses import NUMBER_LOSSES, number_losses
from sklearn_ridge_nn.network._optimizers import (
    make_optimizer,
    optimizer_signature,
    optimizer_variables,
    other_optimizer,
)
from sklearn_ridge_nn.network._random import Purpose, derived_seed
from sklearn_ridge_nn.network._task import Architecture, State, TargetType, Task

_NETWORK_NAME = "ridge_network"


@keras.saving.register_keras_serializable(package="sklearn_ridge_nn")
class OwnPrecisionSequential(keras.Sequential):
    """A Sequential model whose loss is in its layers' precision, whatever `floatx` says.

    Keras casts the data loss to the global `floatx` but leaves the penalty in the kernels' own
    precision, and then cannot add the two. Setting `floatx` would change every other model in the
    process, so the sum is made here.
    """

    def compute_loss(
        self,
        x: Any = None,  # noqa: ARG002  Keras's signature
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,  # noqa: ARG002
    ) -> Any:
        """Return the data loss plus the penalties."""
        return sum(self.losses, start=self.loss(y, y_pred, sample_weight))


@keras.saving.register_keras_serializable(package="sklearn_ridge_nn")
class QuantileLoss(keras.losses.Loss):
    """The quantile loss, which Keras lacks.

    It is ``quantile * e`` of an error ``e = y - prediction`` above 0, and ``(quantile - 1) * e`` of another.
    """

    def __init__(self, quantile: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.quantile = quantile

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the mean over the outputs of each row."""
        losses = number_losses(y_pred, y_true, "quantile", self.quantile, keras.ops)
        return keras.ops.mean(losses, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of."""
        return {**super().get_config(), "quantile": self.quantile}


def strengths(alphas: Sequence[float], dtype: Any) -> np.ndarray:
    """Return the numbers that Keras multiplies its penalties by: since version 3.14, L2 rounds to float32."""
    with np.errstate(over="ignore"):  # infinite then, and the training diverges
        return np.array(alphas, float if _is_strength_exact() else np.float32).astype(dtype)


@lru_cache(maxsize=1)
def _is_strength_exact() -> bool:
    return float(keras.regularizers.L2(0.1)(keras.ops.ones(1, "float64"))) == 0.1


def build_network(
    n_features: int,
    n_outputs: int = 1,
    *,
    target_type: TargetType = "binary",
    alpha: float = 1e-3,
    hidden_layer_sizes: Sequence[int] = (128, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    optimizer: Any = "adam",
    learning_rate: Any = 1e-3,
    dtype: str = "float32",
    seed: int | None = None,
    loss: str = "squared_error",
    quantile: float = 0.5,
    penalize_output: bool = False,
) -> keras.Sequential:
    """Build and compile a multilayer perceptron with an L2 penalty on its hidden kernels.

    The loss is the mean over a minibatch of the rows' losses, each times its sample weight if
    there is one, plus ``alpha * sum(k ** 2)`` over the kernels of the hidden layers (Keras's
    ``l2``: no factor 1/2, not divided by the number of rows). Biases are not penalised, and the output layer
    is not unless `penalize_output` says so.

    Parameters
    ----------
    n_features : int
        Number of inputs.
    n_outputs : int, default=1
        Number of outputs: 1 for binary targets, else the number of classes, labels or numbers.
    target_type : {"binary", "multiclass", "multilabel-indicator", "continuous"}, default="binary"
        Multiclass gets a softmax head with sparse categorical cross-entropy, binary and multilabel a sigmoid
        head with binary cross-entropy, continuous the head and the loss that `loss` says. The words are
        those of :func:`sklearn.utils.multiclass.type_of_target`, and continuous means several outputs, too.
    alpha : float, default=1e-3
        Strength of the penalty, >= 0. Keras rounds it to float32.
    hidden_layer_sizes : sequence of int, default=(128, 64)
        Units of the hidden layers. Empty gives logistic regression.
    activation : str, default="relu"
        Keras name of the hidden activation.
    dropout : float, default=0.0
        Share of each hidden layer's outputs that is dropped while training, in [0, 1).
    optimizer : str, keras.optimizers.Optimizer class or instance, default="adam"
        A Keras name or class gets `learning_rate`; an instance is copied and keeps its own.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=1e-3
        Used unless `optimizer` is an instance.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the weights and the computation. The global ``floatx`` is left alone.
    seed : int or None, default=None
        Keys the initial weights and the dropout masks. None leaves both to Keras's global
        generator.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "quantile"}, default="squared_error"
        Of continuous targets: Keras's mean squared error, mean absolute error, Huber loss (quadratic up to
        an error of 1), Poisson loss, or the mean quantile loss, which Keras lacks. Poisson gets an
        exponential head, the others a linear one. Not used for other targets.
    quantile : float, default=0.5
        Which quantile ``loss="quantile"`` is for, in (0, 1).
    penalize_output : bool, default=False
        Whether the kernel of the output layer is penalised, too.

    Returns
    -------
    keras.Sequential
        A compiled network, reporting ``accuracy`` unless its targets are continuous.

    Raises
    ------
    ValueError
        If `target_type` or `loss` is unknown.

    Examples
    --------
    >>> from sklearn_ridge_nn import build_network
    >>> network = build_network(30, alpha=0.01, hidden_layer_sizes=(16,))
    >>> [weight.shape for weight in network.get_weights()]
    [(30, 16), (16,), (16, 1), (1,)]
    """
    head, data_loss, metrics = _head(target_type, loss, quantile, dtype)
    layers = [keras.Input((n_features,), dtype=dtype, name="features")]
    *hidden_names, output_name = _layer_names(len(hidden_layer_sizes))
    for number, (units, layer_name) in enumerate(zip(hidden_layer_sizes, hidden_names, strict=True)):
        layers.append(
            keras.layers.Dense(
                units,
                activation=activation,
                kernel_initializer=_kernel_initializer(seed, number),
                kernel_regularizer=keras.regularizers.L2(alpha),
                dtype=dtype,
                name=layer_name,
            )
        )
        if dropout > 0:
            mask_seed = None if seed is None else derived_seed(seed, Purpose.DROPOUT, number)
            layers.append(
                keras.layers.Dropout(dropout, seed=mask_seed, dtype=dtype, name=f"dropout_{number + 1}")
            )
    layers.append(
        keras.layers.Dense(
            n_outputs,
            activation=head,
            kernel_initializer=_kernel_initializer(seed, len(hidden_layer_sizes)),
            kernel_regularizer=keras.regularizers.L2(alpha) if penalize_output else None,
            dtype=dtype,
            name=output_name,
        )
    )
    model_class = keras.Sequential if dtype == keras.config.floatx() else OwnPrecisionSequential
    network = model_class(layers, name=_NETWORK_NAME)
    network.compile(
        make_optimizer(optimizer, learning_rate),
        data_loss,
        metrics=metrics,
        # Tracing is most of a short training, and XLA triples it; results are those of the plain
        # graph, on which every Keras callback works.
        jit_compile=False,
        auto_scale_loss=False,
    )
    # Left to itself Keras builds the optimizer while it traces the first step, where those that copy
    # the initial weights (ScheduleFreeAdamW) copy zeros.
    network.optimizer.build(network.trainable_variables)
    return network


build_network.__module__ = "sklearn_ridge_nn"


def _layer_names(n_hidden: int) -> list[str]:
    return [*(f"hidden_{number + 1}" for number in range(n_hidden)), "output"]


def weight_paths(architecture: Architecture) -> list[str]:
    """Return the Keras paths of the weights of `build_network`, kernel and bias of each layer in turn."""
    layers = _layer_names(len(architecture.hidden_layer_sizes))
    return [f"{_NETWORK_NAME}/{layer}/{weight}" for layer in layers for weight in ("kernel", "bias")]


@lru_cache(maxsize=1)
def initial_weights(architecture: Architecture, seed: int) -> list[np.ndarray]:
    """Return the weights that `build_network` starts from, kernel and bias of each layer in turn.

    They must not be changed: the fits of a search often have one seed, and the last are kept for them.
    """
    weights = []
    for layer, shape in enumerate(itertools.pairwise(architecture.layer_widths)):
        kernel = _kernel_initializer(seed, layer)(shape, dtype=architecture.dtype)
        weights += [keras.ops.convert_to_numpy(kernel), np.zeros(shape[1], architecture.dtype)]
    return weights


def start_weights(task: Task) -> list[np.ndarray]:
    """Return the weights that a task starts from, kernel and bias of each layer in turn."""
    if task.start is not None:
        return task.start.weights
    weights = initial_weights(task.architecture, task.seed)
    if task.constant_outputs is None:
        return weights
    *before, kernel, bias = weights
    constants = task.constant_outputs.astype(bias.dtype)
    learns = np.isnan(constants)
    return [*before, np.where(learns, kernel, kernel.dtype.type(0)), np.where(learns, bias, constants)]


def _head(
    target_type: TargetType, loss_name: str, quantile: float, dtype: str
) -> tuple[str, keras.losses.Loss, list[keras.metrics.Metric]]:
    """Return the output layer's activation, the loss, and what is reported beside it."""
    if target_type == "continuous":
        if loss_name not in NUMBER_LOSSES:
            raise ValueError(f"loss must be one of {', '.join(map(repr, NUMBER_LOSSES))}. Got {loss_name!r}.")
        makers = {
            "squared_error": keras.losses.MeanSquaredError,
            "absolute_error": keras.losses.MeanAbsoluteError,
            "huber": keras.losses.Huber,
            "poisson": keras.losses.Poisson,
            "quantile": partial(QuantileLoss, quantile),
        }
        return NUMBER_LOSSES[loss_name].head, makers[loss_name](dtype=dtype, name=loss_name), []
    if target_type == "multiclass":
        loss, accuracy = keras.losses.SparseCategoricalCrossentropy, keras.metrics.SparseCategoricalAccuracy
    elif target_type in ("binary", "multilabel-indicator"):
        loss, accuracy = keras.losses.BinaryCrossentropy, keras.metrics.BinaryAccuracy
    else:
        raise ValueError(
            "target_type must be 'binary', 'multiclass', 'multilabel-indicator' or 'continuous'. Got "
            f"{target_type!r}."
        )
    return (
        "softmax" if target_type == "multiclass" else "sigmoid",
        loss(dtype=dtype, name="cross_entropy"),
        [accuracy(name="accuracy", dtype=dtype)],
    )


def _kernel_initializer(seed: int | None, layer: int) -> keras.initializers.Initializer:
    layer_seed = None if seed is None else derived_seed(seed, Purpose.KERNEL, layer)
    return keras.initializers.GlorotUniform(seed=layer_seed)


def is_callback(candidate: Any) -> bool:
    """Whether the candidate is a Keras callback that a fit can use.

    BackupAndRestore is not: it resumes at an epoch that the rest of the fit knows nothing of.
    """
    return isinstance(candidate, keras.callbacks.Callback) and not isinstance(
        candidate, keras.callbacks.BackupAndRestore
    )


def makes_callbacks(candidate: Any) -> bool:
    """Whether the candidate is a function or a class that may make such callbacks."""
    if isinstance(candidate, type):
        kinds = keras.callbacks.Callback, keras.callbacks.BackupAndRestore
        return issubclass(candidate, kinds[0]) and not issubclass(candidate, kinds[1])
    return callable(candidate) and not isinstance(candidate, keras.callbacks.Callback)


def keras_estimator(
    architecture: Architecture,
    *,
    classes: np.ndarray | None,
    state: State | None = None,
    **params: Any,
) -> KerasClassifier | KerasRegressor:
    """Return a SciKeras classifier or regressor that holds a built network.

    Parameters
    ----------
    architecture : Architecture
    classes : ndarray of shape (n_classes,) or None
        Labels that the SciKeras classifier predicts; None for a regressor.
    state : State or None
        Weights and optimizer state to put into the network; None leaves it as initialised.
    **params : object
        Further parameters of SciKeras's estimator; those for the network carry SciKeras's prefix, as in
        ``model__alpha``.

    Returns
    -------
    scikeras.wrappers.KerasClassifier or scikeras.wrappers.KerasRegressor
        Ready to predict; ``model_`` is the compiled Keras network.
    """
    kind = KerasRegressor if architecture.is_of_numbers else KerasClassifier
    of_numbers = {"model__loss": architecture.loss, "model__quantile": architecture.quantile}
    estimator = kind(
        model=build_network,
        model__n_features=architecture.n_features,
        model__n_outputs=architecture.n_outputs,
        model__target_type=architecture.target_type,
        model__hidden_layer_sizes=architecture.hidden_layer_sizes,
        model__activation=architecture.activation,
        model__dtype=architecture.dtype,
        model__penalize_output=architecture.penalize_output,
        **(of_numbers if architecture.is_of_numbers else {}),
        **params,
    )
    # SciKeras learns the shapes and the labels from data, so it is shown each label twice. It takes
    # no other precision of X afterwards than what casts safely to the first one.
    if architecture.is_of_numbers:
        y = np.array([[0.25], [0.75]]).repeat(architecture.n_outputs, axis=1)
        y = y[:, 0] if architecture.n_outputs == 1 else y
    elif architecture.target_type == "multilabel-indicator":
        y = np.array([[0], [1]]).repeat(architecture.n_outputs, axis=1)
    else:
        assert classes is not None
        y = np.repeat(classes, 2)
    estimator.initialize(np.zeros((len(y), architecture.n_features)), y)
    if state is not None:
        set_state(estimator.model_, state)
    return estimator


def set_state(network: keras.Model, state: State) -> None:
    """Put weights and optimizer state into a network; ValueError if they are another optimizer's."""
    network.set_weights(state.weights)
    signature = optimizer_signature(network.optimizer)
    if signature != state.optimizer_signature:
        raise other_optimizer(state.optimizer_signature, signature)
    for variable, value in zip(optimizer_variables(network.optimizer), state.optimizer, strict=True):
        variable.assign(value)
