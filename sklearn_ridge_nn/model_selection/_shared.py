"""What other wings use of this one beside its public names."""

from sklearn_ridge_nn.model_selection._calls import (
    Fitted,
    Measure,
    Measurement,
    final_network,
    why_on_its_own,
)
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES
from sklearn_ridge_nn.model_selection._classifier_cv import RidgeMLPClassifierCV
from sklearn_ridge_nn.model_selection._failures import failed_fits
from sklearn_ridge_nn.model_selection._regressor_cv import RidgeMLPRegressorCV
from sklearn_ridge_nn.model_selection._score_check import check_has_score
from sklearn_ridge_nn.model_selection._study import Study, no_score, run_study

__all__ = [
    "MEMORY_TYPES",
    "Fitted",
    "Measure",
    "Measurement",
    "RidgeMLPClassifierCV",
    "RidgeMLPRegressorCV",
    "Study",
    "check_has_score",
    "failed_fits",
    "final_network",
    "no_score",
    "run_study",
    "why_on_its_own",
]
