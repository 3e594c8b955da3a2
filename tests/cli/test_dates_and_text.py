"""Dates, free text and many categories: understood, trained on, predicted and explained."""

import datetime
import json
import shlex

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor, make_preprocessor
from sklearn_ridge_nn.cli import _dates as dates, main
from sklearn_ridge_nn.cli._columns import sort_columns
from sklearn_ridge_nn.cli._model_file import TRUSTED, read_card
from sklearn_ridge_nn.cli._tables import InputError, Table

FAST = [
    "--hidden-layer-sizes",
    "8",
    "--epochs",
    "30",
    "--learning-rate",
    "0.02",
    "--alpha",
    "0.001",
    "--quiet",
]


@pytest.mark.sample(5)
@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["2024-01-31", None, "2024-02-01"], datetime.datetime(2024, 1, 31)),
        (["2024-01-31 12:30", "2024-02-01T08:00:15"], datetime.datetime(2024, 1, 31, 12, 30)),
        (["2024-01-31T12:30:00+02:00", "2024-07-01T12:30:00+03:00"], datetime.datetime(2024, 1, 31, 12, 30)),
        (["2024-01-31T12:30:00Z", "2024-02-01"], datetime.datetime(2024, 1, 31, 12, 30)),
        (["3/4/2024", "31/12/2024"], datetime.datetime(2024, 4, 3)),
        (["3/4/2024", "12/31/2024"], datetime.datetime(2024, 3, 4)),
        (["03.04.24", "31.12.24"], datetime.datetime(2024, 4, 3)),
        (["3/4/2024 5:06 PM", "12/31/2024 1:00 AM"], datetime.datetime(2024, 3, 4, 17, 6)),
        (["3 Jan 2024", "14 Feb 2023"], datetime.datetime(2024, 1, 3)),
        (["January 3, 2024", "March 14, 2023"], datetime.datetime(2024, 1, 3)),
        (["Jan-2024", "Feb-2024"], datetime.datetime(2024, 1, 1)),
        (["2024-01", "2024-12"], datetime.datetime(2024, 1, 1)),
        (["20240131", "20241201"], datetime.datetime(2024, 1, 31)),
        (["2024-01-31 10:00:00+02", "2024-02-01 10:00:00 UTC"], datetime.datetime(2024, 1, 31, 10)),
        (["10:30", "9:15"], datetime.datetime(1970, 1, 1, 10, 30)),
        (["0930", "2359"], datetime.datetime(1970, 1, 1, 9, 30)),
        (["2061", "2062"], datetime.datetime(2061, 1, 1)),
        (["31/12/99", "1/1/21"], datetime.datetime(1999, 12, 31)),
    ],
)
def test_the_form_of_dates_is_found_out(words, first):
    column = pd.Series(words, name="d", dtype=object)
    form = dates.form_of(column)
    read = dates.read(column, form)
    assert read[0] == first
    assert read.isna().tolist() == [word is None for word in words]


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["3/4/2024", "5/6/2024"],
            r"'3/4/2024' may be 03 April 2024 or 04 March 2024, and no row decides\. Say which: "
            r"--date-format=%d/%m/%Y or --date-format=%m/%d/%Y",
        ),
        (["first", "second"], r"'first', 'second' are no dates in a form that is known.*--drop=d"),
        (
            ["2024-01-01"] * 9 + [f"2024-01-0{i}" for i in range(1, 8)] + ["2024-02-31"],
            r"row 17 .* '2024-02-31'",
        ),
        ([*[f"2024-01-0{i}" for i in range(1, 9)], "unknown"], r"row 9 .*'unknown'.*--missing=unknown"),
        ([None, None], "Column 'd' is empty"),
        (
            ["4/4/2024", "5/5/2024"],
            r"'4/4/2024' and the others may be read in two ways, and new rows may not be the same in both\. "
            r"Say which: --date-format=%d/%m/%Y or --date-format=%m/%d/%Y",
        ),
        (["1230", "1745"], r"'1230' may be 01 January 1230 or 12:30, and no row decides"),
        (
            ["31/12/64", "1/1/21"],
            r"'31/12/64' would be 31 December 2064, for years of two digits are taken for 1969 to 2068",
        ),
    ],
)
def test_dates_that_are_not_understood(words, message):
    with pytest.raises(InputError, match=message):
        dates.form_of(pd.Series(words, name="d", dtype=object))


