import keras
import numpy as np
import pytest

from sklearn_ridge_nn.estimators._parameters import OPTIMIZERS
from sklearn_ridge_nn.network._optimizers import (
    is_optimizer,
    make_optimizer,
    optimizer_recipe,
    scheduled_rates,
    why_one_by_one,
)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_listed_optimizer_name_is_one_of_keras(name):
    for spelling in (name, type(keras.optimizers.get(name)).__name__):
        assert is_optimizer(spelling)
        assert float(make_optimizer(spelling, 0.02).learning_rate) == pytest.approx(0.02)


@pytest.mark.parametrize("name", ["adamm", "optimizer", "LossScaleOptimizer", "MultiOptimizer", ""])
def test_what_is_not_an_optimizer_by_itself_is_refused(name):
    assert not is_optimizer(name)


def test_an_optimizer_instance_is_copied_with_its_own_settings():
    original = keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipvalue=3.0)
    copied = make_optimizer(original, 1e-3)
    assert copied is not original
    assert copied.get_config() == original.get_config()


def test_a_learning_rate_schedule_reaches_the_optimizer():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    assert make_optimizer("sgd", schedule).get_config()["learning_rate"]["config"]["decay_steps"] == 10


def test_equal_settings_make_one_recipe_whatever_the_learning_rate():
    recipe, rate = optimizer_recipe("adam", 0.1)
    assert rate == 0.1
    for optimizer in ("Adam", keras.optimizers.Adam, keras.optimizers.Adam(0.5, name="mine")):
        assert optimizer_recipe(optimizer, 1e-3)[0] == recipe
    assert optimizer_recipe(keras.optimizers.Adam(0.5), 1e-3)[1] == 0.5
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    assert optimizer_recipe("adam", schedule) == (recipe, schedule)
    assert optimizer_recipe(keras.optimizers.Adam(schedule), 1e-3) == (recipe, schedule)
    for other in (keras.optimizers.Adam(beta_1=0.8), keras.optimizers.Adam(amsgrad=True), "nadam", "adamw"):
        assert optimizer_recipe(other, 1e-3)[0] != recipe


def test_a_recipe_makes_the_optimizer():
    original = keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipvalue=3.0)
    recipe, rate = optimizer_recipe(original, 1e-3)
    made = recipe.make(rate).get_config()
    assert {**made, "name": original.name} == original.get_config()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_only_elementwise_optimizers_are_stacked(name):
    reason = why_one_by_one(name, 1e-3)
    assert (reason is None) == (name != "adafactor")


def test_scheduled_rates_are_those_that_the_optimizer_reads():
    """At every step, bit for bit; Keras reads them in a plain graph, here step by step."""
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 20, warmup_steps=4, warmup_target=0.05)
    optimizer = keras.optimizers.SGD(schedule)
    truth = []
    for step in range(30):
        optimizer.iterations.assign(step)
        truth.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(scheduled_rates(schedule, 0, 30), truth, rtol=2e-7)
    np.testing.assert_array_equal(scheduled_rates(schedule, 5, 10), scheduled_rates(schedule, 0, 30)[5:15])
