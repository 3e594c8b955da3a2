"""A diagnosis as text for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from sklearn_ridge_nn.evidence import Evidence, Finding, Wording, python_wording
from sklearn_ridge_nn.report._answer import answer
from sklearn_ridge_nn.report._table import (
    SIGNS,
    TRIALS,
    alike_rows,
    columns_of,
    glossary,
    legend,
    marks_of,
    range_of,
    reasons_of,
    trial_columns,
    trial_title,
)


def text(
    evidence: Evidence, findings: Sequence[Finding], width: int, wording: Wording = python_wording
) -> str:
    """Return a table with a verdict per alpha, and the findings below it.

    Parameters
    ----------
    evidence : Evidence
    findings : sequence of Finding
    width : int
        Columns of the terminal.
    wording : Wording, default=python_wording
        Puts a finding's suggestion into words.
    """
    columns = columns_of(evidence)
    columns[""] = [f"<- {mark}" if mark else "" for mark in marks_of(evidence)]
    columns = _fitting(
        columns, width, dispensable=[f"test {evidence.score_name}", "train loss", "gap", "test loss"]
    )
    buffer = io.StringIO()
    console = _console(buffer, width)
    for sentence in answer(evidence, findings):
        console.print(sentence)
    console.print()
    for kind in TRIALS:
        if trials := trial_columns(evidence, kind):
            console.print(trial_title(evidence, kind))
            console.print(_table(trials))
            console.print()
    console.print(_table(columns))
    console.print(f"\n{legend(evidence)} good: {glossary(evidence)['good']}")
    undetermined = [
        f"{range_of(evidence, rows)}: {reason}"
        for rows, reason in zip(alike_rows(evidence), reasons_of(evidence), strict=True)
        if evidence.verdicts[rows[0]] == "undetermined"
    ]
    if undetermined:
        console.print(
            "\nUndetermined (it takes more than two standard errors to tell, because the best of several is "
            "partly lucky):"
        )
        for line in undetermined:
            console.print(f"  {line}")
    console.print()
    _print_findings(console, findings, wording)
    return _without_trailing_blanks(buffer)


def findings_text(findings: Sequence[Finding], width: int) -> str:
    """Return findings as lines, those that say something first."""
    buffer = io.StringIO()
    _print_findings(_console(buffer, width), findings, python_wording)
    return _without_trailing_blanks(buffer)


def _console(buffer: io.StringIO, width: int) -> Console:
    return Console(file=buffer, width=width, color_system=None, highlight=False, markup=False, emoji=False)


def _without_trailing_blanks(buffer: io.StringIO) -> str:
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _print_findings(console: Console, findings: Sequence[Finding], wording: Wording) -> None:
    signs = ", ".join(f"{sign} {severity}" for severity, sign in SIGNS.items())
    console.print(f"Findings ({signs}):")
    for finding in findings:
        if finding.severity in SIGNS:
            console.print(f"{SIGNS[finding.severity]} {finding.code}: {finding.sentence}")
            if advice := finding.advice_in(wording):
                console.print(f"     {advice}")
    console.print(_others(findings))


def _table(columns: dict[str, list[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for name in columns:
        table.add_column(name, justify="left" if name in ("verdict", "tried", "") else "right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def _fitting(columns: dict[str, list[str]], width: int, dispensable: list[str]) -> dict[str, list[str]]:
    """Return the columns without the first of the dispensable ones, as far as a terminal is too narrow."""
    left = dict(columns)
    for name in dispensable:
        if sum(max(map(len, [title, *cells])) + 2 for title, cells in left.items()) - 2 <= width:
            break
        left.pop(name, None)
    return left


def _others(findings: Sequence[Finding]) -> str:
    lines = []
    for severity in ("passed", "not applicable"):
        codes = [finding.code for finding in findings if finding.severity == severity]
        if codes:
            lines.append(f"{severity.capitalize()}: {', '.join(codes)}.")
    return "\n".join(lines)
