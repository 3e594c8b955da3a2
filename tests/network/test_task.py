"""What a task may say."""

import pytest

from sklearn_ridge_nn.network import Architecture


def test_classes_and_numbers_have_losses_of_their_own():
    described = {"hidden_layer_sizes": (4,), "activation": "relu", "dtype": "float32"}
    with pytest.raises(ValueError, match="loss='cross_entropy' is not one of target_type='continuous'"):
        Architecture(2, 1, "continuous", **described)
    with pytest.raises(ValueError, match="loss='huber' is not one of target_type='binary'"):
        Architecture(2, 1, "binary", loss="huber", **described)
    assert Architecture(2, 1, "continuous", loss="huber", **described).is_of_numbers
