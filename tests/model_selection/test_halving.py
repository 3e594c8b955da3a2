"""Successive halving: scikit-learn's results, trained together; by going on where epochs are the resource."""

import warnings

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.decomposition import PCA
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    HalvingGridSearchCV as TheirGridSearch,
    HalvingRandomSearchCV as TheirRandomSearch,
    StratifiedKFold,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier, training as trainers
from sklearn_ridge_nn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV

ALPHAS = [0.0, 1e-4, 1e-3, 1e-2, 0.1, 1.0]


def network(**params):
    defaults = {"hidden_layer_sizes": (6,), "random_state": 0, "dtype": "float64", "learning_rate": 0.01}
    return RidgeMLPClassifier(**{**defaults, **params})


@pytest.fixture
def epochs_trained(monkeypatch):
    """The epochs that each network of each call of a trainer was trained for."""
    epochs = []
    train = trainers.train

    def counting(tasks, *args):
        epochs.append([task.epochs for task in tasks])
        return train(tasks, *args)

    monkeypatch.setattr(trainers, "train", counting)
    return epochs


def assert_same(mine, theirs, X):
    for name in ("n_resources_", "n_candidates_", "n_remaining_candidates_", "n_iterations_", "best_params_"):
        assert getattr(mine, name) == getattr(theirs, name), name
    assert mine.cv_results_.keys() == theirs.cv_results_.keys()
    for name, values in theirs.cv_results_.items():
        if "time" in name:
            continue
        if np.asarray(values).dtype.kind == "f":
            np.testing.assert_allclose(mine.cv_results_[name], values, rtol=1e-9, err_msg=name)
        else:
            np.testing.assert_array_equal(mine.cv_results_[name], values, err_msg=name)
    assert mine.best_score_ == pytest.approx(theirs.best_score_, rel=1e-9)
    np.testing.assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)


OPTIONS = {"factor": 2, "cv": StratifiedKFold(3), "scoring": "neg_log_loss"}


@pytest.mark.slow
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_survivors_go_on_with_the_results_of_training_anew(in_pipeline, wine, epochs_trained):
    X, y = wine
    estimator = make_pipeline(StandardScaler(), network()) if in_pipeline else network()
    prefix = "ridgemlpclassifier__" if in_pipeline else ""
    grid, options = (
        {f"{prefix}alpha": ALPHAS},
        {"resource": f"{prefix}epochs", "max_resources": 12, **OPTIONS},
    )
    mine = HalvingGridSearchCV(estimator, grid, **options).fit(X, y)
    assert epochs_trained == [[3] * 18, [3] * 9, [6] * 6, [12]]
    epochs_trained.clear()
    theirs = TheirGridSearch(estimator, grid, **options).fit(X, y)
    assert [sum(epochs) for epochs in epochs_trained] == [3] * 18 + [6] * 9 + [12] * 6 + [12]
    assert_same(mine, theirs, X)


@pytest.mark.slow
@pytest.mark.parametrize(
    "params",
    [
        {"early_stopping": True, "patience": 1},
        {"random_state": np.random.RandomState(0)},
    ],
)
def test_what_is_no_longer_training_is_trained_anew(params, wine, epochs_trained):
    X, y = wine
    options = {"resource": "epochs", "max_resources": 12, **OPTIONS}
    mine = HalvingGridSearchCV(network(**params), {"alpha": ALPHAS[1::2]}, **options).fit(X, y)
    assert epochs_trained == [[6] * 9, [12] * 6, [12]]
    if "early_stopping" in params:
        assert_same(mine, TheirGridSearch(network(**params), {"alpha": ALPHAS[1::2]}, **options).fit(X, y), X)


@pytest.mark.slow
def test_steps_without_a_seed_are_not_gone_on_behind(wine, epochs_trained):
    X, y = wine
    options = {"resource": "ridgemlpclassifier__epochs", "max_resources": 8, **OPTIONS}
    grid = {"ridgemlpclassifier__alpha": [0.01, 0.1]}
    for seed, second in ((None, 8), (0, 4)):
        estimator = make_pipeline(PCA(5, random_state=seed, svd_solver="randomized"), network())
        HalvingGridSearchCV(estimator, grid, **options).fit(X, y)
        assert epochs_trained == [[4] * 6, [second] * 3, [8]]
        epochs_trained.clear()


