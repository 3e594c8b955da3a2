"""Numbers to predict to what a network trains on, and its outputs back to numbers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils.validation import column_or_1d

from sklearn_ridge_nn.estimators._rows import is_missing
from sklearn_ridge_nn.network import EPSILON, NUMBER_LOSSES, least_poisson_loss

#: Counts of a larger mean are learnt slowly by a network that begins with predictions near 1.
LARGE_COUNT = 1000
#: A target is constant if its standard deviation is not above so many roundings of its largest number.
ROUNDINGS = 10


def refuse_odd_numbers(y: Any) -> None:
    """Refuse what is missing or not a number, and say which, before scikit-learn tries to make numbers of it.

    Raises
    ------
    ValueError
        If a number is missing or beyond float64, or y holds text, dates or anything else that is none.
    """
    if y is None:
        return
    values = np.asarray(y.data if issparse(y) else y)
    missing: NDArray[np.bool_]
    if values.dtype.kind == "O":
        flat = values.ravel()
        missing = np.array([is_missing(value) for value in flat], dtype=bool)
        odd = next((value for value in flat[~missing] if not _is_number(value)), None)
    elif values.dtype.kind in "USMmV":
        missing = np.zeros(0, dtype=bool)
        odd = values.ravel()[0].item() if values.size else ""
    elif values.dtype.kind == "f" and not issparse(y):
        missing, odd = np.isnan(values.ravel()), None
    else:
        return
    if odd is not None:
        raise ValueError(
            f"y must hold numbers, but it holds {repr(odd)[:100]}. For class labels use RidgeMLPClassifier; "
            "numbers that are written as text become numbers by pandas.to_numeric."
        )
    if missing.any():
        rows = missing.reshape(values.shape[0], -1).any(axis=1)
        raise ValueError(
            f"Input y contains NaN: there is no number in {rows.sum()} of {rows.size} rows (the first is row "
            f"{rows.argmax()}). Leave these rows out, or give them a number."
        )
    if values.dtype.kind == "O":
        _refuse_too_large(values)


def _refuse_too_large(values: NDArray[np.object_]) -> None:
    for value in values.ravel():
        try:
            float(value)
        except OverflowError:
            raise ValueError(
                "y holds an integer that is too large for float64. Divide y by a number first."
            ) from None
        except (TypeError, ValueError):  # a vector or so, which scikit-learn refuses
            return


def _is_number(value: Any) -> bool:
    """Return whether float takes a value, which text is not."""
    return hasattr(type(value), "__float__") and not np.iscomplexobj(value)


def flatten_numbers(y: Any) -> np.ndarray:
    """Return y in float64, as a vector or a matrix of two or more columns.

    Raises
    ------
    ValueError
        If a matrix has no column.
    """
    if issparse(y):
        y = y.toarray()
    y = np.asarray(y, dtype=np.float64)
    if y.ndim == 1 or y.shape[1] == 1:
        return column_or_1d(y, warn=True)
    if y.shape[1] == 0:
        raise ValueError(f"y must have at least one column. Got an array of shape {y.shape}.")
    return y


def check_numbers(y: np.ndarray, loss: str) -> None:
    """Refuse numbers that a loss does not take.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, negative and the loss is Poisson's, or so large that its square is not
        a number.
    """
    if not np.isfinite(y).all():  # numbers that come as objects get here
        raise ValueError(f"Input y contains {'NaN' if np.isnan(y).any() else 'infinity'}.")
    if loss == "poisson" and (y < 0).any():
        raise ValueError(
            f"y must not be negative for loss='poisson', but {(y < 0).sum()} of its numbers are (the "
            f"smallest is {y.min():g}). Take another loss, such as 'squared_error'."
        )
    largest = float(np.abs(y).max(initial=0.0))
    if largest > np.sqrt(np.finfo(float).max) / 1e4:
        raise ValueError(
            f"y holds numbers as large as {largest:.3g}, whose squares are beyond float64. Divide y by a "
            "number first."
        )


def r2_of(squared_errors: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the R2 of mean squared errors on some numbers, by scikit-learn's rules.

    Numbers that are all equal are predicted exactly, 1, or they are not, 0. A single one has no R2.

    Examples
    --------
    >>> import numpy as np
    >>> errors = np.array([0.0, 1.0])
    >>> r2_of(errors, np.array([-2.0, 2.0])), r2_of(errors, np.ones(2))
    (array([1.  , 0.75]), array([1., 0.]))
    """
    spread = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    if len(y) < 2:
        return np.full(len(squared_errors), np.nan)
    if spread > 0:
        return 1 - squared_errors / spread
    return np.where(np.isnan(squared_errors), np.nan, (squared_errors == 0).astype(float))


def guess_of(loss: str, quantile: float) -> tuple[dict[str, Any], str]:
    """Return what a DummyRegressor is told to predict the constant of the smallest loss, and its name.

    Examples
    --------
    >>> guess_of("quantile", 0.9)
    ({'strategy': 'quantile', 'quantile': 0.9}, 'the 0.9 quantile')
    """
    strategy = NUMBER_LOSSES[loss].best_constant
    if strategy == "quantile":
        return {"strategy": strategy, "quantile": quantile}, f"the {quantile:g} quantile"
    return {"strategy": strategy}, f"the {strategy}"


