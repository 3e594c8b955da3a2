"""What the luckiest of several rows is ahead by chance, on simulated cross-validations."""

import numpy as np
import pytest
from scipy.stats import t as student

from sklearn_ridge_nn.evidence import _significance as luck


def critical(losses, test_ratio, level, least=0.0):
    return luck.critical_values(losses, losses.mean(axis=1).argmin(), test_ratio, level, least)


def equal_rows(rng, n_splits, root, ratio=0.25):
    """Draw losses of rows that are equal, as correlated over the splits as the corrected error assumes."""
    of_splits = rng.standard_normal((n_splits, len(root))) @ root.T
    return (of_splits + np.sqrt(ratio) * rng.standard_normal(len(root)) @ root.T).T


def test_the_standard_error_worked_by_hand():
    """Differences 1 to 4 have variance 5/3; (1/4 + 1/3) * 5/3 = 35/36."""
    error = luck.standard_error(np.array([1.0, 2.0, 3.0, 4.0]), 1 / 3)
    np.testing.assert_allclose(error, np.sqrt(35 / 36))


def test_of_two_values_the_critical_value_is_the_two_sided_quantile_of_student():
    losses = np.random.default_rng(0).standard_normal((2, 10))
    np.testing.assert_allclose(critical(losses, 0.2, 0.05), student.isf(0.025, 9), rtol=0.03)


def test_values_that_are_nearly_the_same_hardly_count_as_several():
    rng = np.random.default_rng(0)
    two = rng.standard_normal((2, 10))
    many = np.vstack([two[:1] + 1e-6 * rng.standard_normal((1, 10)), np.repeat(two[1:], 8, axis=0)])
    many += 1e-7 * rng.standard_normal(many.shape)
    of_two = critical(two, 0.2, 0.05, least=1e-3).max()
    of_many = critical(many, 0.2, 0.05, least=1e-3).max()
    assert of_many < 1.1 * of_two
    independent = critical(rng.standard_normal((9, 10)), 0.2, 0.05).max()
    assert independent > 1.4 * of_two


@pytest.mark.parametrize("n_splits", [5, 15])
@pytest.mark.parametrize("correlation", [0.0, 0.99])
def test_false_alarms_keep_to_the_level_where_all_are_equal(n_splits, correlation, monkeypatch):
    monkeypatch.setattr(luck, "N_SIMULATED", 1000)
    rng, ratio = np.random.default_rng(0), 0.25
    distance = np.abs(np.subtract.outer(np.arange(14), np.arange(14)))
    root = np.linalg.cholesky(correlation**distance if correlation else np.eye(14))
    alarms, naive = 0, 0
    for _ in range(300):
        of_splits = rng.standard_normal((n_splits, 14)) @ root.T
        losses = (of_splits + np.sqrt(ratio) * rng.standard_normal(14) @ root.T).T
        differences = losses - losses[losses.mean(axis=1).argmin()]
        error = luck.standard_error(differences, ratio)
        mean = differences.mean(axis=1)
        alarms += (mean > critical(losses, ratio, 0.05) * error).any()
        naive += (mean > student.isf(0.05, n_splits - 1) * error).any()
    assert alarms / 300 < 0.09  # 5 %, and three standard errors of 300 trials
    assert naive / 300 > 0.5


@pytest.mark.parametrize(("n_rows", "n_splits"), [(2, 40), (14, 15), (14, 200), (30, 6)])
def test_the_simulated_covariance_is_that_of_the_losses(n_rows, n_splits):
    """Of means and of splits, whether splits are drawn one by one or their squares as a Wishart matrix."""
    rng = np.random.default_rng(0)
    losses = rng.standard_normal((n_rows, n_rows)) @ rng.standard_normal((n_rows, n_splits))
    root = luck._root_of_covariance(losses)
    expected = root.T @ root
    residuals = losses - losses.mean(axis=0)
    np.testing.assert_allclose(np.diag(expected), residuals.var(axis=1, ddof=1))
    simulated = luck._simulate(losses, 0.25)
    of_means = np.cov(simulated.means.T) / (1 / n_splits + 0.25)
    of_splits = np.einsum("nij,nik->jk", simulated.draws, simulated.draws) / len(simulated.draws)
    scale = np.diag(expected).max()
    np.testing.assert_allclose(of_means, expected, atol=0.07 * scale)
    np.testing.assert_allclose(of_splits / (n_splits - 1), expected, atol=0.07 * scale)


