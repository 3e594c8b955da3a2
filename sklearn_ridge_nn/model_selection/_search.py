"""scikit-learn's searches and cross-validation, their networks trained together.

Names, signatures, attributes and results are those of `sklearn.model_selection`; changing the import is all
there is to do. The functions that run are scikit-learn's own as well: only how they run their fits is
replaced, and only for a network of ours or a Pipeline that ends in one. Other estimators are fitted as
scikit-learn fits them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import sklearn.model_selection as theirs
from sklearn.base import BaseEstimator

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import constraints_of, fit_context
from sklearn_ridge_nn.estimators import SayingOnce
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES
from sklearn_ridge_nn.model_selection._one_standard_error import alpha_name, one_standard_error
from sklearn_ridge_nn.model_selection._parallel import trained_together
from sklearn_ridge_nn.training._shared import StackShape, search_shape


class _BatchedSearch:
    """What our searches do in another way than scikit-learn's."""

    memory: Any
    verbose: Any
    refit: Any
    scoring: Any
    best_index_: int
    multimetric_: bool
    cv_results_: dict[str, Any]

    @observed_as("sklearn.model_selection.GridSearchCV.fit")
    @SayingOnce()
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Try all candidates on all folds, then fit the chosen one on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
            Labels, or numbers.
        **params : dict of str to object
            Metadata for the estimator's ``fit``, the scorer and the splitter, such as
            ``sample_weight`` and ``groups``, as scikit-learn's search routes them.

        Returns
        -------
        self : object
            The fitted search.
        """
        refit, is_our_rule = self.refit, self._is_our_rule()
        if is_our_rule:
            self._check_alpha_is_searched()
            self.refit = _by_one_standard_error  # what scikit-learn knows: a function of cv_results_
        shape = StackShape() if refit is not False else None
        token = search_shape.set(shape)
        try:
            search = trained_together(theirs.GridSearchCV.fit, self.memory, self.verbose, shape)
            search(self, X, y, **params)
        finally:
            search_shape.reset(token)
            self.refit = refit
        if is_our_rule:  # scikit-learn leaves it out where a function chooses
            metric = "1se" if self.multimetric_ else "score"
            self.best_score_ = self.cv_results_[f"mean_test_{metric}"][self.best_index_]
        return self

    def _is_our_rule(self) -> bool:
        """Return whether refit="1se" is the rule, and not a metric that the user called so."""
        if not isinstance(self.refit, str) or self.refit != "1se":
            return False
        if not isinstance(self.scoring, (list, tuple, set, Mapping)):
            return True
        if "1se" not in self.scoring:
            raise _several_metrics(self.scoring)
        return False

    def _check_alpha_is_searched(self) -> None:
        grids: Any = getattr(self, "param_grid", None) or getattr(self, "param_distributions", [])
        grids = [grids] if isinstance(grids, Mapping) else grids
        if grids and all(isinstance(grid, Mapping) for grid in grids):  # scikit-learn says what else is wrong
            alpha_name(grids)


def _by_one_standard_error(results: dict[str, Any]) -> int:
    """Choose a candidate by `one_standard_error`, where the scorer has one metric."""
    if "rank_test_1se" in results:  # a scorer of the user's returns several, and one is called so
        return int(np.argmin(results["rank_test_1se"]))
    if "mean_test_score" not in results:  # only now known of a scorer that returns several
        raise _several_metrics(
            name.removeprefix("mean_test_") for name in results if name.startswith("mean_test_")
        )
    return one_standard_error(results)


def _several_metrics(names: Iterable[str]) -> ValueError:
    return ValueError(
        f"refit='1se' does not say which of the metrics {', '.join(names)} is meant. Pass "
        f"refit=functools.partial(one_standard_error, metric=...)."
    )


class GridSearchCV(_BatchedSearch, theirs.GridSearchCV):
    """:class:`sklearn.model_selection.GridSearchCV` with all networks trained together.

    Parameters
    ----------
    estimator : estimator object
        A `RidgeMLPClassifier` or `RidgeMLPRegressor`, or a Pipeline that ends in one; others are searched as
        scikit-learn does.
    param_grid : dict or list of dict
        Values to try for each parameter, by name.
    scoring : str, callable, list, tuple or dict, default=None
        How to score, as scikit-learn's search takes it; None is the accuracy, or
        R².
    n_jobs : int, default=None
        Chunks of fits that run at a time, where joblib's backend sends them. One process already uses all
        cores, so this pays off for long searches, and on clusters.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate on all rows; of candidates that tie, it is the first, by
        scikit-learn's rank. "1se" chooses by :func:`one_standard_error`, where ties go to the largest alpha.
        With several metrics, the name of one or a callable as scikit-learn's search takes it.
    cv : int, cross-validation generator or iterable, default=None
        The splits; None and ints are stratified for classes.
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
    sklearn_ridge_nn.RidgeMLPRegressorCV : A regressor that does.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **constraints_of(theirs.GridSearchCV),
        "memory": MEMORY_TYPES,
    }

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
        A `RidgeMLPClassifier` or `RidgeMLPRegressor`, or a Pipeline that ends in one; others are searched as
        scikit-learn does.
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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **constraints_of(theirs.RandomizedSearchCV),
        "memory": MEMORY_TYPES,
    }

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
