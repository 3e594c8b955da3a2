"""What text and page have in common: the headline, the cells of the table and what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sklearn_ridge_nn.display import ZONES
from sklearn_ridge_nn.evidence import Evidence, Finding, counted, standard_error, written_out

#: How a sentence begins that the headline repeats.
TELL_LITTLE = "splits tell little here"
#: Signs that can be told apart without colour.
SIGNS = {"problem": "[!!]", "hint": "[! ]", "note": "[i ]"}


def headline(evidence: Evidence, findings: Sequence[Finding]) -> str:
    """Return the answer, how many alphas have each verdict, and which findings are problems."""
    counts = Counter(evidence.verdicts)
    name = evidence.short_name
    parts = [f"{counts[label]} {label}" for label in ZONES if counts[label]]
    seeds = f" x {evidence.n_seeds} seeds" if evidence.n_seeds > 1 else ""
    problems = [finding.code for finding in findings if finding.severity == "problem"]
    few = [f.sentence.partition(":")[0] for f in findings if f.code == "undetermined-verdicts"]
    tell = f" {few[0]}." if few and few[0].endswith(TELL_LITTLE) else ""
    yardsticks = [f.sentence.partition(":")[0] for f in findings if f.code == "worth-a-network"]
    worth = f" {yardsticks[0]}." if yardsticks and evidence.trial_results("yardstick") else ""
    but = f" But see the findings: {', '.join(problems)}." if problems else ""
    return written_out(
        f"{_answer(evidence)} {len(evidence.alphas)} values of {name} on {evidence.n_splits} splits{seeds}: "
        f"{', '.join(parts)}. The rule of one standard error takes "
        f"{name} {evidence.one_se_alpha:.3g}.{worth}{tell}{but}"
    )


def _answer(evidence: Evidence) -> str:
    """Return the best alpha and epochs, with their loss and score beside those of other classifiers."""
    best = evidence.best_index
    after = "" if evidence.epochs is None else f" after {counted(evidence.epochs, 'epoch')}"
    loss = evidence.by_split(evidence.test_loss)[best].mean()
    score = evidence.by_split(evidence.test_score)[best].mean()
    others = [result for result in evidence.trial_results("yardstick") if np.isfinite(result.loss)]
    if others:
        losses = [f"{result.trial.name} {result.loss:.3g}" for result in others]
        scores = [f"{result.trial.name} {result.score:.3g}" for result in others if np.isfinite(result.score)]
    else:
        guessing = evidence.baseline_loss
        losses = [] if guessing is None else [f"{evidence.guess_name} {np.nanmean(guessing):.3g}"]
        scores = []
    answer = f"Best: {evidence.short_name} {evidence.best_alpha:.3g}{after}, mean test {evidence.loss_name} "
    answer += f"{loss:.3g}{_bracketed(losses)}"
    if not evidence.score_is_loss and np.isfinite(score):
        answer += f", {evidence.score_name} {score:.3g}{_bracketed(scores)}"
    return f"{answer}."


def _bracketed(parts: Sequence[str]) -> str:
    return f" ({', '.join(parts)})" if parts else ""


#: The kinds of trials that have a table, in their order.
TRIALS = ("change", "yardstick")


def trial_title(evidence: Evidence, kind: str) -> str:
    """Return the title of the table of the trials of a kind."""
    if kind == "change":
        return "What would help: changes of the best network"
    return f"Is a network worth it: other {'regressors' if evidence.is_regression else 'classifiers'}"


def trial_columns(evidence: Evidence, kind: str) -> dict[str, list[str]]:
    """Return the cells of the table of the trials of a kind, by column; empty if there are none."""
    results = evidence.trial_results(kind)
    if not results:
        return {}
    (base,) = [trial for trial in evidence.trials if trial.kind == "as it is"]
    loss, score = (values[evidence.has_losses].mean() for values in (base.test_loss, base.test_score))
    n_known = [np.isfinite(result.loss) for result in results]

    def cells(first: str, texts: Sequence[str]) -> list[str]:
        return [first, *(text if known else "failed" for text, known in zip(texts, n_known, strict=True))]

    columns = {
        "tried": ["the network as it is", *(result.trial.name for result in results)],
        "test loss": cells(f"{loss:.3g}", [f"{result.loss:.3g}" for result in results]),
        f"change ({1 - 2 * evidence.level:.0%} interval)": cells(
            "", [f"{r.difference:+.3g} ({r.low:+.2g} to {r.high:+.2g})" for r in results]
        ),
        f"test {evidence.score_name}": cells(f"{score:.3g}", [f"{result.score:.3g}" for result in results]),
    }
    if kind == "change":
        columns["work"] = ["1 x", *(f"{result.trial.work:.2g} x" for result in results)]
    return _written_out(columns)


def _written_out(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: [written_out(cell) for cell in cells] for name, cells in columns.items()}


def legend(evidence: Evidence) -> str:
    """Return what the numbers after +/- and the marks mean."""
    words = (
        "+/-: one standard error of a mean, corrected for the rows that splits share. Losses are without the "
        "penalty."
    )
    label = evidence.verdicts[evidence.one_se_index]
    if label == "good":
        return words
    return (
        f"{words} 1 SE: the strongest penalty whose loss is within one (uncorrected) standard error of the "
        f"best loss. It can be called {label}, because the difference of two losses on the same splits "
        "varies less than a loss."
    )


def columns_of(evidence: Evidence) -> dict[str, list[str]]:
    """Return the cells of the table, by column."""

    def means(values: np.ndarray) -> list[str]:
        values = evidence.by_split(values)
        errors = standard_error(values, evidence.test_ratio)
        return [f"{m:.3g} +/- {e:.2g}" for m, e in zip(values.mean(axis=1), errors, strict=True)]

    train = evidence.by_split(evidence.train_loss).mean(axis=1)
    gap = evidence.by_split(evidence.generalization_gap).mean(axis=1)
    columns = {
        evidence.short_name: [f"{alpha:.3g}" for alpha in evidence.alphas],
        "verdict": list(evidence.verdicts),
        "test loss": means(evidence.test_loss),
        "train loss": [f"{value:.3g}" for value in train],
        "gap": [f"{value:.3g}" for value in gap],
        f"test {evidence.score_name}": means(evidence.test_score),
    }
    if evidence.score_is_loss:
        del columns[f"test {evidence.score_name}"]
    return _written_out(columns)


def marks_of(evidence: Evidence) -> list[str]:
    """Return what each alpha is besides its verdict."""
    places = {"best": evidence.best_index, "1 SE": evidence.one_se_index}
    return [
        ", ".join(name for name, place in places.items() if place == index)
        for index in range(len(evidence.alphas))
    ]
