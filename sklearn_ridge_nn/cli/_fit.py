"""``ridge-nn fit``: chooses alpha, trains, saves the model and says how good it is."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn import display, evidence
from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._columns import pipeline
from sklearn_ridge_nn.cli._commands import FitArguments
from sklearn_ridge_nn.cli._fit_page import fit_report
from sklearn_ridge_nn.cli._held_out import Splits, held_out_predictions, scores_of
from sklearn_ridge_nn.cli._importance import LEVEL, importances, row_losses
from sklearn_ridge_nn.cli._outputs import check_outputs, write
from sklearn_ridge_nn.cli._tables import InputError
from sklearn_ridge_nn.cli._task import LearningTask, Network
from sklearn_ridge_nn.cli._threshold import Threshold
from sklearn_ridge_nn.cli._training import begun, held_out, training_of
from sklearn_ridge_nn.cli._work import search_in_words
from sklearn_ridge_nn.diagnosis import default_splits
from sklearn_ridge_nn.estimators import ALPHAS
from sklearn_ridge_nn.evidence import standard_error
from sklearn_ridge_nn.model_selection import GridSearchCV

#: How often each column is shuffled to see what predictions rest on, and rows held out that are taken for it.
REPEATS, MOST_ROWS = 5, 2_000


def run(arguments: FitArguments) -> None:
    """Choose alpha, train, save the model, and say how good it is."""
    outputs = {"model": arguments.model, "html": arguments.html}
    check_outputs(outputs, {"the file to read": arguments.file})
    if not arguments.model.endswith(".skops"):
        raise InputError(f"--model {arguments.model!r} must end in .skops, which is what the file will be.")
    if arguments.html:
        display.use_files_only()
    rule = _rule(arguments)
    if not 0 <= arguments.test_size < 1:
        raise InputError(f"--test-size must be a share in [0, 1). Got {arguments.test_size:g}.")
    threshold = None if arguments.threshold is None else Threshold.of(arguments.threshold)
    task = begun(arguments)
    if threshold is not None:
        threshold.check(task)
    scoring = arguments.scoring or task.scoring
    train, test = held_out(task, arguments.test_size, arguments.seed)
    splits = _splits_to_score(task, train, test, arguments)
    pipeline, chosen = _trained(task, train, rule, scoring, arguments)
    model, said = pipeline, None
    if threshold is not None:
        n_folds = (arguments.cv or default_splits(len(train)))[0]
        model, said = threshold.put_on(
            pipeline, task, train, task.splitter(train, (n_folds, 1), arguments.seed, needs_all=True)
        )
    card = model_files.Card(
        **_facts(task, train, arguments),
        alpha=float(pipeline.named_steps["network"].alpha),
        chosen=chosen,
        held_out=_held_out_scores(model, task, train, test, scoring, threshold) if len(test) else None,
        importances=_importances(pipeline, task, test, arguments),
        threshold=said,
    )
    model_files.save(model, card, arguments.model)
    _warn_if_unfinished(pipeline.named_steps["network"])
    summary_to = sys.stderr if arguments.html == "-" else sys.stdout
    print(card.as_text(), file=summary_to)
    print(f"Model: {arguments.model}", file=summary_to)
    if not arguments.html:
        return
    shown = terminal.is_shown(arguments.quiet)
    value = None if said is None else said["value"]
    if shown:
        terminal.say("comparing it with a linear model and boosted trees")
    known = held_out_predictions(model, task, splits, value, seed=arguments.seed, shown=shown)
    write(fit_report(model, card, task, known, scoring, threshold).to_html(), arguments.html)
    if arguments.html != "-":
        print(f"Page: {arguments.html}")


def _facts(task: LearningTask, train: np.ndarray, arguments: FitArguments) -> dict[str, Any]:
    """Return what the card says of the task, the rows that are trained on, and the network."""
    data = task.data
    return {
        "task": data.task,
        "data": {
            "file": data.name,
            "rows": len(train),
            "target": data.target,
            "numeric": list(data.columns.numeric),
            "categorical": list(data.columns.categorical),
            "dates": dict(data.columns.dates),
            "text": list(data.columns.text),
            "dropped": data.dropped,
            "missing": list(arguments.missing),
        },
        **task.seen(train),
        "network": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in arguments.network.given().items()
        },
        "seed": arguments.seed,
    }


def _splits_to_score(
    task: LearningTask, train: np.ndarray, test: np.ndarray, arguments: FitArguments
) -> Splits:
    """Return what a page's scores are of: the rows held out, or the folds of a cross-validation."""
    if len(test) or not arguments.html:
        return [(train, test)]
    n_folds = (arguments.cv or default_splits(len(train)))[0]
    splitter = task.splitter(train, (n_folds, 1), arguments.seed, needs_all=True)
    return list(splitter.split(task.data.X, task.data.y))


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


