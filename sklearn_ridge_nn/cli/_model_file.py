"""A fitted pipeline in a file that is safe to load, with a card that says what it is.

The file is skops's, a zip archive without any code; the card is one more member of it, in JSON.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import lzma
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn.cli import _card_check as card_check, _score_words as score_words
from sklearn_ridge_nn.cli._columns import Columns
from sklearn_ridge_nn.cli._commands import CLASSIFICATION
from sklearn_ridge_nn.cli._files import whole
from sklearn_ridge_nn.cli._tables import InputError, listed
from sklearn_ridge_nn.evidence import written_out

CARD = "ridge-nn.json"
SCHEMA, VERSION = "sklearn-ridge-nn/model", 3
#: Versions that are read. The first knew no task but classification, the second neither dates nor text, no
#: threshold and no importances.
VERSIONS = (1, 2, VERSION)
#: What a pipeline of this command consists of, beside types of scikit-learn that skops trusts by itself.
#: The last name, another one of the classifier, is that of files which version 0.1 and 0.2.dev0 saved.
TRUSTED = frozenset(
    {
        "numpy.dtype",
        "sklearn.model_selection._split.KFold",
        "sklearn_ridge_nn.DateEncoder",
        "sklearn_ridge_nn.RidgeMLPClassifier",
        "sklearn_ridge_nn.RidgeMLPRegressor",
        "sklearn_ridge_nn.TextEncoder",
        "sklearn_ridge_nn.estimator.RidgeMLPClassifier",
    }
)

#: The most that a card may take; one of 10,000 columns takes half a MiB.
MOST_BYTES = 2**24
#: The most that a file may hold, or so many times its own size where that is more: weights hardly shrink.
MOST_UNPACKED, MOST_TIMES = 2**26, 20
#: What reading a member of an archive that is none, or damaged, raises.
_OF_ARCHIVES = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, RuntimeError, EOFError, OSError)

#: Columns up to which `fit` measures what predictions rest on.
MOST_COMPARED = 50
#: A fitted pipeline, or one that decides between its two labels at a threshold.
Model: TypeAlias = Pipeline | FixedThresholdClassifier


@dataclass(frozen=True)
class Card:
    """What a model is, how it was trained, and what it promises.

    Attributes
    ----------
    task : {"classification", "regression"}
        What it does.
    created : str
        When, in UTC (ISO 8601).
    data : dict
        ``file``, ``rows``, ``target``, the columns (``numeric``, ``categorical``, ``dates`` with their forms,
        ``text``, ``dropped``), and the words that stand for a ``missing`` value besides the usual ones.
    classes : list of str or int, or None
        The labels. None of a regression.
    range : list of float, or None
        The smallest and the largest number that was trained on. None of a classification.
    alpha : float
        The strength of the penalty.
    chosen : dict or None
        How alpha was chosen: ``rule``, ``scoring``, ``splits``, ``alphas``, ``mean_test_score`` and its
        ``standard_error``. None if it was given.
    held_out : dict or None
        ``rows`` that took no part in any of this, the ``scores`` on them, those of ``guessing``, and what is
        then the ``guess``. None without such rows.
    importances : dict or None
        Which columns the predictions rest on: ``columns``, each with what the ``loss`` of the rows held out
        ``rises`` by when it is shuffled so many ``repeats`` times, and its ``interval``. None if that was not
        measured.
    threshold : dict or None
        From which probability, ``value``, on a row gets the ``positive`` label; by which ``rule`` and mean
        ``score`` on how many ``splits`` it was chosen, None if it was given. None without a threshold.
    network : dict
        The network's parameters that differ from their defaults.
    seed : int
        Of everything random.
    libraries : dict
        Versions that it was trained with.
    digest : str or None
        SHA-256 of the rest of the file, by which a change is noticed. It is no signature: whoever makes a
        file makes its digest. None in a file of a version before, and of a card that was not saved yet.
    """

    task: str
    data: dict[str, Any]
    classes: list[Any] | None
    range: list[float] | None
    alpha: float
    chosen: dict[str, Any] | None
    held_out: dict[str, Any] | None
    network: dict[str, Any]
    seed: int
    importances: dict[str, Any] | None = None
    threshold: dict[str, Any] | None = None
    created: str = dataclasses.field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
    libraries: dict[str, str] = dataclasses.field(default_factory=lambda: _versions())
    digest: str | None = None

    @property
    def columns(self) -> Columns:
        """The columns that the model takes."""
        data = self.data
        return Columns(
            tuple(data["numeric"]), tuple(data["categorical"]), dict(data["dates"]), tuple(data["text"])
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for ``json.dumps``."""
        return {"schema": SCHEMA, "version": VERSION, **dataclasses.asdict(self)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Read back what `to_dict` made."""
        schema, number = content.get("schema"), content.get("version")
        if schema != SCHEMA or number not in VERSIONS:
            raise ValueError(
                f"its card is of schema {schema!r}, version {number!r}, and this release reads {SCHEMA!r}, "
                f"versions {', '.join(map(str, VERSIONS))}"
            )
        if number == 1:
            content = _of_version_2(content)
        if number < 3:
            added = {"importances": None, "threshold": None}
            content = {**content, **added, "data": {"dates": {}, "text": [], **content["data"]}}
        content = {"digest": None, **content}
        card_check.check(content)
        return cls(**{field.name: content[field.name] for field in dataclasses.fields(cls)})

    def as_text(self) -> str:
        """Return the card as lines for people."""
        data, held_out = self.data, self.held_out
        lines = {
            "Trained": f"{self.created}, seed {self.seed}",
            "Data": f"{data['file']}: {data['rows']} rows, {self.columns_text}",
            "Task": self.task,
            "Target": f"{data['target']}: {self._seen()}",
            "Network": self.network_text,
            "alpha": self.alpha_text,
        }
        if self.threshold:
            lines["Threshold"] = self.threshold_text
        if held_out:
            lines["Held-out score"] = f"{_scores_text(held_out['scores'])} ({held_out['rows']} rows)"
            guessed = _scores_text(held_out["guessing"])
            lines["By guessing"] = f"{guessed} ({held_out['guess']}, on the same rows)"
        else:
            lines["Held-out score"] = "none, all rows were trained on"
        scores = [self.chosen["scoring"]] if self.chosen else []
        words = score_words.in_words(dict.fromkeys([*scores, *(held_out["scores"] if held_out else ())]))
        if words:
            lines["Scores"] = words
        n_columns = len(self.columns.names)
        if held_out and n_columns > MOST_COMPARED:
            lines["Rests on"] = (
                f"not measured, for there are {n_columns:,} columns: 'ridge-nn explain' does it"
            )
        if self.importances:
            lines["Rests on"] = _importances_text(self.importances)
        lines["Versions"] = ", ".join(f"{name} {number}" for name, number in self.libraries.items())
        width = max(map(len, lines)) + 2
        return "\n".join(f"{name:{width}}{written_out(text)}" for name, text in lines.items())

    @property
    def network_text(self) -> str:
        """What the network is, as far as it was said."""
        return ", ".join(f"{name} {value}" for name, value in self.network.items()) or "defaults"

    @property
    def alpha_text(self) -> str:
        """Alpha, and how it was chosen."""
        alpha, chosen = f"{self.alpha:.4g}", self.chosen
        if not chosen:
            return alpha
        place = chosen["alphas"].index(self.alpha)
        n_alphas, scoring = len(chosen["alphas"]), chosen["scoring"]
        rule = {
            "auto": f"the best of {n_alphas} by {scoring}",
            "1se": f"the largest of {n_alphas} within one standard error of the best by {scoring}",
        }[chosen["rule"]]
        mean, error = chosen["mean_test_score"][place], chosen["standard_error"][place]
        score = "no score" if mean is None else f"{mean:.4g}"
        score += "" if error is None else f" +/- {error:.2g}"
        return f"{alpha}, {rule}: {score} on {chosen['splits']} splits"

    @property
    def threshold_text(self) -> str:
        """From which probability on a row gets the positive label, and why; nothing without a threshold."""
        if self.threshold is None:
            return ""
        threshold = self.threshold
        text = f"{threshold['positive']!r} from a probability of {threshold['value']:.3g} on"
        rule, score = threshold["rule"], threshold["score"]
        if rule is None:
            return text
        false_alarm, _, miss = rule.partition(":")
        if miss:
            costs = f"a false alarm costs {false_alarm} and a miss {miss}"
            why = f"the least costly where {costs}: {-score:.4g} per row"
        else:
            why = f"the best by {rule}: {score:.4g}"
        return f"{text}, {why} on {threshold['splits']} splits"

    @property
    def columns_text(self) -> str:
        """How many columns of each kind there are."""
        kinds = {"numeric": "numeric", "categorical": "categorical", "dates": "date", "text": "text"}
        counts = [f"{len(self.data[kind])} {name}" for kind, name in kinds.items()]
        shown = [*counts[:2], *(count for count in counts[2:] if not count.startswith("0 "))]
        return f"{', '.join(shown[:-1])} and {shown[-1]} columns"

    def _seen(self) -> str:
        """Return what the target was in the rows trained on."""
        if self.range is not None:
            return "numbers from {:.6g} to {:.6g}".format(*self.range)
        return listed(self.classes or [])


def _of_version_2(content: dict[str, Any]) -> dict[str, Any]:
    """Return a card of version 1, which is a classification's, with what version 2 has besides."""
    held_out = content["held_out"]
    if held_out is not None:
        held_out = {**held_out, "guess": "class frequencies"}
    return {**content, "task": CLASSIFICATION, "range": None, "held_out": held_out}


def _scores_text(scores: dict[str, float | None]) -> str:
    known = {name: value for name, value in scores.items() if value is not None}
    return ", ".join(f"{name} {value:.4g}" for name, value in known.items())


def _importances_text(importances: dict[str, Any]) -> str:
    """Return the columns that predictions rest on for sure."""
    columns = importances["columns"]
    sure = [item for item in columns if item["interval"][0] > 0]
    if not sure:
        return "no column for sure, as far as the rows held out can tell"
    shown = ", ".join(
        f"{item['column']} {item['rise']:.3g} +/- {item['interval'][1] - item['rise']:.2g}"
        for item in sure[:5]
    )
    more = f" and {len(sure) - 5} more" if len(sure) > 5 else ""
    return f"{shown}{more} (what the {importances['loss']} rises by when it is shuffled)"


def pipeline_of(model: Model) -> Pipeline:
    """Return the pipeline of a model, without its threshold if it has one."""
    return model.estimator_.estimator if isinstance(model, FixedThresholdClassifier) else model


def save(pipeline: Model, card: Card, path: str) -> None:
    """Write a fitted model and its card; nothing is left half-written."""
    import skops.io

    with whole(path) as part:
        with part.open("wb") as file:
            skops.io.dump(pipeline, file, compression=zipfile.ZIP_DEFLATED)
        with zipfile.ZipFile(part, "a", compression=zipfile.ZIP_DEFLATED) as archive:
            content = dataclasses.replace(card, digest=_digest(archive)).to_dict()
            archive.writestr(CARD, json.dumps(content, indent=1, allow_nan=False))


def check_exists(path: str) -> None:
    """Raise if there is no model of that name."""
    if not Path(path).is_file():
        raise InputError(f"There is no model {path!r}. 'ridge-nn fit' makes one.")


def read_card(path: str) -> Card:
    """Return the card of a model, without loading anything else.

    Raises
    ------
    ValueError
        If the file is not a model of the command.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(CARD) as member:
            text = member.read(MOST_BYTES + 1)
    except (*_OF_ARCHIVES, KeyError) as error:
        raise _no_model(path) from error
    if len(text) > MOST_BYTES:
        raise _no_model(path, f"its card is larger than {MOST_BYTES // 2**20} MiB")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_model(path, "its card is damaged") from error
    try:
        return Card.from_dict(content)
    except ValueError as error:
        raise ValueError(f"{path} is not a model that can be read here: {error}.") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise _no_model(path, "its card is damaged") from error


def load(path: str, card: Card) -> Model:
    """Return a model, a pipeline with or without a threshold.

    Types of this package, scikit-learn and NumPy's dtype are trusted.

    Raises
    ------
    ValueError
        If the file holds any other type, no pipeline, another one than its card says, or something else
        than when it was saved.
    """
    import skops.io

    _check_content(path, card)
    try:
        unknown = skops.io.get_untrusted_types(file=path)
    except Exception as error:
        raise _no_model(path, "its content is damaged") from error
    refused = [name for name in unknown if name not in TRUSTED]
    if refused:
        raise ValueError(
            f"{path} holds {', '.join(map(repr, refused))}, and only types of sklearn_ridge_nn and "
            "scikit-learn are trusted. If you know where the file comes from, load it in Python: "
            "skops.io.load(path, trusted=[...])."
        )
    try:
        model = skops.io.load(path, trusted=unknown)
    except Exception as error:
        raise _no_model(path, "its content is damaged") from error
    try:
        has_threshold = isinstance(model, FixedThresholdClassifier) and isinstance(
            getattr(model, "estimator_", None), FrozenEstimator
        )
        pipeline = pipeline_of(model) if has_threshold else model
    except RecursionError as error:  # of a FrozenEstimator that lacks its estimator
        raise _no_model(path, "its content is damaged") from error
    if not isinstance(pipeline, Pipeline):
        raise _no_model(path, f"it holds a {type(pipeline).__name__}")
    try:
        agree = list(pipeline.feature_names_in_) == card.columns.names and _predicts_the_same(pipeline, card)
        is_whole = _has_whole_network(pipeline)
    except AttributeError as error:
        raise _no_model(path, "its pipeline is not fitted") from error
    except Exception as error:
        raise _no_model(path, "its content is damaged") from error
    if not is_whole:
        raise _no_model(path, "its weights are damaged")
    if not agree or has_threshold != bool(card.threshold):
        raise _no_model(path, "its card is another model's")
    if not _predicts(model, card):
        raise _no_model(path, "its content is damaged")
    return model


def _digest(archive: zipfile.ZipFile) -> str:
    """Return the SHA-256 of the names and contents of an archive's members, without the card."""
    digest = hashlib.sha256()
    for member in sorted(archive.infolist(), key=lambda info: (info.filename, info.header_offset)):
        if member.filename != CARD:
            with archive.open(member) as file:
                content = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]  # it is read only
            digest.update(hashlib.sha256(member.filename.encode("utf-8", "surrogatepass")).digest())
            digest.update(content.digest())
    return digest.hexdigest()


