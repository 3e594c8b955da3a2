"""How many splits there are by default: fewer where rows are many, and never other than what is asked for."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import ShuffleSplit

from sklearn_ridge_nn import diagnose
from sklearn_ridge_nn.diagnosis import default_splits


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [(20, (5, 3)), (5_000, (5, 3)), (5_001, (5, 1)), (200_000, (5, 1)), (200_001, (3, 1))],
)
def test_the_number_of_splits_follows_from_the_rows(n_rows, expected):
    assert default_splits(n_rows) == expected


@pytest.mark.sample(1)
@pytest.mark.parametrize(("n_rows", "n_splits"), [(500, 15), (6_000, 5)])
@pytest.mark.parametrize("make", [make_classification, make_regression])
def test_a_diagnosis_takes_as_many_unless_cv_says_otherwise(n_rows, n_splits, make):
    X, y = make(n_rows, 4, n_informative=2, random_state=0)
    estimator, name = (LogisticRegression(), "C") if make is make_classification else (Ridge(), "alpha")
    arguments = {"alphas": [0.1, 1.0], "param_name": name}
    found = diagnose(estimator, X, y, **arguments)
    assert found.test_loss.shape == (2, n_splits)
    assert np.isclose(found.test_ratio, 1 / 4)
    own = diagnose(estimator, X, y, cv=ShuffleSplit(7, random_state=0), **arguments)
    assert own.test_loss.shape == (2, 7)
