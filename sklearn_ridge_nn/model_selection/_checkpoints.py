"""Finished pieces of a search, kept on disk, so that a search that was cut off goes on where it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from joblib import Memory

from sklearn_ridge_nn.model_selection._chunks import Chunk
from sklearn_ridge_nn.model_selection._hashing import Digests

#: scikit-learn's constraint of a parameter ``memory``.
MEMORY_TYPES = [None, str, os.PathLike, Memory]
#: What results depend on besides the arguments.
_PACKAGES = ("sklearn-ridge-nn", "scikit-learn", "keras", "tensorflow", "numpy", "scipy")


class Checkpoints:
    """Results by what they depend on, in a `joblib.Memory`; nothing is kept without one.

    Parameters
    ----------
    memory : None, str, path or joblib.Memory
        Where to keep them.
    """

    def __init__(self, memory: Any) -> None:
        if isinstance(memory, (str, os.PathLike)):
            memory = Memory(os.fspath(memory), verbose=0)
        is_on = memory is not None and memory.location is not None
        self._kept = memory.cache(_kept, ignore=["results"]) if is_on else None

    def __bool__(self) -> bool:
        return self._kept is not None

    def keys(self, chunks: Sequence[Chunk]) -> dict[tuple[Any, ...], str]:
        """Return the key of each piece.

        Raises
        ------
        ValueError
            If something that results depend on cannot be told apart from run to run.
        """
        if not self:
            return {}
        digests = Digests()
        versions = [f"{name} {version(name)}" for name in _PACKAGES]
        return {
            tuple(piece): digests.of([versions, *(digests.of_call(chunk.calls[number]) for number in piece)])
            for chunk in chunks
            for piece in chunk.pieces
        }

    def take(self, chunk: Chunk, keys: dict[tuple[Any, ...], str]) -> dict[int, Any]:
        """Remove the pieces from a chunk that are kept, and return their results."""
        results: dict[int, Any] = {}
        if self._kept is None:
            return results
        for piece in list(chunk.pieces):
            key = keys[tuple(piece)]
            if not self._kept.check_call_in_cache(key, None):
                continue
            try:
                answers = self._kept(key, None)
            except KeyError:  # a damaged file, which joblib logs
                continue
            results.update(zip(piece, answers, strict=True))
            chunk.pieces.remove(piece)
        return results

    def keep(self, keys: dict[tuple[Any, ...], str], answers: dict[int, Any]) -> None:
        """Keep the results of one or more pieces."""
        if self._kept is None:
            return
        for piece, key in keys.items():
            if set(piece) <= set(answers):
                self._kept(key, [answers[number] for number in piece])


def _kept(key: str, results: list[Any] | None) -> list[Any]:
    """Return the results of a key; `joblib.Memory` keeps them, and calls this only for those to be kept."""
    if results is None:
        raise KeyError(key)
    return results
