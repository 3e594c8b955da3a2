"""Scores in words, of all that the command takes."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cluster, get_scorer_names

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor
from sklearn_ridge_nn.cli._columns import Columns
from sklearn_ridge_nn.cli._inputs import Data
from sklearn_ridge_nn.cli._score_words import WORDS, in_words
from sklearn_ridge_nn.cli._tables import InputError
from sklearn_ridge_nn.cli._task import SCORES_OF_LOSSES, Classification, Regression
from sklearn_ridge_nn.cli._threshold import COST, SCORES

DOCS = Path(__file__).parents[2] / "docs" / "cli.rst"


def task_of(y):
    kind, network = (
        (Classification, RidgeMLPClassifier()) if y.dtype.kind == "i" else (Regression, RidgeMLPRegressor())
    )
    data = Data("d.csv", "y", [], Columns(("x",), ()), pd.DataFrame({"x": np.zeros(len(y))}), y, "", None)
    return kind(data, network)


@pytest.mark.parametrize(
    "y", [np.arange(20) % 2, np.arange(21) % 3, np.arange(1.0, 20.0)], ids=["2", "3", "n"]
)
def test_every_score_that_can_be_named_has_words(y):
    task = task_of(y)
    takes = []
    for name in get_scorer_names():
        try:
            task.check_score(name)
        except InputError:
            continue
        takes.append(name)
    others = {name for name in takes if name not in WORDS}
    assert others <= set(dir(cluster))  # scores of clusters, which take labels for such
    assert len(takes) > len(others) + 8


def test_scores_that_the_command_chooses_by_have_words():
    assert {*SCORES_OF_LOSSES.values(), *SCORES, COST, *Classification.scores, *Regression.scores} <= set(
        WORDS
    )


def test_losses_are_said_to_be_negative_and_only_they_are():
    for name, words in WORDS.items():
        is_negative = words.startswith("minus") or name == "neg_log_loss"  # a mean logarithm is below 0
        assert name.startswith("neg_") == is_negative, name


def test_words_are_short_and_unknown_scores_have_none():
    assert max(map(len, WORDS.values())) < 130
    assert in_words(["accuracy", "something"]) == "accuracy: share of rows predicted right"


def test_the_scores_of_the_documentation_have_these_words():
    (table,) = re.findall(r"\* - A score\n.*?(?=\n\n\S)", DOCS.read_text(), re.DOTALL)
    rows = re.findall(r"\* - ``(\w+)``\n\s+- (.*(?:\n {7}.*)*)", table)
    assert len(rows) > 8
    for name, words in rows:
        assert re.sub(r"\s+", " ", words) == WORDS[name]
