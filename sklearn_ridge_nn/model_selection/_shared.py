"""What other wings use of this one beside its public names."""

from sklearn_ridge_nn.model_selection._calls import Fitted, Measurement, final_classifier
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES
from sklearn_ridge_nn.model_selection._ridge_cv import RidgeMLPClassifierCV
from sklearn_ridge_nn.model_selection._study import Study, no_score, run_study

__all__ = [
    "MEMORY_TYPES",
    "Fitted",
    "Measurement",
    "RidgeMLPClassifierCV",
    "Study",
    "final_classifier",
    "no_score",
    "run_study",
]
