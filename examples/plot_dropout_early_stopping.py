"""
L2 with dropout and early stopping
==================================

Dropout and early stopping fight overfitting, too. Do they add to the penalty, or replace it? Eight
networks, with and without each of the three, on the same thirty splits.
"""

# %%
# Few rows and many features without signal, so that a network without any of the three overfits.
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import cross_validate

X, y = make_classification(400, 40, n_informative=8, n_redundant=0, flip_y=0.1, random_state=0)
splits = RepeatedStratifiedKFold(n_splits=5, n_repeats=6, random_state=0)


def test_losses(alpha, dropout, early_stopping):
    """Return the log loss on the test rows of each split."""
    network = RidgeMLPClassifier(
        alpha,
        dropout=dropout,
        early_stopping=early_stopping,
        validation_split=0.15 if early_stopping else 0,
        epochs=40,
        batch_size=32,
        random_state=0,
    )
    pipeline = make_pipeline(StandardScaler(), network)
    return -cross_validate(pipeline, X, y, cv=splits, scoring="neg_log_loss")["test_score"]


losses = {}
for alpha, dropout, early_stopping in product([0, 0.03], [0, 0.3], [False, True]):
    used = [("L2", alpha), ("dropout", dropout), ("early stopping", early_stopping)]
    name = " + ".join(word for word, value in used if value) or "none"
    losses[name] = test_losses(alpha, dropout, early_stopping)

# %%
# Means over the splits, best first, and the difference from the best with the standard error of Nadeau and
# Bengio (2003), which allows for the training rows that splits share.
order = sorted(losses, key=lambda name: losses[name].mean())
best = losses[order[0]]
for name in order:
    difference = losses[name] - best
    error = np.sqrt((1 / len(difference) + 1 / 4) * difference.var(ddof=1))
    print(f"{name:30} {losses[name].mean():.3f}   +{difference.mean():.3f} +/- {error:.3f}")

# %%
# The penalty alone mends most of the damage, and so does early stopping; dropout alone less of it. Dropout
# on top of the penalty improves on the penalty alone. Among the other combinations the differences are
# within a standard error or two: these rows cannot tell them apart. Early stopping pays for its hold-out
# with rows that the network does not train on.
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.boxplot(
    [losses[name] for name in reversed(order)], orientation="horizontal", medianprops={"color": "black"}
)
ax.set_yticklabels(reversed(order))
ax.set_xlabel("test log loss over 30 splits")
plt.show()
