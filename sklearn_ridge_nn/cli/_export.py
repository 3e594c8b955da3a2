"""``ridge-nn export``: a model in the format ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from sklearn_ridge_nn.cli import _model_file as model_files, _terminal as terminal
from sklearn_ridge_nn.cli._columns import known_categories
from sklearn_ridge_nn.cli._commands import ExportArguments
from sklearn_ridge_nn.cli._files import whole
from sklearn_ridge_nn.cli._outputs import check_outputs
from sklearn_ridge_nn.cli._tables import InputError, listed, quoted
from sklearn_ridge_nn.export import to_onnx

#: Rows that the ONNX model is compared on with the model.
N_ROWS = 500


def run(arguments: ExportArguments) -> None:
    """Write a model as ONNX."""
    if Path(arguments.output).suffix.lower() != ".onnx":
        raise InputError(f"--output {arguments.output!r} must end in .onnx.")
    check_outputs({"output": arguments.output}, {"the model itself": arguments.model})
    model_files.check_exists(arguments.model)
    card = model_files.read_card(arguments.model)
    model = model_files.load(arguments.model, card)
    _refuse_what_onnx_lacks(arguments.model, card)
    converted = to_onnx(model, _rows(model_files.pipeline_of(model), card))
    entry = converted.metadata_props.add()
    entry.key, entry.value = "ridge-nn", json.dumps(card.to_dict())
    with whole(arguments.output) as part:
        part.write_bytes(converted.SerializeToString())
    terminal.say(f"Model: {arguments.output}")
    terminal.say(f"Inputs, each of shape (rows, 1): {_what(card)}.")
    terminal.say(f"Outputs: {listed([output.name for output in converted.graph.output], 3)}.")


def _refuse_what_onnx_lacks(model: str, card: model_files.Card) -> None:
    """Raise if a model has columns that ONNX has no operators for."""
    for kind, names in {"dates": list(card.columns.dates), "free text": list(card.columns.text)}.items():
        if names:
            raise InputError(
                f"{model} learns from {kind} ({listed(names, 3)}), for which there is no converter to ONNX. "
                f"Predict by 'ridge-nn predict', or train it without: --drop={quoted(','.join(names))}"
            )


def _what(card: model_files.Card) -> str:
    numeric, categorical = card.data["numeric"], card.data["categorical"]
    parts = []
    if numeric:
        parts.append(f"float64 of {listed(numeric, 5)} (NaN where a number is missing)")
    if categorical:
        parts.append(f"strings of {listed(categorical, 5)} (the empty string where a category is missing)")
    return "; ".join(parts)


def _rows(pipeline: Pipeline, card: model_files.Card) -> pd.DataFrame:
    """Return rows such as the model may meet: numbers like those it was trained on, and all categories."""
    rng = np.random.default_rng(0)
    steps = pipeline[0].named_transformers_
    columns: dict[str, np.ndarray] = {}
    if card.data["numeric"]:
        scaler = steps["numeric"][-1]
        numbers = scaler.mean_ + np.sqrt(scaler.var_) * rng.normal(
            scale=1.5, size=(N_ROWS, len(scaler.mean_))
        )
        numbers[rng.random(numbers.shape) < 0.02] = np.nan
        columns |= dict(zip(card.data["numeric"], numbers.T, strict=True))
    for name, known in known_categories(pipeline):
        columns[name] = rng.choice(np.array([*known, "a category that is not known"], dtype=object), N_ROWS)
    return pd.DataFrame({name: columns[name] for name in card.columns.names})
