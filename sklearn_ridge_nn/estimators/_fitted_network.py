"""What a fitted network can do, and what it holds: plain arrays and predictions from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_ridge_nn.estimators import _labels as labels
from sklearn_ridge_nn.network import (
    Architecture,
    State,
    Task,
    Trained,
    join_histories,
    log_probabilities,
    logits,
    probabilities,
)

if TYPE_CHECKING:
    import keras
    from scikeras.wrappers import KerasClassifier

#: Attributes that hold Keras objects, and so are never pickled.
_KERAS_OBJECTS = ("_fitted_keras_estimator", "_fitted_keras_params", "callbacks_")


class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that predicts with a network of plain arrays, by whichever trainer."""

    _fitted: dict[str, Any]
    optimizer: Any
    learning_rate: Any

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "coefs_")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        for name in _KERAS_OBJECTS:
            state.pop(name, None)
        return state

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels of ``classes_``; for multilabel y an indicator matrix of y's dtype.
        """
        z = self._logits(X)
        fitted = self._fitted
        return labels.decode(z, self.classes_, fitted["target_type"], fitted["label_dtype"])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of every class, or of every label if y was multilabel.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; float32 if X is, else float64.
        """
        return probabilities(self._logits(X), self._fitted["target_type"])

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the probabilities, finite even where those round to zero.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; float32 if X is, else float64.
        """
        return log_probabilities(self._logits(X), self._fitted["target_type"])

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits: the network's outputs before the sigmoid or softmax.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            One-dimensional for binary y, where positive means ``classes_[1]``.
        """
        z = self._logits(X)
        return z[:, 0] if self._fitted["target_type"] == "binary" else z

    @property
    def model_(self) -> keras.Model:
        """The compiled Keras network with the fitted weights."""
        return self.keras_estimator_.model_

    @property
    def keras_estimator_(self) -> KerasClassifier:
        """SciKeras around ``model_``, with alpha as ``model__alpha``."""
        check_is_fitted(self)
        if not hasattr(self, "_fitted_keras_estimator"):
            from sklearn_ridge_nn.network import keras_classifier

            params = {
                "model__optimizer": self.optimizer,
                "model__learning_rate": self.learning_rate,
                **self._fitted["scikeras"],
                **getattr(self, "_fitted_keras_params", {}),
            }
            self._fitted_keras_estimator = keras_classifier(
                self._fitted_architecture(),
                classes=self.classes_,
                state=self._state(),
                verbose=0,
                **params,
            )
        return self._fitted_keras_estimator

    def __dir__(self) -> list[str]:
        # scikit-learn reads every attribute that dir() names, for its HTML repr and already in dir()
        # itself. These two build a Keras model, so they are not named.
        names = set(object.__dir__(self)) - {"model_", "keras_estimator_"}
        return sorted(name for name in names if hasattr(self, name))

    @contextmanager
    def _unchanged_on_failure(self) -> Iterator[None]:
        """Put every attribute back if a fit fails or is interrupted."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _forget(self) -> None:
        """Drop what an earlier fit left."""
        for name in [name for name in vars(self) if name.endswith("_") or name.startswith("_fitted")]:
            delattr(self, name)

    def _store(
        self, task: Task, trained: Trained, classes: np.ndarray, label_dtype: np.dtype, weight_scale: float
    ) -> None:
        """Set the fitted attributes: plain arrays, numbers, strings, and lists and dicts of them."""
        for name in (*_KERAS_OBJECTS, "best_epoch_"):
            self.__dict__.pop(name, None)
        state, epochs_before = trained.state, task.first_epoch
        self.classes_ = classes
        self.n_outputs_ = task.architecture.n_outputs
        self.coefs_, self.intercepts_ = state.coefs, state.intercepts
        self.n_iter_ = state.n_epochs
        self.history_ = join_histories(getattr(self, "history_", {}), trained.history, epochs_before)
        if trained.best_epoch is not None:
            self.best_epoch_ = epochs_before + trained.best_epoch
        if trained.callbacks:
            self.callbacks_ = trained.callbacks
        # What the network was when it was fitted, whatever set_params has said since.
        self._fitted = {
            "target_type": task.architecture.target_type,
            "label_dtype": label_dtype.str,
            "hidden_layer_sizes": task.architecture.hidden_layer_sizes,
            "activation": task.architecture.activation,
            "dtype": task.architecture.dtype,
            "seed": task.seed,
            "optimizer_state": state.optimizer,
            "optimizer_signature": state.optimizer_signature,
            "weight_scale": weight_scale,
            "scikeras": {
                "epochs": task.epochs,
                "batch_size": task.batch_size,
                "model__seed": task.seed,
                "model__alpha": task.alpha,
                "model__dropout": task.dropout,
            },
        }
        # A copy that lost the Keras objects falls back on the parameters, which hold them too.
        self._fitted_keras_params: dict[str, Any] = {}
        for name in ("optimizer", "learning_rate"):
            value = getattr(task, name)
            is_plain = isinstance(value, (str, float))
            (self._fitted["scikeras"] if is_plain else self._fitted_keras_params)[f"model__{name}"] = value

    def _state(self) -> State:
        fitted = self._fitted
        return State(
            self.coefs_,
            self.intercepts_,
            fitted["optimizer_state"],
            fitted["optimizer_signature"],
            self.n_iter_,
        )

    def _fitted_architecture(self) -> Architecture:
        fitted = self._fitted
        return Architecture(
            self.n_features_in_,
            self.n_outputs_,
            fitted["target_type"],
            fitted["hidden_layer_sizes"],
            fitted["activation"],
            fitted["dtype"],
        )

    def _logits(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype="numeric", reset=False)
        return logits(X, self.coefs_, self.intercepts_, self._fitted["activation"])
