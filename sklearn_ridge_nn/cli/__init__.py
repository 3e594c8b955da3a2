"""The command ``ridge-nn``."""

from sklearn_ridge_nn.cli._main import main

__all__ = ["main"]
