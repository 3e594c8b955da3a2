"""Bias and variance from predictions, against cases worked by hand and the losses that they add up to."""

import numpy as np
import pytest
from scipy.stats import sem
from sklearn.metrics import log_loss

from sklearn_ridge_nn import BiasVariance


def predictions(n_alphas=2, n_resamples=5, n_test=40, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(n_classes), size=(n_alphas, n_resamples, n_test))
    return probabilities, rng.integers(0, n_classes, n_test)


def test_the_log_loss_of_one_row_worked_by_hand():
    """Predictions 0.8 and 0.2 of the truth: the average one is 0.5, and variance is log(0.5 / 0.4)."""
    probabilities = np.array([[[[0.8, 0.2]], [[0.2, 0.8]]]])
    result = BiasVariance.from_log_proba([0.1], np.log(probabilities), [0])
    np.testing.assert_allclose(result.log_bias, [np.log(2)])
    np.testing.assert_allclose(result.log_variance, [np.log(0.5 / 0.4)])
    np.testing.assert_allclose(result.log_loss, [-(np.log(0.8) + np.log(0.2)) / 2])


def test_the_zero_one_loss_of_two_rows_worked_by_hand():
    """Row 0 is right in two of three networks; row 1 is wrong in two of three."""
    right, wrong = [0.9, 0.1], [0.1, 0.9]
    probabilities = np.array([[[right, wrong], [right, wrong], [wrong, right]]])
    result = BiasVariance.from_log_proba([0.1], np.log(probabilities), [0, 0])
    assert result.zero_one_bias.tolist() == [0.5]
    np.testing.assert_allclose(result.zero_one_variance_unbiased, [1 / 6])
    np.testing.assert_allclose(result.zero_one_variance_biased, [1 / 6])
    np.testing.assert_allclose(result.zero_one_loss, [0.5])


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_bias_and_variance_add_up_to_the_mean_losses(n_classes):
    probabilities, targets = predictions(n_classes=n_classes)
    result = BiasVariance.from_log_proba([0, 1], np.log(probabilities), targets)
    labels = list(range(n_classes))
    for number, of_alpha in enumerate(probabilities):
        expected = np.mean([log_loss(targets, p, labels=labels) for p in of_alpha])
        np.testing.assert_allclose(result.log_loss[number], expected, rtol=1e-12)
        wrong = np.mean([(p.argmax(axis=1) != targets).mean() for p in of_alpha])
        np.testing.assert_allclose(result.zero_one_loss[number], wrong, rtol=1e-12)


def test_log_variance_is_the_mean_divergence_from_the_average_prediction():
    probabilities, targets = predictions(n_alphas=1)
    result = BiasVariance.from_log_proba([0], np.log(probabilities), targets)
    average = np.exp(np.log(probabilities[0]).mean(axis=0))
    average /= average.sum(axis=1, keepdims=True)
    divergence = (average * np.log(average / probabilities[0])).sum(axis=2).mean()
    np.testing.assert_allclose(result.log_variance, [divergence], rtol=1e-12)


def test_equal_networks_have_no_variance():
    probabilities, targets = predictions(n_resamples=1)
    result = BiasVariance.from_log_proba([0, 1], np.log(np.repeat(probabilities, 4, axis=1)), targets)
    np.testing.assert_allclose(result.log_variance, 0, atol=1e-15)
    assert not result.zero_one_variance.any()


def test_a_probability_of_zero_makes_no_infinite_or_missing_number():
    with np.errstate(divide="ignore"):
        log_proba = np.log(np.array([[[[1.0, 0.0]], [[0.0, 1.0]]]]))
    result = BiasVariance.from_log_proba([0.1], log_proba, [0])
    assert np.isfinite([result.log_loss, result.log_bias, result.log_variance]).all()


def test_of_equally_frequent_predictions_the_lowest_class_is_the_main_one():
    log_proba = np.log(np.array([[[[0.9, 0.1]], [[0.1, 0.9]]]]))
    low, high = (BiasVariance.from_log_proba([0.1], log_proba, [target]) for target in (0, 1))
    assert (low.zero_one_bias, low.zero_one_variance) == (0, 0.5)
    assert (high.zero_one_bias, high.zero_one_variance) == (1, -0.5)


@pytest.mark.parametrize("loss", ["log", "zero_one"])
def test_the_standard_error_of_a_loss_is_that_of_its_rows(loss):
    probabilities, targets = predictions()
    result = BiasVariance.from_log_proba([0, 1], np.log(probabilities), targets)
    of_truth = np.take_along_axis(probabilities, targets[None, None, :, None], axis=3)[..., 0]
    wrong = probabilities.argmax(axis=3) != targets
    rows = (-np.log(of_truth) if loss == "log" else wrong).mean(axis=1)  # (n_alphas, n_test)
    np.testing.assert_allclose(result.standard_error(f"{loss}_loss"), sem(rows, axis=1), rtol=1e-12)


def test_the_standard_errors_of_two_rows_worked_by_hand():
    """Row 0 has bias 0 and adds 1/3, row 1 has bias 1 and takes 1/3 off; of two rows, half the difference."""
    right, wrong = [0.9, 0.1], [0.1, 0.9]
    probabilities = np.array([[[right, wrong], [right, wrong], [wrong, right]]])
    result = BiasVariance.from_log_proba([0.1], np.log(probabilities), [0, 0])
    np.testing.assert_allclose(result.standard_error("zero_one_bias"), [1 / 2])
    np.testing.assert_allclose(result.standard_error("zero_one_variance"), [1 / 3])
    np.testing.assert_allclose(result.standard_error("zero_one_variance_unbiased"), [1 / 6])
    np.testing.assert_allclose(result.standard_error("zero_one_variance_biased"), [1 / 6])


def test_a_single_row_has_no_standard_error():
    probabilities, targets = predictions(n_test=1)
    result = BiasVariance.from_log_proba([0, 1], np.log(probabilities), targets)
    assert np.isnan(result.standard_error("log_bias")).all()


def test_the_standard_error_of_something_else_is_refused():
    probabilities, targets = predictions()
    result = BiasVariance.from_log_proba([0, 1], np.log(probabilities), targets)
    with pytest.raises(ValueError, match=r"name must be one of log_loss, .* Got 'alphas'"):
        result.standard_error("alphas")


def test_the_frame_has_a_row_per_alpha():
    probabilities, targets = predictions()
    result = BiasVariance.from_log_proba([0.1, 1], np.log(probabilities), targets, "net__alpha")
    frame = result.to_frame()
    assert frame.index.name == "net__alpha"
    np.testing.assert_array_equal(frame.loc[1.0, "log_variance"], result.log_variance[1])


def test_a_decomposition_prints_a_line_per_alpha():
    result = BiasVariance.from_log_proba(
        [0.0, 0.1], np.log([[[[0.8, 0.2]]] * 3, [[[0.4, 0.6]]] * 3]), [0], "a__alpha"
    )
    assert repr(result) == "<BiasVariance of 2 values of a__alpha from 0 to 0.1, 3 resamples, 1 test rows>"
    lines = str(result).splitlines()
    assert lines[0].split() == ["alpha", "log", "loss", "bias", "variance", "0-1", "loss", "bias", "variance"]
    assert [float(number) for number in lines[2].split()] == pytest.approx([0.1, 0.916, 0.916, 0, 1, 1, 0])
