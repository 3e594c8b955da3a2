"""What a diagnosis answers, in sentences: which value to use, and how good the network is then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sklearn_ridge_nn.display import ZONES
from sklearn_ridge_nn.evidence import LINEAR_MODELS, Evidence, Finding, TrialResult, counted, written_out

#: How a sentence begins that the answer repeats.
TELL_LITTLE = "splits tell little here"
#: Findings by which no alpha is any use.
IN_VAIN = ("no-better-than-frequencies", "no-better-than-mean")
#: A verdict in a sentence: a good alpha is not yet a good network.
IN_WORDS = {"good": "as good as the best"}
#: Other estimators in words.
KINDS = {
    **dict.fromkeys(LINEAR_MODELS, "a linear model"),
    "HistGradientBoosting": "boosted trees",
    "MLPClassifier": "scikit-learn's network",
    "MLPRegressor": "scikit-learn's network",
}


def answer(evidence: Evidence, findings: Sequence[Finding]) -> list[str]:
    """Return which value to use, how good the network is then, and what the findings say first.

    Parameters
    ----------
    evidence : Evidence
    findings : sequence of Finding

    Returns
    -------
    list of str
        Sentences, the most important first.
    """
    problems = [finding.code for finding in findings if finding.severity == "problem"]
    in_vain = [finding for finding in findings if finding.code in IN_VAIN and finding.code in problems]
    sentences = [
        _first_clause(in_vain, *problems) if in_vain else "",
        _value(evidence),
        f"But see the findings: {', '.join(problems)}." if problems else "",
        _score(evidence),
        _loss(evidence),
        _first_clause(findings, "worth-a-network") if evidence.trial_results("yardstick") else "",
        _l2(evidence, findings),
        _first_clause(findings, "penalty-or-early-stopping"),
        _first_clause([finding for finding in findings if finding.severity == "hint"], "unfinished-training"),
        _counts(evidence),
        _tell_little(findings),
    ]
    return [written_out(sentence) for sentence in sentences if sentence]


def _value(evidence: Evidence) -> str:
    """Return which value to use, or between which ones it does not matter."""
    name, best = evidence.short_name, evidence.best_index
    good = [verdict == "good" for verdict in evidence.verdicts]
    if not any(good):
        return f"No {name} has a loss on every split, so none can be called the best."
    first = last = best
    while first > 0 and good[first - 1]:
        first -= 1
    while last + 1 < len(good) and good[last + 1]:
        last += 1
    after = "" if evidence.epochs is None else f" after {counted(evidence.epochs, 'epoch')}"
    low, high = (f"{evidence.alphas[place]:.3g}" for place in (first, last))
    if first == last:
        if sum(good) > 1:
            more = ""
        elif "undetermined" in evidence.verdicts:
            more = "; whether another value does as well is undetermined"
        else:
            more = ", and no other value does as well"
        return f"{name} = {low}{after} has the smallest loss{more}."
    between = f"up to {high}" if first == 0 and evidence.alphas[0] == 0 else f"from {low} to {high}"
    return f"Any {name} {between}{after} will do: these splits show no difference between them."


def _loss(evidence: Evidence) -> str:
    """Return the smallest loss, beside those of other estimators or of guessing."""
    loss = evidence.by_split(evidence.test_loss)[evidence.best_index].mean()
    if not np.isfinite(loss):
        return ""
    others = [f"{name} {value:.3g}" for name, value in evidence.reference_losses.items()]
    beside = f" ({', '.join(others)})" if others else ""
    if evidence.loss_name == "squared error":
        beside += f"; its root, {np.sqrt(loss):.3g}, is in the unit of the target"
    return (
        f"At {evidence.best_alpha:.3g} the mean test {evidence.loss_name} is {loss:.3g}, the smallest of all "
        f"{len(evidence.alphas)} values{beside}."
    )


def _score(evidence: Evidence) -> str:
    """Return the score of the best alpha, beside those of other estimators; empty where it is the loss."""
    score = evidence.by_split(evidence.test_score)[evidence.best_index].mean()
    if evidence.score_is_loss or not np.isfinite(score):
        return ""
    known = [
        (_in_words(result), result.score)
        for result in evidence.trial_results("yardstick")
        if np.isfinite(result.score)
    ]
    if evidence.score_name == "accuracy":
        if not known and evidence.majority_accuracy is not None:
            known = [("always naming the commonest class", float(np.nanmean(evidence.majority_accuracy)))]
        others = "".join(f", {name} on {value:.1%}" for name, value in known)
        return f"Predictions are right on {score:.1%} of the test rows{others}."
    others = f" ({', '.join(f'{name} {value:.3g}' for name, value in known)})" if known else ""
    meaning = "; 1 is perfect, and 0 is no better than the mean" if evidence.score_name == "r2" else ""
    return f"The mean test {evidence.score_name} is {score:.3g}{others}{meaning}."


def _in_words(result: TrialResult) -> str:
    name = result.trial.name
    return f"{KINDS[name]} ({name})" if name in KINDS else name


def _first_clause(findings: Sequence[Finding], *codes: str) -> str:
    """Return what the first finding of some codes says before its numbers; empty if it does not apply."""
    for finding in findings:
        if finding.code in codes and finding.severity != "not applicable":
            return f"{finding.sentence.partition(':')[0].removesuffix('.')}."
    return ""


def _l2(evidence: Evidence, findings: Sequence[Finding]) -> str:
    """Return whether L2 helps, and against what."""
    clause = _first_clause(findings, "l2-helps")
    if not clause or "help" not in clause or "shown" in clause:
        return clause
    as_long = "" if evidence.early_stopping else " trained as long"
    return f"{clause.removesuffix('.')}, against {evidence.short_name} = 0{as_long}."


def _counts(evidence: Evidence) -> str:
    """Return how many alphas have each verdict, and the choice of the one-standard-error rule."""
    counts = Counter(evidence.verdicts)
    parts = [f"{counts[label]} {IN_WORDS.get(label, label)}" for label in ZONES if counts[label]]
    seeds = f" x {evidence.n_seeds} seeds" if evidence.n_seeds > 1 else ""
    name = evidence.short_name
    return (
        f"{len(evidence.alphas)} values of {name} on {evidence.n_splits} splits{seeds}: {', '.join(parts)}. "
        f"The rule of one standard error takes {name} {evidence.one_se_alpha:.3g}."
    )


def _tell_little(findings: Sequence[Finding]) -> str:
    few = [f.sentence.partition(":")[0] for f in findings if f.code == "undetermined-verdicts"]
    return f"{few[0]}." if few and few[0].endswith(TELL_LITTLE) else ""
