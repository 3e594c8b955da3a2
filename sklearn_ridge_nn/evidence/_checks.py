"""What a diagnosis finds besides its verdicts: one function per finding.

Each takes the evidence and returns a severity, a sentence that names its numbers, and advice where there is
something to do. A check that cannot be made says so: "not applicable" is not "passed".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from sklearn_ridge_nn.evidence._curve_checks import (
    best_of,
    diverging_curves,
    penalty_or_early_stopping,
    probability,
    unfinished_training,
)
from sklearn_ridge_nn.evidence._evidence import Evidence
from sklearn_ridge_nn.evidence._findings import Answer, Finding
from sklearn_ridge_nn.evidence._significance import lag
from sklearn_ridge_nn.evidence._trial_checks import what_would_help, worth_a_network
from sklearn_ridge_nn.evidence._verdicts import (
    MOST_SPLITS,
    interval,
    outlying,
    splits_that_tell,
    variance_components,
)
from sklearn_ridge_nn.evidence._written_out import counted, written_out

#: A gap is worth advice from this share of the test loss on.
WIDE_GAP = 0.1
#: A penalty dominates from this share of the whole loss on.
DOMINANT = 0.5
#: Features are of different scales if the largest standard deviation is this many times the median one, or
#: the median one this many times the smallest.
DIFFERENT_SCALES = 100
#: Features are on a wrong scale, all of them, from these medians of their standard deviations, and of their
#: means in standard deviations, on; or if the root of the sum of their variances is below so much. Log losses
#: of the default network were at twice their value for scaled features there, on four tables.
LARGE_SCALE, LARGE_OFFSET, SMALL_SPREAD = 20, 5, 0.05
#: Classes are uneven where one has this share of the rows.
UNEVEN = 0.8
#: Fewer splits than these tell little.
FEW_SPLITS = 10
#: A penalty has hardly shrunk weights whose norm is at least this share of that with the weakest penalty.
HARDLY_SHRUNK = 0.9
#: Alphas between which a suggested grid stays.
SMALLEST, LARGEST = 1e-37, 1e37


def failed_fits(evidence: Evidence) -> Answer:
    """Whether fits have no loss, for example because their training diverged."""
    failed = np.isnan(evidence.test_loss)
    if not failed.any():
        return "passed", f"All {failed.size} fits have a loss."
    where = _listed(evidence.alphas[failed.any(axis=1)])
    return (
        "problem",
        f"{failed.sum()} of {failed.size} fits have no loss, at {evidence.short_name} {where}. What lacks a "
        "loss where others have one is not compared.",
        "Read the warning of the run. Where the loss diverged, lower the learning rate or alpha, or scale "
        "X; where all test rows have a weight of 0, give another cv.",
    )


def no_better_than_guessing(evidence: Evidence) -> Answer:
    """Whether the best alpha beats predicting the class frequencies, or the mean, of the training rows."""
    if evidence.baseline_loss is None:
        return "not applicable", f"The loss of predicting {evidence.guess} was not measured."
    losses = _complete(evidence.by_split(evidence.test_loss))
    baseline = evidence.baseline_loss[evidence.has_losses]
    if not len(losses) or np.isnan(baseline).any():
        return "not applicable", "No value has a loss on every split."
    behind = lag(
        np.vstack([losses, *_other_pairs(evidence), baseline]), -1, evidence.test_ratio, evidence.level
    )
    best = evidence.by_split(evidence.test_loss)[evidence.best_index]
    numbers = (
        f"mean test loss {best.mean():.3g} at {best_of(evidence)}, {baseline.mean():.3g} for predicting "
        f"{evidence.guess} (p = {probability(behind.p_value, evidence.level)}, allowing for the choice of "
        "the best)"
    )
    beaten = evidence.guess_name
    by_order = ", and so may a score that looks at the order of the predictions[[ (scoring='roc_auc')]]"
    if behind.p_value < evidence.level:
        return "passed", f"Predictions beat {beaten}: {numbers}."
    if best.mean() >= baseline.mean():
        return (
            "problem",
            f"Predictions have no smaller loss than {beaten}: {numbers}.",
            _why_no_better(evidence, float(baseline.mean())),
        )
    return (
        "hint",
        f"That predictions beat {beaten} cannot be shown with these rows: {numbers}.{_rarest(evidence)}",
        "This does not show that they are useless: with so few rows or splits a signal can go unseen. More "
        f"would tell{'' if evidence.is_regression else by_order}.",
    )


def _why_no_better(evidence: Evidence, baseline: float) -> str:
    """Return what to make of a loss that is no smaller than that of guessing."""
    loss_map = evidence.loss_map
    if loss_map is not None and loss_map.best is not None:
        row, epochs = loss_map.best
        loss = float(loss_map.mean[row, epochs - 1])
        if loss < baseline and not evidence.early_stopping:
            return (
                f"It was smaller in the course of training: {loss:.3g} at {evidence.short_name} = "
                f"{evidence.alphas[row]:.3g} after {counted(epochs, 'epoch')}. So train less"
                "[[, or with epochs='settled', which stops there]]."
            )
    what = "say anything about y" if evidence.is_regression else "tell the classes apart"
    return f"Verdicts mean little here: it is not shown that these features {what}."


def _rarest(evidence: Evidence) -> str:
    """Return how many rows of the rarest class there are, which bound what can be shown."""
    if evidence.rarest_class is None:
        return ""
    name, n_rows, _ = evidence.rarest_class
    return f" Class {name!r} has {n_rows} rows in all."


def no_difference(evidence: Evidence) -> Answer:
    """Whether any alpha makes a significant difference."""
    verdicts = evidence.verdicts
    n_called = sum(verdict in ("overfit", "underfit") for verdict in verdicts)
    if n_called:
        return "passed", f"{_of_values(n_called, len(verdicts))} significantly worse than the best."
    comparison, name = evidence.comparison, evidence.short_name
    span = (
        f"mean test losses differ by at most {np.nanmax(comparison.difference):.3g} from the best, "
        f"{best_of(evidence)}"
        if np.isfinite(comparison.difference).any()
        else "no value has a loss on every split"
    )
    is_worse = comparison.is_significant & np.array([verdict == "undetermined" for verdict in verdicts])
    if is_worse.any():
        where = _listed(evidence.alphas[is_worse])
        return (
            "note",
            f"No {name} in the range is called overfit or underfit, though some are significantly worse "
            f"({where}): {span}.",
            "The reasons of these verdicts say why. Take the best value.",
        )
    return (
        "note",
        f"No {name} in the range is called overfit or underfit: {span}.",
        "These splits do not show which value is better. Take the one-standard-error choice.",
    )


def undetermined_verdicts(evidence: Evidence) -> Answer:
    """Whether more splits would settle what is undetermined."""
    is_open = np.array([verdict == "undetermined" for verdict in evidence.verdicts])
    comparison, n_splits = evidence.comparison, int(evidence.has_losses.sum())
    is_open &= np.isfinite(comparison.standard_error) & ~comparison.is_significant
    if not is_open.any():
        return "passed", f"No verdict is open that more than {n_splits} splits could settle."
    needed = [
        splits_that_tell(ratio, critical, n_splits, evidence.test_ratio)
        for ratio, critical in zip(
            comparison.difference[is_open] / comparison.standard_error[is_open],
            comparison.critical_value[is_open],
            strict=True,
        )
    ]
    enough = [number for number in needed if number <= MOST_SPLITS]
    n_open = f"{_of_values(int(is_open.sum()), len(is_open))} undetermined"
    if not enough:
        return "note", f"{n_open}, and more splits of these rows would not change that: only more rows would."
    cv = more_splits(evidence, max(enough))
    tell_little = n_splits < FEW_SPLITS or 2 * is_open.sum() >= len(is_open)
    few = f"{n_splits} splits tell little here: " if tell_little else ""
    n_settled = len(enough) if len(enough) < len(needed) else "all"
    return (
        "hint" if len(enough) == len(needed) or n_splits < FEW_SPLITS else "note",
        f"{few}{n_open}, and about {cv['n_splits'] * cv['n_repeats']} splits would settle {n_settled} of "
        "them, if the differences stay as they are.",
        "Use more splits: {cv}.",
        {"cv": cv},
    )


def wrong_direction(evidence: Evidence) -> Answer:
    """Whether stronger penalties raise the train loss, as they must."""
    losses = evidence.by_split(evidence.train_loss)
    weakest, strongest = np.argmin(evidence.strengths), np.argmax(evidence.strengths)
    rise = losses[strongest] - losses[weakest]
    name = evidence.short_name
    low, high = evidence.alphas[[0, -1]]
    means = losses.mean(axis=1)
    numbers = f"mean train losses are {means[0]:.3g} at {name} = {low:.3g} and {means[-1]:.3g} at {high:.3g}"
    if np.isnan(rise).any():
        return "not applicable", f"The smallest or the largest {name} lacks a train loss."
    if (rise < 0).all() and -rise.mean() > WIDE_GAP * abs(losses[weakest].mean()):
        other = "smaller" if evidence.stronger == "larger" else "larger"
        return (
            "problem",
            f"Stronger penalties seem to fit the training rows better: {numbers}.",
            f"[[Pass {{stronger}} if {other} values of {name} penalise more: verdicts are wrong then.]]",
            {"stronger": other},
        )
    return "passed", f"Stronger penalties do not fit the training rows better: {numbers}."


def best_at_edge(evidence: Evidence) -> Answer:
    """Whether the best alpha lies at the edge of the grid."""
    best, alphas = evidence.best_index, evidence.alphas
    if best not in (0, len(alphas) - 1):
        return "passed", f"The best value, {best_of(evidence)}, lies inside the grid."
    if alphas[best] == 0:
        return "passed", "The best value is 0, below which there is nothing to try."
    end = "lower" if best == 0 else "upper"
    sentence = f"The best value, {evidence.short_name} = {alphas[best]:.3g}, is the {end} end of the grid."
    if evidence.short_name != "alpha" and evidence.stronger == "larger":
        limit = f"as far as {evidence.short_name} may go"
        return "hint", sentence, f"A better one may lie beyond it: extend alphas, {limit}."
    has_zero = best == 0 and evidence.stronger == "larger"
    grid = grid_beyond(float(alphas[best]), below=best == 0, has_zero=has_zero)
    if grid is None:
        return (
            "hint",
            sentence,
            "A better one may lie beyond it, but outside the range of float32: rescale the features.",
        )
    return "hint", sentence, "A better one may lie beyond it. Try {alphas} next.", {"alphas": grid}


def grid_beyond(edge: float, *, below: bool, has_zero: bool) -> list[float] | None:
    """Return seven values over three powers of ten, from the edge of a grid outwards.

    Parameters
    ----------
    edge : float
        Above 0.
    below : bool
        Whether to go below the edge, or above it.
    has_zero : bool
        Whether 0 comes before them.

    Returns
    -------
    list of float or None
        Ascending; None where they would leave the numbers of float32, in which Keras keeps alpha.
    """
    other = float(f"{edge / 1000 if below else edge * 1000:.6g}")
    low, high = sorted([edge, other])
    if low < SMALLEST or high > LARGEST:
        return None
    values: list[float] = np.geomspace(low, high, 7).tolist()
    return [0.0, *values] if has_zero else values


def more_splits(evidence: Evidence, needed: float = 0) -> dict[str, int]:
    """Return folds and repeats that make as many splits as are needed, or at least twice as many."""
    return {"n_splits": 5, "n_repeats": math.ceil((needed or max(2 * evidence.n_splits, 50)) / 5)}


def l2_helps(evidence: Evidence) -> Answer:
    """Whether the best alpha beats no regularization."""
    name = evidence.short_name
    what = "L2 regularization" if name == "alpha" else f"Regularization by {name}"
    if evidence.stronger == "smaller" or evidence.alphas[0] != 0:
        return (
            "not applicable",
            f"{name} = 0 is not in the grid, so there is no fit without a penalty to compare.",
        )
    losses = evidence.by_split(evidence.test_loss)
    if np.isnan(losses[[0, evidence.best_index]]).any():
        return "not applicable", f"{name} = 0 has no loss on some split."
    if evidence.best_index == 0:
        return (
            "note",
            f"{what} is not shown to help: no {name} above 0 has a smaller mean test loss than {name} = 0.",
            "It may be left out. Look at the gap that remains for other remedies.",
        )
    behind = lag(
        np.vstack([_complete(losses), *_other_pairs(evidence)]), 0, evidence.test_ratio, evidence.level
    )
    after = "" if evidence.epochs is None else f", both after {counted(evidence.epochs, 'epoch')}"
    numbers = (
        f"against {name} = 0{after}, {best_of(evidence)} lowers the mean test loss by {behind.mean:.3g} "
        f"({1 - 2 * evidence.level:.0%} interval {behind.low:.3g} to {behind.high:.3g}, allowing for the "
        "choice of the best)"
    )
    if behind.low > 0 and evidence.verdicts[0] != "good":
        trained = "" if evidence.epochs is None else f" and {counted(evidence.epochs, 'epoch')}"
        return "note", f"{what} helps: {numbers}.", f"Use {best_of(evidence)}{trained}."
    good = [value for value, label in zip(evidence.alphas, evidence.verdicts, strict=True) if label == "good"]
    harmless = f"It does no harm up to {name} = {good[-1]:.3g}"
    if behind.low > 0:
        return (
            "note",
            f"{what} helps, but by less than matters: {numbers}.",
            f"{harmless}, and little good.",
        )
    return (
        "note",
        f"{what} does not help measurably: {numbers}.",
        f"{harmless}, but these rows do not show that it is needed.",
    )


def remaining_gap(evidence: Evidence) -> Answer:
    """How wide the generalization gap is at the best alpha."""
    gaps = evidence.by_split(evidence.generalization_gap)[evidence.best_index]
    if np.isnan(gaps).any():
        return "not applicable", f"{best_of(evidence)} lacks a loss on some split."
    mean, low, high = interval(gaps, evidence.test_ratio, evidence.level)
    test = evidence.by_split(evidence.test_loss)[evidence.best_index].mean()
    numbers = (
        f"the generalization gap at {best_of(evidence)} is {mean:.3g} ({1 - evidence.level:.0%} interval "
        f"{low:.3g} to {high:.3g}), of a test loss of {test:.3g}"
    )
    if mean <= WIDE_GAP * abs(test):
        return "passed", f"Train and test loss are close: {numbers}."
    if low > 0:
        return (
            "note",
            f"A gap remains: {numbers}.",
            "A gap by itself is no fault: what counts is the test loss."
            + (
                ""
                if evidence.strengths[evidence.best_index] == evidence.strengths.max()
                else " A stronger penalty narrows the gap, and raises the loss here."
            ),
        )
    return "note", f"A gap may remain: {numbers}. The splits differ too much to be sure of it."


def nothing_to_penalise(evidence: Evidence) -> Answer:
    """Whether the network has a hidden layer, whose kernel alpha penalises."""
    if evidence.weight_norm is None or evidence.short_name != "alpha":
        return "not applicable", "What the parameter penalises was not measured."
    n_hidden = evidence.weight_norm.shape[-1] - 1
    if evidence.penalizes_output:
        hidden = f" of {n_hidden} hidden layers and" if n_hidden else ""
        return "passed", f"The kernels{hidden} of the output layer are penalised."
    if n_hidden:
        return "passed", f"The kernels of {n_hidden} hidden layers are penalised."
    linear = (
        "Ridge" if evidence.is_regression else "LogisticRegression with param_name='C', stronger='smaller'"
    )
    return (
        "problem",
        "There is no hidden layer, so alpha penalises nothing, and all its values train the same network.",
        "Give hidden layers, such as {hidden_layer_sizes}[[, penalise the output layer by "
        f"penalize_output=True, or diagnose {linear}]].",
        {"hidden_layer_sizes": [128, 64]},
    )


def penalty_dominates(evidence: Evidence) -> Answer:
    """Whether the penalty is most of the loss at the best alpha."""
    if evidence.penalty is None:
        return "not applicable", "The penalty was not measured."
    best = evidence.best_index
    share = evidence.penalty / (evidence.penalty + evidence.train_loss)
    mean = float(np.nanmean(share[best]))
    numbers = f"at {best_of(evidence)} the penalty is {mean:.0%} of the whole training loss"
    if mean <= DOMINANT:
        return "passed", f"The data loss leads: {numbers}."
    is_weakest = evidence.strengths[best] == evidence.strengths.min()
    if not is_weakest and share_of_norm(evidence, best) > HARDLY_SHRUNK:
        return (
            "note",
            f"The penalty is large, but it is that of the weights that training began with: {numbers}, and "
            "it has hardly shrunk them.",
        )
    if is_weakest:
        return "note", f"The penalty dominates: {numbers}, and no weaker one was tried."
    weaker = np.flatnonzero(evidence.strengths < evidence.strengths[best])
    good = [row for row in weaker if evidence.verdicts[row] == "good"]
    if good:
        weakest = evidence.alphas[min(good, key=lambda row: evidence.strengths[row])]
        return (
            "note",
            f"The penalty dominates: {numbers}. A weaker one does about as well: {evidence.short_name} = "
            f"{weakest:.3g} is as good as the best, too.",
        )
    return (
        "note",
        f"The penalty dominates, as it has to: {numbers}, and no weaker one is shown to be as good.",
    )


def share_of_norm(evidence: Evidence, row: int) -> float:
    """Return the norm of the hidden kernels as a share of that with the weakest penalty."""
    assert evidence.weight_norm is not None
    norms = np.sqrt((evidence.weight_norm[..., : evidence.n_penalized] ** 2).sum(axis=-1))
    weakest = np.nanmean(norms[np.argmin(evidence.strengths)])
    return float(np.nanmean(norms[row]) / weakest) if weakest > 0 else 1.0


def unscaled_features(evidence: Evidence) -> Answer:
    """Whether the features reach the network on widely different scales."""
    if evidence.feature_scales is None:
        return "not applicable", "The features that the network sees were not measured."
    smallest, median, largest = evidence.feature_scales
    numbers = f"standard deviations run from {smallest:.3g} to {largest:.3g}, with a median of {median:.3g}"
    remedy = "[[ Put StandardScaler before the network: make_pipeline(StandardScaler(), ...).]]"
    if largest > DIFFERENT_SCALES * median or median > DIFFERENT_SCALES * smallest:
        return (
            "problem",
            f"The features are on widely different scales: {numbers}.",
            f"One penalty cannot fit all of them, and training suffers.{remedy}",
        )
    offset, spread = evidence.feature_offset, evidence.feature_spread
    if median > LARGE_SCALE or (spread is not None and spread < SMALL_SPREAD):
        return (
            "problem",
            f"The features are not on the scale that a network trains well on, about 1: {numbers}.",
            f"Training suffers, and alpha means something else.{remedy}",
        )
    if offset is not None and offset > LARGE_OFFSET:
        return (
            "problem",
            f"The features lie far from 0: their means are {offset:.3g} standard deviations away, the median "
            "of them.",
            f"Training suffers.{remedy}",
        )
    return "passed", f"The features are on similar scales: {numbers}."


def small_class(evidence: Evidence) -> Answer:
    """Whether a class has too few rows to be in every test part."""
    if evidence.rarest_class is None:
        return "not applicable", "The classes' numbers of rows are not known, or y is multilabel."
    name, n_rows, fewest = evidence.rarest_class
    if fewest:
        return (
            "passed",
            f"Class {name!r} has {n_rows} rows, and at least {fewest} in every test part, no class fewer.",
        )
    n_parts = 1 + 1 / evidence.test_ratio  # test parts that the rows make
    if n_rows < n_parts:
        return (
            "problem",
            f"Class {name!r} has too few rows for the splits: {n_rows} in all, and none in some test part.",
            "Use fewer folds, get more rows of it, or merge it with another class.",
        )
    return (
        "problem",
        f"Class {name!r} has no row in some test part, though it has {n_rows} in all.",
        "The splits do not spread the classes. Use stratified ones[[ (cv=5 makes them)]], or shuffle.",
    )


def uneven_classes(evidence: Evidence) -> Answer:
    """Whether most rows are of one class, so that an accuracy says little."""
    if evidence.majority_accuracy is None:
        return "not applicable", "The classes' shares of the rows are not known, or y is multilabel."
    majority = evidence.majority_accuracy[evidence.has_losses]
    always = f"{majority.mean():.1%} of the test rows are of class {evidence.majority_class!r}"
    if majority.mean() < UNEVEN:
        return "passed", f"No class has nearly all rows: {always}."
    if evidence.score_name != "accuracy":
        return "passed", f"The classes are uneven, but the score is not the accuracy: {always}."
    scores = evidence.by_split(evidence.test_score)[evidence.best_index]
    if np.isnan(scores).any():
        return "not applicable", f"{best_of(evidence)} lacks a score on some split."
    mean, low, high = interval(scores - majority, evidence.test_ratio, 2 * evidence.level)
    numbers = (
        f"{always}, so always saying it is right on as many, and the network at {best_of(evidence)} on "
        f"{scores.mean():.1%} ({100 * mean:+.1f} points, {1 - 2 * evidence.level:.0%} interval "
        f"{100 * low:+.1f} to {100 * high:+.1f})"
    )
    if high < 0:
        said = "by accuracy the network is worse than always naming the commonest class"
    elif low <= 0:
        said = "by accuracy the network cannot be told from always naming the commonest class"
    else:
        said = "the accuracy says little"
    return (
        "hint" if low <= 0 else "note",
        f"The classes are uneven, and {said}: {numbers}.",
        "Look at how the probabilities order the rows[[ (scoring='average_precision' or 'roc_auc')]], and "
        "choose the threshold by what each kind of error costs. Class weights move it, too, but order the "
        "rows no better by themselves[[: see 'Class imbalance' in the user guide]].",
    )


def outlier_split(evidence: Evidence) -> Answer:
    """Whether some splits are far worse than the others at the best alpha."""
    losses = evidence.by_split(evidence.test_loss)[evidence.best_index]
    if np.isnan(losses).any():
        return "not applicable", f"{best_of(evidence)} lacks a loss on some split."
    if len(losses) < 5:
        return "not applicable", f"{len(losses)} splits are too few to tell an outlier from the others."
    outliers = np.flatnonzero(outlying(losses))
    if not len(outliers):
        return (
            "passed",
            f"No split stands out: test losses range from {losses.min():.3g} to {losses.max():.3g}.",
        )
    numbers = np.flatnonzero(evidence.has_losses)
    listed = ", ".join(f"{numbers[place]} ({losses[place]:.3g})" for place in outliers)
    return (
        "hint",
        f"Split {listed} has a larger test loss than the others, whose median is {np.median(losses):.3g}.",
        "Look at its test rows: wrong labels, another source, or rows that belong together and were torn "
        "apart[[ (then pass groups)]].",
    )


def seed_noise(evidence: Evidence) -> Answer:
    """How much of the spread of the losses is due to seeds, and how much to splits."""
    if evidence.n_seeds == 1:
        return (
            "not applicable",
            "There is one network per alpha and split.",
            "{n_seeds} tells seeds from splits.",
            {"n_seeds": 3},
        )
    losses = evidence.test_loss[evidence.best_index].reshape(evidence.n_splits, evidence.n_seeds)
    losses = losses[evidence.has_losses]
    if np.isnan(losses).any():
        return "not applicable", f"{best_of(evidence)} lacks a loss on some split."
    of_splits, of_seeds = variance_components(losses)
    total = of_splits + of_seeds
    share = of_seeds / total if total > 0 else 0.0
    between = f"{np.sqrt(of_splits):.2g}" if of_splits > 0 else "too little to see"
    about = "about " if of_splits == 0 else ""
    numbers = (
        f"at {best_of(evidence)} seeds make {about}{share:.0%} of the variance of the test loss, by "
        f"{len(losses)} splits (standard deviations {np.sqrt(of_seeds):.2g} between seeds, {between} between "
        "splits)"
    )
    several = f"sklearn.ensemble.Voting{'Regressor' if evidence.is_regression else 'Classifier'}"
    if share > 0.5:
        return (
            "hint",
            f"Seeds matter more than splits: {numbers}.",
            f"A single network is partly luck. Average several of them[[ ({several})]], or train longer at a "
            "lower learning rate.",
        )
    return "passed", f"Splits matter more than seeds: {numbers}."


def _of_values(number: int, n_values: int) -> str:
    return f"{number} of {n_values} values {'is' if number == 1 else 'are'}"


def _other_pairs(evidence: Evidence) -> list[np.ndarray]:
    """Return the losses of the pairs that were chosen among; none if only alpha was chosen."""
    if evidence.epochs is None or evidence.loss_map is None:
        return []
    best = evidence.by_split(evidence.test_loss)[evidence.best_index].mean()
    pairs = evidence.loss_map.thinned()
    return [pairs[pairs.mean(axis=1) >= best]]  # `at` may be at epochs that are not the luckiest


def _complete(losses: np.ndarray) -> np.ndarray:
    """Return the rows without NaN; row 0 stays the first if it has none."""
    return losses[~np.isnan(losses).any(axis=1)]


def _listed(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)


#: A tail is heavy if the hundredth of the rows furthest off make this share of y's variance: it is 0.085 of a
#: normal distribution, and 0.22 of an exponential one.
HEAVY_TAIL = 0.25


def heavy_tailed_target(evidence: Evidence) -> Answer:
    """Whether a few rows decide the squared error, for y has a heavy tail."""
    if evidence.target_tails is None:
        return "not applicable", "The tail of y matters to the squared error of one number per row."
    of_y, of_log = evidence.target_tails
    numbers = (
        f"the 1 % of the rows that lie furthest from the mean of y make {of_y:.0%} of its variance (of a "
        "normal distribution 8 %)"
    )
    if of_y < HEAVY_TAIL:
        return "passed", f"y has no heavy tail: {numbers}."
    huber = [result for result in evidence.trial_results("change") if "loss" in result.trial.change]
    tried = [result for result in huber if np.isfinite(result.difference)]
    if tried and tried[0].is_better(0):
        by_huber = "Use {loss}, which surely lowers the squared error here"
    elif tried:
        by_huber = "{loss} weighs them less, but does not surely lower the squared error here"
    else:
        by_huber = "{loss} weighs them less"
    if np.isfinite(of_log) and of_log < HEAVY_TAIL:
        by_log = (
            f"; so does the logarithm of y, whose tail makes {of_log:.0%}[[ (sklearn.compose."
            "TransformedTargetRegressor with func=np.log, inverse_func=np.exp)]]. Which is better depends on "
            "whether large errors of large numbers matter"
        )
    else:
        by_log = ""
    return (
        "hint",
        f"y has a heavy tail, so a few rows decide the squared error: {numbers}.",
        f"{by_huber}{by_log}.",
        {"loss": "huber"},
    )


#: Every check by its code, in the order of the findings of one severity.
CHECKS: dict[str, Callable[[Evidence], Answer]] = {
    "failed-fits": failed_fits,
    "no-better-than-frequencies": no_better_than_guessing,
    "no-better-than-mean": no_better_than_guessing,
    "no-difference": no_difference,
    "undetermined-verdicts": undetermined_verdicts,
    "wrong-direction": wrong_direction,
    "best-at-edge": best_at_edge,
    "l2-helps": l2_helps,
    "penalty-or-early-stopping": penalty_or_early_stopping,
    "what-would-help": what_would_help,
    "worth-a-network": worth_a_network,
    "remaining-gap": remaining_gap,
    "diverging-curves": diverging_curves,
    "unfinished-training": unfinished_training,
    "nothing-to-penalise": nothing_to_penalise,
    "penalty-dominates": penalty_dominates,
    "unscaled-features": unscaled_features,
    "small-class": small_class,
    "uneven-classes": uneven_classes,
    "outlier-split": outlier_split,
    "seed-noise": seed_noise,
    "heavy-tailed-target": heavy_tailed_target,
}
#: Checks that are for one task alone.
TASKS = {
    "no-better-than-frequencies": "classification",
    "small-class": "classification",
    "uneven-classes": "classification",
    "no-better-than-mean": "regression",
    "heavy-tailed-target": "regression",
}


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what every check says, in order of severity."""
    order = ("problem", "hint", "note", "passed", "not applicable")
    findings = []
    for code, check in CHECKS.items():
        if TASKS.get(code, evidence.task) == evidence.task:
            severity, sentence, *advice = check(evidence)
            findings.append(
                Finding(code, severity, written_out(sentence), *advice, splitter=evidence.splitter)
            )
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
