"""Atomic writes: a file is replaced as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: str) -> Iterator[Path]:
    """Yield a temporary path to write to; it replaces the file when the block ends without an error.

    A link stays one, and its target is replaced. Devices and pipes are written to as they are.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        yield target
        return
    target = target.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
        part.chmod(_mode(target))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """Return the permissions of a file, or those of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
