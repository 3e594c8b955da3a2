"""What no network can learn from is refused by its name, and what stands for numbers is taken as numbers."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_ridge_nn import (
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    RidgeMLPRegressor,
    RidgeMLPRegressorCV,
    diagnose,
)
from sklearn_ridge_nn.model_selection import GridSearchCV

N = 60
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(N, 2))
CLASSES = np.arange(N) % 3
QUICK = {"hidden_layer_sizes": (4,), "epochs": 2, "random_state": 0}


def with_column(values):
    return pd.DataFrame({"first": NUMBERS[:, 0], "odd": values})


def in_polars(values):
    return pl.DataFrame({"first": NUMBERS[:, 0], "odd": values})


ENTRIES = {
    "fit": lambda X: RidgeMLPClassifier(**QUICK).fit(X, CLASSES),
    "fit numbers": lambda X: RidgeMLPRegressor(**QUICK).fit(X, NUMBERS[:, 1]),
    "partial_fit": lambda X: RidgeMLPClassifier(**QUICK).partial_fit(X, CLASSES, classes=[0, 1, 2]),
    "predict": lambda X: RidgeMLPClassifier(**QUICK).fit(NUMBERS, CLASSES).predict(X),
    "CV": lambda X: RidgeMLPClassifierCV([0.1, 1.0], cv=2, **QUICK).fit(X, CLASSES),
    "CV numbers": lambda X: RidgeMLPRegressorCV([0.1, 1.0], cv=2, **QUICK).fit(X, NUMBERS[:, 1]),
    "search": lambda X: GridSearchCV(
        RidgeMLPClassifier(**QUICK), {"alpha": [0.1]}, cv=2, error_score="raise"
    ).fit(X, CLASSES),
    "diagnose": lambda X: diagnose(RidgeMLPClassifier(**QUICK), X, CLASSES, alphas=[0.1, 1], cv=2),
}
DAYS = pd.date_range("2020-01-01", periods=N)
ODD = {
    "dates": (with_column(DAYS), "column 'odd' holds dates or times"),
    "dates of a zone": (with_column(DAYS.tz_localize("UTC")), "column 'odd' holds dates or times"),
    "durations": (with_column(DAYS - DAYS[0]), "column 'odd' holds dates or times"),
    "periods": (with_column(DAYS.to_period("D")), "column 'odd' holds dates or times"),
    "words": (with_column(["yes", "no"] * (N // 2)), "column 'odd' holds 'yes' (row"),
    "one word": (with_column([*["1"] * (N - 1), "one"]), f"column 'odd' holds 'one' (row {N - 1})"),
    "categories": (with_column(pd.Categorical(["yes", "no"] * (N // 2))), "column 'odd' holds 'yes' (row"),
    "intervals": (with_column(pd.cut(NUMBERS[:, 0], 3)), "column 'odd' holds Interval("),
    "date objects": (with_column([datetime.date(2020, 1, 1)] * N), "column 'odd' holds datetime.date(2020"),
    "lists": (with_column([[1]] * N), "column 'odd' holds [1] (row"),
    "huge": (
        with_column(np.array([*[1] * (N - 1), 10**400], dtype=object)),
        f"too large for float64, in column 'odd' (row {N - 1})",
    ),
    "dates of polars": (in_polars([datetime.date(2020, 1, 1)] * N), "column 'odd' holds dates or times"),
    "words of polars": (in_polars(["yes", "no"] * (N // 2)), "column 'odd' holds 'yes'. Make"),
    "lazy": (in_polars([1] * N).lazy(), "LazyFrame"),
    "array of dates": (DAYS.to_numpy()[:, None], "column 0 holds dates or times"),
    "array of objects": (np.array([[1, datetime.time(8)]] * N, dtype=object), "column 1 holds datetime."),
    "list of huge": ([[1, 10**400]] * N, "too large for float64"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_a_column_that_holds_no_numbers_is_named(kind):
    X, words = ODD[kind]
    for name, call in ENTRIES.items():
        with pytest.raises((ValueError, TypeError)) as raised:
            call(X)
        assert words in str(raised.value), name
        assert "Traceback" not in str(raised.value)


VALUES = CLASSES.astype(float) * 1.5
ALIKE = {
    "categories": with_column(pd.Categorical(VALUES)),
    "text": with_column(VALUES.astype(str)),
    "decimals": with_column([Decimal(str(value)) for value in VALUES]),
    "fractions": with_column([Fraction(value) for value in VALUES]),
    "objects": with_column(VALUES).astype(object),
    "nullable": with_column(pd.array(VALUES, dtype="Float64")),
    "sparse": with_column(pd.arrays.SparseArray(VALUES)),
    "polars": in_polars(VALUES),
    "categories of polars": in_polars(pl.Series(VALUES.astype(str), dtype=pl.Categorical)),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_what_stands_for_numbers_is_taken_as_numbers(kind):
    X, plain = ALIKE[kind], with_column(VALUES)
    before = X.copy() if hasattr(X, "iloc") else X.clone()
    classifier = RidgeMLPClassifier(**QUICK)
    expected = classifier.fit(plain, CLASSES).predict_proba(plain)
    np.testing.assert_array_equal(classifier.fit(X, CLASSES).predict_proba(X), expected)
    assert classifier.feature_names_in_.tolist() == ["first", "odd"]
    mine = diagnose(classifier, X, CLASSES, alphas=[0.1, 1], cv=2)
    theirs = diagnose(classifier, plain, CLASSES, alphas=[0.1, 1], cv=2)
    np.testing.assert_array_equal(mine.test_loss, theirs.test_loss)
    assert X.equals(before)  # the caller's own is as it was


def repeated(*values):
    labels = np.empty(N, dtype=object)
    labels[:] = (list(values) * N)[:N]
    return labels


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (pd.Series(repeated("a", "b", pd.NA), dtype="string"), "in 20 of 60 rows (the first is row 2)"),
        (pd.Series(repeated(0, 1, pd.NA), dtype="Int64"), "no label in 20 of 60 rows"),
        (pd.Series(repeated(True, False, pd.NA), dtype="boolean"), "no label in 20 of 60 rows"),
        (pd.Series(pd.Categorical(repeated("a", "b", None))), "no label in 20 of 60 rows"),
        (pl.Series(["a", "b", None] * 20), "no label in 20 of 60 rows"),
        (repeated("a", pd.NaT, "b"), "no label in 20 of 60 rows (the first is row 1)"),
        (repeated("a", "b", np.nan), "no label in 20 of 60 rows"),
        (np.where(CLASSES == 2, np.nan, CLASSES), "no label in 20 of 60 rows"),
        (repeated("a", 1, 2), "labels of different types: 'a' (str) and 1 (int)"),
        (repeated(True, 2, 3), "labels of different types: True (bool) and 2 (int)"),
        (repeated(1, 2, 3), "Python objects of type int, such as 1, in an array of dtype object"),
        (repeated(10**400, 1, 2), "Pass y.astype(str)."),
        (repeated(Decimal(1), Decimal(2)), "objects of type Decimal, such as Decimal('1')"),
        (pd.Series(DAYS.to_period("M")), "objects of type Period"),
    ],
)  # fmt: skip
def test_labels_that_cannot_be_are_named(y, words):
    for call in (
        lambda: RidgeMLPClassifier(**QUICK).fit(NUMBERS, y),
        lambda: RidgeMLPClassifierCV([0.1, 1.0], cv=2, **QUICK).fit(NUMBERS, y),
        lambda: diagnose(RidgeMLPClassifier(**QUICK), NUMBERS, y, alphas=[0.1, 1], cv=2),
    ):
        with pytest.raises(ValueError) as raised:  # noqa: PT011
            call()
        assert words in str(raised.value)


def test_the_advice_for_labels_works():
    for y in (
        repeated(1, 2, 3).astype(int),
        repeated("a", 1, 2).astype(str),
        repeated(Decimal(1), Decimal(2)).astype(str),
    ):
        assert RidgeMLPClassifier(**QUICK).fit(NUMBERS, y).predict(NUMBERS).dtype == y.dtype


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.where(CLASSES == 2, np.nan, CLASSES), "no number in 20 of 60 rows (the first is row 2)"),
        (
            np.where(CLASSES[:, None] == [2, 1], np.nan, 1.0),
            "no number in 40 of 60 rows (the first is row 1)",
        ),
        (pd.Series(repeated(0, 1, pd.NA), dtype="Int64"), "no number in 20 of 60 rows"),
        (repeated(0.5, None), "no number in 30 of 60 rows (the first is row 1)"),
        (repeated(10**400, 1), "too large for float64"),
        (repeated(1, "two"), "it holds 'two'"),
        (DAYS, "it holds "),
    ],
)
def test_numbers_that_cannot_be_are_named(y, words):
    for call in (
        lambda: RidgeMLPRegressor(**QUICK).fit(NUMBERS, y),
        lambda: RidgeMLPRegressorCV([0.1, 1.0], cv=2, **QUICK).fit(NUMBERS, y),
        lambda: diagnose(RidgeMLPRegressor(**QUICK), NUMBERS, y, alphas=[0.1, 1], cv=2),
    ):
        with pytest.raises(ValueError) as raised:  # noqa: PT011
            call()
        assert words in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", 10**400),
        ("learning_rate", 10**400),
        ("dropout", 10**400),
        ("validation_split", 10**400),
        ("epochs", 10**20),
        ("epochs", 2**31),
    ],
)
@pytest.mark.parametrize("kind", [RidgeMLPClassifier, RidgeMLPRegressor])
def test_numbers_beyond_any_float_or_index_are_refused_by_their_parameter(kind, name, value):
    with pytest.raises(ValueError, match=rf"^The '{name}' parameter of {kind.__name__} must be"):
        kind(**{**QUICK, name: value}).fit(NUMBERS, CLASSES)


def test_alphas_beyond_any_float_are_refused_by_their_name():
    with pytest.raises(ValueError, match=r"^alphas must be finite numbers >= 0"):
        diagnose(RidgeMLPClassifier(**QUICK), NUMBERS, CLASSES, alphas=[0.1, 10**400], cv=2)
    with pytest.raises(ValueError, match=r"^class_weight must hold finite weights"):
        RidgeMLPClassifier(class_weight={0: 10**400}, **QUICK).fit(NUMBERS, CLASSES)


def test_any_real_number_is_one():
    exact = Fraction(1, 8)
    parameters = {"alpha": exact, "learning_rate": exact, "dropout": exact, "validation_split": exact}
    mine = RidgeMLPClassifier(**{**QUICK, **parameters}).fit(NUMBERS, CLASSES)
    floats = {name: float(value) for name, value in parameters.items()}
    theirs = RidgeMLPClassifier(**{**QUICK, **floats}).fit(NUMBERS, CLASSES)
    np.testing.assert_array_equal(mine.predict_proba(NUMBERS), theirs.predict_proba(NUMBERS))
    assert RidgeMLPClassifier(**{**QUICK, "alpha": 2**64, "epochs": 1}).fit(NUMBERS, CLASSES).coefs_


def test_a_network_that_no_memory_holds_is_refused_before_anything_is_made():
    with pytest.raises(
        ValueError, match=r"^hidden_layer_sizes=\(1000000000000\) makes a network of 6,000,000,"
    ):
        RidgeMLPClassifier(hidden_layer_sizes=10**12).fit(NUMBERS, CLASSES)
    with pytest.raises(ValueError, match=r"^hidden_layer_sizes=\(10{40}\) makes a network"):
        RidgeMLPRegressor(hidden_layer_sizes=10**40).fit(NUMBERS, CLASSES)
