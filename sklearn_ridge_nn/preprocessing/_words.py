"""What text looks like: numbers, numbers as some write them, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

#: What holds for so many of a column's words holds for the column, with exceptions.
MOSTLY = 0.8
#: So many words are looked at.
_MOST_WORDS = 1000

_NUMBER = re.compile(r"[-+]?((\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|inf(inity)?)", re.ASCII | re.IGNORECASE)
#: Numbers as some write them: a decimal comma, signs between thousands, a percent or currency sign.
_IN_THOUSANDS = r"\d{1,3}([,.'\u2019 _\u00a0\u202f]\d{3})+([,.]\d+)?"
_CURRENCY = "$¢£¤¥฿₩€₹₺₽"
_WITH_SIGN = rf"({_IN_THOUSANDS}|\d+([,.]\d+)?)"
_OTHER_NUMBER = re.compile(
    rf"[-+]?(\d+,\d+|{_IN_THOUSANDS}|[{_CURRENCY}]\s*-?{_WITH_SIGN}|{_WITH_SIGN}\s*[%{_CURRENCY}])"
)
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}([ T].*)?|\d{{1,2}}:\d{{2}}(:\d{{2}}.*)?"
    rf"|\d{{1,2}}[ -]{_MONTH}[ -,]*\d{{2,4}}.*|{_MONTH} \d{{1,2}},? \d{{4}}.*",
    re.IGNORECASE,
)
#: Codes such as zip codes, which are no numbers.
_CODE = re.compile(r"0\d+", re.ASCII)
#: A date with a time, as types of dates are written, or text that holds them.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?", re.ASCII)
_WHOLE_AS_FLOAT = re.compile(r"(-?(?:0|[1-9]\d*))\.0+")


def are_dates(words: Sequence[str]) -> bool:
    """Return whether most of the words look like dates or times.

    Parameters
    ----------
    words : sequence of str
        All different.

    Examples
    --------
    >>> are_dates(["2024-03-05", "5 Mar 2024", "12:30"]), are_dates(["3.5", "March"])
    (True, False)
    """
    seen = _some(words)
    return bool(seen) and sum(bool(_DATE.fullmatch(word.strip())) for word in seen) >= MOSTLY * len(seen)


def otherwise_written(words: Sequence[str]) -> str | None:
    """Return what to say of words that are numbers, if some are written in another way; or None.

    Parameters
    ----------
    words : sequence of str
        All different.

    Examples
    --------
    >>> otherwise_written(["1,5", "2", "3,25"])
    "holds numbers with a comma, a thousands separator, a currency sign or a percent sign, such as '1,5'."
    >>> otherwise_written(["1.5", "2"]), otherwise_written(["1,5", "much"])
    (None, None)
    """
    seen = [word.strip() for word in _some(words)]
    no_numbers = [word for word in seen if not _NUMBER.fullmatch(word)]
    others = [word for word in no_numbers if _OTHER_NUMBER.fullmatch(word)]
    if not others or len(seen) - len(no_numbers) + len(others) < MOSTLY * len(seen):
        return None
    return (
        "holds numbers with a comma, a thousands separator, a currency sign or a percent sign, such as "
        f"{others[0]!r}."
    )


def written_as_text(words: Sequence[str]) -> str | None:
    """Return what to say of text that is mostly numbers or dates; None of other text.

    Parameters
    ----------
    words : sequence of str
        All different.

    Examples
    --------
    >>> written_as_text(["12", "7.5", "3", "8", "n/a"])
    "holds numbers as text, such as '12', and 'n/a'. Make numbers of them, by pandas.to_numeric for example"
    >>> written_as_text(["12:30", "7:45"])
    "holds dates or times as text, such as '12:30'. Make dates of them, by pandas.to_datetime for example"
    >>> written_as_text(["red", "blue"])
    """
    make_numbers = "ake numbers of them, by pandas.to_numeric for example"
    seen = _some(words)
    if other := otherwise_written(seen):
        return f"{other} Write them like 1234.5 and m{make_numbers}"
    if are_dates(seen):
        return (
            f"holds dates or times as text, such as {seen[0]!r}. Make dates of them, by pandas.to_datetime "
            "for example"
        )
    exceptions = [word for word in seen if not _NUMBER.fullmatch(word.strip())]
    if any(_CODE.fullmatch(word) for word in seen):
        return None
    if not seen or len(seen) - len(exceptions) < MOSTLY * len(seen):
        return None
    example = next(word for word in seen if word not in exceptions)
    but = f", and {exceptions[0]!r}" if exceptions else ""
    return f"holds numbers as text, such as {example!r}{but}. M{make_numbers}"


def spelled(value: Any) -> str:
    """Return a category as text, the same whatever type it came in.

    Whole numbers have no point, days no time of day, and the two truth values are True and False.

    Parameters
    ----------
    value : object

    Examples
    --------
    >>> [spelled(value) for value in (7, 7.0, "7.0", 7.5, "07", True, "TRUE")]
    ['7', '7', '7', '7.5', '07', 'True', 'True']
    >>> spelled("2024-03-05 00:00:00"), spelled(np.datetime64("2024-03-05T12:30:00.500"))
    ('2024-03-05', '2024-03-05 12:30:00.5')
    """
    if isinstance(value, (float, np.floating)) and np.isfinite(value) and value == round(value):
        return str(int(value))
    text = str(value)
    if text.lower() in ("true", "false"):
        return text.capitalize()
    if whole := _WHOLE_AS_FLOAT.fullmatch(text):
        return whole[1]
    if moment := _MOMENT.fullmatch(text):
        day, time, fraction = moment[1], moment[2], (moment[3] or "").rstrip("0")
        time = f"{time}.{fraction}" if fraction else time
        return day if time == "00:00:00" else f"{day} {time}"
    return text


def _some(words: Iterable[str]) -> list[str]:
    """Return words from all over, not too many."""
    words = list(words)
    if len(words) <= _MOST_WORDS:
        return words
    return [words[place] for place in np.linspace(0, len(words) - 1, _MOST_WORDS).astype(int)]
