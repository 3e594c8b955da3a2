"""Every block of Python that the pages show outside of examples with output runs, too."""

import ast
import doctest
import itertools
import json
import re
import textwrap
import threading
import urllib.error
import urllib.request
import warnings
from http.server import ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest.mock import MagicMock

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV

DOCS = Path(__file__).parent.parent / "docs"


def python_of(page):
    """Return the blocks of a page, those in tables too: each ends where the text is less indented."""
    found = []
    for part in (DOCS / page).read_text().split(".. code-block:: python\n")[1:]:
        lines = part.lstrip("\n").split("\n")
        indent = len(lines[0]) - len(lines[0].lstrip())
        block = itertools.takewhile(lambda line, indent=indent: not line[:indent].strip(), lines)
        found.append(textwrap.dedent("\n".join(block)))
    return found


def run(code, **names):
    """Run a block in a module that has these names, and return all names that it has then."""
    names["__name__"] = "page"
    exec(compile(code, "page", "exec"), names)
    return names


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4))
    return X, (X[:, 0] + 0.3 * rng.normal(size=80) > 0).astype(int)


@pytest.fixture
def pipeline(small):
    return make_pipeline(StandardScaler(), small())


def test_each_block_has_a_test_here():
    """Others run elsewhere: tests/test_docs.py that of cli.rst, tests/ecosystem that of ecosystem.rst."""
    counts = {page.name: len(python_of(page.name)) for page in DOCS.glob("*.rst")}
    assert {page: count for page, count in counts.items() if count} == {
        "cli.rst": 1,
        "coming_from.rst": 4,
        "diagnosis.rst": 2,
        "ecosystem.rst": 1,
        "index.rst": 1,
        "tutorial.rst": 2,
        "user_guide.rst": 2,
    }


@pytest.mark.slow
def test_index(rows, capsys, monkeypatch):
    """With three alphas in place of the default grid, which takes minutes."""
    monkeypatch.setattr("sklearn_ridge_nn.diagnosis._study.ALPHAS", (0.0, 1e-3, 1e-1))
    X, y = rows
    (code,) = python_of("index.rst")
    names = run(code, X=X, y=y)
    assert capsys.readouterr().out == f"{names['diagnosis']}\n"


@pytest.mark.slow
def test_diagnosis_of_a_search_that_has_run(rows, pipeline):
    X, y = rows
    code = python_of("diagnosis.rst")[0]
    names = {"GridSearchCV": GridSearchCV, "AlphaDiagnosis": AlphaDiagnosis, "X": X, "y": y}
    run(code, pipeline=pipeline, grid={"ridgemlpclassifier__alpha": [0, 1]}, **names)


@pytest.mark.slow
def test_the_picture_of_alpha_and_epochs_is_drawn_as_the_page_says(tmp_path, monkeypatch):
    """With a smaller network."""
    code = python_of("diagnosis.rst")[1]
    smaller = "RidgeMLPClassifier(hidden_layer_sizes=(2,), epochs=4, random_state=0)"
    assert "RidgeMLPClassifier(random_state=0)" in code
    monkeypatch.chdir(tmp_path)
    names = run(
        code.replace("RidgeMLPClassifier(random_state=0)", smaller),
        diagnose=diagnose,
        RidgeMLPClassifier=RidgeMLPClassifier,
        make_classification=make_classification,
    )
    assert {path.name for path in tmp_path.iterdir()} == {"alpha_epochs.png"}
    assert (DOCS / "images" / "alpha_epochs.svg").exists()
    plt.close(names["display"].figure_)


@pytest.mark.slow
def test_coming_from_scikeras_and_keras(rows):
    """The left column of the first pair is the network of the right one, and trains."""
    import keras
    from scikeras.wrappers import KerasClassifier

    X, y = rows
    scikeras, wrapper = python_of("coming_from.rst")[:2]
    names = run(scikeras, keras=keras, KerasClassifier=KerasClassifier, RidgeMLPClassifier=RidgeMLPClassifier)
    theirs = KerasClassifier(names["network"], model__alpha=1e-3, epochs=1, verbose=0).fit(X, y)
    shapes = [coef.shape for coef in RidgeMLPClassifier(alpha=1e-3, epochs=1).fit(X, y).coefs_]
    assert [weights.shape for weights in theirs.model_.get_weights()[::2]] == shapes
    run(wrapper, keras=keras, network=names["network"], RidgeMLPClassifier=RidgeMLPClassifier)


def test_coming_from_skorch_is_python():
    """skorch is not installed with the tests: what stands for it takes anything."""
    code = python_of("coming_from.rst")[2]
    run(
        code,
        NeuralNetClassifier=MagicMock(),
        network=None,
        torch=MagicMock(),
        RidgeMLPClassifier=RidgeMLPClassifier,
    )


def test_coming_from_pytorch_tabular_is_python():
    """PyTorch Tabular is not installed either; the Pipeline that the page puts in its place is made."""
    code = python_of("coming_from.rst")[3]
    theirs = (
        "TabularModel",
        "DataConfig",
        "CategoryEmbeddingModelConfig",
        "OptimizerConfig",
        "TrainerConfig",
    )
    names = {name: MagicMock() for name in theirs}
    ours = {"make_pipeline": make_pipeline, "RidgeMLPClassifier": RidgeMLPClassifier}
    run(code, numbers=[], categories=[], encode_and_scale=StandardScaler(), **names, **ours)