def test_a_wishart_matrix_has_the_variance_of_one():
    """The diagonal over the covariance's is a chi-square of n_splits - 1 degrees of freedom."""
    losses = np.random.default_rng(0).standard_normal((3, 50))
    root = luck._root_of_covariance(losses)
    draws = luck._simulate(losses, 0.25).draws
    squares = (draws**2).sum(axis=1) / (root**2).sum(axis=0)
    np.testing.assert_allclose(squares.mean(axis=0), 49, rtol=0.01)
    np.testing.assert_allclose(squares.var(axis=0), 98, rtol=0.06)


def test_many_splits_cost_no_more_memory():
    losses = np.random.default_rng(0).standard_normal((14, 1000))
    assert luck._simulate(losses, 1e-3).draws.shape == (10_000, 14, 14)


def test_rows_that_are_the_same_make_no_statistic():
    row = np.random.default_rng(0).standard_normal(15)
    assert (luck._simulate(np.tile(row, (5, 1)), 0.25).statistics() == 0).all()
    values = critical(np.tile(row, (5, 1)), 0.25, 0.05)
    np.testing.assert_allclose(values, student.isf(0.05, 14))


# -- a row named in advance against the luckiest -----------------------------------------------------


def test_of_two_rows_the_lag_is_tested_as_students_test_would():
    """With two rows nothing is chosen: one lags or the other does."""
    losses = np.random.default_rng(0).standard_normal((2, 10))
    losses[0] += 1
    behind = luck.lag(losses, 0, 0.2, 0.05)
    difference = losses[0] - losses[1]
    error = luck.standard_error(difference, 0.2)
    assert behind.luckiest == 1
    np.testing.assert_allclose((behind.mean, behind.standard_error), (difference.mean(), error))
    np.testing.assert_allclose(behind.high - behind.mean, student.isf(0.05, 9) * error, rtol=0.03)
    np.testing.assert_allclose(behind.mean - behind.low, behind.high - behind.mean)
    np.testing.assert_allclose(behind.p_value, student.sf(difference.mean() / error, 9), atol=0.01)


def test_the_luckiest_row_itself_does_not_lag():
    losses = 10 * np.arange(3.0)[:, None] + np.random.default_rng(0).standard_normal((3, 8))
    behind = luck.lag(losses, 0, 0.2, 0.05)
    assert (behind.luckiest, behind.mean, behind.p_value) == (0, 0.0, 1.0)


@pytest.mark.parametrize("correlation", [0.0, 0.95])
def test_a_row_named_in_advance_is_rarely_called_behind_where_all_are_equal(correlation, monkeypatch):
    """As the last epoch of a flat curve is, or alpha = 0 where no alpha matters."""
    monkeypatch.setattr(luck, "N_SIMULATED", 1000)
    rng = np.random.default_rng(0)
    distance = np.abs(np.subtract.outer(np.arange(20), np.arange(20)))
    root = np.linalg.cholesky(correlation**distance if correlation else np.eye(20))
    behind, naive = 0, 0
    for _ in range(300):
        losses = equal_rows(rng, 15, root)
        found = luck.lag(losses, -1, 0.25, 0.05)
        behind += found.p_value < 0.05
        naive += found.mean > student.isf(0.05, 14) * found.standard_error
    assert behind / 300 < 0.09  # 5 %, and three standard errors of 300 trials
    assert naive / 300 > 0.15


def test_the_interval_covers_a_difference_that_is_there():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        losses = 0.05 * equal_rows(rng, 15, np.eye(2)) + np.array([[0.52], [0.5]])
        found = luck.lag(losses, 0, 0.25, 0.05)
        covered.append(found.low <= 0.02 * (found.luckiest == 1) <= found.high)
    assert np.mean(covered) > 0.86  # 90 %, and three standard errors of 300 trials
