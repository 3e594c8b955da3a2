"""Keras and TensorFlow, imported without the dozen lines that TensorFlow greets with.

When TensorFlow is imported, it takes from ``TF_CPP_MIN_LOG_LEVEL`` what it may write. Where the variable is
not set, it is 3 meanwhile: errors are raised in Python as well. With ``TF_CPP_MIN_LOG_LEVEL=0`` nothing is
left out. Who imports TensorFlow before has been greeted.

A process that is forked when TensorFlow has been used cannot use it: what ran in threads is not there.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from sklearn_ridge_nn._quiet import GREETING, held_back

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@contextlib.contextmanager
def _without_greeting() -> Iterator[None]:
    if "tensorflow" in sys.modules or os.environ.get(_LEVEL) == "0":
        yield
        return
    is_ours = _LEVEL not in os.environ
    os.environ.setdefault(_LEVEL, "3")
    try:
        with held_back(GREETING):
            yield
    finally:
        if is_ours:
            del os.environ[_LEVEL]


with _without_greeting():
    import keras as keras
    import tensorflow as tf

_is_lost = False


def was_running_before_fork() -> bool:
    """Return whether this process was forked from one, or one from one, in which TensorFlow had been used."""
    return _is_lost


def _note_fork() -> None:
    global _is_lost
    module = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(module, "context_safe", lambda: None)()  # made with the first use
    _is_lost = _is_lost or getattr(context, "_context_handle", context) is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)

__all__ = ["keras", "tf", "was_running_before_fork"]
