"""A diagnosis as a page of HTML."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from sklearn_ridge_nn import display
from sklearn_ridge_nn.evidence import Evidence, Finding, Wording, counted, python_wording, written_out
from sklearn_ridge_nn.report._answer import IN_WORDS, answer
from sklearn_ridge_nn.report._table import (
    SIGNS,
    TRIALS,
    columns_of,
    glossary,
    legend,
    marks_of,
    reasons_of,
    trial_columns,
    trial_title,
)


@lru_cache(maxsize=4)
def _file(name: str) -> str:
    """Return a file that lies beside this one."""
    return (files("sklearn_ridge_nn.report") / name).read_text(encoding="utf-8")


def page(evidence: Evidence, findings: Sequence[Finding], wording: Wording = python_wording) -> str:
    """Return the report as one page of HTML that needs nothing else.

    Parameters
    ----------
    evidence : Evidence
    findings : sequence of Finding
    wording : Wording, default=python_wording
        Puts a finding's suggestion into words.
    """
    return whole_page(_title(evidence), evidence.about, _body(evidence, findings, wording, n_pictures=None))


def whole_page(title: str, about: Sequence[tuple[str, str]], body: str) -> str:
    """Return a page that says what it is about and when it was written, then its body.

    Parameters
    ----------
    title : str
    about : sequence of (str, str)
        Texts with their names.
    body : str
        HTML.
    """
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return Template(_file("page.html")).substitute(
        title=escape(title),
        style=_file("style.css") + _file("page.css"),
        about=_definitions([*about, ("Written", today)]),
        body=body,
    )


def fragment(evidence: Evidence, findings: Sequence[Finding]) -> str:
    """Return the report for a notebook, with its first picture if matplotlib is installed."""
    return _for_notebook(
        _title(evidence), _body(evidence, findings, python_wording, n_pictures=1 if _can_draw() else 0)
    )


def findings_fragment(findings: Sequence[Finding]) -> str:
    """Return findings for a notebook."""
    return _for_notebook("", _findings(findings, python_wording))


def table_fragment(
    title: str, caption: str, columns: Mapping[str, Sequence[str]], draw: Callable[[], Any], words: str
) -> str:
    """Return a table for a notebook, below a picture if matplotlib is installed.

    Parameters
    ----------
    title, caption : str
    columns : mapping of str to sequence of str
        Cells by the columns' names; the first column names the rows.
    draw : callable
        Returns a display.
    words : str
        What the picture shows.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    rows = [
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in zip(*columns.values(), strict=True)
    ]
    table = _scrolled(escape(caption), head, rows)
    picture = _figure("ridge-table", draw().figure_, words) if _can_draw() else ""
    return _for_notebook(title, f"{picture}\n{table}")


def _can_draw() -> bool:
    try:
        display.pyplot()
    except ImportError:
        return False
    return True


def _for_notebook(title: str, body: str) -> str:
    heading = f"<h1>{escape(title)}</h1>" if title else ""
    return f'<style>{_file("style.css")}</style><div class="ridge-report">{heading}{body}</div>'


def _scrolled(caption: str, head: str, rows: Sequence[str]) -> str:
    """Return a table that scrolls by itself where the page is too narrow."""
    return (
        f'<div class="scroll" tabindex="0">\n<table>\n<caption>{caption}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>\n</div>"
    )


def _title(evidence: Evidence) -> str:
    name = dict(evidence.about).get("Data")
    return f"Diagnosis of {evidence.short_name}" + (f": {name}" if name else "")


