"""A compiled function under a name that says what it computes.

TensorFlow finds a compiled program on disk by the names of its functions, too, which count what the process
has made before. Named after what they compute, the same program is found from every process.
"""

from __future__ import annotations

import hashlib
import re
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from google.protobuf import text_format  # type: ignore[import-untyped]

#: What an operation's gradient is registered as in this process. It is not asked for any more.
_GRADIENT = r"CustomGradient-\d+"

_lock = threading.Lock()
#: How many functions of this process use a name.
_n_users: Counter[str] = Counter()


def stably_named(traced: Any, salt: str = "") -> Callable[..., tf.Tensor]:
    """Return a function that does what a traced one does, under names that do not depend on the process.

    Parameters
    ----------
    traced : tf.types.experimental.ConcreteFunction
        Of tensors, in their order, to one tensor. Variables that it uses must outlive the result.
    salt : str, default=""
        Part of what the names depend on.

    Returns
    -------
    callable
        Compiled, as the traced function. It is the traced function itself where TensorFlow, which has no
        public way to add a function under a name, has moved its private one.
    """
    context = _context()
    if context is None:
        return traced
    definition = traced.graph.as_graph_def()
    inner = sorted(definition.library.function, key=_count)  # in the order in which they were made
    functions = _renamed([traced.function_def, *inner], salt)
    graph = _call_of(functions[0].signature)
    graph.versions.CopyFrom(definition.versions)
    names = [function.signature.name for function in functions]
    with _lock:
        for function in functions:
            if not _n_users[function.signature.name]:
                context.add_function_def(function)
        _n_users.update(names)
    variables = traced.captured_inputs

    def run(*tensors: tf.Tensor) -> tf.Tensor:
        # tf.identity, for a graph takes in no tensor of another one
        given = [*tensors, *map(tf.identity, variables)]
        (result,) = tf.graph_util.import_graph_def(
            graph,
            input_map={f"input_{number}": tensor for number, tensor in enumerate(given)},
            return_elements=["call:0"],
            name="",
        )
        return tf.ensure_shape(result, traced.output_shapes)

    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in traced.inputs[: -len(variables) or None]]
    named = tf.function(run, autograph=False).get_concrete_function(*specs)
    weakref.finalize(named, _forget, context, names)
    return named


def _context() -> Any:
    """Return what functions can be added to by their names, or None."""
    try:
        from tensorflow.python.eager.context import context
    except ImportError:
        return None
    found = context()
    return found if hasattr(found, "add_function_def") and hasattr(found, "remove_function") else None


def _forget(context: Any, names: list[str]) -> None:
    """Take functions away that nothing uses any more."""
    with _lock:
        _n_users.subtract(names)
        for name in names:
            if not _n_users[name]:
                del _n_users[name]
                context.remove_function(name)


def _count(function: Any) -> int:
    """Return the number that ends the name of a function, which counts what the process has made."""
    found = re.search(r"\d+$", function.signature.name)
    return int(found.group()) if found else -1


def _renamed(functions: list[Any], salt: str) -> list[Any]:
    """Return copies of functions that call each other, named by what they compute."""
    names = [function.signature.name for function in functions]
    pattern = re.compile("|".join([*sorted(map(re.escape, names), key=len, reverse=True), _GRADIENT]))

    def renamed(found: re.Match[str]) -> str:
        name = found.group()
        return f"PROGRAM_{names.index(name)}_" if name in names else "CustomGradient"

    texts = [pattern.sub(renamed, text_format.MessageToString(function)) for function in functions]
    digest = hashlib.sha256("\n".join([*texts, salt]).encode()).hexdigest()[:24]
    return [
        text_format.Parse(text.replace("PROGRAM_", f"ridge_nn_{digest}_"), type(function)())
        for text, function in zip(texts, functions, strict=True)
    ]


def _call_of(signature: Any) -> Any:
    """Return a graph that calls a function on inputs."""
    graph = tf.compat.v1.GraphDef()
    for number, argument in enumerate(signature.input_arg):
        node = graph.node.add(name=f"input_{number}", op="Placeholder")
        node.attr["dtype"].type = argument.type
    call = graph.node.add(name="call", op="StatefulPartitionedCall")
    call.input.extend(node.name for node in graph.node[:-1])
    call.attr["Tin"].list.type.extend(argument.type for argument in signature.input_arg)
    call.attr["Tout"].list.type.extend(argument.type for argument in signature.output_arg)
    call.attr["f"].func.name = signature.name
    call.attr["_XlaMustCompile"].b = True
    return graph
