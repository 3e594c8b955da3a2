"""RidgeMLPClassifierCV against scikit-learn's search and RidgeMLPClassifier."""

import pickle

import numpy as np
import pytest
import sklearn.model_selection as theirs
from sklearn.base import clone
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    get_scorer,
    get_scorer_names,
    log_loss,
    make_scorer,
    top_k_accuracy_score,
)
from sklearn.model_selection import GroupKFold, StratifiedKFold

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPClassifierCV, training as trainers
from sklearn_ridge_nn.model_selection import _classifier_cv, one_standard_error

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
    own = {"alpha_", "alphas_", "epochs_", "scores_", "train_scores_", "best_score_", "cv_results_"}
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


def test_groups_without_a_splitter_for_them_are_refused(wine):
    X, y = wine
    with pytest.raises(ValueError, match=r"groups are given, .* such as GroupKFold"):
        RidgeMLPClassifierCV(ALPHAS, cv=3, **NETWORK).fit(X, y, groups=np.arange(len(y)) % 3)


# -- classes that a split lacks -----------------------------------------------------------------------


@pytest.fixture
def rare(wine):
    """Wine with a fourth class of two rows, and three splits: the last one tests no row of it."""
    X, y = wine
    names = np.array(["a", "b", "c", "d"])[np.where(np.arange(len(y)) < 2, 3, y)]
    fold = np.arange(len(y)) % 3
    return X, names, [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(3)]


METRICS = {
    "neg_log_loss": lambda y, p, w: -log_loss(y, p, labels=list("abcd"), sample_weight=w),
    "neg_brier_score": lambda y, p, w: -brier_score_loss(y, p, labels=list("abcd"), sample_weight=w),
    "top_k_accuracy": lambda y, p, w: top_k_accuracy_score(y, p, labels=list("abcd"), sample_weight=w),
}


@pytest.mark.slow
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("scoring", METRICS)
def test_test_rows_without_a_class_are_scored_with_all_classes(rare, scoring, is_weighted):
    X, y, splits = rare
    assert set(y[splits[2][1]]) == set("abc")
    weights = np.random.default_rng(0).uniform(1, 2, size=len(y)) if is_weighted else np.ones(len(y))
    mine = RidgeMLPClassifierCV([0.0, 1.0], cv=splits, scoring=scoring, **NETWORK)
    mine.fit(X, y, sample_weight=weights if is_weighted else None)
    for fold, (train, test) in enumerate(splits):
        for number, alpha in enumerate([0.0, 1.0]):
            fit = RidgeMLPClassifier(alpha=alpha, **NETWORK).fit(X[train], y[train], weights[train])
            expected = METRICS[scoring](y[test], fit.predict_proba(X[test]), weights[test])
            assert mine.scores_[number, fold] == pytest.approx(expected, rel=1e-9)
    assert mine.best_score_ == pytest.approx(mine.scores_.mean(axis=1).max())


@pytest.mark.parametrize("order", [[0.0, 1.0, 10.0], [10.0, 1.0, 0.0], [1.0, 10.0, 0.0]])
@pytest.mark.parametrize("selection", ["best", "1se"])
def test_the_order_of_alphas_does_not_matter_where_a_class_is_missing(rare, order, selection):
    X, y, splits = rare
    fitted = RidgeMLPClassifierCV(order, cv=splits, scoring="neg_log_loss", selection=selection, **NETWORK)
    losses = dict(zip(order, -fitted.fit(X, y).scores_, strict=True))
    assert np.isfinite(fitted.scores_).all()
    best = min(order, key=lambda alpha: losses[alpha].mean())
    limit = losses[best].mean() + losses[best].std(ddof=1) / np.sqrt(3)
    expected = max(alpha for alpha in order if losses[alpha].mean() <= limit)
    assert fitted.alpha_ == (best if selection == "best" else expected)


@pytest.mark.parametrize(
    "scoring", ["neg_log_loss", "roc_auc_ovr", get_scorer("neg_log_loss"), make_scorer(accuracy_score)]
)
def test_training_rows_without_a_class_are_refused_where_columns_count(rare, trained, scoring):
    """The columns would be mixed up where the test rows lack another class: both have three classes."""
    X, y, _ = rare
    rows = np.arange(len(y))
    splits = [(rows[4:], rows[2:])]
    message = r"Split 0 of cv has no row of class 'd' to train on \(2 in all .* with at most 2 splits"
    with pytest.raises(ValueError, match=message):
        RidgeMLPClassifierCV(ALPHAS, cv=splits, scoring=scoring, **NETWORK).fit(X, y)
    single = np.where(rows < 1, "a", y)  # no splitter spreads one row
    with pytest.raises(ValueError, match=r"'d' to train on \(1 in all .* with another, or score predicted"):
        RidgeMLPClassifierCV(ALPHAS, cv=splits, scoring=scoring, **NETWORK).fit(X, single)
    assert trained == []


