"""Which values the estimator's parameters may take."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Set
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_ridge_nn._sklearn import HasMethods, Interval, InvalidParameterError, StrOptions
from sklearn_ridge_nn.network import ACTIVATIONS, NUMBER_LOSSES, Architecture

#: Names that every supported Keras knows, here so that checking them does not import Keras. Others
#: are looked up in the installed one.
OPTIMIZERS = (
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lion", "nadam", "rmsprop", "sgd",
)  # fmt: skip

#: The alphas that are tried where none are named.
ALPHAS = (0.0, *(10.0 ** (power / 2) for power in range(-12, 1)))

#: What type checkers see of parameters that take certain words only.
Activation: TypeAlias = Literal[
    "elu", "gelu", "leaky_relu", "linear", "mish", "relu", "selu", "sigmoid", "silu", "softplus", "softsign",
    "tanh",
]  # fmt: skip
ClassWeight: TypeAlias = Mapping[Any, float] | Literal["balanced"]
LossOfNumbers: TypeAlias = Literal["squared_error", "absolute_error", "huber", "poisson", "quantile"]
Precision: TypeAlias = Literal["float32", "float64"]

AutoEpochs: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
#: What ``epochs="auto"`` stands for: so many passes over the rows and, where those are fewer, gradient steps.
#: First where something chooses among the epochs, then where nothing does, and the last weights are kept.
CLASSIFIER_AUTO_EPOCHS = ((15, 600), (15, 600))
REGRESSOR_AUTO_EPOCHS = ((60, 2400), (60, 300))

#: More take longer than anyone can wait, and numbers of epochs have to fit into an array's index.
MOST_EPOCHS = 2**31 - 1

#: scikit-learn's parameter constraints of what classifier and regressor share.
PARAMETER_CONSTRAINTS: dict[str, list[Any]] = {
    "alpha": [Interval(Real, 0, None, closed="left")],
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [str],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "optimizer": [str, HasMethods(["apply", "build", "get_config"])],
    "learning_rate": [Interval(Real, 0, None, closed="neither"), HasMethods(["__call__", "get_config"])],
    "epochs": [Interval(Integral, 1, MOST_EPOCHS, closed="both"), StrOptions({"auto"})],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "validation_split": [Interval(Real, 0, 1, closed="left")],
    "early_stopping": ["boolean"],
    "patience": [Interval(Integral, 0, None, closed="left")],
    "penalize_output": ["boolean"],
    "warm_start": ["boolean"],
    "callbacks": [list, tuple, None],
    "dtype": [StrOptions({"float32", "float64"})],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}

#: Those of `RidgeMLPClassifier` alone, and of `RidgeMLPRegressor` alone.
CLASSIFIER_CONSTRAINTS: dict[str, list[Any]] = {"class_weight": [StrOptions({"balanced"}), dict, None]}
REGRESSOR_CONSTRAINTS: dict[str, list[Any]] = {
    "loss": [StrOptions(set(NUMBER_LOSSES))],
    "quantile": [Interval(Real, 0, 1, closed="neither")],
    "scale_target": ["boolean"],
}


def check_all_parameters(estimator: BaseEstimator) -> None:
    """Check an estimator's parameters before it is fitted.

    Raises
    ------
    ValueError
        If a parameter has a wrong value, or two contradict each other.
    """
    estimator._validate_params()  # noqa: SLF001  scikit-learn's, which its own fit calls
    check_parameters(estimator)


def check_parameters(estimator: BaseEstimator) -> None:
    """Check what scikit-learn's constraints cannot express.

    Raises
    ------
    sklearn.utils._param_validation.InvalidParameterError
        If a parameter has a wrong value.
    ValueError
        If two parameters contradict each other.
    """
    params = estimator.get_params(deep=False)

    def check(name: str, is_valid: bool, expected: str) -> None:
        if not is_valid:
            raise InvalidParameterError(
                f"The {name!r} parameter of {type(estimator).__name__} must be {expected}. "
                f"Got {params[name]!r} instead."
            )

    check("alpha", math.isfinite(params["alpha"]), "a finite float >= 0")
    hint = "scikit-learn's 'logistic' is 'sigmoid' here, its 'identity' is 'linear'"
    known_activations = f"one of {', '.join(sorted(ACTIVATIONS))} ({hint})"
    check("activation", params["activation"] in ACTIVATIONS, known_activations)
    units = layer_sizes(params["hidden_layer_sizes"])
    check("hidden_layer_sizes", all(map(_is_count, units)), "an int or a sequence of ints, each >= 1")
    if params["early_stopping"] and params["validation_split"] == 0:
        raise ValueError(
            "early_stopping=True needs a hold-out to watch, but validation_split=0. Set "
            "validation_split to a share of the rows such as 0.1, or early_stopping=False."
        )
    if params.get("quantile", 0.5) != 0.5 and params["loss"] != "quantile":
        raise ValueError(
            f"quantile={params['quantile']} would have no effect, because loss={params['loss']!r}. Set "
            "loss='quantile', or leave quantile at 0.5."
        )
    optimizer, rate, callbacks = params["optimizer"], params["learning_rate"], params["callbacks"]
    if optimizer in OPTIMIZERS and isinstance(rate, Real) and not callbacks:
        return

    from sklearn_ridge_nn.network import (
        is_callback,
        is_optimizer,
        is_schedule,
        makes_callbacks,
        unsupported_setting,
    )

    known = f"the name of a Keras optimizer ({', '.join(OPTIMIZERS)}, ...), its class or an instance"
    check("optimizer", is_optimizer(optimizer), known)
    is_rate = isinstance(rate, Real) or is_schedule(rate)
    check("learning_rate", is_rate, "a float > 0 or a Keras LearningRateSchedule")
    are_callbacks = all(is_callback(item) or makes_callbacks(item) for item in callbacks or ())
    others = [type(item).__name__ for item in callbacks or () if hasattr(item, "on_fit_task_end")]
    hint = f". {others[0]} is one of scikit-learn's: estimator.set_callbacks({others[0]}())" if others else ""
    check(
        "callbacks",
        are_callbacks,
        "a list of keras.callbacks.Callback instances, or of functions or classes that make them, "
        f"BackupAndRestore excepted{hint}",
    )
    if isinstance(optimizer, (str, type)):
        return
    problem = unsupported_setting(optimizer)
    if problem is not None:
        raise ValueError(f"optimizer={type(optimizer).__name__}(...) cannot be used as it is: {problem}.")
    if rate != 1e-3:
        raise ValueError(
            f"learning_rate={rate} would have no effect, because optimizer is an instance and carries its "
            f"own. Pass the optimizer's class or name, or leave learning_rate at 0.001."
        )


def layer_sizes(hidden_layer_sizes: Any) -> tuple[Any, ...]:
    """Return the hidden layers' units as a tuple, from an int or a sequence."""
    if isinstance(hidden_layer_sizes, (Mapping, Set)):
        return (hidden_layer_sizes,)  # without an order; refused as what it is
    return tuple(np.atleast_1d(np.asarray(hidden_layer_sizes, dtype=object)))


