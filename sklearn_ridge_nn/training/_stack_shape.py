"""The shape of a search's stacks, left for its last fit."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class StackShape:
    """How many streams, and members on each, the stacks of a search had; 0 before it has any."""

    n_streams: int = 0
    n_per_stream: int = 0


#: The shape that a search leaves for its last fit, which can then run in the program of the others: compiling
#: another one would take longer than a short training. It is a context variable because scikit-learn's own
#: code lies between the search and that fit and passes nothing on; a global would be shared with searches in
#: other threads, and an attribute of the estimator would be seen by its user.
search_shape: ContextVar[StackShape | None] = ContextVar("search_shape", default=None)
