"""scikit-learn's searches and cross-validation, their networks trained together.

Names, signatures, attributes and results are those of `sklearn.model_selection`; changing the import is all
there is to do. The functions that run are scikit-learn's own as well: only how they run their fits is
replaced, and only for a `RidgeMLPClassifier` or a Pipeline that ends in one. Other estimators are fitted as
scikit-learn fits them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import joblib
import numpy as np
import sklearn.model_selection as theirs
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import validate_params

from sklearn_ridge_nn._sklearn import rebound
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES, Checkpoints
from sklearn_ridge_nn.model_selection._fold_fits import equal
from sklearn_ridge_nn.model_selection._parallel import BatchedParallel
from sklearn_ridge_nn.training._shared import StackShape, search_shape

__all__ = [
    "GridSearchCV",
    "RandomizedSearchCV",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "one_standard_error",
    "validation_curve",
]

_MEMORY = {"memory": MEMORY_TYPES}


def _batched(
    function: Callable[..., Any], memory: Any, verbose: Any, shape: StackShape | None = None
) -> Callable[..., Any]:
    """Return scikit-learn's function with fits that train together."""
    parallel = partial(BatchedParallel, checkpoints=Checkpoints(memory), bar=bool(verbose), shape=shape)
    return rebound(function, Parallel=parallel, delayed=joblib.delayed)


