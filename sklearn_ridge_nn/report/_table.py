"""What text and page have in common: the headline, the cells of the table and what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sklearn_ridge_nn.display import ZONES
from sklearn_ridge_nn.evidence import Evidence, Finding, standard_error

#: Signs that can be told apart without colour.
SIGNS = {"problem": "[!!]", "hint": "[! ]", "note": "[i ]"}


def headline(evidence: Evidence, findings: Sequence[Finding]) -> str:
    """Return how many alphas have each verdict, which one is the best, and which findings are problems."""
    counts = Counter(evidence.verdicts)
    name = evidence.short_name
    parts = [f"{counts[label]} {label}" for label in ZONES if counts[label]]
    seeds = f" x {evidence.n_seeds} seeds" if evidence.n_seeds > 1 else ""
    problems = [finding.code for finding in findings if finding.severity == "problem"]
    few = next((f for f in findings if f.code == "undetermined-verdicts" and f.severity == "hint"), None)
    tell = "" if few is None else f" {few.sentence.partition(':')[0]}."
    but = f" But see the findings: {', '.join(problems)}." if problems else ""
    return (
        f"{len(evidence.alphas)} values of {name} on {evidence.n_splits} splits{seeds}: "
        f"{', '.join(parts)}. Best {name} {evidence.best_alpha:.3g}, by the rule of one standard error "
        f"{evidence.one_se_alpha:.3g}.{tell}{but}"
    )


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
        f"best loss. It can be called {label}, for the difference of two losses is surer than a loss."
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
    if evidence.loss_name == f"minus {evidence.score_name}" or evidence.score_name == "neg_log_loss":
        del columns[f"test {evidence.score_name}"]
    return columns


def marks_of(evidence: Evidence) -> list[str]:
    """Return what each alpha is besides its verdict."""
    places = {"best": evidence.best_index, "1 SE": evidence.one_se_index}
    return [
        ", ".join(name for name, place in places.items() if place == index)
        for index in range(len(evidence.alphas))
    ]
