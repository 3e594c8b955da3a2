"""
Search alpha by cross-validation
================================

How strong should the L2 penalty be? Train the network for a grid of alphas, each on five folds of
the breast cancer data, and compare the scores on the rows that it was trained on with those on the
rows that it was not.
"""

# %%
# ``alpha`` is a hyperparameter like any other. The search is scikit-learn's, its 30 networks train together.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV

X, y = load_breast_cancer(return_X_y=True)
alphas = np.logspace(-5, 0, 6)
search = GridSearchCV(
    make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0)),
    {"ridgemlpclassifier__alpha": alphas},
    cv=5,
    return_train_score=True,
).fit(X, y)

# %%
# Accuracy per alpha, as mean over the folds and its standard error.
results = search.cv_results_


def over_folds(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard error of a score, per alpha."""
    scores = np.array([results[f"split{fold}_{part}_score"] for fold in range(5)])
    return scores.mean(axis=0), scores.std(axis=0, ddof=1) / np.sqrt(5)


(train, train_error), (test, test_error) = over_folds("train"), over_folds("test")
print("alpha    train accuracy     test accuracy")
for i, alpha in enumerate(alphas):
    train_text = f"{train[i]:.3f} +/- {train_error[i]:.3f}"
    test_text = f"{test[i]:.3f} +/- {test_error[i]:.3f}"
    mark = "<- best" if i == search.best_index_ else ""
    print(f"{alpha:.0e}    {train_text}    {test_text}  {mark}")

# %%
# Up to 1e-2 the alphas are tied within a standard error, and the network knows its training rows a
# little better than new ones. Beyond, the penalty is too strong: it no longer fits either.
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for mean, error, label, style in (
    (train, train_error, "training rows", "s--"),
    (test, test_error, "test rows", "o-"),
):
    line = ax.plot(alphas, mean, style, label=label)[0]
    ax.fill_between(alphas, mean - error, mean + error, color=line.get_color(), alpha=0.2, linewidth=0)
ax.axvline(alphas[search.best_index_], color="0.5", linestyle=":", label="best alpha")
ax.set(xscale="log", xlabel="alpha (strength of the L2 penalty)", ylabel="accuracy")
ax.set_title("Breast cancer, mean of 5 folds and standard error")
ax.legend(loc="lower left")
plt.show()
