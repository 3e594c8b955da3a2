"""``ridge-nn explain``: which columns a model's predictions rest on, and how.

Which columns is a matter of their importance (`_importance`). How is partial dependence: the mean prediction
when a column has the same value in all rows (Friedman, 2001).
"""

from __future__ import annotations

import datetime
import json
import shutil
import sys
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.inspection import partial_dependence
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn import display
from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._columns import (
    as_numbers,
    as_text,
    no_number,
    prepared,
    without_missing,
)
from sklearn_ridge_nn.cli._commands import CLASSIFICATION, ExplainArguments
from sklearn_ridge_nn.cli._importance import LEVEL, Importance, importances, row_losses
from sklearn_ridge_nn.cli._inputs import check_same_columns, table_of
from sklearn_ridge_nn.cli._outputs import check_outputs, save_picture, write
from sklearn_ridge_nn.cli._tables import InputError, bundled, listed
from sklearn_ridge_nn.evidence import written_out

SCHEMA, VERSION = "sklearn-ridge-nn/explanation", 1
#: Rows that a partial dependence is a mean over, and values of a column that it is computed for.
PARTIAL_ROWS, PARTIAL_VALUES = 500, 20
#: Columns and categories that a picture has room for.
MOST_BARS, MOST_CATEGORIES = 20, 8


@dataclass(frozen=True)
class PartialDependence:
    """Mean predictions where a column has the same value in all rows.

    Attributes
    ----------
    column : str
    values : list of float, str, datetime or timedelta
    predictions : dict of str to list of float
        By what is predicted: a class, of which it is the probability, or the target. Of two classes only
        the second.
    """

    column: str
    values: list[Any]
    predictions: dict[str, list[float]]


def run(arguments: ExplainArguments) -> None:
    """Say which columns a model's predictions rest on, and how."""
    outputs = {"json": arguments.json, "plot": arguments.plot}
    check_outputs(outputs, {"the file to read": arguments.file, "the model": arguments.model})
    if arguments.plot:
        display.use_files_only(arguments.plot)
    model_files.check_exists(arguments.model)
    card = model_files.read_card(arguments.model)
    name, X, y = _read(arguments, card)
    model = model_files.pipeline_of(model_files.load(arguments.model, card))
    y = _known(y, model, card) if card.task == CLASSIFICATION else y
    losses, loss_name = row_losses(model, card.task)
    rows, which = _rows(X, y, name, card, model)
    if len(rows) > arguments.rows:
        rng = np.random.default_rng(arguments.seed)
        rows = np.sort(rng.choice(rows, arguments.rows, replace=False))
        which = f"{which}, {len(rows):,} drawn at random"
    X, y = X.iloc[rows].reset_index(drop=True), y[rows]
    if len(X) < 2:
        raise InputError(f"{name} leaves {len(X)} row to explain, and two are needed to say how sure it is.")
    base = losses(X, y)
    loss = float(base.mean())
    shown = terminal.is_shown(arguments.quiet)
    found = importances(X, y, losses, base, repeats=arguments.repeats, seed=arguments.seed, shown=shown)
    sure = [importance.column for importance in found if importance.is_sure]
    sure = [column for column in sure if column not in card.columns.text]  # no text lies between others
    dependences = [_dependence(model, X, column, card) for column in sure[: arguments.top]]
    summary_to = sys.stderr if "-" in outputs.values() else sys.stdout
    print(_text(name, which, loss_name, loss, found, arguments.repeats), file=summary_to)
    if arguments.json:
        content = _content(arguments.model, name, len(X), loss_name, loss, found, dependences)
        write(json.dumps(content, indent=1, default=_written) + "\n", arguments.json)
    if arguments.plot:
        _draw(found, dependences, loss_name, card, arguments.plot)
    for what, path in (("Numbers", arguments.json), ("Picture", arguments.plot)):
        if path and path != "-":
            print(f"{what}: {path}", file=summary_to)


