"""Packages that only some need, imported when they are."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def required(module: str, what: str, extra: str) -> ModuleType:
    """Import a module of a package that may be missing.

    Parameters
    ----------
    module : str
        Its full name.
    what : str
        What needs it, for the message.
    extra : str
        The extra of this package that installs it.

    Raises
    ------
    ImportError
        If it is missing; the message says what to install.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{what} needs {package}. Install it with: pip install 'sklearn-ridge-nn[{extra}]'"
        ) from error
