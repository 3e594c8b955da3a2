"""The door to scikit-learn's private names, held against five releases that could come.

Each is a copy of the installed scikit-learn in which something inside was renamed or moved, as a release may
do without notice. What is called there gives the right result, or says in one clear sentence that it cannot.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn

from sklearn_ridge_nn import _sklearn

SEARCH, VALIDATION = "model_selection/_search.py", "model_selection/_validation.py"
EVERYWHERE = "**/*.py"
HELPER = "\ndef _job(*args, **kwargs):\n    return delayed(_fit_and_score)(*args, **kwargs)\n\n"
#: What is replaced in which files.
BROKEN = {
    "Parallel imported under another name": [
        (SEARCH, r"import Parallel, delayed", "import Parallel as JoblibParallel, delayed"),
        (SEARCH, r"(?<!import )\bParallel\(", "JoblibParallel("),
        (VALIDATION, r"import Parallel, delayed", "import Parallel as JoblibParallel, delayed"),
        (VALIDATION, r"(?<!import )\bParallel\(", "JoblibParallel("),
    ],
    "_safe_split renamed": [(EVERYWHERE, r"\b_safe_split\b", "_split_safely")],
    "train and test renamed": [
        (
            VALIDATION,
            r"(?<=    )train,\n    test,\n    verbose,",
            "train_rows,\n    test_rows,\n    verbose,",
        ),
        (VALIDATION, r"train, test = xp.asarray\(train,", "train, test = xp.asarray(train_rows,"),
        (VALIDATION, r"xp.asarray\(test,", "xp.asarray(test_rows,"),
        (SEARCH, r"\btrain=train,\s*test=test,", "train_rows=train, test_rows=test,"),
        (VALIDATION, r"\btrain=train,\s*test=test,", "train_rows=train, test_rows=test,"),
    ],
    "_fit_and_score renamed": [(EVERYWHERE, r"\b_fit_and_score\b", "_fit_then_score")],
    "jobs made in a helper": [
        (SEARCH, r"(?<=out = parallel\()\s+delayed\(_fit_and_score\)\(", "_job("),
        (SEARCH, r"\nclass BaseSearchCV", f"{HELPER}\nclass BaseSearchCV"),
    ],
}
#: What is said of a function, in one sentence.
UNSUPPORTED = (
    r"ImportError: {} does not support scikit-learn \S+, which differs inside \(sklearn\.\S+ .*\) from "
    r"versions 1\.7 to \S+, which this release of sklearn-ridge-nn was tested with\. Install "
    r"'scikit-learn<\S+', or a newer sklearn-ridge-nn\."
)
CALLS = """
import json, sys, warnings
import numpy as np
import sklearn
import sklearn.model_selection as theirs
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPClassifierCV, bias_variance, diagnose
from sklearn_ridge_nn import model_selection as ours

X, y = load_wine(return_X_y=True)
grid = {"ridgemlpclassifier__alpha": [1e-3, 1.0]}
network = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0, "dtype": "float64"}
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(**network))
options = {"cv": 2, "scoring": "neg_log_loss"}

def searched(search, **more):
    found = search(pipeline, grid, **options, **more).fit(X, y)
    return [found.cv_results_["mean_test_score"].tolist(), int(found.best_index_)]

calls = {
    "fit": lambda: pipeline.fit(X, y).predict_proba(X)[:3].tolist(),
    "search": lambda: searched(ours.GridSearchCV),
    "search by one standard error": lambda: searched(ours.GridSearchCV, refit="1se"),
    "search with memory": lambda: searched(ours.GridSearchCV, memory=sys.argv[1]),
    "cross_val_score": lambda: ours.cross_val_score(pipeline, X, y, **options).tolist(),
    "cross_val_predict": lambda: ours.cross_val_predict(pipeline, X, y, cv=2).tolist(),
    "validation_curve": lambda: [
        part.tolist()
        for part in ours.validation_curve(
            pipeline, X, y, param_name="ridgemlpclassifier__alpha", param_range=[1e-3, 1.0], **options
        )
    ],
    "cv": lambda: RidgeMLPClassifierCV([1e-3, 1.0], **options, **network).fit(scale(X), y).scores_.tolist(),
    "diagnose": lambda: diagnose(pipeline, X, y, alphas=[1e-3, 1.0], cv=2).test_loss.tolist(),
    "bias_variance": lambda: bias_variance(pipeline, X, y, [1e-3, 1.0], n_resamples=2).log_loss.tolist(),
}
answers = {}
for name, call in calls.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answers[name] = {"result": call()}
        except Exception as error:
            answers[name] = {"error": f"{type(error).__name__}: {error}"}
    answers[name]["warnings"] = [str(w.message) for w in caught if "scikit-learn" in str(w.message)]
json.dump(answers, sys.stdout)
"""


def answers(folder, *, first_on_path=None):
    """What every call of `CALLS` gives in a process of its own, where another scikit-learn may come first."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if first_on_path is not None:
        environment["PYTHONPATH"] = os.pathsep.join([str(first_on_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", CALLS, folder], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    found = answers(tmp_path_factory.mktemp("memory"))
    assert not any(answer.get("error") or answer["warnings"] for answer in found.values()), found
    return found


def broken_copy(folder, changes):
    """Write a scikit-learn into a folder in which some things have other names."""
    installed = Path(sklearn.__file__).parent
    copy = folder / "sklearn"
    libraries = installed.parent / "scikit_learn.libs"  # which the extension modules are linked to
    folder.mkdir(exist_ok=True)
    (folder / libraries.name).symlink_to(libraries)
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("__pycache__", "tests"), symlinks=True)
    for files, pattern, replacement in changes:
        n_replaced = 0
        for path in copy.glob(files):
            text, n = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
            if n:
                path.write_text(text, encoding="utf-8")
            n_replaced += n
        assert n_replaced, f"{pattern} is nowhere in {files}: this scikit-learn is written otherwise"
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("what", BROKEN)
def test_a_scikit_learn_that_differs_inside(what, expected, tmp_path):
    folder = broken_copy(tmp_path / "path", BROKEN[what])
    found = answers(tmp_path / "memory", first_on_path=folder)
    for name, answer in found.items():
        if name in ("diagnose", "bias_variance"):
            assert re.fullmatch(UNSUPPORTED.format(name), answer["error"]), answer
            continue
        assert_close(answer["result"], expected[name]["result"], name)
        if name == "fit":
            assert not answer["warnings"]
            continue
        (warning,) = answer["warnings"]
        assert sklearn.__version__ in warning
        assert "trained one by one" in warning
        assert ("Nothing is kept in memory" in warning) == (name == "search with memory")


def assert_close(found, expected, name):
    if name.startswith("search"):
        (found, index), (expected, expected_index) = found, expected
        assert index == expected_index
    np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=name)


def test_this_scikit_learn_is_as_expected():
    assert _sklearn.difference() is None
    oldest, newest = (tuple(map(int, text.split("."))) for text in _sklearn.TESTED)
    assert oldest <= tuple(map(int, sklearn.__version__.split(".")[:2])) <= newest


def test_what_the_estimators_need_is_named_where_it_is_missing(tmp_path):
    folder = broken_copy(tmp_path, [(EVERYWHERE, r"\b_fit_context\b", "_fit_ctx")])
    done = subprocess.run(
        [sys.executable, "-c", "from sklearn_ridge_nn import RidgeMLPClassifier"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ImportError: scikit-learn" in done.stderr
    assert "lacks what this package needs of it (cannot import name '_fit_context'" in done.stderr
    assert "Install 'scikit-learn<" in done.stderr