def test_the_form_can_be_said():
    column = pd.Series(["3/4/2024", "5/6/2024"], name="d")
    assert dates.form_of(column, "%m/%d/%Y") == "%m/%d/%Y"
    assert dates.read(column, "%m/%d/%Y")[0] == datetime.datetime(2024, 3, 4)
    with pytest.raises(
        InputError,
        match=r"'%Y-%m-%d' does not fit column 'd', which has '3/4/2024', '5/6/2024'\. Say how that column "
        r"is written: --date-format=d=%d/%m/%Y",
    ):
        dates.form_of(column, "%Y-%m-%d")
    with pytest.raises(InputError, match=r"in the form %Y, but row 3 of the data has 'x'.*--missing=x"):
        dates.form_of(pd.Series(["2024", "2025", "x"], name="d"), "%Y")
    for form in ("%Q", "mixed", "ISO8601", "%d/%d/%Y"):
        with pytest.raises(InputError, match=f"--date-format '{form}' is not a form of dates"):
            dates.form_of(column, form)
    zoned = pd.Series(["3/4/2024 10:00+02:00"], name="d")
    form = dates.form_of(zoned, "%d/%m/%Y %H:%M%z")
    assert dates.read(zoned, form)[0] == datetime.datetime(2024, 4, 3, 10)


def test_each_column_can_have_a_form_of_its_own(ridge_nn, refused, tmp_path):
    days = pd.date_range("2024-01-01", periods=48, freq="7D")
    frame = pd.DataFrame(
        {
            "from": days.strftime("%d/%m/%y"),
            "at=to": days.strftime("%m/%d/%Y"),
            "seen": days.strftime("%Y-%m-%d"),
            "y": ["yes", "no"] * 24,
        }
    )
    frame["from"] = frame["from"].where(frame.index < 2, "01/02/24")  # may be two days
    frame.to_csv(tmp_path / "d.csv", index=False)
    arguments = ["fit", tmp_path / "d.csv", "--target", "y", "--model", tmp_path / "m.skops", *FAST]
    arguments += ["--dates", "from, at=to, seen"]
    said = refused(*arguments)
    assert "Say which: --date-format=from=%d/%m/%y or --date-format=from=%m/%d/%y" in said
    said = refused(*arguments, "--date-format", "%d/%m/%y")
    assert "'%d/%m/%y' does not fit column 'at=to'" in said
    assert "--date-format=at=to=%m/%d/%Y" in said
    forms = ["--date-format", "from=%d/%m/%y", "--date-format", "at=to=%m/%d/%Y"]
    ridge_nn(*map(str, arguments), *forms, cwd=tmp_path)
    card = read_card(str(tmp_path / "m.skops"))
    assert dict(card.columns.dates) == {"from": "%d/%m/%y", "at=to": "%m/%d/%Y", "seen": "ISO8601"}
    frame.assign(seen=frame["from"]).to_csv(tmp_path / "new.csv", index=False)
    said = refused("predict", tmp_path / "new.csv", "--model", tmp_path / "m.skops")
    assert "row 1 of the data has '01/01/24'. The model learnt from dates that are written so" in said


def test_a_form_may_be_of_several_columns(ridge_nn, tmp_path):
    days = ["03/04/2024", "05/06/2024"] * 6
    pd.DataFrame({"a": days, "b": days, "y": ["yes", "no"] * 6}).to_csv(tmp_path / "d.csv", index=False)
    arguments = ["fit", "d.csv", "--target", "y", "--model", "m.skops", "--test-size", "0", *FAST]
    ridge_nn(*arguments, "--dates", "a,b", "--date-format", "a, b=%m/%d/%Y", cwd=tmp_path)
    card = read_card(str(tmp_path / "m.skops"))
    assert dict(card.columns.dates) == {"a": "%m/%d/%Y", "b": "%m/%d/%Y"}


def test_several_names_in_one_word_may_have_spaces(tmp_path):
    (tmp_path / "t.csv").write_text('a, b,"c, d"\n1,2,3\n')
    with Table(str(tmp_path / "t.csv")) as table:
        assert table.named(["a,  b", "c, d"], "--drop") == ["a", " b", "c, d"]


