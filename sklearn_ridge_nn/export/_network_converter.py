"""The network as ONNX operators: what skl2onnx calls to convert it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from skl2onnx.operator_converters.imputer_op import convert_sklearn_imputer
from skl2onnx.proto import onnx_proto

from sklearn_ridge_nn.estimators import NetworkClassifier, fitted_architecture
from sklearn_ridge_nn.network import LEAKY_SLOPE, NUMBER_LOSSES, SELU_ALPHA, SELU_SCALE, SQRT_HALF

_TENSOR = onnx_proto.TensorProto
_ONNX_TYPES = {np.dtype(np.float32): _TENSOR.FLOAT, np.dtype(np.float64): _TENSOR.DOUBLE}


def register(kind: type) -> None:
    """Have skl2onnx convert estimators of a class, a network of ours."""
    is_classifier = issubclass(kind, NetworkClassifier)
    update_registered_converter(
        kind,
        f"SklearnRidgeNN{kind.__name__}",
        _classifier_types if is_classifier else _regressor_types,
        _convert_classifier if is_classifier else _convert_regressor,
        options={"zipmap": [True, False, "columns"], "threshold": None} if is_classifier else None,
        overwrite=True,
    )


# -- types and shapes -------------------------------------------------------------------------------


def _dtype_of(operator: Any) -> np.dtype:
    """Return what the network computes in: single precision where all that it is given is."""
    are_single = all(isinstance(variable.type, FloatTensorType) for variable in operator.inputs)
    return np.dtype(np.float32 if are_single else np.float64)


def _classifier_types(operator: Any) -> None:
    network = operator.raw_operator
    n_rows = operator.inputs[0].get_first_dimension()
    of_proba = FloatTensorType if _dtype_of(operator) == np.float32 else DoubleTensorType
    operator.outputs[1].set_type(of_proba([n_rows, len(network.classes_)]))
    if fitted_architecture(network).target_type == "multilabel-indicator":
        operator.outputs[0].set_type(Int64TensorType([n_rows, len(network.classes_)]))
    else:
        operator.outputs[0].set_type(_label_type(network.classes_.dtype)([n_rows]))


def _label_type(dtype: np.dtype) -> type:
    by_kind = {"b": BooleanTensorType, "i": Int64TensorType, "u": Int64TensorType, "f": DoubleTensorType}
    return by_kind.get(dtype.kind, StringTensorType)


def _regressor_types(operator: Any) -> None:
    n_rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].set_type(DoubleTensorType([n_rows, operator.raw_operator.n_outputs_]))


# -- operators --------------------------------------------------------------------------------------


class _Graph:
    """Adds operators to a model, each with a result of its own; numbers are of one precision."""

    def __init__(self, scope: Any, container: Any, dtype: np.dtype) -> None:
        self.scope, self.container, self.dtype = scope, container, dtype

    def add(self, kind: str, *inputs: str | float, result: str | None = None, **attributes: Any) -> str:
        """Add an operator, and return the name of its result; inputs that are numbers are constants."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        result = self.scope.get_unique_variable_name(kind.lower()) if result is None else result
        name = self.scope.get_unique_operator_name(kind)
        self.container.add_node(kind, names, result, name=name, **attributes)
        return result

    def constant(self, values: Any, kind: int | None = None) -> str:
        """Add numbers, in the graph's precision, or values of another type."""
        name = self.scope.get_unique_variable_name("constant")
        array = np.asarray(values)
        kind = _ONNX_TYPES[self.dtype] if kind is None else kind
        self.container.add_initializer(name, kind, list(array.shape), array.ravel().tolist())
        return name

    def to_precision(self, value: str, dtype: np.dtype) -> str:
        """Add a cast to a precision."""
        return self.add("Cast", value, to=_ONNX_TYPES[dtype])


def _outputs_of_network(operator: Any, graph: _Graph) -> str:
    """Add the network up to its outputs before the head, and return their name."""
    network = operator.raw_operator
    names = [graph.to_precision(variable.full_name, graph.dtype) for variable in operator.inputs]
    hidden = names[0] if len(names) == 1 else graph.add("Concat", *names, axis=1)
    activate = ACTIVATIONS[fitted_architecture(network).activation]
    layers = list(zip(network.coefs_, network.intercepts_, strict=True))
    for number, (kernel, bias) in enumerate(layers, start=1):
        product = graph.add("MatMul", hidden, graph.constant(kernel))
        hidden = graph.add("Add", product, graph.constant(bias))
        if number < len(layers):
            hidden = activate(graph, hidden)
    return hidden


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    network = operator.raw_operator
    graph = _Graph(scope, container, _dtype_of(operator))
    z = _outputs_of_network(operator, graph)
    label, proba = (variable.full_name for variable in operator.outputs)
    target_type = fitted_architecture(network).target_type
    threshold = container.get_options(network, {}).get("threshold")
    if target_type == "multilabel-indicator":
        graph.add("Sigmoid", z, result=proba)
        graph.add("Cast", graph.add("Greater", z, 0.0), result=label, to=_TENSOR.INT64)
        return
    if target_type == "multiclass":
        graph.add("Softmax", z, axis=1, result=proba)
        place = graph.add("ArgMax", z, axis=1, keepdims=0)
    else:
        graph.add(
            "Concat", graph.add("Sigmoid", graph.add("Neg", z)), graph.add("Sigmoid", z), axis=1, result=proba
        )
        is_second = graph.add("Cast", _is_second(graph, z, proba, threshold), to=_TENSOR.INT64)
        place = graph.add("Reshape", is_second, graph.constant([-1], _TENSOR.INT64))
    graph.add("Gather", _classes(graph, network.classes_), place, axis=0, result=label)


