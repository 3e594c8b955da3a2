"""The column with the labels: which values are classes, and which are not."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from sklearn_ridge_nn.cli._columns import DATE, MOSTLY, WHOLE_AS_FLOAT, as_text, is_boolean
from sklearn_ridge_nn.cli._tables import InputError, listed

#: A number to predict has more different values than that, or fractions.
MOST_CLASSES = 100
_WHOLE = re.compile(r"-?(0|[1-9]\d*)")


def class_labels(column: pd.Series, name: str) -> np.ndarray:
    """Return class labels: ints where all are, else text.

    Raises
    ------
    InputError
        If a label is missing, there are fewer than two classes, or it is a number to predict.
    """
    n_missing = int(column.isna().sum())
    if n_missing:
        row = int(np.flatnonzero(column.isna())[0])
        raise InputError(
            f"--target {name!r} has no label in {n_missing} of {len(column)} rows (the first is row "
            f"{row + 1} of the data). Take these rows out, or give them a label."
        )
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        raise InputError(
            f"--target {name!r} holds dates or times, such as {str(column.iloc[0])!r}, and no classes."
        )
    result = _classes(column)
    words = np.unique(result.astype(str)).tolist()
    if np.mean([bool(DATE.fullmatch(word)) for word in words]) >= MOSTLY:
        raise InputError(f"--target {name!r} holds dates or times, such as {words[0]!r}, not classes.")
    numbers = pd.to_numeric(pd.Series(words), errors="coerce").to_numpy(float)
    if np.isfinite(numbers).all():
        _check_numbers_are_classes(words, numbers, name)
    classes = np.unique(result)
    if len(classes) < 2:
        raise InputError(
            f"--target {name!r} has the same label in all {len(column)} rows, {listed(classes.tolist())}. A "
            "classifier needs two classes or more."
        )
    if len(classes) > max(MOST_CLASSES, 2) and len(classes) > len(column) / 2:
        raise InputError(
            f"--target {name!r} has {len(classes)} different labels in {len(column)} rows: free text or "
            "identifiers rather than classes. Is it the right column?"
        )
    return result


def _classes(column: pd.Series) -> np.ndarray:
    """Return labels as ints if they are written as such and small enough, else as their text."""
    if is_boolean(column):
        return column.astype(str).to_numpy(str)
    if pd.api.types.is_numeric_dtype(column):
        column = as_text(column)
    text = column.astype(str).to_numpy(str)
    kept = set(np.unique(text))
    is_whole = all(_WHOLE.fullmatch(word) and word != "-0" and abs(int(word)) < 2**63 for word in kept)
    return text.astype(np.int64) if is_whole else text


def _check_numbers_are_classes(words: list[str], numbers: np.ndarray, name: str) -> None:
    """Raise if labels that are numbers are too many, or the same number is written in two ways."""
    is_whole = bool(np.all(numbers == np.round(numbers)))
    if len(words) > MOST_CLASSES or (not is_whole and len(words) > 10):
        raise InputError(
            f"--target {name!r} has {len(words)} different numbers: a quantity rather than classes, and this "
            "is a classifier. Cut it into classes first, low and high for example, or use a regressor."
        )
    for word in words:
        if (whole := WHOLE_AS_FLOAT.fullmatch(word)) and whole[1] in words:
            raise InputError(
                f"--target {name!r} has the labels {whole[1]!r} and {word!r}, the same number written in two "
                "ways. Write them alike."
            )
