"""Atomic writes: a file is replaced as a whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Errors that nothing but writing makes: a full disk, a quota, too large a file, a disk that is read-only.
_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class UnwritableError(OSError):
    """Something could not be written, for want of space; the message names it."""


@contextmanager
def whole(path: str) -> Iterator[Path]:
    """Yield a temporary path to write to; it replaces the file when the block ends without an error.

    A link stays one, and its target is replaced. Devices and pipes are written to as they are.

    Raises
    ------
    UnwritableError
        If the disk is full, or the like.
    """
    target = Path(path)
    with named(path):
        if target.exists() and not target.is_file():
            yield target
            return
        target = target.resolve()
        descriptor, name = tempfile.mkstemp(prefix=".ridge-nn-", suffix=".part", dir=target.parent)
        os.close(descriptor)
        part = Path(name)
        try:
            yield part
            part.chmod(_mode(target))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def named(path: str) -> Iterator[None]:
    """Have an error of writing name the file."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_WRITING or isinstance(error, UnwritableError):
            raise
        raise UnwritableError(error.errno, f"{path} could not be written: {error.strerror}") from error


def _mode(path: Path) -> int:
    """Return the permissions of a file, or those of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
