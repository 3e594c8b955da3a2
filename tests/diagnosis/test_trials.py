"""What might help, and other classifiers: each trial is what training it alone gives."""

import json
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine, make_classification, make_moons
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.diagnosis._trials import CHANGES, YARDSTICKS, changes_of

X, Y = make_classification(150, 8, n_informative=4, weights=[0.75], flip_y=0.1, random_state=0)
ALPHAS = [0.0, 1e-2, 1e-1]
CV = StratifiedKFold(3)


def classifier(**fields):
    given = {"hidden_layer_sizes": (8,), "learning_rate": 0.01, "epochs": 16, "random_state": 0}
    return RidgeMLPClassifier(**{**given, **fields})


def trials_of(diagnosis):
    return {trial.name: trial for trial in diagnosis.trials}


@pytest.fixture(scope="module")
def everything():
    return diagnose(classifier(), X, Y, alphas=ALPHAS, cv=CV, epochs="settled", remedies=True)


def test_everything_that_fits_is_tried(everything):
    assert list(trials_of(everything)) == [
        "as it is", *CHANGES, *YARDSTICKS
    ]  # fmt: skip


def test_the_network_as_it_is_is_the_best_one(everything):
    trial = trials_of(everything)["as it is"]
    np.testing.assert_array_equal(trial.test_loss, everything.test_loss[everything.best_index])
    np.testing.assert_array_equal(trial.test_score, everything.test_score[everything.best_index])


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "balanced class weights"])
def test_a_change_is_what_a_diagnosis_of_the_changed_network_says(everything, name):
    trial = trials_of(everything)[name]
    epochs = everything.epochs
    change = {"epochs": epochs, "alpha": everything.best_alpha, **trial.change}
    changed = diagnose(classifier(**change), X, Y, alphas=[everything.best_alpha, 1.0], cv=CV)
    np.testing.assert_allclose(trial.test_loss, changed.test_loss[0], rtol=1e-4)
    np.testing.assert_allclose(trial.test_score, changed.test_score[0], atol=0.03)
    assert trial.work > 0


def test_balanced_classes_are_judged_by_the_loss_without_weights(everything):
    network = classifier(alpha=everything.best_alpha, epochs=everything.epochs, class_weight="balanced")
    losses = -cross_val_score(network, X, Y, cv=CV, scoring="neg_log_loss")
    np.testing.assert_allclose(trials_of(everything)["balanced class weights"].test_loss, losses, rtol=1e-4)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of defaults of LogisticRegressionCV
def test_yardsticks_are_fitted_as_scikit_learn_fits_them_behind_the_same_preprocessing():
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=4))
    found = diagnose(pipeline, 100 * X, Y, alphas=ALPHAS, cv=CV, remedies=["yardsticks"], scoring="roc_auc")
    trials = trials_of(found)
    assert list(trials) == [
        "as it is",
        "guessing",
        "LogisticRegressionCV",
        "HistGradientBoosting",
        "MLPClassifier",
    ]
    inner = StratifiedKFold(3, shuffle=True, random_state=0)
    theirs = {
        "LogisticRegressionCV": make_pipeline(
            StandardScaler(),
            LogisticRegressionCV(
                Cs=[1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100], cv=inner, scoring="neg_log_loss", max_iter=1000
            ),
        ),
        "HistGradientBoosting": make_pipeline(
            StandardScaler(), HistGradientBoostingClassifier(random_state=0)
        ),
    }
    for name, estimator in theirs.items():
        for attribute, scoring, sign in (("test_loss", "neg_log_loss", -1), ("test_score", "roc_auc", 1)):
            expected = sign * cross_val_score(estimator, 100 * X, Y, cv=CV, scoring=scoring)
            np.testing.assert_allclose(getattr(trials[name], attribute), expected, rtol=1e-6)
    shares = [np.bincount(Y[train]) / len(train) for train, _ in CV.split(X, Y)]
    losses = [
        log_loss(Y[test], np.tile(share, (len(test), 1)))
        for share, (_, test) in zip(shares, CV.split(X, Y), strict=True)
    ]
    np.testing.assert_allclose(trials["guessing"].test_loss, losses)


def test_what_is_in_force_is_not_tried():
    every = classifier(
        hidden_layer_sizes=(), dropout=0.2, batch_size=32, class_weight="balanced", validation_split=0,
        optimizer="adam",
    )  # fmt: skip
    rates = ["a third of the learning rate", "three times the learning rate"]
    assert list(changes_of(every, np.array([10, 90]), 5)) == rates
    assert "balanced class weights" not in changes_of(classifier(), np.array([50, 50]), 5)
    assert "early stopping" not in changes_of(classifier(early_stopping=True), np.array([50, 50]), 5)
    assert not {"dropout 0.2", "dropout 0.5"} & set(changes_of(classifier(dropout=0.1), None, 5))
    assert changes_of(classifier(), None, 5)["a layer more"] == {"hidden_layer_sizes": (8, 8)}
    single = changes_of(classifier(hidden_layer_sizes=1), None, 5)
    assert single["a layer less"] == {"hidden_layer_sizes": ()}
    assert "half the width" not in single


