"""What is measured of a fitted estimator beside its scores, before it is dropped."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import log_loss
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_ridge_nn.estimators import state_of
from sklearn_ridge_nn.evidence import QUANTILES
from sklearn_ridge_nn.model_selection._shared import Fitted, final_network
from sklearn_ridge_nn.network import Task, logits, row_losses

#: Rows that the spread of the features is measured on.
SCALE_ROWS = 500


def losses_and_weights(fitted: Fitted) -> dict[str, Any]:
    """Measure losses, and of a network of ours also curves and weights."""
    if fitted.task is None:
        return _of_classifier(fitted)
    located = final_network(fitted.estimator)
    assert located is not None  # a network with a task is at the estimator's end
    return _of_network(located[1], fitted.task)


def losses_weights_and_state(fitted: Fitted) -> dict[str, Any]:
    """Measure all that `losses_and_weights` does of a network of ours, and what it can go on from."""
    measured = losses_and_weights(fitted)
    if fitted.task is not None:
        located = final_network(fitted.estimator)
        assert located is not None
        measured["state"] = state_of(located[1])
    return measured


def predictions(fitted: Fitted) -> dict[str, Any]:
    """Predict the test rows."""
    classifier: Any = fitted.estimator
    X, train, test = (fitted.arguments[name] for name in ("X", "train", "test"))
    X_test, _ = fitted.split(classifier, X, None, test, train)
    return {"log_proba": classifier.predict_log_proba(X_test)}


def _of_network(classifier: Any, task: Task) -> dict[str, Any]:
    """Return what is measured of a fitted network of ours."""
    history, coefs = classifier.history_, classifier.coefs_
    # Callbacks and averages of weights may change these after the last losses were taken.
    is_known = classifier.callbacks is None and isinstance(classifier.optimizer, str)
    epoch = getattr(classifier, "best_epoch_", -1)

    def loss(name: str, rows: np.ndarray) -> float:
        value = float(history[name][epoch])
        if is_known and not np.isnan(value):
            return value
        x = task.X[rows]
        z = logits(x, coefs, classifier.intercepts_, task.architecture.activation)
        losses = row_losses(z, task.targets[rows], task.architecture)
        return task.loss_unit * _mean(losses, None if task.weights is None else task.weights[rows])

    return {
        "train_loss": loss("data_loss", task.train_rows),
        "test_loss": loss("test_data_loss", task.test_rows),
        "train_loss_curve": history["data_loss"][task.first_epoch :],
        "test_loss_curve": history["test_data_loss"][task.first_epoch :],
        "test_accuracy_curve": history["test_accuracy"][task.first_epoch :],
        "weight_norm": np.array([np.linalg.norm(coef) for coef in coefs]),
        "weight_quantiles": np.array([np.quantile(coef, QUANTILES) for coef in coefs]),
        "baseline_loss": _frequencies_loss(task),
        **_places(task.X[task.train_rows[:SCALE_ROWS]]),
    }


def _places(rows: Any) -> dict[str, Any]:
    """Return where the columns lie: scales, offset and spread of them; constant columns do not count."""
    if issparse(rows):
        means, variances = mean_variance_axis(rows.astype(float), axis=0)
    else:
        means, variances = rows.mean(axis=0, dtype=float), rows.var(axis=0, dtype=float)
    dtype = (
        rows.dtype if np.issubdtype(rows.dtype, np.floating) else np.float64
    )  # whole numbers, such as counts
    rounding = np.finfo(dtype).eps * np.abs(means)
    is_varying = np.sqrt(variances) > 10 * rounding
    if not is_varying.any():
        return {}
    deviations = np.sqrt(variances[is_varying])
    return {
        "feature_scales": np.quantile(deviations, [0, 0.5, 1]),
        "feature_offset": float(np.median(np.abs(means[is_varying]) / deviations)),
        "feature_spread": float(np.linalg.norm(deviations)),
    }


def _mean(losses: np.ndarray, weights: np.ndarray | None) -> float:
    if weights is not None and not weights.any():
        return np.nan
    return float(np.average(losses, weights=weights))


def _frequencies_loss(task: Task) -> float:
    """Return the loss on the test rows of predicting the frequencies in the training rows."""
    targets, weights = task.targets, task.weights
    if task.architecture.target_type == "multiclass":
        targets = targets == np.arange(task.architecture.n_outputs)
    weights = np.ones(len(targets)) if weights is None else weights
    rows, test = task.train_rows, task.test_rows
    share = np.average(targets[rows], axis=0, weights=weights[rows]).clip(1e-15, 1 - 1e-15)
    is_true = targets[test] > 0
    if task.architecture.target_type == "multiclass":
        losses = -np.log(share[is_true.argmax(axis=1)])
    else:
        losses = -np.where(is_true, np.log(share), np.log1p(-share)).mean(axis=1)
    return _mean(losses, weights[test])


def _of_classifier(fitted: Fitted) -> dict[str, Any]:
    """Return what is measured of any classifier."""
    classifier: Any = fitted.estimator
    X, y, train, test = (fitted.arguments[name] for name in ("X", "y", "train", "test"))
    X_train, y_train = fitted.split(classifier, X, y, train)
    X_test, y_test = fitted.split(classifier, X, y, test, train)
    classes, counts = np.unique(y_train, return_counts=True)
    frequencies = np.tile(counts / counts.sum(), (len(y_test), 1))
    return {
        "train_loss": log_loss(y_train, classifier.predict_proba(X_train), labels=classes),
        "test_loss": log_loss(y_test, classifier.predict_proba(X_test), labels=classes),
        "baseline_loss": log_loss(y_test, frequencies, labels=classes),
    }
