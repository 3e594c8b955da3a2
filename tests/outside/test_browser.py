"""The report and the documentation in a browser, as wide as a phone and as a desk.

Needs Chromium with its driver, and the pages that ``make docs`` builds. ``make test-outside`` runs it.
"""

import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from sklearn_ridge_nn import AlphaDiagnosis

PAGES = Path(__file__).parents[2] / "docs" / "_build" / "html"
WIDTHS = (390, 1280, 1920)
#: What reaches beyond the right edge, wherever it is, but for what scrolls in a box of its own.
BEYOND = """
const width = document.documentElement.clientWidth, beyond = [];
const scrolls = node => node && node !== document.body &&
  (['auto', 'scroll', 'hidden'].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
for (const node of document.body.querySelectorAll('*')) {
  const box = node.getBoundingClientRect();
  const inside = node.closest('svg') !== null && node.tagName !== 'svg';
  const isShown = box.width > 0 && box.height > 0 && getComputedStyle(node).visibility !== 'hidden';
  if (isShown && !inside && box.left < width && box.right > width + 1 && !scrolls(node.parentElement))
    beyond.push(node.outerHTML.slice(0, 120));
}
return {beyond: beyond.slice(0, 5), scrolled: document.documentElement.scrollWidth - width};
"""
#: Pictures, those that did not load, and those without a word for who cannot see them.
PICTURES = """
const images = [...document.querySelectorAll('main img[src], article img[src]')];
const drawn = [...document.querySelectorAll('svg[role=img]:not([aria-hidden=true])')];
images.forEach(image => { image.loading = 'eager'; });
await Promise.all(images.map(image => image.decode().catch(() => null)));
return {
  shown: images.length + drawn.filter(svg => svg.getBoundingClientRect().height > 100).length,
  missing: images.filter(image => !image.naturalWidth).map(image => image.src),
  silent: images.filter(image => !image.alt).map(image => image.src)
    .concat(drawn.filter(svg => !svg.ariaLabel).map(svg => svg.id)),
};
"""


#: Code whose lines are cut, and lists of pages beside the text without a page in them.
IN_VAIN = """
const isShown = node => node.getBoundingClientRect().width > 0;
const isCut = pre => pre.scrollWidth > pre.clientWidth + 1;
const cut = [...document.querySelectorAll('article pre')].filter(isCut);
const beside = [...document.querySelectorAll('.bd-sidebar-primary, .bd-sidebar-secondary')].filter(isShown);
return {
  cut: cut.map(pre => pre.textContent.split('\\n').sort((a, b) => b.length - a.length)[0]),
  empty: beside.filter(bar => !bar.querySelector('a[href]')).map(bar => bar.id || bar.className),
};
"""


