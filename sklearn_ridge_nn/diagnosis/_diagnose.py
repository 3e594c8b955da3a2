"""diagnose: every alpha is trained on every split, measured and judged.

The search is scikit-learn's and the networks train together, as in `model_selection`; each fitted network is
measured before it is dropped.
"""

from __future__ import annotations

import dataclasses
import math
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import numpy as np
import sklearn.model_selection as theirs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone, is_regressor
from sklearn.metrics import get_scorer_names
from sklearn.utils import indexable

from sklearn_ridge_nn._observed import observed_as
from sklearn_ridge_nn._sklearn import Interval, StrOptions, validate_params
from sklearn_ridge_nn.diagnosis._about import about
from sklearn_ridge_nn.diagnosis._alpha_diagnosis import AlphaDiagnosis
from sklearn_ridge_nn.diagnosis._arrays import arrays_of
from sklearn_ridge_nn.diagnosis._measures import losses_and_weights, losses_weights_and_state
from sklearn_ridge_nn.diagnosis._regression import Regression
from sklearn_ridge_nn.diagnosis._settle import Arrays, States, settle
from sklearn_ridge_nn.diagnosis._splits import key_of
from sklearn_ridge_nn.diagnosis._study import (
    STUDY_CONSTRAINTS,
    check_parameters,
    problem_of,
    regularisation_parameter,
    seed_grid,
    strengths_to_try,
    with_seeds,
)
from sklearn_ridge_nn.diagnosis._trials import (
    Problem,
    Table,
    changes_of,
    check_remedies,
    chosen_changes,
    has_samplers,
    preprocessed,
    try_changes,
    try_yardsticks,
    wants_trials,
)
from sklearn_ridge_nn.estimators import SayingOnce, n_epochs, takes_best_epoch
from sklearn_ridge_nn.model_selection._shared import (
    Measurement,
    Study,
    check_has_score,
    final_network,
    no_score,
    run_study,
)

Splits: TypeAlias = list[tuple[NDArray[np.intp], NDArray[np.intp]]]


