"""Results are written where they may be, as a whole, and onto nothing that is read."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_ridge_nn.cli._outputs import is_same_file

QUICKLY = ("--target", "y", "--alphas", "0.001,0.1", "--cv", "2", "--epochs", "2", "--quiet")


@pytest.fixture(scope="module")
def made(tmp_path_factory, ridge_nn):
    """A folder with a table and a model of it."""
    folder = tmp_path_factory.mktemp("made")
    rows = np.random.default_rng(0).normal(size=(200, 2))
    table = pd.DataFrame(rows, columns=["a", "b"]).assign(y=np.where(rows.sum(axis=1) > 0, "yes", "no"))
    table.to_csv(folder / "d.csv", index=False)
    ridge_nn(
        "fit", "d.csv", "--target", "y", "--model", "m.skops", "--alpha", "0.01", "--epochs", "2", "--quiet",
        cwd=folder,
    )  # fmt: skip
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy of it that a test may write into, with other names of the table."""
    for file in made.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").symlink_to("d.csv")
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "d.csv")
    return tmp_path


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("name", ["d.csv", "./d.csv", "sub/../d.csv", "link.csv", "folder/d.csv", "hard.csv"])
@pytest.mark.parametrize(
    "command",
    [
        ("diagnose", "d.csv", *QUICKLY, "--html"),
        ("diagnose", "d.csv", *QUICKLY, "--json"),
        ("diagnose", "link.csv", *QUICKLY, "--plot"),
        ("fit", "d.csv", "--target", "y", "--model"),
        ("fit", "d.csv", "--target", "y", "--model", "new.skops", "--html"),
        ("predict", "d.csv", "--model", "m.skops", "--output"),
        ("explain", "m.skops", "d.csv", "--json"),
    ],
)
def test_no_result_is_written_onto_what_is_read(ridge_nn, folder, command, name):
    before = files_of(folder)
    _, err = ridge_nn(*command, name, code=2, cwd=folder)
    assert err == f"ridge-nn: error: {command[-1]} '{name}' is the file to read. Name another.\n"
    assert files_of(folder) == before


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("explain", "m.skops", "d.csv", "--json", "m.skops"), "--json 'm.skops' is the model."),
        (("explain", "m.skops", "d.csv", "--plot", "./m.skops"), "--plot './m.skops' is the model."),
        (
            ("fit", "d.csv", "--target", "y", "--model", "x.skops", "--html", "folder/x.skops"),
            "--model and --html would be written to the same file, 'folder/x.skops'.",
        ),
        (
            ("diagnose", "d.csv", *QUICKLY, "--html", "x.html", "--json", "./x.html"),
            "--html and --json would be written to the same file, './x.html'.",
        ),
        (
            ("diagnose", "d.csv", *QUICKLY, "--json", "x.svg", "--plot", "folder/x.svg"),
            "--json and --plot would be written to the same file, 'folder/x.svg'.",
        ),
        (
            ("diagnose", "d.csv", *QUICKLY, "--html", "-", "--json", "-"),
            "--html and --json would be written to the same file, '-'.",
        ),
    ],
)
def test_no_two_results_are_written_onto_one_file(ridge_nn, folder, command, words):
    before = files_of(folder)
    _, err = ridge_nn(*command, code=2, cwd=folder)
    assert words in err
    assert files_of(folder) == before


def test_paths_are_compared_as_the_file_system_does(tmp_path, monkeypatch):
    for name in ("a.html", "A.html"):
        assert is_same_file(str(tmp_path / name), f"{tmp_path}/./{name}")
    folds = (tmp_path / "probe").write_text("") == 0 and (tmp_path / "PROBE").exists()
    assert is_same_file(str(tmp_path / "a.html"), str(tmp_path / "A.html")) == folds
    monkeypatch.setattr("sklearn_ridge_nn.cli._outputs._folds_names", lambda folder: True)
    assert is_same_file(str(tmp_path / "a.html"), str(tmp_path / "A.html"))
    assert is_same_file(str(tmp_path / "\u00e9.html"), str(tmp_path / "e\u0301.html"))
    assert not is_same_file(str(tmp_path / "a.html"), str(tmp_path / "sub" / "A.html"))
    assert not is_same_file("/dev/null", "/dev/null")  # what is written there replaces nothing