def _read(arguments: ExplainArguments, card: model_files.Card) -> tuple[str, pd.DataFrame, np.ndarray]:
    """Return the name of the rows, their columns as the model takes them, and their target."""
    if bool(arguments.file) == bool(arguments.dataset):
        raise InputError("Give either a FILE with the target in it, or --dataset, and not both.")
    columns = card.columns
    if arguments.dataset:
        X, y = bundled(arguments.dataset)
        if sorted(X.columns) != sorted(columns.names):
            raise InputError(f"--dataset {arguments.dataset} does not have the columns of {arguments.model}.")
        return arguments.dataset, prepared(X, columns), y.to_numpy()
    target = card.data["target"]
    with table_of(arguments) as table:
        check_same_columns(table, card, [])
        if target not in table.columns:
            raise InputError(
                f"{table.name} lacks the column {target!r}, which the model predicts: without it there is no "
                "telling how much worse the predictions get."
            )
        frame = without_missing(table.read(), [*card.data["missing"], *arguments.missing])
        return table.name, prepared(frame[columns.names], columns), _target(frame[target], card)


def _target(column: pd.Series, card: model_files.Card) -> np.ndarray:
    """Return labels as text, or numbers.

    Raises
    ------
    InputError
        If a value is missing, or is no number where numbers are predicted.
    """
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0]) + 1
        raise InputError(
            f"The target {column.name!r} has no value in {int(column.isna().sum())} of {len(column)} rows "
            f"(the first is row {row} of the data). Take these rows out."
        )
    if card.task == CLASSIFICATION:
        return as_text(column).to_numpy(str)
    numbers = as_numbers(column).to_numpy()
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise InputError(f"The target {column.name!r} {no_number(column, int(wrong[0]))}.")
    return numbers


def _known(y: np.ndarray, model: Pipeline, card: model_files.Card) -> np.ndarray:
    """Return labels as the model has them."""
    labels = {str(label): label for label in model.classes_.tolist()}
    unknown = sorted({str(label) for label in y} - set(labels))
    if unknown:
        raise InputError(
            f"The target {card.data['target']!r} holds {listed(unknown, 3)}, and the model knows "
            f"{listed(list(labels.values()), 6)} only. Take these rows out."
        )
    return np.array([labels[str(label)] for label in y], dtype=model.classes_.dtype)


def _rows(
    X: pd.DataFrame,
    y: np.ndarray,
    name: str,
    card: model_files.Card,
    model: Pipeline,
) -> tuple[np.ndarray, str]:
    """Return which rows to explain, and what they are: those held out, if these are the rows of `fit`.

    That they are is told by the score that `fit` found on them.
    """
    rows = np.arange(len(y))
    if name != card.data["file"]:
        return rows, f"{len(y):,} rows"
    n_held_out = card.held_out["rows"] if card.held_out else 0
    if n_held_out and len(y) == card.data["rows"] + n_held_out:
        strata = y if card.task == CLASSIFICATION else None
        with warnings.catch_warnings(action="ignore"):
            try:
                held_out = train_test_split(
                    rows, test_size=n_held_out, stratify=strata, random_state=card.seed
                )[1]
            except ValueError:  # other rows, of which the rarest class has too few
                held_out = rows[:0]
        if len(held_out) and _has_score(model, X.iloc[held_out], y[held_out], card):
            return np.sort(held_out), f"the {n_held_out:,} rows that were held out when the model was trained"
    terminal.say(
        f"warning: the model was trained on a file of this name, {name}. If these are the rows that it "
        "learnt from, importances are too large: explain it by rows that it has not seen"
    )
    return rows, f"{len(y):,} rows"


def _has_score(model: Pipeline, X: pd.DataFrame, y: np.ndarray, card: model_files.Card) -> bool:
    """Return whether some rows have the score that the card has of those held out."""
    assert card.held_out is not None
    if card.task == CLASSIFICATION:
        name, loss = "neg_log_loss", metrics.log_loss(y, model.predict_proba(X), labels=model.classes_)
    else:
        name, loss = "neg_mean_absolute_error", metrics.mean_absolute_error(y, model.predict(X))
    score = card.held_out["scores"].get(name)
    return score is not None and bool(np.isclose(-loss, score, rtol=1e-6, atol=0))


