"""pyarrow's reader of CSV gives what Python's gives, or leaves the table to it."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from sklearn_ridge_nn.cli import _quick_csv as quick_csv
from sklearn_ridge_nn.cli._tables import InputError, Table

#: What CSV is made of, and what readers differ in.
PIECES = [
    ",",
    "\n",
    "\r\n",
    "\r",
    '"',
    '""',
    "a",
    " ",
    "1",
    "é",
    "\t",
    "NA",
    '"a,b"',
    '"a\nb"',
    "\0",
    "x,y\n",
    "\u2028",
]


def read(path, *, quickly, n_rows=3, monkeypatch):
    """Return the chunks of a table, or what is said of it."""
    with monkeypatch.context() as patch:
        if not quickly:
            patch.setattr(quick_csv, "can_read", lambda *_: False)
        try:
            with Table(str(path)) as table:
                rows = pd.concat([pd.DataFrame(columns=table.columns), *table.chunks(n_rows, table.columns)])
                return rows.index.tolist(), rows.to_numpy().tolist()
        except InputError as error:
            return str(error)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from([2, 5, 64]))
def test_both_readers_read_the_same(tmp_path_factory, pieces, block):
    path = tmp_path_factory.mktemp("quick") / "t.csv"
    path.write_bytes(("x,y\n" + "".join(pieces)).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick_csv, "BLOCK", block)
        quick = read(path, quickly=True, monkeypatch=patch)
        assert quick == read(path, quickly=False, monkeypatch=patch)


@settings(max_examples=300, deadline=None)
@given(st.text('",\r\na', max_size=16), st.integers(1, 5))
def test_quotes_that_pythons_reader_refuses_are_seen(text, size):
    checked = quick_csv._Checked(io.BytesIO(text.encode()), ",", "utf-8")
    try:
        while checked.read(size):
            pass
    except quick_csv.NotPlainError:
        return
    list(csv.reader(io.StringIO(text, newline=""), strict=True))  # refuses nothing


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv.gz"])
def test_usual_tables_are_read_quickly(tmp_path, monkeypatch, quoting, name):
    frame = pd.DataFrame({"a": ['say "hi"', "two, words", "", "é"] * 5, "b": ["1", "2.50", "007", "NA"] * 5})
    frame.to_csv(tmp_path / name, index=False, quoting=quoting, sep="\t" if ".tsv" in name else ",")
    monkeypatch.setattr(Table, "_frames", lambda *_: pytest.fail("Python's reader was needed"))
    with Table(str(tmp_path / name)) as table:
        chunks = list(table.chunks(8, ["b", "a"]))
        assert table.fraction_read() == 1
    assert [len(chunk) for chunk in chunks] == [8, 8, 4]
    pd.testing.assert_frame_equal(pd.concat(chunks), frame[["b", "a"]].astype(object), check_index_type=False)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("1\n", r"Line 50002 of t\.csv has 1 field, and the header has 2 names"),
        ('1,"2"3\n', r"t\.csv cannot be read as a table: .*line 50002"),
        ("1,\udce9\n", r"t\.csv is not utf-8 text \(byte 0xe9\)"),
    ],
)
def test_rows_before_a_wrong_one_come_once(tmp_path, monkeypatch, wrong, message):
    monkeypatch.setattr(quick_csv, "BLOCK", 2**16)
    path = tmp_path / "t.csv"
    path.write_bytes(
        ("a,b\n" + "".join(f"{i},x\n" for i in range(50_000)) + wrong).encode(errors="surrogateescape")
    )
    seen = []

    def read(table):
        for chunk in table.chunks(1000, ["a"]):
            seen.extend(chunk["a"].tolist())
            assert chunk.index[-1] == len(seen) - 1

    with Table(str(path)) as table, pytest.raises(InputError, match=message):
        read(table)
    assert seen == [str(i) for i in range(len(seen))]


def test_reading_goes_on_after_what_only_pythons_reader_knows(tmp_path, monkeypatch):
    """A line of spaces is no row to Python's reader, and a row too short to pyarrow."""
    monkeypatch.setattr(quick_csv, "BLOCK", 2**12)
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{i},x\n" + "  \n" * (i == 3000) for i in range(5000)))
    with Table(str(path)) as table:
        read = table.read()
    assert read["a"].tolist() == [str(i) for i in range(5000)]
    assert read.index.tolist() == list(range(5000))


@pytest.mark.parametrize("n_rows", [7, 1000])
def test_rows_come_once_where_lines_without_fields_are_among_them(tmp_path, monkeypatch, n_rows):
    """Python's reader goes on after what pyarrow has read, which leaves empty lines out as well."""
    monkeypatch.setattr(quick_csv, "BLOCK", 2**12)
    path = tmp_path / "t.csv"
    lines = [f"{i},x\n" + "\n" * (i % 1000 == 5) for i in range(5000)]
    lines[4000] = '4000,5" pipe\n'
    path.write_text("a,b\n" + "".join(lines))
    with Table(str(path)) as table:
        rows = pd.concat(table.chunks(n_rows, ["a", "b"]))
    assert rows["a"].tolist() == [str(i) for i in range(5000)]
    assert rows.index.tolist() == list(range(5000))
