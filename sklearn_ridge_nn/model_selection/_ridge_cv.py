"""RidgeMLPClassifierCV: the classifier that chooses its alpha by cross-validation."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names, log_loss, make_scorer
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import validate_data

from sklearn_ridge_nn._sklearn import Interval, StrOptions, fit_context, takes_sample_weight
from sklearn_ridge_nn.estimators import (
    ALPHAS,
    PARAMETER_CONSTRAINTS,
    NetworkClassifier,
    RidgeMLPClassifier,
    check_parameters,
    draw_seed,
    find_classes,
    find_target_type,
    flatten,
    n_epochs,
)
from sklearn_ridge_nn.evidence import best_of, strongest_within_one_standard_error
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES
from sklearn_ridge_nn.model_selection._epoch_scores import FOLLOWED, epoch_scores, pairs_of, scores_of
from sklearn_ridge_nn.model_selection._one_standard_error import scored_splits
from sklearn_ridge_nn.model_selection._search import GridSearchCV

#: Parameters that are not those of `RidgeMLPClassifier`.
_OWN = ("alphas", "cv", "scoring", "selection", "max_epochs", "n_jobs", "memory")

#: Metrics that are defined where test rows lack a class, as long as they are told all classes.
_OF_ALL_CLASSES = ("neg_log_loss", "neg_brier_score", "top_k_accuracy")

#: Metrics of probabilities or logits, whose columns must be those of all classes.
_BY_COLUMNS = (
    *_OF_ALL_CLASSES, "average_precision", "d2_brier_score", "d2_log_loss_score", "roc_auc", "roc_auc_ovo",
    "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted",
)  # fmt: skip


class RidgeMLPClassifierCV(NetworkClassifier):
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
    validation_split, early_stopping, patience, class_weight, callbacks, dtype : object
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
    >>> classifier = RidgeMLPClassifierCV([1e-3, 1e-2, 1e-1], selection="1se", random_state=0)
    >>> classifier.fit(scale(X), y).scores_.shape
    (3, 5)
    >>> bool(classifier.alpha_ in (1e-3, 1e-2, 1e-1))
    True
    """

    __module__ = "sklearn_ridge_nn"

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **{name: constraint for name, constraint in PARAMETER_CONSTRAINTS.items() if name != "alpha"},
        "alphas": ["array-like", None],
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "selection": [StrOptions({"best", "1se"})],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto", "best"})],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "memory": MEMORY_TYPES,
    }

    def __init__(
        self,
        alphas: Any = None,
        *,
        cv: Any = 5,
        scoring: Any = None,
        selection: str = "best",
        max_epochs: int | None = None,
        n_jobs: int | None = None,
        memory: Any = None,
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
        self.alphas = alphas
        self.cv = cv
        self.scoring = scoring
        self.selection = selection
        self.max_epochs = max_epochs
        self.n_jobs = n_jobs
        self.memory = memory
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
        alphas = self._checked_alphas()
        shared = {name: value for name, value in self.get_params(deep=False).items() if name not in _OWN}
        if self.epochs == "best":
            shared["epochs"] = 1  # the number is not known before the splits are
        classifier = RidgeMLPClassifier(**shared)
        check_parameters(classifier)
        self._check_epochs()
        with self._unchanged_on_failure():
            before = {name: value for name, value in vars(self).items() if name not in self.get_params()}
            self._forget()
            X, y = validate_data(self, X, y, accept_sparse="csr", dtype="numeric", multi_output=True)
            y = flatten(y)
            find_target_type(y, find_classes(y))  # refuses a single class
            seed = before["_fitted"]["seed"] if self.warm_start and "_fitted" in before else None
            classifier.random_state = draw_seed(classifier.random_state) if seed is None else seed
            classifier.warm_start = False
            splits = self._splits(X, y, groups)
            search = self._search_pairs if self.epochs == "best" else self._search
            results = search(classifier, alphas, X, y, sample_weight, splits)
            scores = scores_of(results, "test", len(splits))
            what = "pair of alpha and epochs" if self.epochs == "best" else "alpha"
            scored = scored_splits(scores, what, n_needed=2 if self.selection == "1se" else 1)
            best = self._choice(scores[:, scored], np.asarray(results["param_alpha"], dtype=float))
            classifier.set_params(**results["params"][best], warm_start=self.warm_start)
            if self.warm_start:
                classifier.__dict__.update(before)
            classifier.fit(X, y, sample_weight)
            mine = set(classifier.get_params()) | {"n_features_in_", "feature_names_in_"}
            self.__dict__.update(
                {name: value for name, value in vars(classifier).items() if name not in mine}
            )
            self.alpha_, self.alphas_ = float(results["params"][best]["alpha"]), alphas
            self.epochs_ = self._fitted["scikeras"]["epochs"]
            if self.epochs == "best":
                self.scores_ = scores.reshape(len(alphas), -1, len(splits))[:, self.epochs_ - 1]
            else:
                self.scores_, self.train_scores_ = scores, scores_of(results, "train", len(splits))
            means = results["mean_test_score"] if scored.all() else scores[:, scored].mean(axis=1)
            self.best_score_ = float(means[best])
            self.cv_results_ = results
        return self

    def _choice(self, scores: NDArray[np.float64], alphas: NDArray[np.float64]) -> int:
        """Return the number of the alpha chosen, from test scores of shape (n_alphas, n_splits)."""
        choose = strongest_within_one_standard_error if self.selection == "1se" else best_of
        return choose(-scores, alphas)

    def _checked_alphas(self) -> np.ndarray:
        if self.alphas is None:
            return np.array(ALPHAS)
        alphas = np.asarray(self.alphas)
        is_numeric = alphas.ndim == 1 and alphas.size > 0 and alphas.dtype.kind in "iuf"
        if not (is_numeric and np.isfinite(alphas).all() and (alphas >= 0).all()):
            raise ValueError(
                f"alphas must be a list of finite numbers >= 0, or None for 0 and np.logspace(-6, 0, 13). "
                f"Got {self.alphas!r}."
            )
        return alphas.astype(float)

    def _splits(self, X: Any, y: Any, groups: Any) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return the splits, checked: they can be scored, and chosen by."""
        cv = check_cv(self.cv, y, classifier=True)
        with config_context(enable_metadata_routing=True):
            takes_groups = bool(get_routing_for_object(cv).consumes("split", ["groups"]))
        if groups is not None and not takes_groups:
            raise ValueError(
                "groups are given, but the splitter does not go by them. Give a cv that does, such as "
                "GroupKFold(5), or no groups."
            )
        splits = list(cv.split(X, y, groups) if takes_groups else cv.split(X, y))
        if self.selection == "1se" and len(splits) < 2:
            raise ValueError(
                "selection='1se' needs a standard error, and so at least 2 splits, but cv makes "
                f"{len(splits)}. Give another cv, or selection='best'."
            )
        if y.ndim == 1 and self._goes_by_columns():
            self._check_classes(y, [train for train, _ in splits])
        return splits

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

    def _search(
        self, classifier: RidgeMLPClassifier, alphas: np.ndarray, X: Any, y: Any, weights: Any, splits: Any
    ) -> dict[str, Any]:
        """Return the results of a search whose scores know all classes, and weights if they are given."""
        scorer = self._scorer(classifier, y)
        metadata, requests = {}, {}
        if self.scoring in _OF_ALL_CLASSES and y.ndim == 1:
            metadata["labels"], requests["labels"] = find_classes(y), True
        if weights is not None:
            metadata["sample_weight"], requests["sample_weight"] = weights, takes_sample_weight(scorer)
        with config_context(enable_metadata_routing=True):
            if weights is not None:
                classifier.set_fit_request(sample_weight=True)
            if requests and hasattr(scorer, "set_score_request"):
                scorer = copy.deepcopy(scorer).set_score_request(**requests)
            search = GridSearchCV(
                classifier,
                {"alpha": alphas.tolist()},
                scoring=scorer,
                n_jobs=self.n_jobs,
                refit=False,
                cv=splits,
                verbose=int(self.verbose > 0),
                return_train_score=True,
                memory=self.memory,
            )
            return dict(search.fit(X, y, **metadata).cv_results_)

    def _search_pairs(
        self, classifier: RidgeMLPClassifier, alphas: np.ndarray, X: Any, y: Any, weights: Any, splits: Any
    ) -> dict[str, Any]:
        """Return the results of all pairs of alpha and epochs, of networks that are trained once."""
        scoring = "accuracy" if self.scoring is None else self.scoring
        if scoring == "accuracy" and (y.ndim == 2 or weights is not None):
            what = "labels that do not exclude one another" if y.ndim == 2 else "sample_weight"
            raise ValueError(
                f"epochs='best' does not know the accuracy with {what} after every epoch. Pass "
                "scoring='neg_log_loss', or a number of epochs."
            )
        fewest = min(len(train) for train, _ in splits)
        n_kept = max(fewest - math.ceil(self.validation_split * fewest), 1)
        most = self.max_epochs or 2 * n_epochs("auto", int(self.batch_size), n_kept)
        classifier.set_params(epochs=int(most))
        how = {"n_jobs": self.n_jobs, "memory": self.memory, "verbose": int(self.verbose > 0)}
        return pairs_of(alphas, epoch_scores(classifier, alphas, X, y, weights, splits, scoring, **how))

    def _check_epochs(self) -> None:
        """Raise if epochs cannot be chosen."""
        if self.epochs != "best":
            if self.max_epochs is not None:
                raise ValueError(
                    f"max_epochs={self.max_epochs} is the most that epochs='best' tries, and epochs="
                    f"{self.epochs!r}. Set epochs='best', or leave max_epochs out."
                )
            return
        if self.early_stopping:
            raise ValueError(
                "epochs='best' chooses how long to train, and so does early_stopping=True. Set "
                "early_stopping=False, or epochs='auto'."
            )
        if self.callbacks:
            raise ValueError(
                "epochs='best' trains each alpha for as long, and callbacks may end or change a training. "
                "Set callbacks=None, or a number of epochs."
            )
        if getattr(self.optimizer, "use_ema", False):
            raise ValueError(
                "epochs='best' scores the weights after every epoch, and those of an optimizer with "
                "use_ema=True are averages in the end. Set use_ema=False, or a number of epochs."
            )
        if self.scoring is not None and self.scoring not in FOLLOWED:
            raise ValueError(
                f"epochs='best' goes by scoring={' or '.join(map(repr, FOLLOWED))}, which are known after "
                f"every epoch. Got {self.scoring!r}. Search both by GridSearchCV for another score."
            )

    def _scorer(self, classifier: RidgeMLPClassifier, y: np.ndarray) -> Any:
        if self.scoring is None:
            return get_scorer("accuracy")
        if self.scoring == "neg_log_loss" and y.ndim == 2:
            return make_scorer(_log_loss_of_labels, greater_is_better=False, response_method="predict_proba")
        return check_scoring(classifier, self.scoring)


def _log_loss_of_labels(y_true: np.ndarray, y_proba: np.ndarray, sample_weight: Any = None) -> float:
    """Return the mean over labels of their log losses, which is what training minimises."""
    losses = [
        log_loss(y_true[:, label], y_proba[:, label], labels=[0, 1], sample_weight=sample_weight)
        for label in range(y_true.shape[1])
    ]
    return float(np.mean(losses))
