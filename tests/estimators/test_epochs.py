"""How long a network trains: a number of epochs, or "auto"."""

import keras
import numpy as np
import pytest
import sklearn.model_selection as theirs
from sklearn.datasets import make_classification, make_regression

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor, model_selection as ours
from sklearn_ridge_nn.cli._arguments import parse
from sklearn_ridge_nn.estimators import n_epochs

SMALL = {"hidden_layer_sizes": (5,), "random_state": 0}


def rows(n, n_columns=3):
    return make_classification(n, n_columns, n_informative=2, n_redundant=0, random_state=0)


@pytest.mark.parametrize(
    ("batch_size", "n_rows", "expected"),
    [
        (128, 40, 600),  # every epoch is one step, of 40 rows
        (128, 128, 600),
        (128, 129, 596),  # 600 * 128 / 129 = 595.3
        (128, 455, 169),
        (128, 5119, 16),
        (128, 5120, 15),
        (128, 10**6, 15),
        (32, 455, 43),
        (1, 30, 20),
        (1000, 30, 600),
    ],
)
def test_auto_is_so_many_epochs_that_there_are_600_full_steps_and_at_least_15(batch_size, n_rows, expected):
    assert n_epochs(RidgeMLPClassifier(batch_size=batch_size), n_rows) == expected
    assert n_epochs(RidgeMLPClassifier(), n_rows, batch_size=batch_size) == expected
    assert n_epochs(RidgeMLPClassifier(epochs=7), n_rows) == 7
    assert n_epochs(RidgeMLPClassifier(epochs=7), n_rows, epochs="auto", batch_size=batch_size) == expected


@pytest.mark.parametrize(
    ("batch_size", "n_rows", "expected"),
    [
        (128, 40, 2400),
        (128, 129, 2382),  # 2400 * 128 / 129 = 2381.4
        (128, 5119, 61),
        (128, 5120, 60),
        (128, 10**6, 60),
        (1, 60, 60),
    ],
)
def test_numbers_train_for_2400_full_steps_and_at_least_60_epochs(batch_size, n_rows, expected):
    assert n_epochs(RidgeMLPRegressor(batch_size=batch_size), n_rows) == expected


def test_numbers_without_a_hold_out_train_for_300_full_steps_and_at_least_60_epochs():
    alone = RidgeMLPRegressor(validation_split=0)
    assert [n_epochs(alone, n) for n in (40, 129, 640, 641, 10**6)] == [300, 298, 60, 60, 60]
    assert n_epochs(alone, 40, is_watched=True) == 2400
    assert n_epochs(RidgeMLPClassifier(validation_split=0), 40) == 600
    X, y = make_regression(60, 3, noise=10, random_state=0)
    trained = RidgeMLPRegressor(validation_split=0, batch_size=20, **SMALL).fit(X, y)
    assert trained.n_iter_ == 100  # 300 * 20 / 60
    assert not hasattr(trained, "best_epoch_")


@pytest.mark.slow
def test_a_regressor_trains_for_what_auto_says_and_keeps_the_best_epoch():
    X, y = make_regression(60, 3, noise=10, random_state=0)
    auto = RidgeMLPRegressor(batch_size=5, **SMALL).fit(X, y)
    assert auto.n_iter_ == 223  # 54 rows: 2400 * 5 / 54
    stated = RidgeMLPRegressor(batch_size=5, epochs=auto.best_epoch_ + 1, **SMALL).fit(X, y)
    np.testing.assert_array_equal(auto.coefs_[0], stated.coefs_[0])


def test_folds_that_differ_by_one_row_train_nearly_alike():
    """Not so if minibatches were counted: 129 rows are two of them, and would train half as many epochs."""
    for n_rows in (127, 128, 255, 256, 1023, 1024):
        here, there = (n_epochs(RidgeMLPClassifier(), n) for n in (n_rows, n_rows + 1))
        assert 0 <= here - there <= 0.01 * here + 1


