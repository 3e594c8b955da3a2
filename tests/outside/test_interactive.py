"""The page with sliders for alpha and epochs, in a browser, against networks that are fitted here.

Needs Chromium with its driver, and the pages that ``make docs`` builds. ``make test-outside`` runs it.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from sklearn.datasets import make_moons
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier

PAGES = Path(__file__).parents[2] / "docs" / "_build" / "html"
ALONE, IN_THE_THEME = "alpha_and_epochs.html", "interactive.html"
WIDTHS = (390, 1280)
#: What one sees and hears of the network that is chosen.
SHOWN = """
const canvases = [...document.querySelectorAll('canvas')];
return {
  pictures: canvases.map(canvas => canvas.toDataURL()),
  words: canvases.map(canvas => canvas.getAttribute('aria-label')),
  sentence: document.getElementById('sentence').textContent,
};
"""
#: Whether a frame is as high as what is in it, and in a theme.
FITS = """document.documentElement.scrollHeight === innerHeight
  && innerHeight - document.querySelector('main').getBoundingClientRect().height < 2"""
THEME = "document.documentElement.dataset.theme === arguments[0]"


@pytest.fixture
def show(opened):
    """Open one of the two pages as a file, without a server, and return what the console said."""
    assert (PAGES / ALONE).exists(), "Build the documentation: make docs"
    return lambda page, width, scheme="light": opened((PAGES / page).as_uri(), width, scheme)


def move(browser, slider, value):
    """Move a slider to what it says it stands for, by keys alone, from its left end."""
    found = browser.find_element("id", slider)
    found.send_keys(Keys.HOME)
    for _ in range(int(found.get_attribute("max"))):
        if found.get_attribute("aria-valuetext") == value:
            break
        found.send_keys(Keys.RIGHT)
    assert found.get_attribute("aria-valuetext") == value


def losses(alpha, epochs):
    """Fit a network as the page says it was, and return it with its train loss, test loss and accuracy."""
    X, y = make_moons(100, noise=0.35, random_state=0)
    X_test, y_test = make_moons(2000, noise=0.35, random_state=1)
    classifier = RidgeMLPClassifier(alpha, epochs=epochs, batch_size=32, validation_split=0, random_state=0)
    network = make_pipeline(StandardScaler(), classifier).fit(X, y)
    train_loss, test_loss = (
        log_loss(y, network.predict_proba(X)),
        log_loss(y_test, network.predict_proba(X_test)),
    )
    return network, train_loss, test_loss, network.score(X_test, y_test)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", [ALONE, IN_THE_THEME])
def test_nothing_is_wider_than_the_window(browser, show, page, width):
    show(page, width)
    frames = browser.find_elements("tag name", "iframe")
    assert len(frames) == (page == IN_THE_THEME)
    is_wider = "return document.documentElement.scrollWidth > document.documentElement.clientWidth;"
    assert not browser.execute_script(is_wider)
    if frames:
        browser.switch_to.frame(frames[0])
    browser.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true; });")
    assert not browser.execute_script(is_wider)


@pytest.mark.parametrize(("slider", "key"), [("alpha", Keys.RIGHT), ("epochs", Keys.LEFT)])
def test_a_key_changes_the_sentence_and_every_picture_with_its_words(browser, show, slider, key):
    show(ALONE, 1280)
    before = browser.execute_script(SHOWN)
    browser.find_element("id", slider).send_keys(key)
    after = browser.execute_script(SHOWN)
    for was, now in zip(before["pictures"], after["pictures"], strict=True):
        assert was != now
    for was, now in zip(before["words"], after["words"], strict=True):
        assert was != now
    assert before["sentence"] != after["sentence"]


@pytest.mark.parametrize(("alpha", "epochs"), [("0", 1000), ("0.0003", 1), ("0.01", 300)])
def test_the_page_shows_what_a_fit_with_so_many_epochs_gives(browser, show, alpha, epochs):
    """The sentence to its last digit, the map to a hundredth, the norms of the kernels to a tenth."""
    show(ALONE, 1280)
    move(browser, "alpha", "alpha 0, no penalty" if alpha == "0" else f"alpha {alpha}")
    move(browser, "epochs", "1 epoch" if epochs == 1 else f"{epochs} epochs")

    network, train_loss, test_loss, accuracy = losses(float(alpha), epochs)
    sentence = browser.find_element("id", "sentence").text.replace("\N{NO-BREAK SPACE}", " ")
    assert f"train loss {train_loss:.2f}, test loss {test_loss:.2f}, {100 * accuracy:.0f} % of" in sentence
    if alpha == "0":
        assert "Without" not in sentence
    else:
        assert sentence.endswith(f"as many epochs is {losses(0.0, epochs)[2]:.2f}.")

    left, right, bottom, top = browser.execute_script("return data.map.box")
    columns, rows = browser.execute_script("return [data.map.columns, data.map.rows]")
    grid = np.meshgrid(np.linspace(left, right, columns), np.linspace(top, bottom, rows))
    expected = network.predict_proba(np.c_[grid[0].ravel(), grid[1].ravel()])[:, 1]
    shown = browser.execute_script("return [...logOddsOf(chosen().number)].map(probability)")
    np.testing.assert_allclose(shown, expected, atol=0.01)

    norms = [f"{np.linalg.norm(kernel):.1f}" for kernel in network[-1].coefs_[:-1]]
    assert f"The norms of the two kernels are {norms[0]} and {norms[1]}." in browser.page_source


def test_the_best_network_is_that_of_the_table_and_one_press_away(browser, show):
    show(ALONE, 1280)
    losses, best, alpha, epochs = browser.execute_script("""
      const cell = document.querySelector('td strong').parentElement;
      return [
        [...document.querySelectorAll('td')].map(each => Number(each.textContent)),
        cell.textContent,
        document.querySelectorAll('thead th')[cell.cellIndex].textContent,
        cell.parentElement.cells[0].textContent,
      ];""")
    assert len(losses) == 180
    assert float(best) == min(losses)
    assert (
        f"is {best}, at alpha {alpha} after {epochs} epochs." in browser.find_element("id", "best-words").text
    )
    browser.find_element("id", "show-best").send_keys(Keys.ENTER)
    sentence = browser.find_element("id", "sentence").text
    assert sentence.startswith(f"Alpha {alpha} after {epochs} epochs: ")
    assert f"test loss {best}," in sentence


def test_the_page_is_one_file_that_asks_for_no_other_and_says_nothing_to_the_console(browser, show):
    said = show(ALONE, 1280)
    for slider in ("alpha", "epochs"):
        browser.find_element("id", slider).send_keys(Keys.END)
    messages = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = [
        each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"
    ]
    asked = [url for url in asked if not url.startswith("data:")]
    assert asked == [(PAGES / ALONE).as_uri()]
    assert said + browser.get_log("browser") == []
    assert (PAGES / ALONE).stat().st_size < 700_000


@pytest.mark.parametrize("width", WIDTHS)
def test_in_the_theme_it_has_the_colours_of_the_page_and_no_scroll_bar(browser, show, width):
    """The reader may choose dark pages where the system is light, and unfold what makes the page longer."""
    said = show(IN_THE_THEME, width)
    (frame,) = browser.find_elements("tag name", "iframe")
    for theme in ("dark", "light"):
        browser.execute_script("document.documentElement.dataset.theme = arguments[0];", theme)
        browser.switch_to.frame(frame)
        WebDriverWait(browser, 10).until(
            lambda driver, theme=theme: driver.execute_script(f"return {FITS} && {THEME};", theme)
        )
        browser.switch_to.default_content()
    browser.switch_to.frame(frame)
    browser.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true; });")
    WebDriverWait(browser, 10).until(lambda driver: driver.execute_script(f"return {FITS};"))
    said += browser.get_log("browser")
    assert [line for line in said if line["level"] != "INFO"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_alone_it_is_as_light_or_dark_as_the_reader_prefers(browser, show, scheme):
    show(ALONE, 1280, scheme)
    colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    shares = [int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    assert (np.mean(shares) > 128) == (scheme == "light")