def _trained(
    task: LearningTask, rows: np.ndarray, rule: str | float, scoring: str, arguments: FitArguments
) -> tuple[Pipeline, dict[str, Any] | None]:
    """Return the pipeline, trained on some rows, and how its alpha was chosen if it was."""
    data, shown = task.data, int(terminal.is_shown(arguments.quiet))
    X, y = data.X.iloc[rows], data.y[rows]
    model = pipeline(data.X, data.columns, task.network)
    if isinstance(rule, float):
        model.set_params(network__alpha=rule, network__verbose=shown)
        with training_of(task):
            return model.fit(X, y).set_params(network__verbose=0), None
    cv = arguments.cv or default_splits(len(rows))
    alphas = list(arguments.alphas or ALPHAS)
    search = GridSearchCV(
        model,
        {"network__alpha": alphas},
        cv=task.splitter(rows, cv, arguments.seed, needs_all=True),
        scoring=task.scorer(scoring),
        refit=True if rule == "auto" else rule,
        verbose=shown,
    )
    with training_of(task):
        if shown:
            terminal.say(search_in_words(task, len(rows), len(alphas), cv))
        search.fit(X, y)
    if not np.isfinite(search.cv_results_["mean_test_score"]).any():
        raise InputError(
            f"No value of alpha has a score ({scoring}) on all {search.n_splits_} splits, so none can be "
            "chosen. The warnings above say why. Give fewer folds, another --scoring, or --alpha 0.01."
        )
    return search.best_estimator_, _how_chosen(search, rule, scoring, cv[0])


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


def _importances(
    model: Pipeline, task: LearningTask, test: np.ndarray, arguments: FitArguments
) -> dict[str, Any] | None:
    """Return what the card says of the columns that predictions rest on; None if they are not measured."""
    if len(test) < 2 or len(task.data.columns.names) > model_files.MOST_COMPARED:
        return None
    if len(test) > MOST_ROWS:
        test = np.sort(np.random.default_rng(arguments.seed).choice(test, MOST_ROWS, replace=False))
    X, y = task.data.X.iloc[test].reset_index(drop=True), task.data.y[test]
    losses, name = row_losses(model, task.data.task)
    shown = terminal.is_shown(arguments.quiet)
    with np.errstate(all="ignore"):
        found = importances(X, y, losses, losses(X, y), repeats=REPEATS, seed=arguments.seed, shown=shown)
    if not np.isfinite([(item.rise, *item.interval) for item in found]).all():
        terminal.say(
            f"warning: what the model rests on is not known: its {name} is infinite for some of the rows "
            "held out, with a column shuffled"
        )
        return None
    return {
        "loss": name,
        "rows": len(test),
        "repeats": REPEATS,
        "level": LEVEL,
        "columns": [item.to_dict() for item in found],
    }


def _held_out_scores(
    model: model_files.Model,
    task: LearningTask,
    train: np.ndarray,
    test: np.ndarray,
    scoring: str,
    threshold: Threshold | None,
) -> dict[str, Any]:
    """Return the scores of a model, and those of guessing the same for all rows."""
    X, y = task.data.X.iloc[test], task.data.y[test]
    names = list(dict.fromkeys([scoring, *task.scores]))
    scores, problems = scores_of(model, task, X, y, names)
    guess = task.guess
    with warnings.catch_warnings(action="ignore"):  # of classes that are never guessed
        guessed, _ = scores_of(task.guessing(task.data.y[train]), task, X, y, names)
    if threshold is not None and threshold.score not in (None, *scores):
        assert threshold.score is not None
        scorer = threshold.scorer(task)
        scores[threshold.score] = float(scorer(model, X, y))
        label, guessed[threshold.score] = threshold.by_guessing(task, train, test)
        guess += f"; {threshold.score} by {label!r} for all rows"
    for problem in problems:
        terminal.say(f"warning: the rows held out have no {problem}")
    return {"rows": len(test), "scores": scores, "guessing": guessed, "guess": guess}


def _warn_if_unfinished(network: Network) -> None:
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
