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
# On these easy data a weak penalty neither helps nor harms: the small alphas are all *good*. A strong one
# underfits, on training and test rows alike. The findings below the table say what else was seen, and what
# to do about it.
diagnosis.plot()
plt.show()
