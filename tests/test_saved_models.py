"""Models that earlier releases saved load in this one, and predict the same."""

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.datasets import load_wine
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.preprocessing import scale

#: A folder per release, written by make.py in it.
RELEASES = [folder for folder in sorted((Path(__file__).parent / "saved").iterdir()) if folder.is_dir()]
MODELS = ["binary", "multiclass", "multilabel", "pipeline", "cv"]


def unpickled(path):
    if np.__version__.startswith("1."):
        pytest.skip("pickled by NumPy 2, whose arrays NumPy 1 does not know")
    return pickle.loads(path.read_bytes())


LOADERS = {
    "pickle": unpickled,
    "skops": lambda path: skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path)),
}
# The scaler of a pipeline is scikit-learn's, which warns in another version than it was saved in.
pytestmark = pytest.mark.filterwarnings(
    f"ignore::{InconsistentVersionWarning.__module__}.InconsistentVersionWarning"
)


@pytest.fixture(scope="module")
def rows():
    return scale(load_wine(return_X_y=True)[0])


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
@pytest.mark.parametrize(("name", "kind"), [*((n, k) for n in MODELS for k in LOADERS), ("search", "pickle")])
def test_a_saved_model_predicts_the_same(release, name, kind, rows):
    model = LOADERS[kind](release / f"{name}.{kind}")
    expected = np.load(release / "probabilities.npz")[name]
    np.testing.assert_allclose(model.predict_proba(rows), expected, rtol=1e-12)
    assert len(np.unique(model.predict(rows), axis=0)) > 1


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
def test_a_saved_model_trains_on(release, wine):
    """Its optimizer's state is known, too: one more pass is that of the network that never travelled."""
    X, y = wine
    model = LOADERS["pickle"](release / "multiclass.pickle")
    labels = np.array(["red", "rose", "white"])[y]
    assert model.partial_fit(X, labels).n_iter_ == 4


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
def test_a_saved_diagnosis_says_the_same(release):
    diagnosis, decomposition = (
        LOADERS["pickle"](release / f"{name}.pickle") for name in ("diagnosis", "decomposition")
    )
    assert len(diagnosis.verdicts) == 2
    assert {"failed-fits", "remaining-gap"} <= {finding.code for finding in diagnosis.findings}
    np.testing.assert_allclose(
        decomposition.log_bias + decomposition.log_variance, decomposition.log_loss, rtol=1e-12
    )


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
def test_the_command_predicts_with_a_model_that_it_saved(release, tmp_path):
    for name in ("command.skops", "new.csv"):
        shutil.copy(release / name, tmp_path)
    ridge_nn = Path(sys.executable).parent / "ridge-nn"
    command = [ridge_nn, "predict", "new.csv", "--model", "command.skops", "--proba", "--output", "out.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written, expected = (pd.read_csv(path) for path in (tmp_path / "out.csv", release / "command.csv"))
    # the last digits depend on the processor
    pd.testing.assert_frame_equal(written, expected, check_exact=False, rtol=1e-12)


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
def test_loading_needs_no_tensorflow(release):
    code = (
        "import pickle, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "model = pickle.load(open(sys.argv[1], 'rb'))\n"
        "heavy = {'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    for name in ("multiclass", "cv", "search"):
        unpickled(release / f"{name}.pickle")
        subprocess.run([sys.executable, "-c", code, release / f"{name}.pickle"], check=True)
