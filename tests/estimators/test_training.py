"""Training through the estimator, against Keras's own loop and hand-worked steps."""

import keras
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sklearn_ridge_nn import RidgeMLPClassifier, build_network
from sklearn_ridge_nn.network._optimizers import is_optimizer
from sklearn_ridge_nn.network._random import epoch_order


def keras_loop(X, y, sample_weight, n_outputs, epochs, batch_size, **network_params):
    """Train the estimator's network by train_on_batch, on the batches that the estimator uses."""
    network = build_network(X.shape[1], n_outputs, dtype="float64", seed=0, **network_params)
    y = y.astype(float).reshape(len(y), -1)
    sample_weight = None if sample_weight is None else sample_weight / sample_weight.mean()
    for epoch in range(epochs):
        order = epoch_order(np.arange(len(y)), seed=0, epoch=epoch)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            weights = None if sample_weight is None else sample_weight[rows]
            network.train_on_batch(X[rows], y[rows], sample_weight=weights)
    return network


OPTIMIZERS = {
    "adam": lambda: "adam",
    "adamw": lambda: keras.optimizers.AdamW(1e-2, weight_decay=0.1),
    "momentum": lambda: keras.optimizers.SGD(1e-1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop,
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("is_weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("target_type", ["binary", "multiclass", "multilabel-indicator"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_equal_those_of_the_keras_loop(optimizer, target_type, is_weighted, wine, multilabel):
    if target_type == "multilabel-indicator":
        X, y = multilabel
        n_outputs = 3
    else:
        X, y = wine
        n_outputs = 3 if target_type == "multiclass" else 1
        y = y if target_type == "multiclass" else (y == 1).astype(int)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y)) if is_weighted else None
    params = {
        "optimizer": OPTIMIZERS[optimizer](),
        "hidden_layer_sizes": (7, 5),
        "alpha": 0.01,
        "activation": "tanh",
    }
    classifier = RidgeMLPClassifier(
        dtype="float64", validation_split=0.0, epochs=3, batch_size=50, random_state=0, **params
    ).fit(X, y, sample_weight=weights)
    network = keras_loop(X, y, weights, n_outputs, 3, 50, target_type=target_type, **params)
    expected = network.get_weights()
    for fitted, truth in zip(
        classifier.coefs_ + classifier.intercepts_, expected[::2] + expected[1::2], strict=True
    ):
        np.testing.assert_allclose(fitted, truth, rtol=1e-9, atol=1e-12)


def test_one_step_worked_by_hand():
    """Logistic regression with one hidden linear unit, one row a class, one step of gradient descent."""
    X = np.array([[1.0, 2.0], [-1.0, 0.5]])
    y = np.array([1, 0])
    alpha, rate = 0.1, 0.5
    params = {
        "hidden_layer_sizes": 1,
        "activation": "linear",
        "optimizer": "sgd",
        "learning_rate": rate,
        "dtype": "float64",
        "validation_split": 0.0,
        "random_state": 3,
    }
    start = build_network(
        2, hidden_layer_sizes=(1,), activation="linear", dtype="float64", seed=3
    ).get_weights()
    k, v = start[0][:, 0], start[2][0, 0]  # hidden kernel, output kernel; both biases are 0
    h = X @ k
    error = (1 / (1 + np.exp(-v * h)) - y) / 2  # d loss / d logit, mean over two rows
    expected_k = k - rate * (X.T @ (error * v) + 2 * alpha * k)  # the penalty's gradient is 2 alpha k
    expected_v = v - rate * (error @ h)
    fitted = RidgeMLPClassifier(alpha, epochs=1, **params).fit(X, y)
    np.testing.assert_allclose(fitted.coefs_[0][:, 0], expected_k, rtol=1e-7)
    np.testing.assert_allclose(fitted.coefs_[1][0, 0], expected_v, rtol=1e-7)
    np.testing.assert_allclose(fitted.intercepts_[0], -rate * error.sum() * v, rtol=1e-7)
    np.testing.assert_allclose(fitted.intercepts_[1], -rate * error.sum(), rtol=1e-7)


def test_no_hidden_layer_and_long_training_reach_unpenalised_logistic_regression():
    X, y = make_classification(400, 5, n_informative=4, n_redundant=0, flip_y=0.2, random_state=0)
    truth = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, y).predict_proba(X)
    classifier = RidgeMLPClassifier(
        alpha=5.0,  # nothing to act on
        hidden_layer_sizes=(),
        learning_rate=0.05,
        epochs=300,
        batch_size=400,
        validation_split=0.0,
        dtype="float64",
        random_state=0,
    ).fit(X, y)
    np.testing.assert_allclose(classifier.predict_proba(X), truth, atol=1e-4)


