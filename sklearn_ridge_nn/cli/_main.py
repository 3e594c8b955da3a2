"""The command ``ridge-nn``: diagnose, fit, predict, explain and show, for files and without Python.

Exit codes: 0, done; 1, failed; 2, the arguments or the data are at fault; 130, interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from sklearn_ridge_nn.cli._arguments import parse
from sklearn_ridge_nn.cli._terminal import say, warnings_in_a_line

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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parsed = parse(argv)
    try:
        with warnings_in_a_line():
            _check_extras()
            # imports pandas, scikit-learn and what else the command needs, which parsing does not
            import_module(f"sklearn_ridge_nn.cli._{parsed.command}").run(parsed.arguments)
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has closed the pipe. What is left in the buffer must not be written when
        # Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except Exception as error:
        if parsed.debug:
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


def _check_extras() -> None:
    missing = [name for name in EXTRAS if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"the command needs {', '.join(missing)}. Install what it needs with: pip install "
            "'sklearn-ridge-nn[cli]'"
        )
