"""A transformer for the columns of a table, each as its kind asks for."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Integral, Number
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from sklearn_ridge_nn.preprocessing._category_cleaner import CategoryCleaner
from sklearn_ridge_nn.preprocessing._date_encoder import DateEncoder
from sklearn_ridge_nn.preprocessing._text_encoder import TextEncoder
from sklearn_ridge_nn.preprocessing._values import Column, columns_of
from sklearn_ridge_nn.preprocessing._words import spelled, written_as_text

#: Up to so many different values categories become columns of 0 and 1. Text with more
MOST_CATEGORIES = 100
#: is taken for categories if on average so many rows have the same,
ROWS_OF_A_CATEGORY = 10
#: and text with more than so many is not if more than half of the rows have one of their own.
FEW_CATEGORIES = 20

NUMERIC, CATEGORICAL, MANY, DATES, TEXT = "numeric", "categorical", "many_categories", "dates", "text"


def make_preprocessor(
    X: Any,
    *,
    categorical: Sequence[Any] = (),
    text: Sequence[Any] = (),
    cardinality_threshold: int = MOST_CATEGORIES,
    target_type: str = "auto",
    random_state: Any = 0,
) -> ColumnTransformer:
    """Make a transformer of the columns of a table, each as its kind asks for.

    It is scikit-learn's `ColumnTransformer`, not yet fitted: put it before the network in a pipeline. Only
    the kinds of the columns are taken from `X`. What a step learns, medians or categories, it learns from the
    rows that the pipeline is fitted to.

    =====================  ==============================  ==================================================
    name in the result     columns                         what becomes of them
    =====================  ==============================  ==================================================
    ``numeric``            numbers                         the median for missing ones; then scaled to mean 0
                                                           and variance 1
    ``categorical``        categories: by their type,      a column of 0 and 1 for each, a missing value being
                           truth values, text that         one of them; zeros for those that no row had. They
                           repeats itself, and those that  are compared as text: 1, 1.0 and "1" are the same,
                           `categorical` names             and so are True and "TRUE"
    ``many_categories``    the same, more of them than     the mean of the target for each, shrunk to the mean
                           `cardinality_threshold`         of all (`TargetEncoder`, cross-fitted); then scaled
    ``dates``              dates, times and durations      `DateEncoder`, its days scaled; the median for
                                                           missing ones
    ``text``               those that `text` names         `TextEncoder`
    =====================  ==============================  ==================================================

    Parameters
    ----------
    X : DataFrame of pandas or polars, or ndarray of shape (n_samples, n_features)
        The table.
    categorical : sequence, default=()
        Columns that hold categories, whatever their type: by name, or by place where they have no names.
    text : sequence, default=()
        Columns that hold free text.
    cardinality_threshold : int, default=100
        Up to so many different categories in `X` each has a column of its own.
    target_type : {"auto", "continuous", "binary", "multiclass"}, default="auto"
        As of `TargetEncoder`. Say "continuous" if you predict whole numbers, which look like classes.
    random_state : int, RandomState instance or None, default=0
        Of the folds of `TargetEncoder` and the components of `TextEncoder`.

    Returns
    -------
    preprocessor : ColumnTransformer
        Its result is sparse where most of it is 0.

    Raises
    ------
    ValueError
        If a column is named that is not there, or twice; if one holds nothing, or free text, or numbers or
        dates as text, that no argument names; or values that are neither numbers, text, truth values nor
        dates, or of several of these kinds.

    See Also
    --------
    DateEncoder : Encodes dates.
    TextEncoder : Encodes free text.

    Notes
    -----
    Text is free text, rather than categories, if it has more than 100 different values and fewer than 10 rows
    for each; or more than 20 values, and more than half of the rows have one of their own. It is numbers or
    dates as text if four of five different values look so.

    `TargetEncoder` encodes the rows that it is fitted to by means over other rows, so that the network does
    not see the target of a row in its features.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_ridge_nn import RidgeMLPClassifier, make_preprocessor
    >>> X = pd.DataFrame({"age": [31, 45, None, 28], "city": ["Rome", "Oslo", "Rome", None]})
    >>> preprocessor = make_preprocessor(X)
    >>> model = make_pipeline(preprocessor, RidgeMLPClassifier(epochs=2, random_state=0))
    >>> model.fit(X, ["yes", "no", "yes", "no"])[0].get_feature_names_out()
    array(['numeric__age', 'categorical__city_Oslo', 'categorical__city_Rome',
           'categorical__city_nan'], dtype=object)
    """
    return preprocessor_of(
        X,
        categorical=categorical,
        text=text,
        cardinality_threshold=cardinality_threshold,
        target_type=target_type,
        random_state=random_state,
        cleans=True,
    )


make_preprocessor.__module__ = "sklearn_ridge_nn"


def preprocessor_of(
    X: Any,
    *,
    categorical: Sequence[Any],
    text: Sequence[Any],
    cardinality_threshold: int = MOST_CATEGORIES,
    target_type: str = "auto",
    random_state: Any = 0,
    cleans: bool,
) -> ColumnTransformer:
    """Do what `make_preprocessor` says; without `cleans`, missing categories are NaN whatever the row."""
    if not (isinstance(cardinality_threshold, Integral) and cardinality_threshold >= 0):
        raise ValueError(f"cardinality_threshold must be an int >= 0. Got {cardinality_threshold!r}.")
    columns = list(columns_of(X))
    names = [column.name for column in columns]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise ValueError(f"X has two columns named {twice!r}. Rename one of them, or leave it out.")
    _check_names(names, categorical, text)
    kinds: dict[str, list[Any]] = {name: [] for name in (NUMERIC, CATEGORICAL, MANY, DATES, TEXT)}
    for place, column in enumerate(columns):
        kind, n_values = (TEXT, 0) if column.name in text else _kind(column, column.name in categorical)
        # ColumnTransformer takes whole numbers for places, whatever the columns' names
        name = column.name if isinstance(column.name, str) else place
        kinds[MANY if n_values > cardinality_threshold else kind].append(name)
    steps = _steps(target_type, random_state, cleans)
    return ColumnTransformer([(name, steps[name], names) for name, names in kinds.items() if names])


def is_free_text(n_values: int, n_rows: int) -> bool:
    """Return whether text in so many rows is free text, having so many different values.

    Parameters
    ----------
    n_values, n_rows : int

    Examples
    --------
    >>> is_free_text(50, 60), is_free_text(50, 200), is_free_text(300, 2_000), is_free_text(300, 20_000)
    (True, False, True, False)
    """
    if n_values > MOST_CATEGORIES:
        return n_values * ROWS_OF_A_CATEGORY > n_rows
    return n_values > FEW_CATEGORIES and n_values > n_rows / 2


def _steps(target_type: str, random_state: Any, cleans: bool) -> dict[str, Any]:
    """Return what becomes of the columns of each kind."""
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    # encoders tell 1 from "1", and None from NaN and NA; which a row has is a matter of its frame's types
    clean = [CategoryCleaner()] if cleans else []
    target = _target_encoder(target_type, random_state)
    one_hot = OneHotEncoder(handle_unknown="ignore")
    return {
        NUMERIC: make_pipeline(impute, StandardScaler()),
        CATEGORICAL: make_pipeline(*clean, one_hot) if cleans else one_hot,
        MANY: make_pipeline(*clean, target, StandardScaler()),
        DATES: make_pipeline(DateEncoder(standardize=True), clone(impute)),
        TEXT: TextEncoder(random_state=random_state),
    }


def _target_encoder(target_type: str, random_state: Any) -> TargetEncoder:
    """Return a TargetEncoder of five folds at random; before scikit-learn 1.9 it took no splitter."""
    known = inspect.signature(TargetEncoder).parameters.get("random_state")
    if known is not None and known.default is None:
        return TargetEncoder(target_type=target_type, random_state=random_state)
    cv = KFold(5, shuffle=True, random_state=random_state)
    return TargetEncoder(target_type=target_type, cv=cv)


def _check_names(names: Sequence[Any], categorical: Sequence[Any], text: Sequence[Any]) -> None:
    for argument, given in (("categorical", categorical), ("text", text)):
        if isinstance(given, str):
            raise ValueError(f"{argument} must be a list of columns, such as [{given!r}]. Got {given!r}.")
        for name in given:
            if name not in names:
                near = get_close_matches(str(name), [str(known) for known in names], 1)
                raise ValueError(
                    f"{argument} names {name!r}, and X has no such column. "
                    + (f"Did you mean {near[0]!r}?" if near else f"It has {_listed(names)}.")
                )
    twice = next((name for name in categorical if name in text), None)
    if twice is not None:
        raise ValueError(
            f"Column {twice!r} is named by categorical and by text. Leave it out of one of them."
        )


def _kind(column: Column, is_categorical: bool) -> tuple[str, int]:
    """Return the kind of a column, and its number of categories (0 of others).

    Raises
    ------
    ValueError
        If it has none.
    """
    is_missing = column.is_missing
    present = column.values[~is_missing]
    if len(present) == 0:
        raise ValueError(f"Column {column.name!r} of X is empty. Leave it out.")
    if is_categorical or column.is_declared:
        return CATEGORICAL, _n_values(present)
    kind = present.dtype.kind
    if kind in "iuf":
        return NUMERIC, 0
    if kind in "Mm":
        return DATES, 0
    types = set(map(type, present.tolist()))
    if all(issubclass(one, (bool, np.bool_)) for one in types):
        return CATEGORICAL, _n_values(present)
    if all(issubclass(one, Number) and not issubclass(one, (bool, complex)) for one in types):
        if _has_na(column, is_missing):
            raise ValueError(
                f"Column {column.name!r} of X holds numbers and pandas's NA as objects, which scikit-learn "
                "does not take. Convert it: astype('Float64')."
            )
        return NUMERIC, 0
    if any(all(issubclass(one, dates) for one in types) for dates in _DATES):
        return DATES, 0
    if types <= {str, np.str_}:
        words = list(dict.fromkeys(map(str, present)))
        if holds := written_as_text(words):
            raise ValueError(
                f"Column {column.name!r} of X {holds}; or name the column in categorical if these are "
                "categories."
            )
        n_values = len(words)
        if is_free_text(n_values, len(present)):
            raise ValueError(
                f"Column {column.name!r} of X holds free text or identifiers: {n_values:,} different values "
                f"in {len(present):,} rows, such as {present[0]!r}. Name it in text; or in categorical if "
                "these are categories; or leave it out."
            )
        return CATEGORICAL, _n_values(present)
    names = _listed(sorted(one.__name__ for one in types), quote="")
    raise ValueError(
        f"Column {column.name!r} of X holds values of type {names}. A column must hold numbers, or text, or "
        "truth values, or dates. Convert it, or leave it out."
    )


#: Types of dates; each column has one of them.
_DATES = ((datetime.date,), (datetime.time,), (datetime.timedelta,))


def _n_values(present: NDArray[Any]) -> int:
    """Return the number of categories, however they are spelled."""
    try:
        different = dict.fromkeys(present.tolist())
    except TypeError:  # lists, which no dict takes
        return len(set(map(str, present)))
    return len(set(map(spelled, different)))


def _has_na(column: Column, is_missing: NDArray[np.bool_]) -> bool:
    """Return whether missing values are neither None nor NaN."""
    if column.values.dtype.kind != "O":
        return False
    return any(
        not (value is None or isinstance(value, float)) for value in column.values[is_missing].tolist()
    )


def _listed(names: Iterable[Any], quote: str = "'", most: int = 8) -> str:
    shown = [f"{quote}{name}{quote}" if isinstance(name, str) else str(name) for name in names]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
