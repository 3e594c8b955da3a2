"""The report as text and as a page, parsed and held against the diagnosis."""

import dataclasses
import datetime
import pickle
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_ridge_nn import AlphaDiagnosis, BiasVariance, report
from sklearn_ridge_nn.evidence import Evidence, standard_error

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
    first = " ".join(AlphaDiagnosis.from_dict(content).summary().split("\n\n")[0].split())
    assert first.endswith("But see the findings: small-class.")
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
