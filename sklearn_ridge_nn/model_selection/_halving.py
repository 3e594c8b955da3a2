"""scikit-learn's successive halving, the networks of each iteration trained together.

With the number of epochs as the resource, survivors go on from where they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, ClassVar

import joblib
import numpy as np
import sklearn.model_selection as theirs
from sklearn.base import BaseEstimator

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import (
    BASE_SEARCH,
    HALVING_GRID_SEARCH,
    HALVING_RANDOM_SEARCH,
    constraints_of,
)
from sklearn_ridge_nn.estimators import state_of
from sklearn_ridge_nn.model_selection._calls import Call, Fitted, Measurement, final_network
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES
from sklearn_ridge_nn.model_selection._chunks import identity
from sklearn_ridge_nn.model_selection._parallel import trained_together
from sklearn_ridge_nn.training import State
from sklearn_ridge_nn.training._shared import StackShape, search_shape


def _state(fitted: Fitted) -> dict[str, Any]:
    """Return what a network of ours can go on from."""
    located = None if fitted.task is None else final_network(fitted.estimator)
    return {} if located is None else {"state": state_of(located[1])}


@dataclass
class GoingOn(Measurement):
    """Has the fits of an iteration go on where the same candidates ended in the one before, on the same rows.

    Attributes
    ----------
    resource : str
        The parameter that is the number of epochs.
    states : dict of tuple to State
        Where the last iteration ended, by candidate and rows.
    """

    resource: str = ""
    states: dict[tuple[Any, ...], State] = field(default_factory=dict)

    def start_of(self, number: int, call: Call) -> State | None:  # noqa: ARG002
        """Return where a fit goes on, before its parameters are set."""
        state = self.states.get(self._key(call))
        if state is None or state.n_epochs >= call.arguments["parameters"][self.resource]:
            return None
        return state if self._may_go_on(call) else None

    def take(self, calls: Sequence[Call], values: Sequence[dict[str, Any] | None]) -> None:
        """Keep where the fits of an iteration ended, and nothing of the one before."""
        ended = {self._key(call): value for call, value in zip(calls, values, strict=True) if value}
        self.states = {key: value["state"] for key, value in ended.items()}

    def _key(self, call: Call) -> tuple[Any, ...]:
        parameters = {**call.arguments["parameters"]}
        parameters.pop(self.resource, None)
        rows = joblib.hash((call.arguments["train"], call.arguments["test"]))
        return (rows, *sorted((name, identity(value)) for name, value in parameters.items()))

    def _may_go_on(self, call: Call) -> bool:
        """Return whether a longer training is a shorter one that goes on.

        It is not where something ends or chooses by itself, where Keras's callbacks would begin anew, and
        where weights are averages. A seed that is drawn by each fit gives other rows and weights each time.
        """
        if any(hasattr(value, "get_params") for value in call.arguments["parameters"].values()):
            return False  # steps are replaced, by some whose parameters are not looked at here
        located = final_network(call.estimator)
        assert located is not None
        path, network = located
        prefix = "".join(f"{step}__" for step in path)
        values = {**call.estimator.get_params(), **call.arguments["parameters"]}
        of_network = {name: values[f"{prefix}{name}"] for name in network.get_params(deep=False)}
        seeds = [value for name, value in values.items() if name.rpartition("__")[2] == "random_state"]
        return (
            isinstance(of_network["random_state"], Integral)
            and all(seed is not None for seed in seeds)
            and not of_network["early_stopping"]
            and not of_network["callbacks"]
            and not getattr(of_network["optimizer"], "use_ema", False)
        )


class _BatchedFit(BASE_SEARCH):
    """Stands between scikit-learn's halving and its BaseSearchCV, whose fits it has trained together."""

    memory: Any

    def fit(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Run all iterations, and fit the chosen candidate."""
        located = final_network(self.estimator)
        is_ours = located is not None and self.resource == "__".join((*located[0], "epochs"))
        going_on = GoingOn(_state, watches_test_rows=False, resource=self.resource) if is_ours else None
        shape = StackShape() if self.refit is not False else None
        token = search_shape.set(shape)
        try:
            search = trained_together(theirs.GridSearchCV.fit, self.memory, self.verbose, shape, going_on)
            search(self, X, y, **params)
        finally:
            search_shape.reset(token)
        return self


class HalvingGridSearchCV(HALVING_GRID_SEARCH, _BatchedFit):
    """:class:`sklearn.model_selection.HalvingGridSearchCV`, each iteration's networks trained together.

    All candidates are tried with few resources, the better ones with more, and so on.

    Parameters
    ----------
    estimator : estimator object
        A `RidgeMLPClassifier` or `RidgeMLPRegressor`, or a Pipeline that ends in one; others are searched as
        scikit-learn does.
    param_grid : dict or list of dict
        Values to try for each parameter, by name.
    factor : int or float, default=3
        One of so many candidates survives an iteration, and gets so many times the resources in the next one.
    resource : str, default="n_samples"
        What there is more of from iteration to iteration: rows, or a parameter of the estimator. If that is
        the network's ``epochs``, survivors go on training from where they stand, with the results of
        training anew.
    max_resources : int or "auto", default="auto"
        The most of it that a candidate gets; must be given for a parameter.
    min_resources : int, "exhaust" or "smallest", default="exhaust"
        The least, in the first iteration.
    aggressive_elimination : bool, default=False
        Whether to repeat the first iteration until few enough candidates are left.
    cv : int, cross-validation generator or iterable, default=5
        The splits, the same in all iterations.
    scoring : str, callable or None, default=None
        How to score; one metric.
    refit : bool, default=True
        Whether to fit the best candidate of the last iteration on all rows.
    error_score : "raise" or float, default=numpy.nan
        Score of a fit that fails.
    return_train_score : bool, default=True
        Whether to score the training rows, too.
    random_state : int, RandomState instance or None, default=None
        Draws the rows where these are the resource.
    n_jobs, verbose, memory : object
        As in `GridSearchCV`.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As scikit-learn's, one row for each candidate and iteration. Where survivors go on, the times are
        those of going on.
    best_estimator_, best_params_, best_score_, best_index_, scorer_, n_splits_, refit_time_ : object
        As in `GridSearchCV`.
    n_iterations_, n_resources_, n_candidates_, n_remaining_candidates_ : object
        How many iterations there were, with how much of the resource and how many candidates each, and how
        many would be left, as scikit-learn has them (with ``max_resources_``, ``min_resources_``,
        ``n_possible_iterations_`` and ``n_required_iterations_``).

    See Also
    --------
    GridSearchCV : Tries all candidates in full. Networks that train together cost little each, so that this
        is often as fast, and it judges every candidate by all of its training.

    Notes
    -----
    Survivors go on only if a longer training is a shorter one that goes on: with an integer ``random_state``
    of the network and a seed for each step before it, and without early stopping, callbacks or averaged
    weights. Otherwise they are trained anew, as scikit-learn does.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import HalvingGridSearchCV
    >>> X, y = load_wine(return_X_y=True)
    >>> search = HalvingGridSearchCV(
    ...     RidgeMLPClassifier(random_state=0),
    ...     {"alpha": [1e-4, 1e-3, 1e-2, 1e-1]},
    ...     factor=2,
    ...     resource="epochs",
    ...     max_resources=20,
    ... ).fit(scale(X), y)
    >>> search.n_candidates_, search.n_resources_
    ([4, 2, 1], [5, 10, 20])
    """

    __module__ = "sklearn_ridge_nn.model_selection"
    fit = observed_as("sklearn.model_selection.GridSearchCV.fit")(HALVING_GRID_SEARCH.fit)

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **constraints_of(HALVING_GRID_SEARCH),
        "memory": MEMORY_TYPES,
    }

    def __init__(
        self,
        estimator: BaseEstimator,
        param_grid: Any,
        *,
        factor: float = 3,
        resource: str = "n_samples",
        max_resources: Any = "auto",
        min_resources: Any = "exhaust",
        aggressive_elimination: bool = False,
        cv: Any = 5,
        scoring: Any = None,
        refit: Any = True,
        error_score: Any = np.nan,
        return_train_score: bool = True,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        memory: Any = None,
    ) -> None:
        super().__init__(
            estimator,
            param_grid,
            factor=factor,
            resource=resource,
            max_resources=max_resources,
            min_resources=min_resources,
            aggressive_elimination=aggressive_elimination,
            cv=cv,
            scoring=scoring,
            refit=refit,
            error_score=error_score,
            return_train_score=return_train_score,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.memory = memory


class HalvingRandomSearchCV(HALVING_RANDOM_SEARCH, _BatchedFit):
    """:class:`sklearn.model_selection.HalvingRandomSearchCV`, each iteration's networks trained together.

    Parameters
    ----------
    estimator : estimator object
        As in `HalvingGridSearchCV`.
    param_distributions : dict or list of dict
        A distribution with a method ``rvs``, or a list, for each parameter, by name.
    n_candidates : int or "exhaust", default="exhaust"
        Candidates to draw; "exhaust" draws as many as leave one for all resources.
    min_resources : int, "exhaust" or "smallest", default="smallest"
        The least of the resource, in the first iteration.
    random_state : int, RandomState instance or None, default=None
        Draws the candidates, and the rows where these are the resource.
    factor, resource, max_resources, aggressive_elimination, cv, scoring, refit, error_score : object
        As in `HalvingGridSearchCV`.
    return_train_score, n_jobs, verbose, memory : object
        As in `HalvingGridSearchCV`.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As in `HalvingGridSearchCV`, and so are the others.

    See Also
    --------
    HalvingGridSearchCV : Tries all candidates of a grid; its notes hold here too.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_ridge_nn import RidgeMLPClassifier
    >>> from sklearn_ridge_nn.model_selection import HalvingRandomSearchCV
    >>> X, y = load_wine(return_X_y=True)
    >>> search = HalvingRandomSearchCV(
    ...     RidgeMLPClassifier(random_state=0),
    ...     {"alpha": loguniform(1e-5, 1)},
    ...     resource="epochs",
    ...     max_resources=9,
    ...     n_candidates=9,
    ...     random_state=0,
    ... ).fit(scale(X), y)
    >>> search.n_candidates_, search.n_resources_
    ([9, 3, 1], [1, 3, 9])
    """

    __module__ = "sklearn_ridge_nn.model_selection"
    fit = observed_as("sklearn.model_selection.GridSearchCV.fit")(HALVING_GRID_SEARCH.fit)

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **constraints_of(HALVING_RANDOM_SEARCH),
        "memory": MEMORY_TYPES,
    }

    def __init__(
        self,
        estimator: BaseEstimator,
        param_distributions: Any,
        *,
        n_candidates: Any = "exhaust",
        factor: float = 3,
        resource: str = "n_samples",
        max_resources: Any = "auto",
        min_resources: Any = "smallest",
        aggressive_elimination: bool = False,
        cv: Any = 5,
        scoring: Any = None,
        refit: Any = True,
        error_score: Any = np.nan,
        return_train_score: bool = True,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        memory: Any = None,
    ) -> None:
        super().__init__(
            estimator,
            param_distributions,
            n_candidates=n_candidates,
            factor=factor,
            resource=resource,
            max_resources=max_resources,
            min_resources=min_resources,
            aggressive_elimination=aggressive_elimination,
            cv=cv,
            scoring=scoring,
            refit=refit,
            error_score=error_score,
            return_train_score=return_train_score,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.memory = memory
