"""What classifier and regressor share: parameters, data and a task in, a trained network taken in."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self, TypeAlias, TypeVar

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import validate_data

from sklearn_ridge_nn import training
from sklearn_ridge_nn._sklearn import CallbackSupportMixin, fit_context, has_callbacks, with_callbacks
from sklearn_ridge_nn.estimators._fitted_network import FittedNetwork
from sklearn_ridge_nn.estimators._labels import Labels, scale_of, scaled
from sklearn_ridge_nn.estimators._numbers import Numbers
from sklearn_ridge_nn.estimators._parameters import (
    Activation,
    AutoEpochs,
    Precision,
    check_parameters,
    layer_sizes,
    n_epochs,
    refuse_too_large,
    takes_best_epoch,
)
from sklearn_ridge_nn.estimators._rows import validated
from sklearn_ridge_nn.network import (
    Architecture,
    DivergenceError,
    MatrixLike,
    State,
    Task,
    Trained,
    check_range,
    hold_out,
)

T = TypeVar("T")
#: What fits on the same rows share, by what it is and what it depends on.
Shared: TypeAlias = dict[tuple[Any, ...], Any]
#: The networks of all epochs of a fit, where they were trained before.
Epochs: TypeAlias = list[Trained | DivergenceError]
#: What y is: classes, or numbers and their scale.
Target: TypeAlias = Labels | Numbers


@dataclass(frozen=True)
class BegunFit:
    """A fit up to its training.

    Attributes
    ----------
    task : Task
        What is to be trained.
    target : Labels or Numbers
        What y is.
    weight_scale : float
        By which row weights were divided.
    """

    task: Task
    target: Target
    weight_scale: float


def once(shared: Shared, key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """Return the value of a key, made when it is first asked for."""
    if key not in shared:
        shared[key] = make()
    return shared[key]


class NetworkParameters(FittedNetwork):
    """A network with the parameters that all of our estimators have."""

    #: The passes, and the gradient steps, that ``epochs="auto"`` stands for, with a hold-out and without.
    _auto_epochs: ClassVar[AutoEpochs]

    def __init__(
        self,
        *,
        hidden_layer_sizes: Any,
        activation: Activation,
        dropout: float,
        optimizer: Any,
        learning_rate: Any,
        epochs: int | Literal["auto", "best"],
        batch_size: int,
        validation_split: float,
        early_stopping: bool,
        patience: int,
        penalize_output: bool,
        warm_start: bool,
        callbacks: Sequence[Any] | None,
        dtype: Precision,
        random_state: int | np.random.RandomState | None,
        verbose: int,
    ) -> None:
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
        self.penalize_output = penalize_output
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({"penalize_output": False, **state})  # which older models do not have


class NetworkEstimator(CallbackSupportMixin, NetworkParameters):
    """A network that is trained by its parameters.

    What a classifier and a regressor do differently are the methods under "what y is".
    """

    def __init__(self, alpha: float, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.alpha = alpha

    # -- what y is ----------------------------------------------------------------------------------

    def _flattened(self, y: Any) -> np.ndarray:
        """Return a y that scikit-learn has read as a vector or a matrix, checked."""
        raise NotImplementedError

    def _target_of(
        self, y: np.ndarray, known: Any, shared: Shared, *, is_partial: bool, stated_classes: Any
    ) -> Any:
        """Return what a flattened y is.

        Parameters
        ----------
        y : ndarray
        known : Labels, Numbers or None
            What it was in the fit that this one continues.
        shared : dict
            Of fits on the same y.
        is_partial : bool
            Whether y may lack some classes.
        stated_classes : array-like or None
            All classes, as a caller states them.
        """
        raise NotImplementedError

    def _fitted_target(
        self,
        target: Any,
        y: np.ndarray,  # noqa: ARG002
        weights: np.ndarray | None,  # noqa: ARG002
        *,
        is_partial: bool,  # noqa: ARG002
    ) -> Any:
        """Return what is known of y once the rows to train on, which these are, have been chosen."""
        return target

    def _scaling(self) -> tuple[Any, ...]:
        """Return what is equal for fits on the same rows whose targets are scaled alike."""
        return ()

    def _head(self, target: Any) -> dict[str, Any]:
        """Return what y says of the architecture."""
        raise NotImplementedError

    def _weighting(self) -> str:
        """Return a text that is equal for fits whose rows weigh alike."""
        return ""

    def _row_weights(
        self, X: MatrixLike, y: np.ndarray, target: Any, sample_weight: Any
    ) -> np.ndarray | None:
        """Return the weights of all rows, not scaled; None where all weigh the same."""
        raise NotImplementedError

    def _weights_by_class(
        self,
        begun: BegunFit,  # noqa: ARG002
        sample_weight: Any,  # noqa: ARG002
        targets: np.ndarray,  # noqa: ARG002
    ) -> np.ndarray | float:
        """Return what the rows of some targets weigh beside their sample weights."""
        return 1.0

    # -- fitting ------------------------------------------------------------------------------------

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, *, is_partial: bool, stated_classes: Any = None
    ) -> Self:
        check_parameters(self)
        if is_partial and self.early_stopping:
            raise ValueError("partial_fit holds nothing out and does not support early_stopping=True.")
        with self._unchanged_on_failure():
            begun = self._begin(X, y, sample_weight, {}, is_partial, stated_classes)
            if has_callbacks(self) and not is_partial:
                self._train_watched(begun, X, y, sample_weight)
            else:
                (trained,) = training.train([begun.task], [begun.target.classes])
                self._finish(begun, trained)
        return self

    def _train_watched(
        self, begun: BegunFit, X: Any, y: Any, sample_weight: Any, epochs: Epochs | None = None
    ) -> None:
        """Train, and report every epoch to scikit-learn's callbacks, with the network of its end.

        The calls are those of https://scikit-learn.org/stable/modules/callbacks.html.
        """
        from sklearn_ridge_nn.training._shared import train_watched

        reported = _Reported(self, begun, X, y, sample_weight)
        reported.begin()
        trained = train_watched(begun.task, begun.target.classes, reported.after_epoch, epochs)
        self._finish(begun, trained)
        reported.end()

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
            task = self._watching(begun, sample_weight, test, shared, weighs_classes)
        if start is not None:
            task = dataclasses.replace(task, start=start, epochs=task.epochs - start.n_epochs)
        return dataclasses.replace(begun, task=dataclasses.replace(task, every_epoch=every_epoch))

    def _watching(
        self,
        begun: BegunFit,
        sample_weight: Any,
        test: tuple[Any, Any, Any],
        shared: Shared,
        weighs_classes: bool,
    ) -> Task:
        """Return a begun fit's task with test rows behind its own, weighted as those are."""
        task, target, (X, y, test_weight) = begun.task, begun.target, test
        n_train = len(task.targets)

        def read_rows() -> MatrixLike:
            rows = validated(self, X, accept_sparse="csr", dtype="numeric", reset=False)
            stack = sparse.vstack if sparse.issparse(task.X) else np.concatenate
            return stack([task.X, rows])

        def read_targets() -> np.ndarray:
            flat = self._flattened(check_array(y, ensure_2d=False, dtype=None))
            return np.concatenate([task.targets, target.encode(flat)])

        def weigh() -> np.ndarray:
            ones = np.ones(len(targets) - n_train)
            weights = ones if test_weight is None else np.asarray(test_weight, dtype=np.float64)
            if weighs_classes:
                weights = weights * self._weights_by_class(begun, sample_weight, targets[n_train:])
            before = np.ones(n_train) if task.weights is None else task.weights
            return np.concatenate([before, weights / begun.weight_scale])

        rows = once(shared, ("with test rows",), read_rows)
        targets = once(shared, ("targets with test rows", *target.key), read_targets)
        is_weighted = sample_weight is not None or bool(self._weighting())
        key = ("weights with test rows", self._weighting(), weighs_classes, begun.weight_scale)
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
        known = self._known_target() if start is not None else None
        target = self._target_of(y, known, shared, is_partial=is_partial, stated_classes=stated_classes)
        architecture = self._describe_network(target)
        if start is not None:
            self._check_continues(architecture)
        seed = draw_seed(self.random_state) if start is None else self._fitted["seed"]
        weighting = self._weighting()
        weights = once(shared, ("weights", weighting), lambda: self._row_weights(X, y, target, sample_weight))
        split = (weighting, seed, self.validation_split)
        train_rows, validation_rows = once(
            shared, ("rows", *split), lambda: self._split(y, target, weights, seed, is_partial)
        )
        if start is None:  # what is continued keeps its scale
            row_weights = None if weights is None else weights[train_rows]
            target = once(
                shared,
                ("target", *split, *self._scaling()),
                lambda: self._fitted_target(target, y[train_rows], row_weights, is_partial=is_partial),
            )
        targets = once(shared, ("targets", *target.key), lambda: target.encode(y))
        if is_partial and start is not None:  # weights keep their meaning from call to call
            scale = self._fitted["weight_scale"]
        else:
            scale = 1.0 if weights is None else scale_of(weights[train_rows])
        epochs = 1 if is_partial else n_epochs(self, len(train_rows))
        task = Task(
            architecture=architecture,
            alpha=float(self.alpha),
            X=X,
            targets=targets,
            weights=once(shared, ("scaled", weighting, scale), lambda: scaled(weights, scale, len(targets))),
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
            loss_unit=target.loss_unit(architecture.loss),
            constant_outputs=target.constant_outputs if start is None else None,
        )
        return BegunFit(task, target, scale)

    def _patience(self, epochs: int) -> int | None:
        """Return how long to wait for a better loss; all epochs where only the best one is wanted."""
        if self.early_stopping:
            return int(self.patience)
        return epochs if takes_best_epoch(self) else None

    def _finish(self, begun: BegunFit, trained: Trained | DivergenceError) -> None:
        """Take in what a begun fit was trained to."""
        if isinstance(trained, DivergenceError):
            raise trained
        self._store(begun.task, trained, begun.target, begun.weight_scale)

    def _read(self, X: Any, y: Any, shared: Shared, reset: bool) -> tuple[MatrixLike, np.ndarray]:
        """Return X and y as arrays, checked."""

        def read() -> tuple[MatrixLike, np.ndarray]:
            rows, target = validated(
                self, X, y, accept_sparse="csr", dtype="numeric", multi_output=True, reset=reset
            )
            return rows, self._flattened(target)

        is_known = ("data",) in shared
        rows, target = once(shared, ("data",), read)
        if is_known:  # of X itself, this estimator still has to learn the names and the number of features
            validate_data(self, X, reset=reset, skip_check_array=True)
        once(shared, ("range", self.dtype), lambda: check_range(rows, self.dtype))
        return rows, target

    def _describe_network(self, target: Any) -> Architecture:
        architecture = Architecture(
            n_features=self.n_features_in_,
            n_outputs=target.n_outputs,
            hidden_layer_sizes=tuple(int(units) for units in layer_sizes(self.hidden_layer_sizes)),
            activation=self.activation,
            dtype=self.dtype,
            penalize_output=bool(self.penalize_output),
            **self._head(target),
        )
        refuse_too_large(architecture)
        return architecture

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
        self, y: np.ndarray, target: Any, weights: np.ndarray | None, seed: int, is_partial: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of the rows to train on and of those to hold out."""
        rows = np.arange(len(y)) if weights is None else np.flatnonzero(weights)
        if is_partial:
            return rows, rows[:0]
        if len(rows) < len(y):  # without the rows of weight zero, one class may be left
            target.check_rows(y[rows])
        if self.validation_split == 0:
            return rows, rows[:0]
        train, held_out = hold_out(
            target.groups(y[rows]), self.validation_split, seed, keep_one=target.keeps_one
        )
        return rows[train], rows[held_out]


class _Reported:
    """What scikit-learn's callbacks are told of a fit: that it begins and ends, and each of its epochs.

    Parameters
    ----------
    network : NetworkEstimator
    begun : BegunFit
    X, y, sample_weight : object
        As the user gave them.
    """

    def __init__(
        self, network: NetworkEstimator, begun: BegunFit, X: Any, y: Any, sample_weight: Any
    ) -> None:
        self.network, self.begun = network, begun
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.told = {"estimator": network, "X": X, "y": y, "metadata": metadata}
        self.fit: Any = network._init_callback_context(max_subtasks=begun.task.epochs)  # noqa: SLF001
        self.epoch: Any = None

    def begin(self) -> None:
        """Report that the fit begins, and its first epoch."""
        self.fit.call_on_fit_task_begin(**self.told)
        self._begin_epoch()

    def after_epoch(self, epoch: int, until_now: Callable[[], Trained] | None = None) -> bool:
        """Report that an epoch ends, and that the next one begins; return whether a callback ends it all.

        Without `until_now`, callbacks do not get to see the network.
        """

        def attributes() -> dict[str, Any] | None:
            if until_now is None:
                return None
            seen = copy.copy(self.network)
            seen._finish(self.begun, until_now())  # noqa: SLF001
            return dict(vars(seen))

        ends = self.epoch.call_on_fit_task_end(**self.told, reconstruction_attributes=attributes)
        self.epoch = None
        if not ends and epoch + 1 < self.begun.task.epochs:
            self._begin_epoch()
        return bool(ends)

    def end(self) -> None:
        """Report that the fit ends; early stopping may have left an epoch that was never trained."""
        if self.epoch is not None:
            self.epoch.call_on_fit_task_end(estimator=self.network)
        self.fit.call_on_fit_task_end(**self.told, reconstruction_attributes=lambda: dict(vars(self.network)))

    def _begin_epoch(self) -> None:
        self.epoch = self.fit.subcontext(task_name="epoch")
        self.epoch.call_on_fit_task_begin(**self.told)


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return a training's seed: an int as it is, else one drawn from the operating system or the state."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def begin_fit(
    estimator: NetworkEstimator,
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
    estimator : RidgeMLPClassifier or RidgeMLPRegressor
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
        Whether rows to watch weigh by a classifier's ``class_weight``, too.

    Returns
    -------
    BegunFit
        For `finish_fit`, once its task is trained.
    """
    # These two are private on the class, so that users do not meet them there.
    begin = estimator._begin_fit  # noqa: SLF001
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


