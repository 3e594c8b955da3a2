"""What text and page have in common: the cells of their tables, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sklearn_ridge_nn.evidence import Evidence, standard_error, written_out

#: Share of a number up to which it may differ from an equal one, by the order of a sum.
ROUNDING = 1e-12
#: Signs that can be told apart without colour.
SIGNS = {"problem": "[!!]", "hint": "[! ]", "note": "[i ]"}


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
    """Return what the numbers after +/- and the marks mean, and why a row can stand for several values."""
    words = (
        "+/-: one standard error of a mean, corrected for the rows that splits share. Losses are without the "
        "penalty."
    )
    if any(len(rows) > 1 for rows in alike_rows(evidence)):
        words += " Values whose numbers differ by no more than matters share a row, which has their means."
    label = evidence.verdicts[evidence.one_se_index]
    if label == "good":
        return words
    return (
        f"{words} 1 SE: the strongest penalty whose loss is within one (uncorrected) standard error of the "
        f"best loss. It can be called {label}, because the difference of two losses on the same splits "
        "varies less than a loss."
    )


def glossary(evidence: Evidence) -> dict[str, str]:
    """Return what the words of a report mean, by the word."""
    name = evidence.short_name
    stronger = "the larger" if evidence.stronger == "larger" else "the smaller"
    if name == "alpha":
        about = "the strength of the L2 penalty: the larger, the smaller the weights"
    else:
        about = f"what was varied; {stronger}, the more it restrains the network"
    wrong = "far predictions are from the truth" if evidence.is_regression else "wrong predictions are"
    return {
        name: f"{about}.",
        evidence.loss_name: f"what training makes small: how {wrong}.",
        "train, test, gap": "on the rows that a network learnt from, and on rows that it never saw. The "
        "gap is the difference: what it knows by heart.",
        "good": "as good as the best of these values, as far as the splits can tell. It does not say that "
        "the network is good.",
        "overfit, underfit": "worse than the best, more than by chance, because the penalty is too weak, or "
        "too strong, for as many epochs as were trained.",
        "undetermined": "worse than the best, but perhaps by chance.",
        "1 SE, standard error": "how far a mean would move by chance on other splits. 1 SE marks the "
        "strongest penalty whose loss is within one of the smallest.",
    }


def alike_rows(evidence: Evidence) -> list[list[int]]:
    """Return the numbers of the alphas that share a row of the table, row by row.

    They follow each other, have the same verdict, and their mean losses and scores differ from those of the
    first one by no more than the margin, as a share of the best alpha's.
    """
    best = evidence.best_index
    measures = [
        evidence.by_split(getattr(evidence, name)).mean(axis=1)
        for name in ("test_loss", "train_loss", "test_score")
    ]
    unit = [abs(measures[0][best]), abs(measures[0][best]), abs(measures[2][best])]
    rows: list[list[int]] = []
    for index, verdict in enumerate(evidence.verdicts):
        first = rows[-1][0] if rows else index
        is_alike = first != index and verdict == evidence.verdicts[first]
        for values, least in zip(measures, unit, strict=True):
            close = abs(values[index] - values[first]) <= evidence.margin * least
            is_alike &= bool(close or np.isnan(values[[index, first]]).all())
        if is_alike:
            rows[-1].append(index)
        else:
            rows.append([index])
    return rows


def range_of(evidence: Evidence, rows: Sequence[int]) -> str:
    """Return the alphas of a row of the table."""
    low, high = (f"{evidence.alphas[place]:.3g}" for place in (rows[0], rows[-1]))
    return written_out(low if low == high else f"{low} to {high}")


def columns_of(evidence: Evidence) -> dict[str, list[str]]:
    """Return the cells of the table, by column."""
    groups = alike_rows(evidence)

    def means(name: str, with_errors: bool = False) -> list[str]:
        values = evidence.by_split(getattr(evidence, name))
        errors = standard_error(values, evidence.test_ratio)
        errors[errors < ROUNDING * abs(values).max(initial=0)] = 0  # of values that are the same
        return [
            f"{values[rows].mean():.3g}" + (f" +/- {errors[rows].max():.2g}" if with_errors else "")
            for rows in groups
        ]

    columns = {
        evidence.short_name: [range_of(evidence, rows) for rows in groups],
        "verdict": [evidence.verdicts[rows[0]] for rows in groups],
        "test loss": means("test_loss", with_errors=True),
        "train loss": means("train_loss"),
        "gap": means("generalization_gap"),
        f"test {evidence.score_name}": means("test_score", with_errors=True),
    }
    if evidence.score_is_loss:
        del columns[f"test {evidence.score_name}"]
    return _written_out(columns)


def reasons_of(evidence: Evidence) -> list[str]:
    """Return the reason of each row of the table: that of its largest difference to the best alpha."""
    worst = np.nan_to_num(evidence.comparison.difference, nan=np.inf)
    return [evidence.reasons[max(rows, key=lambda row: worst[row])] for rows in alike_rows(evidence)]


def marks_of(evidence: Evidence) -> list[str]:
    """Return what each row of the table is besides its verdict, and which of its alphas is meant."""
    places = {"best": evidence.best_index, "1 SE": evidence.one_se_index}
    return [
        ", ".join(
            f"{name}: {evidence.alphas[place]:.3g}" if len(rows) > 1 else name
            for name, place in places.items()
            if place in rows
        )
        for rows in alike_rows(evidence)
    ]
