"""Dates as numbers, against the calendar of Python and pandas."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

from sklearn_ridge_nn import DateEncoder


def frame(**columns):
    return pd.DataFrame({name: pd.to_datetime(dates, format="ISO8601") for name, dates in columns.items()})


def encoded(X):
    encoder = DateEncoder()
    values = encoder.fit_transform(X)
    return dict(zip(encoder.get_feature_names_out(), values.T, strict=True))


def test_days_and_turns_are_those_of_the_calendar():
    when = pd.date_range("2023-12-30 04:30", periods=900, freq="37h")
    columns = encoded(pd.DataFrame({"when": when}))
    days = np.array([(moment - datetime.datetime(1970, 1, 1)).total_seconds() / 86400 for moment in when])
    np.testing.assert_allclose(columns["when_days"], days, rtol=1e-15)
    week = 2 * np.pi * np.array([moment.weekday() for moment in when]) / 7
    day = 2 * np.pi * (when - when.normalize()).total_seconds().to_numpy() / 86400
    for name, angle in (("week", week), ("day", day)):
        np.testing.assert_allclose(columns[f"when_{name}_sin"], np.sin(angle), atol=1e-9)
        np.testing.assert_allclose(columns[f"when_{name}_cos"], np.cos(angle), atol=1e-9)
    # a year by its mean length: at most a day from the calendar's, which has leap years
    season = 2 * np.pi * (when.day_of_year.to_numpy() - 1 + day / (2 * np.pi)) / 365.2425
    np.testing.assert_allclose(columns["when_year_sin"], np.sin(season), atol=2 * np.pi / 365 * 1.1)
    np.testing.assert_allclose(columns["when_year_cos"], np.cos(season), atol=2 * np.pi / 365 * 1.1)


@pytest.mark.parametrize(
    ("dates", "turns"),
    [
        (["2024-01-01", "2024-01-06"], []),
        (["2024-01-01", "2024-01-09"], ["week"]),
        (["2024-01-01", "2024-01-08"], []),  # a week apart, both of them a Monday
        (["2024-01-01", "2025-06-01"], ["year", "week"]),
        (["2024-01-01 12:00", "2024-01-01 13:00"], ["day"]),
        (["2024-01-01 12:00", "2024-01-09 12:00"], ["week"]),  # always at noon
        (["2024-01-01", None], []),
    ],
)
def test_a_turn_is_encoded_where_the_rows_span_it_and_differ_in_it(dates, turns):
    columns = encoded(frame(d=dates))
    assert list(columns) == ["d_days", *(f"d_{turn}_{part}" for turn in turns for part in ("sin", "cos"))]


def test_turns_are_those_of_the_rows_that_it_was_fitted_to():
    encoder = DateEncoder().fit(frame(d=["2024-01-01", "2024-01-03"]))
    assert encoder.transform(frame(d=["2024-01-01", "2030-05-05"])).shape == (2, 1)


def test_a_missing_date_is_missing_everywhere():
    values = DateEncoder().fit_transform(frame(d=["2020-01-01", None, "2021-06-07 12:00"]))
    np.testing.assert_array_equal(np.isnan(values).all(axis=1), [False, True, False])
    assert not np.isnan(values[[0, 2]]).any()


def test_clocks_times_and_durations():
    moments = [datetime.datetime(2024, 3, 1, hour) for hour in (6, 18)]
    there = pd.Series(moments).dt.tz_localize("America/New_York")
    days = (moments[0] - datetime.datetime(1970, 1, 1)) / datetime.timedelta(days=1)
    assert encoded(pd.DataFrame({"d": there}))["d_days"][0] == days
    polar = pl.DataFrame({"d": moments}).with_columns(pl.col("d").dt.replace_time_zone("America/New_York"))
    assert encoded(polar)["d_days"][0] == days
    times = encoded(pd.DataFrame({"t": [datetime.time(6), None, datetime.time(18)]}))
    np.testing.assert_allclose(times["t_day_sin"][[0, 2]], [1, -1])
    np.testing.assert_array_equal(
        encoded(pd.DataFrame({"d": pd.to_timedelta(["36h", None, "-12h"])}))["d_days"], [1.5, np.nan, -0.5]
    )
    objects = pd.DataFrame({"d": [datetime.date(1970, 1, 3), None]}, dtype=object)
    np.testing.assert_array_equal(encoded(objects)["d_days"], [2, np.nan])


def test_frames_and_arrays_are_alike():
    dates = np.array(["2024-01-01T03:00", "2024-05-01T12:00", "NaT", "2026-01-01T00:00"], "datetime64[s]")
    expected = DateEncoder().fit_transform(dates[:, None])
    np.testing.assert_array_equal(DateEncoder().fit_transform(pd.DataFrame({"d": dates})), expected)
    np.testing.assert_array_equal(
        DateEncoder().fit_transform(pl.DataFrame({"d": dates.astype("M8[ms]")})), expected
    )


def test_names_without_and_with_a_frame():
    encoder = DateEncoder().fit(np.array([["2024-01-01", "2024-01-01"]], dtype="datetime64[D]"))
    assert encoder.get_feature_names_out().tolist() == ["x0_days", "x1_days"]
    assert encoder.get_feature_names_out(["a", "b"]).tolist() == ["a_days", "b_days"]
    clone(encoder)


@pytest.mark.parametrize("values", [[1.5, 2.5], ["2024-01-01", "2024-01-02"], [True, False]])
def test_what_is_no_date_is_refused(values):
    with pytest.raises(ValueError, match=r"Column 'd' must hold dates.*pandas\.to_datetime"):
        DateEncoder().fit(pd.DataFrame({"d": values}))


def test_other_columns_are_refused():
    encoder = DateEncoder().fit(frame(a=["2024-01-01"], b=["2024-01-01"]))
    with pytest.raises(ValueError, match="feature names"):
        encoder.transform(frame(a=["2024-01-01"], c=["2024-01-01"]))
    encoder = DateEncoder().fit(np.array([["2024-01-01", "2024-01-01"]], dtype="datetime64[D]"))
    with pytest.raises(ValueError, match="has 1 features, but DateEncoder is expecting 2"):
        encoder.transform(np.array([["2024-01-01"]], dtype="datetime64[D]"))


def test_dates_that_hardly_differ_within_a_turn_do_not_have_it():
    """New Year's days of twenty years drift by a quarter of a day; one row a second after midnight."""
    years = pd.DataFrame({"d": pd.to_datetime([f"{year}-01-01" for year in range(2000, 2020)])})
    assert DateEncoder().fit(years).turns_ == [("week",)]
    midnights = pd.date_range("2024-01-01", periods=400).to_series()
    midnights.iloc[3] += pd.Timedelta(seconds=1)
    assert DateEncoder().fit(midnights.to_frame()).turns_ == [("year", "week")]
    ends = pd.DataFrame({"d": pd.to_datetime(["2020-12-31", "2021-01-01"] * 3 + ["2023-12-31"])})
    assert "year" not in DateEncoder().fit(ends).turns_[0]


