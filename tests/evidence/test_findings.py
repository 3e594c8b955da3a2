"""Every finding: data that trigger it, data that pass, and where it cannot be told."""

import dataclasses
import json
import pickle
import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, RepeatedStratifiedKFold

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.cli._arguments import parse
from sklearn_ridge_nn.cli._wording import command_wording
from sklearn_ridge_nn.evidence import (
    Finding,
    Trial,
    _curve_checks as curve_checks,
    check_alphas,
    python_wording,
)
from sklearn_ridge_nn.evidence._checks import (
    CHECKS,
    DIFFERENT_SCALES,
    LARGE_OFFSET,
    LARGE_SCALE,
    SMALL_SPREAD,
    TASKS,
    WIDE_GAP,
    more_splits,
)
from sklearn_ridge_nn.evidence._curve_checks import probability

SIGNS = np.tile([1.0, -1.0, 0.5, -0.5, 0.2, -0.2], 3)
EPOCHS = 20


def evidence(test=(0.8, 0.5, 0.9), gap=(0.6, 0.01, 0.02), n_seeds=1, **fields):
    """A diagnosis whose means are those given, on six splits."""
    n_fits = 6 * n_seeds
    noise = 0.02 * SIGNS[:n_fits] - 0.02 * SIGNS[:n_fits].mean()
    test = np.array(test)[:, None] + noise * np.linspace(1, 1.4, len(test))[:, None]
    train = test - np.array(gap)[:, None]
    alphas = np.array([0.0, 0.01, 1.0, 10.0])[: len(test)]
    given = {"alphas": alphas, "test_loss": test, "train_loss": train, "n_seeds": n_seeds}
    given |= {"train_score": -train, "test_score": -test, **fields}
    return AlphaDiagnosis(**given)


def curves(train, test):
    """Curves of one shape for three alphas and six splits, the noise growing with the epochs."""
    noise = 0.005 * SIGNS[:6, None]
    return {
        "train_loss_curve": np.tile(train, (3, 6, 1)) + noise,
        "test_loss_curve": np.tile(test, (3, 6, 1)) + noise * np.linspace(0, 1, len(test)),
    }


def curves_of(*test):
    """Curves of a shape for each alpha, on six splits."""
    shape = np.array(test)[:, None] + 0.001 * SIGNS[:6, None] * np.arange(1, len(test) + 1)[:, None, None]
    return {"train_loss_curve": shape - 0.1, "test_loss_curve": shape}


FALLING = np.linspace(1, 0.5, EPOCHS)
FLAT = np.full(EPOCHS, 0.5)
TURNING = np.concatenate([np.linspace(1, 0.5, 8), np.linspace(0.52, 0.9, EPOCHS - 8)])
WITH_MISSING = np.where(np.arange(18).reshape(3, 6) == 1, np.nan, 0.5 + 0.02 * SIGNS[:6])


def tried(**shifts):
    """Trials whose losses are those of the best alpha of `evidence`, moved, with a little noise."""
    base = 0.5 + 0.02 * SIGNS[:6] * 1.2
    trials = [Trial("as it is", "as it is", base, 1 - base)]
    changes = {"dropout": {"dropout": 0.2}, "stopping": {"early_stopping": True, "epochs": 40}}
    for name, shift in shifts.items():
        losses = base + shift + 0.005 * SIGNS[5::-1]
        kind = "change" if name in changes else "yardstick"
        trials.append(Trial(name, kind, losses, 1 - losses, changes.get(name, {})))
    return {"trials": tuple(trials)}


def uneven(share, accuracy):
    """Shares of the commonest class, and accuracies that vary about one."""
    scores = np.full((3, 6), accuracy) + 0.01 * (SIGNS[:6] - SIGNS[:6].mean())
    majority = {"majority_class": "no", "majority_accuracy": np.full(6, share)}
    return {"test_score": scores, "train_score": scores, "score_name": "accuracy", **majority}


#: The first alpha is behind by 1.6 standard errors.
OPEN = np.array([0.05, 0.0, 0.0])[:, None] * SIGNS[:6]

