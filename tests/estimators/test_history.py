"""``history_`` is a dict of arrays, in a file as in memory, and a table in a notebook."""

import copy
import pickle
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.estimators._history import History


@pytest.fixture(scope="module")
def fitted():
    X, y = load_wine(return_X_y=True)
    return RidgeMLPClassifier(hidden_layer_sizes=(8,), epochs=30, random_state=0).fit(scale(X), y)


def table(history):
    """Return the cells of each row: the name, and the numbers."""
    tree = ElementTree.fromstring(history._repr_html_())  # well-formed
    return {
        row.find("th").text: ["".join(cell.itertext()) for cell in row.findall("td")][1:]
        for row in tree.find("tbody")
    }


def test_the_table_says_the_numbers(fitted):
    history = fitted.history_
    rows = table(history)
    assert list(rows) == list(history)
    for name, values in history.items():
        best = values.argmin() if name.endswith("loss") else values.argmax()
        expected = [f"{values[0]:.4g}", f"{values[-1]:.4g}", f"{values[best]:.4g} ({best + 1})"]
        assert rows[name] == expected


def test_a_loss_that_falls_is_drawn_from_top_to_bottom():
    html = History(loss=np.array([3.0, 2.0, 1.0]))._repr_html_()
    (line,) = ElementTree.fromstring(html).iter("polyline")
    points = np.array([point.split(",") for point in line.get("points").split()], float)
    np.testing.assert_allclose(points, [[2, 2], [80, 14], [158, 26]])


def test_epochs_without_a_number_are_left_out_and_names_are_text():
    rows = table(History({"lr<b>": np.array([np.nan, 0.5, np.nan]), "none": np.array([np.nan])}))
    assert rows == {"lr<b>": ["0.5", "0.5", "0.5 (2)"], "none": ["", "", ""]}
    assert table(History()) == {}


def test_files_hold_a_plain_dict(fitted):
    assert type(fitted.__getstate__()["history_"]) is dict
    for again in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert type(again.history_) is History
        assert again.history_.keys() == fitted.history_.keys()
        np.testing.assert_array_equal(again.history_["loss"], fitted.history_["loss"])
