"""What a diagnosis finds besides its verdicts: one function per finding.

Each takes the evidence and returns a `Finding`, whose sentence names its numbers. A check that cannot be made
says so: "not applicable" is not "passed".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from sklearn_ridge_nn.evidence._evidence import Evidence, mean_curve
from sklearn_ridge_nn.evidence._significance import lag, standard_error
from sklearn_ridge_nn.evidence._verdicts import interval, outlying, variance_components

Severity: TypeAlias = Literal["problem", "hint", "note", "passed", "not applicable"]

#: A gap is worth advice from this share of the test loss on.
WIDE_GAP = 0.1
#: Training has not finished if the last tenth of the epochs still lowered the train loss by this share.
STILL_FALLING = 0.05
#: A penalty dominates from this share of the whole loss on.
DOMINANT = 0.5
#: Features are of different scales if the largest standard deviation is this many times the median one, or
#: the median one this many times the smallest.
DIFFERENT_SCALES = 100
#: Alphas between which a suggested grid stays.
SMALLEST, LARGEST = 1e-37, 1e37
#: Epochs of a loss curve that are compared, evenly spaced.
MOST_EPOCHS = 200


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
    template : str
        What to do, empty where there is nothing to. ``{name}`` stands for a part of the suggestion, and
        ``[[...]]`` is left out where the reader does not write Python.
    suggestion : dict
        What to try, by the names that `diagnose` and the classifier have for it: ``alphas`` (list of float),
        ``epochs``, ``n_seeds``, ``early_stopping``, ``hidden_layer_sizes``, ``stronger``, and ``cv`` as a
        dict of ``n_splits`` and ``n_repeats`` of a RepeatedStratifiedKFold.
    """

    code: str
    severity: Severity
    sentence: str
    template: str = ""
    suggestion: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def advice(self) -> str:
        """What to do, in Python's words; empty where there is nothing to."""
        return self.advice_in(python_wording)

    def advice_in(self, wording: Wording) -> str:
        """Return what to do.

        Parameters
        ----------
        wording : Wording
            How to word each part of the suggestion.
        """
        text = _PYTHON_ONLY.sub(r"\1" if wording.is_python else "", self.template)
        for name, value in self.suggestion.items():
            if (place := f"{{{name}}}") in text:
                text = text.replace(place, wording.word(name, value))
        return text

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for ``json.dumps``."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "advice": self.advice,
            "suggestion": self.suggestion,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Version 0.2.dev0 kept the advice as text alone.
        advice = state.pop("advice", "")
        self.__dict__.update({"template": advice, "suggestion": {}, **state})


#: What is left out where the reader does not write Python.
_PYTHON_ONLY = re.compile(r"\[\[(.*?)\]\]")


@dataclass(frozen=True)
class Wording:
    """How suggestions are put into words.

    Attributes
    ----------
    word : callable
        Takes the name and the value of a part of a suggestion, and returns what to write.
    is_python : bool
        Whether the reader can write Python.
    """

    word: Callable[[str, Any], str]
    is_python: bool = False


def _python(name: str, value: Any) -> str:
    if name == "alphas":
        return f"alphas={_python_grid(value)}"
    if name == "cv":
        arguments = ", ".join(f"{key}={number}" for key, number in value.items())
        return f"cv=RepeatedStratifiedKFold({arguments})"
    return f"{name}={tuple(value) if isinstance(value, list) else value!r}"


def _python_grid(alphas: Sequence[float]) -> str:
    """Return NumPy's expression for a grid from `grid_around`."""
    if alphas[0] == 0:
        return f"np.concatenate([[0], {_python_grid(alphas[1:])}])"
    powers = np.log10([alphas[0], alphas[-1]])
    if np.allclose(powers, powers.round(), rtol=0, atol=1e-9):
        return f"np.logspace({powers[0]:.0f}, {powers[1]:.0f}, {len(alphas)})"
    return f"np.geomspace({alphas[0]!r}, {alphas[-1]!r}, {len(alphas)})"


