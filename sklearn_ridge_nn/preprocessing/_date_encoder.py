"""Dates and times as numbers that a network can learn from."""

from __future__ import annotations

import datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_ridge_nn.preprocessing._values import Column, columns_of, input_names

#: Turns of a date, and their length in days.
_TURNS = {"year": 365.2425, "week": 7.0, "day": 1.0}
#: Parts of a turn in which dates have to lie apart for it to say something: a week, a day, an hour.
_LEAST = {"year": 7 / 366, "week": 1 / 7 - 1e-9, "day": 1 / 24 - 1e-9}
#: Days from 1970-01-01, a Thursday, to a Monday.
_FIRST_MONDAY = 4


class DateEncoder(TransformerMixin, BaseEstimator):
    """Encode dates as days and as places on circles: the season, the day of the week, the time of day.

    A network adds up and bends numbers. The number of days since some date lets it learn a trend. What comes
    back, a season or a weekend, it learns from a place on a circle, the sine and the cosine of an angle: the
    last of December lies beside the first of January.

    Every column becomes the number of days since 1970-01-01 with its fraction, and two columns for each turn
    that the training rows span at least once, and in which they differ: the year (by a week at least), the
    week (by whole days) and the day (by an hour at least). A missing date is NaN in each of them. Durations
    become days.

    Parameters
    ----------
    standardize : bool, default=False
        Whether to scale days to mean 0 and variance 1, as a network wants them. Sines and cosines are left as
        they are.

    Attributes
    ----------
    turns_ : list of tuple of str
        Of each column, which turns it has: "year", "week", "day".
    are_durations_ : list of (bool or None)
        Of each column, whether it holds durations; None of one without any value.
    means_, scales_ : ndarray of shape (n_features_in,)
        What is taken from days, and by what they are divided then: 0 and 1 without `standardize`.
    n_features_in_ : int
        Columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in,)
        Their names, where they are text.

    See Also
    --------
    make_preprocessor : Encodes the columns of a table, each as its kind asks for.

    Notes
    -----
    A date with a time zone is taken as the clock shows it there.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn import DateEncoder
    >>> X = np.array([["2024-01-01", "2024-03-05"], ["2024-07-01", "2024-03-06"], ["2025-01-01", "NaT"]])
    >>> encoder = DateEncoder().fit(X.astype("datetime64[D]"))
    >>> encoder.get_feature_names_out()
    array(['x0_days', 'x0_year_sin', 'x0_year_cos', 'x0_week_sin',
           'x0_week_cos', 'x1_days'], dtype=object)
    >>> encoder.transform(X.astype("datetime64[D]"))[:, [0, -1]]
    array([[19723., 19787.],
           [19905., 19788.],
           [20089.,    nan]])
    """

    __module__ = "sklearn_ridge_nn"

    def __init__(self, *, standardize: bool = False) -> None:
        self.standardize = standardize

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Find out which turns each column has.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            Dates, times or durations: datetime64, timedelta64, or objects of ``datetime``.
        y : None
            Ignored.

        Returns
        -------
        self : DateEncoder

        Raises
        ------
        ValueError
            If a column holds anything else.
        """
        validate_data(self, X, skip_check_array=True)
        if not isinstance(self.standardize, (bool, np.bool_)):
            raise ValueError(f"standardize must be True or False. Got {self.standardize!r}.")
        self.turns_, self.are_durations_, means, scales = [], [], [], []
        for column in columns_of(X):
            days, is_date = _days(column)
            self.turns_.append(_turns(days, bool(is_date)))
            self.are_durations_.append(None if is_date is None else not is_date)
            known = days[~np.isnan(days)] if self.standardize else days[:0]
            means.append(known.mean() if len(known) else 0.0)
            scales.append((known.std() or 1.0) if len(known) else 1.0)
        self.means_, self.scales_ = np.array(means), np.array(scales)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Encode dates.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            As for `fit`.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_encoded)
            Days, sines and cosines, as `get_feature_names_out` names them.

        Raises
        ------
        ValueError
            If a column holds anything but dates, or durations where there were dates, or the reverse.
        """
        check_is_fitted(self)
        validate_data(self, X, skip_check_array=True, reset=False)
        encoded = []
        fitted = zip(self.turns_, self.are_durations_, self.means_, self.scales_, strict=True)
        for column, (turns, are_durations, mean, scale) in zip(columns_of(X), fitted, strict=True):
            days, is_date = _days(column)
            if is_date is not None and is_date == are_durations:
                kinds = ("durations", "dates") if are_durations else ("dates or times", "durations")
                raise ValueError(f"Column {column.name!r} held {kinds[0]} in fit, and holds {kinds[1]} now.")
            encoded.append((days - mean) / scale)
            for turn in turns:
                angle = 2 * np.pi * _place(days, turn)
                encoded += [np.sin(angle), np.cos(angle)]
        return np.stack(encoded, axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the encoded columns: ``<column>_days``, ``<column>_year_sin`` and so on.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; None takes those seen by `fit`, or x0, x1 and so on.

        Returns
        -------
        names : ndarray of shape (n_encoded,)
        """
        check_is_fitted(self)
        names = []
        for name, turns in zip(input_names(self, input_features), self.turns_, strict=True):
            names.append(f"{name}_days")
            names += [f"{name}_{turn}_{part}" for turn in turns for part in ("sin", "cos")]
        return np.array(names, dtype=object)


def _days(column: Column) -> tuple[NDArray[np.float64], bool | None]:
    """Return days since 1970-01-01, NaN where missing, and whether they are dates rather than durations.

    Of a column without any value, whatever its type, the second is None.

    Raises
    ------
    ValueError
        If a column holds something else.
    """
    values = column.values
    if column.is_missing.all():
        return np.full(len(values), np.nan), None
    if values.dtype.kind == "O":
        values = _from_objects(column)
    if values.dtype.kind not in "Mm":
        raise ValueError(
            f"Column {column.name!r} must hold dates, times or durations. Got {values.dtype}. Make dates of "
            "it first, with pandas.to_datetime for example."
        )
    is_date = values.dtype.kind == "M"
    since = values - np.datetime64(0, "D") if is_date else values
    days = np.full(len(values), np.nan)
    there = ~np.isnat(since)
    days[there] = since[there] / np.timedelta64(1, "D")
    return days, is_date


def _from_objects(column: Column) -> NDArray[Any]:
    """Return datetime64 or timedelta64 of a column of objects."""
    is_missing = column.is_missing
    present = column.values[~is_missing].tolist()
    if all(isinstance(value, datetime.time) for value in present):
        present = [datetime.datetime.combine(datetime.date(1970, 1, 1), value) for value in present]
    kinds = {
        datetime.timedelta: "timedelta64[us]",
        datetime.date: "datetime64[us]",  # a datetime is one, too
    }
    found = next((name for kind, name in kinds.items() if all(isinstance(v, kind) for v in present)), None)
    if found is None:
        wrong = next(value for value in present if not isinstance(value, (datetime.date, datetime.timedelta)))
        raise ValueError(
            f"Column {column.name!r} must hold dates, times or durations. Got {wrong!r}. Make dates of it "
            "first, with pandas.to_datetime for example."
        )
    values = np.full(len(column.values), "NaT", dtype=found)
    naive = [
        value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value for value in present
    ]
    values[~is_missing] = np.array(naive, dtype=found)
    return values


def _turns(days: NDArray[np.float64], is_date: bool) -> tuple[str, ...]:
    """Return the turns that dates go round at least once, or within which times of day differ."""
    days = days[~np.isnan(days)]
    if not is_date or len(days) == 0:
        return ()
    span = days.max() - days.min()
    is_seen = {"year": span >= 365, "week": span >= 7, "day": True}
    return tuple(turn for turn in _TURNS if is_seen[turn] and _spread(_place(days, turn)) >= _LEAST[turn])


def _spread(places: NDArray[np.float64]) -> float:
    """Return the part of a circle that all places lie in."""
    ordered = np.sort(places)
    return 1.0 - float(np.diff(ordered, append=ordered[0] + 1.0).max())


def _place(days: NDArray[np.float64], turn: str) -> NDArray[np.float64]:
    """Return the place within a turn, from 0 to below 1."""
    if turn == "week":
        days = np.floor(days) - _FIRST_MONDAY
    return (days / _TURNS[turn]) % 1.0
