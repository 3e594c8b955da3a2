"""X as numbers: what scikit-learn's validation lets through, and no network can take, is named."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

_NUMBERS = "biuf"
#: What is left to scikit-learn, which refuses it in its own words: arrays of text, complex numbers, records.
_LEFT = "cSUV"


def validated(estimator: BaseEstimator, X: Any, *args: Any, **kwargs: Any) -> Any:
    """Do what scikit-learn's ``validate_data`` does, once X holds numbers alone.

    Parameters
    ----------
    estimator : estimator object
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    *args, **kwargs
        As ``sklearn.utils.validation.validate_data`` takes them.

    Raises
    ------
    ValueError
        If X holds dates, text or anything else that is no number, or a number beyond float64; the message
        names the column.
    TypeError
        If it is an object that no number can be made of.
    """
    X = numbers_of(X)
    try:
        return validate_data(estimator, X, *args, **kwargs)
    except OverflowError as error:  # in a list; or in y
        raise ValueError(
            "Input X or y holds an integer that is too large for float64. Divide it by a number first."
        ) from error


def numbers_of(X: Any) -> Any:
    """Return X itself, or a copy with those columns as floats that hold numbers as other things.

    Categories that are numbers, and decimals, become floats, as text that is a number does in scikit-learn.

    Raises
    ------
    ValueError, TypeError
        See `validated`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"size": pd.Categorical([10, 20, 10]), "price": [1.5, 2.5, 3.5]})
    >>> numbers_of(frame).dtypes.astype(str).tolist()
    ['float64', 'float64']
    >>> numbers_of(frame.assign(day=pd.date_range("2020-01-01", periods=3)))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: X must hold numbers, but column 'day' holds dates or times (datetime64...). ...
    """
    if isinstance(X, (np.ndarray, list, tuple)):
        _check_array(X)
        return X
    if hasattr(X, "collect_schema") and hasattr(X, "collect"):
        raise ValueError("X is a LazyFrame of polars, which has no rows yet. Pass X.collect().")
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")):
        return X
    is_pandas = hasattr(X, "iloc")
    changed = None
    for place, (name, dtype) in enumerate(zip(X.columns, list(X.dtypes), strict=True)):
        if _is_number(dtype):
            continue
        column = X.iloc[:, place] if is_pandas else X[name]
        if is_pandas:
            changed = X.copy(deep=False) if changed is None else changed
            changed.isetitem(place, _floats(column, repr(name), dtype))
        else:
            series = type(column)(name, _floats(column, repr(name), dtype))
            changed = (X if changed is None else changed).with_columns(series)
    return X if changed is None else changed


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or pandas's NA."""
    is_nan = isinstance(value, (float, np.floating)) and bool(np.isnan(value))
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def _check_array(X: Any) -> None:
    try:
        values = np.asarray(X)
    except ValueError:  # rows of different lengths, which scikit-learn refuses
        return
    if values.dtype.kind in "OmM" and values.ndim and values.size:
        for number, column in enumerate(values.reshape(len(values), -1).T):
            _floats(column, str(number), values.dtype)


def _is_number(dtype: Any) -> bool:
    """Return whether a column's type, of pandas or polars, needs no change."""
    if getattr(dtype, "fill_value", 0) != 0:  # of a sparse column, which SciPy's matrices cannot hold
        return False
    kind = getattr(dtype, "kind", None)
    if kind is not None:
        return kind in _NUMBERS + _LEFT
    return bool(getattr(dtype, "is_numeric", lambda: False)()) or str(dtype) == "Boolean"


def _is_time(dtype: Any) -> bool:
    if getattr(dtype, "kind", None) in ("m", "M"):
        return True
    is_temporal = getattr(dtype, "is_temporal", lambda: False)()
    return bool(is_temporal) or str(dtype).startswith(("period", "interval"))


def _floats(column: Any, name: str, dtype: Any) -> np.ndarray:
    """Return a column as floats, missing values NaN.

    Raises
    ------
    ValueError, TypeError
        If a value is no number.
    """
    if _is_time(dtype):
        raise ValueError(
            f"X must hold numbers, but column {name} holds dates or times ({dtype}). Make numbers of them "
            "first: make_preprocessor(X) does so for the dates, categories and text of a table."
        )
    values = np.empty(len(column), dtype=object)
    values[:] = list(column)
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    # the label of a frame's row; the number of another's is that in a fold, where X is one
    labels = list(column.index) if hasattr(column, "index") else None
    floats = np.empty(len(values))
    for row, value in enumerate(values):
        floats[row] = _float(value, name, "" if labels is None else f" (row {labels[row]!r})")
    return floats


def _float(value: Any, name: str, row: str) -> float:
    if is_missing(value):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        raise ValueError(
            f"X holds an integer that is too large for float64, in column {name}{row}. Divide the "
            "column by a number first."
        ) from None
    except (TypeError, ValueError) as error:  # what scikit-learn's own conversion raises is kept
        raise type(error)(
            f"X must hold numbers, but column {name} holds {repr(value)[:100]}{row}. Make numbers of them "
            "first: make_preprocessor(X) does so for the dates, categories and text of a table. "
            f"({error})"
        ) from None
