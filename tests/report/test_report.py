"""The report as text and as a page, parsed and held against the diagnosis."""

import dataclasses
import datetime
import pickle
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_ridge_nn import AlphaDiagnosis, BiasVariance, report
from sklearn_ridge_nn.evidence import Evidence, Trial, standard_error
from sklearn_ridge_nn.report._table import alike_rows

VOID = {"meta", "br", "hr", "img", "link"}


@pytest.fixture(scope="module")
def diagnosis():
    rng = np.random.default_rng(0)
    noise = 0.01 * rng.standard_normal((4, 6))
    test = np.array([[0.8], [0.4], [0.43], [0.9]]) + noise + 0.04 * rng.standard_normal((4, 6))
    train = np.array([[0.1], [0.3], [0.33], [0.8]]) + noise
    return AlphaDiagnosis(
        alphas=np.array([0, 0.01, 0.1, 1.0]),
        train_score=1 - train,
        test_score=1 - test,
        train_loss=train,
        test_loss=test,
        train_loss_curve=train[:, :, None] + np.linspace(1, 0, 5),
        test_loss_curve=test[:, :, None] + np.linspace(1, 0, 5),
        weight_norm=np.ones((4, 6, 2)),
        weight_quantiles=np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], (4, 6, 2, 1)),
        rarest_class=("<b>&", 12, 2),
        score_name="accuracy",
    )


