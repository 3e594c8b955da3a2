"""What the luckiest of several rows is ahead by chance, on simulated cross-validations."""

import numpy as np
import pytest
from scipy.stats import norm, t as student

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


def widened(quantile, n_splits, ratio):
    """Return a quantile of Student for splits that have a fifth more in common than the error assumes."""
    return quantile * np.sqrt((1 / n_splits + 1.2 * ratio) / (1 / n_splits + ratio))


def test_of_two_values_the_critical_value_is_the_two_sided_quantile_of_student():
    losses = np.random.default_rng(1).standard_normal((2, 10))
    assert luck._tail(losses) == 0
    expected = widened(student.isf(0.025, 9), 10, 0.2)
    np.testing.assert_allclose(critical(losses, 0.2, 0.05), expected, rtol=0.03)


def test_values_that_are_nearly_the_same_hardly_count_as_several():
    rng = np.random.default_rng(0)
    two = rng.standard_normal((2, 10))
    many = np.vstack([two[:1] + 1e-6 * rng.standard_normal((1, 10)), np.repeat(two[1:], 8, axis=0)])
    many += 1e-7 * rng.standard_normal(many.shape)
    of_two = critical(two, 0.2, 0.05, least=1e-3).min()
    of_many = critical(many, 0.2, 0.05, least=1e-3).min()
    assert of_many < 1.1 * of_two
    independent = critical(rng.standard_normal((9, 10)), 0.2, 0.05).min()
    assert independent > 1.2 * of_two


@pytest.mark.sample(1)
@pytest.mark.parametrize("n_splits", [5, 15])
@pytest.mark.parametrize("correlation", [0.0, 0.99])
def test_false_alarms_keep_to_the_level_where_all_are_equal(n_splits, correlation, monkeypatch):
    monkeypatch.setattr(luck, "N_SIMULATED", 500)
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


# -- losses that are not normal ----------------------------------------------------------------------

