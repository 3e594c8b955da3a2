"""A model in a file says what it is, and loads nothing but what it should consist of."""

import dataclasses
import json
import re
import subprocess
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor
from sklearn_ridge_nn.cli import _model_file as model_files
from sklearn_ridge_nn.cli._columns import Columns, pipeline
from sklearn_ridge_nn.cli._model_file import Card


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"n": rng.normal(size=60), "c": rng.choice(["a", "b"], 60)}).astype({"c": object})
    return X, np.where(X["n"] > 0, "yes", "no")


@pytest.fixture(scope="module")
def model(rows):
    classifier = RidgeMLPClassifier(0.01, hidden_layer_sizes=(4,), epochs=2, random_state=0)
    return pipeline(rows[0], Columns(("n",), ("c",)), classifier).fit(*rows)


@pytest.fixture
def card():
    return Card(
        task="classification",
        data={
            "file": "t.csv",
            "rows": 60,
            "target": "y",
            "numeric": ["n"],
            "categorical": ["c"],
            "dates": {},
            "text": [],
            "dropped": [],
            "missing": [],
        },
        classes=["no", "yes"],
        range=None,
        alpha=0.01,
        chosen=None,
        held_out=None,
        network={"epochs": 2},
        seed=0,
    )


def test_what_is_loaded_predicts_what_was_saved(tmp_path, model, card, rows):
    path = str(tmp_path / "m.skops")
    model_files.save(model, card, path)
    np.testing.assert_array_equal(
        model_files.load(path, card).predict_proba(rows[0]), model.predict_proba(rows[0])
    )
    read = model_files.read_card(path)
    assert len(read.digest) == 64
    assert dataclasses.replace(read, digest=None) == card
    assert [child.name for child in tmp_path.iterdir()] == ["m.skops"]


def test_skops_itself_loads_the_file(tmp_path, model, card, rows):
    path = tmp_path / "m.skops"
    model_files.save(model, card, str(path))
    trusted = ["numpy.dtype", "sklearn_ridge_nn.RidgeMLPClassifier"]
    loaded = skops.io.load(path, trusted=trusted)
    np.testing.assert_array_equal(loaded.predict_proba(rows[0]), model.predict_proba(rows[0]))


def test_a_card_is_plain_json_with_a_date_and_versions(card):
    content = json.loads(json.dumps(card.to_dict()))
    assert content["schema"] == "sklearn-ridge-nn/model"
    assert content["libraries"].keys() >= {
        "python",
        "scikit-learn",
        "keras",
        "tensorflow",
        "sklearn-ridge-nn",
    }
    assert pd.Timestamp(content["created"]).tzname() == "UTC"
    assert Card.from_dict(content) == card


def of_version_2(card):
    """What version 2 wrote: columns were numeric or categorical."""
    content = json.loads(json.dumps(card.to_dict())) | {"version": 2}
    del content["data"]["dates"], content["data"]["text"]
    return content


def of_version_1(card):
    """What version 1 wrote: no task and no range, and guesses were always how frequent the classes are."""
    content = of_version_2(card) | {"version": 1}
    del content["task"], content["range"]
    return content


def test_a_card_of_version_2_has_numbers_and_categories(card):
    assert Card.from_dict(of_version_2(card)) == card


def test_a_card_of_version_1_is_a_classification(card):
    assert Card.from_dict(of_version_1(card)) == card
    scores = {"rows": 12, "scores": {"accuracy": 0.8}, "guessing": {"accuracy": 0.5}}
    old = Card.from_dict(of_version_1(dataclasses.replace(card, held_out=scores)))
    assert "accuracy 0.5 (class frequencies, on the same rows)" in old.as_text()
    assert re.search(r"^Task +classification$", old.as_text(), re.MULTILINE)


