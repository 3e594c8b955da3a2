"""
Decision boundaries over alpha
==============================

The stronger the penalty, the smoother the boundary between the classes: on two noisy half-moons, from a
boundary that winds around single rows to one that is hardly bent.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import train_test_split

from sklearn_ridge_nn import RidgeMLPClassifier

X, y = make_moons(1000, noise=0.35, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, train_size=120, stratify=y, random_state=0)

alphas = [0, 1e-3, 1e-2, 1e-1]
figure, axes = plt.subplots(2, 2, figsize=(7, 6), layout="constrained", sharex=True, sharey=True)
for alpha, ax in zip(alphas, axes.flat, strict=True):
    network = RidgeMLPClassifier(
        alpha, epochs=300, batch_size=32, learning_rate=3e-3, validation_split=0, random_state=0
    ).fit(X, y)
    DecisionBoundaryDisplay.from_estimator(
        network, X, response_method="predict_proba", class_of_interest=1, cmap="PuOr", alpha=0.6, ax=ax,
        vmin=0, vmax=1, levels=10, plot_method="contourf",
    )  # fmt: skip
    DecisionBoundaryDisplay.from_estimator(
        network, X, response_method="predict", plot_method="contour", colors="black", levels=[0.5], ax=ax
    )
    for label, marker in ((0, "o"), (1, "s")):
        rows = y == label
        ax.scatter(
            *X[rows].T, c=["#7f3b08", "#2d004b"][label], marker=marker, s=14, edgecolor="white", linewidth=0.4
        )
    train, test = network.score(X, y), network.score(X_test, y_test)
    ax.set_title(f"alpha = {alpha:g}: accuracy {train:.2f} in training, {test:.2f} on test rows", fontsize=8)
    print(f"alpha = {alpha:<6g} training accuracy {train:.3f}, test accuracy {test:.3f}")
plt.show()

# %%
# The black line is where both classes are equally probable. Without a penalty the probabilities (the
# shades) are near 0 or 1 almost everywhere: the network is sure of what it learnt by heart.
