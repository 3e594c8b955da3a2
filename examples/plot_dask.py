"""
A search on a Dask cluster
==========================

A long search can be spread over the machines of a Dask cluster, in chunks of networks that train together.
Where a chunk runs does not change its results.
"""

# %%
# A cluster of two workers on this machine stands for one of many; ``Client("scheduler-address")`` connects
# to one that is there already.
import joblib
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV

X, y = make_classification(4000, 20, n_informative=8, flip_y=0.1, random_state=0)
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(epochs=20, random_state=0))
grid = {"ridgemlpclassifier__alpha": np.logspace(-5, -1, 5)}
search = GridSearchCV(pipeline, grid, cv=4, scoring="neg_log_loss", n_jobs=-1)

with (
    LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
    Client(cluster),
    joblib.parallel_config(backend="dask"),
):
    search.fit(X, y)
print(search.best_params_)

# %%
# Without the cluster, the very same scores:
alone = GridSearchCV(pipeline, grid, cv=4, scoring="neg_log_loss").fit(X, y)
np.testing.assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.plot(
    grid["ridgemlpclassifier__alpha"], -search.cv_results_["mean_test_score"], "o-", label="on the cluster"
)
ax.plot(
    grid["ridgemlpclassifier__alpha"],
    -alone.cv_results_["mean_test_score"],
    "x",
    ms=12,
    label="in one process",
)
ax.set(xscale="log", xlabel="alpha", ylabel="test log loss")
ax.legend()
plt.show()
