"""What the page about a fitted model says, in words."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from sklearn_ridge_nn.cli._held_out import GUESSING, OURS, HeldOut, Labels, scores_of, yardsticks_in_words
from sklearn_ridge_nn.cli._model_file import MOST_COMPARED, Card, Model, pipeline_of
from sklearn_ridge_nn.cli._score_words import WORDS
from sklearn_ridge_nn.cli._task import Classification, LearningTask
from sklearn_ridge_nn.cli._threshold import Threshold
from sklearn_ridge_nn.diagnosis import classes_in_words, numbers_in_words
from sklearn_ridge_nn.estimators import takes_best_epoch
from sklearn_ridge_nn.evidence import better_than, counted
from sklearn_ridge_nn.report import FitReport

#: Columns that a picture of what predictions rest on has room for.
MOST_COLUMNS = 15


def fit_report(
    model: Model, card: Card, task: LearningTask, held_out: HeldOut, scoring: str, threshold: Threshold | None
) -> FitReport:
    """Return what is known of a fitted model, ready to be written as a page.

    Parameters
    ----------
    model : Pipeline or FixedThresholdClassifier
    card : Card
    task : LearningTask
    held_out : HeldOut
    scoring : str
        What alpha was chosen by.
    threshold : Threshold or None
        How the threshold was chosen.
    """
    ours, truth = held_out.predictions[OURS], task.data.y[held_out.rows]
    scores = _scores(task, held_out, scoring, threshold)
    classes, of_classes = None, dict[str, Any]()
    if isinstance(task, Classification):
        classes = task.labels
        if len(classes) == 2:
            positive = classes[1] if task.positive is None else task.positive
            place = ours.classes.tolist().index(positive)
            of_classes = {"positive": positive, "probabilities": ours.probabilities[:, place]}
        if threshold is not None:
            of_classes["chosen_by"] = threshold.score
            if threshold.score is None:
                of_classes["note"] = "The model's threshold was given, and not chosen by this share."
    return FitReport(
        name=card.data["file"],
        about=_about(card, task, held_out),
        chosen=_chosen(card, pipeline_of(model).named_steps["network"]),
        held_out=_how_held_out(card, held_out),
        words={name: WORDS.get(name, "") for name in scores[OURS]},
        scores=scores,
        yardsticks=yardsticks_in_words(task, held_out.predictions, threshold is not None),
        truth=truth,
        predicted=ours.predicted,
        classes=classes,
        **({} if threshold is not None else _sure_differences(held_out, truth)),
        **of_classes,
        **_rests_on(card, held_out),
    )


def _sure_differences(held_out: HeldOut, truth: np.ndarray) -> dict[str, Any]:
    """Return whether the network is better than each yardstick for sure, by the names of `FitReport`."""
    found = held_out.predictions
    if not isinstance(found[OURS], Labels):
        return {"sure": _better_by({who: np.abs(those.predicted - truth) for who, those in found.items()})}
    wrong = {who: (those.predicted != truth).astype(float) for who, those in found.items()}
    losses = {who: _log_losses(those, truth) for who, those in found.items() if isinstance(those, Labels)}
    return {"sure": _better_by(wrong), "sure_by_probabilities": _better_by(losses)}


def _better_by(losses: dict[str, np.ndarray]) -> dict[str, int]:
    """Return whether the network's losses of the rows are smaller than those of each yardstick."""
    return better_than(losses[OURS], {who: rows for who, rows in losses.items() if who != OURS})


def _log_losses(found: Labels, truth: np.ndarray) -> np.ndarray:
    """Return the log loss of each row; scikit-learn's way with probabilities of 0."""
    places = {label: place for place, label in enumerate(found.classes.tolist())}
    columns = [places.get(label, -1) for label in truth.tolist()]
    known = found.probabilities[np.arange(len(truth)), columns]
    known = np.where(np.equal(columns, -1), 0, known)
    return np.asarray(-np.log(np.maximum(known, np.finfo(float).eps)))


def _rests_on(card: Card, held_out: HeldOut) -> dict[str, Any]:
    """Return the columns that predictions rest on, and what is to be known of them."""
    known = card.importances
    if known is None:
        if len(card.columns.names) > MOST_COMPARED:
            why = f"the table has more than {MOST_COMPARED} columns"
        elif held_out.n_folds is not None:
            why = "it learnt from all rows"
        else:
            why = "the rows held out are not enough for it"
        return {"rests_on_words": f"Not measured, because {why}. ridge-nn explain measures it, on new rows."}
    columns = [(item["column"], item["rise"], tuple(item["interval"])) for item in known["columns"]]
    sure = sum(low > 0 for _, _, (low, _) in columns)
    shown = columns[:MOST_COLUMNS]
    n_left = len(columns) - len(shown)
    left_out = f" The {n_left} others raise it by less." if n_left else ""
    return {
        "loss_name": known["loss"],
        "rests_on": shown,
        "rests_on_words": (
            f"What the {known['loss']} rises by when a column's values are shuffled among "
            f"{counted(known['rows'], 'row')} that were held out, so that they say nothing any more, with "
            f"{known['level']:.0%} intervals. Where an interval is above 0 ({sure} of {len(columns)} "
            f"columns), that is more than chance, as far as these rows and shuffles tell.{left_out} Of "
            "columns that say nearly the same, each costs little, for the others still say it."
        ),
    }


