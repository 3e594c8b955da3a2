"""The page that ``fit --html`` writes: its scores are of rows that the model has not learnt from."""

import html
import re

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy.stats import binomtest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor, RidgeCV
from sklearn.metrics import accuracy_score, confusion_matrix, mean_absolute_error, recall_score, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_predict, train_test_split

from sklearn_ridge_nn.cli._held_out import yardsticks_in_words

OURS = ["numpy.dtype", "sklearn_ridge_nn.RidgeMLPClassifier", "sklearn_ridge_nn.RidgeMLPRegressor"]
QUICKLY = [
    "--target",
    "y",
    "--hidden-layer-sizes",
    "8",
    "--epochs",
    "10",
    "--learning-rate",
    "0.03",
    "--quiet",
]
COLUMNS = ["age", "size", "city"]


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    n = 300
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n).round(1),
            "size": rng.normal(size=n),
            "city": rng.choice(["Rome", "Oslo"], n),
        }
    )
    strength = (frame["age"] - 40) / 5 + 2 * (frame["city"] == "Rome") + rng.normal(0, 1, n)
    frame["label"] = np.where(strength > 0.5, "yes", "no")
    frame["price"] = (100 + 10 * strength).round(2)
    frame["count"] = rng.poisson(np.exp(strength / 4))
    return frame


@pytest.fixture(scope="module")
def made(ridge_nn, tmp_path_factory, frame):
    """Fit with some arguments to a target, and return the page, its text, what was printed, and the model."""
    folder = tmp_path_factory.mktemp("pages")
    done = {}

    def make(target, *arguments):
        if (target, *arguments) not in done:
            frame[COLUMNS].assign(y=frame[target]).to_csv(folder / "d.csv", index=False)
            printed, said = ridge_nn(
                "fit", "d.csv", *QUICKLY, "--model", "m.skops", "--html", "p.html", *arguments, cwd=folder
            )
            assert "metric" not in said.lower()  # of guessing, which predicts one label alone
            page = (folder / "p.html").read_text()
            text = html.unescape(re.sub(r"<[^>]*>", " ", page.partition("</style>")[2]))
            model = skops.io.load(folder / "m.skops", trusted=OURS)
            done[target, *arguments] = page, " ".join(text.split()), printed, model
        return done[target, *arguments]

    return make


def scores_in(page):
    """The table of scores: by the score's name, the number of each column."""
    table = re.search(r"<table>.*?</table>", page, re.DOTALL)[0]
    names = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)[1:]
    rows = re.findall(r'<th scope="row"[^>]*>(.*?)</th>((?:<td>.*?</td>)+)', table)
    return {
        score: dict(
            zip(
                names,
                [float("nan" if cell == "-" else cell) for cell in re.findall(r"<td>(.*?)</td>", cells)],
                strict=True,
            )
        )
        for score, cells in rows
    }


def test_the_scores_are_those_of_the_rows_held_out(made, frame):
    page, text, printed, model = made("label", "--alpha", "0.01", "--positive", "yes")
    assert "Page: p.html" in printed
    train, test = train_test_split(frame, test_size=0.2, stratify=frame["label"], random_state=0)
    train, test = train.sort_index(), test.sort_index()
    scores = scores_in(page)
    predicted, proba = model.predict(test[COLUMNS]), model.predict_proba(test[COLUMNS])[:, 1]
    assert scores["accuracy"]["this network"] == pytest.approx(
        accuracy_score(test["label"], predicted), abs=1e-4
    )
    assert scores["roc auc"]["this network"] == pytest.approx(roc_auc_score(test["label"], proba), abs=1e-4)
    recall = recall_score(test["label"], predicted, pos_label="yes")
    assert scores["recall"]["this network"] == pytest.approx(recall, abs=1e-4)
    assert f"the model (AUC = {roc_auc_score(test['label'], proba):.2f})" in page
    for count in confusion_matrix(test["label"], predicted).ravel():
        assert f"<td>{count} (" in page
    assert f"accuracy {scores['accuracy']['this network']:.4g}" in printed
    guessed = DummyClassifier().fit(train[COLUMNS], train["label"]).predict(test[COLUMNS])
    assert scores["accuracy"]["guessing"] == pytest.approx(accuracy_score(test["label"], guessed), abs=1e-4)
    trees = clone(model).set_params(network=HistGradientBoostingClassifier(random_state=0))
    boosted = trees.fit(train[COLUMNS], train["label"]).predict(test[COLUMNS])
    assert scores["accuracy"]["boosted trees"] == pytest.approx(
        accuracy_score(test["label"], boosted), abs=1e-4
    )
    assert "scores on 60 rows that were held out at random before anything else" in text
    assert "the model learnt from the other 240 rows" in text


