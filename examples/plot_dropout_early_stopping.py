"""
L2 with dropout and early stopping
==================================

Dropout and early stopping reduce overfitting, too. Do they replace the penalty, or add to it? Each is tried
alone and with the others, on the same twenty splits.
"""

# %%
# Few rows and many columns without signal, so that a network without any of the three overfits. The strengths
# are fixed in advance, at customary values for dropout and patience; tuning each could change the order.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import cross_validate

X, y = make_classification(400, 40, n_informative=8, n_redundant=0, flip_y=0.1, random_state=0)
splits = RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0)

l2 = {"alpha": 0.03}
dropout = {"dropout": 0.5}
early_stopping = {"early_stopping": True, "validation_split": 0.15, "patience": 5}
variants = {
    "none": {},
    "L2": l2,
    "dropout": dropout,
    "early stopping": early_stopping,
    "L2 + dropout": l2 | dropout,
    "all three": l2 | dropout | early_stopping,
}

# %%
# Only early stopping needs a validation loss. The others train on every row of their fold.
losses = {}
for name, params in variants.items():
    defaults = {"alpha": 0, "validation_split": 0, "epochs": 40, "batch_size": 32, "random_state": 0}
    pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(**(defaults | params)))
    losses[name] = -cross_validate(pipeline, X, y, cv=splits, scoring="neg_log_loss")["test_score"]

# %%
# The mean test loss, and the paired difference from L2 alone with its standard error. It is that of Nadeau
# and Bengio (2003), which allows for the training rows that splits share.
differences = {name: values - losses["L2"] for name, values in losses.items()}
means = [values.mean() for values in differences.values()]
errors = [np.sqrt((1 / len(values) + 1 / 4) * values.var(ddof=1)) for values in differences.values()]
for name, mean, error in zip(losses, means, errors, strict=True):
    print(f"{name:14}  test loss {losses[name].mean():.3f}, against L2 {mean:+.3f} +/- {error:.3f}")

# %%
# Each of the three alone repairs most of the damage. L2 and early stopping are within one standard error of
# each other; early stopping pays for its hold-out with rows that the network does not train on, and finds the
# epoch by itself. Dropout on top of the penalty gains more than two standard errors: here the two add up. All
# three together are not clearly better than L2 alone.
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.errorbar(means, list(losses), xerr=errors, fmt="o", color="black", capsize=4)
ax.axvline(0, color="0.5", linestyle="--")
ax.invert_yaxis()
ax.set_title("Any of the three is far better than none")
ax.set_xlabel("test log loss minus that of L2 alone (one standard error)")
plt.show()
