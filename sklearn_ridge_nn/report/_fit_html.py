"""A fitted model as a page of HTML, for somebody who does not read Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import (
    PredictionErrorDisplay,
    RocCurveDisplay,
    confusion_matrix,
    mean_absolute_error,
    r2_score,
)

from sklearn_ridge_nn import display
from sklearn_ridge_nn.evidence import counted
from sklearn_ridge_nn.report._html import _figure, _scrolled, whole_page

#: Classes up to which every one of them is compared with every other.
MOST_CLASSES = 12
#: Points of a picture, and rows that a bin of the calibration curve has at least.
MOST_POINTS, BIN_ROWS = 1_000, 20
#: What a label for the likelier of two classes misses.
FIND_MORE = (
    "A row gets the likelier label. To find more rows of one of the two, at the price of more false alarms, "
    "fit with --positive and --threshold."
)
#: How the names of what is better the smaller it is begin, which scikit-learn then gives a minus sign.
_NEGATED = "neg_"


@dataclass(frozen=True)
class FitReport:
    """What is known of a fitted model, and how good it is on rows that it has not learnt from.

    Attributes
    ----------
    name : str
        Of the data.
    about : sequence of (str, str)
        What was fitted, each with its name.
    chosen : sequence of str
        How alpha, epochs and the like were chosen, in sentences.
    held_out : str
        Which rows are scored, in sentences.
    words : mapping of str to str
        The scores by scikit-learn's names, and what they are in words.
    scores : mapping of str to (mapping of str to (float or None))
        The scores of the model, which comes first, and of each yardstick, by their names; None is one that
        the rows do not have.
    yardsticks : str
        What the yardsticks are, in sentences.
    truth, predicted : ndarray of shape (n_rows,)
        Labels, or numbers, of the rows that are scored.
    classes : sequence of (str or int), or None
        Labels; None of numbers.
    positive : str, int or None
        Of two labels the one whose probability is known.
    probabilities : ndarray of shape (n_rows,) or None
        Those of `positive`.
    note : str
        What is to be known of the share of labels that are right; nothing if that is empty.
    chosen_by : str or None
        The score that a threshold was chosen by.
    sure : mapping of str to int
        Of each yardstick 1 if the model is better for sure, -1 if it is worse, 0 if the rows cannot tell, by
        the share of labels or the absolute error; nothing where a threshold was chosen by something else.
    sure_by_probabilities : mapping of str to int
        The same by the log loss.
    rests_on : sequence of (str, float, (float, float))
        Columns, what the loss rises by when each is shuffled, and its interval, the largest first.
    rests_on_words : str
        What is to be known of that, or why it is not known.
    loss_name : str
        Of that loss.
    """

    name: str
    about: Sequence[tuple[str, str]]
    chosen: Sequence[str]
    held_out: str
    words: Mapping[str, str]
    scores: Mapping[str, Mapping[str, float | None]]
    yardsticks: str
    truth: NDArray[Any]
    predicted: NDArray[Any]
    classes: Sequence[Any] | None = None
    positive: Any = None
    probabilities: NDArray[np.float64] | None = None
    note: str = ""
    chosen_by: str | None = None
    sure: Mapping[str, int] = field(default_factory=dict)
    sure_by_probabilities: Mapping[str, int] = field(default_factory=dict)
    rests_on: Sequence[tuple[str, float, tuple[float, float]]] = ()
    rests_on_words: str = ""
    loss_name: str = "loss"

    def to_html(self) -> str:
        """Return one page that needs nothing else."""
        parts = [
            f"<p>{escape(self._headline())}</p>",
            _section("What was chosen", *map(_paragraph, self.chosen)),
            _section("Scores", _paragraph(self.held_out), _paragraph(self.yardsticks), self._score_table()),
            *(self._of_numbers() if self.classes is None else self._of_classes()),
            *([_section("What predictions rest on", *self._columns())] if self.rests_on_words else []),
        ]
        return whole_page(f"A model of {self.name}", self.about, "\n".join(parts))

    def _headline(self) -> str:
        """Return how good the model is, and the yardsticks, by what needs no explanation."""
        n_rows = counted(len(self.truth), "row")
        if self.classes is None:
            found = {
                name: -(values["neg_mean_absolute_error"] or 0.0) for name, values in self.scores.items()
            }
            (_, ours), *others = ((name, _number(error)) for name, error in found.items())
            beside = ", ".join(f"{who} {error}" for who, error in others)
            return (
                f"On {n_rows} that it did not learn from, the model's predictions are {ours} away from the "
                f"truth on average. Those of others on the same rows: {beside}. {self._how_sure()}".rstrip()
            )
        shares = {who: _share(values["accuracy"] or 0.0) for who, values in self.scores.items()}
        (_, ours), *others = shares.items()
        beside = ", ".join(f"{who} {share}" for who, share in others)
        if self.chosen_by is None:
            return (
                f"On {n_rows} that it did not learn from, the model predicts {ours} of the labels right. "
                f"Others on the same rows: {beside}. {self._how_sure()} {self.note}".rstrip()
            )
        name = self.chosen_by
        known = {who: values[name] for who, values in self.scores.items() if values[name] is not None}
        (_, best), *others = ((who, _number(_shown(name, value))) for who, value in known.items())
        beside = "".join(f", that of {who} {value}" for who, value in others)
        return (
            f"On {n_rows} that it did not learn from, {_named(name)}, which its threshold was chosen by, is "
            f"{best}{beside}. So {ours} of the labels are right; other models, which have no threshold, are "
            "compared with it by their probabilities below."
        )

    def _how_sure(self) -> str:
        """Return which of the others the model is better than for sure."""
        by_labels = self._compared(self.sure, "")
        by_loss = self._compared(self.sure_by_probabilities, " by its probabilities (log loss)")
        return by_labels if self.sure == self.sure_by_probabilities else f"{by_labels} {by_loss}".rstrip()

    def _compared(self, sure: Mapping[str, int], how: str) -> str:
        """Return which of the others the model is better than for sure, by some measure."""
        better, worse, open_ = ([who for who, sign in sure.items() if sign == s] for s in (1, -1, 0))
        said = []
        if better:
            said.append(
                f"It is better than {_and(better)}{how}: chance does not explain so large a difference."
            )
        if worse:
            said.append(
                f"It is worse than {_and(worse)}{how}: chance does not explain so large a difference."
            )
        if open_:
            said.append(f"Whether it is better than {_and(open_, 'or')}{how} these rows cannot tell.")
        return " ".join(said)

    def _columns(self) -> list[str]:
        """Return the columns that predictions rest on, drawn, and in words."""
        if not self.rests_on:
            return [_paragraph(self.rests_on_words)]
        figure = display.importance_figure(self.rests_on, [], self.loss_name, "")
        return [_figure("ridge-columns", figure, self.rests_on_words)]

    def _score_table(self) -> str:
        """Return the scores of the model and of the yardsticks beside it, what each score is below it."""
        names = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.scores)
        rows = [
            f'<tr class="numbers"><th scope="row" class="left" rowspan="2">{escape(_named(name))}</th>'
            + "".join(f"<td>{_number(_shown(name, values[name]))}</td>" for values in self.scores.values())
            + f'</tr>\n<tr><td class="left reason" colspan="{len(self.scores)}">'
            + f"<div>{escape(_meaning(name, words))}</div></td></tr>"
            for name, words in self.words.items()
        ]
        caption = "All on the same rows. The larger, the better, unless it says the smaller."
        return _scrolled(caption, f'<th scope="col" class="left">score</th>{names}', rows)

    # -- classes ----------------------------------------------------------------------------------

    def _of_classes(self) -> list[str]:
        assert self.classes is not None
        few = len(self.classes) <= MOST_CLASSES
        parts = [self._confusions() if few else self._hits()]
        if len(self.classes) == 2 and not self.note and self.chosen_by is None:
            parts.append(_paragraph(FIND_MORE))
        sections = [_section("Right and wrong", *parts)]
        if self.probabilities is not None and 0 < np.mean(self.truth == self.positive) < 1:
            sections.append(_section("Probabilities", self._roc_curve(), self._calibration()))
        return sections

    def _confusions(self) -> str:
        """Return how many rows of each class were predicted to be of each."""
        assert self.classes is not None
        counts = confusion_matrix(self.truth, self.predicted, labels=list(self.classes))
        head = '<th scope="col" class="left">truth</th>' + "".join(
            f'<th scope="col">predicted {escape(str(label))}</th>' for label in self.classes
        )
        rows = [
            f'<tr><th scope="row" class="left">{escape(str(label))}</th>'
            + "".join(f"<td>{_of_row(count, line.sum())}</td>" for count in line)
            + "</tr>"
            for label, line in zip(self.classes, counts, strict=True)
        ]
        caption = "Rows by their true label, a line for each, and the predicted one. Shares are of the line."
        return _scrolled(caption, head, rows)

    def _hits(self) -> str:
        """Return how many rows of each class were predicted right, and which other one was predicted most."""
        assert self.classes is not None
        counts = confusion_matrix(self.truth, self.predicted, labels=list(self.classes))
        names = ("truth", "rows", "predicted right", "most often taken for")
        head = "".join(
            f'<th scope="col"{"" if place in (1, 2) else " class=left"}>{name}</th>'
            for place, name in enumerate(names)
        )
        rows = []
        for place, (label, line) in enumerate(zip(self.classes, counts, strict=True)):
            others = np.where(np.arange(len(line)) == place, -1, line)
            taken = int(others.argmax())
            wrong = f"{self.classes[taken]}: {_of_row(line[taken], line.sum())}" if line[taken] else ""
            wrong = "" if others.max() < 1 else wrong
            rows.append(
                f'<tr><th scope="row" class="left">{escape(str(label))}</th><td>{line.sum():,}</td>'
                f'<td>{_of_row(line[place], line.sum())}</td><td class="left">{escape(wrong)}</td></tr>'
            )
        return _scrolled("Rows by their true label, a line for each. Shares are of the line.", head, rows)

    def _roc_curve(self) -> str:
        ax = display.axes_for(None)
        RocCurveDisplay.from_predictions(
            self.truth, self.probabilities, pos_label=self.positive, name="the model", ax=ax,
            plot_chance_level=True, chance_level_kw={"label": "guessing (AUC = 0.5)"},
        )  # fmt: skip
        _restyle(ax)
        ax.set_xlabel(f"share of the other rows predicted {_plain(self.positive)}")
        ax.set_ylabel(f"share of the rows that are {_plain(self.positive)} found")
        return _figure(
            "ridge-roc",
            ax.figure,
            f"ROC curve: what share of the rows that are {self.positive!r} is found, over the share of the "
            "other rows that is taken for it, too, as the probability that is asked for gets smaller. The "
            "dashed line is guessing; AUC, the area below the curve, is roc_auc.",
        )

    def _calibration(self) -> str:
        assert self.probabilities is not None
        ax = display.axes_for(None)
        n_bins = int(np.clip(len(self.truth) // BIN_ROWS, 2, 10))
        CalibrationDisplay.from_predictions(
            self.truth, self.probabilities, pos_label=self.positive, n_bins=n_bins, strategy="quantile",
            name="the model", ax=ax,
        )  # fmt: skip
        _restyle(ax)
        ax.set_xlabel(f"mean predicted probability of {_plain(self.positive)}")
        ax.set_ylabel(f"share of rows that are {_plain(self.positive)}")
        return _figure(
            "ridge-calibration",
            ax.figure,
            f"Calibration: the rows by their predicted probability of {self.positive!r}, in {n_bins} groups "
            "of about as many rows, and what share of each group it is true of. On the dotted line "
            "probabilities mean what they say.",
        )

    # -- numbers ----------------------------------------------------------------------------------

    def _of_numbers(self) -> list[str]:
        ax = display.axes_for(None)
        PredictionErrorDisplay.from_predictions(
            self.truth, self.predicted, kind="actual_vs_predicted", subsample=MOST_POINTS, random_state=0,
            ax=ax, scatter_kwargs={"color": display.PURPLE, "alpha": 0.5, "s": 14, "linewidth": 0},
            line_kwargs={"color": "black"},
        )  # fmt: skip
        ax.set_aspect("equal", adjustable="box")
        for name, axis in (("prediction", ax.xaxis), ("truth", ax.yaxis)):
            axis.set_major_locator(display.pyplot().MaxNLocator(5))
            axis.set_label_text(name)
        ax.set_title(
            f"R² {r2_score(self.truth, self.predicted):.3g}, mean absolute error "
            f"{_number(mean_absolute_error(self.truth, self.predicted))}",
            fontsize="medium",
        )
        some = f" ({MOST_POINTS:,} of them, drawn at random)" if len(self.truth) > MOST_POINTS else ""
        words = (
            f"A point for each row{some}: its true number over the predicted one. On the dashed line, y = x, "
            "both are the same."
        )
        return [_section("Predictions against truth", _figure("ridge-predictions", ax.figure, words))]


def _section(title: str, *parts: str) -> str:
    title = escape(title)
    content = "\n".join(parts)
    return f'<section aria-label="{title}">\n<h2>{title}</h2>\n{content}\n</section>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text.replace('+/-', '±'))}</p>"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _named(score: str) -> str:
    """Return a score's name as one would say it."""
    return score.removeprefix(_NEGATED).replace("_", " ")


