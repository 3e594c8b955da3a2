"""diagnose, against networks fitted one by one on the same splits."""

import json

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, PredefinedSplit, ShuffleSplit, StratifiedKFold, validation_curve
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, RidgeMLPClassifierCV, diagnose

ALPHAS = [0, 0.1, 10]
FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)


@pytest.fixture
def exact(small):
    """A small network in double precision that trains on all rows: its results agree to nine digits."""

    def make(**params):
        return small(**{"dtype": "float64", "batch_size": 32, "validation_split": 0, **params})

    return make


def scaled(classifier):
    return make_pipeline(StandardScaler(), classifier)


def separately(estimator, X, y, name="alpha", alphas=ALPHAS, cv=FOLDS, **params):
    """Yield (row, split, fitted, train, test) of clones fitted one by one."""
    for row, alpha in enumerate(alphas):
        for split, (train, test) in enumerate(cv.split(X, y)):
            weights = {key: value[train] for key, value in params.items()}
            fitted = clone(estimator).set_params(**{name: alpha}).fit(X[train], y[train], **weights)
            yield row, split, fitted, train, test


# -- scores and losses are those of separate fits -------------------------------------------------


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_scores_are_those_of_scikit_learns_validation_curve(exact, wine, trained, in_pipeline):
    X, y = wine
    estimator = scaled(exact()) if in_pipeline else exact()
    name = "ridgemlpclassifier__alpha" if in_pipeline else "alpha"
    diagnosis = diagnose(estimator, X, y, alphas=ALPHAS, cv=FOLDS)
    assert trained == [9]  # all in one run
    train, test = validation_curve(estimator, X, y, param_name=name, param_range=ALPHAS, cv=FOLDS)
    np.testing.assert_array_equal(diagnosis.train_score, train)
    np.testing.assert_array_equal(diagnosis.test_score, test)
    assert (diagnosis.param_name, diagnosis.score_name) == (name, "accuracy")


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_losses_are_scikit_learns_log_loss_of_separate_fits(exact, wine, in_pipeline):
    X, y = wine
    estimator = scaled(exact()) if in_pipeline else exact()
    diagnosis = diagnose(estimator, X, y, alphas=ALPHAS, cv=FOLDS)
    for row, split, fitted, train, test in separately(estimator, X, y, diagnosis.param_name):
        for part, rows in (("train", train), ("test", test)):
            expected = log_loss(y[rows], fitted.predict_proba(X[rows]))
            np.testing.assert_allclose(getattr(diagnosis, f"{part}_loss")[row, split], expected, rtol=1e-9)
    for part in ("train", "test"):
        curve = getattr(diagnosis, f"{part}_loss_curve")
        assert curve.shape == (3, 3, 3)
        np.testing.assert_allclose(curve[..., -1], getattr(diagnosis, f"{part}_loss"), rtol=1e-9)


def test_every_epoch_of_the_curve_is_the_loss_of_a_fit_that_ends_there(exact, wine):
    X, y = wine
    diagnosis = diagnose(exact(), X, y, alphas=[0, 0.1], cv=FOLDS)
    for epochs in (1, 2, 3):
        short = exact(epochs=epochs)
        for row, split, fitted, _, test in separately(short, X, y, alphas=[0, 0.1]):
            expected = log_loss(y[test], fitted.predict_proba(X[test]))
            curve = diagnosis.test_loss_curve[row, split]
            np.testing.assert_allclose(curve[epochs - 1], expected, rtol=1e-9)


def test_the_negative_log_loss_as_a_score_is_minus_the_test_loss(exact, wine):
    diagnosis = diagnose(exact(), *wine, alphas=ALPHAS, cv=FOLDS, scoring="neg_log_loss")
    np.testing.assert_allclose(diagnosis.test_score, -diagnosis.test_loss, rtol=1e-9)
    assert diagnosis.score_name == "neg_log_loss"