def test_auto_tries_where_training_settles_and_that_is_not_more_work():
    given = {"alphas": ALPHAS, "cv": CV}
    assert not diagnose(classifier(epochs=3), X, Y, **given).trials
    assert not diagnose(classifier(epochs=3), X, Y, epochs="settled", max_epochs=3, **given).trials  # tiny
    assert not diagnose(classifier(), X, Y, epochs="settled", remedies=False, **given).trials


def test_a_list_says_what_to_try():
    found = diagnose(
        classifier(epochs=3), X, Y, alphas=ALPHAS, cv=CV, remedies=["a layer less", "dropout 0.5"]
    )
    assert list(trials_of(found)) == ["as it is", "dropout 0.5", "a layer less"]
    (finding,) = [finding for finding in found.findings if finding.code == "worth-a-network"]
    assert finding.severity == "not applicable"


@pytest.mark.parametrize(
    ("estimator", "fields", "message"),
    [
        (
            classifier(),
            {"remedies": ["more layers"]},
            "'more layers', which is not one that can be tried: dropout",
        ),
        (
            classifier(dropout=0.3),
            {"remedies": ["dropout 0.5"]},
            "'dropout 0.5', but that is in force already",
        ),
        (classifier(), {"remedies": "all"}, "'remedies' parameter of diagnose must be"),
        (LogisticRegression(), {"remedies": True, "param_name": "C"}, "and C is not a parameter of one"),
    ],
)
def test_what_cannot_be_tried_is_refused(estimator, fields, message):
    with pytest.raises(ValueError, match=message):
        diagnose(estimator, X, Y, alphas=ALPHAS, cv=CV, **fields)


def test_a_change_that_diverges_is_reported_and_does_no_harm():
    wild = classifier(
        optimizer="sgd", learning_rate=0.08, epochs=8, hidden_layer_sizes=(64, 64, 64), activation="linear"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        found = diagnose(
            wild,
            3 * X,
            Y,
            alphas=[0.0, 1e-5],
            cv=CV,
            remedies=["three times the learning rate", "dropout 0.2"],
        )
    assert np.isnan(trials_of(found)["three times the learning rate"].test_loss).any()
    assert "failed" in found.summary()
    assert np.isfinite(trials_of(found)["as it is"].test_loss).all()


def test_trials_travel_through_json(everything):
    back = AlphaDiagnosis.from_dict(json.loads(json.dumps(everything.to_dict())))
    assert back.to_dict() == everything.to_dict()
    assert back.findings == everything.findings


# -- advice that was tried ----------------------------------------------------------------------------

TABLES = {
    "wine": lambda: load_wine(return_X_y=True),
    "breast_cancer": lambda: load_breast_cancer(return_X_y=True),
    "noisy": lambda: make_classification(200, 20, n_informative=5, flip_y=0.1, random_state=0),
    "moons": lambda: make_moons(300, noise=0.3, random_state=0),
    "uneven": lambda: make_classification(
        300, 10, n_informative=5, weights=[0.9], flip_y=0.02, random_state=0
    ),
    "easy": lambda: make_classification(200, 10, n_informative=5, class_sep=2, flip_y=0, random_state=0),
}


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_following_the_advice_to_the_end_does_not_raise_the_held_out_loss(table):
    """The changes that a report advises are made, one report after the other, until there are none; each new
    network is compared with the one before on splits that no report has seen.
    """
    X, y = TABLES[table]()
    network = RidgeMLPClassifier(hidden_layer_sizes=(16,), learning_rate=0.01, random_state=0)
    pipeline = make_pipeline(StandardScaler(), network)
    fresh = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=123)
    before = None
    for _ in range(3):
        report = diagnose(pipeline, X, y, alphas=[0, 1e-3, 1e-2, 1e-1], epochs="settled", remedies=list(
            changes_of(pipeline[-1], np.bincount(y), 10)
        ))  # fmt: skip
        chosen = {"alpha": report.best_alpha, "epochs": report.epochs}
        pipeline.set_params(**{f"ridgemlpclassifier__{name}": value for name, value in chosen.items()})
        losses = -cross_val_score(pipeline, X, y, cv=fresh, scoring="neg_log_loss")
        if before is not None:
            difference = losses - before
            error = np.sqrt((1 / 15 + 1 / 4) * difference.var(ddof=1))
            assert difference.mean() <= error
        before = losses
        (finding,) = [finding for finding in report.findings if finding.code == "what-would-help"]
        if finding.severity != "hint":
            break
        change = {**finding.suggestion}
        pipeline.set_params(**{f"ridgemlpclassifier__{name}": value for name, value in change.items()})
        if change.get("early_stopping"):
            break  # nothing is left to settle
