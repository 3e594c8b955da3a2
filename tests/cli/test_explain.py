"""``ridge-nn explain``, held against scikit-learn's own functions on the rows that it says it took."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn import metrics
from sklearn.inspection import permutation_importance
from sklearn.model_selection import train_test_split

from sklearn_ridge_nn.cli._main import main
from sklearn_ridge_nn.cli._model_file import TRUSTED

FAST = [
    "--hidden-layer-sizes",
    "8",
    "--epochs",
    "20",
    "--learning-rate",
    "0.02",
    "--alpha",
    "0.001",
    "--quiet",
]


@pytest.fixture(scope="module")
def frame():
    """Bought by the old and in Rome; noise is noise; two ages are missing."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, 400).round(1),
            "noise": rng.normal(size=400).round(3),
            "city": rng.choice(["Rome", "Oslo", "Bonn"], 400),
        }
    )
    logit = (frame["age"] - 40) / 4 + 5 * (frame["city"] == "Rome")
    frame["bought"] = np.where(rng.random(400) < 1 / (1 + np.exp(-logit)), "yes", "no")
    frame["spent"] = np.exp(logit / 4 + rng.normal(scale=0.1, size=400)).round(3)
    frame.loc[[3, 200], "age"] = np.nan
    return frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory, frame):
    folder = tmp_path_factory.mktemp("explain")
    frame.to_csv(folder / "data.csv", index=False)
    fit = [
        "fit",
        folder / "data.csv",
        "--model",
        folder / "model.skops",
        "--target",
        "bought",
        "--drop",
        "spent",
    ]
    assert main([str(word) for word in [*fit, *FAST]]) == 0
    return folder


def fit(file, target, model, *arguments):
    """Train a small model by the command."""
    words = ["fit", file, "--target", target, "--model", model, *arguments, *FAST]
    assert main([str(word) for word in words]) == 0


def load(path):
    return skops.io.load(path, trusted=sorted(TRUSTED))


def explained(capsys, *arguments):
    """Return what is printed, said, and written as numbers."""
    assert main(["explain", *map(str, arguments), "--json", "-", "--quiet"]) == 0
    printed = capsys.readouterr()
    return printed.err, json.loads(printed.out)


def columns(frame):
    return frame[["age", "noise", "city"]].astype({"city": object})


def test_importances_are_those_of_scikit_learn_on_the_rows_held_out(capsys, folder, frame):
    said, numbers = explained(capsys, folder / "model.skops", folder / "data.csv", "--repeats", "50")
    assert "the 80 rows that were held out when the model was trained" in said
    _, test = train_test_split(np.arange(400), test_size=0.2, stratify=frame["bought"], random_state=0)
    X, y = columns(frame).iloc[np.sort(test)], frame["bought"].iloc[np.sort(test)]
    model = load(folder / "model.skops")
    assert numbers["mean_loss"] == pytest.approx(metrics.log_loss(y, model.predict_proba(X)), rel=1e-9)
    truth = permutation_importance(model, X, y, scoring="neg_log_loss", n_repeats=50, random_state=1)
    by_column = {item["column"]: item for item in numbers["importances"]}
    for name, mean, spread in zip(X.columns, truth.importances_mean, truth.importances_std, strict=True):
        # both are means over 50 shuffles
        assert by_column[name]["rise"] == pytest.approx(mean, abs=4 * np.sqrt(2 / 50) * spread + 1e-4)
        low, high = by_column[name]["interval"]
        assert low < by_column[name]["rise"] < high
    assert [item["column"] for item in numbers["importances"]][:2] == ["age", "city"]
    assert by_column["age"]["interval"][0] > 0 > by_column["noise"]["interval"][0]
    assert (
        said.index("age ") < said.index("city ") < said.index("No rise that these rows are sure of: 'noise'.")
    )


def test_the_interval_is_that_of_a_mean_over_rows(capsys, tmp_path):
    """With two rows and a shuffle, the rises are worked out by hand."""
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{n % 2},{n % 2}.5\n" for n in range(40)) + "3,9.5\n")
    fit = [
        "fit",
        tmp_path / "t.csv",
        "--target",
        "y",
        "--task",
        "regression",
        "--model",
        tmp_path / "t.skops",
    ]
    assert main([str(word) for word in [*fit, *FAST, "--test-size", "0"]]) == 0
    capsys.readouterr()
    (tmp_path / "two.csv").write_text("x,y\n0,0.5\n1,1.5\n")
    arguments = [tmp_path / "t.skops", tmp_path / "two.csv", "--repeats", "1"]
    model = load(tmp_path / "t.skops")
    at_0, at_1 = model.predict(pd.DataFrame({"x": [0.0, 1.0]}))
    swapped = [(0.5 - at_1) ** 2 - (0.5 - at_0) ** 2, (1.5 - at_0) ** 2 - (1.5 - at_1) ** 2]
    for seed in range(20):  # until the two rows are exchanged
        (item,) = explained(capsys, *arguments, "--seed", seed)[1]["importances"]
        if item["rise"]:
            break
    assert item["rise"] == pytest.approx(np.mean(swapped))
    margin = 12.7062047 * np.std(swapped, ddof=1) / np.sqrt(2)  # Student's t with one degree of freedom
    assert item["interval"] == pytest.approx([np.mean(swapped) - margin, np.mean(swapped) + margin])


