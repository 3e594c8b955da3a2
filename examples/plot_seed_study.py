"""
L2 regularization, before and after
===================================

A large network on few rows learns their noise. This example watches it happen, adds the L2 penalty, and
compares: the loss curves, the weights, and the scores on rows that neither network has seen.
"""

# %%
# Overfitting
# -----------
# Only 5 of 40 features carry signal, and 15 % of the labels are wrong. Of the training rows, ``fit`` holds
# out a quarter to report a validation loss on.
import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import (
    LossCurveDisplay,
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    WeightDistributionDisplay,
    diagnose,
)

X, y = make_classification(2000, 40, n_informative=5, n_redundant=0, flip_y=0.15, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=300, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

settings = {"epochs": 40, "batch_size": 32, "validation_split": 0.25, "random_state": 0}
baseline = RidgeMLPClassifier(alpha=0, **settings).fit(X_train, y_train)
display = LossCurveDisplay.from_estimator(baseline)
display.ax_.set_title("No penalty")
plt.show()

# %%
# The training loss falls steadily while the validation loss turns upwards: what the network goes on to
# learn is noise.
#
# The penalty
# -----------
# The strength is chosen by cross-validation on the training rows.
tuned = RidgeMLPClassifierCV([1e-3, 1e-2, 3e-2, 1e-1, 3e-1], scoring="neg_log_loss", cv=5, **settings)
tuned.fit(X_train, y_train)
print(f"alpha = {tuned.alpha_:g}")
display = LossCurveDisplay.from_estimator(tuned)
display.ax_.set_title(f"alpha = {tuned.alpha_:g}")
plt.show()

# %%
# A gap remains, and the validation loss no longer climbs while training goes on. What counts is the loss on
# new rows:
for name, network in (("no penalty", baseline), ("with the penalty", tuned)):
    loss = log_loss(y_test, network.predict_proba(X_test))
    print(f"{name:17} test log loss {loss:.3f}, accuracy {network.score(X_test, y_test):.3f}")

# %%
# The weights
# -----------
# The penalty keeps the weights of the hidden layers small, evenly in every layer, and the stronger it is
# the more. The output layer is not penalised.
diagnosis = diagnose(RidgeMLPClassifier(**settings), X_train, y_train, alphas=[0, 1e-3, 1e-2, 1e-1], cv=5)
WeightDistributionDisplay.from_diagnosis(diagnosis)
plt.show()
