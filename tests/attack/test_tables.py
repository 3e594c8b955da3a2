"""Nasty tables given to the command, at random: it does what it says, or says why not.

Broken are: any exit code but 0 and 2, a message that speaks of the inside or has more than a few lines, a
file that is left behind where the command failed, and predictions that are not one for each row.
"""

import contextlib
import csv
import io
import os

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

attacked = settings.get_profile("attack of the command")

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-7", "shift_jis", "ascii"]


def rarely(n):
    """One time in so many."""
    return st.sampled_from([False] * (n - 1) + [True])


NAMES = st.one_of(
    st.sampled_from(
        ["a", "b", "c", "y", "Y", "", " ", "a,b", "=1+1", "../x", "<script>", "nan", "0", "1.5",
        "__class__", "x" * 3000,
         "\u202eabc", "ü", "ü", "🙂", "a\nb", 'q"q', "a;b", "a\tb", "-drop", "--target", "None", "level_0",
         "index",
         "prediction", "a.1", "id", "\ufeffa", "%s", "{}", "$x", "`x`", "\\", "row", "probability"]
    ),
    st.text(max_size=6),
)  # fmt: skip
NUMBERS = st.one_of(
    st.floats(-100, 100).map(lambda value: f"{value:.3g}"),
    st.integers(-3, 3).map(str),
)
ODD = st.sampled_from(
    ["", " ", "NA", "nan", "NaN", "inf", "-inf", "1e400", "-1e308", "1e308", "1_001", "٣", "0x1F", "1,5",
    "1.234,5", "5%",
     "$3", "True", "false", "yes", "?", "-", "null", "None", "=1+1", "@x", "<b>", "2020-01-01",
     "01/02/2020", "12:30",
     "2020-13-45", "9" * 400, "\x00", '"', "''", "a\nb", "ü", "🙂", "x" * 5000, "1e-320", "00012", "+5",
     "1 000"]
)  # fmt: skip
WORDS = st.sampled_from(["red", "green", "blue", "Red", "red ", "yes", "no", "0", "1"])


@st.composite
def columns(draw, n):
    """The cells of a column: of numbers, of words, the same everywhere, or of anything; some odd."""
    kinds = [NUMBERS] * 16 + [WORDS] * 8 + [st.just("7"), st.just(""), ODD, st.text(max_size=5)]
    cells = draw(st.sampled_from(kinds))
    values = draw(st.lists(cells, min_size=n, max_size=n))
    for _ in range(draw(st.sampled_from([0] * 20 + [1, 2])) if n else 0):
        values[draw(st.integers(0, n - 1))] = draw(ODD)
    return values


