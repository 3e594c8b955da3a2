"""Two diagnoses on the same splits, against the differences by hand."""

import json

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.model_selection import KFold

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose


def diagnosis_of(test, **more):
    test = np.asarray(test, float)
    alphas = np.logspace(-3, 0, len(test))
    scores = {"train_score": -test, "test_score": -test}
    return AlphaDiagnosis(**{"alphas": alphas, "train_loss": test, "test_loss": test, **scores, **more})


def losses(n_alphas=3, n_splits=8, seed=0, shift=0.0):
    rng = np.random.default_rng(seed)
    return 1 + shift + 0.1 * rng.standard_normal(n_splits) + 0.02 * rng.standard_normal((n_alphas, n_splits))


def test_the_interval_is_that_of_the_paired_differences_at_alphas_chosen_on_the_other_splits():
    first, second = losses(), losses(seed=1)
    result = diagnosis_of(first).compare(diagnosis_of(second))
    chosen = [
        [values[np.delete(values, j, axis=1).mean(axis=1).argmin(), j] for j in range(8)]
        for values in (first, second)
    ]
    differences = np.subtract(chosen[1], chosen[0])
    error = np.sqrt((1 / 8 + 0.25) * differences.var(ddof=1))  # Nadeau and Bengio (2003)
    half = student.ppf(0.95, 7) * error
    found = [result.difference, result.low, result.high]
    np.testing.assert_allclose(
        found, [differences.mean(), differences.mean() - half, differences.mean() + half]
    )
    np.testing.assert_allclose(result.losses, np.mean(chosen, axis=1))
    np.testing.assert_allclose(result.differences, (second - first).mean(axis=1))
    assert result.best_alphas == (diagnosis_of(first).best_alpha, diagnosis_of(second).best_alpha)


def test_the_one_with_more_to_choose_from_is_not_flattered():
    """All alphas of both are alike; the smaller of the smallest means would favour the longer grid."""
    found, naive = [], []
    for seed in range(40):
        few, many = losses(2, 10, seed), losses(30, 10, 100 + seed)
        found.append(diagnosis_of(few).compare(diagnosis_of(many)).difference)
        naive.append(many.mean(axis=1).min() - few.mean(axis=1).min())
    spread = 0.1 * np.sqrt(2 / 10 / 40)  # of the mean difference of two independent noises of splits
    assert abs(np.mean(found)) < 3 * spread
    assert np.mean(naive) < np.mean(found) - 0.005


@pytest.mark.parametrize(
    ("shift", "begin"),
    [
        (-0.3, "new is better: "),
        (0.3, "old is better: "),
        (0.001, "old is better, but by less than matters: "),
        (0.0, "old and new have the same mean test log loss"),
    ],
)
def test_the_sentence_says_which_is_better_and_how_sure_that_is(shift, begin):
    first = losses()
    exact = first + shift + 1e-6 * np.arange(8) * (shift != 0)
    assert diagnosis_of(first).compare(diagnosis_of(exact), names=("old", "new")).sentence.startswith(begin)


def test_a_difference_that_may_be_chance_is_not_called_one():
    result = diagnosis_of(losses()).compare(diagnosis_of(losses(seed=3, shift=0.01)))
    assert result.low < 0 < result.high
    assert result.sentence.startswith("It cannot be shown that second is better: ")
    assert "Difference at each alpha that both have, second minus first; the intervals" in str(result)


def test_only_alphas_and_splits_that_both_have_are_paired():
    first, second = losses(4), losses(4, seed=1)
    first[:, 2] = np.nan
    one = diagnosis_of(first, alphas=[0, 0.1, 1, 10])
    other = diagnosis_of(second, alphas=[0.1, 0.5, 1, 2])
    result = one.compare(other)
    assert result.n_splits == 7
    np.testing.assert_array_equal(result.alphas, [0.1, 1])
    expected = np.delete(second[[0, 2]] - first[[1, 2]], 2, axis=1).mean(axis=1)
    np.testing.assert_allclose(result.differences, expected)
    apart = diagnosis_of(losses(2), alphas=[3, 4]).compare(diagnosis_of(losses(2), alphas=[5, 6]))
    assert len(apart.alphas) == 0
    assert "Difference at each" not in str(apart)
    of_c = diagnosis_of(losses(4), param_name="C")  # whose values mean something else
    assert len(diagnosis_of(losses(4)).compare(of_c).alphas) == 0


def test_what_cannot_be_paired_is_refused():
    one = diagnosis_of(losses(), splits_key="a")
    with pytest.raises(ValueError, match=r"have 8 and 6 splits. Diagnose both with the same cv"):
        one.compare(diagnosis_of(losses(n_splits=6)))
    with pytest.raises(ValueError, match="different, log loss and squared error, and cannot be compared"):
        one.compare(diagnosis_of(losses(), loss_name="squared error"))
    with pytest.raises(ValueError, match="of different splits, or of another y"):
        one.compare(diagnosis_of(losses(), splits_key="b"))
    with pytest.raises(TypeError, match=r"other must be an AlphaDiagnosis. Got 3"):
        one.compare(3)
    one.compare(diagnosis_of(losses(), splits_key="a"))
    one.compare(diagnosis_of(losses()))  # not known to differ


def test_splits_are_told_apart_by_their_rows_and_y_and_not_by_the_network(wine):
    X, y = wine
    network = RidgeMLPClassifier(hidden_layer_sizes=(4,), epochs=1, random_state=0)

    def key(network=network, X=X, y=y, seed=0):
        cv = KFold(3, shuffle=True, random_state=seed)
        return diagnose(network, X, y, alphas=[0, 1], cv=cv).splits_key

    base = key()
    assert key(RidgeMLPClassifier(hidden_layer_sizes=(3,), epochs=2), X[:, :4]) == base
    assert key(seed=1) != base
    assert key(y=np.roll(y, 1)) != base
    assert key(y=y.astype(float)) == base
    diagnosis = diagnose(network, X, y, alphas=[0, 1], cv=3)
    restored = AlphaDiagnosis.from_dict(json.loads(json.dumps(diagnosis.to_dict())))
    assert restored.splits_key == diagnosis.splits_key
    assert restored.compare(diagnosis).difference == 0