def test_the_penalty_is_what_separates_the_losses(cancer, small):
    X, y = cancer
    classifier = small(alpha=0.02, hidden_layer_sizes=(16, 8), batch_size=1000, epochs=2).fit(X, y)
    history = classifier.history_
    final_penalty = 0.02 * sum((kernel.astype(float) ** 2).sum() for kernel in classifier.coefs_[:-1])
    assert history["val_loss"][-1] - history["val_data_loss"][-1] == pytest.approx(final_penalty, rel=1e-6)
    # one batch an epoch: the loss that Keras reports for epoch 1 is that at the end of epoch 0
    first = small(alpha=0.02, hidden_layer_sizes=(16, 8), batch_size=1000, epochs=1).fit(X, y)
    penalty = 0.02 * sum((kernel.astype(float) ** 2).sum() for kernel in first.coefs_[:-1])
    assert history["loss"][1] - history["data_loss"][0] == pytest.approx(penalty, rel=1e-5)


@pytest.mark.parametrize("is_weighted", [False, True], ids=["unweighted", "weighted"])
def test_losses_are_those_of_keras_on_the_same_rows(is_weighted, cancer, small):
    X, y = cancer
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y)) if is_weighted else None
    classifier = small(validation_split=0.0).fit(X, y, sample_weight=weights)
    scaled = None if weights is None else weights / weights.mean()
    loss, accuracy = classifier.model_.evaluate(X, y, sample_weight=scaled, batch_size=len(y), verbose=0)
    penalty = 1e-3 * (classifier.coefs_[0].astype(float) ** 2).sum()
    assert classifier.history_["data_loss"][-1] + penalty == pytest.approx(loss, rel=1e-5)
    assert classifier.score(X, y) == pytest.approx(accuracy, rel=1e-6)


def test_history_has_keras_running_means(cancer, small):
    """Loss and accuracy of an epoch are batch-size-weighted means over its minibatches."""
    X, y = cancer
    classifier = small(validation_split=0.0, epochs=1, batch_size=200).fit(X, y)
    network = build_network(30, hidden_layer_sizes=(8,), seed=0)
    order = epoch_order(np.arange(len(y)), seed=0, epoch=0)
    losses, hits, sizes = [], [], []
    for start in range(0, len(order), 200):
        rows = order[start : start + 200]
        loss, accuracy = network.test_on_batch(X[rows], y[rows])
        network.train_on_batch(X[rows], y[rows])
        network.reset_metrics()
        losses.append(loss), hits.append(accuracy), sizes.append(len(rows))
    assert classifier.history_["loss"][0] == pytest.approx(np.average(losses, weights=sizes), rel=1e-5)
    assert classifier.history_["accuracy"][0] == pytest.approx(np.average(hits, weights=sizes), rel=1e-5)


def test_hidden_weights_shrink_as_alpha_grows(cancer, small):
    X, y = cancer
    norms = []
    for alpha in (0.0, 1e-3, 1e-2, 1e-1, 1.0):
        classifier = small(alpha=alpha, epochs=30, learning_rate=0.01, hidden_layer_sizes=(32,)).fit(X, y)
        norms.append(np.linalg.norm(classifier.coefs_[0]))
    assert norms == sorted(norms, reverse=True)
    assert norms[-1] < 0.3 * norms[0]


