"""scikit-learn's callbacks see every epoch of a fit, and change nothing of what is trained."""

import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection as theirs
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor, bias_variance, diagnose, training
from sklearn_ridge_nn.model_selection import GridSearchCV, _fold_fits as fold_fits
from sklearn_ridge_nn.training import _engine as engine

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks since version 1.9")

SETTINGS = {"hidden_layer_sizes": (8,), "epochs": 6, "random_state": 0, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return scale(X), y


class Recorder:
    """Keeps what it is told; ends a training after some epoch."""

    def __init__(self, last=None):
        self.events, self.last, self.is_set_up = [], last, False

    def setup(self, estimator, context):
        self.is_set_up = True

    def teardown(self, estimator, context):
        self.is_set_up = False

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.events.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.X, self.y, self.metadata = X, y, metadata
        self.events.append(("end", context.task_name, context.task_id))
        if fitted_estimator is not None and context.task_name == "epoch":
            assert fitted_estimator is not estimator
            self.predicted = fitted_estimator.predict(X)
            self.n_iter = fitted_estimator.n_iter_
        return context.task_name == "epoch" and context.task_id == self.last

    def named(self, kind, name):
        return [number for what, task, number in self.events if (what, task) == (kind, name)]


class Propagated(Recorder):
    """One that a search hands down to what it fits."""

    max_propagation_depth = None


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"dropout": 0.2, "validation_split": 0.0},
        {"early_stopping": True, "epochs": 40, "patience": 2, "learning_rate": 0.05},
        {"epochs": "auto", "batch_size": 128},
        {"optimizer": "adafactor"},  # with Keras itself
    ],
)
def test_what_is_trained_is_what_is_trained_without(wine, parameters):
    plain = RidgeMLPClassifier(**SETTINGS | parameters).fit(*wine)
    watched = RidgeMLPClassifier(**SETTINGS | parameters).set_callbacks(Recorder()).fit(*wine)
    for one, other in zip(
        plain.coefs_ + plain.intercepts_, watched.coefs_ + watched.intercepts_, strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert plain.history_.keys() == watched.history_.keys()
    for name, values in plain.history_.items():
        np.testing.assert_array_equal(values, watched.history_[name])
    names = set(vars(plain)) | {"_skl_callbacks"}
    assert set(vars(watched)) == names
    assert plain.n_iter_ == watched.n_iter_
    assert getattr(plain, "best_epoch_", None) == getattr(watched, "best_epoch_", None)
    plain.set_params(warm_start=True, epochs=2, early_stopping=False).fit(*wine)
    watched.set_callbacks().set_params(warm_start=True, epochs=2, early_stopping=False).fit(*wine)
    np.testing.assert_array_equal(plain.coefs_[0], watched.coefs_[0])  # optimizers stood at the same, too


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "adafactor"])
def test_a_scoring_monitor_scores_the_network_of_every_epoch(wine, optimizer):
    X, y = wine
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    network = RidgeMLPClassifier(**SETTINGS, optimizer=optimizer)
    network.set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in rows] == list(range(6))
    for row in rows:
        shorter = RidgeMLPClassifier(**SETTINGS | {"epochs": row["task_id"] + 1, "optimizer": optimizer})
        expected = -log_loss(y, shorter.fit(X, y).predict_proba(X))
        assert row["neg_log_loss"] == pytest.approx(expected, rel=1e-6)


def test_a_regressor_too():
    X, y = load_diabetes(return_X_y=True)
    monitor = callback.ScoringMonitor(scoring="r2")
    network = RidgeMLPRegressor(**SETTINGS).set_callbacks(monitor).fit(scale(X), y)
    scores = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 6
    assert scores[-1] == pytest.approx(network.score(scale(X), y), rel=1e-6)


def test_events_come_in_pairs_and_say_what_the_user_gave(wine):
    X, y = pd.DataFrame(wine[0]).rename(columns=str), wine[1]
    weights = np.linspace(0.5, 1.5, len(y))
    recorder = Recorder()
    RidgeMLPClassifier(**SETTINGS).set_callbacks(recorder).fit(X, y, sample_weight=weights)
    epochs = [(what, "epoch", number) for number in range(6) for what in ("begin", "end")]
    assert recorder.events == [("begin", "fit", 0), *epochs, ("end", "fit", 0)]
    assert recorder.X is X
    assert recorder.y is y
    assert recorder.metadata["sample_weight"] is weights
    assert not recorder.is_set_up


