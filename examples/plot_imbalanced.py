"""
Imbalanced classes
==================

Where positives are rare, accuracy says little: predicting "no" is nearly always right. This example shows
what ``class_weight="balanced"`` changes, what it does to the probabilities, and how to choose ``alpha``.
"""

# %%
# Stratified splits keep the share of positives: this one, the folds of a search, and the hold-out inside each
# fit.
import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV

X, y = make_classification(
    12_000, 20, n_informative=6, weights=[0.95], flip_y=0.02, class_sep=0.8, random_state=1
)
X, X_test, y, y_test = train_test_split(X, y, train_size=2000, stratify=y, random_state=0)
print(f"positives: {y.sum()} of {len(y)} training rows, a share of {y.mean():.3f}")

# %%
# alpha is chosen by average precision, which judges how rows are ranked. It means the same with and without
# weights; the log loss does not.
searches = {}
for name, class_weight in (("unweighted", None), ("balanced", "balanced")):
    network = RidgeMLPClassifier(class_weight=class_weight, epochs=30, random_state=0)
    searches[name] = GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {"ridgemlpclassifier__alpha": [1e-4, 1e-3, 1e-2, 3e-2, 1e-1]},
        scoring="average_precision",
        cv=5,
    ).fit(X, y)
    probability = searches[name].predict_proba(X_test)[:, 1]
    print(
        f"{name:10}  alpha {searches[name].best_params_['ridgemlpclassifier__alpha']:g}, "
        f"average precision {average_precision_score(y_test, probability):.3f}, "
        f"balanced accuracy {balanced_accuracy_score(y_test, searches[name].predict(X_test)):.3f}, "
        f"log loss {log_loss(y_test, probability):.3f}, mean probability {probability.mean():.3f}"
    )

# %%
# With balanced weights the network finds more positives, and mistakes more negatives for positives. Balanced
# accuracy counts that as a gain. The rows are not ranked better. And the probabilities are no longer those of
# the data: their mean is several times the share of positives, and the log loss is far larger.
#
# A lower threshold gives about the same balanced accuracy without weights. scikit-learn chooses it by
# cross-validation, and the probabilities remain as they were.
tuned = TunedThresholdClassifierCV(searches["unweighted"].best_estimator_, scoring="balanced_accuracy")
tuned.fit(X, y)
print(
    f"unweighted, threshold {tuned.best_threshold_:.3f}: "
    f"balanced accuracy {balanced_accuracy_score(y_test, tuned.predict(X_test)):.3f}"
)

# %%
# How often do rows of a given predicted probability turn out positive?
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for (name, search), style in zip(searches.items(), ("o-", "s--"), strict=True):
    CalibrationDisplay.from_estimator(
        search, X_test, y_test, n_bins=8, name=name, marker=style[0], linestyle=style[1:], ax=ax
    )
ax.legend(loc="upper left")
ax.set_title("Balanced weights overstate the rare class")
plt.show()
