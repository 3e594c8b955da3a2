"""Draws the pages' pictures anew: each is what the page's own examples draw.

``python docs/draw_pictures.py`` takes a few minutes. Pictures of the documentation are SVG that takes its
ink from the page (`inline_pictures`); that of the README is a PNG on white.
"""

import doctest
import os
import re
import tempfile
import textwrap
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib as mpl
import matplotlib.pyplot as plt

from sklearn_ridge_nn import AlphaCurveDisplay, AlphaEpochDisplay, LossCurveDisplay
from sklearn_ridge_nn.display import as_svg

DOCS = Path(__file__).parent


def save(figure: Any, path: Path) -> None:
    """Save a figure as the kind of picture that a file's name asks for, and close it."""
    if path.suffix == ".svg":
        path.write_text(as_svg(figure, salt=path.stem))
        return
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw(page: Path, folder: Path) -> None:
    """Run a page's examples and save the one figure that each image's examples leave."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for part in doctest.DocTestParser().parse(page.read_text()):
        if isinstance(part, doctest.Example):
            exec(compile(part.source, page.name, "exec"), names)
            continue
        for name in re.findall(r"image:: images/(\S+)", part):
            (number,) = plt.get_fignums()
            save(plt.figure(number), folder / name)


def run_block(page: Path, number: int, **names: Any) -> dict[str, Any]:
    """Run a block of Python of a page, in a folder that is thrown away, and return its names."""
    blocks = re.findall(r"^\.\. code-block:: python\n\n((?: .*\n|\n)+)", page.read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            exec(compile(textwrap.dedent(blocks[number]), page.name, "exec"), names)
        finally:
            os.chdir(before)
    plt.close("all")
    return names


def draw_diagnosis(folder: Path) -> None:
    """Draw the pictures of the page on the diagnosis: of its first diagnosis, and of its map's."""
    page = DOCS / "diagnosis.rst"
    names: dict[str, Any] = {}
    before = page.read_text().partition(".. image::")[0]
    for example in doctest.DocTestParser().get_examples(before):
        exec(compile(example.source, page.name, "exec"), names)
    save(names["diagnosis"].plot().figure_, folder / "diagnosis.svg")
    curves = LossCurveDisplay.from_diagnosis(names["diagnosis"], alphas=[0, 0.1])
    save(curves.figure_, folder / "loss_curves.svg")
    mapped = run_block(page, 1, **names)["diagnosis"]
    save(AlphaEpochDisplay.from_diagnosis(mapped).figure_, folder / "alpha_epochs.svg")


def draw_front_page(folder: Path) -> None:
    """Draw the two pictures of the front page's diagnosis side by side."""
    diagnosis = run_block(DOCS / "index.rst", 0)["diagnosis"]
    for suffix in ("svg", "png"):
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
        AlphaCurveDisplay.from_diagnosis(diagnosis, ax=left)
        AlphaEpochDisplay.from_diagnosis(diagnosis, ax=right)
        save(figure, folder / f"curve_and_map.{suffix}")


if __name__ == "__main__":
    mpl.use("agg")
    draw_front_page(DOCS / "images")
    draw_diagnosis(DOCS / "images")
    draw(DOCS / "tutorial.rst", DOCS / "images")