@pytest.mark.parametrize(
    ("names", "out"),
    [
        (["a,b", "c"], "--drop=a,b --drop=c"),
        (["a b", "c"], "--drop='a b,c'"),
        (["a", "b"], "--drop=a --drop=b"),  # "a,b" is another column
        ([f"column_{number:03}" for number in range(80)], None),
    ],
)
def test_the_columns_that_cannot_be_used_can_be_left_out_together(refused, tmp_path, names, out):
    """What the message says to type leaves nothing but the good column."""
    frame = pd.DataFrame({name: ["2024-01-01", "2024-01-02"] * 4 for name in names})
    frame["a,b" if out != "--drop=a,b --drop=c" else "x"] = np.arange(8) % 5
    frame["y"] = ["yes", "no"] * 4
    frame.to_csv(tmp_path / "d.csv", index=False)
    arguments = ["fit", tmp_path / "d.csv", "--target", "y", "--model", tmp_path / "m.skops"]
    arguments += ["--alpha", "1", "--epochs", "1", "--test-size", "0", "--quiet"]
    said = refused(*arguments)
    advice = said.rpartition("eave all of them out: ")[2]
    assert out is None or advice == out
    assert main([*map(str, arguments), *shlex.split(advice)]) == 0
    if out is not None:
        learn = said.partition("Learn from dates and text: ")[2].partition("; or")[0]
        assert learn == out.replace("--drop", "--dates")
        assert main([*map(str, arguments), *shlex.split(learn)]) == 0


@pytest.mark.parametrize("given", [None, "%d/%m/%Y"])
def test_dates_in_several_forms_are_said_to_be(given):
    """198 rows are written otherwise than 382: there is no form to say, and none is asked for."""
    words = [f"{1 + n % 28:02}.07.2023" for n in range(20)] + [f"{1 + n:02}/11/2023" for n in range(14)]
    column = pd.Series(words, name="signed up")
    with pytest.raises(InputError) as raised:
        dates.form_of(column, given, 1)
    assert str(raised.value) == (
        "--dates 'signed up': dates are written in 2 forms, 20 values like '01.07.2023' and 14 values like "
        "'01/11/2023'. Write them alike; or leave the column out: --drop='signed up'"
    )
    with pytest.raises(InputError, match="are no dates in a form that is known"):
        dates.form_of(pd.Series(["in May", *words], name="a"), None, 1)


def test_a_message_is_no_longer_than_anyone_reads():
    frame = pd.DataFrame({f"a column with a long name {i}": ["2024-01-01"] for i in range(500)})
    with pytest.raises(InputError) as raised:
        sort_columns(frame)
    assert len(str(raised.value)) < 1000
    assert "and 491 more cannot be used as they are, either. Leave all of them out by --drop" in str(
        raised.value
    )


def test_forms_of_several_columns_are_asked_for_at_once(refused, tmp_path):
    days = ["03/04/2024", "05/06/2024"] * 6
    frame = pd.DataFrame({"50%": days, "b": days, "y": ["yes", "no"] * 6})
    frame.to_csv(tmp_path / "d.csv", index=False)
    arguments = ["fit", tmp_path / "d.csv", "--target", "y", "--model", tmp_path / "m.skops"]
    arguments += ["--dates", "50%, b,", "--alpha", "1", "--epochs", "1", "--test-size", "0", "--quiet"]
    said = refused(*arguments)
    assert "--drop" not in said
    forms = [word for word in shlex.split(said) if word.startswith("--date-format=") and "%d/%m" in word]
    assert forms == ["--date-format=50%=%d/%m/%Y", "--date-format=b=%d/%m/%Y"]
    assert main([*map(str, arguments), *forms]) == 0


def test_what_arguments_say_a_column_is_goes_before_what_it_looks_like():
    frame = pd.DataFrame({"a": ["20240101", "20240202"], "b": ["1", "2"], "c": ["x y", "z"], "d": ["1", "2"]})
    columns = sort_columns(frame, ["b"], ["a"], ["c"])
    assert (columns.numeric, columns.categorical, columns.text) == (("d",), ("b",), ("c",))
    assert dict(columns.dates) == {"a": "ISO8601"}
    assert columns.names == ["d", "b", "a", "c"]