class Pages(SimpleHTTPRequestHandler):
    """Serves the documentation, without a log."""

    def __init__(self, *args):
        super().__init__(*args, directory=PAGES)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    """Serves the documentation and returns where."""
    assert (PAGES / "index.html").exists(), "Build the documentation: make docs"
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report with everything in it that can be wide: many alphas, long names, all pictures."""
    rng = np.random.default_rng(0)
    test = np.linspace(0.9, 0.3, 20)[:, None] + 0.02 * rng.standard_normal((20, 15))
    test[-3:] += 0.4
    curves = test[:, :, None] + np.linspace(1, 0, 30)
    diagnosis = AlphaDiagnosis(
        alphas=np.r_[0, np.logspace(-8, 1, 19)],
        train_score=1 - test,
        test_score=1 - test,
        train_loss=test - 0.2,
        test_loss=test,
        train_loss_curve=curves,
        test_loss_curve=curves,
        weight_norm=rng.uniform(1, 2, (20, 15, 4)),
        weight_quantiles=np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], (20, 15, 4, 1)),
        rarest_class=("a_class_with_a_name_of_more_than_sixty_letters_and_without_a_space", 12, 0),
        score_name="neg_mean_absolute_percentage_error",
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    diagnosis.to_html(path)
    return path.as_uri()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_report_fits_says_nothing_to_the_console_and_shows_its_pictures(browser, opened, report, width):
    said = opened(report, width)
    found = browser.execute_script(BEYOND)
    pictures = browser.execute_script(PICTURES)
    assert said == []
    assert found == {"beyond": [], "scrolled": 0}
    assert pictures == {"shown": 4, "missing": [], "silent": []}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("page", "n_pictures"),
    [("index", 1), ("tutorial", 11), ("diagnosis", 2), ("auto_examples/plot_quick_start", 1), ("api", 0),
     ("user_guide", 0), ("cli", 0), ("benchmarks", 0), ("coming_from", 0), ("engine", 0), ("install", 0),
     ("processes", 0), ("ecosystem", 0), ("interactive", 0), ("teaching", 0), ("decisions/index", 0),
     ("changelog", 0),
     ("generated/sklearn_ridge_nn.RidgeMLPClassifier", 0), ("generated/sklearn_ridge_nn.diagnose", 0)],
)  # fmt: skip
def test_a_page_of_the_documentation_fits_and_shows_its_pictures(
    browser, opened, address, width, page, n_pictures
):
    said = opened(f"{address}/{page}.html", width)
    found = browser.execute_script(BEYOND)
    pictures = browser.execute_script(PICTURES)
    assert [line for line in said if line["level"] != "INFO"] == []
    assert found["scrolled"] == 0, json.dumps(found, indent=1)
    in_vain = browser.execute_script(IN_VAIN)
    assert in_vain["empty"] == []
    if width >= 1280:  # a phone has no room for lines of code
        assert in_vain["cut"] == []
    assert pictures["shown"] >= n_pictures
    assert (pictures["missing"], pictures["silent"]) == ([], [])


def test_a_picture_on_a_phone_has_no_word_below_ten_pixels(browser, opened, report):
    """It keeps its size and scrolls in a box of its own, whose shadow says so."""
    opened(report, 390)
    sizes = browser.execute_script("""
      return [...document.querySelectorAll('main svg text')].map(text => {
        const picture = text.ownerSVGElement;
        const scale = picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
        return [parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent];
      });""")
    assert len(sizes) > 50
    powers = {"\N{MINUS SIGN}"}  # exponents are smaller, as they are everywhere
    assert [
        (size, text) for size, text in sizes if size < 10 and not {*text} <= powers | {*"0123456789"}
    ] == []


def test_a_printed_report_opens_what_is_folded_and_cuts_nothing(browser, opened, report):
    opened(report, 794)  # A4 at 96 pixels an inch
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    found = browser.execute_script(BEYOND)
    shut = browser.execute_script("""
      const isShut = part => part.lastElementChild.getBoundingClientRect().height === 0;
      return [...document.querySelectorAll('details')].filter(isShut).map(part => part.textContent);""")
    wide = browser.execute_script("""
      return [...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth + 1)
        .map(box => box.textContent.slice(0, 40));""")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert found["scrolled"] == 0, found
    assert (shut, wide) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reports_words_can_be_read_on_its_paper(browser, opened, report, scheme):
    """The contrast of every text is at least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).

    Titles of points are not among them: the browser draws those in its own colours.
    """
    opened(report, 1280, scheme)
    pairs = browser.execute_script("""
      const paper = node => {
        const colour = getComputedStyle(node).backgroundColor;
        if (colour !== 'rgba(0, 0, 0, 0)') return colour;
        return node.parentElement ? paper(node.parentElement) : 'rgb(255, 255, 255)';
      };
      const texts = [...document.querySelectorAll('main :not(style, title)')].filter(node =>
        [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()));
      return texts.map(node => {
        const style = getComputedStyle(node);
        return [node.closest('svg') ? style.fill : style.color, paper(node), node.textContent.slice(0, 40)];
      });""")
    assert len(pairs) > 100
    low = [pair for pair in pairs if contrast(*pair[:2]) < 4.5]
    assert low == []


def contrast(one, other):
    """Return the ratio of two colours' relative luminances (WCAG 2.2, its glossary)."""

    def luminance(colour):
        shares = np.array([float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
