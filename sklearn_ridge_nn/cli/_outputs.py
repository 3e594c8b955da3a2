"""Files that the commands write: checked before any work, written as a whole."""

from __future__ import annotations

import errno
import itertools
import os
import stat
import sys
import tempfile
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sklearn_ridge_nn.cli import _terminal as terminal
from sklearn_ridge_nn.cli._files import whole
from sklearn_ridge_nn.cli._tables import InputError


def check_outputs(paths: Mapping[str, str | None], inputs: Mapping[str, str | None]) -> None:
    """Raise before any work if a result could not be written, or would be written over something.

    Parameters
    ----------
    paths : mapping of str to (str or None)
        Options and the files to write; ``-`` is stdout.
    inputs : mapping of str to (str or None)
        What is read, by the words of the message, such as ``"the file to read"``; ``-`` is stdin.

    Raises
    ------
    InputError
        If there is no such folder, no permission, or a file is an input or another result's as well, however
        it is spelled.
    """
    given = {name: path for name, path in paths.items() if path}
    for name, path in given.items():
        if path != "-":
            _check_writable(name, path)
    for what, read in inputs.items():
        if read is None:
            continue
        for name, path in given.items():
            if path != "-" and is_same_file(path, read):
                raise InputError(f"--{name} {path!r} is {what}. Name another.")
        for stream in (sys.stdout, sys.stderr):
            if _leads_to(stream, read):
                raise InputError(f"The output of the command goes into {what}. Redirect it to another file.")
    for (name, path), (other, other_path) in itertools.combinations(given.items(), 2):
        if is_same_file(path, other_path):
            raise InputError(
                f"--{name} and --{other} would be written to the same file, {other_path!r}. Name another for "
                "one of them."
            )


def _check_writable(name: str, path: str) -> None:
    file = Path(path)
    folder = file.parent
    try:
        if file.is_symlink() and not file.exists():
            with suppress(FileNotFoundError):
                file.stat()  # fails where links lead in a circle
        if not folder.is_dir():
            raise InputError(f"--{name} {path!r}: there is no folder {str(folder)!r}. Create it first.")
        if file.is_dir():
            raise InputError(f"--{name} {path!r} is a folder. Name a file.")
        is_replaced = file.is_file() or not file.exists()
        to_write = file.resolve().parent if is_replaced else file
    except OSError as error:  # too long a name, links in a circle
        reason = "a link leads back to itself" if error.errno == errno.ELOOP else error.strerror
        raise InputError(f"--{name} {path!r} cannot be written: {reason}. Name another file.") from error
    if not to_write.is_dir() and is_replaced:
        raise InputError(f"--{name} {path!r} is a link to a folder that does not exist, {str(to_write)!r}.")
    if not os.access(to_write, os.W_OK):
        raise InputError(f"--{name} {path!r} cannot be written: permission denied.")


def is_same_file(one: str, other: str) -> bool:
    """Return whether two paths name one file, which may not exist yet; ``-`` is one with itself.

    Devices and pipes are none: what is written to them replaces nothing.
    """
    if "-" in (one, other):
        return one == other
    first, second = Path(one), Path(other)
    if first.exists() and second.exists():
        return first.is_file() and first.samefile(second)
    first, second = first.resolve(), second.resolve()
    if first == second:
        return True
    is_alike = _folded(first.name) == _folded(second.name)
    return is_alike and first.parent == second.parent and _folds_names(first.parent)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _folds_names(folder: Path) -> bool:
    """Return whether a folder takes names for one that differ in case."""
    try:
        with tempfile.NamedTemporaryFile(prefix="ridge-nn-a", dir=folder) as file:
            return Path(file.name.replace("ridge-nn-a", "ridge-nn-A")).exists()
    except OSError:
        return False


def _leads_to(stream: Any, path: str) -> bool:
    """Return whether a stream is written to a regular file of this path, or to that which stdin is."""
    try:
        written = os.fstat(stream.fileno())
        read = os.fstat(sys.stdin.fileno()) if path == "-" else Path(path).stat()
    except (AttributeError, OSError, ValueError):  # no file
        return False
    return stat.S_ISREG(written.st_mode) and os.path.samestat(written, read)


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
