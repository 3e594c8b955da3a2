"""Every example in the docstrings, the README and the user guide runs and shows what it says."""

import doctest
import io
import re
import shlex
import subprocess
import sys
import textwrap
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

import sklearn_ridge_nn
from sklearn_ridge_nn import RidgeMLPClassifier, build_network, model_selection
from sklearn_ridge_nn import _sklearn as rebinding
from sklearn_ridge_nn.evidence import _significance as luck
from sklearn_ridge_nn.evidence import _verdicts as verdicts
from sklearn_ridge_nn.training import _engine as engine
from sklearn_ridge_nn.training import _grouping as stacks

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", sklearn_ridge_nn.__all__)
def test_docstring_examples_run(name):
    public = getattr(sklearn_ridge_nn, name)
    examples = doctest.DocTestFinder(recurse=False).find(public, name)
    results = [doctest.DocTestRunner().run(example) for example in examples]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0


def test_the_examples_of_the_modules_run():
    for module in (engine, luck, stacks, model_selection, rebinding, verdicts):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0


def pages(*suffixes):
    """The documentation's pages of some kinds, and the README."""
    found = [*sorted((ROOT / "docs").glob("*.rst")), ROOT / "README.md"]
    return [path for path in found if path.suffix in suffixes]


def blocks(path, language):
    """The code blocks of a page in a language."""
    text = path.read_text()
    if path.suffix == ".md":
        return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?: +.*\n|\n)+)", text, re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


@pytest.mark.parametrize(
    "path", [path for path in pages(".rst") if ">>> " in path.read_text()], ids=lambda p: p.name
)
def test_the_examples_of_a_page_run(path):
    result = doctest.testfile(str(path), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("path", pages(".md"), ids=lambda p: p.name)
def test_the_readme_runs_and_prints_what_it_says(path):
    text = path.read_text()
    shown = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(shown) == len(blocks(path, "python")) > 0
    for code, expected in shown:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(code, {})
        assert printed.getvalue() == expected


def test_the_commands_of_the_pages_run(tmp_path, monkeypatch):
    """All of them in one folder, in the order of the pages, and the Python that reads what they wrote."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"id": range(200), "size": rng.normal(size=200), "kind": rng.choice(["a", "b"], 200)})
    rows.to_csv(tmp_path / "new.csv", index=False)
    rows["label"] = np.where(rows["size"] + (rows["kind"] == "b") > 0.5, "yes", "no")
    rows.to_csv(tmp_path / "data.csv", index=False)
    shown = [
        line
        for path in pages(".rst", ".md")
        for block in blocks(path, "console")
        for line in block.split("\n")
    ]
    commands = list(dict.fromkeys(line[2:] for line in shown if line.startswith("$ ridge-nn ")))
    assert len(commands) > 4
    for command in commands:
        program, *arguments = shlex.split(command)
        done = subprocess.run(
            [Path(sys.executable).parent / program, *arguments], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(ROOT / "docs" / "cli.rst", "python")
    names: dict[str, object] = {}
    exec(code, names)
    assert names["pipeline"].classes_.tolist() == ["no", "yes"]


def test_the_readme_links_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!http)(.*?)\)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), f"{name} links to {target}"


def test_the_rooms_in_contributing_are_the_modules():
    listed = re.findall(r"^  (\w+\.py) ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    modules = {path.name for path in Path(sklearn_ridge_nn.__file__).parent.glob("*.py")}
    assert set(listed) == modules - {"__init__.py"}


# -- the conversion table of the user guide -------------------------------------------------------


def test_alpha_of_logistic_regression(cancer):
    """Its optimum is where the gradient of mean loss + alpha * sum of squares is zero."""
    X, y = cancer
    C = 0.3
    alpha = 1 / (2 * C * len(y))
    fitted = LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(X, y)
    kernel = fitted.coef_[0]
    gradient = X.T @ (fitted.predict_proba(X)[:, 1] - y) / len(y)
    np.testing.assert_allclose(gradient, -2 * alpha * kernel, atol=1e-6)


def test_alpha_of_mlpclassifier_with_lbfgs(cancer):
    X, y = cancer
    theirs = 5.0
    alpha = theirs / (2 * len(y))
    fitted = MLPClassifier((), alpha=theirs, solver="lbfgs", tol=1e-9, max_iter=5000, random_state=0).fit(
        X, y
    )
    gradient = X.T @ (fitted.predict_proba(X)[:, 1] - y) / len(y)
    np.testing.assert_allclose(gradient, -2 * alpha * fitted.coefs_[0][:, 0], atol=1e-5)


def test_alpha_of_mlpclassifier_with_sgd(cancer):
    """One full batch: the part of its step that is due to alpha is that of alpha / (2 * batch_size)."""
    X, y = cancer
    theirs, rate = 40.0, 0.1
    params = {
        "solver": "sgd",
        "momentum": 0,
        "batch_size": len(y),
        "random_state": 0,
    }

    def kernel_after_a_step(alpha, rate=rate):
        classifier = MLPClassifier((4,), alpha=alpha, learning_rate_init=rate, **params)
        return classifier.partial_fit(X, y, classes=[0, 1]).coefs_[0]

    start = kernel_after_a_step(0.0, rate=1e-300)
    step = kernel_after_a_step(0.0) - kernel_after_a_step(theirs)
    alpha = theirs / (2 * len(y))
    np.testing.assert_allclose(step, rate * 2 * alpha * start, rtol=1e-9)

    ours = RidgeMLPClassifier(
        0.0, hidden_layer_sizes=(4,), optimizer="sgd", learning_rate=rate, batch_size=len(y), epochs=1,
        validation_split=0.0, dtype="float64", random_state=0,
    )  # fmt: skip
    our_start = build_network(30, hidden_layer_sizes=(4,), dtype="float64", seed=0).get_weights()[0]
    our_step = ours.fit(X, y).coefs_[0] - ours.set_params(alpha=alpha).fit(X, y).coefs_[0]
    np.testing.assert_allclose(our_step, rate * 2 * alpha * our_start, rtol=1e-6)