#: Code to (triggers, severity, words of its sentence or advice; passes; not applicable).
CASES = {
    "failed-fits": (
        evidence(test_loss=WITH_MISSING),
        "problem",
        ["1 of 18 fits", "alpha 0."],
        evidence(),
        None,
    ),
    "no-better-than-frequencies": (
        evidence(baseline_loss=np.full(6, 0.5)),
        "problem",
        ["no smaller loss than guessing", "0.5 at alpha = 0.01", "0.5 for predicting"],
        evidence(baseline_loss=np.full(6, 0.7)),
        evidence(),
    ),
    "no-better-than-mean": (
        evidence(baseline_loss=np.full(6, 0.5), task="regression", guess="the mean"),
        "problem",
        ["no smaller loss than the mean", "0.5 for predicting the mean", "say anything about y"],
        evidence(baseline_loss=np.full(6, 0.7), task="regression", guess="the mean"),
        evidence(task="regression", guess="the mean"),
    ),
    "heavy-tailed-target": (
        evidence(target_tails=(0.43, 0.09), task="regression"),
        "hint",
        ["make 43% of its variance", "huber", "logarithm of y, whose tail makes 9%"],
        evidence(target_tails=(0.1, np.nan), task="regression"),
        evidence(task="regression"),
    ),
    "no-difference": (
        evidence(test=(0.501, 0.5, 0.502)),
        "note",
        ["differ by at most 0.002"],
        evidence(),
        None,
    ),
    "undetermined-verdicts": (
        evidence(test_loss=np.array([[0.55], [0.5], [0.9]]) + OPEN, train_loss=np.full((3, 6), 0.2)),
        "hint",
        ["6 splits tell little here: 1 of 3 values is undetermined", "splits would settle all of them"],
        evidence(),
        None,
    ),
    "wrong-direction": (
        evidence(gap=(0.1, 0.1, 0.6)),
        "problem",
        ["0.7 at alpha = 0 and 0.3 at 1", "stronger='smaller'"],
        evidence(),
        evidence(train_loss=WITH_MISSING),
    ),
    "best-at-edge": (
        evidence(test=(0.9, 0.8, 0.5)),
        "hint",
        ["alpha = 1, is the upper end", "np.logspace(0, 3, 7)"],
        evidence(),
        None,
    ),
    "l2-helps": (
        evidence(),
        "note",
        ["L2 regularization helps", "0.3", "90% interval"],
        None,
        evidence(alphas=np.array([1e-3, 0.01, 1.0])),
    ),
    "penalty-or-early-stopping": (
        evidence(**curves_of([0.9, 0.6, 0.9], [0.9, 0.5, 0.7], [0.9, 0.8, 0.8])),
        "note",
        [
            "Both the penalty and stopping in time help: alpha = 0.01 after 2 epochs has",
            "alpha = 0 stopped at its best, after 2 epochs, has 0.6, 0.1 more (90% interval",
            "the best alpha after all 3 epochs, 0.01, has 0.7, 0.2 more",
        ],
        None,
        evidence(),
    ),
    "what-would-help": (
        evidence(**tried(dropout=-0.1, stopping=0.1)),
        "hint",
        ["Of 2 changes of the network at alpha = 0.01, dropout surely helps: it has 0.4", "Use dropout=0.2"],
        evidence(**tried(dropout=0.001, stopping=0.1)),
        evidence(),
    ),
    "worth-a-network": (
        evidence(**tried(LogisticRegressionCV=-0.1, MLPClassifier=0.1)),
        "hint",
        ["Another classifier does better here", "LogisticRegressionCV has 0.4", "Take LogisticRegressionCV"],
        evidence(**tried(LogisticRegressionCV=0.1, MLPClassifier=0.1)),
        evidence(**tried(dropout=0.1)),
    ),
    "remaining-gap": (
        evidence(gap=(0.6, 0.2, 0.1), weight_norm=np.ones((3, 6, 2))),
        "note",
        ["gap at alpha = 0.01 is 0.2", "no fault"],
        evidence(gap=(0.6, 0.04, 0.1)),
        None,
    ),
    "diverging-curves": (
        evidence(**curves(FALLING, TURNING)),
        "problem",
        ["turned at epoch 8 of 20", "from 0.5 to 0.9", "about 8 epochs, epochs=8"],
        evidence(**curves(FALLING, FALLING)),
        evidence(),
    ),
    "unfinished-training": (
        evidence(**curves(FALLING, FALLING)),
        "hint",
        ["the last 2 of 20 epochs", "9.5 %", "epochs=40"],
        evidence(**curves(FLAT, FALLING)),
        evidence(),
    ),
    "penalty-dominates": (
        evidence(weight_norm=np.array([20.0, 10.0, 5.0])[:, None, None] * np.ones((3, 6, 2))),
        "note",
        ["67% of the whole training loss", "as it has to", "no weaker one is shown to be as good"],
        evidence(weight_norm=np.full((3, 6, 2), 1.0)),
        evidence(),
    ),
    "unscaled-features": (
        evidence(feature_scales=np.array([1.0, 1.0, 1.01 * DIFFERENT_SCALES])),
        "problem",
        ["run from 1 to 101, with a median of 1", "StandardScaler"],
        evidence(feature_scales=np.array([1.0, 1.0, 0.99 * DIFFERENT_SCALES])),
        evidence(),
    ),
    "uneven-classes": (
        evidence(**uneven(0.9, accuracy=0.9)),
        "hint",
        ["always naming the commonest class", "90.0% of the test rows are of class 'no'", "(+0.0 points"],
        evidence(**uneven(0.7, accuracy=0.7)),
        evidence(),
    ),
    "small-class": (
        evidence(rarest_class=("rare", 3, 0)),
        "problem",
        ["'rare'", "3 in all"],
        evidence(rarest_class=("rare", 6, 1)),
        evidence(),
    ),
    "nothing-to-penalise": (
        evidence(weight_norm=np.ones((3, 6, 1))),
        "problem",
        ["no hidden layer", "hidden_layer_sizes"],
        evidence(weight_norm=np.ones((3, 6, 2))),
        evidence(),
    ),
    "outlier-split": (
        evidence(test_loss=np.array([[0.8], [0.5], [0.9]]) + np.array([0, 0.01, 0.02, 3, 0.015, 0.005])),
        "hint",
        ["Split 3 (3.5)", "groups"],
        evidence(),
        evidence(**{name: np.tile([[0.8], [0.5], [0.9]], 4) for name in (
            "test_loss", "train_loss", "test_score", "train_score")}),
    ),
    "seed-noise": (
        evidence(
            n_seeds=3,
            test_loss=np.array([[0.9], [0.5], [0.9]]) + np.tile([0.1, 0.0, -0.1], 6),
        ),
        "hint",
        ["seeds make about 100% of the variance of the test loss, by 6 splits", "to see between splits)"],
        evidence(
            n_seeds=3,
            test_loss=np.array([[0.9], [0.5], [0.9]]) + np.repeat(0.1 * SIGNS[:6], 3),
        ),
        evidence(),
    ),
}  # fmt: skip


