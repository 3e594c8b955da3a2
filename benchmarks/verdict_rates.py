"""How often verdicts are wrong, and how often they find what is there, by simulation.

Prints the table that the documentation includes; ``--write`` puts it into ``docs/verdict_rates.rst``.
Gaussian losses are drawn with the correlation between splits that the corrected standard error assumes;
the other rows train networks on generated data. About twelve minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.stats import t as student
from sklearn.datasets import make_classification
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.preprocessing import scale

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.evidence import _significance as luck
from sklearn_ridge_nn.model_selection import GridSearchCV

N_ALPHAS, RATIO, LEVEL = 14, 0.25, 0.05
CALLED = ("overfit", "underfit")


def covariance(kind: str) -> np.ndarray:
    """Return the covariance of the alphas' losses on one split."""
    if kind == "independent":
        return np.eye(N_ALPHAS)
    distance = np.abs(np.subtract.outer(np.arange(N_ALPHAS), np.arange(N_ALPHAS)))
    if kind == "neighbours correlated 0.99":
        return 0.99**distance
    spread = np.linspace(0.1, 1, N_ALPHAS)  # "all move together"
    return np.outer(spread, spread) + 1e-6 * np.eye(N_ALPHAS)


def losses(kind: str, n_splits: int, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the test losses of a cross-validation, of shape (N_ALPHAS, n_splits)."""
    root = np.linalg.cholesky(covariance(kind))
    of_splits = rng.standard_normal((n_splits, N_ALPHAS)) @ root.T
    common = np.sqrt(RATIO) * rng.standard_normal(N_ALPHAS) @ root.T
    return truth[:, None] + (of_splits + common).T


def significant(test: np.ndarray, rule: str) -> np.ndarray:
    """Return which alphas a rule calls worse than the best, of shape (N_ALPHAS,)."""
    best = int(test.mean(axis=1).argmin())
    differences = test - test[best]
    error = luck.standard_error(differences, RATIO)
    mean = differences.mean(axis=1)
    statistic = np.divide(mean, error, out=np.zeros(N_ALPHAS), where=error > 0)
    if rule == "max-t":
        return statistic > luck.critical_values(test, best, RATIO, LEVEL)
    probability = student.sf(statistic, test.shape[1] - 1)
    if rule == "plain t":
        return probability < LEVEL
    order = np.argsort(probability)
    allowed = LEVEL / np.maximum(N_ALPHAS - 1 - np.arange(N_ALPHAS), 1)
    passed = np.cumprod(probability[order] < allowed).astype(bool)
    return passed[np.argsort(order)]


def gaussian_rows(n_sets: int) -> Iterator[tuple[str, str]]:
    luck.N_SIMULATED = 1000
    for n_splits in (5, 15):
        for kind in ("independent", "neighbours correlated 0.99", "all move together"):
            for name, truth in (
                ("all equal", np.zeros(N_ALPHAS)),
                ("six of 14 worse by 2 SD", 2.0 * (np.arange(N_ALPHAS) > 7)),
            ):
                rng = np.random.default_rng(0)
                shares: dict[str, list[float]] = {"max-t": [], "Holm": [], "plain t": []}
                for number in range(n_sets):
                    luck.SEED = number  # else all data sets share the error of one simulation
                    test = losses(kind, n_splits, truth, rng)
                    for rule, values in shares.items():
                        found = significant(test, rule)
                        values.append(found.any() if not truth.any() else found[truth > 0].mean())
                numbers = ", ".join(f"{rule} {np.mean(values):.1%}" for rule, values in shares.items())
                what = "any called" if not truth.any() else "of the six called"
                yield f"Gaussian losses, {kind}, {n_splits} splits, {name}", f"{what}: {numbers}"
    luck.N_SIMULATED, luck.SEED = 10_000, 0


def small(**params: object) -> RidgeMLPClassifier:
    defaults = {"hidden_layer_sizes": (8,), "epochs": 5, "batch_size": 32, "random_state": 0}
    return RidgeMLPClassifier(**{**defaults, **params})


def share(n_sets: int, event: Callable[[int], bool]) -> str:
    found = np.mean([event(number) for number in range(n_sets)])
    return f"{found:.1%} of {n_sets}"


def equal_networks(number: int) -> bool:
    """Fourteen values of a parameter without effect stand for alphas, every fit with a seed of its own.

    (One seed for all splits of a value would not do: some initial weights are better than others.)
    """
    X, y = make_classification(100, 10, n_informative=4, random_state=number)
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=number)
    grid = {"patience": list(range(N_ALPHAS))}
    classifier = small(random_state=None)
    search = GridSearchCV(
        classifier, grid, scoring="neg_log_loss", cv=cv, refit=False, return_train_score=True
    )
    results = search.fit(X, y).cv_results_
    diagnosis = AlphaDiagnosis.from_cv_results(results, param_name="patience", test_size=0.2, margin=0)
    return any(verdict in CALLED for verdict in diagnosis.verdicts)


def without_signal(number: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(number)
    return rng.standard_normal((100, 10)), rng.permutation(np.arange(100) % 2)


def weak_alphas(number: int) -> bool:
    X, y = without_signal(number)
    diagnosis = diagnose(small(), X, y, alphas=[0, *np.logspace(-8, -4, 13)])
    return any(verdict in CALLED for verdict in diagnosis.verdicts)


def guessing_is_noticed(number: int) -> bool:
    X, y = without_signal(number)
    diagnosis = diagnose(small(), X, y, alphas=[0, 1e-3, 1e-2, 1e-1, 1])
    return any(f.code == "no-better-than-frequencies" and f.severity == "problem" for f in diagnosis.findings)


def noise_features(number: int) -> AlphaDiagnosis:
    X, y = make_classification(150, 40, n_informative=5, flip_y=0.15, random_state=number)
    classifier = RidgeMLPClassifier(epochs=40, batch_size=32, random_state=0)
    return diagnose(classifier, scale(X), y, alphas=[0, 1e-3, 1e-2, 1e-1, 1])


def simple_law(number: int) -> bool:
    X = np.random.default_rng(number).standard_normal((2000, 4))
    diagnosis = diagnose(small(), X, (X[:, 0] + X[:, 1] > 0).astype(int), alphas=[0, 1e-6, 1e-5, 1e-4])
    return all(verdict == "good" for verdict in diagnosis.verdicts)


def network_rows(n_sets: int) -> Iterator[tuple[str, str]]:
    yield (
        "networks that differ in their seeds alone, 14 groups of them: all equal",
        f"any called: {share(n_sets, equal_networks)} data sets",
    )
    yield (
        "labels without signal, 14 alphas up to 1e-4, too weak to matter",
        f"any called: {share(n_sets, weak_alphas)} data sets",
    )
    few = max(1, n_sets // 4)
    yield (
        "labels without signal, alphas up to 1",
        f"*no-better-than-frequencies* found: {share(few, guessing_is_noticed)}",
    )
    noisy = [noise_features(number) for number in range(few)]
    overfit = np.mean([diagnosis.verdicts[0] == "overfit" for diagnosis in noisy])
    underfit = np.mean([diagnosis.verdicts[-1] == "underfit" for diagnosis in noisy])
    yield (
        "150 rows, 33 of 40 features noise, 15 % of the labels random, default network, 40 epochs",
        f"alpha = 0 called overfit: {overfit:.1%}, alpha = 1 underfit: {underfit:.1%} of {few}",
    )
    yield "2,000 rows of a simple law", f"alphas up to 1e-4 all called good: {share(few, simple_law)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", type=int, default=200, help="data sets per row of networks (default 200)")
    parser.add_argument("--write", action="store_true", help="put the table into the documentation")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 45 55", ""]
    lines += ["   * - losses of", "     - rate"]
    for rows in (gaussian_rows(10 * arguments.sets), network_rows(arguments.sets)):
        for what, rate in rows:
            print(f"{what}: {rate}", file=sys.stderr, flush=True)
            lines += [f"   * - {what}", f"     - {rate}"]
    table = "\n".join(lines) + "\n"
    print(table)
    if arguments.write:
        (Path(__file__).parent.parent / "docs" / "verdict_rates.rst").write_text(table)


if __name__ == "__main__":
    main()
