"""RidgeMLPClassifier: the L2-regularised Keras network as a scikit-learn classifier."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Self, TypeAlias, TypeVar

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import validate_data

from sklearn_ridge_nn import training
from sklearn_ridge_nn._sklearn import check_sample_weight, fit_context
from sklearn_ridge_nn.estimators import _labels as labels
from sklearn_ridge_nn.estimators._fitted_network import NetworkClassifier
from sklearn_ridge_nn.estimators._parameters import (
    PARAMETER_CONSTRAINTS,
    check_parameters,
    layer_sizes,
    n_epochs,
    takes_best_epoch,
)
from sklearn_ridge_nn.network import (
    Architecture,
    DivergenceError,
    MatrixLike,
    State,
    TargetType,
    Task,
    Trained,
    check_range,
    hold_out,
)

T = TypeVar("T")
#: What fits on the same rows share, by what it is and what it depends on.
Shared: TypeAlias = dict[tuple[Any, ...], Any]


@dataclass(frozen=True)
class BegunFit:
    """A fit up to its training.

    Attributes
    ----------
    task : Task
        What is to be trained.
    classes : ndarray of shape (n_classes,)
    label_dtype : dtype
        Of y.
    weight_scale : float
        By which row weights were divided.
    """

    task: Task
    classes: np.ndarray
    label_dtype: np.dtype
    weight_scale: float


def once(shared: Shared, key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """Return the value of a key, made when it is first asked for."""
    if key not in shared:
        shared[key] = make()
    return shared[key]


class RidgeMLPClassifier(NetworkClassifier):
    """Multilayer perceptron classifier in Keras with an L2 (ridge) penalty.

    The loss is the weighted mean of the cross-entropies plus ``alpha`` times the sum of squares of
    the hidden layers' kernels (Keras's ``l2``: no factor 1/2, not divided by the number of rows).
    Biases and the output layer are not penalised.

    Parameters
    ----------
    alpha : float, default=1e-3
        Strength of the L2 penalty, >= 0. Keras rounds it to float32.
    hidden_layer_sizes : int or array-like of int, default=(128, 64)
        Units of the hidden layers. Empty gives logistic regression, which has no hidden kernel and
        so no penalty.
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
    warm_start : bool, default=False
        Whether `fit` continues from the weights and the optimizer's state of the last fit, on
        data with the same classes and features.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Every fit trains with copies of them, which are then found in ``callbacks_``. They can
        also monitor ``data_loss`` and ``val_data_loss`` (with ``mode="min"``).
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
        The copies of `callbacks` that saw the last training. Never pickled.
    model_ : keras.Model
        The compiled Keras network with the fitted weights. Made when first asked for, never
        pickled.
    keras_estimator_ : scikeras.wrappers.KerasClassifier
        SciKeras around ``model_``, with alpha as ``model__alpha``. Made when first asked for,
        never pickled.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : scikit-learn's own network.
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

    _parameter_constraints: ClassVar[dict[str, Any]] = PARAMETER_CONSTRAINTS

    def __init__(
        self,
        alpha: float = 1e-3,
        *,
        hidden_layer_sizes: Any = (128, 64),
        activation: str = "relu",
        dropout: float = 0.0,
        optimizer: Any = "adam",
        learning_rate: Any = 1e-3,
        epochs: int | str = "auto",
        batch_size: int = 128,
        validation_split: float = 0.1,
        early_stopping: bool = False,
        patience: int = 5,
        class_weight: Mapping[Any, float] | str | None = None,
        warm_start: bool = False,
        callbacks: Sequence[Any] | None = None,
        dtype: str = "float32",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.alpha = alpha
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.early_stopping = early_stopping
        self.patience = patience
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network, from new initial weights unless ``warm_start=True``.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows. Sparse X is made dense one minibatch at a time.
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
        if self.early_stopping:
            raise ValueError("partial_fit holds nothing out and does not support early_stopping=True.")
        if self.class_weight == "balanced":
            raise ValueError(
                "partial_fit does not know the classes' frequencies in the rows to come and does not "
                "support class_weight='balanced'. Pass a dict, for example from "
                "sklearn.utils.class_weight.compute_class_weight on all labels."
            )
        return self._fit(X, y, sample_weight, is_partial=True, stated_classes=classes)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, *, is_partial: bool, stated_classes: Any = None
    ) -> Self:
        check_parameters(self)
        with self._unchanged_on_failure():
            begun = self._begin(X, y, sample_weight, {}, is_partial, stated_classes)

            (trained,) = training.train([begun.task], [begun.classes])
            self._finish(begun, trained)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def _begin_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        shared: Shared,
        every_epoch: bool,
        test: tuple[Any, Any, Any] | None = None,
        start: State | None = None,
        weighs_classes: bool = True,
    ) -> BegunFit:
        """Do what `begin_fit` says; `_finish` does the rest."""
        check_parameters(self)
        with self._unchanged_on_failure():
            begun = self._begin(X, y, sample_weight, shared, is_partial=False)
        task = begun.task
        if test is not None:
            class_weight = self.class_weight if weighs_classes else None
            task = self._watching(begun, sample_weight, test, shared, class_weight)
        if start is not None:
            task = dataclasses.replace(task, start=start, epochs=task.epochs - start.n_epochs)
        return dataclasses.replace(begun, task=dataclasses.replace(task, every_epoch=every_epoch))

    def _watching(
        self,
        begun: BegunFit,
        sample_weight: Any,
        test: tuple[Any, Any, Any],
        shared: Shared,
        class_weight: Any,
    ) -> Task:
        """Return a begun fit's task with test rows behind its own, weighted as those are."""
        task, classes, (X, y, test_weight) = begun.task, begun.classes, test
        n_train = len(task.targets)

        def read() -> tuple[MatrixLike, np.ndarray]:
            rows = validate_data(self, X, accept_sparse="csr", dtype="numeric", reset=False)
            stack = sparse.vstack if sparse.issparse(task.X) else np.concatenate
            targets = labels.encode(labels.flatten(check_array(y, ensure_2d=False, dtype=None)), classes)
            return stack([task.X, rows]), np.concatenate([task.targets, targets])

        def weigh() -> np.ndarray:
            ones = np.ones(len(targets) - n_train)
            weights = ones if test_weight is None else np.asarray(test_weight, dtype=np.float64)
            if class_weight is not None:  # as the training rows have it, "balanced" included
                trained = check_sample_weight(sample_weight, task.targets, dtype=np.float64)
                y_train = classes[task.targets[:, 0]]
                per_class = labels.per_class(y_train, classes, class_weight, trained)
                weights = weights * per_class[targets[n_train:, 0]]
            before = np.ones(n_train) if task.weights is None else task.weights
            return np.concatenate([before, weights / begun.weight_scale])

        rows, targets = once(shared, ("with test rows",), read)
        is_weighted = sample_weight is not None or self.class_weight is not None
        key = ("with test rows", repr(self.class_weight), repr(class_weight), begun.weight_scale)
        return dataclasses.replace(
            task,
            X=rows,
            targets=targets,
            weights=once(shared, key, weigh) if is_weighted else None,
            test_rows=np.arange(n_train, len(targets)),
        )

    def _begin(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        shared: Shared,
        is_partial: bool,
        stated_classes: Any = None,
    ) -> BegunFit:
        start = self._state() if hasattr(self, "coefs_") and (is_partial or self.warm_start) else None
        if start is None:
            self._forget()
        X, y = self._read(X, y, shared, reset=start is None)
        known_classes = self.classes_ if start is not None else None
        classes = once(
            shared,
            ("classes",),
            lambda: labels.resolve_classes(y, stated_classes, known_classes, is_partial=is_partial),
        )
        architecture = self._describe_network(labels.find_target_type(y, classes), classes)
        if start is not None:
            self._check_continues(architecture)
        seed = draw_seed(self.random_state) if start is None else self._fitted["seed"]
        targets = once(shared, ("targets",), lambda: labels.encode(y, classes))
        weighting = repr(self.class_weight)
        weights = once(
            shared,
            ("weights", weighting),
            lambda: labels.row_weights(X, y, classes, self.class_weight, sample_weight),
        )
        train_rows, validation_rows = once(
            shared,
            ("rows", weighting, seed, self.validation_split),
            lambda: self._split(y, targets, weights, seed, is_partial),
        )
        if is_partial and start is not None:  # weights keep their meaning from call to call
            scale = self._fitted["weight_scale"]
        else:
            scale = 1.0 if weights is None else labels.scale_of(weights[train_rows])
        epochs = 1 if is_partial else n_epochs(self.epochs, int(self.batch_size), len(train_rows))
        task = Task(
            architecture=architecture,
            alpha=float(self.alpha),
            X=X,
            targets=targets,
            weights=once(
                shared, ("scaled", weighting, scale), lambda: labels.scaled(weights, scale, len(targets))
            ),
            train_rows=train_rows,
            validation_rows=validation_rows,
            epochs=epochs,
            batch_size=int(self.batch_size),
            seed=seed,
            optimizer=self.optimizer,
            learning_rate=float(rate) if isinstance(rate := self.learning_rate, Real) else rate,
            dropout=float(self.dropout),
            patience=self._patience(epochs) if len(validation_rows) else None,
            callbacks=tuple(self.callbacks or ()),
            verbose=int(self.verbose),
            start=start,
        )
        return BegunFit(task, classes, y.dtype, scale)

    def _patience(self, epochs: int) -> int | None:
        """Return how long to wait for a better loss; all epochs where only the best one is wanted."""
        if self.early_stopping:
            return int(self.patience)
        return epochs if takes_best_epoch(self) else None

    def _finish(self, begun: BegunFit, trained: Trained | DivergenceError) -> None:
        """Take in what a begun fit was trained to."""
        if isinstance(trained, DivergenceError):
            raise trained
        self._store(begun.task, trained, begun.classes, begun.label_dtype, begun.weight_scale)

    def _read(self, X: Any, y: Any, shared: Shared, reset: bool) -> tuple[MatrixLike, np.ndarray]:
        """Return X and y as arrays, checked."""

        def read() -> tuple[MatrixLike, np.ndarray]:
            rows, target = validate_data(
                self, X, y, accept_sparse="csr", dtype="numeric", multi_output=True, reset=reset
            )
            return rows, labels.flatten(target)

        is_known = ("data",) in shared
        rows, target = once(shared, ("data",), read)
        if is_known:  # of X itself, this estimator still has to learn the names and the number of features
            validate_data(self, X, reset=reset, skip_check_array=True)
        once(shared, ("range", self.dtype), lambda: check_range(rows, self.dtype))
        return rows, target

    def _describe_network(self, target_type: TargetType, classes: np.ndarray) -> Architecture:
        return Architecture(
            n_features=self.n_features_in_,
            n_outputs=1 if target_type == "binary" else len(classes),
            target_type=target_type,
            hidden_layer_sizes=tuple(int(units) for units in layer_sizes(self.hidden_layer_sizes)),
            activation=self.activation,
            dtype=self.dtype,
        )

    def _check_continues(self, architecture: Architecture) -> None:
        """Check that the network to continue is the one that the parameters describe."""
        before, now = vars(self._fitted_architecture()), vars(architecture)
        changes = [
            f"{name} from {before[name]!r} to {now[name]!r}" for name in now if before[name] != now[name]
        ]
        if changes:
            raise ValueError(
                "Training can only continue on the network of the last fit, but what describes it "
                f"changed: {', '.join(changes)}. Set it back, or start a new network by fit with "
                f"warm_start=False."
            )

    def _split(
        self, y: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, seed: int, is_partial: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of the rows to train on and of those to hold out."""
        rows = np.arange(len(targets)) if weights is None else np.flatnonzero(weights)
        if is_partial:
            return rows, rows[:0]
        if len(rows) < len(targets):  # without the rows of weight zero, one class may be left
            labels.find_target_type(y[rows], labels.find_classes(y[rows]))
        if self.validation_split == 0:
            return rows, rows[:0]
        train, held_out = hold_out(
            labels.groups(targets[rows]), self.validation_split, seed, keep_one=y.ndim == 1
        )
        return rows[train], rows[held_out]


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return a training's seed: an int as it is, else one drawn from the operating system or the state."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def begin_fit(
    classifier: RidgeMLPClassifier,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    shared: Shared,
    every_epoch: bool,
    test: tuple[Any, Any, Any] | None = None,
    start: State | None = None,
    weighs_classes: bool = True,
) -> BegunFit:
    """Do what ``fit`` does before it trains, for trainings that are to run together.

    Parameters
    ----------
    classifier : RidgeMLPClassifier
    X, y, sample_weight : object
        As its `fit` takes them.
    shared : dict
        Empty at first. Fits that are begun on the very same X, y and sample_weight with the same
        dict share what they have in common, and then also their minibatches.
    every_epoch : bool
        See `Task`.
    test : tuple of (X, y, sample_weight) or None, default=None
        Rows to watch, the same ones for all that share a dict.
    start : State or None, default=None
        What the same fit with fewer epochs ended with: the training goes on from there.
    weighs_classes : bool, default=True
        Whether rows to watch weigh by the classifier's ``class_weight``, too.

    Returns
    -------
    BegunFit
        For `finish_fit`, once its task is trained.
    """
    # These two are private on the class, so that users do not meet them there.
    begin = classifier._begin_fit  # noqa: SLF001
    return begin(
        X,
        y,
        sample_weight,
        shared=shared,
        every_epoch=every_epoch,
        test=test,
        start=start,
        weighs_classes=weighs_classes,
    )


def finish_fit(classifier: RidgeMLPClassifier, begun: BegunFit, trained: Trained | DivergenceError) -> None:
    """Make a classifier whose fit was begun a fitted one.

    Raises
    ------
    DivergenceError
        If that is what the training came to.
    """
    classifier._finish(begun, trained)  # noqa: SLF001


def state_of(classifier: NetworkClassifier) -> State:
    """Return what a fitted classifier ended with, for `begin_fit` to go on from."""
    return classifier._state()  # noqa: SLF001  private, so that users do not meet it
