import contextlib
import io
import os
import sys
import tempfile

import pytest

from sklearn_ridge_nn.cli._main import main


@pytest.fixture(scope="session")
def ridge_nn():
    """Run the command and return what it prints, checked: its exit code, and lines of its own on stderr.

    It runs in this process, which has imported TensorFlow already. What only a process of its own shows, such
    as pipes and signals, is tested with one.
    """

    def run(*arguments, code=0, stdin="", cwd=None):
        streams = {name: _stream() for name in ("stdout", "stderr")}
        with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
            patch.setenv("COLUMNS", "100")
            given = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline=""))
            given.write(stdin)
            given.seek(0)
            patch.setattr(sys, "stdin", given)
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            if cwd is not None:
                stack.enter_context(contextlib.chdir(cwd))
            try:
                returned = main([str(argument) for argument in arguments])
            except SystemExit as stopped:
                returned = stopped.code or 0
        out, err = (_content(stream) for stream in streams.values())
        assert returned == code, err
        assert "Traceback" not in err
        return out, err

    return run


def _stream():
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")


def _content(stream):
    stream.flush()
    return stream.buffer.getvalue().decode().replace(os.linesep, "\n")


@pytest.fixture
def refused(capsys):
    """Return the one line that refuses arguments."""

    def run(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code
        assert code == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        line = printed.err.removesuffix("\n")
        assert line.startswith("ridge-nn: error: ")
        assert "\n" not in line
        return line.removeprefix("ridge-nn: error: ")

    return run
