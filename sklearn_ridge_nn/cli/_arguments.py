"""The arguments of each command, as one types them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, NoReturn

import sklearn_ridge_nn
from sklearn_ridge_nn._extras import required
from sklearn_ridge_nn.cli._commands import COMMANDS, TASKS, Arguments, NetworkArguments, TrainingArguments
from sklearn_ridge_nn.cli._terminal import say
from sklearn_ridge_nn.cli._values import (
    alphas_of,
    count_of,
    cv_of,
    epochs_of,
    patience_of,
    seed_of,
    sizes_of,
)

DATASETS = ("breast_cancer", "diabetes", "digits", "iris", "wine")
#: What a network that predicts numbers can minimise.
LOSSES = ("squared_error", "absolute_error", "huber", "poisson", "quantile")

_EXAMPLES = {
    "": """
examples:
  ridge-nn diagnose --dataset breast_cancer --html report.html
  ridge-nn diagnose data.csv --target label
  ridge-nn diagnose houses.csv --target price
  ridge-nn fit data.csv --target label --model model.skops
  ridge-nn predict new.csv --model model.skops --output predictions.csv
  ridge-nn show model.skops
  ridge-nn explain model.skops data.csv
  ridge-nn compare one.json other.json
""",
    "diagnose": """
examples:
  ridge-nn diagnose --dataset wine --plot curve.png
  ridge-nn diagnose data.csv --target label --alphas 0,1e-5:1:13 --html report.html
  ridge-nn diagnose houses.csv --target price --loss huber
  ridge-nn diagnose wines.csv --target points --task regression
  ridge-nn diagnose data.tsv --target label --drop id --categorical zip --cv 10 --seeds 3
  zcat data.csv.gz | ridge-nn diagnose - --target label --json - | jq .best_alpha
""",
    "fit": """
examples:
  ridge-nn fit data.csv --target label --model model.skops --html model.html
  ridge-nn fit data.csv --target label --model model.skops --alpha 0.01 --epochs 50
  ridge-nn fit data.csv --target label --model model.skops --positive yes --threshold 1:10
  ridge-nn fit data.parquet --target label --model model.skops --alpha 1se --class-weight balanced
  ridge-nn fit houses.csv --target price --model model.skops
  ridge-nn fit houses.csv --target price --model model.skops --loss quantile --quantile 0.9
  ridge-nn fit claims.csv --target claims --model model.skops --task regression --loss poisson
""",
    "predict": """
examples:
  ridge-nn predict new.csv --model model.skops --output predictions.csv
  ridge-nn predict new.csv --model model.skops --proba --keep id > labels.csv
  cat new.csv | ridge-nn predict - --model model.skops | head
""",
    "explain": """
examples:
  ridge-nn explain model.skops data.csv
  ridge-nn explain model.skops new.csv --plot columns.png --json columns.json
""",
    "compare": """
examples:
  ridge-nn diagnose data.csv --target label --json wide.json
  ridge-nn diagnose data.csv --target label --hidden-layer-sizes 16 --json narrow.json
  ridge-nn compare wide.json narrow.json
""",
    "export": """
examples:
  ridge-nn export model.skops --output model.onnx
""",
    "show": """
examples:
  ridge-nn show model.skops
  ridge-nn show model.skops --json | jq .alpha