def n_epochs(network: Any, n_rows: int, *, is_watched: bool | None = None, **changes: Any) -> int:
    """Return how many epochs an estimator trains on so many rows.

    ``epochs="auto"`` is ``max(passes, ceil(steps * min(batch_size, n_rows) / n_rows))``. Of full minibatches
    these are so many steps or more. The share and not the number of minibatches counts, for that jumps: 129
    rows are two minibatches of 128, but folds of 128 and 129 rows should train alike.

    Parameters
    ----------
    network : RidgeMLPClassifier or RidgeMLPRegressor
        Its ``epochs`` and ``batch_size`` count, and what "auto" stands for.
    n_rows : int
        Rows that are trained on.
    is_watched : bool or None, default=None
        Whether something chooses among the epochs. None is whether the estimator has a hold-out.
    **changes : int or "auto"
        Other ``epochs`` and ``batch_size`` than the estimator's.

    Examples
    --------
    >>> from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor
    >>> [n_epochs(RidgeMLPClassifier(), n_rows) for n_rows in (100, 128, 129, 1000, 100_000)]
    [600, 600, 596, 77, 15]
    >>> [n_epochs(RidgeMLPRegressor(), n_rows) for n_rows in (100, 128, 129, 1000, 100_000)]
    [2400, 2400, 2382, 308, 60]
    >>> n_epochs(RidgeMLPRegressor(validation_split=0), 100)
    300
    >>> n_epochs(RidgeMLPClassifier(), 100, epochs=40)
    40
    """
    epochs = changes.get("epochs", network.epochs)
    if epochs != "auto":
        return int(epochs)
    watched, alone = network._auto_epochs  # noqa: SLF001  the estimators' own wing
    passes, steps = watched if is_watched or (is_watched is None and network.validation_split > 0) else alone
    batch_size = int(changes.get("batch_size", network.batch_size))
    return max(passes, -(-steps * min(batch_size, n_rows) // n_rows))


def refuse_too_large(architecture: Architecture) -> None:
    """Refuse a network that no training fits into the memory of this machine.

    Raises
    ------
    ValueError
        If the weights and their gradients, without which nothing is trained, take more than there is.
    """
    if not hasattr(os, "sysconf"):
        return
    needed = 2 * architecture.n_weights * np.dtype(architecture.dtype).itemsize
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there > 0:
        layers = ", ".join(map(str, architecture.hidden_layer_sizes))
        raise ValueError(
            f"hidden_layer_sizes=({layers}) makes a network of {architecture.n_weights:,} weights on "
            f"{architecture.n_features} features. They and their gradients take {needed / 2**30:,.0f} GiB, "
            f"and this machine has {there / 2**30:,.0f} GiB of memory. Take smaller layers."
        )


def takes_best_epoch(estimator: BaseEstimator) -> bool:
    """Return whether the fitted weights are those of the best epoch on a hold-out, and not the last ones."""
    params = estimator.get_params(deep=False)
    return bool(params["early_stopping"]) or (params["epochs"] == "auto" and params["validation_split"] > 0)


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1
