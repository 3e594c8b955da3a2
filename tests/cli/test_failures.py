"""What fails is told of in one line, by the options of the command."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def folder(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 2))
    table = pd.DataFrame(rows, columns=["a", "b"]).assign(y=np.where(rows.sum(axis=1) > 0, "yes", "no"))
    table.to_csv(tmp_path / "d.csv", index=False)
    table.assign(b=1e308 * np.sign(table.b)).to_csv(tmp_path / "huge.csv", index=False)
    return tmp_path


OF_THE_LOSS = "The loss became infinite or NaN in epoch 1 of 2. Lower --learning-rate"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--alphas", "1e37,1e38"],
            f"All 4 fits failed. The first of 2 reasons: {OF_THE_LOSS} (now 0.001), or take",
        ),
        (
            ["--learning-rate", "1e300", "--alphas", "0.1,1"],
            f"All 4 fits failed. The first of 2 reasons: {OF_THE_LOSS}",
        ),
        (
            ["--hidden-layer-sizes", "1000000000000"],
            "makes a network of 4,000,000,000,001 weights on 2 features",
        ),
        (
            ["--epochs", "99999999999999999999"],
            "argument --epochs: must be auto or a whole number from 1 to 2,147,",
        ),
        (["--batch-size", "9" * 30], "is not a whole number from 1 to 2,147,483,647"),
    ],
)
@pytest.mark.parametrize("command", ["diagnose", "fit"])
def test_when_all_fits_fail_one_line_says_why(ridge_nn, folder, command, arguments, words):
    model = ["--model", "m.skops"] if command == "fit" else []
    given = ["--epochs", "2", *arguments, "--cv", "2", "--quiet"]
    _, err = ridge_nn(command, "d.csv", "--target", "y", *model, *given, code=2, cwd=folder)
    assert err.count("\n") == 1
    assert len(err) < 400
    assert words in err
    assert not (folder / "m.skops").exists()


def test_numbers_that_cannot_be_scaled_are_named_by_their_column(ridge_nn, folder):
    _, err = ridge_nn("diagnose", "huge.csv", "--target", "y", "--cv", "2", "--quiet", code=2, cwd=folder)
    assert err == (
        "ridge-nn: error: Column 'b' holds numbers as large as 1e+308, which cannot be scaled: their squares "
        "are beyond float64. Divide them by a number first, or leave the column out: --drop=b\n"
    )


def test_when_some_fits_fail_their_number_is_said_once(ridge_nn, folder):
    _, err = ridge_nn(
        "fit", "d.csv", "--target", "y", "--model", "m.skops", "--alphas", "0.1,1e38", "--epochs", "2",
        "--cv", "2", "--quiet", cwd=folder,
    )  # fmt: skip
    warnings = [line for line in err.splitlines() if "fits failed" in line or "non-finite" in line]
    assert warnings == [
        f"ridge-nn: warning: 2 of 4 fits failed. The reason: {OF_THE_LOSS} (now 0.001), or take smaller "
        "alphas (now 1e+38)."
    ]


@pytest.mark.parametrize(
    "word", ["1_001", "\u0661\u0662", "9" * 5000, "1e5000", "0x10", "1d5", "12_", "\uff11\uff12"]
)
@pytest.mark.parametrize("place", ["column", "target", "missing", "predict"])
def test_numbers_that_only_some_readers_read(ridge_nn, folder, word, place):
    """Whatever is made of it, nothing fails inside."""
    table = pd.read_csv(folder / "d.csv")
    column = "y" if place == "target" else "a"
    table[column] = table["a"].astype(str)
    if place == "predict":
        ridge_nn(
            "fit",
            "d.csv",
            "--target",
            "y",
            "--model",
            "m.skops",
            "--alpha",
            "1",
            "--epochs",
            "1",
            "--quiet",
            cwd=folder,
        )
    if place != "missing":
        table.loc[5, column] = word
    table.to_csv(folder / "odd.csv", index=False)
    if place == "predict":
        arguments = ["predict", "odd.csv", "--model", "m.skops", "--output", "p.csv"]
    else:
        arguments = [
            "diagnose",
            "odd.csv",
            "--target",
            "y",
            "--alphas",
            "0.1,1",
            "--cv",
            "2",
            "--epochs",
            "1",
        ]
    if place == "missing":
        ridge_nn(*arguments, f"--missing={word}", "--quiet", cwd=folder)
        return
    if place == "target":
        arguments += ["--task", "regression"]
    _, err = ridge_nn(*arguments, "--quiet", code=2, cwd=folder)
    assert f"'{column}'" in err
    assert word[:30] in err
    assert len(err) < 700
