"""Files that are written as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def whole(path: str) -> Iterator[str]:
    """Yield where to write; what is there in the end becomes the file if nothing was raised.

    A link stays one, and its target is replaced. Devices and pipes are written to as they are.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        yield path
        return
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    descriptor, part = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder)
    os.close(descriptor)
    try:
        yield part
        os.chmod(part, _mode(target))
        os.replace(part, target)
    finally:
        if os.path.exists(part):
            os.remove(part)


def _mode(path: str) -> int:
    """Return the permissions of a file, or those of a new one."""
    if os.path.exists(path):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
