from ._classifier import (
    BegunFit as BegunFit,
    RidgeMLPClassifier as RidgeMLPClassifier,
    begin_fit as begin_fit,
    draw_seed as draw_seed,
    finish_fit as finish_fit,
    state_of as state_of,
)
from ._fitted_network import NetworkClassifier as NetworkClassifier
from ._labels import (
    find_classes as find_classes,
    find_target_type as find_target_type,
    flatten as flatten,
    per_class as per_class,
)
from ._parameters import (
    ALPHAS as ALPHAS,
    PARAMETER_CONSTRAINTS as PARAMETER_CONSTRAINTS,
    check_all_parameters as check_all_parameters,
    check_parameters as check_parameters,
    layer_sizes as layer_sizes,
    n_epochs as n_epochs,
    takes_best_epoch as takes_best_epoch,
)
