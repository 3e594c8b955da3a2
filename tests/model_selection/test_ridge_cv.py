"""RidgeMLPClassifierCV against scikit-learn's search and RidgeMLPClassifier."""

import pickle

import numpy as np
import pytest
import sklearn.model_selection as theirs
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold, StratifiedKFold

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPClassifierCV, training as trainers
from sklearn_ridge_nn.model_selection import one_standard_error

ALPHAS = [0.0, 1e-3, 1.0]
NETWORK = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0, "dtype": "float64"}


def test_it_is_a_search_and_a_fit(wine):
    X, y = wine
    mine = RidgeMLPClassifierCV(ALPHAS, cv=3, scoring="neg_log_loss", **NETWORK).fit(X, y)
    search = theirs.GridSearchCV(
        RidgeMLPClassifier(**NETWORK),
        {"alpha": ALPHAS},
        cv=3,
        scoring="neg_log_loss",
        return_train_score=True,
    ).fit(X, y)
    for part, scores in (("test", mine.scores_), ("train", mine.train_scores_)):
        expected = [search.cv_results_[f"split{i}_{part}_score"] for i in range(3)]
        np.testing.assert_array_equal(scores, np.transpose(expected))
    assert (mine.alpha_, mine.best_score_) == (search.best_params_["alpha"], search.best_score_)
    assert list(mine.cv_results_) == list(search.cv_results_)
    np.testing.assert_array_equal(mine.alphas_, ALPHAS)
    np.testing.assert_allclose(mine.predict_proba(X), search.predict_proba(X), rtol=1e-9)
    alone = RidgeMLPClassifier(alpha=mine.alpha_, **NETWORK).fit(X, y)
    own = {"alpha_", "alphas_", "scores_", "train_scores_", "best_score_", "cv_results_"}
    assert {n for n in vars(mine) if n.endswith("_")} == {n for n in vars(alone) if n.endswith("_")} | own
    np.testing.assert_allclose(mine.model_.predict(X, verbose=0), alone.predict_proba(X), atol=1e-6)


def test_the_rule_of_one_standard_error(wine):
    best, careful = (
        RidgeMLPClassifierCV(ALPHAS, cv=3, selection=rule, **{**NETWORK, "epochs": 20}).fit(*wine)
        for rule in ("best", "1se")
    )
    assert best.alpha_ < careful.alpha_ == ALPHAS[one_standard_error(careful.cv_results_)]
    assert careful.best_score_ == careful.scores_.mean(axis=1)[ALPHAS.index(careful.alpha_)]


def test_alphas_that_tie_go_to_the_strongest_penalty(wine):
    """After 3 epochs all alphas make the same accuracies, and scikit-learn's rank takes the first of them."""
    mine = RidgeMLPClassifierCV(ALPHAS, cv=3, **NETWORK).fit(*wine)
    assert mine.scores_.mean(axis=1).tolist() == [mine.best_score_] * 3
    assert mine.alpha_ == 1.0
    assert np.argmin(mine.cv_results_["rank_test_score"]) == 0


def test_one_split_has_no_standard_error(wine):
    rows = np.arange(178)
    split = [(rows[::2], rows[1::2])]
    with pytest.raises(ValueError, match=r"selection='1se' needs .* at least 2 splits, but cv makes 1"):
        RidgeMLPClassifierCV(ALPHAS, cv=split, selection="1se", **NETWORK).fit(*wine)


def test_the_default_grid(wine):
    classifier = RidgeMLPClassifierCV(cv=2, **NETWORK).fit(*wine)
    np.testing.assert_allclose(classifier.alphas_, [0, *np.logspace(-6, 0, 13)])
    assert classifier.scores_.shape == (14, 2)


def test_weights_count_in_training_and_in_scoring(wine):
    X, y = wine
    weights = np.random.default_rng(0).uniform(size=len(y))
    mine = RidgeMLPClassifierCV(ALPHAS, cv=2, **NETWORK).fit(X, y, sample_weight=weights)
    for fold, (train, test) in enumerate(StratifiedKFold(2).split(X, y)):
        for number, alpha in enumerate(ALPHAS):
            fit = RidgeMLPClassifier(alpha=alpha, **NETWORK).fit(X[train], y[train], weights[train])
            expected = accuracy_score(y[test], fit.predict(X[test]), sample_weight=weights[test])
            assert mine.scores_[number, fold] == pytest.approx(expected, rel=1e-12)
    by_a_function = clone(mine).set_params(scoring=lambda estimator, X, y: estimator.alpha)
    assert by_a_function.fit(X, y, sample_weight=weights).alpha_ == 1.0


def test_groups_are_kept_together(wine):
    X, y = wine
    groups = np.arange(len(y)) % 7
    mine = RidgeMLPClassifierCV(ALPHAS, cv=GroupKFold(3), scoring="neg_log_loss", **NETWORK)
    expected = theirs.cross_val_score(
        RidgeMLPClassifier(alpha=0.0, **NETWORK),
        X,
        y,
        cv=GroupKFold(3),
        groups=groups,
        scoring="neg_log_loss",
    )
    np.testing.assert_allclose(mine.fit(X, y, groups=groups).scores_[0], expected, rtol=1e-9)


def test_without_a_seed_all_alphas_share_one(wine, monkeypatch):
    seeds = []
    train = trainers.train

    def watching(tasks, *args):
        seeds.append({task.seed for task in tasks})
        return train(tasks, *args)

    monkeypatch.setattr(trainers, "train", watching)
    classifier = RidgeMLPClassifierCV(ALPHAS, cv=2, **{**NETWORK, "random_state": None})
    classifier.fit(*wine)
    classifier.fit(*wine)
    assert [len(seed) for seed in seeds] == [1, 1, 1, 1]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]


def test_a_warm_start_continues_the_last_network(wine):
    X, y = wine
    warm = RidgeMLPClassifierCV([0.1], cv=2, warm_start=True, **NETWORK).fit(X, y)
    alone = RidgeMLPClassifier(alpha=0.1, warm_start=True, **NETWORK).fit(X, y)
    warm.fit(X, y)
    np.testing.assert_allclose(warm.coefs_[0], alone.fit(X, y).coefs_[0], rtol=1e-9)
    assert warm.n_iter_ == 6


def test_a_failed_fit_leaves_it_as_it_was(wine):
    X, y = wine
    classifier = RidgeMLPClassifierCV(ALPHAS, cv=2, **NETWORK).fit(X, y)
    before = classifier.predict_proba(X)
    with pytest.raises(ValueError, match="samples of at least 2 classes"):
        classifier.fit(X, np.zeros(len(y)))
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    copy = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copy.predict_proba(X), before)


@pytest.mark.parametrize("alphas", [[], [-1.0], [[0.1]], ["0.1"], [np.nan], 0.1])
def test_alphas_that_are_none_are_refused(wine, alphas):
    with pytest.raises(ValueError, match="alphas"):
        RidgeMLPClassifierCV(alphas).fit(*wine)
