"""``ridge-nn predict``: labels or numbers for a file's rows, some at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._columns import prepared, unknown_categories, without_missing
from sklearn_ridge_nn.cli._commands import CLASSIFICATION, PredictArguments
from sklearn_ridge_nn.cli._inputs import check_same_columns, table_of
from sklearn_ridge_nn.cli._outputs import check_outputs, output_separator
from sklearn_ridge_nn.cli._tables import InputError, Table, listed

#: Unknown categories of a column that a warning names.
MOST_NAMED = 5


def run(arguments: PredictArguments) -> None:
    """Predict the labels, or the numbers, of a file's rows, some at a time."""
    separator = output_separator(arguments.output)
    check_outputs({"output": arguments.output})
    file, output = Path(arguments.file), Path(arguments.output or "-")
    if file.is_file() and output.is_file() and file.samefile(output):
        raise InputError(f"--output {arguments.output!r} is the file to read. Name another.")
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
            answers["prediction"] = model.predict(X)
            if arguments.proba:
                answers[results[1:]] = model.predict_proba(X)
            answers.to_csv(file, sep=separator, header=n_done == 0, index=False, lineterminator="\n")
            n_done += len(chunk)
            advance(n_done, table.fraction_read())
        if not n_done:
            pd.DataFrame(columns=[*arguments.keep, *results]).to_csv(file, sep=separator, index=False)
    if not n_done:
        terminal.say(f"warning: {table.name} has a header and no rows")
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
