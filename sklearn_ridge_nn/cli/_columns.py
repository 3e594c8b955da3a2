"""What each column of a table is, and the pipeline that makes a network's input of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn.cli import _dates as dates
from sklearn_ridge_nn.cli._tables import MISSING, InputError, listed, quoted, shortened
from sklearn_ridge_nn.preprocessing import (
    MOSTLY,
    are_dates,
    is_free_text,
    otherwise_written,
    preprocessor_of,
    spelled,
)

#: Numbers whose squares can be added up, of any number of rows.
LARGEST = 1e150
#: So many columns that cannot be used are named, and options to paste are so long, at most.
MOST_FAULTS, MOST_SIGNS = 8, 1500
#: Fields that are looked at together: pandas takes a millisecond for each column by itself.
_BLOCK_FIELDS = 10**6


@dataclass(frozen=True)
class Columns:
    """Names of the columns of each kind, in the order of the table.

    Attributes
    ----------
    numeric, categorical : tuple of str
    dates : dict of str to (str or None)
        With the form of each, as `dates.form_of` returns it.
    text : tuple of str
        Columns of free text.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    dates: Mapping[str, str | None] = field(default_factory=dict)
    text: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """All of them, numeric ones first."""
        return [*self.numeric, *self.categorical, *self.dates, *self.text]


def without_missing(frame: pd.DataFrame, words: Sequence[str] = ()) -> pd.DataFrame:
    """Return a table with NaN where a field stands for a missing value.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        As a file has it.
    words : sequence of str, default=()
        What else stands for a missing value; those that are numbers do so in columns of numbers, too.
    """
    numbers = [number for number in map(_number, words) if number is not None]
    parts, blanked = [], {}
    for names, values in _texts(frame, list(frame.columns)):
        is_missing = pd.Series(values.ravel()).isin([*MISSING, *words]).to_numpy().reshape(values.shape)
        there = np.where(is_missing, np.nan, values) if is_missing.any() else values
        parts.append(pd.DataFrame(there, index=frame.index, columns=names, dtype=object))
    for name in frame.columns[[not pd.api.types.is_object_dtype(dtype) for dtype in frame.dtypes]]:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            blanked[name] = column.mask(column.isin(numbers)) if numbers else column
        elif pd.api.types.is_string_dtype(column):
            blanked[name] = column.mask(column.isin([*MISSING, *words]))
        else:
            blanked[name] = column
    return pd.concat([*parts, pd.DataFrame(blanked, index=frame.index)], axis=1)[list(frame.columns)]


