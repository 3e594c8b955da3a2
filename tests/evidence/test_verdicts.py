"""The statistics of a diagnosis, on numbers made by hand and on simulated cross-validations."""

import itertools
import math
import re

import numpy as np
import pytest
from scipy.stats import t as student

from sklearn_ridge_nn.evidence import _one_standard_error as rule, _verdicts as verdicts
from sklearn_ridge_nn.model_selection import one_standard_error

SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])  # of mean 0 and variance 6/5


def compare(train, test, strengths=(0.0, 0.1, 1.0), margin=0.0, test_ratio=0.2, level=0.05):
    return verdicts.compare(
        np.asarray(train),
        np.asarray(test),
        np.asarray(strengths),
        test_ratio=test_ratio,
        level=level,
        margin=margin,
    )


def beside_the_best(difference, spread=0.01, side=0, gap=0.1, train=0.1):
    """Return the comparison of a value, weaker (0) or stronger (2) than the best, and its standard error."""
    best = np.full(6, 0.5)
    far = np.full(6, 5.0) + 0.1 * SIGNS  # not near anything
    other = best + difference + spread * SIGNS
    rows = [other, best, far] if side == 0 else [far, best, other]
    trained = [np.full(6, 0.4)] * 3
    trained[side] = np.full(6, 0.4 + train) if side == 2 else other - 0.1 - gap
    result = compare(trained, rows)
    return result, side


def test_the_interval_is_that_of_student():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    mean, low, high = verdicts.interval(values, 1 / 3, 0.05)
    expected = student.interval(0.95, 3, loc=2.5, scale=np.sqrt(35 / 36))
    np.testing.assert_allclose((mean, low, high), (2.5, *expected))


ERROR = 0.01 * np.sqrt((1 / 6 + 0.2) * 6 / 5)


@pytest.mark.parametrize("side", [0, 2])
def test_good_ends_at_one_standard_error(side):
    below, _ = beside_the_best(0.999 * ERROR, side=side)
    above, _ = beside_the_best(1.001 * ERROR, side=side)
    np.testing.assert_allclose(below.standard_error[side], ERROR)
    assert below.verdicts[side] == "good"
    assert "within one standard error" in below.reasons[side]
    assert above.verdicts[side] == "undetermined"
    assert "would tell; if it stays, no number of splits of these rows would" in above.reasons[side]


def test_a_reason_has_the_digits_that_show_which_number_is_larger():
    critical = beside_the_best(3 * ERROR)[0].critical_value[0]
    reason = beside_the_best(0.999 * critical * ERROR)[0].reasons[0]
    there, needed = re.search(r"that is ([\d.]+) standard errors, and ([\d.]+) would tell", reason).groups()
    assert float(there) < float(needed)


@pytest.mark.parametrize(("side", "label"), [(0, "overfit"), (2, "underfit")])
def test_a_verdict_begins_at_the_critical_value(side, label):
    critical = beside_the_best(3 * ERROR, side=side)[0].critical_value[side]
    below, _ = beside_the_best(0.98 * critical * ERROR, side=side)
    above, _ = beside_the_best(1.02 * critical * ERROR, side=side)
    assert below.verdicts[side] == "undetermined"
    assert above.verdicts[side] == label
    assert above.is_significant.tolist() == [True, False, True]


def test_significantly_worse_for_neither_reason_is_undetermined():
    no_gap, _ = beside_the_best(0.2, side=0, gap=-0.2)
    assert no_gap.verdicts[0] == "undetermined"
    assert "gap is no wider" in no_gap.reasons[0]
    no_loss, _ = beside_the_best(0.2, side=2, train=-0.1)
    assert no_loss.verdicts[2] == "undetermined"
    assert "train loss is no worse" in no_loss.reasons[2]


def test_a_sure_difference_within_the_margin_is_good():
    best = np.full(6, 0.5)
    rows = np.array([best + 0.004 + 1e-6 * SIGNS, best, best + 0.006 + 1e-6 * SIGNS])
    train = rows - np.array([[0.2], [0.1], [0.05]])
    assert compare(train, rows, margin=0.01).verdicts == ("good", "good", "underfit")
    assert compare(train, rows, margin=0.0).verdicts == ("overfit", "good", "underfit")


def test_where_smaller_values_are_stronger_the_sides_change():
    best = np.full(6, 0.5)
    rows = np.array([best + 1 + 0.01 * SIGNS, best, best + 2 + 0.01 * SIGNS])
    train = np.array([best + 0.9, best - 0.1, best - 0.4])
    assert compare(train, rows, strengths=[-0.1, -1.0, -10.0]).verdicts == ("underfit", "good", "overfit")


def test_equal_losses_are_all_good():
    losses = np.tile(np.linspace(0.4, 0.6, 6), (3, 1))
    result = compare(losses - 0.1, losses)
    assert result.verdicts == ("good",) * 3


def test_a_missing_loss_leaves_undetermined_and_disturbs_nobody():
    rng = np.random.default_rng(0)
    rows = 0.5 + 0.1 * rng.standard_normal((3, 6))
    with_missing = np.vstack([rows, rows[:1]])
    with_missing[3, 2] = np.nan
    result = compare(with_missing - 0.1, with_missing, strengths=(0, 0.1, 1, 2))
    alone = compare(rows - 0.1, rows)
    assert result.verdicts == (*alone.verdicts, "undetermined")
    assert result.reasons[3] == "no loss on 1 of 6 splits"
    np.testing.assert_array_equal(result.critical_value[:3], alone.critical_value)


