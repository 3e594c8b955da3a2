"""
Imbalanced classes
==================

With one positive row in twenty, accuracy says little: predicting "no" is right in 95 %. What
``class_weight="balanced"`` changes, what it does to the probabilities, and how to choose ``alpha`` then.
"""

# %%
# Stratified folds keep the share of positives in every fold; so does the hold-out inside each fit.
import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV

X, y = make_classification(12_000, 20, n_informative=6, weights=[0.95], flip_y=0.01, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=3000, stratify=y, random_state=0)
print(f"positives: {y_train.mean():.3f} of the training rows, {y_test.mean():.3f} of the test rows")

# %%
# alpha is chosen by average precision, which looks at how positives are ranked and not at a threshold.
fitted = {}
for name, class_weight in (("unweighted", None), ("balanced", "balanced")):
    network = RidgeMLPClassifier(class_weight=class_weight, epochs=30, random_state=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {"ridgemlpclassifier__alpha": [1e-4, 1e-3, 1e-2, 1e-1]},
        scoring="average_precision",
        cv=5,
    )
    fitted[name] = search.fit(X_train, y_train)
    probability = search.predict_proba(X_test)[:, 1]
    print(
        f"{name:11} alpha {search.best_params_['ridgemlpclassifier__alpha']:g}: "
        f"average precision {average_precision_score(y_test, probability):.3f}, "
        f"balanced accuracy {balanced_accuracy_score(y_test, search.predict(X_test)):.3f}, "
        f"log loss {log_loss(y_test, probability):.3f}, mean probability {probability.mean():.3f}"
    )

# %%
# Weighing rare rows more moves the threshold, and the balanced accuracy with it: more positives are found,
# and more negatives are taken for them. It does not make the ranking better by itself, and the
# probabilities are no longer those of the data: their mean is far above the share of positives, and the log
# loss is larger.
#
# For calibrated probabilities, leave the weights out and move the threshold instead, for example with
# :class:`sklearn.model_selection.TunedThresholdClassifierCV`.
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for (name, search), marker in zip(fitted.items(), "os", strict=True):
    CalibrationDisplay.from_estimator(search, X_test, y_test, n_bins=10, name=name, marker=marker, ax=ax)
ax.set_title("Balanced weights overstate the rare class")
plt.show()
