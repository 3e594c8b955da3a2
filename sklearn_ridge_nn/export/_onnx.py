"""A fitted network with what comes before it as an ONNX model, compared with what it was made of."""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import special
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_ridge_nn._extras import required
from sklearn_ridge_nn._sklearn import is_sampler
from sklearn_ridge_nn.estimators import NetworkClassifier, NetworkRegressor
from sklearn_ridge_nn.preprocessing import CategoryCleaner

#: Rows that the ONNX model is compared on with the estimator.
COMPARED_ROWS = 1000
#: By how much it may differ: of probabilities, and of numbers for each unit of their size and spread.
TOLERANCE = 1e-5
#: Estimators that decide between two labels at a threshold.
_WITH_THRESHOLD = (FixedThresholdClassifier, TunedThresholdClassifierCV)


def to_onnx(estimator: BaseEstimator, X: Any, *, target_opset: int | None = None) -> Any:
    """Convert a fitted estimator to ONNX, to be served without Python or scikit-learn.

    The steps of a Pipeline are converted by skl2onnx, the network by a converter that is registered there.
    Before it is returned, the model is run by onnxruntime on rows of `X` and compared with the estimator.

    Parameters
    ----------
    estimator : estimator object
        A fitted `RidgeMLPClassifier` or `RidgeMLPRegressor`, one that chooses its alpha itself, a Pipeline
        that ends in one, or a search over these (then its ``best_estimator_``). scikit-learn's
        `FixedThresholdClassifier` and `TunedThresholdClassifierCV` may stand around it: then ``"label"`` goes
        by their threshold. Samplers, which only resample training rows, are left out.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Some rows to predict, which say what the model takes. Of an array, it is one input ``"X"`` of float32
        if X is, else of float64. Of a DataFrame, it is one input of shape (n_samples, 1) for each column:
        float64 for numbers and truth values, strings for others, the empty string for a missing one.
    target_opset : int, default=None
        Version of ONNX's operators; None is the newest that skl2onnx knows.

    Returns
    -------
    onnx.ModelProto
        ``model.SerializeToString()`` is what a file holds. Of a classifier, its outputs are ``"label"`` and
        ``"probabilities"``, the columns in the order of ``classes_``; of a regressor ``"variable"``, of shape
        (n_samples, n_outputs). Where a column of X has such a name, the output has a number behind it.

    Raises
    ------
    ImportError
        If skl2onnx or onnxruntime is missing, which the extra ``onnx`` installs.
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If there is no network at its end, X is sparse or has no rows, skl2onnx has no converter for a step,
        or the model predicts otherwise than the estimator.

    Notes
    -----
    The network computes in the type of its input, as ``predict_proba`` does. Where X is float64, so do the
    steps before it. What ``predict`` checks is not checked there: rows with NaN have predictions of NaN, and
    columns of an array are not told apart by name.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ridge_nn import RidgeMLPClassifier, to_onnx
    >>> X, y = load_wine(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0)).fit(X, y)
    >>> model = to_onnx(pipeline, X)
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    """
    required("onnxruntime", "to_onnx", "onnx")
    required("skl2onnx", "to_onnx", "onnx")
    decides, threshold = estimator, _threshold_of(estimator)
    estimator = _without_samplers(_chosen(estimator))
    network = _final_step(estimator)
    if not isinstance(network, (NetworkClassifier, NetworkRegressor)):
        raise ValueError(
            "estimator must be a RidgeMLPClassifier or a RidgeMLPRegressor, or a Pipeline that ends in one. "
            f"Got {estimator!r}. Convert others by skl2onnx.to_onnx."
        )
    check_is_fitted(network)
    X = _some_rows(X)
    model = _converted(_with_empty_strings(_without_cleaning(estimator)), X, target_opset, threshold)
    outputs = _outputs(model, X)
    _compare(outputs[-1], estimator, X)
    if threshold is not None:
        _compare_labels(outputs, decides, X, threshold)
    return model