def _check_content(path: str, card: Card) -> None:
    """Refuse a file that holds more than it can, or something else than when it was saved."""
    try:
        with zipfile.ZipFile(path) as archive:
            n_bytes = sum(member.file_size for member in archive.infolist())
            most = max(MOST_UNPACKED, MOST_TIMES * Path(path).stat().st_size)
            is_too_large = n_bytes > most
            is_changed = not is_too_large and card.digest not in (None, _digest(archive))
    except _OF_ARCHIVES as error:
        raise _no_model(path, "its content is damaged") from error
    if is_too_large:
        raise _no_model(path, f"unpacked, it takes {n_bytes / 2**20:,.0f} MiB")
    if is_changed:
        raise _no_model(path, "its content was changed since it was saved")


def _predicts(model: Model, card: Card) -> bool:
    """Return whether a model predicts something for a row of zeros, of words and of the first of January."""
    columns = card.columns
    kinds: list[tuple[Any, Any]] = [
        (columns.numeric, 0.0),
        ((*columns.categorical, *columns.text), "x"),
        (columns.dates, pd.Timestamp(2020, 1, 1)),
    ]
    row = pd.DataFrame({name: [value] for names, value in kinds for name in names}, columns=columns.names)
    row = row.astype(dict.fromkeys(kinds[1][0], object))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers = model.predict_proba(row) if card.task == CLASSIFICATION else model.predict(row)
            return numbers.dtype.kind == "f" and bool(np.isfinite(numbers).all())
    except Exception:  # whatever fails on a plain row, and however: the file came from anywhere
        return False


