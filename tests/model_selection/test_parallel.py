"""Where fits go, in which chunks, and what is kept of them."""

import os
import signal
import subprocess
import sys
import types
from importlib.metadata import version

import distributed
import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_wine
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier, training as trainers
from sklearn_ridge_nn.model_selection import GridSearchCV, _chunks, cross_val_score
from sklearn_ridge_nn.model_selection._calls import Call

ALPHAS = [0.0, 1e-3, 1.0]


def classifier(**params):
    return RidgeMLPClassifier(**{"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0, **params})


def pipeline(**params):
    return make_pipeline(StandardScaler(), classifier(**params))


def search(n_folds=2, **params):
    """A search for the alpha of a pipeline."""
    grid = {"ridgemlpclassifier__alpha": ALPHAS}
    return GridSearchCV(params.pop("estimator", pipeline()), grid, cv=n_folds, **params)


def scores(search):
    return {name: values for name, values in search.cv_results_.items() if "time" not in name}


def assert_same_scores(a, b):
    assert list(scores(a)) == list(scores(b))
    for name, values in scores(a).items():
        np.testing.assert_array_equal(values, scores(b)[name], err_msg=name)


@pytest.fixture
def small_chunks(monkeypatch):
    """Every fold in a chunk of its own."""
    monkeypatch.setattr(_chunks, "CHUNK_OPERATIONS", 1)


# -- how calls are cut ----------------------------------------------------------------------------


def calls(X, n_candidates, n_folds, estimator):
    """As scikit-learn lists them."""
    rows = [(np.arange(f, len(X), 2), np.arange(f + 1, len(X), 2)) for f in range(n_folds)]
    name = "ridgemlpclassifier__alpha" if hasattr(estimator, "steps") else "alpha"

    def function(estimator, X, y, train, test, parameters):
        raise AssertionError

    return [
        Call.bind(
            function,
            (clone(estimator), X, np.zeros(len(X)), *fold, {name: float(candidate)}),
            {},
        )
        for candidate in range(n_candidates)
        for fold in rows
    ]


def test_small_folds_share_a_chunk_and_large_ones_do_not(monkeypatch):
    X = np.zeros((100, 4))
    (chunk,) = _chunks.chunks_of(calls(X, 3, 2, pipeline()))
    assert chunk.pieces == [[0, 2, 4, 1, 3, 5]]
    monkeypatch.setattr(_chunks, "CHUNK_BYTES", 50 * 4 * 8)
    chunks = _chunks.chunks_of(calls(X, 3, 2, pipeline()))
    assert [chunk.pieces for chunk in chunks] == [[[0, 2, 4]], [[1, 3, 5]]]


def test_many_candidates_of_a_fold_train_in_pieces_of_one_chunk(monkeypatch):
    X = np.zeros((100, 4))
    monkeypatch.setattr(_chunks, "PIECE_MEMBERS", 2)
    chunks = _chunks.chunks_of(calls(X, 5, 2, pipeline()))
    assert [chunk.pieces for chunk in chunks] == [[[0, 2], [4, 6], [8]], [[1, 3], [5, 7], [9]]]
    # without preprocessing they need not stay together
    chunks = _chunks.chunks_of(calls(X, 3, 1, classifier()))
    assert [chunk.pieces for chunk in chunks] == [[[0, 1]], [[2]]]


def test_long_trainings_are_cut_by_their_length(monkeypatch):
    """50 rows, 4 x 8 + 8 kernel weights, 3 epochs: 6 * 50 * 40 * 3 = 36,000 operations each."""
    monkeypatch.setattr(_chunks, "PIECE_OPERATIONS", 72_000)
    chunks = _chunks.chunks_of(calls(np.zeros((100, 4)), 4, 1, classifier()))
    assert [chunk.pieces for chunk in chunks] == [[[0, 1]], [[2, 3]]]


# -- backends -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster of two worker processes."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.slow
def test_results_do_not_depend_on_the_backend(wine, small_chunks, cluster):
    params = {"scoring": ["accuracy", "neg_log_loss"], "refit": "accuracy", "return_train_score": True}
    expected = search(4, **params).fit(*wine)
    for backend in ("threading", "loky", "dask"):
        with joblib.parallel_config(backend=backend):
            assert_same_scores(search(4, n_jobs=2, **params).fit(*wine), expected)
    assert len(set(cluster.run(os.getpid).values())) == 2


def test_chunks_go_to_other_processes(wine, small_chunks, trained):
    search(2, n_jobs=2, refit=False).fit(*wine)
    assert trained == []
    search(2, refit=False).fit(*wine)
    assert trained == [3, 3]


def test_a_single_chunk_does_not_wait_for_another_process(wine, trained):
    search(2, n_jobs=2, refit=False).fit(*wine)
    assert trained == [6]


class Killer(TransformerMixin, BaseEstimator):
    """Ends its process, as the system does when memory runs out, while there is a file left to delete."""

    def __init__(self, folder, rows=None):
        self.folder, self.rows = folder, rows

    def fit(self, X, y=None):
        if self.rows is None or len(X) == self.rows:
            for name in os.listdir(self.folder):
                os.remove(os.path.join(self.folder, name))
                os.kill(os.getpid(), signal.SIGKILL)
        return self

    def transform(self, X):
        return X


@pytest.mark.slow
def test_a_worker_that_is_killed_does_not_lose_the_search(wine, small_chunks, tmp_path):
    (tmp_path / "once").touch()
    estimator = make_pipeline(Killer(str(tmp_path)), classifier())
    with pytest.warns(RuntimeWarning, match=r"Worker processes ended .* The search goes on"):
        killed = search(3, estimator=estimator, n_jobs=2, refit=False).fit(*wine)
    assert not list(tmp_path.iterdir())
    assert_same_scores(killed, search(3, estimator=estimator, refit=False).fit(*wine))


@pytest.mark.slow
def test_a_worker_of_dask_that_is_killed_does_not_lose_the_search(wine, small_chunks, tmp_path, cluster):
    (tmp_path / "once").touch()
    estimator = make_pipeline(Killer(str(tmp_path)), classifier())
    with joblib.parallel_config(backend="dask"):
        killed = search(3, estimator=estimator, n_jobs=2, refit=False).fit(*wine)
    assert not list(tmp_path.iterdir())
    assert_same_scores(killed, search(3, estimator=estimator, refit=False).fit(*wine))


@pytest.mark.slow
def test_a_chunk_that_kills_every_worker_is_named_and_the_others_are_kept(
    wine, small_chunks, trained, tmp_path
):
    deaths, memory = tmp_path / "deaths", tmp_path / "memory"
    deaths.mkdir()
    for number in range(20):
        (deaths / str(number)).touch()
    X, y = wine
    splits = [(np.arange(0, n, 2), np.arange(1, n, 2)) for n in (178, 160, 140)]
    estimator = make_pipeline(Killer(str(deaths), rows=80), classifier())
    params = {"estimator": estimator, "refit": False, "memory": str(memory)}
    named = (
        r"again with only one chunk at a time: chunk 2 of 3: fits 1 to 7 \(the first with .*kept in memory"
    )
    with pytest.warns(RuntimeWarning, match="goes on"), pytest.raises(RuntimeError, match=named):
        search(splits, n_jobs=2, **params).fit(X, y)
    del trained[:]
    for name in deaths.iterdir():
        name.unlink()
    search(splits, **params).fit(X, y)
    assert trained == [3]  # the others were kept
    get_reusable_executor().shutdown(wait=True)


# -- memory ---------------------------------------------------------------------------------------


def test_what_is_kept_is_not_trained_again(wine, small_chunks, trained, tmp_path):
    expected = search(3, refit=False).fit(*wine)
    del trained[:]
    for memory in (str(tmp_path), tmp_path, joblib.Memory(str(tmp_path), verbose=0)):
        kept = search(3, refit=False, memory=memory).fit(*wine)
        assert_same_scores(kept, expected)
        np.testing.assert_array_equal(kept.cv_results_["mean_fit_time"] > 0, True)
    assert trained == [3, 3, 3]
    search(3, refit=False, memory=tmp_path, n_jobs=2, verbose=0).fit(*wine)
    assert trained == [3, 3, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"estimator": pipeline(epochs=4)},
        {"estimator": make_pipeline(StandardScaler(with_std=False), classifier())},
        {"scoring": "f1_macro"},
        {"return_train_score": True},
        {"y": 1},
        {"X": 1},
        {"sample_weight": 1},
        {"n_folds": 4},
        {"version": 1},
    ],
)
def test_what_results_depend_on_is_trained_anew(wine, trained, tmp_path, monkeypatch, change):
    X, y = wine
    search(3, refit=False, memory=tmp_path).fit(X, y)
    del trained[:]
    change, fit_params = dict(change), {}
    if change.pop("X", None):
        X = X + 1e-9
    if change.pop("y", None):
        y = np.where(np.arange(178) == 0, 1, y)
    if change.pop("sample_weight", None):
        fit_params = {"ridgemlpclassifier__sample_weight": np.ones(178)}
    if change.pop("version", None):
        monkeypatch.setattr(
            "sklearn_ridge_nn.model_selection._checkpoints.version", lambda name: version(name) + ".post1"
        )
    search(**{"n_folds": 3, **change}, refit=False, memory=tmp_path).fit(X, y, **fit_params)
    assert sum(trained) > 0


