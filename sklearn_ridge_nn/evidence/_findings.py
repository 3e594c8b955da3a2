"""A finding, and how what it suggests is put into words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

#: What makes more splits, unless there are no classes to stratify by.
STRATIFIED = "RepeatedStratifiedKFold"
Severity: TypeAlias = Literal["problem", "hint", "note", "passed", "not applicable"]


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    Attributes
    ----------
    code : str
        Names the check, and its section in the documentation.
    severity : {"problem", "hint", "note", "passed", "not applicable"}
        A problem spoils the verdicts or the network; a hint can better it; a note informs.
    sentence : str
        What was found, with the numbers.
    template : str
        What to do, empty where there is nothing to. ``{name}`` stands for a part of the suggestion, and
        ``[[...]]`` is left out where the reader does not write Python.
    suggestion : dict
        What to try, by the names that `diagnose` and the estimator have for it: ``alphas`` (list of float),
        ``epochs``, ``max_epochs``, ``n_seeds``, ``stronger``, parameters of the estimator, and ``cv`` as a
        dict of ``n_splits`` and ``n_repeats`` of the `splitter`.
    splitter : {"RepeatedStratifiedKFold", "RepeatedKFold"}
        What makes such splits: the latter for numbers and multilabel y, which have no classes to stratify by.
    """

    code: str
    severity: Severity
    sentence: str
    template: str = ""
    suggestion: dict[str, Any] = field(default_factory=dict, hash=False)
    splitter: str = field(default=STRATIFIED, kw_only=True)

    @property
    def advice(self) -> str:
        """What to do, in Python's words; empty where there is nothing to."""
        return self.advice_in(python_wording)

    def advice_in(self, wording: Wording) -> str:
        """Return what to do.

        Parameters
        ----------
        wording : Wording
            How to word each part of the suggestion.
        """
        text = _PYTHON_ONLY.sub(r"\1" if wording.is_python else "", self.template)
        for name, value in self.suggestion.items():
            if (place := f"{{{name}}}") in text:
                text = text.replace(place, wording.word(name, value))
        return text.replace(STRATIFIED, self.splitter)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for ``json.dumps``."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "advice": self.advice,
            "suggestion": self.suggestion,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Version 0.2.dev0 kept the advice as text alone.
        advice = state.pop("advice", "")
        self.__dict__.update({"template": advice, "suggestion": {}, **state})


#: Severity, sentence, template of the advice, and suggestion; the last two may be left out.
Answer: TypeAlias = (
    tuple[Severity, str] | tuple[Severity, str, str] | tuple[Severity, str, str, dict[str, Any]]
)
#: What is left out where the reader does not write Python.
_PYTHON_ONLY = re.compile(r"\[\[(.*?)\]\]")


@dataclass(frozen=True)
class Wording:
    """How suggestions are put into words.

    Attributes
    ----------
    word : callable
        Takes the name and the value of a part of a suggestion, and returns what to write.
    is_python : bool
        Whether the reader can write Python.
    """

    word: Callable[[str, Any], str]
    is_python: bool = False


def _python(name: str, value: Any) -> str:
    if name == "alphas":
        return f"alphas={_python_grid(value)}"
    if name == "cv":
        arguments = ", ".join(f"{key}={number}" for key, number in value.items())
        return f"cv={STRATIFIED}({arguments})"
    return f"{name}={tuple(value) if isinstance(value, list) else value!r}"


def _python_grid(alphas: Sequence[float]) -> str:
    """Return NumPy's expression for a grid from `grid_around`."""
    if alphas[0] == 0:
        return f"np.concatenate([[0], {_python_grid(alphas[1:])}])"
    powers = np.log10([alphas[0], alphas[-1]])
    if np.allclose(powers, powers.round(), rtol=0, atol=1e-9):
        return f"np.logspace({powers[0]:.0f}, {powers[1]:.0f}, {len(alphas)})"
    return f"np.geomspace({alphas[0]!r}, {alphas[-1]!r}, {len(alphas)})"


python_wording = Wording(_python, is_python=True)
