"""Measure how long the default regressor should train, on tables of many kinds.

Every table is split three times into five folds, and columns are scaled on the training rows. On each split
one network of the default parameters, with alpha 0.001, trains for the longest time of all contestants and
reports the errors of the test rows and of its hold-out after every epoch. A contestant is a number of
gradient steps, and of passes at least. Its network is that one at the epoch with the smallest error on the
hold-out, and in the second half of the columns at the last epoch.

Prints the mean squared error on test rows as a share of the variance of y. Below are the geometric mean over
the tables of the ratio to the first contestant, and each contestant's largest ratio to the best of them.
Takes about three minutes on two cores.
"""

from __future__ import annotations

import os
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from default_epochs import BATCH_SIZE, passes
from regression_quality import TABLES as COMPARED, Table, smooth
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_friedman1,
    make_friedman2,
    make_friedman3,
    make_regression,
    make_sparse_uncorrelated,
)
from sklearn.model_selection import RepeatedKFold
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn.network import Architecture, Task, hold_out
from sklearn_ridge_nn.training import train_together

#: Gradient steps of full minibatches, and passes at least.
STEPS = (600, 300, 1200, 1200, 2400, 2400, 2400, 4800, 4800)
PASSES = (15, 60, 15, 30, 15, 30, 60, 60, 120)
CONTESTANTS = list(zip(STEPS, PASSES, strict=True))


def column(load: Callable[..., Table], number: int) -> Callable[[], Table]:
    """Return a function that makes a table whose y is a column of a data set, and X are the others."""

    def make() -> Table:
        X, _ = load(return_X_y=True)
        return np.delete(X, number, axis=1), X[:, number]

    return make


def lower_ink() -> Table:
    """Return the upper halves of digits, and how much ink is in their lower halves."""
    X, _ = load_digits(return_X_y=True)
    return X[:, :32], X[:, 32:].sum(axis=1)


TABLES: dict[str, Callable[[], Table]] = {
    **COMPARED,
    "petal width of iris, 150 x 3": column(load_iris, 3),
    "alcohol of wine, 178 x 12": column(load_wine, 0),
    "worst smoothness, 569 x 29": column(load_breast_cancer, 24),
    "lower ink of digits, 1,797 x 32": lower_ink,
    "wide, 300 x 200": lambda: make_regression(300, 200, n_informative=10, noise=50, random_state=0),
    "sparse, 400 x 30": lambda: make_sparse_uncorrelated(400, 30, random_state=0),
    "friedman1, 5,000 x 10": lambda: make_friedman1(5000, 10, noise=1.0, random_state=0),
    "friedman2, 1,000 x 4": lambda: make_friedman2(1000, noise=100, random_state=0),
    "friedman3, 300 x 4": lambda: make_friedman3(300, noise=0.1, random_state=0),
    "noisy, 1,000 x 8": lambda: smooth(1000, noise=3.0),
    "noisy, 10,000 x 8": lambda: smooth(10_000, noise=3.0),
}


def errors_of(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return each contestant's mean error on test rows, after its best epoch on the hold-out and its last."""
    X, y = table
    y = (y - y.mean()) / y.std()
    network = Architecture(X.shape[1], 1, "continuous", (128, 64), "relu", "float32", loss="squared_error")
    tasks = []
    for number, (rows, test) in enumerate(RepeatedKFold(n_splits=5, n_repeats=3, random_state=0).split(X)):
        kept, held_out = hold_out(np.zeros(len(rows), int), 0.1, number, keep_one=False)
        tasks.append(
            Task(
                network,
                1e-3,
                StandardScaler().fit(X[rows]).transform(X),
                y[:, None],
                None,
                rows[kept],
                rows[held_out],
                epochs=max(passes(len(kept), *contestant) for contestant in CONTESTANTS),
                batch_size=BATCH_SIZE,
                seed=number,
                test_rows=test,
            )
        )
    best, last = np.empty((2, len(tasks), len(CONTESTANTS)))
    for number, (task, trained) in enumerate(zip(tasks, train_together(tasks), strict=True)):
        test, held_out = trained.history["test_data_loss"], trained.history["val_data_loss"]
        ends = [passes(len(task.train_rows), *contestant) for contestant in CONTESTANTS]
        best[number] = [test[held_out[:end].argmin()] for end in ends]
        last[number] = [test[end - 1] for end in ends]
    return best.mean(axis=0), last.mean(axis=0)


def main() -> None:
    names = [f"{steps},{n_passes}" for steps, n_passes in CONTESTANTS]
    print(f"{'':33}" + "".join(f"{name:>9}" for name in names + names))
    errors = []
    for name, make in TABLES.items():
        errors.append(np.concatenate(errors_of(make())))
        print(f"{name:33}" + "".join(f"{error:9.4f}" for error in errors[-1]), flush=True)
    measured = np.array(errors)
    ratio = np.exp(np.log(measured / measured[:, :1]).mean(axis=0))
    worst = (measured / measured.min(axis=1, keepdims=True)).max(axis=0)
    for name, row in (("by the first", ratio), ("worst", worst)):
        print(f"{name:33}" + "".join(f"{value:9.3f}" for value in row))


if __name__ == "__main__":
    main()
