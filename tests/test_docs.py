"""Every example in the docstrings, the README and the user guide runs and shows what it says."""

import ast
import doctest
import io
import itertools
import re
import shlex
import textwrap
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_ridge_nn
from sklearn_ridge_nn import (
    BiasVariance,
    RidgeMLPClassifier,
    bias_variance,
    build_network,
    model_selection,
    training,
)
from sklearn_ridge_nn.cli._main import main

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sklearn_ridge_nn"
#: What needs an extra that is not in the environment here: tests/ecosystem runs their examples.
NEEDS_EXTRA = ("to_onnx",)
#: What trains many networks in its docstring, for ten seconds and more.
LONG_EXAMPLES = (
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "RandomizedSearchCV",
    "RidgeMLPRegressor",
    "RidgeMLPRegressorCV",
    "bias_variance",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "diagnose",
    "learning_curve",
    "validation_curve",
)
#: Pages whose examples take a minute and more.
LONG_PAGES = ("diagnosis", "tutorial", "user_guide")
#: Modules that users may import from.
PUBLIC = (sklearn_ridge_nn, model_selection, training)
PUBLIC_NAMES = [
    (module, name)
    for module in PUBLIC
    for name in module.__all__
    if not isinstance(getattr(module, name), ModuleType)
]


# -- docstrings -----------------------------------------------------------------------------------


def run_examples(tests):
    """Run the examples of docstrings and return how many there were."""
    results = [doctest.DocTestRunner().run(test) for test in tests]
    assert sum(result.failed for result in results) == 0
    return sum(result.attempted for result in results)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param(module, name, marks=pytest.mark.slow if name in LONG_EXAMPLES else ())
        for module, name in PUBLIC_NAMES
        if name not in NEEDS_EXTRA
    ],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_docstring_examples_run(module, name):
    """They import all that they use besides the name itself, as a reader has to."""
    public = getattr(module, name)
    examples = doctest.DocTestFinder().find(public, name, module=False, globs={name: public})
    assert run_examples(examples) > 0


def modules_with_examples():
    """The private modules, by their dotted names."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " in path.read_text():
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_the_examples_of_the_modules_run():
    """Those of public names run above."""
    public = {id(getattr(module, name)) for module, name in PUBLIC_NAMES}
    attempted = 0
    for name in modules_with_examples():
        module = import_module(name)
        for test in doctest.DocTestFinder().find(module, name):
            path = test.name.removeprefix(name).removeprefix(".")
            if not path or id(getattr(module, path.partition(".")[0])) not in public:
                attempted += run_examples([test])
    assert attempted > 5


# -- pages ----------------------------------------------------------------------------------------


def pages(*suffixes):
    """The documentation's pages of some kinds, and the README.

    tests/ecosystem runs that on other packages, which are not in the environment here.
    """
    docs = ROOT / "docs"
    of_docs = sorted(path for path in docs.glob("*.rst") if path.name != "ecosystem.rst")
    found = [*of_docs, *sorted(docs.glob("decisions/*.rst")), ROOT / "README.md"]
    return [path for path in found if path.suffix in suffixes]


def blocks(path, language):
    """The code blocks of a page in a language."""
    text = path.read_text()
    if path.suffix == ".md":
        return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?: +.*\n|\n)+)", text, re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name, marks=[pytest.mark.slow] if path.stem in LONG_PAGES else [])
        for path in pages(".rst")
        if ">>> " in path.read_text()
    ],
)
def test_the_examples_of_a_page_run(path):
    result = doctest.testfile(str(path), module_relative=False)
    plt.close("all")
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


@pytest.mark.slow
def test_the_commands_of_the_pages_run(tmp_path, monkeypatch, capsys):
    """All of them in one folder, in the order of the pages, and the Python that reads what they wrote.

    Those that train do so for two alphas on two splits, which takes seconds instead of minutes.
    """
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"id": range(200), "size": rng.normal(size=200), "kind": rng.choice(["a", "b"], 200)})
    rows.to_csv(tmp_path / "new.csv", index=False)
    rows["label"] = np.where(rows["size"] + (rows["kind"] == "b") > 0.5, "yes", "no")
    rows.to_csv(tmp_path / "data.csv", index=False)
    rows.assign(price=100 + 10 * rows["size"]).to_csv(tmp_path / "houses.csv", index=False)
    shown = [
        line
        for path in pages(".rst", ".md")
        for block in blocks(path, "console")
        for line in block.split("\n")
    ]
    monkeypatch.chdir(tmp_path)
    commands = list(dict.fromkeys(line[2:] for line in shown if line.startswith("$ ridge-nn ")))
    assert len(commands) > 4
    for command in commands:
        _, *arguments = shlex.split(command)
        if arguments[0] in ("diagnose", "fit") and "--help" not in arguments:
            arguments += ["--alphas", "0,0.1", "--cv", "2"]
        try:
            returned = main(arguments)
        except SystemExit as stopped:
            returned = stopped.code or 0
        assert returned == 0, f"{command}: {capsys.readouterr().err}"
    (code,) = blocks(ROOT / "docs" / "cli.rst", "python")
    names: dict[str, object] = {}
    exec(code, names)
    assert names["pipeline"].classes_.tolist() == ["no", "yes"]


def sources(path):
    """The pieces of Python of a page or an example, those inside tables too."""
    text = path.read_text()
    if path.suffix == ".py":
        return [text]
    if path.suffix == ".md":
        return blocks(path, "python")
    found = [example.source for example in doctest.DocTestParser().get_examples(text)]
    for part in text.split(".. code-block:: python\n")[1:]:
        lines = part.lstrip("\n").split("\n")
        indent = len(lines[0]) - len(lines[0].lstrip())
        block = itertools.takewhile(lambda line, indent=indent: not line[:indent].strip(), lines)
        found.append(textwrap.dedent("\n".join(block)))
    return found


def imported(source):
    """Yield (module, name) of every import; the name is None where a whole module is imported."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "\nimport " in node.value:
            yield from imported(node.value)  # a program for another process


