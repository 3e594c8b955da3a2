from ._classifier import RidgeMLPClassifier as RidgeMLPClassifier
from ._fitted_network import (
    NetworkClassifier as NetworkClassifier,
    NetworkRegressor as NetworkRegressor,
)
from ._labels import (
    SayingOnce as SayingOnce,
    find_classes as find_classes,
    find_target_type as find_target_type,
    flatten as flatten,
    per_class as per_class,
    refuse_odd_labels as refuse_odd_labels,
)
from ._network_estimator import (
    BegunFit as BegunFit,
    Epochs as Epochs,
    NetworkEstimator as NetworkEstimator,
    NetworkParameters as NetworkParameters,
    begin_fit as begin_fit,
    draw_seed as draw_seed,
    finish_fit as finish_fit,
    fitted_architecture as fitted_architecture,
    report_fit as report_fit,
    state_of as state_of,
    watched_fit as watched_fit,
)
from ._numbers import (
    check_numbers as check_numbers,
    flatten_numbers as flatten_numbers,
    guess_of as guess_of,
    poisson_deviance as poisson_deviance,
    r2_of as r2_of,
    refuse_odd_numbers as refuse_odd_numbers,
)
from ._parameters import (
    ALPHAS as ALPHAS,
    CLASSIFIER_CONSTRAINTS as CLASSIFIER_CONSTRAINTS,
    PARAMETER_CONSTRAINTS as PARAMETER_CONSTRAINTS,
    REGRESSOR_CONSTRAINTS as REGRESSOR_CONSTRAINTS,
    Activation as Activation,
    ClassWeight as ClassWeight,
    LossOfNumbers as LossOfNumbers,
    Precision as Precision,
    check_all_parameters as check_all_parameters,
    check_parameters as check_parameters,
    layer_sizes as layer_sizes,
    n_epochs as n_epochs,
    takes_best_epoch as takes_best_epoch,
)
from ._regressor import RidgeMLPRegressor as RidgeMLPRegressor
from ._rows import validated as validated
