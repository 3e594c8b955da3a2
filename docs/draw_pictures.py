"""Draws the tutorial's pictures anew: each is what the examples before it draw.

``python docs/draw_pictures.py`` takes a minute or two.
"""

import doctest
import os
import re
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib as mpl
import matplotlib.pyplot as plt

DOCS = Path(__file__).parent


def draw(page: Path, folder: Path) -> None:
    """Run a page's examples and save the one figure that each image's examples leave."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for part in doctest.DocTestParser().parse(page.read_text()):
        if isinstance(part, doctest.Example):
            exec(compile(part.source, page.name, "exec"), names)
            continue
        for name in re.findall(r"image:: images/(\S+)", part):
            (number,) = plt.get_fignums()
            plt.figure(number).savefig(folder / name, dpi=120)
            plt.close("all")


if __name__ == "__main__":
    mpl.use("agg")
    draw(DOCS / "tutorial.rst", DOCS / "images")
