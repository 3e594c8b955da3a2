"""Measure RidgeMLPClassifier against its peers, side by side in one run.

Prints a table of times and ratios, writes it with the versions and the machine to
``benchmarks/results/bench.json``, and, with ``--readme``, into the README.

Every row runs its contestants in turn, several rounds, and takes the median of each; a ratio is the
median over the rounds of peer / ours, so above 1 means that ours is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import torch
from scikeras.wrappers import KerasClassifier
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale
from skorch import NeuralNetClassifier

from sklearn_ridge_nn import RidgeMLPClassifier

ROOT = Path(__file__).parent.parent
EPOCHS, BATCH = 15, 128
CONTESTANTS = ("ours", "SciKeras", "skorch", "MLPClassifier")


def seed_network(meta: dict, alpha: float) -> keras.Model:
    """Return the seed's network as a SciKeras user writes it."""
    penalty = keras.regularizers.L2(alpha)
    network = keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(128, activation="relu", kernel_regularizer=penalty),
            keras.layers.Dense(64, activation="relu", kernel_regularizer=penalty),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return network


class ToFloat32(torch.nn.Module):
    """Torch's layers take no float64, which scikit-learn users pass."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.float()


def torch_network() -> torch.nn.Module:
    """Return the seed's network as a skorch user writes it; the input size is found at first use."""
    nn = torch.nn
    hidden = (nn.LazyLinear(128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
    return nn.Sequential(ToFloat32(), *hidden, nn.Linear(64, 2))


def contestants() -> dict[str, object]:
    return {
        "ours": RidgeMLPClassifier(random_state=0),
        "SciKeras": KerasClassifier(
            seed_network, model__alpha=1e-3, epochs=EPOCHS, batch_size=BATCH, validation_split=0.1, verbose=0
        ),
        "skorch": NeuralNetClassifier(
            torch_network,
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__weight_decay=2e-3,
            lr=1e-3,
            max_epochs=EPOCHS,
            batch_size=BATCH,
            iterator_train__shuffle=True,
            verbose=0,
        ),
        "MLPClassifier": MLPClassifier((128, 64), batch_size=BATCH, max_iter=EPOCHS, random_state=0),
    }


def alpha_name(name: str) -> str:
    return {"SciKeras": "model__alpha", "skorch": "optimizer__weight_decay"}.get(name, "alpha")


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def race(runs: dict[str, Callable[[], object]], rounds: int, warm_up: bool = True) -> dict[str, list[float]]:
    """Time all contestants in turn, `rounds` times."""
    if warm_up:
        for run in runs.values():
            run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(seconds(run))
    return times


def import_times(rounds: int) -> dict[str, list[float]]:
    def run(statement: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", statement], check=True)

    ours = "from sklearn_ridge_nn import RidgeMLPClassifier"
    return race({"ours": run(ours), "MLPClassifier": run("import sklearn.neural_network")}, rounds=rounds)


def measure(rounds: int) -> dict[str, dict[str, list[float]]]:
    X1, y1 = load_breast_cancer(return_X_y=True)
    X1 = scale(X1)
    X2, y2 = make_classification(20_000, 50, n_informative=20, random_state=0)
    X2 = scale(X2)[:16_000]
    y2 = y2[:16_000]
    many = np.random.default_rng(0).normal(size=(100_000, 30))
    entrants = contestants()
    rows = {"import": import_times(rounds)}

    def all_of(action: Callable[[str, object], object]) -> dict[str, Callable[[], object]]:
        return {name: lambda name=name: action(name, entrants[name]) for name in CONTESTANTS}

    rows["fit, 569 x 30"] = race(all_of(lambda _, entrant: entrant.fit(X1, y1)), rounds)
    one, narrow, wide = X1[:1], many.astype("float32"), many
    for label, X, repeats in (
        ("predict_proba, 1 row", one, 20),
        ("predict_proba, 100,000 rows float32", narrow, 1),
        ("predict_proba, 100,000 rows float64", wide, 1),
    ):
        rows[label] = race(
            all_of(lambda _, entrant, X=X, n=repeats: [entrant.predict_proba(X) for _ in range(n)]), rounds
        )
    rows["fit, 16,000 x 50"] = race(all_of(lambda _, entrant: entrant.fit(X2, y2)), rounds)
    alphas = np.logspace(-5, 0, 9)
    rows["GridSearchCV, 569 x 30, 9 alphas x 5 folds"] = race(
        all_of(
            lambda name, entrant: GridSearchCV(entrant, {alpha_name(name): alphas}, cv=5, refit=False).fit(
                X1, y1
            )
        ),
        rounds=1,
        warm_up=False,
    )
    return rows


def table(rows: dict[str, dict[str, list[float]]]) -> str:
    lines = [
        "| what | ours | SciKeras / ours | skorch / ours | MLPClassifier / ours |",
        "|---|---:|---:|---:|---:|",
    ]
    for label, times in rows.items():
        ours = np.array(times["ours"])
        ratios = [
            np.median(np.array(times[peer]) / ours) if peer in times else None for peer in CONTESTANTS[1:]
        ]
        cells = [
            "-" if ratio is None else f"{ratio:.0f} x" if ratio > 10 else f"{ratio:.2g} x" for ratio in ratios
        ]
        repeats = 20 if "1 row" in label else 1
        lines.append(f"| {label} | {np.median(ours) / repeats * 1e3:,.1f} ms | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds per row (default 5; the search runs once)"
    )
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")  # MLPClassifier's of too few epochs, SciKeras's of sklearn tags
    rows = measure(arguments.rounds)
    packages = ("numpy", "scikit-learn", "keras", "tensorflow", "scikeras", "skorch", "torch")
    versions = {name: version(name) for name in packages}
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    text = table(rows)
    footer = f"{machine}; " + ", ".join(f"{name} {number}" for name, number in versions.items())
    print(text + "\n\n" + footer)
    results = ROOT / "benchmarks" / "results" / "bench.json"
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps({"versions": versions, "machine": machine, "seconds": rows}, indent=1))
    if arguments.readme:
        readme = ROOT / "README.md"
        before, rest = readme.read_text().split("<!-- benchmark -->")
        _, after = rest.split("<!-- /benchmark -->")
        block = f"<!-- benchmark -->\n{text}\n\n({footer}; above 1 x ours is faster)\n<!-- /benchmark -->"
        readme.write_text(before + block + after)


if __name__ == "__main__":
    main()
