"""A page with a slider for alpha and one for epochs, over networks trained when the documentation is built.

A Sphinx extension: it writes ``alpha_and_epochs.html`` beside the other pages, a file that needs no other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import make_moons
from sklearn.metrics import accuracy_score, log_loss
from sklearn.preprocessing import StandardScaler
from sphinx.application import Sphinx
from sphinx.util import logging

import sklearn_ridge_nn
from sklearn_ridge_nn import RidgeMLPClassifier

HERE = Path(__file__).parent
PAGE = "alpha_and_epochs.html"
ALPHAS = (0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1)
EPOCHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)
N_TEST = 2000
#: Where probabilities are computed: the corners of the map, and its columns and rows.
LEFT, RIGHT, BOTTOM, TOP = -2.0, 3.0, -1.5, 2.0
N_COLUMNS, N_ROWS = 56, 40
#: The largest log-odds that a byte holds, a probability of 0.998.
LIMIT = 6.4
N_BINS = 41


class Measured(NamedTuple):
    """What the page shows of a network: losses, the share of test rows that are right, weights, a map."""

    train_loss: float
    test_loss: float
    accuracy: float
    kernels: list[np.ndarray]
    map_bytes: bytes


def trained_networks(alpha: float) -> list[Measured]:
    """Train a network with an alpha, and measure it after each of the epochs.

    A warm start goes on where the last fit ended, so each network is that of one fit with so many epochs.
    """
    X, y = make_moons(100, noise=0.35, random_state=0)
    X_test, y_test = make_moons(N_TEST, noise=0.35, random_state=1)
    scaler = StandardScaler().fit(X)
    across, up = np.meshgrid(np.linspace(LEFT, RIGHT, N_COLUMNS), np.linspace(TOP, BOTTOM, N_ROWS))
    points = np.c_[across.ravel(), up.ravel()]
    network = RidgeMLPClassifier(alpha, batch_size=32, validation_split=0, warm_start=True, random_state=0)
    measured = []
    for epochs, before in zip(EPOCHS, (0, *EPOCHS), strict=False):
        network.set_params(epochs=epochs - before).fit(scaler.transform(X), y)
        probabilities = network.predict_proba(scaler.transform(X_test))
        log_odds = network.decision_function(scaler.transform(points))
        measured.append(
            Measured(
                train_loss=log_loss(y, network.predict_proba(scaler.transform(X))),
                test_loss=log_loss(y_test, probabilities),
                accuracy=accuracy_score(y_test, probabilities.argmax(axis=1)),
                kernels=network.coefs_[:-1],
                map_bytes=as_bytes(log_odds),
            )
        )
    return measured


def as_bytes(log_odds: np.ndarray) -> bytes:
    """Return log-odds as a byte each, in steps that are the finest at zero, where the line is drawn."""
    shares = np.clip(log_odds / LIMIT, -1, 1)
    return (np.rint(127 * np.sign(shares) * np.sqrt(np.abs(shares))) + 128).astype(np.uint8).tobytes()


def page_data(grid: Sequence[Sequence[Measured]]) -> dict[str, Any]:
    """Return what the page's script draws; in lists over all networks those of an alpha follow each other."""
    networks = [measured for row in grid for measured in row]
    largest = max(float(abs(kernel).max()) for each in networks for kernel in each.kernels)
    limit = math.ceil(10 * largest) / 10
    edges = np.linspace(-limit, limit, N_BINS + 1)
    X, y = make_moons(100, noise=0.35, random_state=0)
    return {
        "alphas": [f"{alpha:g}" for alpha in ALPHAS],
        "epochs": EPOCHS,
        "points": [[*row, label] for row, label in zip(X.round(3).tolist(), y.tolist(), strict=True)],
        "map": {"box": [LEFT, RIGHT, BOTTOM, TOP], "columns": N_COLUMNS, "rows": N_ROWS, "limit": LIMIT},
        "maps": base64.b64encode(b"".join(each.map_bytes for each in networks)).decode(),
        "trainLoss": [round(each.train_loss, 6) for each in networks],
        "testLoss": [round(each.test_loss, 6) for each in networks],
        "right": [f"{100 * each.accuracy:.0f}" for each in networks],
        "limit": limit,
        "weights": [
            np.histogram(np.concatenate([kernel.ravel() for kernel in each.kernels]), edges)[0].tolist()
            for each in networks
        ],
        "norms": [[round(float(np.linalg.norm(kernel)), 2) for kernel in each.kernels] for each in networks],
    }


def loss_table(grid: Sequence[Sequence[Measured]]) -> str:
    """Return the test losses as rows of an HTML table, a row per number of epochs."""
    smallest = min(measured.test_loss for row in grid for measured in row)
    rows = []
    for epochs, column in zip(EPOCHS, zip(*grid, strict=True), strict=True):
        cells = [
            f"<td><strong>{each.test_loss:.2f}</strong></td>"
            if each.test_loss == smallest
            else f"<td>{each.test_loss:.2f}</td>"
            for each in column
        ]
        rows.append(f'<tr><th scope="row">{epochs}</th>{"".join(cells)}</tr>')
    return "\n".join(rows)


def page(digest: str) -> str:
    """Train all networks and return the page."""
    grid = [trained_networks(alpha) for alpha in ALPHAS]
    return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        digest=digest,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        script=(HERE / "page.js").read_text(encoding="utf-8"),
        data=json.dumps(page_data(grid), separators=(",", ":")),
        n_networks=len(ALPHAS) * len(EPOCHS),
        n_test=f"{N_TEST:,}",
        last_alpha=len(ALPHAS) - 1,
        last_epochs=len(EPOCHS) - 1,
        alphas="".join(f'<th scope="col">{alpha:g}</th>' for alpha in ALPHAS),
        losses=loss_table(grid),
    )


def write_page(app: Sphinx, exception: Exception | None) -> None:
    """Write the page beside the others, unless the same code has done so."""
    if exception is not None or app.builder.format != "html":
        return
    package = Path(sklearn_ridge_nn.__file__).parent
    wings = [package / name for name in ("network", "training", "estimators")]
    sources = sorted([*HERE.glob("*.*"), *(source for wing in wings for source in wing.glob("*.py"))])
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    written = Path(app.outdir) / PAGE
    if written.exists() and digest in written.read_text(encoding="utf-8")[:1000]:
        return
    logging.getLogger(__name__).info("training the networks of %s", PAGE)
    written.write_text(page(digest), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the page to the build."""
    app.connect("build-finished", write_page)
    return {"parallel_read_safe": True}
