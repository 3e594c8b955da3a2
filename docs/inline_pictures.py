"""Puts SVG pictures into the pages themselves, where they take their ink from the page, by day and by night.

An image that is a file of its own knows nothing of the theme that a reader chose.
"""

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes


def put_in(app: Any, page: nodes.document, _: str) -> None:
    """Replace each picture of a page by the SVG itself, its words as a label."""
    if app.builder.format != "html":
        return
    for image in list(page.findall(nodes.image)):
        path = Path(app.srcdir) / image["uri"]
        if path.suffix != ".svg":
            continue
        label = f'<svg role="img" aria-label="{escape(image["alt"])}" '
        svg = path.read_text().replace("<svg ", label, 1)
        image.replace_self(nodes.raw("", f'<div class="drawn" tabindex="0">\n{svg}</div>\n', format="html"))


def setup(app: Any) -> dict[str, Any]:
    """Do so once a page's references are resolved."""
    app.connect("doctree-resolved", put_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