@pytest.mark.parametrize(
    "path", [*pages(".rst", ".md"), *sorted((ROOT / "examples").glob("*.py"))], ids=lambda p: p.name
)
def test_a_page_imports_only_what_is_public(path):
    public = {module.__name__: module.__all__ for module in PUBLIC}
    for source in sources(path):
        for module, name in imported(source):
            if module.partition(".")[0] == "sklearn_ridge_nn":
                assert module in public, f"{module} is not for users"
                assert name is None or name in public[module], f"{module}.{name} is not for users"


def test_the_imports_of_pages_are_found():
    """The test above sees imports in examples, blocks, tables and programs for other processes."""
    found = {
        path.name: {module for source in sources(path) for module, _ in imported(source)}
        for path in [*pages(".rst", ".md"), *sorted((ROOT / "examples").glob("*.py"))]
    }
    assert "sklearn_ridge_nn.training" in found["engine.rst"]
    assert "sklearn_ridge_nn" in found["README.md"]
    assert {"sklearn_ridge_nn", "distributed"} <= found["user_guide.rst"]
    assert "timeit" in found["plot_saving_and_serving.py"]
    assert all("sklearn_ridge_nn" in modules for name, modules in found.items() if name.endswith(".py"))


GUIDES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md")


def test_the_readme_links_lead_somewhere():
    for name in GUIDES:
        for target in re.findall(r"\]\((?!http)(.*?)\)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), f"{name} links to {target}"


def test_the_files_and_tests_that_pages_name_exist():
    tests = {path: path.read_text() for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    functions = {
        name for text in tests.values() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)
    }
    files = {path.stem for path in tests}
    named = 0
    for path in [*pages(".rst"), ROOT / "CONTRIBUTING.md"]:
        text = path.read_text()
        for name in re.findall(r"(?<![\w.])(?:tests|benchmarks|examples|docs)/[\w/.]+\.\w+", text):
            built = name.startswith(("docs/_build", "benchmarks/results"))
            assert built or (ROOT / name).exists(), f"{path.name} names {name}"
            named += 1
        for name in re.findall(r"`(test_\w+)`", text):
            assert name in functions | files, f"{path.name} names {name}"
            named += 1
        for name in re.findall(r"`(\w+/_\w+\.\w+)`", text):
            exists = (PACKAGE / name).exists() or (ROOT / name).exists()
            assert exists, f"{path.name} names {name}"
            named += 1
    assert named > 40


def test_the_files_in_contributing_are_those_of_the_package():
    """A line per file, below the line of its wing; ``__init__`` is described in the text."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (tree,) = re.findall(r"^```\nsklearn_ridge_nn/\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    listed, wing = [], ""
    for line in tree.splitlines():
        if found := re.match(r"  (\w+/) ", line):
            wing = found[1]
        elif found := re.match(r"(  (?:  )?)([\w.]+\.\w+) ", line):
            listed.append(wing + found[2] if found[1] == "    " else found[2])
    unlisted = {"__init__.py", "__init__.pyi", "py.typed"}
    files = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.*")
        if path.name not in unlisted and "__pycache__" not in path.parts
    ]
    assert sorted(listed) == sorted(files)


def test_contributing_says_which_wings_a_wing_may_import():
    """The last words of a wing's line, against the rule in tests/test_house.py that the code is held to."""
    (rule,) = re.findall(
        r"^WINGS = (\{.*?^\})", (ROOT / "tests" / "test_house.py").read_text(), re.DOTALL | re.M
    )
    stated = re.findall(
        r"^  (\w+)/ .*\(imports (.*?)\)$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE
    )
    assert {wing: set(below.split(", ")) - {"none"} for wing, below in stated} == eval(rule)


# -- files for a forge ----------------------------------------------------------------------------


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == sklearn_ridge_nn.__version__
    assert citation["cff-version"] == "1.2.0"


def test_continuous_integration_runs_make_targets_on_every_supported_python():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    steps = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    made = {target for step in steps for target in re.findall(r"^make ([\w-]+)", step, re.MULTILINE)}
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert made <= targets
    also = set(re.findall(r"^make ([\w-]+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    assert also | {"test-lowest"} <= made
    supported = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert jobs["newest"]["strategy"]["matrix"]["python"] == supported


def test_forms_and_hooks_are_valid_yaml():
    files = [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"]
    assert len(files) > 3
    for path in files:
        assert isinstance(yaml.safe_load(path.read_text()), dict), path


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


@pytest.mark.sample(1)
@pytest.mark.parametrize(("n_rows", "batch_size"), [(200, 64), (192, 64), (569, 200), (101, 50)])
def test_alpha_of_mlpclassifier_with_a_partial_last_minibatch(n_rows, batch_size):
    """Without inputs a kernel has no gradient but the penalty's, so an epoch shows all of its steps."""
    X, y = np.zeros((n_rows, 3)), np.arange(n_rows) % 2
    theirs, rate = 1e-3, 1e-3

    def kernel_after_an_epoch(rate):
        params = {"solver": "sgd", "momentum": 0, "batch_size": batch_size, "random_state": 0}
        classifier = MLPClassifier((4,), alpha=theirs, learning_rate_init=rate, **params)
        return classifier.partial_fit(X, y, classes=[0, 1]).coefs_[0]

    start, end = kernel_after_an_epoch(1e-300), kernel_after_an_epoch(rate)
    n_full, rest = divmod(n_rows, batch_size)
    n_steps = n_full + (rest > 0)
    factor = (n_full + (batch_size / rest if rest else 0)) / n_steps  # as docs/coming_from.rst has it
    if (n_rows, batch_size) == (200, 64):
        assert factor == 2.75
    alpha = factor * theirs / (2 * batch_size)
    np.testing.assert_allclose((start - end) / start, n_steps * rate * 2 * alpha, rtol=1e-4)

    ours = RidgeMLPClassifier(
        alpha, hidden_layer_sizes=(4,), optimizer="sgd", learning_rate=rate, batch_size=batch_size, epochs=1,
        validation_split=0.0, dtype="float64", random_state=0,
    ).fit(X, y)  # fmt: skip
    our_start = build_network(3, hidden_layer_sizes=(4,), dtype="float64", seed=0).get_weights()[0]
    np.testing.assert_allclose((our_start - ours.coefs_[0]) / our_start, (start - end) / start, rtol=1e-3)


def test_lambda_of_glmnet_acts_on_standardised_columns():
    """Its objective in the coefficients that it returns has its minimum where the Pipeline's is."""
    X, y = load_breast_cancer(return_X_y=True)
    assert X.std(axis=0).max() > 1000 * X.std(axis=0).min()
    strength = 0.1
    pipeline = make_pipeline(
        StandardScaler(), LogisticRegression(C=1 / (strength * len(y)), tol=1e-10, max_iter=10_000)
    ).fit(X, y)
    returned = pipeline[-1].coef_[0] / X.std(axis=0)  # on the original columns; ddof=0
    of_data = (X - X.mean(axis=0)).T @ (pipeline.predict_proba(X)[:, 1] - y) / len(y)
    of_penalty = strength * X.var(axis=0) * returned  # of lambda / 2 * sum((sd * coefficient) ** 2)
    np.testing.assert_allclose(of_data / X.std(axis=0), -of_penalty / X.std(axis=0), atol=1e-6)


# -- bias and variance ----------------------------------------------------------------------------


@pytest.mark.slow
def test_bootstraps_vary_less_than_independent_training_sets():
    """As docs/diagnosis.rst says, here on the first of its laws: about 0.6 of the variance."""
    n, n_sets, n_test = 100, 15, 1000
    X, y = make_classification(
        n * n_sets + n_test, 30, n_informative=8, n_redundant=0, flip_y=0.2, random_state=1
    )
    network = RidgeMLPClassifier(0.0, epochs=30, batch_size=32, random_state=0)
    pipeline = make_pipeline(StandardScaler(), network)
    test = slice(n * n_sets, None)
    parts = [slice(n * number, n * (number + 1)) for number in range(n_sets)]
    log_proba = [np.log(pipeline.fit(X[part], y[part]).predict_proba(X[test])) for part in parts]
    true = BiasVariance.from_log_proba([0.0], np.array([log_proba]), y[test])
    found = []
    for part in parts[:4]:
        rows = np.r_[part, test]
        settings = {"n_resamples": n_sets, "test_size": n_test / len(rows)}
        found.append(bias_variance(pipeline, X[rows], y[rows], [0.0, 0.01], **settings).log_variance[0])
    assert 0.4 < np.mean(found) / true.log_variance[0] < 0.9
