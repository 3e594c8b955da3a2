"""Ray, through joblib's backend: chunks run on its workers, with the same results."""

import itertools
import os
import signal
import textwrap
from pathlib import Path

import joblib
import numpy as np
import pytest
import ray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier, training as trainers
from sklearn_ridge_nn.model_selection import GridSearchCV, _chunks, cross_validate

pytestmark = pytest.mark.filterwarnings("default")


X, y = load_wine(return_X_y=True)
PIPELINE = make_pipeline(
    StandardScaler(), RidgeMLPClassifier(hidden_layer_sizes=(8,), epochs=3, random_state=0)
)
GRID = {"ridgemlpclassifier__alpha": [0.0, 1e-3, 1.0]}


@pytest.fixture(scope="module")
def page():
    """What the page does with Ray, on two workers of this machine, and the names that it leaves."""
    text = (Path(__file__).parents[2] / "docs" / "ecosystem.rst").read_text()
    (block,) = text.split(".. code-block:: python\n")[1:]
    lines = itertools.takewhile(lambda line: not line[:3].strip(), block.lstrip("\n").split("\n"))
    names = {"GridSearchCV": GridSearchCV, "candidate": PIPELINE, "grid": GRID, "X": X, "y": y}
    exec(textwrap.dedent("\n".join(lines)), names)
    yield names
    ray.shutdown()


def test_the_search_of_the_page_has_found_what_one_without_ray_finds(page):
    search = GridSearchCV(PIPELINE, GRID).fit(X, y)
    assert page["search"].best_params_ == search.best_params_


def test_a_search_on_two_workers_has_the_results_of_one_process(page, monkeypatch):
    """And none is trained in this process.

    Weights are the same to the last bit, for the chunks are the same. Ray's workers have one thread for
    NumPy's matrix products, on which the last bit of a prediction depends.
    """
    monkeypatch.setattr(_chunks, "CHUNK_OPERATIONS", 1)  # every fold in a chunk of its own
    trained = []
    train = trainers.train

    def counting(tasks, *args):
        trained.append(len(tasks))
        return train(tasks, *args)

    monkeypatch.setattr(trainers, "train", counting)
    options = {"cv": 4, "return_estimator": True}
    here = GridSearchCV(
        PIPELINE, GRID, cv=4, scoring="neg_log_loss", refit=False, return_train_score=True
    ).fit(X, y)
    weights_here = cross_validate(PIPELINE, X, y, **options)["estimator"]
    assert trained == [3] * 4 + [1] * 4
    with joblib.parallel_config(backend="ray"):
        there = GridSearchCV(
            PIPELINE, GRID, cv=4, scoring="neg_log_loss", refit=False, return_train_score=True, n_jobs=2
        ).fit(X, y)
        weights_there = cross_validate(PIPELINE, X, y, n_jobs=2, **options)["estimator"]
    assert trained == [3] * 4 + [1] * 4
    for a, b in zip(weights_here, weights_there, strict=True):
        for kernel, other in zip(a[-1].coefs_, b[-1].coefs_, strict=True):
            np.testing.assert_array_equal(kernel, other)
    for name, values in here.cv_results_.items():
        if "score" in name and "time" not in name:
            np.testing.assert_allclose(values, there.cv_results_[name], rtol=1e-13, err_msg=name)


class Killer(TransformerMixin, BaseEstimator):
    """Ends its process without a word, once."""

    def __init__(self, file):
        self.file = file

    def fit(self, X, y=None):
        if Path(self.file).exists():
            Path(self.file).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return self

    def transform(self, X):
        return X


def test_a_worker_that_is_killed_does_not_lose_the_search(page, monkeypatch, tmp_path):
    monkeypatch.setattr(_chunks, "CHUNK_OPERATIONS", 1)
    once = tmp_path / "once"
    estimator = make_pipeline(Killer(str(once)), *(step for _, step in PIPELINE.steps))
    expected = GridSearchCV(estimator, GRID, cv=3, refit=False).fit(X, y)
    once.touch()
    with (
        joblib.parallel_config(backend="ray"),
        pytest.warns(RuntimeWarning, match=r"Worker processes ended .* The search goes on"),
    ):
        killed = GridSearchCV(estimator, GRID, cv=3, refit=False, n_jobs=2).fit(X, y)
    assert not once.exists()
    np.testing.assert_allclose(
        killed.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"], rtol=1e-13
    )
