"""Keras's optimizers and learning-rate schedules: made, described, and told apart."""

from __future__ import annotations

import copy
import inspect
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import joblib
import numpy as np

from sklearn_ridge_nn._tensorflow import keras, tf

#: Optimizers that treat every number of a weight by itself, so that weights may be stacked.
_ELEMENTWISE = {
    getattr(keras.optimizers, name)
    for name in (
        "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD",
    )
}  # fmt: skip

#: Traced functions of the schedules used last, by their description.
_schedules: dict[str, Any] = {}
_MAX_SCHEDULES = 8
_schedules_lock = threading.Lock()


def make_optimizer(optimizer: Any, learning_rate: Any) -> keras.optimizers.Optimizer:
    """Return a fresh Keras optimizer; an instance is copied by its config and keeps its own rate."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        own_classes = (type(optimizer), type(_rate_of(optimizer)))
        with keras.saving.custom_object_scope({own.__name__: own for own in own_classes}):
            return type(optimizer).from_config(optimizer.get_config())
    if isinstance(optimizer, str):  # named, because nameless ones move a global counter on
        config = {"learning_rate": learning_rate, "name": optimizer.lower()}
        return keras.optimizers.get({"class_name": optimizer, "config": config})
    is_of_keras = getattr(keras.optimizers, optimizer.__name__, None) is optimizer
    name = {"name": optimizer.__name__.lower()} if is_of_keras else {}
    return optimizer(learning_rate=learning_rate, **name)


def _rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return an optimizer's learning rate, a variable or a schedule.

    Its public ``learning_rate`` is a schedule's value at the current step.
    """
    return getattr(optimizer, "_learning_rate", None)


@dataclass(frozen=True)
class OptimizerRecipe:
    """A Keras optimizer but for its learning rate; equal ones make equal optimizers.

    Attributes
    ----------
    optimizer_class : type
    settings : str
        The configuration, without the learning rate and the name.
    floatx : str
        The global setting, in whose precision Keras holds a constant learning rate.
    """

    optimizer_class: type[keras.optimizers.Optimizer]
    settings: str
    floatx: str
    _config: dict[str, Any] = field(compare=False, repr=False)

    @property
    def needs_gradients(self) -> bool:
        """Whether a weight without any gradient becomes NaN, for it divides by nothing else."""
        tiny = float(np.finfo(np.float32).tiny)
        divisors = (self._config.get(name, 1) for name in ("epsilon", "initial_accumulator_value"))
        return any(divisor is not None and divisor < tiny for divisor in divisors)

    def make(self, rates: keras.optimizers.schedules.LearningRateSchedule) -> keras.optimizers.Optimizer:
        """Return a fresh optimizer that asks `rates` for its learning rate."""
        return self.optimizer_class.from_config({**self._config, "learning_rate": rates})


def optimizer_recipe(optimizer: Any, learning_rate: Any) -> tuple[OptimizerRecipe, Any]:
    """Return an elementwise optimizer's recipe and its learning rate, a float or a Keras schedule."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer_class, config = type(optimizer), optimizer.get_config()
        learning_rate = config["learning_rate"]
        if is_schedule(_rate_of(optimizer)):
            learning_rate = _rate_of(optimizer)
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


def constant_rate(rate: float, recipe: OptimizerRecipe) -> np.ndarray:
    """Return a learning rate as Keras holds it: in the precision of the global ``floatx``."""
    with np.errstate(over="ignore"):  # infinite then, and the training diverges
        return np.array(rate).astype(tf.as_dtype(recipe.floatx).as_numpy_dtype)


def scheduled_rates(schedule: Any, first_step: int, n_steps: int) -> np.ndarray:
    """Return a schedule's learning rates, of shape (n_steps,), as a Keras optimizer gets them."""
    config = schedule.get_config()
    key = joblib.hash((type(schedule).__name__, config, keras.config.floatx()))
    with _schedules_lock:
        trace = _schedules.pop(key, None)
        if trace is None:
            trace = _trace_schedule(type(schedule).from_config(copy.deepcopy(config)))
        _schedules[key] = trace
        if len(_schedules) > _MAX_SCHEDULES:
            _schedules.pop(next(iter(_schedules)))
    return trace(tf.constant(first_step, tf.int64), tf.constant(n_steps, tf.int64)).numpy()


def _trace_schedule(schedule: Any) -> Any:
    """Trace a schedule for any steps. Keras evaluates it in a plain graph: XLA's last bits may differ."""

    def rates(first: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        dtype = tf.convert_to_tensor(schedule(first)).dtype
        return tf.map_fn(schedule, tf.range(first, first + n), fn_output_signature=dtype)

    scalar = tf.TensorSpec((), tf.int64)
    return tf.function(rates, autograph=False).get_concrete_function(scalar, scalar)


@lru_cache(maxsize=64)
def _default_settings(optimizer: str | type) -> tuple[type, dict[str, Any]]:
    """Return the class and the default configuration of an optimizer given by name or class."""
    default = make_optimizer(optimizer, 1e-3)
    return type(default), default.get_config()


def why_one_by_one(optimizer: Any, learning_rate: Any) -> str | None:
    """Return why networks with this optimizer cannot be stacked and trained together, or None."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer_class, learning_rate = type(optimizer), _rate_of(optimizer)
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
    # Keras has no public name for what was excluded
    if getattr(optimizer, "_exclude_from_weight_decay_pattern", None) is not None:
        return "exclude_from_weight_decay() is not part of an optimizer's configuration and is lost in copies"
    return None


def is_schedule(candidate: Any) -> bool:
    """Whether the candidate is an instance of a Keras learning-rate schedule."""
    return isinstance(candidate, keras.optimizers.schedules.LearningRateSchedule)


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
