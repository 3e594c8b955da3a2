"""Compare RidgeMLPRegressor with MLPRegressor on five tables.

The contestants are the network; MLPRegressor of the same size, minibatches and number of epochs, which learns
a scaled y as the network does; and MLPRegressor at its defaults. The first two choose alpha by three folds of
the training rows. All have the same five shuffled folds, and columns are scaled on the training rows.

Prints the mean squared error on test rows as a share of the variance of y, and how far the network is ahead
of each MLPRegressor, with one standard error of the mean difference over the folds. Ten minutes on two
cores.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_friedman1, make_regression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPRegressor, model_selection
from sklearn_ridge_nn.estimators import n_epochs

BATCH_SIZE = 128
#: On the network's scale; MLPRegressor's are these times the rows of a minibatch.
ALPHAS = np.array([1e-4, 1e-3, 1e-2, 1e-1])
FOLDS = KFold(5, shuffle=True, random_state=0)
INNER = KFold(3, shuffle=True, random_state=0)

Table = tuple[np.ndarray, np.ndarray]


def smooth(n_rows: int, noise: float = 0.55) -> Table:
    """Draw a law with waves, products and squares, and noise: by default a tenth of the variance."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 8))
    law = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X[:, 3] ** 2 + X[:, 4]
    return X, law + noise * rng.normal(size=n_rows)


TABLES: dict[str, Callable[[], Table]] = {
    "diabetes, 442 x 10": lambda: load_diabetes(return_X_y=True),
    "friedman1, 500 x 10": lambda: make_friedman1(500, 10, noise=1.0, random_state=0),
    "linear, 200 x 20": lambda: make_regression(200, 20, n_informative=10, noise=100, random_state=0),
    "smooth, 2,000 x 8": lambda: smooth(2_000),
    "smooth, 20,000 x 8": lambda: smooth(20_000),
}


def contestants(n_rows: int) -> dict[str, BaseEstimator]:
    """Return the contestants for the training rows of a fold."""
    kept = int(n_rows * 2 / 3 * 0.9)  # without the inner fold and the hold-out
    epochs = n_epochs(RidgeMLPRegressor(batch_size=BATCH_SIZE), kept)
    same = MLPRegressor(
        hidden_layer_sizes=(128, 64),
        batch_size=min(BATCH_SIZE, kept),
        max_iter=epochs,
        tol=0,
        n_iter_no_change=epochs,
        random_state=0,
    )
    return {
        "network": model_selection.GridSearchCV(
            RidgeMLPRegressor(random_state=0), {"alpha": ALPHAS}, cv=INNER
        ),
        "same size": GridSearchCV(
            TransformedTargetRegressor(same, transformer=StandardScaler()),
            {"regressor__alpha": ALPHAS * min(BATCH_SIZE, kept)},
            cv=INNER,
        ),
        "defaults": MLPRegressor(random_state=0),
    }


def errors_of(table: Table) -> dict[str, np.ndarray]:
    """Return each contestant's errors on the folds, as shares of the variance of y."""
    X, y = table
    return {
        name: -cross_val_score(
            make_pipeline(StandardScaler(), contestant), X, y, cv=FOLDS, scoring="neg_mean_squared_error"
        )
        / y.var()
        for name, contestant in contestants(len(y) * 4 // 5).items()
    }


def main() -> None:
    warnings.filterwarnings("ignore")  # MLPRegressor's, of epochs that are too few for it
    print(f"{'table':20} {'network':>8} {'same size':>10} {'ahead by':>17} {'defaults':>9} {'ahead by':>17}")
    for name, make in TABLES.items():
        errors = errors_of(make())
        cells = [f"{name:20} {errors['network'].mean():8.3f}"]
        for peer in ("same size", "defaults"):
            ahead = errors[peer] - errors["network"]
            error = ahead.std(ddof=1) / np.sqrt(len(ahead))
            cells.append(f"{errors[peer].mean():{10 if peer == 'same size' else 9}.3f}")
            cells.append(f"{ahead.mean():+9.3f} +/- {error:.3f}")
        print(" ".join(cells), flush=True)


if __name__ == "__main__":
    main()
