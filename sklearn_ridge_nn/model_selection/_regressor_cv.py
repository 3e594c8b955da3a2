"""RidgeMLPRegressorCV: the regressor that chooses its alpha by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import check_scoring, get_scorer

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import fit_context
from sklearn_ridge_nn.estimators import (
    REGRESSOR_CONSTRAINTS,
    Activation,
    LossOfNumbers,
    NetworkEstimator,
    NetworkRegressor,
    Precision,
    RidgeMLPRegressor,
    check_numbers,
    flatten_numbers,
    poisson_deviance,
    r2_of,
    refuse_odd_numbers,
)
from sklearn_ridge_nn.model_selection._epoch_scores import test_histories
from sklearn_ridge_nn.model_selection._network_cv import CV_CONSTRAINTS, NetworkCV

#: Scores that are known after every epoch, by the loss that is trained.
FOLLOWED = {
    "squared_error": ("r2", "neg_mean_squared_error"),
    "absolute_error": ("neg_mean_absolute_error",),
    "poisson": ("neg_mean_poisson_deviance",),
    "huber": (),
    "quantile": (),
}


class RidgeMLPRegressorCV(NetworkRegressor, NetworkCV):
    """`RidgeMLPRegressor` that chooses alpha, and the number of epochs, by cross-validation.

    The networks of all alphas and folds train together; then one is fitted on all rows with what was chosen.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,), default=None
        Values to try, each >= 0. None tries 0 and ``np.logspace(-6, 0, 13)``.
    cv : int, cross-validation generator or iterable, default=5
        The splits; ints are folds of neighbouring rows, as in :class:`sklearn.model_selection.KFold`.
    scoring : str or callable, default=None
        How to score; None is R². Weighted by `sample_weight` if the metric takes weights.
    selection : {"best", "1se"}, default="best"
        Whether to choose the alpha with the best mean test score (of those that tie, the largest), or the
        largest one within a standard error of it, see
        :func:`sklearn_ridge_nn.model_selection.one_standard_error`. With ``epochs="best"``, of the pairs that
        tie or are within a standard error it is that with the largest alpha, and of those the fewest epochs.
    max_epochs : int, default=None
        The most epochs that ``epochs="best"`` tries. None is twice what ``epochs="auto"`` trains on the
        smallest training part.
    n_jobs : int, default=None
        Chunks of fits that run at a time, see :class:`sklearn_ridge_nn.model_selection.GridSearchCV`.
    memory : str, path or joblib.Memory, default=None
        Where to keep finished fits.
    epochs : int, "auto" or "best", default="auto"
        As in `RidgeMLPRegressor`, or "best": every alpha is trained once for `max_epochs` on every split,
        and scored on its test rows after every epoch; the pair of alpha and epochs with the best mean score
        is chosen, and the fit on all rows makes so many epochs. Scores that are known after every epoch are
        "r2" and "neg_mean_squared_error" for ``loss="squared_error"``, "neg_mean_absolute_error" for
        ``loss="absolute_error"`` and "neg_mean_poisson_deviance" for ``loss="poisson"``, all of a single
        output. `scoring=None` is the first of them; with several outputs, and for other losses, it is minus
        the loss.
    loss, quantile, scale_target : object
        As in `RidgeMLPRegressor`.
    hidden_layer_sizes, activation, dropout, optimizer, learning_rate, batch_size : object
        As in `RidgeMLPRegressor`.
    validation_split, early_stopping, patience, penalize_output, callbacks, dtype : object
        As in `RidgeMLPRegressor`.
    warm_start : bool, default=False
        Whether the fit on all rows continues from the network of the last `fit`. The cross-validation
        always starts anew.
    random_state : int, RandomState instance or None, default=None
        Seeds the networks: one seed for all of them, also where None draws it, so that alphas are compared
        on equal initial weights and minibatches.
    verbose : int, default=0
        Above 0 shows progress.

    Attributes
    ----------
    alpha_ : float
        The alpha chosen.
    epochs_ : int
        The epochs of the fit on all rows: with ``epochs="best"`` the number chosen.
    alphas_ : ndarray of shape (n_alphas,)
        The values tried.
    scores_ : ndarray of shape (n_alphas, n_splits)
        Test scores; with ``epochs="best"`` those after the number of epochs chosen.
    train_scores_ : ndarray of shape (n_alphas, n_splits)
        Training scores. Not with ``epochs="best"``.
    best_score_ : float
        Mean test score of the alpha, or the pair, chosen, over the splits that it was chosen by.
    cv_results_ : dict of str to ndarray
        As :class:`sklearn_ridge_nn.model_selection.GridSearchCV` has it; with ``epochs="best"`` a candidate
        is a pair of ``alpha`` and ``epochs``, and only test scores are known.
    target_mean_, target_scale_, n_features_in_, feature_names_in_, n_outputs_ : object
        As in `RidgeMLPRegressor`.
    coefs_, intercepts_, n_iter_ : object
        As in `RidgeMLPRegressor`.
    best_epoch_, history_, callbacks_, model_, keras_estimator_ : object
        As in `RidgeMLPRegressor`.

    See Also
    --------
    RidgeMLPRegressor : With an alpha of your own.
    RidgeMLPClassifierCV : The same for classes.
    sklearn_ridge_nn.model_selection.GridSearchCV : Searches other parameters, too, and Pipelines.

    Notes
    -----
    The rows are used as they come: steps that learn from them, such as scaling, belong inside the
    cross-validation. Search a Pipeline by `GridSearchCV` for that.

    *Missing scores.* Splits on which no alpha has a finite score are left out, with a warning. An alpha that
    lacks a score on another split is not chosen. The order of `alphas` does not matter.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = RidgeMLPRegressorCV([1e-3, 1e-2, 1e-1], selection="1se", epochs=50, random_state=0)
    >>> regressor.fit(scale(X), y).scores_.shape
    (3, 5)
    >>> bool(regressor.alpha_ in (1e-3, 1e-2, 1e-1))
    True
    """

    __module__ = "sklearn_ridge_nn"

    _parameter_constraints: ClassVar[dict[str, Any]] = CV_CONSTRAINTS | REGRESSOR_CONSTRAINTS
    _kind = RidgeMLPRegressor
    _is_classifier = False

    def __init__(
        self,
        alphas: Any = None,
        *,
        cv: Any = 5,
        scoring: Any = None,
        selection: Literal["best", "1se"] = "best",
        max_epochs: int | None = None,
        n_jobs: int | None = None,
        memory: Any = None,
        loss: LossOfNumbers = "squared_error",
        quantile: float = 0.5,
        scale_target: bool = True,
        hidden_layer_sizes: Any = (128, 64),
        activation: Activation = "relu",
        dropout: float = 0.0,
        optimizer: Any = "adam",
        learning_rate: Any = 1e-3,
        epochs: int | Literal["auto", "best"] = "auto",
        batch_size: int = 128,
        validation_split: float = 0.1,
        early_stopping: bool = False,
        patience: int = 5,
        penalize_output: bool = False,
        warm_start: bool = False,
        callbacks: Sequence[Any] | None = None,
        dtype: Precision = "float32",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            alphas,
            cv=cv,
            scoring=scoring,
            selection=selection,
            max_epochs=max_epochs,
            n_jobs=n_jobs,
            memory=memory,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            dropout=dropout,
            optimizer=optimizer,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            validation_split=validation_split,
            early_stopping=early_stopping,
            patience=patience,
            penalize_output=penalize_output,
            warm_start=warm_start,
            callbacks=callbacks,
            dtype=dtype,
            random_state=random_state,
            verbose=verbose,
        )
        self.loss = loss
        self.quantile = quantile
        self.scale_target = scale_target

    @observed_as("sklearn.neural_network.MLPRegressor.fit")
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Choose alpha by cross-validation, then train with it on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers; not negative for ``loss="poisson"``.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, >= 0, for training and for scoring.
        groups : array-like of shape (n_samples,), default=None
            Groups for a splitter that takes them.

        Returns
        -------
        self : RidgeMLPRegressorCV
            The fitted regressor.

        Raises
        ------
        ValueError
            If the data are not fit to train on, `alphas` are not, or the fits of all alphas fail; or if no
            alpha has a finite score on every split that any alpha has one on.

        Warns
        -----
        UserWarning
            If splits are left out because no alpha has a finite score on them.
        """
        refuse_odd_numbers(y)
        return self._fit(X, y, sample_weight, groups)

    # -- what y is ----------------------------------------------------------------------------------

    def _checked_target(self, y: Any) -> np.ndarray:
        y = flatten_numbers(y)
        check_numbers(y, self.loss)
        return y

    def _scorer(self, network: NetworkEstimator, y: np.ndarray) -> Any:  # noqa: ARG002
        return get_scorer("r2") if self.scoring is None else check_scoring(network, self.scoring)

    def _check_followed(self) -> None:
        known = FOLLOWED[self.loss]
        if self.scoring is not None and self.scoring not in known:
            listed = " or ".join(f"scoring={name!r}" for name in known)
            raise ValueError(
                f"epochs='best' with loss={self.loss!r} goes by {f'{listed}, or by ' if known else ''}"
                f"scoring=None, which are known after every epoch. Got {self.scoring!r}. Search both by "
                "GridSearchCV for another score."
            )

    def _epoch_scores(
        self,
        network: NetworkEstimator,
        alphas: NDArray[np.float64],
        X: Any,
        y: Any,
        weights: Any,
        splits: Any,
    ) -> NDArray[np.float64]:
        if y.ndim == 2 and self.scoring is not None:
            raise ValueError(
                f"epochs='best' does not know scoring={self.scoring!r} of several outputs after every epoch. "
                "Pass scoring=None, which goes by the loss, or a number of epochs."
            )
        losses = test_histories(network, "test_data_loss", alphas, X, y, weights, splits, **self._how)
        scoring = self.scoring or next(iter(FOLLOWED[self.loss]), None)
        if y.ndim == 2 or scoring not in ("r2", "neg_mean_poisson_deviance"):
            return -losses
        parts = [(y[test], None if weights is None else np.asarray(weights)[test]) for _, test in splits]
        if scoring == "r2":
            return np.stack([r2_of(losses[:, split], *part) for split, part in enumerate(parts)], axis=1)
        deviances = [poisson_deviance(losses[:, split], *part) for split, part in enumerate(parts)]
        return -np.stack(deviances, axis=1)
