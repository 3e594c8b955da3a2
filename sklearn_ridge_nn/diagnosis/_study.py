"""What a study takes: which parameter, which values, which target, which seeds; checked before any work."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor

from sklearn_ridge_nn._sklearn import HasMethods, InvalidParameterError
from sklearn_ridge_nn.diagnosis._classification import Classification
from sklearn_ridge_nn.diagnosis._regression import Regression
from sklearn_ridge_nn.estimators import ALPHAS, check_all_parameters
from sklearn_ridge_nn.evidence import check_alphas
from sklearn_ridge_nn.model_selection._shared import MEMORY_TYPES, final_network, why_on_its_own

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
    if not is_classifier(estimator) and not is_regressor(estimator):
        raise ValueError(
            "estimator must be a classifier or a regressor, for verdicts rest on the loss of its "
            f"predictions. Got {kind}, which is neither."
        )
    if param_name is None:
        located = final_network(estimator)
        if located is None:
            if hasattr(estimator, "best_estimator_"):
                raise ValueError(
                    "estimator must be what was searched and not the search. Pass "
                    f"{kind}(...).best_estimator_."
                )
            reason = why_on_its_own(estimator)
            if reason is not None:
                raise ValueError(
                    "estimator must be one whose networks can be trained together, to look at their losses "
                    f"while they train. {reason} To compare it by the predictions of single fits, name the "
                    f"parameter: param_name={_alpha_in(estimator)!r}."
                )
            raise ValueError(
                "estimator must be a RidgeMLPClassifier or a RidgeMLPRegressor, or a Pipeline that ends in "
                f"one. Got {kind}. {_way_out(estimator)}"
            )
        prefix = "".join(f"{step}__" for step in located[0])
        return f"{prefix}alpha", prefix
    known = estimator.get_params()
    if param_name not in known:
        near = [name for name in known if name.endswith(f"__{param_name}")]
        has = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(sorted(known))}."
        raise ValueError(f"param_name={param_name!r} is not a parameter of {kind}. {has}")
    if is_classifier(estimator) and not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"estimator must have predict_proba, for verdicts rest on the log loss, but {kind} has none. "
            "Calibrate it with sklearn.calibration.CalibratedClassifierCV, and name its parameter with "
            "estimator__ before it."
        )
    return param_name, param_name[: param_name.rfind("__") + 2] if "__" in param_name else ""


def _way_out(estimator: BaseEstimator) -> str:
    """Return how another estimator can be diagnosed."""
    if hasattr(estimator, "cv") and hasattr(estimator, "estimator"):
        return "Pass what is searched, and not the search: its best_estimator_ once it is fitted."
    known = [name for name in estimator.get_params() if name.rpartition("__")[2] in ("C", "alpha")]
    name = known[0] if known else "C"
    smaller = ", stronger='smaller'" if name.endswith("C") else ""
    return f"For another estimator name its parameter, for example param_name={name!r}{smaller}."


def _alpha_in(estimator: BaseEstimator) -> str:
    """Return the name of the alpha of the network at an estimator's end."""
    names = [name for name in estimator.get_params() if name.rpartition("__")[2] == "alpha"]
    return max(names, key=lambda name: name.count("__"), default="alpha")


def strengths_to_try(alphas: Any, param_name: str | None) -> np.ndarray:
    """Return the values to compare, checked; None stands for the default ones of our own parameter."""
    if alphas is not None:
        return check_alphas(alphas, "alphas")
    if param_name is not None:
        raise ValueError(
            f"alphas must be given for param_name={param_name!r}, for example np.logspace(-3, 3, 7)."
        )
    return np.array(ALPHAS)


def check_parameters(network: Any, varied: str, values: list[Any]) -> None:
    """Refuse a network of ours if one of those that are to be trained has a wrong parameter.

    Parameters
    ----------
    network : RidgeMLPClassifier or RidgeMLPRegressor
    varied : str
        The parameter that is varied; one that the network does not have belongs to a step before it.
    values : list
        What it is set to.

    Raises
    ------
    ValueError
        With the name of the parameter.
    """
    its_own = network.get_params()
    for settings in [{varied: value} for value in values] if varied in its_own else [{}]:
        try:
            check_all_parameters(clone(network).set_params(**settings))
        except InvalidParameterError as error:  # which scikit-learn would make one of the caller's
            raise ValueError(str(error)) from None


def problem_of(estimator: BaseEstimator, network: Any, y: Any) -> Classification | Regression:
    """Return what a study of an estimator on a y is, checked.

    Parameters
    ----------
    estimator : estimator object
    network : RidgeMLPClassifier, RidgeMLPRegressor or None
        Ours at its end, if that is what is studied.
    y : object
    """
    if is_classifier(estimator):
        return Classification.of(y, is_ours=network is not None)
    return Regression.of(y, network)


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


def with_seeds(estimator: BaseEstimator, prefix: str) -> BaseEstimator:
    """Return a clone in which all that comes before the network draws alike in every fit.

    A step without a seed would transform or resample otherwise in every round of training, which goes on
    from networks that know the rows as they were. So each gets one, which follows from the network's if that
    is an int.

    Parameters
    ----------
    estimator : estimator object
    prefix : str
        Names of the steps before the network, with two underscores behind each.
    """
    estimator = clone(estimator)
    unset = [
        name
        for name, value in estimator.get_params().items()
        if value is None and name.rpartition("__")[2] == "random_state" and name != f"{prefix}random_state"
    ]
    seed = estimator.get_params()[f"{prefix}random_state"]
    rng = np.random.RandomState(int(seed)) if isinstance(seed, Integral) else None
    return estimator.set_params(**{name: drawn_seed(rng) for name in sorted(unset)})


def drawn_seed(random_state: Any) -> int:
    """Return a seed, drawn from the operating system or from a RandomState."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] // 2)
    return int(random_state.randint(2**30))
