import os
import subprocess
import sys
from pathlib import Path

import pytest

from sklearn_ridge_nn.cli._main import main

COMMAND = str(Path(sys.executable).parent / "ridge-nn")


@pytest.fixture(scope="session")
def ridge_nn():
    """Run the command and return what it prints, checked: its exit code, and lines of its own on stderr."""

    def run(*arguments, code=0, stdin=None, cwd=None):
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=300,
            env={**os.environ, "COLUMNS": "100"},
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr

    return run


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
