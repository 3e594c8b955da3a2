"""What each command of ``ridge-nn`` does."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.metrics import get_scorer, get_scorer_names, log_loss
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn import diagnosis as studies, display, evidence as findings, report
from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._columns import (
    Columns,
    pipeline,
    prepared,
    unknown_categories,
    without_missing,
)
from sklearn_ridge_nn.cli._files import whole
from sklearn_ridge_nn.cli._inputs import Data, check_same_columns, held_out, read, table_of
from sklearn_ridge_nn.cli._tables import InputError, Table, did_you_mean, listed
from sklearn_ridge_nn.estimators import ALPHAS, RidgeMLPClassifier, check_parameters
from sklearn_ridge_nn.evidence import standard_error
from sklearn_ridge_nn.model_selection import GridSearchCV

#: Unknown categories of a column that a warning names.
MOST_NAMED = 5
#: Arguments that are parameters of the classifier.
NETWORK = (
    "hidden_layer_sizes",
    "epochs",
    "batch_size",
    "dropout",
    "learning_rate",
    "class_weight",
    "early_stopping",
)


def diagnose(arguments: Namespace) -> None:
    """Say for every alpha whether the network underfits, is good, or overfits."""
    outputs = {name: getattr(arguments, name) for name in ("html", "json", "plot")}
    _check_outputs(outputs)
    if outputs["html"] or outputs["plot"]:
        display.use_files_only(outputs["plot"])
    classifier = _classifier(arguments)
    _check_scoring(arguments.scoring)
    data = read(arguments)
    _check_scores(arguments.scoring, data)
    shown = terminal.is_shown(arguments.quiet)
    with terminal.training(shown):
        diagnosis = studies.diagnose(
            pipeline(data.columns, classifier),
            data.X,
            data.y,
            alphas=arguments.alphas,
            cv=_splitter(arguments, data, np.arange(len(data.y))),
            scoring=arguments.scoring,
            n_seeds=arguments.seeds,
            verbose=int(shown),
        )
    summary_to = sys.stderr if "-" in outputs.values() else sys.stdout
    width = shutil.get_terminal_size((100, 24)).columns
    print(report.text(diagnosis, width, wording=_as_arguments), file=summary_to)
    if outputs["html"]:
        _write(report.page(diagnosis), outputs["html"])
    if outputs["json"]:
        _write(json.dumps(diagnosis.to_dict(), indent=1) + "\n", outputs["json"])
    if outputs["plot"]:
        with whole(outputs["plot"]) as part:
            kind = Path(outputs["plot"]).suffix.removeprefix(".").lower()
            diagnosis.plot().figure_.savefig(part, dpi=150, format=kind)
    for what, path in zip(("Report", "Numbers", "Picture"), outputs.values(), strict=True):
        if path and path != "-":
            print(f"{what}: {path}", file=summary_to)


def fit(arguments: Namespace) -> None:
    """Choose alpha, train, save the model, and say how good it is."""
    _check_outputs({"model": arguments.model})
    if not arguments.model.endswith(".skops"):
        raise InputError(f"--model {arguments.model!r} must end in .skops, which is what the file will be.")
    rule = _rule(arguments)
    _check_scoring(arguments.scoring)
    if not 0 <= arguments.test_size < 1:
        raise InputError(f"--test-size must be a share in [0, 1). Got {arguments.test_size:g}.")
    classifier = _classifier(arguments)
    data = read(arguments)
    _check_scores(arguments.scoring, data)
    train, test = held_out(data, arguments.test_size, arguments.seed)
    model = pipeline(data.columns, classifier)
    shown = terminal.is_shown(arguments.quiet)
    chosen = None
    with terminal.training(shown):
        if isinstance(rule, float):
            model.set_params(network__alpha=rule, network__verbose=int(shown))
            model.fit(data.X.iloc[train], data.y[train]).set_params(network__verbose=0)
        else:
            search = GridSearchCV(
                model,
                {"network__alpha": list(arguments.alphas or ALPHAS)},
                cv=_splitter(arguments, data, train, fewest=arguments.cv[0]),
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
            for name, value in _described(arguments).items()
        },
        seed=arguments.seed,
    )
    model_files.save(model, card, arguments.model)
    _warn_if_unfinished(model.named_steps["network"])
    print(_card_text(card))
    print(f"Model: {arguments.model}")


def predict(arguments: Namespace) -> None:
    """Predict the labels of a file's rows, some at a time."""
    separator = _output_separator(arguments.output)
    _check_outputs({"output": arguments.output})
    are_there = all(map(os.path.isfile, (arguments.file, arguments.output or "")))
    if are_there and os.path.samefile(arguments.file, arguments.output):
        raise InputError(f"--output {arguments.output!r} is the file to read. Name another.")
    _check_exists(arguments.model)
    card = model_files.read_card(arguments.model)
    model = model_files.load(arguments.model, card)
    with table_of(arguments) as table:
        _predict(table, model, card, separator, arguments)


