"""How often verdicts are wrong, and how often they find what is there, by simulation.

Prints the table that the documentation includes; ``--write`` puts it into ``docs/verdict_rates.rst``, and
``--only drawn`` (or ``classes``, ``numbers``) measures the rows of this kind and leaves the others as they
stand there. Losses are drawn with the correlation between splits that the corrected standard error assumes,
unless a row says otherwise; the other rows train networks on generated data. About half an hour on two cores.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from scipy.stats import t as student
from sklearn.datasets import make_classification, make_friedman1, make_regression
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold
from sklearn.preprocessing import scale

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, RidgeMLPRegressor, diagnose
from sklearn_ridge_nn.evidence import _significance as luck
from sklearn_ridge_nn.model_selection import GridSearchCV

N_ALPHAS, RATIO, LEVEL = 14, 0.25, 0.05
CALLED = ("overfit", "underfit")
TABLE = Path(__file__).parent.parent / "docs" / "verdict_rates.rst"

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape)


def with_outliers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw normal numbers of which a tenth are five times as wide."""
    return rng.standard_normal(shape) * np.where(rng.random(shape) < 0.1, 5, 1)


def wide_splits(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw a multivariate t of 3 degrees of freedom: a split is wide for all alphas or for none."""
    return rng.standard_normal(shape) / np.sqrt(rng.chisquare(3, (*shape[:-1], 1)) / 3)


#: Laws of the losses of a split, and the mean and standard deviation of each.
LAWS: dict[str, tuple[Draw, float, float]] = {
    "Gaussian": (normal, 0.0, 1.0),
    "t3": (lambda rng, shape: rng.standard_t(3, shape), 0.0, 3**0.5),
    "multivariate t3": (wide_splits, 0.0, 3**0.5),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0, 1.0),
    "log-normal, sigma 1/2": (lambda rng, shape: rng.lognormal(0, 0.5, shape), 1.1331, 0.6039),
    "log-normal, sigma 1": (lambda rng, shape: rng.lognormal(0, 1, shape), 1.6487, 2.1612),
    "minus log-normal, sigma 1": (lambda rng, shape: -rng.lognormal(0, 1, shape), -1.6487, 2.1612),
    "contaminated": (with_outliers, 0.0, 3.4**0.5),
}


def standardised(law: str, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw from a law, of mean 0 and variance 1."""
    draw, mean, deviation = LAWS[law]
    return (draw(rng, shape) - mean) / deviation


def covariance(kind: str) -> np.ndarray:
    """Return the covariance of the alphas' losses on one split."""
    if kind == "independent":
        return np.eye(N_ALPHAS)
    distance = np.abs(np.subtract.outer(np.arange(N_ALPHAS), np.arange(N_ALPHAS)))
    if kind == "neighbours correlated 0.99":
        return 0.99**distance
    if kind == "independent, standard deviations 1 to 20":
        return np.diag(np.geomspace(0.05, 1, N_ALPHAS) ** 2)
    spread = np.linspace(0.1, 1, N_ALPHAS)  # "all move together"
    return np.outer(spread, spread) + 1e-6 * np.eye(N_ALPHAS)


def losses(
    kind: str,
    n_splits: int,
    truth: np.ndarray,
    rng: np.random.Generator,
    *,
    law: str = "Gaussian",
    common_law: str = "Gaussian",
    correlated: float = 1.0,
) -> np.ndarray:
    """Draw the test losses of a cross-validation, of shape (N_ALPHAS, n_splits).

    A loss is the sum of its split's part and one that all splits have in common; two splits are `correlated`
    times as correlated as the corrected standard error assumes.
    """
    root = np.linalg.cholesky(covariance(kind))
    correlation = correlated * RATIO / (1 + RATIO)
    ratio = correlation / (1 - correlation)
    of_splits = standardised(law, rng, (n_splits, N_ALPHAS))
    common = np.sqrt(ratio) * standardised(common_law, rng, (1, N_ALPHAS))
    return truth[:, None] + ((of_splits + common) @ root.T).T


def significant(test: np.ndarray, rule: str) -> np.ndarray:
    """Return which alphas a rule calls worse than the best, of shape (N_ALPHAS,)."""
    best = int(test.mean(axis=1).argmin())
    differences = test - test[best]
    error = luck.standard_error(differences, RATIO)
    mean = differences.mean(axis=1)
    if rule == "max-t":
        return mean > error * luck.critical_values(test, best, RATIO, LEVEL)
    if rule == "max-t without guards":
        own = {"_steady_errors": lambda errors, _: errors, "_tail": lambda _: 0.0, "CORRELATION": 1.0}
        with patch.multiple(luck, **own):
            return mean > error * luck.critical_values(test, best, RATIO, LEVEL)
    statistic = np.divide(mean, error, out=np.zeros(N_ALPHAS), where=error > 0)
    probability = student.sf(statistic, test.shape[1] - 1)
    if rule == "plain t":
        return probability < LEVEL
    order = np.argsort(probability)
    allowed = LEVEL / np.maximum(N_ALPHAS - 1 - np.arange(N_ALPHAS), 1)
    passed = np.cumprod(probability[order] < allowed).astype(bool)
    return passed[np.argsort(order)]


def rates(
    n_sets: int, draw: Callable[[np.random.Generator], np.ndarray], rules: tuple[str, ...], truth: np.ndarray
) -> str:
    """Return how often each rule calls any alpha, or those that are worse if some are."""
    rng = np.random.default_rng(0)
    shares: dict[str, list[float]] = {rule: [] for rule in rules}
    with patch.multiple(luck, N_SIMULATED=500):
        for number in range(n_sets):
            luck.SEED = number % 100  # else all data sets share the error of one simulation
            test = draw(rng)
            for rule, values in shares.items():
                found = significant(test, rule)
                values.append(found[truth > 0].mean() if truth.any() else found.any())
    luck.SEED = 0
    return ", ".join(f"{rule} {np.mean(values):.1%}" for rule, values in shares.items())


EQUAL = np.zeros(N_ALPHAS)
KINDS = ("independent", "neighbours correlated 0.99", "all move together")


def gaussian_rows(n_sets: int) -> Iterator[tuple[str, str]]:
    rules = ("max-t", "max-t without guards", "Holm", "plain t")
    for n_splits in (5, 15):
        for kind in KINDS:
            for worse_by in (0, 1, 2):
                truth = worse_by * (np.arange(N_ALPHAS) > 7.0)
                draw = partial(losses, kind, n_splits, truth)
                what = "of the six called" if worse_by else "any called"
                name = f"six of 14 worse by {worse_by} SD" if worse_by else "all equal"
                yield (
                    f"Gaussian losses, {kind}, {n_splits} splits, {name}",
                    f"{what}: {rates(n_sets, draw, rules, truth)}",
                )


def guarded_rows(n_sets: int) -> Iterator[tuple[str, str]]:
    """Yield what the guards are for: equal alphas with losses not normal, or more correlated than assumed."""
    rules = ("max-t", "max-t without guards")
    cases = [(law, "independent", n) for law in list(LAWS)[1:] for n in (5, 15)]
    cases += [("t3", "independent", n) for n in (10, 25, 50)]
    cases += [(law, kind, n) for law in ("t3", "log-normal, sigma 1") for kind in KINDS[1:] for n in (5, 15)]
    wide = "independent, standard deviations 1 to 20"
    cases += [(law, wide, n) for law in ("Gaussian", "t3") for n in (5, 15)]
    for law, kind, n_splits in cases:
        for common_law in dict.fromkeys(("Gaussian", law)):
            draw = partial(losses, kind, n_splits, EQUAL, law=law, common_law=common_law)
            common = "" if law == "Gaussian" else f" (what splits have in common: {common_law})"
            yield (
                f"{law} losses{common}, {kind}, {n_splits} splits, all equal",
                f"any called: {rates(n_sets, draw, rules, EQUAL)}",
            )
    for kind in KINDS:
        for n_splits in (5, 15):
            draw = partial(losses, kind, n_splits, EQUAL, correlated=2)
            yield (
                f"Gaussian losses, twice the assumed correlation, {kind}, {n_splits} splits, all equal",
                f"any called: {rates(n_sets, draw, rules, EQUAL)}",
            )


def maps(
    alike: float, lasting: float, n_splits: int, rng: np.random.Generator, n_epochs: int = 12
) -> np.ndarray:
    """Draw test losses after several numbers of epochs, of shape (n_splits, N_ALPHAS, n_epochs), all equal.

    Losses of neighbouring alphas are correlated by `alike`, those after neighbouring numbers of epochs by
    `lasting`, and those of two splits as the corrected standard error assumes.
    """

    def root(correlation: float, size: int) -> np.ndarray:
        distances = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
        return np.linalg.cholesky(correlation**distances)

    own = rng.standard_normal((n_splits, N_ALPHAS, n_epochs))
    common = np.sqrt(RATIO) * rng.standard_normal((1, N_ALPHAS, n_epochs))
    drawn = np.einsum("ab,jbe,fe->jaf", root(alike, N_ALPHAS), own + common, root(lasting, n_epochs))
    return drawn + 3 * rng.standard_normal((n_splits, 1, 1))


def map_rows(n_sets: int) -> Iterator[tuple[str, str]]:
    """Yield false alarms after the number of epochs of the best pair, allowing for its choice and not."""
    for n_splits in (5, 15):
        for alike, lasting in ((0.0, 0.9), (0.9, 0.9), (0.99, 0.99)):
            rng = np.random.default_rng(0)
            called = np.zeros(2)
            with patch.multiple(luck, N_SIMULATED=500):
                for number in range(n_sets):
                    luck.SEED = number % 100
                    drawn = maps(alike, lasting, n_splits, rng)
                    best, epochs = np.unravel_index(drawn.mean(axis=0).argmin(), drawn.shape[1:])
                    test = drawn[:, :, epochs].T
                    differences = test - test[best]
                    mean, error = differences.mean(axis=1), luck.standard_error(differences, RATIO)
                    for place, others in enumerate((drawn.transpose(1, 2, 0), None)):
                        critical = luck.critical_values(test, int(best), RATIO, LEVEL, others=others)
                        called[place] += (mean > critical * error).any()
            luck.SEED = 0
            yield (
                f"Gaussian losses after 12 numbers of epochs, neighbouring alphas correlated {alike:g}, "
                f"neighbouring epochs {lasting:g}, {n_splits} splits, all equal",
                "any called after the best pair's epochs: max-t over the map {:.1%}, over its alphas alone "
                "{:.1%}".format(*called / n_sets),
            )


#: Penalties too weak to matter, and those of a wide range.
WEAK, WIDE = [0, *np.logspace(-8, -4, 13)], [0, 1e-3, 1e-2, 1e-1, 1]
SMALL = {"hidden_layer_sizes": (8,), "epochs": 5, "batch_size": 32, "random_state": 0}


def small(**params: object) -> RidgeMLPClassifier:
    return RidgeMLPClassifier(**{**SMALL, **params})


def share(n_sets: int, event: Callable[[int], bool]) -> str:
    found = np.mean([event(number) for number in range(n_sets)])
    return f"{found:.1%} of {n_sets}"


def any_called(diagnosis: AlphaDiagnosis) -> bool:
    return any(verdict in CALLED for verdict in diagnosis.verdicts)


def is_problem(diagnosis: AlphaDiagnosis, code: str) -> bool:
    return any(f.code == code and f.severity == "problem" for f in diagnosis.findings)


def called_at_the_ends(diagnoses: list[AlphaDiagnosis], strongest: str) -> str:
    """Return how often no penalty is called overfit, and the strongest one underfit."""
    overfit = np.mean([diagnosis.verdicts[0] == "overfit" for diagnosis in diagnoses])
    underfit = np.mean([diagnosis.verdicts[-1] == "underfit" for diagnosis in diagnoses])
    return (
        f"alpha = 0 called overfit: {overfit:.1%}, alpha = {strongest} underfit: {underfit:.1%} "
        f"of {len(diagnoses)}"
    )


def seeds_called(estimator: object, X: np.ndarray, y: np.ndarray, cv: object, scoring: str) -> bool:
    """Fourteen values of a parameter without effect stand for alphas, every fit with a seed of its own.

    (One seed for all splits of a value would not do: some initial weights are better than others.)
    """
    grid = {"patience": list(range(N_ALPHAS))}
    search = GridSearchCV(estimator, grid, scoring=scoring, cv=cv, refit=False, return_train_score=True)
    results = search.fit(X, y).cv_results_
    return any_called(AlphaDiagnosis.from_cv_results(results, param_name="patience", test_size=0.2, margin=0))


def equal_networks(number: int) -> bool:
    X, y = make_classification(100, 10, n_informative=4, random_state=number)
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=number)
    return seeds_called(small(random_state=None), X, y, cv, "neg_log_loss")


