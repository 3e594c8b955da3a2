"""The columns of a table, whatever library it is of, as NumPy's arrays."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str or int
        Its name, or its place in a table without names.
    values : ndarray of shape (n_rows,)
        Dates are datetime64 as a clock on the wall shows them, durations timedelta64, text is objects.
    is_declared : bool
        Whether its type says that it holds categories.
    """

    name: Any
    values: NDArray[Any]
    is_declared: bool

    @cached_property
    def is_missing(self) -> NDArray[np.bool_]:
        """Of each row, whether it has no value: NaN, NaT, None or pandas's NA."""
        kind = self.values.dtype.kind
        if kind in "Mm":
            return np.isnat(self.values)
        if kind in "fc":
            return np.isnan(self.values)
        if kind != "O":
            return np.zeros(len(self.values), dtype=bool)
        na = getattr(sys.modules.get("pandas"), "NA", None)
        return np.array([_is_missing(value, na) for value in self.values.tolist()], dtype=bool)


def _is_missing(value: Any, na: Any) -> bool:
    if value is None or value is na:
        return True
    return isinstance(value, (Number, np.generic, datetime.date, datetime.timedelta)) and bool(value != value)


def input_names(encoder: Any, input_features: Any) -> Any:
    """Return the names of an encoder's input: those given, those that `fit` saw, or x0, x1 and so on."""
    if input_features is not None:
        return input_features
    return getattr(encoder, "feature_names_in_", [f"x{place}" for place in range(encoder.n_features_in_)])


def columns_of(X: Any, *, is_exact: bool = False) -> Iterator[Column]:
    """Yield the columns of a table: a frame of pandas or polars, or an array of two dimensions.

    Whole numbers of which some are missing are floats, as NumPy has it; with `is_exact` they are objects.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if hasattr(X, "collect_schema") and hasattr(X, "collect"):
        raise ValueError("X is a LazyFrame of polars, which has no rows yet. Pass X.collect().")
    if hasattr(X, "columns"):
        for place, name in enumerate(X.columns):
            yield _column(name, X.iloc[:, place] if hasattr(X, "iloc") else X[name], is_exact)
        return
    array = np.asarray(X)
    if array.dtype.kind in "US" and not hasattr(X, "dtype"):
        raise ValueError(
            "X is a list with text in it, of which NumPy makes nothing but text, numbers too. Pass a "
            "DataFrame, or an array of objects."
        )
    if array.ndim != 2:
        raise ValueError(
            f"X must be a table of rows and columns: a DataFrame, or an array of 2 dimensions. Got "
            f"{array.ndim}."
        )
    for place, values in enumerate(array.T):
        yield Column(place, values.astype(object) if values.dtype.kind in "US" else values, False)


def _column(name: Any, column: Any, is_exact: bool) -> Column:
    kind = str(column.dtype)
    is_declared = kind.startswith(("category", "Categorical", "Enum", "dictionary"))
    if getattr(column.dtype, "tz", None) is not None:  # pandas
        column = column.dt.tz_localize(None)
    elif getattr(column.dtype, "time_zone", None) is not None:  # polars
        column = column.dt.replace_time_zone(None)
    if is_exact and kind.lower().startswith(("int", "uint")):
        values = np.fromiter(column, dtype=object, count=len(column))
    else:
        values = np.asarray(column.astype(object) if kind == "category" else column)
    return Column(name, values, is_declared)
