"""The column to predict: classes or numbers, and which values are neither."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_ridge_nn.cli._columns import as_numbers, as_text, is_boolean, no_number
from sklearn_ridge_nn.cli._commands import CLASSIFICATION, REGRESSION
from sklearn_ridge_nn.cli._tables import InputError, listed
from sklearn_ridge_nn.preprocessing import MOSTLY, are_dates, otherwise_written, spelled

#: Up to so many different whole numbers are taken as classes, more as numbers to predict;
MOST_GUESSED = 20
#: up to so many that goes without saying,
MOST_PLAIN = 10
#: and up to so many may be declared to be classes. Text may have more if it repeats.
MOST_CLASSES = 100
_WHOLE = re.compile(r"-?(0|[1-9]\d*)")


@dataclass(frozen=True)
class Target:
    """What to predict.

    Attributes
    ----------
    values : ndarray of shape (n_rows,)
        Labels as ints or text, or numbers as float64.
    task : {"classification", "regression"}
        What that makes of it.
    guess : str or None
        What to say of a task that was guessed and is not plain.
    """

    values: np.ndarray
    task: str
    guess: str | None = None


def target_of(column: pd.Series, name: str, task: str | None = None) -> Target:
    """Return what a column holds to be predicted.

    Labels are ints where all are written as such, else their text.

    Parameters
    ----------
    column : Series
        As the file has it, missing values NaN.
    name : str
        Of the column, for messages.
    task : {"classification", "regression"} or None, default=None
        None guesses: numbers are a regression if more than `MOST_GUESSED` are different, or if more than two
        are and some are not whole.

    Raises
    ------
    InputError
        If a value is missing, all are the same, or they are neither classes nor numbers.
    """
    n_missing = int(column.isna().sum())
    if n_missing:
        row = int(np.flatnonzero(column.isna())[0])
        raise InputError(
            f"--target {name!r} has no value in {n_missing} of {len(column)} rows (the first is row "
            f"{row + 1} of the data). Take these rows out, or give them a value."
        )
    labels = _classes(column)
    words = np.unique(labels.astype(str)).tolist()
    _refuse_dates(column, words, name)
    numbers = as_numbers(column.astype(str) if is_boolean(column) else column)
    guess = None
    if task is None:
        task, guess = _guessed(column, words, numbers.to_numpy(), name)
    if task == CLASSIFICATION:
        _check_classes(words, len(column), name)
        values = labels
    else:
        values = _checked_numbers(numbers.to_numpy(), column, name)
    if len(np.unique(values)) == 1:
        raise InputError(
            f"--target {name!r} has the same {'label' if task == CLASSIFICATION else 'number'} in all "
            f"{len(column)} rows, {listed(values[:1].tolist())}. There is nothing to learn without a second "
            "one."
        )
    return Target(values, task, guess)


def _classes(column: pd.Series) -> np.ndarray:
    """Return labels as ints if they are written as such and small enough, else as their text."""
    if is_boolean(column):
        return column.astype(str).to_numpy(str)
    if pd.api.types.is_numeric_dtype(column):
        column = as_text(column)
    text = column.astype(str).to_numpy(str)
    kept = set(np.unique(text))
    is_whole = all(
        len(word) < 20 and _WHOLE.fullmatch(word) and word != "-0" and abs(int(word)) < 2**63 for word in kept
    )
    return text.astype(np.int64) if is_whole else text


def _refuse_dates(column: pd.Series, words: list[str], name: str) -> None:
    is_date = pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column)
    if is_date or are_dates(words):
        example = str(column.iloc[0]) if is_date else words[0]
        raise InputError(
            f"--target {name!r} holds dates or times, such as {example!r}, neither classes nor numbers. Make "
            "numbers of them first, days since some date for example."
        )


def _guessed(column: pd.Series, words: list[str], numbers: np.ndarray, name: str) -> tuple[str, str | None]:
    """Return the task, and what to say of it if it is not plain.

    Raises
    ------
    InputError
        If the values are numbers with something else among them, or are not written as numbers are read.
    """
    different = np.unique(numbers[np.isfinite(numbers)])
    has_fractions = bool((different != np.round(different)).any())
    is_quantity = len(different) > MOST_GUESSED or (has_fractions and len(different) > 2)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        shares = np.mean(~np.isnan(numbers)), 1 - column[np.isnan(numbers)].nunique() / len(words)
        if is_quantity and max(shares) >= MOSTLY:
            n_rows, row = int(wrong.sum()), int(np.flatnonzero(wrong)[0]) + 1
            raise InputError(
                f"--target {name!r} holds numbers, but for {listed(column[wrong].unique().tolist(), 3)} in "
                f"{n_rows} row{'s' if n_rows > 1 else ''} (the first is row {row} of the data). Take these "
                "rows out; or if these are classes: --task classification"
            )
        if len(words) > 2 and (written := otherwise_written(words)):
            raise InputError(
                f"--target {name!r} {written} Write them like 1234.5; or if these are classes: --task "
                "classification"
            )
        return CLASSIFICATION, None
    holds = f"--target {name!r} holds {len(different):,} different numbers"
    if is_quantity:
        some = ", not all of them whole" if has_fractions and len(different) <= MOST_GUESSED else ""
        way_out = " --task classification makes them classes." if len(different) <= MOST_CLASSES else ""
        return REGRESSION, f"{holds}{some}: a regression.{way_out}"
    if len(different) > MOST_PLAIN or has_fractions:
        return CLASSIFICATION, f"{holds}: taken as classes. --task regression predicts the number."
    return CLASSIFICATION, None


def _checked_numbers(numbers: np.ndarray, column: pd.Series, name: str) -> np.ndarray:
    """Return numbers to predict.

    Raises
    ------
    InputError
        If one is not a finite number.
    """
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise InputError(
            f"--target {name!r} {no_number(column, int(wrong[0]))}. Write numbers like 1234.5, and take rows "
            "without one out."
        )
    return numbers


def _check_classes(words: list[str], n_rows: int, name: str) -> None:
    """Raise if labels are too many, or the same number is written in two ways."""
    are_numbers = bool(np.isfinite(as_numbers(pd.Series(words))).all())
    if are_numbers and len(words) > MOST_CLASSES:
        raise InputError(
            f"--target {name!r} has {len(words):,} different numbers, more than the {MOST_CLASSES} that can "
            "be classes. Take --task regression, or cut them into classes first, low and high for example."
        )
    if len(words) > MOST_CLASSES and len(words) > n_rows / 2:
        raise InputError(
            f"--target {name!r} has {len(words)} different labels in {n_rows} rows: free text or "
            "identifiers rather than classes. Is it the right column?"
        )
    for word in words if are_numbers else ():
        if (plain := spelled(word)) != word and plain in words:
            raise InputError(
                f"--target {name!r} has the labels {plain!r} and {word!r}, the same number written in two "
                "ways. Write them alike."
            )