def test_a_model_with_a_card_of_version_1_is_loaded(tmp_path, model, card, rows):
    path = str(tmp_path / "m.skops")
    skops.io.dump(model, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(model_files.CARD, json.dumps(of_version_1(card)))
    loaded = model_files.load(path, model_files.read_card(path))
    np.testing.assert_array_equal(loaded.predict_proba(rows[0]), model.predict_proba(rows[0]))


@pytest.fixture
def regression(card):
    return dataclasses.replace(card, task="regression", classes=None, range=[-1.5, 2.0])


@pytest.fixture(scope="module")
def regressor(rows):
    network = RidgeMLPRegressor(0.01, hidden_layer_sizes=(4,), epochs=2, random_state=0)
    return pipeline(rows[0], Columns(("n",), ("c",)), network).fit(rows[0], rows[0]["n"] ** 2)


def test_a_regression_predicts_what_was_saved(tmp_path, regressor, regression, rows):
    path = str(tmp_path / "m.skops")
    model_files.save(regressor, regression, path)
    assert dataclasses.replace(model_files.read_card(path), digest=None) == regression
    loaded = model_files.load(path, regression)
    np.testing.assert_array_equal(loaded.predict(rows[0]), regressor.predict(rows[0]))
    assert "y: numbers from -1.5 to 2" in regression.as_text()


def test_a_pipeline_of_another_task_than_the_cards_is_refused(tmp_path, model, regressor, card, regression):
    path = str(tmp_path / "m.skops")
    for pipe, other in ((model, regression), (regressor, card)):
        model_files.save(pipe, other, path)
        with pytest.raises(ValueError, match="is not a model of 'ridge-nn fit': its card is another model's"):
            model_files.load(path, model_files.read_card(path))


def test_a_regression_that_is_not_fitted_is_refused(tmp_path, regressor, regression):
    path = str(tmp_path / "m.skops")
    unfitted = Pipeline([*regressor.steps[:-1], ("network", clone(regressor[-1]))])
    model_files.save(unfitted, regression, path)
    with pytest.raises(ValueError, match="its pipeline is not fitted"):
        model_files.load(path, regression)


def test_types_of_others_are_refused_by_name(tmp_path, card):
    path = str(tmp_path / "m.skops")
    model_files.save(make_pipeline(FunctionTransformer(subprocess.call), LogisticRegression()), card, path)
    with pytest.raises(ValueError, match=r"holds 'subprocess.call', and only types of sklearn_ridge_nn and"):
        model_files.load(path, card)


@pytest.mark.parametrize(
    "change",
    [
        {"data": 5},
        {"data": {"numeric": [1], "categorical": [], "dropped": [], "missing": []}},
        {"data": {"numeric": ["n"]}},
        {"classes": None},
        {"task": "regression"},
        {"task": "regression", "classes": None, "range": [0.0, 1.0]},
        {"task": "clustering"},
        {"classes": ["yes", "no"]},
        {"data": {"numeric": ["c"], "categorical": ["n"], "dropped": [], "missing": []}},
    ],
)
def test_a_card_that_is_damaged_or_of_another_model_is_refused(tmp_path, model, card, change):
    path = str(tmp_path / "m.skops")
    model_files.save(model, dataclasses.replace(card, **change), path)
    with pytest.raises(ValueError, match=r"m.skops is not a model of 'ridge-nn fit': its card is"):
        model_files.load(path, model_files.read_card(path))


@pytest.mark.parametrize("content", [b"[]", b"5", b"{}", b"\xff", b"no json"])
def test_a_card_that_is_none_is_refused(tmp_path, content):
    path = str(tmp_path / "m.skops")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(model_files.CARD, content)
    with pytest.raises(ValueError, match=r"m.skops is not a model"):
        model_files.read_card(path)


def test_a_damaged_archive_is_refused(tmp_path, model, card):
    path = tmp_path / "m.skops"
    model_files.save(model, card, str(path))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["schema.json"] = members["schema.json"].replace(b"Pipeline", b"Pipelane")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r"m.skops (is not a model of|holds .*Pipelane)"):
        model_files.load(str(path), card)


def test_something_else_in_the_file_is_named(tmp_path, card):
    path = tmp_path / "m.skops"
    path.write_text("no archive")
    with pytest.raises(ValueError, match=r"m.skops is not a model of 'ridge-nn fit'"):
        model_files.read_card(str(path))
    skops.io.dump(LogisticRegression(), path)
    with pytest.raises(ValueError, match="is not a model of 'ridge-nn fit'"):
        model_files.read_card(str(path))
    with pytest.raises(ValueError, match="holds a LogisticRegression"):
        model_files.load(str(path), card)


def test_a_card_of_another_version_is_refused(tmp_path, card):
    path = str(tmp_path / "m.skops")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(model_files.CARD, json.dumps({**card.to_dict(), "version": 99}))
    with pytest.raises(ValueError, match=r"version 99, and this release reads .*versions 1, 2, 3"):
        model_files.read_card(path)


def test_a_save_that_fails_leaves_what_was_there(tmp_path, model, card, rows):
    path = tmp_path / "m.skops"
    path.write_text("before")
    unwritable = dataclasses.replace(card, network={"epochs": object()})
    with pytest.raises(TypeError):
        model_files.save(model, unwritable, str(path))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
