"""What might help, and other classifiers: each trial is what training it alone gives."""

import json
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification, make_moons
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.diagnosis import _diagnose
from sklearn_ridge_nn.diagnosis._classification import YARDSTICKS
from sklearn_ridge_nn.diagnosis._trials import CHANGES, CLASS_CHANGES, changes_of
from sklearn_ridge_nn.estimators import n_epochs

X, Y = make_classification(150, 8, n_informative=4, weights=[0.75], flip_y=0.1, random_state=0)
ALPHAS = [0.0, 1e-2, 1e-1]
CV = StratifiedKFold(3)


def classifier(**fields):
    given = {"hidden_layer_sizes": (8, 4), "learning_rate": 0.01, "epochs": 16, "random_state": 0}
    return RidgeMLPClassifier(**{**given, **fields})


def trials_of(diagnosis):
    return {trial.name: trial for trial in diagnosis.trials}


@pytest.fixture(scope="module")
def everything():
    return diagnose(classifier(), X, Y, alphas=ALPHAS, cv=CV, epochs="settled", remedies=True)


@pytest.mark.slow
def test_everything_that_fits_is_tried(everything):
    assert list(trials_of(everything)) == [
        "as it is", *CHANGES, *CLASS_CHANGES, *YARDSTICKS
    ]  # fmt: skip


@pytest.mark.slow
def test_the_network_as_it_is_is_the_best_one(everything):
    trial = trials_of(everything)["as it is"]
    np.testing.assert_array_equal(trial.test_loss, everything.test_loss[everything.best_index])
    np.testing.assert_array_equal(trial.test_score, everything.test_score[everything.best_index])


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_what_a_diagnosis_of_the_changed_network_says(everything, name):
    trial = trials_of(everything)[name]
    epochs = everything.epochs
    change = {"epochs": epochs, "alpha": everything.best_alpha, **trial.change}
    changed = diagnose(classifier(**change), X, Y, alphas=[everything.best_alpha, 1.0], cv=CV)
    np.testing.assert_allclose(trial.test_loss, changed.test_loss[0], rtol=1e-4)
    np.testing.assert_allclose(trial.test_score, changed.test_score[0], atol=0.03)
    assert trial.work > 0


@pytest.mark.slow
def test_balanced_classes_are_judged_by_the_loss_without_weights(everything):
    network = classifier(alpha=everything.best_alpha, epochs=everything.epochs, class_weight="balanced")
    losses = -cross_val_score(network, X, Y, cv=CV, scoring="neg_log_loss")
    np.testing.assert_allclose(trials_of(everything)["balanced class weights"].test_loss, losses, rtol=1e-4)


@pytest.mark.slow
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


@pytest.mark.slow
def test_yardsticks_are_weighted_as_the_network_is():
    """By class and by row in fitting and in the loss; the score by row alone."""
    weights = np.random.default_rng(0).integers(0, 3, len(Y)).astype(float)
    uneven = classifier(epochs=4, class_weight={0: 1, 1: 5})
    given = {"alphas": ALPHAS, "cv": CV, "params": {"sample_weight": weights}}
    found = diagnose(uneven, X, Y, remedies=["yardsticks"], **given)
    trials = trials_of(found)
    np.testing.assert_allclose(trials["guessing"].test_loss, found.baseline_loss, rtol=0.01)  # of a hold-out
    train, test = next(CV.split(X, Y))
    both = weights * np.where(Y == 1, 5, 1)
    boosting = HistGradientBoostingClassifier(random_state=0).fit(X[train], Y[train], both[train])
    loss = log_loss(Y[test], boosting.predict_proba(X[test]), sample_weight=both[test])
    np.testing.assert_allclose(trials["HistGradientBoosting"].test_loss[0], loss)
    score = accuracy_score(Y[test], boosting.predict(X[test]), sample_weight=weights[test])
    np.testing.assert_allclose(trials["HistGradientBoosting"].test_score[0], score)


@pytest.mark.slow
def test_the_score_of_a_yardstick_is_the_accuracy_as_that_of_the_network():
    found = diagnose(classifier(epochs=4), X, Y, alphas=ALPHAS, cv=CV, remedies=["yardsticks"])
    for trial in found.trials:
        assert ((trial.test_score >= 0) & (trial.test_score <= 1)).all(), trial.name


@pytest.mark.slow
def test_a_scorer_that_looks_for_the_network_leaves_yardsticks_without_a_score():
    def n_epochs_trained(estimator, X, y):
        return len(estimator.history_["loss"])

    found = diagnose(
        classifier(epochs=4), X, Y, alphas=ALPHAS, cv=CV, remedies=["yardsticks"], scoring=n_epochs_trained
    )
    assert np.isnan(trials_of(found)["MLPClassifier"].test_score).all()
    assert np.isfinite(trials_of(found)["MLPClassifier"].test_loss).all()