def poisson_deviance(losses: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return the mean Poisson deviances that mean Poisson losses on a y stand for."""
    return 2 * (losses - np.average(least_poisson_loss(y), weights=weights))


@dataclass(frozen=True)
class Numbers:
    """What the numbers are that a network learns.

    Attributes
    ----------
    mean, scale : ndarray of shape (n_outputs,)
        Targets are ``(y - mean) / scale``; the scale is never 0.
    is_vector : bool
        Whether y has one dimension.
    is_scaled : bool
        Whether numbers were to be scaled.
    constants : ndarray of shape (n_outputs,)
        What the network's outputs are to be whatever X is, before the activation; NaN of those that are not
        to be constant. 0 of numbers, for the mean is taken from a constant y always; of counts that are all 0
        the rate is Keras's smallest.
    """

    mean: np.ndarray
    scale: np.ndarray
    is_vector: bool
    is_scaled: bool = True
    constants: np.ndarray = field(default_factory=lambda: np.full(1, np.nan))

    #: There are none, which SciKeras and hold-outs ask for.
    classes: ClassVar[None] = None
    keeps_one: ClassVar[bool] = False

    @classmethod
    def of(cls, y: np.ndarray) -> Self:
        """Return what a flattened y is before rows are chosen to train on: not scaled."""
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        return cls(np.zeros(n_outputs), np.ones(n_outputs), y.ndim == 1)

    @property
    def n_outputs(self) -> int:
        """Numbers to predict for each row."""
        return len(self.mean)

    @property
    def constant_outputs(self) -> np.ndarray | None:
        """The constants; None if there are none."""
        return None if np.isnan(self.constants).all() else self.constants

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for those that encode y alike."""
        return (self.mean.tobytes(), self.scale.tobytes())

    def fitted(
        self, y: np.ndarray, weights: np.ndarray | None, *, is_scaled: bool, is_partial: bool, loss: str
    ) -> Self:
        """Return what the rows to train on say: their weighted mean and standard deviation.

        Parameters
        ----------
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            Of the rows to train on.
        weights : ndarray of shape (n_rows,) or None
        is_scaled : bool
            Whether to scale by them.
        is_partial : bool
            Whether more rows come later, so that a constant y may not stay one.
        loss : str

        Warns
        -----
        UserWarning
            If y, or a column of it, is constant, or holds counts that are learnt slowly.
        """
        columns = y.reshape(len(y), -1)
        largest = np.abs(columns).max(axis=0)
        unit = np.where(largest > 0, largest, 1.0)  # squares of large numbers would be infinite
        mean = np.average(columns / unit, axis=0, weights=weights)
        deviation = np.sqrt(np.average((columns / unit - mean) ** 2, axis=0, weights=weights))
        is_constant = deviation <= ROUNDINGS * np.finfo(float).eps
        if is_constant.any():
            _warn_of_constants(columns, is_constant, is_partial)
        stays_constant = is_constant & (not is_partial)
        if NUMBER_LOSSES[loss].power is None:
            _warn_of_large_counts(mean * unit)
            rates = np.log(np.maximum(columns[0], EPSILON))
            return replace(self, constants=np.where(stays_constant, rates, np.nan))
        mean = np.where(is_constant, columns[0], mean * unit)
        if is_scaled:
            scale = np.where(is_constant, 1.0, deviation * unit)
        else:
            mean, scale = np.where(stays_constant, mean, self.mean), self.scale
        constants = np.where(stays_constant, 0.0, np.nan)
        return replace(self, mean=mean, scale=scale, is_scaled=is_scaled, constants=constants)

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the targets of a flattened y, of shape (n_rows, n_outputs)."""
        return (y.reshape(len(y), -1) - self.mean) / self.scale

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return the numbers that outputs of shape (n_rows, n_outputs) stand for, in the shape of y."""
        predicted = self.mean + self.scale * outputs.astype(np.float64, copy=False)
        return predicted[:, 0] if self.is_vector else predicted

    def groups(self, y: np.ndarray) -> np.ndarray:
        """Return the groups that a hold-out keeps the shares of: all rows are one."""
        return np.zeros(len(y), dtype=np.intp)

    def check_rows(self, y: np.ndarray) -> None:
        """Accept any rows to train on."""

    def loss_unit(self, loss: str) -> float:
        """Return what the loss of targets is multiplied by to be that of y.

        Of several outputs it is the harmonic mean: the loss of y is then the mean of its outputs' losses,
        weighted by what makes them count alike in training.
        """
        power = NUMBER_LOSSES[loss].power
        return 1.0 if power is None else float(1 / np.mean(self.scale**-power))

    def made_constant(
        self, coefs: list[np.ndarray], intercepts: list[np.ndarray]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return a network's weights with those outputs constant that are to be."""
        if self.constant_outputs is None:
            return coefs, intercepts
        is_constant = ~np.isnan(self.constants)
        kernel, bias = coefs[-1].copy(), intercepts[-1].copy()
        kernel[:, is_constant] = 0
        bias[is_constant] = self.constants[is_constant]
        return [*coefs[:-1], kernel], [*intercepts[:-1], bias]


def _warn_of_large_counts(means: np.ndarray) -> None:
    if means.max() > LARGE_COUNT:
        warnings.warn(
            f"y has a mean of {means.max():,.0f}, and with loss='poisson' a network begins with predictions "
            "near 1: it takes long to learn such counts. Divide y by its mean, and multiply the predictions "
            "by it.",
            UserWarning,
            stacklevel=2,
        )


def _warn_of_constants(columns: np.ndarray, is_constant: np.ndarray, is_partial: bool) -> None:
    numbers = np.flatnonzero(is_constant).tolist()
    what = f"y is constant in column {numbers}" if len(is_constant) > 1 else "y is constant"
    value = ", ".join(f"{columns[0, number]:g}" for number in numbers[:3])
    then = (
        "so the first rows do not say how large its differences are, and it is not divided by its standard "
        "deviation. Give rows that differ to the first partial_fit."
        if is_partial
        else "so that is what is predicted, whatever X is."
    )
    warnings.warn(f"{what} ({value}) in all rows to train on, {then}", UserWarning, stacklevel=2)