class Balanced(HTMLParser):
    """Collects elements, and fails where tags do not nest."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found, self.words = [], [], []
        self.feed(page)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def test_the_summary_has_a_row_per_alpha_with_its_verdict(diagnosis):
    lines = diagnosis.summary().splitlines()
    rows = [
        line.split() for line in lines if line.split()[:1] and line.split()[0] in ("0", "0.01", "0.1", "1")
    ]
    assert [(row[0], row[1]) for row in rows] == list(
        zip(("0", "0.01", "0.1", "1"), diagnosis.verdicts, strict=True)
    )
    assert "best" in " ".join(rows[diagnosis.best_index])
    assert str(diagnosis) == diagnosis.summary()


def test_the_summary_names_every_check_once_and_needs_no_colour(diagnosis):
    text = " ".join(diagnosis.summary().split())
    assert "\x1b" not in text
    for finding in diagnosis.findings:
        assert text.count(finding.code) == 1
    for finding in diagnosis.findings:
        if finding.severity in ("problem", "hint", "note"):
            assert finding.sentence.split(":")[0] in text


def test_the_first_line_names_the_problems(diagnosis):
    content = diagnosis.to_dict()
    content["evidence"]["rarest_class"] = ["rare", 2, 0]
    first, second, *_ = AlphaDiagnosis.from_dict(content).summary().splitlines()
    assert first == "alpha = 0.01 has the smallest loss; whether another value does as well is undetermined."
    assert second == "But see the findings: small-class."
    assert "But see" not in diagnosis.summary()


def test_a_one_standard_error_alpha_that_is_not_good_is_explained():
    noise = 0.1 * np.array([1, -1, 1, -1, 1, -1])
    sure = 0.001 * np.array([1, 1, -1, -1, 0, 0])
    losses = np.array([[0.8], [0.5], [0.52]]) + noise + np.array([[0], [0], [1]]) * sure
    parts = {"train_loss": losses - 0.1, "test_loss": losses, "train_score": -losses, "test_score": -losses}
    diagnosis = AlphaDiagnosis(alphas=[0, 0.1, 1], **parts)
    assert (diagnosis.one_se_alpha, diagnosis.verdicts[2]) == (1, "underfit")
    for text in (diagnosis.summary(), diagnosis.to_html()):
        assert "It can be called underfit, because the difference of" in " ".join(text.split())


def test_the_summary_keeps_to_the_width(diagnosis):
    assert max(map(len, diagnosis.summary(width=100).splitlines())) <= 100


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_terminal_gets_fewer_columns_and_whole_words(diagnosis, width):
    lines = diagnosis.summary(width=width).splitlines()
    assert max(map(len, lines)) <= width
    table = lines[lines.index("") + 1 :]
    rows = {line.split()[0]: line for line in table[1 : 1 + len(diagnosis.alphas)]}
    assert list(rows) == ["0", "0.01", "0.1", "1"]
    for row, verdict in zip(rows.values(), diagnosis.verdicts, strict=True):
        assert row.split()[1] == verdict
        assert "…" not in row
    assert "<- best" in rows["0.01"]


def test_an_alpha_that_failed_everywhere_is_reported_without_a_warning(diagnosis):
    content = diagnosis.to_dict()
    for name, values in content["evidence"].items():
        if isinstance(values, list) and len(values) == 4 and name != "alphas":
            values[3] = np.full_like(np.array(values[3], dtype=float), np.nan).tolist()
    failed = AlphaDiagnosis.from_dict(content)
    assert failed.verdicts[3] == "undetermined"
    page = failed.to_html()
    assert "for the smallest, the best and the largest alpha" in page
    assert "alpha = 1, undetermined" not in page  # no line without a point


def test_a_report_needs_nothing_but_evidence_and_findings(diagnosis):
    """Report and pictures do not know who measured, or who chose the words."""
    measured = {field.name: getattr(diagnosis, field.name) for field in dataclasses.fields(Evidence)}
    evidence = Evidence(**measured)
    assert report.page(evidence, diagnosis.findings) == diagnosis.to_html()
    assert report.fragment(evidence, diagnosis.findings) == diagnosis._repr_html_()
    assert report.text(evidence, diagnosis.findings, width=100) == diagnosis.summary()
    few = [finding for finding in diagnosis.findings if finding.severity == "passed"]
    assert "0 other checks" in report.page(evidence, [])
    assert f"{len(few)} other checks" in report.page(evidence, few)


def test_a_parameter_may_look_like_a_formula(diagnosis):
    content = diagnosis.to_dict()
    content["evidence"] |= {"param_name": "a$\\frac$<b", "loss_name": "loss $x"}
    page = AlphaDiagnosis.from_dict(content).to_html()
    assert "a$\\frac$&lt;b" in page


def test_the_page_is_well_formed_and_needs_nothing_else(diagnosis, tmp_path):
    page = diagnosis.to_html()
    assert diagnosis.to_html(tmp_path / "report.html") is None
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    parsed = Balanced(page)
    assert not parsed.all("script")
    assert not parsed.all("link")
    addresses = [
        value for _, attrs in parsed.found for name, value in attrs.items() if name in ("src", "href")
    ]
    assert not [address for address in addresses if not address.startswith("#") and "://" in address]
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_the_page_can_be_read_aloud(diagnosis):
    parsed = Balanced(diagnosis.to_html())
    assert parsed.all("html")[0]["lang"] == "en"
    assert [tag for tag, _ in parsed.found if tag in ("h1", "h2", "h3")][:2] == ["h1", "h2"]
    assert len(parsed.all("h1")) == 1
    assert all(cell.get("scope") in ("col", "row") for cell in parsed.all("th"))
    pictures = [svg for svg in parsed.all("svg") if "role" in svg]
    assert len(pictures) == 4
    assert all(svg["role"] == "img" and len(svg["aria-label"]) > 40 for svg in pictures)


def test_the_page_tells_what_the_diagnosis_says(diagnosis):
    words = " ".join(Balanced(diagnosis.to_html()).words)
    for finding in diagnosis.findings:
        assert finding.sentence in words
        assert finding.code in words
    for reason in diagnosis.reasons:
        assert reason in words


def test_the_page_begins_with_what_it_is_about(diagnosis):
    about = (("Data", "a & b.csv"), ("Rows", "178, 13 columns"))
    words = Balanced(dataclasses.replace(diagnosis, about=about).to_html()).words
    start = words.index("Data")
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    expected = ["Data", "a & b.csv", "Rows", "178, 13 columns", "Written", today]
    assert [word for word in words[start:] if word.strip()][:6] == expected
    assert "Diagnosis of alpha: a & b.csv" in words[:start]


def test_names_from_the_data_cannot_break_the_page(diagnosis):
    page = diagnosis.to_html()
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_pictures_are_xml_with_ids_of_their_own_and_the_pages_ink(diagnosis):
    page = diagnosis.to_html()
    pictures = page.split("<figure>")[1:]
    ids = []
    for picture in pictures:
        svg = picture[picture.index("<svg") : picture.index("</svg>") + 6]
        root = ET.fromstring(svg)
        ids += [
            element.get("id") for element in root.iter() if element.get("id") and element.get("id")[0] == "p"
        ]
        assert "currentColor" in svg
    clips = [i for i in ids if len(i) == 11]  # clip paths are referred to by id
    assert len(clips) == len(set(clips))


def test_points_say_their_numbers_where_a_pointer_rests(diagnosis):
    """Each marker has a disc with a title in its place; from left to right they follow alpha."""
    page = diagnosis.to_html()
    discs = re.findall(r'<circle cx="([^"]+)" cy="([^"]+)" [^>]*><title>([^<]+)</title></circle>', page)
    markers = set(re.findall(r'<use xlink:href="#[^"]+" x="([^"]+)" y="([^"]+)"', page))
    assert {(x, y) for x, y, _ in discs} <= markers
    error = standard_error(diagnosis.test_loss, diagnosis.test_ratio)
    expected = [
        f"alpha {alpha:.3g}, {verdict}: test log loss {mean:.3g} ± {bar:.2g}"
        for alpha, verdict, mean, bar in zip(
            diagnosis.alphas, diagnosis.verdicts, diagnosis.test_loss.mean(axis=1), error, strict=True
        )
    ]
    of_test = sorted((float(x), float(y), text) for x, y, text in discs if ": test log loss" in text)
    assert [text for *_, text in of_test] == expected
    heights = [y for _, y, _ in of_test]  # SVG counts downwards
    assert np.argsort(heights).tolist() == np.argsort(-diagnosis.test_loss.mean(axis=1)).tolist()
    assert sum("smallest mean test log loss" in text for *_, text in discs) == 4
    assert sum("on test rows" in text for *_, text in discs) == 3 * 5
    assert sum("norm 1, weights of hidden 1" in text for *_, text in discs) == 4


def test_a_point_without_a_loss_has_no_text_and_the_others_keep_theirs(diagnosis):
    train, test = diagnosis.train_loss.copy(), diagnosis.test_loss.copy()
    train[2], test[2] = np.nan, np.nan
    failed = AlphaDiagnosis(
        alphas=diagnosis.alphas, train_score=1 - train, test_score=1 - test, train_loss=train, test_loss=test
    )
    texts = re.findall(r"<title>(alpha [^<]+: test log loss [^<]+)</title>", failed.to_html())
    assert sorted(text.split(",")[0] for text in texts) == ["alpha 0", "alpha 0.01", "alpha 1"]
    assert f"test log loss {test[3].mean():.3g}" in next(text for text in texts if "alpha 1," in text)


def test_hatching_is_seen_in_the_page(diagnosis):
    """Not through a fill-opacity meant for the tint, which would fade the lines as well."""
    page = diagnosis.to_html()
    fills = re.findall(r"fill: url\(#\w+\)([^\"]*)", page)
    assert len(fills) >= 2
    assert not [fill for fill in fills if "fill-opacity" in fill]


def test_a_notebook_shows_the_report_with_one_picture(diagnosis):
    parsed = Balanced(diagnosis._repr_html_())
    assert len([svg for svg in parsed.all("svg") if "role" in svg]) == 1
    assert not parsed.all("html")


def test_findings_show_themselves_as_the_report_shows_them(diagnosis):
    """In print and in notebooks; to everything else they are the tuple that they were."""
    findings = diagnosis.findings
    assert isinstance(findings, tuple)
    assert str(findings) == "Findings" + diagnosis.summary().partition("Findings")[2]
    parsed = Balanced(findings._repr_html_())
    assert parsed.all("h2")
    section = findings._repr_html_().partition("<section")[2].rpartition("</section>")[0]
    assert section
    assert section in diagnosis._repr_html_()
    assert pickle.loads(pickle.dumps(findings)) == findings


def test_a_notebook_shows_a_decomposition_as_picture_and_table(diagnosis, monkeypatch):
    log_proba = np.log(
        [[[[0.8, 0.2]], [[0.4, 0.6]], [[0.9, 0.1]]], [[[0.5, 0.5]], [[0.5, 0.5]], [[0.4, 0.6]]]]
    )
    result = BiasVariance.from_log_proba([0.1, 1.0], log_proba, targets=[0])
    parsed = Balanced(result._repr_html_())
    assert len([svg for svg in parsed.all("svg") if "role" in svg]) == 1
    assert len(parsed.all("tr")) == 1 + 2
    words = " ".join(parsed.words)
    for number in result.to_frame().to_numpy().ravel():
        assert f"{number:.3g}" in words
    assert "1 test rows" not in words
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert not Balanced(result._repr_html_()).all("svg")


def test_reports_leave_no_figure_open(diagnosis):
    before = plt.get_fignums()
    diagnosis._repr_html_()
    diagnosis.to_html()
    assert plt.get_fignums() == before


# -- the answer, and rows that are alike -----------------------------------------------------------------


def evidence_of(test, train=None, **more):
    """A diagnosis of mean losses by hand; noise that all alphas of a split share tells none from another."""
    test = np.asarray(test, float)[:, None] + 0.02 * np.array([1, -1, 2, -2, 1, -1])
    train = test - 0.1 if train is None else np.asarray(train, float)[:, None] + np.zeros(6)
    more = {"alphas": [0, *10.0 ** np.arange(-5, len(test) - 6)], "score_name": "accuracy", **more}
    return AlphaDiagnosis(
        train_loss=train, test_loss=test, train_score=1 - train, test_score=1 - test, **more
    )


def test_values_that_do_as_well_are_named_together_and_not_the_accident_of_the_smallest():
    losses = [0.4003, 0.4002, 0.4001, 0.4002, 0.9]
    diagnosis = evidence_of(losses, train=[0.3003, 0.3, 0.3, 0.3001, 0.8])
    assert diagnosis.best_alpha == 1e-4
    lines = diagnosis.summary().splitlines()
    assert lines[0] == ("Any alpha up to 0.001 will do: these splits show no difference between them.")
    row = next(line for line in lines if line.startswith("0 to 0.001"))
    assert row.split()[3:5] == ["good", "0.4"]
    assert "best: 0.0001" in row
    assert "0.001 " not in [line.split(" ")[0] + " " for line in lines]  # no row of its own
    page = Balanced(diagnosis.to_html())
    assert "0 to 0.001" in page.words


@pytest.mark.parametrize(
    ("losses", "first"),
    [
        ([0.6, 0.4, 0.9], "alpha = 1e-05 has the smallest loss; whether another value does as well is undet"),
        ([0.4, 0.6, 0.9], "alpha = 0 has the smallest loss, and no other value does as well."),
        ([0.9, 0.4001, 0.4], "Any alpha from 1e-05 to 0.0001 will do"),
        ([0.4001, 0.4, 0.4], "Any alpha up to 0.0001 will do"),
    ],
)
def test_the_first_sentence_says_which_value_to_use(losses, first):
    assert evidence_of(losses).summary().startswith(first)


def test_rows_that_differ_stay_apart():
    """In verdict, in test loss, in train loss, or in score: each by more than the margin."""
    apart = evidence_of([0.4, 0.4], train=[0.1, 0.2], alphas=[0.1, 1])
    assert alike_rows(apart) == [[0], [1]]
    assert alike_rows(evidence_of([0.4, 0.4], alphas=[0.1, 1])) == [[0, 1]]
    assert alike_rows(evidence_of([0.4, 0.5], alphas=[0.1, 1])) == [[0], [1]]
    scores = dataclasses.replace(apart, train_loss=apart.train_loss[[0, 0]])
    assert alike_rows(scores) == [[0, 1]]
    scores = dataclasses.replace(scores, test_score=scores.test_score - np.array([[0], [0.1]]))
    assert alike_rows(scores) == [[0], [1]]
    nothing = dataclasses.replace(scores, test_score=np.full((2, 6), np.nan))  # that is alike, too
    assert alike_rows(nothing) == [[0, 1]]


def test_the_answer_says_how_often_it_is_right_beside_the_others(diagnosis):
    def trial(name, kind, loss):
        return Trial(name, kind, np.full(6, loss) + 0.01 * np.arange(6), np.full(6, 1 - loss))

    trials = (
        trial("the network", "as it is", 0.4),
        trial("LogisticRegressionCV", "yardstick", 0.25),
        trial("HistGradientBoosting", "yardstick", 0.3),
        trial("guessing", "yardstick", 0.5),
    )
    text = " ".join(dataclasses.replace(diagnosis, trials=trials).summary().split())
    right = f"{diagnosis.test_score[diagnosis.best_index].mean():.1%}"
    assert (
        f"Predictions are right on {right} of the test rows, a linear model (LogisticRegressionCV) on 75.0%, "
        "boosted trees (HistGradientBoosting) on 70.0%, guessing on 50.0%."
    ) in text
    assert "Another classifier does better here." in text
    without = " ".join(diagnosis.summary().split())
    assert f"Predictions are right on {right} of the test rows." in without


def test_a_good_alpha_is_not_called_a_good_network(diagnosis):
    """Good is the name of a verdict: a page says what it means wherever it shows it."""
    page = Balanced(diagnosis.to_html())
    assert "the best (1 SE)" in page.words
    assert "as good as the best" in page.words  # in the glossary
    assert "It does not say that the network is good." in " ".join(diagnosis.summary().split())
    assert "The words" in page.words


def test_what_is_folded_is_open_in_print():
    style = (files("sklearn_ridge_nn.report") / "style.css").read_text(encoding="utf-8")
    printed = style.partition("@media print")[2]
    assert "details::details-content { content-visibility: visible" in printed
    assert ".scroll { overflow: visible" in printed
    assert style.strip().endswith(printed.strip())  # what comes later would win


@pytest.mark.parametrize(
    "where",
    [np.eye(4, 6, dtype=bool), np.arange(24).reshape(4, 6) % 6 == 2, np.eye(4, 6, 2, dtype=bool)[::-1]],
    ids=["each lacks another", "all lack one", "none has all"],
)
def test_losses_that_lack_spoil_no_report(diagnosis, where):
    """Neither where no alpha has all of its losses, nor where a whole split has none."""
    fields = {
        name: np.where(where.reshape(4, 6, *[1] * (getattr(diagnosis, name).ndim - 2)), np.nan, values)
        for name in (
            "test_loss", "train_loss", "test_score", "train_score", "test_loss_curve", "train_loss_curve",
            "weight_norm", "weight_quantiles",
        )
        if (values := getattr(diagnosis, name)) is not None
    }  # fmt: skip
    broken = dataclasses.replace(diagnosis, **fields)
    assert "nan" not in broken.summary().splitlines()[0]
    first = broken.summary().splitlines()[0]
    has_all = np.isfinite(broken.by_split(broken.test_loss)).all(axis=1).any()
    assert first.startswith("No alpha has a loss on every split") != has_all
    assert len(Balanced(broken.to_html()).all("svg")) >= 3
