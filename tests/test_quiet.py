"""TensorFlow's greeting is left out, and nothing else is."""

import importlib.metadata
import os
import subprocess
import sys

import pytest

from sklearn_ridge_nn._quiet import GREETING, held_back

VERSION = tuple(map(int, importlib.metadata.version("tensorflow").split(".")[:2]))

FIT = """
import os, sys
import numpy as np
from sklearn_ridge_nn import RidgeMLPClassifier
assert "tensorflow" not in sys.modules
before = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
RidgeMLPClassifier(epochs=1).fit(np.eye(10), np.arange(10) % 2)
assert "tensorflow" in sys.modules
assert os.environ.get("TF_CPP_MIN_LOG_LEVEL") == before
print("done", file=sys.stderr)
"""


@pytest.mark.skipif(VERSION < (2, 21), reason="earlier TensorFlow writes its lines whatever it is told")
@pytest.mark.sample(1)
@pytest.mark.parametrize(("level", "is_quiet"), [(None, True), ("0", False)])
def test_a_first_fit_writes_nothing_unless_it_is_asked_to(level, is_quiet):
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    run = subprocess.run(
        [sys.executable, "-c", FIT], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == ""
    assert run.stderr.endswith("done\n")
    assert (run.stderr == "done\n") == is_quiet


def test_lines_that_are_held_back_come_out_but_for_those_left_out(capfd):
    with held_back(GREETING):
        os.write(2, b"I0000 00:00:1.5   12 a.cc:31] found no GPU\n")
        os.write(2, b"2026-01-01 10:00:00.1: W tf.cc:1] slow\nmine\n")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "mine\n"


def test_they_come_out_when_what_is_inside_fails(capfd):
    def failing():
        os.write(2, b"E0000 00:00:1.5 12 x.cc:5] out of memory\n")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), held_back(GREETING):
        failing()
    assert capfd.readouterr().err == "E0000 00:00:1.5 12 x.cc:5] out of memory\n"
