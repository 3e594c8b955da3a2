"""What the command says on stderr: messages, warnings, progress; and what it keeps quiet."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import IO, Any

from sklearn_ridge_nn._quiet import GREETING
from sklearn_ridge_nn.cli._files import whole

#: What Python is told of a loss that diverged. The command scales X, and has options in place of parameters.
_OF_DIVERGENCE = re.compile(
    r"Scale X, for example with sklearn\.preprocessing\.StandardScaler, (?:or )?lower learning_rate "
    r"\(now ([^)]*)\)(, or lower alpha )?"
)

#: Parameters by the names that messages for Python have for them: as ``name=value``, and those that are no
#: words of their own without a value. What is quoted is left as it is.
_OF_PARAMETERS = re.compile(
    r"""(?<![\w.=-])(?:
    (?P<given>alphas?|batch_size|cv|dropout|early_stopping|epochs|hidden_layer_sizes|learning_rate|loss
        |max_epochs|n_seeds|patience|quantile|validation_split)=(?P<value>'[^']*'|\([^()]*\)|[\w.+-]*\w)
    |(?P<name>batch_size|early_stopping|hidden_layer_sizes|learning_rate|max_epochs|n_seeds|validation_split)\b
    |'[^']*'|"[^"]*")""",
    re.VERBOSE,
)
#: What a message for Python says that the command has no option for.
_WITHOUT_AN_OPTION = re.compile(r", or n_jobs=1(?=\.)")

#: What a search says of fits that failed once more.
_OF_SCORES = re.compile("One or more of the (test|train) scores are non-finite")


#: A name or value that a message quotes, or a word without an end, of which the beginning says enough.
_LONG = re.compile(r"(?<!\w)(?P<quote>['\"])(?:(?!(?P=quote)(?!\w)).){120,}(?P=quote)(?!\w)|\S{300,}")


#: An option to be pasted into a shell, with its value as `shlex.quote` writes it.
_READY = re.compile(r"""(--[a-z][a-z-]*=(?:(?:'[^']{0,2000}'|"'")+|[^\s']{1,2000})(?!\S))""")


def say(message: str) -> None:
    """Write one line to stderr: of very long names their beginning, of signs that cannot be seen a code."""
    line = re.sub(r"\s*\n\s*", " ", message.strip())
    line = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)
    parts = _READY.split(line)  # what is to be pasted as it is stands at every second place
    parts[::2] = [
        _LONG.sub(lambda found: f"{found[0][:60]}...{found['quote'] or ''}", part) for part in parts[::2]
    ]
    line = "".join(parts)
    print(f"ridge-nn: {line}", file=sys.stderr, flush=True)


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Show each warning once and in one line, without the place in the code."""
    said: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        text = in_a_sentence(str(message))
        is_told = _OF_SCORES.match(text) and any(" fits failed. " in before for before in said)
        if text not in said and not is_told:
            said.add(text)
            say(f"warning: {text}")

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        for not_for_users in (DeprecationWarning, FutureWarning, ResourceWarning):
            warnings.filterwarnings("ignore", category=not_for_users)
        warnings.showwarning = show
        yield


def in_a_sentence(message: str) -> str:
    """Return a message without the tracebacks that it quotes, in the words of the command."""
    from sklearn_ridge_nn.model_selection._shared import failed_fits

    text = failed_fits(message) or message.strip()
    before, mark, quoted = text.partition("Traceback (most recent call last)")
    if mark:
        reason = quoted.strip().splitlines()[-1]
        text = f"{before.split('. ')[0].splitlines()[0].strip().rstrip('.')}. {reason.strip()}"

    def as_options(found: re.Match[str]) -> str:
        return f"Lower --learning-rate (now {found[1]}){', or take smaller alphas ' if found[2] else ''}"

    if "--" in text:  # a message of the command itself
        return text
    text = _WITHOUT_AN_OPTION.sub("", _OF_DIVERGENCE.sub(as_options, text))
    return _OF_PARAMETERS.sub(_as_option, text)


def _as_option(found: re.Match[str]) -> str:
    """Return a parameter as one types it; what is quoted as it is."""
    name, value = found["given"] or found["name"], found["value"]
    if name is None:
        return found[0]
    option = {"n_seeds": "--seeds"}.get(name, f"--{name.replace('_', '-')}")
    if name == "early_stopping":
        return f"no {option}" if value == "False" else option
    plain = re.sub(r"[\s()']", "", value or "").rstrip(",")
    return f"{option} {plain}".rstrip()


@contextmanager
def training() -> Iterator[None]:
    """Send the progress of a training to stderr, and leave out TensorFlow's greeting."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _without_greetings(), redirect_stdout(sys.stderr):
        yield


def is_shown(quiet: bool) -> bool:
    """Return whether progress is shown: to people, not into files."""
    return not quiet and sys.stderr.isatty()


@contextmanager
def _without_greetings() -> Iterator[None]:
    """Pass on what C code writes to stderr, but for the lines that TensorFlow greets with.

    Python's own stderr bypasses the filter, so that it is not held back until the end of a line.
    """
    try:
        number = sys.stderr.fileno()
    except (OSError, ValueError):  # replaced by something that is not a file
        yield
        return
    sys.stderr.flush()
    real = os.dup(number)
    reading, writing = os.pipe()
    os.dup2(writing, number)
    os.close(writing)
    before = sys.stderr
    sys.stderr = open(real, "w", buffering=1, closefd=False, errors="backslashreplace")  # noqa: SIM115
    filtering = threading.Thread(target=_pass_on, args=(reading, real), daemon=True)
    filtering.start()
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = before
        os.dup2(real, number)  # closes the pipe's writing end, and so ends the thread
        filtering.join(timeout=5)
        os.close(real)


def _pass_on(reading: int, real: int) -> None:
    with open(reading, "rb") as lines:
        for line in lines:
            if not GREETING.match(line):
                os.write(real, line)


@contextmanager
def rows_bar(what: str, is_shown: bool) -> Iterator[Any]:
    """Show a bar on stderr, or nothing; yields a function of (rows done, fraction done or None)."""
    if not is_shown:
        yield lambda _rows, _fraction: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [TextColumn(what), BarColumn(), TextColumn("{task.fields[rows]:,} rows"), TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rows=0)

        def advance(rows: int, fraction: float | None) -> None:
            bar.update(task, rows=rows, completed=fraction or 0.0, total=1.0 if fraction else None)

        yield advance


@contextmanager
def output(path: str | None) -> Iterator[IO[str]]:
    """Open what is written row by row, in UTF-8: stdout for None and ``-``, else a file."""
    if path is None or path == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        yield sys.stdout
        sys.stdout.flush()
        return
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        yield file
