"""The page about a fitted model, parsed and held against the predictions that it is made of."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, mean_absolute_error, r2_score, roc_auc_score

from sklearn_ridge_nn.report import FitReport

VOID = {"meta", "br", "hr", "img", "link"}
N_ROWS = 200


class Page(HTMLParser):
    """Collects tables, pictures and words, and fails where tags do not nest."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tables, self.pictures, self.words = [], [], [], ""
        self.feed(page)
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag == "svg":
            self.pictures.append(dict(attributes)["aria-label"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


def report_of(truth, predicted, **others):
    measured = {"accuracy": 0.75, "neg_mean_absolute_error": -3.5, "f1": 0.0}
    guessed = {"accuracy": None, "neg_mean_absolute_error": -20_000.4, "f1": 1.0}
    given = {
        "name": "d.csv",
        "about": [("Data", "d.csv"), ("Seed", "0")],
        "chosen": ["alpha: 0.01 +/- 0.1."],
        "held_out": "These are rows held out.",
        "words": {
            "accuracy": "share of rows predicted right",
            "neg_mean_absolute_error": "minus <b>",
            "f1": "",
        },
        "scores": {"this network": measured, "guessing": guessed},
        "yardsticks": "Guessing is a guess.",
        "truth": truth,
        "predicted": predicted,
    }
    return FitReport(**given | others)


@pytest.fixture
def two():
    """Labels with signs of HTML and of formulas in them."""
    rng = np.random.default_rng(0)
    labels = np.array(["$a_b", "<i>&"])
    truth = labels[rng.integers(0, 2, N_ROWS)]
    proba = np.clip((truth == labels[1]) * 0.3 + rng.uniform(0, 0.7, N_ROWS), 0, 1)
    predicted = np.where(proba > 0.5, labels[1], labels[0])
    return {
        "truth": truth, "predicted": predicted, "classes": labels.tolist(), "positive": "<i>&",
        "probabilities": proba,
    }  # fmt: skip


def test_the_page_needs_nothing_else_and_nests(two):
    page = report_of(**two).to_html()
    parsed = Page(page)
    assert "<title>A model of d.csv</title>" in page
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)
    assert "alpha: 0.01 ± 0.1." in parsed.words
    assert "<i>&" in parsed.words
    assert "<b>" in parsed.words


def test_scores_stand_beside_those_of_others_with_their_words_below(two):
    table, *_ = Page(report_of(**two).to_html()).tables
    assert table == [
        ["score", "this network", "guessing"],
        ["accuracy", "0.75", "-"],
        ["share of rows predicted right"],
        ["mean absolute error", "3.5", "20,000"],
        ["<b>; the smaller, the better"],
        ["f1", "0", "1"],
        [""],
    ]


def test_the_page_says_which_of_the_others_the_model_is_better_than(two):
    sure = {"guessing": 1, "linear model": 0, "boosted trees": 0}
    words = Page(report_of(**two, sure=sure).to_html()).words
    assert "It is better than guessing: chance does not explain so large a difference." in words
    assert "Whether it is better than the linear model or boosted trees these rows cannot tell." in words
    sure = {"guessing": 1, "linear model": 1, "boosted trees": -1}
    words = Page(report_of(**two, sure=sure).to_html()).words
    assert "It is better than guessing and the linear model: chance" in words
    assert "It is worse than boosted trees: chance" in words
    assert "cannot tell" not in words


def test_labels_and_probabilities_may_say_different_things(two):
    sure = {"guessing": 0, "boosted trees": 0}
    words = Page(report_of(**two, sure=sure, sure_by_probabilities={**sure, "guessing": 1}).to_html()).words
    assert "Whether it is better than guessing or boosted trees these rows cannot tell. It is better" in words
    assert "It is better than guessing by its probabilities (log loss): chance does not" in words
    assert "Whether it is better than boosted trees by its probabilities (log loss) these rows" in words
    same = Page(report_of(**two, sure=sure, sure_by_probabilities=sure).to_html()).words
    assert "by its probabilities" not in same
    assert "fit with --positive and --threshold" in same


def test_a_threshold_is_judged_by_what_it_was_chosen_by(two):
    chosen = {"note": "The model's threshold was chosen by f1, and not by this share.", "chosen_by": "f1"}
    words = Page(report_of(**two, **chosen).to_html()).words
    assert "f1, which its threshold was chosen by, is 0, that of guessing 1. So 75% of the labels" in words
    assert "fit with --positive" not in words


def test_columns_are_drawn_where_they_are_known(two):
    known = {"rests_on": [("a_$b", 0.5, (0.3, 0.7)), ("<c>", 0.1, (-0.1, 0.3))], "loss_name": "log loss"}
    page = report_of(**two, **known, rests_on_words="What the log loss rises by.").to_html()
    assert "rise of the log loss" in page
    assert Page(page).pictures[-1] == "What the log loss rises by."
    unknown = report_of(**two, rests_on_words="Not measured.").to_html()
    assert "Not measured." in Page(unknown).words
    assert len(Page(unknown).pictures) == len(Page(page).pictures) - 1
    assert "rest on" not in Page(report_of(**two).to_html()).words


def test_the_confusion_table_has_counts_and_shares_of_the_row(two):
    _, table = Page(report_of(**two).to_html()).tables
    counts = confusion_matrix(two["truth"], two["predicted"], labels=two["classes"])
    assert table[0] == ["truth", "predicted $a_b", "predicted <i>&"]
    for row, label, line in zip(table[1:], two["classes"], counts, strict=True):
        assert row == [label, *(f"{count} ({count / line.sum():.0%})" for count in line)]


def test_two_classes_have_a_roc_curve_and_a_calibration(two):
    page = report_of(**two).to_html()
    roc, calibration = Page(page).pictures
    assert roc.startswith("ROC curve")
    assert "in 10 groups" in calibration
    area = roc_auc_score(two["truth"] == "<i>&", two["probabilities"])
    assert f"the model (AUC = {area:.2f})" in page
    assert Page(report_of(**two | {"probabilities": None}).to_html()).pictures == []


def test_rows_of_one_label_have_no_roc_curve(two):
    only = two["truth"] == "<i>&"
    two |= {name: two[name][only] for name in ("truth", "predicted", "probabilities")}
    parsed = Page(report_of(**two).to_html())
    assert parsed.pictures == []
    assert parsed.tables[1][1] == ["$a_b", "0", "0"]


def test_many_classes_have_a_line_each():
    truth = np.repeat(np.arange(20), 10)
    predicted = np.where(truth == 3, 5, truth)
    predicted[0] = 9
    _, table = Page(report_of(truth, predicted, classes=list(range(20))).to_html()).tables
    assert table[0] == ["truth", "rows", "predicted right", "most often taken for"]
    assert table[1] == ["0", "10", "9 (90%)", "9: 1 (10%)"]
    assert table[4] == ["3", "10", "0 (0%)", "5: 10 (100%)"]
    assert table[5] == ["4", "10", "10 (100%)", ""]


def test_numbers_are_drawn_against_the_truth():
    rng = np.random.default_rng(0)
    truth = rng.normal(100, 20, N_ROWS)
    predicted = truth + rng.normal(0, 5, N_ROWS)
    page = report_of(truth, predicted).to_html()
    (words,) = Page(page).pictures
    assert "y = x" in words
    assert f"R² {r2_score(truth, predicted):.3g}" in page
    assert f"mean absolute error {mean_absolute_error(truth, predicted):.4g}" in page
    assert page.count("<use ") > N_ROWS
    assert "(1,000 of them, drawn at random)" not in page
    many = report_of(np.tile(truth, 10), np.tile(predicted, 10)).to_html()
    assert "(1,000 of them, drawn at random)" in many
    assert many.count("<use ") < 1_100


def test_pictures_have_the_pages_ink_and_no_colour_of_a_verdict(two):
    rng = np.random.default_rng(0)
    numbers = report_of(rng.normal(size=50), rng.normal(size=50)).to_html()
    for page in (report_of(**two).to_html(), numbers):
        drawn = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL)).lower()
        assert "#8a2f9e" in drawn
        assert "currentcolor" in drawn
        for colour in ("#d55e00", "#009e73", "#0072b2", "#1f77b4", "#ff7f0e", "#2ca02c", "#000000"):
            assert colour not in drawn
        sizes = [float(size) for size in re.findall(r"font: (?:\w+ )*([\d.]+)px", drawn)]
        sizes += [float(size) for size in re.findall(r"font-size: ([\d.]+)px", drawn)]
        assert min(sizes) >= 8.33