def test_with_early_stopping_losses_are_those_of_the_best_epoch(exact, cancer):
    X, y = cancer
    classifier = exact(validation_split=0.1, early_stopping=True, patience=1, epochs=40, learning_rate=0.1)
    diagnosis = diagnose(classifier, X, y, alphas=[0, 0.1], cv=FOLDS)
    lengths = []
    for row, split, fitted, _, test in separately(classifier, X, y, alphas=[0, 0.1]):
        best, n_epochs = fitted.best_epoch_, fitted.n_iter_
        lengths.append(n_epochs)
        expected = log_loss(y[test], fitted.predict_proba(X[test]))
        np.testing.assert_allclose(diagnosis.test_loss[row, split], expected, rtol=1e-9)
        np.testing.assert_allclose(diagnosis.test_loss_curve[row, split, best], expected, rtol=1e-9)
        curve = diagnosis.train_loss_curve[row, split]
        np.testing.assert_allclose(curve[best], diagnosis.train_loss[row, split], rtol=1e-9)
        np.testing.assert_allclose(curve[:n_epochs], fitted.history_["data_loss"], rtol=1e-9)
        assert np.isnan(curve[n_epochs:]).all()
    assert len(set(lengths)) > 1
    assert diagnosis.n_epochs == max(lengths) < 40


def test_train_losses_leave_out_the_hold_out(exact, cancer):
    X, y = cancer
    classifier = exact(validation_split=0.5, early_stopping=False)
    diagnosis = diagnose(classifier, X, y, alphas=[0, 0.1], cv=FOLDS)
    for row, split, fitted, *_ in separately(classifier, X, y, alphas=[0, 0.1]):
        expected = fitted.history_["data_loss"][-1]
        np.testing.assert_allclose(diagnosis.train_loss[row, split], expected, rtol=1e-9)


@pytest.mark.slow
def test_networks_with_callbacks_train_alone_and_have_the_same_curves(exact, wine):
    X, y = wine
    watched = diagnose(exact(callbacks=[keras.callbacks.Callback()]), X, y, alphas=[0, 0.1], cv=FOLDS)
    plain = diagnose(exact(), X, y, alphas=[0, 0.1], cv=FOLDS)
    for name in ("train_loss", "test_loss", "train_loss_curve", "test_loss_curve", "weight_norm"):
        np.testing.assert_allclose(getattr(watched, name), getattr(plain, name), rtol=1e-8)


# -- weights of rows, and weights of networks -----------------------------------------------------


def test_class_weights_of_the_training_rows_weigh_the_test_rows(exact, cancer):
    X, y = cancer
    classifier = exact(class_weight="balanced")
    diagnosis = diagnose(classifier, X, y, alphas=[0, 0.1], cv=FOLDS)
    for row, split, fitted, train, test in separately(classifier, X, y, alphas=[0, 0.1]):
        per_class = {k: len(train) / (2 * (y[train] == k).sum()) for k in (0, 1)}
        for part, rows in (("train", train), ("test", test)):
            weights = compute_sample_weight(per_class, y[rows])
            expected = log_loss(y[rows], fitted.predict_proba(X[rows]), sample_weight=weights)
            np.testing.assert_allclose(getattr(diagnosis, f"{part}_loss")[row, split], expected, rtol=1e-9)


def test_sample_weights_weigh_train_and_test_rows(exact, wine):
    X, y = wine
    w = np.random.default_rng(0).uniform(0, 3, len(y))
    diagnosis = diagnose(exact(), X, y, alphas=[0, 0.1], cv=FOLDS, params={"sample_weight": w})
    for row, split, fitted, train, test in separately(exact(), X, y, alphas=[0, 0.1], sample_weight=w):
        for part, rows in (("train", train), ("test", test)):
            expected = log_loss(y[rows], fitted.predict_proba(X[rows]), sample_weight=w[rows])
            np.testing.assert_allclose(getattr(diagnosis, f"{part}_loss")[row, split], expected, rtol=1e-9)
            curve = getattr(diagnosis, f"{part}_loss_curve")
            np.testing.assert_allclose(curve[row, split, -1], expected, rtol=1e-9)
    frequencies = DummyClassifier(strategy="prior")
    for split, (train, test) in enumerate(FOLDS.split(X, y)):
        proba = frequencies.fit(X[train], y[train], sample_weight=w[train]).predict_proba(X[test])
        expected = log_loss(y[test], proba, sample_weight=w[test])
        np.testing.assert_allclose(diagnosis.baseline_loss[split], expected, rtol=1e-9)