def test_the_head_says_what_was_fitted(made, frame):
    _, text, _, _ = made("label", "--alpha", "0.01", "--positive", "yes")
    counts = frame["label"].value_counts()
    for words in (
        "Data d.csv",
        "Rows 300, 2 numeric and 1 categorical columns",
        f"Target y, 2 classes: 'no' ({counts['no']} rows), 'yes' ({counts['yes']} rows)",
        "Network hidden_layer_sizes [8], epochs 10",
        "Seed 0",
        "Held out 60 rows",
        "alpha: 0.01, as it was given.",
        "It was trained for 10 epochs, passes over the rows, and has the weights of the last one.",
        "LogisticRegressionCV, which chooses its penalty",
    ):
        assert words in text


def test_a_model_of_all_rows_is_scored_by_cross_validation(made, frame):
    page, text, printed, model = made("label", "--alpha", "0.01", "--test-size", "0", "--cv", "3")
    assert "Held-out score  none" in printed
    assert "by 3-fold cross-validation: all 300 rows were cut into 3 parts" in text
    assert "The model that was saved was trained on all rows" in text
    assert "too good" not in text  # nothing had been chosen
    cv = list(RepeatedStratifiedKFold(n_splits=3, n_repeats=1, random_state=0).split(frame, frame["label"]))
    predicted = cross_val_predict(clone(model), frame[COLUMNS], frame["label"], cv=cv)
    expected = accuracy_score(frame["label"], predicted)
    assert scores_in(page)["accuracy"]["this network"] == pytest.approx(expected, abs=1e-2)
    assert (
        scores_in(page)["accuracy"]["this network"]
        < accuracy_score(frame["label"], model.predict(frame)) + 0.02
    )


@pytest.mark.slow
def test_what_was_chosen_on_the_rows_is_said_to_make_scores_too_good(made):
    arguments = ["--alphas", "0.001,0.1", "--test-size", "0", "--cv", "2", "--positive", "yes", "--threshold"]
    page, text, _, model = made("label", *arguments, "f1")
    assert "Alpha and the threshold had been chosen on all rows before" in text
    assert "the best of 2 by neg_log_loss" in text
    assert "Only the network knows the threshold." in text
    assert "f1, which its threshold was chosen by, is" in text
    assert scores_in(page)["f1"]["this network"] > 0.5
    assert f"from a probability of {model.threshold:.3g} on" in text


@pytest.mark.slow
def test_labels_are_those_of_the_threshold(made, frame):
    page, text, printed, model = made("label", "--alpha", "0.01", "--positive", "yes", "--threshold", "1:10")
    test = train_test_split(frame, test_size=0.2, stratify=frame["label"], random_state=0)[1]
    scores = scores_in(page)
    recall = recall_score(test["label"], model.predict(test[COLUMNS]), pos_label="yes")
    assert scores["recall"]["this network"] == pytest.approx(recall, abs=1e-4)
    costs = scores["cost per row"]
    assert f"neg_cost_per_row {-costs['this network']:.4g}" in printed
    cheapest = min((test["label"] == "no").mean(), 10 * (test["label"] == "yes").mean())
    assert costs["guessing"] == pytest.approx(cheapest, rel=1e-3)  # the better label for all rows
    assert np.isnan([costs["linear model"], costs["boosted trees"]]).all()  # they have no threshold
    assert f"cost per row, which its threshold was chosen by, is {costs['this network']:.4g}, that of" in text
    assert "chance does not explain" not in text  # labels by a threshold are not compared with others


def test_numbers_are_scored_beside_a_linear_model_and_trees(made, frame):
    page, text, _, model = made("price", "--alpha", "0.01")
    train, test = train_test_split(frame, test_size=0.2, random_state=0)
    train = train.sort_index()
    errors = scores_in(page)["mean absolute error"]
    others = {
        "linear model": RidgeCV(alphas=np.logspace(-3, 5, 17)),
        "boosted trees": HistGradientBoostingRegressor(random_state=0),
    }
    for name, yardstick in {"this network": None, **others}.items():
        fitted = model
        if yardstick is not None:
            fitted = clone(model).set_params(network=yardstick).fit(train[COLUMNS], train["price"])
        error = mean_absolute_error(test["price"], fitted.predict(test[COLUMNS]))
        assert errors[name] == pytest.approx(error, rel=1e-3)
    assert f"the model's predictions are {errors['this network']:.4g} away from the truth" in text
    assert "confusion" not in page
    assert page.count("<svg") == 2  # predictions, and columns


