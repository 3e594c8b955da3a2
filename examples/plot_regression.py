"""
Regression: how strong a penalty, and is a network worth it?
============================================================

:class:`sklearn_ridge_nn.RidgeMLPRegressor` predicts numbers. How strong should its penalty be, how long
should it train, and does it do better than ridge regression? The diabetes data: 442 patients, ten
measurements of each, and how far the disease progressed in the year that followed, as a score from 25 to 346
points.
"""

# %%
# The features are in units of their own, such as years and mmHg, so the pipeline scales them. The target
# needs no scaling: the network scales it inside, and predicts points. Nothing is held out inside each fit,
# for here the splits say how long to train.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPRegressor, RidgeMLPRegressorCV, diagnose
from sklearn_ridge_nn.model_selection import cross_validate

X, y = load_diabetes(return_X_y=True, scaled=False)
how = {"hidden_layer_sizes": (64, 32), "validation_split": 0, "random_state": 0}
pipeline = make_pipeline(StandardScaler(), RidgeMLPRegressor(**how))
diagnosis = diagnose(
    pipeline, X, y, alphas=[0, 1e-3, 1e-2, 1e-1, 1], epochs="settled", remedies=["yardsticks"]
)
print(diagnosis)

# %%
# The table has two measures of the same test rows. The loss is the mean squared error, in squared points, and
# verdicts rest on it. R² is the share of the variance that is predicted: 1 is perfect, and the mean of the
# training rows has about 0.
#
# The verdicts are on the number of epochs that goes best with the best alpha. After so few epochs weak
# penalties, and none at all, are as good as the best. The strongest one underfits: its loss is high on the
# training rows, too.
diagnosis.plot()
plt.show()

# %%
# *Yardsticks* are scikit-learn's regressors on the same splits. The network does better than boosted trees
# and than the mean. MLPRegressor, at its defaults, does worse than the mean: it learns the target unscaled,
# and has too few epochs for that. But the network cannot be shown to do better than RidgeCV: the interval of
# the difference has 0 in it.
for finding in diagnosis.findings:
    if finding.code == "worth-a-network":
        print(finding.sentence)
        print(finding.advice)

# %%
# The loss above flatters the network a little, for its alpha and epochs were chosen by the rows that it is
# measured on. ``RidgeMLPRegressorCV`` chooses both by folds of the training rows, as RidgeCV chooses its
# penalty. A cross-validation around each of them treats both alike.
penalties = [1e-3, 1e-2, 1e-1, 1]
network = RidgeMLPRegressorCV(penalties, epochs="best", max_epochs=150, **how)
regressors = {"network": network, "RidgeCV": RidgeCV(np.logspace(-3, 5, 17))}
folds = KFold(5, shuffle=True, random_state=0)
predicted = {}
for name, regressor in regressors.items():
    results = cross_validate(
        make_pipeline(StandardScaler(), regressor),
        X,
        y,
        cv=folds,
        scoring=["r2", "neg_root_mean_squared_error"],
        return_estimator=True,
        return_indices=True,
    )
    r2, error = results["test_r2"], -results["test_neg_root_mean_squared_error"]
    print(
        f"{name:7}  R² {r2.mean():.3f}, on the folds from {r2.min():.2f} to {r2.max():.2f}, "
        f"root mean squared error {error.mean():.1f} points"
    )
    predicted[name] = np.empty(len(y))
    for fitted, test in zip(results["estimator"], results["indices"]["test"], strict=True):
        predicted[name][test] = fitted.predict(X[test])
        if name == "network":
            print(f"         alpha {fitted[-1].alpha_:g}, {fitted[-1].epochs_} epochs")

# %%
# Here, too, the two differ by far less than the folds do. Most folds take a stronger penalty and more epochs
# than the diagnosis did: the two go together, and several pairs do about as well.
#
# Left, what the network predicts for patients it has not seen, and what was measured. Right, its predictions
# and those of RidgeCV, which are much alike: the network finds little in these rows that is not linear.
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.5), layout="constrained")
for ax, (name, values) in zip(
    (left, right), {"measured": y, "predicted by RidgeCV": predicted["RidgeCV"]}.items(), strict=True
):
    ax.scatter(predicted["network"], values, s=16, alpha=0.5, color="#0072b2")
    ax.plot([0, 360], [0, 360], "--", color="black")
    ax.set(xlabel="predicted by the network (points)", ylabel=f"{name} (points)", aspect="equal")
left.set_title("Half of the variance is predicted")
right.set_title("Network and linear model agree")
print(f"correlation of the two predictions: {np.corrcoef(*predicted.values())[0, 1]:.2f}")
plt.show()
