"""Dates in text: in which form a column has them, and the dates."""

from __future__ import annotations

import datetime
import re
from itertools import product

import numpy as np
import pandas as pd

from sklearn_ridge_nn.cli._tables import InputError, listed, quoted, shortened

#: What pandas calls all forms that begin with a year, a month and a day, as ISO 8601 has them.
ISO = "ISO8601"
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_TIMES = ("", *(f"{between}{clock}" for between, clock in product((" ", "T", ", "), _CLOCKS)))
_ORDERS = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%d{0}%m{0}%y", "%m{0}%d{0}%y", "%Y{0}%m{0}%d")
_IN_WORDS = (
    "%d %b %Y", "%d-%b-%Y", "%d %b %y", "%d-%b-%y", "%d. %b %Y", "%b %d, %Y", "%b %d %Y", "%d %B %Y",
    "%d. %B %Y", "%B %d, %Y", "%B %d %Y", "%b %Y", "%b-%Y", "%B %Y", "%m/%Y",
)  # fmt: skip
_DAYS = (*(order.format(sign) for order, sign in product(_ORDERS, "/.-")), "%y-%m-%d", *_IN_WORDS)
#: Forms that are tried, the usual ones first.
FORMS = (
    ISO,
    *(day + time for time, day in product(_TIMES, _DAYS)),
    *_CLOCKS,
    "%H%M",
)
#: A time zone after a time.
_ZONE = re.compile(r"(:\d{2}(?:\.\d+)?)\s?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$")
#: The year that strptime gives a time without one.
_NO_YEAR = 1900
#: Forms up to which a mixture of them is told.
MOST_FORMS = 4
#: Different fields by which forms are ruled out before all fields are read.
_SAMPLE = 40
#: A form that reads this share of the fields is the column's, and the other fields are exceptions.
_MOSTLY = 0.8


def is_dates(column: pd.Series) -> bool:
    """Return whether a column has dates, times or durations by its type."""
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        return True
    present = column.dropna()
    kinds = (datetime.date, datetime.time, datetime.timedelta)
    return column.dtype == object and len(present) > 0 and isinstance(present.iloc[0], kinds)


def form_of(column: pd.Series, given: str | None = None, n_columns: int = 1) -> str | None:
    """Return the form of the dates of a column, None if they are dates by their type.

    Parameters
    ----------
    column : Series
        As the file has it, missing values NaN.
    given : str or None, default=None
        The form that the user says, as of `datetime.strptime`.
    n_columns : int, default=1
        Columns of dates in the table. Of several, messages say which one a form would be of.

    Raises
    ------
    InputError
        If a field has another form, none is known, or several fit that make different dates of the fields.
    """
    if is_dates(column):
        return None
    words = pd.Series(column.dropna().astype(str).unique())
    name = column.name
    if words.empty:
        raise InputError(f"Column {name!r} is empty. Leave it out: --drop={quoted(name)}")
    if given is not None:
        given = given.removesuffix("%z").rstrip()  # zones are left out
        try:
            if "%" not in given:
                raise ValueError("it has no part such as %Y")
            share = float(_parsed(words, given).notna().mean())
        except (ValueError, re.error) as error:
            raise InputError(f"--date-format {given!r} is not a form of dates: {error}") from error
        if share < 0.5:
            _refuse_mixture(str(name), words)
            raise InputError(
                f"--date-format {given!r} does not fit column {name!r}, which has "
                f"{listed(words.tolist(), 3)}. {_other_form(column, words)}"
            )
        read(column, given)
        return given
    sample = _sample_of(words)
    of_one = f"{name}=" if n_columns > 1 else ""
    shares = {form: float(_parsed(sample, form).notna().mean()) for form in FORMS}
    likely = [form for form, share in shares.items() if share >= _MOSTLY]
    found = {form: _parsed(words, form) for form in likely}
    fitting = {form: dates for form, dates in found.items() if dates.notna().all()}
    if not fitting:
        if not likely:
            _refuse_mixture(str(name), words)
            raise InputError(
                f"--dates {name!r}: {listed(words.tolist(), 3)} are no dates in a form that is known. Say in "
                f"which they are, --date-format={quoted(f'{of_one}%d/%m/%Y')} for example; or leave the "
                "column out: "
                f"--drop={quoted(name)}"
            )
        read(column, max(likely, key=lambda form: found[form].notna().mean()))
    first = next(iter(fitting))
    _check_plain(str(name), words, fitting, of_one)
    return first


