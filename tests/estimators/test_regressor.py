"""RidgeMLPRegressor, against scikit-learn's own results and Keras's."""

import pickle
import warnings

import keras
import numpy as np
import pytest
import sklearn.model_selection as theirs
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_regression
from sklearn.linear_model import Ridge
from sklearn.metrics import (
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    r2_score,
)
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ridge_nn import RidgeMLPRegressor, RidgeMLPRegressorCV, bias_variance, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV

X, Y = load_diabetes(return_X_y=True)
X = scale(X)
LOSSES = ("squared_error", "absolute_error", "huber", "poisson", "quantile")


def regressor(**params):
    given = {"hidden_layer_sizes": (8,), "epochs": 4, "random_state": 0, "dtype": "float64"}
    return RidgeMLPRegressor(**given | params)


# with 600 epochs on 15 rows, which epochs="auto" makes, rounding errors grow beyond the checks' tolerance
@parametrize_with_checks([RidgeMLPRegressor(dtype="float64", validation_split=0.0, epochs=100)])
def test_scikit_learn_check(estimator, check):
    if check.func.__name__ != "check_array_api_input":  # skips itself
        check(estimator)


def test_long_training_of_a_penalised_linear_network_reaches_ridge():
    features, y = make_regression(80, 5, noise=20, random_state=0)
    y = 1e5 + 1e3 * y
    rate = keras.optimizers.schedules.CosineDecay(0.1, 4000)
    params = {"hidden_layer_sizes": (), "penalize_output": True, "validation_split": 0, "batch_size": 80}
    network = regressor(alpha=0.2, epochs=4000, learning_rate=rate, optimizer="adam", **params).fit(
        features, y
    )
    ridge = Ridge(alpha=0.2 * 80).fit(features, y)
    np.testing.assert_allclose(network.predict(features), ridge.predict(features), rtol=1e-4)
    slopes = network.coefs_[0][:, 0] * network.target_scale_
    np.testing.assert_allclose(slopes, ridge.coef_, rtol=1e-4, atol=1e-4 * np.abs(ridge.coef_).max())


def test_scaled_targets_are_those_of_a_transformed_regressor():
    mine = regressor(validation_split=0).fit(X, Y)
    inner = regressor(validation_split=0, scale_target=False)
    other = TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(X, Y)
    np.testing.assert_allclose(mine.predict(X), other.predict(X), rtol=1e-9)


def test_reported_losses_are_those_of_predictions_in_the_units_of_y():
    losses = {
        "squared_error": mean_squared_error,
        "absolute_error": mean_absolute_error,
        "quantile": lambda y, p: mean_pinball_loss(y, p, alpha=0.8),
    }
    for loss, metric in losses.items():
        fitted = regressor(loss=loss, quantile=0.8 if loss == "quantile" else 0.5, validation_split=0)
        fitted.fit(X, Y)
        expected = metric(Y, fitted.predict(X))
        assert fitted.history_["data_loss"][-1] == pytest.approx(expected, rel=1e-9)


def test_several_outputs_are_weighted_so_that_they_count_alike():
    several = np.column_stack([Y, 100 * Y[::-1] + 3, X[:, 0]])
    fitted = regressor(validation_split=0).fit(X, several)
    weights = 1 / fitted.target_scale_**2
    expected = mean_squared_error(several, fitted.predict(X), multioutput=weights)
    assert fitted.history_["data_loss"][-1] == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(fitted.target_scale_, several.std(axis=0))


@pytest.mark.parametrize("loss", LOSSES)
def test_training_with_keras_gives_the_same_network_and_history(loss):
    mine = regressor(loss=loss).fit(X, Y)
    theirs_too = regressor(loss=loss, callbacks=[keras.callbacks.Callback()]).fit(X, Y)
    for a, b in zip(mine.coefs_, theirs_too.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)
    assert mine.history_.keys() == theirs_too.history_.keys()
    for name, values in mine.history_.items():
        np.testing.assert_allclose(values, theirs_too.history_[name], rtol=1e-6)


