"""What type checkers see of the package in a user's script: checked by `make lint`, never run.

A line that must be an error carries an ignore, and an ignore that is not needed is an error itself.
"""

from typing import assert_type

import numpy as np

import sklearn_ridge_nn
from sklearn_ridge_nn import (
    AlphaCurveDisplay,
    AlphaDiagnosis,
    BiasVariance,
    BiasVarianceDisplay,
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    RidgeMLPRegressor,
    RidgeMLPRegressorCV,
    bias_variance,
    diagnose,
)
from sklearn_ridge_nn.model_selection import GridSearchCV, cross_validate, learning_curve
from sklearn_ridge_nn.training import Architecture, Task, train

X, y = np.zeros((10, 2)), np.arange(10) % 2
classifier = RidgeMLPClassifier(alpha=0.01, hidden_layer_sizes=(8,), random_state=0)
assert_type(classifier.fit(X, y), RidgeMLPClassifier)
assert_type(RidgeMLPClassifierCV([0.1, 1.0]).fit(X, y).alpha_, float)
regressor = RidgeMLPRegressor(loss="quantile", quantile=0.9, alpha=0.01, scale_target=False)
assert_type(regressor.fit(X, y), RidgeMLPRegressor)
assert_type(RidgeMLPRegressorCV([0.1, 1.0], epochs="best").fit(X, y).alpha_, float)
assert_type(diagnose(regressor, X, y), AlphaDiagnosis)
assert_type(diagnose(classifier, X, y), AlphaDiagnosis)
assert_type(diagnose(classifier, X, y).plot(), AlphaCurveDisplay)
assert_type(diagnose(classifier, X, y).best_alpha, float)
assert_type(diagnose(classifier, X, y).verdicts, tuple[str, ...])
assert_type(bias_variance(classifier, X, y), BiasVariance)
assert_type(bias_variance(classifier, X, y).plot(), BiasVarianceDisplay)
GridSearchCV(classifier, {"alpha": [0.1]}, refit="1se", memory="cache")
train([Task(Architecture(2, 1, "binary", (4,), "relu", "float32"), 0.1, X, y[:, None], None, y, y, 1, 2, 0)])
assert_type(sklearn_ridge_nn.__version__, str)

RidgeMLPClassifier(0.01, (8,))  # type: ignore[call-arg]
RidgeMLPClassifier(regularisation=0.01)  # type: ignore[call-arg]
RidgeMLPRegressor(class_weight="balanced")  # type: ignore[call-arg]
RidgeMLPClassifier(activation="relux")  # type: ignore[arg-type]
RidgeMLPClassifier(dtype="float16")  # type: ignore[arg-type]
RidgeMLPClassifier(epochs="best")  # type: ignore[arg-type]
RidgeMLPClassifier(class_weight="balance")  # type: ignore[arg-type]
RidgeMLPRegressor(loss="mse")  # type: ignore[arg-type]
RidgeMLPClassifierCV(selection="2se")  # type: ignore[arg-type]
diagnose(classifier, X, y, epochs="auto")  # type: ignore[arg-type]
diagnose(classifier, X, y, stronger="more")  # type: ignore[arg-type]
cross_validate(classifier, X, y, cvv=3)  # type: ignore[call-arg]
learning_curve(classifier, X, y, train_size=[10])  # type: ignore[call-arg]
sklearn_ridge_nn.Evidence  # type: ignore[attr-defined]
