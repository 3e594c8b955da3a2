import importlib
import os
import pathlib
import random
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# programs that are compiled for tests stay out of the user's cache, and are shared by all processes
os.environ.setdefault("SKLEARN_RIDGE_NN_CACHE", str(pathlib.Path(__file__).parent.parent / ".cache"))

import matplotlib
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.preprocessing import scale

from sklearn_ridge_nn import RidgeMLPClassifier, training as trainers
from sklearn_ridge_nn.training import _helper

matplotlib.use("Agg")
# TensorFlow is told of that folder before it is used, by the test that comes first
importlib.import_module("sklearn_ridge_nn.training._program")
# tests compile many programs in a process, which seldom helps another one to finish sooner
_helper.MOST_PROGRAMS, _helper.MOST_PIECES = 300, 40_000


def pytest_make_parametrize_id(val):
    """Name a test after its values, without addresses, which differ between processes."""
    name = re.sub(r" at 0x\w+", "", str(val))
    return name if len(name) < 80 and "\n" not in name else None


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items):
    """Call the cases of a test slow but for those that its mark "sample" leaves to every run."""
    tests = {}
    for item in items:
        if item.get_closest_marker("sample"):
            tests.setdefault((item.path, item.originalname), []).append(item)
    for (_, name), cases in tests.items():
        (number,) = cases[0].get_closest_marker("sample").args
        every_run = random.Random(name).sample(range(len(cases)), min(number, len(cases)))
        for place in set(range(len(cases))).difference(every_run):
            cases[place].add_marker("slow")


@pytest.fixture(scope="session")
def cancer():
    """Breast cancer, standardised: 569 rows, 30 features, two classes."""
    X, y = load_breast_cancer(return_X_y=True)
    return _read_only(scale(X), y)


@pytest.fixture(scope="session")
def wine():
    """Wine, standardised: 178 rows, 13 features, three classes."""
    X, y = load_wine(return_X_y=True)
    return _read_only(scale(X), y)


@pytest.fixture(scope="session")
def digits():
    """Digits, standardised: 1797 rows, 64 features, ten classes."""
    X, y = load_digits(return_X_y=True)
    return _read_only(scale(X), y)


@pytest.fixture(scope="session")
def multilabel():
    """Three labels, each the sign of a sum of two of six features: 120 rows."""
    X = np.random.default_rng(0).normal(size=(120, 6))
    Y = (X[:, ::2] + X[:, 1::2] > 0).astype(int)
    return _read_only(X, Y)


@pytest.fixture
def no_helper(monkeypatch):
    """Have this process train, whatever it has compiled: what it trains with is patched."""
    monkeypatch.setattr(_helper, "is_full", lambda _: False)


@pytest.fixture
def small():
    """A small network that trains in a second; keywords override its parameters."""

    def make(**params):
        return RidgeMLPClassifier(**{"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0, **params})

    return make


@pytest.fixture
def trained(monkeypatch):
    """How many networks were trained by each call of a trainer in this process."""
    numbers = []
    train = trainers.train

    def counting(tasks, *args):
        numbers.append(len(tasks))
        return train(tasks, *args)

    monkeypatch.setattr(trainers, "train", counting)
    return numbers


def _read_only(*arrays):
    """Training must not write into the caller's arrays, so all shared data refuse it."""
    for array in arrays:
        array.setflags(write=False)
    return arrays