def test_where_every_value_lacks_a_loss_the_least_incomplete_is_taken_and_nothing_is_called():
    rows = 0.5 + 0.1 * np.random.default_rng(0).standard_normal((3, 6))
    rows[0, :2] = rows[1, 3] = rows[2, 4] = np.nan
    rows[1] -= 0.3
    result = compare(rows - 0.1, rows)
    assert result.best == 1
    assert result.verdicts == ("undetermined",) * 3
    assert result.reasons[0] == "no loss on 2 of 6 splits"
    assert rule.strongest_within_one_standard_error(rows, np.array([0, 0.1, 1])) >= 1


def test_of_equal_means_the_strongest_penalty_is_the_best_as_in_cv_glmnet():
    losses = np.array([[0.5, 0.3, 0.5, 0.3], [0.4] * 4, [0.43] * 4])
    assert rule.best_of(losses, np.array([0, 0.1, 1])) == 1
    assert rule.best_of(losses, np.array([0, -0.1, -1])) == 0
    assert rule.strongest_within_one_standard_error(losses, np.array([0, 0.1, 1])) == 1  # whose error is 0


def test_a_missing_train_loss_leaves_the_reason_unknown():
    rows = np.array([[0.9], [0.5], [0.9]]) + 0.01 * SIGNS
    train = rows - 0.1
    train[1, 0] = np.nan
    result = compare(train, rows)
    assert result.verdicts == ("undetermined", "good", "undetermined")
    assert "a train loss is missing" in result.reasons[0]


def test_the_one_standard_error_rule_is_that_of_cv_glmnet():
    """cvm, cvsd = mean and sd / sqrt(5) of each row; lambda.1se = max(lambda[cvm <= min(cvm + cvsd)])."""
    losses = np.array(
        [
            [0.50, 0.52, 0.48, 0.51, 0.49],
            [0.40, 0.50, 0.30, 0.45, 0.35],
            [0.43, 0.44, 0.42, 0.43, 0.43],
            [0.44, 0.45, 0.43, 0.44, 0.44],
        ]
    )
    mean, error = losses.mean(axis=1), losses.std(axis=1, ddof=1) / np.sqrt(5)
    lambdas = np.array([0.0, 0.1, 1.0, 10.0])
    expected = lambdas[mean <= mean.min() + error[mean.argmin()]].max()
    chosen = rule.strongest_within_one_standard_error(losses, lambdas)
    assert lambdas[chosen] == expected == 1.0
    assert rule.strongest_within_one_standard_error(losses, -lambdas) == 1
    cv_results = {
        "params": [{"alpha": value} for value in lambdas],
        "mean_test_score": -mean,
        "rank_test_score": mean.argsort().argsort() + 1,
        **{f"split{split}_test_score": -losses[:, split] for split in range(5)},
    }
    assert one_standard_error(cv_results) == chosen


def test_variance_components_worked_by_hand():
    """Within splits 2 and 2; means 2 and 6 have variance 8, of which 2 / 2 is due to seeds."""
    assert verdicts.variance_components(np.array([[1.0, 3.0], [5.0, 7.0]])) == (7.0, 2.0)
    of_splits, of_seeds = verdicts.variance_components(
        np.random.default_rng(0).normal(0, 2, (4000, 1)) + np.random.default_rng(1).normal(0, 1, (4000, 5))
    )
    np.testing.assert_allclose((of_splits, of_seeds), (4, 1), rtol=0.1)


def test_an_outlier_is_found_and_normal_samples_have_hardly_any():
    sample = np.random.default_rng(0).standard_normal(15)
    sample[3] = 30
    assert np.flatnonzero(verdicts.outlying(sample)).tolist() == [3]
    rng = np.random.default_rng(1)
    found = [verdicts.outlying(rng.standard_normal(5)).any() for _ in range(100)]
    assert np.mean(found) < 0.06
    assert not verdicts.outlying(np.ones(6)).any()


def test_so_many_splits_would_tell_and_no_fewer():
    """Counted one by one; the level is kept that the critical value has with the splits there are."""
    n_splits, test_ratio = 5, 0.25
    found = set()
    for ratio, critical in itertools.product(np.linspace(1.0, 4.95, 30), [3.0, 4.0, 5.0]):
        level = student.sf(critical, n_splits - 1)

        def tells(n, ratio=ratio, level=level):
            standard_errors = ratio * math.sqrt((1 / n_splits + test_ratio) / (1 / n + test_ratio))
            return standard_errors > student.isf(level, n - 1)

        expected = next((n for n in range(n_splits + 1, verdicts.MOST_SPLITS + 1) if tells(n)), math.inf)
        assert verdicts.splits_that_tell(ratio, critical, n_splits, test_ratio) == expected
        found.add(expected)
    assert {n_splits + 1, math.inf} < found


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (2.9, 4.6, "2.9 < 4.6"),
        (2.94, 2.96, "2.9 < 3.0"),
        (2.91, 2.94, "2.91 < 2.94"),
        (2.9101, 2.9104, "2.9101 < 2.9104"),
        (2.91001, 2.91002, "2.9100 < 2.9100"),
    ],
)
def test_two_numbers_have_the_digits_that_tell_them_apart_up_to_four(one, other, text):
    assert verdicts._told_apart(one, other, " < ") == text