def said(diagnosis, code):
    (finding,) = [finding for finding in diagnosis.findings if finding.code == code]
    return finding


@pytest.mark.parametrize("code", CHECKS)
def test_every_finding_is_triggered_by_data_and_names_their_numbers(code):
    diagnosis, severity, words, _, _ = CASES[code]
    finding = said(diagnosis, code)
    assert finding.severity == severity
    for word in words:
        assert word in f"{finding.sentence} {finding.advice}"
    assert finding.advice or severity == "note"


@pytest.mark.parametrize("code", [code for code in CHECKS if CASES[code][3] is not None])
def test_every_check_can_pass(code):
    assert said(CASES[code][3], code).severity == "passed"


@pytest.mark.parametrize("code", [code for code in CHECKS if CASES[code][4] is not None])
def test_what_cannot_be_checked_has_not_passed(code):
    assert said(CASES[code][4], code).severity == "not applicable"


def test_problems_come_first():
    order = ["problem", "hint", "note", "passed", "not applicable"]
    diagnosis = CASES["small-class"][0]
    ranks = [order.index(finding.severity) for finding in diagnosis.findings]
    assert ranks == sorted(ranks)
    of_numbers = [code for code, task in TASKS.items() if task == "regression"]
    assert len(diagnosis.findings) == len(CHECKS) - len(of_numbers)


def test_l2_does_not_help_where_alpha_zero_is_the_best_or_as_good():
    best = said(evidence(test=(0.5, 0.8, 0.9)), "l2-helps")
    assert best.sentence.startswith("L2 regularization is not shown to help: no alpha above 0")
    equal = said(evidence(test=(0.501, 0.5, 0.9)), "l2-helps")
    assert equal.sentence.startswith("L2 regularization does not help measurably")
    assert "no harm up to alpha = 0.01," in equal.advice


def test_the_grid_to_try_next_goes_the_other_way_at_the_lower_end():
    finding = said(evidence(test=(0.5, 0.8, 0.9), alphas=np.array([0.001, 0.01, 1.0])), "best-at-edge")
    assert "np.concatenate([[0], np.logspace(-6, -3, 7)])" in finding.advice
    assert said(evidence(test=(0.5, 0.8, 0.9)), "best-at-edge").severity == "passed"  # 0 has no beyond


@pytest.mark.parametrize(("share", "severity"), [(0.99, "passed"), (1.01, "note")])
def test_a_gap_is_wide_from_a_tenth_of_the_test_loss_on(share, severity):
    gap = share * WIDE_GAP * 0.5
    assert said(evidence(gap=(0.6, gap, 0.1)), "remaining-gap").severity == severity


def test_a_gap_that_is_wide_but_unsure_has_not_passed():
    unsure = evidence(gap=(0.6, 0.1, 0.1), train_loss=np.array([[0.2], [0.4], [0.7]]) + 0.4 * SIGNS[:6])
    finding = said(unsure, "remaining-gap")
    assert finding.severity == "note"
    assert finding.sentence.startswith("A gap may remain: the generalization gap at alpha = 0.01 is 0.1 (95%")
    missing = evidence(train_loss=WITH_MISSING.copy()[[0, 0, 0]])
    assert said(missing, "remaining-gap").severity == "not applicable"


def test_l2_that_helps_by_less_than_matters_is_said_to():
    """The difference is sure, for both go with the splits, and within the margin."""
    finding = said(evidence(test=(0.502, 0.5, 0.9), gap=(0.1, 0.1, 0.1)), "l2-helps")
    assert finding.sentence.startswith("L2 regularization does not help measurably")
    losses = np.array([[0.502], [0.5], [0.9]]) + 0.02 * SIGNS[:6]
    losses[0] += 1e-4 * SIGNS[5::-1]
    finding = said(evidence(test_loss=losses, train_loss=losses - 0.1), "l2-helps")
    assert finding.sentence.startswith("L2 regularization helps, but by less than matters: against alpha = 0")