def test_a_dependence_is_the_mean_prediction_with_the_value_in_all_rows(capsys, folder, frame):
    new = columns(frame).iloc[:100].assign(bought=frame["bought"])
    new.to_csv(folder / "new.csv", index=False)
    said, numbers = explained(capsys, folder / "model.skops", folder / "new.csv")
    assert "Explained by new.csv: 100 rows." in said
    assert "warning" not in said
    model = load(folder / "model.skops")
    assert {"age", "city"} <= {item["column"] for item in numbers["partial_dependence"]}
    for item in numbers["partial_dependence"]:
        assert list(item["predictions"]) == ["yes"]
        for value, mean in zip(item["values"], item["predictions"]["yes"], strict=True):
            X = columns(frame).iloc[:100].assign(**{item["column"]: value})
            assert mean == pytest.approx(model.predict_proba(X)[:, 1].mean(), rel=1e-6)
    (city,) = (item for item in numbers["partial_dependence"] if item["column"] == "city")
    assert sorted(city["values"]) == ["Bonn", "Oslo", "Rome"]
    assert np.argmax(city["predictions"]["yes"]) == city["values"].index("Rome")


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("loss", "name", "metric"),
    [
        ("squared_error", "squared error", metrics.mean_squared_error),
        ("huber", "squared error", metrics.mean_squared_error),
        ("absolute_error", "absolute error", metrics.mean_absolute_error),
        ("poisson", "Poisson deviance", metrics.mean_poisson_deviance),
        ("quantile", "pinball loss", lambda y, f: metrics.mean_pinball_loss(y, f, alpha=0.5)),
    ],
)
def test_numbers_are_compared_by_the_loss_of_the_network(capsys, folder, frame, loss, name, metric):
    model = folder / f"{loss}.skops"
    fit = [
        "fit",
        folder / "data.csv",
        "--target",
        "spent",
        "--drop",
        "bought",
        "--loss",
        loss,
        "--model",
        model,
    ]
    assert main([str(word) for word in [*fit, *FAST]]) == 0
    capsys.readouterr()
    said, numbers = explained(capsys, model, folder / "data.csv", "--repeats", "3")
    assert "the 80 rows that were held out" in said
    _, test = train_test_split(np.arange(400), test_size=0.2, random_state=0)
    X, y = columns(frame).iloc[np.sort(test)], frame["spent"].iloc[np.sort(test)]
    assert numbers["loss"] == name
    assert numbers["mean_loss"] == pytest.approx(metric(y, load(model).predict(X)), rel=1e-9)
    assert {item["column"] for item in numbers["importances"][:2]} == {"age", "city"}
    assert list(numbers["partial_dependence"][0]["predictions"]) == ["spent"]


def test_a_data_set_of_three_classes_and_its_picture(capsys, tmp_path):
    model = tmp_path / "wine.skops"
    assert main(["fit", "--dataset", "wine", "--model", str(model), *FAST]) == 0
    capsys.readouterr()
    picture = tmp_path / "wine.svg"
    said, numbers = explained(capsys, model, "--dataset", "wine", "--top", "2", "--plot", picture)
    assert "36 rows that were held out" in said
    assert f"Picture: {picture}" in said
    assert [list(item["predictions"]) for item in numbers["partial_dependence"]] == [
        ["class_0", "class_1", "class_2"]
    ] * 2
    totals = np.sum(list(numbers["partial_dependence"][0]["predictions"].values()), axis=0)
    assert totals == pytest.approx(1, abs=1e-6)
    assert "<svg" in picture.read_text()


def test_rows_of_the_file_that_it_learnt_from_are_warned_of(capsys, folder, frame, tmp_path):
    """Other rows under the same name cannot be told from those trained on."""
    frame.iloc[:300].to_csv(tmp_path / "data.csv", index=False)
    said, numbers = explained(capsys, folder / "model.skops", tmp_path / "data.csv", "--rows", "50")
    assert "warning: the model was trained on a file of this name, data.csv" in said
    assert numbers["rows"] == 50
    assert "300 rows, 50 drawn at random" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age,noise,city\n1,2,Rome\n", "lacks the column 'bought', which the model predicts"),
        ("age,noise,bought\n1,2,yes\n", "lacks 1 of the 3 columns .*: 'city'"),
        ("age,noise,city,bought\n1,2,Rome,maybe\n", "holds 'maybe', and the model knows 'no', 'yes' only"),
        ("age,noise,city,bought\n1,2,Rome,\n3,4,Rome,yes\n", r"no value in 1 of 2 rows \(the first is row 1"),
        ("age,noise,city,bought\n1,2,Rome,yes\n", "leaves 1 row to explain, and two are needed"),
        ("age,noise,city,bought\nold,2,Rome,yes\n3,4,Rome,no\n", "'age' must hold finite numbers"),
    ],
)
def test_what_is_refused_of_a_table(refused, folder, tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    line = refused("explain", folder / "model.skops", tmp_path / "t.csv")
    assert re.search(message, line), line


def test_what_is_refused_of_the_arguments(refused, folder):
    model = folder / "model.skops"
    assert "Give either a FILE with the target in it, or --dataset" in refused("explain", model)
    assert "does not have the columns of" in refused("explain", model, "--dataset", "wine")
    assert "There is no model" in refused("explain", folder / "no.skops", folder / "data.csv")
    assert "there is no folder" in refused(
        "explain", model, folder / "data.csv", "--plot", folder / "no" / "e.png"
    )
    assert "is not a whole number from 1" in refused("explain", model, folder / "data.csv", "--repeats", "0")
