"""
Nested cross-validation
=======================

The best score of a search is flattered, for alpha was chosen by the very rows that give the score. A second,
outer cross-validation around the search scores each choice on rows that took no part in it. These are many
fits, and they train together.
"""

# %%
# With few rows, a search has much luck to exploit. Each trial shuffles the folds anew. Search and outer
# cross-validation use the same folds, so that both scores are of networks trained on as many rows.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV, cross_val_score

X, y = make_classification(60, 20, n_informative=3, flip_y=0.3, random_state=1)
network = RidgeMLPClassifier(
    hidden_layer_sizes=(16,), epochs=30, batch_size=32, learning_rate=1e-2, validation_split=0, random_state=0
)
pipeline = make_pipeline(StandardScaler(), network)
grid = {"ridgemlpclassifier__alpha": np.logspace(-4, 0, 9)}

best_scores, nested_scores = [], []
for trial in range(6):
    folds = StratifiedKFold(5, shuffle=True, random_state=trial)
    search = GridSearchCV(pipeline, grid, cv=folds)
    best_scores.append(search.fit(X, y).best_score_)
    nested_scores.append(cross_val_score(search, X, y, cv=folds).mean())

# %%
# Inside each of the five outer folds, ``cross_val_score`` runs a search of its own on the training rows. Its
# result is an estimate for the whole procedure, search included.
difference = np.subtract(best_scores, nested_scores)
print(f"best score of the search: {np.mean(best_scores):.3f}")
print(f"nested cross-validation:  {np.mean(nested_scores):.3f}")
print(f"the search flatters by    {difference.mean():.3f} on average, {difference.min():.3f} at least")

# %%
# This does not make the chosen alpha wrong. Only the score that comes with it is too good.
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
trials = np.arange(1, len(difference) + 1)
ax.plot(trials, best_scores, "s--", label="best score of the search")
ax.plot(trials, nested_scores, "o-", label="nested cross-validation")
ax.set_title("The best score of a search is too good")
ax.set(xlabel="trial", ylabel="accuracy", xticks=trials)
ax.legend()
plt.show()
