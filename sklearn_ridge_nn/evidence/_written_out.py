"""Numbers in sentences and tables as people write them."""

from __future__ import annotations

import re

#: What Python makes of 1,000 and more where three digits are asked for.
_POWER_OF_TEN = re.compile(r"(?<![\w.])\d(?:\.\d+)?e\+0[1-8]\b")


def counted(number: int, noun: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "epoch"), counted(3, "epoch")
    ('1 epoch', '3 epochs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def written_out(text: str) -> str:
    """Return a text with 2,910 for 2.91e+03, up to a thousand million.

    Examples
    --------
    >>> written_out("2.91e+03 +/- 2.4e+02, of 1e+12")
    '2,910 +/- 240, of 1e+12'
    """
    return _POWER_OF_TEN.sub(lambda number: f"{float(number[0]):,.0f}", text)
