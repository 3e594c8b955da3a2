"""Which label is to be found, and from which probability on a row gets it."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    make_scorer,
    recall_score,
)
from sklearn.model_selection import RepeatedStratifiedKFold, TunedThresholdClassifierCV, train_test_split
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn import RidgeMLPClassifier, make_preprocessor
from sklearn_ridge_nn.cli._model_file import TRUSTED
from sklearn_ridge_nn.cli._threshold import cost_per_row

NETWORK = ["--hidden-layer-sizes", "4", "--epochs", "10", "--learning-rate", "0.02", "--quiet"]
SETTINGS = {"hidden_layer_sizes": (4,), "epochs": 10, "learning_rate": 0.02, "random_state": 0}
FIT = ["fit", "data.csv", "--target", "state", "--model", "m.skops", "--alpha", "0.01", "--cv", "3", *NETWORK]


@pytest.fixture(scope="module")
def frame():
    """Rows of which a quarter are ``bad``, the first label in their order."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    is_bad = rng.random(400) < 1 / (1 + np.exp(2 - 1.5 * x[:, 0] - x[:, 1]))
    columns = dict(zip("abc", x.round(3).T, strict=True))
    return pd.DataFrame(columns | {"state": np.where(is_bad, "bad", "good")})


@pytest.fixture
def folder(frame, tmp_path):
    frame.to_csv(tmp_path / "data.csv", index=False)
    return tmp_path


def card_of(ridge_nn, folder):
    return json.loads(ridge_nn("show", "m.skops", "--json", cwd=folder)[0])


def predictions(ridge_nn, folder):
    return pd.read_csv(
        io.StringIO(ridge_nn("predict", "data.csv", "--model", "m.skops", "--proba", cwd=folder)[0])
    )


def balanced_accuracy(y, predicted, *, pos_label):
    return balanced_accuracy_score(y, predicted)


def neg_cost(y, predicted, *, pos_label):
    """A miss costs 4, a false alarm 1."""
    pairs = list(zip(y == pos_label, predicted == pos_label, strict=True))
    return -(4 * pairs.count((True, False)) + pairs.count((False, True))) / len(pairs)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("rule", "score"), [("f1", f1_score), ("balanced_accuracy", balanced_accuracy), ("1:4", neg_cost)]
)
def test_the_threshold_is_the_one_that_scikit_learn_finds(ridge_nn, folder, frame, rule, score):
    positive = "bad"
    said, _ = ridge_nn(*FIT, "--threshold", rule, "--positive", positive, cwd=folder)
    card = card_of(ridge_nn, folder)
    train, test = train_test_split(np.arange(400), test_size=0.2, stratify=frame["state"], random_state=0)
    X, y = frame[list("abc")].iloc[np.sort(train)], frame["state"].to_numpy()[np.sort(train)]
    network = RidgeMLPClassifier(0.01, **SETTINGS)
    tuned = TunedThresholdClassifierCV(
        Pipeline([("columns", make_preprocessor(X)), ("network", network)]),
        scoring=make_scorer(score, pos_label=positive),
        response_method="predict_proba",
        cv=RepeatedStratifiedKFold(n_splits=3, n_repeats=1, random_state=0),
    ).fit(X, y)
    assert card["threshold"] == {
        "positive": positive,
        "value": pytest.approx(tuned.best_threshold_, rel=1e-5),
        "rule": rule,
        "score": pytest.approx(tuned.best_score_, rel=1e-5),
        "splits": 3,
    }
    rows = predictions(ridge_nn, folder)
    found = rows["probability_bad"] >= card["threshold"]["value"]
    assert rows["prediction"].tolist() == np.where(found, "bad", "good").tolist()
    labels = frame["state"].iloc[test]
    name = "neg_cost_per_row" if ":" in rule else rule
    expected = score(labels.to_numpy(), rows["prediction"].iloc[test].to_numpy(), pos_label=positive)
    assert card["held_out"]["scores"][name] == pytest.approx(expected)
    guesses = [score(labels.to_numpy(), np.full(80, label), pos_label=positive) for label in ("bad", "good")]
    assert card["held_out"]["guessing"][name] == pytest.approx(max(guesses))
    assert f"Threshold       'bad' from a probability of {card['threshold']['value']:.3g} on" in said


def test_a_miss_that_costs_more_lowers_the_threshold(ridge_nn, folder, frame):
    """Of probabilities that are right, the least costly threshold is 1 / 11 where a miss costs ten times."""
    values = []
    for rule in ("1:10", "10:1"):
        ridge_nn(*FIT, "--threshold", rule, "--positive", "bad", cwd=folder)
        values.append(card_of(ridge_nn, folder)["threshold"]["value"])
    assert values[0] < 0.25 < 0.4 < values[1]


