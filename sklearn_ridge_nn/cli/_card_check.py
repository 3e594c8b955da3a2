"""What a card must hold to be one, part by part: files come from anywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sklearn_ridge_nn.cli._commands import CLASSIFICATION, REGRESSION, TASKS

Check: TypeAlias = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond any float
        return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_strength(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_label(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _is_setting(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_number, value))
    return value is None or isinstance(value, (str, bool)) or _is_number(value)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check, n: int | None = None) -> Check:
    return lambda value: isinstance(value, list) and n in (None, len(value)) and all(map(check, value))


def _mapping_to(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def _record(fields: Mapping[str, Check]) -> Check:
    return lambda value: isinstance(value, dict) and not first_wrong(value, fields)


def first_wrong(content: Mapping[str, Any], fields: Mapping[str, Check]) -> str | None:
    """Return the name of the first field that is missing or holds something else than it should, or None."""
    for name, is_right in fields.items():
        if name not in content or not is_right(content[name]):
            return name
    return None


_SCORES = _mapping_to(_or_none(_is_number))
_NAMES = _list_of(_is_text)
_DATA = {
    "file": _is_text,
    "rows": _is_count,
    "target": _is_text,
    "numeric": _NAMES,
    "categorical": _NAMES,
    "dates": _mapping_to(_or_none(_is_text)),
    "text": _NAMES,
    "dropped": _NAMES,
    "missing": _NAMES,
}
_CHOSEN = {
    "rule": lambda value: value in ("auto", "1se"),
    "scoring": _is_text,
    "splits": _is_count,
    "alphas": _list_of(_is_strength),
    "mean_test_score": _list_of(_or_none(_is_number)),
    "standard_error": _list_of(_or_none(_is_number)),
}
_HELD_OUT = {"rows": _is_count, "scores": _SCORES, "guessing": _SCORES, "guess": _is_text}
_IMPORTANCE = {"column": _is_text, "rise": _is_number, "interval": _list_of(_is_number, 2)}
_IMPORTANCES = {
    "loss": _is_text,
    "rows": _is_count,
    "repeats": _is_count,
    "level": _is_number,
    "columns": _list_of(_record(_IMPORTANCE)),
}
_THRESHOLD = {
    "positive": _is_label,
    "value": _is_number,
    "rule": _or_none(_is_text),
    "score": _or_none(_is_number),
    "splits": _or_none(_is_count),
}
_CARD = {
    "task": lambda value: value in TASKS,
    "created": _is_text,
    "data": _record(_DATA),
    "classes": _or_none(_list_of(_is_label)),
    "range": _or_none(_list_of(_is_number, 2)),
    "alpha": _is_strength,
    "chosen": _or_none(_record(_CHOSEN)),
    "held_out": _or_none(_record(_HELD_OUT)),
    "importances": _or_none(_record(_IMPORTANCES)),
    "threshold": _or_none(_record(_THRESHOLD)),
    "network": _mapping_to(_is_setting),
    "seed": _is_count,
    "libraries": _mapping_to(_is_text),
    "digest": _or_none(_is_text),
}


def check(content: Mapping[str, Any]) -> None:
    """Raise if the content of a card, of the newest version, is not one that `Card.to_dict` made.

    Raises
    ------
    TypeError
        With the name of the first part that is wrong.
    """
    wrong = first_wrong(content, _CARD)
    if wrong is None:
        wrong = _contradiction(content)
    if wrong is not None:
        raise TypeError(wrong)


def _contradiction(content: Mapping[str, Any]) -> str | None:
    """Return the name of a part that contradicts another one."""
    told = {CLASSIFICATION: content["classes"], REGRESSION: content["range"]}
    if [task for task, values in told.items() if values is not None] != [content["task"]]:
        return "task"
    if content["task"] == CLASSIFICATION and len(set(map(str, content["classes"]))) < 2:
        return "classes"
    chosen, threshold = content["chosen"], content["threshold"]
    if chosen:
        n_alphas = len(chosen["alphas"])
        if content["alpha"] not in chosen["alphas"] or not (
            len(chosen["mean_test_score"]) == len(chosen["standard_error"]) == n_alphas
        ):
            return "chosen"
    if threshold and (
        threshold["positive"] not in (content["classes"] or [])
        or (threshold["rule"] is not None and None in (threshold["score"], threshold["splits"]))
    ):
        return "threshold"
    return None