def test_a_search_has_the_scores_of_scikit_learns():
    grid, scoring = {"alpha": [0.0, 0.1]}, ["r2", "neg_mean_squared_error", "neg_mean_absolute_error"]
    ours, other = (
        kind(regressor(), grid, cv=3, scoring=scoring, refit="r2").fit(X, Y)
        for kind in (GridSearchCV, theirs.GridSearchCV)
    )
    for name, values in other.cv_results_.items():
        if "test" in name:
            np.testing.assert_allclose(ours.cv_results_[name], values, rtol=1e-12)


def test_the_best_epochs_have_the_scores_of_so_long_a_training():
    fitted = RidgeMLPRegressorCV(
        [0.0, 0.1], epochs="best", max_epochs=6, cv=3, random_state=0, dtype="float64", validation_split=0
    ).fit(X, Y)
    network = RidgeMLPRegressor(0.1, epochs=4, random_state=0, dtype="float64", validation_split=0)
    scores = theirs.cross_val_score(network, X, Y, cv=3)
    found = [fitted.cv_results_[f"split{split}_test_score"][6 + 3] for split in range(3)]
    np.testing.assert_allclose(found, scores, rtol=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_diagnosis_rests_on_the_loss_of_separate_fits(loss):
    metrics = {
        "squared_error": mean_squared_error,
        "absolute_error": mean_absolute_error,
        "poisson": lambda y, p: mean_poisson_deviance(y, p) / 2,
        "quantile": lambda y, p: mean_pinball_loss(y, p, alpha=0.5),
    }
    cv = theirs.KFold(3)
    network = regressor(loss=loss, validation_split=0)
    found = diagnose(network, X, Y, alphas=[0, 0.1], cv=cv, remedies=False)
    for split, (train, test) in enumerate(cv.split(X)):
        fitted = clone(network).set_params(alpha=0).fit(X[train], Y[train])
        assert found.test_score[0, split] == pytest.approx(
            r2_score(Y[test], fitted.predict(X[test])), rel=1e-9
        )
        if loss in metrics:
            expected = metrics[loss](Y[test], fitted.predict(X[test]))
            assert found.test_loss[0, split] == pytest.approx(expected, rel=1e-6)


def test_bias_and_variance_are_those_of_the_predictions():
    result = bias_variance(regressor(), X, Y, alphas=[0, 1], n_resamples=3)
    np.testing.assert_allclose(result.squared_error, result.squared_bias + result.squared_variance)
    assert result.losses == ("squared_error",)


@pytest.mark.parametrize(
    ("y", "params", "message"),
    [
        (np.array(["a", "b"] * 20), {}, "y must hold numbers, but it holds 'a'"),
        (np.r_[np.nan, np.zeros(39)], {}, "Input y contains NaN"),
        (np.r_[-1.0, np.ones(39)], {"loss": "poisson"}, "y must not be negative for loss='poisson'"),
        (np.r_[1e200, np.ones(39)], {}, "whose squares are beyond float64"),
        (np.arange(40.0), {"quantile": 0.9}, "quantile=0.9 would have no effect"),
    ],
)
def test_bad_input_is_refused_by_name(y, params, message):
    with pytest.raises(ValueError, match=message):
        regressor(**params).fit(X[:40], y)


@pytest.mark.parametrize("params", [{}, {"scale_target": False}, {"loss": "poisson"}])
def test_a_constant_y_is_predicted_with_a_warning(params):
    with pytest.warns(UserWarning, match=r"y is constant \(3\)"):
        fitted = regressor(**params).fit(X, np.full(len(X), 3.0))
    np.testing.assert_allclose(fitted.predict(X), 3.0, rtol=1e-12)


def test_huge_numbers_do_not_overflow():
    with warnings.catch_warnings(action="error"):
        fitted = regressor(dtype="float32").fit(X, 1e30 * Y)
    np.testing.assert_allclose(
        fitted.predict(X), 1e30 * regressor(dtype="float32").fit(X, Y).predict(X), rtol=1e-3
    )


def test_pickles_predict_and_partial_fits_are_epochs():
    fitted = regressor(validation_split=0, epochs=3).fit(X, Y)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))
    partial = regressor()
    for _ in range(3):
        partial.partial_fit(X, Y)
    np.testing.assert_allclose(partial.predict(X), fitted.predict(X), rtol=1e-9)
