"""
A search on a Dask cluster
==========================

A long search can be spread over the machines of a Dask cluster, in chunks of networks that train together.
Where a chunk runs does not change its results.
"""

# %%
# Nine alphas on twelve folds are 108 networks. Up to 64 of a small kind share a chunk, fewer the longer they
# train, and a fold is never torn apart: this search makes four chunks. How it is cut depends on the search
# alone, never on the cluster.
import joblib
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster, get_task_stream
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV

X, y = make_classification(1000, 20, n_informative=8, flip_y=0.1, random_state=0)
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(batch_size=64, random_state=0))
alphas = np.logspace(-5, -1, 9)
search = GridSearchCV(pipeline, {"ridgemlpclassifier__alpha": alphas}, cv=12, scoring="neg_log_loss")

# %%
# Two workers on this machine stand for a cluster; ``Client("scheduler-address")`` connects to one that is
# there already. With ``processes=False`` the workers are threads of this process, which have TensorFlow at
# hand. Real ones import it first, some seconds each, so that only long searches gain.
with (
    LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
    Client(cluster) as client,
    joblib.parallel_config(backend="dask"),
    get_task_stream(client) as stream,
):
    search.fit(X, y)
workers = [task["worker"] for task in stream.data]
print(f"chunks on the cluster: {len(workers)}, on {len(set(workers))} workers")
print(f"best alpha: {search.best_params_['ridgemlpclassifier__alpha']:g}")

# %%
# The same search without the cluster gives the same scores, to the last bit.
losses = -search.cv_results_["mean_test_score"]
search.fit(X, y)
np.testing.assert_array_equal(losses, -search.cv_results_["mean_test_score"])

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.plot(alphas, losses, "o-", label="on the cluster")
ax.plot(alphas, -search.cv_results_["mean_test_score"], "kx", ms=12, label="without it")
ax.set_title("A cluster changes no score")
ax.set(xscale="log", xlabel="alpha", ylabel="test log loss, mean of 12 folds")
ax.legend()
plt.show()