def test_another_parameter_is_called_by_its_name():
    scaled = np.array([0.0, 0.2, 0.5])
    other = evidence(alphas=scaled, param_name="clf__dropout", weight_norm=np.full((3, 6, 2), 10.0))
    assert said(other, "l2-helps").sentence.startswith("Regularization by dropout helps: against dropout = 0")
    assert said(other, "penalty-dominates").severity == "not applicable"
    assert said(other, "nothing-to-penalise").severity == "not applicable"
    assert "L2" not in " ".join(f"{finding.sentence}{finding.advice}" for finding in other.findings)
    edge = said(evidence(test=(0.9, 0.8, 0.5), alphas=scaled, param_name="clf__dropout"), "best-at-edge")
    assert edge.advice == "A better one may lie beyond it: extend alphas, as far as dropout may go."
    inverse = evidence(test=(0.5, 0.8, 0.9), alphas=scaled + 0.1, param_name="C", stronger="smaller")
    assert "Try alphas=np.logspace(-4, -1, 7) next" in said(inverse, "best-at-edge").advice


def test_features_a_thousand_times_smaller_than_most_are_unscaled_too():
    scales = np.array([0.99 / DIFFERENT_SCALES, 1.0, 1.0])
    assert said(evidence(feature_scales=scales), "unscaled-features").severity == "problem"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (
            {"feature_scales": np.full(3, 1.01 * LARGE_SCALE)},
            "not on the scale that a network trains well on",
        ),
        ({"feature_spread": 0.99 * SMALL_SPREAD}, "not on the scale that a network trains well on"),
        ({"feature_offset": 1.01 * LARGE_OFFSET}, "lie far from 0: their means are 5.05 standard deviations"),
    ],
)
def test_features_that_are_alike_may_all_be_badly_scaled(place, words):
    fine = {"feature_scales": np.ones(3), "feature_offset": 0.1, "feature_spread": 3.0}
    assert said(evidence(**fine), "unscaled-features").severity == "passed"
    finding = said(evidence(**{**fine, **place}), "unscaled-features")
    assert finding.severity == "problem"
    assert words in finding.sentence
    assert "StandardScaler" in finding.advice


def test_a_training_that_has_hardly_begun_is_not_called_long_enough():
    """It falls by a thousandth, at an even pace: far less than 5 % an epoch, and less than the margin."""
    slow = 0.7 - 0.001 * np.linspace(0, 1, EPOCHS)
    finding = said(evidence(**curves(slow, slow)), "unfinished-training")
    assert finding.severity == "hint"
    assert finding.sentence.startswith("Training had hardly begun: at alpha = 0.01 the last 2 of 20 epochs")
    assert "or at a higher learning rate" in finding.advice
    assert finding.suggestion == {"epochs": 160}


def test_that_guessing_is_beaten_may_not_be_shown_and_still_be_true():
    rows = evidence(
        test_loss=np.array([[0.8], [0.5], [0.9]]) + 0.1 * SIGNS[:6], baseline_loss=np.full(6, 0.52)
    )
    finding = said(rows, "no-better-than-frequencies")
    assert finding.severity == "hint"
    assert finding.sentence.startswith("That predictions beat guessing cannot be shown with these rows")
    rare = evidence(
        test_loss=np.array([[0.8], [0.5], [0.9]]) + 0.1 * SIGNS[:6],
        baseline_loss=np.full(6, 0.52),
        rarest_class=("a", 17, 2),
    )
    assert said(rare, "no-better-than-frequencies").sentence.endswith("Class 'a' has 17 rows in all.")


def test_a_classifier_that_is_about_as_good_is_said_to_be():
    finding = said(evidence(**tried(LogisticRegressionCV=0.001, guessing=0.2)), "worth-a-network")
    assert finding.severity == "note"
    assert finding.sentence.startswith(
        "It cannot be shown that the network does better than LogisticRegressionCV:"
    )
    assert "guessing" not in finding.sentence
    assert finding.advice == "LogisticRegressionCV may do as well, and is simpler."


def test_a_classifier_with_a_smaller_loss_is_not_called_simpler():
    noisy = tried(MLPClassifier=0.1)
    losses = np.array([0.1, 0.9, 0.2, 0.8, 0.3, 0.5])
    noisy["trials"] += (Trial("LogisticRegressionCV", "yardstick", losses, losses),)
    finding = said(evidence(**noisy), "worth-a-network")
    assert finding.severity == "note"
    assert finding.advice.startswith("LogisticRegressionCV has the smaller loss here, though not surely.")


def test_a_change_that_surely_helps_is_not_called_the_best_where_another_has_a_smaller_loss():
    both = tried(dropout=-0.05)
    losses = np.array([0.1, 0.9, 0.2, 0.7, 0.3, 0.2])
    both["trials"] += (Trial("a layer less", "change", losses, losses, {"hidden_layer_sizes": [8]}),)
    finding = said(evidence(**both), "what-would-help")
    assert "dropout surely helps: it has 0.45" in finding.sentence
    assert (
        "Smaller losses that these splits do not show to be better: a layer less has 0.4." in finding.sentence
    )
    assert finding.suggestion == {"dropout": 0.2}


