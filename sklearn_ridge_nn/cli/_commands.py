"""What each command is given: its arguments, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

#: What can be made of a target.
CLASSIFICATION, REGRESSION = TASKS = ("classification", "regression")


@dataclass(frozen=True, kw_only=True)
class TableArguments:
    """Which file to read, and how.

    Attributes
    ----------
    file : str or None
        The path, or ``-`` for stdin.
    separator : str or None
        The sign between the fields; None leaves it to the file's kind.
    missing : list of str
        Words that stand for a missing value beside the usual ones.
    encoding : str
        Of text.
    """

    file: str | None
    separator: str | None
    missing: list[str]
    encoding: str


@dataclass(frozen=True, kw_only=True)
class DataArguments(TableArguments):
    """Which rows to learn from: those of a file, or of a data set of scikit-learn.

    Attributes
    ----------
    dataset : str or None
        Name of the data set.
    target : str or None
        The column to predict.
    task : {"classification", "regression"} or None
        What to make of the target; None leaves it to the values.
    drop, categorical, dates, text : list of str
        Columns not to learn from, and those that hold categories, dates, or free text.
    date_format : list of str
        Forms of the dates, as of `datetime.strptime`: ``COLUMN=FORM`` of one column, ``FORM`` of the others.
    """

    dataset: str | None
    target: str | None
    task: str | None
    drop: list[str]
    categorical: list[str]
    dates: list[str]
    date_format: list[str]
    text: list[str]


@dataclass(frozen=True, kw_only=True)
class NetworkArguments:
    """Parameters of the network; None where they were not given."""

    hidden_layer_sizes: tuple[int, ...] | None
    epochs: int | str | None
    batch_size: int | None
    dropout: float | None
    learning_rate: float | None
    class_weight: str | None
    loss: str | None
    quantile: float | None
    validation_split: float | None
    early_stopping: bool | None
    patience: int | None

    def given(self) -> dict[str, Any]:
        """Return those that were given."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class TrainingArguments(DataArguments):
    """What ``diagnose`` and ``fit`` have in common.

    Attributes
    ----------
    network : NetworkArguments
    alphas : list of float or None
        What to try, ascending; None takes the default grid.
    cv : tuple of (int, int) or None
        Folds and repeats; None goes by the number of rows.
    scoring : str or None
        A score by scikit-learn's name; None leaves it to the task and the loss.
    positive : str or None
        Which of two labels is to be found.
    seed : int
    quiet : bool
        Whether to show no progress.
    """

    network: NetworkArguments
    alphas: list[float] | None
    cv: tuple[int, int] | None
    scoring: str | None
    positive: str | None
    seed: int
    quiet: bool


@dataclass(frozen=True, kw_only=True)
class DiagnoseArguments(TrainingArguments):
    """Arguments of ``ridge-nn diagnose``.

    Attributes
    ----------
    seeds : int
        Networks for each alpha and split.
    max_epochs : int or None
        The most that are trained where training goes on until it has settled.
    remedies : {"auto", "all", "none"}
        What to try beside the best network.
    html, json, plot : str or None
        Files to write; ``-`` is stdout.
    """

    seeds: int
    max_epochs: int | None
    remedies: str
    html: str | None
    json: str | None
    plot: str | None


@dataclass(frozen=True, kw_only=True)
class FitArguments(TrainingArguments):
    """Arguments of ``ridge-nn fit``.

    Attributes
    ----------
    model : str
        The file to write.
    html : str or None
        Where to write a page about the model; ``-`` is stdout.
    alpha : str
        "auto", "1se" or a number.
    test_size : float
        Share of the rows to hold out.
    threshold : str or None
        How to choose from which probability on a row gets the positive label.
    """

    model: str
    html: str | None
    alpha: str
    test_size: float
    threshold: str | None


@dataclass(frozen=True, kw_only=True)
class PredictArguments(TableArguments):
    """Arguments of ``ridge-nn predict``.

    Attributes
    ----------
    model : str
        The file of the model.
    proba : bool
        Whether to write probabilities, too.
    keep : list of str
        Columns to copy.
    output : str or None
        Where to write; None and ``-`` are stdout.
    chunk_size : int
        Rows at a time.
    safe_csv : bool
        Whether to write text that a spreadsheet would take for a formula behind an apostrophe.
    quiet : bool
        Whether to show no progress.
    """

    file: str
    model: str
    proba: bool
    keep: list[str]
    output: str | None
    chunk_size: int
    safe_csv: bool
    quiet: bool


@dataclass(frozen=True, kw_only=True)
class ShowArguments:
    """Arguments of ``ridge-nn show``.

    Attributes
    ----------
    model : str
        The file of the model.
    json : bool
        Whether to print JSON.
    """

    model: str
    json: bool


@dataclass(frozen=True, kw_only=True)
class CompareArguments:
    """Arguments of ``ridge-nn compare``.

    Attributes
    ----------
    first, second : str
        The files of two diagnoses.
    json : bool
        Whether to print JSON.
    """

    first: str
    second: str
    json: bool


@dataclass(frozen=True, kw_only=True)
class ExportArguments:
    """Arguments of ``ridge-nn export``.

    Attributes
    ----------
    model : str
        The file of the model.
    output : str
        The file to write.
    """

    model: str
    output: str


@dataclass(frozen=True, kw_only=True)
class ExplainArguments(TableArguments):
    """Arguments of ``ridge-nn explain``.

    Attributes
    ----------
    model : str
        The file of the model.
    dataset : str or None
        A data set of scikit-learn, in place of a file.
    repeats : int
        How often each column is shuffled.
    top : int
        Columns to show the dependence on.
    rows : int
        The most rows to take.
    json, plot : str or None
        Files to write; ``-`` is stdout.
    seed : int
    quiet : bool
        Whether to show no progress.
    """

    model: str
    dataset: str | None
    repeats: int
    top: int
    rows: int
    json: str | None
    plot: str | None
    seed: int
    quiet: bool


Arguments: TypeAlias = (
    DiagnoseArguments
    | FitArguments
    | PredictArguments
    | ShowArguments
    | ExplainArguments
    | CompareArguments
    | ExportArguments
)
#: The class of each command's arguments.
COMMANDS: dict[str, type[Arguments]] = {
    "diagnose": DiagnoseArguments,
    "fit": FitArguments,
    "predict": PredictArguments,
    "show": ShowArguments,
    "explain": ExplainArguments,
    "compare": CompareArguments,
    "export": ExportArguments,
}
