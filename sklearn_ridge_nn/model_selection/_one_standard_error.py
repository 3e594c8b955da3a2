"""The rule of one standard error for the results of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_ridge_nn.evidence import strongest_within_one_standard_error
from sklearn_ridge_nn.model_selection._calls import equal


def one_standard_error(
    cv_results: Mapping[str, Any], *, metric: str = "score", param_name: str | None = None
) -> int:
    """Choose the strongest penalty that is about as good as the best.

    That is the largest alpha whose mean test score is within one standard error of the best candidate's:
    ``std(ddof=1) / sqrt(n_splits)`` over the best candidate's splits. Candidates that differ from the best
    one in another parameter are left out, for their alphas mean something else. Where several of the others
    tie for the best mean score, the one with the largest alpha is the best, and its standard error counts, as
    in ``cv.glmnet``.

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
    section 3.4.3, with the ties of ``cv.glmnet`` (Friedman, Hastie and Tibshirani, 2010). `refit="1se"`,
    `RidgeMLPClassifierCV` and `AlphaDiagnosis.one_se_alpha` follow it, too. scikit-learn's example of the
    rule uses the standard *deviation* over the folds, which is ``sqrt(n_splits)`` times as wide.

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
    name = alpha_name(candidates) if param_name is None else param_name
    if not any(name in candidate for candidate in candidates):
        raise ValueError(f"param_name={name!r} is not a parameter of this search.")
    losses = -_scores(cv_results, metric)
    if losses.shape[1] < 2:
        raise ValueError(
            f"A standard error needs at least 2 splits, but the search has {losses.shape[1]}. Give it "
            f"another cv, or choose by refit=True."
        )
    best = int(np.argmin(cv_results[f"rank_test_{metric}"]))
    alike = [
        number
        for number, candidate in enumerate(candidates)
        if number == best or (name in candidate and _differ_in(name, candidate, candidates[best]))
    ]
    if not np.isfinite(losses[alike]).any():
        return best
    # the best may be a candidate without the parameter, which counts as the weakest
    alphas = np.array([candidates[number].get(name, -np.inf) for number in alike], dtype=float)
    return alike[strongest_within_one_standard_error(losses[alike], alphas)]


one_standard_error.__module__ = "sklearn_ridge_nn.model_selection"


def _scores(cv_results: Mapping[str, Any], metric: str) -> NDArray[np.float64]:
    """Return the test scores, of shape (n_candidates, n_splits)."""
    splits = [values for key, values in cv_results.items() if _is_split(key, metric)]
    scores = np.array(splits, dtype=float).T
    return scores if splits else np.empty((len(cv_results["params"]), 0))


def alpha_name(candidates: Sequence[Mapping[str, Any]]) -> str:
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


def _differ_in(name: str, candidate: Mapping[str, Any], best: Mapping[str, Any]) -> bool:
    """Return whether two candidates have equal values of all parameters but one."""
    names = candidate.keys() - {name}
    return names == best.keys() - {name} and all(equal(candidate[n], best[n]) for n in names)
