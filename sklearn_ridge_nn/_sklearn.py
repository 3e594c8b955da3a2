"""scikit-learn's own functions, with some of the names that they use bound to something else."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, cast


def rebound(function: Callable[..., Any], **names: Any) -> Callable[..., Any]:
    """Return a copy of a function that finds other values under some global names.

    The function itself, its module and everybody else who uses it stay as they are, in all threads. What
    decorators put around the function is left out. A name that the function does not use has no effect.

    Parameters
    ----------
    function : callable
        A function written in Python.
    **names : object
        The names and their values.

    Examples
    --------
    >>> import textwrap
    >>> rebound(textwrap.dedent, re=None).__name__
    'dedent'
    """
    original = cast(FunctionType, inspect.unwrap(function))
    copy = FunctionType(
        original.__code__,
        {**original.__globals__, **names},
        original.__name__,
        original.__defaults__,
        original.__closure__,
    )
    copy.__kwdefaults__ = original.__kwdefaults__
    copy.__dict__.update(original.__dict__)
    return copy
