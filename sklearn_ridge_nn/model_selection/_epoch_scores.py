"""Scores of every alpha after every epoch, from one training of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from sklearn_ridge_nn.estimators import NetworkEstimator
from sklearn_ridge_nn.model_selection._calls import Fitted, Measurement, final_network
from sklearn_ridge_nn.model_selection._study import no_score, run_study


def test_histories(
    network: NetworkEstimator,
    name: str,
    alphas: NDArray[np.float64],
    X: Any,
    y: Any,
    sample_weight: Any,
    splits: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    **how: Any,
) -> NDArray[np.float64]:
    """Return what is measured on the test rows of every alpha and split after every epoch.

    Parameters
    ----------
    network : RidgeMLPClassifier or RidgeMLPRegressor
        With a number of epochs.
    name : {"test_data_loss", "test_accuracy"}
    alphas : ndarray of shape (n_alphas,)
    X, y, sample_weight : object
        As its `fit` takes them; losses are weighted by the weights.
    splits : list of (ndarray, ndarray)
        Rows to train and to test on.
    **how : object
        ``n_jobs``, ``memory`` and ``verbose``.

    Returns
    -------
    ndarray of shape (n_alphas, n_splits, n_epochs)
        NaN where a fit failed.
    """
    measurement = Measurement(_histories, watches_test_rows=True, weighs_classes=False)
    params = None if sample_weight is None else {"sample_weight": sample_weight}
    study = run_study(
        measurement,
        network,
        X,
        y,
        {"alpha": alphas.tolist()},
        splits,
        caller=f"{type(network).__name__}CV with epochs='best'",
        scoring=no_score,
        params=params,
        **how,
    )
    values = np.full((*study.measured.shape, int(network.epochs)), np.nan)
    for place in np.ndindex(study.measured.shape):
        measured: Any = study.measured[place]
        if measured is not None:
            values[place] = measured[name]
    return values


def _histories(fitted: Fitted) -> dict[str, Any]:
    """Measure what is known of the test rows after every epoch."""
    located = final_network(fitted.estimator)
    assert located is not None  # a network of ours is searched
    return {name: values for name, values in located[1].history_.items() if name.startswith("test_")}


def pairs_of(alphas: NDArray[np.float64], scores: NDArray[np.float64]) -> dict[str, Any]:
    """Return scores after every epoch in the form of ``cv_results_``.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
    scores : ndarray of shape (n_alphas, n_splits, n_epochs)

    Returns
    -------
    dict of str to (ndarray or list)
        One candidate for each pair of alpha and epochs, all epochs of the first alpha first.

    Examples
    --------
    >>> import numpy as np
    >>> results = pairs_of(np.array([0.0, 0.1]), np.array([[[1.0, 3.0]], [[2.0, 2.0]]]))
    >>> results["params"][1], results["mean_test_score"]
    ({'alpha': 0.0, 'epochs': 2}, array([1., 3., 2., 2.]))
    """
    n_alphas, n_splits, n_epochs = scores.shape
    of_pairs = scores.swapaxes(1, 2).reshape(-1, n_splits)
    params = [
        {"alpha": float(alpha), "epochs": epochs} for alpha in alphas for epochs in range(1, n_epochs + 1)
    ]
    means = of_pairs.mean(axis=1)
    known = np.where(np.isnan(means), -np.inf, means)
    results: dict[str, Any] = {
        "params": params,
        "param_alpha": np.ma.MaskedArray(np.repeat(alphas, n_epochs)),
        "param_epochs": np.ma.MaskedArray(np.tile(np.arange(1, n_epochs + 1), n_alphas)),
    }
    results |= {f"split{split}_test_score": of_pairs[:, split] for split in range(n_splits)}
    return results | {
        "mean_test_score": means,
        "std_test_score": of_pairs.std(axis=1),
        "rank_test_score": rankdata(-known, method="min").astype(np.int32),
    }


def scores_of(results: Mapping[str, Any], part: str, n_splits: int) -> NDArray[np.float64]:
    """Return the scores of candidates on test or training rows, of shape (n_candidates, n_splits)."""
    return np.column_stack([results[f"split{split}_{part}_score"] for split in range(n_splits)])
