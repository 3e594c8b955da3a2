"""The tutorial's notebook runs from top to bottom, and draws where the page has a picture."""

import importlib.util
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "tutorial.rst").read_text()


@pytest.fixture(scope="module")
def notebook():
    """The notebook, run in a kernel of its own as Jupyter runs it."""
    spec = importlib.util.spec_from_file_location("as_notebook", DOCS / "as_notebook.py")
    as_notebook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(as_notebook)
    made = nbformat.from_dict(as_notebook.notebook(PAGE))
    nbformat.validate(made)
    return nbclient.NotebookClient(made, timeout=300, kernel_name="python3").execute()


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_it_draws_every_picture_of_the_page(notebook):
    drawn = [output for output in outputs(notebook) if "image/png" in output.get("data", {})]
    assert len(drawn) == len(re.findall(r"image:: images/", PAGE)) > 5


def test_nothing_stands_in_red(notebook):
    assert [output for output in outputs(notebook) if output.get("name") == "stderr"] == []
