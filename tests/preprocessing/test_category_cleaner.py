"""A category is the same one whatever type it comes in."""

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklearn_ridge_nn import make_preprocessor
from sklearn_ridge_nn.preprocessing import CategoryCleaner

CODES = [10001, 20095, 10001, 75001] * 3
TRUTHS = [True, False, True, True] * 3
WORDS = ["a", "b", "a", "c"]
IDS = [2**60 + 1, 2**60 + 2, None, 2**60 + 1] * 3
DAYS = ["2020-01-01", "2020-01-02", "2020-01-01", "2021-05-06"] * 3
MOMENTS = ["2020-01-01 12:30:00.5", "2020-01-01 12:30:00", "2020-01-02 00:00:00", "2020-01-02 00:00:00"] * 3
AMOUNTS = [1.5, 2.0, 1.5, 3.25] * 3


def objects(values):
    return pd.Series(values, dtype=object)


def same_codes():
    return {
        "int64": pd.Series(CODES),
        "int32": pd.Series(CODES, dtype="int32"),
        "Int64": pd.Series(CODES, dtype="Int64"),
        "float64": pd.Series(CODES, dtype=float),
        "float32": pd.Series(CODES, dtype="float32"),
        "text": pd.Series(map(str, CODES)),
        "text with a point": objects([f"{code}.0" for code in CODES]),
        "decimal": objects([decimal.Decimal(code) for code in CODES]),
        "category of int": pd.Series(CODES).astype("category"),
        "category of text": pd.Series(map(str, CODES)).astype("category"),
        "mixed": objects([CODES[0], str(CODES[1]), float(CODES[2]), np.int32(CODES[3]), *CODES[4:]]),
        "polars int": pl.Series(CODES),
        "polars text": pl.Series(list(map(str, CODES))),
        "polars category": pl.Series(list(map(str, CODES)), dtype=pl.Categorical),
    }


def same_truths():
    return {
        "bool": pd.Series(TRUTHS),
        "boolean": pd.Series(TRUTHS, dtype="boolean"),
        "text": objects([str(truth) for truth in TRUTHS]),
        "TEXT": objects([str(truth).upper() for truth in TRUTHS]),
        "objects": objects(TRUTHS),
        "polars": pl.Series(TRUTHS),
    }


def same_ids():
    return {
        "Int64": pd.Series(IDS, dtype="Int64"),
        "UInt64": pd.Series(IDS, dtype="UInt64"),
        "arrow": pd.Series(IDS, dtype="int64[pyarrow]"),
        "objects": objects(IDS),
        "text": pd.Series([None if one is None else str(one) for one in IDS]),
        "polars": pl.Series(IDS),
    }


def same_days():
    return same_moments(DAYS) | {
        "date objects": objects([datetime.date.fromisoformat(day) for day in DAYS]),
        "polars dates": pl.Series(DAYS).str.to_date(),
        "text with a time": objects([f"{day}T00:00:00" for day in DAYS]),
    }


def same_moments(texts=MOMENTS):
    moments = pd.Series(pd.to_datetime(texts, format="ISO8601"))
    return {
        "ns": moments.astype("datetime64[ns]"),
        "us": moments.astype("datetime64[us]"),
        "ms": moments.astype("datetime64[ms]"),
        "zone": moments.dt.tz_localize("UTC"),
        "objects": moments.astype(object),
        "category": moments.astype("category"),
        "text": objects(texts),
        "polars": pl.Series(moments.dt.to_pydatetime().tolist()),
    }


def same_amounts():
    return {
        "float": pd.Series(AMOUNTS),
        "text": objects(list(map(str, AMOUNTS))),
        "decimal": objects([decimal.Decimal(str(amount)) for amount in AMOUNTS]),
        "decimal of two places": objects([decimal.Decimal(f"{amount:.2f}") for amount in AMOUNTS]),
    }


def frame(values, **more):
    kind = pl.DataFrame if isinstance(values, pl.Series) else pd.DataFrame
    return kind({"c": values, **more})


@pytest.mark.parametrize("threshold", [0, 100])  # target encoding, one-hot encoding
@pytest.mark.parametrize("same", [same_codes, same_truths, same_ids, same_days, same_moments, same_amounts])
def test_the_type_at_predict_may_be_another(same, threshold):
    y = np.array([0.0, 1.0, 0.5, 3.0] * 3)
    for at_fit in same().values():
        X = frame(at_fit)
        fitted = make_preprocessor(X, categorical=["c"], cardinality_threshold=threshold).fit(X, y)
        expected = fitted.transform(X)
        assert len(np.unique(expected, axis=0)) == next(iter(same().values())).nunique(dropna=False)
        for name, at_predict in same().items():
            np.testing.assert_array_equal(fitted.transform(frame(at_predict)), expected, err_msg=name)


