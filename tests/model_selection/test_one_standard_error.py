"""The rule of one standard error where scores are missing."""

import warnings

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

import sklearn_ridge_nn.model_selection as ours
from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import one_standard_error

NAN = np.nan
ALPHAS = (0.0, 1.0, 10.0)
SEARCH_WARNS = "ignore:One or more of the:UserWarning"


def results(scores, alphas=ALPHAS, **others):
    """Return cv_results_ as scikit-learn makes them: NaN ranks last, and all NaN are first."""
    scores = np.array(scores, dtype=float)
    means = scores.mean(axis=1)
    filled = np.where(np.isnan(means), -np.inf, means)
    return {
        "params": [{"alpha": alpha, **others} for alpha in alphas],
        "mean_test_score": means,
        "rank_test_score": np.array([1 + (filled > mean).sum() for mean in filled]),
        **{f"split{number}_test_score": scores[:, number] for number in range(scores.shape[1])},
    }


@pytest.mark.parametrize("value", [NAN, np.inf, -np.inf])
def test_without_any_score_nothing_is_chosen(value):
    """A class that is missing from the test rows does that to log loss: the first alpha was taken."""
    for alphas in (ALPHAS, ALPHAS[::-1]):
        with pytest.raises(ValueError, match=r"No candidate has a finite score .* so none can be chosen"):
            one_standard_error(results(np.full((3, 4), value), alphas))


@pytest.mark.parametrize("value", [NAN, -np.inf])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_splits_without_any_score_are_left_out(value, order):
    scores = np.array([[0.7, 0.8, 0.9, value], [0.76, 0.76, 0.76, value], [0.7, 0.7, 0.7, value]])
    alphas = np.array(ALPHAS)
    assert one_standard_error(results(scores[:, :3])) == 1
    with pytest.warns(UserWarning, match=r"on 1 of 4 splits \(\[3\], from 0\). They are left out"):
        chosen = one_standard_error(results(scores[order], alphas[order]))
    assert alphas[order][chosen] == 1.0


def test_a_candidate_that_lacks_a_score_on_a_split_is_not_chosen():
    """Its training failed there, and a mean without a hard split is no better than one with it."""
    scores = [[0.8, 0.7, 0.3], [0.79, 0.7, 0.31], [0.9, 0.9, NAN]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert one_standard_error(results(scores)) == 1


def test_candidates_that_all_lack_another_split_cannot_be_compared():
    scores = [[NAN, 0.7, 0.3], [0.79, NAN, 0.31], [0.9, 0.9, NAN]]
    with pytest.raises(ValueError, match="Every candidate lacks a finite score on some split"):
        one_standard_error(results(scores))


def test_one_split_with_scores_has_no_standard_error():
    with pytest.raises(ValueError, match=r"on 2 of 3 splits \(\[0, 2\], from 0\), but a standard error"):
        one_standard_error(results([[NAN, 0.7, NAN], [NAN, 0.6, NAN], [NAN, 0.7, NAN]]))


def test_the_best_of_another_setting_is_found_where_ranks_say_nothing():
    """All means are NaN, so scikit-learn ranks all first; by the splits with scores units=4 is better."""
    few = results([[0.5, 0.6, NAN]] * 3, units=8)
    many = results([[0.8, 0.9, NAN]] * 3, units=4)
    both = {name: [*few[name], *many[name]] for name in few}
    with pytest.warns(UserWarning, match="They are left out"):
        assert one_standard_error(both) == 5


#: The smallest first column of the test rows is -2.4 in one of three folds, and above -1.8 in the others.
LOWEST = -2.0


def score_without_the_lowest_row(estimator, X, y):
    """Return a score, or NaN in one of the folds."""
    return estimator.score(X, y) if X[:, 0].min() > LOWEST else NAN


@pytest.mark.filterwarnings(SEARCH_WARNS)
@pytest.mark.parametrize("refit", ["1se", one_standard_error])
def test_a_search_with_a_metric_that_returns_nan(wine, refit):
    X, y = wine
    scored = [X[test, 0].min() > LOWEST for _, test in StratifiedKFold(3).split(X, y)]
    assert sum(scored) == 2

    def search(scoring):
        network = RidgeMLPClassifier(hidden_layer_sizes=(4,), epochs=2, random_state=0)
        return ours.GridSearchCV(network, {"alpha": ALPHAS}, cv=3, scoring=scoring, refit=refit)

    with pytest.warns(UserWarning, match="on 1 of 3 splits"):
        fitted = search(score_without_the_lowest_row).fit(X, y)
    found = [fitted.cv_results_[f"split{number}_test_score"] for number in np.flatnonzero(scored)]
    assert fitted.best_index_ == one_standard_error(results(np.transpose(found)))
    with pytest.raises(ValueError, match="No candidate has a finite score on 3 of 3 splits"):
        search(lambda estimator, X, y: NAN).fit(X, y)
