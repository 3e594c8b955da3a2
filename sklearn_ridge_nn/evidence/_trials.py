"""What was tried beside the best network: changes of it, and other classifiers, on the same splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sklearn_ridge_nn.evidence._verdicts import interval


@dataclass(frozen=True, eq=False)
class Trial:
    """A classifier that was trained and scored on the splits of a diagnosis.

    Attributes
    ----------
    name : str
        In words, such as "dropout 0.5".
    kind : {"as it is", "change", "yardstick"}
        The network of the best pair itself, that network with something changed, or another classifier.
    test_loss, test_score : ndarray of shape (n_splits,)
        Seeds averaged; NaN where a fit failed.
    change : dict of str to object
        Parameters that were set to something else.
    work : float, default=1.0
        Floating-point operations of training, by those of the network as it is; NaN if unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn.evidence import Trial
    >>> trial = Trial("dropout 0.5", "change", np.array([0.3, 0.5]), np.array([0.9, 0.8]), {"dropout": 0.5})
    >>> trial.to_dict()["test_loss"]
    [0.3, 0.5]
    """

    name: str
    kind: Literal["as it is", "change", "yardstick"]
    test_loss: np.ndarray
    test_score: np.ndarray
    change: dict[str, Any] = field(default_factory=dict)
    work: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, numbers and strings."""
        return {
            "name": self.name,
            "kind": self.kind,
            "test_loss": self.test_loss.tolist(),
            "test_score": self.test_score.tolist(),
            "change": self.change,
            "work": self.work,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Trial:
        """Return the trial that `to_dict` described."""
        arrays = {name: np.array(content[name], dtype=float) for name in ("test_loss", "test_score")}
        return cls(**{**content, **arrays, "work": float(content["work"])})


@dataclass(frozen=True)
class TrialResult:
    """How a trial compares with the network as it is.

    Attributes
    ----------
    trial : Trial
    loss, score : float
        Means over the splits.
    difference, low, high : float
        Mean test loss minus that of the network as it is, paired by split, and its interval, which allows for
        all trials of its kind being looked at. NaN where a fit failed.
    """

    trial: Trial
    loss: float
    score: float
    difference: float
    low: float
    high: float

    def is_better(self, least: float) -> bool:
        """Return whether its loss is surely smaller, and by more than `least`."""
        return self.high < 0 and -self.difference > least

    def is_worse(self, least: float) -> bool:
        """Return whether its loss is surely larger, and by more than `least`."""
        return self.low > 0 and self.difference > least


def results_of(trials: Sequence[Trial], kind: str, test_ratio: float, level: float) -> list[TrialResult]:
    """Compare the trials of a kind with the network as it is.

    Parameters
    ----------
    trials : sequence of Trial
        With one that is "as it is".
    kind : {"change", "yardstick"}
    test_ratio : float
        Test rows per training row of a split.
    level : float
        Of the one-sided tests that the intervals stand for; their coverage is 1 - 2 * level.

    Returns
    -------
    list of TrialResult
        The smallest mean loss first; failed ones last.

    Notes
    -----
    Each interval leaves out ``level / n_trials`` at either end, so that all of them hold together (Dunn,
    1961, Multiple comparisons among means).
    """
    (base,) = [trial for trial in trials if trial.kind == "as it is"]
    others = [trial for trial in trials if trial.kind == kind]
    n_whole = sum(bool(np.isfinite(trial.test_loss).all()) for trial in others)
    results = []
    for trial in others:
        differences = trial.test_loss - base.test_loss
        difference, low, high = interval(differences, test_ratio, 2 * level / max(n_whole, 1))
        loss, score = float(trial.test_loss.mean()), float(trial.test_score.mean())
        results.append(TrialResult(trial, loss, score, difference, low, high))
    return sorted(results, key=lambda result: (np.isnan(result.loss), result.loss))
