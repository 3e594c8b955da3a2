"""The tutorial as a notebook: its prose in Markdown cells, its examples in code cells.

No library does this without a program of its own beside it, or knows Sphinx's roles. Markdown is made of what
the page uses of reStructuredText; what is left over fails the build.
"""

import doctest
import json
import re
from pathlib import Path
from typing import Any

#: What reStructuredText writes, and Markdown for it, in this order.
MARKDOWN = (
    (r"^\.\. code-block:: (\w+)\n\n((?: .*\n|\n)+)", lambda found: _fenced(*found.groups())),
    (r"<summary>(.*?)</summary>", r"\n\n**\1**\n"),
    (r"^\.\. raw:: html\n|^ +</?details>", ""),
    (r"^\.\. (?:\|\w+\| )?(?:image|currentmodule)::.*\n(?: +.*\n)*", ""),  # a cell draws its image itself
    (r"^\.\. only:: html\n\n(?: +.*\n)+|^\.\. _\w+:\n|^\|\w+\|\n", ""),
    (r"^(.+)\n=+\n", r"# \1\n"),
    (r"^(.+)\n-+\n", r"## \1\n"),
    (r"^(.+)\n~+\n", r"### \1\n"),
    (r":(?:doc|ref):`([^`<]+?)(?: <[\w/]+>)?`", r"*\1*"),
    (r":(?:class|func):`(\w+)`", r"`\1`"),
    (r"``(.+?)``", r"`\1`"),
    (r"\n{3,}", r"\n\n"),
)
#: What is left of reStructuredText where a page uses more of it.
LEFT = re.compile(r"^\.\. |:\w+:`|``|`_|^ +\S.*::$", re.MULTILINE)


def _fenced(language: str, code: str) -> str:
    lines = code.rstrip("\n").split("\n")
    return "\n".join([f"```{language}", *(line[3:] for line in lines), "```", "", ""])


def markdown(text: str) -> str:
    """Return prose in reStructuredText as Markdown."""
    for pattern, instead in MARKDOWN:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    if left := re.search(LEFT, re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        raise ValueError(f"docs/as_notebook.py has no Markdown for {text[left.start() :][:80]!r}.")
    return text.strip()


def cells(page: str) -> list[tuple[str, str]]:
    """Return the kind and text of each cell: "markdown" or "code".

    A cell of code ends at prose, and where an example shows a result: a notebook shows the last one only.
    """
    found, is_open = [], False
    for part in doctest.DocTestParser().parse(page):
        if isinstance(part, str):
            if text := markdown(part):
                found.append(("markdown", text))
                is_open = False
            continue
        code = re.sub(r" *# doctest: .*", "", part.source).rstrip("\n")
        if is_open:
            code = f"{found.pop()[1]}\n{code}"
        found.append(("code", code))
        is_open = not part.want
    return found


def notebook(page: str) -> dict[str, Any]:
    """Return a page as a notebook in nbformat 4.5."""
    listed = [
        {
            "cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text,
            **({"execution_count": None, "outputs": []} if kind == "code" else {}),
        }
        for number, (kind, text) in enumerate(cells(page))
    ]  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": listed, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def write(app: Any, error: Exception | None) -> None:
    """Put the tutorial as a notebook beside its page."""
    if error is None and app.builder.format == "html":
        page = notebook((Path(app.srcdir) / "tutorial.rst").read_text())
        (Path(app.outdir) / "tutorial.ipynb").write_text(json.dumps(page, indent=1) + "\n")


def setup(app: Any) -> dict[str, Any]:
    """Write the notebook at the end of a build of HTML."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
