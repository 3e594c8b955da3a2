"""What is asked of a trainer and what it answers, by the names under which users of `training` know it."""

from sklearn_ridge_nn.network import (
    Architecture,
    DivergenceError,
    State,
    Task,
    Trained,
    logits,
    probabilities,
)

__all__ = ["Architecture", "DivergenceError", "State", "Task", "Trained", "logits", "probabilities"]