def test_early_stopping_restores_the_best_weights(cancer, small):
    X, y = cancer
    params = {"hidden_layer_sizes": (64,), "learning_rate": 0.05, "alpha": 0.0}
    stopped = small(early_stopping=True, patience=3, epochs=60, **params).fit(X, y)
    losses = stopped.history_["val_data_loss"]
    assert stopped.best_epoch_ == losses.argmin()
    assert stopped.n_iter_ == stopped.best_epoch_ + 1 + 3 == len(losses) < 60
    # the same training, ended at the best epoch
    best = small(epochs=stopped.best_epoch_ + 1, **params).fit(X, y)
    np.testing.assert_array_equal(best.history_["val_data_loss"], losses[: stopped.best_epoch_ + 1])
    for kernel, expected in zip(stopped.coefs_, best.coefs_, strict=True):
        np.testing.assert_array_equal(kernel, expected)
    assert not hasattr(best, "best_epoch_")


def test_without_a_stop_the_best_epoch_is_restored_all_the_same(cancer, small):
    X, y = cancer
    classifier = small(early_stopping=True, epochs=8, patience=100, learning_rate=0.1, alpha=0.0).fit(X, y)
    assert classifier.n_iter_ == 8
    assert classifier.best_epoch_ == classifier.history_["val_data_loss"].argmin()


def test_dropout_changes_training_but_not_prediction(cancer, small):
    X, y = cancer
    plain, dropped = small().fit(X, y), small(dropout=0.5).fit(X, y)
    assert not np.allclose(plain.coefs_[0], dropped.coefs_[0])
    np.testing.assert_array_equal(dropped.predict_proba(X), dropped.predict_proba(X))
    assert len(dropped.coefs_) == 2
    np.testing.assert_allclose(
        dropped.model_.predict(X, verbose=0)[:, 0], dropped.predict_proba(X)[:, 1], atol=1e-5
    )


# -- divergence -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "params", [{"learning_rate": 1e30, "optimizer": "sgd"}, {"alpha": 1e30}], ids=["learning_rate", "alpha"]
)
def test_divergence_names_the_epoch_and_the_remedies(params, cancer, small):
    X, y = cancer
    with pytest.raises(ValueError, match=r"in epoch 1 of 3\. Scale X.*StandardScaler.*learning_rate \(now "):
        small(batch_size=32, **params).fit(X, y)


def test_divergence_under_an_optimizer_instance_does_not_name_the_wrong_rate(cancer, small):
    with pytest.raises(ValueError, match="lower the optimizer's learning rate, or lower alpha"):
        small(optimizer=keras.optimizers.SGD(1e30)).fit(*cancer)


def test_a_diverged_candidate_fails_alone_in_a_search(cancer, small):
    X, y = cancer
    search = GridSearchCV(small(batch_size=32), {"alpha": [1e-3, 1e30]}, cv=2)
    with pytest.warns((FitFailedWarning, UserWarning)):
        search.fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores[0])
    assert np.isnan(scores[1])
    assert search.best_params_ == {"alpha": 1e-3}


# -- continuing -----------------------------------------------------------------------------------


