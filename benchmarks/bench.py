"""Measure the estimators and their engine against their peers, side by side in one run.

Prints a table of times and ratios, writes it with the versions and the machine to
``benchmarks/results/bench.json``, and, with ``--readme``, into the README.

Workloads: W1 breast_cancer (569 x 30), W2 generated (20,000 x 50), W3 digits (1,797 x 64), all scaled; the
network has 128 and 64 hidden units and trains 15 epochs in minibatches of 128; searches try 9 alphas from
1e-5 to 1 on 5 folds and refit the best. A search of a peer is scikit-learn's GridSearchCV; ours is that too,
our own GridSearchCV, or the same 45 networks in one call of the engine. W4 is a nested cross-validation on
the data of W1, 5 searches in 5 outer folds, 225 fits and 5 refits; SciKeras runs one outer fold, times five.
W5 is a generated regression (make_friedman1, 20,000 x 50), of the regressors of the three;
``--only W5`` measures nothing else.
What users wait for is measured as they do it: the command on generated tables, the ten lines of the README,
and a search over texts (``--only waits``); ``--only million`` diagnoses tables of up to a million rows.

Every row runs its contestants in turn, several rounds, and takes the median of each; a ratio is the median
over the rounds of peer / ours, so above 1 means that ours is faster. Rows marked "first" run each contestant
in a process of its own, imports excluded, with no compiled program on disk; in those marked "next process"
another process has left its programs there. ``--only first`` measures these rows alone, without slow peers.
Where a contestant would take minutes it fits one alpha on the five folds, and nine times that is reported
(marked ~).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np
import sklearn.model_selection
from sklearn.datasets import load_breast_cancer, load_digits, make_classification, make_friedman1
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV, KFold, RepeatedStratifiedKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

ROOT = Path(__file__).parent.parent
EPOCHS, BATCH = 15, 128
ALPHAS = np.logspace(-5, 0, 9)
HIDDEN = (128, 64)
PEERS = ("SciKeras", "skorch", "MLP", "MLP n_jobs=2")
#: Seconds of each contestant's runs, by row.
Rows = dict[str, dict[str, list[float]]]


def workload(name: str) -> tuple[np.ndarray, np.ndarray]:
    if name == "W1":
        X, y = load_breast_cancer(return_X_y=True)
    elif name == "W2":
        X, y = make_classification(20_000, 50, n_informative=20, random_state=0)
    elif name == "W5":
        X, y = make_friedman1(20_000, 50, noise=1.0, random_state=0)
        y = scale(y)  # MLPRegressor and KerasRegressor do not scale it
    else:
        X, y = load_digits(return_X_y=True)
    return scale(X), y


# -- contestants ----------------------------------------------------------------------------------


def contestant(name: str, data: str = "W1") -> object:
    """Return an estimator for a workload, its libraries imported."""
    if name == "ours":
        from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor
        from sklearn_ridge_nn.training import _train as trainers

        importlib.import_module(trainers.__name__)  # TensorFlow too
        kind = RidgeMLPRegressor if data == "W5" else RidgeMLPClassifier
        return kind(epochs=EPOCHS, random_state=0)
    n_outputs = 10 if data == "W3" else 1
    if name == "SciKeras":
        return scikeras_estimator(n_outputs, is_regressor=data == "W5")
    if name == "skorch":
        return skorch_classifier(max(n_outputs, 2))
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPRegressor if data == "W5" else MLPClassifier
    return kind(hidden_layer_sizes=HIDDEN, batch_size=BATCH, max_iter=EPOCHS, random_state=0)


def scikeras_estimator(n_outputs: int, is_regressor: bool) -> object:
    """Return SciKeras around the seed's network as its users write it."""
    import keras
    from scikeras.wrappers import KerasClassifier, KerasRegressor

    def network(meta: dict, alpha: float) -> keras.Model:
        penalty = keras.regularizers.L2(alpha)
        hidden = [
            keras.layers.Dense(units, activation="relu", kernel_regularizer=penalty) for units in HIDDEN
        ]
        activation = None if is_regressor else "sigmoid" if n_outputs == 1 else "softmax"
        output = keras.layers.Dense(n_outputs, activation=activation)
        model = keras.Sequential([keras.Input((meta["n_features_in_"],)), *hidden, output])
        cross_entropy = "binary_crossentropy" if n_outputs == 1 else "sparse_categorical_crossentropy"
        if is_regressor:
            model.compile("adam", "mean_squared_error")
        else:
            model.compile("adam", cross_entropy, metrics=["accuracy"])
        return model

    kind = KerasRegressor if is_regressor else KerasClassifier
    return kind(network, model__alpha=1e-3, epochs=EPOCHS, batch_size=BATCH, validation_split=0.1, verbose=0)