def _scores(
    task: LearningTask, held_out: HeldOut, scoring: str, threshold: Threshold | None
) -> dict[str, Mapping[str, float | None]]:
    """Return the scores of the network and of each yardstick."""
    X, y = task.data.X.iloc[held_out.rows], task.data.y[held_out.rows]
    names = [scoring, *task.scores]
    if isinstance(task, Classification):
        names += ["balanced_accuracy", *(["roc_auc"] if len(task.labels) == 2 else [])]
        names += [] if task.positive is None else ["average_precision", "f1", "precision", "recall"]
    scores: dict[str, Mapping[str, float | None]] = {}
    for name, predictions in held_out.predictions.items():
        with warnings.catch_warnings(action="ignore"):  # of classes that are never predicted, or not there
            found, _ = scores_of(predictions, task, X, y, dict.fromkeys(names))
            if threshold is not None and threshold.score not in (None, *found):
                found[str(threshold.score)] = _by_threshold(task, held_out, threshold, name)
        scores[name] = found
    return scores


def _by_threshold(task: LearningTask, held_out: HeldOut, threshold: Threshold, name: str) -> float | None:
    """Return the score that the threshold is chosen by: of guessing, the better label for all rows.

    The others have no threshold, so it would not be a fair one of them: None.
    """
    rows = held_out.rows
    if name == OURS:
        predictions = held_out.predictions[name]
        return float(threshold.scorer(task)(predictions, task.data.X.iloc[rows], task.data.y[rows]))
    if name != GUESSING:
        return None
    others = np.setdiff1d(np.arange(len(task.data.y)), rows)
    return threshold.by_guessing(task, others if len(others) else rows, rows)[1]


def _about(card: Card, task: LearningTask, held_out: HeldOut) -> tuple[tuple[str, str], ...]:
    """Return what was fitted, each with its name."""
    data, n_rows = card.data, len(task.data.y)
    lines = {
        "Data": data["file"],
        "Rows": f"{n_rows:,}, {card.columns_text}",
        "Target": f"{data['target']}, {_target_in_words(task)}",
        "Model": f"a neural network; {card.task}",
        "Network": card.network_text,
        "Seed": str(card.seed),
        "Splits": f"{counted(card.chosen['splits'], 'split')}, to choose alpha on" if card.chosen else "",
        "Held out": f"{len(held_out.rows):,} rows" if held_out.n_folds is None else "",
        "Trained": card.created,
        "Version": ", ".join(f"{name} {number}" for name, number in card.libraries.items()),
    }
    return tuple((name, text) for name, text in lines.items() if text)


def _target_in_words(task: LearningTask) -> str:
    """Return the classes and how many rows each has, or between which numbers those to predict lie."""
    words = classes_in_words if isinstance(task, Classification) else numbers_in_words
    return words(task.data.y)


def _chosen(card: Card, network: Any) -> list[str]:
    """Return how alpha, epochs and the threshold were chosen."""
    given = "" if card.chosen else ", as it was given"
    sentences = [f"The strength of the penalty, alpha: {card.alpha_text}{given}.", _epochs_in_words(network)]
    if card.threshold:
        sentences.append(f"The label: {card.threshold_text}.")
    return sentences


def _epochs_in_words(network: Any) -> str:
    """Return how many epochs the network trained, and which weights it has."""
    trained = counted(network.n_iter_, "epoch")
    if not takes_best_epoch(network):
        return f"It was trained for {trained}, passes over the rows, and has the weights of the last one."
    what = "stopped early, after" if network.early_stopping else "took"
    return (
        f"Training {what} {trained}, passes over the rows. The network has the weights of epoch "
        f"{network.best_epoch_ + 1:,}, which predicts its validation rows best: a share of "
        f"{network.validation_split:.3g} of the rows to train on, which it does not learn from."
    )


def _how_held_out(card: Card, held_out: HeldOut) -> str:
    """Return which rows are scored, and by what."""
    if held_out.n_folds is None:
        return (
            f"These are scores on {counted(len(held_out.rows), 'row')} that were held out at random before "
            "anything else. They took no part in any choice, nor in training: the model learnt from the "
            f"other {counted(card.data['rows'], 'row')}."
        )
    by_rule = card.threshold and card.threshold["rule"]
    chosen = [name for name, value in (("alpha", card.chosen), ("the threshold", by_rule)) if value]
    too_good = (
        f" {' and '.join(chosen).capitalize()} had been chosen on all rows before, so the scores of the "
        "network are a little too good."
        if chosen
        else ""
    )
    return (
        f"These are scores by {held_out.n_folds}-fold cross-validation: all {card.data['rows']:,} rows were "
        f"cut into {held_out.n_folds} parts, and each part was predicted by a model that was trained on the "
        "others in the same way. The model that was saved was trained on all rows, so there are none left to "
        f"score it on itself.{too_good}"
    )