def test_costs_are_counted_by_hand():
    y, predicted = np.array(["b", "b", "g", "g", "g"]), np.array(["b", "g", "b", "b", "g"])
    cost = cost_per_row(y, predicted, pos_label="b", false_alarm=2, miss=10)
    assert cost == (10 + 2 * 2) / 5


def test_a_threshold_that_is_given(ridge_nn, folder):
    said, _ = ridge_nn(*FIT, "--threshold", "0.2", "--positive", "bad", cwd=folder)
    assert re_line("Threshold", said) == "'bad' from a probability of 0.2 on"
    rows = predictions(ridge_nn, folder)
    assert ((rows["probability_bad"] >= 0.2) == (rows["prediction"] == "bad")).all()
    assert (rows["prediction"] == "bad").sum() > (rows["probability_bad"] > 0.5).sum()
    model = skops.io.load(folder / "m.skops", trusted=sorted(TRUSTED))
    frame = pd.read_csv(folder / "data.csv").drop(columns="state")
    assert model.predict(frame).tolist() == rows["prediction"].tolist()
    out, _ = ridge_nn("explain", "m.skops", "data.csv", "--repeats", "2", cwd=folder)
    assert "held out when the model was trained" in out


def re_line(name, text):
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
    return line.removeprefix(name).strip()


@pytest.mark.parametrize("name", ["f1", "recall", "average_precision"])
def test_scores_are_those_of_the_positive_label(ridge_nn, folder, frame, name):
    found = {}
    score = {"f1": f1_score, "recall": recall_score, "average_precision": average_precision_score}[name]
    test = train_test_split(np.arange(400), test_size=0.2, stratify=frame["state"], random_state=0)[1]
    labels = frame["state"].to_numpy()[test]
    for label in ("bad", "good"):
        ridge_nn(*FIT, "--scoring", name, "--positive", label, cwd=folder)
        found[label] = card_of(ridge_nn, folder)["held_out"]["scores"][name]
        rows = predictions(ridge_nn, folder).iloc[test]
        response = rows[f"probability_{label}"] if name == "average_precision" else rows["prediction"]
        assert found[label] == pytest.approx(score(labels, response.to_numpy(), pos_label=label))
    assert found["bad"] < found["good"]


def test_a_diagnosis_shows_the_score_of_the_positive_label(ridge_nn, folder):
    options = ["--alphas", "0.01,0.1", "--cv", "2", "--scoring", "f1", "--remedies", "none", *NETWORK]
    means = []
    for label in ("bad", "good"):
        ridge_nn(
            "diagnose", "data.csv", "--target", "state", "--positive", label, "--json", "d.json", *options,
            cwd=folder,
        )  # fmt: skip
        measured = json.loads((folder / "d.json").read_text())["evidence"]
        assert measured["score_name"] == "f1"
        means.append(np.mean(measured["test_score"]))
    assert means[0] < means[1]


def test_importances_are_those_of_explain(ridge_nn, folder):
    said, _ = ridge_nn(*FIT, cwd=folder)
    measured = card_of(ridge_nn, folder)["importances"]
    out, _ = ridge_nn("explain", "m.skops", "data.csv", "--repeats", "5", "--json", "-", cwd=folder)
    explained = json.loads(out)
    assert measured["columns"] == explained["importances"]
    assert (measured["loss"], measured["rows"], measured["repeats"]) == ("log loss", 80, 5)
    first = measured["columns"][0]
    margin = first["interval"][1] - first["rise"]
    assert first["column"] == "a"
    assert re_line("Rests on", said).startswith(f"a {first['rise']:.3g} +/- {margin:.2g}")


def test_importances_of_many_columns_are_left_to_explain(ridge_nn, tmp_path):
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(60, 51)), columns=[f"x{i}" for i in range(51)])
    wide.assign(state=["bad", "good"] * 30).to_csv(tmp_path / "data.csv", index=False)
    said, _ = ridge_nn(*FIT, cwd=tmp_path)
    assert re_line("Rests on", said) == "not measured, for there are 51 columns: 'ridge-nn explain' does it"
    said, _ = ridge_nn(*FIT, "--test-size", "0", cwd=tmp_path)
    assert "Rests on" not in said


def test_a_loss_that_is_infinite_costs_no_model(ridge_nn, tmp_path):
    rng = np.random.default_rng(0)
    x = np.where(np.arange(200) == 3, 1e4, rng.normal(size=200))
    pd.DataFrame({"self": x, "n": rng.poisson(2, 200)}).to_csv(tmp_path / "data.csv", index=False)
    options = ["--task", "regression", "--loss", "poisson", "--alpha", "0.01", "--test-size", "0.9", *NETWORK]
    said = ridge_nn("fit", "data.csv", "--target", "n", "--model", "m.skops", *options, cwd=tmp_path)
    assert (tmp_path / "m.skops").exists()
    assert ("Rests on" in said[0]) != ("what the model rests on is not known" in said[1])


