"""
Optuna, several trials at a time
================================

Optuna proposes values one after the other, and fits one by one leave most of this package's speed unused.
So ask for several trials, train their networks together in one search, and tell Optuna the scores. After
every round it knows better where to look.

.. code-block:: console

   $ pip install sklearn-ridge-nn optuna
   $ python examples/optuna_study.py

"""

# %%
# The network, and what is looked for: alpha, the learning rate and the share of units that are dropped.

import numpy as np
import optuna
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier
from sklearn_ridge_nn.model_selection import GridSearchCV

optuna.logging.set_verbosity(optuna.logging.WARNING)
X, y = load_breast_cancer(return_X_y=True)
model = make_pipeline(StandardScaler(), RidgeMLPClassifier(epochs=30, random_state=0))
space = {
    "alpha": optuna.distributions.FloatDistribution(1e-5, 1, log=True),
    "learning_rate": optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True),
    "dropout": optuna.distributions.FloatDistribution(0, 0.5),
}
splits = StratifiedKFold(5, shuffle=True, random_state=0)

# %%
# Five rounds of eight trials. A grid of dicts with one value each makes every trial a candidate, and the 40
# networks of a round are trained together. What a typical trial scores gets better; the best one may be an
# early one.

study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
for _ in range(5):
    trials = [study.ask(space) for _ in range(8)]
    grid = [
        {f"ridgemlpclassifier__{name}": [value] for name, value in trial.params.items()} for trial in trials
    ]
    search = GridSearchCV(model, grid, cv=splits, scoring="neg_log_loss", refit=False).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    for trial, score in zip(trials, scores, strict=True):
        study.tell(trial, score)
    print(f"log loss of 8 trials: median {-np.median(scores):.3f}, best {-scores.max():.3f}")

# %%
# The best of so many trials is also the luckiest, so its score is a little too good. For one to rely on,
# take rows that had no part in this, or nested cross-validation.

best = {name: f"{value:.3g}" for name, value in study.best_params.items()}
print(f"best of {len(study.trials)} trials: {best}, log loss {-study.best_value:.3f}")

# %%
# Nothing is pruned here: a bad trial costs as much as a good one. For pruning, pass Optuna's callback as a
# function, ``callbacks=[lambda: KerasPruningCallback(trial, "val_data_loss")]``. Keras then trains the
# networks one by one.
