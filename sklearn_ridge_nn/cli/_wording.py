"""Suggestions of findings in the words of the command."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sklearn_ridge_nn.evidence import Wording


def _argument(name: str, value: Any) -> str:
    """Return what to add to a command line."""
    if name == "alphas":
        return f"--alphas {_grid(value)}"
    if name == "cv":
        return f"--cv {value['n_splits']}x{value['n_repeats']}"
    if name == "early_stopping":
        return "--early-stopping"
    if name == "hidden_layer_sizes":
        return f"--hidden-layer-sizes {','.join(map(str, value))}"
    return {"n_seeds": "--seeds"}.get(name, f"--{name.replace('_', '-')}") + f" {value}"


def _grid(alphas: Sequence[float]) -> str:
    """Return an evenly spaced grid as the parser reads it, behind 0 if it begins there."""
    if alphas[0] == 0:
        return f"0,{_grid(alphas[1:])}"
    return f"{_number(alphas[0])}:{_number(alphas[-1])}:{len(alphas)}"


def _number(value: float) -> str:
    """Return the shortest text that reads back as a number; powers of ten are written as such."""
    power = f"1e{round(math.log10(value))}"
    return power if float(power) == value and not 1e-3 <= value <= 1e3 else repr(value)


command_wording = Wording(_argument)
