"""Traced programs on disk: what one process traced, the next ones read, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sklearn_ridge_nn.training import _compile_cache as cache, _kept_graphs as kept

pytestmark = pytest.mark.skipif(
    cache._version() < cache._LEAST_VERSION, reason="TensorFlow keeps no programs"
)

BEGINNING = """
import sys
import numpy as np
from pathlib import Path
from sklearn.datasets import make_classification
from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.training import _program as program
from sklearn_ridge_nn.training._stacked_network import StackedNetwork

X, y = make_classification(40, 4, random_state=0)

def weights(**fields):
    fields = {"hidden_layer_sizes": (5,), "epochs": 3, "dropout": 0.2, "random_state": 0, **fields}
    program._cache = program._Cache()  # as a new process has it
    fitted = RidgeMLPClassifier(**fields).fit(X, y)
    return " ".join(kernel.sum(dtype=float).hex() for kernel in fitted.coefs_)
"""


def printed_by(code, folder):
    environment = {**os.environ, cache.VARIABLE: str(folder), "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(
        [sys.executable, "-c", BEGINNING + code], capture_output=True, text=True, env=environment
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.fixture(scope="module")
def expected():
    """Weights without anything on disk."""
    return printed_by("print(weights()); print(weights(optimizer='rmsprop'))", "off")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder that a process has filled."""
    folder = tmp_path_factory.mktemp("cache")
    printed_by("weights(); weights(optimizer='rmsprop')", folder)
    return folder


@pytest.mark.slow
def test_what_one_process_traced_the_next_reads_with_the_same_bits(expected, filled):
    code = """
def forward(*_):
    raise ZeroDivisionError("it was traced")

StackedNetwork.forward = forward
print(weights())
print(weights(optimizer="rmsprop"))
others = {"activation": "tanh", "optimizer": "nadam", "hidden_layer_sizes": (6,), "batch_size": 16}
for other in ({name: value} for name, value in others.items()):
    try:
        print("not traced", weights(**other))
    except ZeroDivisionError:
        pass
weights(alpha=0.5, dropout=0.4, epochs=4, random_state=1, learning_rate=0.1)  # not part of a program
"""
    assert printed_by(code, filled) == expected


@pytest.mark.slow
def test_a_file_that_is_not_whole_is_replaced(expected, tmp_path):
    code = """
import os
expected = weights()
(path,) = Path(os.environ["SKLEARN_RIDGE_NN_CACHE"]).rglob("*.graph")
whole = path.read_bytes()
flipped = bytearray(whole)
flipped[len(whole) // 2] ^= 1
for content in (b"", whole[:20], whole[:-1], whole[:1000], bytes(flipped), os.urandom(5000)):
    path.write_bytes(content)
    assert weights() == expected
    assert path.read_bytes() == whole
print(expected)
"""
    assert printed_by(code, tmp_path) == expected[:1]
    assert not list(tmp_path.rglob("*.part"))


def test_names_depend_on_the_code_the_versions_and_the_program(monkeypatch, tmp_path):
    codes = [kept._code()]
    monkeypatch.setattr(kept.keras, "__version__", "0")
    codes.append(kept._code())
    monkeypatch.undo()
    shutil.copytree(Path(kept.training.__path__[0]), tmp_path / "training")
    (tmp_path / "training" / "_engine.py").write_text("# other code")
    monkeypatch.setattr(kept.training, "__path__", [str(tmp_path / "training")])
    codes.append(kept._code())
    assert len(set(codes)) == 3
    monkeypatch.undo()
    assert kept._code() == codes[0] == kept._CODE
    names = [kept.name_of("key"), kept.name_of("other key")]
    monkeypatch.setattr(kept, "_CODE", codes[1])
    assert len({*names, kept.name_of("key")}) == 3
    monkeypatch.setattr(kept, "_CODE", None)  # of a package in a zip file
    assert kept.name_of("key") is None


@pytest.mark.slow
def test_code_that_changes_after_its_import_names_nothing(tmp_path):
    """A session that runs on over an upgrade traces what it has imported."""
    code = """
import shutil
from sklearn_ridge_nn.training import _kept_graphs as kept
before = kept.name_of("key")
shutil.copytree(kept.training.__path__[0], sys.argv[1])
Path(sys.argv[1], "_engine.py").write_text("# upgraded")
kept.training.__path__[0] = sys.argv[1]
assert kept.name_of("key") == before
print("same")
"""
    assert printed_by(code.replace("sys.argv[1]", repr(str(tmp_path / "new"))), "off") == ["same"]