@observed_as("sklearn.model_selection.cross_validate")
@validate_params(
    {
        **STUDY_CONSTRAINTS,
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "n_seeds": [Interval(Integral, 1, None, closed="left")],
        "level": [Interval(Real, 0, 0.5, closed="neither")],
        "margin": [Interval(Real, 0, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"settled"}), None],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "remedies": ["boolean", str, list],
        "groups": ["array-like", None],
        "param_name": [str, None],
        "stronger": [StrOptions({"larger", "smaller"})],
    },
    prefer_skip_nested_validation=False,
)
@SayingOnce()
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
    epochs: int | Literal["settled"] | None = None,
    max_epochs: int | None = None,
    remedies: Literal["auto"] | bool | list[str] = "auto",
    groups: Any = None,
    params: dict[str, Any] | None = None,
    param_name: str | None = None,
    stronger: Literal["larger", "smaller"] = "larger",
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
        A `RidgeMLPClassifier` or `RidgeMLPRegressor`, or a Pipeline that ends in one. Another classifier with
        ``predict_proba``, or another regressor, if `param_name` is given; it is fitted as scikit-learn fits
        it, and has no loss curves.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Labels, or numbers. Multilabel y for a `RidgeMLPClassifier` only.
    alphas : array-like of shape (n_alphas,), default=None
        Two or more values in ascending order, each >= 0. None is 0 and ``np.logspace(-6, 0, 13)``.
    cv : int, cross-validation generator or iterable, default=None
        The splits. None is five folds, stratified unless y holds numbers or is multilabel, and repeated three
        times up to 5,000 rows; three folds above 200,000 rows.
    scoring : str or callable, default=None
        The score to report beside the losses; None is the accuracy, or R². Verdicts do not depend on it.
    n_seeds : int, default=1
        How many networks to train for each alpha and split, with ``random_state``, ``random_state + 1``
        and so on. Verdicts are on their mean losses.
    level : float, default=0.05
        Probability that any alpha is called overfit or underfit where all are equally good.
    margin : float, default=0.01
        A mean test loss that is larger than the best by no more than this share of it is good, however
        significant the difference: neighbouring alphas train nearly the same networks, and their tiny
        differences can be sure.
    epochs : int or "settled", default=None
        How long to train. None is what the estimator says; its ``epochs="auto"`` keeps the weights of each
        network's own best epoch. A number trains all networks for so many epochs and takes their last
        weights. "settled" trains in rounds, each of which goes on where the one before ended to twice as many
        epochs, until the pair of alpha and epochs with the smallest mean test loss does not lie in the
        last quarter of the training any more (or training has come to its end there); alphas that can no
        longer have the best pair stop earlier. Verdicts, scores and weights are then those after the best
        pair's number of epochs.
    max_epochs : int, default=None
        The most epochs that "settled" trains. None is four times those of the estimator; of a regressor's
        ``epochs="auto"``, which are four times those of a classifier, it is as many.
    remedies : "auto", bool or list of str, default="auto"
        What to try beside the best network, on the same splits, with its alpha and number of epochs. True
        changes dropout, width, layers, learning rate and batch size, stops early, balances the classes or
        tries the Huber loss, one at a time; and fits scikit-learn's LogisticRegressionCV, which chooses C
        from 1e-4 to 1e2 by log loss, and HistGradientBoostingClassifier and MLPClassifier at their defaults,
        behind the same preprocessing. For numbers these are RidgeCV, which chooses alpha from 1e-3 to 1e5
        (for counts PoissonRegressor, for quantiles QuantileRegressor), HistGradientBoostingRegressor and
        MLPRegressor. A list names some of the changes, such as "dropout 0.5", and "yardsticks" for the
        other estimators. "auto" is True where ``epochs="settled"`` and the changes
        take less work than the diagnosis itself, else False.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    params : dict of str to object, default=None
        Metadata for the estimator's ``fit``, such as ``sample_weight``, as a search takes it.
    param_name : str, default=None
        The parameter that regularises, such as ``"logisticregression__C"``. None is the alpha of our
        network.
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
        If the estimator is neither a classifier nor a regressor or has no such parameter, if `alphas`
        are not at least two ascending numbers >= 0, if there are fewer than two splits, or if a split
        lacks a class of y among its training rows; if this y has no such score; if `epochs` is given
        for another estimator than ours; if it is "settled" for a network that stops early, has
        callbacks, or averages its weights, for such trainings do not go on where they ended.

    See Also
    --------
    AlphaDiagnosis.from_cv_results : The same verdicts from a search that has run.
    bias_variance : Splits the test loss in bias and variance.

    Notes
    -----
    Losses are those of the training without the penalty: cross-entropy in nats, or the regressor's loss in
    the units of y (the squared error in their square; half the deviance for ``loss="poisson"``; of several
    outputs the mean that `RidgeMLPRegressor` describes). They are weighted by ``class_weight`` and
    ``sample_weight`` where those are given (those of another estimator than ours are not weighted); so are
    scores by ``sample_weight``, as in scikit-learn's search. Train losses are over the rows that the
    network was trained on, so without the hold-out of ``validation_split``; train scores are scikit-learn's,
    over all training rows of the split. With ``random_state=None`` one seed is drawn for all alphas.
    Each step before the network that has no seed is given one, which follows from the network's. A
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
    >>> diagnosis = diagnose(classifier, X, y, alphas=[0, 1e-3, 1e-2, 1], cv=5)
    >>> diagnosis.verdicts[-1]
    'underfit'
    """
    name, path = regularisation_parameter(estimator, param_name)
    values = strengths_to_try(alphas, param_name)
    X, y, groups = indexable(X, y, groups)
    ours = _network_of(estimator, path)
    varied = name.removeprefix(path)
    tried = np.asarray(values if alphas is None else alphas)  # integers stay integers
    tried = values if path + "alpha" == name else tried
    if ours is not None:
        check_parameters(ours, varied, tried.tolist())
    problem = problem_of(estimator, ours, y)
    check_has_score(scoring, problem.labels, is_classifier=problem.is_classification)
    splits = _splits(cv, X, y, groups, problem)
    estimator = clone(estimator) if ours is None else with_seeds(estimator, path)
    _check_epochs(epochs, max_epochs, ours, name, varied)
    remedies = bool(remedies) if isinstance(remedies, np.bool_) else remedies
    counts = None if has_samplers(estimator) else problem.counts  # what is resampled is made even
    possible = {} if ours is None else changes_of(ours, counts, 2, varied)
    check_remedies(remedies, ours, name, possible, problem.is_classification)
    others = seed_grid(estimator, path, n_seeds, is_ours=ours is not None)
    first = None if epochs is None else _first_epochs(epochs, ours, splits)

    def run(
        measurement: Measurement, grid: dict[str, Any] | list[dict[str, Any]], scores: bool = True
    ) -> Study:
        return run_study(
            measurement,
            estimator,
            X,
            y,
            grid,
            splits,
            caller="diagnose",
            scoring=scoring if scores else no_score,
            params=params,
            n_jobs=n_jobs,
            memory=memory,
            verbose=verbose,
        )

    def train(
        rows: NDArray[np.intp], n_epochs: int | None, starts: States | None = None, scores: bool = True
    ) -> tuple[Arrays, States]:
        # the last trainings, which are scored, are not gone on with
        measure = losses_and_weights if scores else losses_weights_and_state
        measurement = Measurement(measure, watches_test_rows=True)
        measurement.starts = None if starts is None else starts.ravel().tolist()
        n_epochs_alone = {} if n_epochs is None else {f"{path}epochs": [n_epochs]}
        study = run(measurement, {name: tried[rows].tolist()} | n_epochs_alone | others, scores)
        return arrays_of(study, name, len(rows), n_seeds), study.states.reshape(len(rows), -1)

    is_default = scoring in (None, problem.default_score) and "sample_weight" not in (params or {})
    follows_scores = is_default and problem.follows_scores
    known: dict[str, Any] = {
        "alphas": values,
        "n_seeds": n_seeds,
        "test_ratio": float(np.mean([len(test) / len(train) for train, test in splits])),
        "level": level,
        "margin": margin,
        "stronger": stronger,
        "param_name": name,
        "score_name": _name_of(scoring or problem.default_score),
        "penalizes_output": bool(getattr(ours, "penalize_output", False)),
        **problem.facts(splits),
        "splits_key": key_of(splits, problem.labels),
        **({"majority_accuracy": None} if "sample_weight" in (params or {}) else {}),
        "about": about(estimator, _as_trained(ours, epochs), X, problem.in_words, splits, n_seeds, varied),
        "early_stopping": ours is not None and _takes_best_epoch(ours, epochs),
    }

    def diagnosis_of(arrays: Arrays, **settled: Any) -> AlphaDiagnosis:
        measured = {key: value for key, value in arrays.items() if key != "target_scale"}
        if not follows_scores:
            measured["test_score_curve"] = None
        return AlphaDiagnosis(**known, **measured, **settled)

    rows = np.arange(len(values))
    if epochs == "settled":
        assert first is not None
        first = _may_settle_from(ours, first)
        most = 4 * first if max_epochs is None else max_epochs
        # instances of optimizers may hold a schedule
        is_constant = isinstance(ours.learning_rate, Real) and isinstance(ours.optimizer, (str, type))
        settled = settle(train, diagnosis_of, len(values), first, most, looks_early=is_constant)
        arrays = settled.arrays
        diagnosis = diagnosis_of(arrays, epochs=settled.epochs, rounds=settled.rounds)
    else:
        arrays = train(rows, first)[0]
        diagnosis = diagnosis_of(arrays)
    if ours is None or not wants_trials(remedies, diagnosis):
        return diagnosis
    settings: dict[str, Any] = {varied: tried.tolist()[diagnosis.best_index]}
    if first is not None:  # else each network trains as the estimator says
        settings["epochs"] = diagnosis.chosen_epochs
    table = _table(estimator, X, problem, splits, ours)
    n_rows = float(sum(len(train) for train, _ in splits)) * n_seeds
    as_it_is = clone(ours).set_params(**settings)
    possible = changes_of(ours, counts, max(diagnosis.n_epochs, 2), varied)
    changes = chosen_changes(remedies, as_it_is, possible, diagnosis, table, n_rows)
    if changes is None:
        return diagnosis
    trials = try_changes(run, ours, path, settings, others, changes, table)
    wants_yardsticks = not isinstance(remedies, list) or "yardsticks" in remedies
    if wants_yardsticks and problem.has_yardsticks and not set(params or {}) - {"sample_weight"}:
        if isinstance(problem, Regression):
            problem = dataclasses.replace(problem, scales=arrays["target_scale"])
        trials += try_yardsticks(
            problem,
            estimator,
            ours,
            X,
            splits,
            scoring=scoring,
            sample_weight=(params or {}).get("sample_weight"),
            seed=_first_seed(others),
        )
    return dataclasses.replace(diagnosis, trials=tuple(trials))


diagnose.__module__ = "sklearn_ridge_nn"


def _as_trained(ours: Any, epochs: int | str | None) -> Any:
    """Return a network with the epochs that `diagnose` is told, in place of its own."""
    return ours if ours is None or epochs is None else clone(ours).set_params(epochs=epochs)


def _check_epochs(
    epochs: int | str | None, max_epochs: int | None, ours: Any, name: str, varied: str
) -> None:
    """Raise if so many epochs cannot be trained."""
    if max_epochs is not None and epochs != "settled":
        raise ValueError(
            f"max_epochs={max_epochs} is the most that epochs='settled' trains, and epochs={epochs!r}. Pass "
            "epochs='settled', or leave max_epochs out."
        )
    if epochs is None:
        return
    if ours is None:
        raise ValueError(
            f"epochs={epochs!r} is for a RidgeMLPClassifier or RidgeMLPRegressor, and {name} is no parameter "
            "of one. Leave epochs out, and set how long to train on the estimator itself."
        )
    if varied == "epochs":
        raise ValueError(
            f"epochs={epochs!r} is one number of epochs for all networks, and {name} is what is varied. "
            "Leave epochs out."
        )
    if epochs != "settled":
        return
    if ours.early_stopping:
        raise ValueError(
            "epochs='settled' chooses how long to train, and so does early_stopping=True. Set "
            "early_stopping=False, or leave epochs out."
        )
    if ours.callbacks:
        raise ValueError(
            "epochs='settled' trains in rounds, and callbacks would begin anew in each of them. Set "
            "callbacks=None, or give a number of epochs."
        )
    if getattr(ours.optimizer, "use_ema", False):
        raise ValueError(
            "epochs='settled' goes on from the weights that a round ended with, and those of an optimizer "
            "with use_ema=True are averages. Set use_ema=False, or give a number of epochs."
        )


def _table(estimator: BaseEstimator, X: Any, problem: Problem, splits: Splits, ours: Any) -> Table:
    """Return what decides how much work a training is, of the smallest split's rows."""
    train, test = min(splits, key=lambda split: len(split[0]))
    rows, y_train, _ = preprocessed(estimator, X, problem.labels, train, test)
    n_features = rows.shape[1] if hasattr(rows, "shape") else np.shape(rows)[1]
    return Table(n_features, problem.n_outputs, _kept(ours, len(y_train)))


