"""The command ``ridge-nn``: diagnose, fit, predict and show, for files and without Python.

Exit codes: 0, done; 1, failed; 2, the arguments or the data are at fault; 130, interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, NoReturn

import sklearn_ridge_nn
from sklearn_ridge_nn.cli._terminal import say, warnings_in_a_line

DATASETS = ("breast_cancer", "digits", "iris", "wine")
MOST_ALPHAS = 1000
#: What the commands need beside the core.
EXTRAS = ("pandas", "pyarrow", "skops", "matplotlib")

_EXAMPLES = {
    "": """
examples:
  ridge-nn diagnose --dataset breast_cancer --html report.html
  ridge-nn diagnose data.csv --target label
  ridge-nn fit data.csv --target label --model model.skops
  ridge-nn predict new.csv --model model.skops --output labels.csv
  ridge-nn show model.skops
""",
    "diagnose": """
examples:
  ridge-nn diagnose --dataset wine --plot curve.png
  ridge-nn diagnose data.csv --target label --alphas 0,1e-5:1:13 --html report.html
  ridge-nn diagnose data.tsv --target label --drop id --categorical zip --cv 10 --seeds 3
  zcat data.csv.gz | ridge-nn diagnose - --target label --json - | jq .best_alpha
""",
    "fit": """
examples:
  ridge-nn fit data.csv --target label --model model.skops
  ridge-nn fit data.csv --target label --model model.skops --alpha 0.01 --epochs 50
  ridge-nn fit data.parquet --target label --model model.skops --alpha 1se --class-weight balanced
""",
    "predict": """
examples:
  ridge-nn predict new.csv --model model.skops --output labels.csv
  ridge-nn predict new.csv --model model.skops --proba --keep id > labels.csv
  cat new.csv | ridge-nn predict - --model model.skops | head
""",
    "show": """
examples:
  ridge-nn show model.skops
  ridge-nn show model.skops --json | jq .alpha