def _has_whole_network(pipeline: Pipeline) -> bool:
    """Return whether a network's weights are finite numbers, and each layer fits to the one before it."""
    network = pipeline[-1]
    kernels, biases = list(network.coefs_), list(network.intercepts_)
    layers = [*kernels, *biases]
    if len(kernels) != len(biases) or not all(isinstance(layer, np.ndarray) for layer in layers):
        return False
    if not all(layer.dtype.kind == "f" and np.isfinite(layer).all() for layer in layers):
        return False
    width = network.n_features_in_
    for kernel, bias in zip(kernels, biases, strict=True):
        if kernel.ndim != 2 or kernel.shape != (width, len(bias)):
            return False
        width = len(bias)
    return bool(kernels)


def _predicts_the_same(pipeline: Pipeline, card: Card) -> bool:
    """Return whether a pipeline, its network fitted, does the card's task."""
    if card.task == CLASSIFICATION:
        return is_classifier(pipeline) and pipeline.classes_.tolist() == card.classes
    return is_regressor(pipeline) and pipeline[-1].n_outputs_ == 1


def _no_model(path: str, why: str | None = None) -> ValueError:
    return ValueError(f"{path} is not a model of 'ridge-nn fit'{f': {why}' if why else ''}.")


def _versions() -> dict[str, str]:
    names = ("sklearn-ridge-nn", "scikit-learn", "keras", "tensorflow", "numpy")
    return {"python": python_version(), **{name: version(name) for name in names}}
