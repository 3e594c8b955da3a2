"""What is measured of a fitted estimator beside its scores, before it is dropped."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_ridge_nn.estimators import r2_of, state_of
from sklearn_ridge_nn.evidence import QUANTILES
from sklearn_ridge_nn.model_selection._shared import Fitted, final_network
from sklearn_ridge_nn.network import Task, least_poisson_loss, logits, row_losses

#: Rows that the spread of the features is measured on.
SCALE_ROWS = 500


def losses_and_weights(fitted: Fitted) -> dict[str, Any]:
    """Measure losses, and of a network of ours also curves and weights."""
    if fitted.task is None:
        return _of_another(fitted)
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


def squared_error(fitted: Fitted) -> dict[str, Any]:
    """Measure the squared error on the test rows, whatever loss was trained."""
    located, task = final_network(fitted.estimator), fitted.task
    assert located is not None
    assert task is not None
    architecture = dataclasses.replace(task.architecture, loss="squared_error")
    as_squared = dataclasses.replace(task, architecture=architecture)
    return {"test_loss": _loss(located[1], as_squared, task.test_rows)}


def predictions(fitted: Fitted) -> dict[str, Any]:
    """Predict the test rows: logarithms of probabilities, or numbers."""
    estimator: Any = fitted.estimator
    X, train, test = (fitted.arguments[name] for name in ("X", "train", "test"))
    X_test, _ = fitted.split(estimator, X, None, test, train)
    if is_classifier(estimator):
        return {"log_proba": estimator.predict_log_proba(X_test)}
    return {"predicted": estimator.predict(X_test)}


def _of_network(network: Any, task: Task) -> dict[str, Any]:
    """Return what is measured of a fitted network of ours."""
    history, coefs = network.history_, network.coefs_
    # Callbacks and averages of weights may change these after the last losses were taken.
    is_known = network.callbacks is None and isinstance(network.optimizer, str)
    epoch = getattr(network, "best_epoch_", -1)
    least = {
        part: _least(task, rows) for part, rows in (("train", task.train_rows), ("test", task.test_rows))
    }

    def loss(part: str, name: str, rows: np.ndarray) -> float:
        value = float(history[name][epoch])
        if not is_known or np.isnan(value):
            value = _loss(network, task, rows)
        return value - least[part]

    test_curve = history["test_data_loss"][task.first_epoch :]
    return {
        "train_loss": loss("train", "data_loss", task.train_rows),
        "test_loss": loss("test", "test_data_loss", task.test_rows),
        "train_loss_curve": history["data_loss"][task.first_epoch :] - least["train"],
        "test_loss_curve": test_curve - least["test"],
        "test_score_curve": _score_curve(network, task, test_curve),
        "weight_norm": np.array([np.linalg.norm(coef) for coef in coefs]),
        "weight_quantiles": np.array([np.quantile(coef, QUANTILES) for coef in coefs]),
        "baseline_loss": _loss_of_guessing(task) - least["test"],
        "loss_unit": task.loss_unit,
        "target_scale": getattr(network, "target_scale_", None),
        **_places(task.X[task.train_rows[:SCALE_ROWS]]),
    }


def _loss(network: Any, task: Task, rows: np.ndarray) -> float:
    """Return the mean loss of a network on some rows of its task."""
    z = logits(task.X[rows], network.coefs_, network.intercepts_, task.architecture.activation)
    losses = row_losses(z, task.targets[rows], task.architecture)
    return task.loss_unit * _mean(losses, None if task.weights is None else task.weights[rows])


def _least(task: Task, rows: np.ndarray) -> float:
    """Return the loss of exact predictions: Poisson's has one, and what is above it is half a deviance."""
    if task.architecture.loss != "poisson" or not len(rows):
        return 0.0
    least = least_poisson_loss(task.targets[rows].astype(float)).mean(axis=1)
    return _mean(least, None if task.weights is None else task.weights[rows])


def _score_curve(network: Any, task: Task, losses: np.ndarray) -> np.ndarray | None:
    """Return the accuracy on the test rows after every epoch, or R2 where it follows from the losses."""
    if not task.architecture.is_of_numbers:
        accuracies: np.ndarray = network.history_["test_accuracy"][task.first_epoch :]
        return accuracies
    if task.architecture.loss != "squared_error" or task.architecture.n_outputs > 1:
        return None
    return r2_of(losses / task.loss_unit, task.targets[task.test_rows, 0])


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


def _loss_of_guessing(task: Task) -> float:
    """Return the loss on the test rows of the best guess by the training rows, whatever X is."""
    if task.architecture.is_of_numbers:
        return _constant_loss(task)
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


def _constant_loss(task: Task) -> float:
    """Return the loss on the test rows of the training rows' mean, or median or quantile."""
    architecture, targets = task.architecture, task.targets.astype(float)
    weights = np.ones(len(targets)) if task.weights is None else task.weights
    train, test = task.train_rows, task.test_rows
    level = {"absolute_error": 0.5, "quantile": architecture.quantile}.get(architecture.loss)
    if level is None:
        constant = np.average(targets[train], axis=0, weights=weights[train])
    else:
        constant = np.array([_quantile(column, weights[train], level) for column in targets[train].T])
    if architecture.loss == "poisson":
        constant = np.log(np.maximum(constant, np.finfo(float).tiny))
    z = np.tile(constant, (len(test), 1))
    return task.loss_unit * _mean(row_losses(z, targets[test], architecture), weights[test])


def _quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    """Return the smallest value that at least a share `level` of the weights lies at or below."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) >= level * weights.sum() * (1 - 1e-12)
    return float(values[order][reached.argmax()])


def _of_another(fitted: Fitted) -> dict[str, Any]:
    """Return what is measured of an estimator that is not ours: log loss, or squared error."""
    estimator: Any = fitted.estimator
    X, y, train, test = (fitted.arguments[name] for name in ("X", "y", "train", "test"))
    X_train, y_train = fitted.split(estimator, X, y, train)
    X_test, y_test = fitted.split(estimator, X, y, test, train)
    if not is_classifier(estimator):
        mean = np.mean(np.asarray(y_train, dtype=float), axis=0)
        return {
            "train_loss": mean_squared_error(y_train, estimator.predict(X_train)),
            "test_loss": mean_squared_error(y_test, estimator.predict(X_test)),
            "baseline_loss": float(np.mean((np.asarray(y_test, dtype=float) - mean) ** 2)),
        }
    classes, counts = np.unique(y_train, return_counts=True)
    frequencies = np.tile(counts / counts.sum(), (len(y_test), 1))
    return {
        "train_loss": log_loss(y_train, estimator.predict_proba(X_train), labels=classes),
        "test_loss": log_loss(y_test, estimator.predict_proba(X_test), labels=classes),
        "baseline_loss": log_loss(y_test, frequencies, labels=classes),
    }