def skorch_classifier(n_classes: int) -> object:
    import torch
    from skorch import NeuralNetClassifier

    class ToFloat32(torch.nn.Module):
        """Torch's layers take no float64, which scikit-learn users pass."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.float()

    def network() -> torch.nn.Module:
        nn = torch.nn
        hidden = (nn.LazyLinear(128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        return nn.Sequential(ToFloat32(), *hidden, nn.Linear(64, n_classes))

    return NeuralNetClassifier(
        network,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__weight_decay=2e-3,
        lr=1e-3,
        max_epochs=EPOCHS,
        batch_size=BATCH,
        iterator_train__shuffle=True,
        verbose=0,
    )


def search(
    name: str,
    data: str,
    alphas: np.ndarray = ALPHAS,
    module: ModuleType = sklearn.model_selection,
    refit: bool = True,
) -> Callable[[], object]:
    """Return a grid search over alpha, ready to be fitted; stock unless ours is the module."""
    X, y = workload(data)
    grid = search_of(name, data, alphas, module, refit)
    return lambda: grid.fit(X, y)


def search_of(name: str, data: str, alphas: np.ndarray, module: ModuleType, refit: bool) -> GridSearchCV:
    parameter = {"SciKeras": "model__alpha", "skorch": "optimizer__weight_decay"}.get(name, "alpha")
    estimator = contestant(name.split()[0], data)
    n_jobs = 2 if name.endswith("n_jobs=2") else None
    return module.GridSearchCV(estimator, {parameter: alphas}, cv=5, refit=refit, n_jobs=n_jobs)


def nested(name: str, module: ModuleType = sklearn.model_selection, n_outer: int = 5) -> Callable[[], object]:
    """Return W4: a search inside each fold of a cross-validation, ours around ours."""
    X, y = workload("W1")
    grid = search_of(name, "W1", ALPHAS, module, True)
    n_jobs = grid.n_jobs
    grid.n_jobs = None
    folds = list(StratifiedKFold(5).split(X, y))[:n_outer]
    return lambda: module.cross_validate(grid, X, y, cv=folds, n_jobs=n_jobs)


class SlowScaler(StandardScaler):
    """Takes a second to fit, and counts."""

    fits = 0

    def fit(self, X: np.ndarray, y: object = None, sample_weight: object = None) -> SlowScaler:
        type(self).fits += 1
        time.sleep(1)
        return super().fit(X, y, sample_weight)


def slow_preprocessing() -> int:
    """Return how often the preprocessing of a search on W2 is fitted (networks of one epoch)."""
    X, y = workload("W2")
    pipeline = make_pipeline(SlowScaler(), contestant("ours").set_params(epochs=1))
    grid = {"ridgemlpclassifier__alpha": ALPHAS}
    SlowScaler.fits = 0
    ours().GridSearchCV(pipeline, grid, cv=5, refit=False).fit(X, y)
    return SlowScaler.fits


def diagnosis(data: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return a diagnosis of 14 alphas on 15 splits, and the bare search over the same."""
    from sklearn_ridge_nn import diagnose

    X, y = workload(data)
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    alphas = [0.0, *np.logspace(-6, 0, 13)]
    grid = ours().GridSearchCV(contestant("ours"), {"alpha": alphas}, cv=cv, refit=False)
    grid.return_train_score = True
    return lambda: diagnose(contestant("ours"), X, y, alphas=alphas, cv=cv), lambda: grid.fit(X, y)


