"""Traced programs on disk, beside the compiled ones: what one process traced, the next ones read.

Tracing runs the Python code of this package and of Keras's optimizers, so a graph is kept under a name that
depends on that code: the sources here, the versions of Keras and TensorFlow, and the program's key.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from sklearn_ridge_nn import network, training
from sklearn_ridge_nn._tensorflow import keras, tf

_SUFFIX, _DIGEST_BYTES = ".graph", hashlib.sha256().digest_size


def name_of(*what: Any) -> str | None:
    """Return the name of the graph of a program with such properties; None where the sources are no files."""
    if _CODE is None:
        return None
    return hashlib.sha256(repr((_CODE, what)).encode()).hexdigest()[:32]


def read(folder: Path, name: str) -> Any:
    """Return a graph; None if there is none, or not the whole of it."""
    try:
        content = (folder / (name + _SUFFIX)).read_bytes()
    except OSError:
        return None
    digest, graph = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return tf.compat.v1.GraphDef.FromString(graph) if hashlib.sha256(graph).digest() == digest else None


def write(folder: Path, name: str, graph: Any) -> None:
    """Keep a graph behind its digest, if that can be done; another process never sees a part of it."""
    content = graph.SerializeToString(deterministic=True)
    with contextlib.suppress(OSError):
        number, path = tempfile.mkstemp(suffix=".part", dir=folder)
        part = Path(path)
        try:
            with open(number, "wb") as file:  # noqa: PTH123, which has no way to open a number
                file.write(hashlib.sha256(content).digest() + content)
            part.replace(folder / (name + _SUFFIX))
        except OSError:
            part.unlink()


def _code() -> str | None:
    """Return a digest of the code that is traced."""
    digest = hashlib.sha256(repr((tf.__version__, keras.__version__, sys.version)).encode())
    try:
        for package in (network, training):
            for path in sorted(Path(package.__path__[0]).glob("*.py")):
                digest.update(path.name.encode() + path.read_bytes())
    except OSError:
        return None
    return digest.hexdigest()


#: Of the code that was imported, for the files may be others by the time of a fit.
_CODE = _code()
