"""The kinds of columns, and what becomes of them, against transformers made by hand."""

import datetime
import decimal
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from scipy import sparse
from sklearn import model_selection
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from sklearn_ridge_nn import (
    DateEncoder,
    RidgeMLPClassifier,
    RidgeMLPRegressor,
    TextEncoder,
    make_preprocessor,
)
from sklearn_ridge_nn.model_selection import GridSearchCV


def people(n=90, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.normal(40, 10, n)),
            "city": pd.Series(rng.choice(["Oslo", "Rome", "Bonn"], n)).mask(rng.random(n) < 0.1),
            "member": rng.random(n) < 0.5,
            "zip": rng.integers(0, 30, n),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), unit="D"),
            "note": [
                " ".join(rng.choice(["fast", "slow", "red", "blue", "new"], 3)) + f" {i}" for i in range(n)
            ],
        }
    )
    y = ((X["zip"] % 3 == 0) ^ (rng.random(n) < 0.2)).to_numpy()
    return X, y


def made(X, **options):
    return make_preprocessor(X, categorical=["zip"], text=["note"], cardinality_threshold=10, **options)


def by_name(preprocessor):
    return {name: columns for name, _, columns in preprocessor.transformers}


def test_it_is_what_one_would_make_by_hand():
    X, y = people()
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    if tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9):  # it took no splitter
        target = TargetEncoder(random_state=0)
    else:
        target = TargetEncoder(cv=model_selection.KFold(5, shuffle=True, random_state=0))
    by_hand = ColumnTransformer(
        [
            ("numeric", numeric, ["age"]),
            ("categorical", OneHotEncoder(handle_unknown="ignore"), ["city", "member"]),
            ("many_categories", make_pipeline(target, StandardScaler()), ["zip"]),
            ("dates", DateEncoder(standardize=True), ["since"]),
            ("text", TextEncoder(), ["note"]),
        ]
    )
    ours = made(X)
    assert by_name(ours) == {name: columns for name, _, columns in by_hand.transformers}
    np.testing.assert_array_equal(ours.fit_transform(X, y), by_hand.fit_transform(X, y))
    np.testing.assert_array_equal(ours.transform(X), by_hand.transform(X))
    np.testing.assert_array_equal(ours.get_feature_names_out(), by_hand.get_feature_names_out())


def test_a_row_does_not_see_its_own_target():
    X = pd.DataFrame({"id": pd.Categorical(np.arange(200).astype(str))})
    y = np.random.default_rng(0).integers(0, 2, 200)
    encoded = make_preprocessor(X).fit_transform(X, y)
    assert abs(np.corrcoef(encoded[:, 0], y)[0, 1]) < 0.5  # by its own target it would be 1


def test_frames_of_pandas_and_polars_are_alike():
    X, y = people()
    polar = pl.from_pandas(X)
    assert by_name(made(polar)) == by_name(made(X))
    np.testing.assert_array_equal(made(polar).fit_transform(polar, y), made(X).fit_transform(X, y))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "numeric"),
        ([1.5, None, 2], "numeric"),
        (pd.array([1, None, 2], dtype="Int64"), "numeric"),
        (pd.array([1, None, 2], dtype="Float64"), "numeric"),
        ([decimal.Decimal("1.5"), None, decimal.Decimal(2)], "numeric"),
        (pd.Series([1, None, 2.5], dtype=object), "numeric"),
        (["a", None, "b"], "categorical"),
        (pd.array(["a", None, "b"], dtype="string"), "categorical"),
        (pd.Categorical(["a", None, "b"]), "categorical"),
        (pd.Categorical([1, None, 2]), "categorical"),
        ([True, False, True], "categorical"),
        (pd.Series([True, None, False], dtype=object), "categorical"),
        (pd.array([True, None, False], dtype="boolean"), "categorical"),
        (pd.to_datetime(["2024-01-01", None, "2024-02-01"]), "dates"),
        (pd.to_datetime(["2024-01-01", None, "2024-02-01"]).tz_localize("UTC"), "dates"),
        (pd.to_timedelta(["1h", None, "2h"]), "dates"),
        (pd.Series([datetime.date(2024, 1, 1), None, datetime.date(2024, 2, 1)], dtype=object), "dates"),
        (pd.Series([datetime.time(3), None, datetime.time(4)], dtype=object), "dates"),
    ],
)
def test_a_columns_kind_is_its_types(values, kind):
    X = pd.DataFrame({"c": values})
    preprocessor = make_preprocessor(X)
    assert by_name(preprocessor) == {kind: ["c"]}
    encoded = preprocessor.fit_transform(X)
    encoded = encoded.toarray() if sparse.issparse(encoded) else encoded
    assert np.isfinite(encoded).all()
    if kind == "categorical":  # a missing value is one of them
        assert encoded.shape[1] == X["c"].nunique(dropna=False)
        np.testing.assert_array_equal(encoded.sum(axis=1), 1)


