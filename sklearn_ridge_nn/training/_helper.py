"""A process of its own that trains for this one, where this one cannot or had better not.

*Forked.* A fork takes the memory along, but no threads. TensorFlow waits for those that it had before, for
ever, as soon as it needs them.

*Full.* TensorFlow keeps what XLA compiled for as long as the process lives: about 10 MB of a small program,
in 130 pieces of memory, and more of a larger one. On Linux a process may have 65,530 pieces, and dies where
it wants one more. So this process compiles a number of programs, and a helper what comes then, which is
renewed when it is full itself.

The helper is started afresh with the first training that needs it, which takes as long as importing
TensorFlow, and ends with the process that it helps.
"""

from __future__ import annotations

import json
import multiprocessing
import multiprocessing.spawn
import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_ridge_nn._tensorflow import keras, was_running_before_fork
from sklearn_ridge_nn.network import Task, is_callback
from sklearn_ridge_nn.training._progress import Progress

try:
    import cloudpickle
except ImportError:  # joblib before 1.6 has its own
    from joblib.externals import cloudpickle

__all__ = ["is_forked", "is_full", "n_compiled", "serve", "train", "why_not"]

#: Programs that a process compiles, and pieces of memory that it has, before a helper compiles the next ones.
MOST_PROGRAMS, MOST_PIECES = 128, 20_000
_PIECES = Path("/proc/self/maps")

is_forked = was_running_before_fork

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from sklearn_ridge_nn.training import _helper; _helper.serve(int(sys.argv[2]))"
)
_WAYS_OUT = (
    "Start the process by spawn or forkserver (multiprocessing.get_context('spawn'), joblib's loky), or fork "
    "it before the first training"
)


def why_not(task: Task, is_watched: bool) -> str | None:
    """Return why a helper cannot train a task, as a whole sentence, or None."""
    made = [callback for callback in task.callbacks if not is_callback(callback)]
    if not made and not is_watched:
        return None
    what = f"the callbacks that {made[0]!r} makes" if made else "scikit-learn's callbacks"
    return (
        f"This process was forked from one in which TensorFlow had been used, so that a helper process "
        f"trains for it. There, {what} would not reach the objects of this process. {_WAYS_OUT}."
    )


def train(function: str, args: tuple[Any, ...], progress: Progress | None) -> Any:
    """Have the helper call a function of `training`, and return what it returns.

    Parameters
    ----------
    function : str
        ``"module.name"``, of this wing.
    args : tuple
    progress : Progress or None
        Passed as the last argument, if there is one.

    Raises
    ------
    Exception
        What the function raises.
    RuntimeError
        If the helper ends meanwhile.
    """
    global _n_compiled
    request = (function, args, progress is not None, keras.config.floatx())
    with _lock:
        helper = _helper.get(os.getpid())
        if helper is None:
            _helper.clear()  # that of the process that this one was forked from
            helper = _helper[os.getpid()] = _Helper()
        try:
            kind, result, caught, n_programs, n_pieces = helper.call(request, progress)
        except BaseException as error:
            # after an interrupt, too, for what the helper sends next would be taken for the next answer
            del _helper[os.getpid()]
            code = helper.end()
            if not isinstance(error, (EOFError, OSError)):
                raise
            raise RuntimeError(_how_it_ended(code)) from None
        _n_compiled += n_programs - helper.n_compiled
        helper.n_compiled = n_programs
        if n_programs >= MOST_PROGRAMS or n_pieces > MOST_PIECES:
            del _helper[os.getpid()]
            helper.end()
    for message, category in caught:
        warnings.warn(message, category, stacklevel=2)
    if kind == "raised":
        raise result
    return result


def is_full(n_compiled: int) -> bool:
    """Return whether a helper had better compile what this process has not compiled yet.

    Parameters
    ----------
    n_compiled : int
        Programs that this process has compiled itself.
    """
    if _is_helper or not _can_start():  # a helper is renewed by the process that it helps
        return False
    return n_compiled >= MOST_PROGRAMS or _n_pieces() > MOST_PIECES


def _can_start() -> bool:
    """Return whether a helper can be started: by this Python, with a connection that only POSIX hands on."""
    executable = multiprocessing.spawn.get_executable()
    return os.name == "posix" and executable is not None and os.access(executable, os.X_OK)