@pytest.fixture(scope="module")
def frame():
    """Bought on weekends, and where the note says so; the zip code says something, too."""
    rng = np.random.default_rng(0)
    n = 500
    days = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 800, n), unit="D")
    zips = rng.integers(1000, 1150, n)
    word = rng.choice(["urgent", "later", "never"], n)
    logit = 3 * (days.day_of_week >= 5) + 2 * (word == "urgent") + 2 * (zips % 2) - 3
    return pd.DataFrame(
        {
            "day": days.strftime("%d/%m/%Y"),
            "zip": zips.astype(str),
            "note": [f"{w}, please call {i}" for i, w in enumerate(word)],
            "amount": rng.normal(size=n).round(3),
            "bought": np.where(rng.random(n) < 1 / (1 + np.exp(-logit)), "yes", "no"),
            "spent": (logit + rng.normal(scale=0.1, size=n)).round(3),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory, frame):
    folder = tmp_path_factory.mktemp("kinds")
    frame.to_csv(folder / "data.csv", index=False)
    return folder


def trained(ridge_nn, folder, target, other):
    kinds = ["--dates", "day", "--text", "note", "--categorical", "zip", "--drop", other]
    arguments = ["fit", "data.csv", "--target", target, "--model", f"{target}.skops", *kinds, *FAST]
    return ridge_nn(*arguments, "--test-size", "0", cwd=folder)[0]


def as_the_command_has_them(frame):
    return (
        frame[["amount", "zip", "day", "note"]]
        .assign(day=pd.to_datetime(frame["day"], format="%d/%m/%Y"))
        .astype({"zip": object, "note": object})
    )


@pytest.mark.sample(1)
@pytest.mark.parametrize("target", ["bought", "spent"])
def test_a_model_is_what_python_makes_of_the_same_columns(ridge_nn, folder, frame, target):
    other = {"bought": "spent", "spent": "bought"}[target]
    said = trained(ridge_nn, folder, target, other)
    assert "500 rows, 1 numeric, 1 categorical, 1 date and 1 text columns" in said
    card = json.loads(ridge_nn("show", f"{target}.skops", "--json", cwd=folder)[0])
    assert card["data"]["dates"] == {"day": "%d/%m/%Y"}
    assert card["data"]["text"] == ["note"]
    options = {
        "hidden_layer_sizes": (8,),
        "epochs": 30,
        "learning_rate": 0.02,
        "alpha": 0.001,
        "random_state": 0,
    }
    network = RidgeMLPClassifier(**options) if target == "bought" else RidgeMLPRegressor(**options)
    X = as_the_command_has_them(frame)
    columns = make_preprocessor(
        X,
        categorical=["zip"],
        text=["note"],
        target_type="auto" if target == "bought" else "continuous",
    )
    assert [name for name, *_ in columns.transformers] == ["numeric", "many_categories", "dates", "text"]
    expected = Pipeline([("columns", columns), ("network", network)]).fit(X, frame[target])
    loaded = skops.io.load(folder / f"{target}.skops", trusted=sorted(TRUSTED))
    np.testing.assert_array_equal(loaded.predict(X), expected.predict(X))
    rows = pd.read_csv(
        pd.io.common.StringIO(
            ridge_nn("predict", "data.csv", "--model", f"{target}.skops", "--keep", other, cwd=folder)[0]
        )
    )
    if target == "bought":
        assert rows["prediction"].tolist() == expected.predict(X).tolist()
        assert expected.score(X, frame[target]) > 0.85  # weekends and words were understood
    else:
        np.testing.assert_allclose(rows["prediction"], expected.predict(X), rtol=1e-12)
        assert expected.score(X, frame[target]) > 0.85


def test_new_rows_are_held_to_the_form_and_the_categories(ridge_nn, folder, frame):
    trained(ridge_nn, folder, "bought", "spent")
    new = frame.drop(columns=["bought", "spent"]).head(2).copy()
    new.loc[0, "zip"] = "9999"
    new.to_csv(folder / "new.csv", index=False)
    _, said = ridge_nn("predict", "new.csv", "--model", "bought.skops", cwd=folder)
    assert (
        "column 'zip' has categories that the model was not trained on and treats as unknown: '9999'" in said
    )
    new.loc[1, "day"] = "2024-01-31"
    new.to_csv(folder / "new.csv", index=False)
    _, said = ridge_nn("predict", "new.csv", "--model", "bought.skops", cwd=folder, code=2)
    assert "Column 'day' holds dates in the form %d/%m/%Y, but row 2 of the data has '2024-01-31'" in said


@pytest.mark.slow
def test_dates_and_text_are_explained(ridge_nn, folder):
    trained(ridge_nn, folder, "bought", "spent")
    out, _ = ridge_nn(
        "explain", "bought.skops", "data.csv", "--json", "-", "--plot", "x.png", "--repeats", "3", cwd=folder
    )
    numbers = json.loads(out)
    rises = {item["column"]: item["interval"][0] for item in numbers["importances"]}
    assert min(rises["day"], rises["note"], rises["zip"]) > 0
    shown = {item["column"]: item for item in numbers["partial_dependence"]}
    assert "note" not in shown
    moments = [datetime.datetime.fromisoformat(value) for value in shown["day"]["values"]]
    assert moments == sorted(moments)
    assert len(moments) == len(shown["day"]["predictions"]["yes"]) == 20
    assert (folder / "x.png").stat().st_size > 10_000


def test_dates_of_a_parquet_file_need_no_argument(ridge_nn, folder, frame, tmp_path):
    as_the_command_has_them(frame).drop(columns=["note"]).assign(bought=frame["bought"]).to_parquet(
        tmp_path / "data.parquet"
    )
    out, _ = ridge_nn(
        "fit",
        "data.parquet",
        "--target",
        "bought",
        "--model",
        "m.skops",
        "--categorical",
        "zip",
        *FAST,
        cwd=tmp_path,
    )
    assert "1 numeric, 1 categorical and 1 date columns" in out
    frame[["day", "zip", "amount"]].assign(
        day=pd.to_datetime(frame["day"], format="%d/%m/%Y").dt.strftime("%Y-%m-%d")
    ).to_csv(tmp_path / "new.csv", index=False)
    from_text, _ = ridge_nn("predict", "new.csv", "--model", "m.skops", cwd=tmp_path)
    typed, _ = ridge_nn("predict", "data.parquet", "--model", "m.skops", cwd=tmp_path)
    assert from_text == typed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dates", "dya"], r"--dates 'dya': data\.csv has no such column\. Did you mean 'day'\?"),
        (["--dates", "day", "--text", "day"], "--dates 'day' is named by --text as well"),
        (["--dates", "day", "--drop", "day"], "--drop 'day' is named by --dates as well"),
        (["--text", "bought"], "--text 'bought' is named by --target as well"),
        (["--date-format", "%Y"], "--date-format '%Y' says how --dates are written, and that is missing"),
        ([], r"Column 'day' holds dates or times.*Learn from them: --dates=day"),
        (["--drop", "day,zip"], r"Column 'note' holds free text.*--text=note"),
        (
            ["--categorical", "zip"],
            r"Column 'day' holds dates.*--drop=day\. Column 'note' cannot be used as it is, either\. Learn "
            r"from dates and text: --dates=day --text=note; or leave all of them out: --drop=day,note",
        ),
        (["--dates", "day", "--date-format", "dya=%Y"], r"--date-format 'dya': .* Did you mean 'day'\?"),
        (["--dates", "day", "--date-format", "zip=%Y"], "'zip=%Y' is of a column that --dates does not name"),
        (
            ["--dates", "day", "--date-format", "%Y", "--date-format", "%m/%Y"],
            r"--date-format says '%Y', '%m/%Y' of all --dates\. Say .*: --date-format=day=%Y",
        ),
        (
            ["--dates", "day", "--date-format", "day=%Y", "--date-format", "day=%m/%Y"],
            r"--date-format says '%Y' and '%m/%Y' of column 'day'",
        ),
    ],
)
def test_what_is_refused(refused, folder, arguments, message):
    import re

    said = refused("diagnose", folder / "data.csv", "--target", "bought", *arguments)
    assert re.search(message, said), said