def test_a_file_that_cannot_be_is_refused_before_any_work(ridge_nn, folder):
    (folder / "one.csv").symlink_to("two.csv")
    (folder / "two.csv").symlink_to("one.csv")
    (folder / "lost.csv").symlink_to("nowhere/x.csv")
    for name, words in {
        "one.csv": "a link leads back to itself",
        "lost.csv": "is a link to a folder that does not exist",
        f"{'x' * 300}.csv": "File name too long",
        "sub": "must end in .csv or .tsv",
        "none/x.csv": "there is no folder 'none'",
    }.items():
        _, err = ridge_nn("predict", "d.csv", "--model", "m.skops", "--output", name, code=2, cwd=folder)
        assert words in err
        assert err.count("\n") == 1


def test_a_name_may_be_as_long_as_the_file_system_allows(ridge_nn, folder):
    name = "x" * 251 + ".csv"
    ridge_nn("predict", "d.csv", "--model", "m.skops", "--output", name, cwd=folder)
    assert len((folder / name).read_text().splitlines()) == 201


def run(*arguments, cwd, redirected="", **options):
    """Run the command in a process of its own, with redirections of a shell."""
    command = f'exec "{sys.executable}" -m sklearn_ridge_nn "$@" {redirected}'
    return subprocess.run(
        ["sh", "-c", command, "ridge-nn", *arguments],
        capture_output=True, text=True, cwd=cwd, timeout=120, check=False, **options,
    )  # fmt: skip


def test_output_that_goes_into_what_is_read_is_refused(folder):
    before = files_of(folder)
    for file, redirected in {"d.csv": ">> link.csv", "-": "< d.csv >> d.csv"}.items():
        done = run("diagnose", file, *QUICKLY, cwd=folder, redirected=redirected)
        assert done.returncode == 2
        assert "The output of the command goes into the file to read." in done.stderr
    assert files_of(folder) == before


@pytest.mark.slow
def test_closed_streams(folder):
    closed = run("show", "m.skops", cwd=folder, redirected=">&-")
    assert (closed.returncode, closed.stdout) == (2, "")
    assert closed.stderr.startswith("ridge-nn: error: stdout is closed, and this command writes to it.")
    predict = ("predict", "d.csv", "--model", "m.skops")
    assert run(*predict, cwd=folder, redirected=">&-").stderr == closed.stderr
    into_file = run(*predict, "--output", "p.csv", cwd=folder, redirected=">&-")
    assert (into_file.returncode, into_file.stderr) == (0, "")
    assert (folder / "p.csv").read_text().startswith("prediction\n")
    assert run(*predict, "--output", "q.csv", cwd=folder, redirected=">&- 2>&- <&-").returncode == 0
    assert (folder / "q.csv").read_bytes() == (folder / "p.csv").read_bytes()


@pytest.mark.slow
def test_an_error_lands_nowhere_but_on_stderr(folder):
    failed = run("predict", "lost.csv", "--model", "m.skops", cwd=folder, redirected="> out.csv 2>&-")
    assert (failed.returncode, (folder / "out.csv").read_text()) == (2, "")
    missing = folder / "few.csv"
    missing.write_text("a,b\n1,2\n" * 3)  # an error in the midst, when the output's file is open
    failed = run("predict", "few.csv", "--model", "m.skops", cwd=folder, redirected="2>&- > out.csv")
    assert failed.returncode == 2
    assert "error" not in (folder / "out.csv").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_named(folder):
    for arguments in (("show", "m.skops"), ("predict", "d.csv", "--model", "m.skops")):
        done = run(*arguments, cwd=folder, redirected="> /dev/full")
        assert done.returncode == 1
        assert done.stderr == "ridge-nn: error: the output could not be written: No space left on device\n"


@pytest.mark.slow
def test_what_does_not_fit_on_the_disk_leaves_the_old_file(folder):
    """A limit of file sizes takes the place of a full disk."""
    (folder / "p.csv").write_text("as before")
    before = files_of(folder)
    # what measures coverage writes files as well, and would say that it cannot
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    for arguments, name in {
        ("predict", "d.csv", "--model", "m.skops", "--proba", "--output", "p.csv"): "p.csv",
        ("fit", "d.csv", "--target", "y", "--model", "m.skops", "--alpha", "1", "--epochs", "1"): "m.skops",
    }.items():
        done = run(
            *arguments, cwd=folder, env={**untraced, "SKLEARN_RIDGE_NN_CACHE": "off"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)),
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        assert done.stderr.endswith(f"ridge-nn: error: {name} could not be written: File too large\n")
    assert files_of(folder) == before


