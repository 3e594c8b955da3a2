"""Files that the commands write: checked before any work, written as a whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sklearn_ridge_nn.cli import _terminal as terminal
from sklearn_ridge_nn.cli._files import whole
from sklearn_ridge_nn.cli._tables import InputError


def check_outputs(paths: dict[str, str | None]) -> None:
    """Raise before any work if a result could not be written."""
    given = {name: path for name, path in paths.items() if path}
    for name, path in given.items():
        if path == "-":
            continue
        file = Path(path)
        folder = file.parent
        if not folder.is_dir():
            raise InputError(f"--{name} {path!r}: there is no folder {str(folder)!r}. Create it first.")
        if file.is_dir():
            raise InputError(f"--{name} {path!r} is a folder. Name a file.")
        is_replaced = file.is_file() or not file.exists()
        if not os.access(file.resolve().parent if is_replaced else file, os.W_OK):
            raise InputError(f"--{name} {path!r} cannot be written: permission denied.")
    twice = [path for path in given.values() if list(given.values()).count(path) > 1]
    if twice:
        raise InputError(f"Two results would be written to {twice[0]!r}. Name another file for one of them.")


def write(text: str, path: str) -> None:
    """Write a text into a file, or to stdout for ``-``."""
    with terminal.output(path) as file:
        file.write(text)


def save_picture(figure: Any, path: str) -> None:
    """Save a figure of matplotlib in the format that the file's name says."""
    with whole(path) as part:
        figure.savefig(part, dpi=150, format=Path(path).suffix.removeprefix(".").lower())


def output_separator(path: str | None) -> str:
    """Return what stands between the fields of a file to write."""
    suffix = ".csv" if path in (None, "-") else Path(str(path)).suffix.lower()
    if suffix not in (".csv", ".tsv"):
        raise InputError(f"--output {path!r} must end in .csv or .tsv.")
    return "\t" if suffix == ".tsv" else ","
