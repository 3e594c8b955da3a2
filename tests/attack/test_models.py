"""Model files changed at random, by somebody who mends the digest: refused in one line, or they predict."""

import copy
import csv
import io
import json
import os
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from sklearn_ridge_nn.cli import _model_file as model_files

attacked = settings.get_profile("attack")

OTHERS = st.one_of(
    st.sampled_from([None, True, -1, 0, 0.5, 2**70, float("nan"), "", "x", [], {}, [1, 2], {"x": 1}]),
    st.sampled_from(
        ["list", "dict", "tuple", "str", "float", "int", "builtins", "os", "system", "eval", "numpy",
         "ndarray",
         "sklearn.pipeline", "Pipeline", "sklearn.preprocessing._data", "StandardScaler",
         "sklearn_ridge_nn",
         "RidgeMLPClassifier", "RidgeMLPRegressor", "ObjectNode", "NdArrayNode", "JsonNode", "FunctionNode",
         "MethodNode", "TypeNode", "float64", "<U9", "O", "true", "null", "NaN", "1e400", "[]", "-1"]
    ),
    st.integers(-5, 2000),
)  # fmt: skip


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, content, mends_digest):
    """Write the members of an archive, the card last, its digest that of the others or as it was."""
    card = json.loads(content[model_files.CARD])
    if mends_digest:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
            card["digest"] = model_files._digest(archive)
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**content, model_files.CARD: json.dumps(card)}.items():
            archive.writestr(name, data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, run):
    """Three models, of labels, of numbers and with a threshold, and a table for them."""
    folder = tmp_path_factory.mktemp("models")
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 2))
    label = np.where(rows[:, 0] > 0, "yes", "no")
    table = pd.DataFrame(
        {
            "a": rows[:, 0],
            "c": rng.choice(["red", "blue", "green"], 80),
            "day": pd.date_range("2020-01-01", periods=80).strftime("%Y-%m-%d"),
            "words": [f"{word} and {number} more of these" for number, word in enumerate(label)],
            "y": label,
            "number": rows.sum(axis=1),
        }
    )
    path = folder / "t.csv"
    table.to_csv(path, index=False)
    common = ("--epochs=1", "--hidden-layer-sizes=4", "--alpha=0.1", "--quiet", "--dates=day", "--text=words")
    for name, options in {
        "labels": ["--target=y", "--drop=number"],
        "threshold": ["--target=y", "--drop=number", "--threshold=0.3", "--positive=yes"],
        "numbers": ["--target=number", "--drop=y"],
    }.items():
        code, _ = run("fit", path, f"--model={folder / name}.skops", *options, *common)
        assert code == 0
    return folder


def parts(value):
    """Yield what holds each part of a JSON value, and its key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield value, key
        yield from parts(part)


def changed_schema(data, text):
    """Change a few places of what skops wrote of the objects."""
    schema = json.loads(text)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(parts(schema))))
        kind = data.draw(st.sampled_from(["replace", "replace", "delete", "copy"]))
        if kind == "delete":
            del holder[key]
        elif kind == "copy":
            other, place = data.draw(st.sampled_from(list(parts(schema))))
            holder[key] = copy.deepcopy(other[place])
        else:
            holder[key] = data.draw(OTHERS)
    return json.dumps(schema).encode()


def changed_array(data, content):
    """Change the bytes of an array, or put another one in its place."""
    kind = data.draw(st.sampled_from(["bytes", "cut", "other"]))
    if kind == "other":
        shape = data.draw(st.lists(st.integers(0, 5), max_size=3))
        array = np.full(shape, data.draw(st.sampled_from([0.0, np.nan, np.inf, 1e300, -1])))
        file = io.BytesIO()
        np.save(file, array.astype(data.draw(st.sampled_from(["f4", "f8", "i8", "?", "U3", "c16"]))))
        return file.getvalue()
    place = data.draw(st.integers(0, len(content) - 1))
    if kind == "cut":
        return content[:place]
    return content[:place] + data.draw(st.binary(min_size=1, max_size=8)) + content[place + 1 :]


@pytest.mark.parametrize("name", ["labels", "threshold", "numbers"])
@pytest.mark.filterwarnings("ignore")  # of NumPy, which computes with what it finds
@given(data=st.data())
@attacked
def test_a_changed_model(run, folder, name, data):
    content = members(folder / f"{name}.skops")
    arrays = sorted(member for member in content if member.endswith(".npy"))
    member = data.draw(st.sampled_from(["schema.json", "schema.json", *arrays]))
    change = changed_schema if member == "schema.json" else changed_array
    content[member] = change(data, content[member])
    path, output = folder / "changed.skops", folder / "p.csv"
    output.unlink(missing_ok=True)
    mends_digest = data.draw(st.sampled_from([True, True, True, False]))
    written(path, content, mends_digest)
    if content == members(folder / f"{name}.skops"):
        return
    code, _ = run("predict", folder / "t.csv", f"--model={path}", "--quiet", f"--output={output}")
    assert mends_digest or code == 2
    assert sorted(set(os.listdir(folder)) - {"p.csv"}) == [
        "changed.skops", "labels.skops", "numbers.skops", "t.csv", "threshold.skops",
    ]  # fmt: skip
    assert output.exists() == (code == 0)
    if code == 0:
        with output.open(encoding="utf-8", newline="") as file:
            predictions = [row[0] for row in csv.reader(file)][1:]
        assert len(predictions) == 80
        assert name != "numbers" or np.isfinite(np.array(predictions, float)).all()