def test_norms_and_quantiles_are_those_of_the_weights_of_separate_fits(exact, wine):
    X, y = wine
    diagnosis = diagnose(exact(), X, y, alphas=ALPHAS, cv=FOLDS)
    assert diagnosis.weight_norm.shape == (3, 3, 2)
    for row, split, fitted, *_ in separately(exact(), X, y):
        norms = [np.linalg.norm(coef) for coef in fitted.coefs_]
        np.testing.assert_allclose(diagnosis.weight_norm[row, split], norms, rtol=1e-9)
        quantiles = [np.percentile(coef, [5, 25, 50, 75, 95]) for coef in fitted.coefs_]
        np.testing.assert_allclose(diagnosis.weight_quantiles[row, split], quantiles, rtol=1e-7, atol=1e-12)
        penalty = ALPHAS[row] * norms[0] ** 2
        np.testing.assert_allclose(diagnosis.penalty[row, split], penalty, rtol=1e-9)


def test_the_baseline_is_scikit_learns_prior(exact, wine, cancer):
    for X, y in (wine, cancer):
        diagnosis = diagnose(exact(), X, y, alphas=[0, 0.1], cv=FOLDS)
        for split, (train, test) in enumerate(FOLDS.split(X, y)):
            prior = DummyClassifier(strategy="prior").fit(X[train], y[train])
            expected = log_loss(y[test], prior.predict_proba(X[test]))
            np.testing.assert_allclose(diagnosis.baseline_loss[split], expected, rtol=1e-9)


def test_scales_are_those_that_the_network_sees(small, wine):
    X, y = wine
    stretched = X * np.r_[1000, np.ones(12)]
    raw = diagnose(small(), stretched, y, alphas=[0, 0.1], cv=FOLDS)
    np.testing.assert_allclose(raw.feature_scales, [1, 1, 1000], rtol=0.2)
    piped = diagnose(scaled(small(validation_split=0)), stretched, y, alphas=[0, 0.1], cv=FOLDS)
    np.testing.assert_allclose(piped.feature_scales, [1, 1, 1], rtol=1e-6)
    constant = np.column_stack([X, np.full(len(X), 0.1)])
    beside = diagnose(small(), constant, y, alphas=[0, 0.1], cv=FOLDS)
    np.testing.assert_allclose(beside.feature_scales, [1, 1, 1], rtol=0.2)


def test_the_ratio_of_test_to_training_rows_and_the_rarest_class_are_counted(small, wine):
    X, y = wine  # 59, 71 and 48 rows
    diagnosis = diagnose(small(), X, y, alphas=[0, 0.1], cv=ShuffleSplit(2, test_size=28, random_state=0))
    assert diagnosis.test_ratio == pytest.approx(28 / 150)
    parts = [test for _, test in ShuffleSplit(2, test_size=28, random_state=0).split(X)]
    name, n_rows, fewest = diagnosis.rarest_class
    assert n_rows == (y == int(name)).sum()
    assert fewest == min((y[test] == label).sum() for test in parts for label in range(3))
    folds = np.where(y == 1, np.arange(len(y)) % 2, np.arange(len(y)) % 3)  # class 1 is not in the third
    uneven = diagnose(small(), X, y, alphas=[0, 0.1], cv=PredefinedSplit(folds))
    assert uneven.rarest_class == ("1", 71, 0)


# -- seeds ----------------------------------------------------------------------------------------