def n_compiled() -> int:
    """Return how many programs helpers have compiled for this process."""
    return _n_compiled


def _n_pieces() -> int:
    """Return in how many pieces this process has its memory; 0 where the system does not say."""
    try:
        return _PIECES.read_bytes().count(b"\n")
    except OSError:
        return 0


def _how_it_ended(code: int) -> str:
    if is_forked():
        return (
            f"The helper process that trains for this forked process ended with exit code {code}, often for "
            f"want of memory. {_WAYS_OUT}."
        )
    return (
        f"The helper process that trains for this process, which has compiled {MOST_PROGRAMS:,} programs or "
        f"as much memory as they take, ended with exit code {code}, often for want of memory. Go on in a new "
        "process."
    )


_lock = threading.Lock()
_helper: dict[int, _Helper] = {}
_n_compiled, _is_helper = 0, False


def _renew_lock() -> None:
    """Have a lock of this process: another thread may have held it while this process was forked."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


class _Helper:
    """A process that was started afresh, and the connection to it."""

    def __init__(self) -> None:
        self.n_compiled = 0
        self.connection, theirs = multiprocessing.Pipe()
        self.process = subprocess.Popen(
            [
                multiprocessing.spawn.get_executable(),
                "-c",
                _PROGRAM,
                json.dumps(sys.path),
                str(theirs.fileno()),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    def call(
        self, request: tuple[Any, ...], progress: Progress | None
    ) -> tuple[str, Any, list[Any], int, int]:
        """Send a request, report progress meanwhile, and return what `serve` answers in the end."""
        self.connection.send_bytes(cloudpickle.dumps(request))
        while True:
            kind, *answer = cloudpickle.loads(self.connection.recv_bytes())
            if kind != "progress":
                result, caught, n_programs, n_pieces = answer
                return kind, result, caught, n_programs, n_pieces
            assert progress is not None
            getattr(progress, answer[0])(*answer[1:])

    def end(self) -> int:
        """End the process, and return its exit code."""
        self.connection.close()
        self.process.kill()
        return self.process.wait()


class _Reported:
    """Takes the place of a `Progress`, and has the process that is helped report to its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._advanced, self._skipped = 0.0, 0.0

    @property
    def position(self) -> tuple[float, float]:
        """Epochs that were reported as done and as left out; set to go back."""
        return self._advanced, self._skipped

    @position.setter
    def position(self, position: tuple[float, float]) -> None:
        advanced, skipped = position
        self._send("go_back", self._advanced - advanced, self._skipped - skipped)
        self._advanced, self._skipped = position

    def advance(self, epochs: float) -> None:
        self._advanced += epochs
        self._send("advance", epochs)

    def skip(self, epochs: float) -> None:
        self._skipped += epochs
        self._send("skip", epochs)

    def epoch(self, number: int, last: int, values: Mapping[str, np.ndarray]) -> None:
        self._send("epoch", number, last, values)

    def _send(self, *report: Any) -> None:
        self._connection.send_bytes(cloudpickle.dumps(("progress", *report)))


def serve(descriptor: int) -> None:
    """Answer calls until the process that is helped has gone; the helper's whole program."""
    global _is_helper
    _is_helper = True
    programs = import_module("sklearn_ridge_nn.training._program")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it reaches the process that is helped, which ends this one
    connection = Connection(descriptor)
    while True:
        try:
            content = connection.recv_bytes()
        except (EOFError, OSError):
            return
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            kind, result = _answered(content, connection)
        said = [(str(warning.message), warning.category) for warning in caught]
        answer = (kind, result, said, programs.n_compiled(), _n_pieces())
        try:
            connection.send_bytes(cloudpickle.dumps(answer))
        except OSError:
            return


def _answered(content: bytes, connection: Connection) -> tuple[str, Any]:
    try:
        function, args, reports, floatx = cloudpickle.loads(content)
        keras.config.set_floatx(floatx)
        module, _, name = function.rpartition(".")
        if reports:
            args = (*args, _Reported(connection))
        return "returned", getattr(import_module(f"sklearn_ridge_nn.training.{module}"), name)(*args)
    except Exception as error:
        error.add_note("In the helper process that trains:\n" + traceback.format_exc())
        return "raised", error