@pytest.mark.parametrize(
    "values",
    [
        pl.Series("c", ["a", None, "b"], dtype=pl.Categorical),
        pl.Series("c", ["a", None, "b"], dtype=pl.Enum(["a", "b"])),
        pl.Series("c", [True, None, False]),
        pl.Series("c", ["a", None, "b"]),
    ],
)
def test_categories_of_polars(values):
    X = values.to_frame()
    encoded = make_preprocessor(X).fit_transform(X)
    np.testing.assert_array_equal(np.sort(np.argmax(np.asarray(encoded), axis=1)), [0, 1, 2])


def test_arrays_have_columns_by_their_places():
    X = np.array([["a", 1.5], ["b", 2.5], ["a", 3.5]], dtype=object)
    assert by_name(make_preprocessor(X)) == {"numeric": [1], "categorical": [0]}
    np.testing.assert_allclose(make_preprocessor(X).fit_transform(X)[:, 1:], [[1, 0], [0, 1], [1, 0]])
    assert by_name(make_preprocessor(X, categorical=[1])) == {"categorical": [0, 1]}


def test_whole_numbers_to_predict_are_no_classes():
    X, _ = people()
    y = np.arange(len(X)) % 7
    assert (
        made(X, target_type="continuous").fit_transform(X, y).shape[1] + 6
        == made(X).fit_transform(X, y).shape[1]
    )


@pytest.mark.slow
@pytest.mark.parametrize("network", [RidgeMLPClassifier, RidgeMLPRegressor])
def test_searches_have_scikit_learns_results(network):
    X, y = people()
    pipeline = make_pipeline(made(X), network((4,), epochs=3, random_state=0))
    grid = {f"{network.__name__.lower()}__alpha": [1e-3, 0.1]}
    options = {"param_grid": grid, "cv": 3}
    ours = GridSearchCV(pipeline, **options).fit(X, y.astype(float))
    theirs = model_selection.GridSearchCV(pipeline, **options).fit(X, y.astype(float))
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"note": [f"text {i}" for i in range(50)]}, {}, r"Column 'note' of X holds free text.*50 different"),
        (
            {"d": [f"2024-03-{i:02}" for i in range(1, 30)]},
            {},
            r"Column 'd' of X holds dates or times as text, such as '2024-03-01'\. Make dates of them, by "
            r"pandas\.to_datetime for example; or name the column in categorical if these are categories",
        ),
        (
            {"t": ["12:30", "7:15", None, "12:30"]},
            {},
            "'t' of X holds dates or times as text, such as '12:30'",
        ),
        ({"n": ["1,5", "2,25", "3", "1,5"]}, {}, r"'n' of X holds numbers with a comma,.* such as '1,5'\."),
        ({"n": ["€ 1.200", "€ 900"]}, {}, "'n' of X holds numbers with a comma.* currency sign"),
        ({"n": ["12%", "7 %"]}, {}, "'n' of X holds numbers with.* percent sign"),
        (
            {"n": ["12", "7.5", "3", "1e3", None, "unknown", "-4"]},
            {},
            r"'n' of X holds numbers as text, such as '12', and 'unknown'\. Make numbers of them, by "
            r"pandas\.to_numeric",
        ),
        ({"n": ["1", "2"] * 200}, {}, "'n' of X holds numbers as text, such as '1'. Make"),
        ({"n": [str(i / 7) for i in range(5000)]}, {}, "'n' of X holds numbers as text"),
        ({"a": [[1], [2]]}, {}, "Column 'a' of X holds values of type list"),
        ({"a": [1, "b", True]}, {}, "Column 'a' of X holds values of type bool, int, str"),
        ({"a": [datetime.date(2024, 1, 1), datetime.time(3)]}, {}, "type date, time"),
        ({"a": [1j, 2j]}, {}, "type complex"),
        ({"a": [None, None]}, {}, r"Column 'a' of X is empty\. Leave it out"),
        ({"alpha": [1, 2]}, {"text": ["alhpa"]}, r"text names 'alhpa'.* Did you mean 'alpha'\?"),
        ({"a": [1, 2]}, {"categorical": ["city"]}, r"categorical names 'city'.* It has 'a'"),
        ({"a": [1, 2]}, {"categorical": "a"}, r"categorical must be a list of columns, such as \['a'\]"),
        ({"a": [1, 2]}, {"categorical": ["a"], "text": ["a"]}, "named by categorical and by text"),
        ({"a": [1, 2]}, {"cardinality_threshold": -1}, "cardinality_threshold must be an int >= 0. Got -1"),
    ],
)
def test_what_it_cannot_use_is_refused(columns, options, message):
    with pytest.raises(ValueError, match=message):
        make_preprocessor(pd.DataFrame(columns), **options)


@pytest.mark.parametrize(
    "words", [["2024-01-01", "12:30"], ["1,5", "2"], ["7", "8", "9", "10", "none"], ["1", "2"]]
)
def test_categories_that_look_like_something_else_can_be_named(words):
    X = pd.DataFrame({"a": words})
    assert by_name(make_preprocessor(X, categorical=["a"])) == {"categorical": ["a"]}
    assert by_name(make_preprocessor(X.astype("category"))) == {"categorical": ["a"]}