def _texts(frame: pd.DataFrame, names: Sequence[Any]) -> Iterator[tuple[list[Any], NDArray[np.object_]]]:
    """Yield those of some columns that hold any objects, as text is, and their fields, some at a time."""
    dtypes = frame.dtypes
    texts = [name for name in names if pd.api.types.is_object_dtype(dtypes[name])]
    n_columns = max(1, _BLOCK_FIELDS // max(1, len(frame)))
    for first in range(0, len(texts), n_columns):
        block = texts[first : first + n_columns]
        yield block, frame[block].to_numpy()


def _plain_numbers(frame: pd.DataFrame, names: Sequence[Any]) -> dict[Any, NDArray[np.float64]]:
    """Return the numbers of the columns whose fields are all text that is a number, or missing."""
    found: dict[Any, NDArray[np.float64]] = {}
    for block, values in _texts(frame, names):
        for name, column in zip(block, values.T, strict=True):
            if pd.api.types.infer_dtype(column, skipna=True) != "string":
                continue
            numbers = _read_quickly(column)
            if numbers is None:
                numbers = as_numbers(pd.Series(column)).to_numpy()
            is_present = pd.notna(column)
            if is_present.any() and np.isfinite(numbers[is_present]).all():
                found[name] = numbers
    return found


def _read_quickly(words: NDArray[np.object_]) -> NDArray[np.float64] | None:
    """Return text as numbers, NaN where it is missing; None if some is no number that Arrow knows.

    What Arrow knows pandas knows, too, and both read the double that is nearest. pandas takes six times as
    long.
    """
    import pyarrow

    try:
        numbers = pyarrow.array(words, type=pyarrow.string(), from_pandas=True).cast(pyarrow.float64())
    except pyarrow.ArrowInvalid:
        return None
    return np.asarray(numbers.to_numpy(zero_copy_only=False)) + 0.0  # no -0, as pandas reads '-0'


def _number(word: str) -> float | None:
    """Return a word as the number that it is in a column of numbers, or None."""
    number = float(as_numbers(pd.Series([word]))[0])
    return None if np.isnan(number) else number


def sort_columns(
    frame: pd.DataFrame,
    categorical: Sequence[str] = (),
    of_dates: Sequence[str] = (),
    of_text: Sequence[str] = (),
    date_formats: Mapping[str, str] | None = None,
) -> Columns:
    """Say of each column whether it holds numbers, categories, dates or free text.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        With numbers, text, or numbers and dates as text.
    categorical, of_dates, of_text : sequence of str, default=()
        Columns that hold categories, dates or free text whatever they look like.
    date_formats : dict of str to str, default=None
        Columns of dates and their form, as of `datetime.strptime`; that of others is found out.

    Raises
    ------
    InputError
        If a column holds dates or free text and nobody said so, values other than single numbers or text,
        infinite numbers, or nothing at all.
    """
    said = dict.fromkeys(categorical, "categorical") | dict.fromkeys(of_dates, "dates")
    said |= dict.fromkeys(of_text, "text")
    forms = date_formats or {}
    plain = _plain_numbers(frame, [name for name in frame if name not in said])
    kinds: dict[str, list[str]] = {"numeric": [], "categorical": [], "dates": [], "text": []}
    found: dict[str, str | None] = {}
    faults: dict[str, str] = {}
    for name in frame:
        try:
            kind = said.get(name) or ("numeric" if name in plain else _kind(frame[name]))
            if kind == "dates":
                found[str(name)] = dates.form_of(frame[name], forms.get(name), len(of_dates))
        except InputError as error:
            faults[str(name)] = str(error)
        else:
            kinds[kind].append(str(name))
    if faults:
        raise InputError(_all_of(faults, set(of_dates), set(map(str, frame.columns))))
    return Columns(tuple(kinds["numeric"]), tuple(kinds["categorical"]), found, tuple(kinds["text"]))


def _all_of(faults: Mapping[str, str], of_dates: set[str], names: set[str]) -> str:
    """Return one message about all columns that cannot be used as they are: of those to keep, or to drop."""
    unclear = [text for name, text in faults.items() if name in of_dates]
    if unclear:
        return " ".join(f"{text.rstrip('.')}." for text in unclear[:MOST_FAULTS]).removesuffix(".")
    first = next(iter(faults.values()))
    if len(faults) == 1:
        return first
    shown = list(map(repr, [*faults][1:]))[:MOST_FAULTS]
    others, last = (
        (shown[:-1], shown[-1])
        if len(faults) - 1 <= MOST_FAULTS
        else (shown, f"{len(faults) - 1 - MOST_FAULTS} more")
    )
    named = f"Columns {', '.join(others)} and {last}" if others else f"Column {last}"
    out = _options("--drop", [*faults], names)
    ready = f": {out}" if len(out) <= MOST_SIGNS else " by --drop"
    as_is = "as they are" if others else "as it is"
    said = f"{first.rstrip('.')}. {named} cannot be used {as_is}, either."
    learn = " ".join(
        _options(option, known, names)
        for option in ("--dates", "--text")
        if (known := [name for name, text in faults.items() if f"{option}=" in text])
    )
    if learn and len(learn) <= MOST_SIGNS:
        return f"{said} Learn from dates and text: {learn}; or leave all of them out{ready}"
    return f"{said} Leave all of them out{ready}"


def _options(option: str, columns: Sequence[str], names: set[str]) -> str:
    """Return an option that names columns, in one word where that names no other column."""
    together = ",".join(columns)
    are_one_word = together not in names and not any("," in name for name in columns)
    return " ".join(f"{option}={shlex.quote(word)}" for word in ([together] if are_one_word else columns))


def prepared(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return float64 numbers, dates, and categories and text as text, in the order of `columns`.

    Missing values are NaN, missing dates NaT.

    Raises
    ------
    InputError
        If a field of a numeric column is not a finite number or too large to be scaled, or one of dates has
        another form.
    """
    plain = _plain_numbers(frame, columns.numeric)
    numbers = {name: plain[name] if name in plain else _numbers(frame[name]) for name in columns.numeric}
    for name, values in numbers.items():
        _refuse_huge(name, np.asarray(values))
    words = {name: as_text(frame[name]) for name in (*columns.categorical, *columns.text)}
    days = {name: dates.read(frame[name], form) for name, form in columns.dates.items()}
    table = pd.DataFrame({**numbers, **words, **days}, index=frame.index)[columns.names]
    # names as Python has them, which scikit-learn goes through again and again, faster than pandas's text
    return table.set_axis(pd.Index(columns.names, dtype=object), axis=1)


def pipeline(X: pd.DataFrame, columns: Columns, network: Any) -> Pipeline:
    """Return what makes features of columns, as `make_preprocessor` says, and predicts.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        As `prepared` returns it.
    columns : Columns
    network : RidgeMLPClassifier or RidgeMLPRegressor
    """
    transformer = preprocessor_of(
        X,
        categorical=columns.categorical,
        text=columns.text,
        target_type="continuous" if is_regressor(network) else "auto",
        cleans=False,  # `prepared` has done so
    )
    return Pipeline([("columns", transformer), ("network", network)])


def _kind(column: pd.Series) -> str:
    present = column.dropna()
    if present.empty:
        raise InputError(f"Column {column.name!r} is empty. Leave it out: --drop={quoted(column.name)}")
    if dates.is_dates(column):
        return "dates"
    if is_boolean(column):
        return "categorical"
    if pd.api.types.is_numeric_dtype(column):
        return "numeric"
    example = present.iloc[0]
    if not isinstance(example, (str, Number)):
        raise InputError(
            f"Column {column.name!r} holds neither numbers nor text, but {type(example).__name__}. Leave it "
            f"out: --drop={quoted(column.name)}"
        )
    numbers = pd.to_numeric(present, errors="coerce")
    if numbers.notna().all():
        return "numeric"
    if numbers.notna().mean() >= MOSTLY:
        exceptions = present[numbers.isna()]
        word, n_rows = str(exceptions.iloc[0]), len(exceptions)
        raise InputError(
            f"Column {column.name!r} holds numbers, but for {listed(exceptions.unique().tolist(), 3)} in "
            f"{n_rows} row{'s' if n_rows > 1 else ''}. If that stands for a missing value: "
            f"--missing={quoted(word)}; if these are categories: --categorical={quoted(column.name)}"
        )
    words = [str(word) for word in present.unique()]
    if written := otherwise_written(words):
        raise InputError(
            f"Column {column.name!r} {written} Write them like 1234.5; or if these are categories: "
            f"--categorical={quoted(column.name)}"
        )
    if are_dates(words):
        raise InputError(
            f"Column {column.name!r} holds dates or times, such as {words[0]!r}. Learn from them: "
            f"--dates={quoted(column.name)}; or leave the column out: --drop={quoted(column.name)}"
        )
    if is_free_text(len(words), len(present)):
        raise InputError(
            f"Column {column.name!r} holds free text or identifiers: {len(words)} different values in "
            f"{len(present)} rows, such as {shortened(words[0], 40)!r}. Leave it out: "
            f"--drop={quoted(column.name)}; or if it is text to learn from: --text={quoted(column.name)}; or "
            f"if these are categories: --categorical={quoted(column.name)}"
        )
    return "categorical"


def _numbers(column: pd.Series) -> pd.Series:
    numbers = as_numbers(column)
    wrong = (numbers.isna() & column.notna()) | np.isinf(numbers)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        value = column.iloc[place]
        raise InputError(
            f"Column {column.name!r} {no_number(column, place)}. If that stands for a missing value: "
            f"--missing={quoted(value)}"
        )
    return numbers


def _refuse_huge(name: str, numbers: NDArray[np.float64]) -> None:
    """Raise if numbers cannot be scaled, because the sum of their squares is beyond float64."""
    largest = np.nanmax(np.abs(numbers), initial=0.0)
    if largest > LARGEST:
        raise InputError(
            f"Column {name!r} holds numbers as large as {largest:.3g}, which cannot be scaled: their squares "
            "are beyond float64. Divide them by a number first, or leave the column out: "
            f"--drop={quoted(name)}"
        )


def as_numbers(column: pd.Series) -> pd.Series:
    """Return float64, NaN where a value is missing or no number."""
    return pd.to_numeric(column, errors="coerce").astype(float)


def no_number(column: pd.Series, place: int) -> str:
    """Return what to say of a column of numbers that holds something else at a place."""
    value = shortened(str(column.iloc[place]), 40)
    return f"must hold finite numbers, but row {column.index[place] + 1} of the data has {value!r}"


def as_text(column: pd.Series) -> pd.Series:
    """Return text, missing ones NaN; each value as it would be in any file.

    Whole numbers have no point, and the two truth values are True and False.
    """
    present = column.dropna()
    words = {value: spelled(value) for value in present.unique()}
    text = pd.Series(np.nan, index=column.index, dtype=object)
    text[present.index] = present.map(words).astype(object)
    return text.rename(column.name)


def is_boolean(column: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return True
    return column.dtype == object and all(isinstance(value, (bool, np.bool_)) for value in column.dropna())


def row_numbers(frame: pd.DataFrame, columns: Columns) -> list[str]:
    """Return the numeric columns of a table from `prepared` that count the rows."""
    if len(frame) <= 2:
        return []
    return [name for name in columns.numeric if bool((np.diff(frame[name].to_numpy()) == 1).all())]


def unknown_categories(frame: pd.DataFrame, fitted: Pipeline) -> Iterable[tuple[str, list[str], bool]]:
    """Yield categorical columns, their categories that the training rows lack, and if there are others."""
    for name, known in known_categories(fitted):
        values = pd.Series(frame[name].unique()).dropna()
        is_known = values.isin(known)
        yield name, values[~is_known].tolist(), bool(is_known.any())


def known_categories(fitted: Pipeline) -> Iterable[tuple[str, np.ndarray]]:
    """Yield categorical columns and the categories that their training rows had."""
    transformers = fitted.named_steps["columns"].named_transformers_
    for kind in ("categorical", "many_categories"):
        encoder = transformers.get(kind)
        encoder = encoder[0] if isinstance(encoder, Pipeline) else encoder
        if encoder is None:
            continue
        yield from zip(encoder.feature_names_in_, encoder.categories_, strict=True)
