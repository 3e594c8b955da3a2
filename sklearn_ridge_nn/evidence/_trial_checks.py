"""What a diagnosis finds in its trials: what would help, and whether a network is worth it."""

from __future__ import annotations

import numpy as np

from sklearn_ridge_nn.evidence._curve_checks import best_of
from sklearn_ridge_nn.evidence._evidence import Evidence
from sklearn_ridge_nn.evidence._findings import Answer
from sklearn_ridge_nn.evidence._trials import TrialResult

#: Names of linear models among the other estimators.
LINEAR_MODELS = ("LogisticRegressionCV", "RidgeCV", "PoissonRegressor", "QuantileRegressor")


def what_would_help(evidence: Evidence) -> Answer:
    """Whether some change of the best network lowers its test loss."""
    results = [result for result in evidence.trial_results("change") if np.isfinite(result.difference)]
    if not results and evidence.trial_results("change"):
        return "not applicable", "No change of the network that was tried has a loss on every split."
    if not results:
        return (
            "not applicable",
            "No changes of the network were tried.",
            "[[diagnose(..., epochs='settled', remedies=True) tries them.]]",
        )
    tried = f"{len(results)} change{'s' if len(results) > 1 else ''} of the network at {best_of(evidence)}"
    better = [result for result in results if result.is_better(_least(evidence))]
    if not better:
        nearest = results[0]
        return (
            "passed",
            f"Of {tried}, none lowers the test loss measurably: it has {_with(nearest)} with "
            f"{nearest.trial.name}, the best of them. {_intervals(evidence)}",
        )
    best = better[0]
    others = f" So do {', '.join(result.trial.name for result in better[1:])}." if better[1:] else ""
    smaller = [f"{result.trial.name} has {result.loss:.3g}" for result in results if result.loss < best.loss]
    if smaller:
        others += f" Smaller losses that these splits do not show to be better: {', '.join(smaller)}."
    return (
        "hint",
        f"Of {tried}, {best.trial.name} surely helps: it has {_with(best)}.{others} {_intervals(evidence)}",
        f"Use {', '.join(f'{{{name}}}' for name in best.trial.change)}, and look at alpha and epochs again.",
        best.trial.change,
    )


def worth_a_network(evidence: Evidence) -> Answer:
    """Whether the best network is better than other estimators."""
    other = "regressor" if evidence.is_regression else "classifier"
    results = [
        result
        for result in evidence.trial_results("yardstick")
        if np.isfinite(result.difference) and result.trial.name != evidence.guess_name
    ]
    if not results:
        return "not applicable", f"No other {other}s were fitted on the splits."
    least = _least(evidence)
    listed = "; ".join(f"{result.trial.name} has {_with(result)}" for result in results)
    loss = evidence.by_split(evidence.test_loss)[evidence.best_index].mean()
    numbers = f"the network at {best_of(evidence)} has a mean test loss of {loss:.3g}; {listed}"
    coverage = _intervals(evidence)
    better = [result.trial.name for result in results if result.is_better(least)]
    if better:
        return (
            "hint",
            f"Another {other} does better here: {numbers}. {coverage}",
            f"Take {better[0]}, unless you need a network.",
        )
    alike = [result.trial.name for result in results if not result.is_worse(least)]
    if not alike:
        names = _joined([result.trial.name for result in results], "and")
        return "passed", f"The network does better than {names}: {numbers}. {coverage}"
    return (
        "note",
        f"It cannot be shown that the network does better than {_joined(alike, 'or')}: {numbers}. {coverage}",
        _instead([result for result in results if result.trial.name in alike]),
    )


def _instead(alike: list[TrialResult]) -> str:
    """Return what to think of classifiers that may be as good; the smallest loss comes first."""
    first = alike[0]
    if first.difference < 0:
        return f"{first.trial.name} has the smaller loss here, though not surely. Try it on more rows."
    linear = next((result.trial.name for result in alike if result.trial.name in LINEAR_MODELS), None)
    if linear is not None:
        return f"{linear} may do as well, and is simpler."
    return f"{first.trial.name} may do as well."


def _least(evidence: Evidence) -> float:
    """Return the difference of losses that matters."""
    loss = evidence.by_split(evidence.test_loss)[evidence.best_index].mean()
    return evidence.margin * abs(float(loss))


def _with(result: TrialResult) -> str:
    return f"{result.loss:.3g} ({result.difference:+.3g}, interval {result.low:+.3g} to {result.high:+.3g})"


def _intervals(evidence: Evidence) -> str:
    return f"Intervals are of {1 - 2 * evidence.level:.0%}, and allow for all that were tried."


def _joined(names: list[str], word: str) -> str:
    return f" {word} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