def test_words_with_some_numbers_are_categories():
    X = pd.DataFrame({"a": ["1", "2", "3", "4 or more"] * 5, "b": ["A1", "1B", "M", "10-20"] * 5})
    assert by_name(make_preprocessor(X)) == {"categorical": ["a", "b"]}


def test_what_is_written_with_zeros_in_front_are_codes():
    X = pd.DataFrame({"zip": ["07001", "10001", "20095"] * 5})
    assert by_name(make_preprocessor(X)) == {"categorical": ["zip"]}


def test_categories_are_counted_however_they_are_spelled():
    X = pd.DataFrame({"a": pd.Series(["TRUE", "True", "false", "FALSE", 1, 1.0, "1"], dtype=object)})
    (kind,) = by_name(make_preprocessor(X, categorical=["a"], cardinality_threshold=3))
    assert kind == "categorical"


def test_categories_of_arrow():
    dictionary = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    X = pd.DataFrame({"a": pd.array(["1", "2", None, "1"], dtype=dictionary)})
    assert by_name(make_preprocessor(X)) == {"categorical": ["a"]}
    np.testing.assert_array_equal(make_preprocessor(X).fit_transform(X).sum(axis=0), [2, 1, 1])


def test_columns_of_the_same_name_are_refused():
    X = pd.DataFrame([[1, "x"], [2, "y"]], columns=["a", "a"])
    with pytest.raises(ValueError, match="X has two columns named 'a'"):
        make_preprocessor(X)


def test_a_list_of_which_numpy_makes_text_is_refused():
    with pytest.raises(ValueError, match=r"X is a list with text in it.* Pass a DataFrame"):
        make_preprocessor([[1, "a"], [2, "b"]])


def test_a_lazy_frame_is_refused():
    with pytest.raises(ValueError, match=r"X is a LazyFrame of polars.* Pass X\.collect\(\)"):
        make_preprocessor(pl.LazyFrame({"a": [1, 2]}))


def test_an_array_of_one_dimension_is_refused():
    with pytest.raises(ValueError, match=r"X must be a table.* Got 1\."):
        make_preprocessor(np.arange(3))


def test_columns_whose_names_are_numbers_are_taken_by_their_places():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({1: [1.0, 2, 3] * 20, 0: rng.normal(size=60), 20: ["x", "y"] * 30})
    fitted = make_preprocessor(X, categorical=[1]).fit(X)
    assert by_name(fitted) == {"numeric": [1], "categorical": [0, 2]}
    known = fitted.named_transformers_["categorical"][-1].categories_
    assert [categories.tolist() for categories in known] == [[1.0, 2.0, 3.0], ["x", "y"]]


@pytest.mark.parametrize("at_fit", [None, np.nan, pd.NA])
@pytest.mark.parametrize("threshold", [0, 100])
def test_a_missing_category_is_missing_in_whatever_row(at_fit, threshold):
    X = pd.DataFrame({"s": pd.Series(["a", "b", "a", at_fit] * 10, dtype=object), "x": np.arange(40.0)})
    fitted = make_preprocessor(X, cardinality_threshold=threshold).fit(X, X["x"] % 4 == 3)
    expected = fitted.transform(X)[3]
    frames = [pd.DataFrame({"s": [missing], "x": [3.0]}) for missing in (None, np.nan, pd.NA)]
    frames += [pd.DataFrame({"s": pd.Series([None], dtype="str"), "x": [3.0]})]
    frames += [pd.DataFrame({"s": pd.Series([None], dtype="category"), "x": [3.0]})]
    frames += [pl.DataFrame({"s": [None], "x": [3.0]}), pl.DataFrame({"s": ["a", None], "x": [0.0, 3.0]})]
    for frame in frames:
        np.testing.assert_array_equal(fitted.transform(frame)[-1], expected)
    assert (fitted.transform(X)[0] != expected).any()


def test_columns_without_any_value_at_predict():
    X, y = people()
    fitted = made(X).fit(X, y)
    empty = X.head(2).assign(since=np.nan, city=np.nan, member=np.nan, age=np.nan)
    like = X.head(2).assign(since=pd.NaT, city=None, member=None, age=None)
    np.testing.assert_array_equal(fitted.transform(empty), fitted.transform(like))


def test_numbers_as_objects_with_na_are_refused():
    X = pd.DataFrame({"n": pd.Series([1, 2.5, pd.NA] * 5, dtype=object)})
    with pytest.raises(
        ValueError, match=r"Column 'n' of X holds numbers and pandas's NA as objects.*Float64"
    ):
        make_preprocessor(X)


def test_a_pickle_does_not_name_a_private_module():
    X, y = people()
    content = pickle.dumps(made(X).fit(X, y))
    assert b"_make_preprocessor" not in content
    np.testing.assert_array_equal(pickle.loads(content).transform(X), made(X).fit(X, y).transform(X))


def test_a_missing_number_among_categories():
    X = pd.DataFrame({"n": [1.0, 2.0, np.nan] * 10})
    fitted = make_preprocessor(X, categorical=["n"]).fit(X)
    np.testing.assert_array_equal(fitted.transform(X.iloc[[2]]), [[0, 0, 1]])
    np.testing.assert_array_equal(fitted.transform(X.iloc[[0]]), [[1, 0, 0]])
