"""The wings of the house, and who may know whom, read from the source."""

import ast
import pickle
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from types import FunctionType

import pytest

import sklearn_ridge_nn
from sklearn_ridge_nn import model_selection, training

PACKAGE = Path(sklearn_ridge_nn.__file__).parent
ROOT = PACKAGE.parent
NAME = PACKAGE.name

#: Each wing, and the wings that it may import.
WINGS = {
    "network": set(),
    "training": {"network"},
    "estimators": {"network", "training"},
    "evidence": set(),
    "preprocessing": set(),
    "export": {"estimators", "network", "preprocessing"},
    "display": {"evidence"},
    "report": {"display", "evidence"},
    "model_selection": {"estimators", "evidence", "training"},
    "diagnosis": {
        "display", "estimators", "evidence", "model_selection", "network", "report", "training",
    },
    "cli": {
        "diagnosis", "display", "estimators", "evidence", "export", "model_selection",
        "preprocessing", "report",
    },
}  # fmt: skip
#: Files that every wing may import.
FOR_ALL = {"_extras", "_observed", "_quiet", "_sklearn", "_tensorflow"}
#: Wings that users import from. What other wings use of them beside is in their file `_shared`.
PUBLIC = {"model_selection", "training"}
#: Heavy libraries, and the files and wings that may import them.
HEAVY = {
    "keras": {"_tensorflow"},
    "tensorflow": {"_tensorflow", "training._stable_names", "training._stacked_network"},
    f"{NAME}._tensorflow": {
        "network._keras_model", "network._optimizers", "training._compile_cache", "training._helper",
        "training._grouping", "training._keras_loop", "training._kept_graphs", "training._kept_networks",
        "training._memory", "training._program", "training._stable_names", "training._stacked_network",
    },
    "scikeras": {"network._keras_model"},
    "matplotlib": {"display"},
    "pandas": {"cli", "diagnosis._alpha_diagnosis", "diagnosis._bias_variance_result"},
    "pyarrow": {"cli._columns", "cli._quick_csv", "cli._tables"},
    "skops": {"cli._model_file"},
    "skl2onnx": {"export"},
    "onnx": {"export"},
    "onnxruntime": {"export"},
}  # fmt: skip
FILES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))
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


