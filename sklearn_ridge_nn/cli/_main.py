"""The command ``ridge-nn``: diagnose, fit, predict, explain and more, for files and without Python.

Exit codes: 0, done; 1, failed; 2, the arguments or the data are at fault; 130, interrupted; 143 and 129,
ended by SIGTERM and SIGHUP.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from sklearn_ridge_nn.cli._arguments import parse
from sklearn_ridge_nn.cli._commands import Arguments, ExportArguments, PredictArguments
from sklearn_ridge_nn.cli._files import UnwritableError, named
from sklearn_ridge_nn.cli._terminal import in_a_sentence, say, warnings_in_a_line

#: What the commands need beside the core.
EXTRAS = ("pandas", "pyarrow", "skops", "matplotlib")


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
    with _streams() as is_closed, _ended_by_signals():
        return _run(argv, is_closed)


def _run(argv: Sequence[str] | None, is_closed: bool) -> int:
    parsed = parse(argv)
    try:
        with warnings_in_a_line():
            _check_extras()
            if is_closed and _writes_to_stdout(parsed.arguments):
                raise ValueError(
                    "stdout is closed, and this command writes to it. Redirect it to a file, or to /dev/null "
                    "if nothing of it is wanted."
                )
            # imports pandas, scikit-learn and what else the command needs, which parsing does not
            with named("the output"):
                import_module(f"sklearn_ridge_nn.cli._{parsed.command}").run(parsed.arguments)
                sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return 0
    except (KeyboardInterrupt, _EndedBySignalError) as error:
        number = getattr(error, "number", signal.SIGINT)
        say("interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}")
        return 128 + number
    except Exception as error:
        if parsed.debug:
            raise
        is_theirs = isinstance(
            error, (ValueError, ImportError, FileNotFoundError, PermissionError, MemoryError)
        )
        say(f"error: {_message(error, is_theirs)}")
        if isinstance(error, UnwritableError):
            _forget_output()
        elif not is_theirs:
            say("run it again with --debug for the traceback")
        return 2 if is_theirs else 1
    return 0


def _message(error: Exception, is_theirs: bool) -> str:
    if isinstance(error, OSError) and error.filename is None and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError) and not str(error):
        return "memory does not hold what is to be done"
    if is_theirs or isinstance(error, OSError):
        return in_a_sentence(str(error))
    return f"{type(error).__name__}: {error}"


def _writes_to_stdout(arguments: Arguments) -> bool:
    if isinstance(arguments, PredictArguments):
        return arguments.output in (None, "-")
    return not isinstance(arguments, ExportArguments)


def _forget_output() -> None:
    """Have nothing written that is left in the buffer of stdout, for nobody can read it, when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _streams() -> Iterator[bool]:
    """Have stdout and stderr take any character, where they are open, and yield whether stdout is closed.

    The number of a stream that is closed is taken, by nothing, for what is opened next would get it, and
    messages for it would be written there.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    is_closed = sys.stdout is None
    with contextlib.ExitStack() as stack:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:
                nothing = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
                stack.enter_context(_replaced(name, nothing))
            elif isinstance(getattr(sys, name), io.TextIOWrapper):
                getattr(sys, name).reconfigure(errors="backslashreplace")
        yield is_closed


@contextlib.contextmanager
def _replaced(name: str, stream: IO[str]) -> Iterator[None]:
    setattr(sys, name, stream)
    try:
        yield
    finally:
        setattr(sys, name, None)


class _EndedBySignalError(BaseException):
    """A signal asked the command to end: as an exception, so that no half-written file stays behind."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end the command in order, where nobody else handles them."""

    def end(number: int, _: Any) -> None:
        raise _EndedBySignalError(number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    is_main = threading.current_thread() is threading.main_thread()
    ours = [number for number in numbers if is_main and signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _check_extras() -> None:
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"the command needs {', '.join(missing)}. Install what it needs with: pip install "
            "'sklearn-ridge-nn[cli]'"
        )