to_onnx.__module__ = "sklearn_ridge_nn"


# -- what is converted ------------------------------------------------------------------------------


def _chosen(estimator: Any) -> Any:
    """Return what a fitted search has chosen, or what a threshold was put on, or the estimator itself."""
    while (inner := _inner(estimator)) is not None:
        estimator = inner
    return estimator


def _inner(estimator: Any) -> Any:
    """Return what an estimator around a fitted one has inside; None of one that is around nothing."""
    if isinstance(estimator, (NetworkClassifier, NetworkRegressor)):
        return None
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    if isinstance(estimator, _WITH_THRESHOLD):
        return getattr(estimator, "estimator_", estimator.estimator)
    return getattr(estimator, "best_estimator_", None)


def _threshold_of(estimator: Any) -> tuple[int, float] | None:
    """Return the place of a label and from which probability on a row gets it; None without a threshold.

    Of several thresholds inside one another, the outermost decides.
    """
    while not isinstance(estimator, _WITH_THRESHOLD):
        estimator = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else _inner(estimator)
        if estimator is None:
            return None
    check_is_fitted(_chosen(estimator))
    if isinstance(estimator, TunedThresholdClassifierCV):
        check_is_fitted(estimator)
        # whose probability it is for, only the score knows; `_compare` notices if that changes
        value, positive = estimator.best_threshold_, estimator._curve_scorer._get_pos_label()  # noqa: SLF001
    else:
        value, positive = estimator.threshold, estimator.pos_label
    if value == "auto":
        value = 0.5
    elif estimator.response_method == "decision_function":  # the logit
        value = special.expit(value)
    place = 1 if positive is None else int(np.flatnonzero(estimator.classes_ == positive)[0])
    return place, float(value)


def _without_samplers(estimator: Any) -> Any:
    """Return a Pipeline without steps that do nothing to rows to predict; they are not copied."""
    if not isinstance(estimator, Pipeline):
        return estimator
    steps = [(name, step) for name, step in estimator.steps[:-1] if not is_sampler(step)]
    name, last = estimator.steps[-1]
    last = _without_samplers(_chosen(last))
    return Pipeline([*steps, (name, last)])


def _without_cleaning(estimator: Any) -> Any:
    """Return an estimator without steps that clean categories: ONNX has one type and one missing value."""
    if isinstance(estimator, Pipeline):
        steps = [
            (name, _without_cleaning(step))
            for name, step in estimator.steps
            if not isinstance(step, CategoryCleaner)
        ]
        return steps[0][1] if len(steps) == 1 else Pipeline(steps)
    if isinstance(estimator, ColumnTransformer):
        inner = [(name, _without_cleaning(step), columns) for name, step, columns in estimator.transformers_]
        estimator = copy.copy(estimator)
        estimator.transformers_ = inner
    return estimator


def _with_empty_strings(estimator: Any) -> Any:
    """Return an estimator whose encoders know missing text as the empty string, for ONNX has no other."""
    affected = [name for name, step in _leaves(estimator) if any(map(_lacks_some, _categories(step)))]
    if not affected:
        return estimator
    estimator = copy.deepcopy(estimator)
    for name, step in _leaves(estimator):
        if name in affected:
            for known in _categories(step):
                if _lacks_some(known):
                    if (known == "").any():
                        raise ValueError(
                            f"The step {name!r} knows both the empty string and missing values as "
                            "categories, which ONNX cannot tell apart. Replace one of them before the fit."
                        )
                    known[_is_missing(known)] = ""
    return estimator


def _categories(step: Any) -> list[np.ndarray]:
    found = getattr(step, "categories_", None)
    return found if isinstance(found, list) else []


def _lacks_some(known: np.ndarray) -> bool:
    return known.dtype == object and bool(_is_missing(known).any())


def _is_missing(values: np.ndarray) -> np.ndarray:
    """Return which objects are None or NaN, which scikit-learn's encoders keep apart from text."""
    return np.array([value is None or (isinstance(value, float) and np.isnan(value)) for value in values])


