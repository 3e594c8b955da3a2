"""What goes in and what comes out: labels, containers, weights, fitted attributes."""

import warnings

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from scipy.sparse import csc_array, csr_array, csr_matrix
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

import sklearn_ridge_nn
import sklearn_ridge_nn.model_selection as ours
from sklearn_ridge_nn import RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.training import _grouping as stacks

# -- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        np.array(["malignant", "benign"]),
        np.array(["yes", "no"], dtype=object),
        np.array([True, False]),
        np.array([7, -3]),
        np.array([2.0, 1.0]),
        np.array([10, 300], dtype=np.uint16),
    ],
    ids=["str", "object", "bool", "int", "float", "uint16"],
)
def test_binary_labels_of_any_type_come_back(names, cancer, small):
    X, y = cancer
    classifier = small(learning_rate=0.02).fit(X, names[y])
    np.testing.assert_array_equal(classifier.classes_, np.sort(names))
    assert classifier.classes_.dtype == classifier.predict(X).dtype == names.dtype
    assert classifier.score(X, names[y]) > 0.9
    assert classifier.predict_proba(X).shape == (569, 2)
    assert classifier.decision_function(X).shape == (569,)
    positive = classifier.decision_function(X) > 0
    np.testing.assert_array_equal(classifier.predict(X) == classifier.classes_[1], positive)


def test_multiclass_labels_come_back(wine, small):
    X, y = wine
    names = np.array(["barolo", "grignolino", "barbera"])
    classifier = small(epochs=60, batch_size=32).fit(X, names[y])
    assert classifier.n_outputs_ == 3
    assert classifier.decision_function(X).shape == classifier.predict_proba(X).shape == (178, 3)
    np.testing.assert_array_equal(
        classifier.classes_[classifier.predict_proba(X).argmax(1)], classifier.predict(X)
    )
    assert classifier.score(X, names[y]) > 0.9


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, np.float64])
def test_multilabel_indicators_keep_their_type(dtype, multilabel, small):
    X, Y = multilabel
    classifier = small(epochs=60, learning_rate=0.02).fit(X, Y.astype(dtype))
    assert classifier.predict(X).dtype == dtype
    assert (classifier.predict(X) == Y).mean() > 0.8
    np.testing.assert_array_equal(classifier.classes_, [0, 1, 2])
    np.testing.assert_array_equal(classifier.predict(X), classifier.predict_proba(X) > 0.5)


def test_a_sparse_multilabel_indicator_trains_as_the_dense_one(multilabel, small):
    X, Y = multilabel
    np.testing.assert_array_equal(small().fit(X, csr_array(Y)).coefs_[0], small().fit(X, Y).coefs_[0])


def test_a_column_of_labels_is_flattened_with_a_warning(cancer, small):
    X, y = cancer
    with pytest.warns(DataConversionWarning, match="column-vector"):
        classifier = small(epochs=1).fit(X, y[:, None])
    assert classifier.predict(X).shape == (569,)


@pytest.mark.parametrize("kind", ["categorical", "string", "Int64", "polars"])
def test_series_of_labels(kind, cancer, small):
    X, y = cancer
    names = np.array(["bad", "good"])[y]
    labels = {
        "categorical": lambda: pd.Series(names, dtype="category"),
        "string": lambda: pd.Series(names, dtype="string"),
        "Int64": lambda: pd.Series(y, dtype="Int64"),
        "polars": lambda: pl.Series(names),
    }[kind]()
    classifier = small(epochs=1).fit(X, labels)
    reference = small(epochs=1).fit(X, y)
    np.testing.assert_array_equal(classifier.coefs_[0], reference.coefs_[0])
    np.testing.assert_array_equal(
        classifier.predict(X) == classifier.classes_[1], reference.predict(X) == reference.classes_[1]
    )


