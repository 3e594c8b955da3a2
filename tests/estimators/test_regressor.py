"""RidgeMLPRegressor, against scikit-learn's own results and Keras's."""

import copy
import pickle
import warnings

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import sklearn.model_selection as theirs
import skops.io
from scikeras.wrappers import KerasRegressor
from scipy.sparse import csc_array, csr_array
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
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklearn_ridge_nn import RidgeMLPRegressor, RidgeMLPRegressorCV, bias_variance, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV

X, Y = load_diabetes(return_X_y=True)
X = scale(X)
LOSSES = ("squared_error", "absolute_error", "huber", "poisson", "quantile")


def regressor(**params):
    given = {"hidden_layer_sizes": (8,), "epochs": 4, "random_state": 0, "dtype": "float64"}
    return RidgeMLPRegressor(**given | params)


@pytest.mark.slow
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


@pytest.mark.sample(1)
@pytest.mark.parametrize(("loss", "half"), [("squared_error", 2), ("poisson", 1)])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_mlp_regressor_has_another_alpha(n_outputs, loss, half):
    """Steps of gradient descent from the same weights.

    Theirs takes the half of the squared error, and trains on the sum over the outputs.
    """
    y = scale(np.column_stack([Y, X[:, 0] * X[:, 1]]))[:, :n_outputs]
    y = (y[:, 0] if n_outputs == 1 else y) + 10 * (loss == "poisson")
    n_rows, alpha, rate = len(X), 20.0, 0.05 if loss == "squared_error" else 0.005
    shared = {"hidden_layer_sizes": (6, 4), "batch_size": n_rows}
    ours = regressor(
        alpha=alpha * half / (2 * n_rows * n_outputs), loss=loss, penalize_output=True, scale_target=False,
        validation_split=0, optimizer="sgd", learning_rate=rate, epochs=1, **shared,
    ).fit(X, y)  # fmt: skip
    other = MLPRegressor(
        loss=loss, alpha=alpha, solver="sgd", momentum=0, learning_rate_init=half * rate / n_outputs, **shared
    ).partial_fit(X, y)
    other.coefs_, other.intercepts_ = copy.deepcopy([ours.coefs_, ours.intercepts_])
    start = other.coefs_[-1].copy()
    for _ in range(20):
        ours.partial_fit(X, y)
        other.partial_fit(X, y)
    assert np.abs(other.coefs_[-1] - start).max() > 0.05
    for a, b in zip(ours.coefs_ + ours.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)  # of poisson Keras has log(p + 1e-7)


def test_scaled_targets_are_those_of_a_transformed_regressor():
    mine = regressor(validation_split=0).fit(X, Y)
    inner = regressor(validation_split=0, scale_target=False)
    other = TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(X, Y)
    np.testing.assert_allclose(mine.predict(X), other.predict(X), rtol=1e-9)


@pytest.mark.slow
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


@pytest.mark.sample(2)
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


@pytest.mark.slow
def test_the_best_epochs_have_the_scores_of_so_long_a_training():
    fitted = RidgeMLPRegressorCV(
        [0.0, 0.1], epochs="best", max_epochs=6, cv=3, random_state=0, dtype="float64", validation_split=0
    ).fit(X, Y)
    network = RidgeMLPRegressor(0.1, epochs=4, random_state=0, dtype="float64", validation_split=0)
    scores = theirs.cross_val_score(network, X, Y, cv=3)
    found = [fitted.cv_results_[f"split{split}_test_score"][6 + 3] for split in range(3)]
    np.testing.assert_allclose(found, scores, rtol=1e-9)


@pytest.mark.sample(1)
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
        (
            pd.Series(pd.date_range("2020", periods=40, tz="UTC")),
            {},
            "y must hold numbers, but it holds Time",
        ),
        (pd.Series(pd.period_range("2020", periods=40)), {}, "y must hold numbers, but it holds Period"),
        (np.array([1j, *range(39)], dtype=object), {}, "y must hold numbers, but it holds 1j"),
        (np.array([None, *range(39)], dtype=object), {}, "Input y contains NaN"),
        (pd.Series([pd.NA, *range(39)], dtype=object), {}, "Input y contains NaN"),
        (np.array([np.inf, *range(39)], dtype=object), {}, "Input y contains infinity"),
        (
            1e25 * np.arange(40.0),
            {"scale_target": False, "dtype": "float32"},
            "Scale y, which reaches 3.9e.26: scale_target=True",
        ),
    ],
)
def test_bad_input_is_refused_by_name(y, params, message):
    with pytest.raises(ValueError, match=message):
        regressor(**params).fit(X[:40], y)