@pytest.mark.sample(2)
@pytest.mark.parametrize("optimizer", ["adam", "adafactor", "nadam", "lion", "ftrl"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_partial_fits_add_up_to_one_fit(optimizer, dropout, cancer, small):
    X, y = cancer
    params = {"optimizer": optimizer, "dropout": dropout, "validation_split": 0.0, "epochs": 3}
    whole = small(**params).fit(X, y)
    parts = small(**params)
    for _ in range(3):
        parts.partial_fit(X, y, classes=[0, 1])
    assert parts.n_iter_ == 3
    for a, b in zip(whole.coefs_ + whole.intercepts_, parts.coefs_ + parts.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)
    for name in whole.history_:
        np.testing.assert_array_equal(whole.history_[name], parts.history_[name])


def test_warm_starts_add_up_to_one_fit_with_the_same_hold_out(cancer, small):
    X, y = cancer
    whole = small(epochs=5).fit(X, y)
    parts = small(epochs=2, warm_start=True).fit(X, y)
    parts.set_params(epochs=3).fit(X, y)
    assert parts.n_iter_ == 5
    np.testing.assert_array_equal(whole.coefs_[0], parts.coefs_[0])
    for name in whole.history_:
        np.testing.assert_array_equal(whole.history_[name], parts.history_[name])


def test_an_unseeded_warm_start_keeps_its_hold_out(cancer, small):
    """Otherwise rows that were trained on would be held out later."""
    X, y = cancer
    classifier = small(epochs=1, warm_start=True, random_state=None, hidden_layer_sizes=()).fit(X, y)
    classifier.set_params(learning_rate=1e-30).fit(X, y)
    assert classifier.history_["val_data_loss"][0] == pytest.approx(
        classifier.history_["val_data_loss"][1], rel=1e-6
    )


def test_the_history_marks_epochs_without_a_hold_out(cancer, small):
    X, y = cancer
    classifier = small(epochs=2).fit(X, y).partial_fit(X, y)
    assert {len(values) for values in classifier.history_.values()} == {3}
    assert np.isfinite(classifier.history_["val_loss"]).tolist() == [True, True, False]


def test_a_fit_without_warm_start_begins_anew(cancer, small):
    X, y = cancer
    classifier = small()
    first = classifier.fit(X, y).coefs_[0]
    np.testing.assert_array_equal(classifier.fit(X, y).coefs_[0], first)
    assert classifier.n_iter_ == 3


def test_a_schedule_continues_where_it_was(cancer, small):
    X, y = cancer
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.1, 0.0])
    params = {"optimizer": "sgd", "learning_rate": schedule, "batch_size": 600, "validation_split": 0.0}
    classifier = small(epochs=5, warm_start=True, **params).fit(X, y)
    classifier.set_params(epochs=1).fit(X, y)  # step 5 still has the first rate
    before = classifier.coefs_[0]
    np.testing.assert_array_equal(classifier.fit(X, y).coefs_[0], before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_layer_sizes": (9,)}, r"hidden_layer_sizes from \(8,\) to \(9,\)"),
        ({"activation": "tanh"}, "activation from 'relu' to 'tanh'"),
        ({"dtype": "float64"}, "dtype from 'float32' to 'float64'"),
        ({"optimizer": "rmsprop"}, "optimizer of the last fit, Adam .* Now it is RMSprop"),
    ],
)
def test_a_warm_start_on_another_network_is_refused(change, message, cancer, small):
    X, y = cancer
    classifier = small(warm_start=True, epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=message):
        classifier.set_params(**change).fit(X, y)


def test_a_warm_start_with_other_classes_is_refused(cancer, small):
    X, y = cancer
    classifier = small(warm_start=True, epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="classes of the last fit"):
        classifier.fit(X, y + 1)


def test_optimizer_state_goes_to_the_variable_that_it_came_from(cancer, small):
    """As many variables of the same shapes, but gradient averages are not momenta."""
    X, y = cancer
    classifier = small(optimizer=keras.optimizers.RMSprop(0.01, centered=True)).fit(X, y)
    with pytest.raises(ValueError, match="optimizer of the last fit"):
        classifier.set_params(optimizer=keras.optimizers.RMSprop(0.01, momentum=0.9)).partial_fit(X, y)


def test_optimizers_that_copy_the_weights_start_from_them(cancer):
    """ScheduleFreeAdamW averages from the initial weights; built too late, it averages from zeros."""
    for name in ("adam", "schedulefreeadamw"):
        if not is_optimizer(name):
            continue  # a Keras older than the optimizer
        optimizer = build_network(30, optimizer=name, seed=0).optimizer
        assert optimizer.built
        copies = [v.numpy() for v in optimizer.variables if v.name.endswith("_z")]
        assert all(np.abs(copied).max() > 0 for copied in copies if copied.ndim == 2)


def test_verbose_prints_and_silence_is_silent(cancer, small, capsys):
    X, y = cancer
    small(epochs=1).fit(X, y)
    assert capsys.readouterr().out == ""
    small(epochs=1, verbose=2).fit(X, y)
    assert "val_data_loss" in capsys.readouterr().out