EDITS = {
    "body": "def measure(y, predicted):\n    return VALUE",
    "default": "def measure(y, predicted, value=VALUE):\n    return value",
    "helper": "def helper():\n    return VALUE\ndef measure(y, predicted):\n    return helper()",
    "constant": "value = VALUE\ndef measure(y, predicted):\n    return value",
    "inner": "def measure(y, predicted):\n    return max(VALUE for _ in y)",
    "decorated": """
import functools
def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper
@twice
def measure(y, predicted):
    return VALUE
""",
    "inherited": """
class Base:
    def value(self):
        return VALUE
class Measure(Base):
    def __call__(self, y, predicted):
        return self.value()
measure = Measure()
measure.__name__ = "measure"
""",
    "attribute": """
class Measure:
    value = VALUE
    def __call__(self, y, predicted):
        return self.value
measure = Measure()
measure.__name__ = "measure"
""",
    "static": """
class Measure:
    @staticmethod
    def value():
        return VALUE
    def __call__(self, y, predicted):
        return self.value()
measure = Measure()
measure.__name__ = "measure"
""",
    "property": """
class Measure:
    @property
    def value(self):
        return VALUE
    def __call__(self, y, predicted):
        return self.value
measure = Measure()
measure.__name__ = "measure"
""",
}


