"""A notebook shows results, one line of progress, and nothing in red."""

import nbclient
import nbformat
import pytest

CELLS = {
    "fit": """
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn_ridge_nn import RidgeMLPClassifier, bias_variance, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV
X, y = load_breast_cancer(return_X_y=True)
network = RidgeMLPClassifier(hidden_layer_sizes=(8,), epochs=20, random_state=0)
model = make_pipeline(StandardScaler(), network)
model.fit(X, y)""",
    "history": "model[-1].history_",
    "search": "GridSearchCV(model, {'ridgemlpclassifier__alpha': [1e-3, 1e-1]}, cv=3, verbose=1).fit(X, y)",
    "diagnosis": "diagnosis = diagnose(model, X, y, alphas=[1e-3, 1e-1, 10], cv=3, verbose=1)\ndiagnosis",
    "findings": "diagnosis.findings",
    "bias and variance": "bias_variance(model, X, y, alphas=[1e-2, 1], n_resamples=3)",
    "lines": "network.set_params(verbose=2, epochs=3).fit(X, y)",
}


@pytest.fixture(scope="module")
def outputs():
    """The outputs of each cell, run in a kernel of its own as Jupyter runs it."""
    cells = [nbformat.v4.new_code_cell(code.strip()) for code in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def result(outputs):
    return next(output["data"] for output in outputs if output["output_type"] == "execute_result")


def test_nothing_stands_in_red(outputs):
    written = [output for cell in outputs.values() for output in cell if output.get("name") == "stderr"]
    assert written == []


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("fit", "RidgeMLPClassifier"),
        ("history", "<polyline"),
        ("search", "GridSearchCV"),
        ("diagnosis", "Diagnosis of alpha"),
        ("findings", "best-at-edge"),
        ("bias and variance", "Bias and variance over alpha"),
    ],
)
def test_results_show_themselves(outputs, cell, text):
    assert text in result(outputs[cell])["text/html"]


@pytest.mark.parametrize(("cell", "n_networks"), [("search", 6), ("diagnosis", 9)])
def test_progress_is_one_line_that_is_updated(outputs, cell, n_networks):
    (shown,) = [output for output in outputs[cell] if output["output_type"] == "display_data"]
    line = shown["data"]["text/plain"]
    assert line.startswith(f"Training {n_networks} networks in the engine: ")
    assert line.endswith(f"{20 * n_networks} of {20 * n_networks} epochs, {line.split(', ')[1]}, 0:00 left")
    assert not any("\r" in output.get("text", "") for output in outputs[cell])


def test_lines_of_epochs_remain_lines(outputs):
    text = "".join(output["text"] for output in outputs["lines"] if output["output_type"] == "stream")
    assert [line.split(" - ")[0] for line in text.splitlines()[1:]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
