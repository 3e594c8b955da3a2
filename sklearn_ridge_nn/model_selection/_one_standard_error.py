"""The rule of one standard error for the results of a search."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_ridge_nn.evidence import best_of, strongest_within_one_standard_error
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

    Splits on which no candidate has a finite score, for example because their test rows lack a class, tell
    candidates not apart: they are left out, with a warning. A candidate that lacks a score on another split,
    because its fit failed there, is not chosen.

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
        If the search did not try several values of such a parameter, does not know the metric, or has
        scores on fewer than two splits; or if every candidate lacks a score on some split that another one
        has, so that none of their means can be compared.

    Warns
    -----
    UserWarning
        If splits are left out.

    Notes
    -----
    The rule is that of Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees,
    section 3.4.3, with the ties of ``cv.glmnet`` (Friedman, Hastie and Tibshirani, 2010). `refit="1se"`,
    `RidgeMLPClassifierCV`, `RidgeMLPRegressorCV` and `AlphaDiagnosis.one_se_alpha` follow it, too.
    scikit-learn's example of the rule uses the standard *deviation* over the folds, which is
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
    name = alpha_name(candidates) if param_name is None else param_name
    if not any(name in candidate for candidate in candidates):
        raise ValueError(f"param_name={name!r} is not a parameter of this search.")
    scores = _scores(cv_results, metric)
    if scores.shape[1] < 2:
        raise ValueError(
            f"A standard error needs at least 2 splits, but the search has {scores.shape[1]}. Give it "
            f"another cv, or choose by refit=True."
        )
    splits = scored_splits(scores, "candidate", n_needed=2)
    losses = -scores[:, splits]
    best = best_of(losses, -np.arange(len(losses)))  # of several, the first, as in scikit-learn's rank
    alike = [
        number
        for number, candidate in enumerate(candidates)
        if number == best or (name in candidate and _differ_in(name, candidate, candidates[best]))
    ]
    # the best may be a candidate without the parameter, which counts as the weakest
    alphas = np.array([candidates[number].get(name, -np.inf) for number in alike], dtype=float)
    return alike[strongest_within_one_standard_error(losses[alike], alphas)]


one_standard_error.__module__ = "sklearn_ridge_nn.model_selection"


def scored_splits(
    scores: NDArray[np.float64], candidate: str, *, n_needed: int, is_classification: bool | None = None
) -> NDArray[np.bool_]:
    """Return which splits have scores to choose a candidate by.

    Parameters
    ----------
    scores : ndarray of shape (n_candidates, n_splits)
    candidate : str
        What a row is called in messages.
    n_needed : int
        How many splits the choice needs: 2 for a standard error.
    is_classification : bool or None, default=None
        Whether classes are predicted, and not numbers; None does not know.

    Returns
    -------
    ndarray of bool of shape (n_splits,)
        The splits that any candidate has a finite score on.

    Raises
    ------
    ValueError
        If these are too few, or if every candidate lacks a score on one of them.

    Warns
    -----
    UserWarning
        If there are other splits.
    """
    known = np.isfinite(scores)
    splits = np.asarray(known.any(axis=0))
    numbers = np.flatnonzero(~splits).tolist()
    first = f"{', '.join(map(str, numbers[:5]))}{', ...' if len(numbers) > 5 else ''}"
    lacking = (
        f"No {candidate} has a finite score on {len(numbers)} of {len(splits)} splits ([{first}], from 0)"
    )
    why, way_out = _explanation(is_classification)
    if splits.sum() < n_needed:
        wanted = "but a standard error needs 2 splits" if splits.any() else "so none can be chosen"
        raise ValueError(f"{lacking}, {wanted}. {why} {way_out}")
    if not known[:, splits].all(axis=1).any():
        raise ValueError(
            f"Every {candidate} lacks a finite score on some split that another one has a score on, so that "
            f"their means cannot be compared. {why} {way_out}"
        )
    if numbers:
        warnings.warn(
            f"{lacking}. They are left out, and the choice is made by the others. {why}",
            UserWarning,
            stacklevel=3,
        )
    return splits


def _explanation(is_classification: bool | None) -> tuple[str, str]:
    """Return why scores may be missing, and what to do about it."""
    reasons = {
        True: "the test rows lack a class that the metric needs",
        False: "the metric needs more test rows (R2 needs two), or is not one for these numbers",
    }
    splits = {
        True: "that spreads the classes, merge rare classes or leave them out",
        False: "of fewer splits",
    }
    known = [True, False] if is_classification is None else [is_classification]
    reason, split = (", or ".join(words[kind] for kind in known) for words in (reasons, splits))
    return (
        f"The warnings of the fits and of their scoring say why: mostly {reason}, or the training diverges.",
        f"Give a cv {split}, lower the learning rate, or score by another metric.",
    )


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
