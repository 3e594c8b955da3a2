"""A diagnosis as text for a terminal, and as a page of HTML."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from sklearn_ridge_nn import display
from sklearn_ridge_nn.diagnosis import AlphaDiagnosis
from sklearn_ridge_nn.evidence import Finding, standard_error

#: Signs that can be told apart without colour.
SIGNS = {"problem": "[!!]", "hint": "[! ]", "note": "[i ]"}


def text(diagnosis: AlphaDiagnosis, width: int, wording: Callable[[str], str] = str) -> str:
    """Return a table with a verdict per alpha, and the findings below it, in the words of `wording`."""
    columns = _columns(diagnosis)
    columns[""] = [f"<- {mark}" if mark else "" for mark in _marks(diagnosis)]
    columns = _fitting(
        columns, width, dispensable=[f"test {diagnosis.score_name}", "train loss", "gap", "test loss"]
    )
    table = Table(box=None, pad_edge=False, header_style="")
    for name in columns:
        table.add_column(name, justify="left" if name in ("verdict", "") else "right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, color_system=None, highlight=False, markup=False, emoji=False)
    console.print(_headline(diagnosis))
    console.print()
    console.print(table)
    console.print(f"\n{_legend(diagnosis)}")
    undetermined = [
        f"{alpha:.3g}: {reason}"
        for alpha, label, reason in zip(diagnosis.alphas, diagnosis.verdicts, diagnosis.reasons, strict=True)
        if label == "undetermined"
    ]
    if undetermined:
        console.print("\nUndetermined:")
        for line in undetermined:
            console.print(f"  {line}")
    signs = ", ".join(f"{sign} {severity}" for severity, sign in SIGNS.items())
    console.print(f"\nFindings ({signs}):")
    for finding in diagnosis.findings:
        if finding.severity in SIGNS:
            console.print(f"{SIGNS[finding.severity]} {finding.code}: {wording(finding.sentence)}")
            if finding.advice:
                console.print(f"     {wording(finding.advice)}")
    console.print(_others(diagnosis.findings))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _fitting(columns: dict[str, list[str]], width: int, dispensable: list[str]) -> dict[str, list[str]]:
    """Return the columns without the first of the dispensable ones, as far as a terminal is too narrow."""
    left = dict(columns)
    for name in dispensable:
        if sum(max(map(len, [title, *cells])) + 2 for title, cells in left.items()) - 2 <= width:
            break
        left.pop(name, None)
    return left


def _headline(diagnosis: AlphaDiagnosis) -> str:
    counts = Counter(diagnosis.verdicts)
    name = diagnosis.short_name
    parts = [f"{counts[label]} {label}" for label in display.ZONES if counts[label]]
    seeds = f" x {diagnosis.n_seeds} seeds" if diagnosis.n_seeds > 1 else ""
    problems = [finding.code for finding in diagnosis.findings if finding.severity == "problem"]
    but = f" But see the findings: {', '.join(problems)}." if problems else ""
    return (
        f"{len(diagnosis.alphas)} values of {name} on {diagnosis.n_splits} splits{seeds}: "
        f"{', '.join(parts)}. Best {name} {diagnosis.best_alpha:.3g}, by the rule of one standard error "
        f"{diagnosis.one_se_alpha:.3g}.{but}"
    )


def _legend(diagnosis: AlphaDiagnosis) -> str:
    """Return what the numbers after +/- and the marks mean."""
    legend = (
        "+/-: one standard error of a mean, corrected for the rows that splits share. Losses are without the "
        "penalty."
    )
    label = diagnosis.verdicts[diagnosis.one_se_index]
    if label == "good":
        return legend
    return (
        f"{legend} 1 SE: the strongest penalty whose loss is within one (uncorrected) standard error of the "
        f"best loss. It can be called {label}, for the difference of two losses is surer than a loss."
    )


def _columns(diagnosis: AlphaDiagnosis) -> dict[str, list[str]]:
    """Return the cells of the table, by column."""

    def means(values: np.ndarray) -> list[str]:
        values = diagnosis.by_split(values)
        errors = standard_error(values, diagnosis.test_ratio)
        return [f"{m:.3g} +/- {e:.2g}" for m, e in zip(values.mean(axis=1), errors, strict=True)]

    train = diagnosis.by_split(diagnosis.train_loss).mean(axis=1)
    gap = diagnosis.by_split(diagnosis.generalization_gap).mean(axis=1)
    columns = {
        diagnosis.short_name: [f"{alpha:.3g}" for alpha in diagnosis.alphas],
        "verdict": list(diagnosis.verdicts),
        "test loss": means(diagnosis.test_loss),
        "train loss": [f"{value:.3g}" for value in train],
        "gap": [f"{value:.3g}" for value in gap],
        f"test {diagnosis.score_name}": means(diagnosis.test_score),
    }
    if diagnosis.loss_name == f"minus {diagnosis.score_name}" or diagnosis.score_name == "neg_log_loss":
        del columns[f"test {diagnosis.score_name}"]
    return columns


def _marks(diagnosis: AlphaDiagnosis) -> list[str]:
    """Return what each alpha is besides its verdict."""
    places = {"best": diagnosis.best_index, "1 SE": diagnosis.one_se_index}
    return [
        ", ".join(name for name, place in places.items() if place == index)
        for index in range(len(diagnosis.alphas))
    ]


def _others(findings: tuple[Finding, ...]) -> str:
    lines = []
    for severity in ("passed", "not applicable"):
        codes = [finding.code for finding in findings if finding.severity == severity]
        if codes:
            lines.append(f"{severity.capitalize()}: {', '.join(codes)}.")
    return "\n".join(lines)


# -- HTML -----------------------------------------------------------------------------------------

_STYLE = """
.ridge-report { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --line: #c9ced6;
  --soft: #f3f5f8; --overfit: #a34700; --good: #00704f; --underfit: #005a8f; --undetermined: #5c6470;
  font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
@media (prefers-color-scheme: dark) { .ridge-report { --ink: #e8eaed; --paper: #16191d; --line: #454b54;
  --soft: #20252b; --overfit: #ff9a52; --good: #46d3a5; --underfit: #6cc1ff; --undetermined: #adb5c0; } }
@media print { .ridge-report { --ink: #000; --paper: #fff; --line: #999; --soft: #fff; --overfit: #a34700;
  --good: #00704f; --underfit: #005a8f; --undetermined: #444; font-size: 11pt; }
  .ridge-report section, .ridge-report figure, .ridge-report tr { break-inside: avoid; } }
.ridge-report h1 { font-size: 1.6em; line-height: 1.25; margin: 0 0 .4em; }
.ridge-report h2 { font-size: 1.2em; margin: 1.6em 0 .5em; }
.ridge-report h3 { font-size: 1em; margin: 0; }
.ridge-report .scroll { overflow-x: auto; }
.ridge-report table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9em; }
.ridge-report caption { text-align: left; padding-bottom: .4em; max-width: 42em; }
.ridge-report th, .ridge-report td { padding: .3em .7em; border-bottom: 1px solid var(--line);
  text-align: right; white-space: nowrap; background: none; color: inherit; }
.ridge-report th.left, .ridge-report td.left { text-align: left; }
.ridge-report td.reason { white-space: normal; min-width: 14em; }
.ridge-report .verdict { font-weight: 600; }
.ridge-report .overfit { color: var(--overfit); } .ridge-report .good { color: var(--good); }
.ridge-report .underfit { color: var(--underfit); }
.ridge-report .undetermined { color: var(--undetermined); }
.ridge-report .finding { border-left: 4px solid var(--line); background: var(--soft);
  padding: .6em .9em; margin: .6em 0; }
.ridge-report .finding.problem { border-color: var(--overfit); }
.ridge-report .finding.hint { border-color: var(--underfit); }
.ridge-report .finding p { margin: .2em 0; overflow-wrap: anywhere; }
.ridge-report figure { margin: 1em 0; } .ridge-report svg { width: 100%; max-width: 42em; height: auto; }
.ridge-report svg text { fill: currentColor; }
.ridge-report figcaption { font-size: .9em; }
"""


def page(diagnosis: AlphaDiagnosis) -> str:
    """Return the report as one page of HTML that needs nothing else."""
    title = f"Diagnosis of {diagnosis.short_name}"
    style = (
        "body { margin: 0; } @media (prefers-color-scheme: dark) { body { background: #16191d; } } "
        "main.ridge-report { max-width: 60em; margin: 0 auto; padding: 1.2em; box-sizing: border-box; }"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n"
        f'<main class="ridge-report">\n<h1>{escape(title)}</h1>\n{_body(diagnosis, pictures=True)}\n</main>\n'
        "</body>\n</html>\n"
    )


def fragment(diagnosis: AlphaDiagnosis) -> str:
    """Return the report for a notebook, with its first picture if matplotlib is installed."""
    try:
        display.pyplot()
    except ImportError:
        pictures = False
    else:
        pictures = True
    title = f"Diagnosis of {diagnosis.short_name}"
    body = _body(diagnosis, pictures=pictures, only_first=True)
    return f'<style>{_STYLE}</style><div class="ridge-report"><h1>{escape(title)}</h1>{body}</div>'


def _body(diagnosis: AlphaDiagnosis, pictures: bool, only_first: bool = False) -> str:
    n_shown = (1 if only_first else None) if pictures else 0
    figures = [
        _figure(number, draw(diagnosis).figure_, words)
        for number, (draw, words) in enumerate(_pictures(diagnosis)[:n_shown])
    ]
    headline = f"<p>{escape(_headline(diagnosis))}</p>"
    return "\n".join([headline, *figures[:1], _table(diagnosis), _findings(diagnosis), *figures[1:]])


def _pictures(diagnosis: AlphaDiagnosis) -> list[tuple[Callable[..., Any], str]]:
    """Return what draws each picture, and what it shows in words."""
    name = diagnosis.short_name
    verdicts = "; ".join(
        f"{alpha:.3g} {verdict}" for alpha, verdict in zip(diagnosis.alphas, diagnosis.verdicts, strict=True)
    )
    pictures: list[tuple[Callable[..., Any], str]] = [
        (
            display.AlphaCurveDisplay.from_diagnosis,
            f"Mean {diagnosis.loss_name} on training and test rows over {name}, with one standard error. "
            f"Verdicts: {verdicts}.",
        )
    ]
    if diagnosis.n_epochs > 1:
        pictures.append(
            (
                display.LossCurveDisplay.from_diagnosis,
                "Mean loss without the penalty over the epochs, on training rows (dashed) and test rows, "
                f"for the smallest, the best and the largest {name}.",
            )
        )
    if diagnosis.weight_quantiles is not None:
        pictures.append(
            (
                display.WeightDistributionDisplay.from_diagnosis,
                f"Quantiles and norms of each layer's weights over {name}.",
            )
        )
    return pictures


def _figure(number: int, figure: Any, words: str) -> str:
    svg = display.as_svg(figure, f"ridge-{number}")
    opening = f'<svg role="img" aria-label="{escape(words)}" '
    svg = re.sub(r"<svg ", lambda _: opening, svg, count=1)
    return f"<figure>\n{svg}\n<figcaption>{escape(words)}</figcaption>\n</figure>"


def _table(diagnosis: AlphaDiagnosis) -> str:
    columns = _columns(diagnosis)
    marks = _marks(diagnosis)
    names = [*columns, "reason"]
    left = ("verdict", "reason")
    head = "".join(
        f'<th scope="col"{" class=left" if name in left else ""}>{escape(name)}</th>' for name in names
    )
    rows = []
    for index, cells in enumerate(zip(*columns.values(), strict=True)):
        alpha, verdict, *numbers = cells
        mark = f" ({marks[index]})" if marks[index] else ""
        others = "".join(f"<td>{escape(number.replace('+/-', '±'))}</td>" for number in numbers)
        rows.append(
            f'<tr><th scope="row">{escape(alpha)}</th>'
            f'<td class="left verdict {verdict}">{verdict}{mark}</td>{others}'
            f'<td class="left reason">{escape(diagnosis.reasons[index])}</td></tr>'
        )
    caption = f"Means over {diagnosis.n_splits} splits. {_legend(diagnosis).replace('+/-', '±')}"
    return (
        f'<section aria-label="Verdicts">\n<h2>Verdicts</h2>\n<div class="scroll" tabindex="0">\n<table>\n'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody>\n</table>\n</div>\n</section>"
    )


def _findings(diagnosis: AlphaDiagnosis) -> str:
    shown = [
        f'<div class="finding {finding.severity}"><h3>{finding.severity.capitalize()}: '
        f"<code>{finding.code}</code></h3><p>{escape(finding.sentence)}</p>"
        + (f"<p><strong>{escape(finding.advice)}</strong></p>" if finding.advice else "")
        + "</div>"
        for finding in diagnosis.findings
        if finding.severity in SIGNS
    ]
    others = [
        f"<li>{escape(finding.severity)}: <code>{finding.code}</code>. {escape(finding.sentence)}</li>"
        for finding in diagnosis.findings
        if finding.severity not in SIGNS
    ]
    return (
        '<section aria-label="Findings">\n<h2>Findings</h2>\n'
        + "\n".join(shown)
        + f"\n<details><summary>{len(others)} other checks</summary>\n<ul>\n"
        + "\n".join(others)
        + "\n</ul>\n</details>\n</section>"
    )