def test_a_loss_above_that_of_guessing_that_was_below_it_earlier_is_one_of_too_long_training():
    turned = np.r_[np.linspace(0.9, 0.4, 10), np.linspace(0.41, 0.8, 30)]
    found = evidence((0.8, 0.8, 0.9), **curves_of(turned, turned, turned), baseline_loss=np.full(6, 0.69))
    finding = said(found, "no-better-than-frequencies")
    assert finding.severity == "problem"
    assert "0.4 at alpha = 1 after 10 epochs. So train less" in finding.advice


def test_a_probability_shows_on_which_side_of_the_level_it_is():
    assert probability(0.0504, 0.05) == "0.0504"
    assert probability(0.0123, 0.05) == "0.012"


def test_a_change_that_could_not_be_trained_is_not_the_best_one():
    failed = tried(dropout=-0.1, stopping=0.1)
    losses = np.full(6, np.nan)
    failed["trials"] += (Trial("wild", "change", losses, losses, {"learning_rate": 100.0}),)
    assert said(evidence(**failed), "what-would-help").suggestion == {"dropout": 0.2}


def test_a_class_that_the_splits_do_not_spread_is_not_called_too_small():
    finding = said(evidence(rarest_class=("a", 50, 0)), "small-class")
    assert finding.severity == "problem"
    assert "though it has 50 in all" in finding.sentence
    assert "stratified" in finding.advice


def test_values_that_are_worse_for_neither_reason_can_be_told_apart():
    finding = said(evidence(gap=(-0.6, 0.01, 0.02), test=(0.8, 0.5, 0.505)), "no-difference")
    assert finding.severity == "note"
    assert "though some are significantly worse (0, 1)" in finding.sentence


@pytest.mark.slow
def test_a_flat_curve_whose_lowest_epoch_is_luck_does_not_diverge():
    """Of forty equal epochs some is the lowest, and the last one is above it by chance."""
    rng = np.random.default_rng(0)
    called = []
    for _ in range(40):
        flat = 0.5 + 0.02 * rng.standard_normal((3, 6, 40))
        diagnosis = evidence(train_loss_curve=flat - 0.1, test_loss_curve=flat)
        called.append(said(diagnosis, "diverging-curves").severity == "problem")
    assert np.mean(called) < 0.15  # Student's test of the same epochs calls about half of them


def test_a_penalty_that_has_to_dominate_is_only_noted():
    norms = np.array([20.0, 10.0, 5.0])[:, None, None] * np.ones((3, 6, 2))
    finding = said(evidence(weight_norm=norms), "penalty-dominates")
    assert finding.severity == "note"
    assert "as it has to" in finding.sentence


def test_a_test_loss_that_hardly_falls_any_more_finishes_a_training():
    hardly = 0.5 + 0.005 * (FALLING - FALLING[-1])  # as many epochs again would lower it by 0.5 %
    assert said(evidence(**curves(FALLING, hardly)), "unfinished-training").severity == "passed"


def test_one_noisy_epoch_at_the_end_does_not_finish_a_training():
    up = FALLING.copy()
    up[-1] = up[-2] + 1e-4
    assert said(evidence(**curves(FALLING, up)), "unfinished-training").severity == "hint"
    assert said(evidence(**curves(FALLING, TURNING)), "unfinished-training").severity == "passed"


def test_early_stopping_leaves_nothing_to_say_of_the_curves():
    stopped = evidence(early_stopping=True, **curves(FALLING, TURNING))
    for code in ("diverging-curves", "unfinished-training"):
        assert said(stopped, code).severity == "not applicable"
        assert "its own best epoch" in said(stopped, code).sentence


def test_a_split_without_any_loss_is_left_out_and_the_others_keep_their_numbers():
    noise = np.array([0, 0.01, 0.02, 3, 0.015, 0.005, 0.012])
    losses = np.array([[0.8], [0.5], [0.9]]) + noise
    losses[:, 1] = np.nan
    parts = dict.fromkeys(("test_loss", "train_loss", "test_score", "train_score"), losses)
    diagnosis = AlphaDiagnosis(alphas=np.array([0, 0.1, 1]), **parts)
    alone = AlphaDiagnosis(alphas=np.array([0, 0.1, 1]), **{
        name: np.delete(losses, 1, axis=1) for name in parts
    })  # fmt: skip
    assert diagnosis.verdicts == alone.verdicts
    assert diagnosis.reasons == alone.reasons
    assert said(diagnosis, "outlier-split").sentence.startswith("Split 3 (3.5)")
    assert said(diagnosis, "failed-fits").severity == "problem"


