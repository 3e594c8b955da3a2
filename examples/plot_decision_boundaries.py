"""
Decision boundaries over alpha
==============================

The stronger the penalty, the smoother the boundary between the classes: on two noisy half-moons, from a
boundary that winds around single rows to one that is hardly bent.
"""

# %%
# 120 rows to train on, and 880 to test.
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sklearn_ridge_nn import RidgeMLPClassifier

X, y = make_moons(1000, noise=0.35, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, train_size=120, stratify=y, random_state=0)

alphas = [0, 1e-3, 1e-2, 1e-1]
networks = [
    RidgeMLPClassifier(
        alpha, epochs=300, batch_size=32, learning_rate=3e-3, validation_split=0, random_state=0
    ).fit(X, y)
    for alpha in alphas
]
for alpha, network in zip(alphas, networks, strict=True):
    probabilities = network.predict_proba(X_test)
    print(
        f"alpha = {alpha:<5g}  "
        f"accuracy: train {network.score(X, y):.3f}, test {network.score(X_test, y_test):.3f}   "
        f"test log loss {log_loss(y_test, probabilities):.2f}, "
        f"mean confidence {probabilities.max(axis=1).mean():.2f}"
    )

# %%
# Without a penalty the network is right most often on the rows that it trained on. On test rows its log loss
# is the worst, because it is just as sure of what it learnt by heart. A middle alpha is best there. The
# strongest one underfits: half-moons need a bend.
#
# The black line is where both classes are equally probable, the shade is the probability.
figure, axes = plt.subplots(2, 2, figsize=(7, 6), layout="constrained", sharex=True, sharey=True)
for alpha, network, ax in zip(alphas, networks, axes.flat, strict=True):
    options = {"response_method": "predict_proba", "class_of_interest": 1, "grid_resolution": 200, "ax": ax}
    DecisionBoundaryDisplay.from_estimator(
        network, X, cmap="PuOr", alpha=0.6, levels=10, vmin=0, vmax=1, **options
    )
    DecisionBoundaryDisplay.from_estimator(
        network, X, plot_method="contour", levels=[0.5], colors="black", **options
    )
    for label, marker, color in ((0, "o", "#7f3b08"), (1, "s", "#2d004b")):
        ax.scatter(*X[y == label].T, c=color, marker=marker, s=22, edgecolor="white", linewidth=0.4)
    ax.set_title(f"alpha = {alpha:g}")
plt.show()