def _kept(ours: Any, n_rows: int) -> int:
    """Return how many rows are left to train on beside the hold-out."""
    return max(n_rows - math.ceil(ours.validation_split * n_rows), 1)


def _first_seed(seeds: dict[str, list[int]]) -> int:
    return next((values[0] for values in seeds.values()), 0)


def _takes_best_epoch(ours: Any, epochs: int | str | None) -> bool:
    """Return whether each network's weights are those of its own best epoch; a number of epochs is one."""
    return bool(ours.early_stopping) or (epochs is None and takes_best_epoch(ours))


def _first_epochs(epochs: int | str, ours: Any, splits: Splits) -> int | None:
    """Return how many epochs to train at first; None where the classifier's are no number, which it says."""
    if isinstance(epochs, Integral):
        return int(epochs)
    fewest = min(len(train) for train, _ in splits)
    try:
        return n_epochs(ours, _kept(ours, fewest), is_watched=True)
    except (TypeError, ValueError):
        return None


def _may_settle_from(ours: Any, first: int) -> int:
    """Return after how many epochs training may end if it has settled.

    Regressors train long by themselves, for those numbers that are learnt better and better. Others have
    settled as soon as classes do, after a quarter of that; so that is where to begin to look.
    """
    return -(-first // 4) if is_regressor(ours) and ours.epochs == "auto" else first


def _name_of(scoring: Any) -> str:
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")


def _network_of(estimator: BaseEstimator, prefix: str) -> Any:
    """Return the network of ours at the end of an estimator if the prefix leads to it, else None."""
    located = final_network(estimator)
    if located is None or "".join(f"{step}__" for step in located[0]) != prefix:
        return None
    return located[1]


def _splits(cv: Any, X: Any, y: Any, groups: Any, problem: Problem) -> Splits:
    """Return the splits, checked: each has what is needed to train on."""
    cv = problem.default_cv() if cv is None else cv
    splits = list(theirs.check_cv(cv, y, classifier=problem.is_classification).split(X, y, groups))
    if len(splits) < 2:
        raise ValueError(f"cv must give at least 2 splits to compare alphas over. Got {len(splits)}.")
    problem.check_splits(splits)
    return splits