def test_incomplete_curves_are_not_judged():
    cut = curves(FALLING, TURNING)
    for curve in cut.values():
        curve[:, 0, -3:] = np.nan
    diagnosis = evidence(**cut)
    assert said(diagnosis, "diverging-curves").severity == "not applicable"
    assert said(diagnosis, "unfinished-training").severity == "not applicable"


# -- suggestions ----------------------------------------------------------------------------------


#: Suggestions that the command has no argument for: its alphas penalise more the larger they are.
PYTHON_ONLY = {"stronger"}


def suggesting():
    """Every finding that suggests something, and best-at-edge at edges of many kinds."""
    found = [said(triggering, code) for code, (triggering, *_) in CASES.items()]
    curve = np.tile(np.linspace(1, 0.5, 8), (3, 6, 1)) + 0.001 * SIGNS[:6, None]
    slow = evidence(train_loss_curve=curve, test_loss_curve=curve, epochs=8, rounds=(4, 8))
    found.append(said(slow, "unfinished-training"))
    found.append(said(evidence(**tried(dropout=0.1, stopping=-0.1)), "what-would-help"))
    found += [said(case[4], code) for code, case in CASES.items() if case[4] is not None]
    for edge in (0.003, 0.0030000000000000005, 1 / 3, 1e-6, 10**-5.5, 123.456, 7e-35, 1e36, 1e-300):
        for below in (True, False):
            for stronger in ("larger", "smaller"):
                best_first = evidence(
                    test=(0.5, 0.8, 0.9),
                    gap=(0.01, 0.02, 0.03) if below else (0.6, 0.01, 0.02),
                    alphas=np.array([edge, 2 * edge, 3 * edge]),
                    stronger=stronger,
                )
                best_last = evidence(
                    test=(0.9, 0.8, 0.5), alphas=np.array([edge / 3, edge / 2, edge]), stronger=stronger
                )
                found.append(said(best_first if below else best_last, "best-at-edge"))
    return [finding for finding in found if finding.suggestion]


def test_every_kind_of_suggestion_is_made():
    names = {name for finding in suggesting() for name in finding.suggestion}
    arguments = {"alphas", "cv", "dropout", "early_stopping", "epochs", "hidden_layer_sizes", "loss"}
    arguments |= {"max_epochs", "n_seeds"}
    assert names == {*arguments, *PYTHON_ONLY}


ADVISING = list(suggesting())


@pytest.mark.parametrize("finding", ADVISING, ids=lambda finding: finding.code)
def test_the_command_accepts_what_it_is_advised(finding):
    """What its advice says is parsed to what the suggestion holds."""
    advice = finding.advice_in(command_wording)
    options = re.findall(r"--[a-z-]+(?: (?:[\d.,:ex+-]*\d|huber))?", advice)
    assert len(options) == len(finding.suggestion.keys() - PYTHON_ONLY), advice
    assert "[[" not in advice
    assert "=" not in re.sub(r"alpha = \S+", "", advice), advice  # no Python
    parsed = parse(["diagnose", "--dataset", "wine", *" ".join(options).split()]).arguments
    for name, value in finding.suggestion.items():
        if name in PYTHON_ONLY:
            continue
        if name == "alphas":
            np.testing.assert_allclose(parsed.alphas, value, rtol=1e-12)
            assert check_alphas(value, "alphas") is not None
        elif name == "cv":
            assert parsed.cv == (value["n_splits"], value["n_repeats"])
        elif name == "n_seeds":
            assert parsed.seeds == value
        elif name == "max_epochs":
            assert parsed.max_epochs == value
        else:
            given = parsed.network.given()[name]
            assert given == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize("finding", suggesting(), ids=lambda finding: finding.code)
def test_python_accepts_what_it_is_advised(finding):
    """What its advice says is an expression of what the suggestion holds."""
    names = {"np": np, "RepeatedStratifiedKFold": RepeatedStratifiedKFold}
    for name, value in finding.suggestion.items():
        word = python_wording.word(name, value)
        assert word in finding.advice
        (argument, given), *others = eval(f"dict({word})", names).items()
        assert (argument, others) == (name, [])
        if name == "alphas":
            np.testing.assert_allclose(given, value, rtol=1e-12)
        elif name == "cv":
            assert given.get_n_splits() == value["n_splits"] * value["n_repeats"]
        else:
            assert list(given) == value if isinstance(value, list) else given == value


@pytest.mark.slow
def test_suggestions_can_be_tried(wine):
    """Each kind once, in a real diagnosis."""
    X, y = wine
    tried = {}
    for finding in suggesting():
        tried = {**finding.suggestion, **tried}  # the first of each kind
    network = {name: tried[name] for name in ("epochs", "hidden_layer_sizes")}
    cv = RepeatedStratifiedKFold(**{**tried["cv"], "n_repeats": 1, "n_splits": 2})
    classifier = RidgeMLPClassifier(**{**network, "epochs": 2, "hidden_layer_sizes": [4]}, random_state=0)
    diagnosis = diagnose(classifier, X, y, alphas=tried["alphas"], cv=cv, n_seeds=tried["n_seeds"])
    assert len(diagnosis.verdicts) == len(tried["alphas"])
    (stronger,) = [
        finding.suggestion["stronger"] for finding in suggesting() if finding.code == "wrong-direction"
    ]
    inverse = diagnose(LogisticRegression(), X, y, alphas=[0.1, 1], cv=2, param_name="C", stronger=stronger)
    assert inverse.stronger == "smaller"


