"""Odd rows, labels, weights and parameters, at random: what comes of it is whole, or refused by its name.

``make attack`` tries many thousand cases and prints its seed; as a part of ``make test`` it tries a few
dozen, always the same ones. Broken are: any exception but `ValueError` and `TypeError`, a message that names
no argument or speaks of the inside, a result of a wrong shape or that is not finite, and an argument or a
global setting that is not as it was.
"""

import copy
import os
import re
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse
from sklearn.base import clone, is_classifier

from sklearn_ridge_nn import (
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    RidgeMLPRegressor,
    RidgeMLPRegressorCV,
    diagnose,
)
from sklearn_ridge_nn.model_selection import GridSearchCV, cross_val_predict
from sklearn_ridge_nn.model_selection._shared import failed_fits

attacked = settings.get_profile("attack")

#: A message names one of these.
ARGUMENTS = re.compile(
    r"\b(X|y|sample_weight|class_weight|classes|alphas?|hidden_layer_sizes|activation|dropout|optimizer|epochs|"
    r"learning_rate|batch_size|validation_split|early_stopping|patience|dtype|random_state|verbose|warm_start|"
    r"quantile|loss|scale_target|n_seeds|level|margin|remedies|groups|partitions|array-like|penalize_output|callbacks|cv|n_splits|n_samples|samples?|features?|labels?|"
    r"label type|data|array|selection|scoring|max_epochs|param_grid|split|splits|rows?)\b",
    re.IGNORECASE,
)
#: What Python, NumPy and pandas say where nobody looked before.
INSIDE = re.compile(
    r"ufunc|object is not|has no attribute|broadcast|unsupported operand|not supported between|out of bounds|"
    r"ambiguous|list index|cannot unpack|Traceback|local variable|not subscriptable|"
    r"Shapes? mismatch|Graph execution"
)
#: Parameters and values that are right, and such that are not.
PARAMETERS = {
    "alpha": [
        0,
        0.01,
        1.0,
        1e30,
        2**64,
        10**400,
        -1,
        np.nan,
        np.inf,
        None,
        "0.1",
        [0.1],
        True,
        np.float32(0.1),
    ],
    "hidden_layer_sizes": [(4,), (), 4, (4, 4), [], (0,), (-1,), (2.5,), "4", None, (4, None), 10**13, {4}],
    "activation": ["relu", "tanh", "identity", "softmax", 3, None, "RELU"],
    "dropout": [0, 0.3, 1, -0.1, 0.999999, np.nan, None, "x"],
    "optimizer": ["adam", "sgd", "nothing", None, 5, keras.optimizers.SGD(0.1), keras.optimizers.Adam],
    "learning_rate": [0.01, 1e-12, 1e30, 10**400, 0, -1, np.nan, None, "fast"],
    "epochs": [1, 2, 0, -1, 1.5, None, "auto ", 10**20, True],
    "batch_size": [8, 1, 10**9, 0, 2.5, None],
    "validation_split": [0.0, 0.1, 0.5, 0.99, 1.0, -0.1, np.nan, None],
    "early_stopping": [False, True, None, "yes", 1],
    "patience": [0, 1, 10**20, -1, None],
    "dtype": ["float32", "float64", "float16", None],
    "random_state": [0, None, 2**32 - 1, 2**32, -1, "x", np.random.RandomState(0)],
    "verbose": [0, False, -1, None, "x"],
    "warm_start": [False, True, None],
    "penalize_output": [False, True, 2],
}
OF_CLASSES = {
    "class_weight": [None, "balanced", "x", {0: 1}, {0: -1}, {0: np.nan}, {"no": 1}, 5, {}, {0: 10**400}]
}
OF_NUMBERS = {
    "loss": ["squared_error", "absolute_error", "huber", "poisson", "quantile", "mse", None],
    "quantile": [0.5, 0.9, 0, 1, np.nan, None],
    "scale_target": [True, False, None],
}
QUICK = {"hidden_layer_sizes": (4,), "epochs": 2, "batch_size": 8, "random_state": 0}


