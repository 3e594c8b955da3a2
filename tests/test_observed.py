"""What a tool puts around scikit-learn's functions is put around ours, without knowing them."""

import functools
import inspect

import numpy as np
import pytest
import sklearn.model_selection as theirs
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor

import sklearn_ridge_nn
from sklearn_ridge_nn import (
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    RidgeMLPRegressor,
    model_selection as ours,
)

X = np.random.default_rng(0).normal(size=(40, 2))
y = (X[:, 0] > 0).astype(int)


@pytest.fixture
def seen(monkeypatch):
    """Watch functions as MLflow does, and return the calls that are seen."""
    calls = []

    def watch(owner, name):
        original = getattr(owner, name)

        @functools.wraps(original)
        def watching(*args, **kwargs):
            def call_original(*inner_args):
                return original(*inner_args, **kwargs)

            calls.append(type(args[0]).__name__)
            result = call_original(*args)
            calls.append(f"{type(args[0]).__name__} ended")
            return result

        monkeypatch.setattr(owner, name, watching)

    watch(MLPClassifier, "fit")
    watch(MLPRegressor, "fit")
    watch(theirs.GridSearchCV, "fit")
    watch(theirs, "cross_validate")
    return calls


def network():
    return RidgeMLPClassifier(hidden_layer_sizes=(4,), epochs=2, random_state=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fit", "name"),
    [
        (lambda: network().fit(X, y), "RidgeMLPClassifier"),
        (lambda: RidgeMLPRegressor(epochs=2, random_state=0).fit(X, X[:, 0]), "RidgeMLPRegressor"),
        (lambda: ours.cross_validate(network(), X, y, cv=2), "RidgeMLPClassifier"),
        (lambda: sklearn_ridge_nn.diagnose(network(), X, y, alphas=[0.1, 1.0], cv=2), "RidgeMLPClassifier"),
    ],
)
def test_each_is_seen_once_as_itself(fit, name, seen):
    fit()
    assert seen == [name, f"{name} ended"]


@pytest.mark.slow
def test_a_search_is_seen_with_the_fit_of_its_best_network_inside(seen):
    ours.GridSearchCV(network(), {"alpha": [0.1, 1.0]}, cv=2).fit(X, y)
    inner = ["RidgeMLPClassifier", "RidgeMLPClassifier ended"]
    assert seen == ["GridSearchCV", *inner, "GridSearchCV ended"]
    seen.clear()
    RidgeMLPClassifierCV(alphas=[0.1, 1.0], epochs=2, cv=2, random_state=0).fit(X, y)
    assert (seen[0], seen[-1]) == ("RidgeMLPClassifierCV", "RidgeMLPClassifierCV ended")


def test_results_are_those_without_a_watcher(seen, monkeypatch):
    watched = network().fit(X, y)
    n_calls = len(seen)
    monkeypatch.undo()
    free = network().fit(X, y)
    assert len(seen) == n_calls > 0
    assert np.array_equal(watched.predict_proba(X), free.predict_proba(X))


def test_errors_and_arguments_pass_through(seen):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        network().fit(X, y[1:])
    assert seen == ["RidgeMLPClassifier"]
    weighted = network().fit(X, y, sample_weight=np.arange(40.0))
    assert not np.array_equal(weighted.coefs_[0], network().fit(X, y).coefs_[0])


def test_what_cannot_be_put_around_another_function_is_left_out(monkeypatch):
    """A callable object, as wrapt makes them, holds what it wraps out of reach."""

    class Watcher:
        def __init__(self, wrapped):
            self.__wrapped__ = wrapped

        def __call__(self, *args, **kwargs):
            raise AssertionError("is for MLPClassifier")

    monkeypatch.setattr(MLPClassifier, "fit", Watcher(MLPClassifier.fit))
    assert network().fit(X, y).n_features_in_ == 2


def test_signatures_and_clones_are_as_before():
    assert list(inspect.signature(RidgeMLPClassifier.fit).parameters) == ["self", "X", "y", "sample_weight"]
    assert RidgeMLPClassifier.fit.__doc__.startswith("Train")
    assert clone(network()).get_params() == network().get_params()