def without_signal(number: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(number)
    return rng.standard_normal((100, 10)), rng.permutation(np.arange(100) % 2)


def weak_alphas(number: int) -> bool:
    X, y = without_signal(number)
    return any_called(diagnose(small(), X, y, alphas=WEAK))


def guessing_is_noticed(number: int) -> bool:
    X, y = without_signal(number)
    return is_problem(diagnose(small(), X, y, alphas=WIDE), "no-better-than-frequencies")


def noise_features(number: int) -> AlphaDiagnosis:
    X, y = make_classification(150, 40, n_informative=5, flip_y=0.15, random_state=number)
    classifier = RidgeMLPClassifier(epochs=40, batch_size=32, random_state=0)
    return diagnose(classifier, scale(X), y, alphas=WIDE)


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
    yield (
        "150 rows, 33 of 40 features noise, 15 % of the labels random, default network, 40 epochs",
        called_at_the_ends([noise_features(number) for number in range(few)], "1"),
    )
    yield "2,000 rows of a simple law", f"alphas up to 1e-4 all called good: {share(few, simple_law)}"


# -- numbers --------------------------------------------------------------------------------------


def small_regressor(**params: object) -> RidgeMLPRegressor:
    return RidgeMLPRegressor(**{**SMALL, **params})


def equal_regressors(number: int) -> bool:
    X, y = make_friedman1(100, 10, noise=3, random_state=number)
    cv = RepeatedKFold(n_splits=5, n_repeats=3, random_state=number)
    return seeds_called(small_regressor(random_state=None), X, y, cv, "neg_mean_squared_error")


def numbers_without_signal(number: int, law: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(number)
    return rng.standard_normal((100, 10)), standardised(law, rng, (100,))


def weak_alphas_of_numbers(law: str, number: int) -> bool:
    X, y = numbers_without_signal(number, law)
    return any_called(diagnose(small_regressor(), X, y, alphas=WEAK))


def no_signal_is_noticed(number: int) -> bool:
    X, y = numbers_without_signal(number, "Gaussian")
    return is_problem(diagnose(small_regressor(), X, y, alphas=WIDE), "no-better-than-mean")


def noisy_numbers(number: int) -> AlphaDiagnosis:
    X, y = make_regression(150, 40, n_informative=5, noise=100, random_state=number)
    regressor = RidgeMLPRegressor(epochs=40, batch_size=32, random_state=0)
    return diagnose(regressor, scale(X), y, alphas=[*WIDE, 10])


def linear_law(number: int) -> bool:
    X = np.random.default_rng(number).standard_normal((2000, 4))
    regressor = small_regressor(epochs=15)
    diagnosis = diagnose(regressor, X, X[:, 0] + X[:, 1], alphas=[0, 1e-7, 1e-6, 1e-5])
    return all(verdict == "good" for verdict in diagnosis.verdicts)


def number_rows(n_sets: int) -> Iterator[tuple[str, str]]:
    yield (
        "regressors that differ in their seeds alone, 14 groups of them: all equal",
        f"any called: {share(n_sets, equal_regressors)} data sets",
    )
    for law in ("Gaussian", "t3"):
        yield (
            f"{law} numbers without signal, 14 alphas up to 1e-4, too weak to matter",
            f"any called: {share(n_sets, partial(weak_alphas_of_numbers, law))} data sets",
        )
    few = max(1, n_sets // 4)
    yield (
        "Gaussian numbers without signal, alphas up to 1",
        f"*no-better-than-mean* found: {share(few, no_signal_is_noticed)}",
    )
    yield (
        "numbers with noise, 150 rows, 35 of 40 features of no use, default network, 40 epochs",
        called_at_the_ends([noisy_numbers(number) for number in range(few)], "10"),
    )
    yield "2,000 numbers of a linear law", f"alphas up to 1e-5 all called good: {share(few, linear_law)}"


KINDS_OF_ROWS = ("drawn", "classes", "numbers")


def kind_of(row: str) -> str:
    """Return which kind a row of the table is of."""
    if " losses" in row.split(" splits")[0]:
        return "drawn"
    return "numbers" if "numbers" in row or "regressors" in row else "classes"


def written_rows(kind: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of a kind that the documentation has."""
    lines = TABLE.read_text().splitlines()[6:]
    for what, rate in zip(lines[::2], lines[1::2], strict=True):
        if kind_of(what) == kind:
            yield what.removeprefix("   * - "), rate.removeprefix("     - ")


def measured_rows(kind: str, n_sets: int) -> Iterator[tuple[str, str]]:
    if kind == "drawn":
        for rows in (gaussian_rows, guarded_rows, map_rows):
            yield from rows(5 * n_sets)
    else:
        yield from {"classes": network_rows, "numbers": number_rows}[kind](n_sets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", type=int, default=200, help="data sets per row of networks (default 200)")
    parser.add_argument("--write", action="store_true", help="put the table into the documentation")
    parser.add_argument("--only", choices=KINDS_OF_ROWS, help="leave the rows of other kinds as they are")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 45 55", ""]
    lines += ["   * - losses of", "     - rate"]
    for kind in KINDS_OF_ROWS:
        is_measured = arguments.only in (None, kind)
        for what, rate in measured_rows(kind, arguments.sets) if is_measured else written_rows(kind):
            print(f"{what}: {rate}", file=sys.stderr, flush=True)
            lines += [f"   * - {what}", f"     - {rate}"]
    table = "\n".join(lines) + "\n"
    print(table)
    if arguments.write:
        TABLE.write_text(table)


if __name__ == "__main__":
    main()
