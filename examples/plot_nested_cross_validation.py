"""
Nested cross-validation
=======================

The best score of a search is flattered: alpha was chosen for it. A second, outer cross-validation around
the search scores each choice on rows that took no part in it. That is many fits, and they all train
together.
"""

# %%
# Few rows, so that the choice has something to exploit. Each of five trials shuffles the folds anew.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV, cross_val_score

X, y = make_classification(100, 20, n_informative=4, flip_y=0.2, random_state=1)
pipeline = make_pipeline(
    StandardScaler(), RidgeMLPClassifier(hidden_layer_sizes=(32,), epochs=40, batch_size=32)
)
grid = {
    "ridgemlpclassifier__alpha": np.logspace(-4, 0, 5),
    "ridgemlpclassifier__random_state": [0, 1, 2],
}
flattered, honest = [], []
for trial in range(5):
    inner, outer = (StratifiedKFold(4, shuffle=True, random_state=10 * trial + part) for part in (0, 1))
    search = GridSearchCV(pipeline, grid, cv=inner)
    flattered.append(search.fit(X, y).best_score_)
    honest.append(cross_val_score(search, X, y, cv=outer).mean())

# %%
difference = np.subtract(flattered, honest)
print(f"best score of the search: {np.mean(flattered):.3f}")
print(f"nested cross-validation:  {np.mean(honest):.3f}")
print(f"the search flatters by    {difference.mean():.3f} on average")

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
trials = np.arange(1, len(honest) + 1)
ax.plot(trials, flattered, "s--", label="best score of the search")
ax.plot(trials, honest, "o-", label="nested cross-validation")
ax.set(xlabel="trial", ylabel="accuracy", xticks=trials)
ax.legend()
plt.show()
