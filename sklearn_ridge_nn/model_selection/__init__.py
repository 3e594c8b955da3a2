"""scikit-learn's searches and cross-validation, their networks trained together."""

from sklearn_ridge_nn.model_selection._search import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    one_standard_error,
    validation_curve,
)

__all__ = [
    "GridSearchCV",
    "RandomizedSearchCV",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "one_standard_error",
    "validation_curve",
]