def _validated(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Check arguments as scikit-learn's function does, and memory."""
    constraints = {**function._skl_parameter_constraints, **_MEMORY}  # type: ignore[attr-defined]
    return validate_params(constraints, prefer_skip_nested_validation=False)


def one_standard_error(
    cv_results: dict[str, Any], *, metric: str = "score", param_name: str | None = None
) -> int:
    """Choose the strongest penalty that is about as good as the best.

    That is the largest alpha whose mean test score is within one standard error of the best candidate's:
    ``std(ddof=1) / sqrt(n_splits)`` over the best candidate's splits. Candidates that differ from the best
    one in another parameter are left out, for their alphas mean something else.

    Parameters
    ----------
    cv_results : dict of str to array
        ``cv_results_`` of a search.
    metric : str, default="score"
        The metric by its name in a search with several.
    param_name : str, default=None
        The parameter that stands for alpha, as the search names it. None takes the one that is called
        ``alpha`` or ends in ``__alpha``.

    Returns
    -------
    int
        Index of the candidate, as `refit` wants it.

    Raises
    ------
    ValueError
        If the search did not try several values of such a parameter, does not know the metric, or had
        fewer than two splits.

    Notes
    -----
    The rule is that of Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees,
    section 3.4.3. scikit-learn's example of it uses the standard *deviation* over the folds, which is
    ``sqrt(n_splits)`` times as wide.

    Examples
    --------
    >>> cv_results = {
    ...     "params": [{"alpha": 0.01}, {"alpha": 0.1}, {"alpha": 1.0}],
    ...     "mean_test_score": [0.96, 0.95, 0.80],
    ...     "rank_test_score": [1, 2, 3],
    ...     "split0_test_score": [0.98, 0.96, 0.80],
    ...     "split1_test_score": [0.94, 0.94, 0.80],
    ... }
    >>> one_standard_error(cv_results)
    1
    """
    candidates = cv_results["params"]
    if f"rank_test_{metric}" not in cv_results:
        known = [name.removeprefix("rank_test_") for name in cv_results if name.startswith("rank_test_")]
        raise ValueError(f"metric={metric!r} is not a metric of this search. It has {', '.join(known)}.")
    name = _alpha_name(candidates) if param_name is None else param_name
    if not any(name in candidate for candidate in candidates):
        raise ValueError(f"param_name={name!r} is not a parameter of this search.")
    best = int(np.argmin(cv_results[f"rank_test_{metric}"]))
    splits = [cv_results[key][best] for key in cv_results if _is_split(key, metric)]
    if len(splits) < 2:
        raise ValueError(
            f"A standard error needs at least 2 splits, but the search has {len(splits)}. Give it another "
            f"cv, or choose by refit=True."
        )
    mean = np.asarray(cv_results[f"mean_test_{metric}"])
    threshold = mean[best] - np.std(splits, ddof=1) / np.sqrt(len(splits))
    alike = [
        number
        for number, candidate in enumerate(candidates)
        if name in candidate and _differ_in(name, candidate, candidates[best])
    ]
    close = [number for number in alike if mean[number] >= threshold]
    return max(close, key=lambda number: (candidates[number][name], mean[number]), default=best)


def _alpha_name(candidates: Sequence[Mapping[str, Any]]) -> str:
    names = {n for candidate in candidates for n in candidate if n == "alpha" or n.endswith("__alpha")}
    if len(names) != 1:
        found = f"it has {', '.join(sorted(names))}" if names else "it has none"
        raise ValueError(
            f"The rule of one standard error needs one parameter called alpha in the search, but {found}. "
            f"Name it: refit=functools.partial(one_standard_error, param_name=...)."
        )
    return names.pop()


def _is_split(key: str, metric: str) -> bool:
    head, _, tail = key.partition("_test_")
    return head.startswith("split") and head[5:].isdigit() and tail == metric


def _differ_in(name: str, candidate: dict[str, Any], best: dict[str, Any]) -> bool:
    """Return whether two candidates have equal values of all parameters but one."""
    names = candidate.keys() - {name}
    return names == best.keys() - {name} and all(equal(candidate[n], best[n]) for n in names)


class _BatchedSearch:
    """What our searches do in another way than scikit-learn's."""

    memory: Any
    verbose: Any
    refit: Any

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Try all candidates on all folds, then fit the chosen one on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
            Labels.
        **params : dict of str to object
            Metadata for the estimator's ``fit``, the scorer and the splitter, such as
            ``sample_weight`` and ``groups``, as scikit-learn's search routes them.

        Returns
        -------
        self : object
            The fitted search.
        """
        if isinstance(self.refit, str) and self.refit == "1se":
            self._check_alpha_is_searched()
        shape = StackShape() if self.refit is not False else None
        token = search_shape.set(shape)
        try:
            return _batched(theirs.GridSearchCV.fit, self.memory, self.verbose, shape)(self, X, y, **params)
        finally:
            search_shape.reset(token)

    def _check_alpha_is_searched(self) -> None:
        grids: Any = getattr(self, "param_grid", None) or getattr(self, "param_distributions", [])
        grids = [grids] if isinstance(grids, Mapping) else grids
        if grids and all(isinstance(grid, Mapping) for grid in grids):  # scikit-learn says what else is wrong
            _alpha_name(grids)

    @staticmethod
    def _select_best_index(refit: Any, refit_metric: str, results: dict[str, Any]) -> int:
        if isinstance(refit, str) and refit == "1se" and refit_metric != "1se":
            return one_standard_error(results, metric=refit_metric)
        return theirs.GridSearchCV._select_best_index(refit, refit_metric, results)

    def _check_refit_for_multimetric(self, scores: dict[str, Any]) -> None:
        if isinstance(self.refit, str) and self.refit == "1se" and "1se" not in scores:
            raise ValueError(
                f"refit='1se' does not say which of the metrics {', '.join(scores)} is meant. Pass "
                f"refit=functools.partial(one_standard_error, metric=...)."
            )
        super()._check_refit_for_multimetric(scores)  # type: ignore[misc]


class GridSearchCV(_BatchedSearch, theirs.GridSearchCV):
    """:class:`sklearn.model_selection.GridSearchCV` with all networks trained together.

    Parameters
    ----------
    estimator : estimator object
        A `RidgeMLPClassifier`, or a Pipeline that ends in one; others are searched as scikit-learn does.
    param_grid : dict or list of dict
        Values to try for each parameter, by name.
    scoring : str, callable, list, tuple or dict, default=None
        How to score, as scikit-learn's search takes it; None is the accuracy.
    n_jobs : int, default=None
        Chunks of fits that run at a time, where joblib's backend sends them. One process already uses all
        cores, so this pays off for long searches, and on clusters.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate on all rows. "1se" chooses by :func:`one_standard_error`; with
        several metrics, the name of one or a callable as scikit-learn's search takes it.
    cv : int, cross-validation generator or iterable, default=None
        The splits; None and ints are stratified.
    verbose : int, default=0
        Above 0 shows a line of progress, above 1 also scikit-learn's lines, one for each fit.
    pre_dispatch : int or str, default="2*n_jobs"
        Chunks that are dispatched ahead.
    error_score : "raise" or float, default=numpy.nan
        Score of a fit that fails, for example because its loss diverges; the others go on.
    return_train_score : bool, default=False
        Whether to score the training rows, too.
    memory : str, path or joblib.Memory, default=None
        Where to keep finished fits. A search that was cut off goes on from there, and one that is run again
        does not train again. None keeps nothing.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As scikit-learn's. Times are those of a single process: ``mean_fit_time`` is each candidate's
        share of its fold's preprocessing and of the training that it took part in.
    best_estimator_ : estimator
        The chosen candidate, fitted on all rows. Not if ``refit=False``.
    best_params_ : dict
        Its parameters.
    best_score_ : float
        Its mean test score.
    best_index_ : int
        Its index in ``cv_results_``.
    scorer_ : callable or dict of str to callable
        The scorer, or the scorers by name.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds of the last fit, on all rows.
    multimetric_ : bool
        Whether there are several metrics.

    See Also
    --------
    RandomizedSearchCV : Tries candidates drawn at random.
    sklearn_ridge_nn.RidgeMLPClassifierCV : A classifier that chooses its alpha itself.

    Notes
    -----
    Candidates that differ in alpha, random_state, learning rate or dropout rate train in one stack; others
    in stacks of their own. Steps before the classifier are fitted once per fold and setting of their
    parameters, and transform each fold's rows once, so a step that draws from NumPy's global generator
    draws less often than in scikit-learn's search. With ``random_state=None`` each fit draws a seed of its
    own, as in scikit-learn's, and no two share minibatches: an int is faster, and its candidates compare
    with less noise.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import GridSearchCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0))
    >>> grid = {"ridgemlpclassifier__alpha": [1e-3, 1e-2, 1e-1]}
    >>> search = GridSearchCV(pipeline, grid, cv=5, refit="1se").fit(X, y)
    >>> search.best_params_
    {'ridgemlpclassifier__alpha': 0.01}
    """

    __module__ = "sklearn_ridge_nn.model_selection"

    _parameter_constraints: ClassVar[dict] = {**theirs.GridSearchCV._parameter_constraints, **_MEMORY}

    def __init__(
        self,
        estimator: BaseEstimator,
        param_grid: Any,
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        error_score: Any = np.nan,
        return_train_score: bool = False,
        memory: Any = None,
    ) -> None:
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.memory = memory


class RandomizedSearchCV(_BatchedSearch, theirs.RandomizedSearchCV):
    """:class:`sklearn.model_selection.RandomizedSearchCV` with all networks trained together.

    Parameters
    ----------
    estimator : estimator object
        A `RidgeMLPClassifier`, or a Pipeline that ends in one; others are searched as scikit-learn does.
    param_distributions : dict or list of dict
        A distribution with a method ``rvs``, or a list, for each parameter, by name.
    n_iter : int, default=10
        Candidates to draw.
    random_state : int, RandomState instance or None, default=None
        Draws the candidates.
    scoring, n_jobs, refit, cv, verbose, pre_dispatch, error_score, return_train_score, memory : object
        As in `GridSearchCV`.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As in `GridSearchCV`.
    best_estimator_ : estimator
        The chosen candidate, fitted on all rows.
    best_params_ : dict
        Its parameters.
    best_score_ : float
        Its mean test score.
    best_index_ : int
        Its index in ``cv_results_``.
    scorer_ : callable or dict of str to callable
        The scorer, or the scorers by name.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds of the last fit, on all rows.
    multimetric_ : bool
        Whether there are several metrics.

    See Also
    --------
    GridSearchCV : Tries all candidates of a grid; its notes hold here too.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import RandomizedSearchCV
    >>> X, y = load_wine(return_X_y=True)
    >>> search = RandomizedSearchCV(
    ...     RidgeMLPClassifier(random_state=0), {"alpha": loguniform(1e-5, 1)}, n_iter=4, random_state=0
    ... )
    >>> len(search.fit(scale(X), y).cv_results_["params"])
    4
    """

    __module__ = "sklearn_ridge_nn.model_selection"

    _parameter_constraints: ClassVar[dict] = {**theirs.RandomizedSearchCV._parameter_constraints, **_MEMORY}

    def __init__(
        self,
        estimator: BaseEstimator,
        param_distributions: Any,
        *,
        n_iter: int = 10,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: int | np.random.RandomState | None = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        memory: Any = None,
    ) -> None:
        super().__init__(
            estimator,
            param_distributions,
            n_iter=n_iter,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.memory = memory


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
        A `RidgeMLPClassifier`, or a Pipeline that ends in one; others are fitted as scikit-learn does.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
        Labels.
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
    return _batched(theirs.cross_validate, memory, verbose)(
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
    inner = _batched(theirs.cross_validate, memory, verbose)
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
    return _batched(theirs.cross_val_predict, memory, verbose)(
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
    return _batched(theirs.validation_curve, memory, verbose)(
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
