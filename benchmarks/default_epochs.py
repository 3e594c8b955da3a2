"""Measure how long the default network should train, on tables of many kinds.

Every table is split five times into five stratified folds. On each split one network of the default
parameters trains for the longest time of all contestants and reports the losses of the test rows, and of its
hold-out, after every epoch. Each contestant's network is that one at the epoch where the contestant stops,
for training does not depend on how long it goes on. Beside them stand scikit-learn's MLPClassifier,
LogisticRegression and HistGradientBoostingClassifier, with their default parameters. Columns are scaled on
the training rows.

Prints per contestant the mean rank, and the geometric mean over the tables of the log loss by the best
contestant's, likewise accuracies; ``--rst`` writes the tables of the documentation from the results that are
there. Takes about an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.stats import rankdata, t as student
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_gaussian_quantiles,
    make_moons,
)
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn.network import Architecture, Task, hold_out
from sklearn_ridge_nn.training import train_together

RESULTS = Path(__file__).parent / "results" / "default_epochs.json"
DOCS = Path(__file__).parent.parent / "docs" / "default_epochs.rst"
BATCH_SIZE, NOTE_EPOCHS = 128, 15
#: Gradient steps that the longest contestant makes.
MOST_STEPS = 2400
Table = tuple[np.ndarray, np.ndarray]


def generated(n_rows: int, n_columns: int, seed: int = 0, **fields: object) -> Callable[[], Table]:
    """Return a function that makes a table by scikit-learn's make_classification."""
    return lambda: make_classification(n_rows, n_columns, random_state=seed, **fields)


TABLES: dict[str, Callable[[], Table]] = {
    "iris, 150 x 4, 3 classes": lambda: load_iris(return_X_y=True),
    "wine, 178 x 13, 3 classes": lambda: load_wine(return_X_y=True),
    "breast_cancer, 569 x 30": lambda: load_breast_cancer(return_X_y=True),
    "digits, 1,797 x 64, 10 classes": lambda: load_digits(return_X_y=True),
    "easy, 60 x 10": generated(60, 10, n_informative=5, class_sep=1.5, flip_y=0),
    "noisy, 200 x 20, 5 % flipped": generated(200, 20, n_informative=5, flip_y=0.1),
    "very noisy, 400 x 30, 20 % flipped": generated(400, 30, n_informative=5, flip_y=0.4),
    "moons, 1,000 x 2": lambda: make_moons(1000, noise=0.3, random_state=0),
    "imbalanced 1:20, 1,000 x 20": generated(1000, 20, n_informative=6, weights=[20 / 21], flip_y=0.01),
    "imbalanced 1:20, 5,000 x 20": generated(5000, 20, n_informative=6, weights=[20 / 21], flip_y=0.01),
    "ten classes, 2,000 x 30": generated(2000, 30, n_informative=15, n_classes=10, flip_y=0.05),
    "32 classes, 1,900 x 20": generated(
        1900, 20, n_informative=16, n_classes=32, n_clusters_per_class=1, class_sep=2.0, flip_y=0.0
    ),
    "wide, 300 x 1,000": generated(300, 1000, n_informative=20, n_redundant=50, flip_y=0.02),
    "rings, 800 x 5, 3 classes": lambda: make_gaussian_quantiles(
        n_samples=800, n_features=5, n_classes=3, random_state=0
    ),
    "noisy, 2,000 x 20, 10 % flipped": generated(2000, 20, n_informative=8, flip_y=0.2),
    "easy, 5,000 x 30": generated(5000, 30, n_informative=10, class_sep=1.2, flip_y=0.01),
    "large, 20,000 x 30, 5 % flipped": generated(20_000, 30, n_informative=12, flip_y=0.1),
}


# -- how long to train ----------------------------------------------------------------------------


