"""The loss over alphas and epochs: the best pair, and when training has settled, by hand-made maps."""

import numpy as np
import pytest

from sklearn_ridge_nn.evidence import LossMap, after, cannot_win, is_long_settled, is_settled

NOISE = 0.001 * np.tile([1.0, -1.0, 0.5, -0.5, 0.2], 2)


def loss_map(*means, strengths=None):
    """A map of these means, on ten splits, each alpha's noise another."""
    means = np.array(means, dtype=float)
    noise = np.stack([np.roll(NOISE - NOISE.mean(), row) for row in range(len(means))])
    alphas = np.arange(len(means), dtype=float)
    strengths = alphas if strengths is None else np.array(strengths)
    return LossMap(alphas, means[:, None] + noise[:, :, None], strengths, 0.25)


def test_means_and_errors_are_those_of_the_splits():
    made = loss_map([3.0, 1.0, 2.0], [2.0, 2.0, 2.0])
    np.testing.assert_allclose(made.mean, [[3, 1, 2], [2, 2, 2]])
    error = np.sqrt((1 / 10 + 0.25) * NOISE.var(ddof=1))
    np.testing.assert_allclose(made.standard_error, np.full((2, 3), error))
    assert made.epochs.tolist() == [1, 2, 3]


def test_the_best_pair_is_the_smallest_mean_and_of_equal_ones_the_strongest_and_shortest():
    assert loss_map([3, 1, 2], [2, 1.5, 1.2]).best == (0, 2)
    ties = LossMap(np.arange(2.0), np.array([[[2.0, 1, 1]] * 2, [[3.0, 1, 1]] * 2]), np.arange(2.0), 0.25)
    assert ties.best == (1, 2)
    weaker = LossMap(ties.alphas, ties.per_split, -ties.alphas, 0.25)
    assert weaker.best == (0, 2)


def test_what_was_not_trained_or_failed_has_no_part():
    made = loss_map([3, 2, 1, 0.5], [2, np.nan, np.nan, np.nan], [5, 4, 3, 2])
    made.per_split[2, 0, 2:] = np.nan  # one fit diverged in the third epoch
    assert made.trained_epochs.tolist() == [4, 1, 4]
    assert made.best_epochs_per_alpha.tolist() == [4, 1, 2]
    assert made.best == (0, 4)
    np.testing.assert_allclose(made.at(3).mean(axis=1), [1, 2, np.nan])
    nothing = loss_map([np.nan, np.nan], [np.nan, np.nan])
    assert nothing.best is None
    assert nothing.best_epochs_per_alpha.tolist() == [0, 0]
    assert not is_settled(nothing, 0.01)
    assert not cannot_win(nothing, 0.05).any()


def test_after_takes_the_end_of_those_that_were_not_trained_so_long():
    curves = np.array([[[1.0, 2, 3], [4, 5, 6]], [[7, np.nan, np.nan], [8, np.nan, np.nan]]])
    assert after(curves, 2).tolist() == [[2, 5], [7, 8]]
    assert after(curves, 1).tolist() == [[1, 4], [7, 8]]


FALLING = np.linspace(1, 0.5, 40)
TURNED = 0.5 + 0.02 * np.abs(np.arange(40) - 15)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([TURNED], True),
        ([FALLING], False),  # the best pair is the last one
        ([TURNED, FALLING + 0.3], True),  # an alpha that would need longer than it has been trained
        ([TURNED, np.linspace(1, 0.51, 40)], False),  # one that is coming near
        ([0.5 + 0.5 * np.exp(-np.arange(40) / 2)], True),  # at an end: it hardly falls any more
        ([0.7 - 1e-4 * np.arange(40)], False),  # it falls by little, and has fallen by little so far
    ],
)
def test_training_has_settled_once_the_best_pair_is_passed(means, expected):
    assert is_settled(loss_map(*means), margin=0.01) == expected


def test_training_may_end_early_only_where_the_best_pair_is_far_behind_and_nothing_falls():
    early = [3.0, 1.0, *np.linspace(1.1, 2, 14)]
    assert is_long_settled(loss_map(early, early), 0.01)
    later = [3.0, 2.0, 1.0, *np.linspace(1.1, 2, 13)]  # the third epoch of 16 is not in the first eighth
    assert is_settled(loss_map(later, later), 0.01)
    assert not is_long_settled(loss_map(later, later), 0.01)
    slow = np.linspace(3, 2.9, 16)  # far from the best, and falling to its end
    assert is_settled(loss_map(early, slow), 0.01)
    assert not is_long_settled(loss_map(early, slow), 0.01)


def test_only_an_alpha_that_has_surely_risen_cannot_win():
    plateau = np.full(40, 0.7)
    made = loss_map(TURNED, TURNED + 0.1, FALLING + 0.3, plateau)
    assert cannot_win(made, 0.05).tolist() == [False, True, False, False]


def test_the_family_is_thinned_to_a_dozen_numbers_of_epochs():
    made = loss_map(FALLING, TURNED)
    assert made.columns().shape == (2, 11, 10)  # 1 and 2 are one step apart, and not less
    np.testing.assert_array_equal(made.columns()[:, [0, -1]], made.per_split[:, :, [0, -1]].swapaxes(1, 2))
    made.per_split[1, :, 20:] = np.nan
    assert len(made.thinned()) < 24
    assert np.isfinite(made.thinned()).all()