def answers(data: str, rounds: int) -> dict[str, float]:
    """Return what the map, "settled" and remedies of the default network cost, as ratios of times.

    All are trained for as many epochs as "settled" ends with, but for the rounds of remedies, which are after
    the best pair's.
    """
    from sklearn_ridge_nn import RidgeMLPClassifier, diagnose

    X, y = workload(data)
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    alphas = [0.0, *np.logspace(-6, 0, 13)]
    estimator = RidgeMLPClassifier(random_state=0)
    run = partial(diagnose, estimator, X, y, alphas=alphas, cv=cv)
    n_epochs = run(epochs="settled", remedies=False).rounds[-1]
    longest = RidgeMLPClassifier(epochs=n_epochs, random_state=0)
    grid = ours().GridSearchCV(longest, {"alpha": alphas}, cv=cv, refit=False, return_train_score=True)
    runs = {
        "search": lambda: grid.fit(X, y),
        "map": lambda: run(epochs=n_epochs, remedies=False),
        "settled": lambda: run(epochs="settled", remedies=False),
        "remedies": lambda: run(epochs="settled", remedies=True),
    }
    times = race({name: timed(what) for name, what in runs.items()}, rounds, warm_up=False)
    pairs = {
        "diagnose with the map, over the bare search": ("map", "search"),
        "settled, over one training for as many epochs": ("settled", "map"),
        "settled, over the bare search": ("settled", "search"),
        "settled with remedies and yardsticks, over settled": ("remedies", "settled"),
    }
    return {
        f"{label}, {n_epochs} epochs, {data}": float(np.median(np.divide(times[one], times[other])))
        for label, (one, other) in pairs.items()
    }


def ours() -> ModuleType:
    return importlib.import_module("sklearn_ridge_nn.model_selection")


def cross_validation_alone(data: str) -> Callable[[], object]:
    """Return the fits of one alpha on the five folds, one by one."""
    X, y = workload(data)
    estimator = contestant("ours")
    return lambda: sklearn.model_selection.cross_val_score(estimator, X, y, cv=5)


def engine_call(data: str, every_epoch: bool = True) -> Callable[[], object]:
    """Return the 45 networks of a search in one call of the engine."""
    from sklearn_ridge_nn.network import hold_out
    from sklearn_ridge_nn.training import Architecture, Task, train_together

    X, y = workload(data)
    is_regression = data == "W5"
    n_outputs = 10 if data == "W3" else 1
    target_type = "continuous" if is_regression else "binary" if n_outputs == 1 else "multiclass"
    loss = "squared_error" if is_regression else "cross_entropy"
    architecture = Architecture(X.shape[1], n_outputs, target_type, HIDDEN, "relu", "float32", loss)
    targets = y[:, None]
    groups = np.zeros(len(y), int) if is_regression else y
    tasks = []
    for rows, _ in (KFold(5) if is_regression else StratifiedKFold(5)).split(X, y):
        train, held_out = hold_out(groups[rows], 0.1, 0, keep_one=True)
        tasks += [
            Task(
                architecture,
                float(alpha),
                X,
                targets,
                None,
                rows[train],
                rows[held_out],
                EPOCHS,
                BATCH,
                0,
                every_epoch=every_epoch,
            )
            for alpha in ALPHAS
        ]
    return lambda: train_together(tasks)