def test_days_may_be_standardized_and_the_rest_is_not():
    X = pd.DataFrame(
        {"a": pd.date_range("2024-01-01", periods=800, freq="31h"), "b": pd.Timestamp("2024-01-01")}
    )
    X.loc[5, "a"] = pd.NaT
    plain, scaled = DateEncoder().fit_transform(X), DateEncoder(standardize=True).fit_transform(X)
    known = plain[:, 0][~np.isnan(plain[:, 0])]
    np.testing.assert_allclose(scaled[:, 0], (plain[:, 0] - known.mean()) / known.std())
    np.testing.assert_array_equal(scaled[:, 1:-1], plain[:, 1:-1])
    np.testing.assert_array_equal(scaled[:, -1], 0)
    with pytest.raises(ValueError, match="standardize must be True or False"):
        DateEncoder(standardize="yes").fit(X)


def test_durations_are_no_dates():
    dates = pd.DataFrame({"d": pd.date_range("2024-01-01", periods=9)})
    durations = pd.DataFrame({"d": pd.to_timedelta(np.arange(9), unit="D")})
    with pytest.raises(ValueError, match="Column 'd' held dates or times in fit, and holds durations now"):
        DateEncoder().fit(dates).transform(durations)
    with pytest.raises(ValueError, match="Column 'd' held durations in fit, and holds dates now"):
        DateEncoder().fit(durations).transform(dates)
    nothing = pd.DataFrame({"d": [np.nan, np.nan]})
    assert np.isnan(DateEncoder().fit(durations).transform(nothing)).all()