""",
}


@dataclass(frozen=True)
class Parsed:
    """A command line.

    Attributes
    ----------
    command : str
        One of `COMMANDS`.
    arguments : Arguments
        An instance of the command's class.
    debug : bool
        Whether to show the traceback of an error.
    """

    command: str
    arguments: Arguments
    debug: bool


def parse(argv: Sequence[str] | None = None) -> Parsed:
    """Parse a command line; end the process with a message if it is wrong.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments; None takes those of the process.
    """
    found, unknown = parser().parse_known_args(argv)
    if unknown:
        _refuse(found.parser, unknown[0])
    given = vars(found)
    kind = COMMANDS[found.command]
    values = {field.name: given[field.name] for field in fields(kind) if field.name in given}
    if issubclass(kind, TrainingArguments):
        names = [field.name for field in fields(NetworkArguments)]
        values["network"] = NetworkArguments(**{name: given[name] for name in names})
    return Parsed(found.command, kind(**values), found.debug)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    top = _Parser(
        prog="ridge-nn",
        description="Regularised Keras networks for tables, which predict classes or numbers: does one "
        "under- or\noverfit?",
        **_style(""),
    )
    top.add_argument("--version", action="version", version=f"ridge-nn {sklearn_ridge_nn.__version__}")
    top.add_argument(
        "--print-completion", action=_PrintCompletion, metavar="SHELL",
        help="print what makes a shell complete this command: bash, zsh, fish or another that shtab knows",
    )  # fmt: skip
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, short: str, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=short, description=text, **_style(name))
        command.set_defaults(parser=command)
        return command

    diagnose = add(
        "diagnose",
        "say for every alpha whether the network underfits, is good, or overfits",
        "Train a network for every alpha on every split and say for each alpha whether it underfits,\nis "
        "good, or overfits, with findings and advice.",
    )
    _add_data(diagnose)
    _add_alphas(diagnose)
    _add_network(diagnose, epochs="default: until alpha and epochs settle")
    measuring = diagnose.add_argument_group("how to measure")
    _add_cv(measuring)
    measuring.add_argument(
        "--scoring", metavar="NAME", help="score to show beside the loss (accuracy; r2 for numbers)"
    )
    measuring.add_argument(
        "--seeds", type=count_of, default=1, metavar="N", help="networks for each alpha and split (1)"
    )
    measuring.add_argument(
        "--max-epochs", type=count_of, metavar="N",
        help="the most passes until alpha and epochs settle (default: 60, and more of few rows)",
    )  # fmt: skip
    measuring.add_argument(
        "--remedies", choices=["auto", "all", "none"], default="auto",
        help="try changes of the best network and other models (auto: if that takes less work)",
    )  # fmt: skip
    results = diagnose.add_argument_group("results")
    results.add_argument("--html", metavar="FILE", help="write a report with pictures, one page")
    results.add_argument(
        "--json", metavar="FILE", help="write all numbers; - for stdout, the table then goes to stderr"
    )
    results.add_argument("--plot", metavar="FILE", help="draw the curve (.png, .svg, .pdf)")
    _add_common(diagnose)

    fit = add(
        "fit",
        "choose alpha, train, and save the model",
        "Choose alpha by cross-validation, train, save the model, and print its scores on rows held "
        "out\nfrom all of this.",
    )
    _add_data(fit)
    fit.add_argument("--model", required=True, metavar="FILE", help="where to save it (.skops)")
    fit.add_argument(
        "--alpha", default="auto", metavar="VALUE",
        help="auto: the best by cross-validation (default); 1se: the largest within one standard error of "
        "it; or a number",
    )  # fmt: skip
    _add_alphas(fit)
    _add_network(fit)
    measuring = fit.add_argument_group("how to measure")
    _add_cv(measuring)
    measuring.add_argument(
        "--scoring", metavar="NAME",
        help="score to choose alpha by (neg_log_loss; for numbers the one of --loss: neg_mean_squared_error, "
        "neg_mean_absolute_error, neg_mean_poisson_deviance or neg_mean_pinball_loss)",
    )  # fmt: skip
    measuring.add_argument(
        "--test-size", type=float, default=0.2, metavar="SHARE",
        help="share of the rows to hold out for the score (0.2); 0 trains on all rows",
    )  # fmt: skip
    measuring.add_argument(
        "--threshold", metavar="RULE",
        help="of two labels, from which probability of the positive one on a row gets it: f1 or "
        "balanced_accuracy, the best for that score; 1:10, the least costly if a false alarm costs 1 and a "
        "miss 10; or a number (0.5)",
    )  # fmt: skip
    results = fit.add_argument_group("results")
    results.add_argument(
        "--html", metavar="FILE",
        help="write a page about the model for anybody: its scores beside those of other models, pictures",
    )  # fmt: skip
    _add_common(fit)

    predict = add(
        "predict",
        "predict the labels or numbers of new rows",
        "Predict the labels, or the numbers, of the rows of a file, some at a time: it may be larger\n"
        "than memory.",
    )
    _add_file(predict, "rows to predict")
    predict.add_argument("--model", required=True, metavar="FILE", help="a model saved by fit")
    predict.add_argument(
        "--proba",
        action="store_true",
        help="write the classes' probabilities as well, where there are classes",
    )
    _add_columns(predict, "--keep", "copy to the output")
    predict.add_argument(
        "--output", metavar="FILE", help="where to write (.csv, .tsv); without it, or with -, to stdout"
    )
    predict.add_argument(
        "--chunk-size", type=count_of, default=20_000, metavar="N", help="rows at a time (20000)"
    )
    predict.add_argument(
        "--safe-csv",
        action="store_true",
        help="put an apostrophe before text that a spreadsheet would run as a formula, such as =1+1",
    )
    _add_reading(predict)
    _add_common(predict, has_seed=False)

    explain = add(
        "explain",
        "say which columns the predictions rest on, and how",
        "Shuffle each column and say how much worse the predictions get, with an interval; and how they\n"
        "depend on the columns that matter most. Takes rows whose target is known.",
    )
    explain.add_argument("model", metavar="MODEL", help="a model saved by fit")
    _add_file(explain, "rows with the target, best ones that the model has not seen", optional=True)
    explain.add_argument("--dataset", choices=DATASETS, help="use a data set that scikit-learn brings along")
    explain.add_argument(
        "--repeats", type=count_of, default=10, metavar="N", help="shuffles of each column (10)"
    )
    explain.add_argument(
        "--top", type=count_of, default=4, metavar="N", help="columns to show the dependence on (4)"
    )
    explain.add_argument(
        "--rows", type=count_of, default=10_000, metavar="N", help="the most rows to take, at random (10000)"
    )
    results = explain.add_argument_group("results")
    results.add_argument("--plot", metavar="FILE", help="draw importances and dependences (.png, .svg, .pdf)")
    results.add_argument(
        "--json", metavar="FILE", help="write all numbers; - for stdout, the table then goes to stderr"
    )
    _add_reading(explain)
    _add_common(explain)

    compare = add(
        "compare",
        "say which of two diagnoses is better, and how sure that is",
        "Compare two diagnoses on the same rows and splits, split by split. Each one's alpha is chosen on "
        "the\nother splits, so that the longer list of alphas is not flattered.",
    )
    for name in ("first", "second"):
        compare.add_argument(name, metavar=name.upper(), help="a file that diagnose --json wrote")
    compare.add_argument("--json", action="store_true", help="as JSON")
    _add_common(compare, has_seed=False)

    export = add(
        "export",
        "write a model as ONNX, for other languages",
        "Write a model as ONNX, which onnxruntime and others run without Python. It is compared with the "
        "model\non rows like those it was trained on. Needs the extra 'onnx'.",
    )
    export.add_argument("model", metavar="MODEL", help="a model saved by fit")
    export.add_argument("--output", required=True, metavar="FILE", help="where to write (.onnx)")
    _add_common(export, has_seed=False)

    show = add(
        "show",
        "say what a model is",
        "Say what a model is: a classification or a regression, trained when, on what, how, with which "
        "alpha\nand scores.",
    )
    show.add_argument("model", metavar="FILE", help="a model saved by fit")
    show.add_argument("--json", action="store_true", help="as JSON")
    _add_common(show, has_seed=False)
    return top


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        say(f"error: {message} (see {self.prog} --help)")
        self.exit(2)


class _PrintCompletion(argparse.Action):
    """Prints a script for a shell, and ends."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002
        values: Any,
        option: str | None = None,  # noqa: ARG002
    ) -> None:
        """Print the script for the shell that `values` names."""
        try:
            shtab = required("shtab", "--print-completion", "cli")
        except ImportError as error:
            parser.error(str(error))
        if values not in shtab.SUPPORTED_SHELLS:
            parser.error(
                f"--print-completion must be one of {', '.join(shtab.SUPPORTED_SHELLS)}. Got {values!r}."
            )
        for action in _all_actions(parser):
            if action.metavar in ("FILE", "MODEL"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, values))
        parser.exit(0)