@pytest.mark.sample(1)
@pytest.mark.parametrize("optimizer", ["adam", "adafactor"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_callback_may_end_the_training(wine, optimizer, early_stopping):
    options = SETTINGS | {"optimizer": optimizer, "early_stopping": early_stopping, "patience": 9}
    recorder = Recorder(last=2)
    network = RidgeMLPClassifier(**options).set_callbacks(recorder).fit(*wine)
    shorter = RidgeMLPClassifier(**options | {"epochs": 3}).fit(*wine)
    assert network.n_iter_ == 3
    np.testing.assert_array_equal(network.coefs_[0], shorter.coefs_[0])
    np.testing.assert_array_equal(network.history_["data_loss"], shorter.history_["data_loss"])
    assert recorder.named("end", "epoch") == [0, 1, 2]


def test_early_stopping_leaves_no_event_open(wine):
    recorder = Recorder()
    options = {"early_stopping": True, "epochs": 60, "patience": 1, "learning_rate": 0.1}
    network = RidgeMLPClassifier(**SETTINGS | options).set_callbacks(recorder).fit(*wine)
    assert network.n_iter_ < 60
    assert recorder.named("begin", "epoch") == recorder.named("end", "epoch")


def test_a_fit_that_fails_or_diverges_ends_for_callbacks_and_changes_nothing(wine):
    X, y = wine
    recorder = Recorder()
    network = RidgeMLPClassifier(**SETTINGS).fit(X, y).set_callbacks(recorder)
    before = dict(vars(network))
    network.set_params(learning_rate=1e30)
    with pytest.raises(ValueError, match=r"infinite or NaN in epoch \d of 6\."):
        network.fit(X * 1e6, y)
    assert not recorder.is_set_up
    assert set(vars(network)) == set(before)
    assert network.coefs_ is before["coefs_"]


def test_training_that_goes_on_is_seen_from_there(wine):
    recorder = Recorder()
    network = RidgeMLPClassifier(**SETTINGS, warm_start=True).set_callbacks(recorder).fit(*wine).fit(*wine)
    assert network.n_iter_ == recorder.n_iter == 12
    assert recorder.named("end", "epoch") == [*range(6), *range(6)]
    whole = RidgeMLPClassifier(**SETTINGS | {"epochs": 12}).fit(*wine)
    np.testing.assert_array_equal(network.coefs_[0], whole.coefs_[0])


def test_a_clone_has_the_callbacks_and_partial_fit_is_silent(wine):
    recorder = Recorder()
    network = clone(RidgeMLPClassifier(**SETTINGS).set_callbacks(recorder))
    assert network._skl_callbacks == [recorder]
    network.partial_fit(*wine, classes=[0, 1, 2])
    assert recorder.events == []
    with pytest.raises(TypeError, match="FitCallback"):
        network.set_callbacks("a progress bar")


def test_lines_count_the_epochs_of_the_whole_training(wine, capsys):
    RidgeMLPClassifier(**SETTINGS, verbose=2).fit(*wine)
    plain = capsys.readouterr().out
    RidgeMLPClassifier(**SETTINGS, verbose=2).set_callbacks(Recorder()).fit(*wine)
    watched = capsys.readouterr().out.splitlines()
    lines = [line for line in watched if line.startswith("epoch")]
    assert lines == [line for line in plain.splitlines() if line.startswith("epoch")]


# -- in pipelines and searches --------------------------------------------------------------------


def test_a_pipeline_hands_them_down(wine):
    recorder = Propagated()
    pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(**SETTINGS)).set_callbacks(recorder)
    pipeline.fit(*wine)
    assert recorder.named("end", "epoch") == list(range(6))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_search_trains_together_and_reports_every_fit(wine, monkeypatch, n_jobs):
    calls = []
    train = training.train
    monkeypatch.setattr(
        training, "train", lambda tasks, *rest: calls.append(len(tasks)) or train(tasks, *rest)
    )
    grid = {"alpha": [1e-3, 1e-1, 1.0]}
    network = RidgeMLPClassifier(**SETTINGS)
    plain = GridSearchCV(network, grid, cv=2, scoring="neg_log_loss").fit(*wine)
    calls.clear()
    recorder = Propagated()
    search = GridSearchCV(network, grid, cv=2, scoring="neg_log_loss", n_jobs=n_jobs)
    search.set_callbacks(recorder if n_jobs is None else callback.ProgressBar()).fit(*wine)
    scores = [search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]]
    np.testing.assert_allclose(*scores, rtol=1e-6)
    if n_jobs is None:
        assert calls == [6]  # the last fit is seen epoch by epoch
        assert recorder.named("end", "epoch") == list(range(6)) * 7
        assert recorder.named("begin", "epoch") == recorder.named("end", "epoch")
    assert not hasattr(search.best_estimator_, "_skl_callbacks")


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True, "epochs": 30, "patience": 2, "learning_rate": 0.05},
        {"optimizer": "adafactor"},
    ],
)
def test_callbacks_of_a_network_see_each_epoch_of_networks_that_train_together(wine, parameters, n_jobs):
    """They see what they see in scikit-learn's own search, which fits one after the other."""
    logs, searches = [], []
    for kind in (GridSearchCV, theirs.GridSearchCV):
        monitor = callback.ScoringMonitor(scoring="neg_log_loss")
        network = RidgeMLPClassifier(**SETTINGS | parameters).set_callbacks(monitor)
        options = {"cv": 2, "scoring": "neg_log_loss", "n_jobs": n_jobs if kind is GridSearchCV else None}
        searches.append(kind(network, {"alpha": [1e-3, 1e-1]}, **options).fit(*wine))
        rows = monitor.get_logs().data
        logs.append({row["task_id_path"]: row["neg_log_loss"] for row in rows if "neg_log_loss" in row})
    assert logs[0].keys() == logs[1].keys()
    for path, score in logs[1].items():
        assert logs[0][path] == pytest.approx(score, rel=1e-5)
    scores = [search.cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_allclose(*scores, rtol=1e-6)


def test_networks_with_callbacks_train_together(wine, monkeypatch):
    calls = []
    train = engine.train_together
    monkeypatch.setattr(
        engine, "train_together", lambda tasks, *rest: calls.append(len(tasks)) or train(tasks, *rest)
    )
    network = RidgeMLPClassifier(**SETTINGS).set_callbacks(Recorder())
    GridSearchCV(network, {"alpha": [1e-3, 1e-1, 1.0]}, cv=2).fit(*wine)
    assert calls == [6] * 6 + [1] * 6  # an epoch at a time, and the last fit
    calls.clear()
    monkeypatch.setattr(fold_fits, "MOST_KEPT_BYTES", 1000)
    GridSearchCV(network, {"alpha": [1e-3, 1e-1, 1.0]}, cv=2).fit(*wine)
    assert calls == [1] * 42


def test_a_callback_may_end_trainings_of_a_search(wine):
    network = RidgeMLPClassifier(**SETTINGS).set_callbacks(Recorder(last=2))
    search = GridSearchCV(network, {"alpha": [1e-3, 1e-1]}, cv=2, scoring="neg_log_loss").fit(*wine)
    shorter = RidgeMLPClassifier(**SETTINGS | {"epochs": 3})
    plain = GridSearchCV(shorter, {"alpha": [1e-3, 1e-1]}, cv=2, scoring="neg_log_loss").fit(*wine)
    scores = [search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]]
    np.testing.assert_allclose(*scores, rtol=1e-6)
    assert search.best_estimator_.n_iter_ == 3


