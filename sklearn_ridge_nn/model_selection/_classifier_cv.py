"""RidgeMLPClassifierCV: the classifier that chooses its alpha by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import check_scoring, get_scorer, log_loss, make_scorer

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import fit_context
from sklearn_ridge_nn.estimators import (
    CLASSIFIER_CONSTRAINTS,
    Activation,
    ClassWeight,
    NetworkClassifier,
    NetworkEstimator,
    Precision,
    RidgeMLPClassifier,
    find_classes,
    find_target_type,
    flatten,
    refuse_odd_labels,
)
from sklearn_ridge_nn.model_selection._epoch_scores import test_histories
from sklearn_ridge_nn.model_selection._network_cv import CV_CONSTRAINTS, NetworkCV

#: Scores that are known after every epoch, and the history that they are; a loss counts negative.
FOLLOWED = {"neg_log_loss": ("test_data_loss", -1.0), "accuracy": ("test_accuracy", 1.0)}

#: Metrics that are defined where test rows lack a class, as long as they are told all classes.
_OF_ALL_CLASSES = ("neg_log_loss", "neg_brier_score", "top_k_accuracy")

#: Metrics of probabilities or logits, whose columns must be those of all classes.
_BY_COLUMNS = (
    *_OF_ALL_CLASSES, "average_precision", "d2_brier_score", "d2_log_loss_score", "roc_auc", "roc_auc_ovo",
    "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted",
)  # fmt: skip


class RidgeMLPClassifierCV(NetworkClassifier, NetworkCV):
    """`RidgeMLPClassifier` that chooses alpha, and the number of epochs, by cross-validation.

    The networks of all alphas and folds train together; then one is fitted on all rows with what was chosen.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,), default=None
        Values to try, each >= 0. None tries 0 and ``np.logspace(-6, 0, 13)``.
    cv : int, cross-validation generator or iterable, default=5
        The splits; ints are stratified.
    scoring : str or callable, default=None
        How to score; None is the accuracy, which changes little with alpha: ``"neg_log_loss"`` tells alphas
        apart better. Weighted by `sample_weight` if the metric takes weights. See the notes on classes that
        a split lacks.
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
        As in `RidgeMLPClassifier`, or "best": every alpha is trained once for `max_epochs` on every split,
        and scored on its test rows after every epoch; the pair of alpha and epochs with the best mean score
        is chosen, and the fit on all rows makes so many epochs. For ``scoring="neg_log_loss"``, or for the
        accuracy without weights of labels that exclude one another.
    hidden_layer_sizes, activation, dropout, optimizer, learning_rate, batch_size : object
        As in `RidgeMLPClassifier`.
    validation_split, early_stopping, patience, class_weight, penalize_output, callbacks, dtype : object
        As in `RidgeMLPClassifier`.
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
    classes_, n_features_in_, feature_names_in_, n_outputs_, coefs_, intercepts_, n_iter_ : object
        As in `RidgeMLPClassifier`.
    best_epoch_, history_, callbacks_, model_, keras_estimator_ : object
        As in `RidgeMLPClassifier`.

    See Also
    --------
    RidgeMLPClassifier : With an alpha of your own.
    sklearn_ridge_nn.model_selection.GridSearchCV : Searches other parameters, too, and Pipelines.

    Notes
    -----
    The rows are used as they come: steps that learn from them, such as scaling, belong inside the
    cross-validation. Search a Pipeline by `GridSearchCV` for that.

    *Classes that a split lacks.* Where test rows lack a class, ``"neg_log_loss"``, ``"neg_brier_score"`` and
    ``"top_k_accuracy"``, by these names, are computed with all classes of y, while scikit-learn's search has
    no score there. Where training rows lack one, the network has no probability for it: that is an error with
    metrics of probabilities, as it is in :func:`sklearn_ridge_nn.diagnose`, and with all of scikit-learn's
    scorer objects, for these do not tell what they go by. Metrics of predicted labels, such as the accuracy,
    count the rows of that class as wrong; ``epochs="best"`` refuses that, too. On multilabel y
    ``"neg_log_loss"`` is the mean of the labels' log losses, as in training; scikit-learn's leaves out what
    is predicted for labels that a row does not have.

    *Missing scores.* Splits on which no alpha has a finite score are left out, with a warning. An alpha that
    lacks a score on another split is not chosen. The order of `alphas` does not matter.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifierCV
    >>> X, y = load_wine(return_X_y=True)
    >>> classifier = RidgeMLPClassifierCV([1e-3, 1e-2, 1e-1], selection="1se", epochs=50, random_state=0)
    >>> classifier.fit(scale(X), y).scores_.shape
    (3, 5)
    >>> bool(classifier.alpha_ in (1e-3, 1e-2, 1e-1))
    True
    """

    __module__ = "sklearn_ridge_nn"

    _parameter_constraints: ClassVar[dict[str, Any]] = CV_CONSTRAINTS | CLASSIFIER_CONSTRAINTS
    _kind = RidgeMLPClassifier
    _is_classifier = True

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
        class_weight: ClassWeight | None = None,
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
        self.class_weight = class_weight

    @observed_as("sklearn.neural_network.MLPClassifier.fit")
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Choose alpha by cross-validation, then train with it on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or {ndarray, sparse matrix} of shape (n_samples, n_labels)
            Class labels of any type, or a multilabel indicator matrix of 0 and 1.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, >= 0, for training and for scoring.
        groups : array-like of shape (n_samples,), default=None
            Groups for a splitter that takes them.

        Returns
        -------
        self : RidgeMLPClassifierCV
            The fitted classifier.

        Raises
        ------
        ValueError
            If the data are not fit to train on, `alphas` are not, or the fits of all alphas fail; if a
            split lacks a class among its training rows that the metric needs; or if no alpha has a finite
            score on every split that any alpha has one on.

        Warns
        -----
        UserWarning
            If splits are left out because no alpha has a finite score on them.
        """
        refuse_odd_labels(y)
        return self._fit(X, y, sample_weight, groups)

    # -- what y is ----------------------------------------------------------------------------------

    def _checked_target(self, y: Any) -> np.ndarray:
        y = flatten(y)
        find_target_type(y, find_classes(y))  # refuses a single class
        return y

    def _check_splits(
        self, y: np.ndarray, splits: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]
    ) -> None:
        if y.ndim == 1 and self._goes_by_columns():
            self._check_classes(y, [train for train, _ in splits])

    def _goes_by_columns(self) -> bool:
        if self.epochs == "best":  # the engine scores test rows by the classes that it trains on
            return True
        if self.scoring is None or isinstance(self.scoring, str):
            return self.scoring in _BY_COLUMNS
        # a function can look at the classes of the network; the metric inside of a scorer cannot
        return hasattr(self.scoring, "set_score_request")

    def _check_classes(self, y: np.ndarray, parts: Sequence[NDArray[np.intp]]) -> None:
        """Refuse training rows without some class: columns of probabilities would be missing, or mixed up."""
        for number, train in enumerate(parts):
            absent = np.setdiff1d(y, y[train]).tolist()
            if absent:
                n_rows = int((y == absent[0]).sum())
                spread = f"give a cv that spreads it, such as StratifiedKFold with at most {n_rows} splits, "
                scored = f"scored by scoring={self.scoring!r}"
                otherwise = (
                    "score predicted labels, as scoring='balanced_accuracy' does; that is known of metrics "
                    "by their names only."
                )
                if self.epochs == "best":
                    scored, otherwise = "scored after every epoch", "set epochs to a number."
                raise ValueError(
                    f"Split {number} of cv has no row of class {absent[0]!r} to train on ({n_rows} in all of "
                    f"y), so its network has no probability for it, and cannot be {scored}. Leave the class "
                    f"out, merge it with another, {spread if n_rows > 1 else ''}or {otherwise}"
                )

    def _score_metadata(self, y: np.ndarray) -> dict[str, Any]:
        return {"labels": find_classes(y)} if self.scoring in _OF_ALL_CLASSES and y.ndim == 1 else {}

    def _epoch_scores(
        self,
        network: NetworkEstimator,
        alphas: NDArray[np.float64],
        X: Any,
        y: Any,
        weights: Any,
        splits: Any,
    ) -> NDArray[np.float64]:
        scoring = "accuracy" if self.scoring is None else self.scoring
        if scoring == "accuracy" and (y.ndim == 2 or weights is not None):
            what = "labels that do not exclude one another" if y.ndim == 2 else "sample_weight"
            raise ValueError(
                f"epochs='best' does not know the accuracy with {what} after every epoch. Pass "
                "scoring='neg_log_loss', or a number of epochs."
            )
        name, sign = FOLLOWED[scoring]
        return sign * test_histories(network, name, alphas, X, y, weights, splits, **self._how)

    def _check_followed(self) -> None:
        if self.scoring is not None and self.scoring not in FOLLOWED:
            raise ValueError(
                f"epochs='best' goes by scoring={' or '.join(map(repr, FOLLOWED))}, which are known after "
                f"every epoch. Got {self.scoring!r}. Search both by GridSearchCV for another score."
            )

    def _scorer(self, network: NetworkEstimator, y: np.ndarray) -> Any:
        if self.scoring is None:
            return get_scorer("accuracy")
        if self.scoring == "neg_log_loss" and y.ndim == 2:
            return make_scorer(_log_loss_of_labels, greater_is_better=False, response_method="predict_proba")
        return check_scoring(network, self.scoring)


def _log_loss_of_labels(y_true: np.ndarray, y_proba: np.ndarray, sample_weight: Any = None) -> float:
    """Return the mean over labels of their log losses, which is what training minimises."""
    losses = [
        log_loss(y_true[:, label], y_proba[:, label], labels=[0, 1], sample_weight=sample_weight)
        for label in range(y_true.shape[1])
    ]
    return float(np.mean(losses))
