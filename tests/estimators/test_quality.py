"""On real data the seed's network is as good as scikit-learn's own of the same size and epochs."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier


def best_scores(classifier, X, y):
    """Return the five test scores of the best alpha."""
    pipeline = Pipeline([("scale", StandardScaler()), ("classify", classifier)])
    search = GridSearchCV(pipeline, {"classify__alpha": [1e-5, 1e-3, 1e-1]}, cv=5).fit(X, y)
    return np.array([search.cv_results_[f"split{fold}_test_score"][search.best_index_] for fold in range(5)])


@pytest.mark.slow
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, load_digits])
def test_within_one_standard_error_of_mlpclassifier(load):
    X, y = load(return_X_y=True)
    ours = best_scores(RidgeMLPClassifier(random_state=0), X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 15 epochs, as asked
        peer = MLPClassifier((128, 64), batch_size=128, max_iter=15, random_state=0)
        theirs = best_scores(peer, X, y)
    standard_error = theirs.std(ddof=1) / np.sqrt(5)
    assert ours.mean() >= theirs.mean() - standard_error
