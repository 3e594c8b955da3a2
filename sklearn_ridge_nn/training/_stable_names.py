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
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf import text_format  # type: ignore[import-untyped]

from sklearn_ridge_nn._tensorflow import tf

#: What an operation's gradient is registered as in this process. It is not asked for any more.
_GRADIENT = r"CustomGradient-\d+"

#: The attribute of the call that says which variables it takes.
_USED = "_variables"
_lock = threading.Lock()
#: How many functions of this process use a name.
_n_users: Counter[str] = Counter()


def stably_named(traced: Any, variables: Sequence[tf.Variable], salt: str = "") -> Any:
    """Return a graph that does what a traced function does, under names that do not depend on the process.

    Parameters
    ----------
    traced : tf.types.experimental.ConcreteFunction
        Of tensors, in their order, to a list of tensors.
    variables : sequence of tf.Variable
        All that it may use.
    salt : str, default=""
        Part of what the names depend on.

    Returns
    -------
    GraphDef or None
        With the functions as its library, for `callable_of`. None where it uses other variables, or where
        TensorFlow, which has no public way to add a function under a name, has moved its private one.
    """
    handles = {id(variable.handle): number for number, variable in enumerate(variables)}
    used = [handles.get(id(captured)) for captured in traced.captured_inputs]
    if _context() is None or None in used:
        return None
    definition = traced.graph.as_graph_def()
    inner = sorted(definition.library.function, key=_count)  # in the order in which they were made
    functions = _renamed([traced.function_def, *inner], salt)
    graph = _call_of(functions[0].signature)
    graph.versions.CopyFrom(definition.versions)
    graph.library.function.extend(functions)
    graph.node[-1].attr[_USED].list.i.extend(used)
    return graph


def callable_of(
    graph: Any,
    specs: Sequence[tf.TensorSpec],
    variables: Sequence[tf.Variable],
    shapes: Sequence[Sequence[int]],
) -> Callable[..., list[tf.Tensor]]:
    """Return the compiled function of a graph from `stably_named`.

    Parameters
    ----------
    graph : GraphDef
    specs : sequence of tf.TensorSpec
        Of the tensors that it takes.
    variables : sequence of tf.Variable
        Those that the graph was made with, or their equals. They must outlive the result.
    shapes : sequence of sequence of int
        Of the tensors that it returns.
    """
    context, functions = _context(), list(graph.library.function)
    handles = [variables[number].handle for number in graph.node[-1].attr[_USED].list.i]
    names = [function.signature.name for function in functions]
    call = type(graph)()
    call.CopyFrom(graph)
    call.ClearField("library")
    del call.node[-1].attr[_USED]
    with _lock:
        for function in functions:
            if not _n_users[function.signature.name]:
                context.add_function_def(function)
        _n_users.update(names)

    def run(*tensors: tf.Tensor) -> list[tf.Tensor]:
        # tf.identity, for a graph takes in no tensor of another one
        given = [*tensors, *map(tf.identity, handles)]
        results = tf.graph_util.import_graph_def(
            call,
            input_map={f"input_{number}": tensor for number, tensor in enumerate(given)},
            return_elements=[f"call:{number}" for number in range(len(shapes))],
            name="",
        )
        return [tf.ensure_shape(result, shape) for result, shape in zip(results, shapes, strict=True)]

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
