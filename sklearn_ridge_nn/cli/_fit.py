"""``ridge-nn fit``: chooses alpha, trains, saves the model and says how good it is."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.metrics import get_scorer, log_loss
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn import evidence
from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._arguments import FitArguments
from sklearn_ridge_nn.cli._columns import pipeline
from sklearn_ridge_nn.cli._inputs import Data, held_out, read
from sklearn_ridge_nn.cli._outputs import check_outputs
from sklearn_ridge_nn.cli._tables import InputError
from sklearn_ridge_nn.cli._training import check_scores, check_scoring, classifier_of, guessing, splitter
from sklearn_ridge_nn.estimators import ALPHAS, RidgeMLPClassifier
from sklearn_ridge_nn.evidence import standard_error
from sklearn_ridge_nn.model_selection import GridSearchCV


def run(arguments: FitArguments) -> None:
    """Choose alpha, train, save the model, and say how good it is."""
    check_outputs({"model": arguments.model})
    if not arguments.model.endswith(".skops"):
        raise InputError(f"--model {arguments.model!r} must end in .skops, which is what the file will be.")
    rule = _rule(arguments)
    check_scoring(arguments.scoring)
    if not 0 <= arguments.test_size < 1:
        raise InputError(f"--test-size must be a share in [0, 1). Got {arguments.test_size:g}.")
    classifier = classifier_of(arguments)
    data = read(arguments)
    check_scores(arguments.scoring, data)
    train, test = held_out(data, arguments.test_size, arguments.seed)
    model = pipeline(data.columns, classifier)
    shown = terminal.is_shown(arguments.quiet)
    chosen = None
    with terminal.training():
        if isinstance(rule, float):
            model.set_params(network__alpha=rule, network__verbose=int(shown))
            model.fit(data.X.iloc[train], data.y[train]).set_params(network__verbose=0)
        else:
            search = GridSearchCV(
                model,
                {"network__alpha": list(arguments.alphas or ALPHAS)},
                cv=splitter(arguments, data, train, fewest=arguments.cv[0]),
                scoring=arguments.scoring,
                refit=True if rule == "auto" else rule,
                verbose=int(shown),
            ).fit(data.X.iloc[train], data.y[train])
            model, chosen = (
                search.best_estimator_,
                _how_chosen(search, rule, arguments.scoring, arguments.cv[0]),
            )
    card = model_files.Card(
        data={
            "file": data.name,
            "rows": len(train),
            "target": data.target,
            "numeric": list(data.columns.numeric),
            "categorical": list(data.columns.categorical),
            "dropped": data.dropped,
            "missing": list(arguments.missing),
        },
        classes=model.classes_.tolist(),
        alpha=float(model.named_steps["network"].alpha),
        chosen=chosen,
        held_out=_held_out_scores(model, data, train, test, arguments.scoring) if len(test) else None,
        network={
            name: list(value) if isinstance(value, tuple) else value
            for name, value in arguments.network.given().items()
        },
        seed=arguments.seed,
    )
    model_files.save(model, card, arguments.model)
    _warn_if_unfinished(model.named_steps["network"])
    print(card.as_text())
    print(f"Model: {arguments.model}")


def _rule(arguments: FitArguments) -> str | float:
    """Return how to choose alpha, or alpha itself."""
    if arguments.alpha in ("auto", "1se"):
        return arguments.alpha
    try:
        alpha = float(arguments.alpha)
    except ValueError:
        alpha = -1.0
    if not 0 <= alpha < np.inf:
        raise InputError(f"--alpha must be auto, 1se, or a number >= 0. Got {arguments.alpha!r}.")
    if arguments.alphas:
        raise InputError(f"--alphas is there to choose from, and --alpha {alpha:g} chooses. Leave one out.")
    return alpha


def _how_chosen(search: GridSearchCV, rule: str, scoring: str, n_folds: int) -> dict[str, Any]:
    """Return what the card says of a search."""
    results = search.cv_results_
    scores = np.array([results[f"split{i}_test_score"] for i in range(search.n_splits_)]).T
    ratio = 1 / (n_folds - 1)
    mean, error = results["mean_test_score"], standard_error(scores, ratio)
    return {
        "rule": rule,
        "scoring": scoring,
        "splits": search.n_splits_,
        "alphas": [float(alpha) for alpha in results["param_network__alpha"]],
        "mean_test_score": [float(value) if np.isfinite(value) else None for value in mean],
        "standard_error": [float(value) if np.isfinite(value) else None for value in error],
    }


def _held_out_scores(
    model: Pipeline, data: Data, train: np.ndarray, test: np.ndarray, scoring: str
) -> dict[str, Any]:
    """Return the scores of a model, and those of guessing by how frequent the classes are."""
    X, y = data.X.iloc[test], data.y[test]
    scores, problems = _scores(model, X, y, scoring)
    for problem in problems:
        terminal.say(f"warning: the rows held out have no {problem}")
    with warnings.catch_warnings(action="ignore"):  # of classes that are never guessed
        guessed, _ = _scores(guessing(data.y[train]), X, y, scoring)
    return {"rows": len(test), "scores": scores, "guessing": guessed}


def _scores(
    model: ClassifierMixin | Pipeline, X: pd.DataFrame, y: np.ndarray, scoring: str
) -> tuple[dict[str, float | None], list[str]]:
    """Return scores on some rows, None for one that these rows do not have, and why they do not."""
    problems = []
    scores: dict[str, float | None] = {}
    for name in dict.fromkeys([scoring, "accuracy", "neg_log_loss"]):
        try:
            if name == "neg_log_loss":  # scikit-learn's needs all classes among the rows
                value = -log_loss(y, model.predict_proba(X), labels=model.classes_)
            else:
                value = float(get_scorer(name)(model, X, y))
        except ValueError as error:
            problems.append(f"{name}: {error}")
            value = np.nan
        scores[name] = float(value) if np.isfinite(value) else None
    return scores, problems


def _warn_if_unfinished(network: RidgeMLPClassifier) -> None:
    """Say so if train and validation loss were still falling when training ended."""
    history = network.history_
    if len(history["data_loss"]) < 2 or hasattr(network, "best_epoch_"):
        return
    n_last, fall = evidence.last_fall(history["data_loss"])
    of_validation = evidence.last_fall(history.get("val_data_loss", history["data_loss"]))[1]
    if fall > evidence.STILL_FALLING and of_validation > 0:
        epochs = len(history["data_loss"])
        terminal.say(
            f"warning: training had not finished: of {epochs} epochs the last {n_last} lowered the loss by "
            f"{fall:.1%}. A longer one may score better: --epochs {2 * epochs}"
        )
