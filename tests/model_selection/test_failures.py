"""Fits that fail are told of in a sentence: how many, and why."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sklearn_ridge_nn import RidgeMLPClassifierCV, bias_variance, diagnose
from sklearn_ridge_nn.model_selection._shared import failed_fits

X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 2


@pytest.mark.parametrize("error", [RuntimeError, ValueError, type("OwnError", (Exception,), {})])
def test_scikit_learns_message_in_a_sentence(error):
    class Failing(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            if self.C > 5:
                try:
                    raise KeyError("another one before")
                except KeyError as before:
                    raise error(f"C = {self.C} is: too\nlarge") from before
            return super().fit(X, y)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GridSearchCV(Failing(), {"C": [1, 10]}, cv=2).fit(X, Y)
    message = str(caught[0].message)
    assert failed_fits(message) == "2 of 4 fits failed. The reason: C = 10 is: too"
    with pytest.raises(ValueError, match="fits failed") as raised:
        GridSearchCV(Failing(), {"C": [10, 20, 30]}, cv=2).fit(X, Y)
    assert failed_fits(str(raised.value)) == "All 6 fits failed. The first of 3 reasons: C = 10 is: too"
    assert failed_fits("One or more of the test scores are non-finite") is None


def test_all_fits_of_ours(small):
    wild = small(alpha=1e38)
    said = (
        "All 4 fits failed. The first of 2 reasons: The loss became infinite or NaN in epoch 1 of 3. Scale X"
    )
    with pytest.raises(ValueError, match=f"^No fit of diagnose succeeded. {said}") as raised:
        diagnose(wild, X, Y, alphas=[1e38, 2e38], cv=2)
    assert str(raised.value).count("\n") == 0
    with pytest.raises(ValueError, match=f"^No fit of bias_variance succeeded. {said}"):
        bias_variance(wild, X, Y, alphas=[1e38, 2e38], n_resamples=2)
    with pytest.raises(ValueError, match=f"^{said}") as raised:
        RidgeMLPClassifierCV([1e38, 2e38], cv=2, hidden_layer_sizes=(8,), epochs=3, random_state=0).fit(X, Y)
    assert str(raised.value).count("\n") == 0
    with pytest.raises(ValueError, match=r"^No fit of diagnose succeeded. .*: Input X contains NaN."):
        diagnose(small(), np.where(X > 2, np.nan, X), Y, alphas=[0.1, 1], cv=2)


def test_an_alpha_of_0_is_not_to_be_lowered(small):
    with pytest.raises(ValueError, match=r"StandardScaler, or lower learning_rate \(now 1e\+30\)\.$"):
        small(alpha=0, learning_rate=1e30).fit(X, Y)
