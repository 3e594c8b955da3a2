"""Optuna: its callback reports to the trial of the user, and prunes."""

import numpy as np
import optuna
import pytest
from optuna_integration import KerasPruningCallback
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import scale

from sklearn_ridge_nn import RidgeMLPClassifier


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return scale(X), y


@pytest.fixture
def study():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(
        storage=optuna.storages.InMemoryStorage(),
        pruner=optuna.pruners.ThresholdPruner(upper=100.0),
        sampler=optuna.samplers.RandomSampler(seed=0),
    )


def network(trial, **params):
    return RidgeMLPClassifier(
        trial.suggest_float("alpha", 1e-5, 1.0, log=True),
        hidden_layer_sizes=(8,),
        callbacks=[lambda: KerasPruningCallback(trial, "val_data_loss")],
        random_state=0,
        **{"epochs": 3, **params},
    )


def test_every_epoch_is_reported(study, wine):
    histories = []

    def objective(trial):
        fitted = network(trial).fit(*wine)
        histories.append(fitted.history_["val_data_loss"])
        return fitted.history_["val_data_loss"][-1]

    study.optimize(objective, n_trials=2)
    for trial, history in zip(study.trials, histories, strict=True):
        assert list(trial.intermediate_values) == [0, 1, 2]
        np.testing.assert_array_equal(list(trial.intermediate_values.values()), history)


def test_a_trial_is_pruned(study, wine):
    study.pruner = optuna.pruners.ThresholdPruner(upper=1e-6)
    study.optimize(lambda trial: network(trial).fit(*wine).n_iter_, n_trials=1)
    (trial,) = study.trials
    assert trial.state == optuna.trial.TrialState.PRUNED
    assert list(trial.intermediate_values) == [0]


def test_the_fits_of_a_cross_validation_report_too(study, wine):
    """Which scikit-learn's clones of an instance would not."""

    def objective(trial):
        return cross_val_score(network(trial), *wine, cv=2, scoring="neg_log_loss").mean()

    with pytest.warns(UserWarning, match="already reported"):  # by the second fold
        study.optimize(objective, n_trials=1)
    assert list(study.trials[0].intermediate_values) == [0, 1, 2]
