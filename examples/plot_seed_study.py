"""
L2 regularization, before and after
===================================

A large network on few rows learns their noise. This example watches it happen, adds the L2 penalty, and
compares: the loss curves, the weights, and the losses on test rows that neither network has seen.
"""

# %%
# Overfitting
# -----------
# The first 5 of 40 columns carry signal, the others are noise, and so are some of the labels. All columns are
# on one scale already. The network has two hidden layers of 128 and 64 units. ``fit`` holds out a quarter of
# its 300 rows to report a validation loss on.
import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sklearn_ridge_nn import (
    LossCurveDisplay,
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    WeightDistributionDisplay,
)

X, y = make_classification(
    2300, 40, n_informative=5, n_redundant=0, flip_y=0.15, shuffle=False, random_state=0
)
X, X_test, y, y_test = train_test_split(X, y, train_size=300, stratify=y, random_state=0)

settings = {"epochs": 40, "batch_size": 32, "validation_split": 0.25, "random_state": 0}
baseline = RidgeMLPClassifier(alpha=0, **settings).fit(X, y)
LossCurveDisplay.from_estimator(baseline).ax_.set_title("alpha = 0")
plt.show()

# %%
# The training loss keeps falling. The validation loss turns after a few epochs and rises: what the network
# learns from then on is noise.
#
# The penalty
# -----------
# A cross-validation chooses the strength. Its folds and alphas train together.
regularized = RidgeMLPClassifierCV([1e-3, 1e-2, 3e-2, 1e-1, 3e-1], scoring="neg_log_loss", cv=5, **settings)
regularized.fit(X, y)
for alpha, scores in zip(regularized.alphas_, regularized.scores_, strict=True):
    print(f"alpha = {alpha:<5g}  mean test loss of 5 folds {-scores.mean():.3f}")
print(f"chosen: {regularized.alpha_:g}")

# %%
# The customary 0.001 is far too weak here, and the largest alpha is too strong. Side by side:
networks = {"alpha = 0": baseline, f"alpha = {regularized.alpha_:g}": regularized}
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for (name, network), ax in zip(networks.items(), axes, strict=True):
    LossCurveDisplay.from_estimator(network, ax=ax)
    ax.set_title(name)
    loss = log_loss(y_test, network.predict_proba(X_test))
    print(f"{name:12} test loss {loss:.3f}, test accuracy {network.score(X_test, y_test):.3f}")
plt.show()

# %%
# With the penalty both losses fall together, although a gap remains. (Stars mark the smallest validation
# loss. A star near the last epoch only shows that the curve wobbles.) The test rows agree. The loss improves
# far more than the accuracy, because an overfitted network is, above all, too sure of itself.
#
# The weights
# -----------
# L2 is said to keep weights small and evenly distributed. In the hidden layers they are small; the output
# layer is not penalised.
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for (name, network), ax in zip(networks.items(), axes, strict=True):
    WeightDistributionDisplay.from_estimator(network, ax=ax)
    ax.set_title(name)
    squares = network.coefs_[0] ** 2
    print(f"{name:12} share of the 5 columns with signal: {squares[:5].sum() / squares.sum():.2f}")
plt.show()

# %%
# An even distribution over the columns would give the five with signal a share of 5/40, about 0.13. Only the
# network without a penalty comes close to it. The penalty removes the weights of columns without signal.
