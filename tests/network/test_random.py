import numpy as np
import pytest

from sklearn_ridge_nn.network._random import Purpose, derived_seed, epoch_order, hold_out


def test_a_choice_does_not_depend_on_the_choices_before_it():
    rows = np.arange(50)
    later = epoch_order(rows, seed=3, epoch=7)
    for epoch in range(7):
        epoch_order(rows, seed=3, epoch=epoch)
    np.testing.assert_array_equal(epoch_order(rows, seed=3, epoch=7), later)


def test_epochs_seeds_and_purposes_get_different_orders_of_the_same_rows():
    rows = np.arange(10, 60)
    orders = [epoch_order(rows, seed, epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4
    assert all(set(order) == set(rows) for order in orders)
    assert derived_seed(0, Purpose.KERNEL, 1) != derived_seed(0, Purpose.DROPOUT, 1)


@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.25, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("counts", [[50, 50], [90, 10], [97, 2, 1], [40, 30, 20, 10], [1] * 20 + [80]])
def test_hold_out_is_exact_in_size_and_proportional_in_every_class(counts, fraction):
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    size = int(np.ceil(round(fraction * len(groups), 9)))
    if size > len(groups) - len(counts):
        with pytest.raises(ValueError, match="validation_split=0"):
            hold_out(groups, fraction, seed=0, keep_one=True)
        return
    for seed in range(20):
        train, held_out = hold_out(groups, fraction, seed, keep_one=True)
        assert len(held_out) == size
        np.testing.assert_array_equal(np.sort(np.r_[train, held_out]), np.arange(len(groups)))
        kept, taken = np.bincount(groups[train]), np.bincount(groups[held_out], minlength=len(counts))
        assert (kept > 0).all()
        share = size * np.array(counts) / len(groups)
        if (share <= np.array(counts) - 1).all():  # no class is cut to keep a row
            assert (np.abs(taken - share) < 1).all()


def test_hold_out_is_unbiased():
    groups = np.repeat([0, 1, 2], [7, 5, 3])
    counts = np.zeros(15)
    for seed in range(3000):
        counts[hold_out(groups, 0.2, seed, keep_one=True)[1]] += 1
    # each row is held out with probability 0.2: 600 of 3000, standard deviation 22
    assert np.abs(counts - 600).max() < 5 * 22


def test_hold_out_depends_on_the_seed_alone():
    groups = np.repeat([0, 1], 50)
    first = hold_out(groups, 0.1, 5, keep_one=True)[1]
    np.random.default_rng(0).random(10)
    np.testing.assert_array_equal(hold_out(groups, 0.1, 5, keep_one=True)[1], first)
    assert not np.array_equal(hold_out(groups, 0.1, 6, keep_one=True)[1], first)


def test_label_combinations_may_be_held_out_whole():
    train, held_out = hold_out(np.arange(10), 0.5, seed=0, keep_one=False)
    assert len(train) == len(held_out) == 5


def test_hold_out_of_everything_is_refused():
    with pytest.raises(ValueError, match="Lower validation_split"):
        hold_out(np.arange(10), 0.95, seed=0, keep_one=False)