@pytest.mark.slow
def test_the_linear_model_of_counts_predicts_counts(made, frame):
    page, text, _, model = made("count", "--alpha", "0.01", "--task", "regression", "--loss", "poisson")
    train, test = train_test_split(frame, test_size=0.2, random_state=0)
    linear = clone(model).set_params(network=PoissonRegressor(max_iter=1000))
    error = mean_absolute_error(
        test["count"], linear.fit(train[COLUMNS], train["count"]).predict(test[COLUMNS])
    )
    assert scores_in(page)["mean absolute error"]["linear model"] == pytest.approx(error, rel=1e-3)
    assert "PoissonRegressor" in text


def test_the_page_says_how_sure_the_difference_to_the_others_is(made, frame):
    """Both of the columns that the labels are made of help, so guessing is beaten for sure."""
    _, text, _, model = made("label", "--alpha", "0.01", "--positive", "yes")
    train, test = train_test_split(frame, test_size=0.2, stratify=frame["label"], random_state=0)
    guessed = (test["label"] != DummyClassifier().fit(train, train["label"]).predict(test)).to_numpy()
    ours = (test["label"] != model.predict(test[COLUMNS])).to_numpy()
    only_guessing, only_ours = (guessed & ~ours).sum(), (ours & ~guessed).sum()
    assert binomtest(int(only_guessing), int(only_guessing + only_ours)).pvalue < 0.05 / 3
    assert re.search(
        r"It is better than guessing[^.]*: chance does not explain so large a difference\.", text
    )
    assert re.search(r"Whether it is better than [^.]*boosted trees[^.]* these rows cannot tell\.", text)


def test_the_page_shows_the_columns_that_the_model_rests_on(made):
    page, text, printed, _ = made("price", "--alpha", "0.01")
    drawn = page.split('aria-label="What predictions rest on"')[1]
    assert [drawn.index(f">{name}</text>") for name in ("age", "city")] == sorted(
        drawn.index(f">{name}</text>") for name in ("age", "city")
    )
    rests_on = re.search(r"Rests on +(.*) \(", printed)[1]
    assert f"Where an interval is above 0 ({rests_on.count('+/-')} of 3 columns)" in text
    assert "among 60 rows that were held out" in text


def test_columns_that_were_not_measured_are_said_to_be(made):
    _, text, _, _ = made("label", "--alpha", "0.01", "--test-size", "0", "--cv", "3")
    assert "Not measured, because it learnt from all rows. ridge-nn explain measures it, on new rows." in text


def test_a_page_to_stdout_has_nothing_beside_it(ridge_nn, frame, tmp_path):
    frame[COLUMNS].assign(y=frame["price"]).to_csv(tmp_path / "d.csv", index=False)
    printed, said = ridge_nn(
        "fit", "d.csv", *QUICKLY, "--model", "m.skops", "--alpha", "1", "--html", "-", cwd=tmp_path
    )
    assert printed.startswith("<!DOCTYPE html>")
    assert printed.rstrip().endswith("</html>")
    assert "Model: m.skops" in said
    assert "Held-out score" in said


def test_a_yardstick_that_could_not_be_fitted_is_not_spoken_of():
    class Task:
        guess = "class frequencies"

    words = yardsticks_in_words(Task(), ["this network", "guessing", "boosted trees"], has_threshold=False)
    assert "linear" not in words
    assert words.endswith("behind the same preprocessing.")


def test_a_validation_split_and_patience_reach_the_network(made):
    _, text, _, model = made(
        "label", "--alpha", "0.01", "--early-stopping", "--patience", "2", "--validation-split", "0.25"
    )
    network = model.named_steps["network"]
    assert (network.validation_split, network.patience) == (0.25, 2)
    assert "validation_split 0.25, early_stopping True, patience 2" in text
    assert f"weights of epoch {network.best_epoch_ + 1}, which predicts its validation rows best" in text
