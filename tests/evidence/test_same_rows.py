"""Models compared by the rows that they predict: by tests worked by hand, and by their rate of errors."""

import numpy as np
import pytest
from scipy import stats

from sklearn_ridge_nn.evidence import better_than


def wrong(n_rows, *places):
    """Losses of labels: 1 where they are wrong."""
    losses = np.zeros(n_rows)
    losses[list(places)] = 1
    return losses


def test_labels_are_compared_by_the_rows_that_only_one_has_wrong():
    """McNemar: six rows to none have p = 2 / 2**6 = 0.031, five to none 0.063, whatever the others are."""
    both = range(50, 90)
    assert better_than(wrong(100, *both), {"other": wrong(100, *range(6), *both)}) == {"other": 1}
    assert better_than(wrong(100, *both), {"other": wrong(100, *range(5), *both)}) == {"other": 0}
    assert better_than(wrong(100, *range(6)), {"other": wrong(100)}) == {"other": -1}


def test_the_more_are_compared_the_more_it_takes():
    """Holm: six to none, p = 0.031, is sure beside one that is surer, and not beside another like it."""
    ours, six, nine = wrong(100), wrong(100, *range(6)), wrong(100, *range(9))
    assert better_than(ours, {"six": six, "nine": nine}) == {"six": 1, "nine": 1}
    assert better_than(ours, {"six": six, "others": six}) == {"six": 0, "others": 0}
    assert better_than(ours, {"nine": nine, "six": six, "five": wrong(100, *range(5))})["six"] == 0


@pytest.mark.parametrize("shift", [0.0, 0.12, 0.3])
def test_other_losses_are_compared_by_a_paired_t_test(shift):
    rng = np.random.default_rng(1)
    ours, theirs = np.abs(rng.normal(size=60)), np.abs(rng.normal(size=60)) + shift
    p_value = stats.ttest_rel(theirs, ours).pvalue
    expected = int(np.sign(theirs.mean() - ours.mean())) if p_value <= 0.05 else 0
    assert better_than(ours, {"other": theirs}) == {"other": expected}


def test_what_no_test_is_needed_for():
    ours = np.array([0.5, 0.25, 1.0])
    assert better_than(ours, {"same": ours, "more": ours + 0.25}) == {"same": 0, "more": 1}
    assert better_than(ours[:1], {"more": ours[:1] + 1}) == {"more": 0}
    assert better_than(ours, {}) == {}


@pytest.mark.parametrize("kind", ["labels", "numbers"])
def test_equal_models_are_seldom_told_apart(kind):
    """Three others that are as good: some is called different in no more than 5 % of the data sets."""
    rng = np.random.default_rng(0)
    n_wrong, n_sets = 0, 600
    for _ in range(n_sets):
        ours, *others = (
            (rng.uniform(size=(4, 80)) < 0.2).astype(float)
            if kind == "labels"
            else np.abs(rng.normal(size=(4, 80)))
        )
        n_wrong += any(better_than(ours, dict(zip("abc", others, strict=True))).values())
    assert n_wrong <= stats.binom.ppf(0.999, n_sets, 0.05)