def listed(wing):
    """The names that a wing lists in its stub, and the file that each is in."""
    tree = ast.parse((PACKAGE / wing / "__init__.pyi").read_text())
    return {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def known(file):
    """Yield (wing or root file, file in it or None, name or None) of what a file imports of the package."""
    for module, names in imports(FILES[file], at_run_time=False):
        if module == NAME:
            yield from ((name, None, None) for name in names)
        elif module.startswith(f"{NAME}."):
            _, wing, *rest = module.split(".")
            yield from ((wing, rest[0] if rest else None, name) for name in names or [None])


@pytest.mark.parametrize("file", [file for file in FILES if "." in file])
def test_a_wing_knows_only_the_wings_below_it(file):
    own = file.split(".")[0]
    others = {wing for wing, _, _ in known(file)} - {own} - FOR_ALL
    assert others <= WINGS[own] | {"__version__"}, f"{file} imports {others - WINGS[own]}"


@pytest.mark.parametrize("file", FILES)
def test_wings_meet_at_their_doors(file):
    """What a wing uses of another one is in the other's stub, or in `_shared` of a public one."""
    own = file.split(".")[0]
    for wing, inner, name in known(file):
        if wing not in WINGS or wing == own:
            continue
        if inner is None:
            assert name is None or name in listed(wing), f"{file} imports {name}, which {wing} does not list"
        else:
            assert wing in PUBLIC, f"{file} imports {wing}.{inner}"
            assert inner == "_shared", f"{file} imports {wing}.{inner}"


def test_no_files_import_each_other_in_a_circle():
    """Imports inside functions and for type checkers count."""
    below = {file: set() for file in FILES}
    for file in FILES:
        for wing, inner, name in known(file):
            target = f"{wing}.{inner}" if inner else wing
            if inner is None and wing in WINGS:
                if name is None:  # the wing as a whole
                    below[file] |= {f"{wing}{inner}" for inner in set(listed(wing).values())} - {file}
                    continue
                target = f"{wing}.__init__" if name not in listed(wing) else f"{wing}{_file(wing, name)}"
            below[file].add(target)
    below = {file: {one for one in ones if one in FILES} for file, ones in below.items()}
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        pytest.fail(f"these files import each other in a circle: {' -> '.join(error.args[1])}")


def _file(wing, name):
    return f".{listed(wing)[name]}"


@pytest.mark.parametrize("file", FILES)
def test_heavy_libraries_are_imported_where_they_are_needed(file):
    for module, _ in imports(FILES[file]):
        library = module if module in HEAVY else module.split(".")[0]
        if library in HEAVY:
            assert {file, file.split(".")[0]} & HEAVY[library], f"{file} imports {library}"


@pytest.mark.parametrize("file", [file for file in FILES if file != "_sklearn"])
def test_private_names_of_scikit_learn_come_through_the_door(file):
    for module, names in imports(FILES[file], at_run_time=False):
        if module.split(".")[0] == "sklearn":
            private = [part for part in (*module.split("."), *names) if part.startswith("_")]
            assert not private, f"{file} imports {module}: {private}"


@pytest.mark.parametrize("wing", WINGS)
def test_a_stub_lists_what_is_there(wing):
    module = __import__(f"{NAME}.{wing}", fromlist=["x"])
    assert sorted(listed(wing)) == sorted(dir(module)) == sorted(module.__all__)
    for name in listed(wing):
        assert getattr(module, name) is not None


@pytest.mark.slow
@pytest.mark.parametrize("wing", WINGS)
def test_any_wing_can_be_imported_first(wing):
    subprocess.run([sys.executable, "-c", f"from {NAME}.{wing} import *"], check=True)


@pytest.mark.parametrize("module", [sklearn_ridge_nn, model_selection], ids=lambda module: module.__name__)
def test_public_names_are_of_the_module_that_users_import_them_from(module):
    """So pickles, skops files and warnings do not name the file in which one happens to be."""
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, type | FunctionType):
            assert (value.__module__, value.__qualname__) == (module.__name__, name)
            assert pickle.loads(pickle.dumps(value)) is value
        else:
            assert value in (model_selection, training)


def test_the_root_lists_what_is_public_and_nothing_else():
    assert set(dir(sklearn_ridge_nn)) == set(sklearn_ridge_nn.__all__)


def test_what_is_imported_late_is_not_imported_with_the_wing():
    code = (
        "import sys; from sklearn_ridge_nn import AlphaDiagnosis\n"
        "heavy = {'keras', 'tensorflow', 'matplotlib', 'pandas', 'rich', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "late = {'sklearn_ridge_nn.report._text', 'sklearn_ridge_nn.display._axes'} & set(sys.modules)\n"
        "assert not late, late"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_version_is_the_same_everywhere():
    assert sklearn_ridge_nn.__version__ == version("sklearn-ridge-nn")
    released, _, of_development = sklearn_ridge_nn.__version__.partition(".dev")
    newest = "Unreleased" if of_development else released
    assert re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == newest


def test_every_public_name_is_documented():
    reference = (ROOT / "docs" / "api.rst").read_text()
    for module in (sklearn_ridge_nn, model_selection, training):
        for name in module.__all__:
            if f"{module.__name__}.{name}" in sys.modules:  # a public wing
                assert f".. module:: {module.__name__}.{name}" in reference
                continue
            assert re.search(rf"^\s+{name}$", reference, re.MULTILINE), f"{name} is not in docs/api.rst"
            assert ">>>" in getattr(module, name).__doc__, f"{name} has no example"