def edited(monkeypatch, source, **values):
    """Run a user's module, new in this version, and return its names."""
    for name, value in values.items():
        source = source.replace(name, value)
    module = types.ModuleType("users")
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, "users", module)
    return module


@pytest.mark.parametrize("source", EDITS.values(), ids=EDITS)
def test_a_scorer_whose_code_changed_is_asked_anew(wine, tmp_path, monkeypatch, source):
    for value in (0.25, 0.75):
        scorer = make_scorer(edited(monkeypatch, source, VALUE=str(value)).measure)
        params = {"cv": 2, "scoring": scorer, "memory": tmp_path}
        assert cross_val_score(classifier(), *wine, **params).tolist() == [value, value]


def test_a_transformer_whose_code_changed_is_fitted_anew(wine, tmp_path, monkeypatch, trained):
    source = """
from sklearn.base import BaseEstimator, TransformerMixin
class Scaling(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self
    def transform(self, X):
        return X * VALUE
"""
    for value, n_trained in (("1.0", 2), ("1.0", 2), ("0.0", 4)):
        module = edited(monkeypatch, source, VALUE=value)
        cross_val_score(make_pipeline(module.Scaling(), classifier()), *wine, cv=2, memory=tmp_path)
        assert sum(trained) == n_trained


def test_keys_are_the_same_in_every_process(tmp_path):
    code = """
import users
from sklearn_ridge_nn.model_selection._hashing import Hasher
print(Hasher().hash(users.measure))
"""
    source = "def measure(y, predicted):\n    return float(str(y) in {'a', 'b', 'c', 'd'})\n"
    (tmp_path / "users.py").write_text(source)
    keys = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert keys[0] == keys[1]


def test_a_damaged_file_is_trained_again(wine, tmp_path, trained):
    expected = search(2, refit=False, memory=tmp_path).fit(*wine)
    (file,) = tmp_path.rglob("output.pkl")
    file.write_bytes(file.read_bytes()[:20])
    again = search(2, refit=False, memory=tmp_path).fit(*wine)
    assert_same_scores(again, expected)
    assert trained == [6, 6]
    search(2, refit=False, memory=tmp_path).fit(*wine)
    assert trained == [6, 6]


def test_a_scorer_that_cannot_be_told_apart_is_refused(wine, tmp_path):
    scorer = make_scorer(lambda y, predicted: accuracy_score(y, predicted))
    with pytest.raises(
        ValueError, match=r"scorer=.*cannot be hashed.*top level of a module, or set memory=None"
    ):
        cross_val_score(classifier(), *wine, scoring=scorer, memory=tmp_path)


