from ._engine import (
    n_compiled as n_compiled,
)
from ._engine import (
    why_not as why_not,
)
from ._seam import (
    Architecture as Architecture,
)
from ._seam import (
    DivergenceError as DivergenceError,
)
from ._seam import (
    State as State,
)
from ._seam import (
    Task as Task,
)
from ._seam import (
    Trained as Trained,
)
from ._seam import (
    logits as logits,
)
from ._seam import (
    probabilities as probabilities,
)
from ._train import (
    train as train,
)
