import keras
import numpy as np
import pytest
import tensorflow as tf
from scikeras.wrappers import KerasClassifier

from sklearn_ridge_nn import build_network
from sklearn_ridge_nn.network._keras_model import (
    OwnPrecisionSequential,
    initial_weights,
    strengths,
    weight_paths,
)
from sklearn_ridge_nn.training import Architecture


def test_the_seed_network_is_built():
    network = build_network(30, alpha=0.001)
    layers = network.layers
    assert [type(layer).__name__ for layer in layers] == ["Dense"] * 3
    assert [layer.units for layer in layers] == [128, 64, 1]
    assert [keras.activations.serialize(layer.activation) for layer in layers] == ["relu", "relu", "sigmoid"]
    assert isinstance(network.optimizer, keras.optimizers.Adam)
    assert isinstance(network.loss, keras.losses.BinaryCrossentropy)
    assert type(network) is keras.Sequential


def test_strengths_are_what_keras_multiplies_by():
    """Keras 3.14 and later round alpha to float32, earlier ones do not."""
    alphas = [0.0, 1e-8, 0.001, 0.1, 1 / 3, 1e5]
    squares = tf.constant([[1.0, 2.0], [2.0, 4.0]], tf.float64)  # their sum is 25
    penalties = [float(keras.regularizers.L2(alpha)(squares)) for alpha in alphas]
    np.testing.assert_allclose(25 * strengths(alphas, float), penalties, rtol=1e-15)


def test_only_hidden_kernels_are_penalised():
    *hidden, output = build_network(30).layers
    for layer in hidden:
        assert isinstance(layer.kernel_regularizer, keras.regularizers.L2)
        assert layer.bias_regularizer is None
        assert layer.activity_regularizer is None
    assert (output.kernel_regularizer, output.bias_regularizer, output.activity_regularizer) == (None,) * 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("alpha", [0.0, 1e-3, 0.7])
def test_penalty_equals_the_formula(alpha, dtype):
    network = build_network(30, alpha=alpha, dtype=dtype, seed=0)
    for layer in network.layers:
        layer.bias.assign(layer.bias + 1)
    kernels = [layer.kernel.numpy().astype(float) for layer in network.layers]
    expected = alpha * sum((kernel**2).sum() for kernel in kernels[:-1])
    assert float(sum(network.losses)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("target_type", "n_outputs", "activation", "loss"),
    [
        ("binary", 1, "sigmoid", "BinaryCrossentropy"),
        ("multiclass", 4, "softmax", "SparseCategoricalCrossentropy"),
        ("multilabel-indicator", 4, "sigmoid", "BinaryCrossentropy"),
    ],
)
def test_the_head_fits_the_target(target_type, n_outputs, activation, loss):
    network = build_network(5, n_outputs, target_type=target_type)
    assert keras.activations.serialize(network.layers[-1].activation) == activation
    assert type(network.loss).__name__ == loss
    assert network.output_shape == (None, n_outputs)


def test_dropout_follows_each_hidden_layer():
    names = [type(layer).__name__ for layer in build_network(5, dropout=0.3).layers]
    assert names == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]


def test_no_hidden_layers_is_logistic_regression():
    network = build_network(5, hidden_layer_sizes=(), alpha=10.0)
    assert len(network.layers) == 1
    assert network.losses == []


def test_an_unknown_target_type_is_named():
    with pytest.raises(ValueError, match=r"target_type must be .* Got 'regression'"):
        build_network(5, target_type="regression")


def test_equal_seeds_give_equal_weights_and_layers_differ():
    def kernels(seed):
        return [
            layer.kernel.numpy() for layer in build_network(8, hidden_layer_sizes=(8, 8), seed=seed).layers
        ]

    first, again, other = kernels(3), kernels(3), kernels(4)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[1])


def test_initial_kernels_are_glorot_uniform():
    kernel = build_network(300, hidden_layer_sizes=(200,), seed=0).layers[0].kernel.numpy()
    limit = np.sqrt(6 / (300 + 200))
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)


def test_float64_trains_whatever_floatx_says():
    assert keras.config.floatx() == "float32"
    network = build_network(4, dtype="float64", seed=0)
    assert type(network) is OwnPrecisionSequential
    X, y = np.random.default_rng(0).normal(size=(8, 4)), np.array([[0.0], [1.0]] * 4)
    # Keras's array adapters would cast X to float32, so the sum is taken by hand
    p = network(tf.constant(X)).numpy()[:, 0]
    data_loss = -(y[:, 0] * np.log(p) + (1 - y[:, 0]) * np.log(1 - p)).mean()
    total = network.compute_loss(y=tf.constant(y), y_pred=network(tf.constant(X)))
    assert total.dtype == "float64"
    assert float(total) - float(sum(network.losses)) == pytest.approx(data_loss, rel=1e-12)


def test_scikeras_passes_alpha_to_the_network():
    classifier = KerasClassifier(build_network, model__n_features=2, model__alpha=0.25, verbose=0)
    classifier.initialize(np.zeros((4, 2)), [0, 1, 0, 1])
    assert float(classifier.model_.layers[0].kernel_regularizer.l2) == 0.25


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_engine_starts_from_the_networks_own_weights(dtype):
    architecture = Architecture(5, 3, "multiclass", (7, 4), "relu", dtype)
    network = build_network(5, 3, target_type="multiclass", hidden_layer_sizes=(7, 4), dtype=dtype, seed=11)
    for weight, truth in zip(initial_weights(architecture, 11), network.get_weights(), strict=True):
        assert weight.dtype == dtype
        np.testing.assert_array_equal(weight, truth)
    assert weight_paths(architecture) == [variable.path for variable in network.trainable_variables]