def test_no_alpha_is_chosen_where_none_has_a_score(ridge_nn, tmp_path):
    """A single fold of a text of one letter has nothing to learn its words from."""
    frame = pd.DataFrame({"t": ["a"] * 39 + ["some words"], "state": ["bad", "good"] * 20})
    frame.to_csv(tmp_path / "data.csv", index=False)
    given = ["--text", "t", "--alphas", "0.01,0.1", "--cv", "3", "--test-size", "0", *NETWORK]
    _, said = ridge_nn(
        "fit", "data.csv", "--target", "state", "--model", "m.skops", *given, cwd=tmp_path, code=2
    )
    assert "No value of alpha has a score (neg_log_loss) on all 3 splits" in said
    assert not (tmp_path / "m.skops").exists()


@pytest.mark.slow
@pytest.mark.parametrize("given", [["--positive", "1"], ["--positive", "1.0"], []])
def test_labels_may_be_written_as_floats(ridge_nn, folder, frame, given):
    labels = np.where(frame["state"] == "bad", "1.0", "0.0")
    frame.assign(state=labels).to_csv(folder / "data.csv", index=False)
    ridge_nn(*FIT, "--threshold", "f1", *given, cwd=folder)
    assert card_of(ridge_nn, folder)["threshold"]["positive"] == "1.0"


@pytest.mark.slow
@pytest.mark.parametrize("given", ["true", "TRUE", "True"])
def test_truth_values_are_found_however_they_are_written(ridge_nn, folder, frame, given):
    frame.assign(state=(frame["state"] == "bad")).to_csv(folder / "data.csv", index=False)
    ridge_nn(*FIT, "--threshold", "f1", "--positive", given, cwd=folder)
    assert card_of(ridge_nn, folder)["threshold"]["positive"] == "True"
    ridge_nn(*FIT, "--threshold", "f1", cwd=folder)
    assert card_of(ridge_nn, folder)["threshold"]["positive"] == "True"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--threshold", "f1"],
            "needs to know which label of --target 'state' is to be found: --positive=good",
        ),
        (["--threshold", "2"], "--threshold must be f1, balanced_accuracy, the costs .* Got '2'"),
        (["--threshold", "0:1"], "--threshold must be f1"),
        (["--threshold", "recall"], "--threshold must be f1"),
        (
            ["--positive", "ugly"],
            "--positive 'ugly' is no label of --target 'state', which has 'bad', 'good'.",
        ),
        (["--positive", "Good"], r"which has 'bad', 'good'\. Did you mean 'good'\?"),
        (["--scoring", "f1"], "Or say which label is to be found: --positive=good"),
        (["--target", "a", "--positive", "1"], "is for two labels, and --target 'a' is taken for numbers"),
        (["--target", "a", "--threshold", "f1"], "is for two labels, and --target 'a' is taken for numbers"),
    ],
)
def test_what_is_refused(refused, folder, monkeypatch, options, message):
    monkeypatch.chdir(folder)
    assert re.search(message, refused(*FIT, *options))


def test_three_labels_have_none_to_be_found(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"n": [1, 3, 2] * 20, "state": ["x", "y", "z"] * 20}).to_csv("data.csv", index=False)
    assert "--positive 'x' is for two labels, and --target 'state' has 3" in refused(*FIT, "--positive", "x")
    assert "--threshold f1 is for two labels, and --target 'state' has 3" in refused(
        *FIT, "--threshold", "f1"
    )


def test_zeros_and_ones_need_no_positive(ridge_nn, folder, frame):
    frame.assign(state=(frame["state"] == "bad").astype(int)).to_csv(folder / "data.csv", index=False)
    ridge_nn(*FIT, "--threshold", "f1", cwd=folder)
    assert card_of(ridge_nn, folder)["threshold"]["positive"] == 1


def test_a_card_without_the_models_threshold_is_refused(ridge_nn, folder):
    from zipfile import ZipFile

    ridge_nn(*FIT, "--threshold", "0.3", "--positive", "bad", cwd=folder)
    card = card_of(ridge_nn, folder)
    with ZipFile(folder / "m.skops") as old, ZipFile(folder / "other.skops", "w") as new:
        for name in old.namelist():
            content = json.dumps(card | {"threshold": None}) if name == "ridge-nn.json" else old.read(name)
            new.writestr(name, content)
    _, said = ridge_nn("predict", "data.csv", "--model", "other.skops", cwd=folder, code=2)
    assert "its card is another model's" in said
