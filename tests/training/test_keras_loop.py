"""What Keras itself trains, one network at a time: callbacks, and optimizers that cannot be stacked."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_ridge_nn import RidgeMLPClassifier, build_network
from sklearn_ridge_nn.network._random import epoch_order
from sklearn_ridge_nn.training import _engine as engine


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs, self.tests = [], 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(dict(logs))

    def on_test_end(self, logs=None):
        self.tests += 1


def test_a_callback_that_does_nothing_changes_nothing(cancer, small):
    """Though without it the engine trains, and with it Keras."""
    X, y = cancer
    params = {"dtype": "float64", "early_stopping": True, "class_weight": "balanced"}
    plain = small(**params).fit(X, y)
    watched = small(callbacks=[keras.callbacks.Callback()], **params).fit(X, y)
    for a, b in zip(plain.coefs_ + plain.intercepts_, watched.coefs_ + watched.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    assert plain.history_.keys() == watched.history_.keys()
    for name in plain.history_:
        rtol = 1e-6 if name == "loss" else 1e-9  # Keras keeps its running mean in float32
        np.testing.assert_allclose(plain.history_[name], watched.history_[name], rtol=rtol)


def test_callbacks_see_every_epoch_and_the_exact_losses(cancer, small):
    X, y = cancer
    recorder = Recorder()
    classifier = small(callbacks=[recorder]).fit(X, y)
    (used,) = classifier.callbacks_
    assert (recorder.epochs, used.tests) == ([], 3)
    for name in ("loss", "val_loss", "data_loss", "val_data_loss", "accuracy", "val_accuracy"):
        np.testing.assert_array_equal([logs[name] for logs in used.epochs], classifier.history_[name])


def test_fits_and_clones_do_not_share_callback_state(cancer, small):
    X, y = cancer
    classifier = small(callbacks=[Recorder()]).fit(X, y)
    assert len(classifier.callbacks_[0].epochs) == 3
    other = clone(classifier).fit(X, y)
    assert len(other.callbacks_[0].epochs) == 3
    assert len(classifier.fit(X, y).callbacks_[0].epochs) == 3
    assert classifier.callbacks[0].epochs == []


def test_a_callback_used_elsewhere_is_copied_without_its_model(cancer, small):
    X, y = cancer
    recorder = Recorder()
    network = build_network(30)
    recorder.set_model(network)
    used = small(callbacks=[recorder]).fit(X, y).callbacks_[0]
    assert used.model is None
    assert recorder.model is network


def test_callbacks_that_know_each_other_stay_together(cancer, small):
    class Reader(keras.callbacks.Callback):
        def __init__(self, source):
            super().__init__()
            self.source, self.seen = source, []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(len(self.source.epochs))

    recorder = Recorder()
    assert small(callbacks=[recorder, Reader(recorder)]).fit(*cancer).callbacks_[1].seen == [1, 2, 3]


def test_a_callback_that_reads_its_model_trains(cancer, small):
    class Counter(keras.callbacks.Callback):
        def set_model(self, model):
            super().set_model(model)
            self.n_layers = len(model.layers)

    assert small(callbacks=[Counter()]).fit(*cancer).callbacks_[0].n_layers == 2


class Filling(keras.callbacks.Callback):
    """Fills a list that it did not make."""

    def __init__(self, losses):
        super().__init__()
        self.losses = losses

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(logs["val_data_loss"])


def test_what_a_function_makes_is_used_as_it_is(cancer, small):
    losses = []
    classifier = small(callbacks=[lambda: Filling(losses)], epochs=3).fit(*cancer)
    np.testing.assert_array_equal(losses, classifier.history_["val_data_loss"])
    assert classifier.callbacks_[0].losses is losses
    copied = small(callbacks=[Filling(losses)], epochs=3).fit(*cancer)
    assert len(losses) == 3  # instances are copied, with what they hold
    np.testing.assert_array_equal(copied.callbacks_[0].losses[3:], losses)


def test_functions_keep_what_they_know_in_searches(cancer, small):
    losses = []
    network = small(callbacks=[lambda: Filling(losses)], epochs=2)
    search = GridSearchCV(network, {"alpha": [0.0, 1.0]}, cv=2).fit(*cancer)
    assert len(losses) == 2 * (4 + 1)
    np.testing.assert_array_equal(search.best_estimator_.history_["val_data_loss"], losses[-2:])


def test_a_class_is_made_anew_for_every_fit_and_keeps_its_place(cancer, small):
    first = Recorder()
    classifier = small(callbacks=[first, Recorder, lambda: first]).fit(*cancer)
    kinds = [type(callback) for callback in classifier.callbacks_]
    assert kinds == [Recorder, Recorder, Recorder]
    copied, made, same = classifier.callbacks_
    assert copied is not first
    assert same is first
    assert made is not classifier.fit(*cancer).callbacks_[1]


@pytest.mark.parametrize("made", [None, 3, keras.callbacks.BackupAndRestore("backup")])
def test_a_function_that_makes_no_callback_is_named(made, cancer, small):
    def make():
        return made

    with pytest.raises(
        TypeError, match=r"callbacks holds <function .*make.*must return a keras.*It returned"
    ):
        small(callbacks=[make]).fit(*cancer)


def test_a_callback_that_cannot_be_copied_is_named(tmp_path, cancer, small):
    callback = keras.callbacks.Callback()
    with open(tmp_path / "log", "w") as callback.file:
        pass
    with pytest.raises(
        TypeError, match=r"copies of callbacks, but one of Callback cannot be copied.*on_train_begin"
    ):
        small(callbacks=[callback]).fit(*cancer)


def test_values_of_some_epochs_keep_their_place(cancer, small):
    class EveryOther(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch % 2:
                logs["odd"] = epoch

    history = small(callbacks=[EveryOther()], epochs=4).fit(*cancer).history_
    np.testing.assert_array_equal(history["odd"], [np.nan, 1, np.nan, 3])


def test_early_stopping_has_the_last_word_on_the_weights(cancer, small):
    X, y = cancer
    other = keras.callbacks.EarlyStopping("loss", mode="max", patience=100, restore_best_weights=True)
    params = {"early_stopping": True, "epochs": 4, "learning_rate": 0.01, "dtype": "float64"}
    both, alone = small(callbacks=[other], **params).fit(X, y), small(**params).fit(X, y)
    assert both.best_epoch_ == alone.best_epoch_ > 0
    np.testing.assert_allclose(both.coefs_[0], alone.coefs_[0], rtol=1e-9)


def test_keras_early_stopping_can_watch_the_unpenalised_loss(cancer, small):
    X, y = cancer
    stop = keras.callbacks.EarlyStopping("val_data_loss", mode="min", patience=3, restore_best_weights=True)
    params = {"hidden_layer_sizes": (64,), "learning_rate": 0.05, "alpha": 0.0, "epochs": 60}
    params["dtype"] = "float64"
    by_callback = small(callbacks=[stop], **params).fit(X, y)
    built_in = small(early_stopping=True, patience=3, **params).fit(X, y)
    assert by_callback.n_iter_ == built_in.n_iter_
    np.testing.assert_allclose(by_callback.coefs_[0], built_in.coefs_[0], rtol=1e-9)


# -- optimizers that cannot be stacked ------------------------------------------------------------


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("optimizer", "reason"),
    [
        (keras.optimizers.Adam(0.01, clipnorm=0.1), "the optimizer has clipnorm=0.1"),
        (keras.optimizers.SGD(0.1, global_clipnorm=0.1), "the optimizer has global_clipnorm=0.1"),
        (keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9), "the optimizer has use_ema=True"),
        ("adafactor", "Adafactor is not known to treat every weight by itself"),
        (keras.optimizers.Lamb, "Lamb is not known"),
        (keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)), "LossScaleOptimizer is not known"),
    ],
    ids=["clipnorm", "global_clipnorm", "use_ema", "adafactor", "lamb", "loss_scale"],
)
def test_what_mixes_weights_trains_as_in_keras_and_says_so(optimizer, reason, cancer, capsys):
    X, y = cancer
    params = {"hidden_layer_sizes": (8,), "optimizer": optimizer, "dtype": "float64"}
    before = engine.n_compiled()
    fitted = RidgeMLPClassifier(
        epochs=2, validation_split=0.0, random_state=0, verbose=1, batch_size=100, **params
    ).fit(X, y)
    assert engine.n_compiled() == before
    assert f"Training 1 network with Keras, because {reason}" in capsys.readouterr().out
    network = build_network(30, seed=0, **params)
    batches = [
        (X[rows], y[rows].astype(float)[:, None])
        for epoch in range(2)
        for order in [epoch_order(np.arange(len(y)), seed=0, epoch=epoch)]
        for rows in np.split(order, range(100, len(y), 100))
    ]
    for x, target in batches:
        network.train_on_batch(x, target)
    network.optimizer.finalize_variable_values(network.trainable_variables)  # as keras.Model.fit does
    for fitted_weight, truth in zip(
        [w for pair in zip(fitted.coefs_, fitted.intercepts_, strict=True) for w in pair],
        network.get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(fitted_weight, truth, rtol=1e-9, atol=1e-12)


def test_a_schedule_of_ones_own_goes_to_keras(cancer, small, capsys):
    class Falling(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 / (keras.ops.cast(step, "float32") + 1.0)

        def get_config(self):
            return {}

    small(learning_rate=Falling(), verbose=2, epochs=1).fit(*cancer)
    assert "because Falling is not one of Keras's own learning-rate schedules" in capsys.readouterr().out


def test_training_goes_on_between_the_engine_and_keras(cancer, small):
    """The optimizer's state has the same shape on both sides."""
    X, y = cancer
    params = {"validation_split": 0.0, "dtype": "float64"}
    whole = small(epochs=4, **params).fit(X, y)
    parts = small(epochs=1, warm_start=True, **params).fit(X, y)
    parts.set_params(callbacks=[keras.callbacks.Callback()]).fit(X, y)
    parts.set_params(callbacks=None).fit(X, y).fit(X, y)
    assert parts.n_iter_ == 4
    for a, b in zip(whole.coefs_ + whole.intercepts_, parts.coefs_ + parts.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)
