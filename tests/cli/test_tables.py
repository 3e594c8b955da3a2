"""Tables read from files equal what pandas reads; what cannot be read is named."""

import gzip

import numpy as np
import pandas as pd
import pytest

from sklearn_ridge_nn.cli._tables import BUNDLED, InputError, Table, bundled, did_you_mean

FRAME = pd.DataFrame({"a": [1.5, np.nan, 3.0], "b": ["x", "y, z", None], "c": [1, 2, 3]})


def write(path, frame=FRAME):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in path.name else ",")
    return str(path)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.parquet"])
@pytest.mark.parametrize("n_rows", [1, 2, 100])
def test_chunks_add_up_to_the_table_in_the_order_asked_for(tmp_path, name, n_rows):
    with Table(write(tmp_path / name)) as table:
        assert table.columns == ["a", "b", "c"]
        chunks = list(table.chunks(n_rows, ["c", "a"]))
    assert [len(chunk) for chunk in chunks][:-1] == [n_rows] * (len(chunks) - 1)
    read = pd.concat(chunks)
    expected = (
        FRAME[["c", "a"]]
        if name == "t.parquet"
        else pd.DataFrame({"c": list("123"), "a": ["1.5", "", "3.0"]})
    )
    assert read.index.tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)


def test_a_text_file_is_read_as_its_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('zip,word\n007,"a ""quoted"", word"\nNA,\n1.10,"two\nlines"\n')
    with Table(str(path)) as table:
        read = table.read()
    assert read["zip"].tolist() == ["007", "NA", "1.10"]
    assert read["word"].tolist() == ['a "quoted", word', "", "two\nlines"]


def test_blank_lines_are_no_rows_unless_there_is_one_column(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\na,b\n\n1,2\n\n3,4\n\n")
    with Table(str(path)) as table:
        assert table.read().to_numpy().tolist() == [["1", "2"], ["3", "4"]]
    path.write_text("a\n1\n\n3\n")
    with Table(str(path)) as table:
        assert table.read()["a"].tolist() == ["1", "", "3"]


def test_row_labels_of_parquet_are_columns_if_they_have_a_name(tmp_path):
    path = str(tmp_path / "t.parquet")
    FRAME.iloc[[2, 0]].to_parquet(path)
    with Table(path) as table:
        assert table.columns == ["a", "b", "c"]
        assert table.read()["a"].tolist() == [3.0, 1.5]
    FRAME.set_index("b").to_parquet(path)
    with Table(path) as table:
        assert table.read()["b"].tolist()[:2] == ["x", "y, z"]


@pytest.mark.parametrize("n_rows", [1, 2, 100])
def test_large_integers_of_parquet_stay_exact_beside_missing_ones(tmp_path, n_rows):
    path = str(tmp_path / "t.parquet")
    values = pd.array([2**53 + 1, None, 7], "Int64")
    pd.DataFrame({"id": values, "small": pd.array([1, 2, None], "UInt8")}).to_parquet(path)
    with Table(path) as table:
        read = pd.concat(table.chunks(n_rows, ["small", "id"]))
    assert read["id"].tolist()[::2] == [2**53 + 1, 7]
    assert read.isna().to_numpy().tolist() == [[False, False], [False, True], [True, False]]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,é\n".encode("utf-8-sig"))
    with Table(str(path)) as table:
        assert table.columns == ["a", "b"]
        assert table.read()["b"].tolist() == ["é"]


def test_an_encoding_can_be_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,é\n".encode("latin-1"))
    with Table(str(path), encoding="latin-1") as table:
        assert table.read()["b"].tolist() == ["é"]
    with pytest.raises(InputError, match=r"t.csv is not utf-8 text .* --encoding"), Table(str(path)) as table:
        table.read()
    with pytest.raises(InputError, match="--encoding 'klingon' is not known"):
        Table(str(path), encoding="klingon")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b"a,b\n", "has a header and no rows"),
        (
            "t.csv",
            b"a,b\n1,2\n1,2,3\n",
            "Line 3 of t.csv has 3 fields, and the header has 2 names. Name",
        ),
        ("t.csv", b"a,b\n1,2,\n3,4,\n", "Line 2 of t.csv has 3 fields, .* end no line with one"),
        ("t.csv", b"a,b\n\n1,2,\n3,4,\n", "Line 3 of t.csv has 3 fields"),
        ("t.csv", b'\na,b\n  \n"1\n",2,\n', "Line 5 of t.csv has 3 fields"),
        (
            "t.csv",
            b'a,b\n1,2\n3\n4,"5\n\n6"\n\n7,8\n',
            "Line 3 of t.csv has 1 field, and the header has 2 names",
        ),
        ("t.csv", b"a,b\n1,2\n3\n", "Line 3 of t.csv has 1 field, and the header has 2 names. Complete it"),
        ("t.csv", b'a,b\n1,"2"3\n', r"cannot be read as a table: .* \(line 2\)"),
        ("t.csv", b'a,b\n1,"2\n', "cannot be read as a table"),
        ("t.csv", b"a,a\n1,2\n", "more than one column named 'a'"),
        ("t.csv", b"a;b\n1;2\n", r"separated by ';'\? Then add --separator ';'"),
        ("t.csv", b"a\tb\n1\t2\n", r"separated by '\\t'"),
        ("t.csv.gz", b"a,b\n1,2\n", "cannot be read as a table"),
        ("t.parquet", b"a,b\n1,2\n", "is not a Parquet file"),
        ("t.xlsx", b"PK", r"t.xlsx: files of this kind cannot be read. Give .csv"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message), Table(str(path)) as table:
        table.read()


