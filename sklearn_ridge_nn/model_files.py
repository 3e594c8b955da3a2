"""A fitted pipeline in a file that is safe to load, with a card that says what it is.

The file is skops's, a zip archive without any code; the card is one more member of it, in JSON.
"""

from __future__ import annotations

import dataclasses
import json
import os
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from platform import python_version
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

CARD = "ridge-nn.json"
SCHEMA, VERSION = "sklearn-ridge-nn/model", 1
#: Types of other packages that a pipeline of this command consists of.
_HARMLESS = {"numpy.dtype"}


@dataclass(frozen=True)
class Card:
    """What a model is, how it was trained, and what it promises.

    Attributes
    ----------
    created : str
        When, in UTC (ISO 8601).
    data : dict
        ``file``, ``rows``, ``target``, and the columns: ``numeric``, ``categorical``, ``dropped``.
    classes : list of str or int
        The labels.
    alpha : float
        The strength of the penalty.
    chosen : dict or None
        How alpha was chosen: ``rule``, ``scoring``, ``splits``, ``alphas``, ``mean_test_score`` and its
        ``standard_error``. None if it was given.
    held_out : dict or None
        ``rows`` and ``scores`` on rows that took no part in any of this. None without such rows.
    network : dict
        The classifier's parameters that differ from their defaults.
    seed : int
        Of everything random.
    libraries : dict
        Versions that it was trained with.
    """

    data: dict[str, Any]
    classes: list[Any]
    alpha: float
    chosen: dict[str, Any] | None
    held_out: dict[str, Any] | None
    network: dict[str, Any]
    seed: int
    created: str = dataclasses.field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
    libraries: dict[str, str] = dataclasses.field(default_factory=lambda: _versions())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for ``json.dumps``."""
        return {"schema": SCHEMA, "version": VERSION, **dataclasses.asdict(self)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Read back what `to_dict` made."""
        schema, number = content.get("schema"), content.get("version")
        if (schema, number) != (SCHEMA, VERSION):
            raise ValueError(
                f"its card is of schema {schema!r}, version {number!r}, and this release reads {SCHEMA!r}, "
                f"version {VERSION}"
            )
        return cls(**{field.name: content[field.name] for field in dataclasses.fields(cls)})


def save(pipeline: Pipeline, card: Card, path: str) -> None:
    """Write a fitted pipeline and its card; nothing is left half-written."""
    import skops.io

    part = f"{path}.part"
    try:
        with open(part, "wb") as file:
            skops.io.dump(pipeline, file, compression=zipfile.ZIP_DEFLATED)
        with zipfile.ZipFile(part, "a", compression=zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(CARD, json.dumps(card.to_dict(), indent=1))
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


def read_card(path: str) -> Card:
    """Return the card of a model, without loading anything else.

    Raises
    ------
    ValueError
        If the file is no such model.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return Card.from_dict(json.loads(archive.read(CARD)))
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a model of 'ridge-nn fit'.") from error
    except ValueError as error:
        raise ValueError(f"{path} is not a model that can be read here: {error}.") from error


def load(path: str) -> Pipeline:
    """Return the pipeline of a model; types of this package, scikit-learn and NumPy's dtype are trusted.

    Raises
    ------
    ValueError
        If the file holds any other type, or no pipeline.
    """
    import skops.io

    unknown = skops.io.get_untrusted_types(file=path)
    refused = [name for name in unknown if name not in _HARMLESS and not _is_estimator_of_ours(name)]
    if refused:
        raise ValueError(
            f"{path} holds {', '.join(refused)}, and only types of sklearn_ridge_nn and scikit-learn are "
            f"trusted. If you know where the file comes from, load it in Python: "
            f"skops.io.load(path, trusted=[...])."
        )
    pipeline = skops.io.load(path, trusted=unknown)
    if not isinstance(pipeline, Pipeline):
        raise ValueError(f"{path} is not a model of 'ridge-nn fit': it holds a {type(pipeline).__name__}.")
    return pipeline


def _is_estimator_of_ours(name: str) -> bool:
    """Return whether a name is that of an estimator class of this package or of scikit-learn."""
    module, _, attribute = name.rpartition(".")
    package = module.split(".")[0]
    if package not in ("sklearn_ridge_nn", "sklearn"):
        return False
    try:
        value = getattr(import_module(module), attribute, None)
    except ImportError:
        return False
    return isinstance(value, type) and issubclass(value, BaseEstimator) and value.__module__ == module


def _versions() -> dict[str, str]:
    names = ("sklearn-ridge-nn", "scikit-learn", "keras", "tensorflow", "numpy")
    return {"python": python_version(), **{name: version(name) for name in names}}
