"""What ``diagnose`` and ``fit`` have in common: rows, task and network, checked before any work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.model_selection import train_test_split

from sklearn_ridge_nn._sklearn import InvalidParameterError
from sklearn_ridge_nn.cli import _terminal as terminal
from sklearn_ridge_nn.cli._commands import CLASSIFICATION, REGRESSION, NetworkArguments, TrainingArguments
from sklearn_ridge_nn.cli._inputs import read
from sklearn_ridge_nn.cli._tables import InputError, did_you_mean
from sklearn_ridge_nn.cli._task import NETWORKS, PINBALL, TASKS, LearningTask, Network
from sklearn_ridge_nn.estimators import check_all_parameters

#: What scikit-learn says of a wrong parameter. What it may be beside a number, a command line cannot give.
_WRONG_PARAMETER = re.compile(
    r"The '(?P<name>\w+)' parameter of \w+ must be (?P<expected>.+)\. Got .+ instead\."
)
#: Arguments of the network that only one task has.
ARGUMENTS_OF = {"class_weight": CLASSIFICATION, "loss": REGRESSION, "quantile": REGRESSION}


def begun(arguments: TrainingArguments) -> LearningTask:
    """Return what the arguments say is to be learnt, and from which rows, all of it checked.

    Raises
    ------
    InputError
        If the arguments contradict each other or the rows.
    ValueError
        If a parameter of the network has a wrong value.
    """
    likely = _checked_arguments(arguments)
    network_of(arguments, likely)
    if likely == REGRESSION:  # a loss says so, too
        arguments = replace(arguments, task=REGRESSION)
    if arguments.scoring not in (None, PINBALL, *get_scorer_names()):
        near = did_you_mean(str(arguments.scoring), get_scorer_names())
        raise InputError(
            f"--scoring {arguments.scoring!r} is not a score that scikit-learn knows. {near}".strip()
        )
    data = read(arguments)
    (other,) = set(TASKS) - {data.task}
    taken = f"--target {data.target!r} is taken for a {data.task}. Leave it out, or add --task {other}"
    _refuse_others(data.task, arguments.network, taken)
    task = TASKS[data.task](data, network_of(arguments, data.task))
    task.check()
    if arguments.positive is not None:
        task.find(arguments.positive)
    if arguments.scoring is not None:
        task.check_score(arguments.scoring)
    return task


@contextmanager
def training_of(task: LearningTask) -> Iterator[None]:
    """Say what was guessed of the task, now that nothing is left to refuse, and show what a training says."""
    if task.data.guess:
        terminal.say(task.data.guess)
    with terminal.training():
        yield


def network_of(arguments: TrainingArguments, task: str) -> Network:
    """Return the network that the arguments describe.

    Raises
    ------
    InputError
        If an argument has a wrong value.
    """
    network = NETWORKS[task](random_state=arguments.seed, **arguments.network.given())
    try:
        check_all_parameters(network)
    except InvalidParameterError as error:
        found = _WRONG_PARAMETER.fullmatch(str(error))
        if found is None or found["name"] not in arguments.network.given():
            raise
        option = _option(found["name"], arguments.network)
        raise InputError(f"{option} must be {found['expected'].partition(' or ')[0]}.") from None
    return network


def _checked_arguments(arguments: TrainingArguments) -> str:
    """Return the task that the network's arguments are of; classification where they are of any.

    Raises
    ------
    InputError
        If they contradict each other.
    """
    network, task = arguments.network, arguments.task
    of_one = [name for name in network.given() if name in ARGUMENTS_OF]
    because = f"--task {task}" if task else _option(of_one[0], network) if of_one else ""
    likely = task or (ARGUMENTS_OF[of_one[0]] if of_one else CLASSIFICATION)
    _refuse_others(likely, network, f"{because} is not. Leave one of them out")
    if network.quantile is not None and network.loss != "quantile":
        raise InputError(
            f"{_option('quantile', network)} goes with --loss quantile. Add that, or leave --quantile out."
        )
    if network.patience is not None and not network.early_stopping:
        raise InputError(
            f"{_option('patience', network)} has no effect without --early-stopping. Add that, or leave "
            "--patience out."
        )
    if network.early_stopping and network.validation_split == 0:
        raise InputError(
            f"{_option('validation_split', network)} holds nothing out, and --early-stopping needs rows to "
            "watch. Give a share such as 0.1, or leave --early-stopping out."
        )
    return likely


def _refuse_others(task: str, network: NetworkArguments, why: str) -> None:
    """Raise if an argument is given that only the other task has."""
    for name in network.given():
        if ARGUMENTS_OF.get(name, task) != task:
            raise InputError(f"{_option(name, network)} is for a {ARGUMENTS_OF[name]}, and {why}.")


def _option(name: str, network: NetworkArguments) -> str:
    """Return an argument of the network as it was given."""
    return f"--{name.replace('_', '-')} {str(getattr(network, name)).removesuffix('.0')}"


def held_out(task: LearningTask, test_size: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the rows to train on and of those to hold out.

    Raises
    ------
    InputError
        If there are too few for either.
    """
    n_rows = len(task.data.y)
    rows = np.arange(n_rows)
    if test_size == 0:
        return rows, rows[:0]
    task.check_hold_out()
    n_test = int(np.ceil(test_size * n_rows))
    fewest, why = task.fewest
    if min(n_test, n_rows - n_test) < fewest:
        raise InputError(
            f"--test-size {test_size:g} of {n_rows} rows leaves {n_test} to hold out and {n_rows - n_test} "
            f"to train on, and {why}. Give another share, or 0 to hold out none."
        )
    train, test = train_test_split(rows, test_size=test_size, stratify=task.strata, random_state=seed)
    return np.sort(train), np.sort(test)
