"""What a study takes: which parameter, which values, which target, which seeds; checked before any work."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.multiclass import type_of_target

from sklearn_ridge_nn._sklearn import HasMethods
from sklearn_ridge_nn.estimators import ALPHAS
from sklearn_ridge_nn.evidence import check_alphas
from sklearn_ridge_nn.model_selection._shared import MEMORY_TYPES, final_network

#: Constraints of the arguments that every function which runs a study has.
STUDY_CONSTRAINTS: dict[str, list[Any]] = {
    "estimator": [HasMethods(["fit", "get_params"])],
    "alphas": ["array-like", None],
    "params": [dict, None],
    "n_jobs": [Integral, None],
    "memory": MEMORY_TYPES,
    "verbose": ["verbose"],
}


def regularisation_parameter(estimator: BaseEstimator, param_name: str | None) -> tuple[str, str]:
    """Return the full name of the parameter that regularises, and the prefix of its estimator."""
    kind = type(estimator).__name__
    if not is_classifier(estimator):
        raise ValueError(
            f"estimator must be a classifier, for verdicts rest on the log loss. Got {kind}, which is not "
            "one."
        )
    if param_name is None:
        located = final_network(estimator)
        if located is None:
            if hasattr(estimator, "best_estimator_"):
                raise ValueError(
                    "estimator must be what was searched and not the search. Pass "
                    f"{kind}(...).best_estimator_."
                )
            raise ValueError(
                f"estimator must be a RidgeMLPClassifier or a Pipeline that ends in one. Got {estimator!r}. "
                "For another classifier name its parameter, for example param_name='logisticregression__C', "
                "stronger='smaller'."
            )
        prefix = "".join(f"{step}__" for step in located[0])
        return f"{prefix}alpha", prefix
    known = estimator.get_params()
    if param_name not in known:
        near = [name for name in known if name.endswith(f"__{param_name}")]
        has = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(sorted(known))}."
        raise ValueError(f"param_name={param_name!r} is not a parameter of {kind}. {has}")
    if not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"estimator must have predict_proba, for verdicts rest on the log loss, but {kind} has none. "
            "Calibrate it with sklearn.calibration.CalibratedClassifierCV, and name its parameter with "
            "estimator__ before it."
        )
    return param_name, param_name[: param_name.rfind("__") + 2] if "__" in param_name else ""


def strengths_to_try(alphas: Any, param_name: str | None) -> np.ndarray:
    """Return the values to compare, checked; None stands for the default ones of our own parameter."""
    if alphas is not None:
        return check_alphas(alphas, "alphas")
    if param_name is not None:
        raise ValueError(
            f"alphas must be given for param_name={param_name!r}, for example np.logspace(-3, 3, 7)."
        )
    return np.array(ALPHAS)


def check_target(y: Any, is_ours: bool) -> bool:
    """Return whether y is multilabel."""
    missing = _missing(y)
    if missing.any():
        raise ValueError(
            f"y has no label in {missing.sum()} of {len(missing)} rows (the first is row "
            f"{missing.argmax()}). Leave these rows out, or give them a label."
        )
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator" and is_ours:
        return True
    if kind not in ("binary", "multiclass"):
        why = "continuous numbers are for regression" if "continuous" in kind else f"this y is {kind}"
        raise ValueError(f"y must hold class labels, one for each row; {why}.")
    return False


def _missing(y: Any) -> np.ndarray:
    """Return which rows of y have no label: None, NaN or pandas's NA."""
    values = np.asarray(y, dtype=object) if np.asarray(y).dtype.kind in "fO" else np.empty(0, dtype=object)
    if values.ndim != 1:
        return np.zeros(0, dtype=bool)
    return np.array([_is_missing(value) for value in values], dtype=bool)


def _is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN or pandas's NA, which is the one object of its class."""
    is_nan = isinstance(value, Real) and bool(np.isnan(float(value)))
    return value is None or is_nan or type(value).__name__ == "NAType"


def seed_grid(estimator: BaseEstimator, prefix: str, n_seeds: int, is_ours: bool) -> dict[str, list[int]]:
    """Return the grid of seeds: an int of the estimator's stays the first one."""
    name = f"{prefix}random_state"
    if n_seeds == 1 and not is_ours:
        return {}
    if name not in estimator.get_params():
        raise ValueError(
            f"n_seeds={n_seeds} needs an estimator with a random_state, but {name!r} is not a parameter of "
            f"{type(estimator).__name__}. Set n_seeds=1."
        )
    seed = estimator.get_params()[name]
    if not isinstance(seed, Integral):
        seed = drawn_seed(seed)
    if seed + n_seeds > 2**32:
        raise ValueError(
            f"n_seeds={n_seeds} from {name}={seed} on ends beyond 2**32 - 1. Give a smaller random_state."
        )
    return {name: [int(seed) + number for number in range(n_seeds)]}


def drawn_seed(random_state: Any) -> int:
    """Return a seed, drawn from the operating system or from a RandomState."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] // 2)
    return int(random_state.randint(2**30))
