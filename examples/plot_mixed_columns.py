"""
Search alpha in a pipeline with mixed columns
=============================================

Real tables have numbers and categories, and holes in both. Preprocessing belongs into the pipeline, so that
every fold learns its medians and scales from its own training rows; the search over ``alpha`` goes through
it.
"""

# %%
# A table of customers: two columns of numbers, two of categories, some values missing.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklearn_ridge_nn import RidgeMLPClassifier, make_preprocessor
from sklearn_ridge_nn.model_selection import GridSearchCV

rng = np.random.default_rng(0)
n = 600
table = pd.DataFrame(
    {
        "age": rng.normal(40, 12, n).round(),
        "income": rng.lognormal(10, 0.5, n).round(),
        "city": rng.choice(["Lima", "Oslo", "Rome"], n),
        "plan": rng.choice(["basic", "plus"], n),
    }
)
strength = (table["age"] - 40) / 12 + 2 * (table["city"] == "Rome") - (table["plan"] == "basic")
bought = np.where(strength + rng.normal(0, 1, n) > 0, "yes", "no")
table.loc[rng.choice(n, 40, replace=False), "age"] = np.nan
table.loc[rng.choice(n, 40, replace=False), "city"] = np.nan
print(table.head())

# %%
# ``make_preprocessor`` looks at the columns and makes a ``ColumnTransformer``: numbers are imputed and
# scaled, categories become columns of 0 and 1, and a missing category is one of its own.
columns = make_preprocessor(table)
print(columns)
pipeline = make_pipeline(columns, RidgeMLPClassifier(epochs=30, batch_size=32, random_state=0))
search = GridSearchCV(
    pipeline,
    {"ridgemlpclassifier__alpha": np.logspace(-5, 0, 6)},
    scoring=["neg_log_loss", "accuracy"],
    refit="neg_log_loss",
    cv=5,
).fit(table, bought)
print(f"best alpha: {search.best_params_['ridgemlpclassifier__alpha']:g}")

# %%
# The results are scikit-learn's ``cv_results_``. The columns were transformed once per fold, not once per
# candidate.
results = pd.DataFrame(search.cv_results_).rename(columns={"param_ridgemlpclassifier__alpha": "alpha"})
print(results[["alpha", "mean_test_neg_log_loss", "mean_test_accuracy"]].to_string(index=False))

# %%
# The searched pipeline takes raw rows: a city that it has never seen, and an income that is missing.
new = pd.DataFrame({"age": [25, 60], "income": [30_000, np.nan], "city": ["Paris", "Rome"], "plan": "plus"})
print(search.predict(new), search.predict_proba(new).round(2).tolist())

# %%
# Weak penalties are about equal. The strongest leaves little but the frequencies of the classes, whose log
# loss is the dashed line.
losses = -results.filter(regex=r"split\d_test_neg_log_loss")
share = np.mean(bought == "yes")
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.errorbar(results["alpha"].astype(float), losses.mean(axis=1), yerr=losses.sem(axis=1), fmt="o-", capsize=3)
ax.axhline(-share * np.log(share) - (1 - share) * np.log(1 - share), color="0.4", linestyle="--")
ax.set_title("Weak penalties are about equal, the strongest is guessing")
ax.set(xscale="log", xlabel="alpha", ylabel="test log loss (one standard error)")
plt.show()