@st.composite
def estimators(draw, kind):
    """An estimator of a kind, with up to three odd parameters."""
    known = PARAMETERS | (OF_CLASSES if is_classifier(kind()) else OF_NUMBERS)
    names = draw(st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True))
    return kind(**{**QUICK, **{name: draw(st.sampled_from(known[name])) for name in names}})


@st.composite
def rows(draw, n=None):
    """An X: mostly of numbers, of some container, with something odd in it now and then."""
    n = draw(st.sampled_from([1, 2, 7, 24, 24, 24])) if n is None else n
    values = np.random.default_rng(draw(st.integers(0, 5))).normal(size=(n, draw(st.sampled_from([1, 3]))))
    odd = draw(st.sampled_from([None] * 8 + ["nan", "inf", "huge", "same", "tiny", "large", "empty", "none"]))
    if odd in ("nan", "inf", "huge", "large"):
        values[n // 2, 0] = {"nan": np.nan, "inf": np.inf, "huge": 1e300, "large": 1e20}[odd]
    if odd in ("same", "tiny"):
        values[:] = 1.0 if odd == "same" else 1e-310
    values = values[:0] if odd == "empty" else values[:, :0] if odd == "none" else values
    container = draw(
        st.sampled_from(
            ["array"] * 6
            + [
                "list",
                "float32",
                "int",
                "bool",
                "object",
                "frame",
                "categories",
                "dates",
                "words",
                "csr",
                "csc",
            ]
            + ["fortran", "vector", "cube", "None", "text", "matrix"]
        )
    )
    frame = pd.DataFrame(values, columns=[f"x{number}" for number in range(values.shape[1])])
    makers = {
        "list": values.tolist,
        "float32": lambda: values.astype(np.float32),
        "int": lambda: np.nan_to_num(np.clip(values, -9, 9)).astype(int),
        "bool": lambda: values > 0,
        "object": lambda: values.astype(object),
        "frame": lambda: frame,
        "categories": lambda: frame.round(0).astype("category"),
        "dates": lambda: frame.assign(x0=pd.date_range("2020", periods=len(frame))),
        "words": lambda: frame.assign(x0="word"),
        "csr": lambda: sparse.csr_array(values),
        "csc": lambda: sparse.csc_matrix(values),
        "fortran": lambda: np.asfortranarray(values),
        "vector": lambda: values[:, 0] if values.shape[1] else values,
        "cube": lambda: values[:, :, None],
        "None": lambda: None,
        "text": lambda: "text",
        "matrix": lambda: values[::-1][:, ::-1],
    }
    with np.errstate(over="ignore"):  # 1e300 is infinite in float32
        return makers.get(container, lambda: values)()


@st.composite
def targets(draw, n, of_classes):
    """A y, mostly of the estimator's kind."""
    rng = np.random.default_rng(draw(st.integers(0, 5)))
    labels, numbers = rng.integers(0, 3, n), rng.normal(size=n)
    usual = {
        "binary": labels > 0, "classes": labels, "words": np.array(["no", "yes", "may be"])[labels],
        "labels": rng.integers(0, 2, (n, 3)), "series": pd.Series(labels),
        "category": pd.Series(labels).astype("category"), "numbers": numbers, "two": rng.normal(size=(n, 2)),
        "counts": labels + 0.0, "column": numbers[:, None],
    }  # fmt: skip
    odd = {
        "one": np.zeros(n), "rare": np.arange(n) == 0, "missing": np.where(labels == 0, np.nan, labels),
        "infinite": np.where(labels == 0, np.inf, numbers), "huge": numbers * 1e200, "none": None,
        "short": labels[:-1], "objects": labels.astype(object), "strange": [object()] * n,
        "mixed": np.array([*labels[:-1], "x"], dtype=object), "dates": np.arange(n).astype("M8[D]"),
        "frame": pd.DataFrame({"a": labels, "b": labels}), "sparse": sparse.csr_array(labels[:, None]),
        "cube": np.zeros((n, 1, 1)), "bytes": np.array([b"a", b"b", b"c"])[labels], "big": [10**400] * n,
        "negative": -labels - 0.5,
    }  # fmt: skip
    mine = (
        ["binary", "classes", "words", "labels", "series", "category"]
        if of_classes
        else ["numbers", "two", "counts", "column"]
    )
    kind = draw(st.sampled_from(mine * 4 + sorted(set(usual) | set(odd))))
    return (usual | odd)[kind]


@st.composite
def weights(draw, n):
    """A sample_weight, mostly none."""
    kinds = {
        "ones": np.ones(n), "zeros": np.zeros(n), "some": np.arange(n) % 2, "huge": np.full(n, 1e300),
        "negative": -np.ones(n), "missing": np.full(n, np.nan), "short": np.ones(max(n - 1, 0)),
        "words": ["x"] * n, "column": np.ones((n, 1)), "number": 2.0, "tiny": np.full(n, 1e-300),
        "large": [10**400] * n,
    }  # fmt: skip
    return kinds.get(draw(st.sampled_from([None] * 12 + sorted(kinds))))


def state():
    """What no call may change for others."""
    return (
        repr(np.random.get_state()), keras.config.floatx(), keras.config.backend(), np.geterr(),  # noqa: NPY002
        list(warnings.filters), dict(os.environ),
    )  # fmt: skip


def copied(value):
    """A copy to compare with, of what a caller passed."""
    return copy.deepcopy(value)


def is_same(one, other):
    if sparse.issparse(one):
        return one.format == other.format and np.array_equal(one.toarray(), other.toarray(), equal_nan=True)
    if isinstance(one, (pd.DataFrame, pd.Series)):
        return one.equals(other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and repr(one.tolist()) == repr(other.tolist())
    return repr(type(one)) == repr(type(other)) and (isinstance(one, list) or repr(one) == repr(other))


def attempt(call, *arguments):
    """Return what a call returns, or None if it refuses its arguments as it should."""
    before, then = [copied(argument) for argument in arguments], state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        filters = list(warnings.filters)
        try:
            result = call()
        except (ValueError, TypeError) as error:
            said = failed_fits(str(error)) or str(error)
            assert ARGUMENTS.search(said), f"names no argument: {said}"
            assert not INSIDE.search(said), f"speaks of the inside: {said}"
            result = None
        assert list(warnings.filters) == filters
    assert state() == then
    for argument, unchanged in zip(arguments, before, strict=True):
        assert is_same(argument, unchanged), "an argument was changed"
    return result


def number_of_rows(X):
    shape = getattr(X, "shape", None)
    return shape[0] if shape else len(X) if isinstance(X, list) else 5


def check_predictions(fitted, X):
    """Check predictions for rows like those that it was fitted on: their shape, and that they are finite."""
    predicted = fitted.predict(X)
    assert len(predicted) == number_of_rows(X)
    if is_classifier(fitted):
        probabilities = fitted.predict_proba(X)
        assert np.isfinite(probabilities).all()
        assert probabilities.shape[0] == number_of_rows(X)
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
        if predicted.ndim == 1:
            np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
            assert set(predicted) <= set(fitted.classes_)
    else:
        assert np.isfinite(predicted).all()
    for values in fitted.history_.values():
        assert len(values) == fitted.n_epochs_ if hasattr(fitted, "n_epochs_") else len(values) >= 1


@pytest.fixture(autouse=True, scope="module")
def used_before():
    """TensorFlow is set up at its first use in a process, for which flags stand in the environment."""
    RidgeMLPClassifier(epochs=1).fit(np.eye(6), [0, 1] * 3)


KINDS = [RidgeMLPClassifier, RidgeMLPRegressor]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@attacked
def test_fit_and_predict(kind, data):
    X = data.draw(rows())
    n = number_of_rows(X)
    y, weight = data.draw(targets(n, is_classifier(kind()))), data.draw(weights(n))
    estimator = data.draw(estimators(kind))
    parameters = copied({name: repr(value) for name, value in estimator.get_params().items()})
    fitted = attempt(lambda: estimator.fit(X, y, sample_weight=weight), X, y, weight)
    if "RandomState" not in parameters["random_state"]:
        assert {name: repr(value) for name, value in estimator.get_params().items()} == parameters
    if fitted is None:
        assert not hasattr(estimator, "coefs_")
        return
    check_predictions(fitted, X)
    attempt(lambda: fitted.partial_fit(X, y, sample_weight=weight), X, y, weight)
    other = data.draw(rows())
    answer = attempt(lambda: fitted.predict(other), other)
    if answer is not None:
        assert len(answer) == number_of_rows(other)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@attacked
def test_searches(kind, data):
    X = data.draw(rows(n=24))
    n = number_of_rows(X)
    y = data.draw(targets(n, is_classifier(kind())))
    estimator = data.draw(estimators(kind))
    cv = data.draw(
        st.sampled_from(
            [
                2,
                3,
                1,
                0,
                30,
                None,
                "x",
                [],
                *[[([0, 1], [2])], [(list(range(12)), list(range(12, 24)))]] * (n == 24),
            ]
        )
    )
    alphas = data.draw(st.sampled_from([[0.1], [0.1, 1.0], [], [None], [-1.0], 0.1, [0.1, "x"], [1e38, 0.1]]))
    search = GridSearchCV(clone(estimator), {"alpha": alphas}, cv=cv)
    fitted = attempt(lambda: search.fit(X, y), X, y)
    if fitted is not None:
        check_predictions(fitted.best_estimator_, X)
    attempt(lambda: cross_val_predict(clone(estimator), X, y, cv=cv), X, y)
    family = RidgeMLPClassifierCV if is_classifier(estimator) else RidgeMLPRegressorCV
    parameters = {
        name: value for name, value in estimator.get_params().items() if name not in ("alpha", "callbacks")
    }
    chosen = family(alphas, cv=cv, **parameters)
    if attempt(lambda: chosen.fit(X, y), X, y) is not None:
        check_predictions(chosen, X)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@attacked
def test_diagnoses(kind, data):
    X = data.draw(rows(n=24))
    n = number_of_rows(X)
    y, weight = data.draw(targets(n, is_classifier(kind()))), data.draw(weights(n))
    estimator = data.draw(estimators(kind))
    options = {
        "alphas": [[0.01, 1.0], None, [1.0, 0.01], [0.1], [0.1, 10**400], "x", [0.1, np.nan], [0.1, 1e38]],
        "cv": [2, 3, 1, None, 50, "x", [([0, 1], [2])]],
        "n_seeds": [1, 2, 0, None, 1.5],
        "epochs": [None, 2, 0, "settled", "auto", 10**20],
        "max_epochs": [None, 4, 0],
        "scoring": [None, "accuracy", "r2", "nothing", 5],
        "remedies": [False, ["dropout 0.5"], ["nothing"], 5],
        "level": [0.05, 0, 1, np.nan],
        "margin": [0.01, -1, np.inf],
        "groups": [None, np.arange(n) % 3, [1]],
        "verbose": [0, None],
    }
    chosen = {"alphas": [0.01, 1.0], "cv": 2, "remedies": False}
    for name in data.draw(st.lists(st.sampled_from(sorted(options)), max_size=2, unique=True)):
        chosen[name] = data.draw(st.sampled_from(options[name]))
    if chosen["alphas"] is None:
        chosen["cv"] = 2
    params = None if weight is None else {"sample_weight": weight}
    diagnosis = attempt(lambda: diagnose(estimator, X, y, params=params, **chosen), X, y, weight)
    if diagnosis is None:
        return
    assert set(diagnosis.verdicts) <= {"underfit", "good", "overfit", "undetermined"}
    assert diagnosis.test_loss.shape[0] == len(diagnosis.alphas)
    assert str(diagnosis)
    assert diagnosis.to_html().startswith("<!DOCTYPE html>")
    assert diagnosis.to_dict()
