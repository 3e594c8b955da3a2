"""The command, run as users run it: in a process of its own, on real files."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.metrics import accuracy_score

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose, report
from sklearn_ridge_nn.cli._columns import Columns, pipeline
from sklearn_ridge_nn.cli._main import main
from sklearn_ridge_nn.cli._wording import command_wording

COMMAND = str(Path(sys.executable).parent / "ridge-nn")
NETWORK = ["--hidden-layer-sizes", "8", "--epochs", "10", "--learning-rate", "0.03"]
FAST = [*NETWORK, "--alphas", "0,1e-3:1:2", "--cv", "3"]


@pytest.fixture(scope="module")
def frame():
    """Rows with missing values, categories that look like text, like numbers and like booleans."""
    rng = np.random.default_rng(0)
    n = 240
    age = rng.normal(40, 10, n).round(1)
    city = rng.choice(["Rome", "Oslo", "San José"], n)
    code = rng.choice([1010, 2020, 3030], n)
    strength = (age - 40) / 5 + 2 * (city == "Rome") - 2 * (code == 2020)
    frame = pd.DataFrame(
        {
            "id": rng.permutation(n),
            "age": age,
            "city": city,
            "code": code,
            "member": rng.choice([True, False], n),
            "bought": np.where(strength + rng.normal(0, 0.5, n) > 0, "yes", "no"),
        }
    )
    frame.loc[rng.choice(n, 20, replace=False), "age"] = np.nan
    frame.loc[rng.choice(n, 20, replace=False), "city"] = None
    return frame


@pytest.fixture(scope="module")
def folder(ridge_nn, tmp_path_factory, frame):
    """The rows in files, and a model of them."""
    folder = tmp_path_factory.mktemp("files")
    frame.to_csv(folder / "data.csv", index=False)
    frame.to_csv(folder / "data.tsv", index=False, sep="\t")
    frame.to_parquet(folder / "data.parquet")
    frame.drop(columns="bought").to_csv(folder / "new.csv", index=False)
    (folder / "one class.csv").write_text("x,y\n1,a\n2,a\n")
    (folder / "empty.csv").touch()
    printed, _ = ridge_nn(
        "fit", "data.csv", "--target", "bought", "--drop", "id", "--categorical", "code",
        "--model", "model.skops", *FAST, cwd=folder,
    )  # fmt: skip
    (folder / "fit.txt").write_text(printed)
    return folder


# -- diagnose -------------------------------------------------------------------------------------


def test_diagnose_prints_and_writes_what_the_function_returns(ridge_nn, folder, frame, tmp_path):
    outputs = ["--html", tmp_path / "r.html", "--json", tmp_path / "d.json", "--plot", tmp_path / "c.svg"]
    arguments = ["--target", "bought", "--drop", "id", "--categorical", "code", *FAST, *outputs]
    printed, said = ridge_nn("diagnose", "data.csv", *arguments, cwd=folder)
    assert said == ""
    written = AlphaDiagnosis.from_dict(json.loads((tmp_path / "d.json").read_text()))
    table = written.summary().partition("Findings")[0]
    assert printed.startswith(table)
    for what, name in (("Report", "r.html"), ("Numbers", "d.json"), ("Picture", "c.svg")):
        assert f"{what}: {tmp_path / name}" in printed
    page = (tmp_path / "r.html").read_text()
    assert page == report.page(written, written.findings, command_wording)
    assert page.partition("Findings")[0] == written.to_html().partition("Findings")[0]
    about = dict(written.about)
    assert about["Data"] == "data.csv"
    assert about["Target"].startswith("bought, 2 classes: ")
    assert "--epochs 20" in page
    assert "<svg" in (tmp_path / "c.svg").read_text()

    columns = Columns(("age",), ("city", "code", "member"))
    X = frame[columns.names].astype({"code": str, "member": str, "city": object})
    classifier = RidgeMLPClassifier(hidden_layer_sizes=(8,), epochs=10, learning_rate=0.03, random_state=0)
    from sklearn.model_selection import RepeatedStratifiedKFold

    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=1, random_state=0)
    expected = diagnose(pipeline(X, columns, classifier), X, frame["bought"], alphas=[0, 1e-3, 1], cv=cv)
    np.testing.assert_array_equal(written.test_loss, expected.test_loss)
    assert written.verdicts == expected.verdicts


@pytest.mark.slow
def test_columns_may_be_named_together(ridge_nn, folder, tmp_path):
    """With commas between them, unless that is the name of a column; a column named twice is named once."""
    (tmp_path / "t.csv").write_text(
        'x,"a,b",a,b,y\n' + "".join(f"{n},1.5,{n % 3},{n % 2},{n}.5\n" for n in range(30))
    )

    def learnt_from(*arguments):
        output = ["--model", "m.skops", "--alpha", "1", "--epochs", "1", "--test-size", "0.2"]
        ridge_nn("fit", "t.csv", "--target", "y", *arguments, *output, cwd=tmp_path)
        card = json.loads(ridge_nn("show", "m.skops", "--json", cwd=tmp_path)[0])
        return card["data"]["numeric"] + card["data"]["categorical"]

    assert learnt_from("--drop", "a,b") == ["x", "a", "b"]
    assert learnt_from("--drop", "b,a") == ["x", "a,b"]
    assert learnt_from("--categorical", "b,a", "--drop", "a,b", "--drop", "a,b") == ["x", "a", "b"]
    printed, _ = ridge_nn(
        "predict", "new.csv", "--model", "model.skops", "--keep", "id,age", "--keep", "id", cwd=folder
    )
    assert printed.splitlines()[0] == "id,age,prediction"


def test_findings_speak_of_the_commands_arguments(ridge_nn, folder):
    printed, _ = ridge_nn(
        "diagnose", "--dataset", "wine", "--alphas", "1e-8,1e-7", "--epochs", "3", "--cv", "3"
    )
    words = " ".join(printed.split())
    assert "--epochs 6" in words
    assert "--alphas 1e-7:1e-4:7" in words or "--alphas 0,1e-11:1e-8:7" in words
    assert "epochs=" not in words
    assert "np." not in words


@pytest.mark.slow
def test_a_grid_that_is_advised_can_be_given(ridge_nn, folder):
    """The best alpha is the first of the grid, 0.003, which is no power of ten."""
    arguments = ["diagnose", "--dataset", "wine", "--cv", "3", "--epochs", "10", "--alphas"]
    printed, _ = ridge_nn(*arguments, "0.003:0.03:3")
    assert "Try --alphas 0,3e-06:0.003:7 next" in " ".join(printed.split())
    again, _ = ridge_nn(*arguments, "0,3e-06:0.003:7")
    assert "8 values of alpha on 3 splits" in " ".join(again.split())


def test_fit_says_that_training_had_not_finished(ridge_nn, folder, tmp_path):
    arguments = ["--dataset", "wine", "--model", tmp_path / "m.skops", "--alpha", "0", "--epochs", "3"]
    _, said = ridge_nn("fit", *arguments)
    assert "training had not finished" in said
    assert "--epochs 6" in said


def test_diagnose_pipes(ridge_nn, folder):
    rows = (folder / "data.csv").read_text()
    arguments = ["diagnose", "-", "--target", "bought", "--drop", "id", "--json", "-", *FAST]
    printed, said = ridge_nn(*arguments, stdin=rows)
    assert json.loads(printed)["verdicts"]
    assert "Findings (" in said
    again, _ = ridge_nn(*arguments, stdin=rows)
    assert again == printed
    other, _ = ridge_nn(*arguments, "--seed", "1", stdin=rows)
    assert other != printed


def test_a_bundled_data_set_needs_no_file(ridge_nn):
    printed, said = ridge_nn("diagnose", "--dataset", "wine", *FAST)
    assert "3 values of alpha on 3 splits" in " ".join(printed.split())
    assert said == ""


@pytest.mark.slow
def test_progress_is_shown_to_a_terminal_and_interrupted_by_its_user():
    ours, theirs = pty.openpty()
    arguments = [COMMAND, "diagnose", "--dataset", "digits", "--epochs", "2000"]
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=theirs,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in jobs of some shells
    )
    os.close(theirs)
    said = b""
    while b"epochs/s" not in said:
        said += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:  # the terminal's other end is closed
        pass
    assert process.wait(timeout=60) == 130
    assert process.stdout.read() == b""
    process.stdout.close()
    os.close(ours)
    assert b"Training 210 networks" in said
    assert said.decode().splitlines()[-1] == "ridge-nn: interrupted"
    assert b"Traceback" not in said


# -- fit, predict, show ------------------------------------------------------------------------------


def test_fit_chooses_alpha_and_says_how_good_the_model_is(ridge_nn, folder, frame):
    printed = (folder / "fit.txt").read_text()
    shown, _ = ridge_nn("show", "model.skops", cwd=folder)
    assert printed == f"{shown}Model: model.skops\n"
    card = json.loads(ridge_nn("show", "model.skops", "--json", cwd=folder)[0])
    assert card["data"] == {
        "file": "data.csv",
        "rows": 192,
        "target": "bought",
        "numeric": ["age"],
        "categorical": ["city", "code", "member"],
        "dates": {},
        "text": [],
        "dropped": ["id"],
        "missing": [],
    }
    assert card["held_out"]["rows"] == 48
    best = int(np.argmax(card["chosen"]["mean_test_score"]))
    assert card["alpha"] == card["chosen"]["alphas"][best]
    assert f"accuracy {card['held_out']['scores']['accuracy']:.4g}" in shown
    assert "data.csv: 192 rows, 1 numeric and 3 categorical columns" in shown


def test_the_documentation_shows_all_lines_of_a_card_and_no_version_of_its_own(folder):
    """The version is that of the package: it is put in when the pages are built."""
    page = (Path(__file__).parents[2] / "docs" / "cli.rst").read_text()
    cards = [block for block in page.split(".. parsed-literal::\n\n")[1:] if "Held-out score" in block]
    assert len(cards) == 2

    def names(text):
        return [re.split(r" {2}|: ", line.strip())[0] for line in text.split("\n\n")[0].splitlines()]

    for card in cards:
        assert names(card) == names((folder / "fit.txt").read_text())
        assert "sklearn-ridge-nn |release|," in card


def test_the_held_out_score_is_that_of_the_rows_held_out(ridge_nn, folder, frame):
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(frame, test_size=0.2, stratify=frame["bought"], random_state=0)
    test.drop(columns="bought").to_csv(folder / "held_out.csv", index=False)
    predicted, _ = ridge_nn("predict", "held_out.csv", "--model", "model.skops", cwd=folder)
    card = json.loads(ridge_nn("show", "model.skops", "--json", cwd=folder)[0])
    accuracy = accuracy_score(test["bought"], predicted.split()[1:])
    assert accuracy == pytest.approx(card["held_out"]["scores"]["accuracy"])
    assert accuracy > 0.6
    shares = train["bought"].value_counts(normalize=True)
    guessing = card["held_out"]["guessing"]
    assert guessing["accuracy"] == pytest.approx((test["bought"] == shares.idxmax()).mean())
    assert guessing["neg_log_loss"] == pytest.approx(np.log(shares[test["bought"]]).mean())
    shown, _ = ridge_nn("show", "model.skops", cwd=folder)
    assert f"By guessing     neg_log_loss {guessing['neg_log_loss']:.4g}, accuracy" in shown


def test_predictions_are_the_pipelines_whatever_the_file_and_the_chunks(ridge_nn, folder, frame):
    trusted = ["numpy.dtype", "sklearn_ridge_nn.RidgeMLPClassifier"]
    model = skops.io.load(folder / "model.skops", trusted=trusted)
    X = frame[["age", "city", "code", "member"]].astype({"code": str, "member": str, "city": object})
    X["city"] = X["city"].where(X["city"].notna(), np.nan)
    results = []
    for name, *more in (
        ("new.csv",),
        ("data.csv", "--chunk-size", "7"),
        ("data.tsv",),
        ("data.parquet", "--chunk-size", "50"),
    ):
        arguments = ["predict", name, "--model", "model.skops", "--proba", "--keep", "id", *more]
        ridge_nn(*arguments, "--output", "out.csv", cwd=folder)
        results.append(pd.read_csv(folder / "out.csv"))
    for result in results:
        assert result.columns.tolist() == ["id", "prediction", "probability_no", "probability_yes"]
        assert result["id"].tolist() == frame["id"].tolist()
        assert result["prediction"].tolist() == model.predict(X).tolist()
        np.testing.assert_allclose(result.iloc[:, 2:], model.predict_proba(X), rtol=1e-12)


def test_predict_pipes_and_does_not_import_tensorflow(folder):
    code = (
        "import sys; from sklearn_ridge_nn.cli._main import main\n"
        "code = main(['predict', '-', '--model', 'model.skops'])\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules); assert not heavy, heavy\n"
        "sys.exit(code)"
    )
    rows = "\n".join((folder / "new.csv").read_text().splitlines()[:4]) + "\n"
    arguments = [sys.executable, "-c", code]
    done = subprocess.run(arguments, input=rows, capture_output=True, text=True, cwd=folder, check=True)
    assert done.stdout.split()[0] == "prediction"
    assert len(done.stdout.split()) == 4
    assert done.stderr == ""


def test_unknown_categories_are_tolerated_and_named(ridge_nn, folder):
    rows = "age,city,code,member\n30,Oslo,1010,True\n,Atlantis,1010,\n"
    printed, said = ridge_nn("predict", "-", "--model", "model.skops", stdin=rows, cwd=folder)
    assert len(printed.split()) == 3
    assert said.count("\n") == 1
    assert "warning: column 'city' has categories that the model was not trained on" in said
    assert "'Atlantis'" in said


@pytest.mark.slow
def test_a_large_file_is_predicted_in_bounded_memory(ridge_nn, folder, tmp_path):
    frame = pd.read_csv(folder / "new.csv", dtype=str, keep_default_na=False)
    frame["id"] = [
        f"a customer whose name is long, such as others have that are kept, and numbered {i:9}"
        for i in frame["id"].astype(int)
    ]
    header, _, block = frame.to_csv(index=False).encode().partition(b"\n")
    n_blocks = 1 + 25 * 2**20 // len(block)

    def table(name, n_blocks):
        with open(tmp_path / name, "wb") as file:
            file.write(header + b"\n")
            for _ in range(n_blocks):
                file.write(block)
        return tmp_path / name

    def peak(name):
        arguments = [COMMAND, "predict", str(name), "--model", str(folder / "model.skops"), "--keep", "id"]
        process = subprocess.Popen([*arguments, "--output", str(tmp_path / "out.csv")])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss * 1024

    large = table("large.csv", 3 * n_blocks)
    assert large.stat().st_size > 75 * 2**20
    usual = peak(table("usual.csv", n_blocks))
    assert peak(large) - usual < 20 * 2**20
    expected, _ = ridge_nn("predict", folder / "new.csv", "--model", folder / "model.skops")
    with open(tmp_path / "out.csv") as file:
        predicted = [line.rstrip("\n").rpartition(",")[2] for line in file]
    assert predicted == expected.split()[:1] + expected.split()[1:] * 3 * n_blocks
    assert len(predicted) > 300_000


@pytest.mark.slow
def test_a_closed_pipe_ends_it_quietly(folder, tmp_path):
    header, _, rows = (folder / "new.csv").read_text().partition("\n")
    (tmp_path / "many.csv").write_text(header + "\n" + rows * 500)
    arguments = [COMMAND, "predict", str(tmp_path / "many.csv"), "--model", str(folder / "model.skops")]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "prediction\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) == 0


@pytest.mark.slow
def test_an_interrupted_prediction_leaves_no_file(folder, tmp_path):
    output = tmp_path / "out.csv"
    arguments = [COMMAND, "predict", "-", "--model", str(folder / "model.skops"), "--output", str(output)]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdin.write((folder / "new.csv").read_text())
    process.stdin.flush()
    while not list(tmp_path.iterdir()):
        assert process.poll() is None
    time.sleep(1)  # until it waits for more rows: a signal just before a read that blocks is seen after it
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.stderr.read() == "ridge-nn: interrupted\n"
    process.stdin.close()
    process.stderr.close()
    assert list(tmp_path.iterdir()) == []


def test_alpha_can_be_given_and_all_rows_trained_on(ridge_nn, folder, tmp_path):
    model = tmp_path / "m.skops"
    given = ["--alpha", "0.01", "--test-size", "0", "--epochs", "2", "--hidden-layer-sizes", "8,4"]
    arguments = [folder / "data.parquet", "--target", "bought", "--drop", "id", "--model", model]
    printed, _ = ridge_nn("fit", *arguments, *given)
    card = json.loads(ridge_nn("show", model, "--json")[0])
    assert (card["alpha"], card["chosen"], card["held_out"]) == (0.01, None, None)
    assert card["data"]["rows"] == 240
    assert card["network"] == {"hidden_layer_sizes": [8, 4], "epochs": 2}
    assert "none, all rows were trained on" in printed


def test_one_standard_error_chooses_a_stronger_penalty(ridge_nn, folder, tmp_path):
    model = tmp_path / "m.skops"
    arguments = ["fit", folder / "data.csv", "--target", "bought", "--drop", "id", "--model", model, *FAST]
    ridge_nn(*arguments, "--alpha", "1se")
    card = json.loads(ridge_nn("show", model, "--json")[0])
    chosen = card["chosen"]
    scores = np.array(chosen["mean_test_score"])
    # The rule of GridSearchCV's refit="1se" is tested with it; here: which of them the card names.
    assert card["alpha"] >= chosen["alphas"][scores.argmax()]
    assert chosen["rule"] == "1se"


# -- data as files have them ------------------------------------------------------------------------


def test_words_for_missing_values_are_the_models(ridge_nn, tmp_path):
    """A sentinel that fit was told of is one for predict as well."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    label = np.where(a > 0, "p", "q")
    frame = pd.DataFrame({"a": a.round(3).astype(str), "b": rng.normal(size=200), "y": label})
    frame.loc[::5, "a"] = "-999"
    frame.to_csv(tmp_path / "m.csv", index=False)
    arguments = ["--target", "y", "--missing=-999", "--model", "m.skops", "--alpha", "0.01", *NETWORK]
    ridge_nn("fit", "m.csv", *arguments, cwd=tmp_path)
    predict = ["predict", "-", "--model", "m.skops", "--proba"]
    told, _ = ridge_nn(*predict, stdin="a,b\n-999,0.1\n", cwd=tmp_path)
    blank, _ = ridge_nn(*predict, stdin="a,b\n,0.1\n", cwd=tmp_path)
    assert told == blank
    assert json.loads(ridge_nn("show", "m.skops", "--json", cwd=tmp_path)[0])["data"]["missing"] == ["-999"]


