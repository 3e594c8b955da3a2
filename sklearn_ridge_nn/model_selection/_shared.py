"""What other wings use of this one beside its public names."""

from sklearn_ridge_nn.model_selection._calls import Fitted, Measurement, final_classifier
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES, Checkpoints
from sklearn_ridge_nn.model_selection._parallel import BatchedParallel
from sklearn_ridge_nn.model_selection._ridge_cv import RidgeMLPClassifierCV

__all__ = [
    "MEMORY_TYPES",
    "BatchedParallel",
    "Checkpoints",
    "Fitted",
    "Measurement",
    "RidgeMLPClassifierCV",
    "final_classifier",
]
