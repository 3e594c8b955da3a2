"""What C code writes to the terminal, held back and passed on without some lines."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator

#: Lines that TensorFlow and its parts write when they start, at any TF_CPP_MIN_LOG_LEVEL. The errors among
#: them appear where CUDA's libraries are installed and no GPU is there.
GREETING = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\)"
    rb"|([IW]0000|\d{4}-\d\d-\d\d [\d:.]+: [IW]) "
    rb"|(E0000|\d{4}-\d\d-\d\d [\d:.]+: E) .*(failed call to cuInit|Unable to register cu\w+ factory)"
)
_STDERR = 2


@contextlib.contextmanager
def held_back(left_out: re.Pattern[bytes]) -> Iterator[None]:
    """Hold back what is written to stderr, by C code too, and write it afterwards but for some lines.

    Parameters
    ----------
    left_out : re.Pattern
        What is found in a line that is left out.
    """
    try:
        terminal = os.dup(_STDERR)
    except OSError:  # there is none
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(terminal, _STDERR)
            os.close(terminal)
            held.seek(0)
            for line in held:
                if not left_out.search(line):
                    os.write(_STDERR, line)