def documents(n: int = 900) -> tuple[list[str], np.ndarray]:
    """Return texts of 120 words out of 6,000, as frequent as words are, and their three subjects."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{number}" for number in range(6000)])
    y = rng.integers(0, 3, n)
    texts = []
    for subject in y:
        often = 1 / np.arange(1, len(words) + 1)
        often[50 + 40 * subject : 90 + 40 * subject] *= 6
        texts.append(" ".join(rng.choice(words, 120, p=often / often.sum())))
    return texts, y


def text_search(name: str, module: ModuleType = sklearn.model_selection) -> Callable[[], object]:
    """Return a search of 4 alphas on 5 folds over Tf-idf, whose vocabularies differ from fold to fold."""
    texts, y = documents()
    pipeline = make_pipeline(TfidfVectorizer(), contestant(name, "W3"))
    grid = {f"{pipeline.steps[-1][0]}__alpha": ALPHAS[2:9:2]}
    search = module.GridSearchCV(pipeline, grid, cv=5)
    return lambda: search.fit(texts, y)


def command(*arguments: object) -> Callable[[], float]:
    """Return a run of the command in a process of its own, imports and all; it returns its seconds."""
    program = Path(sys.executable).with_name("ridge-nn")
    line = [str(program), *map(str, arguments), "--quiet"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return timed(lambda: subprocess.run(line, check=True, capture_output=True, env=environment))


def table_file(folder: Path, n_rows: int, n_columns: int, n_informative: int) -> Path:
    """Write a generated table as CSV, the classes in its last column y, and return where it is."""
    X, y = make_classification(n_rows, n_columns, n_informative=n_informative, random_state=0)
    path = folder / f"{n_rows}x{n_columns}.csv"
    names = ",".join([*(f"x{number}" for number in range(n_columns)), "y"])
    np.savetxt(
        path,
        np.column_stack([X, y]),
        fmt=["%.9g"] * n_columns + ["%d"],
        delimiter=",",
        header=names,
        comments="",
    )
    return path


def ten_lines() -> Callable[[], object]:
    """Return the ten lines of the README."""
    code = (ROOT / "README.md").read_text().split("```python")[1].split("```")[0]
    compiled = compile(code, "README.md", "exec")

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compiled, {})

    return run


# -- timing ---------------------------------------------------------------------------------------


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def race(runs: dict[str, Callable[[], float]], rounds: int, warm_up: bool = True) -> dict[str, list[float]]:
    """Time all contestants in turn, `rounds` times; a run returns its seconds."""
    if warm_up:
        for run in runs.values():
            run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(run())
    return times


def timed(run: Callable[[], object], factor: int = 1) -> Callable[[], float]:
    return lambda: factor * seconds(run)


def first_in_process(what: str, name: str, data: str, cache: str | None = None) -> Callable[[], float]:
    """Time the first run of a fresh process, imports excluded.

    `cache` is the folder of compiled programs; None is an empty one for each run.
    """
    command = [sys.executable, __file__, "--first", what, name, data]

    def run() -> float:
        with tempfile.TemporaryDirectory() as empty:
            kept = {"SKLEARN_RIDGE_NN_CACHE": cache or empty, "TF_CPP_MIN_LOG_LEVEL": "3"}
            result = subprocess.run(
                command, check=True, capture_output=True, text=True, env={**os.environ, **kept}
            )
        return float(result.stdout.split()[-1])

    return run


#: What is run in a process of its own, and the peers' run that it is compared with.
IN_PROCESS = {
    "fit, 569 x 30": ("fit", "fit"),
    "stock GridSearchCV, W1": ("search", "search"),
    "our GridSearchCV, W1": ("ours", "search"),
    "engine, 45 networks of W1": ("engine", "search"),
}


def measure_first(rounds: int, peers: Sequence[str]) -> Rows:
    """Return the rows of first runs, without programs on disk and with them."""
    rows: Rows = {}
    known: dict[str, dict[str, list[float]]] = {}
    for label, (what, of_peers) in IN_PROCESS.items():
        print(f"{label} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as cache:
            runs = {
                "first": first_in_process(what, "ours", "W1"),
                "next": first_in_process(what, "ours", "W1", cache),
            }
            runs["next"]()  # fills the cache
            if of_peers not in known:
                runs |= {name: first_in_process(of_peers, name, "W1") for name in peers}
            times = race(runs, rounds, warm_up=False)
        known.setdefault(of_peers, {name: times[name] for name in peers if name in times})
        rows[f"{label}, first"] = {"ours": times["first"], **known[of_peers]}
        rows[f"{label}, next process"] = {"ours": times["next"], **known[of_peers]}
    return rows


def measure_waits(rounds: int) -> Rows:
    """Return the rows of what users wait for; files on disk are those of earlier runs, but for "first"."""
    rows: Rows = {}
    print("texts, the command, the ten lines ...", file=sys.stderr, flush=True)
    text = {"MLP": first_in_process("text", "MLP", "W3")}
    with tempfile.TemporaryDirectory() as cache:
        text |= {"next": first_in_process("text", "ours", "W3", cache)}
        text |= {"first": first_in_process("text", "ours", "W3")}
        text["next"]()
        times = race(text, rounds, warm_up=False)
    for which, label in (("first", "first"), ("next", "next process")):
        rows[f"our GridSearchCV, Tf-idf, {label}"] = {"ours": times[which], "MLP": times["MLP"]}
    rows["README's ten lines, again"] = race({"ours": timed(ten_lines())}, rounds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large, wide = (
            table_file(folder, *shape) for shape in ((1000, 20, 10), (20_000, 30, 15), (60, 10_000, 30))
        )
        given = ("--target", "y")
        runs = {
            "ridge-nn fit, 1,000 x 20": command("fit", small, *given, "--model", folder / "model.skops"),
            "ridge-nn diagnose, 20,000 x 30": command(
                "diagnose", large, *given, "--html", folder / "page.html"
            ),
            "ridge-nn diagnose, 60 x 10,000, 4 alphas x 5 folds": command(
                "diagnose", wide, *given, "--remedies", "none", "--alphas", "0,1e-3:1:3", "--cv", 5
            ),
        }
        for label, run in runs.items():
            print(f"{label} ...", file=sys.stderr, flush=True)
            rows[label] = race({"ours": run}, 1, warm_up=False)
    return rows


def measure_million() -> Rows:
    """Return the rows of diagnoses of nine alphas on ten thousand, a hundred thousand and a million rows."""
    rows: Rows = {}
    for n_rows in (10_000, 100_000, 1_000_000):
        label = f"ridge-nn diagnose, {n_rows:,} x 50, 9 alphas"
        print(f"{label} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as name:
            path = table_file(Path(name), n_rows, 50, 20)
            run = command("diagnose", path, "--target", "y", "--alphas", "1e-5:1:9", "--remedies", "none")
            rows[label] = race({"ours": run}, 1, warm_up=False)
        print(f"{rows[label]['ours'][0] / n_rows * 1e3:.3g} ms a row", file=sys.stderr, flush=True)
    return rows


def matrix_product_peak() -> float:
    """Return the machine's best float32 floating-point operations per second in a matrix product."""
    best = 0.0
    for size in (512, 1024, 2048):
        a, b = np.random.default_rng(0).random((2, size, size), dtype=np.float32)
        best = max(best, *(2 * size**3 / seconds(lambda a=a, b=b: a @ b) for _ in range(10)))
    return best


