"""
The batched search against scikit-learn's
=========================================

The same estimator, the same grid, the same folds: once in scikit-learn's
:class:`~sklearn.model_selection.GridSearchCV`, which fits one network after the other, and once in this
package's, which trains them together. The results are the same.
"""

# %%
# The first fit in a process imports TensorFlow, and the first search of each kind compiles the program that
# trains: for one network, or for many. So each search runs twice. All networks train for 15 epochs, as in
# :doc:`/benchmarks`.
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import sklearn.model_selection
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_ridge_nn.model_selection
from sklearn_ridge_nn import RidgeMLPClassifier

X, y = load_breast_cancer(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(epochs=15, random_state=0))
RidgeMLPClassifier(hidden_layer_sizes=(2,), epochs=1).fit(X[:100], y[:100])  # imports TensorFlow

grid = {"ridgemlpclassifier__alpha": np.logspace(-6, 0, 9)}
searches = {
    "one by one": sklearn.model_selection.GridSearchCV(pipeline, grid, cv=5, scoring="neg_log_loss"),
    "together": sklearn_ridge_nn.model_selection.GridSearchCV(pipeline, grid, cv=5, scoring="neg_log_loss"),
}
seconds = {}
for name, search in searches.items():
    for run in ("first", "again"):
        start = perf_counter()
        search.fit(X, y)
        seconds[name, run] = perf_counter() - start

# %%
# 45 fits and a refit each. Other sizes, and other libraries, are in :doc:`/benchmarks`.
for (name, run), time in seconds.items():
    print(f"{name:10}  {run}  {time:.2f} s")
ratio = seconds["one by one", "again"] / seconds["together", "again"]
print(f"once compiled, one by one takes {ratio:.1f} times as long")

# %%
# The score of every candidate on every fold agrees to rounding, and the alpha chosen is the same.
one_by_one, together = searches.values()
for fold in range(5):
    key = f"split{fold}_test_score"
    np.testing.assert_allclose(one_by_one.cv_results_[key], together.cv_results_[key], atol=1e-4)
assert one_by_one.best_params_ == together.best_params_

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
bars = ax.barh([", ".join(key) for key in seconds], list(seconds.values()), color="0.7", edgecolor="black")
ax.bar_label(bars, fmt="%.2f s", padding=4)
ax.invert_yaxis()
ax.set_title("45 networks one by one, and together")
ax.set(xlabel="seconds for 45 fits and a refit", xlim=(0, 1.2 * max(seconds.values())))
plt.show()
