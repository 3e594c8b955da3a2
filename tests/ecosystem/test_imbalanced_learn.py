"""imbalanced-learn's pipelines: samplers resample the rows that are trained on, and no others."""

import warnings

import numpy as np
import pytest
import sklearn.model_selection as theirs
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as SamplingPipeline, make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier, bias_variance, diagnose, model_selection as ours
from sklearn_ridge_nn.diagnosis._classification import YARDSTICKS

ALPHAS = [1e-4, 1e-2, 1.0]


@pytest.fixture(scope="module")
def uneven():
    """Three classes, of 300, 70 and 30 rows."""
    X, y = make_classification(
        400, 8, n_informative=6, n_classes=3, weights=[0.75, 0.175], flip_y=0, random_state=0
    )
    return X, np.array(["common", "rare", "rarest"])[y]


class CountingSampler(RandomOverSampler):
    """Notes the rows that each resampling gives."""

    drawn: list = []  # noqa: RUF012

    def fit_resample(self, X, y, **params):
        X, y = super().fit_resample(X, y, **params)
        self.drawn.append(X)
        return X, y


@pytest.fixture
def drawn():
    CountingSampler.drawn.clear()
    return CountingSampler.drawn


def pipeline(sampler, **params):
    network = RidgeMLPClassifier(
        **{"hidden_layer_sizes": (16,), "epochs": 8, "random_state": 0, "dtype": "float64", **params}
    )
    return make_pipeline(StandardScaler(), sampler, PCA(5), network)


def assert_same(values, expected, name=""):
    if np.asarray(expected).dtype.kind == "f":
        np.testing.assert_allclose(values, expected, rtol=1e-9, err_msg=name)
    else:
        np.testing.assert_array_equal(values, expected, err_msg=name)


SAMPLERS = [SMOTE(random_state=0, k_neighbors=3), RandomUnderSampler(random_state=1), "passthrough"]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_a_search_has_scikit_learns_results(sampler, uneven, trained):
    X, y = uneven
    grid = {"ridgemlpclassifier__alpha": ALPHAS, "pca__n_components": [3, 5]}
    options = {
        "cv": 3,
        "scoring": ["accuracy", "neg_log_loss"],
        "refit": "neg_log_loss",
        "return_train_score": True,
    }
    mine = ours.GridSearchCV(pipeline(sampler), grid, **options).fit(X, y)
    assert trained == [18, 1]  # and not one by one
    stock = theirs.GridSearchCV(pipeline(sampler), grid, **options).fit(X, y)
    for name, values in stock.cv_results_.items():
        if "time" not in name:
            assert_same(mine.cv_results_[name], values, name)
    np.testing.assert_allclose(mine.predict_proba(X), stock.predict_proba(X), rtol=1e-9)


def test_a_fold_is_resampled_once_for_each_setting(uneven, drawn):
    X, y = uneven
    grid = {
        "ridgemlpclassifier__alpha": ALPHAS,
        "countingsampler__sampling_strategy": ["not majority", "minority"],
    }
    ours.GridSearchCV(pipeline(CountingSampler(random_state=0)), grid, cv=3, refit=False).fit(X, y)
    assert len(drawn) == 3 * 2


@pytest.mark.parametrize("function", ["cross_val_predict", "cross_val_score"])
def test_cross_validation_has_scikit_learns_results(function, uneven, trained):
    X, y = uneven
    mine = getattr(ours, function)(pipeline(SAMPLERS[0]), X, y, cv=4)
    assert trained == [4]
    np.testing.assert_array_equal(mine, getattr(theirs, function)(pipeline(SAMPLERS[0]), X, y, cv=4))


def test_a_diagnosis_has_the_losses_of_separate_fits(uneven):
    """Of the resampled rows in training, and of the test rows as they are."""
    X, y = uneven
    estimator = pipeline(SAMPLERS[0], validation_split=0)
    splits = list(StratifiedKFold(3).split(X, y))
    found = diagnose(estimator, X, y, alphas=ALPHAS, cv=splits, remedies=["yardsticks"])
    assert found.test_loss_curve.shape == (3, 3, 8)
    for i, alpha in enumerate(ALPHAS):
        for j, (train, test) in enumerate(splits):
            fitted = clone(estimator).set_params(ridgemlpclassifier__alpha=alpha).fit(X[train], y[train])
            loss = log_loss(y[test], fitted.predict_proba(X[test]))
            np.testing.assert_allclose(found.test_loss[i, j], loss, rtol=1e-5)
            scaled = fitted[0].transform(X[train])
            X_more, y_more = clone(SAMPLERS[0]).fit_resample(scaled, y[train])
            proba = fitted[-1].predict_proba(fitted["pca"].transform(X_more))
            np.testing.assert_allclose(found.train_loss[i, j], log_loss(y_more, proba), rtol=1e-5)
            np.testing.assert_allclose(found.train_loss_curve[i, j, -1], found.train_loss[i, j], rtol=1e-6)


def test_yardsticks_are_fitted_on_resampled_rows(uneven):
    X, y = uneven
    splits = list(StratifiedKFold(3).split(X, y))
    found = diagnose(pipeline(SAMPLERS[1]), X, y, alphas=ALPHAS, cv=splits, remedies=["yardsticks"])
    (linear,) = [trial for trial in found.trials if trial.name == "LogisticRegressionCV"]
    for j, (train, test) in enumerate(splits):
        other = clone(pipeline(SAMPLERS[1])[:-1])
        other.steps.append(("last", YARDSTICKS[linear.name](0)))
        with warnings.catch_warnings(action="ignore"):
            loss = log_loss(y[test], other.fit(X[train], y[train]).predict_proba(X[test]))
        np.testing.assert_allclose(linear.test_loss[j], loss, rtol=1e-6)


def test_all_rounds_train_on_the_same_rows(uneven, drawn):
    """Networks go on from where they stood, so a sampler without a seed is given one."""
    X, y = uneven
    splits = list(StratifiedKFold(2).split(X, y))
    estimator = pipeline(CountingSampler(), epochs=4)
    found = diagnose(
        estimator, X, y, alphas=ALPHAS, cv=splits, epochs="settled", max_epochs=8, remedies=False
    )
    assert len(found.rounds) > 1
    assert len(drawn) > 2
    assert len({rows.tobytes() for rows in drawn}) == 2
    assert estimator[1].random_state is None


def test_even_classes_are_not_weighed_as_a_remedy(uneven):
    X, y = uneven
    with pytest.raises(ValueError, match=r"'balanced class weights'.* does not fit this estimator"):
        diagnose(pipeline(SAMPLERS[0]), X, y, alphas=ALPHAS, cv=2, remedies=["balanced class weights"])


def test_bias_variance(uneven, trained):
    X, y = uneven
    found = bias_variance(pipeline(SAMPLERS[0]), X, y, alphas=[1e-4, 10.0], n_resamples=4, random_state=0)
    assert sum(trained) == 8
    assert len(trained) == 1
    assert found.log_bias[1] > found.log_bias[0]


def test_a_subclass_is_followed(uneven, trained):
    class Named(SamplingPipeline):
        pass

    X, y = uneven
    estimator = Named(pipeline(SAMPLERS[0]).steps)
    np.testing.assert_array_equal(
        ours.cross_val_score(estimator, X, y, cv=2), theirs.cross_val_score(estimator, X, y, cv=2)
    )
    assert trained[0] == 2
