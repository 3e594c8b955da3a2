"""Categories as the training rows spelled them, whatever type they come in."""

from __future__ import annotations

from decimal import Decimal
from numbers import Number
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_ridge_nn._sklearn import container_of
from sklearn_ridge_nn.preprocessing._values import Column, columns_of
from sklearn_ridge_nn.preprocessing._words import spelled


class CategoryCleaner(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Make the same category the same value, for encoders that tell types apart.

    scikit-learn's encoders know a zip code 10001 no more if it comes as the text "10001", and tell None, NaN
    and pandas's NA apart. Here categories are compared as text: 1, 1.0 and "1.0" are one category, True and
    "TRUE" another, and each becomes what it was in `fit`. A missing one is NaN. What `fit` has not seen stays
    what it is, as text, so that it is unknown to the encoder.

    Attributes
    ----------
    categories_ : list of dict
        Of each column, the text of each category, and its value in `fit`.
    n_features_in_ : int
        Columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in,)
        Their names, where they are text.

    See Also
    --------
    make_preprocessor : Puts it before the encoders of categories.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_ridge_nn.preprocessing import CategoryCleaner
    >>> cleaner = CategoryCleaner().fit(pd.DataFrame({"zip": [10001, 20095], "old": ["True", "False"]}))
    >>> cleaner.transform(pd.DataFrame({"zip": ["20095", None], "old": [False, True]}))
    array([[20095, 'False'],
           [nan, 'True']], dtype=object)
    """

    __module__ = "sklearn_ridge_nn.preprocessing"

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Learn how the categories are spelled.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
        y : None
            Ignored.

        Returns
        -------
        self : CategoryCleaner
        """
        validate_data(self, X, skip_check_array=True)
        self.categories_ = [_categories(column) for column in columns_of(X, is_exact=True)]
        return self

    def transform(self, X: Any) -> Any:
        """Return categories as `fit` saw them.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Of objects, unless all are numbers. A DataFrame if `set_output` asks for one.
        """
        check_is_fitted(self)
        validate_data(self, X, skip_check_array=True, reset=False)
        columns = [
            _matched(column, known)
            for column, known in zip(columns_of(X, is_exact=True), self.categories_, strict=True)
        ]
        if {values.dtype.kind for values in columns} in ({"b"}, {"i"}, {"u"}, {"f"}):
            return np.stack(columns, axis=1)
        if container_of(self) == "polars":  # which does not guess a type for objects if they have one
            return _frame_of_polars(self, columns)
        table = np.empty((len(columns[0]), len(columns)), dtype=object)
        for place, values in enumerate(columns):
            table[:, place] = values
        return table


def _frame_of_polars(cleaner: CategoryCleaner, columns: list[NDArray[Any]]) -> Any:
    import polars

    names = cleaner.get_feature_names_out()
    return polars.DataFrame(
        [
            polars.Series(str(name), values.tolist(), dtype=polars.Object)
            for name, values in zip(names, columns, strict=True)
        ]
    )


def _categories(column: Column) -> dict[str, Any]:
    """Return the text and the value of each category of a column.

    Numbers and truth values are kept as they are, and so is text. Of several types, text is made. Of the same
    category in several spellings, the first in alphabetical order is taken.
    """
    values = _different(column.values[~column.is_missing])
    types = {_kind(value) for value in values}
    if len(types) > 1 or types == {"other"}:
        values = [str(value) for value in values]
    if types != {"number"}:
        values = sorted(values, reverse=True)
    return {text: value for value in values for text in _spellings(value)}


def _matched(column: Column, known: dict[str, Any]) -> NDArray[Any]:
    """Return the categories of a column as `fit` saw them, unknown ones as text, missing ones NaN."""
    values, is_missing = column.values, column.is_missing
    if values.dtype.kind != "O":
        different, places = np.unique(values[~is_missing], return_inverse=True)
        found = [_found(known, value) for value in different]
        same_type = {type(value) for value in found} == {values.dtype.type}
        matched = values.copy() if same_type else np.full(len(values), np.nan, dtype=object)
        matched[~is_missing] = np.array([*found, None], dtype=object)[places]
        return matched
    present = _with_types(values[~is_missing])
    found_by_key = {key: _found(known, key[1]) for key in dict.fromkeys(present)}
    matched = np.full(len(values), np.nan, dtype=object)
    matched[~is_missing] = [found_by_key[key] for key in present]
    return matched


def _found(known: dict[str, Any], value: Any) -> Any:
    """Return a category as `fit` saw it, or its text if it did not."""
    texts = _spellings(value)
    return next((known[text] for text in texts if text in known), texts[0])


def _spellings(value: Any) -> tuple[str, ...]:
    """Return the texts that a category may have: a decimal number's with and without its zeros at the end."""
    if isinstance(value, Decimal) and value.is_finite():
        return (spelled(value), spelled(format(value.normalize(), "f")))
    return (spelled(value),)


def _kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "truth"
    if isinstance(value, Number) and not isinstance(value, complex):
        return "number"
    return "text" if isinstance(value, str) else "other"


def _different(present: NDArray[Any]) -> list[Any]:
    """Return the different values of a column without missing ones."""
    if present.dtype.kind != "O":
        return list(np.unique(present))
    return [value for _, value in dict.fromkeys(_with_types(present))]


def _with_types(values: NDArray[Any]) -> list[tuple[type, Any]]:
    """Return keys by which a dict tells 1 from True; objects of other kinds, lists for example, as text."""
    return [
        (type(value), value if isinstance(value, (str, Number)) else str(value)) for value in values.tolist()
    ]
