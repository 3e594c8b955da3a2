"""scikit-learn's functions that cross-validate, their networks trained together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import sklearn.model_selection as theirs
from sklearn.base import BaseEstimator

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import constraints_of, rebound, validate_params
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES
from sklearn_ridge_nn.model_selection._parallel import trained_together

F = TypeVar("F", bound=Callable[..., Any])


def _validated(function: Callable[..., Any]) -> Callable[[F], F]:
    """Check arguments as scikit-learn's function does, and memory."""
    constraints = {**constraints_of(function), "memory": MEMORY_TYPES}
    return validate_params(constraints, prefer_skip_nested_validation=False)


@observed_as("sklearn.model_selection.cross_validate")
@_validated(theirs.cross_validate)
def cross_validate(
    estimator: BaseEstimator,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    scoring: Any = None,
    cv: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: Any = "2*n_jobs",
    return_train_score: bool = False,
    return_estimator: bool = False,
    return_indices: bool = False,
    error_score: Any = np.nan,
    memory: Any = None,
) -> dict[str, Any]:
    """Score an estimator on the folds of a cross-validation, whose networks train together.

    Parameters
    ----------
    estimator : estimator object
        A `RidgeMLPClassifier` or `RidgeMLPRegressor`, or a Pipeline that ends in one; others are fitted as
        scikit-learn does.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
        Labels, or numbers.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter, where metadata routing is off.
    scoring, cv, n_jobs, verbose, pre_dispatch, return_train_score, error_score, memory : object
        As in `GridSearchCV`.
    params : dict of str to object, default=None
        Metadata for the estimator's ``fit``; with metadata routing also for scorer and splitter.
    return_estimator : bool, default=False
        Whether to return the fitted estimators.
    return_indices : bool, default=False
        Whether to return the rows of each fold.

    Returns
    -------
    dict of str to ndarray
        As :func:`sklearn.model_selection.cross_validate` returns it; ``fit_time`` is each fold's share.

    See Also
    --------
    cross_val_score : One metric's test scores alone.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import cross_validate
    >>> X, y = load_wine(return_X_y=True)
    >>> classifier = RidgeMLPClassifier(random_state=0)
    >>> sorted(cross_validate(classifier, scale(X), y, scoring=("accuracy", "f1_macro")))
    ['fit_time', 'score_time', 'test_accuracy', 'test_f1_macro']
    """
    return trained_together(theirs.cross_validate, memory, verbose)(
        estimator,
        X,
        y,
        groups=groups,
        scoring=scoring,
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        return_train_score=return_train_score,
        return_estimator=return_estimator,
        return_indices=return_indices,
        error_score=error_score,
    )


@observed_as("sklearn.model_selection.cross_val_score")
@_validated(theirs.cross_val_score)
def cross_val_score(
    estimator: BaseEstimator,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    scoring: Any = None,
    cv: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: Any = "2*n_jobs",
    error_score: Any = np.nan,
    memory: Any = None,
) -> np.ndarray:
    """Return the test score of every fold of a cross-validation, whose networks train together.

    Parameters
    ----------
    estimator, X, y, groups, scoring, cv, n_jobs, verbose, params, pre_dispatch, error_score, memory : object
        As in `cross_validate`; one metric.

    Returns
    -------
    ndarray of shape (n_splits,)
        The scores.

    See Also
    --------
    cross_validate : Several metrics, training scores and times.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import cross_val_score
    >>> X, y = load_wine(return_X_y=True)
    >>> bool(cross_val_score(RidgeMLPClassifier(random_state=0), scale(X), y, cv=3).mean() > 0.9)
    True
    """
    inner = trained_together(theirs.cross_validate, memory, verbose)
    return rebound(theirs.cross_val_score, cross_validate=inner)(
        estimator,
        X,
        y,
        groups=groups,
        scoring=scoring,
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        error_score=error_score,
    )


@observed_as("sklearn.model_selection.cross_val_predict")
@_validated(theirs.cross_val_predict)
def cross_val_predict(
    estimator: BaseEstimator,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    cv: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: Any = "2*n_jobs",
    method: str = "predict",
    memory: Any = None,
) -> np.ndarray:
    """Predict every row by the network of the fold that held it out; all of them train together.

    Parameters
    ----------
    estimator, X, y, groups, cv, n_jobs, verbose, params, pre_dispatch, memory : object
        As in `cross_validate`; the test rows of the splits must be a partition.
    method : {"predict", "predict_proba", "predict_log_proba", "decision_function"}, default="predict"
        What to predict with.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_classes)
        The predictions, in the order of the rows.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import cross_val_predict
    >>> X, y = load_wine(return_X_y=True)
    >>> cross_val_predict(RidgeMLPClassifier(random_state=0), scale(X), y, method="predict_proba").shape
    (178, 3)
    """
    return trained_together(theirs.cross_val_predict, memory, verbose)(
        estimator,
        X,
        y,
        groups=groups,
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        method=method,
    )


