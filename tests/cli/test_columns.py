"""Each column is taken for what a person would take it for, or refused by name."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_ridge_nn.cli._columns import (
    Columns,
    pipeline,
    prepared,
    row_numbers,
    sort_columns,
    unknown_categories,
    without_missing,
)
from sklearn_ridge_nn.cli._tables import InputError


def kind_of(values, name="x", categorical=()):
    columns = sort_columns(pd.DataFrame({name: values}), categorical)
    (kind,) = (kind for kind in ("numeric", "categorical", "dates", "text") if getattr(columns, kind))
    return kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "1e3", "-4"], "numeric"),
        (["1", None, "3"], "numeric"),
        ([1, 2, 3], "numeric"),
        ([Decimal("1.5"), None, Decimal(2)], "numeric"),
        (["a", "b", None], "categorical"),
        (["True", "False"], "categorical"),
        ([True, False], "categorical"),
        ([True, None, False], "categorical"),
        ([f"word {i % 20}" for i in range(40)], "categorical"),
        ([f"word {i}" for i in range(20)], "categorical"),
        ([f"word {i % 100}" for i in range(400)], "categorical"),
        ([f"word {i % 101}" for i in range(1010)], "categorical"),
        (["2024", "2025"], "numeric"),
        (["1-2", "many", "none"], "categorical"),
        (pd.to_datetime(["2024-01-05"]), "dates"),
        ([datetime.date(2024, 1, 5)], "dates"),
        ([datetime.time(10, 30)], "dates"),
        (pd.to_timedelta(["1 day"]), "dates"),
    ],
)
def test_numbers_and_categories(values, kind):
    assert kind_of(values) == kind


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            ["2024-01-05", "2024-02-01"],
            r"'x' holds dates or times, such as '2024-01-05'.*--dates=x; .*--drop=x",
        ),
        (["5/1/24", "6/1/24"], "holds dates"),
        (["2024-01-05T10:00:00Z", None], "holds dates"),
        (["10:30", "9:15:00"], "holds dates"),
        (["3 Jan 2024", "14 February 2023"], "holds dates"),
        (["Jan 3, 2024"], "holds dates"),
        ([f"word {i}" for i in range(21)], r"free text or identifiers: 21 .* in 21 rows, such as 'word 0'"),
        ([f"word {i % 101}" for i in range(1000)], "free text .*: 101 different values .*--drop=x.*--text=x"),
        ([*"123456789", "?"], r"holds numbers, but for '\?' in 1 row\..*--missing='\?'; .*--categorical=x"),
        ([None, None], r"'x' is empty. Leave it out: --drop=x"),
        (
            ["-1,3", "2,5", "0,1"],
            r"numbers with a comma, .* such as '-1,3'. Write them like 1234.5; .*categorical=x",
        ),
        (["57%", "8.5 %"], "percent sign, such as '57%'"),
        (["1,234", "12,345.5", "7"], "thousands separator"),
        (["1_000", "2_000"], "thousands separator, .* such as '1_000'"),
        (["$1,234.50", "$7"], r"currency sign .*such as '\$1,234.50'"),
        ([[1], [2]], "neither numbers nor text, but list"),
    ],
)
def test_what_is_neither_is_refused_by_name(values, message):
    with pytest.raises(InputError, match=message):
        kind_of(values)


def test_a_column_is_categorical_if_the_user_says_so():
    for values in (["1", "2"], [f"word {i}" for i in range(500)], ["2024-01-05"], [1.0, np.nan]):
        assert kind_of(values, categorical=["x"]) == "categorical"


def test_a_name_with_spaces_can_be_copied_into_a_shell():
    with pytest.raises(InputError, match="--drop='my notes'"):
        kind_of([f"word {i}" for i in range(500)], name="my notes")


def test_prepared_rows_are_numbers_and_text_whatever_the_type_in_the_file():
    columns = Columns(("n",), ("c",))
    for n, c in (
        (["1", None], ["7", None]),
        ([1.0, np.nan], [7.0, np.nan]),
        (pd.array([1, None], "Int64"), pd.array([7, None], "Int64")),
    ):
        rows = prepared(pd.DataFrame({"c": c, "n": n}), columns)
        assert rows.columns.tolist() == ["n", "c"]
        assert rows["n"].dtype == float
        assert rows["n"].tolist()[0] == 1
        assert rows["c"].tolist()[0] == "7"
        assert rows.isna().to_numpy().tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize("value", ["inf", "much"])
def test_a_field_that_is_no_number_is_named_with_its_row(value):
    frame = pd.DataFrame({"n": ["1", value]}, index=[10, 11])
    with pytest.raises(InputError, match=f"'n' must hold finite numbers, but row 12 .* '{value}'"):
        prepared(frame, Columns(("n",), ()))


def test_the_pipeline_imputes_scales_and_encodes():
    rows = pd.DataFrame({"n": [1.0, 3.0, np.nan, 5.0], "c": ["a", np.nan, "b", "a"]}, dtype=object)
    rows["n"] = rows["n"].astype(float)
    model = pipeline(rows, Columns(("n",), ("c",)), LogisticRegression()).fit(rows, [0, 1, 0, 1])
    new = pd.DataFrame({"n": [np.nan, 5.0], "c": ["never seen", np.nan]}, dtype=object).astype({"n": float})
    seen = model[:-1].transform(new)
    # The median of 1, 3, 5 is 3, also the mean of 1, 3, 3, 5, whose standard deviation is sqrt(2).
    np.testing.assert_allclose(seen, [[0, 0, 0, 0], [np.sqrt(2), 0, 0, 1]])
    assert list(unknown_categories(new, model)) == [("c", ["never seen"], False)]
    assert list(unknown_categories(rows, model)) == [("c", [], True)]


def test_thousands_of_columns_are_taken_for_what_each_is_alone(monkeypatch):
    """Many are looked at together, some at a time, between columns that need a look of their own."""
    rng = np.random.default_rng(0)
    kinds = {
        "float": lambda: [repr(float(value)) for value in rng.normal(size=6)],
        "whole": lambda: [str(value) for value in rng.integers(10**17, 10**18, 6)],
        "gap": lambda: ["1", "", "2.5", "NA", "nan", "-3"],
        "word": lambda: list(rng.choice(["a", "b"], 6)),
        "truth": lambda: ["True", "False"] * 3,
        "mixed": lambda: [1, 2.5, None, 4, 5, 6],
        "number": lambda: rng.normal(size=6),
    }
    frame = pd.DataFrame(
        {f"{kind}{n}": pd.Series(make(), dtype=None if kind == "number" else object)
         for n in range(20) for kind, make in kinds.items()}
    )  # fmt: skip
    monkeypatch.setattr("sklearn_ridge_nn.cli._columns._BLOCK_FIELDS", 100)
    together = without_missing(frame)
    columns = sort_columns(together)
    rows = prepared(together, columns)
    assert list(together) == list(frame)
    for name in frame:
        alone = without_missing(frame[[name]])
        its = sort_columns(alone)
        assert (name in columns.numeric) == (name in its.numeric), name
        pd.testing.assert_frame_equal(rows[[name]], prepared(alone, its))
    parsed = [[float(value) for value in frame[f"{kind}0"]] for kind in ("float", "whole")]
    np.testing.assert_array_equal(rows[["float0", "whole0"]].T, parsed)


def test_a_pipeline_learns_from_its_columns_wherever_they_are():
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "c": list("xyxy"), "b": [4.0, 1, 3, 2], "z": [0.0, 0, 1, 1]})
    made = pipeline(frame[["a", "b", "c"]], Columns(("a", "b"), ("c",)), LogisticRegression())
    expected = made.fit(frame[["a", "b", "c"]], [0, 1, 1, 0]).predict_proba(frame)
    for order in ("acbz", "zcba"):
        other = pipeline(frame[["a", "b", "c"]], Columns(("a", "b"), ("c",)), LogisticRegression())
        other.fit(frame[list(order)], [0, 1, 1, 0])
        np.testing.assert_array_equal(other.predict_proba(frame), expected)


def test_no_rows_are_no_reason_to_fail():
    frame = pd.DataFrame({"a": [], "b": []}, dtype=object)
    assert prepared(without_missing(frame), Columns(("a",), ("b",))).shape == (0, 2)


def test_one_wrong_field_among_thousands_of_columns_is_named():
    frame = pd.DataFrame({f"x{n}": ["1", "2", "3"] for n in range(50)}, dtype=object)
    columns = sort_columns(frame)
    frame.loc[1, "x40"] = "-inf"
    with pytest.raises(InputError, match="Column 'x40' must hold finite numbers, but row 2"):
        prepared(frame, columns)


def test_fields_that_stand_for_a_missing_value_are_missing_in_text_and_numbers():
    frame = pd.DataFrame(
        {
            "text": ["NA", "", "?", "x", "-999"],
            "number": [-999.0, 1, 2, 3, np.nan],
            "int": pd.array([-999, 1, 2, 3, 4]),
        }
    )
    missing = without_missing(frame, ["?", "-999"]).isna()
    assert missing["text"].tolist() == [True, True, True, False, True]
    assert missing["number"].tolist() == [True, False, False, False, True]
    assert missing["int"].tolist() == [True, False, False, False, False]
    assert without_missing(frame).isna()["number"].tolist() == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["1.0", "2.0", "2.5"], [1.0, 2.0, 2.5]),
        (["1", "2", None], [1.0, 2.0, np.nan]),
        (["1.0", "2.00", None], pd.array([1, 2, None], "Int64")),
        (["true", "False", None], [True, False, None]),
    ],
)
def test_a_category_is_the_same_in_every_file_and_chunk(one, other):
    columns = Columns((), ("c",))
    frames = [pd.DataFrame({"c": values}) for values in (one, other)]
    expected = prepared(frames[0], columns)
    pd.testing.assert_frame_equal(prepared(frames[1], columns), expected)
    in_chunks = [prepared(frames[1].iloc[[row]], columns) for row in range(3)]
    pd.testing.assert_frame_equal(pd.concat(in_chunks), expected)


def test_leading_zeros_of_categories_are_kept():
    assert prepared(pd.DataFrame({"zip": ["00501", "501"]}), Columns((), ("zip",)))["zip"].tolist() == [
        "00501",
        "501",
    ]


def test_columns_that_count_the_rows_are_found():
    frame = pd.DataFrame({"id": [5, 6, 7], "n": [5, 6, 8]})
    assert row_numbers(frame, Columns(("id", "n"), ())) == ["id"]