@pytest.mark.sample(1)
@pytest.mark.parametrize(("number", "words"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")])
def test_a_signal_ends_the_command_and_leaves_no_part_of_a_file(folder, number, words):
    before = files_of(folder)
    command = [sys.executable, "-m", "sklearn_ridge_nn", "predict", "-", "--model", "m.skops"]
    process = subprocess.Popen(
        [*command, "--output", "p.csv", "--chunk-size", "1"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # nohup has it ignored
    )  # fmt: skip
    process.stdin.write("a,b\n" + "1,2\n" * 10_000)
    process.stdin.flush()  # and not closed: it waits for more
    deadline = time.monotonic() + 60
    while not list(folder.glob(".*.part")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)  # until it waits for more rows: a signal just before a read that blocks is seen after it
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (128 + number, f"ridge-nn: ended by {words}\n")
    assert files_of(folder) == before


def test_text_that_a_spreadsheet_runs_is_named_and_defused(ridge_nn, folder):
    rows = np.random.default_rng(0).normal(size=(60, 1))
    table = pd.DataFrame({"a": rows[:, 0], "=id": [*["@x", "-5", "-x", "+1e5"] * 15]})
    table["y"] = np.where(rows[:, 0] > 0, '=HYPERLINK("http://example.org")', "plain")
    table.to_csv(folder / "formulas.csv", index=False)
    quickly = ("--alpha", "0.01", "--epochs", "30", "--quiet")
    ridge_nn("fit", "formulas.csv", "--target", "y", "--drop==id", "--model", "f.skops", *quickly, cwd=folder)
    predict = ("predict", "formulas.csv", "--model", "f.skops", "--keep==id", "--output", "p.csv")
    _, err = ridge_nn(*predict, cwd=folder)
    assert err.startswith(
        "ridge-nn: note: column '=id' of the output holds text such as '@x', which a spread"
    )
    plain = pd.read_csv(folder / "p.csv", dtype=str)
    assert plain["=id"].tolist() == table["=id"].tolist()
    _, err = ridge_nn(*predict, "--safe-csv", "--proba", cwd=folder)
    assert err == ""
    safe = pd.read_csv(folder / "p.csv", dtype=str)
    assert safe["'=id"].tolist() == ["'@x", "-5", "'-x", "+1e5"] * 15
    assert set(safe["prediction"]) == {'\'=HYPERLINK("http://example.org")', "plain"}
    assert (safe["prediction"].str.removeprefix("'") == plain["prediction"]).all()


def test_a_column_named_twice_is_kept_once(ridge_nn, folder):
    out, _ = ridge_nn(
        "predict", "d.csv", "--model", "m.skops", "--keep=a", "--keep=a,b", "--proba", cwd=folder
    )
    assert out.splitlines()[0] == "a,b,prediction,probability_no,probability_yes"


@pytest.mark.parametrize("n_bytes", [0, 4, 100, 400, 3000])
def test_a_parquet_file_that_was_cut_off_is_named(ridge_nn, folder, n_bytes):
    table = pd.read_csv(folder / "d.csv")
    table.to_parquet(folder / "d.parquet")
    whole = (folder / "d.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(whole[:n_bytes])
    damaged = bytearray(whole)
    damaged[-60:-20] = bytes(40)
    (folder / "bad.parquet").write_bytes(damaged)
    middle = bytearray(whole)
    middle[4 : len(middle) // 2] = b"\xff" * (len(middle) // 2 - 4)
    (folder / "middle.parquet").write_bytes(middle)
    for name in ("cut", "bad", "middle"):
        _, err = ridge_nn("diagnose", f"{name}.parquet", *QUICKLY, code=2, cwd=folder)
        assert err.startswith(f"ridge-nn: error: {name}.parquet is not a Parquet file, or is damaged: ")
        assert err.count("\n") == 1


def test_a_column_may_have_any_name(ridge_nn, folder):
    names = ["nul\0l", "tab\tbed", 'quo"ted', "new\nline", "\u202eright", "a,b", "self", "", "__init__"]
    rows = np.random.default_rng(0).normal(size=(60, len(names)))
    table = pd.DataFrame(rows, columns=names).assign(y=np.where(rows[:, 0] > 0, "yes", "no"))
    table.to_csv(folder / "odd.csv", index=False)
    ridge_nn(
        "fit",
        "odd.csv",
        "--target",
        "y",
        "--model",
        "o.skops",
        "--alpha",
        "1",
        "--epochs",
        "1",
        "--quiet",
        cwd=folder,
    )
    out, _ = ridge_nn("predict", "odd.csv", "--model", "o.skops", cwd=folder)
    assert len(out.splitlines()) == 61
