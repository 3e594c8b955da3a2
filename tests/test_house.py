"""The rooms and who may know whom, read from the source."""

import ast
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import sklearn_ridge_nn
from sklearn_ridge_nn import model_selection

PACKAGE = Path(sklearn_ridge_nn.__file__).parent
ROOT = PACKAGE.parent

#: Each room, and the rooms that it may import.
ROOMS = {
    "__init__": {
        "decomposition",
        "diagnosis",
        "display",
        "estimator",
        "estimator_cv",
        "network",
        "resampling",
        "studies",
    },
    "__main__": {"cli"},
    "batch": {"checkpoints", "fold_fits", "parameters", "progress", "stacks", "training"},
    "checkpoints": {"fold_fits"},
    "cli": {"commands", "terminal"},
    "columns": {"tables"},
    "commands": {
        "columns",
        "drawing",
        "estimator",
        "files",
        "findings",
        "inputs",
        "luck",
        "model_files",
        "model_selection",
        "parameters",
        "report",
        "studies",
        "tables",
        "terminal",
    },
    "decomposition": {"extras"},
    "diagnosis": {"evidence", "extras", "findings", "luck"},
    "display": {"decomposition", "diagnosis", "drawing", "evidence", "luck", "resampling", "studies"},
    "drawing": {"extras"},
    "engine": {"feed", "forward", "network", "optimizers", "program", "progress", "stacks", "training"},
    "estimator": {"fitted", "labels", "parameters", "randomness", "trainers", "training"},
    "estimator_cv": {"checkpoints", "estimator", "fitted", "labels", "model_selection", "parameters"},
    "evidence": {"verdicts"},
    "extras": set(),
    "feed": {"randomness", "training"},
    "findings": {"evidence", "luck", "verdicts"},
    "files": set(),
    "fitted": {"forward", "labels", "network", "training"},
    "fold_fits": {"estimator", "progress", "rebinding", "trainers", "training"},
    "forward": {"training"},
    "inputs": {"columns", "model_files", "tables", "terminal"},
    "keras_training": {"forward", "network", "optimizers", "randomness", "training"},
    "labels": {"training"},
    "luck": set(),
    "model_files": {"files"},
    "model_selection": {"batch", "checkpoints", "fold_fits", "rebinding", "training"},
    "network": {"optimizers", "randomness", "training"},
    "optimizers": set(),
    "parameters": {"forward", "network", "optimizers"},
    "program": {"network", "optimizers", "recipe", "stacked", "training"},
    "progress": set(),
    "randomness": set(),
    "rebinding": set(),
    "recipe": {"optimizers", "training"},
    "report": {"diagnosis", "display", "drawing", "findings", "luck"},
    "resampling": {"decomposition", "studies"},
    "stacked": {"recipe"},
    "stacks": {"feed", "optimizers", "recipe", "training"},
    "studies": {
        "batch",
        "checkpoints",
        "diagnosis",
        "evidence",
        "fold_fits",
        "forward",
        "parameters",
        "rebinding",
        "training",
    },
    "tables": set(),
    "terminal": {"files"},
    "trainers": {"engine", "keras_training", "progress", "training"},
    "training": {"randomness"},
    "verdicts": {"luck"},
}
#: What a convenience method imports of the rooms above when it is called: the arrows at import stay one way.
LATE = {"diagnosis": {"display", "report"}}
#: Heavy libraries, and the rooms that may import them.
HEAVY = {
    "keras": {"network", "keras_training", "optimizers", "program", "stacked"},
    "scikeras": {"network"},
    "tensorflow": {"optimizers", "program", "stacked", "stacks"},
    "matplotlib": {"drawing"},
    "pandas": {"columns", "commands", "decomposition", "diagnosis", "inputs", "tables"},
    "pyarrow": {"tables"},
    "skops": {"model_files"},
}


def imports(path, at_run_time=True):
    """Yield (module, names) of every import of a file, those for type checkers aside.

    ``required("package", ...)`` imports, too.
    """
    tree = ast.parse(path.read_text())
    skipped = {
        node
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and getattr(branch.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if at_run_time and node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, [alias.name for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "required":
            yield node.args[0].value, []


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_a_room_knows_only_the_rooms_below_it(path):
    known = set()
    for module, names in imports(path, at_run_time=False):
        if module == "sklearn_ridge_nn":
            known |= set(names)
        elif module.startswith("sklearn_ridge_nn."):
            known.add(module.split(".")[1])
        elif (library := module.split(".")[0]) in HEAVY and (module, names) in list(imports(path)):
            assert path.stem in HEAVY[library], f"{path.stem} imports {library}"
    allowed = ROOMS[path.stem] | LATE.get(path.stem, set())
    assert known <= allowed, f"{path.stem} imports {known - allowed}"


def test_what_is_imported_late_is_not_imported_with_the_room():
    code = (
        "import sys, sklearn_ridge_nn.diagnosis\n"
        "heavy = {'keras', 'tensorflow', 'matplotlib', 'pandas', 'rich', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "late = {'sklearn_ridge_nn.report', 'sklearn_ridge_nn.display'} & set(sys.modules)\n"
        "assert not late, late"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_arrows_make_no_circle():
    done: list[str] = []
    left = dict(ROOMS)
    while left:
        free = [room for room, below in left.items() if below <= set(done)]
        assert free, f"these rooms import each other in a circle: {sorted(left)}"
        done += free
        for room in free:
            del left[room]


def test_the_version_is_the_same_everywhere():
    assert sklearn_ridge_nn.__version__ == version("sklearn-ridge-nn")
    released, _, of_development = sklearn_ridge_nn.__version__.partition(".dev")
    newest = "Unreleased" if of_development else released
    assert re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == newest


def test_every_public_name_is_documented():
    reference = (ROOT / "docs" / "api.rst").read_text()
    for module in (sklearn_ridge_nn, model_selection):
        for name in module.__all__:
            assert re.search(rf"^\s+{name}$", reference, re.MULTILINE), f"{name} is not in docs/api.rst"
            assert ">>>" in getattr(module, name).__doc__, f"{name} has no example"
