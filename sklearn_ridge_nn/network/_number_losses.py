"""The losses of a regression, as Keras defines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

#: What Keras adds to predictions before it takes their logarithm (its ``keras.config.epsilon()``, which is
#: a setting of the process there, and not here).
EPSILON = 1e-7


@dataclass(frozen=True)
class NumberLoss:
    """What is known of a loss beside its formula.

    Attributes
    ----------
    title : str
        In words.
    power : int or None
        A loss of targets and predictions that are both multiplied by s is multiplied by ``s ** power``; None
        if targets must not be scaled.
    head : str
        Keras name of the output layer's activation.
    best_constant : {"mean", "median", "quantile"}
        Which number has the smallest loss if the same is predicted for all rows; of Huber's about the mean.
    """

    title: str
    power: int | None
    head: str = "linear"
    best_constant: str = "mean"


#: The losses by their names. Huber's is quadratic up to an error of 1, in the units that are trained in.
NUMBER_LOSSES = {
    "squared_error": NumberLoss("squared error", 2),
    "absolute_error": NumberLoss("absolute error", 1, best_constant="median"),
    "huber": NumberLoss("Huber loss", 2),
    "poisson": NumberLoss("half Poisson deviance", None, "exponential"),
    "quantile": NumberLoss("quantile loss", 1, best_constant="quantile"),
}


def number_losses(z: Any, y: Any, loss: str, quantile: float, xp: Any = np) -> Any:
    """Return the loss of every number.

    Parameters
    ----------
    z : array
        Outputs before the output layer's activation.
    y : array
        Targets, of the same shape.
    loss : str
        A key of `NUMBER_LOSSES`.
    quantile : float
        For ``loss="quantile"``.
    xp : module, default=numpy
        Whose functions to compute with: NumPy, or ``keras.ops`` for tensors.

    Returns
    -------
    array
        Of the shape of z.

    Notes
    -----
    The formulas are those of :mod:`keras.losses`; Keras has no quantile loss, which is that of Koenker and
    Bassett (1978, Regression quantiles, Econometrica 46). Poisson's leaves out what depends on y alone.

    Examples
    --------
    >>> import numpy as np
    >>> number_losses(np.array([0.0, 3.0]), np.array([1.0, 1.0]), "huber", 0.5)
    array([0.5, 1.5])
    """
    if loss == "poisson":
        mean = xp.exp(z)
        return mean - y * xp.log(mean + EPSILON)
    error = z - y
    if loss == "squared_error":
        return xp.square(error)
    size = xp.abs(error)
    if loss == "absolute_error":
        return size
    if loss == "huber":
        return xp.where(size <= 1, 0.5 * xp.square(error), size - 0.5)
    sign = xp.sign(error)  # and no maximum, so that the gradient of an exact prediction is 0
    return error * (0.5 * sign + (0.5 - quantile) * sign * sign)


def least_poisson_loss(y: np.ndarray) -> np.ndarray:
    """Return the Poisson loss of predictions that are exact, which is what a half deviance leaves out.

    Examples
    --------
    >>> import numpy as np
    >>> least_poisson_loss(np.array([0.0, 1.0]))
    array([0., 1.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return y - np.where(y > 0, y * np.log(y), 0.0)
