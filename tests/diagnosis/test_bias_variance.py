"""bias_variance, against networks fitted one by one on the same bootstraps."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state, resample

from sklearn_ridge_nn import BiasVariance, bias_variance


@pytest.mark.slow
def test_losses_are_those_of_separate_fits_on_the_same_bootstraps(small, wine, trained):
    X, y = wine
    pipeline = make_pipeline(StandardScaler(), small(dtype="float64"))
    result = bias_variance(pipeline, X, y, alphas=[0, 0.1], n_resamples=3, random_state=5)
    assert trained == [6]  # all in one run
    rng = check_random_state(5)
    train, test = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=rng)
    resamples = [resample(train, stratify=y[train], random_state=rng) for _ in range(3)]
    for number, alpha in enumerate((0, 0.1)):
        alone = clone(pipeline).set_params(ridgemlpclassifier__alpha=alpha)
        proba = [alone.fit(X[rows], y[rows]).predict_proba(X[test]) for rows in resamples]
        expected = np.mean([log_loss(y[test], p) for p in proba])
        np.testing.assert_allclose(result.log_loss[number], expected, rtol=1e-9)
        wrong = np.mean([(p.argmax(axis=1) != y[test]).mean() for p in proba])
        np.testing.assert_allclose(result.zero_one_loss[number], wrong)


def test_the_table_says_what_its_numbers_are():
    """Three networks, one row: one of them is right, so differing takes a third off the loss."""
    predictions = np.log([[[[0.3, 0.7]], [[0.4, 0.6]], [[0.9, 0.1]]]])
    told = " ".join(str(BiasVariance.from_log_proba([0.1], predictions, targets=[0])).split())
    assert "0.667 1 -0.333" in told
    assert "Means over 1 test row, of networks trained on 3 resamples of the others." in told
    assert "below 0 where networks that differ from the most frequent label are more often right" in told
    told = str(BiasVariance.from_log_proba([0.1], predictions, targets=[1]))
    assert "Bias and variance add up to" in told
    assert "below 0" not in told


def test_a_strong_penalty_has_less_variance_and_more_bias_on_few_noisy_rows(small):
    X, y = make_classification(200, 10, n_informative=6, flip_y=0, random_state=0)
    classifier = small(hidden_layer_sizes=(32,), epochs=40, batch_size=32)
    result = bias_variance(classifier, X, y, alphas=[0, 10], n_resamples=10)
    assert result.log_variance[1] < 0.1 * result.log_variance[0]
    assert result.zero_one_bias[1] > 1.5 * result.zero_one_bias[0]
    assert result.log_bias[1] > result.log_bias[0]


def test_the_same_seed_gives_the_same_numbers(small, wine):
    X, y = wine
    one, other = (bias_variance(small(), X, y, [0, 1], n_resamples=2) for _ in range(2))
    np.testing.assert_array_equal(one.log_bias_rows, other.log_bias_rows)


@pytest.mark.filterwarnings("ignore:One or more of the:UserWarning")
def test_failed_fits_are_named(small, wine):
    X, y = wine
    with (
        pytest.warns(match="fits failed"),
        pytest.raises(ValueError, match=r"2 of 2 fits failed at alpha = 1e\+30, so its loss"),
    ):
        bias_variance(small(), X, y, [0, 1e30], n_resamples=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alphas": [0.1]}, r"alphas must hold at least 2 values"),
        ({"alphas": [0.1, 0.01]}, r"alphas must be in ascending order"),
        ({"n_resamples": 1}, r"'n_resamples' parameter of bias_variance must be an int in the range \[2"),
        (
            {"estimator": LogisticRegression()},
            r"estimator must be a RidgeMLPClassifier or a RidgeMLPRegressor, or a Pipeline",
        ),
        ({"y": np.eye(178, 3, dtype=int)}, r"Pass one of its columns at a time"),
        ({"y": np.r_[2, np.arange(177) % 2]}, r"class 2 has 1. Leave it out"),
    ],
)
def test_bad_input_is_refused_by_name(small, wine, options, message):
    X, y = wine
    with pytest.raises(ValueError, match=message.replace("class 2", r"class \S*2\S*")):
        bias_variance(**{"estimator": small(), "X": X, "y": y, "alphas": [0, 1], **options})


@pytest.mark.parametrize("rare", [0, 2])
def test_a_class_without_training_rows_is_refused(small, rare):
    X = np.random.default_rng(0).normal(size=(102, 4))
    y = np.r_[[rare] * 2, np.tile([k for k in range(3) if k != rare], 50)]
    with pytest.raises(
        ValueError, match=rf"no row of class \S*{rare}\S* \(2 in all of y\).*Lower test_size=0.9"
    ):
        bias_variance(small(), X, y, [0, 1], n_resamples=2, test_size=0.9)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_a_column_of_labels_is_taken_as_its_labels(small, wine):
    X, y = wine
    flat, column = (bias_variance(small(), X, t, [0, 1], n_resamples=2) for t in (y, y[:, None]))
    np.testing.assert_array_equal(column.log_bias_rows, flat.log_bias_rows)
