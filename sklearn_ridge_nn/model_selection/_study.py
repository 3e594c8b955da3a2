"""A study: all candidates of a grid on all splits, scored by scikit-learn and measured besides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sklearn.model_selection as theirs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from sklearn_ridge_nn._sklearn import batched, propagated_callbacks, refuse_difference
from sklearn_ridge_nn.model_selection._calls import Measurement
from sklearn_ridge_nn.model_selection._checkpoints import Checkpoints
from sklearn_ridge_nn.model_selection._failures import failed_fits
from sklearn_ridge_nn.model_selection._parallel import BatchedParallel


@dataclass(frozen=True)
class Study:
    """What came of a study.

    Attributes
    ----------
    cv_results : dict of str to array
        As a search has it, train scores included.
    measured : ndarray of object of shape (n_candidates, n_splits)
        What was measured, a dict; None where a fit failed.
    """

    cv_results: dict[str, Any]
    measured: NDArray[np.object_]

    @property
    def states(self) -> NDArray[np.object_]:
        """What each fit can go on from, of the shape of `measured`; None where it failed or was not asked."""
        states = np.empty_like(self.measured)
        for place in np.ndindex(states.shape):
            measured: Any = self.measured[place]
            states[place] = None if measured is None else measured.get("state")
        return states


def no_score(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: ARG001
    """Take the place of a score in a study whose scores are not wanted, without predicting anything."""
    return 0.0


def run_study(
    measurement: Measurement,
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    grid: dict[str, Any] | list[dict[str, Any]],
    splits: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    *,
    caller: str,
    scoring: Any,
    params: dict[str, Any] | None,
    n_jobs: int | None,
    memory: Any,
    verbose: int,
) -> Study:
    """Fit all candidates of a grid on all splits, score and measure them.

    Parameters
    ----------
    measurement : Measurement
        What to measure, still without values.
    estimator, X, y, scoring, params, n_jobs, memory, verbose : object
        As `diagnose` takes them.
    grid : dict of str to list, or list of them
        Values of each parameter.
    splits : list of (ndarray, ndarray)
        Rows to train and to test on.
    caller : str
        The public function, for messages.

    Raises
    ------
    ValueError
        If no fit succeeds, or the estimator has a callback that scikit-learn hands down to inner fits.
    ImportError
        If this scikit-learn differs inside from those that a study can be run with.
    """
    refuse_difference(caller)
    if of_outermost := propagated_callbacks(estimator):
        raise ValueError(
            f"{caller} fits copies of the estimator, and its {of_outermost[0]} belongs on the outermost fit "
            f"alone. Take it off, estimator.set_callbacks(), and pass verbose=1 to see how far {caller} is."
        )
    search = theirs.GridSearchCV(
        estimator,
        grid,
        scoring=scoring,
        n_jobs=n_jobs,
        refit=False,
        cv=splits,
        verbose=verbose,
        return_train_score=True,
    )
    parallel = partial(
        BatchedParallel, checkpoints=Checkpoints(memory), bar=bool(verbose), measurement=measurement
    )
    try:
        batched(theirs.GridSearchCV.fit, parallel)(search, X, y, **(params or {}))
    except ValueError as error:
        # scikit-learn's message shows every traceback, and speaks of an argument that there is not
        if (said := failed_fits(str(error))) is None:
            raise
        raise ValueError(f"No fit of {caller} succeeded. {said}") from error
    measured = np.empty(len(measurement.values), dtype=object)
    measured[:] = measurement.values
    return Study(search.cv_results_, measured.reshape(-1, len(splits)))
