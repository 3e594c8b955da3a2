"""RidgeMLPClassifierCV(epochs="best"): a grid of alphas and epochs from one training of each alpha."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPClassifierCV, model_selection as ours

ALPHAS = [0.0, 1e-3, 1e-1, 10.0]
SMALL = {"hidden_layer_sizes": (8,), "learning_rate": 0.02, "random_state": 0}


def chooser(alphas=ALPHAS, **fields):
    return RidgeMLPClassifierCV(alphas, **{"epochs": "best", "max_epochs": 12, "cv": 3, **SMALL, **fields})


@pytest.mark.slow
@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy"])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_every_pair_has_the_scores_of_a_grid_search_over_both(wine, scoring, class_weight):
    X, y = wine
    found = chooser(scoring=scoring, class_weight=class_weight).fit(X, y)
    grid = {"alpha": ALPHAS, "epochs": [1, 5, 12]}
    classifier = RidgeMLPClassifier(class_weight=class_weight, **SMALL)
    search = ours.GridSearchCV(classifier, grid, scoring=scoring, cv=3, refit=False).fit(X, y)
    assert len(found.cv_results_["params"]) == 4 * 12
    for number, pair in enumerate(search.cv_results_["params"]):
        here = found.cv_results_["params"].index(pair)
        for name in ("mean_test_score", "std_test_score", "split1_test_score"):
            np.testing.assert_allclose(
                found.cv_results_[name][here], search.cv_results_[name][number], rtol=1e-5, atol=1e-7
            )


@pytest.mark.slow
def test_scores_are_weighted_as_the_rows_are(wine):
    X, y = wine
    weights = np.random.default_rng(0).uniform(0.2, 3, len(y))
    found = chooser([0.01, 0.1], scoring="neg_log_loss").fit(X, y, weights)
    train, test = next(iter(StratifiedKFold(3).split(X, y)))
    alone = RidgeMLPClassifier(0.1, epochs=7, **SMALL).fit(X[train], y[train], weights[train])
    expected = -log_loss(y[test], alone.predict_proba(X[test]), sample_weight=weights[test])
    here = found.cv_results_["params"].index({"alpha": 0.1, "epochs": 7})
    assert found.cv_results_["split0_test_score"][here] == pytest.approx(expected, rel=1e-5)


def test_the_best_pair_is_taken_and_trained_on_all_rows(wine):
    X, y = wine
    found = chooser(scoring="neg_log_loss").fit(X, y)
    best = int(np.argmax(found.cv_results_["mean_test_score"]))
    assert found.cv_results_["params"][best] == {"alpha": found.alpha_, "epochs": found.epochs_}
    assert found.cv_results_["rank_test_score"][best] == 1
    assert found.best_score_ == found.cv_results_["mean_test_score"][best]
    assert found.scores_.shape == (4, 3)
    np.testing.assert_allclose(found.scores_.mean(axis=1).max(), found.best_score_)
    assert not hasattr(found, "train_scores_")
    alone = RidgeMLPClassifier(found.alpha_, epochs=found.epochs_, **SMALL).fit(X, y)
    np.testing.assert_array_equal(found.coefs_[0], alone.coefs_[0])
    assert found.n_iter_ == found.epochs_


def test_of_equal_pairs_the_strongest_penalty_and_then_the_fewest_epochs_are_taken(wine):
    """Among the accuracies of an easy table many pairs tie."""
    X, y = wine
    for selection in ("best", "1se"):
        found = chooser(max_epochs=40, selection=selection).fit(X, y)
        results = found.cv_results_
        means = results["mean_test_score"]
        best = means.max()
        if selection == "1se":
            pairs = np.flatnonzero(np.isclose(means, best, rtol=1e-12))
            strongest = max(pairs, key=lambda pair: (results["params"][pair]["alpha"], -pair))
            splits = [results[f"split{split}_test_score"][strongest] for split in range(3)]
            best -= np.std(splits, ddof=1) / np.sqrt(3)
        within = [pair for pair, mean in zip(results["params"], means, strict=True) if mean >= best - 1e-12]
        alpha = max(pair["alpha"] for pair in within)
        assert found.alpha_ == alpha
        assert found.epochs_ == min(pair["epochs"] for pair in within if pair["alpha"] == alpha)


@pytest.mark.slow
def test_the_most_epochs_are_twice_what_auto_trains(wine):
    X, y = wine
    found = chooser([0.1, 1.0], max_epochs=None, batch_size=8, validation_split=0).fit(X[::6], y[::6])
    assert found.cv_results_["param_epochs"].max() == 2 * 240  # 20 rows to train on, 600 * 8 / 20


@pytest.mark.slow
def test_multilabel_is_scored_as_it_is_trained(multilabel):
    X, Y = multilabel
    found = chooser([0.001, 1.0], scoring="neg_log_loss").fit(X, Y)
    plain = chooser([0.001, 1.0], scoring="neg_log_loss", epochs=found.epochs_, max_epochs=None).fit(X, Y)
    np.testing.assert_allclose(found.scores_, plain.scores_, rtol=1e-5)
    with pytest.raises(ValueError, match="accuracy with labels that do not exclude one another"):
        chooser().fit(X, Y)


def test_jobs_and_memory_change_nothing(wine, tmp_path):
    X, y = wine
    expected = chooser(scoring="neg_log_loss").fit(X, y)
    for _ in range(2):
        other = chooser(scoring="neg_log_loss", n_jobs=2, memory=tmp_path).fit(X, y)
        np.testing.assert_array_equal(
            other.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
        )


@pytest.mark.slow
def test_epochs_are_those_of_the_fit_where_they_are_not_chosen(wine):
    X, y = wine
    found = chooser([0.1, 1.0], epochs=3, max_epochs=None).fit(X, y)
    assert found.epochs_ == found.n_iter_ == 3
    assert (
        chooser([0.1, 1.0], epochs="auto", max_epochs=None, batch_size=8).fit(X[::6], y[::6]).epochs_ == 178
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"scoring": "roc_auc_ovr"},
            "goes by scoring='neg_log_loss' or 'accuracy', which are known",
        ),
        ({"early_stopping": True}, "so does early_stopping=True. Set early_stopping=False, or epochs='auto'"),
        ({"epochs": 5}, "max_epochs=12 is the most that epochs='best' tries, and epochs=5"),
        (
            {"optimizer": keras.optimizers.Adam(use_ema=True), "learning_rate": 1e-3},
            "are averages in the end",
        ),
        (
            {"callbacks": [keras.callbacks.EarlyStopping()]},
            "callbacks may end or change a training. Set callbacks=None",
        ),
        (
            {"cv": [(np.arange(60), np.arange(60, 178)), (np.arange(0, 178, 2), np.arange(1, 178, 2))]},
            r"Split 0 of cv has no row of class 2 .* cannot be scored after every epoch.* or set epochs to a",
        ),
        ({"epochs": "settled"}, "'epochs' parameter of RidgeMLPClassifierCV must be"),
    ],
)
def test_what_cannot_be_chosen_is_refused_before_any_training(wine, fields, message):
    with pytest.raises(ValueError, match=message):
        chooser(**fields).fit(*wine)


def test_accuracy_with_weights_is_refused(wine):
    with pytest.raises(ValueError, match="the accuracy with sample_weight after every epoch"):
        chooser().fit(*wine, np.ones(178))


def test_it_is_cloned_and_fitted_again_like_any_estimator(wine):
    X, y = wine
    found = chooser([0.1, 1.0])
    assert clone(found).get_params()["max_epochs"] == 12
    first, again = found.fit(X, y).coefs_[0], found.fit(X, y).coefs_[0]
    np.testing.assert_array_equal(first, again)
    assert found.epochs == "best"
