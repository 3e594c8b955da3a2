"""Training for a diagnosis: every alpha on every split, and what is measured of each network.

The search is scikit-learn's and the networks train together, as in `model_selection`; only the function that
fits and scores is wrapped, to measure the fitted network before it is dropped.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from numbers import Integral, Real
from typing import Any

import joblib
import numpy as np
import sklearn.model_selection as theirs
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.metrics import get_scorer_names, log_loss
from sklearn.model_selection._validation import _fit_and_score
from sklearn.utils import indexable
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions, validate_params
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_ridge_nn._sklearn import rebound
from sklearn_ridge_nn.diagnosis._alpha_diagnosis import AlphaDiagnosis
from sklearn_ridge_nn.estimators import ALPHAS
from sklearn_ridge_nn.evidence import QUANTILES, check_alphas
from sklearn_ridge_nn.model_selection._shared import (
    MEMORY_TYPES,
    BatchedParallel,
    Checkpoints,
    final_classifier,
)
from sklearn_ridge_nn.network import Task, logits, row_losses

#: Rows that the spread of the features is measured on.
SCALE_ROWS = 500


class _Study(theirs.GridSearchCV):
    """A search that keeps what its function measured besides scores."""

    def _format_results(
        self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None
    ) -> dict[str, Any]:
        shape = (len(candidate_params), n_splits)
        self.measures = np.empty(len(out), dtype=object)
        for number, result in enumerate(out):
            self.measures[number] = result.pop("measures", None)
        self.measures = self.measures.reshape(shape)
        return super()._format_results(candidate_params, n_splits, out, more_results)


def run_study(
    function: Callable[..., Any],
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    grid: dict[str, Any],
    splits: list[tuple[np.ndarray, np.ndarray]],
    *,
    scoring: Any,
    params: dict[str, Any] | None,
    n_jobs: int | None,
    memory: Any,
    verbose: int,
) -> _Study:
    """Fit all candidates of a grid on all splits, by a function that wraps scikit-learn's.

    The function takes the arguments of scikit-learn's ``_fit_and_score``, and returns its results with
    ``measures`` added.
    """
    parallel = partial(BatchedParallel, checkpoints=Checkpoints(memory), bar=bool(verbose))
    study = _Study(
        estimator,
        grid,
        scoring=scoring,
        n_jobs=n_jobs,
        refit=False,
        cv=splits,
        verbose=verbose,
        return_train_score=True,
    )
    fit = rebound(theirs.GridSearchCV.fit, Parallel=parallel, delayed=joblib.delayed, _fit_and_score=function)
    return fit(study, X, y, **(params or {}))


def fit_and_score(arguments: dict[str, Any], split: Callable[..., Any]) -> tuple[dict[str, Any], Any]:
    """Return the results of scikit-learn's ``_fit_and_score``, and the fitted estimator or None."""
    function = rebound(_fit_and_score, _safe_split=split)
    results = function(**{**arguments, "return_estimator": True})
    fitted = results.pop("estimator")
    return results, fitted if results["fit_error"] is None else None


def _measured(**arguments: Any) -> dict[str, Any]:
    """Fit and score as scikit-learn does, and measure losses and weights."""
    results, fitted = fit_and_score(arguments, _safe_split)
    if fitted is not None:
        located = final_classifier(fitted)
        task = getattr(located[1], "_watched_task", None) if located is not None else None
        if located is not None and task is not None:
            results["measures"] = _of_network(located[1], task)
        else:
            results["measures"] = _of_classifier(fitted, arguments, _safe_split)
    return results


_measured.watches = True  # type: ignore[attr-defined]
_measured.__signature__ = inspect.signature(_fit_and_score)  # type: ignore[attr-defined]


def _of_network(classifier: Any, task: Task) -> dict[str, Any]:
    """Return what is measured of a fitted network of ours."""
    history, coefs = classifier.history_, classifier.coefs_
    # Callbacks and averages of weights may change these after the last losses were taken.
    is_known = classifier.callbacks is None and isinstance(classifier.optimizer, str)
    epoch = classifier.best_epoch_ if classifier.early_stopping else -1

    def loss(rows: np.ndarray) -> float:
        x = task.X[rows]
        z = logits(x, coefs, classifier.intercepts_, task.architecture.activation)
        losses = row_losses(z, task.targets[rows], task.architecture.target_type)
        return _mean(losses, None if task.weights is None else task.weights[rows])

    return {
        "train_loss": history["data_loss"][epoch] if is_known else loss(task.train_rows),
        "test_loss": history["test_data_loss"][epoch] if is_known else loss(task.test_rows),
        "train_loss_curve": history["data_loss"],
        "test_loss_curve": history["test_data_loss"],
        "weight_norm": np.array([np.linalg.norm(coef) for coef in coefs]),
        "weight_quantiles": np.array([np.quantile(coef, QUANTILES) for coef in coefs]),
        "baseline_loss": _frequencies_loss(task),
        "feature_scales": _scales(task.X[task.train_rows[:SCALE_ROWS]]),
    }