def finish_fit(estimator: NetworkEstimator, begun: BegunFit, trained: Trained | DivergenceError) -> None:
    """Make an estimator whose fit was begun a fitted one.

    Raises
    ------
    DivergenceError
        If that is what the training came to.
    """
    estimator._finish(begun, trained)  # noqa: SLF001


def report_fit(
    estimator: NetworkEstimator, begun: BegunFit, trained: Trained, X: Any, y: Any, sample_weight: Any = None
) -> None:
    """Tell scikit-learn's callbacks of a fit, and of each of its epochs, once it is finished.

    They get to see the network as it is at the end. None of them can end the training.
    """

    def report(estimator: NetworkEstimator) -> None:
        reported = _Reported(estimator, begun, X, y, sample_weight)
        reported.begin()
        for epoch in range(trained.state.n_epochs - begun.task.first_epoch):
            reported.after_epoch(epoch)
        reported.end()

    with_callbacks(report)(estimator)


def watched_fit(
    estimator: NetworkEstimator,
    begun: BegunFit,
    epochs: Epochs | None,
    X: Any,
    y: Any,
    sample_weight: Any = None,
) -> None:
    """Finish a fit as scikit-learn's callbacks see it, epoch by epoch, and may end it.

    Parameters
    ----------
    estimator : NetworkEstimator
    begun : BegunFit
    epochs : list of (Trained or DivergenceError) or None
        Its epochs, if they have been trained; None trains them now.
    X, y, sample_weight : object
        As `begin_fit` took them.

    Raises
    ------
    DivergenceError
        If the loss becomes infinite or NaN.
    """

    def run(estimator: NetworkEstimator) -> None:
        estimator._train_watched(begun, X, y, sample_weight, epochs)  # noqa: SLF001

    with_callbacks(run)(estimator)


def state_of(estimator: FittedNetwork) -> State:
    """Return what a fitted network ended with, for `begin_fit` to go on from."""
    return estimator._state()  # noqa: SLF001  private, so that users do not meet it


def fitted_architecture(estimator: FittedNetwork) -> Architecture:
    """Return what network an estimator was fitted as, whatever its parameters say since."""
    return estimator._fitted_architecture()  # noqa: SLF001
