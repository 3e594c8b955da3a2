"""diagnose: every alpha is trained on every split, measured and judged.

The search is scikit-learn's and the networks train together, as in `model_selection`; each fitted network is
measured before it is dropped.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import sklearn.model_selection as theirs
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import get_scorer_names
from sklearn.utils import indexable

from sklearn_ridge_nn._sklearn import Interval, StrOptions, validate_params
from sklearn_ridge_nn.diagnosis._alpha_diagnosis import AlphaDiagnosis
from sklearn_ridge_nn.diagnosis._measures import losses_and_weights
from sklearn_ridge_nn.diagnosis._study import (
    STUDY_CONSTRAINTS,
    Study,
    check_target,
    regularisation_parameter,
    run_study,
    seed_grid,
    strengths_to_try,
)
from sklearn_ridge_nn.model_selection._shared import Measurement, final_classifier


@validate_params(
    {
        **STUDY_CONSTRAINTS,
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
        Measurement(losses_and_weights, watches_test_rows=True),
        estimator,
        X,
        y,
        grid,
        splits,
        caller="diagnose",
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


diagnose.__module__ = "sklearn_ridge_nn"


def _name_of(scoring: Any) -> str:
    if scoring is None:
        return "accuracy"
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")


def _network_of(estimator: BaseEstimator, prefix: str) -> Any:
    """Return the classifier of ours at the end of an estimator if the prefix leads to it, else None."""
    located = final_classifier(estimator)
    if located is None or "".join(f"{step}__" for step in located[0]) != prefix:
        return None
    return located[1]


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


def _arrays(study: Study, name: str, values: np.ndarray, n_seeds: int) -> dict[str, Any]:
    """Return the arrays of a diagnosis from a study, whose candidates are alphas times seeds."""
    candidates = study.cv_results["params"]
    order = sorted(range(len(candidates)), key=lambda i: float(candidates[i][name]))  # stable in the seeds
    measures = study.measured[order]  # (n_alphas * n_seeds, n_splits)
    n_splits = measures.shape[1]

    def arranged(table: np.ndarray) -> np.ndarray:
        """(n_alphas * n_seeds, n_splits, ...) to (n_alphas, n_splits * n_seeds, ...)."""
        table = table.reshape(len(values), n_seeds, n_splits, *table.shape[2:])
        return table.swapaxes(1, 2).reshape(len(values), n_splits * n_seeds, *table.shape[3:])

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
