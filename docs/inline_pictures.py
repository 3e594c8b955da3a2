"""Puts SVG pictures into the pages themselves, where they take their ink from the page, by day and by night.

An image that is a file of its own knows nothing of the theme that a reader chose.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes

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


def setup(app: Any) -> dict[str, Any]:
    """Do so once a page's references are resolved."""
    app.connect("doctree-resolved", put_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