@pytest.mark.parametrize("code", CHECKS)
def test_advice_for_the_command_has_no_python_in_it(code):
    finding = said(CASES[code][0], code)
    advice = re.sub(r"alpha = \S+", "", finding.advice_in(command_wording))
    assert not re.search(r"=|\(\)|np\.|sklearn|KFold|Scaler|groups|\[\[|[{}]", advice), advice
    assert finding.advice == finding.advice_in(python_wording)


def test_more_splits_are_more():
    for n_splits in (2, 15, 50, 400):
        fits = np.tile([[0.50], [0.501], [0.502]], n_splits) + 0.05 * np.resize(SIGNS, n_splits)
        few = AlphaDiagnosis(
            alphas=[0, 1, 2], test_loss=fits, train_loss=fits, test_score=-fits, train_score=-fits
        )
        for needed in (0, 3 * n_splits):
            cv = more_splits(few, needed)
            assert cv["n_splits"] * cv["n_repeats"] >= max(2 * n_splits, needed)


def test_the_splits_that_are_said_to_tell_do_tell():
    """The same differences on so many splits are significant, and on a few less they are not."""
    open_one = CASES["undetermined-verdicts"][0]
    assert open_one.verdicts[0] == "undetermined"
    cv = said(open_one, "undetermined-verdicts").suggestion["cv"]
    n_times = -(-cv["n_splits"] * cv["n_repeats"] // 6)
    more = {
        name: np.tile(getattr(open_one, name), n_times)
        for name in ("test_loss", "train_loss", "test_score", "train_score")
    }
    assert evidence(**more).verdicts[0] == "overfit"


def test_more_splits_are_not_advised_where_only_more_rows_would_tell():
    losses = np.array([[0.54], [0.5], [0.9]]) + OPEN * 1.6
    finding = said(evidence(test_loss=losses, train_loss=np.full((3, 6), 0.2)), "undetermined-verdicts")
    assert finding.severity == "note"
    assert finding.sentence.endswith("more splits of these rows would not change that: only more rows would.")
    assert not finding.suggestion


def test_training_has_not_settled_while_another_alpha_falls_towards_the_best_pair():
    overfits = np.r_[np.linspace(1, 0.5, 10), np.linspace(0.51, 0.9, 30)]
    shapes = curves_of(overfits, np.linspace(1, 0.52, 40), np.full(40, 1.1))
    diagnosis = evidence((0.5, 0.88, 1.1), **shapes, epochs=10, rounds=(10, 20, 40))
    later = diagnosis.at(40)
    assert (diagnosis.best_alpha, later.best_alpha) == (0, 0.01)
    for each in (diagnosis, later):  # the pair is that of the map, wherever one looks at it
        found = said(each, "unfinished-training")
        assert found.severity == "hint"
        assert found.sentence == (
            "Training had not settled: the best pair, alpha = 0 after 10 epochs, lies inside the 40 epochs "
            "that were trained, in 3 rounds, but the loss of another alpha still fell fast enough to get as "
            "low."
        )


def test_what_helps_allows_for_the_choice_of_epochs():
    """The same losses, of which one shows the choice among alphas and the other that among epochs, too."""
    rng = np.random.default_rng(0)
    losses = np.array([0.62, 0.5, 0.7])[:, None] + 0.1 * rng.normal(size=(3, 6))
    curves = 0.7 + 0.1 * rng.normal(size=(3, 6, 40))
    curves[:, :, 19] = losses
    given = {"test_loss": losses, "train_loss": losses - 0.1}
    alone = evidence(**given)
    chosen = evidence(**given, train_loss_curve=curves - 0.1, test_loss_curve=curves, epochs=20)
    widths = []
    for diagnosis in (alone, chosen):
        sentence = said(diagnosis, "l2-helps").sentence
        low, high = re.search(r"interval ([-\d.e]+) to ([-\d.e]+)", sentence).groups()
        widths.append(float(high) - float(low))
    assert widths[1] > 1.2 * widths[0]
    assert "against alpha = 0, both after 20 epochs, alpha = 0.01" in said(chosen, "l2-helps").sentence


def test_nothing_is_claimed_of_penalties_that_were_not_tried():
    last = evidence(test=(0.9, 0.8, 0.5), gap=(0.6, 0.5, 0.3))
    assert said(last, "remaining-gap").advice == (
        "A gap by itself is no fault: what counts is the test loss."
    )
    norms = np.array([3.0, 1.0, 0.5])[:, None, None] * np.ones((3, 6, 2))
    first = evidence(test=(0.5, 0.8, 0.9), alphas=np.array([0.3, 1.0, 3.0]), weight_norm=norms)
    assert said(first, "penalty-dominates").sentence.endswith("and no weaker one was tried.")
    zero = evidence(test=(0.5004, 0.5, 0.9), alphas=np.array([0.0, 1.0, 10.0]), weight_norm=norms)
    assert zero.verdicts[0] == "good"
    assert said(zero, "penalty-dominates").sentence.endswith("alpha = 0 is as good as the best, too.")


def test_a_finding_travels_as_plain_values():
    for finding in suggesting():
        assert json.loads(json.dumps(finding.to_dict())) == finding.to_dict()
        assert pickle.loads(pickle.dumps(finding)) == finding


def test_a_finding_of_an_earlier_file_says_what_it_said():
    """Version 0.2.dev0 kept the advice as text, which has no places and nothing that is left out."""
    advice = "Try alphas=np.concatenate([[0], np.logspace(-6, -3, 7)]) next."
    finding = Finding.__new__(Finding)
    finding.__setstate__({"code": "c", "severity": "hint", "sentence": "s", "advice": advice})
    assert finding.advice == finding.advice_in(command_wording) == advice
    assert finding.suggestion == {}
    assert pickle.loads(pickle.dumps(finding)) == finding
    assert hash(finding) == hash(Finding("c", "hint", "s", advice))


def test_more_splits_are_stratified_where_there_are_classes():
    """Labels that are not counted are several a row."""
    open_one = CASES["undetermined-verdicts"][0]
    numbers = dataclasses.replace(open_one, task="regression")
    counted = dataclasses.replace(open_one, rarest_class=("a", 30, 5), **curves([0.9, 0.5], [0.9, 0.5]))
    multilabel = dataclasses.replace(counted, rarest_class=None)
    for diagnosis, splitter in (
        (open_one, "RepeatedStratifiedKFold"),
        (counted, "RepeatedStratifiedKFold"),
        (numbers, "RepeatedKFold"),
        (multilabel, "RepeatedKFold"),
    ):
        assert f"cv={splitter}(n_splits=5, n_repeats=3)" in said(diagnosis, "undetermined-verdicts").advice


def test_an_accuracy_above_the_commonest_class_is_a_note_and_other_scores_are_not_asked():
    better = said(evidence(**uneven(0.9, accuracy=0.97)), "uneven-classes")
    assert better.severity == "note"
    assert "the accuracy says little: 90.0% of the test rows" in better.sentence
    assert "and the network at alpha = 0.01 on 97.0% (+7.0 points, 90% interval +6" in better.sentence
    worse = said(evidence(**uneven(0.9, accuracy=0.7)), "uneven-classes")
    assert "is worse than always naming the commonest class" in worse.sentence
    ranked = evidence(**{**uneven(0.9, accuracy=0.9), "score_name": "roc_auc"})
    assert said(ranked, "uneven-classes").severity == "passed"


def test_the_share_of_the_commonest_class_is_that_of_each_test_part():
    X = np.random.default_rng(0).standard_normal((60, 3))
    y = np.where(np.arange(60) % 6 == 0, "rare", "common")
    network = RidgeMLPClassifier(hidden_layer_sizes=(3,), epochs=1, random_state=0)
    cv = KFold(4)
    diagnosis = diagnose(network, X, y, alphas=[0, 1], cv=cv)
    expected = [(y[test] == "common").mean() for _, test in cv.split(X)]
    np.testing.assert_allclose(diagnosis.majority_accuracy, expected)
    assert diagnosis.majority_class == "common"
    weighted = diagnose(network, X, y, alphas=[0, 1], cv=cv, params={"sample_weight": np.ones(60)})
    assert weighted.majority_accuracy is None  # scores are weighted, shares are not
    many = diagnose(network, X, (X > 0).astype(int), alphas=[0, 1], cv=cv)
    assert many.majority_accuracy is None


def test_a_turn_is_looked_for_by_simulation_only_where_it_can_be_found():
    """What is passed over quickly is what the whole test would not have called sure."""
    rng = np.random.default_rng(0)
    epochs, found, passed = np.arange(12), 0, 0
    for _ in range(60):
        slope = rng.uniform(0, 0.02)
        shape = 0.5 + 0.03 * np.exp(-epochs) + slope * epochs
        curves = (shape + 0.06 * rng.standard_normal((6, 1)) * epochs / 12)[None].repeat(2, axis=0)
        made = AlphaDiagnosis(
            alphas=[0.0, 1.0], test_loss=curves[:, :, -1], train_loss=curves[:, :, -1],
            train_score=-curves[:, :, -1], test_score=-curves[:, :, -1], train_loss_curve=curves,
            test_loss_curve=curves,
        )  # fmt: skip
        whole = curve_checks._turn_of(curves[0].T, made).is_sure
        assert (curve_checks.sure_turn(made, 0) is not None) == whole
        found += whole
        passed += curve_checks._may_be_chance(curves[0].T, made)
    assert found > 10
    assert passed > 10
