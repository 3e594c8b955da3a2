"""``ridge-nn compare``: which of two diagnoses has the smaller loss, and how sure that is."""

from __future__ import annotations

import json
from pathlib import Path

import sklearn_ridge_nn
from sklearn_ridge_nn.cli import _terminal as terminal
from sklearn_ridge_nn.cli._commands import CompareArguments
from sklearn_ridge_nn.cli._tables import InputError
from sklearn_ridge_nn.diagnosis import AlphaDiagnosis

#: Bytes that the numbers of a diagnosis take at the most.
MOST_BYTES = 2**28


def run(arguments: CompareArguments) -> None:
    """Compare two diagnoses on the same splits."""
    paths = (arguments.first, arguments.second)
    diagnoses = [_read(path) for path in paths]
    first, second = diagnoses
    result = first.compare(second, names=_names(*paths))
    if arguments.json:
        print(json.dumps(result.to_dict(), indent=1))
        return
    if None in (first.splits_key, second.splits_key):
        terminal.say(
            "warning: these files do not say which splits they are of, so these are taken to be the same."
        )
    print(result)
    for name, one, other in _differences(first, second):
        print(f"{name}: {one} ({result.names[0]}); {other} ({result.names[1]})")


def _read(path: str) -> AlphaDiagnosis:
    """Return the diagnosis in a file.

    Raises
    ------
    InputError
        If the file holds none, or is not there.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file {path!r}. 'ridge-nn diagnose --json {path}' writes one.")
    if file.stat().st_size > MOST_BYTES:
        raise InputError(f"{path} is larger than {MOST_BYTES // 2**20} MiB, so it is no diagnosis.")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is no JSON. 'ridge-nn diagnose --json FILE' writes what is read here."
        ) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no diagnosis. 'ridge-nn diagnose --json FILE' writes one.")
    try:
        return AlphaDiagnosis.from_dict(content)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{path} is damaged, or of another release than {sklearn_ridge_nn.__version__}."
        ) from error


def _names(first: str, second: str) -> tuple[str, str]:
    """Return short names of two files that differ."""
    names = Path(first).name, Path(second).name
    return names if names[0] != names[1] else (first, second)


def _differences(first: AlphaDiagnosis, second: AlphaDiagnosis) -> list[tuple[str, str, str]]:
    """Return what the two are about where that differs: its name, and a text of each."""
    one, other = dict(first.about), dict(second.about)
    return [
        (name, one.get(name, "-"), other.get(name, "-"))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    ]
