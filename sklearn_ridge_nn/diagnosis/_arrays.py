"""A study's answers as the arrays of a diagnosis."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklearn_ridge_nn.model_selection._shared import Study

#: Where the features lie as the network sees them: medians over the splits.
FEATURES = ("feature_scales", "feature_offset", "feature_spread")


def arrays_of(study: Study, name: str, n_alphas: int, n_seeds: int) -> dict[str, Any]:
    """Return the arrays of a diagnosis from a study.

    Parameters
    ----------
    study : Study
        Its candidates are alphas times seeds, in any order of the alphas.
    name : str
        Of the parameter that is alpha.
    n_alphas, n_seeds : int

    Returns
    -------
    dict of str to (ndarray or None)
        Scores, losses, curves and the rest by the names that `AlphaDiagnosis` gives them; and
        ``target_scale``, by which targets were divided, of shape (n_splits, n_outputs) or None.
    """
    candidates = study.cv_results["params"]
    order = sorted(range(len(candidates)), key=lambda i: float(candidates[i][name]))  # stable in the seeds
    measures = study.measured[order]  # (n_alphas * n_seeds, n_splits)
    n_splits = measures.shape[1]

    def arranged(table: np.ndarray) -> np.ndarray:
        """(n_alphas * n_seeds, n_splits, ...) to (n_alphas, n_splits * n_seeds, ...)."""
        table = table.reshape(n_alphas, n_seeds, n_splits, *table.shape[2:])
        return table.swapaxes(1, 2).reshape(n_alphas, n_splits * n_seeds, *table.shape[3:])

    def scores(part: str) -> np.ndarray:
        table = [study.cv_results[f"split{split}_{part}_score"] for split in range(n_splits)]
        return arranged(np.array(table).T[order])

    done = [measure for measure in measures.ravel() if measure is not None]

    def measured(key: str) -> np.ndarray | None:
        known = [measure[key] for measure in done if measure.get(key) is not None]
        if not known:
            return None
        n_first = max(map(len, known)) if np.ndim(known[0]) else None  # fewer epochs where one stopped early
        shape = () if n_first is None else (n_first, *np.shape(known[0])[1:])
        table = np.full((*measures.shape, *shape), np.nan)
        for place in np.ndindex(measures.shape):
            measure: Any = measures[place]
            value = None if measure is None else measure.get(key)
            if value is None:
                continue
            if n_first is None:
                table[place] = value
            else:
                table[place][: len(value)] = value
        return arranged(table)

    baseline, units, scales = (measured(name) for name in ("baseline_loss", "loss_unit", "target_scale"))
    places = {name: measured(name) for name in FEATURES}
    return {
        "train_score": scores("train"),
        "test_score": scores("test"),
        "train_loss": measured("train_loss"),
        "test_loss": measured("test_loss"),
        "train_loss_curve": measured("train_loss_curve"),
        "test_loss_curve": measured("test_loss_curve"),
        "test_score_curve": measured("test_score_curve"),
        "weight_norm": measured("weight_norm"),
        "weight_quantiles": measured("weight_quantiles"),
        "baseline_loss": None if baseline is None else _first_known(baseline)[::n_seeds],
        "loss_unit": None if units is None else _first_known(units),
        "target_scale": None if scales is None else _first_known(scales)[::n_seeds],
        **{
            name: None if place is None else np.nanmedian(place, axis=(0, 1))
            for name, place in places.items()
        },
    }


def _first_known(table: np.ndarray) -> np.ndarray:
    """Return each column's first number that is not NaN, or NaN: (n_alphas, n, ...) to (n, ...)."""
    known = ~np.isnan(table)
    return np.take_along_axis(table, known.argmax(axis=0)[None], axis=0)[0]