@pytest.mark.parametrize(
    ("at_fit", "unknown"),
    [
        (CODES, ["x", "010001", "10001.5", True, 1e300, "nan"]),
        (list(map(str, CODES)), [7, "x", True, 0.5]),
        (TRUTHS, [1, 0, "yes", 1.0, "1"]),
        (WORDS, ["A", 1, True, "aa"]),
        ([0.1, 0.2, 0.1, 0.5], ["0.10", 1, 0.3]),
    ],
)
def test_what_fit_has_not_seen_is_unknown(at_fit, unknown):
    X = frame(at_fit)
    fitted = make_preprocessor(X, categorical=["c"]).fit(X)
    for one in unknown:
        np.testing.assert_array_equal(fitted.transform(frame(objects([one]))), [[0] * X["c"].nunique()])
    mixed = fitted.transform(frame(objects([X["c"][0], unknown[0], X["c"][2]])))
    np.testing.assert_array_equal(mixed.sum(axis=1), [1, 0, 1])


def test_float32_is_the_category_that_it_spells():
    X = frame(np.array([0.1, 0.2, 0.3]))
    fitted = make_preprocessor(X, categorical=["c"]).fit(X)
    np.testing.assert_array_equal(fitted.transform(X.astype("float32")), np.eye(3))


def test_types_are_kept_where_they_are_the_same():
    """So that encoders name and sort categories as they would without it."""
    for values in (CODES, TRUTHS, WORDS, [1.5, np.nan, 2.0, 1.5], ["true", "b", None, "true"]):
        X = frame(values)
        encoder = OneHotEncoder().fit(X.where(X.notna(), np.nan))
        ours = make_pipeline(CategoryCleaner(), OneHotEncoder()).fit(X)
        np.testing.assert_array_equal(ours.get_feature_names_out(), encoder.get_feature_names_out())


def test_of_two_spellings_one_is_taken():
    X = frame(["TRUE", "True", "7", "7.0", "x"])
    cleaned = CategoryCleaner().fit_transform(X)
    np.testing.assert_array_equal(cleaned[:, 0], ["TRUE", "TRUE", "7", "7", "x"])


def test_large_codes_stay_apart_where_one_is_missing():
    X = frame(pd.Series([2**60 + 1, 2**60 + 2, 2**60 + 3], dtype="Int64"))
    fitted = make_preprocessor(X, categorical=["c"]).fit(X)
    missing = frame(pd.Series([2**60 + 2, None], dtype="Int64"))
    np.testing.assert_array_equal(fitted.transform(missing), [[0, 1, 0], [0, 0, 0]])
    fitted = make_preprocessor(missing, categorical=["c"]).fit(missing)
    assert fitted.get_feature_names_out()[0] == f"categorical__c_{2**60 + 2}"


def test_decimals_written_with_their_zeros_are_known_as_text():
    X = frame(objects([decimal.Decimal("1.50"), decimal.Decimal("2.00")]))
    fitted = make_preprocessor(X, categorical=["c"]).fit(X)
    np.testing.assert_array_equal(fitted.transform(frame(["1.50", "1.5"])), [[1, 0], [1, 0]])
    np.testing.assert_array_equal(fitted.transform(frame(["2.00", "2"])), [[0, 1], [0, 1]])


def test_values_that_no_dict_finds_are_their_text():
    X = frame(objects([[1], [2], [1]]))
    fitted = make_preprocessor(X, categorical=["c"]).fit(X)
    np.testing.assert_array_equal(fitted.transform(X), [[1, 0], [0, 1], [1, 0]])
    np.testing.assert_array_equal(fitted.transform(frame(["[2]"])), [[0, 1]])


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize(
    ("at_fit", "at_predict"),
    [
        (["a", None, "b"] * 3, ["a", None, "z"]),
        (TRUTHS, ["TRUE", None, "z"]),
        (CODES, [75001.0, None, np.nan]),
    ],
)
@pytest.mark.parametrize("threshold", [0, 100])
def test_frames_that_set_output_asks_for(container, at_fit, at_predict, threshold):
    X, new = frame(objects(at_fit)), frame(objects(at_predict))
    y = np.arange(len(X)) % 2
    plain = make_preprocessor(X, categorical=["c"], cardinality_threshold=threshold)
    if threshold:
        plain.set_params(categorical__onehotencoder__sparse_output=False)
    asked = clone(plain).set_output(transform=container).fit(X, y)
    plain.fit(X, y)
    for table in (X, new, new[1:2]):
        found = asked.transform(table)
        assert type(found).__module__.startswith(container)
        assert list(found.columns) == plain.get_feature_names_out().tolist()
        np.testing.assert_array_equal(found.to_numpy(), plain.transform(table))


def test_another_number_of_columns_is_refused():
    cleaner = CategoryCleaner().fit(pd.DataFrame({"a": WORDS, "b": WORDS}))
    with pytest.raises(ValueError, match=r"b"):
        cleaner.transform(pd.DataFrame({"a": WORDS}))
