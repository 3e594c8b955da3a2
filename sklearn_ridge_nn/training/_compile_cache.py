"""Compiled programs on disk: what one process compiled, the next ones load.

TensorFlow keeps them itself, in the folder that a flag of it names. It reads its flags when it is first used,
so `use` sets the flag before that; in a process that used TensorFlow before, nothing is kept. What it does
not do is done here: a folder that only its owner may write to, one for each kind of machine and version, its
size, and files that cannot be read or written, which TensorFlow answers with an error.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from sklearn_ridge_nn._quiet import held_back
from sklearn_ridge_nn._tensorflow import tf

#: Names the folder, or is "off".
VARIABLE = "SKLEARN_RIDGE_NN_CACHE"
_FLAGS, _FLAG = "TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory"
_FLAG_OF_DEVICES = "--tf_xla_persistent_cache_device_types=CPU"
#: What a process that has not used TensorFlow yet hands down to those that it starts.
_OF_PARENT = re.compile(rf" ?{_FLAG}=\S+[/\\]programs[/\\][0-9a-f]{{16}} {_FLAG_OF_DEVICES}$")
_LOADING = re.compile(rb"cpu_aot_loader\.cc:.*\+prefer-no-|text_format\.cc:.*XlaSerializedCacheEntry")
#: The first version of TensorFlow that keeps programs rightly: in 2.19 another process may get a program that
#: trains wrongly.
_LEAST_VERSION = (2, 21)
#: Bytes that programs may take on disk (one takes about half a MB), and that must be free to keep any.
MOST_BYTES = 2**28
LEAST_FREE_BYTES = 2**27


@functools.cache
def use() -> Path | None:
    """Have TensorFlow keep compiled programs; to be called before it compiles the first.

    Returns
    -------
    Path or None
        The folder. None if it is switched off, the user's own flags name one, this version of TensorFlow does
        not keep programs rightly, or it cannot be kept safely.
    """
    told, inherited = os.environ.get(VARIABLE, ""), os.environ.get(_FLAGS, "")
    flags = _OF_PARENT.sub("", inherited)
    if flags != inherited:
        _set_flags(flags)
    if told.lower() == "off" or _FLAG in flags or _version() < _LEAST_VERSION:
        return None
    try:
        root = Path(told).expanduser() if told else platformdirs.user_cache_path("sklearn-ridge-nn", False)
        root = root.absolute()
        folder = root / "programs" / _kind_of_machine(flags)
        if any(character.isspace() for character in str(folder)):
            return None  # which a flag cannot hold
        root.mkdir(parents=True, exist_ok=True)
        for private in (folder.parent, folder):  # mkdir gives its mode to the last folder alone
            private.mkdir(mode=0o700, exist_ok=True)
            if not _is_private(private):
                return None
        _prune(folder.parent, MOST_BYTES)
        if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
            return None
        (probe := folder / f"{os.getpid()}.probe").write_bytes(bytes(2**20))
        probe.unlink()
    except (OSError, RuntimeError):  # the latter if there is no home
        return None
    os.environ[_FLAGS] = f"{flags} {_ours(folder)}".strip()
    return folder


def hand_back_flags() -> None:
    """Leave the flags as they were, which other processes inherit; to be called once TensorFlow is in use."""
    folder = use()
    if folder is not None and (flags := os.environ.get(_FLAGS, "")).endswith(_ours(folder)):
        _set_flags(flags.removesuffix(_ours(folder)).strip())


def _version() -> tuple[int, int]:
    major, minor, *_ = tf.__version__.split(".")
    return int(major), int(minor)


def _set_flags(flags: str) -> None:
    if flags:
        os.environ[_FLAGS] = flags
    else:
        del os.environ[_FLAGS]


def _ours(folder: Path) -> str:
    return f"{_FLAG}={folder} {_FLAG_OF_DEVICES}"


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """Hold back what TensorFlow writes to the terminal when it loads a program.

    It takes two preferences of the compiler, not to scatter and not to gather, for instructions that this
    processor lacks, and warns of a crash. Programs are kept for each kind of processor, so there is none to
    fear. Everything else that is written meanwhile is written afterwards.
    """
    if use() is None:
        yield
        return
    with held_back(_LOADING):
        yield


def clear() -> bool:
    """Delete what is kept for this kind of machine, and return whether anything may have been kept."""
    folder = use()
    if folder is None:
        return False
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            path.unlink()
    return True


def _kind_of_machine(flags: str) -> str:
    """Return a name that differs where compiled programs may; the flags are the user's."""
    what = (
        flags,
        *(tf.__version__, platform.machine(), platform.system(), _cpu()),
        *(os.environ.get(name, "") for name in ("XLA_FLAGS", "TF_NUM_INTRAOP_THREADS")),
        str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
    )
    return hashlib.sha256("\n".join(what).encode()).hexdigest()[:16]


def _cpu() -> str:
    """Return what the processor is and can do, as far as the system says."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        return "\n".join(
            sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
        )
    return platform.processor()


def _is_private(folder: Path) -> bool:
    """Return whether nobody else may write to a folder, for what is in it is run."""
    if sys.platform == "win32":
        return True  # the user's folder is
    about = folder.lstat()
    return (
        stat.S_ISDIR(about.st_mode)
        and about.st_uid == os.getuid()
        and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _prune(root: Path, most: int) -> None:
    """Delete the oldest programs until the others take no more bytes than they may."""
    files = []
    for path in root.glob("*/*"):
        with contextlib.suppress(OSError):  # another process was quicker
            about = path.stat()
            files.append((about.st_mtime, about.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= most:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