@pytest.mark.slow
def test_another_parameter_that_is_varied_keeps_its_best_value():
    found = diagnose(
        classifier(), X, Y, alphas=[1e-3, 1e-2], cv=CV, param_name="learning_rate", epochs="settled",
        remedies=True,
    )  # fmt: skip
    np.testing.assert_array_equal(trials_of(found)["as it is"].test_loss, found.test_loss[found.best_index])
    assert not [trial.name for trial in found.trials if "learning_rate" in trial.change]


@pytest.mark.slow
def test_networks_that_train_as_the_estimator_says_do_so_in_trials():
    """Also where that is another number of epochs on each split."""
    auto = classifier(epochs="auto", validation_split=0, batch_size=32)
    found = diagnose(auto, X[:100], Y[:100], alphas=[0.0, 0.01], cv=CV, remedies=["dropout 0.5"])
    np.testing.assert_array_equal(trials_of(found)["as it is"].test_loss, found.test_loss[found.best_index])


@pytest.mark.slow
def test_texts_reach_the_network_through_their_steps():
    texts = np.array(["one two", "two three", "one three", "three three"] * 10)
    pipeline = make_pipeline(CountVectorizer(), classifier(epochs=3))
    for rows in (texts, texts.tolist()):
        found = diagnose(pipeline, rows, np.arange(40) % 2, alphas=ALPHAS, cv=3, remedies=["a layer less"])
        # three words, and layers of 8 and 4, or of 8 alone
        assert trials_of(found)["a layer less"].work == (4 * 8 + 9) / (4 * 8 + 9 * 4 + 5)


@pytest.mark.slow
def test_work_is_that_of_the_outputs_and_the_epochs_that_are_trained():
    digits = load_digits(return_X_y=True)
    X_some, y_some = digits[0][:150] / 16, digits[1][:150]
    network = classifier(epochs="auto", batch_size=128)
    found = diagnose(
        network, X_some, y_some, alphas=[0.0, 0.01], cv=CV,
        remedies=["a layer less", "minibatches of 32", "early stopping"],
    )  # fmt: skip
    trials = trials_of(found)
    assert trials["a layer less"].work == (65 * 8 + 9 * 10) / (65 * 8 + 9 * 4 + 5 * 10)
    assert trials["minibatches of 32"].work == n_epochs(network, 90, batch_size=32) / n_epochs(network, 90)
    assert trials["early stopping"].work == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # of scores: all test rows of a split weigh nothing
def test_a_split_that_verdicts_leave_out_is_left_out_of_trials():
    weights = np.ones(len(Y))
    weights[next(CV.split(X, Y))[1]] = 0
    found = diagnose(
        classifier(epochs=4), X, Y, alphas=ALPHAS, cv=CV, params={"sample_weight": weights},
        remedies=["dropout 0.5", "yardsticks"],
    )  # fmt: skip
    assert found.has_losses.sum() == 2
    (result,) = found.trial_results("change")
    assert result.loss == result.trial.test_loss.mean()
    assert np.isfinite([r.difference for r in found.trial_results("yardstick")]).all()
    assert np.isfinite([result.score, *(r.score for r in found.trial_results("yardstick"))]).all()


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
    assert changes_of(classifier(), None, 5)["a layer more"] == {"hidden_layer_sizes": (8, 4, 4)}
    assert changes_of(classifier(), None, 5)["a layer less"] == {"hidden_layer_sizes": (8,)}
    assert not {"half the width", "a layer less"} & set(changes_of(classifier(hidden_layer_sizes=1), None, 5))
    assert not {"dropout 0.2", "dropout 0.5"} & set(changes_of(classifier(), None, 5, varied="dropout"))


def test_auto_tries_where_training_settles_and_that_is_not_more_work():
    given = {"alphas": ALPHAS, "cv": CV}
    assert not diagnose(classifier(epochs=3), X, Y, **given).trials
    assert not diagnose(classifier(epochs=3), X, Y, epochs="settled", max_epochs=3, **given).trials  # tiny
    assert not diagnose(classifier(), X, Y, epochs="settled", remedies=False, **given).trials


@pytest.mark.slow
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
        (
            classifier(),
            {"param_name": "epochs", "alphas": [2, 5], "epochs": 4},
            "epochs=4 is one number of epochs for all networks, and epochs is what is varied",
        ),
        (
            classifier(),
            {"param_name": "dropout", "alphas": [0.1, 3.0]},
            "'dropout' parameter of RidgeMLPClassifier must be a float in the range .* Got 3.0 instead",
        ),
        (classifier(), {"remedies": "all"}, "remedies='all' is no way to choose them. Pass True"),
        (LogisticRegression(), {"remedies": True, "param_name": "C"}, "and C is not a parameter of one"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_any_training(estimator, fields, message, monkeypatch):
    monkeypatch.setattr(_diagnose, "run_study", None)
    with pytest.raises(ValueError, match=message):
        diagnose(estimator, X, Y, **{"alphas": ALPHAS, "cv": CV, **fields})


@pytest.mark.slow
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