def utilisation(data: str, run_seconds: float, peak: float) -> float:
    """Return the engine's share of the peak, at 6 * batch * kernel weights operations per step."""
    X, y = workload(data)
    n_outputs = 1 if data != "W3" else 10
    widths = (X.shape[1], *HIDDEN, n_outputs)
    n_weights = sum(a * b for a, b in itertools.pairwise(widths))
    train_rows = [0.9 * len(rows) for rows, _ in StratifiedKFold(5).split(X, y)]
    steps = sum(-(-n // BATCH) for n in train_rows) * len(ALPHAS) * EPOCHS
    return 6 * BATCH * n_weights * steps / run_seconds / peak


# -- rows -----------------------------------------------------------------------------------------


def measure_large(data: str, rounds: int) -> Rows:
    """Return the rows of a workload on which the peers take minutes: each of them is timed once."""
    labels = (f"engine, 45 networks of {data}, compiled", f"the same, losses of the last epoch only, {data}")
    searching = f"our GridSearchCV, {data}, again"
    print(f"{labels[0]}, and the searches of the peers ...", file=sys.stderr, flush=True)
    rows = {
        label: race({"ours": timed(engine_call(data, every_epoch=every_epoch))}, rounds)
        for label, every_epoch in zip(labels, (True, False), strict=True)
    }
    rows[searching] = race({"ours": timed(search("ours", data, module=ours()))}, rounds)
    slow = [name for name in ("SciKeras", "skorch") if data != "W5" or name != "skorch"]
    runs = {name: timed(search(name, data, ALPHAS[:1]), 9) for name in slow}
    runs |= {name: timed(search(name, data)) for name in PEERS[2:]}
    peers = race(runs, 1, warm_up=False)
    for times in rows.values():
        times.update(peers)
    return rows


def measure(rounds: int) -> tuple[Rows, dict[str, float], dict[str, float]]:
    rows: Rows = {}

    def row(label: str, runs: dict[str, Callable[[], float]], rounds: int, warm_up: bool = True) -> None:
        print(f"{label} ...", file=sys.stderr, flush=True)
        rows[label] = race(runs, rounds, warm_up)

    statements = {
        "ours": "from sklearn_ridge_nn import RidgeMLPClassifier",
        "MLP": "import sklearn.neural_network",
    }
    run_import = {
        name: timed(lambda s=statement: subprocess.run([sys.executable, "-c", s], check=True))
        for name, statement in statements.items()
    }
    row("import", run_import, rounds)
    searchers = ("ours", *PEERS)
    rows |= measure_first(max(rounds // 2, 1), PEERS)
    rows |= measure_waits(1)
    row(
        "stock GridSearchCV, W1, compiled",
        {name: timed(search(name, "W1")) for name in searchers if name not in ("SciKeras", "skorch")},
        rounds,
    )
    row("our GridSearchCV, W1, again", {"ours": timed(search("ours", "W1", module=ours()))}, rounds)
    row("engine, 45 networks of W1, compiled", {"ours": timed(engine_call("W1"))}, rounds)
    for label in ("our GridSearchCV, W1, again", "engine, 45 networks of W1, compiled"):
        for name in PEERS:
            source = "compiled" if "MLP" in name else "first"
            rows[label][name] = rows[f"stock GridSearchCV, W1, {source}"][name]
    for data in ("W2", "W3", "W5"):
        rows |= measure_large(data, rounds)
    row("our nested cross-validation, W4, again", {"ours": timed(nested("ours", ours()))}, rounds)
    slow = {"SciKeras": timed(nested("SciKeras", n_outer=1), 5)}
    quick = {name: timed(nested(name)) for name in PEERS[2:]}
    rows["our nested cross-validation, W4, again"].update(race({**slow, **quick}, 1, warm_up=False))
    alphas = np.append(ALPHAS, 3e-3)
    with_ten = {str(n): timed(search("ours", "W2", alphas[:n], ours(), refit=False)) for n in (9, 10)}
    alone = {"alone": timed(cross_validation_alone("W2"))}
    tenth = race({**with_ten, **alone}, rounds)
    cost = np.median(np.subtract(tenth["10"], tenth["9"])) / np.median(tenth["alone"])
    ratios = {}
    for data in ("W1", "W3"):
        with_verdicts, bare = diagnosis(data)
        times = race({"diagnose": timed(with_verdicts), "bare": timed(bare)}, rounds)
        ratios[data] = float(np.median(np.divide(times["diagnose"], times["bare"])))
    X2, y2 = (array[:16_000] for array in workload("W2"))
    X1, y1 = workload("W1")
    entrants = {name: contestant(name) for name in ("ours", *PEERS[:3])}
    for label, X, y in (("fit, 569 x 30", X1, y1), ("fit, 16,000 x 50", X2, y2)):
        row(label, {n: timed(lambda e=e, X=X, y=y: e.fit(X, y)) for n, e in entrants.items()}, rounds)
    many = np.random.default_rng(0).normal(size=(100_000, 50))
    for label, X, repeats in (
        ("predict_proba, 1 row", X2[:1], 20),
        ("predict_proba, 100,000 rows float32", many.astype("float32"), 1),
        ("predict_proba, 100,000 rows float64", many, 1),
    ):
        runs = {
            name: timed(lambda e=e, X=X, n=repeats: [e.predict_proba(X) for _ in range(n)])
            for name, e in entrants.items()
        }
        row(label, runs, rounds)
        rows[label] = {name: [t / repeats for t in times] for name, times in rows[label].items()}
    peak = matrix_product_peak()
    shares = {
        label: utilisation("W2", float(np.median(times["ours"])), peak)
        for label, times in rows.items()
        if label.endswith(("W2", "W2, compiled"))
    }
    facts = {
        "tenth alpha of a search on W2, over the fits of one alpha alone": float(cost),
        "fits of a preprocessing step in a search of 45": slow_preprocessing(),
        **{f"diagnose, 14 alphas x 15 splits, over the bare search, {data}": r for data, r in ratios.items()},
        **answers("W1", 1),
    }
    return rows, {"matrix-product peak, GFLOP/s": peak / 1e9, **shares}, facts


def table(rows: Rows) -> str:
    lines = [
        "| what | ours | " + " | ".join(f"{peer} / ours" for peer in PEERS) + " |",
        "|---|---:" + "|---:" * len(PEERS) + "|",
    ]
    for label, times in rows.items():
        ours = np.median(times["ours"])
        cells = []
        for peer in PEERS:
            if peer not in times:
                cells.append("-")
                continue
            paired = len(times[peer]) == len(times["ours"])
            ratio = (
                np.median(np.array(times[peer]) / np.array(times["ours"]))
                if paired
                else np.median(times[peer]) / ours
            )
            guessed = any(data in label for data in ("W2", "W3", "W4", "W5"))
            about = "~" if peer in ("SciKeras", "skorch") and guessed else ""
            cells.append(f"{about}{ratio:.0f} x" if ratio > 10 else f"{about}{ratio:.2g} x")
        value = f"{ours:.2f} s" if ours > 1 else f"{ours * 1e3:.3g} ms"
        lines.append(f"| {label} | {value} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds per row (default 3)")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    parser.add_argument(
        "--only", choices=["first", "waits", "million", "W2", "W3", "W5"], help="a part; nothing is written"
    )
    parser.add_argument("--first", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")  # MLPClassifier's of too few epochs, SciKeras's of sklearn tags
    if arguments.first:
        what, name, data = arguments.first
        if what == "ours":
            run = search(name, data, module=ours())
        elif what == "text":
            run = text_search(name, ours() if name == "ours" else sklearn.model_selection)
        elif what == "fit":
            X, y = workload(data)
            run = partial(contestant(name, data).fit, X, y)
        else:
            run = search(name, data) if what == "search" else engine_call(data)
        print(seconds(run))
        return
    parts = {
        "first": lambda: measure_first(arguments.rounds, PEERS[2:]),
        "waits": lambda: measure_waits(arguments.rounds),
        "million": measure_million,
    }
    if arguments.only:
        measure_part = parts.get(arguments.only, lambda: measure_large(arguments.only, arguments.rounds))
        print(table(measure_part()))
        return
    rows, speed, facts = measure(arguments.rounds)
    packages = ("numpy", "scikit-learn", "keras", "tensorflow", "scikeras", "skorch", "torch")
    versions = {name: version(name) for name in packages}
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    text = table(rows)
    shares = [f"{label}: {share:.0%}" for label, share in speed.items() if "peak" not in label]
    peak = speed["matrix-product peak, GFLOP/s"]
    footer = (
        f"Share of the float32 matrix-product peak, {peak:.0f} GFLOP/s: {'; '.join(shares)}. {machine}; "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
    )
    footer += "; " + "; ".join(f"{what}: {number:.3g}" for what, number in facts.items())
    print(text + "\n\n" + footer)
    results = ROOT / "benchmarks" / "results" / "bench.json"
    results.parent.mkdir(exist_ok=True)
    content = {"versions": versions, "machine": machine, "speed": speed, "facts": facts, "seconds": rows}
    results.write_text(json.dumps(content, indent=1))
    if arguments.readme:
        readme = ROOT / "README.md"
        before, rest = readme.read_text().split("<!-- benchmark -->")
        _, after = rest.split("<!-- /benchmark -->")
        block = f"<!-- benchmark -->\n{text}\n\n({footer}; above 1 x ours is faster)\n<!-- /benchmark -->"
        readme.write_text(before + block + after)


if __name__ == "__main__":
    main()