def test_the_seeds_of_a_split_stand_next_to_each_other(exact, wine):
    X, y = wine
    diagnosis = diagnose(exact(random_state=4), X, y, alphas=ALPHAS, cv=FOLDS, n_seeds=2)
    assert (diagnosis.n_splits, diagnosis.n_seeds) == (3, 2)
    assert diagnosis.baseline_loss.shape == (3,)
    for seed in (0, 1):
        alone = exact(random_state=4 + seed)
        for row, split, fitted, _, test in separately(alone, X, y):
            expected = log_loss(y[test], fitted.predict_proba(X[test]))
            column = split * 2 + seed
            np.testing.assert_allclose(diagnosis.test_loss[row, column], expected, rtol=1e-9)
            np.testing.assert_allclose(diagnosis.test_loss_curve[row, column, -1], expected, rtol=1e-9)
            assert diagnosis.test_score[row, column] == fitted.score(X[test], y[test])


def test_without_a_seed_one_is_drawn_for_all_alphas(exact, wine):
    """Weak penalties of the same seed train nearly the same networks, other seeds quite others."""
    X, y = wine
    diagnosis = diagnose(exact(random_state=None), X, y, alphas=[0, 1e-12], cv=FOLDS, n_seeds=2)
    np.testing.assert_allclose(diagnosis.test_loss[0], diagnosis.test_loss[1], rtol=1e-6)
    assert (np.abs(np.diff(diagnosis.test_loss[0].reshape(3, 2))) > 1e-4).all()


def test_the_same_seed_gives_the_same_diagnosis(small, wine):
    one, other = (diagnose(small(), *wine, alphas=ALPHAS, cv=FOLDS).to_dict() for _ in range(2))
    assert one == other


def test_alpha_named_in_full_is_our_alpha(exact, wine):
    """One seed is drawn for all alphas, weights are measured, and the penalty is known."""
    options = {"alphas": [0, 1e-12], "cv": FOLDS}
    diagnosis = diagnose(exact(random_state=None), *wine, param_name="alpha", **options)
    np.testing.assert_allclose(diagnosis.test_loss[0], diagnosis.test_loss[1], rtol=1e-6)
    assert diagnosis.penalty is not None
    seeded = [diagnose(exact(), *wine, param_name=name, **options).to_dict() for name in (None, "alpha")]
    assert seeded[0] == seeded[1]


def test_seeds_beyond_the_largest_are_refused(small, wine, trained):
    with pytest.raises(ValueError, match=r"n_seeds=2 from random_state=4294967295 on ends beyond"):
        diagnose(small(random_state=2**32 - 1), *wine, alphas=[0, 1], cv=FOLDS, n_seeds=2)
    assert trained == []


def test_weights_of_early_stopping_are_not_those_of_the_last_epoch(small, wine):
    options = {"alphas": [0, 0.1], "cv": FOLDS}
    stopped = diagnose(small(early_stopping=True, epochs=30, patience=2), *wine, **options)
    assert stopped.early_stopping
    assert not diagnose(scaled(small()), *wine, **options).early_stopping


# -- other classifiers, other data ----------------------------------------------------------------


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_other_classifiers_are_judged_by_their_own_parameter(wine, in_pipeline):
    X, y = wine
    estimator = scaled(LogisticRegression()) if in_pipeline else LogisticRegression()
    name = "logisticregression__C" if in_pipeline else "C"
    Cs = [1e-6, 0.1, 1]
    diagnosis = diagnose(estimator, X, y, alphas=Cs, cv=FOLDS, param_name=name, stronger="smaller")
    assert diagnosis.verdicts[0] == "underfit"
    np.testing.assert_array_equal(diagnosis.strengths, [-1e-6, -0.1, -1])
    assert diagnosis.test_loss_curve is None
    assert diagnosis.weight_norm is None
    for row, split, fitted, train, test in separately(estimator, X, y, name, Cs):
        for part, rows in (("train", train), ("test", test)):
            expected = log_loss(y[rows], fitted.predict_proba(X[rows]))
            np.testing.assert_allclose(getattr(diagnosis, f"{part}_loss")[row, split], expected, rtol=1e-9)
            score = getattr(diagnosis, f"{part}_score")[row, split]
            assert score == fitted.score(X[rows], y[rows])


def test_whole_numbers_stay_so_for_parameters_that_want_them(wine):
    diagnosis = diagnose(KNeighborsClassifier(), *wine, alphas=[3, 9, 27], cv=FOLDS, param_name="n_neighbors")
    assert np.isfinite(diagnosis.test_loss).all()


