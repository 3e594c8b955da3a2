"""A process that has compiled many programs has a helper compile the next ones, with the same bits."""

import os
import signal
import warnings

import numpy as np
import pytest

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV
from sklearn_ridge_nn.training import _helper, _program, n_compiled

pytestmark = pytest.mark.skipif(os.name != "posix", reason="helpers are started on POSIX only")

X = np.random.default_rng(0).normal(size=(70, 5))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


def fitted(*hidden, **params):
    return RidgeMLPClassifier(hidden_layer_sizes=hidden, epochs=4, random_state=0, **params).fit(X, Y)


def helpers():
    """The process numbers of this process's helpers."""
    return [helper.process.pid for helper in _helper._helper.values()]


@pytest.fixture
def full(monkeypatch):
    """Have this process be full from now on, and helpers after so many programs; return what sets that."""
    _program.forget_programs()

    def after(most_programs):
        monkeypatch.setattr(_helper, "MOST_PROGRAMS", most_programs)

    monkeypatch.setattr(_program._cache, "n_compiled", 1_000)
    after(1_000)
    yield after
    for helper in _helper._helper.values():
        helper.end()
    _helper._helper.clear()


def test_a_full_process_has_a_helper_train_with_the_same_bits(monkeypatch, full, capsys):
    with monkeypatch.context() as here:
        here.setattr(_helper, "is_full", lambda _: False)
        alone = [fitted(7), fitted(7, 6, dropout=0.2, optimizer="sgd")]
    full(10)
    _program.forget_programs()
    before = n_compiled()
    helped = [fitted(7, verbose=1), fitted(7, 6, dropout=0.2, optimizer="sgd")]
    assert n_compiled() == before + 2
    (pid,) = helpers()
    assert pid != os.getpid()
    assert not _program._cache._programs  # nothing was compiled here
    for mine, theirs in zip(alone, helped, strict=True):
        np.testing.assert_array_equal(mine.predict_proba(X), theirs.predict_proba(X))
        np.testing.assert_array_equal(mine.history_["val_data_loss"], theirs.history_["val_data_loss"])
    assert "Training 1 network in the engine: 4 of 4 epochs" in capsys.readouterr().out


def test_what_is_compiled_here_is_trained_here(monkeypatch, full):
    with monkeypatch.context() as here:
        here.setattr(_helper, "is_full", lambda _: False)
        fitted(8)
    full(10)
    fitted(8)
    assert helpers() == []


@pytest.mark.slow
def test_a_helper_is_renewed_when_it_is_full(full):
    full(2)
    fitted(3)
    (first,) = helpers()
    fitted(4)
    assert helpers() == []
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    fitted(5)
    (second,) = helpers()
    assert second != first


def test_pieces_of_memory_count_too(monkeypatch, full):
    full(10_000)
    monkeypatch.setattr(_helper, "MOST_PIECES", 0)
    assert _helper.is_full(0) == os.path.exists("/proc/self/maps")
    monkeypatch.setattr(_helper, "_PIECES", _helper.Path("/nowhere"))
    assert not _helper.is_full(0)


def test_where_no_helper_can_be_started_this_process_trains(monkeypatch, full):
    full(0)
    monkeypatch.setattr("multiprocessing.spawn.get_executable", lambda: None)
    fitted(9)
    assert helpers() == []
    assert _program._cache._programs


@pytest.mark.slow
def test_a_search_and_its_failures_are_the_same_in_a_helper(monkeypatch, full):
    search = GridSearchCV(
        RidgeMLPClassifier(hidden_layer_sizes=(6,), epochs=3, random_state=0),
        {"alpha": [0.0, 0.1], "learning_rate": [1e-3, 1e25]},
        cv=2,
    )
    with monkeypatch.context() as here, warnings.catch_warnings(record=True) as mine:
        here.setattr(_helper, "is_full", lambda _: False)
        warnings.simplefilter("always")
        expected = search.fit(X, Y).cv_results_["mean_test_score"]
    full(10)
    _program.forget_programs()
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always")
        found = search.fit(X, Y).cv_results_["mean_test_score"]
    assert helpers()
    np.testing.assert_array_equal(found, expected)
    assert np.isnan(found).any()
    assert [str(w.message)[:60] for w in theirs] == [str(w.message)[:60] for w in mine]


@pytest.mark.slow
def test_a_helper_that_is_killed_is_said_and_the_next_one_trains(full):
    full(10)
    fitted(5)
    os.kill(*helpers(), signal.SIGKILL)
    with pytest.raises(RuntimeError, match=r"ended with exit code -9.*Go on in a new process"):
        fitted(6)
    assert fitted(6).n_iter_ == 4