#: A search in a process of its own: a folder, and "kill" to end itself after three of five chunks.
SEARCH = """
import os, signal, sys
import numpy as np
from sklearn.datasets import load_wine
from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import _chunks
from sklearn_ridge_nn import training as trainers
from sklearn_ridge_nn.model_selection import GridSearchCV
_chunks.CHUNK_OPERATIONS = 1
train, done = trainers.train, []
def counting(tasks, *args):
    if sys.argv[2] == "kill" and len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(len(tasks))
    return train(tasks, *args)
trainers.train = counting
X, y = load_wine(return_X_y=True)
classifier = RidgeMLPClassifier(hidden_layer_sizes=(8,), epochs=3, random_state=0)
search = GridSearchCV(classifier, {"alpha": [0.0, 1e-3, 1.0]}, cv=5, refit=False, memory=sys.argv[1])
search.fit(X, y)
print(done, search.cv_results_["mean_test_score"].tolist())
"""


@pytest.mark.slow
def test_a_search_that_was_killed_goes_on_where_it_was(tmp_path):
    """A process is killed in the middle of its search; the next one trains only what is missing."""

    def run(how):
        command = [sys.executable, "-c", SEARCH, str(tmp_path / "a"), how]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run("kill").returncode == -signal.SIGKILL
    assert run("go on").stdout == f"[3, 3] {scores_of_the_search()}\n"


@pytest.mark.slow
def test_two_searches_on_one_folder_do_not_disturb_each_other(tmp_path):
    command = [sys.executable, "-c", SEARCH, str(tmp_path), "go on"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "ab"
    ]
    for process in both:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert out.endswith(f"] {scores_of_the_search()}\n")
        assert "Warning" not in err
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"[] {scores_of_the_search()}\n"  # all is kept, and whole


def scores_of_the_search():
    X, y = load_wine(return_X_y=True)
    search = GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=5, refit=False).fit(X, y)
    return search.cv_results_["mean_test_score"].tolist()


def test_ctrl_c_ends_a_search_and_keeps_what_is_finished(wine, small_chunks, trained, tmp_path, monkeypatch):
    counting = trainers.train

    def interrupt(tasks, *args):
        if len(trained) == 2:
            raise KeyboardInterrupt
        return counting(tasks, *args)

    monkeypatch.setattr(trainers, "train", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search(3, refit=False, memory=tmp_path).fit(*wine)
    monkeypatch.setattr(trainers, "train", counting)
    search(3, refit=False, memory=tmp_path).fit(*wine)
    assert trained == [3, 3, 3]


def test_what_is_none_of_ours_in_memory_is_passed_over_and_replaced(wine, small, trained, tmp_path):
    search = GridSearchCV(small(), {"alpha": [0.01, 0.1]}, cv=2, refit=False, memory=tmp_path / "memory")
    expected = search.fit(*wine).cv_results_["mean_test_score"]
    n_files = len(files := list((tmp_path / "memory").rglob("output.pkl")))
    assert n_files >= 1
    for number, other in enumerate(([1, 2], {"results": []}, "text", None, {"key": "x", "results": [{}]})):
        for file in files:
            joblib.dump(other, file)
        trained.clear()
        with pytest.warns(RuntimeWarning, match=r"memory holds something else .* They are trained again"):
            again = search.fit(*wine).cv_results_["mean_test_score"]
        np.testing.assert_array_equal(again, expected)
        assert sum(trained) == 4, number
        trained.clear()
        np.testing.assert_array_equal(search.fit(*wine).cv_results_["mean_test_score"], expected)
        assert not trained  # what was put in its place is whole


def test_a_folder_that_cannot_be_is_refused_by_memorys_name(wine, small, tmp_path):
    (tmp_path / "file").write_text("")
    search = GridSearchCV(small(), {"alpha": [0.01, 0.1]}, cv=2, memory=str(tmp_path / "file"))
    with pytest.raises(ValueError, match=r"^memory='.*file' cannot be used as a folder"):
        search.fit(*wine)


@pytest.mark.slow
def test_a_search_goes_on_where_nothing_can_be_kept(tmp_path):
    """A limit of file sizes takes the place of a full disk."""
    code = """
import resource, warnings
import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale
from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV
X, y = load_wine(return_X_y=True)
network = RidgeMLPClassifier(hidden_layer_sizes=(8,), epochs=3, random_state=0)
search = GridSearchCV(network, {"alpha": [0.01, 0.1]}, cv=2, refit=False)
expected = search.fit(scale(X), y).cv_results_["mean_test_score"]
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    found = search.set_params(memory="memory").fit(scale(X), y).cv_results_["mean_test_score"]
assert np.array_equal(found, expected)
print(any("File too large" in str(one.message) for one in caught))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=300,
        env={**os.environ, "SKLEARN_RIDGE_NN_CACHE": "off"},
    )  # fmt: skip
    assert done.stdout == "True\n", done.stderr