def _predict(
    table: Table, model: Pipeline, card: model_files.Card, separator: str, arguments: Namespace
) -> None:
    columns = Columns(tuple(card.data["numeric"]), tuple(card.data["categorical"]))
    check_same_columns(table, card, arguments.keep)
    results = ["prediction"]
    if arguments.proba:
        results += [f"probability_{label}" for label in model.classes_]
    clashes = [name for name in arguments.keep if name in results]
    if clashes:
        raise InputError(
            f"--keep {clashes[0]!r}: a column of that name holds results. Rename it in the file."
        )
    new: dict[str, set[str]] = {}
    recognised: set[str] = set()
    n_done = 0
    asked = list(dict.fromkeys([*columns.names, *arguments.keep]))
    words = [*card.data["missing"], *arguments.missing]
    with (
        terminal.output(arguments.output) as file,
        terminal.rows_bar("Predicting", terminal.is_shown(arguments.quiet)) as advance,
    ):
        for chunk in table.chunks(arguments.chunk_size, asked):
            X = prepared(without_missing(chunk[columns.names], words), columns)
            for name, values, some_known in unknown_categories(X, model):
                new.setdefault(name, set()).update(values[:MOST_NAMED])
                if some_known:
                    recognised.add(name)
            answers = chunk[arguments.keep].copy()
            answers["prediction"] = model.predict(X)
            if arguments.proba:
                answers[results[1:]] = model.predict_proba(X)
            answers.to_csv(file, sep=separator, header=n_done == 0, index=False, lineterminator="\n")
            n_done += len(chunk)
            advance(n_done, table.fraction_read())
        if not n_done:
            pd.DataFrame(columns=[*arguments.keep, *results]).to_csv(file, sep=separator, index=False)
    if not n_done:
        terminal.say(f"warning: {table.name} has a header and no rows")
    for name, seen in new.items():
        named = listed(sorted(seen), MOST_NAMED)
        if seen and name in recognised:
            terminal.say(
                f"warning: column {name!r} has categories that the model was not trained on, and which it "
                f"takes for none of those that it knows: {named}"
            )
        elif seen:
            terminal.say(
                f"warning: column {name!r} has not one of the categories that the model was trained on, but "
                f"{named}. Are they spelled otherwise?"
            )


def show(arguments: Namespace) -> None:
    """Say what a model is."""
    _check_exists(arguments.model)
    card = model_files.read_card(arguments.model)
    print(json.dumps(card.to_dict(), indent=1) if arguments.json else _card_text(card))


# -- what is trained, and how it is measured ---------------------------------------------------------


def _classifier(arguments: Namespace) -> RidgeMLPClassifier:
    classifier = RidgeMLPClassifier(random_state=arguments.seed, **_described(arguments))
    classifier._validate_params()
    check_parameters(classifier)
    return classifier


