"""What a diagnosis finds besides its verdicts: one function per finding.

Each takes the evidence and returns a `Finding`, whose sentence names its numbers. A check that cannot be made
says so: "not applicable" is not "passed".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from sklearn_ridge_nn.evidence import Evidence, mean_curve
from sklearn_ridge_nn.verdicts import interval, outlying, p_value_above_zero, variance_components

Severity: TypeAlias = Literal["problem", "hint", "note", "passed", "not applicable"]

#: A gap is worth advice from this share of the test loss on.
WIDE_GAP = 0.1
#: Training has not finished if the last tenth of the epochs still lowered the train loss by this share.
STILL_FALLING = 0.05
#: A penalty dominates from this share of the whole loss on.
DOMINANT = 0.5
#: Features are of different scales if the largest standard deviation is this many times the median one.
DIFFERENT_SCALES = 100


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    Attributes
    ----------
    code : str
        Names the check, and its section in the documentation.
    severity : {"problem", "hint", "note", "passed", "not applicable"}
        A problem spoils the verdicts or the network; a hint can better it; a note informs.
    sentence : str
        What was found, with the numbers.
    advice : str
        What to do; empty where there is nothing to.
    """

    code: str
    severity: Severity
    sentence: str
    advice: str = ""


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what every check says, in order of severity."""
    order = ("problem", "hint", "note", "passed", "not applicable")
    findings = [Finding(code, *check(evidence)) for code, check in CHECKS.items()]
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


Answer: TypeAlias = tuple[Severity, str, str] | tuple[Severity, str]
CHECKS: dict[str, Callable[[Evidence], Answer]] = {}


def check(code: str) -> Callable[[Callable[[Evidence], Answer]], Callable[[Evidence], Answer]]:
    """Enter a function under a code."""

    def enter(function: Callable[[Evidence], Answer]) -> Callable[[Evidence], Answer]:
        CHECKS[code] = function
        return function

    return enter


@check("failed-fits")
def failed_fits(evidence: Evidence) -> Answer:
    """Whether trainings failed, for example because their loss diverged."""
    failed = np.isnan(evidence.test_loss)
    name = evidence.param_name
    if not failed.any():
        return "passed", f"All {failed.size} fits have a loss."
    where = _listed(evidence.alphas[failed.any(axis=1)])
    return (
        "problem",
        f"{failed.sum()} of {failed.size} fits failed, at {name} {where}, which take no part in the "
        "comparison.",
        "Read the warning of the run. Where the loss diverged, lower the learning rate or alpha, or scale X.",
    )


@check("no-better-than-frequencies")
def no_better_than_frequencies(evidence: Evidence) -> Answer:
    """Whether the best alpha beats predicting the class frequencies of the training rows."""
    if evidence.baseline_loss is None:
        return "not applicable", "The loss of predicting class frequencies was not measured."
    losses = evidence.by_split(evidence.test_loss)[evidence.best_index]
    gain = evidence.baseline_loss - losses
    probability = p_value_above_zero(gain, evidence.test_ratio)
    numbers = (
        f"mean test loss {losses.mean():.3g} at {_best(evidence)}, {evidence.baseline_loss.mean():.3g} for "
        f"predicting class frequencies (one-sided p = {probability:.2g})"
    )
    if probability < evidence.level:
        return "passed", f"The network beats guessing: {numbers}."
    return (
        "problem",
        f"The network is no better than guessing: {numbers}.",
        "Verdicts between alphas mean little here. Look for features that carry the label, for a "
        "mistake in the "
        "preprocessing, or get more rows.",
    )


@check("no-difference")
def no_difference(evidence: Evidence) -> Answer:
    """Whether any alpha makes a significant difference."""
    labels = evidence.verdicts
    different = [label in ("overfit", "underfit") for label in labels]
    if any(different):
        return "passed", f"{sum(different)} of {len(labels)} values are significantly worse than the best."
    span = evidence.comparison.difference
    return (
        "note",
        f"No {evidence.param_name} in the range is called overfit or underfit: mean test losses differ by at "
        f"most {np.nanmax(span):.3g} from the best, {_best(evidence)}.",
        "The data cannot tell these values apart. Take the one-standard-error choice, widen the range, or "
        "use more splits (RepeatedStratifiedKFold).",
    )


@check("best-at-edge")
def best_at_edge(evidence: Evidence) -> Answer:
    """Whether the best alpha lies at the edge of the grid."""
    best, alphas = evidence.best_index, evidence.alphas
    if best not in (0, len(alphas) - 1):
        return "passed", f"The best value, {_best(evidence)}, lies inside the grid."
    if alphas[best] == 0:
        return "passed", "The best value is 0, below which there is nothing to try."
    last, power = alphas[best], np.log10(alphas[best])
    if best == 0:
        beyond = f"np.logspace({power - 3:.3g}, {power:.3g}, 7)"
        beyond = f"np.concatenate([[0], {beyond}])" if evidence.stronger == "larger" else beyond
    else:
        beyond = f"np.logspace({power:.3g}, {power + 3:.3g}, 7)"
    end = "lower" if best == 0 else "upper"
    return (
        "hint",
        f"The best value, {evidence.param_name} = {last:.3g}, is the {end} end of the grid.",
        f"A better one may lie beyond it. Try alphas={beyond} next.",
    )


@check("l2-helps")
def l2_helps(evidence: Evidence) -> Answer:
    """Whether the best alpha beats no regularization."""
    if evidence.stronger == "smaller" or evidence.alphas[0] != 0:
        return (
            "not applicable",
            "alpha = 0 is not in the grid, so there is no unregularised network to compare.",
        )
    comparison = evidence.comparison
    difference, error = comparison.difference[0], comparison.standard_error[0]
    if np.isnan(difference):
        return "not applicable", "The unregularised network has no loss on some split."
    if comparison.best == 0:
        return (
            "note",
            "L2 regularization does not help: no alpha above 0 has a smaller mean test loss than alpha = 0.",
            "Leave the penalty out, or look at the gap that remains for other remedies.",
        )
    half = comparison.critical_value[0] * error
    numbers = (
        f"against alpha = 0, {_best(evidence)} lowers the mean test loss by {difference:.3g} "
        f"({1 - evidence.level:.0%} interval {difference - half:.3g} to {difference + half:.3g}, "
        "allowing for the "
        f"choice of the best)"
    )
    if comparison.is_significant[0] and evidence.verdicts[0] != "good":
        return "note", f"L2 regularization helps: {numbers}.", f"Use {_best(evidence)}."
    good = [alpha for alpha, label in zip(evidence.alphas, evidence.verdicts, strict=True) if label == "good"]
    return (
        "note",
        f"L2 regularization does not help measurably: {numbers}.",
        f"The penalty does no harm up to alpha = {good[-1]:.3g}, but these rows do not show that it is "
        "needed.",
    )


@check("remaining-gap")
def remaining_gap(evidence: Evidence) -> Answer:
    """How wide the generalization gap is at the best alpha."""
    best = evidence.best_index
    gaps = evidence.by_split(evidence.generalization_gap)[best]
    mean, low, high = interval(gaps, evidence.test_ratio, evidence.level)
    test = evidence.by_split(evidence.test_loss)[best].mean()
    numbers = (
        f"the generalization gap at {_best(evidence)} is {mean:.3g} ({1 - evidence.level:.0%} "
        f"interval {low:.3g} "
        f"to {high:.3g}), of a test loss of {test:.3g}"
    )
    if low > 0 and mean > WIDE_GAP * abs(test):
        return (
            "hint",
            f"A gap remains: {numbers}.",
            "L2 alone does not close it. Combine it with dropout (0.2 to 0.5), use early stopping, "
            "or get more "
            "rows.",
        )
    return "passed", f"Train and test loss are close: {numbers}."


@check("diverging-curves")
def diverging_curves(evidence: Evidence) -> Answer:
    """Whether the test loss of the best alpha turns upwards while training goes on."""
    if evidence.test_loss_curve is None or evidence.n_epochs < 2:
        return "not applicable", "There are no loss curves over several epochs."
    best = evidence.best_index
    curves = evidence.by_split(evidence.test_loss_curve)[best]
    turn = evidence.turning_epoch(best)
    if np.isnan(curves[:, -1]).any():
        return "not applicable", "Early stopping ended the trainings at different epochs."
    last = mean_curve(curves)[-1]
    if turn is None:
        return (
            "passed",
            f"The mean test loss at {_best(evidence)} has its minimum, {last:.3g}, in the last epoch.",
        )
    rise = curves[:, -1] - curves[:, turn - 1]
    probability = p_value_above_zero(rise, evidence.test_ratio)
    lowest = mean_curve(curves)[turn - 1]
    numbers = (
        f"at {_best(evidence)} the mean test loss turned at epoch {turn} of {evidence.n_epochs} and "
        "rose from "
        f"{lowest:.3g} to {last:.3g} (one-sided p = {probability:.2g})"
    )
    if probability < evidence.level and rise.mean() > evidence.margin * abs(lowest):
        return (
            "problem",
            f"The loss curves diverge: {numbers}.",
            f"Use early_stopping=True, or about {turn} epochs.",
        )
    return "passed", f"The loss curves do not diverge measurably: {numbers}."


@check("unfinished-training")
def unfinished_training(evidence: Evidence) -> Answer:
    """Whether train and test loss were still falling when training ended."""
    if evidence.train_loss_curve is None or evidence.n_epochs < 2:
        return "not applicable", "There are no loss curves over several epochs."
    best = evidence.best_index
    curve = mean_curve(evidence.train_loss_curve[best])
    if np.isnan(curve[-1]):
        return "not applicable", "Early stopping ended the trainings."
    n_last = max(1, evidence.n_epochs // 10)
    fall = 1 - curve[-1] / curve[-1 - n_last]
    epochs = f"the last {n_last} of {evidence.n_epochs} epochs"
    numbers = f"at {_best(evidence)} {epochs} lowered the train loss by {fall:.1%}"
    if fall > STILL_FALLING and evidence.turning_epoch(best) is None:
        return (
            "hint",
            f"Training had not finished: {numbers}, and the test loss was falling too.",
            f"Train longer, for example epochs={2 * evidence.n_epochs}; verdicts can change, for overfitting "
            f"comes late.",
        )
    turned = "" if fall <= STILL_FALLING else ", but the test loss no longer fell"
    return "passed", f"Training was long enough: {numbers}{turned}."


@check("penalty-dominates")
def penalty_dominates(evidence: Evidence) -> Answer:
    """Whether the penalty is most of the loss at the best alpha."""
    if evidence.penalty is None:
        return "not applicable", "The sizes of the weights were not measured."
    best = evidence.best_index
    share = evidence.penalty / (evidence.penalty + evidence.train_loss)
    mean = float(np.nanmean(share[best]))
    numbers = f"at {_best(evidence)} the penalty is {mean:.0%} of the whole training loss"
    if mean > DOMINANT:
        return (
            "hint",
            f"The penalty dominates: {numbers}.",
            "The network learns less about the labels than about being small. Try smaller alphas, "
            "more epochs "
            "or a smaller network.",
        )
    return "passed", f"The data loss leads: {numbers}."


@check("unscaled-features")
def unscaled_features(evidence: Evidence) -> Answer:
    """Whether the features reach the network on widely different scales."""
    if evidence.feature_scales is None:
        return "not applicable", "The features that the network sees were not measured."
    median, largest = evidence.feature_scales
    numbers = f"standard deviations have a median of {median:.3g} and a maximum of {largest:.3g}"
    if largest > DIFFERENT_SCALES * median:
        return (
            "problem",
            f"The features are on widely different scales: {numbers}.",
            "One penalty cannot fit all of them, and training suffers. Put StandardScaler before the "
            "network: "
            "make_pipeline(StandardScaler(), ...).",
        )
    return "passed", f"The features are on similar scales: {numbers}."


@check("small-class")
def small_class(evidence: Evidence) -> Answer:
    """Whether a class has too few rows to be in every test part."""
    if evidence.rarest_class is None:
        return "not applicable", "The classes' numbers of rows are not known, or y is multilabel."
    name, n_rows, fewest = evidence.rarest_class
    if fewest == 0:
        return (
            "problem",
            f"Class {name!r} has too few rows for the splits: {n_rows} in all, and none in some test part.",
            "Use fewer folds, get more rows of it, or merge it with another class.",
        )
    return (
        "passed",
        f"The rarest class, {name!r}, has {n_rows} rows, and at least {fewest} in every test part.",
    )


@check("outlier-split")
def outlier_split(evidence: Evidence) -> Answer:
    """Whether some splits are far worse than the others at the best alpha."""
    losses = evidence.by_split(evidence.test_loss)[evidence.best_index]
    if len(losses) < 5:
        return "not applicable", f"{len(losses)} splits are too few to tell an outlier from the others."
    outliers = np.flatnonzero(outlying(losses))
    if not len(outliers):
        return (
            "passed",
            f"No split stands out: test losses range from {losses.min():.3g} to {losses.max():.3g}.",
        )
    listed = ", ".join(f"{split} ({losses[split]:.3g})" for split in outliers)
    return (
        "hint",
        f"Split {listed} has a far larger test loss than the others, whose median is "
        f"{np.median(losses):.3g}.",
        "Look at its test rows: wrong labels, another source, or rows that belong together and were "
        "torn apart "
        "(then pass groups).",
    )


@check("seed-noise")
def seed_noise(evidence: Evidence) -> Answer:
    """How much of the spread of the losses is due to seeds, and how much to splits."""
    if evidence.n_seeds == 1:
        return (
            "not applicable",
            "There is one network per alpha and split; n_seeds=3 tells seeds from splits.",
        )
    losses = evidence.test_loss[evidence.best_index].reshape(evidence.n_splits, evidence.n_seeds)
    of_splits, of_seeds = variance_components(losses)
    total = of_splits + of_seeds
    share = of_seeds / total if total > 0 else 0.0
    numbers = (
        f"at {_best(evidence)} seeds make {share:.0%} of the variance of the test loss (standard deviations "
        f"{np.sqrt(of_seeds):.2g} between seeds, {np.sqrt(of_splits):.2g} between splits)"
    )
    if share > 0.5:
        return (
            "hint",
            f"Seeds matter more than splits: {numbers}.",
            "A single network is partly luck. Average several of them "
            "(sklearn.ensemble.VotingClassifier), or "
            "train longer at a lower learning rate.",
        )
    return "passed", f"Splits matter more than seeds: {numbers}."


def _best(evidence: Evidence) -> str:
    return f"{evidence.short_name} = {evidence.best_alpha:.3g}"


def _listed(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
