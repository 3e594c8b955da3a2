"""Diagnoses of regressors, against scikit-learn's metrics of separate fits, and against known truths."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, make_friedman1, make_regression
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor, QuantileRegressor, Ridge, RidgeCV
from sklearn.metrics import (
    make_scorer,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    r2_score,
)
from sklearn.model_selection import KFold, RepeatedKFold, train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils import check_random_state, resample

from sklearn_ridge_nn import (
    AlphaDiagnosis,
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    RidgeMLPRegressor,
    RidgeMLPRegressorCV,
    bias_variance,
    diagnose,
)
from sklearn_ridge_nn.diagnosis._regression import Regression
from sklearn_ridge_nn.model_selection import GridSearchCV

X, Y = load_diabetes(return_X_y=True)
X, Y = scale(X)[:200], Y[:200]
SEVERAL = np.column_stack([Y, 1e3 * X[:, 0] * X[:, 1]])
WEIGHTS = np.random.default_rng(0).uniform(0.5, 2, len(Y))
CV = KFold(3)


def regressor(**params):
    given = {"hidden_layer_sizes": (8,), "epochs": 6, "validation_split": 0, "dtype": "float64"}
    return RidgeMLPRegressor(**{**given, "learning_rate": 0.02, "random_state": 0, **params})


def pinball(y, predicted, sample_weight=None):
    return mean_pinball_loss(y, predicted, sample_weight=sample_weight, alpha=0.8)


def half_deviance(y, predicted, sample_weight=None):
    return mean_poisson_deviance(y, predicted, sample_weight=sample_weight) / 2


METRICS = {
    "squared_error": mean_squared_error,
    "absolute_error": mean_absolute_error,
    "poisson": half_deviance,
    "quantile": pinball,
}


def trained_on(loss, **params):
    return regressor(loss=loss, **({"quantile": 0.8} if loss == "quantile" else {}), **params)


@pytest.mark.sample(1)
@pytest.mark.parametrize("loss", METRICS)
def test_weighted_losses_and_curves_are_those_of_separate_fits(loss):
    estimator = make_pipeline(StandardScaler(), trained_on(loss))
    step = "ridgemlpregressor"
    found = diagnose(
        estimator, X, Y, alphas=[0, 0.1], cv=CV, params={f"{step}__sample_weight": WEIGHTS}, remedies=False
    )
    close = 1e-6 if loss == "poisson" else 1e-9  # Keras adds 1e-7 to a prediction before its logarithm
    for epochs in (2, 6):
        for split, (train, test) in enumerate(CV.split(X)):
            fitted = clone(estimator).set_params(**{f"{step}__alpha": 0.1, f"{step}__epochs": epochs})
            fitted.fit(X[train], Y[train], **{f"{step}__sample_weight": WEIGHTS[train]})
            for rows, curve in ((train, found.train_loss_curve), (test, found.test_loss_curve)):
                expected = METRICS[loss](Y[rows], fitted.predict(X[rows]), sample_weight=WEIGHTS[rows])
                assert curve[1, split, epochs - 1] == pytest.approx(expected, rel=close)


@pytest.mark.slow
def test_several_outputs_count_alike_in_whichever_unit():
    found = diagnose(regressor(), X, SEVERAL, alphas=[0, 0.1], cv=CV, remedies=["yardsticks"])
    trials = {trial.name: trial for trial in found.trials}
    for split, (train, test) in enumerate(CV.split(X)):
        fitted = regressor(alpha=0.1).fit(X[train], SEVERAL[train])
        ridge = RidgeCV(alphas=np.logspace(-3, 5, 17)).fit(X[train], SEVERAL[train])
        weights = 1 / SEVERAL[train].std(axis=0) ** 2
        of_fitted, of_ridge = (
            mean_squared_error(SEVERAL[test], model.predict(X[test]), multioutput=weights)
            for model in (fitted, ridge)
        )
        assert found.test_loss[1, split] == pytest.approx(of_fitted, rel=1e-9)
        assert trials["RidgeCV"].test_loss[split] == pytest.approx(of_ridge, rel=1e-9)
        score = r2_score(SEVERAL[test], fitted.predict(X[test]))
        assert found.test_score[1, split] == pytest.approx(score, rel=1e-9)


LINEAR = {
    "squared_error": RidgeCV(alphas=np.logspace(-3, 5, 17)),
    "poisson": PoissonRegressor(max_iter=1000),
    "quantile": QuantileRegressor(quantile=0.8, alpha=0),
}
STRATEGIES = {"absolute_error": {"strategy": "median"}, "quantile": {"strategy": "quantile", "quantile": 0.8}}


@pytest.mark.slow
@pytest.mark.parametrize("loss", METRICS)
def test_yardsticks_are_fitted_and_judged_by_the_loss_that_is_trained(loss):
    found = diagnose(trained_on(loss), X, Y, alphas=[0, 0.1], cv=CV, remedies=["yardsticks"])
    trials = {trial.name: trial for trial in found.trials}
    peers = {
        found.guess: DummyRegressor(**STRATEGIES.get(loss, {"strategy": "mean"})),
        type(LINEAR.get(loss, LINEAR["squared_error"])).__name__: LINEAR.get(loss, LINEAR["squared_error"]),
        "HistGradientBoosting": HistGradientBoostingRegressor(
            loss=loss, quantile=0.8 if loss == "quantile" else None, random_state=0
        ),
    }
    assert set(peers) <= set(trials)
    assert ("MLPRegressor" in trials) == (loss != "quantile")
    for name, peer in peers.items():
        for split, (train, test) in enumerate(CV.split(X)):
            predicted = clone(peer).fit(X[train], Y[train]).predict(X[test])
            expected = METRICS[loss](Y[test], predicted)
            assert trials[name].test_loss[split] == pytest.approx(expected, rel=1e-6), name


def test_results_of_searches_are_taken():
    search = GridSearchCV(
        regressor(), {"alpha": [0.0, 0.1, 1.0]}, cv=CV, scoring=["r2", "neg_mean_squared_error"],
        refit=False, return_train_score=True,
    )  # fmt: skip
    found = AlphaDiagnosis.from_cv_results(search.fit(X, Y).cv_results_)
    direct = diagnose(regressor(), X, Y, alphas=[0, 0.1, 1], cv=CV)
    np.testing.assert_allclose(found.test_loss, direct.test_loss, rtol=1e-9)
    assert found.verdicts == direct.verdicts


def test_other_regressors_are_judged_by_the_squared_error():
    found = diagnose(Ridge(), X, Y, alphas=[1e-3, 1e5], cv=CV, param_name="alpha")
    for split, (train, test) in enumerate(CV.split(X)):
        predicted = Ridge(1e5).fit(X[train], Y[train]).predict(X[test])
        assert found.test_loss[1, split] == pytest.approx(mean_squared_error(Y[test], predicted), rel=1e-9)


def test_other_scores_stand_beside_the_loss():
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    found = diagnose(regressor(), X, Y, alphas=[0, 0.1], cv=CV, scoring=scorer)
    train, test = next(CV.split(X))
    predicted = regressor(alpha=0.0).fit(X[train], Y[train]).predict(X[test])
    assert found.test_score[0, 0] == pytest.approx(-mean_absolute_error(Y[test], predicted), rel=1e-9)


@pytest.mark.slow
def test_a_diagnosis_of_several_outputs_travels_and_is_told():
    found = diagnose(regressor(), X, SEVERAL, alphas=[0, 0.1], cv=CV, remedies=True)
    again = AlphaDiagnosis.from_dict(found.to_dict())
    assert str(again) == str(found)
    assert "squared error" in str(found)
    assert "class" not in str(found)


def test_large_losses_are_written_out():
    told = str(diagnose(regressor(), X, 1e3 * Y, alphas=[0, 0.1], cv=CV))
    assert "e+0" not in told.replace("e+09", "").replace("e+10", "")


def test_squared_bias_and_variance_are_those_of_separate_fits():
    found = bias_variance(regressor(), X, Y, alphas=[0, 0.1], n_resamples=4, random_state=3)
    rng = check_random_state(3)
    train, test = train_test_split(np.arange(len(Y)), test_size=0.25, random_state=rng)
    samples = [resample(train, random_state=rng) for _ in range(4)]
    predicted = np.array([regressor(alpha=0.1).fit(X[rows], Y[rows]).predict(X[test]) for rows in samples])
    mean = predicted.mean(axis=0)
    assert found.squared_bias[1] == pytest.approx(np.mean((mean - Y[test]) ** 2), rel=1e-9)
    assert found.squared_variance[1] == pytest.approx(np.mean((predicted - mean) ** 2), rel=1e-9)
    assert found.squared_error[1] == pytest.approx(np.mean((predicted - Y[test]) ** 2), rel=1e-9)


# -- a known truth --------------------------------------------------------------------------------


@pytest.mark.sample(1)
@pytest.mark.parametrize("seed", [0, 1])
def test_few_noisy_rows_overfit_without_a_penalty_and_underfit_with_a_huge_one(seed):
    """150 rows of 100 features, of which three matter; a fifth of the variance of y is noise."""
    rows, y = make_regression(150, 100, n_informative=3, random_state=seed)
    y = scale(y) + np.random.default_rng(seed).normal(size=150) / 2
    network = regressor(hidden_layer_sizes=(32,), epochs=60, batch_size=16, learning_rate=0.01)
    found = diagnose(network, rows, y, alphas=[0, 0.3, 100])
    assert found.verdicts == ("overfit", "good", "underfit")
    assert found.n_splits == 15
    assert found.generalization_gap.mean(axis=1).argmax() == 0
    assert found.train_loss[2].mean() == pytest.approx(y.var(), rel=0.1)  # it predicts the mean


@pytest.mark.slow
def test_many_rows_of_a_simple_law_are_good_without_a_penalty():
    rows = np.random.default_rng(0).normal(size=(1000, 4))
    found = diagnose(regressor(), rows, rows[:, 0] + rows[:, 1], alphas=[0, 1e-7, 1e-6])
    assert found.verdicts == ("good", "good", "good")


def test_equal_numbers_are_nothing_to_diagnose():
    rows = np.random.default_rng(0).normal(size=(30, 2))
    for study in (diagnose, bias_variance):
        with pytest.raises(ValueError, match="y is 7 in all 30 rows: there is nothing to learn"):
            study(regressor(), rows, np.full(30, 7.0), alphas=[0, 1])
    with pytest.raises(ValueError, match="y is 1, 2 in all 30 rows"):
        diagnose(regressor(), rows, np.tile([1.0, 2.0], (30, 1)), alphas=[0, 1])


def test_numbers_without_signal_are_not_better_than_the_mean():
    rng = np.random.default_rng(0)
    found = diagnose(regressor(), rng.normal(size=(120, 5)), rng.normal(size=120), alphas=[0, 1e-2])
    (finding,) = [f for f in found.findings if f.code == "no-better-than-mean"]
    assert finding.severity == "problem"


@pytest.mark.slow
def test_a_network_beats_the_line_where_the_law_is_curved():
    rows, y = make_friedman1(500, 8, noise=0.5, random_state=0)
    network = RidgeMLPRegressor(epochs=100, learning_rate=0.01, hidden_layer_sizes=(32,), random_state=0)
    cv = RepeatedKFold(n_splits=5, n_repeats=1, random_state=0)
    found = diagnose(network, scale(rows), y, alphas=[1e-4, 1e-2], cv=cv, remedies=["yardsticks"])
    (finding,) = [f for f in found.findings if f.code == "worth-a-network"]
    (ridge,) = [result for result in found.trial_results("yardstick") if result.trial.name == "RidgeCV"]
    assert ridge.low > 0
    assert "RidgeCV" not in finding.template  # what "may do as well"


@pytest.mark.parametrize(
    "params", [{"quantile": None}, {"quantile": "0.5"}, {"loss": None}, {"loss": ["huber"]}]
)
def test_a_wrong_parameter_is_named_before_y_is_looked_at(params):
    """As `fit` names it; y is described in the words of loss and quantile."""
    X = np.random.default_rng(0).standard_normal((30, 2))
    (name,) = params
    for study in (diagnose, bias_variance):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of RidgeMLPRegressor must be"):
            study(RidgeMLPRegressor(**params), X, X[:, 0], alphas=[0, 1])


def test_scikit_learns_network_is_given_a_scaled_y():
    """Ours scales it by itself; without, the other one would be a man of straw."""
    problem = Regression(np.array([1.0, 2.0, 4.0]))
    peer = problem.yardsticks["MLPRegressor"](3)
    X, y = np.random.default_rng(0).standard_normal((60, 2)), 1e6 * np.arange(60.0)
    scaler = StandardScaler().fit(y[:, None])
    alone = MLPRegressor(random_state=3, max_iter=20)
    with warnings.catch_warnings(action="ignore"):  # it has not converged
        predicted = peer.set_params(regressor__max_iter=20).fit(X, y).predict(X)
        expected = alone.fit(X, scaler.transform(y[:, None]).ravel()).predict(X)
    np.testing.assert_allclose(predicted, scaler.inverse_transform(expected[:, None]).ravel())
    assert isinstance(Regression(np.array([1.0, 2.0]), "poisson").yardsticks["MLPRegressor"](0), MLPRegressor)


SCORES_WITHOUT_VALUE = {
    "accuracy of numbers": (RidgeMLPRegressor, X[:, 0], "accuracy", "r2"),
    "largest error of several outputs": (RidgeMLPRegressor, X[:, :2], "neg_max_error", "r2"),
    "logarithms of negative numbers": (RidgeMLPRegressor, X[:, 0] - 9, "neg_mean_squared_log_error", "r2"),
    "f1 of three classes": (RidgeMLPClassifier, np.arange(len(X)) % 3, "f1", "accuracy"),
    "f1 of words": (RidgeMLPClassifier, np.array(["no", "yes"])[np.arange(len(X)) % 2], "f1", "accuracy"),
    "r2 of words": (RidgeMLPClassifier, np.array(["no", "yes"])[np.arange(len(X)) % 2], "r2", "accuracy"),
}


@pytest.mark.parametrize("what", SCORES_WITHOUT_VALUE)
@pytest.mark.parametrize("call", ["diagnose", "cv"])
def test_a_score_that_y_does_not_have_is_refused_before_anything_is_trained(what, call, trained):
    kind, y, scoring, default = SCORES_WITHOUT_VALUE[what]
    words = rf"scoring='{scoring}' has no value for this y: .*\. Pass scoring='{default}'"
    chooser = RidgeMLPRegressorCV if kind is RidgeMLPRegressor else RidgeMLPClassifierCV
    run = {
        "diagnose": lambda: diagnose(kind(), X, y, alphas=[0, 0.1], cv=2, scoring=scoring),
        "cv": lambda: chooser([0, 0.1], epochs=2, cv=2, scoring=scoring).fit(X, y),
    }[call]
    with pytest.raises(ValueError, match=words):
        run()
    assert trained == []


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc", "top_k_accuracy", "recall"])
def test_scores_that_y_has_are_not_refused(scoring):
    y = (X[:, 2] > 0).astype(int)
    network = RidgeMLPClassifier((8,), epochs=2, validation_split=0, random_state=0)
    with warnings.catch_warnings(action="ignore"):  # of a score that is 1 for two classes
        found = diagnose(network, X, y, alphas=[0, 0.1], cv=2, scoring=scoring)
    assert np.isfinite(found.test_score).all()