@observed_as("sklearn.model_selection.validation_curve")
@_validated(theirs.validation_curve)
def validation_curve(
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    *,
    param_name: str,
    param_range: Any,
    groups: Any = None,
    cv: Any = None,
    scoring: Any = None,
    n_jobs: int | None = None,
    pre_dispatch: Any = "all",
    verbose: int = 0,
    error_score: Any = np.nan,
    params: dict[str, Any] | None = None,
    memory: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return training and test scores over the values of a parameter; all networks train together.

    Parameters
    ----------
    estimator, X, y, groups, cv, scoring, n_jobs, pre_dispatch, verbose, error_score, params, memory : object
        As in `cross_validate`; one metric.
    param_name : str
        The parameter, such as ``"alpha"``.
    param_range : array-like of shape (n_values,)
        Its values.

    Returns
    -------
    train_scores, test_scores : ndarray of shape (n_values, n_splits)
        The scores.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import validation_curve
    >>> X, y = load_wine(return_X_y=True)
    >>> train_scores, test_scores = validation_curve(
    ...     RidgeMLPClassifier(random_state=0), scale(X), y, param_name="alpha", param_range=[0, 1e-3, 1e-1]
    ... )
    >>> test_scores.shape
    (3, 5)
    """
    return trained_together(theirs.validation_curve, memory, verbose)(
        estimator,
        X,
        y,
        param_name=param_name,
        param_range=param_range,
        groups=groups,
        cv=cv,
        scoring=scoring,
        n_jobs=n_jobs,
        pre_dispatch=pre_dispatch,
        verbose=verbose,
        error_score=error_score,
        params=params,
    )


@observed_as("sklearn.model_selection.learning_curve")
@_validated(theirs.learning_curve)
def learning_curve(
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    train_sizes: Any = np.linspace(0.1, 1.0, 5),  # noqa: B008  scikit-learn's own default
    cv: Any = None,
    scoring: Any = None,
    exploit_incremental_learning: bool = False,
    n_jobs: int | None = None,
    pre_dispatch: Any = "all",
    verbose: int = 0,
    shuffle: bool = False,
    random_state: Any = None,
    error_score: Any = np.nan,
    return_times: bool = False,
    params: dict[str, Any] | None = None,
    memory: Any = None,
) -> tuple[np.ndarray, ...]:
    """Return training and test scores over the number of training rows; all networks train together.

    Parameters
    ----------
    estimator, X, y, groups, cv, scoring, n_jobs, pre_dispatch, verbose, error_score, params, memory : object
        As in `cross_validate`; one metric.
    train_sizes : array-like of shape (n_sizes,), default=numpy.linspace(0.1, 1.0, 5)
        Shares of the training rows of a split, or numbers of them.
    exploit_incremental_learning : bool, default=False
        Whether to go on from size to size by ``partial_fit``, one pass over the rows that are new.
        scikit-learn then trains the networks one by one, and nothing is kept in `memory`.
    shuffle : bool, default=False
        Whether to shuffle the training rows of a split before the first of them are taken.
    random_state : int, RandomState instance or None, default=None
        Shuffles.
    return_times : bool, default=False
        Whether to return times as well.

    Returns
    -------
    train_sizes_abs : ndarray of shape (n_sizes,)
        Numbers of training rows.
    train_scores, test_scores : ndarray of shape (n_sizes, n_splits)
        The scores.
    fit_times, score_times : ndarray of shape (n_sizes, n_splits)
        In seconds; only with ``return_times=True``. The times of fits are shares of what trained together.

    Raises
    ------
    ValueError
        If `memory` is given together with ``exploit_incremental_learning=True``.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import learning_curve
    >>> X, y = load_wine(return_X_y=True)
    >>> network, sizes = RidgeMLPClassifier(random_state=0), [40, 80, 120]
    >>> sizes, train_scores, test_scores = learning_curve(
    ...     network, scale(X), y, train_sizes=sizes, shuffle=True, random_state=0
    ... )
    >>> sizes.tolist(), test_scores.shape
    ([40, 80, 120], (3, 5))
    """
    if exploit_incremental_learning and memory is not None:
        raise ValueError(
            f"memory={memory!r} keeps networks that are trained together, and those of "
            "exploit_incremental_learning=True go on from each other. Set one of them to its default."
        )
    function = (
        theirs.learning_curve
        if exploit_incremental_learning
        else trained_together(theirs.learning_curve, memory, verbose)
    )
    return function(
        estimator,
        X,
        y,
        groups=groups,
        train_sizes=train_sizes,
        cv=cv,
        scoring=scoring,
        exploit_incremental_learning=exploit_incremental_learning,
        n_jobs=n_jobs,
        pre_dispatch=pre_dispatch,
        verbose=verbose,
        shuffle=shuffle,
        random_state=random_state,
        error_score=error_score,
        return_times=return_times,
        params=params,
    )


for _public in (cross_validate, cross_val_score, cross_val_predict, validation_curve, learning_curve):
    _public.__module__ = "sklearn_ridge_nn.model_selection"
