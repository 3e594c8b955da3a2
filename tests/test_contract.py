"""The contract: E3 same seed, same bits; E4 no footprints."""

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from sklearn_ridge_nn import RidgeMLPClassifier

CODE = """
import sys
import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale
from sklearn_ridge_nn import RidgeMLPClassifier
X, y = load_wine(return_X_y=True)
classifier = RidgeMLPClassifier(hidden_layer_sizes=(8,), epochs=3, dropout=0.2, random_state=7)
np.save(sys.argv[1], classifier.fit(scale(X), y).predict_proba(scale(X)))
"""


def fit_bits(wine, **params):
    X, y = wine
    classifier = RidgeMLPClassifier(
        **{"hidden_layer_sizes": (8,), "epochs": 3, "dropout": 0.2, "random_state": 7, **params}
    )
    return classifier.fit(X, y).predict_proba(X)


def test_same_seed_same_bits_whatever_ran_before(wine):
    expected = fit_bits(wine)
    np.random.seed(1)  # noqa: NPY002
    random.seed(2)
    keras.utils.set_random_seed(3)
    tf.random.uniform((3,)), keras.random.uniform((3,)), np.random.random(5), random.random()  # noqa: NPY002
    fit_bits(wine, random_state=8)
    np.testing.assert_array_equal(fit_bits(wine), expected)


def test_same_seed_same_bits_in_another_process(wine, tmp_path):
    for name in ("a", "b"):
        subprocess.run(
            [sys.executable, "-c", CODE, str(tmp_path / f"{name}.npy")],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": {"a": "1", "b": "2"}[name]},
        )
    expected = fit_bits(wine)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), expected)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), expected)


def test_same_seed_same_bits_in_four_threads_at_once(wine):
    expected = [fit_bits(wine, random_state=seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda seed: fit_bits(wine, random_state=seed), [0, 1, 2, 3, 3, 2, 1, 0]))
    for result, seed in zip(results, [0, 1, 2, 3, 3, 2, 1, 0], strict=True):
        np.testing.assert_array_equal(result, expected[seed])


def test_different_seeds_differ(wine):
    assert not np.array_equal(fit_bits(wine), fit_bits(wine, random_state=8))


def test_no_seed_differs_from_fit_to_fit(wine):
    np.random.seed(0)  # noqa: NPY002
    first = fit_bits(wine, random_state=None)
    np.random.seed(0)  # noqa: NPY002
    assert not np.array_equal(first, fit_bits(wine, random_state=None))


def test_a_random_state_instance_is_drawn_from(wine):
    state = np.random.RandomState(0)
    first, second = fit_bits(wine, random_state=state), fit_bits(wine, random_state=state)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, fit_bits(wine, random_state=np.random.RandomState(0)))


def global_state():
    """What a fit must leave alone. Each random call is made after re-seeding what it reads."""
    numpy_state = np.random.get_state()  # noqa: NPY002
    return {
        "numpy": (numpy_state[1].tolist(), numpy_state[2:]),
        "python": random.getstate(),
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "policy": keras.config.dtype_policy().name,
        "image_data_format": keras.config.image_data_format(),
        "traceback filtering": keras.config.is_traceback_filtering_enabled(),
        "determinism": is_op_determinism_enabled(),
        "eager": tf.executing_eagerly(),
        "run eagerly": tf.config.functions_run_eagerly(),
        "jit": tf.config.optimizer.get_jit(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "environment": dict(os.environ),
        "numpy errors": np.geterr(),
        "numpy print": repr(np.get_printoptions()),
    }


@pytest.mark.parametrize("random_state", [None, 0], ids=["unseeded", "seeded"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fitting_leaves_no_footprints(dtype, random_state, wine):
    fit_bits(wine)  # what importing TensorFlow does is not fitting's doing
    before = global_state()
    fit_bits(wine, dtype=dtype, random_state=random_state)
    assert global_state() == before


def test_fitting_does_not_draw_from_tensorflow_or_keras(wine):
    def draws(between=lambda: None):
        keras.backend.clear_session()  # or Keras keeps its global generator's state
        keras.utils.set_random_seed(5)
        tf.random.uniform((3,)), keras.random.uniform((3,)), random.random()
        between()
        return np.r_[tf.random.uniform((3,)).numpy(), keras.random.uniform((3,)).numpy(), random.random()]

    np.testing.assert_array_equal(draws(lambda: fit_bits(wine)), draws())


def test_fitting_does_not_renumber_the_users_layers(wine):
    def names(between=lambda: None):
        keras.backend.clear_session()
        keras.layers.Dense(1)
        between()
        return [keras.layers.Dense(1).name, keras.layers.Dropout(0.1).name, keras.optimizers.Adam().name]

    assert names(lambda: fit_bits(wine)) == names()
    assert names(lambda: fit_bits(wine, optimizer=keras.optimizers.Adam)) == names()


def test_the_users_model_survives(wine):
    X, y = wine
    model = keras.Sequential([keras.Input((13,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    expected = model.predict(X, verbose=0)
    fit_bits(wine)
    np.testing.assert_array_equal(model.predict(X, verbose=0), expected)
    model.fit(X, y, epochs=1, verbose=0)


def test_arguments_are_left_alone(wine):
    X, y = (array.copy() for array in wine)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    class_weight = {0: 2.0, 1: 1.0, 2: 1.0}
    sizes, callbacks = [8, 4], [keras.callbacks.EarlyStopping("loss", patience=0)]
    optimizer = keras.optimizers.Adam(0.01)
    copies = X.copy(), y.copy(), weights.copy()
    callback_state = dict(vars(callbacks[0]))
    classifier = RidgeMLPClassifier(
        hidden_layer_sizes=sizes,
        callbacks=callbacks,
        class_weight=class_weight,
        optimizer=optimizer,
        epochs=2,
    )
    classifier.fit(X, y, sample_weight=weights)
    for array, copied in zip((X, y, weights), copies, strict=True):
        np.testing.assert_array_equal(array, copied)
    assert (sizes, class_weight) == ([8, 4], {0: 2.0, 1: 1.0, 2: 1.0})
    assert vars(callbacks[0]) == callback_state
    assert len(optimizer.variables) == 2  # iterations and learning rate: never built


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_a_global_dtype_policy_does_not_reach_the_network(policy, wine):
    expected = fit_bits(wine)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        np.testing.assert_array_equal(fit_bits(wine), expected)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_global_floatx_only_rounds_the_learning_rate(dtype, wine):
    """Keras keeps the rate in floatx; nothing else may follow it."""
    expected = fit_bits(wine, dtype=dtype)
    keras.config.set_floatx("float64")
    try:
        np.testing.assert_allclose(fit_bits(wine, dtype=dtype), expected, rtol=1e-5)
    finally:
        keras.config.set_floatx("float32")