@pytest.mark.parametrize(
    "scoring", [None, "accuracy", "f1_macro", lambda estimator, X, y: estimator.score(X, y)]
)
def test_predicted_labels_can_be_scored_without_a_class(rare, scoring):
    X, y, _ = rare
    rows = np.arange(len(y))
    mine = RidgeMLPClassifierCV(ALPHAS, cv=[(rows[2:], rows)], scoring=scoring, **NETWORK).fit(X, y)
    assert np.isfinite(mine.scores_).all()
    assert mine.classes_.tolist() == list("abcd")


def test_the_metrics_that_go_by_columns_are_known():
    """scikit-learn's for classification, by what they ask a classifier for."""
    names = get_scorer_names()
    asked = {name: getattr(get_scorer(name), "_response_method", "predict") for name in names}
    by_columns = {name for name, method in asked.items() if method != "predict"}
    assert by_columns == set(_classifier_cv._BY_COLUMNS) & set(
        names
    )  # those of D2 are of a newer scikit-learn


def test_the_log_loss_of_labels_is_that_of_training(multilabel):
    X, Y = multilabel
    weights = np.random.default_rng(0).uniform(size=len(Y))
    rows = np.arange(len(Y))
    splits = [(rows[:80], rows[80:])]
    mine = RidgeMLPClassifierCV([0.1], cv=splits, scoring="neg_log_loss", **NETWORK).fit(X, Y, weights)
    p = RidgeMLPClassifier(0.1, **NETWORK).fit(X[:80], Y[:80], weights[:80]).predict_proba(X[80:])
    losses = -np.where(Y[80:], np.log(p), np.log(1 - p)).mean(axis=1)
    assert -mine.scores_[0, 0] == pytest.approx(np.average(losses, weights=weights[80:]), rel=1e-9)


# -- missing scores -----------------------------------------------------------------------------------

UNDEFINED = pytest.mark.filterwarnings(
    "ignore:One or more of the:UserWarning", "ignore:Only one class is present", "ignore:Scoring failed"
)


@UNDEFINED
@pytest.mark.parametrize("order", [[0.0, 10.0], [10.0, 0.0]])
@pytest.mark.parametrize("selection", ["best", "1se"])
def test_without_any_score_nothing_is_chosen(cancer, order, selection):
    X, y = cancer
    one_class = [(np.arange(300), np.flatnonzero(y == label)) for label in (0, 1)]
    mine = RidgeMLPClassifierCV(order, cv=one_class, scoring="roc_auc", selection=selection, **NETWORK)
    with pytest.raises(ValueError, match=r"No alpha has a finite score on 2 of 2 splits .* can be chosen"):
        mine.fit(X, y)
    assert not hasattr(mine, "alpha_")


@pytest.mark.slow
@UNDEFINED
@pytest.mark.parametrize("selection", ["best", "1se"])
def test_splits_without_a_score_are_left_out(cancer, selection):
    X, y = cancer
    both = [(np.arange(300), np.arange(start, 569, 2)) for start in (300, 301)]
    undefined = (np.arange(300), np.flatnonzero(y == 0))
    settings = {"scoring": "roc_auc", "selection": selection, **NETWORK}
    expected = RidgeMLPClassifierCV(ALPHAS, cv=both, **settings).fit(X, y)
    with pytest.warns(UserWarning, match=r"on 1 of 3 splits \(\[1\], from 0\)"):
        mine = RidgeMLPClassifierCV(ALPHAS, cv=[both[0], undefined, both[1]], **settings).fit(X, y)
    assert (mine.alpha_, mine.best_score_) == (expected.alpha_, pytest.approx(expected.best_score_))
    assert np.isnan(mine.scores_[:, 1]).all()


@UNDEFINED
def test_one_split_with_a_score_has_no_standard_error(cancer):
    X, y = cancer
    splits = [(np.arange(300), np.flatnonzero(y == 0)), (np.arange(300), np.arange(300, 569))]
    mine = RidgeMLPClassifierCV(ALPHAS, cv=splits, scoring="roc_auc", selection="1se", **NETWORK)
    with pytest.raises(ValueError, match="but a standard error needs 2 splits"):
        mine.fit(X, y)


@UNDEFINED
def test_an_alpha_that_fails_on_a_split_is_not_chosen(wine):
    def score(estimator, X, y):
        is_smaller = len(y) == 59
        return np.nan if estimator.alpha == 1.0 and is_smaller else estimator.alpha

    mine = RidgeMLPClassifierCV(ALPHAS, cv=3, scoring=score, **NETWORK).fit(*wine)
    assert np.isnan(mine.scores_[2]).any()
    assert mine.alpha_ == 1e-3