def _scales(rows: Any) -> np.ndarray | None:
    """Return minimum, median and maximum of the columns' standard deviations; constant ones do not count."""
    if issparse(rows):
        means, variances = mean_variance_axis(rows.astype(float), axis=0)
    else:
        means, variances = rows.mean(axis=0, dtype=float), rows.var(axis=0, dtype=float)
    rounding = np.finfo(rows.dtype).eps * np.abs(means)
    varying = np.sqrt(variances[np.sqrt(variances) > 10 * rounding])
    return np.quantile(varying, [0, 0.5, 1]) if len(varying) else None


def _mean(losses: np.ndarray, weights: np.ndarray | None) -> float:
    if weights is not None and not weights.any():
        return np.nan
    return float(np.average(losses, weights=weights))


def _frequencies_loss(task: Task) -> float:
    """Return the loss on the test rows of predicting the frequencies in the training rows."""
    targets, weights = task.targets, task.weights
    if task.architecture.target_type == "multiclass":
        targets = targets == np.arange(task.architecture.n_outputs)
    weights = np.ones(len(targets)) if weights is None else weights
    rows, test = task.train_rows, task.test_rows
    share = np.average(targets[rows], axis=0, weights=weights[rows]).clip(1e-15, 1 - 1e-15)
    is_true = targets[test] > 0
    if task.architecture.target_type == "multiclass":
        losses = -np.log(share[is_true.argmax(axis=1)])
    else:
        losses = -np.where(is_true, np.log(share), np.log1p(-share)).mean(axis=1)
    return _mean(losses, weights[test])


def _of_classifier(fitted: Any, arguments: dict[str, Any], split: Callable[..., Any]) -> dict[str, Any]:
    """Return what is measured of any classifier."""
    X, y, train, test = (arguments[name] for name in ("X", "y", "train", "test"))
    X_train, y_train = split(fitted, X, y, train)
    X_test, y_test = split(fitted, X, y, test, train)
    classes, counts = np.unique(y_train, return_counts=True)
    frequencies = np.tile(counts / counts.sum(), (len(y_test), 1))
    return {
        "train_loss": log_loss(y_train, fitted.predict_proba(X_train), labels=classes),
        "test_loss": log_loss(y_test, fitted.predict_proba(X_test), labels=classes),
        "baseline_loss": log_loss(y_test, frequencies, labels=classes),
    }


#: Constraints of the arguments that every function that runs a study has.
CONSTRAINTS: dict[str, list] = {
    "estimator": [HasMethods(["fit", "get_params"])],
    "alphas": ["array-like", None],
    "params": [dict, None],
    "n_jobs": [Integral, None],
    "memory": MEMORY_TYPES,
    "verbose": ["verbose"],
}


