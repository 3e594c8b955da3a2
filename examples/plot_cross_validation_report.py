"""
Cross-validation reports
========================

scikit-learn's reports and displays work on the classifier as on any other, and the networks of all folds
train together: scores, a classification report, ROC curves, a calibration curve.
"""

# %%
# ``cross_validate`` from this package has scikit-learn's signature and results. Labels may be strings.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import RocCurveDisplay, classification_report
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import cross_val_predict, cross_validate

data = load_breast_cancer()
X, y = data.data, data.target_names[data.target]
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(epochs=30, random_state=0))
folds = StratifiedKFold(5, shuffle=True, random_state=0)
results = cross_validate(
    pipeline,
    X,
    y,
    cv=folds,
    scoring=["accuracy", "neg_log_loss", "roc_auc"],
    return_estimator=True,
    return_indices=True,
)
scores = pd.DataFrame({name: values for name, values in results.items() if name.startswith("test_")})
print(scores.agg(["mean", "std"]).round(3))

# %%
# Every row is predicted by the network that has not seen it. The columns of probabilities follow the sorted
# labels.
probabilities = cross_val_predict(pipeline, X, y, cv=folds, method="predict_proba")
labels = np.unique(y)
print(classification_report(y, labels[probabilities.argmax(axis=1)]))

# %%
# ROC curves of the five networks, and whether the probabilities can be believed. Most of these are near 0 or
# 1, so that of eight bins with equally many rows few lie between.
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
RocCurveDisplay.from_cv_results(
    results, X, y, pos_label="malignant", ax=left, curve_kwargs={"color": "tab:blue"}
)
left.set(xlim=(-0.01, 0.3), ylim=(0.7, 1.01), title="ROC curves of the folds, their upper left")
options = {"n_bins": 8, "strategy": "quantile", "name": "five networks", "ax": right}
CalibrationDisplay.from_predictions(y, probabilities[:, 1], pos_label="malignant", **options)
right.set_title("Calibration on test rows")
plt.show()

# %%
# If `skore <https://docs.skore.probabl.ai>`_ is installed, its report takes the pipeline as it is. It runs
# the fits itself, one by one.
try:
    from skore import CrossValidationReport
except ImportError:
    print("skore is not installed: pip install skore")
else:
    report = CrossValidationReport(pipeline, X, y)
    print(report.metrics.accuracy())