def _dependence(model: Pipeline, X: pd.DataFrame, column: str, card: model_files.Card) -> PartialDependence:
    """Return mean predictions over the values of a column."""
    present = X[column].dropna()
    if column in card.columns.categorical:
        values = present.value_counts().index[:MOST_CATEGORIES].to_numpy()
    elif column in card.columns.dates:
        ordered = present.sort_values()
        places = np.linspace(0.05, 0.95, PARTIAL_VALUES) * (len(ordered) - 1)
        values = ordered.iloc[places.round().astype(int)].unique().astype(object)
    else:
        values = np.unique(np.quantile(present, np.linspace(0.05, 0.95, PARTIAL_VALUES)))
    rows = X if len(X) <= PARTIAL_ROWS else X.sample(PARTIAL_ROWS, random_state=0)
    response = "predict_proba" if card.task == CLASSIFICATION else "auto"
    with warnings.catch_warnings(action="ignore"):
        means = partial_dependence(
            model, rows, [column], response_method=response, custom_values={column: values}, kind="average"
        )["average"]
    if card.task != CLASSIFICATION:
        names = [card.data["target"]]
    else:
        names = [str(label) for label in model.classes_[-len(means) :]]
    return PartialDependence(
        column,
        values.tolist(),
        {name: line.tolist() for name, line in zip(names, means, strict=True)},
    )


def _text(name: str, which: str, loss_name: str, loss: float, found: list[Importance], repeats: int) -> str:
    lines = [f"Explained by {name}: {which}. Mean {loss_name}: {written_out(f'{loss:.3g}')}.", ""]
    width = min(max(len(importance.column) for importance in found), 40)
    sure = [importance for importance in found if importance.is_sure]
    others = [importance.column for importance in found if not importance.is_sure]
    longest = max((importance.rise for importance in sure), default=1.0)
    if not sure:
        lines.append(
            f"Shuffling a column ({repeats} times) raises the {loss_name} by no more than chance explains, "
            f"whichever it is, as {LEVEL:.0%} intervals over the rows say: {listed(others)}."
        )
        return "\n".join(lines)
    lines += [
        f"What the {loss_name} rises by when a column is shuffled ({repeats} times), with a {LEVEL:.0%} "
        "interval over the rows:",
        "",
        f"{'column':<{width}}  {'rises by':>9}  interval",
    ]
    room = max(10, min(30, shutil.get_terminal_size((100, 24)).columns - width - 45))
    for importance in sure:
        low, high = (written_out(f"{value:.3g}") for value in importance.interval)
        bar = "#" * max(1, round(room * importance.rise / longest))
        rise = written_out(f"{importance.rise:.3g}")
        lines.append(f"{importance.column[:40]:<{width}}  {rise:>9}  {f'{low} to {high}':<22}  {bar}")
    if others:
        lines += ["", f"No rise that these rows are sure of: {listed(others)}."]
    lines += [
        "",
        "Shuffling one of several columns that say nearly the same costs little, for the others still say "
        "it.",
    ]
    return "\n".join(lines)


def _content(
    model: str,
    name: str,
    n_rows: int,
    loss_name: str,
    loss: float,
    found: list[Importance],
    dependences: list[PartialDependence],
) -> dict[str, Any]:
    """Return plain values, ready for ``json.dumps``."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "model": model,
        "file": name,
        "rows": n_rows,
        "loss": loss_name,
        "mean_loss": loss,
        "level": LEVEL,
        "importances": [item.to_dict() for item in found],
        "partial_dependence": [vars(item) for item in dependences],
    }


def _written(moment: datetime.date | datetime.time | datetime.timedelta) -> str:
    """Return a moment as ISO 8601 has it, and a duration as Python writes it."""
    return str(moment) if isinstance(moment, datetime.timedelta) else moment.isoformat()


def _draw(
    found: list[Importance],
    dependences: list[PartialDependence],
    loss_name: str,
    card: model_files.Card,
    path: str,
) -> None:
    figure = display.importance_figure(
        [(item.column, item.rise, item.interval) for item in found[:MOST_BARS]],
        [(item.column, item.values, item.predictions) for item in dependences],
        loss_name,
        "mean probability" if card.task == CLASSIFICATION else "mean prediction",
    )
    save_picture(figure, path)