def test_what_is_kept_is_copied_as_it_is(ridge_nn, folder, tmp_path):
    rows = (
        "age,city,code,member,id,country\n"
        "30,Oslo,1010,True,00501,NA\n"
        "040.50,Rome,2020,False,0.1234567890123456789,\n"
    )
    arguments = ["--model", folder / "model.skops", "--keep", "id", "--keep", "country", "--keep", "age"]
    printed, _ = ridge_nn("predict", "-", *arguments, stdin=rows)
    copied = [line.rsplit(",", 1)[0] for line in printed.splitlines()]
    assert copied == ["id,country,age", "00501,NA,30", "0.1234567890123456789,,040.50"]
    model = folder / "model.skops"
    table = pd.DataFrame({"age": [1.0], "city": ["Rome"], "code": [1010], "member": [True]})
    table = pd.concat([table, table]).assign(id=pd.array([2**53 + 1, None], "Int64"))
    table.to_parquet(tmp_path / "t.parquet")
    printed, _ = ridge_nn("predict", tmp_path / "t.parquet", "--model", model, "--keep", "id")
    assert [line.split(",")[0] for line in printed.splitlines()] == ["id", str(2**53 + 1), ""]


def test_predictions_do_not_depend_on_how_numbers_are_written(ridge_nn, tmp_path):
    """Categories 1, 2 and 3, as a column with missing values has them, and as one without."""
    rng = np.random.default_rng(0)
    k = rng.choice([1.0, 2.0, 3.0, np.nan], 200)
    frame = pd.DataFrame({"k": k, "y": np.where(k == 2, "p", "q")})
    frame.to_csv(tmp_path / "k.csv", index=False)
    arguments = ["--target", "y", "--categorical", "k", "--model", "k.skops", "--alpha", "0", *NETWORK]
    ridge_nn("fit", "k.csv", *arguments, cwd=tmp_path)
    (tmp_path / "whole.csv").write_text("k\n1\n2\n3\n")
    (tmp_path / "float.csv").write_text("k\n1.0\n2.0\n3.0\n")
    pd.DataFrame({"k": [1, 2, 3]}).to_parquet(tmp_path / "int.parquet")
    pd.DataFrame({"k": [1, 2.0, 3]}).to_parquet(tmp_path / "float.parquet")
    for name in ("whole.csv", "float.csv", "int.parquet", "float.parquet"):
        for chunk_size in ("1", "100"):
            chunks = ["--chunk-size", chunk_size]
            printed, said = ridge_nn("predict", name, "--model", "k.skops", *chunks, cwd=tmp_path)
            assert (printed.split(), said) == (["prediction", "q", "p", "q"], "")


