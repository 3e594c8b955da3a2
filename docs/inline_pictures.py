"""Puts SVG pictures into the pages themselves, where they take their ink from the page, by day and by night.

An image that is a file of its own knows nothing of the theme that a reader chose. Those of the pages are
files (`draw_pictures`), those of the gallery are drawn as its examples run.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from docutils import nodes

from sklearn_ridge_nn.display import as_svg

#: How many times its own size a picture has at least, so that its small words have ten pixels, and at most.
SMALLEST, LARGEST = 0.9, 1.25
#: How matplotlib writes the width of a picture, in points; icons have none.
WIDTH = re.compile(r'<svg [^>]*width="([\d.]+)pt"')


def put_in(app: Any, page: nodes.document, _: str) -> None:
    """Replace each picture of a page by the SVG itself, its words as a label."""
    if app.builder.format != "html":
        return
    for image in list(page.findall(nodes.image)):
        path = Path(app.srcdir) / image["uri"]
        if path.suffix != ".svg" or (size := WIDTH.search(svg := path.read_text())) is None:
            continue
        pixels = 4 / 3 * float(size[1])
        sizes = f"min-width: {SMALLEST * pixels:.0f}px; max-width: {LARGEST * pixels:.0f}px"
        label = f'<svg role="img" aria-label="{escape(image["alt"])}" style="{sizes}" '
        svg = svg.replace("<svg ", label, 1)
        image.replace_self(nodes.raw("", f'<div class="drawn" tabindex="0">\n{svg}</div>\n', format="html"))


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save what an example drew, for its page and, on white, for the gallery's thumbnails."""
    del block
    images = []
    for number, path in zip(plt.get_fignums(), block_vars["image_path_iterator"], strict=False):
        figure, picture = plt.figure(number), Path(path).with_suffix(".svg")
        titles = list(filter(None, [figure.get_suptitle(), *(ax.get_title() for ax in figure.axes)]))
        if not titles:
            raise ValueError(
                f"{picture.name} has no title, which says what it shows to those who cannot see it."
            )
        figure.savefig(path)
        picture.write_text(as_svg(figure, salt=picture.stem))
        shown = picture.relative_to(gallery_conf["src_dir"])
        images.append(f"\n.. image:: /{shown}\n   :alt: {'; '.join(titles)}\n")
    return "".join(images)


def setup(app: Any) -> dict[str, Any]:
    """Do so once a page's references are resolved."""
    app.connect("doctree-resolved", put_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
