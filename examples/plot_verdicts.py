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
    classifier = RidgeMLPClassifier(hidden_layer_sizes=(32,), batch_size=32, random_state=0, **params)
    diagnosis = diagnoses[title] = diagnose(classifier, scale(X), y, alphas=alphas)
    for alpha, verdict, reason in zip(diagnosis.alphas, diagnosis.verdicts, diagnosis.reasons, strict=True):
        print(f"{alpha:8.3g}  {verdict:12}  {reason}")


# %%
# **Overfit**: significantly worse than the best alpha, with a weaker penalty and a wider gap between test and
# train loss. Few rows, many features without signal, and wrong labels lead to it.
X, y = make_classification(150, 40, n_informative=5, flip_y=0.15, random_state=0)
study("overfit: the penalty is too weak", X, y, [0, 1e-3, 1e-2, 3e-2, 1e-1], epochs=60)

# %%
# **Good**: within one standard error of the best, or closer to it than matters. Weak penalties on easy data
# may all be good: then the choice among them is free.
X, y = load_wine(return_X_y=True)
study("good: the choice is free", X, y, [0, 1e-5, 1e-4, 1e-3], epochs=100)

# %%
# **Underfit**: significantly worse, with a stronger penalty, and worse on the training rows, too.
X, y = load_breast_cancer(return_X_y=True)
study("underfit: the penalty is too strong", X, y, [0, 1e-4, 1e-2, 1e-1, 1], epochs=15)

# %%
# **Undetermined**: worse by more than a standard error, but not by enough to exclude chance. The reason says
# how much is missing, and whether more splits could decide it. Here only more rows can.
X, y = make_classification(120, 10, n_informative=4, flip_y=0.2, random_state=3)
study("undetermined: too few rows to tell", X, y, [1e-3, 3e-3, 1e-2, 3e-2, 6e-2], epochs=60)

# %%
# The curves of the four, with one standard error around each. Tints and hatches mark the verdicts. The dashed
# line may lie among the undetermined: the rule of one standard error looks at how much the best loss varies
# over splits, a verdict at how much the *difference* does, which is less.
figure, axes = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
for (title, diagnosis), ax in zip(diagnoses.items(), axes.flat, strict=True):
    display = AlphaCurveDisplay.from_diagnosis(diagnosis, ax=ax)
    ax.set_title(title)
    ax.get_legend().remove()
figure.legend(
    [display.train_line_, display.test_line_, display.best_line_, display.one_se_line_],
    ["train rows", "test rows", "best alpha", "strongest within one standard error of it"],
    loc="outside lower center",
    ncols=4,
)
plt.show()