def _final_step(estimator: Any) -> Any:
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def _some_rows(X: Any) -> Any:
    """Return the first rows of X: a DataFrame of pandas with text as objects, or an array of floats."""
    if issparse(X):
        raise ValueError("X must be dense, for ONNX models take no sparse rows. Pass X[:100].toarray().")
    if hasattr(X, "columns"):
        X = X.to_pandas() if hasattr(X, "to_pandas") else X
        rows = X.iloc[:COMPARED_ROWS]
    else:
        array = np.asarray(X)
        if array.ndim != 2:
            raise ValueError(f"X must have rows and columns. Got an array of shape {array.shape}.")
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"X must hold numbers, or be a DataFrame if columns hold text. Got an array of {array.dtype}."
            )
        is_single = array.dtype == np.float32
        rows = array[:COMPARED_ROWS].astype(np.float32 if is_single else np.float64)
    if not len(rows):
        raise ValueError(
            "X has no rows. Pass some to predict, for example those that the estimator was fitted on."
        )
    return rows


# -- converting -------------------------------------------------------------------------------------


def _converted(estimator: Any, X: Any, target_opset: int | None, threshold: tuple[int, float] | None) -> Any:
    from skl2onnx import convert_sklearn

    from sklearn_ridge_nn.export._network_converter import convert_imputer, register

    network = _final_step(estimator)
    register(type(network))
    for name, step in _leaves(estimator):
        if not _has_converter(step):
            raise ValueError(
                f"The step {name!r} cannot be converted: skl2onnx has no converter for "
                f"{type(step).__name__}. Register one by skl2onnx.update_registered_converter, or fit a "
                "Pipeline without this step."
            )
    options = {id(network): {"zipmap": False, "threshold": threshold}} if is_classifier(network) else None
    arguments: dict[str, Any] = {
        "initial_types": _input_types(X),
        "target_opset": target_opset,
        "custom_conversion_functions": {SimpleImputer: convert_imputer},
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = convert_sklearn(estimator, options=options, **arguments)
    except Exception as error:
        first_line = str(error).partition("\n")[0]
        raise ValueError(
            f"skl2onnx cannot convert {_first_failing(estimator, arguments)}: {first_line}"
        ) from error
    _name_inputs(model, [name for name, _ in arguments["initial_types"]])
    return model


def _name_inputs(model: Any, names: Sequence[str]) -> None:
    """Give the inputs the names of columns, from which skl2onnx has taken spaces and other signs.

    What else has such a name gets a number behind it.
    """
    graph = model.graph
    inner = {value for node in graph.node for value in node.output} | {
        part.name for part in graph.initializer
    }
    new = {entry.name: name for entry, name in zip(graph.input, names, strict=True)}
    used = {*names, *inner, *new}
    for name in inner & set(names):
        new[name] = next(other for other in (f"{name}_{k}" for k in itertools.count(1)) if other not in used)
        used.add(new[name])
    for value in (*graph.input, *graph.output, *graph.initializer):
        value.name = new.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new.get(name, name) for name in node.output]


def _input_types(X: Any) -> list[tuple[str, Any]]:
    """Return the names and types of a model's inputs for such rows."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    if isinstance(X, np.ndarray):
        kind = FloatTensorType if X.dtype == np.float32 else DoubleTensorType
        return [("X", kind([None, X.shape[1]]))]
    return [
        (str(name), (DoubleTensorType if _is_of_numbers(X[name]) else StringTensorType)([None, 1]))
        for name in X
    ]


def _is_of_numbers(column: Any) -> bool:
    kind = getattr(column.dtype, "kind", "O")
    return kind in "biuf"


def _leaves(estimator: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fitted steps that do something to rows, with their names as ``set_params`` has them."""
    if isinstance(estimator, Pipeline):
        inner: Sequence[tuple[str, Any]] = estimator.steps
    elif isinstance(estimator, ColumnTransformer):
        inner = [(name, step) for name, step, _ in estimator.transformers_]
    elif isinstance(estimator, FeatureUnion):
        inner = estimator.transformer_list
    else:
        yield path, estimator
        return
    for name, step in inner:
        if step is not None and not isinstance(step, str):
            yield from _leaves(step, f"{path}__{name}" if path else name)


