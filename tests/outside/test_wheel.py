"""The package from a built wheel, in an environment without the extras.

Needs a registry of packages to install from. ``make test-outside`` runs it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTRAS = ("matplotlib", "pandas", "pyarrow", "skops", "distributed", "sphinx", "pytest")


def run(*command, code=0):
    """Run a command away from the checkout and return what it prints."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd="/")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment with the wheel, in the versions of the constraints; returns its programs."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", folder / "env")
    programs = folder / "env" / "bin"
    run(programs / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    return programs


def python(environment, code):
    """Run a program in the environment and return the lines that it prints."""
    return run(environment / "python", "-W", "error::ImportWarning", "-c", code)[0].splitlines()


def test_the_environment_has_no_extra(environment):
    code = "from importlib.util import find_spec\n" + "\n".join(
        f"print('{name}', find_spec('{name}') is None)" for name in EXTRAS
    )
    assert python(environment, code) == [f"{name} True" for name in EXTRAS]


def test_what_is_imported_is_the_wheel(environment):
    (line,) = python(environment, "import sklearn_ridge_nn; print(sklearn_ridge_nn.__file__)")
    assert line.startswith(str(environment.parent))
    assert (Path(line).parent / "py.typed").exists()


def test_fitting_searching_predicting_and_diagnosing_need_no_extra(environment):
    code = """
import pickle
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPClassifierCV, bias_variance, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV

X, y = load_wine(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0))
fitted = pickle.loads(pickle.dumps(pipeline.fit(X, y)))
print(fitted.predict_proba(X).shape, fitted.score(X, y) > 0.9)
search = GridSearchCV(pipeline, {"ridgemlpclassifier__alpha": [1e-3, 1]}, cv=3).fit(X, y)
print(search.best_params_)
print(RidgeMLPClassifierCV([1e-3, 1], cv=3).fit(fitted[0].transform(X), y).alpha_)
diagnosis = diagnose(pipeline, X, y, alphas=[1e-3, 1], cv=3)
print(diagnosis.verdicts, "best-at-edge" in str(diagnosis), "<table>" in diagnosis._repr_html_())
print(bias_variance(pipeline, X, y, alphas=[1e-3, 1], n_resamples=2).log_loss.shape)
"""
    assert python(environment, code) == [
        "(178, 3) True",
        "{'ridgemlpclassifier__alpha': 0.001}",
        "0.001",
        "('good', 'underfit') True True",
        "(2,)",
    ]


def test_what_needs_an_extra_says_which(environment):
    code = """
import numpy as np
from sklearn_ridge_nn import AlphaDiagnosis

scores = np.array([[-0.5, -0.6], [-0.4, -0.5]])
parts = {name: scores for name in ("train_score", "test_score", "train_loss", "test_loss")}
diagnosis = AlphaDiagnosis(alphas=[0.1, 1.0], **parts)
for method in (diagnosis.plot, diagnosis.to_html, diagnosis.to_frame):
    try:
        method()
    except ImportError as error:
        print(error)
"""
    drawing = "Drawing needs matplotlib. Install it with: pip install 'sklearn-ridge-nn[plot]'"
    frame = "to_frame needs pandas. Install it with: pip install 'sklearn-ridge-nn[cli]'"
    assert python(environment, code) == [drawing, drawing, frame]


def test_the_command_says_what_it_needs(environment):
    assert run(environment / "ridge-nn", "--version")[0].startswith("ridge-nn ")
    _, said = run(environment / "ridge-nn", "diagnose", "--dataset", "wine", code=2)
    needs = "pandas, pyarrow, skops, matplotlib"
    assert said == (
        f"ridge-nn: error: the command needs {needs}. Install what it needs with: "
        f"pip install 'sklearn-ridge-nn[cli]'\n"
    )
