"""Labels are taken as they are written, and what is no class is refused by name."""

import pandas as pd
import pytest

from sklearn_ridge_nn.cli._tables import InputError
from sklearn_ridge_nn.cli._target import class_labels


def test_labels_stay_as_they_are_written_unless_all_are_plain_integers():
    for words in (
        ["01", "1", "2"],
        ["00501", "501"],
        ["inf", "7"],
        ["12345678901234567890", "12345678901234567891"],
        ["1e3", "1000"],
        ["1.0", "2.0"],
        ["-0", "1"],
    ):
        assert class_labels(pd.Series(words), "y").tolist() == words
    assert class_labels(pd.Series(["-3", "12"]), "y").tolist() == [-3, 12]


def test_labels_are_ints_or_text():
    assert class_labels(pd.Series(["1", "0", "1"]), "y").tolist() == [1, 0, 1]
    assert class_labels(pd.Series(["yes", "no"]), "y").tolist() == ["yes", "no"]
    assert class_labels(pd.Series([True, False]), "y").tolist() == ["True", "False"]
    assert class_labels(pd.Series([1.0, 2.0]), "y").tolist() == [1, 2]
    assert class_labels(pd.Series(["0.5", "1.5", "0.5"]), "y").tolist() == ["0.5", "1.5", "0.5"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", None, "b"], r"--target 'y' has no label in 1 of 3 rows \(the first is row 2 of the data\)"),
        (["a", "a"], "the same label in all 2 rows, 'a'"),
        (["1", "1.0", "2"], "has the labels '1' and '1.0', the same number written in two ways"),
        (["2024-01-05", "2024-02-01"], "holds dates or times, such as '2024-01-05', not classes"),
        (pd.to_datetime(["2024-01-05", "2024-02-01"]), "holds dates or times, such as '2024-01-05"),
        ([str(i / 7) for i in range(30)], "30 different numbers: a quantity rather than classes"),
        ([str(i) for i in range(101)], "a quantity rather than classes"),
        ([f"text {i}" for i in range(150)], "150 different labels in 150 rows: free text or identifiers"),
    ],
)
def test_a_target_that_holds_no_classes_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        class_labels(pd.Series(values), "y")