DRAWS = {
    "t3": lambda rng, shape: rng.standard_t(3, shape),
    "log-normal": lambda rng, shape: rng.lognormal(0, 0.5, shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "a tenth five times as wide": lambda rng, shape: (
        rng.standard_normal(shape) * np.where(rng.random(shape) < 0.1, 5, 1)
    ),
}


@pytest.mark.sample(1)
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_heavy_tails_raise_hardly_more_false_alarms(draw, monkeypatch):
    """Normal draws and each row's own error raised them in 13 to 24 % of these cross-validations."""
    monkeypatch.setattr(luck, "N_SIMULATED", 500)
    rng, ratio = np.random.default_rng(0), 0.25
    common = np.sqrt(ratio) * draw(np.random.default_rng(1), 10_000).std()
    alarms = 0
    for _ in range(120):
        losses = draw(rng, (14, 15)) + common * rng.standard_normal((14, 1))
        alarms += called(losses, ratio).any()
    assert alarms / 120 <= 0.07


def called(losses, ratio):
    differences = losses - losses[losses.mean(axis=1).argmin()]
    error = luck.standard_error(differences, ratio)
    return differences.mean(axis=1) > critical(losses, ratio, 0.05) * error


@pytest.mark.parametrize("n_wild", [0, 1, 7])
def test_what_is_worse_is_found_and_wild_rows_do_not_hide_it(n_wild, monkeypatch):
    """Neighbours correlated by 0.99, five splits, six of 14 worse by two standard deviations.

    Wild rows, such as those of weak penalties, are far worse and vary 15 times as much.
    """
    monkeypatch.setattr(luck, "N_SIMULATED", 500)
    rng, rows = np.random.default_rng(0), np.arange(14)
    root = np.linalg.cholesky(0.99 ** np.abs(np.subtract.outer(rows, rows)))
    root *= np.where(rows < n_wild, 15, 1)[:, None]
    truth = np.where(rows < n_wild, 30, 2 * (rows > 7))
    found = [called(equal_rows(rng, 5, root) + truth[:, None], 0.25)[rows > 7] for _ in range(60)]
    assert np.mean(found) > 0.9


def test_errors_are_raised_by_the_share_of_their_spread_that_is_chance():
    """Five splits: trigamma(2) = pi**2 / 6 - 1, a quarter of that for a root; five rows, so 5 - 3 of it.

    Logarithms 0, 0, 0, 0 and -4 are -0.8 on average, and their squares around that sum up to 12.8; with -0.4
    they sum up to 0.128, which chance alone would exceed.
    """
    share = 2 * (np.pi**2 / 6 - 1) / 4 / 12.8
    errors = np.exp([[0.0, 0, 0, 0, -4.0], [0.0, 0, 0, 0, -0.4]])
    expected = np.exp([[0.0, 0, 0, 0, -4.0 + share * 3.2], [0.0, 0, 0, 0, -0.08]])
    np.testing.assert_allclose(luck._steady_errors(errors, 5), expected)


def test_few_errors_and_those_of_sure_differences_stay():
    few = np.array([0.0, 0.1, 1.0, 2.0])
    np.testing.assert_array_equal(luck._steady_errors(few, 5), few)
    np.testing.assert_array_equal(luck._steady_errors(np.zeros(14), 5), np.zeros(14))


def test_a_row_with_a_small_error_has_a_larger_critical_value():
    losses = np.random.default_rng(0).standard_normal((14, 5))
    error = luck.standard_error(losses - losses[losses.mean(axis=1).argmin()], 0.25)
    steady, values = luck._steady_errors(error, 5), critical(losses, 0.25, 0.05)
    differ = error > 0
    assert (steady > 1.1 * error).any()
    np.testing.assert_allclose((values[differ] * error[differ] / steady[differ]), values.min(), rtol=1e-9)


@pytest.mark.parametrize("freedom", [3, 5, 10])
def test_the_tails_of_the_losses_are_found(freedom):
    rng = np.random.default_rng(0)
    found = [luck._tail(rng.standard_t(freedom, (100, 15))) for _ in range(30)]
    np.testing.assert_allclose(np.median(found), 1 / freedom, atol=0.04)
    normal = [luck._tail(rng.standard_normal((100, 15))) for _ in range(30)]
    assert np.median(normal) < 0.02


def test_a_split_that_is_hard_for_every_row_makes_no_heavy_tails():
    losses = np.random.default_rng(1).standard_normal((14, 15))
    shifted = losses + 100 * (np.arange(15) == 3)
    np.testing.assert_allclose(luck._tail(shifted), luck._tail(losses), atol=1e-9)


@pytest.mark.parametrize("n_splits", [2, 3])
def test_fewer_than_four_splits_show_no_tails(n_splits):
    """Their kurtosis is the same whatever they are drawn from."""
    losses = np.random.default_rng(0).standard_t(3, (14, n_splits))
    assert luck._tail(losses) == 0


@pytest.mark.parametrize("tail", [0.0, 0.2])
def test_the_numbers_drawn_have_a_variance_of_1_and_the_tails_asked_for(tail):
    drawn = luck._heavy(np.random.default_rng(0), (100_000,), tail)
    np.testing.assert_allclose(drawn.var(), 1, rtol=0.03)
    beyond = student.sf(3 / np.sqrt(1 - 2 * tail), 1 / tail) if tail else norm.sf(3)
    np.testing.assert_allclose((drawn > 3).mean(), beyond, rtol=0.15)


# -- the simulation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_rows", "n_splits"), [(2, 40), (14, 15), (14, 200), (30, 6)])
def test_the_simulated_covariance_is_that_of_the_losses(n_rows, n_splits, monkeypatch):
    """Of means and of splits, also where not all splits are drawn."""
    monkeypatch.setattr(luck, "_tail", lambda losses: 0.0)
    rng = np.random.default_rng(0)
    losses = rng.standard_normal((n_rows, n_rows)) @ rng.standard_normal((n_rows, n_splits))
    root = luck._root_of_covariance(losses)
    expected = root.T @ root
    residuals = losses - losses.mean(axis=0)
    np.testing.assert_allclose(np.diag(expected), residuals.var(axis=1, ddof=1))
    simulated = luck._simulate(losses, 0.25)
    of_means = np.cov(simulated.means.T) / (1 / n_splits + 1.2 * 0.25)
    of_splits = np.einsum("nij,nik->jk", simulated.draws, simulated.draws) / len(simulated.draws)
    scale = np.diag(expected).max()
    np.testing.assert_allclose(of_means, expected, atol=0.07 * scale)
    n_drawn = simulated.draws.shape[1]
    np.testing.assert_allclose(of_splits / (n_drawn - 1), expected, atol=0.07 * scale)


def test_many_splits_cost_no_more_memory():
    losses = np.random.default_rng(0).standard_normal((14, 1000))
    assert luck._simulate(losses, 1e-3).draws.shape == (5714, 100, 14)


def test_rows_that_are_the_same_make_no_statistic():
    row = np.random.default_rng(0).standard_normal(15)
    assert (luck._simulate(np.tile(row, (5, 1)), 0.25).statistics() == 0).all()
    values = critical(np.tile(row, (5, 1)), 0.25, 0.05)
    np.testing.assert_allclose(values, widened(student.isf(0.05, 14), 15, 0.25))


# -- a row named in advance against the luckiest -----------------------------------------------------


def test_of_two_rows_the_lag_is_tested_as_students_test_would():
    """With two rows nothing is chosen: one lags or the other does."""
    losses = np.random.default_rng(1).standard_normal((2, 10))
    losses[0] += 1
    behind = luck.lag(losses, 0, 0.2, 0.05)
    difference = losses[0] - losses[1]
    error = luck.standard_error(difference, 0.2)
    assert behind.luckiest == 1
    np.testing.assert_allclose((behind.mean, behind.standard_error), (difference.mean(), error))
    half = widened(student.isf(0.05, 9), 10, 0.2) * error
    np.testing.assert_allclose(behind.high - behind.mean, half, rtol=0.03)
    np.testing.assert_allclose(behind.mean - behind.low, behind.high - behind.mean)
    p_value = student.sf(difference.mean() / error / widened(1, 10, 0.2), 9)
    np.testing.assert_allclose(behind.p_value, p_value, atol=0.01)


def test_what_no_simulation_reaches_has_the_p_value_of_student():
    losses = np.random.default_rng(1).standard_normal((2, 10))
    losses[0] += 20
    behind = luck.lag(losses, 0, 0.2, 0.05)
    expected = student.sf(behind.mean / behind.standard_error / widened(1, 10, 0.2), 9)
    np.testing.assert_allclose(behind.p_value, expected)


def test_a_lag_is_measured_as_the_simulated_ones_are(monkeypatch):
    """So halves of all errors make no difference."""
    losses = np.random.default_rng(0).standard_normal((14, 5))
    before = luck.lag(losses, 0, 0.25, 0.05)
    steady = luck._steady_errors
    monkeypatch.setattr(luck, "_steady_errors", lambda errors, n_splits: steady(errors, n_splits) / 2)
    after = luck.lag(losses, 0, 0.25, 0.05)
    np.testing.assert_allclose(
        (after.low, after.high, after.p_value), (before.low, before.high, before.p_value)
    )


def test_the_luckiest_row_itself_does_not_lag():
    losses = 10 * np.arange(3.0)[:, None] + np.random.default_rng(0).standard_normal((3, 8))
    behind = luck.lag(losses, 0, 0.2, 0.05)
    assert (behind.luckiest, behind.mean, behind.p_value) == (0, 0.0, 1.0)


@pytest.mark.parametrize("correlation", [0.0, 0.95])
def test_a_row_named_in_advance_is_rarely_called_behind_where_all_are_equal(correlation, monkeypatch):
    """As the last epoch of a flat curve is, or alpha = 0 where no alpha matters."""
    monkeypatch.setattr(luck, "N_SIMULATED", 500)
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


def test_the_interval_covers_a_difference_that_is_there(monkeypatch):
    monkeypatch.setattr(luck, "N_SIMULATED", 500)
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        losses = 0.05 * equal_rows(rng, 15, np.eye(2)) + np.array([[0.52], [0.5]])
        found = luck.lag(losses, 0, 0.25, 0.05)
        covered.append(found.low <= 0.02 * (found.luckiest == 1) <= found.high)
    assert np.mean(covered) > 0.86  # 90 %, and three standard errors of 300 trials


def test_four_splits_show_heavy_tails_and_three_cannot():
    """The kurtosis of three numbers is always 3/2, whatever they are; of four it is up to 7/3."""
    one_outlier = np.eye(4)[:1] - np.zeros((1, 4))
    rows = np.vstack([one_outlier, np.zeros((1, 4))])
    assert luck._tail(rows) > 0
    assert luck._tail(rows[:, :3]) == 0


def test_rows_under_another_setting_than_the_luckiest_are_not_compared_with_it():
    rng = np.random.default_rng(0)
    simulated = luck._simulate(rng.standard_normal((4, 6)), 0.25)
    settings = np.array([0, 0, 1, 1])
    statistics = simulated.statistics(settings=settings)
    luckiest = simulated.means.argmin(axis=1)
    assert (statistics[settings[luckiest][:, None] != settings] == 0).all()
    free = simulated.statistics()
    same = settings[luckiest][:, None] == settings
    assert (free[same] > 0).any()


def test_the_tail_is_that_of_the_shape_and_not_of_the_unit():
    rows = np.random.default_rng(0).standard_t(3, (5, 12))
    assert luck._tail(1000 * rows) == pytest.approx(luck._tail(rows)) != 0


def test_correlations_shrink_by_their_noise_alone():
    """By Schaefer and Strimmer (2005), for two rows: the noise of r is (1 - r**2)**2 / (n - 1)."""
    rng = np.random.default_rng(0)
    losses = rng.standard_normal((2, 40)) + np.array([[1.0], [-2.0]]) * rng.standard_normal(40)
    residuals = losses - losses.mean(axis=0)
    covariance, r = np.cov(residuals), np.corrcoef(residuals)[0, 1]
    kept = 1 - min((1 - r**2) ** 2 / 39 / r**2, 1)
    root = luck._root_of_covariance(losses)
    np.testing.assert_allclose((root @ root)[0, 1], kept * covariance[0, 1])
    for three in (np.vstack([losses, rng.standard_normal(40)]), rng.standard_normal((3, 40))):
        residuals = three - three.mean(axis=0)
        above = np.triu_indices(3, 1)
        pairs = np.corrcoef(residuals)[above]
        kept = 1 - ((1 - pairs**2) ** 2).sum() / 39 / (pairs**2).sum()
        assert 0 < kept < 1
        root = luck._root_of_covariance(three)
        np.testing.assert_allclose((root @ root)[above], kept * np.cov(residuals)[above])