CONSTANTS = [{"loss": loss} for loss in LOSSES] + [{"scale_target": False}, {"dtype": "float32"}]


@pytest.mark.sample(3)
@pytest.mark.parametrize("with_keras", [False, True])
@pytest.mark.parametrize("params", CONSTANTS, ids=repr)
def test_a_constant_y_is_predicted_with_a_warning_and_its_losses(params, with_keras):
    params = params | ({"callbacks": [keras.callbacks.Callback()]} if with_keras else {})
    with pytest.warns(UserWarning, match=r"y is constant \(3\)"):
        fitted = regressor(**params).fit(X, np.full(len(X), 3.0))
    np.testing.assert_allclose(fitted.predict(X), 3.0, rtol=1e-12)
    least = 3 - 3 * np.log(3 + 1e-7) if params.get("loss") == "poisson" else 0.0
    for name in ("data_loss", "val_data_loss"):
        np.testing.assert_allclose(fitted.history_[name], least, atol=1e-4 if least else 0)


def test_counts_of_zero_have_a_small_rate_from_which_training_goes_on():
    with pytest.warns(UserWarning, match=r"y is constant \(0\)"):
        fitted = regressor(loss="poisson", warm_start=True, learning_rate=0.1).fit(X, np.zeros(len(X)))
    np.testing.assert_allclose(fitted.predict(X.astype("float32")), 1e-7, rtol=1e-5)
    assert np.isfinite(mean_poisson_deviance(Y, fitted.predict(X)))
    assert fitted.set_params(epochs=200).fit(X, Y / Y.mean()).predict(X).mean() == pytest.approx(1, abs=0.2)


