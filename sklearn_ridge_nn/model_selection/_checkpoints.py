"""Finished pieces of a search, kept on disk, so that a search that was cut off goes on where it was."""

from __future__ import annotations

import os
import warnings
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

    Raises
    ------
    ValueError
        If `memory` names no folder, and none that can be made.
    """

    def __init__(self, memory: Any) -> None:
        if isinstance(memory, (str, os.PathLike)):
            try:
                memory = Memory(os.fspath(memory), verbose=0)
            except OSError as error:
                raise ValueError(
                    f"memory={os.fspath(memory)!r} cannot be used as a folder to keep results in: "
                    f"{error.strerror or error}. Name another one."
                ) from error
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
            try:
                if not self._kept.check_call_in_cache(key, None):  # writes what it needs to compare code
                    continue
                entry = self._kept(key, None)
            except KeyError:  # a damaged file, which joblib logs
                continue
            except OSError as error:
                warnings.warn(
                    f"memory could not be read: {error}. The search goes on without what it holds.",
                    RuntimeWarning,
                    stacklevel=2,
                )
                return results
            if not _is_entry(entry, key, len(piece)):
                where = self._kept.store_backend.location
                warnings.warn(
                    f"memory holds something else where the results of {len(piece)} of the fits should be, "
                    f"in {where!r}. They are trained again.",
                    RuntimeWarning,
                    stacklevel=2,
                )
                continue
            results.update(zip(piece, entry["results"], strict=True))
            chunk.pieces.remove(piece)
        return results

    def keep(self, keys: dict[tuple[Any, ...], str], answers: dict[int, Any]) -> None:
        """Keep the results of one or more pieces; a warning says so if that cannot be done."""
        if self._kept is None:
            return
        for piece, key in keys.items():
            if set(piece) <= set(answers):
                entry = {"key": key, "results": [answers[number] for number in piece]}
                try:
                    # joblib 1.4 writes what it needs to compare code in this way alone
                    if not _is_entry(self._kept(key, entry), key, len(piece)):
                        self._kept.call(key, entry)  # over what is there, which `take` has not taken
                except OSError as error:
                    warnings.warn(
                        f"memory could not keep finished fits: {error}. The search goes on.",
                        RuntimeWarning,
                        stacklevel=2,
                    )


def _kept(key: str, results: dict[str, Any] | None) -> dict[str, Any]:
    """Return the entry of a key; `joblib.Memory` keeps it, and calls this only for those to be kept."""
    if results is None:
        raise KeyError(key)
    return results


def _is_entry(entry: Any, key: str, n_results: int) -> bool:
    """Return whether what was kept is that of a key, and whole: anybody may have put other files there."""
    return (
        isinstance(entry, dict)
        and entry.get("key") == key
        and isinstance(entry.get("results"), list)
        and len(entry["results"]) == n_results
    )