def _definitions(lines: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and texts."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in lines)
    return f'<dl class="about">{items}</dl>'


def _body(evidence: Evidence, findings: Sequence[Finding], wording: Wording, n_pictures: int | None) -> str:
    """Return answer, table, findings and pictures, as many as are asked for; None is all of them."""
    figures = [
        _figure(f"ridge-{number}", draw(evidence).figure_, words)
        for number, (draw, words) in enumerate(_pictures(evidence)[:n_pictures])
    ]
    first, *others = (escape(sentence) for sentence in answer(evidence, findings))
    items = "".join(f"<li>{sentence}</li>" for sentence in others)
    said = f'<p class="answer"><strong>{first}</strong></p>\n<ul>{items}</ul>'
    parts = [said, *figures[:1], _table(evidence), _findings(findings, wording)]
    parts += [_trials(evidence, kind) for kind in TRIALS]
    return "\n".join([*parts, *figures[1:], _glossary(evidence)])


def _glossary(evidence: Evidence) -> str:
    """Return what the words mean, as a list that is folded on a screen."""
    lines = [(IN_WORDS.get(word, word), text) for word, text in glossary(evidence).items()]
    return f"<details><summary>The words</summary>\n{_definitions(lines)}\n</details>"


def _pictures(evidence: Evidence) -> list[tuple[Callable[..., Any], str]]:
    """Return what draws each picture, and what it shows in words."""
    name = evidence.short_name
    verdicts = "; ".join(
        written_out(f"{alpha:.3g} {IN_WORDS.get(verdict, verdict)}")
        for alpha, verdict in zip(evidence.alphas, evidence.verdicts, strict=True)
    )
    pictures: list[tuple[Callable[..., Any], str]] = [
        (
            display.AlphaCurveDisplay.from_diagnosis,
            f"Mean {evidence.loss_name} on training and test rows over {name}, with one standard error. "
            f"Verdicts: {verdicts}.",
        )
    ]
    if evidence.loss_map is not None and evidence.loss_map.best is not None and evidence.n_epochs > 1:
        row, epochs = evidence.loss_map.best
        pictures.insert(
            0 if evidence.epochs is not None else 1,
            (
                display.AlphaEpochDisplay.from_diagnosis,
                f"Mean test {evidence.loss_name} over {name} and epochs: the darker, the smaller. The "
                f"star is the best pair, {name} = {evidence.alphas[row]:.3g} after "
                f"{counted(epochs, 'epoch')}; the line joins the best number of epochs of each {name}.",
            ),
        )
    if evidence.n_epochs > 1:
        pictures.append(
            (
                display.LossCurveDisplay.from_diagnosis,
                "Mean loss without the penalty over the epochs, on training rows (dashed) and test rows, "
                f"for the smallest, the best and the largest {name}.",
            )
        )
    if evidence.weight_quantiles is not None:
        pictures.append(
            (
                display.WeightDistributionDisplay.from_diagnosis,
                f"Quantiles and norms of each layer's weights over {name}.",
            )
        )
    return pictures


def _figure(salt: str, figure: Any, words: str) -> str:
    svg = display.as_svg(figure, salt)
    opening = f'<svg role="img" aria-label="{escape(words)}" '
    svg = re.sub(r"<svg ", lambda _: opening, svg, count=1)
    picture = f'<div class="scroll picture" tabindex="0">\n{svg}\n</div>'
    return f"<figure>\n{picture}\n<figcaption>{escape(words)}</figcaption>\n</figure>"


def _trials(evidence: Evidence, kind: str) -> str:
    """Return the table of the trials of a kind; empty if there are none."""
    columns = trial_columns(evidence, kind)
    if not columns:
        return ""
    head = "".join(
        f'<th scope="col"{" class=left" if n == "tried" else ""}>{escape(n)}</th>' for n in columns
    )
    rows = [
        f'<tr><th scope="row" class="left">{escape(name)}</th>'
        + "".join(f"<td>{escape(number)}</td>" for number in numbers)
        + "</tr>"
        for name, *numbers in zip(*columns.values(), strict=True)
    ]
    title, about = escape(trial_title(evidence, kind)), escape(_about(evidence, kind))
    return f"<details><summary>{title}</summary>\n{_scrolled(about, head, rows)}\n</details>"


def _about(evidence: Evidence, kind: str) -> str:
    """Return what the table of the trials of a kind shows."""
    if kind == "change":
        return (
            "One change at a time, trained on the same splits with the best alpha and number of epochs. "
            "The intervals hold for all changes together. Work is the arithmetic of training, relative to "
            "the network as it is."
        )
    names = [result.trial.name for result in evidence.trial_results(kind)]
    choosing = next(
        (f"{name} chooses its penalty on the training rows, the" for name in names if name[-2:] == "CV"),
        "The",
    )
    return (
        f"scikit-learn's, behind the same preprocessing, on the same splits. {choosing} others are as they "
        "come. The intervals hold for all of them together."
    )


def _table(evidence: Evidence) -> str:
    columns = columns_of(evidence)
    marks, reasons = marks_of(evidence), reasons_of(evidence)
    head = "".join(
        f'<th scope="col"{" class=left" if name == "verdict" else ""}>{escape(name)}</th>' for name in columns
    )
    rows = []
    for index, cells in enumerate(zip(*columns.values(), strict=True)):
        alpha, verdict, *numbers = cells
        words, mark = IN_WORDS.get(verdict, verdict), f" ({marks[index]})" if marks[index] else ""
        if marks[index].partition(",")[0] == "best":
            words, mark = "the best", mark.replace("best, ", "").replace(" (best)", "")
        others = "".join(f"<td>{escape(number.replace('+/-', '±'))}</td>" for number in numbers)
        rows.append(
            f'<tr class="numbers"><th scope="row" rowspan="2">{escape(alpha)}</th>'
            f'<td class="left verdict {verdict}">{words}{mark}</td>{others}</tr>\n'
            f'<tr><td class="left reason" colspan="{len(columns) - 1}"><div>{escape(reasons[index])}</div>'
            "</td></tr>"
        )
    caption = f"Means over {evidence.n_splits} splits. {legend(evidence).replace('+/-', '±')}"
    table = _scrolled(escape(caption), head, rows)
    return f'<section aria-label="Verdicts">\n<h2>Verdicts</h2>\n{table}\n</section>'


def _findings(findings: Sequence[Finding], wording: Wording) -> str:
    shown, others = [], []
    for finding in findings:
        advice = finding.advice_in(wording)
        if finding.severity in SIGNS:
            shown.append(
                f'<div class="finding {finding.severity}"><h3>{finding.severity.capitalize()}: '
                f"<code>{finding.code}</code></h3><p>{escape(finding.sentence)}</p>"
                + (f"<p><strong>{escape(advice)}</strong></p>" if advice else "")
                + "</div>"
            )
        else:
            said = escape(" ".join(filter(None, [finding.sentence, advice])))
            others.append(f"<li>{escape(finding.severity)}: <code>{finding.code}</code>. {said}</li>")
    return (
        '<section aria-label="Findings">\n<h2>Findings</h2>\n'
        + "\n".join(shown)
        + f"\n<details><summary>{len(others)} other checks</summary>\n<ul>\n"
        + "\n".join(others)
        + "\n</ul>\n</details>\n</section>"
    )