@validate_params(
    {
        **CONSTRAINTS,
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "n_seeds": [Interval(Integral, 1, None, closed="left")],
        "level": [Interval(Real, 0, 0.5, closed="neither")],
        "margin": [Interval(Real, 0, None, closed="left")],
        "groups": ["array-like", None],
        "param_name": [str, None],
        "stronger": [StrOptions({"larger", "smaller"})],
    },
    prefer_skip_nested_validation=False,
)
def diagnose(
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    *,
    alphas: Any = None,
    cv: Any = None,
    scoring: Any = None,
    n_seeds: int = 1,
    level: float = 0.05,
    margin: float = 0.01,
    groups: Any = None,
    params: dict[str, Any] | None = None,
    param_name: str | None = None,
    stronger: str = "larger",
    n_jobs: int | None = None,
    memory: Any = None,
    verbose: int = 0,
) -> AlphaDiagnosis:
    """Say for every alpha whether the network underfits, is good, or overfits.

    All alphas are trained on the same splits, in one batched run, and compared with the best of them by
    their unpenalised loss on the test rows.

    Parameters
    ----------
    estimator : estimator object
        A `RidgeMLPClassifier`, or a Pipeline that ends in one. Another classifier with ``predict_proba``
        if `param_name` is given; it is fitted as scikit-learn fits it, and has no loss curves.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Labels. Multilabel y for a `RidgeMLPClassifier` only.
    alphas : array-like of shape (n_alphas,), default=None
        Two or more values in ascending order, each >= 0. None is 0 and ``np.logspace(-6, 0, 13)``.
    cv : int, cross-validation generator or iterable, default=None
        The splits. None is five stratified folds, repeated three times (not stratified for multilabel y).
    scoring : str or callable, default=None
        The score to report beside the losses; None is the accuracy. Verdicts do not depend on it.
    n_seeds : int, default=1
        How many networks to train for each alpha and split, with ``random_state``, ``random_state + 1``
        and so on. Verdicts are on their mean losses.
    level : float, default=0.05
        Probability that any alpha is called overfit or underfit where all are equally good.
    margin : float, default=0.01
        A mean test loss that is larger than the best by no more than this share of it is good, however
        significant the difference: neighbouring alphas train nearly the same networks, and their tiny
        differences can be sure.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    params : dict of str to object, default=None
        Metadata for the estimator's ``fit``, such as ``sample_weight``, as a search takes it.
    param_name : str, default=None
        The parameter that regularises, such as ``"logisticregression__C"``. None is the alpha of a
        `RidgeMLPClassifier`.
    stronger : {"larger", "smaller"}, default="larger"
        Which values of the parameter penalise more.
    n_jobs : int, default=None
        Chunks of fits that run at a time, see :class:`sklearn_ridge_nn.model_selection.GridSearchCV`.
    memory : str, path or joblib.Memory, default=None
        Where to keep finished fits.
    verbose : int, default=0
        Above 0 shows a line of progress.

    Returns
    -------
    AlphaDiagnosis
        Verdicts, findings, and the numbers behind them.

    Raises
    ------
    ValueError
        If the estimator is not a classifier or has no such parameter, if `alphas` are not at least two
        ascending numbers >= 0, if there are fewer than two splits, or if a split lacks a class of y among
        its training rows.

    See Also
    --------
    AlphaDiagnosis.from_cv_results : The same verdicts from a search that has run.
    bias_variance : Splits the test loss in bias and variance.

    Notes
    -----
    Losses are those of the training without the penalty, in nats: weighted by ``class_weight`` and
    ``sample_weight`` where those are given (those of another classifier than ours are not weighted); so are
    scores by ``sample_weight``, as in scikit-learn's search. Train losses are over the rows that the
    network was trained on, so without the hold-out of ``validation_split``; train scores are scikit-learn's,
    over all training rows of the split. With ``random_state=None`` one seed is drawn for all alphas. A
    training whose loss diverges warns, and its alpha is left undetermined.

    Memory holds each split's training and test rows once more, as the network gets to see them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ridge_nn import RidgeMLPClassifier, diagnose
    >>> X, y = load_wine(return_X_y=True)
    >>> classifier = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0))
    >>> diagnosis = diagnose(classifier, X, y, alphas=[0, 1e-3, 1e-2, 1])
    >>> diagnosis.verdicts[-1]
    'underfit'
    """
    name, path = regularisation_parameter(estimator, param_name)
    values = strengths_to_try(alphas, param_name)
    X, y, groups = indexable(X, y, groups)
    ours = _network_of(estimator, path)
    is_multilabel = check_target(y, is_ours=ours is not None)
    splits = _splits(cv, X, y, groups, is_multilabel)
    estimator = clone(estimator)
    tried = np.asarray(values if alphas is None else alphas)  # integers stay integers
    grid: dict[str, Any] = {name: (values if path + "alpha" == name else tried).tolist()}
    grid |= seed_grid(estimator, path, n_seeds, is_ours=ours is not None)
    study = run_study(
        _measured,
        estimator,
        X,
        y,
        grid,
        splits,
        scoring=scoring,
        params=params,
        n_jobs=n_jobs,
        memory=memory,
        verbose=verbose,
    )
    return AlphaDiagnosis(
        alphas=values,
        n_seeds=n_seeds,
        test_ratio=float(np.mean([len(test) / len(train) for train, test in splits])),
        level=level,
        margin=margin,
        stronger=stronger,  # type: ignore[arg-type]
        param_name=name,
        score_name=_name_of(scoring),
        rarest_class=None if is_multilabel else _rarest_class(y, splits),
        early_stopping=ours is not None and ours.early_stopping,
        **_arrays(study, name, values, n_seeds),
    )


def _name_of(scoring: Any) -> str:
    if scoring is None:
        return "accuracy"
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")


def regularisation_parameter(estimator: BaseEstimator, param_name: str | None) -> tuple[str, str]:
    """Return the full name of the parameter that regularises, and the prefix of its estimator."""
    kind = type(estimator).__name__
    if not is_classifier(estimator):
        raise ValueError(
            f"estimator must be a classifier, for verdicts rest on the log loss. Got {kind}, which is not "
            "one."
        )
    if param_name is None:
        located = final_classifier(estimator)
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