def passes(n_rows: int, n_steps: int, n_passes: int = NOTE_EPOCHS) -> int:
    """Return the note's 15 epochs, or as many as make so many gradient steps of full minibatches."""
    return max(n_passes, -(-n_steps * min(BATCH_SIZE, n_rows) // n_rows))


Curves = dict[str, np.ndarray]
Rule = Callable[[Curves, int], int]


def fixed(n_steps: int) -> Rule:
    """Return the rule: so many gradient steps, and at least 15 epochs."""
    return lambda curves, n_rows: passes(n_rows, n_steps)  # noqa: ARG005


def best_on_hold_out(n_steps: int) -> Rule:
    """Return the rule: of so many steps, the epoch that the hold-out's loss likes best."""
    return lambda curves, n_rows: int(curves["hold_out"][: passes(n_rows, n_steps)].argmin()) + 1


def stopped(n_steps: int, patience_steps: int) -> Rule:
    """Return the rule: stop when the hold-out has not improved for some steps, take the best epoch."""

    def epoch(curves: Curves, n_rows: int) -> int:
        losses = curves["hold_out"][: passes(n_rows, n_steps)]
        patience = max(5, -(-patience_steps * min(BATCH_SIZE, n_rows) // n_rows))
        best = 0
        for now, loss in enumerate(losses):
            if loss < losses[best]:
                best = now
            elif now - best >= patience:
                break
        return best + 1

    return epoch


RULES: dict[str, Rule] = {
    "15 epochs": fixed(0),
    **{f"{n} steps": fixed(n) for n in (150, 200, 300, 400, 600, 1000, 1600, 2400)},
    **{f"best of {n} steps on the hold-out": best_on_hold_out(n) for n in (300, 600, 1000, 2400)},
    **{f"{n} steps, stopped early": stopped(n, 100) for n in (600, 1000, 2400)},
}


def train(X: np.ndarray, y: np.ndarray, splits: list[tuple[np.ndarray, np.ndarray]]) -> list[Curves]:
    """Return every split's losses and accuracies after every epoch of the longest training."""
    classes, targets = np.unique(y, return_inverse=True)
    is_binary = len(classes) == 2
    network = Architecture(
        X.shape[1],
        1 if is_binary else len(classes),
        "binary" if is_binary else "multiclass",
        (128, 64),
        "relu",
        "float32",
    )
    tasks = []
    for number, (rows, test) in enumerate(splits):
        scaled = StandardScaler().fit(X[rows]).transform(X)
        kept, held_out = hold_out(targets[rows], 0.1, number, keep_one=True)
        tasks.append(
            Task(
                network,
                1e-3,
                scaled,
                targets[:, None],
                None,
                rows[kept],
                rows[held_out],
                epochs=passes(len(kept), MOST_STEPS),
                batch_size=BATCH_SIZE,
                seed=number,
                test_rows=test,
            )
        )
    return [
        {
            "loss": trained.history["test_data_loss"],
            "accuracy": trained.history["test_accuracy"],
            "hold_out": trained.history["val_data_loss"],
            "n_rows": np.array(len(task.train_rows)),
        }
        for task, trained in zip(tasks, train_together(tasks), strict=True)
    ]


def measure_rules(curves: list[Curves]) -> dict[str, list[float]]:
    """Return each rule's mean log loss and accuracy over the splits, and its mean epochs."""
    answers = {}
    for name, rule in RULES.items():
        epochs = [rule(split, int(split["n_rows"])) for split in curves]
        loss = [split["loss"][epoch - 1] for split, epoch in zip(curves, epochs, strict=True)]
        accuracy = [split["accuracy"][epoch - 1] for split, epoch in zip(curves, epochs, strict=True)]
        answers[name] = [float(np.mean(values)) for values in (loss, accuracy, epochs)]
    return answers


# -- scikit-learn's ---------------------------------------------------------------------------------

PEERS = {
    "MLPClassifier": lambda seed: MLPClassifier(random_state=seed),
    "LogisticRegression": lambda seed: LogisticRegression(),  # noqa: ARG005
    "HistGradientBoosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
}


def measure_peers(
    X: np.ndarray, y: np.ndarray, splits: list[tuple[np.ndarray, np.ndarray]]
) -> dict[str, list[float]]:
    """Return each peer's mean log loss and accuracy over the splits."""
    answers = {}
    for name, make in PEERS.items():
        losses, accuracies = [], []
        for number, (rows, test) in enumerate(splits):
            scaler = StandardScaler().fit(X[rows])
            with warnings.catch_warnings(action="ignore"):
                peer = make(number).fit(scaler.transform(X[rows]), y[rows])
            losses.append(log_loss(y[test], peer.predict_proba(scaler.transform(X[test]))))
            accuracies.append(peer.score(scaler.transform(X[test]), y[test]))
        answers[name] = [float(np.mean(losses)), float(np.mean(accuracies)), float("nan")]
    return answers


# -- tables -----------------------------------------------------------------------------------------


Tables = dict[str, dict[str, list[float]]]
#: What `epochs="auto"` is.
DEFAULT = "best of 600 steps on the hold-out"


def losses_of(tables: Tables) -> np.ndarray:
    """Return the log losses, of shape (n_tables, n_contestants)."""
    return np.array([[loss for loss, *_ in table.values()] for table in tables.values()])


def ranked(tables: Tables) -> list[tuple[str, float, float, float, float, float]]:
    """Return per contestant: mean rank, mean and worst ratio of its log loss, the same of accuracies.

    The last number is in points behind the best contestant, and not a ratio.
    """
    names = list(next(iter(tables.values())))
    loss = losses_of(tables)
    accuracy = np.array([[table[name][1] for name in names] for table in tables.values()])
    ratio = loss / loss.min(axis=1, keepdims=True)
    behind = 100 * (accuracy.max(axis=1, keepdims=True) - accuracy)
    rows = zip(
        names,
        rankdata(loss, axis=1).mean(axis=0),
        np.exp(np.log(ratio).mean(axis=0)),
        ratio.max(axis=0),
        rankdata(-accuracy, axis=1).mean(axis=0),
        behind.mean(axis=0),
        strict=True,
    )
    return sorted(rows, key=lambda row: row[2])


def against_default(tables: Tables) -> dict[str, str]:
    """Return each contestant's log loss by the default's: geometric mean over tables, and 95 % interval."""
    names = list(next(iter(tables.values())))
    loss = losses_of(tables)
    logs = np.log(loss / loss[:, [names.index(DEFAULT)]])
    half = student.isf(0.025, len(logs) - 1) * logs.std(axis=0, ddof=1) / np.sqrt(len(logs))
    words = {}
    for name, mean, width in zip(names, logs.mean(axis=0), half, strict=True):
        ends = [f"{np.exp(end):.2f}" for end in (mean - width, mean, mean + width)]
        words[name] = "1" if name == DEFAULT else f"{ends[1]} ({ends[0]} to {ends[2]})"
    return words


# -- documentation ----------------------------------------------------------------------------------


def list_table(widths: str, rows: list[list[str]]) -> str:
    """Return a table in reStructuredText, its first row the header."""
    head = f".. list-table::\n   :header-rows: 1\n   :widths: {widths}\n\n"
    lines = [f"   {'*' if not place else ' '} - {cell}" for row in rows for place, cell in enumerate(row)]
    return head + "\n".join(lines) + "\n"


def documentation(tables: Tables) -> str:
    """Return the two tables that the documentation includes, a comment between them."""
    ratios = against_default(tables)
    contestants = [["contestant", "by the best", "worst", "mean rank", "points behind", "by ``auto``"]]
    for name, rank, ratio, worst, _, points in ranked(tables):
        shown_name = f"**{name}**, ``auto``" if name == DEFAULT else name
        numbers = [f"{ratio:.3f}", f"{worst:.2f}", f"{rank:.1f}", f"{points:.2f}"]
        contestants.append([shown_name, *numbers, ratios[name]])
    shown = [DEFAULT, *PEERS]
    by_table = []
    for name, table in sorted(tables.items(), key=lambda item: _n_rows(item[0])):
        smallest = min(table[contestant][0] for contestant in shown)
        losses = [f"{table[contestant][0]:.3f}" for contestant in shown]
        losses = [f"**{loss}**" if float(loss) == round(smallest, 3) else loss for loss in losses]
        by_table.append([name, f"{table[DEFAULT][2]:.0f}", *losses])
    return "\n".join(
        [
            list_table("34 12 8 8 10 28", contestants),
            ".. by table\n",
            list_table("34 10 14 14 14 14", [["table", "best epoch", "``auto``", *PEERS], *by_table]),
        ]
    )


def _n_rows(name: str) -> int:
    """Return the rows of a table, which its name says."""
    return int(re.search(r", ([\d,]+) x", name)[1].replace(",", ""))  # type: ignore[index]


def main() -> None:
    """Measure what is not yet in the results, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", help="parts of names; all without it")
    parser.add_argument("--anew", action="store_true", help="measure again what the results have")
    parser.add_argument("--rst", action="store_true", help=f"write {DOCS.name} of the documentation")
    arguments = parser.parse_args()
    RESULTS.parent.mkdir(exist_ok=True)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() and not arguments.anew else {}
    contestants = {"rules": lambda *data: measure_rules(train(*data)), "peers": measure_peers}
    for what, measure in contestants.items():
        known = results.setdefault(what, {})
        for name, load in TABLES.items():
            if name in known or (arguments.tables and not any(part in name for part in arguments.tables)):
                continue
            start = time.perf_counter()
            X, y = load()
            splits = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=0).split(X, y))
            known[name] = measure(X, y, splits)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
            print(f"{what} of {name}: {time.perf_counter() - start:.0f} s", flush=True)
    complete = [name for name in results["rules"] if name in results["peers"]]
    results = {name: results["rules"][name] | results["peers"][name] for name in complete}
    print(f"{'':40} rank  ratio  worst  rank of accuracy  points behind")
    for name, *numbers in ranked(results):
        rank, ratio, worst, rank_of_accuracy, points = numbers
        print(f"{name:40} {rank:4.1f}  {ratio:5.2f} {worst:6.2f} {rank_of_accuracy:12.1f} {points:12.2f}")
    if arguments.rst:
        DOCS.write_text(documentation(results))


if __name__ == "__main__":
    main()
