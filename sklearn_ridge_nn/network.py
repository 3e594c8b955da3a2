"""The Keras network with an L2 penalty, and SciKeras around it.

The network that `build_network` returns is the source of truth: its architecture, initialisers,
optimizer and loss define what a training is.
"""

from __future__ import annotations

import inspect
import itertools
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scikeras.wrappers import KerasClassifier

from sklearn_ridge_nn.randomness import Purpose, derived_seed
from sklearn_ridge_nn.training import Architecture, State, TargetType

_NETWORK_NAME = "ridge_network"

#: Traced functions of the schedules used last, by their description.
_schedules: dict[str, Any] = {}
_schedules_lock = threading.Lock()

#: Optimizers that treat every number of a weight by itself, so that weights may be stacked.
_ELEMENTWISE = {
    getattr(keras.optimizers, name)
    for name in (
        "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD",
    )
}  # fmt: skip


@keras.saving.register_keras_serializable(package="sklearn_ridge_nn")
class OwnPrecisionSequential(keras.Sequential):
    """A Sequential model whose loss is in its layers' precision, whatever `floatx` says.

    Keras casts the data loss to the global `floatx` but leaves the penalty in the kernels' own
    precision, and then cannot add the two. Setting `floatx` would change every other model in the
    process, so the sum is made here.
    """

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the data loss plus the penalties."""
        return sum(self.losses, start=self.loss(y, y_pred, sample_weight))


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
) -> keras.Sequential:
    """Build and compile a multilayer perceptron with an L2 penalty on its hidden kernels.

    The loss is the mean over a minibatch of the cross-entropies, each times its sample weight if
    there is one, plus ``alpha * sum(k ** 2)`` over the kernels of the hidden layers (Keras's
    ``l2``: no factor 1/2, not divided by the number of rows). Biases and the output layer are not
    penalised.

    Parameters
    ----------
    n_features : int
        Number of inputs.
    n_outputs : int, default=1
        Number of outputs: 1 for binary targets, else the number of classes or labels.
    target_type : {"binary", "multiclass", "multilabel-indicator"}, default="binary"
        Multiclass gets a softmax head with sparse categorical cross-entropy, the others a sigmoid
        head with binary cross-entropy. The words are those of
        :func:`sklearn.utils.multiclass.type_of_target`.
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

    Returns
    -------
    keras.Sequential
        A compiled network, reporting ``accuracy``.

    Raises
    ------
    ValueError
        If `target_type` is unknown.

    Examples
    --------
    >>> from sklearn_ridge_nn import build_network
    >>> network = build_network(30, alpha=0.01, hidden_layer_sizes=(16,))
    >>> [weight.shape for weight in network.get_weights()]
    [(30, 16), (16,), (16, 1), (1,)]
    """
    loss, accuracy = _head(target_type, dtype)
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
            activation="softmax" if target_type == "multiclass" else "sigmoid",
            kernel_initializer=_kernel_initializer(seed, len(hidden_layer_sizes)),
            dtype=dtype,
            name=output_name,
        )
    )
    model_class = keras.Sequential if dtype == keras.config.floatx() else OwnPrecisionSequential
    network = model_class(layers, name=_NETWORK_NAME)
    network.compile(
        make_optimizer(optimizer, learning_rate),
        loss,
        metrics=[accuracy],
        # Tracing is most of a short training, and XLA triples it; results are those of the plain
        # graph, on which every Keras callback works.
        jit_compile=False,
        auto_scale_loss=False,
    )
    # Left to itself Keras builds the optimizer while it traces the first step, where those that copy
    # the initial weights (ScheduleFreeAdamW) copy zeros.
    network.optimizer.build(network.trainable_variables)
    return network


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
    widths = (architecture.n_features, *architecture.hidden_layer_sizes, architecture.n_outputs)
    weights = []
    for layer, shape in enumerate(itertools.pairwise(widths)):
        kernel = _kernel_initializer(seed, layer)(shape, dtype=architecture.dtype)
        weights += [keras.ops.convert_to_numpy(kernel), np.zeros(shape[1], architecture.dtype)]
    return weights


def _head(target_type: TargetType, dtype: str) -> tuple[keras.losses.Loss, keras.metrics.Metric]:
    if target_type == "multiclass":
        loss, accuracy = keras.losses.SparseCategoricalCrossentropy, keras.metrics.SparseCategoricalAccuracy
    elif target_type in ("binary", "multilabel-indicator"):
        loss, accuracy = keras.losses.BinaryCrossentropy, keras.metrics.BinaryAccuracy
    else:
        raise ValueError(
            f"target_type must be 'binary', 'multiclass' or 'multilabel-indicator'. Got {target_type!r}."
        )
    return (
        loss(dtype=dtype, name="cross_entropy"),
        accuracy(name="accuracy", dtype=dtype),
    )


def _kernel_initializer(seed: int | None, layer: int) -> keras.initializers.Initializer:
    layer_seed = None if seed is None else derived_seed(seed, Purpose.KERNEL, layer)
    return keras.initializers.GlorotUniform(seed=layer_seed)


def make_optimizer(optimizer: Any, learning_rate: Any) -> keras.optimizers.Optimizer:
    """Return a fresh Keras optimizer; an instance is copied by its config and keeps its own rate."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        own_classes = (type(optimizer), type(getattr(optimizer, "_learning_rate", None)))
        with keras.saving.custom_object_scope({own.__name__: own for own in own_classes}):
            return type(optimizer).from_config(optimizer.get_config())
    if isinstance(optimizer, str):  # named, because nameless ones move a global counter on
        config = {"learning_rate": learning_rate, "name": optimizer.lower()}
        return keras.optimizers.get({"class_name": optimizer, "config": config})
    return optimizer(learning_rate=learning_rate)