def _network_of(estimator: BaseEstimator, prefix: str) -> Any:
    """Return the classifier of ours at the end of an estimator if the prefix leads to it, else None."""
    located = final_classifier(estimator)
    if located is None or "".join(f"{step}__" for step in located[0]) != prefix:
        return None
    return located[1]


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
    found = [value is None or is_scalar_nan(value) or is_pandas_na(value) for value in values]
    return np.array(found, dtype=bool)


def _splits(cv: Any, X: Any, y: Any, groups: Any, is_multilabel: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the splits, checked: each has all classes to train on."""
    if cv is None:
        kind = theirs.RepeatedKFold if is_multilabel else theirs.RepeatedStratifiedKFold
        cv = kind(n_splits=5, n_repeats=3, random_state=0)
    splits = list(theirs.check_cv(cv, y, classifier=True).split(X, y, groups))
    if len(splits) < 2:
        raise ValueError(f"cv must give at least 2 splits to compare alphas over. Got {len(splits)}.")
    if is_multilabel:
        return splits
    labels = np.asarray(y)
    for number, (train, _) in enumerate(splits):
        absent = np.setdiff1d(labels, labels[train])
        if len(absent):
            n_rows = int((labels == absent[0]).sum())
            raise ValueError(
                f"Split {number} of cv has no row of class {absent[0]!r} to train on ({n_rows} in all of y), "
                "so its test loss would be infinite. Leave the class out, merge it with another, or give a "
                f"cv that spreads it, such as StratifiedKFold with at most {max(n_rows, 2)} splits."
            )
    return splits


def seed_grid(estimator: BaseEstimator, prefix: str, n_seeds: int, is_ours: bool) -> dict[str, list[int]]:
    """Return the grid of seeds: an int of the estimator's stays the first one."""
    name = f"{prefix}random_state"
    if n_seeds == 1 and not is_ours:
        return {}
    if name not in estimator.get_params():
        raise ValueError(
            f"n_seeds={n_seeds} needs an estimator with a random_state, but {name!r} is no parameter of "
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


def _rarest_class(y: Any, splits: list[tuple[np.ndarray, np.ndarray]]) -> tuple[str, int, int]:
    """Return the class that some test part has fewest rows of, its rows in all, and that number."""
    classes, numbers, counts = np.unique(np.asarray(y), return_inverse=True, return_counts=True)
    parts = [np.bincount(numbers.ravel()[test], minlength=len(classes)) for _, test in splits]
    fewest = np.min(parts, axis=0)
    rarest = int(np.lexsort((counts, fewest))[0])
    return str(classes[rarest]), int(counts[rarest]), int(fewest[rarest])


def _first_known(table: np.ndarray) -> np.ndarray:
    """Return each column's first number that is not NaN, or NaN: (n_alphas, n) to (n,)."""
    known = ~np.isnan(table)
    return table[known.argmax(axis=0), np.arange(table.shape[1])]


def _arrays(study: _Study, name: str, values: np.ndarray, n_seeds: int) -> dict[str, Any]:
    """Return the arrays of a diagnosis from a study, whose candidates are alphas times seeds."""
    candidates = study.cv_results_["params"]
    order = sorted(range(len(candidates)), key=lambda i: float(candidates[i][name]))  # stable in the seeds
    measures = study.measures[order]  # (n_alphas * n_seeds, n_splits)
    n_splits = measures.shape[1]

    def arranged(table: np.ndarray) -> np.ndarray:
        """(n_alphas * n_seeds, n_splits, ...) to (n_alphas, n_splits * n_seeds, ...)."""
        table = table.reshape(len(values), n_seeds, n_splits, *table.shape[2:])
        return table.swapaxes(1, 2).reshape(len(values), n_splits * n_seeds, *table.shape[3:])

    def scores(part: str) -> np.ndarray:
        table = [study.cv_results_[f"split{split}_{part}_score"] for split in range(n_splits)]
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

    baseline, scales = measured("baseline_loss"), measured("feature_scales")
    return {
        "train_score": scores("train"),
        "test_score": scores("test"),
        "train_loss": measured("train_loss"),
        "test_loss": measured("test_loss"),
        "train_loss_curve": measured("train_loss_curve"),
        "test_loss_curve": measured("test_loss_curve"),
        "weight_norm": measured("weight_norm"),
        "weight_quantiles": measured("weight_quantiles"),
        "baseline_loss": None if baseline is None else _first_known(baseline)[::n_seeds],
        "feature_scales": None if scales is None else np.nanmedian(scales, axis=(0, 1)),
    }