@pytest.mark.slow
def test_another_parameter_of_our_network_can_be_varied(exact, wine):
    X, y = wine
    rates = [0.0, 0.5]
    diagnosis = diagnose(exact(), X, y, alphas=rates, cv=FOLDS, param_name="dropout")
    assert diagnosis.param_name == "dropout"
    for row, split, fitted, _, test in separately(exact(), X, y, "dropout", rates):
        expected = log_loss(y[test], fitted.predict_proba(X[test]))
        np.testing.assert_allclose(diagnosis.test_loss[row, split], expected, rtol=1e-9)


@pytest.mark.slow
def test_multilabel_losses_are_the_mean_over_labels(exact, multilabel):
    X, Y = multilabel
    cv = KFold(3)
    diagnosis = diagnose(exact(), X, Y, alphas=[0, 0.1], cv=cv)
    assert diagnosis.rarest_class is None
    for row, split, fitted, train, test in separately(exact(), X, Y, alphas=[0, 0.1], cv=cv):
        proba = fitted.predict_proba(X[test])
        expected = np.mean([log_loss(Y[test, k], proba[:, k]) for k in range(3)])
        np.testing.assert_allclose(diagnosis.test_loss[row, split], expected, rtol=1e-9)
        share = np.tile(Y[train].mean(axis=0), (len(test), 1))
        prior = np.mean([log_loss(Y[test, k], share[:, k]) for k in range(3)])
        np.testing.assert_allclose(diagnosis.baseline_loss[split], prior, rtol=1e-9)


@pytest.mark.parametrize(
    "made", [csr_array, lambda X: pd.DataFrame(X).add_prefix("f")], ids=["sparse", "DataFrame"]
)
def test_rows_of_any_container_give_the_same(exact, wine, made):
    X, y = wine
    expected = diagnose(exact(), X, y, alphas=[0, 0.1], cv=FOLDS)
    diagnosis = diagnose(exact(), made(X), y, alphas=[0, 0.1], cv=FOLDS)
    for name in ("train_loss", "test_loss", "test_loss_curve", "baseline_loss", "feature_scales"):
        np.testing.assert_allclose(getattr(diagnosis, name), getattr(expected, name), rtol=1e-8)


def test_labels_may_be_words(exact, wine):
    X, y = wine
    names = np.array(["c", "a", "b"])[y]
    diagnosis = diagnose(exact(), X, names, alphas=[0, 0.1], cv=list(FOLDS.split(X, y)))
    assert diagnosis.rarest_class[:2] == ("b", 48)
    for split, (train, test) in enumerate(FOLDS.split(X, y)):
        proba = exact(alpha=0).fit(X[train], names[train]).predict_proba(X[test])
        np.testing.assert_allclose(diagnosis.test_loss[0, split], log_loss(names[test], proba), rtol=1e-9)


# -- the caller's things, and finished fits -------------------------------------------------------


def test_the_callers_estimator_stays_as_it_was(small, wine):
    classifier = small(random_state=np.random.RandomState(0))
    estimator = scaled(classifier)
    before, state = set(vars(classifier)), classifier.random_state.get_state()[1].copy()
    diagnose(estimator, *wine, alphas=[0, 0.1], cv=FOLDS)
    assert set(vars(classifier)) == before
    assert classifier.alpha == RidgeMLPClassifier().alpha
    np.testing.assert_array_equal(classifier.random_state.get_state()[1], state)


def test_finished_fits_are_taken_from_memory(small, wine, trained, tmp_path):
    one = diagnose(small(), *wine, alphas=ALPHAS, cv=FOLDS, memory=tmp_path)
    assert trained == [9]
    again = diagnose(small(), *wine, alphas=ALPHAS, cv=FOLDS, memory=tmp_path)
    assert trained == [9]
    assert again.to_dict() == one.to_dict()