@dataclass(frozen=True)
class OptimizerRecipe:
    """A Keras optimizer but for its learning rate; equal ones make equal optimizers.

    Attributes
    ----------
    optimizer_class : type
    settings : str
        The configuration, without the learning rate and the name.
    rate_dtype : str
        Precision in which Keras holds a learning rate: the global ``floatx``.
    """

    optimizer_class: type[keras.optimizers.Optimizer]
    settings: str
    rate_dtype: str
    _config: dict[str, Any] = field(compare=False, repr=False)

    def make(self, rates: keras.optimizers.schedules.LearningRateSchedule) -> keras.optimizers.Optimizer:
        """Return a fresh optimizer that asks `rates` for its learning rate."""
        return self.optimizer_class.from_config({**self._config, "learning_rate": rates})


def optimizer_recipe(optimizer: Any, learning_rate: Any) -> tuple[OptimizerRecipe, Any]:
    """Return an elementwise optimizer's recipe and its learning rate, a float or a Keras schedule."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer_class, config = type(optimizer), optimizer.get_config()
        learning_rate = config["learning_rate"]
        if is_schedule(optimizer._learning_rate):
            learning_rate = optimizer._learning_rate
    else:
        optimizer_class, config = _default_settings(optimizer)
    settings = {name: value for name, value in config.items() if name not in ("learning_rate", "name")}
    recipe = OptimizerRecipe(
        optimizer_class,
        repr(sorted(settings.items())),
        keras.config.floatx(),
        {**settings, "name": optimizer_class.__name__.lower()},
    )
    return recipe, learning_rate


def scheduled_rates(schedule: Any, first_step: int, n_steps: int) -> np.ndarray:
    """Return a schedule's learning rates, of shape (n_steps,), as a Keras optimizer gets them."""
    description = f"{type(schedule).__name__} {sorted(schedule.get_config().items())!r}"
    with _schedules_lock:
        rates = _schedules.pop(description, None)
        if rates is None:
            # Keras evaluates a schedule in a plain graph; compiled by XLA the last bit may differ
            rates = tf.function(lambda steps: tf.map_fn(schedule, steps, keras.config.floatx()))
        _schedules[description] = rates
        if len(_schedules) > 8:
            _schedules.pop(next(iter(_schedules)))
        return rates(tf.range(first_step, first_step + n_steps, dtype=tf.int64)).numpy()


@lru_cache(maxsize=64)
def _default_settings(optimizer: str | type) -> tuple[type, dict[str, Any]]:
    """Return the class and the default configuration of an optimizer given by name or class."""
    default = make_optimizer(optimizer, 1e-3)
    return type(default), default.get_config()


