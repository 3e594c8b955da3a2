"""Modules of version 0.1 and 0.2.dev0, under whose names models saved by them look for their classes.

They are not files any more: what they held is found in the root, wherever its code has moved.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

#: Each module, and where what a saved object may hold of it is found now.
OLD_MODULES = {
    "estimator": "sklearn_ridge_nn",
    "estimator_cv": "sklearn_ridge_nn",
    "decomposition": "sklearn_ridge_nn",
    "findings": "sklearn_ridge_nn.evidence",
    "verdicts": "sklearn_ridge_nn.evidence",
}


class _OldModule(ModuleType):
    """Looks every name up where it is now."""

    def __init__(self, name: str, home: str) -> None:
        super().__init__(f"sklearn_ridge_nn.{name}")
        self._home = home

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self._home), name)


def register() -> None:
    """Make the old modules importable."""
    for name, home in OLD_MODULES.items():
        module = _OldModule(name, home)
        sys.modules.setdefault(module.__name__, module)
