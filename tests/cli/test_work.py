"""How long a training will take, said before it begins."""

import os
import pty
import re
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest

from sklearn_ridge_nn.cli._arguments import parse
from sklearn_ridge_nn.cli._training import begun
from sklearn_ridge_nn.cli._work import (
    MOST_CORES,
    SPEED,
    STARTING,
    diagnosis_in_words,
    duration,
    search_in_words,
)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """1,000 rows of 9 numbers and a category of three."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(1000, 9)), columns=[f"x{i}" for i in range(9)])
    frame["kind"] = rng.choice(["a", "b", "c"], 1000)
    frame["y"] = rng.choice(["no", "yes"], 1000)
    path = tmp_path_factory.mktemp("work") / "d.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)


def test_more_cores_take_less_time_as_far_as_that_was_measured(table, monkeypatch):
    task = task_of(table, "--hidden-layer-sizes", "500,500", "--epochs", "1000")
    times = []
    for n_cores in (1, 2, MOST_CORES, 64):
        monkeypatch.setattr(joblib, "cpu_count", lambda n_cores=n_cores: n_cores)
        times.append(search_in_words(task, 1000, 14, (5, 3)).partition("about ")[2])
    assert times == ["3 hours", "an hour and a half", "45 minutes", "45 minutes"]


def task_of(table, *arguments):
    return begun(parse(["diagnose", str(table), "--target", "y", *arguments]).arguments)


def test_the_time_follows_from_the_operations(table):
    """Six for each weight, row and epoch: forward, and twice as many backward, each a product and a sum."""
    task = task_of(table, "--hidden-layer-sizes", "50", "--epochs", "10000", "--validation-split", "0.25")
    n_weights = (12 + 1) * 50 + 50 + 1
    operations = 6 * n_weights * 600 * 10_000 * 14 * 5
    seconds = STARTING + operations / (SPEED * min(joblib.cpu_count(), MOST_CORES))
    assert search_in_words(task, 1000, 14, (5, 1)) == (
        f"14 alphas x 5 splits on 1,000 rows: about {duration(seconds)}"
    )


def test_a_training_that_may_end_early_takes_at_most_so_long(table):
    task = task_of(table, "--early-stopping")
    assert ": at most " in search_in_words(task, 1000, 14, (5, 3))
    fixed = diagnosis_in_words(task, 14, (5, 3), 1, settles=False, max_epochs=None, remedies="none")
    assert ": at most " in fixed


def test_a_training_until_it_has_settled_has_a_shortest_and_a_longest_time(table):
    task = task_of(table, "--hidden-layer-sizes", "500,500")

    def said(**options):
        given = {"settles": True, "max_epochs": None, "remedies": "none"}
        return diagnosis_in_words(task, 14, (5, 3), 2, **given | options)

    assert re.fullmatch(
        r"14 alphas x 15 splits x 2 seeds on 1,000 rows, until alpha and epochs settle: .+ to .+", said()
    )
    assert said(max_epochs=1).endswith("settle: about 20 seconds")
    assert said(max_epochs=1000).endswith("settle: 15 minutes to 5 hours")
    assert said(remedies="auto") == said() + ", or up to twice that with what else is tried"
    assert said(remedies="all") == said() + ", and longer for what else is tried"


@pytest.mark.parametrize("quiet", [False, True])
def test_it_is_said_to_a_terminal_that_wants_to_know(table, quiet, tmp_path):
    ours, theirs = pty.openpty()
    command = [
        sys.executable, "-m", "sklearn_ridge_nn", "fit", table, "--target", "y", "--model",
        tmp_path / "m.skops", "--alphas", "0.01,1", "--cv", "2", "--epochs", "1",
        *(["--quiet"] if quiet else []),
    ]  # fmt: skip
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:  # the terminal's other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert (b"ridge-nn: 2 alphas x 2 splits on 800 rows: about 10 seconds\r\n" in said) != quiet
    assert (said == b"") == quiet
