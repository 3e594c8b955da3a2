"""
Quantiles: a band instead of a number
=====================================

A trip by bus takes about 20 minutes, longer in the rush hours, and how long is less certain then. A network
with ``loss="quantile"`` predicts a duration that a given share of trips does not exceed. Three of them draw a
band around the median.
"""

# %%
# The durations are generated, so the true quantiles are known. Late trips are late by more than early trips
# are early.
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import make_scorer, mean_pinball_loss
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPRegressor
from sklearn_ridge_nn.model_selection import GridSearchCV


def true_quantile(hour, quantile):
    """Return the duration, in minutes, that such a share of the trips at an hour does not exceed."""
    rush = np.exp(-((hour - 8) ** 2) / 4) + np.exp(-((hour - 17.5) ** 2) / 8)
    return 20 * (1 + 0.8 * rush) * np.exp((0.1 + 0.2 * rush) * norm.ppf(quantile))


rng = np.random.default_rng(0)


def draw(n_trips):
    """Return the hours and the durations of so many trips."""
    hour = rng.uniform(5, 22, n_trips)
    return hour[:, None], true_quantile(hour, rng.uniform(size=n_trips))


X, y = draw(800)
X_fresh, y_fresh = draw(20_000)

# %%
# Each quantile is a network of its own, with an alpha of its own. The pinball loss, which the network learns
# by, also chooses alpha: on average it is smallest for the true quantile. Its scorer must be told the
# quantile. The curves bend sharply over a single feature, so the network takes larger steps than by default.
quantiles = [0.05, 0.5, 0.95]
splits = KFold(5, shuffle=True, random_state=0)
searches = {}
for quantile in quantiles:
    network = RidgeMLPRegressor(
        loss="quantile",
        quantile=quantile,
        epochs=200,
        learning_rate=1e-2,
        validation_split=0,
        random_state=0,
    )
    searches[quantile] = GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {"ridgemlpregressor__alpha": [0, 1e-4, 1e-3, 1e-2, 1e-1]},
        scoring=make_scorer(mean_pinball_loss, alpha=quantile, greater_is_better=False),
        cv=splits,
    ).fit(X, y)

figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
hours = np.linspace(5, 22, 400)
lower, median, upper = (searches[quantile].predict(hours[:, None]) for quantile in quantiles)
ax.scatter(X[:, 0], y, s=8, color="0.55", label="800 trips to learn from")
ax.fill_between(hours, lower, upper, color="#0072b2", alpha=0.25, label="network, 5 % to 95 %")
ax.plot(hours, median, color="#0072b2", linewidth=2, label="network, median")
for quantile in quantiles:
    label = "true quantiles" if quantile == 0.5 else None
    ax.plot(hours, true_quantile(hours, quantile), "--", color="#d55e00", label=label)
ax.set_title("A band that holds nine trips of ten")
ax.set(xlabel="departure (hour of the day)", ylabel="duration (minutes)", xticks=range(6, 23, 2))
ax.legend(loc="upper center", bbox_to_anchor=(0.43, 1))
plt.show()

# %%
# Pinball losses on fresh trips, in minutes. The constant is the quantile of all durations, whatever the hour.
# No regressor can be expected to do better than the true quantile.
print("quantile  constant  boosting  network   true")
predicted = {"constant": [], "boosting": [], "network": [], "true": []}
for quantile in quantiles:
    constant = DummyRegressor(strategy="quantile", quantile=quantile)
    boosting = HistGradientBoostingRegressor(loss="quantile", quantile=quantile, random_state=0)
    predicted["constant"].append(constant.fit(X, y).predict(X_fresh))
    predicted["boosting"].append(boosting.fit(X, y).predict(X_fresh))
    predicted["network"].append(searches[quantile].predict(X_fresh))
    predicted["true"].append(true_quantile(X_fresh[:, 0], quantile))
    losses = [mean_pinball_loss(y_fresh, rows[-1], alpha=quantile) for rows in predicted.values()]
    print(f"{quantile:<8g}", *(f"{loss:8.3f}" for loss in losses))

# %%
# Of the trips, 90 % should lie between the 5 % and the 95 % quantile, at every hour. Nothing keeps quantiles
# that were learnt one by one from crossing, so the fresh trips where they do are counted, too.
is_rush = (X_fresh[:, 0] > 7) & (X_fresh[:, 0] < 9)
for name, (lower, median, upper) in predicted.items():
    is_inside = (lower <= y_fresh) & (y_fresh <= upper)
    has_crossed = (lower > median) | (median > upper)
    print(
        f"{name:8}  in the band {is_inside.mean():.1%}, from 7 to 9 o'clock {is_inside[is_rush].mean():.1%}, "
        f"crossed {has_crossed.mean():.1%}"
    )

# %%
# Over the whole day the constant band holds about as many trips as it should, in the morning rush fewer. So
# coverage alone does not make a band good; the pinball loss tells the two apart. The band of boosted trees
# at their defaults is too narrow, and their lowest quantile has a larger loss than the constant. Those of
# the network come nearest to the truth.
#
# What does alpha do? The curves show pinball losses on the test rows of the search, as a share of what the
# constant has there.
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
styles = {0.05: ("o-", "#0072b2"), 0.5: ("s--", "black"), 0.95: ("v-.", "#d55e00")}
for quantile, (style, color) in styles.items():
    search = searches[quantile]
    results = search.cv_results_
    constant = DummyRegressor(strategy="quantile", quantile=quantile)
    guess = cross_val_score(constant, X, y, scoring=search.scoring, cv=splits).mean()
    alphas = results["param_ridgemlpregressor__alpha"].astype(float)
    ax.plot(alphas, results["mean_test_score"] / guess, style, color=color, label=f"quantile {quantile:g}")
    print(f"quantile {quantile:<4g}  alpha {search.best_params_['ridgemlpregressor__alpha']:g}")
ax.axhline(1, color="0.5", linestyle=":", label="constant")
ax.set_xscale("symlog", linthresh=1e-4)
ax.set_title("A strong penalty flattens outer quantiles first")
ax.set(xlabel="alpha", ylabel="pinball loss, as a share of the constant's", xlim=(-2e-5, 0.2))
ax.legend(loc="center left", bbox_to_anchor=(0, 0.62))
plt.show()

# %%
# Weak penalties do not help visibly: these rows do not show that one is needed. A strong one flattens the
# curve until the network does no better than the constant. It does so to the outer quantiles first, for
# their losses are smaller than the median's, so the same penalty weighs more. An alpha that suits the median
# need not suit them.
