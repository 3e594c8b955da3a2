"""
Reading a diagnosis: the four verdicts
======================================

Every alpha is compared with the best one on the same splits, and called *good*, *overfit*, *underfit* or
*undetermined*. Four small studies, one for each.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer, load_wine, make_classification
from sklearn.preprocessing import scale

from sklearn_ridge_nn import AlphaCurveDisplay, RidgeMLPClassifier, diagnose

diagnoses = {}


def study(title, X, y, alphas, **params):
    """Diagnose, and print each alpha with its verdict and the reason."""
    classifier = RidgeMLPClassifier(**{"hidden_layer_sizes": (32,), "random_state": 0, **params})
    diagnosis = diagnoses[title] = diagnose(classifier, scale(X), y, alphas=alphas)
    for alpha, verdict, reason in zip(diagnosis.alphas, diagnosis.verdicts, diagnosis.reasons, strict=True):
        print(f"{alpha:8.3g}  {verdict:12}  {reason}")


# %%
# **Overfit**: significantly worse than the best alpha, with a weaker penalty and a wider gap between
# training and test loss. Few rows, many features without signal, and wrong labels invite it.
X, y = make_classification(150, 40, n_informative=5, flip_y=0.15, random_state=0)
study("overfit up to 0.03", X, y, [0, 1e-3, 1e-2, 3e-2, 1e-1], epochs=80, batch_size=32)

# %%
# **Good**: within one standard error of the best, or closer to it than matters. On easy data that may be
# the whole grid: then the choice is free.
study("all good", *load_wine(return_X_y=True), [0, 1e-6, 1e-5, 1e-4], epochs=40)

# %%
# **Underfit**: significantly worse, with a stronger penalty, and worse on the training rows too.
study("underfit beyond", *load_breast_cancer(return_X_y=True), [0, 1e-3, 1e-2, 1e-1, 1])

# %%
# **Undetermined**: worse by more than a standard error, but not by enough to exclude chance, or worse for
# neither reason. The reason says which; more splits or more rows would tell.
X, y = make_classification(120, 10, n_informative=4, flip_y=0.2, random_state=3)
study("partly undetermined", X, y, [1e-3, 1e-2, 2e-2, 4e-2, 1e-1, 2e-1], epochs=60, batch_size=32)

# %%
# The curves of the four. Solid vertical lines mark the best alpha, dashed ones the strongest penalty within
# one standard error of it.
figure, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
for (title, diagnosis), ax in zip(diagnoses.items(), axes.flat, strict=True):
    AlphaCurveDisplay.from_diagnosis(diagnosis, ax=ax)
    ax.set_title(title, pad=20)
plt.show()
