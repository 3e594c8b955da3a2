from ._engine import (
    n_compiled as n_compiled,
    train_together as train_together,
    why_not_together as why_not_together,
)
from ._seam import (
    Architecture as Architecture,
    DivergenceError as DivergenceError,
    State as State,
    Task as Task,
    Trained as Trained,
    logits as logits,
    probabilities as probabilities,
)
from ._train import train as train
