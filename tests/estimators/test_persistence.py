"""A fitted estimator is plain arrays: it travels without Keras and wakes up without TensorFlow."""

import copy
import io
import pickle
import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

OURS = ["sklearn_ridge_nn.RidgeMLPClassifier"]


def through_joblib(classifier):
    file = io.BytesIO()
    joblib.dump(classifier, file)
    return joblib.load(file)


ROUTES = {
    "pickle": lambda classifier: pickle.loads(pickle.dumps(classifier)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "skops": lambda classifier: skops.io.loads(skops.io.dumps(classifier), trusted=OURS),
}


@pytest.fixture
def fitted(small):
    def fit(X, y, **params):
        classifier = small(**params).fit(X, y)
        assert classifier.model_ is not None  # a Keras model was made, and must not travel
        return classifier

    return fit


@pytest.mark.sample(2)
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_a_copy_predicts_the_same_bits(kind, route, cancer, wine, multilabel, fitted):
    X, y = {"binary": cancer, "multiclass": wine, "multilabel": multilabel}[kind]
    labels = y if kind == "multilabel" else np.array(["a", "b", "c"], dtype=object)[y]
    classifier = fitted(X, labels, early_stopping=True, class_weight=None, random_state=0)
    twin = ROUTES[route](classifier)
    np.testing.assert_array_equal(twin.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(twin.predict(X), classifier.predict(X))
    assert twin.predict(X).dtype == classifier.predict(X).dtype
    assert twin.best_epoch_ == classifier.best_epoch_
    np.testing.assert_allclose(
        twin.model_.predict(X, verbose=0), classifier.model_.predict(X, verbose=0), atol=1e-6
    )


@pytest.mark.parametrize("route", ROUTES)
def test_a_copy_continues_training_as_the_original(route, cancer, fitted):
    X, y = cancer
    classifier = fitted(X, y)
    twin = ROUTES[route](classifier)
    np.testing.assert_array_equal(twin.partial_fit(X, y).coefs_[0], classifier.partial_fit(X, y).coefs_[0])


def test_skops_needs_only_this_class_to_be_trusted(cancer, fitted):
    X, y = cancer
    pipeline = make_pipeline(
        StandardScaler(), fitted(X, y, class_weight={0: 2.0}, hidden_layer_sizes=[4])
    ).fit(X, y)
    assert skops.io.get_untrusted_types(data=skops.io.dumps(pipeline)) == OURS


def test_keras_objects_are_not_pickled(cancer, fitted):
    X, y = cancer
    classifier = fitted(X, y)
    assert len(pickle.dumps(classifier)) < 20_000
    assert b"keras.src" not in pickle.dumps(classifier)
    assert not hasattr(
        pickle.loads(pickle.dumps(fitted(X, y, callbacks=[keras.callbacks.History()]))), "callbacks_"
    )


@pytest.mark.slow
def test_optimizer_instances_and_schedules_travel(cancer, fitted):
    X, y = cancer
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    for params in ({"optimizer": keras.optimizers.SGD(0.1)}, {"learning_rate": schedule}):
        classifier = fitted(X, y, **params)
        twin = pickle.loads(pickle.dumps(classifier))
        np.testing.assert_array_equal(twin.fit(X, y).coefs_[0], classifier.fit(X, y).coefs_[0])


def test_the_model_of_a_copy_is_the_fitted_one_whatever_set_params_said(cancer, fitted):
    X, y = cancer
    classifier = fitted(X, y, learning_rate=0.01).set_params(optimizer="sgd", learning_rate=0.5, alpha=9.0)
    twin = pickle.loads(pickle.dumps(classifier))
    assert type(twin.model_.optimizer).__name__ == "Adam"
    assert float(twin.model_.optimizer.learning_rate) == pytest.approx(0.01)
    np.testing.assert_allclose(
        twin.model_.predict(X, verbose=0)[:, 0], twin.predict_proba(X)[:, 1], atol=1e-6
    )


def test_keras_objects_leave_with_their_parameters(cancer, fitted):
    """To serve without TensorFlow what was trained with a schedule, set the parameter back."""
    X, y = cancer
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    classifier = fitted(X, y, learning_rate=schedule, callbacks=[keras.callbacks.History()])
    classifier.set_params(learning_rate=1e-3, callbacks=None)
    assert b"keras.src" not in pickle.dumps(classifier)
    assert skops.io.get_untrusted_types(data=skops.io.dumps(classifier)) == OURS


def run(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("route", ["pickle", "skops"])
def test_loading_predicting_and_showing_do_not_import_tensorflow(route, tmp_path, cancer, fitted):
    X, y = cancer
    classifier = make_pipeline(StandardScaler(), fitted(X, y)).fit(X, y)
    classifier[-1].model_  # noqa: B018
    file = tmp_path / "model"
    file.write_bytes(pickle.dumps(classifier) if route == "pickle" else skops.io.dumps(classifier))
    np.save(tmp_path / "X.npy", X)
    load = {
        "pickle": "import pickle; model = pickle.loads(open(file, 'rb').read())",
        "skops": f"import skops.io; model = skops.io.load(file, trusted={OURS})",
    }[route]
    run(
        f"""
import copy, sys
import numpy as np
file, data, truth = sys.argv[1:]
{load}
X = np.load(data)
model.predict(X), model.predict_log_proba(X), model.decision_function(X), copy.deepcopy(model)
np.save(truth, model.predict_proba(X))
model._repr_html_()
heavy = {{"tensorflow", "keras", "scikeras"}} & set(sys.modules)
assert not heavy, heavy
""",
        str(file),
        str(tmp_path / "X.npy"),
        str(tmp_path / "truth.npy"),
    )
    np.testing.assert_array_equal(np.load(tmp_path / "truth.npy"), classifier.predict_proba(X))


def test_importing_building_cloning_and_refusing_do_not_import_tensorflow():
    run("""
import sys
import sklearn_ridge_nn
assert "sklearn" not in sys.modules
from sklearn.base import clone
from sklearn_ridge_nn import RidgeMLPClassifier
classifier = clone(RidgeMLPClassifier(alpha=0.1))
classifier._repr_html_(), repr(classifier), classifier.get_params()
for bad in (dict(alpha=-1), dict(epochs=0), dict()):
    try:
        clone(classifier).set_params(**bad).fit([[float("nan")]], [0])
    except ValueError:
        pass
    else:
        raise AssertionError(bad)
heavy = {"tensorflow", "keras", "scikeras", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
""")