def test_a_column_whose_categories_are_all_unknown_is_asked_about(ridge_nn, folder):
    rows = "age,city,code,member\n30,oslo,1010,True\n31,rome,1010,True\n"
    printed, said = ridge_nn("predict", "-", "--model", folder / "model.skops", stdin=rows)
    assert len(printed.split()) == 3
    assert "'city' has none of the categories that the model was trained on, but 'oslo', 'rome'. Are" in said


def test_results_go_where_a_link_or_a_pipe_leads(ridge_nn, folder, tmp_path):
    target, link, pipe = tmp_path / "target.csv", tmp_path / "link.csv", tmp_path / "pipe.csv"
    target.write_text("before")
    link.symlink_to(target)
    beside = tmp_path / "link.csv.part"
    beside.write_text("mine")
    arguments = ["predict", folder / "new.csv", "--model", folder / "model.skops", "--keep", "id", "--output"]
    ridge_nn(*arguments, link)
    assert link.is_symlink()
    assert target.read_text().startswith("id,prediction\n")
    assert beside.read_text() == "mine"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        ridge_nn(*arguments, pipe)
        assert reader.stdout.read() == target.read_text()
    assert pipe.is_fifo()
    _, said = ridge_nn("predict", target, "--model", folder / "model.skops", "--output", target, code=2)
    assert "is the file to read. Name another" in said


