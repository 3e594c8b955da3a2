"""What a diagnosis is of, in words: rows, target, network, splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

import sklearn_ridge_nn
from sklearn_ridge_nn.evidence import counted

#: So many classes are named.
_MOST_CLASSES = 8
#: Parameters that are always said.
_SHOWN = ("hidden_layer_sizes", "epochs")


def about(
    estimator: BaseEstimator,
    network: Any,
    X: Any,
    target: str,
    splits: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    n_seeds: int,
    varied: str,
) -> tuple[tuple[str, str], ...]:
    """Return what was measured, each with its name.

    Parameters
    ----------
    estimator : estimator object
        What was diagnosed.
    network : RidgeMLPClassifier, RidgeMLPRegressor or None
        The network in it.
    X : object
        Rows, as `diagnose` takes them.
    target : str
        What y holds, in words.
    splits : sequence of (ndarray, ndarray)
    n_seeds : int
    varied : str
        The network's parameter that differs between the candidates.
    """
    n_rows, n_columns = _size(X)
    train, test = (_between([len(split[part]) for split in splits]) for part in (0, 1))
    seeds = f", {n_seeds} networks for each" if n_seeds > 1 else ""
    lines = {
        "Rows": f"{n_rows:,}" + ("" if n_columns is None else f", {counted(n_columns, 'column')}"),
        "Target": target,
        "Estimator": ", then ".join(_names(estimator)),
        "Network": _settings(network, varied),
        "Splits": f"{len(splits)}, each of {train} rows to train on and {test} to test on{seeds}",
        "Version": f"sklearn-ridge-nn {sklearn_ridge_nn.__version__}",
    }
    return tuple((name, text) for name, text in lines.items() if text)


def classes_in_words(labels: NDArray[Any]) -> str:
    """Return which classes there are, and how many rows of each.

    Examples
    --------
    >>> import numpy as np
    >>> classes_in_words(np.array(["no", "yes", "no"]))
    "2 classes: 'no' (2 rows), 'yes' (1 row)"
    """
    classes, counts = np.unique(labels, return_counts=True)
    shown = [
        f"{_short(repr(label))} ({counted(count, 'row')})"
        for label, count in zip(classes.tolist()[:_MOST_CLASSES], counts.tolist(), strict=False)
    ]
    more = f" and {len(classes) - _MOST_CLASSES} more" if len(classes) > _MOST_CLASSES else ""
    return f"{len(classes)} classes: {', '.join(shown)}{more}"


def numbers_in_words(numbers: NDArray[Any]) -> str:
    """Return between which numbers those to predict lie.

    Examples
    --------
    >>> import numpy as np
    >>> numbers_in_words(np.array([25.0, 346.0])), numbers_in_words(np.zeros((5, 3)))
    ('numbers from 25 to 346', '3 numbers at a time')
    """
    if numbers.ndim > 1:
        return f"{numbers.shape[1]} numbers at a time"
    return f"numbers from {numbers.min():,.6g} to {numbers.max():,.6g}"


def _size(X: Any) -> tuple[int, int | None]:
    """Return the number of rows, and that of columns where there are such."""
    if hasattr(X, "shape"):
        shape = X.shape
    else:
        has_columns = not isinstance(X[0], (str, bytes, dict)) and hasattr(X[0], "__len__")
        shape = (len(X), len(X[0])) if has_columns else (len(X),)
    return shape[0], shape[1] if len(shape) > 1 else None


def _between(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _names(estimator: Any) -> list[str]:
    if isinstance(estimator, Pipeline):
        return [name for _, step in estimator.steps if step is not None for name in _names(step)]
    return [] if estimator == "passthrough" else [type(estimator).__name__]


def _settings(network: Any, varied: str) -> str:
    """Return the network's layers and epochs, and its other parameters that are not the defaults."""
    if network is None:
        return ""
    defaults = type(network)().get_params(deep=False)
    changed = [
        f"{name} {_short(value)}"
        for name, value in network.get_params(deep=False).items()
        if name not in (varied, "verbose") and (name in _SHOWN or repr(value) != repr(defaults[name]))
    ]
    return ", ".join(changed)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = type(value).__name__ if " at 0x" in text else text
    return text if len(text) <= 60 else f"{text[:57]}..."