# -- outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_probabilities_are_those_of_the_logits(kind, cancer, wine, multilabel, small):
    X, y = {"binary": cancer, "multiclass": wine, "multilabel": multilabel}[kind]
    classifier = small().fit(X, y)
    z, p = classifier.decision_function(X), classifier.predict_proba(X)
    expected = {
        "binary": lambda: np.c_[expit(-z), expit(z)],
        "multiclass": lambda: softmax(z, axis=1),
        "multilabel": lambda: expit(z),
    }[kind]()
    np.testing.assert_allclose(p, expected, rtol=1e-12)
    np.testing.assert_allclose(classifier.predict_log_proba(X), np.log(p), rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_keras_model_agrees(kind, dtype, cancer, wine, multilabel, small):
    X, y = {"binary": cancer, "multiclass": wine, "multilabel": multilabel}[kind]
    classifier = small(dtype=dtype, hidden_layer_sizes=(8, 5), dropout=0.1).fit(X, y)
    p = classifier.predict_proba(X)
    p = p[:, 1:] if kind == "binary" else p
    # Keras's predict casts numpy arrays to floatx, float32
    np.testing.assert_allclose(classifier.model_.predict(X, verbose=0), p, atol=1e-6)
    if dtype == "float64":
        exact = classifier.model_(keras.ops.convert_to_tensor(X, dtype="float64"))
        np.testing.assert_allclose(exact.numpy(), p, rtol=1e-12)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_the_scikeras_classifier_agrees(kind, cancer, wine, multilabel, small):
    X, y = {"binary": cancer, "multiclass": wine, "multilabel": multilabel}[kind]
    y = y if kind == "multilabel" else np.array(["a", "b", "c"])[y]
    classifier = small(alpha=0.02).fit(X, y)
    bridge = classifier.keras_estimator_
    assert bridge.get_params()["model__alpha"] == 0.02
    assert bridge.model_ is classifier.model_
    np.testing.assert_allclose(bridge.predict_proba(X), classifier.predict_proba(X), atol=1e-6)
    np.testing.assert_array_equal(bridge.predict(X), classifier.predict(X))


def test_the_keras_model_carries_the_optimizer_state_on(cancer, small):
    """Training goes on in Keras as it would have gone on here."""
    X, y = cancer
    params = {"batch_size": 600, "validation_split": 0.0}
    classifier = small(epochs=2, **params).fit(X, y)
    classifier.model_.train_on_batch(X, y)
    np.testing.assert_allclose(
        classifier.model_.get_weights()[0], small(epochs=3, **params).fit(X, y).coefs_[0], atol=1e-6
    )


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # inside Keras
def test_the_keras_model_saves_and_loads(tmp_path, cancer, small):
    X, y = cancer
    classifier = small(dtype="float64").fit(X, y)
    classifier.model_.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(
        loaded.predict(X, verbose=0)[:, 0], classifier.predict_proba(X)[:, 1], atol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_have_the_precision_of_x(dtype, cancer, small):
    X, y = cancer
    classifier = small().fit(X, y)
    assert classifier.predict_proba(X.astype(dtype)).dtype == dtype
    assert classifier.decision_function(X.astype(dtype)).dtype == dtype
    assert classifier.coefs_[0].dtype == np.float32
    np.testing.assert_allclose(
        classifier.predict_proba(X.astype(dtype)), classifier.predict_proba(X), atol=1e-6
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X,
        lambda X: X.astype("float32"),
        lambda X: X.astype("float16"),
        lambda X: X.astype(">f8"),
        lambda X: X.round().astype(int),
        lambda X: np.asfortranarray(X),
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X.tolist(),
        lambda X: pd.DataFrame(X),
        lambda X: np.ma.masked_array(X),
        lambda X: X[:0],
        lambda X: X[0],
        lambda X: X[:, 1:],
        lambda X: np.hstack([X, X]),
        lambda X: X[None],
        lambda X: X.astype(complex),
        lambda X: X.astype(str).astype(object),
        lambda X: np.where(X[0, 0] == X, np.nan, X),
        lambda X: np.where(X[0, 0] == X, np.inf, X),
    ],
)
@pytest.mark.parametrize("has_names", [False, True])
def test_a_few_rows_are_checked_as_many_are(change, has_names, cancer, small, monkeypatch):
    """scikit-learn's check is left out where it would change nothing, and refuses all that it refuses."""
    X, y = cancer
    fitted = small().fit(pd.DataFrame(X).add_prefix("x") if has_names else X, y)
    rows = change(X[:5])

    def outcome():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = fitted.predict_proba(rows)
            except Exception as error:
                result = repr(error)
        return result, [str(warning.message) for warning in caught]

    quick = outcome()
    monkeypatch.setattr("sklearn_ridge_nn.estimators._fitted_network.FEW_ROWS", 0)
    checked = outcome()
    assert quick[1] == checked[1]
    np.testing.assert_array_equal(quick[0], checked[0])
    assert getattr(quick[0], "dtype", None) == getattr(checked[0], "dtype", None)


def test_an_estimator_that_is_not_fitted_says_so_of_one_row(small):
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        small().predict_proba(np.zeros((1, 3)))


def test_fitted_attributes(cancer, small):
    X, y = cancer
    classifier = small(hidden_layer_sizes=(8, 5)).fit(X, y)
    assert [kernel.shape for kernel in classifier.coefs_] == [(30, 8), (8, 5), (5, 1)]
    assert [bias.shape for bias in classifier.intercepts_] == [(8,), (5,), (1,)]
    assert (classifier.n_features_in_, classifier.n_outputs_, classifier.n_iter_) == (30, 1, 3)
    assert classifier.history_.keys() == {
        "loss", "accuracy", "val_loss", "val_accuracy", "data_loss", "val_data_loss",
    }  # fmt: skip
    assert {values.shape for values in classifier.history_.values()} == {(3,)}
    assert "val_loss" not in small(validation_split=0.0).fit(X, y).history_


def test_an_unfitted_classifier_says_so(cancer, small):
    X, _y = cancer
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(small(), method)(X)
    for attribute in ("model_", "keras_estimator_"):
        with pytest.raises(NotFittedError):
            getattr(small(), attribute)


# -- containers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [csr_array, csr_matrix, csc_array])
def test_sparse_rows_train_as_dense_ones(container, digits, small):
    X, y = digits
    X = np.where(X > 0.5, X, 0)
    sparse, dense = small().fit(container(X), y), small().fit(X, y)
    for a, b in zip(sparse.coefs_, dense.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(sparse.predict_proba(container(X)), dense.predict_proba(X), atol=1e-5)


@pytest.mark.usefixtures("no_helper")
def test_sparse_rows_are_not_made_dense_whole_unless_they_are_few(monkeypatch, small):
    monkeypatch.setattr("sklearn_ridge_nn.training._minibatches.READY_BYTES", 299 * 20 * 4)
    X = csr_array(make_classification(300, 20, random_state=0)[0])
    for name in ("BUFFER_BYTES", "WIDE_BUFFER_BYTES"):
        monkeypatch.setattr(stacks, name, 100 * 20 * 4)
    rows = []
    original = csr_array.toarray
    monkeypatch.setattr(
        csr_array, "toarray", lambda self, *a, **k: rows.append(self.shape[0]) or original(self, *a, **k)
    )
    small(batch_size=50).fit(X, np.arange(300) % 2).predict(X)
    assert max(rows) <= 100


@pytest.mark.parametrize(
    ("container", "dtype"),
    [
        (np.asarray, np.float16),
        (np.asarray, bool),
        (np.asarray, np.int8),
        (csr_array, np.int8),
        (csr_array, bool),
    ],
)
def test_rows_of_any_precision(container, dtype, digits, small):
    X, y = digits
    X = container((X > 0.5).astype(dtype))
    classifier = small().fit(X, y)
    expected = small().fit(X.astype(np.float64), y)
    np.testing.assert_allclose(
        classifier.predict_proba(X), expected.predict_proba(X.astype(float)), atol=1e-5
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_memory_mapped_rows(dtype, tmp_path, cancer, small):
    X, y = cancer
    X = (X * 100).astype(dtype)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    a, b = small().fit(mapped, y), small().fit(X, y)
    np.testing.assert_array_equal(a.coefs_[0], b.coefs_[0])
    np.testing.assert_array_equal(a.predict_proba(mapped), b.predict_proba(X))


def _frames(X):
    names = [f"feature {i}" for i in range(X.shape[1])]
    return {"pandas": pd.DataFrame(X, columns=names), "polars": pl.DataFrame(X, schema=names)}


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_train_as_arrays_and_keep_their_names(library, cancer, small):
    X, y = cancer
    frame = _frames(X)[library]
    classifier = small().fit(frame, y)
    np.testing.assert_array_equal(classifier.feature_names_in_, list(frame.columns))
    np.testing.assert_array_equal(classifier.coefs_[0], small().fit(X, y).coefs_[0])
    np.testing.assert_array_equal(classifier.predict_proba(frame), small().fit(X, y).predict_proba(X))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_reordered_and_missing_columns_are_refused(library, cancer, small):
    X, y = cancer
    frame = _frames(X)[library]
    classifier = small(epochs=1).fit(frame, y)
    columns = list(frame.columns)
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        classifier.predict(frame[columns[::-1]])
    with pytest.raises(ValueError, match="Feature names seen at fit time, yet now missing"):
        classifier.predict(frame[columns[1:]])


# -- weights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0, 1: 0.5}])
def test_integer_weights_equal_repeated_rows(class_weight, wine, small):
    """Within one minibatch exactly, balanced class weights included."""
    X, y = wine
    y = (y == 0).astype(int)
    weights = np.random.default_rng(0).integers(0, 4, size=len(y))
    params = {"dtype": "float64", "validation_split": 0.0, "batch_size": 1000, "class_weight": class_weight}
    weighted = small(**params).fit(X, y, sample_weight=weights)
    repeated = small(**params).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-8)
    assert weighted.history_["data_loss"][-1] == pytest.approx(repeated.history_["data_loss"][-1], rel=1e-8)


def test_rows_of_weight_zero_are_left_out_of_training_and_hold_out(cancer, small):
    X, y = cancer
    keep = np.random.default_rng(0).random(len(y)) < 0.7
    broken = X.copy()
    broken[~keep] = 1e6
    a = small(batch_size=64).fit(broken, y, sample_weight=keep.astype(float))
    b = small(batch_size=64).fit(X[keep], y[keep])
    np.testing.assert_array_equal(a.coefs_[0], b.coefs_[0])
    np.testing.assert_array_equal(a.history_["val_data_loss"], b.history_["val_data_loss"])


@pytest.mark.sample(1)
@pytest.mark.parametrize("batch_size", [4, 32, 1000])
def test_weights_keep_their_strength_in_small_minibatches(batch_size):
    """An intercept learns the weighted share of positives: 1 in 20 with weight 19 is 1/2."""
    y = np.r_[np.ones(50), np.zeros(950)].astype(int)
    classifier = RidgeMLPClassifier(
        hidden_layer_sizes=(), class_weight="balanced", batch_size=batch_size, optimizer="sgd",
        learning_rate=0.05 if batch_size < 1000 else 2.0, epochs=20, validation_split=0.0, random_state=0,
    )  # fmt: skip
    share = classifier.fit(np.zeros((1000, 1)), y).predict_proba([[0.0]])[0, 1]
    assert share == pytest.approx(0.5, abs=0.07)


def test_balanced_weights_leave_out_a_class_of_weight_zero(wine, small):
    X, y = wine
    a = small(class_weight="balanced").fit(X, y, sample_weight=(y != 2).astype(float))
    assert np.isfinite(a.history_["loss"]).all()
    assert a.predict_proba(X).shape == (178, 3)


@pytest.mark.parametrize("factor", [1.0, 1e-300, 1e300])
def test_the_scale_of_the_weights_does_not_matter(factor, cancer, small):
    X, y = cancer
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    a = small().fit(X, y, sample_weight=weights)
    b = small().fit(X, y, sample_weight=weights * factor)
    np.testing.assert_allclose(a.predict_proba(X), b.predict_proba(X), atol=1e-5)


def test_equal_weights_are_no_weights(cancer, small):
    X, y = cancer
    np.testing.assert_array_equal(
        small().fit(X, y, sample_weight=np.full(len(y), 3.0)).coefs_[0], small().fit(X, y).coefs_[0]
    )


@pytest.mark.parametrize("class_weight", ["balanced", {0: 5.0, 1: 1.0}])
def test_class_weight_multiplies_sample_weight_and_overwrites_nothing(class_weight, cancer, small):
    X, y = cancer
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    before = weights.copy()
    fitted = small(class_weight=class_weight, dtype="float64").fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(weights, before)
    if class_weight == "balanced":
        per_class = np.array([weights.sum() / (2 * weights[y == k].sum()) for k in (0, 1)])
        product = weights * per_class[y]
    else:
        product = weights * compute_sample_weight(class_weight, y)
    expected = small(dtype="float64").fit(X, y, sample_weight=product)
    np.testing.assert_allclose(fitted.coefs_[0], expected.coefs_[0], rtol=1e-9)


def test_class_weight_works_with_string_labels_and_the_hold_out(cancer, small):
    X, y = cancer
    names = np.array(["m", "b"])[y]
    a = small(class_weight={"m": 4.0}).fit(X, names)
    b = small().fit(X, names, sample_weight=np.where(names == "m", 4.0, 1.0))
    np.testing.assert_array_equal(a.coefs_[0], b.coefs_[0])
    np.testing.assert_array_equal(a.history_["val_data_loss"], b.history_["val_data_loss"])


# -- partial_fit ----------------------------------------------------------------------------------


def test_partial_fit_learns_from_chunks_that_lack_classes(wine, small):
    X, y = wine
    order = np.argsort(y, kind="stable")
    classifier = small(learning_rate=0.02, batch_size=16)
    for _ in range(8):
        for chunk in np.array_split(order, 2):
            classifier.partial_fit(X[chunk], y[chunk], classes=[0, 1, 2])
    assert classifier.n_iter_ == 16
    np.testing.assert_array_equal(classifier.classes_, [0, 1, 2])
    assert classifier.score(X, y) > 0.8


@pytest.mark.slow
def test_weighted_partial_fits_add_up_and_keep_their_scale(cancer, small):
    X, y = cancer
    weights = np.where(y == 1, 5.0, 1.0)
    params = {"validation_split": 0.0, "dtype": "float64", "batch_size": 1000, "optimizer": "sgd"}
    whole = small(epochs=2, **params).fit(X, y, sample_weight=weights)
    parts = small(**params)
    for _ in range(2):
        parts.partial_fit(X, y, classes=[0, 1], sample_weight=weights)
    np.testing.assert_allclose(parts.coefs_[0], whole.coefs_[0], rtol=1e-12)
    # a chunk of one class only: its weight is still 5 times that of the other, so its step is
    steps = []
    for weight in (5.0, 1.0):
        chunk = small(**params).partial_fit(X, y, classes=[0, 1])
        before = chunk.intercepts_[-1].copy()
        chunk.partial_fit(X[y == 1], y[y == 1], sample_weight=np.full((y == 1).sum(), weight))
        steps.append(chunk.intercepts_[-1] - before)
    assert steps[0] / steps[1] == pytest.approx(5.0)


def test_an_unweighted_chunk_after_a_weighted_one_weighs_one(cancer, small):
    X, y = cancer
    params = {"validation_split": 0.0, "dtype": "float64", "optimizer": "sgd"}
    a, b = (
        small(**params).partial_fit(X, y, classes=[0, 1], sample_weight=np.full(569, 4.0)) for _ in range(2)
    )
    a.partial_fit(X, y)
    b.partial_fit(X, y, sample_weight=np.ones(569))
    np.testing.assert_array_equal(a.coefs_[0], b.coefs_[0])


def test_partial_fit_takes_class_weights_of_classes_that_a_chunk_lacks(cancer, small):
    X, y = cancer
    classifier = small(class_weight={1: 5.0}).partial_fit(X, y, classes=[0, 1])
    assert classifier.partial_fit(X[y == 0], y[y == 0]).n_iter_ == 2


def test_partial_fit_takes_multilabel_rows_without_classes(multilabel, small):
    classifier = small().partial_fit(*multilabel).partial_fit(*multilabel)
    assert classifier.n_iter_ == 2
    assert classifier.predict(multilabel[0]).shape == (120, 3)


# -- a citizen of scikit-learn --------------------------------------------------------------------


def test_the_fitted_network_does_not_change_with_set_params(cancer, small):
    X, y = cancer
    classifier = small().fit(X, y)
    expected = classifier.predict_proba(X)
    classifier.set_params(
        alpha=9.0,
        hidden_layer_sizes=(3,),
        activation="tanh",
        dtype="float64",
        random_state=5,
        optimizer="sgd",
    )
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    np.testing.assert_allclose(classifier.model_.predict(X, verbose=0)[:, 0], expected[:, 1], atol=1e-6)
    assert classifier.keras_estimator_.get_params()["model__alpha"] == 1e-3
    assert classifier.fit(X, y).coefs_[0].shape == (30, 3)


def test_clone_and_get_params_round_trip():
    params = {
        "alpha": 0.5,
        "hidden_layer_sizes": [4, 3],
        "optimizer": keras.optimizers.SGD,
        "callbacks": [keras.callbacks.TerminateOnNaN()],
        "class_weight": {0: 2.0},
        "random_state": 3,
    }
    copied = clone(RidgeMLPClassifier(**params)).get_params()
    assert {name: copied[name] for name in params if name != "callbacks"} == {
        name: params[name] for name in params if name != "callbacks"
    }
    assert isinstance(copied["callbacks"][0], keras.callbacks.TerminateOnNaN)
    assert copied["callbacks"][0] is not params["callbacks"][0]


def test_an_optimizer_instance_is_never_changed(cancer, small):
    X, y = cancer
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    classifier = small(optimizer=optimizer).fit(X, y)
    again = clone(classifier).fit(X, y)
    assert int(optimizer.iterations) == 0
    assert not optimizer.built
    np.testing.assert_array_equal(classifier.coefs_[0], again.coefs_[0])


def test_nested_parameters_and_searches_in_a_pipeline(cancer, small):
    X, y = cancer
    pipeline = make_pipeline(StandardScaler(), small())
    search = GridSearchCV(pipeline, {"ridgemlpclassifier__alpha": [0.0, 0.1]}, cv=2).fit(X, y)
    assert search.cv_results_["mean_test_score"].shape == (2,)
    assert search.best_estimator_[-1].alpha in (0.0, 0.1)


def test_weights_are_routed_as_metadata(cancer, small):
    X, y = cancer
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = small(epochs=1).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        result = cross_validate(
            make_pipeline(scaler, classifier), X, y, cv=2, params={"sample_weight": weights},
            scoring=get_scorer("accuracy").set_score_request(sample_weight=False),
            return_estimator=True, return_indices=True,
        )  # fmt: skip
    train = result["indices"]["train"][0]
    scaled = StandardScaler().fit_transform(X[train])
    expected = small(epochs=1).fit(scaled, y[train], sample_weight=weights[train])
    np.testing.assert_array_equal(result["estimator"][0][-1].coefs_[0], expected.coefs_[0])


def test_public_names_are_found_by_dir_and_others_are_refused():
    assert {"RidgeMLPClassifier", "build_network"} <= set(dir(sklearn_ridge_nn))
    with pytest.raises(AttributeError, match="no attribute 'Ridge'"):
        sklearn_ridge_nn.Ridge  # noqa: B018


def test_fits_warn_of_nothing(cancer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RidgeMLPClassifier(epochs=1).fit(*cancer).predict(cancer[0])


@pytest.mark.slow
def test_one_hot_rows_warn_once_and_say_how_to_pass_classes(wine, small):
    X, y = wine
    with pytest.warns(UserWarning, match=r"exactly one 1 among 3 columns.*argmax\(axis=1\)") as caught:
        one_hot = small().fit(X, np.eye(3, dtype=int)[y])
    assert len(caught) == 1
    assert one_hot.predict(X).shape == (178, 3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        ours.cross_val_score(small(), X, np.eye(3, dtype=int)[y], cv=3)
    assert len(caught) == 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ours.GridSearchCV(small(), {"alpha": [0.1, 1.0]}, cv=3).fit(X, np.eye(3, dtype=int)[y])
        diagnose(
            small(epochs=4),
            X,
            np.eye(3, dtype=int)[y],
            alphas=[0.1, 1.0],
            cv=2,
            epochs="settled",
            max_epochs=8,
        )
    assert len([warning for warning in caught if "one-hot" in str(warning.message)]) == 2
    with (
        pytest.warns(UserWarning, match="one-hot"),
        pytest.raises(ValueError, match=r"class_weight does not apply.*exactly one 1.*argmax"),
    ):
        small(class_weight="balanced").fit(X, np.eye(3, dtype=int)[y])


@pytest.mark.parametrize(
    "Y",
    [
        np.eye(2, dtype=int)[[0, 1, 0, 1, 1, 0]],  # two columns may be two labels
        np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0]]),
        np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 1], [0, 1, 0]]),
    ],
)
def test_other_indicators_do_not_warn(Y, small):
    small(validation_split=0).fit(np.arange(12.0).reshape(6, 2), Y)


def test_rows_of_a_part_do_not_warn(multilabel, small):
    X, Y = multilabel
    one = Y.sum(axis=1) == 1
    small().partial_fit(X[one], Y[one])
