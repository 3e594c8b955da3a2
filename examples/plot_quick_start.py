"""
Quick start: a verdict for every alpha
======================================

How strong should the L2 penalty of a network be? :func:`sklearn_ridge_nn.diagnose` trains the network for a
grid of alphas on fifteen splits of the breast cancer data, all in one run, and says for each alpha whether
the network underfits, is good, or overfits.
"""

# %%
# ``alpha`` is a hyperparameter like any other, here in a pipeline that scales the features first.
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier, diagnose

X, y = load_breast_cancer(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0))
diagnosis = diagnose(pipeline, X, y)
print(diagnosis)

# %%
# Every alpha is compared with the best one on the same test rows. *Good* means as good as the best, as far
# as these rows can tell. *Underfit* means significantly worse, and worse on the training rows, too: the
# penalty is too strong. *Undetermined* alphas look worse, perhaps by chance, and the reasons say how much is
# missing. No alpha can be shown to overfit here, not even 0: by default each network keeps the weights of the
# epoch that its hold-out likes best, which limits overfitting, too.
#
# The findings say what else was measured, and what to do about it where there is something to do. On these
# easy data they do not show that the penalty is needed.
diagnosis.plot()
plt.show()
