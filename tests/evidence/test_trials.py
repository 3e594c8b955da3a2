"""Trials beside the best network: how they compare with it."""

import json

import numpy as np
import pytest
from scipy.stats import t as student

from sklearn_ridge_nn.evidence import Trial, results_of

BASE = Trial("as it is", "as it is", np.array([0.5, 0.6, 0.4, 0.5]), np.array([0.8, 0.7, 0.9, 0.8]))


def change(shifts, name="dropout 0.2"):
    losses = BASE.test_loss + shifts
    return Trial(name, "change", losses, 1 - losses, {"dropout": 0.2}, work=2.0)


def test_the_interval_is_students_by_hand_shared_among_all_that_were_tried():
    shifts = np.array([-0.1, -0.2, -0.1, -0.2])
    one, two = change(shifts), change(shifts / 2, "dropout 0.5")
    error = np.sqrt((1 / 4 + 0.25) * np.var(shifts, ddof=1))
    for trials, n_tried in (([BASE, one], 1), ([BASE, one, two], 2)):
        result = next(r for r in results_of(trials, "change", 0.25, 0.05) if r.trial is one)
        half = student.isf(0.05 / n_tried, 3) * error
        np.testing.assert_allclose(
            [result.difference, result.low, result.high], [-0.15, -0.15 - half, -0.15 + half]
        )
        assert result.is_better(0.1) == (half < 0.15)
        assert not result.is_better(0.16)
        assert not result.is_worse(0.0)


def test_the_smallest_loss_comes_first_and_a_failed_trial_last_and_uncounted():
    shifts = np.array([-0.1, -0.2, -0.1, -0.2])
    good, bad = change(shifts), change(-shifts, "bad")
    failed = change(np.full(4, np.nan), "failed")
    results = results_of([BASE, failed, bad, good], "change", 0.25, 0.05)
    assert [result.trial.name for result in results] == ["dropout 0.2", "bad", "failed"]
    assert results[0] == results_of([BASE, bad, good], "change", 0.25, 0.05)[0]
    assert results[1].is_worse(0.0)
    assert not results[2].is_better(0.0)


def test_kinds_are_compared_among_themselves():
    other = Trial("LogisticRegressionCV", "yardstick", BASE.test_loss + 0.1, BASE.test_score)
    trials = [BASE, change(np.full(4, -0.1)), other]
    assert [r.trial.name for r in results_of(trials, "yardstick", 0.25, 0.05)] == ["LogisticRegressionCV"]


@pytest.mark.parametrize("work", [2.0, np.nan])
def test_a_trial_travels_as_plain_values(work):
    trial = Trial(
        "a layer less", "change", BASE.test_loss, BASE.test_score, {"hidden_layer_sizes": (8,)}, work
    )
    back = Trial.from_dict(json.loads(json.dumps(trial.to_dict())))
    np.testing.assert_array_equal(back.test_loss, trial.test_loss)
    np.testing.assert_equal(back.work, work)
    assert back.change == {"hidden_layer_sizes": [8]}