@pytest.mark.parametrize("call", [diagnose, bias_variance])
@pytest.mark.parametrize("is_in_pipeline", [False, True])
def test_what_belongs_on_the_outermost_fit_is_refused_elsewhere(wine, call, is_in_pipeline):
    network = RidgeMLPClassifier(**SETTINGS).set_callbacks(callback.ProgressBar())
    estimator = make_pipeline(StandardScaler(), network) if is_in_pipeline else network
    with pytest.raises(ValueError, match=rf"^{call.__name__} fits copies .* its ProgressBar .* verbose=1"):
        call(estimator, *wine, alphas=[0.1, 1])


def test_a_callback_in_the_place_of_kerass_is_told_where_to_go(wine):
    network = RidgeMLPClassifier(**SETTINGS, callbacks=[callback.ProgressBar()])
    with pytest.raises(
        ValueError, match=r"keras.*scikit-learn's: estimator\.set_callbacks\(ProgressBar\(\)\)"
    ):
        network.fit(*wine)


def test_a_network_in_a_pipeline_keeps_its_own(wine):
    monitor = callback.ScoringMonitor(scoring="accuracy")
    network = RidgeMLPClassifier(**SETTINGS).set_callbacks(monitor)
    pipeline = make_pipeline(StandardScaler(), network)
    GridSearchCV(pipeline, {"ridgemlpclassifier__alpha": [1e-3, 1e-1]}, cv=2).fit(*wine)
    rows = [row for log in monitor.get_logs("all") for row in log.data if row["task_name"] == "epoch"]
    assert len(rows) == 5 * 6


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_a_diverged_network_of_a_search_fails_alone(wine):
    recorder = Recorder()
    network = RidgeMLPClassifier(**SETTINGS).set_callbacks(recorder)
    X, y = wine[0] * 1e6, wine[1]
    grid = {"learning_rate": [1e-3, 1e30]}
    with pytest.warns(FitFailedWarning, match="infinite or NaN in epoch"):
        search = GridSearchCV(network, grid, cv=2).fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    assert not recorder.is_set_up
