"""
The batched search against scikit-learn's
=========================================

The same estimator, the same grid, the same folds: once in scikit-learn's
:class:`~sklearn.model_selection.GridSearchCV`, which fits one network after the other, and once in this
package's, which trains them together. The results are the same.
"""

# %%
# The first training in a process compiles the program that trains, which takes a second or two. A small
# search of each kind comes before the clock starts.
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
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0))
grid = {"ridgemlpclassifier__alpha": np.logspace(-6, 0, 9)}
seconds, searches = {}, {}
for name, module in (
    ("scikit-learn", sklearn.model_selection),
    ("together", sklearn_ridge_nn.model_selection),
):
    search = module.GridSearchCV(pipeline, grid, cv=5, scoring="neg_log_loss")
    search.fit(X, y)
    start = perf_counter()
    searches[name] = search.fit(X, y)
    seconds[name] = perf_counter() - start

# %%
# 45 fits and a refit each:
for name, time in seconds.items():
    print(f"{name:13} {time:.2f} s")
print(f"together is {seconds['scikit-learn'] / seconds['together']:.1f} times as fast")

# %%
# Every score of every fold agrees.
one, other = (search.cv_results_ for search in searches.values())
for fold in range(5):
    np.testing.assert_allclose(one[f"split{fold}_test_score"], other[f"split{fold}_test_score"], atol=1e-4)
assert searches["scikit-learn"].best_params_ == searches["together"].best_params_

figure, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
bars = ax.barh(list(seconds), list(seconds.values()), color=["0.7", "#0072B2"])
ax.bar_label(bars, fmt="%.2f s", padding=4)
ax.set(xlabel="seconds for 45 fits and a refit", xlim=(0, 1.2 * max(seconds.values())))
plt.show()