def test_a_file_that_is_not_there_suggests_one_that_is(tmp_path):
    write(tmp_path / "data.csv")
    with pytest.raises(InputError, match=r"There is no file .*dta.csv'. Did you mean 'data.csv'\?"):
        Table(str(tmp_path / "dta.csv"))
    with pytest.raises(InputError, match="is a folder"):
        Table(str(tmp_path))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("the disk is gone")])
def test_what_interrupts_reading_is_not_taken_for_a_bad_table(tmp_path, monkeypatch, error):
    path = tmp_path / "t.csv"
    path.write_text("a\n" + "1\n" * 100_000)

    def interrupted():
        yield ["1"]
        raise error

    with Table(str(path)) as table:
        chunks = table.chunks(10, ["a"])
        next(chunks)
        monkeypatch.setattr(table, "_records", interrupted())
        with pytest.raises(type(error)):
            list(chunks)


def test_a_field_may_be_long(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1," + "x" * 200_000 + "\n")
    with Table(str(path)) as table:
        assert len(table.read()["b"][0]) == 200_000


def test_a_byte_of_another_encoding_is_found_far_into_the_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\n" + b"x\n" * 500_000 + "é\n".encode("latin-1"))
    with Table(str(path)) as table, pytest.raises(InputError, match=r"not utf-8 text \(byte 0xe9\)"):
        table.read()


def test_how_much_was_read_grows_to_all_of_it(tmp_path):
    path = tmp_path / "t.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("a\n" + "".join(f"{i}\n" for i in np.random.default_rng(0).integers(0, 10**9, 50_000)))
    with Table(str(path)) as table:
        read = [table.fraction_read() for _ in table.chunks(10_000, ["a"])]
    assert read == sorted(read)
    assert read[0] < 0.9
    assert read[-1] == 1


def test_bundled_data_have_their_labels_in_words():
    X, y = bundled("breast_cancer")
    assert X.shape == (569, 30)
    assert {label: int((y == label).sum()) for label in np.unique(y)} == {"benign": 357, "malignant": 212}
    assert bundled("digits")[1].tolist()[:3] == [0, 1, 2]


def test_bundled_numbers_are_as_they_were_measured():
    X, y = bundled("diabetes")
    assert X.shape == (442, 10)
    assert X["age"].between(19, 79).all()  # years, and not scaled
    assert (y.min(), y.max()) == (25, 346)


def test_every_bundled_data_set_can_be_named():
    from sklearn_ridge_nn.cli._arguments import DATASETS

    assert tuple(BUNDLED) == DATASETS


def test_the_word_that_was_probably_meant():
    assert did_you_mean("Lable", ["id", "label"]) == "Did you mean 'label'?"
    assert did_you_mean("TARGET ", ["Target", "x"]) == "Did you mean 'Target'?"
    assert did_you_mean("quite different", ["id", "label"]) == ""
