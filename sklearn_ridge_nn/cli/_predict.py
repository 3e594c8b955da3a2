"""``ridge-nn predict``: labels or numbers for a file's rows, some at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._columns import prepared, unknown_categories, without_missing
from sklearn_ridge_nn.cli._commands import CLASSIFICATION, PredictArguments
from sklearn_ridge_nn.cli._inputs import check_same_columns, table_of
from sklearn_ridge_nn.cli._outputs import check_outputs, output_separator
from sklearn_ridge_nn.cli._tables import InputError, Table, as_float, listed, shortened

#: Unknown categories of a column that a warning names.
MOST_NAMED = 5


#: How text begins that a spreadsheet takes for a formula, as OWASP lists it under "CSV injection". Numbers
#: may begin with a sign.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def run(arguments: PredictArguments) -> None:
    """Predict the labels, or the numbers, of a file's rows, some at a time."""
    separator = output_separator(arguments.output)
    check_outputs(
        {"output": arguments.output}, {"the file to read": arguments.file, "the model": arguments.model}
    )
    model_files.check_exists(arguments.model)
    card = model_files.read_card(arguments.model)
    if arguments.proba and card.task != CLASSIFICATION:
        raise InputError(
            f"--proba is for a classification, and {arguments.model} is a {card.task}, which predicts "
            "numbers. Leave it out."
        )
    model = model_files.load(arguments.model, card)
    with table_of(arguments) as table:
        _predict(table, model, card, separator, arguments)


def _predict(
    table: Table,
    model: model_files.Model,
    card: model_files.Card,
    separator: str,
    arguments: PredictArguments,
) -> None:
    columns = card.columns
    arguments = replace(arguments, keep=table.named(arguments.keep, "--keep"))
    check_same_columns(table, card, arguments.keep)
    results = ["prediction"]
    if arguments.proba:
        results += [f"probability_{label}" for label in model.classes_]
    clashes = [name for name in arguments.keep if name in results]
    if clashes:
        raise InputError(
            f"--keep {clashes[0]!r}: a column of that name holds results. Rename it in the file."
        )
    new: dict[str, set[str]] = {}
    recognised: set[str] = set()
    formulas: dict[str, str] = {}
    n_done = 0
    asked = list(dict.fromkeys([*columns.names, *arguments.keep]))
    words = [*card.data["missing"], *arguments.missing]
    with (
        terminal.output(arguments.output) as file,
        terminal.rows_bar("Predicting", terminal.is_shown(arguments.quiet)) as advance,
    ):
        for chunk in table.chunks(arguments.chunk_size, asked):
            X = prepared(without_missing(chunk[columns.names], words), columns)
            for name, values, some_known in unknown_categories(X, model_files.pipeline_of(model)):
                new.setdefault(name, set()).update(values[:MOST_NAMED])
                if some_known:
                    recognised.add(name)
            answers = chunk[arguments.keep].copy()
            rows = f"rows {n_done + 1} to {n_done + len(chunk)} of {table.name}"
            answers["prediction"] = _predicted(model.predict, X, arguments.model, rows)
            if arguments.proba:
                answers[results[1:]] = _predicted(model.predict_proba, X, arguments.model, rows)
            formulas.update(_formulas(answers))
            if arguments.safe_csv:
                answers = _defused(answers)
            answers.to_csv(file, sep=separator, header=n_done == 0, index=False, lineterminator="\n")
            n_done += len(chunk)
            advance(n_done, table.fraction_read())
        if not n_done:
            pd.DataFrame(columns=[*arguments.keep, *results]).to_csv(file, sep=separator, index=False)
    if not n_done:
        terminal.say(f"warning: {table.name} has a header and no rows")
    _say_what_is_unknown(new, recognised)
    if formulas and not arguments.safe_csv:
        _say_what_is_a_formula(formulas)


def _predicted(method: Callable[[pd.DataFrame], Any], X: pd.DataFrame, model: str, rows: str) -> Any:
    """Return what a model predicts for rows that are in order."""
    try:
        with np.errstate(all="ignore"):
            predicted = method(X)
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(
            f"{model} fails on {rows}, which are as it takes them: it may be damaged."
        ) from error
    if predicted.dtype.kind == "c":
        raise ValueError(f"{model} predicts complex numbers for {rows}: it is damaged.")
    if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
        raise InputError(
            f"{model} predicts infinity for some of {rows}. Is a number there far beyond all that it was "
            "trained on, or the model damaged?"
        )
    return predicted


def _say_what_is_unknown(new: dict[str, set[str]], recognised: set[str]) -> None:
    """Warn of categories that the model was not trained on, by column."""
    for name, seen in new.items():
        named = listed(sorted(seen), MOST_NAMED)
        if seen and name in recognised:
            terminal.say(
                f"warning: column {name!r} has categories that the model was not trained on and treats as "
                f"unknown: {named}"
            )
        elif seen:
            terminal.say(
                f"warning: column {name!r} has none of the categories that the model was trained on, but "
                f"{named}. Are they spelled otherwise?"
            )


def _say_what_is_a_formula(formulas: dict[str, str]) -> None:
    """Say that text of the output is dangerous in a spreadsheet, with the first example."""
    name, example = next(iter(formulas.items()))
    terminal.say(
        f"note: column {name!r} of the output holds text such as {shortened(example)!r}, which a spreadsheet "
        "takes for a formula. If it will be opened in one: --safe-csv puts an apostrophe before such text"
    )


def _formulas(answers: pd.DataFrame) -> dict[str, str]:
    """Return the columns that hold text which a spreadsheet takes for a formula, each with an example."""
    found = {str(name): str(name) for name in answers if _is_formula(name)}
    for name in answers:
        if pd.api.types.is_numeric_dtype(answers[name]):
            continue
        example = next((value for value in answers[name].unique() if _is_formula(value)), None)
        if example is not None:
            found[str(name)] = str(example)
    return found


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and bool(_FORMULA.match(value)) and as_float(value) is None


def _defused(answers: pd.DataFrame) -> pd.DataFrame:
    """Return answers with an apostrophe before text that a spreadsheet takes for a formula."""

    def defuse(value: Any) -> Any:
        return f"'{value}" if _is_formula(value) else value

    texts = [name for name in answers if not pd.api.types.is_numeric_dtype(answers[name])]
    defused = answers.assign(**{name: answers[name].map(defuse) for name in texts})
    return defused.rename(columns=defuse)