python_wording = Wording(_python, is_python=True)


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what every check says, in order of severity."""
    order = ("problem", "hint", "note", "passed", "not applicable")
    findings = [Finding(code, *check(evidence)) for code, check in CHECKS.items()]
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


#: Severity, sentence, template of the advice, and suggestion; the last two may be left out.
Answer: TypeAlias = (
    tuple[Severity, str] | tuple[Severity, str, str] | tuple[Severity, str, str, dict[str, Any]]
)
CHECKS: dict[str, Callable[[Evidence], Answer]] = {}


def check(code: str) -> Callable[[Callable[[Evidence], Answer]], Callable[[Evidence], Answer]]:
    """Enter a function under a code."""

    def enter(function: Callable[[Evidence], Answer]) -> Callable[[Evidence], Answer]:
        CHECKS[code] = function
        return function

    return enter


@check("failed-fits")
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


@check("no-better-than-frequencies")
def no_better_than_frequencies(evidence: Evidence) -> Answer:
    """Whether the best alpha beats predicting the class frequencies of the training rows."""
    if evidence.baseline_loss is None:
        return "not applicable", "The loss of predicting class frequencies was not measured."
    losses = _complete(evidence.by_split(evidence.test_loss))
    baseline = evidence.baseline_loss[evidence.has_losses]
    if not len(losses) or np.isnan(baseline).any():
        return "not applicable", "No value has a loss on every split."
    behind = lag(np.vstack([losses, baseline]), -1, evidence.test_ratio, evidence.level)
    best = evidence.by_split(evidence.test_loss)[evidence.best_index]
    numbers = (
        f"mean test loss {best.mean():.3g} at {_best(evidence)}, {baseline.mean():.3g} for predicting class "
        f"frequencies (p = {behind.p_value:.2g}, allowing for the choice of the best)"
    )
    if behind.p_value < evidence.level:
        return "passed", f"Predictions beat guessing: {numbers}."
    return (
        "problem",
        f"Predictions are no better than guessing: {numbers}.",
        "Verdicts mean little here. Look for features that carry the label, for a mistake in the "
        "preprocessing, or get more rows.",
    )


@check("no-difference")
def no_difference(evidence: Evidence) -> Answer:
    """Whether any alpha makes a significant difference."""
    verdicts = evidence.verdicts
    n_called = sum(verdict in ("overfit", "underfit") for verdict in verdicts)
    if n_called:
        return "passed", f"{n_called} of {len(verdicts)} values are significantly worse than the best."
    comparison, name = evidence.comparison, evidence.short_name
    span = (
        f"mean test losses differ by at most {np.nanmax(comparison.difference):.3g} from the best, "
        f"{_best(evidence)}"
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
        "The data cannot tell these values apart. Take the one-standard-error choice, widen the range, or "
        "use more splits: {cv}.",
        {"cv": _more_splits(evidence)},
    )


@check("wrong-direction")
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


@check("best-at-edge")
def best_at_edge(evidence: Evidence) -> Answer:
    """Whether the best alpha lies at the edge of the grid."""
    best, alphas = evidence.best_index, evidence.alphas
    if best not in (0, len(alphas) - 1):
        return "passed", f"The best value, {_best(evidence)}, lies inside the grid."
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


def _more_splits(evidence: Evidence) -> dict[str, int]:
    """Return folds and repeats that make at least twice as many splits."""
    return {"n_splits": 5, "n_repeats": max(10, math.ceil(2 * evidence.n_splits / 5))}


@check("l2-helps")
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
            f"{what} does not help: no {name} above 0 has a smaller mean test loss than {name} = 0.",
            "Leave the penalty out, or look at the gap that remains for other remedies.",
        )
    behind = lag(_complete(losses), 0, evidence.test_ratio, evidence.level)
    numbers = (
        f"against {name} = 0, {_best(evidence)} lowers the mean test loss by {behind.mean:.3g} "
        f"({1 - 2 * evidence.level:.0%} interval {behind.low:.3g} to {behind.high:.3g}, allowing for the "
        "choice of the best)"
    )
    if behind.low > 0 and evidence.verdicts[0] != "good":
        return "note", f"{what} helps: {numbers}.", f"Use {_best(evidence)}."
    good = [value for value, label in zip(evidence.alphas, evidence.verdicts, strict=True) if label == "good"]
    harmless = f"The penalty does no harm up to {name} = {good[-1]:.3g}"
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


@check("remaining-gap")
def remaining_gap(evidence: Evidence) -> Answer:
    """How wide the generalization gap is at the best alpha."""
    gaps = evidence.by_split(evidence.generalization_gap)[evidence.best_index]
    if np.isnan(gaps).any():
        return "not applicable", f"{_best(evidence)} lacks a loss on some split."
    mean, low, high = interval(gaps, evidence.test_ratio, evidence.level)
    test = evidence.by_split(evidence.test_loss)[evidence.best_index].mean()
    numbers = (
        f"the generalization gap at {_best(evidence)} is {mean:.3g} ({1 - evidence.level:.0%} interval "
        f"{low:.3g} to {high:.3g}), of a test loss of {test:.3g}"
    )
    if mean <= WIDE_GAP * abs(test):
        return "passed", f"Train and test loss are close: {numbers}."
    if low > 0:
        is_network = evidence.weight_norm is not None
        remedies = (
            "Combine it with dropout (0.2 to 0.5), use early stopping,"
            if is_network
            else "Take a simpler model,"
        )
        return (
            "hint",
            f"A gap remains: {numbers}.",
            f"The penalty alone does not close it. {remedies} or get more rows.",
        )
    return (
        "note",
        f"A gap may remain: {numbers}.",
        "The splits are too few, or too different, to be sure of it. Use more of them.",
    )


@check("diverging-curves")
def diverging_curves(evidence: Evidence) -> Answer:
    """Whether the test loss of the best alpha turns upwards while training goes on."""
    if evidence.test_loss_curve is None or evidence.n_epochs < 2:
        return "not applicable", "There are no loss curves over several epochs."
    if evidence.early_stopping:
        return "not applicable", "Early stopping took the weights of the best epoch, whatever came after it."
    best = evidence.best_index
    curves = evidence.by_split(evidence.test_loss_curve)[best].T
    if np.isnan(curves).any():
        return "not applicable", f"The curves at {_best(evidence)} are not complete."
    turn, last = evidence.turning_epoch(best), curves[-1].mean()
    if turn is None:
        return (
            "passed",
            f"The mean test loss at {_best(evidence)} has its minimum, {last:.3g}, in the last epoch.",
        )
    epochs = np.unique(np.linspace(0, len(curves) - 1, min(len(curves), MOST_EPOCHS)).astype(int))
    epochs = np.union1d(epochs, turn - 1)
    behind = lag(curves[epochs], -1, evidence.test_ratio, evidence.level)
    numbers = (
        f"at {_best(evidence)} the mean test loss turned at epoch {turn} of {evidence.n_epochs} and rose "
        f"from {last - behind.mean:.3g} to {last:.3g} (p = {behind.p_value:.2g}, allowing for the choice of "
        "the epoch)"
    )
    if behind.p_value < evidence.level and behind.mean > evidence.margin * abs(last - behind.mean):
        return (
            "problem",
            f"The loss curves diverge: {numbers}.",
            f"Use {{early_stopping}}, or about {turn} epochs ({{epochs}}).",
            {"early_stopping": True, "epochs": turn},
        )
    return "passed", f"The loss curves do not diverge measurably: {numbers}."


@check("unfinished-training")
def unfinished_training(evidence: Evidence) -> Answer:
    """Whether train and test loss were still falling when training ended."""
    if evidence.train_loss_curve is None or evidence.test_loss_curve is None or evidence.n_epochs < 2:
        return "not applicable", "There are no loss curves over several epochs."
    if evidence.early_stopping:
        return "not applicable", "Early stopping chose how long to train."
    best = evidence.best_index
    train = mean_curve(evidence.train_loss_curve[best])
    test = mean_curve(evidence.test_loss_curve[best])
    if np.isnan(train).any() or np.isnan(test).any():
        return "not applicable", f"The curves at {_best(evidence)} are not complete."
    n_last, fall = last_fall(train)
    last = "last" if n_last == 1 else f"last {n_last}"
    numbers = (
        f"at {_best(evidence)} the {last} of {evidence.n_epochs} epochs lowered the train loss by {fall:.1%}"
    )
    if fall <= STILL_FALLING:
        return "passed", f"Training was long enough: {numbers}."
    curves = evidence.by_split(evidence.test_loss_curve)[best]
    falls = curves[:, -1 - n_last] - curves[:, -1]
    least = max(standard_error(falls, evidence.test_ratio), evidence.margin * abs(test[-1]))
    if falls.mean() <= least:
        return "passed", f"Training was long enough: {numbers}, but the test loss hardly fell any more."
    return (
        "hint",
        f"Training had not finished: {numbers}, and the test loss by {falls.mean() / test[-1 - n_last]:.1%}.",
        "Train longer, such as {epochs}. Verdicts can change: overfitting comes late.",
        {"epochs": 2 * evidence.n_epochs},
    )


def last_fall(curve: np.ndarray) -> tuple[int, float]:
    """Return the epochs of a curve's last tenth, and the share by which they lowered it."""
    n_last = max(1, len(curve) // 10)
    return n_last, float(1 - curve[-1] / curve[-1 - n_last])


@check("nothing-to-penalise")
def nothing_to_penalise(evidence: Evidence) -> Answer:
    """Whether the network has a hidden layer, whose kernel alpha penalises."""
    if evidence.weight_norm is None or evidence.short_name != "alpha":
        return "not applicable", "What the parameter penalises was not measured."
    n_hidden = evidence.weight_norm.shape[-1] - 1
    if n_hidden:
        return "passed", f"The kernels of {n_hidden} hidden layers are penalised."
    return (
        "problem",
        "There is no hidden layer, so alpha penalises nothing, and all its values train the same network.",
        "Give hidden layers, such as {hidden_layer_sizes}[[, or diagnose LogisticRegression with "
        "param_name='C', stronger='smaller']].",
        {"hidden_layer_sizes": [128, 64]},
    )


@check("penalty-dominates")
def penalty_dominates(evidence: Evidence) -> Answer:
    """Whether the penalty is most of the loss at the best alpha."""
    if evidence.penalty is None:
        return "not applicable", "The penalty was not measured."
    best = evidence.best_index
    share = evidence.penalty / (evidence.penalty + evidence.train_loss)
    mean = float(np.nanmean(share[best]))
    numbers = f"at {_best(evidence)} the penalty is {mean:.0%} of the whole training loss"
    if mean <= DOMINANT:
        return "passed", f"The data loss leads: {numbers}."
    is_weaker = evidence.strengths < evidence.strengths[best]
    if any(label == "overfit" for label in np.array(evidence.verdicts)[is_weaker]):
        return "note", f"The penalty dominates, as it has to: {numbers}, and weaker ones overfit."
    return (
        "hint",
        f"The penalty dominates: {numbers}.",
        "No weaker one is called overfit, so such a strong one is not needed: try smaller alphas.",
    )


@check("unscaled-features")
def unscaled_features(evidence: Evidence) -> Answer:
    """Whether the features reach the network on widely different scales."""
    if evidence.feature_scales is None:
        return "not applicable", "The features that the network sees were not measured."
    smallest, median, largest = evidence.feature_scales
    numbers = f"standard deviations run from {smallest:.3g} to {largest:.3g}, with a median of {median:.3g}"
    if largest > DIFFERENT_SCALES * median or median > DIFFERENT_SCALES * smallest:
        return (
            "problem",
            f"The features are on widely different scales: {numbers}.",
            "One penalty cannot fit all of them, and training suffers.[[ Put StandardScaler before the "
            "network: make_pipeline(StandardScaler(), ...).]]",
        )
    return "passed", f"The features are on similar scales: {numbers}."


@check("small-class")
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


@check("outlier-split")
def outlier_split(evidence: Evidence) -> Answer:
    """Whether some splits are far worse than the others at the best alpha."""
    losses = evidence.by_split(evidence.test_loss)[evidence.best_index]
    if np.isnan(losses).any():
        return "not applicable", f"{_best(evidence)} lacks a loss on some split."
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
        f"Split {listed} has a far larger test loss than the others, whose median is "
        f"{np.median(losses):.3g}.",
        "Look at its test rows: wrong labels, another source, or rows that belong together and were torn "
        "apart[[ (then pass groups)]].",
    )


@check("seed-noise")
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
        return "not applicable", f"{_best(evidence)} lacks a loss on some split."
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
            "A single network is partly luck. Average several of them"
            "[[ (sklearn.ensemble.VotingClassifier)]], or train longer at a lower learning rate.",
        )
    return "passed", f"Splits matter more than seeds: {numbers}."


def _complete(losses: np.ndarray) -> np.ndarray:
    """Return the rows without NaN; row 0 stays the first if it has none."""
    return losses[~np.isnan(losses).any(axis=1)]


def _best(evidence: Evidence) -> str:
    return f"{evidence.short_name} = {evidence.best_alpha:.3g}"


def _listed(values: Sequence[float] | np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