def _described(arguments: Namespace) -> dict[str, Any]:
    """Return the classifier's parameters that were given."""
    given = {name: getattr(arguments, name) for name in NETWORK}
    return {name: value for name, value in given.items() if value is not None}


def _rule(arguments: Namespace) -> str | float:
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


def _check_scoring(name: str | None) -> None:
    if name is not None and name not in get_scorer_names():
        near = did_you_mean(name, get_scorer_names())
        raise InputError(f"--scoring {name!r} is no score that scikit-learn knows. {near}".strip())


def _check_scores(name: str | None, data: Data) -> None:
    """Raise before any training if a score cannot be had of these labels."""
    if name is None or _can_score(name, data.y):
        return
    others = [
        other for other in get_scorer_names() if other.startswith(f"{name}_") and _can_score(other, data.y)
    ]
    raise InputError(
        f"--scoring {name!r} cannot score the {len(np.unique(data.y))} classes of --target {data.target!r}. "
        f"Take {' or '.join(others[:2] or ['neg_log_loss', 'accuracy'])}."
    )


def _can_score(name: str, y: np.ndarray) -> bool:
    """Return whether a score of a classifier that guesses is a number."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return bool(np.isfinite(get_scorer(name)(_guessing(y), np.zeros((len(y), 1)), y)))
    except (ValueError, TypeError, AttributeError):
        return False


def _guessing(y: np.ndarray) -> DummyClassifier:
    """Return a classifier that guesses by how frequent the labels are, whatever the features."""
    return DummyClassifier(strategy="prior").fit(np.zeros((len(y), 1)), y)


def _splitter(arguments: Namespace, data: Data, rows: np.ndarray, fewest: int = 1) -> RepeatedStratifiedKFold:
    n_folds, n_repeats = arguments.cv
    classes, counts = np.unique(data.y[rows], return_counts=True)
    if counts.min() < fewest:
        rare = classes[counts.argmin()].item()
        raise InputError(
            f"--cv {n_folds}: class {rare!r} of --target {data.target!r} has {counts.min()} rows to train "
            "on, fewer than folds, and each fold needs one to score. Give fewer folds, take the class out "
            "or merge it with another."
        )
    if n_folds > counts.max():
        raise InputError(
            f"--cv {n_folds}: no class has that many rows ({listed(classes.tolist(), 3)} have "
            f"{', '.join(map(str, counts[:3]))}). Give fewer folds."
        )
    return RepeatedStratifiedKFold(n_splits=n_folds, n_repeats=n_repeats, random_state=arguments.seed)


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
        guessed, _ = _scores(_guessing(data.y[train]), X, y, scoring)
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
    if len(history["data_loss"]) < 2 or network.early_stopping:
        return
    n_last, fall = findings.last_fall(history["data_loss"])
    of_validation = findings.last_fall(history.get("val_data_loss", history["data_loss"]))[1]
    if fall > findings.STILL_FALLING and of_validation > 0:
        epochs = len(history["data_loss"])
        terminal.say(
            f"warning: training had not finished: of {epochs} epochs the last {n_last} lowered the loss by "
            f"{fall:.1%}. A longer one may score better: --epochs {2 * epochs}"
        )


#: What the findings say for Python, and what it is for the command.
_ARGUMENTS = {
    r"alphas=np\.logspace\((\S+), (\S+), 7\)": r"--alphas 1e\1:1e\2:7",
    r"alphas=np\.concatenate\(\[\[0\], np\.logspace\((\S+), (\S+), 7\)\]\)": r"--alphas 0,1e\1:1e\2:7",
    r"epochs=(\d+)": r"--epochs \1",
    r"early_stopping=True": "--early-stopping",
    r"n_seeds=3": "--seeds 3",
    r" \(RepeatedStratifiedKFold\)": " (--cv 5x10)",
    r"Give hidden_layer_sizes, or diagnose .*": "Give --hidden-layer-sizes.",
    r" \(sklearn\.ensemble\.VotingClassifier\)": "",
    r" \(then pass groups\)": "",
    r" \(cv=5 makes them\)": "",
}


def _as_arguments(text: str) -> str:
    """Return what a finding says with the arguments of the command in the place of Python."""
    for pattern, argument in _ARGUMENTS.items():
        text = re.sub(pattern, argument, text)
    return text


# -- results ----------------------------------------------------------------------------------------


def _card_text(card: model_files.Card) -> str:
    """Return the card as lines for people."""
    data, chosen, held_out = card.data, card.chosen, card.held_out
    network = ", ".join(f"{name} {value}" for name, value in card.network.items()) or "defaults"
    lines = {
        "Trained": f"{card.created}, seed {card.seed}",
        "Data": f"{data['file']}: {data['rows']} rows, {len(data['numeric'])} numeric and "
        f"{len(data['categorical'])} categorical columns",
        "Target": f"{data['target']}: {listed(card.classes)}",
        "Network": network,
        "alpha": f"{card.alpha:.4g}",
    }
    if chosen:
        place = chosen["alphas"].index(card.alpha)
        n_alphas, scoring = len(chosen["alphas"]), chosen["scoring"]
        rule = {
            "auto": f"the best of {n_alphas} by {scoring}",
            "1se": f"the largest of {n_alphas} within one standard error of the best by {scoring}",
        }[chosen["rule"]]
        mean, error = chosen["mean_test_score"][place], chosen["standard_error"][place]
        score = "no score" if mean is None else f"{mean:.4g} +/- {error:.2g}"
        lines["alpha"] += f", {rule}: {score} on {chosen['splits']} splits"
    if held_out:
        lines["Held-out score"] = f"{_scores_text(held_out['scores'])} ({held_out['rows']} rows)"
        lines["By guessing"] = f"{_scores_text(held_out['guessing'])} (class frequencies, on the same rows)"
    else:
        lines["Held-out score"] = "none, all rows were trained on"
    lines["Versions"] = ", ".join(f"{name} {number}" for name, number in card.libraries.items())
    width = max(map(len, lines)) + 2
    return "\n".join(f"{name:{width}}{text}" for name, text in lines.items())


def _scores_text(scores: dict[str, float | None]) -> str:
    known = {name: value for name, value in scores.items() if value is not None}
    return ", ".join(f"{name} {value:.4g}" for name, value in known.items())


def _check_outputs(paths: dict[str, str | None]) -> None:
    """Raise before any work if a result could not be written."""
    given = {name: path for name, path in paths.items() if path}
    for name, path in given.items():
        if path == "-":
            continue
        folder = Path(path).parent
        if not folder.is_dir():
            raise InputError(f"--{name} {path!r}: there is no folder {str(folder)!r}. Create it first.")
        if os.path.isdir(path):
            raise InputError(f"--{name} {path!r} is a folder. Name a file.")
        replaced = os.path.isfile(path) or not os.path.exists(path)
        if not os.access(Path(os.path.realpath(path)).parent if replaced else path, os.W_OK):
            raise InputError(f"--{name} {path!r} cannot be written: permission denied.")
    twice = [path for path in given.values() if list(given.values()).count(path) > 1]
    if twice:
        raise InputError(f"Two results would be written to {twice[0]!r}. Name another file for one of them.")


def _check_exists(path: str) -> None:
    if not os.path.isfile(path):
        raise InputError(f"There is no model {path!r}. 'ridge-nn fit' makes one.")


def _write(text: str, path: str) -> None:
    with terminal.output(path) as file:
        file.write(text)


def _output_separator(path: str | None) -> str:
    suffix = ".csv" if path in (None, "-") else Path(str(path)).suffix.lower()
    if suffix not in (".csv", ".tsv"):
        raise InputError(f"--output {path!r} must end in .csv or .tsv.")
    return "\t" if suffix == ".tsv" else ","
