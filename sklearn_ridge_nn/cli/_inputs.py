"""The rows that the command's arguments name, checked before any work."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._columns import (
    Columns,
    prepared,
    row_numbers,
    sort_columns,
    without_missing,
)
from sklearn_ridge_nn.cli._commands import DataArguments, TableArguments
from sklearn_ridge_nn.cli._tables import InputError, Table, bundled, did_you_mean, listed, quoted
from sklearn_ridge_nn.cli._target import Target, target_of

#: Arguments that name columns beside the target.
_SAID = ("drop", "categorical", "dates", "text")


@dataclass(frozen=True)
class Data:
    """Rows to learn from.

    Attributes
    ----------
    name : str
        Of the file or the data set.
    target : str
        Name of the column to predict.
    dropped : list of str
        Columns not to learn from.
    columns : Columns
        Those to learn from, by their kinds.
    X : DataFrame of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
        Labels, or float64 numbers.
    task : {"classification", "regression"}
    guess : str or None
        What to say of the task if it was guessed and is not plain.
    """

    name: str
    target: str
    dropped: list[str]
    columns: Columns
    X: pd.DataFrame
    y: np.ndarray
    task: str
    guess: str | None

    @classmethod
    def of(
        cls, name: str, target: str, dropped: list[str], X: pd.DataFrame, columns: Columns, y: Target
    ) -> Self:
        """Return rows with their columns prepared."""
        return cls(name, target, dropped, columns, prepared(X, columns), y.values, y.task, y.guess)


def read(arguments: DataArguments) -> Data:
    """Return the rows to learn from, checked."""
    if bool(arguments.file) == bool(arguments.dataset):
        raise InputError(
            "Give either a FILE or --dataset, and not both."
            if arguments.file
            else "Give a FILE with --target COLUMN, or a --dataset such as breast_cancer."
        )
    if arguments.dataset:
        given = next((name for name in ("target", *_SAID) if getattr(arguments, name)), None)
        if given:
            raise InputError(f"--{given} goes with a FILE, and --dataset {arguments.dataset} is not one.")
        X, y = bundled(arguments.dataset)
        target = replace(target_of(y, "target", arguments.task), guess=None)  # what it is is well known
        return Data.of(arguments.dataset, "target", [], X, sort_columns(X), target)
    with table_of(arguments) as table:
        return _read_file(table, arguments)


def _read_file(table: Table, arguments: DataArguments) -> Data:
    if arguments.target is None:
        raise InputError(
            f"--target is missing: which column is to be predicted? {table.name} has {listed(table.columns)}."
        )
    table.check_columns([arguments.target], "--target")
    said: dict[str, Any] = {name: table.named(getattr(arguments, name), f"--{name}") for name in _SAID}
    arguments = replace(arguments, **said)
    assert arguments.target is not None
    date_formats = _date_formats(table, arguments)
    for one, other in itertools.combinations((*_SAID, "target"), 2):
        twice = set(_names(arguments, one)) & set(_names(arguments, other))
        if twice:
            raise InputError(f"--{one} {twice.pop()!r} is named by --{other} as well.")
    frame = without_missing(table.read(), arguments.missing)
    target = target_of(frame[arguments.target], arguments.target, arguments.task)
    X = frame.drop(columns=[arguments.target, *arguments.drop])
    if X.shape[1] == 0:
        raise InputError(f"{table.name} has no column to learn from beside --target {arguments.target!r}.")
    columns = sort_columns(X, arguments.categorical, arguments.dates, arguments.text, date_formats)
    data = Data.of(table.name, arguments.target, list(arguments.drop), X, columns, target)
    for name in row_numbers(data.X, columns):
        terminal.say(
            f"warning: column {name!r} counts the rows, and is learnt from like any other. If it means "
            f"nothing, leave it out: --drop={quoted(name)}"
        )
    return data


def _date_formats(table: Table, arguments: DataArguments) -> dict[str, str]:
    """Return the form of each column of --dates of which --date-format says it."""
    if arguments.date_format and not arguments.dates:
        raise InputError(
            f"--date-format {arguments.date_format[0]!r} says how --dates are written, and that is missing."
        )
    of_all: list[str] = []
    forms: dict[str, str] = {}
    for word in arguments.date_format:
        ends = [place for place, sign in enumerate(word) if sign == "="]
        end = next((end for end in ends if word[:end] in table.columns), min(ends, default=0))
        name, form = word[:end], word[end + 1 :]
        if not end or ("%" in name and name not in table.columns):
            of_all.append(word)
            continue
        for column in table.named([name], "--date-format"):
            if column not in arguments.dates:
                raise InputError(f"--date-format {word!r} is of a column that --dates does not name.")
            if forms.setdefault(column, form) != form:
                raise InputError(f"--date-format says {forms[column]!r} and {form!r} of column {column!r}.")
    if len(set(of_all)) > 1:
        raise InputError(
            f"--date-format says {listed(of_all)} of all --dates. Say of which column each is: "
            f"--date-format={quoted(f'{arguments.dates[0]}={of_all[0]}')}"
        )
    return dict.fromkeys(arguments.dates, of_all[0]) | forms if of_all else forms


def _names(arguments: DataArguments, name: str) -> list[str]:
    value = getattr(arguments, name)
    return value if isinstance(value, list) else [value]


def table_of(arguments: TableArguments) -> Table:
    """Return the table that FILE names, to be read as the arguments say."""
    assert arguments.file is not None  # `read` has refused its absence
    return Table(
        arguments.file,
        separator=arguments.separator.replace("\\t", "\t") if arguments.separator else None,
        encoding=arguments.encoding,
    )


def check_same_columns(table: Table, card: model_files.Card, keep: Sequence[str]) -> None:
    """Raise which columns the model misses in a table, or does not know."""
    expected = card.columns.names
    absent = [name for name in expected if name not in table.columns]
    if absent:
        near = did_you_mean(absent[0], [name for name in table.columns if name not in expected])
        raise InputError(
            f"{table.name} lacks {len(absent)} of the {len(expected)} columns that the model was trained on: "
            f"{listed(absent)}. {near}".strip()
        )
    allowed = {*expected, *keep, *card.data["dropped"], card.data["target"]}
    strange = [name for name in table.columns if name not in allowed]
    if strange:
        keeping = " ".join(f"--keep {quoted(name)}" for name in strange[:3])
        raise InputError(
            f"{table.name} has columns that the model was not trained on: {listed(strange)}. Copy them to "
            f"the output ({keeping}{' ...' if len(strange) > 3 else ''}), or take them out of the file."
        )
