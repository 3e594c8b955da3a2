"""What SciKeras fails at, one test each: the estimator among scikit-learn's tools."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import DecisionBoundaryDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr


@pytest.fixture
def quick(small):
    """Good on breast cancer after a second of training."""
    return small(learning_rate=0.02)


def test_an_integer_cv_stratifies(cancer, small):
    X, y = cancer
    order = np.argsort(y, kind="stable")  # KFold would meet folds of one class
    X, y = X[order], y[order]
    classifier = small(epochs=1)
    assert is_classifier(classifier)
    scores = cross_val_score(classifier, X, y, cv=3)
    np.testing.assert_array_equal(scores, cross_val_score(classifier, X, y, cv=StratifiedKFold(3)))


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "neg_log_loss", "neg_brier_score", "f1"])
def test_scorers_score(scoring, cancer, quick):
    X, y = cancer
    classifier = quick.fit(X, y)
    scorer = get_scorer(scoring)
    score = scorer(classifier, X, y)
    assert np.isfinite(score)
    assert score > (0.9 if scoring in ("roc_auc", "average_precision", "f1") else -0.3)


def test_multiclass_scorers_score(wine, small):
    X, y = wine
    scores = cross_val_score(small(learning_rate=0.05, epochs=20), X, y, cv=2, scoring="roc_auc_ovr")
    assert (scores > 0.9).all()


def test_voting(cancer, quick):
    X, y = cancer
    voting = VotingClassifier([("net", quick), ("linear", LogisticRegression())], voting="soft").fit(X, y)
    expected = (clone(quick).fit(X, y).predict_proba(X) + LogisticRegression().fit(X, y).predict_proba(X)) / 2
    np.testing.assert_allclose(voting.predict_proba(X), expected, rtol=1e-6)


def test_stacking(cancer, quick):
    X, y = cancer
    assert StackingClassifier([("net", quick)], cv=2).fit(X, y).score(X, y) > 0.9


def test_bagging(cancer, quick):
    X, y = cancer
    bagging = BaggingClassifier(quick, n_estimators=2, random_state=0).fit(X, y)
    assert bagging.score(X, y) > 0.9
    assert not np.array_equal(bagging.estimators_[0].coefs_[0], bagging.estimators_[1].coefs_[0])


def test_boosting_uses_the_weights(cancer, small):
    X, y = cancer
    boosting = AdaBoostClassifier(
        small(hidden_layer_sizes=(), learning_rate=0.1), n_estimators=3, random_state=0
    )
    assert boosting.fit(X, y).score(X, y) > 0.9
    assert len(boosting.estimators_) > 1


def test_calibration(cancer, quick):
    X, y = cancer
    calibrated = CalibratedClassifierCV(quick, cv=2, method="sigmoid").fit(X, y)
    assert calibrated.score(X, y) > 0.9


def test_one_vs_rest(wine, small):
    X, y = wine
    classifier = OneVsRestClassifier(small(learning_rate=0.05, epochs=15)).fit(X, y)
    assert classifier.score(X, y) > 0.9


@pytest.mark.slow
def test_multioutput_and_chains(multilabel, small):
    X, Y = multilabel
    for meta in (MultiOutputClassifier(small()), ClassifierChain(small())):
        assert meta.fit(X, Y).predict(X).shape == Y.shape


def test_sequential_feature_selection(cancer, small):
    X, y = cancer
    selector = SequentialFeatureSelector(
        small(hidden_layer_sizes=(), learning_rate=0.1), n_features_to_select=1, cv=2
    ).fit(X[:, [8, 22, 9]], y)
    np.testing.assert_array_equal(selector.get_support(), [False, True, False])  # worst perimeter


def test_permutation_importance(cancer, small):
    X, y = cancer
    signal = np.c_[X[:, 22], np.random.default_rng(0).normal(size=len(y))]
    classifier = small(learning_rate=0.05).fit(signal, y)
    importances = permutation_importance(classifier, signal, y, random_state=0).importances_mean
    assert importances[0] > 0.2 > abs(importances[1])


def test_learning_curve(cancer, quick):
    X, y = cancer
    sizes, train, test = learning_curve(quick, X, y, cv=2, train_sizes=[50, 200])
    assert sizes.tolist() == [50, 200]
    assert np.isfinite(train).all()
    assert np.isfinite(test).all()


@pytest.mark.parametrize("response", ["predict_proba", "decision_function", "predict"])
def test_decision_boundary_display(response, cancer, small):
    X, y = cancer
    frame = pd.DataFrame(X[:, :2], columns=["radius", "texture"])
    display = DecisionBoundaryDisplay.from_estimator(
        small().fit(frame, y), frame, response_method=response, grid_resolution=10
    )
    assert display.ax_.get_xlabel() == "radius"


def test_halving_search_over_epochs(cancer, small):
    X, y = cancer
    search = HalvingGridSearchCV(
        small(), {"alpha": [0.0, 1e-3, 1e-2, 1e-1]}, resource="epochs", max_resources=4, cv=2, random_state=0
    ).fit(X, y)
    assert search.n_resources_ == [1, 3]
    assert search.best_estimator_.n_iter_ == 3


def test_tuned_threshold(cancer, quick):
    X, y = cancer
    tuned = TunedThresholdClassifierCV(quick, scoring="balanced_accuracy", cv=2).fit(X, y)
    assert tuned.score(X, y) > 0.9


def test_reordered_columns_are_refused_in_a_pipeline(cancer, small):
    X, y = cancer
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), small(epochs=1)).fit(frame, y)
    with pytest.raises(ValueError, match="same order"):
        pipeline.predict(frame[["c", "b", "a"]])


def test_parameters_survive_clone(small):
    classifier = small(alpha=0.3, batch_size=7, class_weight="balanced", patience=9)
    assert clone(classifier).get_params() == classifier.get_params()


@pytest.mark.slow
def test_a_search_over_every_parameter_runs(cancer, small):
    X, y = cancer
    grid = [
        {"alpha": [0.0, 1e-2]},
        {"hidden_layer_sizes": [(), (4, 4)]},
        {"optimizer": ["sgd", "adamw"], "learning_rate": [0.01]},
        {"dropout": [0.5], "batch_size": [64], "activation": ["tanh"]},
        {"early_stopping": [True], "class_weight": ["balanced"], "dtype": ["float64"]},
    ]
    search = GridSearchCV(small(), grid, cv=2, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.slow
def test_processes_and_threads_give_the_results_of_one(cancer, small):
    X, y = cancer
    from joblib import parallel_config

    expected = cross_val_predict(small(), X, y, cv=2, method="predict_proba")
    for backend in ("threading", "loky"):
        with parallel_config(backend=backend, n_jobs=2):
            np.testing.assert_array_equal(
                cross_val_predict(small(), X, y, cv=2, method="predict_proba"), expected
            )


def test_html_repr_shows_the_parameters(cancer, small):
    X, y = cancer
    pipeline = make_pipeline(StandardScaler(), small(alpha=0.123))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before, after = estimator_html_repr(pipeline), estimator_html_repr(pipeline.fit(X, y))
    assert "RidgeMLPClassifier" in before
    assert "0.123" in before
    assert "RidgeMLPClassifier" in after
    assert repr(pipeline[-1]).startswith("RidgeMLPClassifier(alpha=0.123")