def _shown(score: str, value: float | None) -> float | None:
    """Return a score without the sign that scikit-learn gives to what is better the smaller it is."""
    return -value if value and score.startswith(_NEGATED) else value


def _meaning(score: str, words: str) -> str:
    """Return what a score is, in words, without that sign."""
    if not score.startswith(_NEGATED) or not words:
        return words
    positive = words.removeprefix("minus ") if words.startswith("minus ") else f"minus the {words}"
    return f"{positive}; the smaller, the better"


def _and(names: Sequence[str], last: str = "and") -> str:
    *before, behind = ("the linear model" if name == "linear model" else name for name in names)
    return f" {last} ".join([", ".join(before), behind]) if before else behind


def _share(value: float) -> str:
    return f"{value:.1%}".replace(".0%", "%")


def _of_row(count: int, n_rows: int) -> str:
    return f"{count:,} ({count / n_rows:.0%})" if n_rows else "0"


def _restyle(ax: Any) -> None:
    """Draw the model's curve in its colour, and what it is compared with in ink."""
    for line in ax.get_lines():
        line.set_color(display.PURPLE if "the model" in str(line.get_label()) else "black")
    ax.legend(fontsize="small", loc="lower right")


def _plain(label: Any) -> str:
    """Return a label that matplotlib does not take for a formula, or its beginning."""
    text = repr(label)
    return (text if len(text) <= 30 else f"{text[:27]}...").replace("$", r"\$")