def test_it_says_what_it_is_about(small, wine):
    X, y = wine
    labels = np.array(["red", "rose", "white"])[y]
    pipeline = make_pipeline(StandardScaler(), "passthrough", small())
    about = dict(diagnose(pipeline, pd.DataFrame(X), labels, alphas=ALPHAS, cv=FOLDS, n_seeds=2).about)
    assert about["Rows"] == "178, 13 columns"
    assert about["Target"] == "3 classes: 'red' (59 rows), 'rose' (71 rows), 'white' (48 rows)"
    assert about["Estimator"] == "StandardScaler, then RidgeMLPClassifier"
    assert "random_state 0" in about["Network"]
    assert "alpha" not in about["Network"]
    assert (
        about["Splits"]
        == "3, each of 118 to 119 rows to train on and 59 to 60 to test on, 2 networks for each"
    )


def test_what_it_is_about_is_what_was_done(small, wine):
    X, y = wine
    cv = [(np.arange(0, 90, 1), np.arange(90, 178)), (np.arange(60, 178), np.arange(60))]
    network = small(random_state=np.random.RandomState(0))
    found = diagnose(network, X[:, :1], y % 2, alphas=ALPHAS, cv=cv, epochs=4)
    about = dict(found.about)
    assert "epochs 4" in about["Network"]
    assert " at 0x" not in about["Network"]
    assert about["Splits"] == "2, each of 90 to 118 rows to train on and 60 to 88 to test on"
    assert about["Rows"] == "178, 1 column"
    documents = np.array(["red wine", "white wine", "a rose", "red"] * 10)
    pipeline = make_pipeline(TfidfVectorizer(), small())
    found = diagnose(pipeline, documents, ["x" * 500, "b"] * 20, alphas=ALPHAS, cv=2)
    assert dict(found.about)["Rows"] == "40"
    assert len(dict(found.about)["Target"]) < 120


