"""The command on numbers to predict, run as users run it, against scikit-learn and the package in Python."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.datasets import load_diabetes
from sklearn.metrics import (
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    r2_score,
)
from sklearn.model_selection import RepeatedKFold, cross_val_score, train_test_split

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPRegressor, diagnose
from sklearn_ridge_nn.cli._arguments import LOSSES
from sklearn_ridge_nn.cli._columns import Columns, pipeline
from sklearn_ridge_nn.cli._task import SCORES_OF_LOSSES

SETTINGS = {"hidden_layer_sizes": (8,), "epochs": 10, "learning_rate": 0.03, "random_state": 0}
NETWORK = ["--hidden-layer-sizes", "8", "--epochs", "10", "--learning-rate", "0.03"]
FAST = [*NETWORK, "--alphas", "0,1e-3:1:2", "--cv", "3"]
COLUMNS = Columns(("size", "age"), ("city",))


@pytest.fixture(scope="module")
def frame():
    """Houses: prices in hundredths, so that they are the same in any file, and how often they were sold."""
    rng = np.random.default_rng(0)
    n = 240
    frame = pd.DataFrame({"size": rng.normal(100, 30, n).round(1), "age": rng.integers(0, 90, n)})
    frame["city"] = rng.choice(["Rome", "Oslo"], n)
    rate = np.exp((frame["size"] - 100) / 40 + (frame["city"] == "Rome"))
    frame["price"] = (1000 + 5 * frame["size"] - 2 * frame["age"] + 40 * rng.normal(size=n)).round(2)
    frame["sales"] = rng.poisson(rate)
    return frame


@pytest.fixture(scope="module")
def folder(ridge_nn, tmp_path_factory, frame):
    """The rows in a file, and a model of them."""
    folder = tmp_path_factory.mktemp("houses")
    frame.to_csv(folder / "houses.csv", index=False)
    frame.drop(columns=["price", "sales"]).to_csv(folder / "new.csv", index=False)
    frame.assign(price=frame["price"].map("{:,.2f}".format)).to_csv(folder / "commas.csv", index=False)
    frame.assign(price=np.where(frame.index == 7, "sold", frame["price"])).to_csv(
        folder / "words.csv", index=False
    )
    frame.assign(change=frame["sales"] - 1.5).to_csv(folder / "changes.csv", index=False)
    printed, said = ridge_nn("fit", "houses.csv", *TARGET, "--model", "model.skops", *FAST, cwd=folder)
    (folder / "printed.txt").write_text(printed)
    (folder / "said.txt").write_text(said)
    return folder


TARGET = ["--target", "price", "--drop", "sales"]


def features(frame):
    return frame[COLUMNS.names].astype({"age": float, "city": object})


# -- fit, predict, show -----------------------------------------------------------------------------


def test_the_task_that_was_guessed_is_said_in_a_line(folder, frame):
    lines = (folder / "said.txt").read_text().splitlines()
    n_different = frame["price"].nunique()
    assert n_different > 100  # more than can be classes, so that is no way out
    assert lines[0] == f"ridge-nn: --target 'price' holds {n_different} different numbers: a regression."


def test_predictions_are_those_of_a_pipeline_fitted_in_python(ridge_nn, folder, frame):
    train, _ = train_test_split(np.arange(len(frame)), test_size=0.2, random_state=0)
    train = np.sort(train)
    X, y = features(frame), frame["price"]
    cv = RepeatedKFold(n_splits=3, n_repeats=1, random_state=0)

    def model(alpha):
        return pipeline(X, COLUMNS, RidgeMLPRegressor(alpha, **SETTINGS))

    card = json.loads(ridge_nn("show", "model.skops", "--json", cwd=folder)[0])
    scores = [
        cross_val_score(model(alpha), X.iloc[train], y.iloc[train], cv=cv, scoring="neg_mean_squared_error")
        for alpha in (0, 1e-3, 1)
    ]
    np.testing.assert_allclose(card["chosen"]["mean_test_score"], np.mean(scores, axis=1), rtol=1e-5)
    best = [0, 1e-3, 1][int(np.argmax(np.mean(scores, axis=1)))]
    assert card["alpha"] == best

    ridge_nn("predict", "new.csv", "--model", "model.skops", "--output", "out.csv", cwd=folder)
    predicted = pd.read_csv(folder / "out.csv")
    assert predicted.columns.tolist() == ["prediction"]
    expected = model(best).fit(X.iloc[train], y.iloc[train]).predict(X)
    np.testing.assert_allclose(predicted["prediction"], expected, rtol=1e-5)


def test_the_held_out_scores_are_those_of_the_rows_held_out(ridge_nn, folder, frame):
    train, test = train_test_split(frame, test_size=0.2, random_state=0)
    test.to_csv(folder / "test.csv", index=False)
    arguments = ["predict", "test.csv", "--model", "model.skops", "--output", "out.csv"]
    ridge_nn(*arguments, "--keep", "sales", cwd=folder)
    predicted = pd.read_csv(folder / "out.csv")["prediction"]
    held_out = json.loads(ridge_nn("show", "model.skops", "--json", cwd=folder)[0])["held_out"]
    y = test["price"]
    for name, numbers in (("scores", predicted), ("guessing", np.full(len(y), train["price"].mean()))):
        expected = {
            "neg_mean_squared_error": -mean_squared_error(y, numbers),
            "r2": r2_score(y, numbers),
            "neg_mean_absolute_error": -mean_absolute_error(y, numbers),
        }
        assert held_out[name] == pytest.approx(expected)
    assert held_out["scores"]["r2"] > 0.5
    assert held_out["rows"] == 48


def test_the_card_says_what_the_model_is(ridge_nn, folder, frame):
    shown, _ = ridge_nn("show", "model.skops", cwd=folder)
    assert (folder / "printed.txt").read_text() == f"{shown}Model: model.skops\n"
    train, _ = train_test_split(frame["price"], test_size=0.2, random_state=0)
    assert re.search(r"^Task +regression$", shown, re.MULTILINE)
    assert f"price: numbers from {train.min():.6g} to {train.max():.6g}" in shown
    assert "the best of 3 by neg_mean_squared_error: -" in shown
    assert "(the mean of the training rows, on the same rows)" in shown


def test_the_model_is_loaded_by_skops(ridge_nn, folder, frame):
    trusted = ["numpy.dtype", "sklearn_ridge_nn.RidgeMLPRegressor"]
    model = skops.io.load(folder / "model.skops", trusted=trusted)
    arguments = ["predict", "new.csv", "--model", "model.skops", "--chunk-size", "7", "--keep", "city"]
    printed, _ = ridge_nn(*arguments, cwd=folder)
    lines = printed.split()
    assert lines[0] == "city,prediction"
    np.testing.assert_allclose(
        [float(line.split(",")[1]) for line in lines[1:]], model.predict(features(frame)), rtol=1e-9
    )


def test_every_loss_of_the_regressor_can_be_named():
    (options,) = RidgeMLPRegressor._parameter_constraints["loss"]
    assert set(LOSSES) == options.options == set(SCORES_OF_LOSSES)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("loss", "scoring", "score", "guess", "guessed"),
    [
        ("squared_error", "neg_mean_squared_error", mean_squared_error, np.mean, "mean"),
        ("huber", "neg_mean_squared_error", mean_squared_error, np.mean, "mean"),
        ("absolute_error", "neg_mean_absolute_error", mean_absolute_error, np.median, "median"),
        ("poisson", "neg_mean_poisson_deviance", mean_poisson_deviance, np.mean, "mean"),
        (
            "quantile", "neg_mean_pinball_loss", lambda y, p: mean_pinball_loss(y, p, alpha=0.9),
            lambda y: np.quantile(y, 0.9), "0.9 quantile",
        ),
    ],
)  # fmt: skip
def test_alpha_is_chosen_by_the_loss_and_guesses_are_what_it_is_smallest_for(
    ridge_nn, folder, tmp_path, frame, loss, scoring, score, guess, guessed
):
    model = tmp_path / "m.skops"
    given = ["--task", "regression", "--loss", loss]
    given += ["--quantile", "0.9"] if loss == "quantile" else []
    arguments = [folder / "houses.csv", "--target", "sales", "--drop", "price", "--model", model, *given]
    _, said = ridge_nn("fit", *arguments, *NETWORK, "--alphas", "0,1", "--cv", "2")
    assert "different numbers" not in said
    card = json.loads(ridge_nn("show", model, "--json")[0])
    assert card["chosen"]["scoring"] == scoring
    assert card["held_out"]["guess"] == f"the {guessed} of the training rows"
    train, test = train_test_split(frame["sales"], test_size=0.2, random_state=0)
    expected = -score(test, np.full(len(test), guess(train)))
    assert card["held_out"]["guessing"][scoring] == pytest.approx(expected)
    assert next(iter(card["held_out"]["scores"])) == scoring
    assert set(card["held_out"]["scores"]) == {scoring, "r2", "neg_mean_absolute_error"}

    network = RidgeMLPRegressor(
        card["alpha"], loss=loss, **({"quantile": 0.9} if loss == "quantile" else {}), **SETTINGS
    )
    rows = np.sort(train.index)
    X = features(frame).loc[rows]
    model = pipeline(X, COLUMNS, network).fit(X, frame.loc[rows, "sales"])
    expected = -score(test, model.predict(features(frame).loc[test.index]))
    assert card["held_out"]["scores"][scoring] == pytest.approx(expected, rel=1e-5)


def test_another_score_can_be_named(ridge_nn, folder, tmp_path):
    model = tmp_path / "m.skops"
    arguments = ["fit", folder / "houses.csv", *TARGET, "--model", model, *NETWORK, "--alphas", "0,1"]
    ridge_nn(*arguments, "--cv", "2", "--scoring", "neg_median_absolute_error", "--alpha", "1se")
    card = json.loads(ridge_nn("show", model, "--json")[0])
    assert (card["chosen"]["scoring"], card["chosen"]["rule"]) == ("neg_median_absolute_error", "1se")
    assert set(card["held_out"]["scores"]) == {"neg_median_absolute_error", "r2", "neg_mean_absolute_error"}


def test_the_user_decides_what_whole_numbers_are(ridge_nn, folder, frame, tmp_path):
    few = frame.assign(sales=frame["sales"].clip(upper=2)).drop(columns="price")
    few.to_csv(tmp_path / "few.csv", index=False)
    for given, task in (([], "classification"), (["--task", "regression"], "regression")):
        arguments = ["few.csv", "--target", "sales", "--model", "m.skops", "--alpha", "0", *NETWORK, *given]
        ridge_nn("fit", *arguments, cwd=tmp_path)
        card = json.loads(ridge_nn("show", "m.skops", "--json", cwd=tmp_path)[0])
        assert card["task"] == task
        assert (card["classes"], card["range"]) == (([0, 1, 2], None) if not given else (None, [0, 2]))


def test_fit_says_of_a_regression_that_training_had_not_finished(ridge_nn, tmp_path):
    arguments = ["--dataset", "diabetes", "--model", tmp_path / "m.skops", "--alpha", "0", "--epochs", "3"]
    _, said = ridge_nn("fit", *arguments)
    assert said.count("\n") == 1
    assert "training had not finished: of 3 epochs" in said
    assert "--epochs 6" in said


# -- diagnose -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "parameters"),
    [([], {}), (["--loss", "quantile", "--quantile", "0.9"], {"loss": "quantile", "quantile": 0.9})],
)
def test_diagnose_says_what_the_function_says(ridge_nn, folder, frame, tmp_path, given, parameters):
    out = tmp_path / "d.json"
    printed, _ = ridge_nn("diagnose", "houses.csv", *TARGET, *FAST, *given, "--json", out, cwd=folder)
    written = AlphaDiagnosis.from_dict(json.loads(out.read_text()))
    assert printed.startswith(written.summary().partition("Findings")[0])
    expected = diagnose(
        pipeline(features(frame), COLUMNS, RidgeMLPRegressor(**SETTINGS, **parameters)),
        features(frame),
        frame["price"],
        alphas=[0, 1e-3, 1],
        cv=RepeatedKFold(n_splits=3, n_repeats=1, random_state=0),
    )
    np.testing.assert_array_equal(written.test_loss, expected.test_loss)
    assert written.verdicts == expected.verdicts


def test_diagnose_shows_the_score_that_is_named(ridge_nn, folder, tmp_path):
    arguments = ["diagnose", "houses.csv", *TARGET, *FAST, "--loss", "quantile", "--quantile", "0.9"]
    printed, _ = ridge_nn(*arguments, "--scoring", "neg_mean_pinball_loss", cwd=folder)
    assert "neg_mean_pinball_loss" in printed
    printed, _ = ridge_nn(*arguments, "--scoring", "neg_max_error", cwd=folder)
    assert "neg_max_error" in printed


def test_a_report_of_a_regression_is_written(ridge_nn, tmp_path):
    arguments = ["--dataset", "diabetes", *FAST, "--html", tmp_path / "r.html", "--plot", tmp_path / "c.svg"]
    printed, said = ridge_nn("diagnose", *arguments)
    assert "3 values of alpha on 3 splits" in " ".join(printed.split())
    assert said == ""
    assert "<svg" in (tmp_path / "r.html").read_text()
    assert "<svg" in (tmp_path / "c.svg").read_text()


def test_the_diabetes_data_are_those_of_scikit_learn(ridge_nn, tmp_path):
    model = tmp_path / "m.skops"
    ridge_nn(
        "fit", "--dataset", "diabetes", "--model", model, "--alpha", "0.01", "--test-size", "0", *NETWORK
    )
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    X.to_csv(tmp_path / "new.csv", index=False)
    ridge_nn("predict", tmp_path / "new.csv", "--model", model, "--output", tmp_path / "out.csv")
    network = RidgeMLPRegressor(0.01, **SETTINGS)
    expected = pipeline(X, Columns(tuple(X.columns), ()), network).fit(X, y).predict(X)
    np.testing.assert_allclose(pd.read_csv(tmp_path / "out.csv")["prediction"], expected, rtol=1e-5)


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("predict new.csv --model model.skops --proba", "--proba is for a classification, and model.sk"),
        ("fit houses.csv --target city --task regression --model m.skops", "'city' must hold .* row 1 .*"),
        ("fit houses.csv --target price --task classification --model m.skops", "more than the 100 that"),
        ("fit houses.csv --target city --loss huber --model m.skops", "'city' must hold finite numbers, but"),
        ("fit houses.csv --target price --class-weight balanced --model m.skops", "--class-weight balanced is"
         " for a classification, and --target 'price' is taken for a regression"),
        ("diagnose houses.csv --target sales --task classification --loss poisson",
         "--loss poisson is for a regression, and --task classification is not"),
        ("diagnose houses.csv --target price --class-weight balanced --loss huber",
         "--loss huber is for a regression, and --class-weight balanced is not"),
        ("diagnose houses.csv --target price --quantile 0.9", "--quantile 0.9 goes with --loss quantile"),
        ("diagnose houses.csv --target price --quantile 0.5 --loss huber", "--quantile 0.5 goes with --loss"),
        ("diagnose houses.csv --target price --quantile 2 --loss quantile", "--quantile 2 must be .*, 1.0"),
        ("diagnose houses.csv --target price --loss hubert", "invalid choice: 'hubert'"),
        ("diagnose houses.csv --target price --task regresion", "invalid choice: 'regresion'"),
        ("diagnose changes.csv --target change --loss poisson",
         r"poisson learns counts, and --target 'change' holds \d+ negative numbers \(the smallest is -1.5"),
        ("fit changes.csv --target change --scoring neg_mean_poisson_deviance --model m.skops",
         "cannot score the numbers of --target 'change'. Take neg_mean_squared_error or r2"),
        ("fit houses.csv --target price --scoring rand_score --model m.skops", "cannot score the numbers"),
        ("fit houses.csv --target price --scoring accuracy --model m.skops", "'accuracy' cannot score"),
        ("fit houses.csv --target sales --task regression --scoring f1_macro --model m.skops", "cannot"),
        ("fit houses.csv --target price --scoring neg_log_loss --model m.skops", "cannot score the numbers"),
        ("fit houses.csv --target city --scoring neg_mean_pinball_loss --model m.skops", "the 2 classes of"),
        ("diagnose commas.csv --target price", r"such as '1,\d{3}.\d\d'. Write them like 1234.5"),
        ("diagnose words.csv --target price", r"but for 'sold' in 1 row \(the first is row 8 of the data\)"),
        ("diagnose houses.csv --target price --cv 300", "r2 needs two. Give 120 folds at most"),
        ("fit houses.csv --target price --cv 200 --model m.skops", "192 rows leave a fold with"),
        ("fit houses.csv --target price --model m.skops --test-size 0.999", "leaves 240 to hold out and"),
        ("fit houses.csv --target price --model m.skops --test-size 0.001", "leaves 1 .* needs two rows"),
        ("diagnose --dataset diabetes --task classification", "214 different numbers, more than the 100"),
        ("diagnose --dataset iris --task regression", "must hold finite numbers, but row 1 .* has 'setosa'"),
        ("diagnose huge.csv --target y", "--target 'y': y holds numbers as large as"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_any_work(refused, folder, tmp_path, monkeypatch, arguments, message):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "huge.csv").write_text("x,y\n" + "".join(f"{i * i},{i}.5e200\n" for i in range(1, 30)))
    monkeypatch.chdir(tmp_path)
    assert re.search(message, refused(*arguments.split()))
    assert not (tmp_path / "m.skops").exists()
