from ._forward import (
    ACTIVATIONS as ACTIVATIONS,
)
from ._forward import (
    BLOCK_ROWS as BLOCK_ROWS,
)
from ._forward import (
    hits as hits,
)
from ._forward import (
    log_probabilities as log_probabilities,
)
from ._forward import (
    logits as logits,
)
from ._forward import (
    probabilities as probabilities,
)
from ._forward import (
    row_losses as row_losses,
)
from ._keras_model import (
    build_network as build_network,
)
from ._keras_model import (
    initial_weights as initial_weights,
)
from ._keras_model import (
    is_callback as is_callback,
)
from ._keras_model import (
    keras_classifier as keras_classifier,
)
from ._keras_model import (
    strengths as strengths,
)
from ._keras_model import (
    weight_paths as weight_paths,
)
from ._optimizers import (
    OptimizerRecipe as OptimizerRecipe,
)
from ._optimizers import (
    constant_rate as constant_rate,
)
from ._optimizers import (
    is_optimizer as is_optimizer,
)
from ._optimizers import (
    is_schedule as is_schedule,
)
from ._optimizers import (
    optimizer_recipe as optimizer_recipe,
)
from ._optimizers import (
    optimizer_signature as optimizer_signature,
)
from ._optimizers import (
    optimizer_variables as optimizer_variables,
)
from ._optimizers import (
    other_optimizer as other_optimizer,
)
from ._optimizers import (
    scheduled_rates as scheduled_rates,
)
from ._optimizers import (
    unsupported_setting as unsupported_setting,
)
from ._optimizers import (
    why_one_by_one as why_one_by_one,
)
from ._random import (
    Purpose as Purpose,
)
from ._random import (
    derived_seed as derived_seed,
)
from ._random import (
    epoch_order as epoch_order,
)
from ._random import (
    hold_out as hold_out,
)
from ._task import (
    Architecture as Architecture,
)
from ._task import (
    DivergenceError as DivergenceError,
)
from ._task import (
    MatrixLike as MatrixLike,
)
from ._task import (
    State as State,
)
from ._task import (
    TargetType as TargetType,
)
from ._task import (
    Task as Task,
)
from ._task import (
    Trained as Trained,
)
from ._task import (
    check_range as check_range,
)
from ._task import (
    divergence as divergence,
)
from ._task import (
    join_histories as join_histories,
)