def _refuse_mixture(name: str, words: pd.Series) -> None:
    """Raise if dates are written in several forms; not if some are in none that is known."""
    left, found = words, list[str]()
    while len(left) and len(found) < MOST_FORMS:
        fits = max((_parsed(left, form).notna() for form in FORMS), key=lambda known: int(known.sum()))
        if not fits.any():
            return
        found.append(f"{int(fits.sum()):,} values like {str(left[fits].iloc[0])!r}")
        left = left[~fits]
    if len(left) or len(found) < 2:
        return
    forms = f"{', '.join(found[:-1])} and {found[-1]}"
    raise InputError(
        f"--dates {name!r}: dates are written in {len(found)} forms, {forms}. Write them alike; or leave the "
        f"column out: --drop={quoted(name)}"
    )


def _sample_of(words: pd.Series) -> pd.Series:
    return words.iloc[np.unique(np.linspace(0, len(words) - 1, _SAMPLE).astype(int))]


def _other_form(column: pd.Series, words: pd.Series) -> str:
    """Return how to say in which form a column is."""
    fits = next((form for form in FORMS[1:] if _parsed(words, form).notna().all()), None)
    if fits is None and _parsed(words, ISO).notna().all():
        return f"That is known without: say COLUMN=FORM of the others, and none of {column.name!r}."
    said = quoted(f"{column.name}={fits or 'FORM'}")
    return f"Say how that column is written: --date-format={said}"


def _check_plain(name: str, words: pd.Series, fitting: dict[str, pd.Series], of_one: str) -> None:
    """Raise if several forms fit, and the rows do not decide; or if years of two digits lie far ahead."""
    (first, dates), *others = fitting.items()
    say_first = f"--date-format={quoted(of_one + first)}"
    for other, different in others:
        say_which = f"Say which: {say_first} or --date-format={quoted(of_one + other)}"
        differing = np.flatnonzero(dates.to_numpy() != different.to_numpy())
        if len(differing):
            raise InputError(
                f"--dates {name!r}: {words.iloc[differing[0]]!r} may be {_spelled(dates, differing[0])} or "
                f"{_spelled(different, differing[0])}, and no row decides. {say_which}"
            )
        if _order(first) != _order(other):
            raise InputError(
                f"--dates {name!r}: {words.iloc[0]!r} and the others may be read in two ways, and new rows "
                f"may not be the same in both. {say_which}"
            )
    if "%y" in first and dates.max() > pd.Timestamp.now() + pd.DateOffset(years=10):
        latest = int(dates.argmax())
        raise InputError(
            f"--dates {name!r}: {words.iloc[latest]!r} would be {_spelled(dates, latest)}, for years of two "
            f"digits are taken for 1969 to 2068. If that is meant: {say_first}. Else write years "
            "with four digits."
        )


def read(column: pd.Series, form: str | None) -> pd.Series:
    """Return the dates of a column, missing ones NaT.

    Parameters
    ----------
    column : Series
        As a file has it, missing values NaN.
    form : str or None
        What `form_of` returned for the rows to learn from. None takes dates by their type, or text as
        ISO 8601 has it.

    Raises
    ------
    InputError
        If a field is no such date.
    """
    if is_dates(column):
        return column
    words = column.astype(object).where(column.notna(), None).map(lambda value: value and str(value))
    dates = _parsed(words, form or ISO)
    if not _order(form or ISO):  # on the day of times that are no text
        dates = dates - (pd.Timestamp(1900, 1, 1) - pd.Timestamp(1970, 1, 1))
    wrong = np.flatnonzero(dates.isna() & column.notna())
    if len(wrong):
        value = shortened(str(column.iloc[wrong[0]]))
        if len(wrong) > column.notna().sum() / 2:
            hint = "The model learnt from dates that are written so; write these alike."
        else:
            hint = f"If that stands for a missing value: --missing={quoted(value)}"
        form = "of ISO 8601" if form in (None, ISO) else f"in the form {form}"
        raise InputError(
            f"Column {column.name!r} holds dates {form}, but row {column.index[wrong[0]] + 1} of the data "
            f"has {value!r}. {hint}"
        )
    return dates.rename(column.name)


def _parsed(words: pd.Series, form: str) -> pd.Series:
    """Return dates as the clock shows them there, NaT where a field has another form."""
    here = words.str.strip().str.replace(_ZONE, r"\1", regex=True)
    dates = pd.to_datetime(here, format=form, errors="coerce")
    if form == ISO:  # four digits alone are a year, if any
        dates = dates.mask(here.str.fullmatch(r"\d{4}") & (dates.dt.year < 1000))
    return dates


def _spelled(dates: pd.Series, place: int) -> str:
    moment = dates.iloc[place]
    return f"{moment:%H:%M}" if moment.year == _NO_YEAR else f"{moment:%d %B %Y}"


def _order(form: str) -> list[str]:
    """Return in which order a form has year, month and day."""
    if form == ISO:
        return ["y", "m", "d"]
    parts = {"Y": "y", "y": "y", "m": "m", "b": "m", "B": "m", "d": "d"}
    return [parts[letter] for letter in re.findall("%([YymbBd])", form)]
