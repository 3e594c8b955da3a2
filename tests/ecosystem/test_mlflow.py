"""MLflow: its autologging knows our estimators and searches as it knows scikit-learn's."""

import mlflow
import numpy as np
import pytest
import sklearn.model_selection as theirs
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklearn_ridge_nn import (
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    RidgeMLPRegressor,
    bias_variance,
    diagnose,
    model_selection as ours,
)

pytestmark = pytest.mark.filterwarnings("default")
X, y = load_wine(return_X_y=True)
X = scale(X)
GRID = {"ridgemlpclassifier__alpha": [1e-3, 1.0]}


@pytest.fixture(autouse=True, scope="module")
def autologging(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("tests", artifact_location=str(folder / "artifacts"))
    mlflow.set_experiment("tests")
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    yield
    mlflow.sklearn.autolog(disable=True)


@pytest.fixture
def runs():
    """Return a function that returns the runs which began since the test did, the oldest first."""
    before = {run.info.run_id for run in all_runs()}
    return lambda: [run for run in all_runs() if run.info.run_id not in before]


def all_runs():
    experiment = mlflow.get_experiment_by_name("tests")
    return mlflow.MlflowClient().search_runs([experiment.experiment_id], order_by=["start_time ASC"])


def network(**params):
    return RidgeMLPClassifier(epochs=4, random_state=0, **params)


def names(run):
    return set(run.data.metrics), set(run.data.params), {f.path for f in artifacts(run)}


def artifacts(run):
    return mlflow.MlflowClient().list_artifacts(run.info.run_id)


@pytest.mark.parametrize("kind", ["GridSearchCV", "RandomizedSearchCV"])
def test_a_search_is_logged_as_scikit_learns(kind, runs):
    """The same metrics, parameters, artifacts and child runs, and nothing else, as for theirs."""
    options = {"random_state": 0, "n_iter": 2} if kind == "RandomizedSearchCV" else {}
    truth = getattr(theirs, kind)(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": [0.1, 1]},
        cv=3,
        **options,
    ).fit(X, y)
    expected = runs()
    pipeline = make_pipeline(StandardScaler(), network())
    search = getattr(ours, kind)(pipeline, GRID, cv=3, **options).fit(X, y)
    new = runs()[len(expected) :]
    (parent,) = (run for run in new if "mlflow.parentRunId" not in run.data.tags)
    children = [run for run in new if run is not parent]
    assert len(expected) == len(truth.cv_results_["params"]) + 1
    assert len(children) == 2
    assert parent.data.metrics["best_cv_score"] == search.best_score_
    assert parent.data.params["best_ridgemlpclassifier__alpha"] == str(search.best_params_[next(iter(GRID))])
    assert parent.data.tags["estimator_class"] == f"sklearn_ridge_nn.model_selection.{kind}"
    (theirs_parent,) = (run for run in expected if "mlflow.parentRunId" not in run.data.tags)
    metrics, params, files = names(theirs_parent)
    logged_metrics, logged_params, logged_files = names(parent)
    assert logged_metrics == metrics
    assert {name for name in logged_params if not name.startswith("best_")} == {
        name for name in params if not name.startswith("best_")
    } | {"memory"}
    assert logged_files == files
    scores = sorted(child.data.metrics["mean_test_score"] for child in children)
    assert scores == pytest.approx(sorted(search.cv_results_["mean_test_score"]))
    assert {child.data.tags["mlflow.parentRunId"] for child in children} == {parent.info.run_id}


def test_a_halving_search_is_one_run(runs):
    search = ours.HalvingGridSearchCV(network(), {"alpha": [1e-3, 1e-2, 1.0]}, cv=3).fit(X, y)
    (run,) = runs()
    assert run.data.tags["estimator_name"] == "HalvingGridSearchCV"
    assert run.data.metrics["training_score"] == search.score(X, y)


@pytest.mark.parametrize(
    "make",
    [
        network,
        lambda: make_pipeline(StandardScaler(), network()),
        lambda: RidgeMLPRegressor(epochs=4, random_state=0),
        lambda: RidgeMLPClassifierCV(alphas=[1e-3, 1.0], epochs=4, cv=3, random_state=0),
        lambda: network(callbacks=[]),
    ],
)
def test_a_fit_is_one_run_with_parameters_metrics_and_the_losses_of_every_epoch(make, runs):
    estimator = make().fit(X, y)
    (run,) = runs()
    assert run.data.metrics["training_score"] == pytest.approx(estimator.score(X, y))
    assert {"alpha", "alphas", "ridgemlpclassifier__alpha"} & set(run.data.params)
    history = getattr(estimator, "history_", None) or estimator[-1].history_
    assert "val_data_loss" in history
    client = mlflow.MlflowClient()
    for name, values in history.items():
        logged = client.get_metric_history(run.info.run_id, name)
        assert [entry.step for entry in logged] == list(range(1, len(values) + 1))
        assert [entry.value for entry in logged] == pytest.approx(values)


def test_fits_inside_of_others_are_not_logged(runs):
    """scikit-learn's own search and ensembles clone and fit our network; the run is theirs alone."""
    theirs.GridSearchCV(network(), {"alpha": [1e-3, 1.0]}, cv=3).fit(X, y)
    assert len(runs()) == 3
    assert not any("val_data_loss" in run.data.metrics for run in runs())


@pytest.mark.parametrize(
    "study",
    [
        lambda pipeline: ours.cross_val_score(pipeline, X, y, cv=3),
        lambda pipeline: ours.cross_validate(pipeline, X, y, cv=3),
        lambda pipeline: ours.cross_val_predict(pipeline, X, y, cv=3),
        lambda pipeline: ours.learning_curve(pipeline, X, y, cv=3, shuffle=True, random_state=0),
        lambda pipeline: ours.validation_curve(
            pipeline, X, y, param_name=next(iter(GRID)), param_range=[1e-3, 1], cv=3
        ),
        lambda pipeline: diagnose(pipeline, X, y, alphas=[1e-3, 1.0], cv=3),
        lambda pipeline: bias_variance(pipeline, X, y, alphas=[1e-3, 1.0], n_resamples=3, random_state=0),
    ],
)
def test_cross_validation_and_diagnoses_leave_no_runs(study, runs):
    """As scikit-learn's functions under MLflow; their preprocessing is fitted, too."""
    study(make_pipeline(StandardScaler(), network()))
    assert runs() == []


def test_results_are_the_same_with_and_without_logging(runs):
    search = ours.GridSearchCV(network(), {"alpha": [1e-3, 1.0]}, cv=3).fit(X, y)
    assert len(runs()) == 3
    mlflow.sklearn.autolog(disable=True)
    try:
        quiet = ours.GridSearchCV(network(), {"alpha": [1e-3, 1.0]}, cv=3).fit(X, y)
    finally:
        mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    assert len(runs()) == 3
    assert np.array_equal(search.cv_results_["mean_test_score"], quiet.cv_results_["mean_test_score"])
    assert np.array_equal(search.predict_proba(X), quiet.predict_proba(X))


def test_a_fit_that_fails_raises_its_own_error(runs):
    with pytest.raises(ValueError, match="alpha"):
        network(alpha=-1.0).fit(X, y)
    assert [run.info.status for run in runs()] in ([], ["FAILED"])