""",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Its arguments; None takes those of the process.

    Returns
    -------
    int
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments, unknown = parser().parse_known_args(argv)
    if unknown:
        _refuse(arguments.parser, unknown[0])
    try:
        with warnings_in_a_line():
            _check_extras()
            from sklearn_ridge_nn.cli import _commands as commands

            getattr(commands, arguments.command)(arguments)
            sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough. What is left in the buffer must not be written when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except Exception as error:
        if arguments.debug:
            raise
        is_theirs = isinstance(error, (ValueError, ImportError, FileNotFoundError, PermissionError))
        message = (
            str(error) if is_theirs or isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        )
        say(f"error: {message}")
        if not is_theirs:
            say("run it again with --debug for the traceback")
        return 2 if is_theirs else 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    top = _Parser(
        prog="ridge-nn",
        description="Regularised Keras networks for tables: does one under- or overfit?",
        **_style(""),
    )
    top.add_argument("--version", action="version", version=f"ridge-nn {sklearn_ridge_nn.__version__}")
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
    _add_network(diagnose)
    measuring = diagnose.add_argument_group("how to measure")
    _add_cv(measuring)
    measuring.add_argument("--scoring", metavar="NAME", help="score to show beside the loss (accuracy)")
    measuring.add_argument(
        "--seeds", type=_count, default=1, metavar="N", help="networks for each alpha and split (1)"
    )
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
        "--scoring", metavar="NAME", default="neg_log_loss", help="score to choose alpha by (neg_log_loss)"
    )
    measuring.add_argument(
        "--test-size", type=float, default=0.2, metavar="SHARE",
        help="share of the rows to hold out for the score (0.2); 0 trains on all rows",
    )  # fmt: skip
    _add_common(fit)

    predict = add(
        "predict",
        "predict the labels of new rows",
        "Predict the labels of the rows of a file, some at a time: it may be larger than memory.",
    )
    _add_file(predict, "rows to predict")
    predict.add_argument("--model", required=True, metavar="FILE", help="a model saved by fit")
    predict.add_argument("--proba", action="store_true", help="write the classes' probabilities as well")
    predict.add_argument("--keep", action="append", default=[], metavar="COLUMN", help="copy to the output")
    predict.add_argument(
        "--output", metavar="FILE", help="where to write (.csv, .tsv); without it, or with -, to stdout"
    )
    predict.add_argument(
        "--chunk-size", type=_count, default=20_000, metavar="N", help="rows at a time (20000)"
    )
    _add_reading(predict)
    _add_common(predict, has_seed=False)

    show = add(
        "show",
        "say what a model is",
        "Say what a model is: trained when, on what, how, with which alpha and scores.",
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


def _refuse(command: argparse.ArgumentParser, unknown: str) -> None:
    """End with what is unknown to a command, and what may have been meant."""
    known = [option for action in command._actions for option in action.option_strings]
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
    data.add_argument("--target", metavar="COLUMN", help="column with the labels")
    data.add_argument(
        "--drop", action="append", default=[], metavar="COLUMN", help="not to learn from; may be repeated"
    )
    data.add_argument(
        "--categorical", action="append", default=[], metavar="COLUMN",
        help="it holds categories, even if they look like numbers or text; may be repeated",
    )  # fmt: skip
    _add_reading(data)


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
        "--alphas", type=_alphas, metavar="LIST",
        help="numbers and ranges low:high:count, evenly spaced in logarithm (0,1e-6:1:13)",
    )  # fmt: skip


def _add_network(command: argparse.ArgumentParser) -> None:
    network = command.add_argument_group("network")
    network.add_argument(
        "--hidden-layer-sizes", type=_sizes, metavar="LIST", help="units of the hidden layers (128,64)"
    )
    network.add_argument("--epochs", type=int, metavar="N", help="passes over the rows (15)")
    network.add_argument("--batch-size", type=int, metavar="N", help="rows per step (128)")
    network.add_argument("--dropout", type=float, metavar="RATE", help="share of units dropped (0)")
    network.add_argument("--learning-rate", type=float, metavar="RATE", help="of Adam (0.001)")
    network.add_argument("--class-weight", choices=["balanced"], help="weigh rare classes more")
    network.add_argument(
        "--early-stopping", action="store_true", default=None, help="stop when the hold-out gets worse"
    )


def _add_cv(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--cv", type=_cv, default=(5, 3), metavar="N", help="stratified folds, or folds x repeats (5x3)"
    )


def _add_common(command: argparse.ArgumentParser, has_seed: bool = True) -> None:
    common = command.add_argument_group("other")
    if has_seed:
        common.add_argument("--seed", type=_seed, default=0, metavar="N", help="of everything random (0)")
    common.add_argument("--quiet", action="store_true", help="show no progress")
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")


# -- values ---------------------------------------------------------------------------------------


def _alphas(text: str) -> list[float]:
    """Return the numbers of a list such as ``0,1e-5:1:13``, ascending."""
    import numpy as np

    values: list[float] = []
    for item in text.split(","):
        parts = item.split(":")
        try:
            if len(parts) == 1:
                values.append(float(item))
                continue
            low, high, count = float(parts[0]), float(parts[1]), int(parts[2])
        except (ValueError, IndexError):
            raise argparse.ArgumentTypeError(
                f"{item!r} is neither a number nor a range low:high:count, such as 1e-5:1:13"
            ) from None
        if len(parts) > 3 or not 0 < low < high < np.inf or not 2 <= count <= MOST_ALPHAS:
            raise argparse.ArgumentTypeError(
                f"{item!r}: a range is low:high:count with 0 < low < high and a count from 2 to {MOST_ALPHAS}"
            )
        values += np.geomspace(low, high, count).tolist()
    wrong = [value for value in values if not 0 <= value < np.inf]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]:g} is no alpha: alphas are finite and >= 0")
    if len(set(values)) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} has a single value; two or more can be compared")
    return sorted(set(values))


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(item) for item in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of sizes, such as 128,64")
    return sizes


def _cv(text: str) -> tuple[int, int]:
    folds, _, repeats = text.partition("x")
    try:
        numbers = int(folds), int(repeats or 1)
    except ValueError:
        numbers = 0, 0
    if numbers[0] < 2 or numbers[1] < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give 2 folds or more, such as 5, or 5x3 to repeat them")
    return numbers


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: a whole number from 0 to 2**32 - 1")
    return int(text)


def _check_extras() -> None:
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"the command needs {', '.join(missing)}. Install what it needs with: pip install "
            "'sklearn-ridge-nn[cli]'"
        )
