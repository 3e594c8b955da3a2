"""Bad parameters and bad data: scikit-learn's errors, which name what is wrong and the way out."""

from typing import get_args

import keras
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.estimators import Activation, LossOfNumbers, Precision
from sklearn_ridge_nn.network import ACTIVATIONS, NUMBER_LOSSES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", -1e-3),
        ("alpha", float("nan")),
        ("alpha", float("inf")),
        ("alpha", "0.1"),
        ("alpha", None),
        ("hidden_layer_sizes", (8, 0)),
        ("hidden_layer_sizes", 0),
        ("hidden_layer_sizes", (8, -1)),
        ("hidden_layer_sizes", (8, 2.5)),
        ("hidden_layer_sizes", (True,)),
        ("hidden_layer_sizes", "88"),
        ("hidden_layer_sizes", ((8, 4), (2, 1))),
        ("hidden_layer_sizes", None),
        ("hidden_layer_sizes", {8: 1}),
        ("activation", "logistic"),
        ("activation", None),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("optimizer", "adamm"),
        ("optimizer", "lbfgs"),
        ("optimizer", None),
        ("optimizer", keras.optimizers.Optimizer),
        ("optimizer", keras.optimizers.LossScaleOptimizer),
        ("optimizer", int),
        ("optimizer", keras.layers.Dense(1)),
        ("learning_rate", 0.0),
        ("learning_rate", -1.0),
        ("learning_rate", "constant"),
        ("learning_rate", keras.initializers.Zeros()),
        ("epochs", 0),
        ("epochs", 1.5),
        ("batch_size", 0),
        ("batch_size", "auto"),
        ("validation_split", 1.0),
        ("validation_split", -0.1),
        ("early_stopping", "yes"),
        ("patience", -1),
        ("class_weight", "balance"),
        ("class_weight", [1, 2]),
        ("warm_start", None),
        ("callbacks", "history"),
        ("callbacks", [1]),
        ("callbacks", [keras.callbacks.BackupAndRestore("backup")]),
        ("callbacks", [keras.callbacks.BackupAndRestore]),
        ("callbacks", [keras.optimizers.SGD]),
        ("dtype", "float16"),
        ("dtype", np.float32),
        ("random_state", -1),
        ("random_state", "seed"),
        ("verbose", -1),
    ],
)
def test_a_wrong_value_names_its_parameter(name, value, cancer):
    with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of RidgeMLPClassifier must be"):
        RidgeMLPClassifier(**{name: value}).fit(*cancer)


class OwnSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that Keras does not know by name."""

    def __call__(self, step):
        return 0.1

    def get_config(self):
        return {}


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "params",
    [
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": []},
        {"hidden_layer_sizes": 4},
        {"hidden_layer_sizes": np.array([4, 3])},
        {"hidden_layer_sizes": np.array(4)},
        {"alpha": 0},
        {"learning_rate": 1, "optimizer": "sgd"},
        {"learning_rate": np.float32(0.01)},
        {"learning_rate": 1, "optimizer": keras.optimizers.SGD},
        {"validation_split": 1e-12, "early_stopping": True},
        {"optimizer": keras.optimizers.SGD(OwnSchedule())},
        {"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))},
        {"alpha": np.float32(0.1)},
        {"dropout": 0.5},
        {"optimizer": "Adam"},
        {"optimizer": "RMSprop"},
        {"optimizer": keras.optimizers.SGD},
        {"optimizer": keras.optimizers.SGD(0.1)},
        {"learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 100)},
        {"class_weight": {0: 1.0, 1: 2.0}},
        {"random_state": np.random.RandomState(0)},
        {"random_state": 2**32 - 1},
        {"verbose": False},
        {"callbacks": ()},
    ],
)
def test_a_right_value_trains(params, cancer):
    given = {"hidden_layer_sizes": (4,), "epochs": 1, "random_state": 0, **params}
    classifier = RidgeMLPClassifier(**given).fit(*cancer)
    assert classifier.score(*cancer) > 0.1


def test_early_stopping_needs_a_hold_out(cancer):
    with pytest.raises(ValueError, match=r"early_stopping=True needs a hold-out.*Set validation_split"):
        RidgeMLPClassifier(early_stopping=True, validation_split=0).fit(*cancer)


def test_a_learning_rate_that_an_optimizer_instance_would_ignore_is_refused(cancer):
    classifier = RidgeMLPClassifier(optimizer=keras.optimizers.Adam(0.01), learning_rate=0.1)
    with pytest.raises(ValueError, match=r"learning_rate=0\.1 would have no effect.*class or name"):
        classifier.fit(*cancer)


def test_an_optimizer_setting_that_a_fit_would_lose_is_refused(cancer):
    excluding = keras.optimizers.AdamW(0.01)
    excluding.exclude_from_weight_decay(var_names=["bias"])
    with pytest.raises(ValueError, match=r"optimizer=.* cannot be used as it is: exclude_from_weight"):
        RidgeMLPClassifier(optimizer=excluding).fit(*cancer)


def test_a_class_that_would_not_stay_in_training_is_refused(cancer):
    with pytest.raises(ValueError, match=r"validation_split=0\.6 .*set validation_split=0"):
        RidgeMLPClassifier(validation_split=0.6).fit(cancer[0][:5], [0, 0, 1, 1, 2])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("is_sparse", [False, True])
def test_nan_and_infinity_in_x_are_refused(bad, is_sparse, cancer, small):
    X, y = cancer
    broken = X.copy()
    broken[3, 4] = bad
    message = "Input X contains " + ("NaN" if np.isnan(bad) else "infinity")
    fitted = small(epochs=1).fit(X, y)
    broken = csr_array(broken) if is_sparse else broken
    with pytest.raises(ValueError, match=message):
        small().fit(broken, y)
    with pytest.raises(ValueError, match=message):
        fitted.predict(broken)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_values_beyond_float32_are_refused_before_training(is_sparse, cancer, small):
    X, y = cancer
    X = X.copy()
    X[0, 0] = -1e39
    X = csr_array(X) if is_sparse else X
    with pytest.raises(ValueError, match=r"too large for dtype\('float32'\).*dtype='float64'"):
        small().fit(X, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(569), "only one class"),
        (np.linspace(0, 1, 569), "Unknown label type: continuous"),
        (np.zeros(568), "inconsistent numbers of samples"),
        (np.r_[np.nan, np.ones(568)], "Input y contains NaN"),
        (np.arange(569 * 2).reshape(-1, 2) % 3, "multiclass-multioutput"),
        (np.arange(569 * 2).reshape(-1, 2) % 2 * 2 - 1, "indicator matrix of 0 and 1"),
    ],
    ids=["one class", "continuous", "length", "nan", "multioutput", "minus one"],
)
def test_bad_labels_are_refused(y, message, cancer, small):
    with pytest.raises(ValueError, match=message):
        small().fit(cancer[0], y)


def test_a_wrong_number_of_features_is_refused(cancer, small):
    X, y = cancer
    classifier = small(epochs=1).fit(X, y)
    with pytest.raises(
        ValueError, match="X has 29 features, but RidgeMLPClassifier is expecting 30 features"
    ):
        classifier.predict_proba(X[:, 1:])
    with pytest.raises(ValueError, match="X has 29 features"):
        classifier.partial_fit(X[:, 1:], y)


def test_bad_weights_are_refused(cancer, small):
    X, y = cancer
    for weights, message in [
        (np.zeros(569), "zero"),
        (np.full(569, -1.0), "[Nn]egative"),
        (np.ones(568), "sample_weight.shape"),
        (np.full(569, np.nan), "NaN"),
        ((y == 1).astype(float), "only one class"),
    ]:
        with pytest.raises(ValueError, match=message):
            small().fit(X, y, sample_weight=weights)
    with pytest.raises(ValueError, match="zero"):
        small(class_weight={0: 0, 1: 0}).fit(X, y)
    for class_weight in ({0: -1, 1: 2}, {0: -2, 1: -1}, {0: np.nan, 1: 2}, {0: np.inf}):
        with pytest.raises(ValueError, match="class_weight must hold finite weights >= 0"):
            small(class_weight=class_weight).fit(X, y)


def test_partial_fit_says_what_it_cannot_do(cancer, multilabel, small):
    X, y = cancer
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        small().partial_fit(X, y)
    with pytest.raises(ValueError, match="does not support early_stopping=True"):
        small(early_stopping=True).partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="does not support class_weight='balanced'"):
        small(class_weight="balanced").partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"labels .* not among the classes"):
        small().partial_fit(X, y, classes=[0, 2])
    with pytest.raises(ValueError, match="classes of the last fit"):
        small().partial_fit(X, y, classes=[0, 1]).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="classes of the last fit"):
        small().partial_fit(*multilabel).partial_fit(multilabel[0], multilabel[1][:, :2])
    with pytest.raises(ValueError, match=r"classes of this multilabel y are \[0 1 2\]"):
        small().partial_fit(*multilabel, classes=[5, 6, 7])


def test_class_weights_of_a_multilabel_y_are_refused(multilabel, small):
    with pytest.raises(ValueError, match="class_weight does not apply to a multilabel y"):
        small(class_weight="balanced").fit(*multilabel)


@pytest.mark.parametrize("was_fitted", [False, True])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_fit_that_fails_leaves_the_estimator_as_it_was(was_fitted, error, cancer, small):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise error("stop")

    X, y = cancer
    classifier = small(epochs=1)
    if was_fitted:
        classifier.fit(X, y)
        expected = classifier.predict_proba(X)
    before = set(vars(classifier))
    with pytest.raises(error):
        classifier.set_params(callbacks=[Interrupt()]).fit(X[:, :20], y)
    assert set(vars(classifier)) == before
    if was_fitted:
        np.testing.assert_array_equal(classifier.predict_proba(X), expected)


@pytest.mark.parametrize(
    ("words", "values"),
    [(Activation, ACTIVATIONS), (LossOfNumbers, NUMBER_LOSSES), (Precision, ("float32", "float64"))],
)
def test_type_checkers_see_the_words_that_are_taken(words, values):
    assert get_args(words) == tuple(values)