def why_one_by_one(optimizer: Any, learning_rate: Any) -> str | None:
    """Return why networks with this optimizer cannot be stacked and trained together, or None."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer_class, learning_rate = type(optimizer), optimizer._learning_rate
        for setting in ("clipnorm", "global_clipnorm", "use_ema", "loss_scale_factor"):
            value = getattr(optimizer, setting, None)
            if value not in (None, False):
                return f"the optimizer has {setting}={value}"
    else:
        optimizer_class, _ = _default_settings(optimizer)
    if optimizer_class not in _ELEMENTWISE:
        return f"{optimizer_class.__name__} is not known to treat every weight by itself"
    is_plain = isinstance(learning_rate, (float, int, keras.Variable))
    own = type(learning_rate).__name__
    if not is_plain and type(learning_rate) is not getattr(keras.optimizers.schedules, own, None):
        return f"{own} is not one of Keras's own learning-rate schedules"
    return None


def is_optimizer(candidate: Any) -> bool:
    """Whether the candidate is the name, the class or an instance of a Keras optimizer.

    Names and classes must be buildable from a learning rate alone, which excludes those that wrap
    other optimizers; an instance of such a class is an optimizer.
    """
    if isinstance(candidate, keras.optimizers.Optimizer):
        return True
    if not isinstance(candidate, str) and not (
        inspect.isclass(candidate) and issubclass(candidate, keras.optimizers.Optimizer)
    ):
        return False
    try:
        return type(make_optimizer(candidate, 1e-3)) is not keras.optimizers.Optimizer
    except (KeyError, TypeError, ValueError):
        return False


def unsupported_setting(optimizer: keras.optimizers.Optimizer) -> str | None:
    """Return what an optimizer instance does that a fit could not keep, or None."""
    if getattr(optimizer, "_exclude_from_weight_decay_pattern", None) is not None:
        return "exclude_from_weight_decay() is not part of an optimizer's configuration and is lost in copies"
    return None


def is_schedule(candidate: Any) -> bool:
    """Whether the candidate is an instance of a Keras learning-rate schedule."""
    return isinstance(candidate, keras.optimizers.schedules.LearningRateSchedule)


def is_callback(candidate: Any) -> bool:
    """Whether the candidate is a Keras callback that a fit can use.

    BackupAndRestore is not: it resumes at an epoch that the rest of the fit knows nothing of.
    """
    return isinstance(candidate, keras.callbacks.Callback) and not isinstance(
        candidate, keras.callbacks.BackupAndRestore
    )


def keras_classifier(
    architecture: Architecture,
    *,
    classes: np.ndarray,
    state: State | None = None,
    **params: Any,
) -> KerasClassifier:
    """Return a SciKeras classifier that holds a built network.

    Parameters
    ----------
    architecture : Architecture
    classes : ndarray of shape (n_classes,)
        Labels that the SciKeras classifier predicts.
    state : State or None
        Weights and optimizer state to put into the network; None leaves it as initialised.
    **params : object
        Further parameters of ``scikeras.wrappers.KerasClassifier``; those for the network carry
        SciKeras's prefix, as in ``model__alpha``.

    Returns
    -------
    scikeras.wrappers.KerasClassifier
        Ready to predict; ``model_`` is the compiled Keras network.
    """
    classifier = KerasClassifier(
        model=build_network,
        model__n_features=architecture.n_features,
        model__n_outputs=architecture.n_outputs,
        model__target_type=architecture.target_type,
        model__hidden_layer_sizes=architecture.hidden_layer_sizes,
        model__activation=architecture.activation,
        model__dtype=architecture.dtype,
        **params,
    )
    # SciKeras learns the shapes and the labels from data, so it is shown each label twice. It takes
    # no other precision of X afterwards than what casts safely to the first one.
    if architecture.target_type == "multilabel-indicator":
        y = np.array([[0], [1]]).repeat(architecture.n_outputs, axis=1)
    else:
        y = np.repeat(classes, 2)
    classifier.initialize(np.zeros((len(y), architecture.n_features)), y)
    if state is not None:
        _set_state(classifier.model_, state)
    return classifier


def _set_state(network: keras.Model, state: State) -> None:
    network.set_weights([w for pair in zip(state.coefs, state.intercepts, strict=True) for w in pair])
    signature = optimizer_signature(network.optimizer)
    if signature != state.optimizer_signature:
        raise other_optimizer(state.optimizer_signature, signature)
    for variable, value in zip(optimizer_variables(network.optimizer), state.optimizer, strict=True):
        variable.assign(value)


def other_optimizer(before: Sequence[str], now: Sequence[str]) -> ValueError:
    """Return the error of continuing one optimizer's training with another, from their signatures."""
    return ValueError(
        f"Training can only continue with the optimizer of the last fit, {before[0]} with "
        f"{len(before) - 1} state variables. Now it is {now[0]} with {len(now) - 1}, or its settings "
        f"differ. Set it back, or start a new network by fit with warm_start=False."
    )


def optimizer_signature(optimizer: keras.optimizers.Optimizer) -> list[str]:
    """Return the optimizer's class and the names of its state, which say what each variable means."""
    names = (variable.name for variable in optimizer_variables(optimizer))
    # Nadam leaves one nameless, and Keras numbers those through
    return [type(optimizer).__name__, *(re.sub(r"^variable_\d+$", "variable", name) for name in names)]


def optimizer_variables(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """Return the optimizer's state; its learning rate is a parameter, not state."""
    return [variable for variable in optimizer.variables if variable.name != "learning_rate"]
