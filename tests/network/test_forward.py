import keras
import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.metrics import log_loss, mean_pinball_loss, mean_poisson_deviance

from sklearn_ridge_nn import build_network
from sklearn_ridge_nn.network import Architecture, _forward as forward, least_poisson_loss

RNG = np.random.default_rng(0)

#: Of scikit-learn, where it has the loss, and of Keras.
NUMBER_LOSSES = {
    "squared_error": keras.losses.mean_squared_error,
    "absolute_error": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,
    "poisson": keras.losses.poisson,
    "quantile": None,
}


def architecture_of(n_outputs, target_type, **fields):
    return Architecture(1, n_outputs, target_type, (), "relu", "float64", **fields)


#: TensorFlow rounds the constant in gelu to float32, one release this way, another that way.
FLOAT64_TOLERANCE = {"gelu": 1e-7}


@pytest.mark.parametrize("name", sorted(forward.ACTIVATIONS))
def test_activation_equals_keras(name):
    z = np.r_[RNG.normal(scale=3, size=200), 0.0, -30.0, 30.0]
    expected = keras.activations.get(name)(keras.ops.convert_to_tensor(z, dtype="float64"))
    tolerance = FLOAT64_TOLERANCE.get(name, 1e-12)
    np.testing.assert_allclose(forward.ACTIVATIONS[name](z.copy()), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(forward.ACTIVATIONS))
def test_forward_pass_equals_the_keras_network(name, dtype):
    network = build_network(
        6, 3, target_type="multiclass", hidden_layer_sizes=(5, 4), activation=name, dtype=dtype, seed=1
    )
    weights = network.get_weights()
    X = RNG.normal(size=(20, 6)).astype(dtype)
    z = forward.logits(X, weights[::2], weights[1::2], name)
    assert z.dtype == dtype
    tolerance = FLOAT64_TOLERANCE.get(name, 1e-12) if dtype == "float64" else 1e-6
    np.testing.assert_allclose(
        forward.probabilities(z, "multiclass"), network(X), rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("container", [csr_array, csr_matrix])
def test_sparse_rows_and_blocks_give_the_dense_result(container, monkeypatch):
    monkeypatch.setattr(forward, "BLOCK_ROWS", 7)
    X = RNG.normal(size=(20, 6)) * (RNG.random((20, 6)) < 0.3)
    kernels, biases = [RNG.normal(size=(6, 5)), RNG.normal(size=(5, 2))], [np.ones(5), np.zeros(2)]
    expected = np.tanh(X @ kernels[0] + 1) @ kernels[1]
    np.testing.assert_allclose(forward.logits(X, kernels, biases, "tanh"), expected, rtol=1e-12)
    np.testing.assert_allclose(forward.logits(container(X), kernels, biases, "tanh"), expected, rtol=1e-12)


def test_integer_rows_are_computed_in_float64():
    X = np.array([[2**30 + 1]])
    z = forward.logits(X, [np.ones((1, 1), dtype="float32")], [np.zeros(1, dtype="float32")], "linear")
    assert z[0, 0] == 2**30 + 1


def test_logarithms_stay_finite_where_probabilities_round_to_zero():
    z = np.array([[-800.0], [800.0]])
    assert forward.probabilities(z, "binary")[0, 1] == 0
    np.testing.assert_allclose(forward.log_probabilities(z, "binary"), [[0, -800], [-800, 0]])
    z = np.array([[0.0, 900.0]])
    np.testing.assert_allclose(forward.log_probabilities(z, "multiclass"), [[-900, 0]])


@pytest.mark.parametrize("target_type", ["binary", "multiclass", "multilabel-indicator"])
def test_row_losses_equal_log_loss_and_keras(target_type):
    z = RNG.normal(size=(30, 1 if target_type == "binary" else 3))
    if target_type == "multiclass":
        targets = RNG.integers(3, size=(30, 1))
        expected = keras.losses.sparse_categorical_crossentropy(targets[:, 0], z, from_logits=True)
    else:
        targets = RNG.integers(2, size=z.shape)
        expected = keras.losses.binary_crossentropy(targets.astype(float), z, from_logits=True)
    losses = forward.row_losses(z, targets, architecture_of(z.shape[1], target_type))
    np.testing.assert_allclose(losses, expected, rtol=1e-6)
    if target_type != "multilabel-indicator":
        p = forward.probabilities(z, target_type)
        assert losses.mean() == pytest.approx(log_loss(targets[:, 0], p), rel=1e-12)


def test_losses_of_float32_logits_are_taken_in_float64():
    z = RNG.normal(size=(1000, 3)).astype("float32")
    targets = RNG.integers(3, size=(1000, 1))
    architecture = architecture_of(3, "multiclass")
    losses = forward.row_losses(z, targets, architecture)
    assert losses.dtype == np.float64
    np.testing.assert_array_equal(losses, forward.row_losses(z.astype(float), targets, architecture))


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_row_losses_of_numbers_equal_keras(loss, n_outputs):
    z = RNG.normal(scale=2, size=(50, n_outputs))
    targets = RNG.poisson(3, size=z.shape).astype(float)
    predicted = forward.numbers(z, loss)
    losses = forward.row_losses(z, targets, architecture_of(n_outputs, "continuous", loss=loss, quantile=0.8))
    if loss == "quantile":
        expected = [mean_pinball_loss(t, p, alpha=0.8) for t, p in zip(targets, predicted, strict=True)]
    else:
        expected = NUMBER_LOSSES[loss](targets, keras.ops.convert_to_tensor(predicted, dtype="float64"))
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


def test_the_poisson_loss_beyond_the_least_one_is_half_a_deviance():
    z = RNG.normal(size=(50, 1))
    targets = RNG.poisson(3, size=z.shape).astype(float)
    losses = forward.row_losses(z, targets, architecture_of(1, "continuous", loss="poisson"))
    half = (losses - least_poisson_loss(targets)[:, 0]).mean()
    assert half == pytest.approx(mean_poisson_deviance(targets, np.exp(z)) / 2, rel=1e-6)  # Keras's epsilon