def _has_converter(step: Any) -> bool:
    from skl2onnx import get_model_alias

    try:
        get_model_alias(type(step))
    except RuntimeError:
        return False
    return True


def _first_failing(estimator: Any, arguments: dict[str, Any]) -> str:
    """Return which step of a Pipeline is the first that cannot be converted after those before it."""
    from skl2onnx import convert_sklearn

    if not isinstance(estimator, Pipeline):
        return type(estimator).__name__
    for end, (name, step) in enumerate(estimator.steps[:-1], start=1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                convert_sklearn(Pipeline(estimator.steps[:end]), **arguments)
        except Exception:  # whatever it is, it is the first one
            return f"the step {name!r}, a {type(step).__name__}"
    name, step = estimator.steps[-1]
    return f"the step {name!r}, a {type(step).__name__}"


# -- comparing --------------------------------------------------------------------------------------


def _outputs(model: Any, X: Any) -> list[np.ndarray]:
    """Return what a model makes of rows.

    Raises
    ------
    ValueError
        If onnxruntime cannot run it.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return list(session.run(None, _inputs(X)))
    except Exception as error:  # its own classes have no base but Exception
        first_line = str(error).partition("\n")[0]
        raise ValueError(
            f"onnxruntime cannot run what skl2onnx makes of the steps for such columns: {first_line}"
        ) from error


def _compare(got: np.ndarray, estimator: Any, X: Any) -> None:
    """Raise if a model predicts otherwise than what it was made of."""
    if is_classifier(estimator):
        expected = estimator.predict_proba(X)
        allowed = TOLERANCE
    else:
        expected = estimator.predict(X).reshape(len(X), -1)
        allowed = TOLERANCE * (np.abs(expected) + _final_step(estimator).target_scale_)
    excess = np.abs(expected - got) / allowed
    if not (excess <= 1).all():
        row = int(np.nanargmax(np.where(np.isnan(excess), np.inf, excess).max(axis=1)))
        raise ValueError(
            "The ONNX model predicts otherwise than the estimator: for row "
            f"{row} of X {got[row].tolist()}, and not {expected[row].tolist()}. {_HINT}"
        )


def _compare_labels(
    outputs: Sequence[np.ndarray], decides: Any, X: Any, threshold: tuple[int, float]
) -> None:
    """Raise if a model has other labels than an estimator with a threshold, rows at the threshold aside."""
    label, probabilities = outputs
    expected, (place, value) = decides.predict(X), threshold
    is_clear = np.abs(probabilities[:, place] - value) > TOLERANCE
    wrong = np.flatnonzero(is_clear & (label != expected))
    if len(wrong):
        raise ValueError(
            "The ONNX model decides otherwise than the estimator: for row "
            f"{wrong[0]} of X {label[wrong[0]]!r}, and not {expected[wrong[0]]!r}."
        )


_HINT = (
    "Where X is float32, columns far from 0 lose digits before they are scaled: pass float64. Else a "
    "converter of skl2onnx differs for such rows, for example with missing categories."
)


def _inputs(X: Any) -> dict[str, np.ndarray]:
    """Return what a session is given for rows, by the names of its inputs."""
    if isinstance(X, np.ndarray):
        return {"X": X}
    return {str(name): _column(X[name])[:, None] for name in X}


def _column(column: Any) -> np.ndarray:
    """Return a column of a DataFrame as a session takes it."""
    if _is_of_numbers(column):
        return column.to_numpy(dtype=np.float64)
    values = column.astype(object).to_numpy(copy=True)
    values[column.isna().to_numpy()] = ""
    return values.astype(str).astype(object)