@pytest.mark.parametrize("kind", [list, csr_array, pl.DataFrame])
def test_rows_of_every_kind_are_counted(small, wine, kind):
    X, y = wine
    rows = X.tolist() if kind is list else kind(X)
    found = diagnose(small(), rows, y * 1.0, alphas=ALPHAS, cv=FOLDS)
    assert dict(found.about)["Rows"] == "178, 13 columns"
    assert AlphaDiagnosis.from_dict(json.loads(json.dumps(found.to_dict()))).about == found.about


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alphas": [0.1]}, r"alphas must hold at least 2 values to compare"),
        ({"alphas": []}, r"alphas must hold at least 2 values to compare"),
        ({"alphas": [0.1, 0.01]}, r"alphas must be in ascending order, each value once"),
        ({"alphas": [0.1, 0.1]}, r"alphas must be in ascending order, each value once"),
        ({"alphas": [-1, 0.1]}, r"alphas must be finite numbers >= 0"),
        ({"alphas": [0, np.inf]}, r"alphas must be finite numbers >= 0"),
        ({"alphas": [0, np.nan]}, r"alphas must be finite numbers >= 0"),
        ({"alphas": [[0, 1]]}, r"alphas must be a list of numbers"),
        ({"alphas": ["a", "b"]}, r"alphas must be a list of numbers"),
        ({"estimator": KMeans()}, r"must be a classifier or a regressor.* Got KMeans, which is neither"),
        ({"estimator": LogisticRegression()}, r"must be a RidgeMLPClassifier or a RidgeMLPRegressor, or a"),
        ({"estimator": RidgeMLPClassifierCV()}, r"must be a RidgeMLPClassifier or a RidgeMLPRegressor, or a"),
        ({"param_name": "lambda"}, r"param_name='lambda' is not a parameter of RidgeMLPClassifier\. It has"),
        ({"param_name": "alpha", "alphas": None}, r"alphas must be given for param_name='alpha'"),
        ({"estimator": LinearSVC(), "param_name": "C"}, r"must have predict_proba.*LinearSVC has none"),
        ({"n_seeds": 0}, r"'n_seeds' parameter of diagnose must be an int in the range \[1"),
        ({"level": 0.5}, r"'level' parameter of diagnose must be a float in the range \(0"),
        ({"margin": -1}, r"'margin' parameter of diagnose"),
        ({"stronger": "left"}, r"'stronger' parameter of diagnose"),
        ({"y": np.where(np.arange(178) == 7, np.nan, 1.0)}, r"there is no label in 1 of 178 rows .* row 7\)"),
        ({"y": np.array(["a", None] * 89, dtype=object)}, r"there is no label in 89 of 178 rows .* row 1\)"),
        ({"estimator": scaled(LogisticRegression()), "param_name": "C"}, r"mean 'logisticregression__C'\?"),
        ({"y": np.linspace(0, 1, 178)}, r"y must hold class labels.*continuous numbers are for regression"),
        ({"y": np.r_[3, np.arange(177) % 3]}, r"has no row of class 3 to train on \(1 in all of y\)"),
        ({"y": np.arange(177) % 3}, r"inconsistent numbers of samples"),
        ({"cv": ShuffleSplit(1)}, r"cv must give at least 2 splits to compare alphas over\. Got 1"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_before_anything_is_trained(small, wine, trained, options, message):
    X, y = wine
    with pytest.raises(ValueError, match=message.replace("class 3", r"class \S*3\S*")):
        diagnose(**{"estimator": small(), "X": X, "y": y, "alphas": [0, 1], "cv": KFold(3), **options})
    assert trained == []


@pytest.mark.parametrize(
    ("estimator", "Y", "message"),
    [
        (LinearSVC(), None, r"CalibratedClassifierCV"),
        (LogisticRegression(), np.eye(178, 3, dtype=int), r"y must hold class labels"),
    ],
)
def test_other_classifiers_are_refused_what_they_cannot(wine, estimator, Y, message):
    X, y = wine
    with pytest.raises(ValueError, match=message):
        diagnose(estimator, X, y if Y is None else Y, alphas=[0.1, 1], cv=KFold(3), param_name="C")


def test_seeds_need_an_estimator_that_has_one(wine):
    with pytest.raises(ValueError, match=r"n_seeds=2 needs an estimator with a random_state"):
        diagnose(KNeighborsClassifier(), *wine, alphas=[1, 5], cv=3, param_name="n_neighbors", n_seeds=2)


def test_a_calibrated_machine_is_taken_as_the_message_says(wine):
    machine = CalibratedClassifierCV(LinearSVC(), cv=2)
    diagnosis = diagnose(
        machine, *wine, alphas=[1e-3, 1], cv=3, param_name="estimator__C", stronger="smaller"
    )
    assert np.isfinite(diagnosis.test_loss).all()


def test_the_losses_of_other_classifiers_are_not_weighted(wine):
    X, y = wine
    w = np.random.default_rng(0).uniform(0, 3, len(y))
    options = {"param_name": "C", "stronger": "smaller", "params": {"sample_weight": w}}
    diagnosis = diagnose(LogisticRegression(), X, y, alphas=[0.1, 1], cv=FOLDS, **options)
    for row, split, fitted, _, test in separately(LogisticRegression(), X, y, "C", [0.1, 1], sample_weight=w):
        expected = log_loss(y[test], fitted.predict_proba(X[test]))
        np.testing.assert_allclose(diagnosis.test_loss[row, split], expected, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # scikit-learn cannot score it either
def test_a_split_whose_test_rows_all_weigh_nothing_has_no_loss(small, wine):
    X, y = wine
    w = np.ones(len(y))
    w[next(FOLDS.split(X, y))[1]] = 0
    diagnosis = diagnose(small(), X, y, alphas=[0, 1], cv=FOLDS, params={"sample_weight": w})
    assert np.isnan(diagnosis.test_loss).tolist() == [[True, False, False]] * 2


# -- a known truth --------------------------------------------------------------------------------


@pytest.mark.sample(1)
@pytest.mark.parametrize("seed", [0, 2])
def test_few_rows_with_much_noise_overfit_without_a_penalty_and_underfit_with_a_huge_one(small, seed):
    """60 rows, of whose 40 features two tell the classes apart."""
    X, y = make_classification(
        60,
        40,
        n_informative=2,
        n_redundant=0,
        n_clusters_per_class=1,
        class_sep=2,
        flip_y=0.05,
        random_state=seed,
    )
    classifier = small(hidden_layer_sizes=(32,), epochs=60, batch_size=16, learning_rate=0.01)
    diagnosis = diagnose(scaled(classifier), X, y, alphas=[0, 0.3, 100])
    assert diagnosis.verdicts == ("overfit", "good", "underfit")
    assert diagnosis.n_splits == 15
    assert diagnosis.generalization_gap.mean(axis=1).argmax() == 0
    assert diagnosis.train_loss.mean(axis=1).argmax() == 2
    np.testing.assert_allclose(diagnosis.train_loss[2], np.log(2), rtol=0.05)  # it guesses


def test_many_rows_of_a_simple_law_are_good_without_a_penalty(small):
    X = np.random.default_rng(0).standard_normal((1000, 4))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    diagnosis = diagnose(small(epochs=5), X, y, alphas=[0, 1e-5, 1e-4])
    assert diagnosis.verdicts == ("good", "good", "good")


@pytest.mark.filterwarnings("ignore:One or more of the:UserWarning")
def test_a_diverged_training_warns_and_leaves_its_alpha_undetermined(small, wine):
    """A step of SGD multiplies weights by 1 - 2 * learning_rate * alpha, which is -199 at alpha 1e4."""
    classifier = small(optimizer="sgd", learning_rate=0.01, batch_size=16, epochs=20)
    with pytest.warns(match="fits failed"):
        diagnosis = diagnose(classifier, *wine, alphas=[0, 0.01, 1e4], cv=FOLDS)
    assert diagnosis.verdicts[2] == "undetermined"
    assert diagnosis.reasons[2] == "no loss on 3 of 3 splits"
    assert np.isnan(diagnosis.test_loss[2]).all()
    assert np.isnan(diagnosis.test_loss_curve[2]).all()
    assert np.isfinite(diagnosis.test_loss[:2]).all()
    assert np.isfinite(diagnosis.baseline_loss).all()
    (failed,) = [finding for finding in diagnosis.findings if finding.code == "failed-fits"]
    assert failed.severity == "problem"
    assert "3 of 9 fits have no loss" in failed.sentence


def test_where_no_fit_succeeds_the_last_error_is_told_alone(wine):
    X, y = wine
    words = X.astype(object)
    words[3, 0] = "red"
    with pytest.raises(ValueError, match=r"^No fit of diagnose succeeded") as raised:
        diagnose(scaled(RidgeMLPClassifier(epochs=1)), words, y, alphas=[0, 1], cv=2)
    assert str(raised.value).count("\n") == 0
    assert "could not convert string to float: 'red'" in str(raised.value)


class Own(Pipeline):
    """Fits its steps in a way of its own."""

    def fit(self, X, y=None, **params):
        return super().fit(X, y, **params)


class OwnFit(RidgeMLPClassifier):
    """A network with a fit of its own."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (
            Own([("network", RidgeMLPClassifier())]),
            r"Own fits its steps in a way.*param_name='network__alpha'",
        ),
        (OwnFit(), r"OwnFit has a fit of its own.*param_name='alpha'"),
        (make_pipeline(StandardScaler(), OwnFit()), r"OwnFit has a fit.*param_name='ownfit__alpha'"),
    ],
)
def test_a_class_with_a_fit_of_its_own_is_named_and_has_a_way_out(estimator, reason, wine):
    with pytest.raises(ValueError, match=reason) as raised:
        diagnose(estimator, *wine)
    name = str(raised.value).split("param_name='")[1].split("'")[0]
    estimator.set_params(**{name.replace("alpha", "epochs"): 2, name.replace("alpha", "random_state"): 0})
    found = diagnose(estimator, *wine, alphas=[0.01, 1.0], cv=2, param_name=name)
    assert found.test_loss.shape == (2, 2)


def test_callbacks_of_scikit_learn_are_named(wine):
    pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier())
    pipeline._skl_callbacks = ["one"]
    with pytest.raises(ValueError, match="The Pipeline has callbacks of scikit-learn"):
        diagnose(pipeline, *wine)
