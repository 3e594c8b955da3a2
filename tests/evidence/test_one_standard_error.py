"""The best of several rows of losses, where losses are missing."""

import numpy as np
import pytest

from sklearn_ridge_nn.evidence import _one_standard_error as rule

STRENGTHS = np.array([0.0, 0.1, 1.0])
NAN = np.nan


@pytest.mark.parametrize("missing", [NAN, np.inf, -np.inf])
def test_rows_that_lack_equally_many_losses_are_compared_on_the_splits_that_they_share(missing):
    """On the last two the first row is better; its mean is worse, for it has the hard split 0."""
    losses = np.array([[0.9, missing, 0.3, 0.3], [missing, 0.2, 0.4, 0.4], [missing, missing, 0.0, 0.0]])
    assert np.mean([0.9, 0.3, 0.3]) > np.mean([0.2, 0.4, 0.4])
    for order in ([0, 1, 2], [2, 1, 0]):
        assert order[rule.best_of(losses[order], STRENGTHS[order])] == 0


def test_rows_that_share_no_split_go_by_their_own():
    losses = np.array([[0.5, NAN], [NAN, 0.4]])
    assert rule.best_of(losses, STRENGTHS[:2]) == 1


def test_a_row_that_lacks_a_loss_does_not_win_by_it():
    losses = np.array([[0.5, 0.5], [0.6, 0.6], [NAN, 0.1]])
    assert rule.best_of(losses, STRENGTHS) == 0
    assert rule.strongest_within_one_standard_error(losses, STRENGTHS) == 0
