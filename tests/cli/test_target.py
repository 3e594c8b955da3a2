"""What is to be predicted is taken as it is written: classes or numbers, and what is neither is refused."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sklearn_ridge_nn.cli._tables import InputError
from sklearn_ridge_nn.cli._target import target_of


def labels_of(values, task=None):
    target = target_of(pd.Series(values), "y", task)
    assert target.task == "classification"
    return target.values.tolist()


def whole(n):
    """So many different whole numbers, twice each."""
    return [str(i) for i in range(n)] * 2


# -- classes --------------------------------------------------------------------------------------


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
        assert labels_of(words) == words
    assert labels_of(["-3", "12"]) == [-3, 12]


def test_labels_are_ints_or_text():
    assert labels_of(["1", "0", "1"]) == [1, 0, 1]
    assert labels_of(["yes", "no"]) == ["yes", "no"]
    assert labels_of([True, False]) == ["True", "False"]
    assert labels_of([1.0, 2.0]) == [1, 2]
    assert labels_of(["0.5", "1.5", "0.5"]) == ["0.5", "1.5", "0.5"]
    assert labels_of(["50%", "75%", "50%"]) == ["50%", "75%", "50%"]
    assert labels_of(["18-25", "26-30", "31+"]) == ["18-25", "26-30", "31+"]


# -- which of the two -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "task", "said"),
    [
        (whole(10), "classification", None),
        (whole(11), "classification", "holds 11 different numbers: taken as classes. --task regression pre"),
        (whole(20), "classification", "holds 20 different numbers: taken as classes"),
        (whole(21), "regression", "holds 21 different numbers: a regression. --task classification makes"),
        (whole(1234), "regression", "--target 'y' holds 1,234 different numbers: a regression."),
        (["0.5", "1.5"], "classification", "holds 2 different numbers: taken as classes"),
        (["0.5", "1.5", "2"], "regression", "holds 3 different numbers, not all of them whole: a regression"),
        (["1.0", "2.0", "3.0"], "classification", None),
        ([0.5, 1.5, 2.5], "regression", "not all of them whole"),
        ([Decimal("0.5"), Decimal("1.5"), Decimal(2)], "regression", "not all of them whole"),
        (pd.array(range(21), "Int64"), "regression", "holds 21 different numbers"),
        ([True, False], "classification", None),
        ([f"word {i % 30}" for i in range(90)], "classification", None),
    ],
)
def test_a_target_is_guessed_by_its_values_and_the_guess_said_where_it_is_not_plain(values, task, said):
    target = target_of(pd.Series(values), "y")
    assert target.task == task
    assert target.guess is None if said is None else said in target.guess


def test_the_user_decides():
    """Nothing is said then."""
    for values, task, expected in (
        (whole(30), "classification", [*range(30), *range(30)]),
        (["0.5", "1.5", "2.5"], "classification", ["0.5", "1.5", "2.5"]),
        (["1,5", "2,5", "3,5"], "classification", ["1,5", "2,5", "3,5"]),
        (["3", "1", "1"], "regression", [3.0, 1.0, 1.0]),
        (["01", "1e3", " 2.50 ", "-0"], "regression", [1.0, 1000.0, 2.5, 0.0]),
    ):
        target = target_of(pd.Series(values), "y", task)
        assert (target.task, target.guess) == (task, None)
        assert target.values.tolist() == expected


def test_numbers_to_predict_are_float64():
    for values in (
        ["1", "2"],
        [1, 2],
        pd.array([1, 2], "Int64"),
        np.array([1, 2], "float32"),
        [Decimal(1), 2],
    ):
        assert target_of(pd.Series(values), "y", "regression").values.dtype == np.float64


# -- what is neither ------------------------------------------------------------------------------

PRICES = [str(i / 4) for i in range(40)]


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (["a", None, "b"], None, r"'y' has no value in 1 of 3 rows \(the first is row 2 of the data\)"),
        (["1.5", "2.5", None], "regression", r"no value in 1 of 3 rows \(the first is row 3 of the data\)"),
        (["a", "a"], None, "the same label in all 2 rows, 'a'"),
        (["7", "7.0"], "regression", r"the same number in all 2 rows, 7\.0"),
        (["1", "1.0", "2"], None, "has the labels '1' and '1.0', the same number written in two ways"),
        (
            ["2024-01-05", "2024-02-01"],
            None,
            "holds dates or times, such as '2024-01-05', neither classes nor",
        ),
        (["2024-01-05", "2024-02-01"], "regression", "holds dates or times, such as '2024-01-05'"),
        (pd.to_datetime(["2024-01-05", "2024-02-01"]), None, "holds dates or times, such as '2024-01-05"),
        (whole(101), "classification", "101 different numbers, more than the 100 .* Take --task regression"),
        (
            [f"text {i}" for i in range(150)],
            None,
            "150 different labels in 150 rows: free text or identifiers",
        ),
        (["3", "five", "4"], "regression", "must hold finite numbers, but row 2 of the data has 'five'"),
        (["3", "4", "inf"], "regression", "must hold finite numbers, but row 3 of the data has 'inf'"),
        (["3", "NAN", "4"], "regression", "must hold finite numbers, but row 2 of the data has 'NAN'"),
        (["1e400", "4"], "regression", "must hold finite numbers, but row 1 of the data has '1e400'"),
        ([1.5, np.inf, 2.5], "regression", "must hold finite numbers, but row 2 of the data has 'inf'"),
        ([True, False], "regression", "must hold finite numbers, but row 1 of the data has 'True'"),
        (["1,5", "2,5"], "regression", r"row 1 of the data has '1,5'\. Write numbers like 1234\.5"),
        ([*PRICES, "?", "?"], None, r"but for '\?' in 2 rows \(the first is row 41 .* --task classification"),
        ([*PRICES, *["?"] * 40], None, r"but for '\?' in 40 rows"),
        ([*PRICES, "Infinity"], None, "holds numbers, but for 'Infinity' in 1 row "),
        (["1,234.50", "999", "12"], None, r"such as '1,234\.50'\. Write them like 1234\.5; .*classification"),
        (["12,5", "7,5", "8"], None, "a comma, .* such as '12,5'"),
        (["$5", "$6", "$7.50"], None, r"a currency sign .*such as '\$5'"),
        (["5 €", "-6 €", "€ 1.234,50"], None, "a currency sign .*such as"),
        (["50%", "75 %", "80%"], None, "a percent sign, such as '50%'"),
        (["1_000", "2_000", "3_000"], None, "a thousands separator, .* such as '1_000'"),
    ],
)
def test_a_target_that_holds_neither_classes_nor_numbers_is_refused(values, task, message):
    with pytest.raises(InputError, match=message):
        target_of(pd.Series(values), "y", task)
