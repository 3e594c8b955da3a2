"""RidgeMLPClassifier: the L2-regularised Keras network as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import check_sample_weight, fit_context
from sklearn_ridge_nn.estimators import _labels as labels
from sklearn_ridge_nn.estimators._fitted_network import NetworkClassifier
from sklearn_ridge_nn.estimators._labels import Labels
from sklearn_ridge_nn.estimators._network_estimator import BegunFit, NetworkEstimator, Shared, once
from sklearn_ridge_nn.estimators._parameters import (
    CLASSIFIER_AUTO_EPOCHS,
    CLASSIFIER_CONSTRAINTS,
    PARAMETER_CONSTRAINTS,
    Activation,
    AutoEpochs,
    ClassWeight,
    Precision,
)
from sklearn_ridge_nn.network import MatrixLike


class RidgeMLPClassifier(NetworkClassifier, NetworkEstimator):
    """Multilayer perceptron classifier in Keras with an L2 (ridge) penalty.

    The loss is the weighted mean of the cross-entropies plus ``alpha`` times the sum of squares of
    the hidden layers' kernels (Keras's ``l2``: no factor 1/2, not divided by the number of rows).
    Biases are not penalised, and the output layer is not unless `penalize_output` says so.

    Parameters
    ----------
    alpha : float, default=1e-3
        Strength of the L2 penalty, >= 0. Keras rounds it to float32.
    hidden_layer_sizes : int or array-like of int, default=(128, 64)
        Units of the hidden layers. Empty gives logistic regression, which has no hidden kernel and
        so no penalty without `penalize_output`.
    activation : str, default="relu"
        Keras name of the hidden activation: "elu", "gelu", "leaky_relu", "linear", "mish", "relu",
        "selu", "sigmoid", "silu", "softplus", "softsign" or "tanh".
    dropout : float, default=0.0
        Share of each hidden layer's outputs that is dropped while training, in [0, 1).
    optimizer : str, keras.optimizers.Optimizer class or instance, default="adam"
        A Keras name or class gets `learning_rate`. An instance is copied, never changed, and keeps
        its own learning rate. With ``use_ema=True`` the fitted weights are the averages, from which
        training would continue, and ``history_`` reports on the weights before averaging.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=1e-3
        Step size, > 0. Must be left at its default when `optimizer` is an instance.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" are
        ``max(15, ceil(600 * min(batch_size, n_rows) / n_rows))``, where ``n_rows`` are trained on: 15 passes,
        and of fewer than 5,120 rows (in minibatches of 128) as many as make 600 gradient steps. The fitted
        weights are then those of the epoch with the smallest loss on the hold-out, ``best_epoch_``, if
        `validation_split` is above 0; training does not stop early. A number trains so many epochs and takes
        the last weights.
    batch_size : int, default=128
        Rows per gradient step; the last minibatch of an epoch may be smaller.
    validation_split : float, default=0.1
        Share of the rows that `fit` holds out to report validation losses on, in [0, 1). The
        hold-out is stratified (by label combination if y is multilabel) and drawn by
        `random_state`; it has ``ceil(validation_split * n_samples)`` rows, and every class keeps
        at least one row to train on. 0 trains on every row.
    early_stopping : bool, default=False
        Whether to stop when the unpenalised loss on the hold-out has not improved for `patience`
        epochs, and to restore the weights of the best epoch. With ``epochs="auto"`` these are restored in
        any case.
    patience : int, default=5
        Epochs to wait for an improvement, as in :class:`keras.callbacks.EarlyStopping`.
    class_weight : dict, "balanced" or None, default=None
        Weights per class label, multiplied with `sample_weight`. "balanced" weighs each class
        inversely to its (weighted) frequency. Not for multilabel y.
    penalize_output : bool, default=False
        Whether alpha penalises the kernel of the output layer, too.
    warm_start : bool, default=False
        Whether `fit` continues from the weights and the optimizer's state of the last fit, on
        data with the same classes and features.
    callbacks : list of keras.callbacks.Callback or callable, or None, default=None
        Every fit trains with copies of them, which are then found in ``callbacks_``. They can
        also monitor ``data_loss`` and ``val_data_loss`` (with ``mode="min"``). A function without
        arguments, or a class, is called at every fit to make one; what it makes is not copied, so it may
        write into a list or an Optuna trial that the function knows.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the weights and of training. Predictions are computed in the precision of X if
        that is float32, else in float64.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the hold-out, the shuffles and the dropout masks. An int
        gives bit-identical results on one machine. None seeds each fit afresh from the operating
        system: NumPy's global generator is neither read nor advanced.
    verbose : int, default=0
        0 is silent, 1 shows a line of progress, 2 a line per epoch. Both say whether the engine or
        Keras trains.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels; ``arange(n_labels)`` if y is multilabel.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names that are all strings.
    n_outputs_ : int
        Outputs of the network: 1 for binary y, else the number of classes or labels.
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
        One value for each of the ``n_iter_`` epochs: ``loss`` and ``accuracy`` as Keras reports
        them, running means over the epoch's minibatches, penalty included; ``data_loss``, the
        unpenalised loss over all training rows at the epoch's final weights; with a hold-out also
        ``val_loss`` (penalty included), ``val_accuracy`` and ``val_data_loss``, at the same
        weights. Losses are in nats; those over rows are weighted, accuracies are not. NaN marks
        epochs without a hold-out.
    callbacks_ : list of keras.callbacks.Callback
        Those that saw the last training: copies, or what functions made. Never pickled.
    model_ : keras.Model
        The compiled Keras network with the fitted weights. Made when first asked for, never
        pickled.
    keras_estimator_ : scikeras.wrappers.KerasClassifier
        SciKeras around ``model_``, with alpha as ``model__alpha``. Made when first asked for,
        never pickled.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : scikit-learn's own network.
    RidgeMLPRegressor : Predicts numbers.
    build_network : The Keras network that is trained.

    Notes
    -----
    Weights are divided by their mean over the rows trained on, so the data loss is the weighted
    mean ``sum(w * l) / sum(w)`` over an epoch, and a minibatch's gradient an unbiased estimate of
    its gradient. Integer sample weights equal repeated rows exactly as long as the rows fit in one
    minibatch, and in expectation otherwise. Rows of weight zero are left out. `partial_fit` keeps
    the scale of the first call, so that weights mean the same in every chunk.

    Where training continues (`partial_fit`, `warm_start`) it keeps the seed that it began with. The
    learning rate is that of the parameter, not one that a callback has lowered since.

    Training runs in a compiled program (see :func:`sklearn_ridge_nn.training.train_together`) that gives the
    weights of Keras's own loop; the first fit of a shape compiles it, which takes about a second.
    With `callbacks`, and optimizers that do not treat every number of a weight by itself (`clipnorm`,
    Adafactor, ...), ``keras.Model.fit`` trains instead, on the same minibatches.

    A fit that fails or is interrupted leaves the estimator as it was before.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> classifier = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0))
    >>> bool(cross_val_score(classifier, X, y, cv=3).mean() > 0.95)
    True
    """

    __module__ = "sklearn_ridge_nn"

    _parameter_constraints: ClassVar[dict[str, Any]] = PARAMETER_CONSTRAINTS | CLASSIFIER_CONSTRAINTS
    _auto_epochs: ClassVar[AutoEpochs] = CLASSIFIER_AUTO_EPOCHS

    def __init__(
        self,
        alpha: float = 1e-3,
        *,
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
        class_weight: ClassWeight | None = None,
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
        self.class_weight = class_weight

    @observed_as("sklearn.neural_network.MLPClassifier.fit")
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network, from new initial weights unless ``warm_start=True``.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows. Sparse X is made dense one minibatch at a time, or as a whole up to 64 MiB.
        y : array-like of shape (n_samples,) or {ndarray, sparse matrix} of shape (n_samples, n_labels)
            Class labels of any type, or a multilabel indicator matrix of 0 and 1.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, >= 0, for training, hold-out loss and early stopping alike.

        Returns
        -------
        self : RidgeMLPClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data are not fit to train on (wrong shapes, NaN or infinity, fewer than two
            classes, no positive weight, no stratified hold-out possible), if a warm start does
            not match the last fit, or if the loss becomes infinite or NaN.
        """
        return self._fit(X, y, sample_weight, is_partial=False)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one pass over the rows given, from where the last fit ended.

        The optimizer's state is kept between calls, nothing is held out, and as many calls on the
        same rows give the weights of one fit with so many epochs and ``validation_split=0``.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or {ndarray, sparse matrix} of shape (n_samples, n_labels)
            Labels, not necessarily of every class.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur. Required by the first call, unless y is multilabel.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, >= 0.

        Returns
        -------
        self : RidgeMLPClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data are not fit to train on, `classes` is missing in the first call or
            contradicts an earlier one, ``early_stopping=True``, ``class_weight="balanced"``, or
            the loss becomes infinite or NaN.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "partial_fit does not know the classes' frequencies in the rows to come and does not "
                "support class_weight='balanced'. Pass a dict, for example from "
                "sklearn.utils.class_weight.compute_class_weight on all labels."
            )
        return self._fit(X, y, sample_weight, is_partial=True, stated_classes=classes)

    # -- what y is ----------------------------------------------------------------------------------

    def _read(self, X: Any, y: Any, shared: Shared, reset: bool) -> tuple[MatrixLike, np.ndarray]:
        if ("data",) not in shared:
            labels.refuse_odd_labels(y)
        return super()._read(X, y, shared, reset)

    def _flattened(self, y: Any) -> np.ndarray:
        return labels.flatten(y)

    def _target_of(
        self, y: np.ndarray, known: Labels | None, shared: Shared, *, is_partial: bool, stated_classes: Any
    ) -> Labels:
        known_classes = None if known is None else known.classes

        def resolve() -> np.ndarray:
            if not is_partial:  # the rows of one call say little about those to come
                labels.warn_of_one_hot(y)
            return labels.resolve_classes(y, stated_classes, known_classes, is_partial=is_partial)

        return Labels.of(y, once(shared, ("classes",), resolve))

    def _head(self, target: Labels) -> dict[str, Any]:
        return {"target_type": target.target_type}

    def _weighting(self) -> str:
        return "" if self.class_weight is None else repr(self.class_weight)

    def _row_weights(
        self, X: MatrixLike, y: np.ndarray, target: Labels, sample_weight: Any
    ) -> np.ndarray | None:
        return labels.row_weights(X, y, target.classes, self.class_weight, sample_weight)

    def _weights_by_class(
        self, begun: BegunFit, sample_weight: Any, targets: np.ndarray
    ) -> np.ndarray | float:
        """Return what the rows of some targets weigh as the training rows have it, "balanced" included."""
        if self.class_weight is None:
            return 1.0
        task, classes = begun.task, begun.target.classes
        assert classes is not None
        weights = check_sample_weight(sample_weight, task.targets, dtype=np.float64)
        y_train = classes[task.targets[:, 0]]
        return labels.per_class(y_train, classes, self.class_weight, weights)[targets[:, 0]]