@pytest.mark.slow
def test_the_tutorial_trains_with_keras_and_here():
    import keras

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 30)), rng.integers(0, 2, 60)
    layers = {"Sequential": keras.Sequential, "Input": keras.Input, "Dense": keras.layers.Dense}
    theirs, ours = python_of("tutorial.rst")[:2]
    names = run(theirs, X=X, y=y, l2=keras.regularizers.L2, **layers)
    assert len(names["history"].history["val_loss"]) == 15
    names = run(ours, X=X, y=y, RidgeMLPClassifier=RidgeMLPClassifier)
    assert names["classifier"].n_iter_ == 15


def module(name):
    """Import a file of the documentation, which is no package."""
    spec = spec_from_file_location(name, DOCS / f"{name}.py")
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def examples(text):
    return [example.source for example in doctest.DocTestParser().get_examples(text)]


def test_the_notebook_has_the_code_of_the_tutorial():
    """All of it, in its order, but for what only doctest reads."""
    page = (DOCS / "tutorial.rst").read_text()
    code = "\n".join(text for kind, text in module("as_notebook").cells(page) if kind == "code")
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse("".join(examples(page))))
    assert "doctest" not in code


def test_a_cell_of_the_notebook_shows_every_result_of_the_page():
    """A notebook shows what the last expression of a cell is, and no other."""
    page = ">>> a = 1\n>>> a\n1\n>>> for b in (a, 2):\n...     print(b)\n1\n2\n\nText.\n\n>>> a + b\n3\n"
    assert module("as_notebook").cells(page) == [
        ("code", "a = 1\na"),
        ("code", "for b in (a, 2):\n    print(b)"),
        ("markdown", "Text."),
        ("code", "a + b"),
    ]


def test_the_prose_of_the_notebook_is_markdown():
    markdown = module("as_notebook").markdown
    page = """Title
=====

.. _label:

Part
~~~~

See :doc:`diagnosis`, :ref:`below <label>` and :class:`Name`, with ``alpha=0``.

.. image:: images/a.png
   :alt: A picture.

.. code-block:: python

   if a:

       b

.. only:: html

   `Here <tutorial.ipynb>`__.

End.
"""
    assert markdown(page) == (
        "# Title\n\n### Part\n\nSee *diagnosis*, *below* and `Name`, with `alpha=0`.\n\n"
        "```python\nif a:\n\n    b\n```\n\nEnd."
    )


@pytest.mark.parametrize("text", ["A :math:`x`.\n", ".. note:: This.\n", "`Here <https://example.org>`__.\n"])
def test_what_has_no_markdown_is_refused(text):
    with pytest.raises(ValueError, match="no Markdown"):
        module("as_notebook").markdown(text)


def test_each_picture_is_the_one_that_the_examples_before_it_draw(tmp_path):
    page = tmp_path / "page.rst"
    drawing = ">>> import matplotlib.pyplot as plt\n>>> _ = plt.figure(figsize=({}, 1))\n\n{}:: images/{}\n\n"
    plt.close("all")  # those of other tests
    page.write_text(drawing.format(1, ".. image", "a.png") + drawing.format(2, ".. |b| image", "b.png"))
    module("draw_pictures").draw(page, tmp_path)
    shapes = {path.name: plt.imread(path).shape[:2] for path in tmp_path.glob("*.png")}
    assert shapes == {"a.png": (120, 120), "b.png": (120, 240)}
    page.write_text("Text.\n\n.. image:: images/c.png\n")
    with pytest.raises(ValueError, match="values to unpack"):
        module("draw_pictures").draw(page, tmp_path)


def test_the_tutorials_pictures_are_those_that_it_draws():
    names = re.findall(r"image:: images/(\S+)", (DOCS / "tutorial.rst").read_text())
    assert sorted(names) == sorted(path.name for path in (DOCS / "images").glob("tutorial_*.svg"))


@pytest.mark.slow
def test_the_user_guides_search_runs_on_a_cluster(rows, pipeline):
    from distributed import LocalCluster

    X, y = rows
    search = GridSearchCV(pipeline, {"ridgemlpclassifier__alpha": [0, 1]}, cv=3)
    code = python_of("user_guide.rst")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # distributed's own
        with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
            names = run(code.replace("scheduler-address", cluster.scheduler_address), search=search, X=X, y=y)
            names["client"].close()
    assert search.best_params_


def test_the_user_guides_server_answers(rows, pipeline, tmp_path, monkeypatch):
    X, y = rows
    monkeypatch.chdir(tmp_path)
    joblib.dump(pipeline.fit(X, y), "model.joblib")
    names = run(python_of("user_guide.rst")[1])
    handler = type("Quiet", (names["Handler"],), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        answer = json.load(urllib.request.urlopen(address, json.dumps(X[:3].tolist()).encode()))
        np.testing.assert_array_equal(answer, pipeline.predict_proba(X[:3]))
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, b"[[1, 2]]")
        assert refused.value.code == 400
        assert "features" in json.load(refused.value)["error"]
        refused.value.close()
        server.shutdown()