@pytest.mark.slow
def test_the_rows_that_are_trained_on_count():
    X, y = rows(60)
    weights = np.ones(60)
    weights[:20] = 0
    assert RidgeMLPClassifier(batch_size=10, **SMALL).fit(X, y).n_iter_ == 112  # 54 rows: 600 * 10 / 54
    assert RidgeMLPClassifier(batch_size=10, **SMALL).fit(X, y, weights).n_iter_ == 167  # 36 rows
    assert RidgeMLPClassifier(batch_size=10, validation_split=0, **SMALL).fit(X, y).n_iter_ == 100


def test_auto_takes_the_weights_of_the_best_epoch_on_the_hold_out():
    """As early stopping does that never gets to stop."""
    X, y = rows(60)
    auto = RidgeMLPClassifier(batch_size=10, learning_rate=0.05, **SMALL).fit(X, y)
    assert auto.n_iter_ == 112
    assert auto.best_epoch_ == auto.history_["val_data_loss"].argmin() < 100
    stated = RidgeMLPClassifier(
        batch_size=10, learning_rate=0.05, epochs=112, early_stopping=True, patience=112, **SMALL
    ).fit(X, y)
    shorter = RidgeMLPClassifier(batch_size=10, learning_rate=0.05, epochs=auto.best_epoch_ + 1, **SMALL).fit(
        X, y
    )
    for name in ("coefs_", "intercepts_"):
        for a, b, c in zip(getattr(auto, name), getattr(stated, name), getattr(shorter, name), strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, c)


@pytest.mark.slow
def test_keras_trains_auto_to_the_same_weights():
    X, y = rows(60)
    fields = {"batch_size": 20, "dtype": "float64", "learning_rate": 0.05, **SMALL}
    engine = RidgeMLPClassifier(**fields).fit(X, y)
    alone = RidgeMLPClassifier(callbacks=[keras.callbacks.Callback()], **fields).fit(X, y)
    assert alone.best_epoch_ == engine.best_epoch_
    assert alone.n_iter_ == engine.n_iter_ == 223
    for a, b in zip(alone.coefs_, engine.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_a_number_of_epochs_and_no_hold_out_take_the_last_weights():
    X, y = rows(60)
    for fields in ({"epochs": 20}, {"validation_split": 0, "batch_size": 1}):
        classifier = RidgeMLPClassifier(**fields, **SMALL).fit(X, y)
        assert not hasattr(classifier, "best_epoch_")
        again = RidgeMLPClassifier(**{**fields, "epochs": classifier.n_iter_}, **SMALL).fit(X, y)
        np.testing.assert_array_equal(classifier.coefs_[0], again.coefs_[0])


def test_a_chunk_is_one_pass_whatever_epochs_says():
    X, y = rows(60)
    classifier = RidgeMLPClassifier(**SMALL).partial_fit(X, y, classes=[0, 1])
    assert classifier.n_iter_ == 1
    assert not hasattr(classifier, "best_epoch_")


@pytest.mark.slow
def test_folds_of_different_size_give_scikit_learns_scores():
    """36 and 37 rows to train on are 600 epochs, 54 and 55 rows of minibatches of 20 are 223 and 219."""
    X, y = rows(61)
    grid = {"alpha": [0.0, 0.01]}
    classifier = RidgeMLPClassifier(batch_size=20, dtype="float64", **SMALL)
    mine, stock = (
        package.GridSearchCV(classifier, grid, cv=10, scoring="neg_log_loss").fit(X, y).cv_results_
        for package in (ours, theirs)
    )
    for split in range(10):
        np.testing.assert_allclose(
            mine[f"split{split}_test_score"], stock[f"split{split}_test_score"], rtol=1e-9
        )


def test_wrong_epochs_are_refused():
    X, y = rows(60)
    for wrong in ("settled", "best", 0, 1.5, None):
        with pytest.raises(ValueError, match=r"'epochs' parameter of RidgeMLPClassifier must be"):
            RidgeMLPClassifier(epochs=wrong).fit(X, y)


def test_the_command_takes_auto_and_numbers(capsys):
    command = ["diagnose", "--dataset", "wine", "--epochs"]
    assert parse([*command, "auto"]).arguments.network.epochs == "auto"
    assert parse([*command, "12"]).arguments.network.epochs == 12
    with pytest.raises(SystemExit):
        parse([*command, "many"])
    assert (
        "argument --epochs: must be auto or a whole number from 1 to 2,147,483,647. Got 'many'."
        in capsys.readouterr().err
    )
