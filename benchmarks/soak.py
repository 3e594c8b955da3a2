"""Fit, search and diagnose for a long time in one process, and see whether anything grows.

Each part makes calls of the same kinds in turn, and reports the second tenth of them beside the last one:
time per call, resident memory, threads and open files. A part is flat where the last tenth lies within 10 %
of the second; the first one compiles. The exit code is 1 where a part is not.

Parts: ``fits``, 1,200 of 30 shapes (architectures, tasks, minibatches, early stopping, sparse rows);
``searches``, 120 of 4 kinds; ``diagnoses``, 40 of 4 kinds; ``shapes``, 800 networks that are all
compiled anew, by helper processes after the first 128; ``keras``, 200 fits of 2 optimizers that need
Keras's own loop; ``callbacks``, 100 fits with a callback. These cannot share networks, and TensorFlow
keeps about 2 MB of each, so they do not count for the exit code.
``--share`` makes fewer calls; ``--only`` makes those of one part.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

#: How far the last tenth may lie above the second.
TOLERANCE = 0.1
MEASURES = ("seconds", "MiB", "threads", "files")


def state() -> tuple[float, int, int]:
    """Resident memory in MiB, threads, and open files of this process."""
    status = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line
    )
    return (
        int(status["VmRSS"].split()[0]) / 1024,
        int(status["Threads"]),
        len(list(Path("/proc/self/fd").iterdir())),
    )


def fits() -> list[Callable[[], object]]:
    """Thirty networks of different shapes."""
    from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor  # imports TensorFlow when it is used

    wine, cancer, diabetes = (
        load(return_X_y=True) for load in (load_wine, load_breast_cancer, load_diabetes)
    )
    calls: list[Callable[[], object]] = []
    for hidden, batch_size, (X, y) in itertools.product(
        [(), (10,), (100,), (20, 10), (50, 30, 20)], [16, 64], [wine, cancer, diabetes]
    ):
        kind = RidgeMLPRegressor if y is diabetes[1] else RidgeMLPClassifier
        network = kind(
            hidden_layer_sizes=hidden,
            batch_size=batch_size,
            epochs=5,
            early_stopping=len(hidden) == 2,
            random_state=0,
        )
        rows = csr_array(scale(X)) if len(hidden) == 3 else scale(X)
        calls.append(lambda network=network, rows=rows, y=y: network.fit(rows, y))
    return calls


def searches() -> list[Callable[[], object]]:
    """Search for alpha, alone, behind a scaler, by cross-validation of its own, and for two parameters."""
    from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPClassifierCV
    from sklearn_ridge_nn.model_selection import GridSearchCV, cross_validate

    X, y = load_wine(return_X_y=True)
    network = RidgeMLPClassifier(hidden_layer_sizes=(20,), epochs=5, random_state=0)
    behind = make_pipeline(StandardScaler(), network)
    alphas = np.logspace(-4, 0, 5)
    name = "ridgemlpclassifier__alpha"
    return [
        lambda: GridSearchCV(network, {"alpha": alphas}, cv=4).fit(scale(X), y),
        lambda: GridSearchCV(behind, {name: alphas, "ridgemlpclassifier__batch_size": [16, 32]}).fit(X, y),
        lambda: RidgeMLPClassifierCV(alphas, hidden_layer_sizes=(20,), epochs=5, random_state=0).fit(
            scale(X), y
        ),
        lambda: cross_validate(behind, X, y, cv=5, return_estimator=True),
    ]


def diagnoses() -> list[Callable[[], object]]:
    """Diagnoses with their pages, of classes and numbers."""
    from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor, bias_variance, diagnose

    wine, diabetes = load_wine(return_X_y=True), load_diabetes(return_X_y=True)
    options = {"hidden_layer_sizes": (20,), "epochs": 10, "random_state": 0}
    classifier = make_pipeline(StandardScaler(), RidgeMLPClassifier(**options))
    regressor = make_pipeline(StandardScaler(), RidgeMLPRegressor(**options))
    alphas = [0, 1e-3, 1e-1, 10]
    return [
        lambda: diagnose(classifier, *wine, alphas=alphas, cv=5)._repr_html_(),
        lambda: diagnose(regressor, *diabetes, alphas=alphas, cv=5)._repr_html_(),
        lambda: diagnose(classifier, *wine, alphas=alphas, cv=5, remedies=True)._repr_html_(),
        lambda: bias_variance(classifier, *wine, alphas=alphas, n_resamples=5),
    ]


def keras_fits() -> list[Callable[[], object]]:
    """Fits that the engine leaves to Keras, for it does not know their optimizers."""
    import keras

    return _keras_fits(
        {"optimizer": "adafactor"}, {"optimizer": keras.optimizers.Adam(1e-3, global_clipnorm=1.0)}
    )


def callbacks() -> list[Callable[[], object]]:
    """Fits that the engine leaves to Keras, for they have callbacks."""
    import keras

    return _keras_fits({"callbacks": [keras.callbacks.TerminateOnNaN()]})


def _keras_fits(*settings: dict[str, object]) -> list[Callable[[], object]]:
    from sklearn_ridge_nn import RidgeMLPClassifier

    X, y = load_wine(return_X_y=True)
    X, size = scale(X), {"hidden_layer_sizes": (20,), "epochs": 5, "random_state": 0}
    return [partial(RidgeMLPClassifier(**setting, **size).fit, X, y) for setting in settings]


def shapes() -> list[Callable[[], object]]:
    """Networks that each need a program of their own."""
    from sklearn_ridge_nn import RidgeMLPClassifier

    X, y = load_wine(return_X_y=True)
    setting = {"epochs": 2, "random_state": 0}
    return [
        partial(RidgeMLPClassifier(hidden_layer_sizes=(units,), **setting).fit, scale(X), y)
        for units in range(1, 801)
    ]


PARTS: dict[str, tuple[Callable[[], list[Callable[[], object]]], int]] = {
    "fits": (fits, 1200),
    "searches": (searches, 120),
    "diagnoses": (diagnoses, 40),
    "shapes": (shapes, 800),
    "keras": (keras_fits, 200),
    "callbacks": (callbacks, 100),
}
#: Parts that may grow.
GROWS = {"callbacks"}


def soak(calls: Sequence[Callable[[], object]], n_calls: int) -> np.ndarray:
    """Make so many calls, of each kind in turn, and return what was measured after each: (n_calls, 4)."""
    measured = []
    for call in itertools.islice(itertools.cycle(calls), n_calls):
        begin = time.perf_counter()
        call()
        seconds = time.perf_counter() - begin
        gc.collect()
        measured.append((seconds, *state()))
    return np.array(measured)


def report(name: str, measured: np.ndarray) -> bool:
    """Print the second and the last tenth of a part, and return whether it is flat."""
    n = len(measured) // 10
    second, last = measured[n : 2 * n].mean(axis=0), measured[-n:].mean(axis=0)
    second[0], last[0] = np.median(measured[n : 2 * n, 0]), np.median(measured[-n:, 0])
    is_flat = bool((last <= (1 + TOLERANCE) * second).all())
    for measure, before, after in zip(MEASURES, second, last, strict=True):
        print(f"{name:<10} {measure:<8} {before:10.4f} {after:10.4f} {after / before:6.2f}", flush=True)
    growth = (measured[-1, 1] - measured[2 * n, 1]) / (len(measured) - 2 * n)
    print(f"{name:<10} {'MiB/call':<8} {growth:21.3f}   {'flat' if is_flat else 'NOT FLAT'}", flush=True)
    return is_flat


def main() -> int:
    """Run the parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--share", type=float, default=1.0, help="of the calls")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'part':<10} {'':<8} {'2nd tenth':>10} {'last':>10} {'ratio':>6}")
    are_flat = []
    for name, (make, n_calls) in PARTS.items():
        if arguments.only in (None, name):
            calls = make()
            n_wanted = arguments.share * n_calls
            if len(calls) < n_calls:  # each tenth makes every call
                n_wanted = 10 * max(1, round(n_wanted / len(calls) / 10)) * len(calls)
            is_flat = report(name, soak(calls, round(n_wanted)))
            are_flat.append(is_flat or name in GROWS)
    return 0 if all(are_flat) else 1


if __name__ == "__main__":
    raise SystemExit(main())