def _all_actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its commands."""
    for action in parser._actions:  # noqa: SLF001  argparse has no public list of them
        yield action
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                yield from _all_actions(command)


def _refuse(command: argparse.ArgumentParser, unknown: str) -> None:
    """End with what is unknown to a command, and what may have been meant."""
    actions = command._actions  # noqa: SLF001  argparse has no public list of them
    known = [option for action in actions for option in action.option_strings]
    near = get_close_matches(unknown.partition("=")[0], known, 1)
    command.error(f"unrecognized argument {unknown!r}.{f' Did you mean {near[0]}?' if near else ''}")


def _style(name: str) -> dict[str, Any]:
    return {
        "epilog": _EXAMPLES[name].strip("\n"),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }


def _add_data(command: argparse.ArgumentParser) -> None:
    _add_file(command, "table with a line per row; - reads CSV from stdin", optional=True)
    data = command.add_argument_group("data")
    data.add_argument("--dataset", choices=DATASETS, help="use a data set that scikit-learn brings along")
    data.add_argument("--target", metavar="COLUMN", help="column to predict: with labels or with numbers")
    data.add_argument(
        "--task", choices=TASKS,
        help="what to make of the target (default: a regression of numbers if more than 20 are different or "
        "some are not whole, else a classification)",
    )  # fmt: skip
    data.add_argument(
        "--positive", metavar="LABEL",
        help="which of two labels is to be found, for scores such as f1 (1 where they are 0 and 1)",
    )  # fmt: skip
    _add_columns(data, "--drop", "not to learn from")
    _add_columns(data, "--categorical", "it holds categories, even if they look like numbers or text")
    _add_columns(data, "--dates", "it holds dates or times as text")
    data.add_argument(
        "--date-format", action="append", default=[], metavar="FORM",
        help="how --dates are written, such as %%d/%%m/%%Y, where that is not plain; COLUMN=FORM says it "
        "of one of them, and may be repeated",
    )  # fmt: skip
    _add_columns(data, "--text", "it holds free text to learn from")
    _add_reading(data)


def _add_columns(command: argparse._ActionsContainer, option: str, what: str) -> None:
    """Add an option that names columns."""
    command.add_argument(
        option, action="append", default=[], metavar="COLUMN", help=f"{what}; may be repeated, or a,b"
    )


def _add_file(command: argparse.ArgumentParser, what: str, optional: bool = False) -> None:
    command.add_argument(
        "file", nargs="?" if optional else None, metavar="FILE", help=f".csv, .tsv or .parquet: {what}"
    )


def _add_reading(command: argparse._ActionsContainer) -> None:
    command.add_argument("--separator", metavar="SIGN", help="between the fields (comma; tab in .tsv)")
    command.add_argument(
        "--missing", action="append", default=[], metavar="WORD",
        help="read it as a missing value, as the empty field and NA are; may be repeated",
    )  # fmt: skip
    command.add_argument("--encoding", default="utf-8", metavar="NAME", help="of the text (utf-8)")


def _add_alphas(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--alphas", type=alphas_of, metavar="LIST",
        help="numbers and ranges low:high:count, evenly spaced in logarithm (0,1e-6:1:13)",
    )  # fmt: skip


def _add_network(
    command: argparse.ArgumentParser, epochs: str = "15, of numbers 60, and more of few rows; the default"
) -> None:
    network = command.add_argument_group("network")
    network.add_argument(
        "--hidden-layer-sizes", type=sizes_of, metavar="LIST", help="units of the hidden layers (128,64)"
    )
    network.add_argument(
        "--epochs", type=epochs_of, metavar="N", help=f"passes over the rows, or auto ({epochs})"
    )
    network.add_argument("--batch-size", type=count_of, metavar="N", help="rows per step (128)")
    network.add_argument("--dropout", type=float, metavar="RATE", help="share of units dropped (0)")
    network.add_argument("--learning-rate", type=float, metavar="RATE", help="of Adam (0.001)")
    network.add_argument(
        "--class-weight", choices=["balanced"], help="weigh rare classes more (classification)"
    )
    network.add_argument("--loss", choices=LOSSES, help="what to minimise (regression; squared_error)")
    network.add_argument(
        "--quantile", type=float, metavar="Q", help="which one --loss quantile predicts, such as 0.9 (0.5)"
    )
    network.add_argument(
        "--validation-split", type=float, metavar="SHARE",
        help="share of the rows to train on that each network holds out, to choose its best epoch by or to "
        "stop early (0.1)",
    )  # fmt: skip
    network.add_argument(
        "--early-stopping", action="store_true", default=None, help="stop when the hold-out gets worse"
    )
    network.add_argument(
        "--patience", type=patience_of, metavar="N",
        help="with --early-stopping: stop after so many epochs without a better one (5)",
    )  # fmt: skip


def _add_cv(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--cv",
        type=cv_of,
        metavar="N",
        help="folds, or folds x repeats; stratified by class (5x3; 5 above 5,000 rows, 3 above 200,000)",
    )


def _add_common(command: argparse.ArgumentParser, has_seed: bool = True) -> None:
    common = command.add_argument_group("other")
    if has_seed:
        common.add_argument("--seed", type=seed_of, default=0, metavar="N", help="of everything random (0)")
    common.add_argument("--quiet", action="store_true", help="show no progress")
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
