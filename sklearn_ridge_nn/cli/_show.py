"""``ridge-nn show``: what a model is."""

from __future__ import annotations

import json

from sklearn_ridge_nn.cli import _model_file as model_files
from sklearn_ridge_nn.cli._commands import ShowArguments


def run(arguments: ShowArguments) -> None:
    """Say what a model is."""
    model_files.check_exists(arguments.model)
    card = model_files.read_card(arguments.model)
    print(json.dumps(card.to_dict(), indent=1) if arguments.json else card.as_text())