@st.composite
def tables(draw):
    """The bytes of a table, its header and its number of rows as they were meant."""
    n, width = (
        draw(st.sampled_from([0, 1, 2, 5, *[40] * 20])),
        draw(st.sampled_from([1, 2, 3, 3, 3, 5])),
    )
    are_different = not draw(rarely(20))
    header = draw(st.lists(NAMES, min_size=width, max_size=width, unique=are_different))
    cells = [draw(columns(n)) for _ in header]
    target = draw(st.sampled_from([NUMBERS, *[st.sampled_from(["p", "q"])] * 3, WORDS]))
    if not draw(rarely(30)):  # mostly a right target
        header, cells = [*header, "target"], [*cells, draw(st.lists(target, min_size=n, max_size=n))]
    rows = [header, *map(list, zip(*cells, strict=True))]
    if draw(rarely(30)):  # ragged
        row = rows[draw(st.integers(0, n))]
        row.append("more") if draw(st.booleans()) else row.pop()
    text = io.StringIO(newline="")
    csv.writer(
        text,
        delimiter=draw(st.sampled_from("," * 30 + ";\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        lineterminator=draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])),
    ).writerows(rows)
    content = text.getvalue().encode(draw(st.sampled_from(["utf-8"] * 30 + ENCODINGS)), errors="replace")
    if draw(rarely(30)):  # damaged
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(max_size=4)) + content[place + draw(st.integers(0, 3)) :]
    return content, header, n


@st.composite
def options(draw, header):
    """How the command is told to read a table: mostly rightly."""
    target = draw(st.sampled_from(["target"] * 40 + header))
    chosen = [f"--target={target}"]
    for name in ("--drop", "--categorical", "--dates", "--text"):
        if draw(rarely(30)):
            chosen.append(f"{name}={draw(st.sampled_from([*header, 'nowhere']))}")
    for option in (
        "--task=regression",
        "--task=classification",
        "--separator=;",
        "--missing=?",
        "--encoding=utf-16",
    ):
        if draw(rarely(60)):
            chosen.append(option)
    return chosen


def written(folder, content):
    """Have the folder hold a table alone."""
    for path in folder.iterdir():
        path.unlink()
    (folder / "t.csv").write_bytes(content)


NETWORK = ("--epochs=1", "--hidden-layer-sizes=3", "--cv=2", "--quiet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    with contextlib.chdir(folder):
        yield folder


def given_table(folder, data):
    """Put a table into the folder; return the options to read it with, and its number of rows."""
    content, header, n = data.draw(tables())
    written(folder, content)
    return data.draw(options(header)), n


@given(data=st.data())
@attacked
def test_fit_and_predict(run, folder, data):
    chosen, n = given_table(folder, data)
    code, _ = run("fit", "t.csv", "--model=m.skops", "--alphas=0.1,1", *NETWORK, *chosen)
    assert sorted(os.listdir(folder)) == (["m.skops", "t.csv"] if code == 0 else ["t.csv"])
    if code == 0:
        reading = [
            option for option in chosen if option.startswith(("--separator", "--missing", "--encoding"))
        ]
        code, out = run("predict", "t.csv", "--model=m.skops", "--quiet", *reading)
        assert code == 0
        assert len(list(csv.reader(io.StringIO(out)))) == n + 1


@given(data=st.data())
@attacked
def test_diagnose(run, folder, data):
    chosen, _ = given_table(folder, data)
    code, _ = run("diagnose", "t.csv", "--html=r.html", "--alphas=0.1,1", *NETWORK, *chosen)
    assert sorted(os.listdir(folder)) == (["r.html", "t.csv"] if code == 0 else ["t.csv"])
    if code == 0:
        assert "<script" not in (folder / "r.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def model(run, folder):
    """A model of two columns, one of numbers and one of words."""
    rows = np.random.default_rng(0).normal(size=60)
    lines = [f"{value:.3f},{'red' if value > 0.3 else 'blue'},{'p' if value > 0 else 'q'}" for value in rows]
    path = folder.parent / "given.csv"
    path.write_text("a,b,target\n" + "\n".join(lines) + "\n")
    run(
        "fit", path, f"--model={folder.parent / 'given.skops'}", "--alphas=0.1,1", "--target=target", *NETWORK
    )
    path.unlink()
    return folder.parent / "given.skops"


@given(data=st.data())
@attacked
def test_predict(run, folder, model, data):
    """A model reads other tables than it was fitted on."""
    content, _, n = data.draw(tables())
    if data.draw(st.booleans()):
        content = content.replace(content.split(b"\n", 1)[0], b"a,b,target", 1)
    written(folder, content)
    options = ["--proba"] * data.draw(st.booleans()) + ["--keep=a"] * data.draw(st.booleans())
    code, _ = run(
        "predict",
        "t.csv",
        f"--model={model}",
        "--quiet",
        "--output=p.csv",
        f"--chunk-size={data.draw(st.integers(1, 40))}",
        *options,
    )
    assert sorted(os.listdir(folder)) == (["p.csv", "t.csv"] if code == 0 else ["t.csv"])
    if code == 0:
        with (folder / "p.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.reader(file))) <= n + 1


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.parametrize("width", [1000, 10_000])
def test_a_wide_table(run, folder, width):
    rows = np.random.default_rng(0).integers(0, 10, size=(20, width)).astype(str).tolist()
    header = ",".join(f"c{number}" for number in range(width))
    lines = [f"{','.join(row)},{'pq'[number % 2]}" for number, row in enumerate(rows)]
    written(folder, (f"{header},target\n" + "\n".join(lines) + "\n").encode())
    code, _ = run("fit", "t.csv", "--model=m.skops", "--alphas=0.1,1", "--target=target", *NETWORK)
    assert code == 0
    code, out = run("predict", "t.csv", "--model=m.skops", "--quiet")
    assert (code, len(out.splitlines())) == (0, 21)
