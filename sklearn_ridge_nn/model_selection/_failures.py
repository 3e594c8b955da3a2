"""What scikit-learn says of fits that failed, in a sentence."""

from __future__ import annotations

import re

_ALL = re.compile(r"\s*All the (\d+) fits failed")
_SOME = re.compile(r"\s*(\d+) fits failed out of a total of (\d+)")
_FIRST = re.compile(r"fits failed with the following error:\n(.*?)(?:\n-{20,}|\Z)", re.DOTALL)


def failed_fits(message: str) -> str | None:
    """Return how many fits failed, and the reason of the first; None if the message is of something else.

    scikit-learn's message quotes a traceback for each reason.

    Examples
    --------
    >>> message = '''
    ... 2 fits failed out of a total of 4.
    ... Below are more details about the failures:
    ... --------------------------------------------------------------------------------
    ... 2 fits failed with the following error:
    ... Traceback (most recent call last):
    ...   File "somewhere", line 1, in fit
    ...     check(X)
    ... ValueError: Input X contains NaN.
    ... '''
    >>> failed_fits(message)
    '2 of 4 fits failed. The reason: Input X contains NaN.'
    """
    if found := _ALL.match(message):
        how_many = f"All {found[1]} fits failed"
    elif found := _SOME.match(message):
        how_many = f"{found[1]} of {found[2]} fits failed"
    else:
        return None
    quoted = _FIRST.findall(message)
    which = "The reason" if len(quoted) == 1 else f"The first of {len(quoted)} reasons"
    return f"{how_many}. {which}: {_reason(quoted[0])}" if quoted else f"{how_many}."


def _reason(traceback: str) -> str:
    """Return what the error says at the end of a traceback, without its class."""
    frames, said = traceback.strip().rpartition("Traceback (most recent call last):")[2].split("\n"), ""
    for number, line in enumerate(frames):
        if line and not line.startswith(" "):
            said = line
            if line.endswith(":") and number + 1 < len(frames):
                said += f" {frames[number + 1].strip()}"
            break
    kind, _, text = said.partition(": ")
    is_kind = re.fullmatch(r"[\w.]+", kind) and text
    return text if is_kind else said
