"""What a fitted network can do, and what it holds: plain arrays and predictions from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sklearn_ridge_nn.estimators._history import History
from sklearn_ridge_nn.estimators._labels import Labels, decode
from sklearn_ridge_nn.estimators._numbers import Numbers
from sklearn_ridge_nn.estimators._rows import validated
from sklearn_ridge_nn.network import (
    Architecture,
    State,
    Task,
    Trained,
    join_histories,
    log_probabilities,
    logits,
    numbers,
    probabilities,
)

if TYPE_CHECKING:
    import keras
    from scikeras.wrappers import KerasClassifier, KerasRegressor

#: Attributes that hold Keras objects, and so are never pickled.
_KERAS_OBJECTS = ("_fitted_keras_estimator", "_fitted_keras_params", "callbacks_")
#: Attributes by which scikit-learn's callbacks follow a fit while it runs.
_OF_CALLBACKS = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")
#: Rows up to which a prediction takes less time than scikit-learn's check of what X is.
FEW_ROWS = 64
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class FittedNetwork(BaseEstimator):
    """An estimator that holds a network of plain arrays, by whichever trainer."""

    _fitted: dict[str, Any]
    optimizer: Any
    learning_rate: Any

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "coefs_")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        for name in _KERAS_OBJECTS:
            state.pop(name, None)
        if "history_" in state:  # plain in files
            state["history_"] = dict(state["history_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "history_" in state:
            state = {**state, "history_": History(state["history_"])}
        super().__setstate__(state)

    @property
    def model_(self) -> keras.Model:
        """The compiled Keras network with the fitted weights."""
        return self.keras_estimator_.model_

    @property
    def keras_estimator_(self) -> KerasClassifier | KerasRegressor:
        """SciKeras around ``model_``, with alpha as ``model__alpha``."""
        check_is_fitted(self)
        if not hasattr(self, "_fitted_keras_estimator"):
            from sklearn_ridge_nn.network import keras_estimator

            params = {
                "model__optimizer": self.optimizer,
                "model__learning_rate": self.learning_rate,
                **self._fitted["scikeras"],
                **getattr(self, "_fitted_keras_params", {}),
            }
            self._fitted_keras_estimator = keras_estimator(
                self._fitted_architecture(),
                classes=getattr(self, "classes_", None),
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
        """Put every attribute back if a fit fails or is interrupted.

        scikit-learn's callbacks are still to be told of its end, for which it looks at attributes of its own.
        """
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            known = {name: value for name, value in vars(self).items() if name in _OF_CALLBACKS}
            self.__dict__ = before | known
            raise

    def _forget(self) -> None:
        """Drop what an earlier fit left."""
        for name in [name for name in vars(self) if name.endswith("_") or name.startswith("_fitted")]:
            delattr(self, name)

    def _store(self, task: Task, trained: Trained, target: Any, weight_scale: float) -> None:
        """Set the fitted attributes: plain arrays, numbers, strings, and lists and dicts of them."""
        for name in (*_KERAS_OBJECTS, "best_epoch_"):
            self.__dict__.pop(name, None)
        state, epochs_before = trained.state, task.first_epoch
        architecture = task.architecture
        self.n_outputs_ = architecture.n_outputs
        self.coefs_, self.intercepts_ = state.coefs, state.intercepts
        self.n_iter_ = state.n_epochs
        history = join_histories(getattr(self, "history_", {}), trained.history, epochs_before)
        self.history_ = History(history)
        if trained.best_epoch is not None:
            self.best_epoch_ = epochs_before + trained.best_epoch
        if trained.callbacks:
            self.callbacks_ = trained.callbacks
        # What the network was when it was fitted, whatever set_params has said since.
        self._fitted = {
            "target_type": architecture.target_type,
            "hidden_layer_sizes": architecture.hidden_layer_sizes,
            "activation": architecture.activation,
            "dtype": architecture.dtype,
            "loss": architecture.loss,
            "quantile": architecture.quantile,
            "penalize_output": architecture.penalize_output,
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
        self._store_target(target)

    def _store_target(self, target: Any) -> None:
        """Set the fitted attributes that say what y was."""
        raise NotImplementedError

    def _known_target(self) -> Any:
        """Return what y was in the last fit."""
        raise NotImplementedError

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
        # models that were saved before there were regressors have no more
        names = ("loss", "quantile", "penalize_output")
        return Architecture(
            self.n_features_in_,
            self.n_outputs_,
            fitted["target_type"],
            fitted["hidden_layer_sizes"],
            fitted["activation"],
            fitted["dtype"],
            **{name: fitted[name] for name in names if name in fitted},
        )

    def _are_plain_rows(self, X: Any) -> bool:
        """Return whether X is surely what scikit-learn's check would return as it is.

        For a few rows the check takes longer than the prediction, and it finds out anew what X is.
        """
        return (
            type(X) is np.ndarray
            and X.ndim == 2
            and X.dtype in _FLOATS
            and 0 < X.shape[0] <= FEW_ROWS
            and self.__sklearn_is_fitted__()
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
            and bool(np.isfinite(X).all())
        )

    def _logits(self, X: Any) -> np.ndarray:
        if not self._are_plain_rows(X):
            check_is_fitted(self)
            X = validated(self, X, accept_sparse="csr", dtype="numeric", reset=False)
        return logits(X, self.coefs_, self.intercepts_, self._fitted["activation"])


class NetworkClassifier(ClassifierMixin, FittedNetwork):
    """A classifier that predicts with a network of plain arrays."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

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
        return decode(z, self.classes_, fitted["target_type"], fitted["label_dtype"])

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

    def _store_target(self, target: Labels) -> None:
        self.classes_ = target.classes
        self._fitted["label_dtype"] = target.dtype

    def _known_target(self) -> Labels:
        return Labels(self.classes_, self._fitted["target_type"], self._fitted["label_dtype"])


class NetworkRegressor(RegressorMixin, FittedNetwork):
    """A regressor that predicts with a network of plain arrays."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted numbers, in the units of y.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows to predict.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In float64, for the mean of y may have more digits than float32 holds.
        """
        outputs = numbers(self._logits(X), self._fitted["loss"])
        return self._known_target().decode(outputs)

    def _store_target(self, target: Numbers) -> None:
        self.target_mean_, self.target_scale_ = target.mean, target.scale
        self._fitted["is_vector"], self._fitted["is_scaled"] = target.is_vector, target.is_scaled
        self.coefs_, self.intercepts_ = target.made_constant(self.coefs_, self.intercepts_)

    def _known_target(self) -> Numbers:
        fitted = self._fitted
        return Numbers(self.target_mean_, self.target_scale_, fitted["is_vector"], fitted["is_scaled"])