def test_a_constant_output_is_exact_beside_one_that_learns():
    y = np.column_stack([np.full(len(Y), 7.0), Y])
    with pytest.warns(UserWarning, match=r"y is constant in column \[0\] \(7\)"):
        fitted = regressor(validation_split=0).fit(X, y)
    np.testing.assert_array_equal(fitted.predict(X)[:, 0], 7.0)
    expected = mean_squared_error(y, fitted.predict(X), multioutput=1 / fitted.target_scale_**2)
    assert fitted.history_["data_loss"][-1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.filterwarnings("ignore:y is constant")
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_folds_whose_training_rows_are_constant_have_the_losses_of_their_predictions(loss):
    y = np.where(np.arange(len(Y)) < len(Y) // 3, Y, 3.0)
    metric = {"squared_error": mean_squared_error, "absolute_error": mean_absolute_error}[loss]
    found = diagnose(regressor(loss=loss), X, y, alphas=[0, 0.1], cv=theirs.KFold(3), remedies=False)
    chosen = chooser(loss=loss, scoring=f"neg_mean_{loss}", epochs="best", max_epochs=3).fit(X, y)
    train, test = next(theirs.KFold(3).split(X))
    predicted = regressor(loss=loss).fit(X[train], y[train]).predict(X[test])
    assert found.test_loss[0, 0] == pytest.approx(metric(y[test], predicted), rel=1e-12)
    np.testing.assert_allclose(chosen.cv_results_["split0_test_score"], -metric(y[test], predicted))


def test_the_r2_of_a_fold_of_equal_numbers_is_scikit_learns():
    y = np.where(np.arange(len(Y)) < 2 * len(Y) // 3, Y, 3.0)
    fitted = chooser(epochs="best", max_epochs=3, validation_split=0).fit(X, y)
    train, test = list(theirs.KFold(3).split(X))[2]
    network = regressor(alpha=0.0, epochs=3, validation_split=0).fit(X[train], y[train])
    assert fitted.cv_results_["split2_test_score"][2] == r2_score(y[test], network.predict(X[test])) == 0
    found = diagnose(network, X, y, alphas=[0, 0.1], cv=theirs.KFold(3), epochs=3, remedies=False)
    assert found.test_score[0, 2] == 0


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


# -- containers, weights, travel: as for the classifier --------------------------------------------


@pytest.mark.parametrize("container", [csr_array, csc_array])
def test_sparse_rows_train_as_dense_ones(container):
    rows = np.where(X > 0.3, X, 0)
    sparse, dense = regressor().fit(container(rows), Y), regressor().fit(rows, Y)
    np.testing.assert_allclose(sparse.predict(container(rows)), dense.predict(rows), rtol=1e-9)


def test_memory_mapped_rows_and_targets(tmp_path):
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", Y)
    mapped = [np.load(tmp_path / name, mmap_mode="r") for name in ("X.npy", "y.npy")]
    np.testing.assert_array_equal(
        regressor().fit(*mapped).predict(mapped[0]), regressor().fit(X, Y).predict(X)
    )


@pytest.mark.parametrize("kind", ["list", "column", "Series", "Int64", "float32", "int", "object", "polars"])
def test_targets_of_any_container(kind):
    whole = np.round(Y).astype(int)
    made = {
        "list": whole.tolist,
        "column": lambda: whole[:, None],
        "Series": lambda: pd.Series(whole, index=range(5, 5 + len(whole))),
        "Int64": lambda: pd.Series(whole, dtype="Int64"),
        "float32": lambda: whole.astype(np.float32),
        "int": lambda: whole.astype(np.int16),
        "object": lambda: whole.astype(object),
        "polars": lambda: pl.Series(whole),
    }[kind]()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A column-vector y was passed")
        fitted = regressor().fit(X, made)
    expected = regressor().fit(X, whole).predict(X)
    assert fitted.predict(X).shape == expected.shape
    np.testing.assert_allclose(fitted.predict(X), expected, rtol=1e-9)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_frames_train_as_arrays_and_reordered_columns_are_refused(make):
    frame = make(dict(zip("abcdefghij", X.T, strict=True)))
    fitted = regressor().fit(frame, Y)
    np.testing.assert_array_equal(fitted.predict(frame), regressor().fit(X, Y).predict(X))
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        fitted.predict(frame[list("jihgfedcba")])


@pytest.mark.sample(1)
@pytest.mark.parametrize("loss", LOSSES)
def test_integer_weights_equal_repeated_rows(loss):
    """Within one minibatch exactly: the targets' mean and standard deviation are weighted, too."""
    weights = np.random.default_rng(0).integers(0, 4, size=len(Y))
    params = {"loss": loss, "validation_split": 0, "batch_size": 2000, "epochs": 20, "learning_rate": 0.01}
    weighted = regressor(**params).fit(X, Y, sample_weight=weights)
    repeated = regressor(**params).fit(np.repeat(X, weights, axis=0), np.repeat(Y, weights))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-8)
    assert weighted.history_["data_loss"][-1] == pytest.approx(repeated.history_["data_loss"][-1], rel=1e-8)


def test_rows_of_weight_zero_are_left_out_of_training_hold_out_and_scale():
    keep = np.random.default_rng(0).random(len(Y)) < 0.7
    broken = np.where(keep, Y, 1e9)
    a = regressor().fit(X, broken, sample_weight=keep.astype(float))
    b = regressor().fit(X[keep], Y[keep])
    np.testing.assert_array_equal(a.predict(X), b.predict(X))
    np.testing.assert_array_equal(a.history_["val_data_loss"], b.history_["val_data_loss"])


@pytest.mark.skipif(
    tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9),
    reason="pipelines asked to route scores as well",
)
def test_weights_are_routed_as_metadata():
    weights = np.random.default_rng(0).uniform(0.5, 2, len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        network = (
            regressor(epochs=1).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        result = theirs.cross_validate(
            make_pipeline(StandardScaler().set_fit_request(sample_weight=False), network), X, Y, cv=2,
            params={"sample_weight": weights}, return_estimator=True, return_indices=True,
        )  # fmt: skip
    train, test = (result["indices"][part][0] for part in ("train", "test"))
    scaler = StandardScaler().fit(X[train])
    expected = regressor(epochs=1).fit(scaler.transform(X[train]), Y[train], sample_weight=weights[train])
    np.testing.assert_array_equal(result["estimator"][0][-1].coefs_[0], expected.coefs_[0])
    predicted = expected.predict(scaler.transform(X[test]))
    score = r2_score(Y[test], predicted, sample_weight=weights[test])
    assert result["test_score"][0] == pytest.approx(score, rel=1e-12)


@pytest.mark.sample(2)
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_keras_model_predicts_scaled_targets(loss, n_outputs):
    y = Y if n_outputs == 1 else np.column_stack([Y, 2 * Y, Y[::-1]])
    fitted = regressor(loss=loss).fit(X, y)
    scaled = fitted.model_(keras.ops.convert_to_tensor(X, dtype="float64")).numpy()
    expected = scaled * fitted.target_scale_ + fitted.target_mean_
    np.testing.assert_allclose(fitted.predict(X).reshape(expected.shape), expected, rtol=1e-9)


def test_the_scikeras_regressor_is_of_the_same_network():
    fitted = regressor(alpha=0.02).fit(X, Y)
    theirs_too = fitted.keras_estimator_
    assert isinstance(theirs_too, KerasRegressor)
    assert theirs_too.get_params()["model__alpha"] == 0.02
    own = theirs_too.predict(X) * fitted.target_scale_ + fitted.target_mean_
    np.testing.assert_allclose(own, fitted.predict(X), rtol=1e-4)


def test_skops_needs_only_this_class_to_be_trusted():
    several = np.column_stack([Y, X[:, 0]])
    for y in (Y, several):
        fitted = make_pipeline(StandardScaler(), regressor()).fit(X, y)
        data = skops.io.dumps(fitted)
        assert skops.io.get_untrusted_types(data=data) == ["sklearn_ridge_nn.RidgeMLPRegressor"]
        twin = skops.io.loads(data, trusted=["sklearn_ridge_nn.RidgeMLPRegressor"])
        np.testing.assert_array_equal(twin.predict(X), fitted.predict(X))
        np.testing.assert_array_equal(
            twin[-1].partial_fit(X, y).coefs_[0], fitted[-1].partial_fit(X, y).coefs_[0]
        )


def test_the_html_of_a_notebook_names_what_was_set():
    html = regressor(loss="quantile", quantile=0.9)._repr_html_()
    assert "RidgeMLPRegressor" in html
    assert "quantile" in html


def test_a_second_fit_with_warm_start_goes_on():
    both = regressor(warm_start=True, epochs=3).fit(X, Y).fit(X, Y)
    np.testing.assert_array_equal(both.predict(X), regressor(epochs=6).fit(X, Y).predict(X))


@pytest.mark.parametrize("loss", LOSSES)
def test_early_stopping_keeps_the_best_epoch(loss):
    params = {"loss": loss, "learning_rate": 0.3, "patience": 2}
    fitted = regressor(early_stopping=True, epochs=60, **params).fit(X, Y)
    assert fitted.best_epoch_ == np.argmin(fitted.history_["val_data_loss"])
    assert fitted.n_iter_ < 60
    shorter = regressor(epochs=fitted.best_epoch_ + 1, **params).fit(X, Y)
    np.testing.assert_allclose(fitted.predict(X), shorter.predict(X), rtol=1e-9)


def test_partial_fits_do_not_stop_early():
    with pytest.raises(ValueError, match="partial_fit holds nothing out"):
        regressor(early_stopping=True).partial_fit(X, Y)


def test_training_goes_on_with_the_scale_it_began_with():
    fitted = regressor(warm_start=True).fit(X, Y).set_params(scale_target=False)
    with pytest.raises(ValueError, match="scale_target changed from True to False"):
        fitted.fit(X, Y)


# -- RidgeMLPRegressorCV ---------------------------------------------------------------------------


def chooser(**params):
    given = {"hidden_layer_sizes": (8,), "epochs": 4, "cv": 3, "random_state": 0, "dtype": "float64"}
    return RidgeMLPRegressorCV([0.0, 0.1, 1.0], **given | params)


@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error"])
def test_the_chooser_chooses_as_a_search_does(scoring):
    fitted = chooser(scoring=scoring).fit(X, Y)
    search = theirs.GridSearchCV(regressor(), {"alpha": [0.0, 0.1, 1.0]}, cv=3, scoring=scoring).fit(X, Y)
    assert fitted.alpha_ == search.best_params_["alpha"]
    np.testing.assert_allclose(
        fitted.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"], rtol=1e-9
    )
    np.testing.assert_allclose(fitted.predict(X), search.predict(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("loss", "scoring", "metric"),
    [
        ("squared_error", "neg_mean_squared_error", mean_squared_error),
        ("squared_error", "r2", lambda *given, **weights: -r2_score(*given, **weights)),
        ("absolute_error", "neg_mean_absolute_error", mean_absolute_error),
        ("poisson", "neg_mean_poisson_deviance", mean_poisson_deviance),
    ],
)
def test_weighted_scores_after_every_epoch_are_those_of_predictions(loss, scoring, metric):
    weights = np.random.default_rng(0).uniform(0.5, 2, len(Y))
    cv = list(theirs.KFold(3).split(X))
    fitted = chooser(loss=loss, scoring=scoring, epochs="best", max_epochs=3, cv=cv, validation_split=0)
    results = fitted.fit(X, Y, sample_weight=weights).cv_results_
    (place,) = [
        place
        for place, candidate in enumerate(results["params"])
        if (candidate["alpha"], candidate["epochs"]) == (0.1, 2)
    ]
    for split, (train, test) in enumerate(cv):
        network = regressor(alpha=0.1, epochs=2, loss=loss, validation_split=0)
        network.fit(X[train], Y[train], sample_weight=weights[train])
        expected = -metric(Y[test], network.predict(X[test]), sample_weight=weights[test])
        close = 1e-6 if loss == "poisson" else 1e-9  # Keras adds 1e-7 to a prediction before its logarithm
        assert results[f"split{split}_test_score"][place] == pytest.approx(expected, rel=close)


def test_the_best_epochs_of_several_outputs_go_by_the_loss():
    several = np.column_stack([Y, X[:, 0]])
    fitted = chooser(epochs="best", max_epochs=3, validation_split=0).fit(X, several)
    assert fitted.predict(X).shape == several.shape
    with pytest.raises(ValueError, match=r"does not know scoring='r2' of several outputs.*Pass scoring=None"):
        chooser(epochs="best", scoring="r2").fit(X, several)


@pytest.mark.parametrize(
    ("loss", "scoring", "way_out"),
    [
        ("huber", "r2", "goes by scoring=None"),
        (
            "squared_error",
            "neg_max_error",
            "scoring='r2' or scoring='neg_mean_squared_error', or by scoring=None",
        ),
    ],
)
def test_scores_that_epochs_cannot_be_chosen_by_are_refused(loss, scoring, way_out):
    with pytest.raises(ValueError, match=way_out):
        chooser(epochs="best", loss=loss, scoring=scoring).fit(X, Y)


def test_a_chooser_travels_and_goes_on():
    fitted = chooser().fit(X, Y)
    twin = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(twin.predict(X), fitted.predict(X))
    assert twin.alpha_ == fitted.alpha_


@pytest.mark.filterwarnings("ignore")  # scikit-learn's, of R2
def test_a_score_that_needs_more_rows_is_told_so():
    with pytest.raises(ValueError, match=r"\[0, 1, 2, 3, 4, ...\].*R2 needs two.*Give a cv of fewer splits"):
        chooser(cv=theirs.LeaveOneOut(), epochs=1).fit(X[:8], Y[:8])


@pytest.mark.parametrize("epochs", [2, "best"])
def test_wrong_weights_are_refused_before_any_training(epochs):
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(3,\), expected \(442,\)"):
        chooser(epochs=epochs).fit(X, Y, sample_weight=[1.0, 2.0, 3.0])


def test_counts_that_are_learnt_slowly_are_named():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.random.default_rng(1).poisson(30_000, 40)
    counts = RidgeMLPRegressor(loss="poisson", epochs=1, hidden_layer_sizes=(2,), random_state=0)
    with pytest.warns(UserWarning, match=r"y has a mean of 30,0\d\d, .*Divide y by its mean, and multiply"):
        counts.fit(X, y)
    with warnings.catch_warnings(action="error"):
        counts.fit(X, y / y.mean())
        counts.set_params(loss="squared_error").fit(X, y)
