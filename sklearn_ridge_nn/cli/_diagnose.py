"""``ridge-nn diagnose``: a verdict for every alpha."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys

import numpy as np

from sklearn_ridge_nn import display, report
from sklearn_ridge_nn.cli import _terminal as terminal
from sklearn_ridge_nn.cli._columns import pipeline
from sklearn_ridge_nn.cli._commands import DiagnoseArguments
from sklearn_ridge_nn.cli._outputs import check_outputs, save_picture, write
from sklearn_ridge_nn.cli._score_words import in_words
from sklearn_ridge_nn.cli._tables import InputError
from sklearn_ridge_nn.cli._training import begun, training_of
from sklearn_ridge_nn.cli._wording import command_wording
from sklearn_ridge_nn.cli._work import diagnosis_in_words
from sklearn_ridge_nn.diagnosis import default_splits, diagnose
from sklearn_ridge_nn.estimators import ALPHAS


def run(arguments: DiagnoseArguments) -> None:
    """Say for every alpha whether the network underfits, is good, or overfits."""
    outputs = {"html": arguments.html, "json": arguments.json, "plot": arguments.plot}
    check_outputs(outputs, {"the file to read": arguments.file})
    if outputs["html"] or outputs["plot"]:
        display.use_files_only(outputs["plot"])
    has_epochs = arguments.network.epochs is not None or bool(arguments.network.early_stopping)
    if has_epochs and arguments.max_epochs is not None:
        what = "--early-stopping" if arguments.network.early_stopping else "--epochs"
        raise InputError(
            f"--max-epochs ends a training that goes on until it has settled, and {what} says how long to "
            "train. Leave one out."
        )
    task = begun(arguments)
    data, rows = task.data, np.arange(len(task.data.y))
    cv = arguments.cv or default_splits(len(rows))
    splitter = task.splitter(rows, cv, arguments.seed, needs_all=False)
    shown = terminal.is_shown(arguments.quiet)
    with training_of(task):
        if shown:
            terminal.say(
                diagnosis_in_words(
                    task,
                    len(arguments.alphas or ALPHAS),
                    cv,
                    arguments.seeds,
                    settles=not has_epochs,
                    max_epochs=arguments.max_epochs,
                    remedies=arguments.remedies,
                )
            )
        diagnosis = diagnose(
            pipeline(data.X, data.columns, task.network),
            data.X,
            data.y,
            alphas=arguments.alphas,
            cv=splitter,
            scoring=arguments.scoring and task.scorer(arguments.scoring),
            n_seeds=arguments.seeds,
            epochs=None if has_epochs else "settled",
            max_epochs=arguments.max_epochs,
            remedies="auto" if arguments.remedies == "auto" else arguments.remedies == "all",
            verbose=int(shown),
        )
    measured = dict(diagnosis.about)
    measured["Target"] = f"{data.target}, {measured['Target']}"
    diagnosis = dataclasses.replace(diagnosis, about=(("Data", data.name), *measured.items()))
    summary_to = sys.stderr if "-" in outputs.values() else sys.stdout
    width = shutil.get_terminal_size((100, 24)).columns
    print(report.text(diagnosis, diagnosis.findings, width, command_wording), file=summary_to)
    if words := in_words([diagnosis.score_name]):
        print(f"The score: {words}", file=summary_to)
    if outputs["html"]:
        write(report.page(diagnosis, diagnosis.findings, command_wording), outputs["html"])
    if outputs["json"]:
        write(json.dumps(diagnosis.to_dict(), indent=1) + "\n", outputs["json"])
    if outputs["plot"]:
        save_picture(diagnosis.plot().figure_, outputs["plot"])
    for what, path in zip(("Report", "Numbers", "Picture"), outputs.values(), strict=True):
        if path and path != "-":
            print(f"{what}: {path}", file=summary_to)