def _is_second(graph: _Graph, z: str, proba: str, threshold: tuple[int, float] | None) -> str:
    """Add which rows get the second label: the likelier one, or from a probability of either label on."""
    if threshold is None:
        return graph.add("Greater", z, 0.0)
    place, value = threshold
    column = graph.add("Gather", proba, graph.constant([place], _TENSOR.INT64), axis=1)
    is_below = graph.add("Less", column, graph.constant([value]))
    return graph.add("Not", is_below) if place == 1 else is_below


def _classes(graph: _Graph, classes: np.ndarray) -> str:
    if classes.dtype.kind == "b":
        return graph.constant(classes, _TENSOR.BOOL)
    if classes.dtype.kind in "iu":
        return graph.constant(classes, _TENSOR.INT64)
    if classes.dtype.kind == "f":
        return graph.constant(classes, _TENSOR.DOUBLE)
    return graph.constant([str(label).encode() for label in classes], _TENSOR.STRING)


def _convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    network = operator.raw_operator
    z = _outputs_of_network(operator, _Graph(scope, container, _dtype_of(operator)))
    graph = _Graph(scope, container, np.dtype(np.float64))
    numbers = graph.to_precision(z, graph.dtype)
    if NUMBER_LOSSES[fitted_architecture(network).loss].head == "exponential":
        numbers = graph.add("Exp", numbers)
    scaled = graph.add("Mul", numbers, graph.constant(network.target_scale_))
    graph.add("Add", scaled, graph.constant(network.target_mean_), result=operator.outputs[0].full_name)


def convert_imputer(scope: Any, operator: Any, container: Any) -> None:
    """Convert a SimpleImputer of numbers in double precision, for which onnxruntime has no Imputer."""
    imputer = operator.raw_operator
    if not all(isinstance(variable.type, DoubleTensorType) for variable in operator.inputs):
        convert_sklearn_imputer(scope, operator, container)
        return
    is_dropped = np.isnan(imputer.statistics_) & (not imputer.keep_empty_features)
    if imputer.indicator_ is not None or is_dropped.any() or not _is_nan(imputer.missing_values):
        raise NotImplementedError(
            "Only a SimpleImputer that replaces NaN, without add_indicator and columns that it drops, can be "
            "converted."
        )
    graph = _Graph(scope, container, np.dtype(np.float64))
    names = [variable.full_name for variable in operator.inputs]
    rows = names[0] if len(names) == 1 else graph.add("Concat", *names, axis=1)
    filled = np.where(np.isnan(imputer.statistics_), 0.0, imputer.statistics_)
    graph.add(
        "Where",
        graph.add("IsNaN", rows),
        graph.constant(filled[None, :]),
        rows,
        result=operator.outputs[0].full_name,
    )


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and np.isnan(value)


# -- activations ------------------------------------------------------------------------------------


def _less_one(graph: _Graph, z: str) -> str:
    """Add exp(min(z, 0)) - 1."""
    return graph.add("Sub", graph.add("Exp", graph.add("Min", z, 0.0)), 1.0)


def _where_positive(graph: _Graph, z: str, otherwise: str) -> str:
    return graph.add("Where", graph.add("Greater", z, 0.0), z, otherwise)


def _softplus(graph: _Graph, z: str) -> str:
    small = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    return graph.add("Add", graph.add("Max", z, 0.0), graph.add("Log", graph.add("Add", small, 1.0)))


def _gelu(graph: _Graph, z: str) -> str:
    """Add GELU; onnxruntime has the error function in single precision only."""
    scaled = graph.to_precision(graph.add("Mul", z, SQRT_HALF), np.dtype(np.float32))
    error = graph.to_precision(graph.add("Erf", scaled), graph.dtype)
    return graph.add("Mul", graph.add("Mul", z, 0.5), graph.add("Add", error, 1.0))


def _selu(graph: _Graph, z: str) -> str:
    negative = graph.add("Mul", _less_one(graph, z), SELU_ALPHA)
    return graph.add("Mul", _where_positive(graph, z, negative), SELU_SCALE)


#: Hidden activations by their Keras names.
ACTIVATIONS: dict[str, Callable[[_Graph, str], str]] = {
    "elu": lambda graph, z: _where_positive(graph, z, _less_one(graph, z)),
    "gelu": _gelu,
    "leaky_relu": lambda graph, z: _where_positive(graph, z, graph.add("Mul", z, LEAKY_SLOPE)),
    "linear": lambda graph, z: z,  # noqa: ARG005
    "mish": lambda graph, z: graph.add("Mul", z, graph.add("Tanh", _softplus(graph, z))),
    "relu": lambda graph, z: graph.add("Relu", z),
    "selu": _selu,
    "sigmoid": lambda graph, z: graph.add("Sigmoid", z),
    "silu": lambda graph, z: graph.add("Mul", z, graph.add("Sigmoid", z)),
    "softplus": _softplus,
    "softsign": lambda graph, z: graph.add("Div", z, graph.add("Add", graph.add("Abs", z), 1.0)),
    "tanh": lambda graph, z: graph.add("Tanh", z),
}
