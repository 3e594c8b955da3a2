"""Tables in files, read as a whole or in chunks, as the file has them."""

from __future__ import annotations

import csv
import gc
import gzip
import io
import re
import shlex
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self, cast

import numpy as np
import pandas as pd

from sklearn_ridge_nn.cli import _quick_csv as quick_csv

csv.field_size_limit(2**31 - 1)  # a field may have any length

#: Data sets that scikit-learn brings along, and what to tell their loaders.
BUNDLED: dict[str, dict[str, Any]] = {
    "breast_cancer": {},
    "diabetes": {"scaled": False},  # columns in their units
    "digits": {},
    "iris": {},
    "wine": {},
}
SEPARATORS = {".csv": ",", ".tsv": "\t"}
#: Fields that stand for a missing value, as pandas reads them.
MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
#: Names of the columns where pandas puts row labels without a name.
_ROW_LABELS = re.compile(r"__index_level_\d+__")


class InputError(ValueError):
    """Arguments or data are at fault; the message names them and the way out."""


class Table:
    """A table in a file: .csv, .tsv, either of them .gz, .parquet, or ``-`` for CSV on stdin.

    Parameters
    ----------
    path : str
        The file.
    separator : str or None, default=None
        What stands between the fields of a line; None is the comma, and for .tsv the tab.
    encoding : str, default="utf-8"
        Of text.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    columns : list of str
        Names of the columns.

    Raises
    ------
    InputError
        If there is no such file, its kind is unknown, or it has no header or a column twice.
    """

    def __init__(self, path: str, *, separator: str | None = None, encoding: str = "utf-8") -> None:
        self.path = path
        self.name = "stdin" if path == "-" else Path(path).name
        self._size = 0 if path == "-" else _size(path)
        self._parquet: Any = None
        self._opened = ExitStack()
        with self._opened:  # closed if any of this fails
            self._open(separator, encoding)
            self._opened = self._opened.pop_all()

    def _open(self, separator: str | None, encoding: str) -> None:
        kind = _kind(self.path)
        if kind == ".parquet":
            self._parquet = self._opened.enter_context(_open_parquet(self.path))
            with _as_parquet(self.path):
                names = self._parquet.schema_arrow.names
            self.columns = [name for name in names if not _ROW_LABELS.fullmatch(name)]
        else:
            self._separator = separator or SEPARATORS[kind]
            if len(self._separator) != 1:
                raise InputError(f"--separator {separator!r} must be a single sign, such as ';' or '\\t'.")
            self._source = self._bytes = self._opened.enter_context(_bytes_of(self.path))
            self._text = self._opened.enter_context(_decoded(self._bytes, self.path, encoding))
            self._encoding = encoding
            self.columns = self._header(separator)
        twice = [name for name, count in Counter(self.columns).items() if count > 1]
        if twice:
            raise InputError(f"{self.name} has more than one column named {twice[0]!r}. Rename all but one.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def chunks(self, n_rows: int, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield the rows in order, some at a time, once.

        Parameters
        ----------
        n_rows : int
            Rows of a chunk, at most.
        columns : sequence of str
            Which columns.

        Yields
        ------
        DataFrame
            Indexed by the number of the row, from 0. What is in a text file is text, unchanged; what is in a
            .parquet file is of its type.

        Raises
        ------
        InputError
            If a line cannot be read, or has too few or too many fields.
        """
        if self._parquet is not None:
            yield from self._parquet_chunks(n_rows, columns)
            return
        n_done = 0
        if quick_csv.can_read(
            self.path, self.columns, self._records.line_num, self._separator, self._encoding
        ):
            try:
                for frame in self._quick_frames(n_rows, columns):
                    yield frame
                    n_done = frame.index.stop
            except quick_csv.FAILURES:
                self._source = self._bytes  # Python's reader goes on, and says what is wrong
            else:
                return
        yield from self._frames(n_rows, columns, n_done)

    def _quick_frames(self, n_rows: int, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield the rows as pyarrow reads them."""
        with Path(self.path).open("rb") as self._source:
            file = gzip.open(self._source) if self.path.endswith(".gz") else self._source  # noqa: SIM115
            first = 0
            for frame in quick_csv.frames(
                cast(IO[bytes], file), self.columns, columns, self._separator, self._encoding, n_rows
            ):
                frame.index = pd.RangeIndex(first, first + len(frame))
                first += len(frame)
                yield frame

    def _frames(self, n_rows: int, columns: Sequence[str], n_done: int) -> Iterator[pd.DataFrame]:
        """Yield the rows as Python's reader has them, but for the first ones."""
        first = 0
        with self._understood():
            while records := self._some_records(n_rows):
                rows = self._rows(records)
                skipped = min(len(rows), max(0, n_done - first))  # lines without fields are no rows
                first, rows = first + skipped, rows[skipped:]
                if not rows:
                    continue
                index = pd.RangeIndex(first, first + len(rows))
                fields = dict(zip(self.columns, zip(*rows, strict=True), strict=True))
                yield pd.DataFrame({name: fields[name] for name in columns}, index=index, dtype=object)
                first += len(rows)

    def read(self) -> pd.DataFrame:
        """Return all rows, as `chunks` has them.

        Raises
        ------
        InputError
            If there are none, or a line cannot be read.
        """
        frames = list(self.chunks(100_000, self.columns))
        if not sum(map(len, frames)):
            raise InputError(f"{self.name} has a header and no rows.")
        return pd.concat(frames)

    def fraction_read(self) -> float | None:
        """Return how much of the file has been read, from 0 to 1; None where its size is not known."""
        if self._parquet is not None or not self._size:
            return None
        return 1.0 if self._source.closed else self._source.tell() / self._size

    def check_columns(self, names: Sequence[str], argument: str) -> None:
        """Raise what to write instead if a column is not there."""
        for name in names:
            if name not in self.columns:
                raise InputError(f"{argument} {name!r}: {self.name} has no such column. {self.nearest(name)}")

    def named(self, words: Sequence[str], argument: str) -> list[str]:
        """Return the columns that an argument names, each once: ``a, b`` is two, unless it is one's name.

        Raises
        ------
        InputError
            If there is no such column.
        """
        names = [name for word in words for name in ([word] if word in self.columns else word.split(","))]
        trimmed = {name.strip(): name for name in reversed(self.columns)}
        names = [name for name in names if name.strip() or name in self.columns or len(names) == 1]
        names = [name if name in self.columns else trimmed.get(name.strip(), name.strip()) for name in names]
        self.check_columns(names, argument)
        return list(dict.fromkeys(names))

    def nearest(self, name: str) -> str:
        """Return which column was probably meant."""
        return did_you_mean(name, self.columns) or f"It has {listed(self.columns)}."

    def _header(self, separator: str | None) -> list[str]:
        self._records = csv.reader(self._text, delimiter=self._separator, strict=True)
        with self._understood():
            names = next((record for record in self._records if any(record)), [])
        if not names:
            raise InputError(f"{self.name} is empty. Its first line must hold the names of the columns.")
        others = [sign for sign in (";", "\t", "|", ",") if sign in names[0]]
        if len(names) == 1 and separator is None and others:
            shown = "'\\t'" if others[0] == "\t" else f"'{others[0]}'"
            raise InputError(
                f"{self.name} has a single column named {names[0]!r}. Is it separated by {shown}? "
                f"Then add --separator {shown}."
            )
        return names

    def _some_records(self, n_records: int) -> list[list[str]]:
        """Return the next records, without a search for garbage among these many lists: half of the time."""
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return list(islice(self._records, n_records))
        finally:
            if was_enabled:
                gc.enable()

    def _rows(self, records: list[list[str]]) -> list[list[str]]:
        """Return the records that are rows. Empty lines are left out, unless a row is a single field."""
        n_columns = len(self.columns)
        if set(map(len, records)) == {n_columns}:
            return records
        rows = []
        for number, record in enumerate(records):
            if len(record) == n_columns:
                rows.append(record)
            elif n_columns == 1 and not record:
                rows.append([""])
            elif len(record) > 1 or "".join(record).strip():
                after = sum(1 + "".join(later).count("\n") for later in records[number + 1 :])
                way_out = (
                    "Name every column, quote fields with separators in them, and end no line with one."
                    if len(record) > n_columns
                    else "Complete it, or quote fields with line breaks in them."
                )
                here = f"{len(record)} field{'s' if len(record) != 1 else ''}"
                raise InputError(
                    f"Line {self._records.line_num - after} of {self.name} has {here}, and the header has "
                    f"{n_columns} name{'s' if n_columns != 1 else ''}. {way_out}"
                )
        return rows

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Turn what a parser says into a message that names the file."""
        try:
            yield
        except UnicodeError as error:
            byte = f" (byte {error.object[error.start]:#x})" if isinstance(error, UnicodeDecodeError) else ""
            raise InputError(
                f"{self.name} is not {self._encoding} text{byte}. Name its encoding, for example "
                f"--encoding latin-1."
            ) from error
        except csv.Error as error:
            raise InputError(
                f"{self.name} cannot be read as a table: {error} (line {self._records.line_num})"
            ) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(f"{self.name} cannot be read as a table: {error}") from error

    def _parquet_chunks(self, n_rows: int, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        first = 0
        batches = self._parquet.iter_batches(n_rows, columns=list(columns))
        while True:
            with _as_parquet(self.path):
                batch = next(batches, None)
            if batch is None:
                return
            # Without metadata row labels stay columns. Integers with missing ones stay integers.
            chunk = batch.to_pandas(ignore_metadata=True, types_mapper=_integers)[list(columns)]
            chunk.index = pd.RangeIndex(first, first + len(chunk))
            first += len(chunk)
            yield chunk


def _integers(kind: Any) -> Any:
    """Return pandas's type of an integer of Arrow that may be missing, or None."""
    import pyarrow

    if not pyarrow.types.is_integer(kind):
        return None
    name = str(kind)  # int8 to uint64
    return pd.api.types.pandas_dtype(("UInt" if name[0] == "u" else "Int") + name.lstrip("uint"))


def bundled(name: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return the features and the target, labels in words where there are some, of a bundled data set."""
    import sklearn.datasets

    data = getattr(sklearn.datasets, f"load_{name}")(as_frame=True, **BUNDLED[name])
    names = data.get("target_names", [0])
    is_named = all(isinstance(label, str) for label in names)
    return data.data, pd.Series(np.asarray(names)[data.target]) if is_named else data.target


def did_you_mean(word: str, words: Sequence[str]) -> str:
    """Return which word was probably meant as a question, or nothing."""
    lowered = {known.lower().strip(): known for known in reversed(words)}
    near = get_close_matches(word.lower().strip(), lowered, 1)
    return f"Did you mean {lowered[near[0]]!r}?" if near else ""


def listed(names: Sequence[Any], most: int = 12) -> str:
    """Return names with commas between them, the first few of many."""
    shown = ", ".join(repr(shortened(name)) if isinstance(name, str) else str(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def as_float(word: str) -> float | None:
    """Return a word as the number that it is, or None."""
    try:
        return float(word)
    except ValueError:
        return None


def shortened(text: str, most: int = 60) -> str:
    """Return a text, or its beginning if it is long."""
    return text if len(text) <= most else text[: most - 3] + "..."


def quoted(word: Any) -> str:
    """Return a word as one would write it in a shell, or its beginning if nobody would write that much."""
    return shlex.quote(shortened(str(word), 200))


def _size(path: str) -> int:
    file = Path(path)
    if file.is_dir():
        raise InputError(f"{path} is a folder. Name a file.")
    if not file.exists():
        names = sorted(other.name for other in file.parent.iterdir()) if file.parent.is_dir() else []
        raise InputError(f"There is no file {path!r}. {did_you_mean(file.name, names)}".strip())
    return file.stat().st_size


def _kind(path: str) -> str:
    """Return the suffix that says how to read a file."""
    kind = ".csv" if path == "-" else Path(path.removesuffix(".gz")).suffix.lower()
    if kind in SEPARATORS or (kind == ".parquet" and not path.endswith(".gz")):
        return kind
    raise InputError(
        f"{path}: files of this kind cannot be read. Give .csv, .tsv (or .csv.gz, .tsv.gz) or .parquet."
    )


def _bytes_of(path: str) -> IO[bytes]:
    if path != "-":
        return Path(path).open("rb")
    if sys.stdin is None:
        raise InputError("stdin is closed, so FILE cannot be '-'.")
    return open(sys.stdin.fileno(), "rb", closefd=False)


def _decoded(stream: IO[bytes], path: str, encoding: str) -> IO[str]:
    opened = gzip.open(stream) if path.endswith(".gz") else stream  # noqa: SIM115
    encoding = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
    try:
        return io.TextIOWrapper(cast(IO[bytes], opened), encoding=encoding, newline="")
    except LookupError as error:
        raise InputError(f"--encoding {encoding!r} is not known. Try utf-8, latin-1 or cp1252.") from error


def _open_parquet(path: str) -> Any:
    from pyarrow import parquet

    with _as_parquet(path):
        return parquet.ParquetFile(path)


@contextmanager
def _as_parquet(path: str) -> Iterator[None]:
    """Turn what pyarrow says of a damaged file into a message that names it."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:  # whose messages go into the bytes
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise InputError(f"{path} is not a Parquet file, or is damaged: {reason}") from error
