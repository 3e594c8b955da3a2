"""``ridge-nn compare``, against the comparison in Python."""

import json

import numpy as np
import pandas as pd
import pytest

from sklearn_ridge_nn import AlphaDiagnosis


@pytest.fixture(scope="module")
def folder(tmp_path_factory, ridge_nn):
    """Diagnoses of a table, with all of its columns and with noise alone."""
    folder = tmp_path_factory.mktemp("compare")
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.standard_normal((150, 3)), columns=["a", "b", "noise"])
    table.assign(y=np.where(table["a"] + table["b"] > 0, "yes", "no")).to_csv(folder / "d.csv", index=False)
    common = (
        "d.csv",
        "--target",
        "y",
        "--epochs",
        "8",
        "--alphas",
        "0,0.01",
        "--quiet",
        "--remedies",
        "none",
    )
    for name, more in {
        "all": ("--cv", "4"),
        "few": ("--cv", "4", "--drop", "a,b"),
        "five": ("--cv", "5"),
    }.items():
        ridge_nn("diagnose", *common, *more, "--json", f"{name}.json", cwd=folder)
    return folder


def test_it_says_what_python_says_and_where_the_two_differ(ridge_nn, folder):
    out, err = ridge_nn("compare", "all.json", "few.json", cwd=folder)
    assert err == ""
    one, other = (
        AlphaDiagnosis.from_dict(json.loads((folder / f"{name}.json").read_text())) for name in ("all", "few")
    )
    expected = one.compare(other, names=("all.json", "few.json"))
    assert expected.low > 0  # the columns are needed
    assert out.startswith(str(expected))
    assert out.startswith("all.json is better: its mean test log loss is ")
    assert "Rows: 150, 3 columns (all.json); 150, 1 column (few.json)" in out
    assert "Target:" not in out
    printed = json.loads(ridge_nn("compare", "all.json", "few.json", "--json", cwd=folder)[0])
    assert printed["difference"] == pytest.approx(expected.difference)
    assert printed["names"] == ["all.json", "few.json"]
    assert printed["sentence"] == expected.sentence


def test_diagnoses_that_cannot_be_paired_are_refused(refused, folder):
    line = refused("compare", folder / "all.json", folder / "five.json")
    assert "The two diagnoses have 4 and 5 splits." in line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no file"),
        ("{", "is no JSON"),
        ("[1]", "holds no diagnosis"),
        ("{}", "This is not a diagnosis"),
        ('{"schema": "sklearn-ridge-nn/alpha-diagnosis", "version": 3, "evidence": 3}', "is damaged"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_file_that_is_no_diagnosis_is_named(refused, folder, tmp_path, content, message):
    path = tmp_path / "other.json"
    if content is not None:
        path.write_text(content)
    line = refused("compare", folder / "all.json", path)
    assert message in line
    assert str(path) in line


def test_files_that_do_not_know_their_splits_are_compared_with_a_warning(ridge_nn, folder, tmp_path):
    content = json.loads((folder / "all.json").read_text())
    del content["evidence"]["splits_key"]  # as an earlier release wrote it
    (tmp_path / "all.json").write_text(json.dumps(content))
    out, err = ridge_nn("compare", folder / "all.json", tmp_path / "all.json")
    assert "do not say which splits" in err
    assert f"{folder / 'all.json'} and {tmp_path / 'all.json'} have the same mean test log loss" in out