@pytest.mark.slow
def test_other_parameters_are_told_apart_and_may_forbid_going_on(wine, epochs_trained):
    X, y = wine
    grid = {"alpha": [0.01, 0.1], "early_stopping": [False, True]}
    options = {"resource": "epochs", "max_resources": 8, **OPTIONS}
    mine = HalvingGridSearchCV(network(), grid, **options).fit(X, y)
    theirs = TheirGridSearch(network(), grid, **options).fit(X, y)
    assert_same(mine, theirs, X)


@pytest.mark.slow
def test_networks_that_are_replaced_are_trained_anew(wine, epochs_trained):
    X, y = wine
    grid = {"network": [network(random_state=seed, learning_rate=0.02) for seed in (0, 1, 2, 3)]}
    options = {"resource": "network__epochs", "max_resources": 8, **OPTIONS}
    estimator = Pipeline([("scale", StandardScaler()), ("network", network())])
    mine = HalvingGridSearchCV(estimator, grid, **options).fit(X, y)
    assert epochs_trained == [[2] * 12, [4] * 6, [8] * 3, [8]]
    theirs = TheirGridSearch(estimator, grid, **options).fit(X, y)
    np.testing.assert_allclose(mine.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])


@pytest.mark.slow
def test_repeated_iterations_are_scikit_learns(wine):
    X, y = wine
    options = {"resource": "epochs", "max_resources": 4, "min_resources": 2, "aggressive_elimination": True}
    searches = [
        kind(network(), {"alpha": ALPHAS}, **options, **OPTIONS).fit(X, y)
        for kind in (HalvingGridSearchCV, TheirGridSearch)
    ]
    assert searches[0].n_resources_ == [2, 2, 4]
    assert_same(*searches, X)


@pytest.mark.slow
@pytest.mark.parametrize("resource", ["n_samples", "epochs"])
def test_random_candidates_and_rows(resource, wine, trained):
    X, y = wine
    options = {"resource": resource, "random_state": 0, "min_resources": 40 if resource == "n_samples" else 2}
    options |= {"max_resources": 160 if resource == "n_samples" else 8, "n_candidates": 4, **OPTIONS}
    space = {"alpha": loguniform(1e-4, 1)}
    mine = HalvingRandomSearchCV(network(epochs=4), space, **options).fit(X, y)
    assert trained == [12, 6, 3, 1]
    assert_same(mine, TheirRandomSearch(network(epochs=4), space, **options).fit(X, y), X)


@pytest.mark.slow
def test_memory_and_jobs_change_nothing(wine, tmp_path, trained):
    X, y = wine
    options = {"resource": "epochs", "max_resources": 8, **OPTIONS}
    first = HalvingGridSearchCV(network(), {"alpha": ALPHAS[:4]}, **options).fit(X, y)
    for more in ({"n_jobs": 2}, {"memory": str(tmp_path)}, {"memory": str(tmp_path)}):
        trained.clear()
        again = HalvingGridSearchCV(network(), {"alpha": ALPHAS[:4]}, **options, **more).fit(X, y)
        np.testing.assert_array_equal(
            first.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"]
        )
    assert trained == [1]  # the last fit; all others were kept


def test_a_candidate_that_fails_fails_alone(wine):
    X, y = wine
    grid = {"alpha": [0.01, 0.1], "learning_rate": [0.01, 1e200]}
    options = {"resource": "epochs", "max_resources": 8, **OPTIONS}
    with warnings.catch_warnings(action="ignore"):
        search = HalvingGridSearchCV(network(), grid, **options).fit(X, y)
    assert search.best_params_["learning_rate"] == 0.01


def test_other_estimators_are_searched_as_scikit_learn_does(wine):
    X, y = wine
    options = {"resource": "max_iter", "max_resources": 90, "factor": 3, "cv": 2}
    grid = {"C": [0.1, 1.0, 10.0]}
    mine, theirs = (
        kind(LogisticRegression(), grid, **options).fit(X, y)
        for kind in (HalvingGridSearchCV, TheirGridSearch)
    )
    np.testing.assert_array_equal(mine.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
