from ._forward import (
    ACTIVATIONS as ACTIVATIONS,
    BLOCK_ROWS as BLOCK_ROWS,
    LEAKY_SLOPE as LEAKY_SLOPE,
    SELU_ALPHA as SELU_ALPHA,
    SELU_SCALE as SELU_SCALE,
    SQRT_HALF as SQRT_HALF,
    hits as hits,
    log_probabilities as log_probabilities,
    logits as logits,
    numbers as numbers,
    probabilities as probabilities,
    row_losses as row_losses,
)
from ._keras_model import (
    build_network as build_network,
    initial_weights as initial_weights,
    is_callback as is_callback,
    keras_estimator as keras_estimator,
    makes_callbacks as makes_callbacks,
    set_state as set_state,
    start_weights as start_weights,
    strengths as strengths,
    weight_paths as weight_paths,
)
from ._number_losses import (
    EPSILON as EPSILON,
    NUMBER_LOSSES as NUMBER_LOSSES,
    least_poisson_loss as least_poisson_loss,
    number_losses as number_losses,
)
from ._optimizers import (
    OptimizerRecipe as OptimizerRecipe,
    constant_rate as constant_rate,
    is_optimizer as is_optimizer,
    is_schedule as is_schedule,
    optimizer_recipe as optimizer_recipe,
    optimizer_signature as optimizer_signature,
    optimizer_variables as optimizer_variables,
    other_optimizer as other_optimizer,
    scheduled_rates as scheduled_rates,
    unsupported_setting as unsupported_setting,
    why_one_by_one as why_one_by_one,
)
from ._random import (
    Purpose as Purpose,
    derived_seed as derived_seed,
    epoch_order as epoch_order,
    hold_out as hold_out,
)
from ._task import (
    Architecture as Architecture,
    DivergenceError as DivergenceError,
    MatrixLike as MatrixLike,
    State as State,
    TargetType as TargetType,
    Task as Task,
    Trained as Trained,
    check_range as check_range,
    divergence as divergence,
    join_histories as join_histories,
)
