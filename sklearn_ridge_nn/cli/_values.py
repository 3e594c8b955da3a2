"""The text of an argument to its value."""

from __future__ import annotations

import argparse

MOST_ALPHAS = 1000
#: Beyond it nothing can be counted: rows at a time, epochs, repeats.
MOST = 2**31 - 1


def epochs_of(text: str) -> int | str:
    """Return a number of epochs, or auto."""
    if text == "auto":
        return text
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"must be auto or a whole number from 1 to {MOST:,}. Got {text!r}.")
    return int(text)


def alphas_of(text: str) -> list[float]:
    """Return the numbers of a list such as ``0,1e-5:1:13``, ascending."""
    import numpy as np

    values: list[float] = []
    for item in text.split(","):
        parts = item.split(":")
        try:
            if len(parts) == 1:
                values.append(float(item))
                continue
            low, high, count = float(parts[0]), float(parts[1]), int(parts[2])
        except (ValueError, IndexError):
            raise argparse.ArgumentTypeError(
                f"{item!r} is neither a number nor a range low:high:count, such as 1e-5:1:13"
            ) from None
        if len(parts) > 3 or not 0 < low < high < np.inf or not 2 <= count <= MOST_ALPHAS:
            raise argparse.ArgumentTypeError(
                f"{item!r}: a range is low:high:count with 0 < low < high and a count from 2 to {MOST_ALPHAS}"
            )
        values += np.geomspace(low, high, count).tolist()
    wrong = [value for value in values if not 0 <= value < np.inf]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]:g} is not an alpha: alphas are finite and >= 0")
    if len(set(values)) < 2:
        raise argparse.ArgumentTypeError(
            f"{text!r} has a single value; two or more can be compared (a single one is --alpha of fit)"
        )
    return sorted(set(values))


def sizes_of(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(item) for item in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes, such as 128,64")
    return sizes


def cv_of(text: str) -> tuple[int, int]:
    folds, _, repeats = text.partition("x")
    try:
        numbers = int(folds), int(repeats or 1)
    except ValueError:
        numbers = 0, 0
    if numbers[0] < 2 or numbers[1] < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give 2 folds or more, such as 5, or 5x3 to repeat them")
    return numbers


def count_of(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST:,}")
    return int(text)


def patience_of(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MOST:,}")
    return int(text)


def seed_of(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed: a whole number from 0 to 2**32 - 1")
    return int(text)
