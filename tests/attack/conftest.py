import io
import os
import re
import sys

import pytest
from hypothesis import HealthCheck, settings

from sklearn_ridge_nn.cli._main import main

#: What Python, NumPy, pandas, pyarrow and skops say where nobody looked before.
INSIDE = re.compile(
    r"ufunc|object (is not|has no)|has no attribute|broadcast|unsupported operand|not supported between|"
    r"out of bounds|ambiguous|list index|cannot unpack|Traceback|local variable|not subscriptable|"
    r"StopIteration|"
    r"--debug|codec can't|C error|Errno|\bdtype\b|nan_policy|ndarray|KeyError|<class|0x[0-9a-f]{6}"
)

#: Cases of each test. In make test they are few, and always the same ones.
CASES = int(os.environ.get("ATTACK_CASES", "5"))


def profile(name, max_examples):
    settings.register_profile(
        name,
        max_examples=max_examples,
        deadline=None,
        derandomize="ATTACK_CASES" not in os.environ,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


profile("attack", CASES)
profile("attack of the command", max(CASES // 4, 1))


@pytest.fixture(scope="session")
def run():
    """Run the command in this process."""
    return _run


def _run(*arguments):
    """Run the command, check its exit code and what it says, and return the code and its output."""
    streams = {
        name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for name in ("stdout", "stderr")
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code or 0
    out, err = (stream.flush() or stream.buffer.getvalue().decode() for stream in streams.values())
    assert code in (0, 2), err
    assert not INSIDE.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", err)), err
    assert len(err.splitlines()) < 12, err
    assert all(len(line) < 1000 for line in err.splitlines()), err
    if code:
        assert out == ""
        assert err.splitlines()[-1].startswith("ridge-nn: error: "), err
    return code, out
