"""RidgeMLPRegressor: the L2-regularised Keras network as a scikit-learn regressor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import check_sample_weight, fit_context
from sklearn_ridge_nn.estimators import _numbers as numbers
from sklearn_ridge_nn.estimators._fitted_network import NetworkRegressor
from sklearn_ridge_nn.estimators._labels import not_all_zero
from sklearn_ridge_nn.estimators._network_estimator import NetworkEstimator, Shared
from sklearn_ridge_nn.estimators._numbers import Numbers
from sklearn_ridge_nn.estimators._parameters import (
    PARAMETER_CONSTRAINTS,
    REGRESSOR_AUTO_EPOCHS,
    REGRESSOR_CONSTRAINTS,
    Activation,
    AutoEpochs,
    LossOfNumbers,
    Precision,
)
from sklearn_ridge_nn.network import MatrixLike


class RidgeMLPRegressor(NetworkRegressor, NetworkEstimator):
    """Multilayer perceptron regressor in Keras with an L2 (ridge) penalty.

    The loss is the weighted mean of the rows' losses plus ``alpha`` times the sum of squares of the hidden
    layers' kernels (Keras's ``l2``: no factor 1/2, not divided by the number of rows). Biases are not
    penalised, and the output layer is not unless `penalize_output` says so.

    Parameters
    ----------
    alpha : float, default=1e-3
        Strength of the L2 penalty, >= 0. Keras rounds it to float32. With `scale_target` the penalty is added
        to losses of scaled targets, so alpha means the same in whichever unit y is.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "quantile"}, default="squared_error"
        What is minimised: Keras's mean squared error, mean absolute error, Huber loss (quadratic up to an
        error of 1, which with `scale_target` is one standard deviation of y), Poisson loss of counts (the
        prediction is the exponential of the network's output), or the quantile loss.
    quantile : float, default=0.5
        Which quantile ``loss="quantile"`` predicts, in (0, 1). Must be left at its default with another loss.
    scale_target : bool, default=True
        Whether the network learns ``(y - target_mean_) / target_scale_``, by the weighted mean and standard
        deviation of the rows trained on, of each output by itself. Predictions and losses are in the units of
        y. Not for Poisson, whose counts are learnt as they are.
    hidden_layer_sizes : int or array-like of int, default=(128, 64)
        Units of the hidden layers. Empty gives a linear model, which has no hidden kernel and so no penalty
        without `penalize_output`.
    activation : str, default="relu"
        Keras name of the hidden activation, as in `RidgeMLPClassifier`.
    dropout : float, default=0.0
        Share of each hidden layer's outputs that is dropped while training, in [0, 1).
    optimizer : str, keras.optimizers.Optimizer class or instance, default="adam"
        A Keras name or class gets `learning_rate`. An instance is copied, never changed, and keeps
        its own learning rate.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=1e-3
        Step size, > 0. Must be left at its default when `optimizer` is an instance.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" are
        ``max(60, ceil(2400 * min(batch_size, n_rows) / n_rows))``, where ``n_rows`` are trained on: four
        times as many as of `RidgeMLPClassifier`. The fitted weights are then those of the epoch with the
        smallest loss on the hold-out, ``best_epoch_``. With ``validation_split=0`` "auto" are
        ``max(60, ceil(300 * min(batch_size, n_rows) / n_rows))``, and the last weights are taken, as they are
        after a number of epochs.
    batch_size : int, default=128
        Rows per gradient step; the last minibatch of an epoch may be smaller.
    validation_split : float, default=0.1
        Share of the rows that `fit` holds out to report validation losses on, in [0, 1), drawn by
        `random_state`: ``ceil(validation_split * n_samples)`` rows. 0 trains on every row.
    early_stopping : bool, default=False
        Whether to stop when the unpenalised loss on the hold-out has not improved for `patience`
        epochs, and to restore the weights of the best epoch.
    patience : int, default=5
        Epochs to wait for an improvement, as in :class:`keras.callbacks.EarlyStopping`.
    penalize_output : bool, default=False
        Whether alpha penalises the kernel of the output layer, too.
    warm_start : bool, default=False
        Whether `fit` continues from the weights, the optimizer's state and the scale of the targets of the
        last fit, on data with the same features and outputs.
    callbacks : list of keras.callbacks.Callback or callable, or None, default=None
        Every fit trains with copies of them, which are then found in ``callbacks_``. They can
        also monitor ``data_loss`` and ``val_data_loss`` (with ``mode="min"``). What they see after a
        minibatch is the loss of scaled targets, after an epoch that of y. A function without arguments, or
        a class, is called at every fit to make one; what it makes is not copied, so it may write into a
        list or an Optuna trial that the function knows.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the weights and of training.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the hold-out, the shuffles and the dropout masks, as in
        `RidgeMLPClassifier`.
    verbose : int, default=0
        0 is silent, 1 shows a line of progress, 2 a line per epoch.

    Attributes
    ----------
    target_mean_, target_scale_ : ndarray of shape (n_outputs,)
        Predictions are ``target_mean_ + target_scale_ * output``: 0 and 1 where targets are not scaled (but
        for the mean of a y that is constant).
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names that are all strings.
    n_outputs_ : int
        Numbers that are predicted for each row.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Kernels, first layer first.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases.
    n_iter_ : int
        Epochs that the weights have been through, those of earlier warm-started or partial fits
        included. It counts the epochs after the best one, too.
    best_epoch_ : int
        Index into ``history_`` of the epoch whose weights were restored. Only after a fit with
        ``early_stopping=True`` or with ``epochs="auto"`` and a hold-out.
    history_ : dict of str to ndarray of shape (n_epochs,)
        One value for each of the ``n_iter_`` epochs: ``loss`` as Keras reports it, a running mean over the
        epoch's minibatches, penalty included; ``data_loss``, the unpenalised loss over all training rows at
        the epoch's final weights; with a hold-out also ``val_loss`` (penalty included) and
        ``val_data_loss``, at the same weights. All are weighted, and in the units of y: a squared error in
        their square. NaN marks epochs without a hold-out.
    callbacks_ : list of keras.callbacks.Callback
        Those that saw the last training: copies, or what functions made. Never pickled.
    model_ : keras.Model
        The compiled Keras network with the fitted weights; its outputs are scaled. Made when first asked for,
        never pickled.
    keras_estimator_ : scikeras.wrappers.KerasRegressor
        SciKeras around ``model_``, with alpha as ``model__alpha``; its predictions are scaled. Made when
        first asked for, never pickled.

    See Also
    --------
    RidgeMLPClassifier : Predicts classes.
    sklearn.neural_network.MLPRegressor : scikit-learn's own network.
    build_network : The Keras network that is trained.

    Notes
    -----
    With several outputs a row's loss is the mean of its outputs' scaled losses, so that all count alike in
    whichever units they are. As reported it is
    ``mean_squared_error(y, prediction, multioutput=1 / target_scale_**2)``, and likewise for the other losses
    (with ``1 / target_scale_`` for absolute errors and quantiles).

    If y is constant, `fit` warns, and that number is what is predicted (of counts that are all 0 it is 1e-7,
    the smallest rate that Keras's loss tells from 0). Weights, `partial_fit` and
    `warm_start` are as in `RidgeMLPClassifier`; the mean and the scale of the targets, too, are kept from the
    first call on.

    Training runs in the compiled program that trains the classifier, see
    :func:`sklearn_ridge_nn.training.train_together`; with `callbacks`, and optimizers that do not treat every
    number of a weight by itself, ``keras.Model.fit`` trains instead. A fit that fails or is interrupted
    leaves the estimator as it was before.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ridge_nn import RidgeMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = make_pipeline(StandardScaler(), RidgeMLPRegressor(alpha=0.01, random_state=0))
    >>> bool(cross_val_score(regressor, X, y, cv=3).mean() > 0.4)
    True
    """

    __module__ = "sklearn_ridge_nn"

    _parameter_constraints: ClassVar[dict[str, Any]] = PARAMETER_CONSTRAINTS | REGRESSOR_CONSTRAINTS
    _auto_epochs: ClassVar[AutoEpochs] = REGRESSOR_AUTO_EPOCHS

    def __init__(
        self,
        alpha: float = 1e-3,
        *,
        loss: LossOfNumbers = "squared_error",
        quantile: float = 0.5,
        scale_target: bool = True,
        hidden_layer_sizes: Any = (128, 64),
        activation: Activation = "relu",
        dropout: float = 0.0,
        optimizer: Any = "adam",
        learning_rate: Any = 1e-3,
        epochs: int | Literal["auto"] = "auto",
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
            alpha,
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
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network, from new initial weights unless ``warm_start=True``.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows. Sparse X is made dense one minibatch at a time, or as a whole up to 64 MiB.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers; not negative for ``loss="poisson"``.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, >= 0, for training, the scale of the targets, hold-out loss and early stopping alike.

        Returns
        -------
        self : RidgeMLPRegressor
            The fitted regressor.

        Raises
        ------
        ValueError
            If the data are not fit to train on (wrong shapes, text, NaN or infinity, no positive weight, no
            row to train on beside the hold-out), if a warm start does not match the last fit, or if the loss
            becomes infinite or NaN.

        Warns
        -----
        UserWarning
            If y, or a column of it, is constant.
        """
        return self._fit(X, y, sample_weight, is_partial=False)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one pass over the rows given, from where the last fit ended.

        The optimizer's state is kept between calls, and so are the mean and the scale of the targets of the
        first call: give it rows whose targets are like those to come. Nothing is held out, and as many calls
        on the same rows give the weights of one fit with so many epochs and ``validation_split=0``.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, >= 0.

        Returns
        -------
        self : RidgeMLPRegressor
            The fitted regressor.

        Raises
        ------
        ValueError
            If the data are not fit to train on, ``early_stopping=True``, or the loss becomes infinite or NaN.

        Warns
        -----
        UserWarning
            If y is constant in the first call, so that its standard deviation is not known.
        """
        return self._fit(X, y, sample_weight, is_partial=True)

    # -- what y is ----------------------------------------------------------------------------------

    def _read(self, X: Any, y: Any, shared: Shared, reset: bool) -> tuple[MatrixLike, np.ndarray]:
        if ("data",) not in shared:
            numbers.refuse_odd_numbers(y)
        return super()._read(X, y, shared, reset)

    def _flattened(self, y: Any) -> np.ndarray:
        return numbers.flatten_numbers(y)

    def _target_of(
        self,
        y: np.ndarray,
        known: Numbers | None,
        shared: Shared,  # noqa: ARG002
        *,
        is_partial: bool,  # noqa: ARG002
        stated_classes: Any,  # noqa: ARG002
    ) -> Numbers:
        numbers.check_numbers(y, self.loss)
        target = Numbers.of(y)
        is_scaled = bool(self.scale_target)
        if known is not None and self.loss != "poisson" and known.is_scaled != is_scaled:
            raise ValueError(
                "Training can only continue with the scale of the targets of the last fit, but scale_target "
                f"changed from {known.is_scaled} to {is_scaled}. Set it back, or start a new network by fit "
                "with warm_start=False."
            )
        return known if known is not None and known.n_outputs == target.n_outputs else target

    def _fitted_target(
        self, target: Numbers, y: np.ndarray, weights: np.ndarray | None, *, is_partial: bool
    ) -> Numbers:
        return target.fitted(y, weights, is_scaled=self.scale_target, is_partial=is_partial, loss=self.loss)

    def _scaling(self) -> tuple[Any, ...]:
        return (self.scale_target, self.loss)

    def _head(self, target: Numbers) -> dict[str, Any]:  # noqa: ARG002
        return {"target_type": "continuous", "loss": self.loss, "quantile": float(self.quantile)}

    def _row_weights(
        self,
        X: MatrixLike,
        y: np.ndarray,  # noqa: ARG002
        target: Numbers,  # noqa: ARG002
        sample_weight: Any,
    ) -> np.ndarray | None:
        if sample_weight is None:
            return None
        weights = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return not_all_zero(weights, "some rows a positive sample_weight")