def test_a_model_is_saved_though_the_rows_held_out_lack_a_class(ridge_nn, tmp_path):
    """A class of two rows, of which the fifth held out has none."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=20), "y": ["a"] * 9 + ["b"] * 9 + ["rare"] * 2})
    frame.to_csv(tmp_path / "rare.csv", index=False)
    arguments = ["rare.csv", "--target", "y", "--model", "r.skops", *NETWORK]
    _, said = ridge_nn("fit", *arguments, "--alpha", "0", "--scoring", "roc_auc_ovr", cwd=tmp_path)
    assert said.count("warning: the rows held out have no roc_auc_ovr: ") == 1
    card = json.loads(ridge_nn("show", "r.skops", "--json", cwd=tmp_path)[0])
    assert np.isfinite(card["held_out"]["scores"]["neg_log_loss"])
    _, said = ridge_nn("fit", *arguments, "--cv", "3", "--alphas", "0,1", code=2, cwd=tmp_path)
    assert "--cv 3: class 'rare' of --target 'y' has 2 rows to train on, fewer than folds" in said


@pytest.mark.slow
def test_a_stream_of_another_encoding_gets_utf_8(folder):
    rows = "age,city,code,member,id\n30,Oslo,1010,True,Zoë\n"
    done = subprocess.run(
        [COMMAND, "predict", "-", "--model", str(folder / "model.skops"), "--keep", "id"],
        input=rows.encode(), capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True,
    )  # fmt: skip
    assert done.stdout.decode().splitlines()[1].startswith("Zoë,")


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("diagnose", r"Give a FILE with --target COLUMN, or a --dataset"),
        ("diagnose data.csv --dataset wine", "Give either a FILE or --dataset, and not both"),
        ("diagnose --dataset win", r"invalid choice: 'win' .*wine.*\(see ridge-nn diagnose --help\)"),
        ("diagnose --dataset wine --target x", "--target goes with a FILE"),
        ("diagnose data.csv", "--target is missing: .* has 'id', 'age', 'city'"),
        ("diagnose data.csv --target bougth", r"no such column. Did you mean 'bought'\?"),
        ("diagnose data.csv --target bought --drop Id", r"--drop 'Id': .*Did you mean 'id'\?"),
        ("diagnose data.csv --target bought --drop bought", "--drop 'bought' is named by --target as well"),
        ("diagnose data.cvs --target y", r"There is no file 'data.cvs'. Did you mean 'data.csv'\?"),
        ("diagnose empty.csv --target y", "empty.csv is empty"),
        ("diagnose onecolumn.csv --target y", "no column to learn from beside --target 'y'"),
        ("diagnose oneclass.csv --target y", "the same label in all 2 rows, 'a'"),
        ("diagnose data.csv --target bought --alphas 0,x", "'x' is neither a number nor a range"),
        ("diagnose data.csv --target bought --alphas 1:0.1:3", "'1:0.1:3': a range is low:high:count"),
        ("diagnose data.csv --target bought --alphas=-1,0", "-1 is not an alpha"),
        ("diagnose data.csv --target bought --alphas 1", "has a single value"),
        ("diagnose data.csv --target bought --cv 1", "'1': give 2 folds or more, such as 5"),
        ("diagnose data.csv --target bought --cv 300", "--cv 300: no class has that many rows"),
        ("diagnose data.csv --target bought --scoring acuracy", r"Did you mean 'accuracy'\?"),
        ("diagnose data.csv --target bought --seeds 0", "'0' is not a whole number from 1"),
        ("diagnose data.csv --target bought --seed -1", "--seed"),
        ("diagnose data.csv --target bought --dropout 1.5", "dropout"),
        ("diagnose data.csv --target bought --epochs 0", "argument --epochs: must be auto or a whole"),
        ("fit data.csv --target bought --model m.skops --epochs 0", "argument --epochs: must be auto or"),
        ("fit data.csv --target bought --model m.skops --learning-rate nan", "--learning-rate nan must be"),
        ("fit data.csv --target bought --model m.skops --validation-split 1", "--validation-split 1 must be"),
        ("diagnose data.csv --target bought --patience 7", "--patience 7 has no effect without"),
        ("fit data.csv --target bought --model m.skops --patience 7", "--patience 7 has no effect without"),
        ("diagnose data.csv --target bought --patience -1", "--patience"),
        (
            "fit data.csv --target bought --model m.skops --early-stopping --validation-split 0",
            "--validation-split 0 holds nothing out, and --early-stopping needs rows to watch. Give a share",
        ),
        ("fit data.csv --target bought --model m.skops --html no/p.html", "there is no folder 'no'. Create"),
        ("diagnose data.csv --target bought --scoring f1", "'f1' cannot score the 2 .* f1_macro or f1_m"),
        ("diagnose --dataset wine --scoring roc_auc", "cannot score the 3 .* roc_auc_ovo or roc_"),
        ("fit data.csv --target bought --model m.skops --scoring r2", "Take neg_log_loss or accuracy"),
        ("diagnose data.csv --target bought --alphas 1e-5:1:99999999999", "a count from 2 to 1000"),
        ("diagnose data.csv --target bought --separator ;;", "--separator ';;' must be a single sign"),
        ("diagnose data.csv --target bought --html no/r.html", "there is no folder 'no'. Create it first"),
        ("diagnose data.csv --target bought --html . ", "'.' is a folder"),
        ("diagnose data.csv --target bought --plot c.docx", "'c.docx': pictures can be of the kinds"),
        ("diagnose data.csv --target bought --html a --json a", "would be written to the same file, 'a'"),
        ("fit data.csv --target bought", "--model"),
        ("fit data.csv --target bought --model m.pkl", "must end in .skops"),
        ("fit data.csv --target bought --model m.skops --alpha big", "--alpha must be auto, 1se, or a"),
        ("fit data.csv --target bought --model m.skops --alpha 1 --alphas 0,1", "--alphas is there to"),
        ("fit data.csv --target bought --model m.skops --test-size 1", "--test-size must be a share in"),
        ("fit data.csv --target bought --model m.skops --test-size 0.999", "leaves 240 to hold out"),
        ("fit rare.csv --target y --model m.skops", "Class 'b' of --target 'y' has a single row"),
        ("diagnose data.csv --target bought --drop id,agee", "--drop 'agee'.*column. Did you mean 'age'"),
        ("predict new.csv --model no.skops", "There is no model 'no.skops'. 'ridge-nn fit' makes one"),
        ("predict new.csv --model data.csv", "data.csv is not a model of 'ridge-nn fit'"),
        ("predict oneclass.csv --model model.skops", "lacks 4 of the 4 columns .*: 'age', 'city'"),
        ("predict close.csv --model model.skops", r"lacks 1 of the 4 .*: 'city'. Did you mean 'City'\?"),
        ("predict strange.csv --model model.skops", r"was not trained on: 'x 1'.*--keep 'x 1'"),
        ("predict words.csv --model model.skops", "'age' must hold finite numbers, but row 2 .*has 'old'"),
        ("predict new.csv --model model.skops --keep age2", "--keep 'age2': new.csv has no such column"),
        ("predict new.csv --model model.skops --output o.xls", "must end in .csv or .tsv"),
        ("show new.csv", "is not a model"),
        ("shew", "invalid choice: 'shew'"),
        ("diagnose --dataset wine --alpha 1", r"Did you mean --alphas\? \(see ridge-nn diagnose --help"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(refused, folder, monkeypatch, arguments, message):
    monkeypatch.chdir(folder)
    files = {
        "onecolumn.csv": "y\na\nb\n",
        "oneclass.csv": "x,y\n1,a\n2,a\n",
        "rare.csv": "x,y\n" + "1,a\n" * 9 + "2,b\n",
        "close.csv": "age,City,code,member\n1,Rome,1010,True\n",
        "strange.csv": "age,city,code,member,x 1\n1,Rome,1010,True,0\n",
        "words.csv": "age,city,code,member\n1,Rome,1010,True\nold,Rome,1010,True\n",
    }
    for name, content in files.items():
        Path(name).write_text(content)
    before = set(os.listdir())
    assert re.search(message, refused(*arguments.split()))
    assert set(os.listdir()) == before


def test_a_table_without_rows_has_predictions_without_rows(ridge_nn, folder):
    printed, said = ridge_nn(
        "predict", "-", "--model", "model.skops", stdin="age,city,code,member\n", cwd=folder
    )
    assert printed == "prediction\n"
    assert said == "ridge-nn: warning: stdin has a header and no rows\n"


def test_an_error_shows_its_traceback_on_request(folder):
    arguments = [COMMAND, "diagnose", str(folder / "empty.csv"), "--target", "y"]
    done = subprocess.run([*arguments, "--debug"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "InputError" in done.stderr


def test_what_fails_unexpectedly_is_not_blamed_on_the_user(monkeypatch, capsys):
    from sklearn_ridge_nn.cli import _show

    def broken(arguments):
        raise RuntimeError("boom")

    monkeypatch.setattr(_show, "run", broken)
    assert main(["show", "x"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "ridge-nn: error: RuntimeError: boom",
        "ridge-nn: run it again with --debug for the traceback",
    ]


def test_what_the_command_needs_is_named(monkeypatch, capsys):
    monkeypatch.setattr(
        "sklearn_ridge_nn.cli._main.find_spec", lambda name: None if name == "skops" else True
    )
    assert main(["show", "x"]) == 2
    assert (
        "needs skops. Install what it needs with: pip install 'sklearn-ridge-nn[cli]'"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("command", [(), ("diagnose",), ("fit",), ("predict",), ("show",)])
def test_help_has_examples_that_can_be_parsed(command, capsys):
    from sklearn_ridge_nn.cli._arguments import parser

    with pytest.raises(SystemExit) as stopped:
        parser().parse_args([*command, "--help"])
    assert stopped.value.code == 0
    examples = re.findall(
        r"^  (?:.*\| )?ridge-nn (\w+.*?)(?: [|>] .*)?$", capsys.readouterr().out, re.MULTILINE
    )
    assert examples
    for example in examples:
        if not example.startswith("["):
            parser().parse_args(example.split(" | ")[0].split())


def test_arguments_are_parsed_without_heavy_libraries():
    code = (
        "import sys, sklearn_ridge_nn.cli._main\n"
        "from sklearn_ridge_nn.cli._arguments import parse\n"
        "parse(['diagnose', '--dataset', 'wine'])\n"
        "heavy = {'keras', 'tensorflow', 'sklearn', 'pandas', 'matplotlib', 'skops'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_module_is_the_command(ridge_nn):
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_ridge_nn", "--version"], capture_output=True, text=True
    )
    assert done.stdout == ridge_nn("--version")[0]
    assert done.stdout.startswith("ridge-nn ")
