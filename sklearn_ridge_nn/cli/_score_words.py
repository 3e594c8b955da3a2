"""What scikit-learn's scores are, in words."""

from __future__ import annotations

from collections.abc import Iterable

_LABEL = {
    "average_precision": "share of true ones among the likeliest rows, from the first one found to the last",
    "f1": "harmonic mean of precision and recall",
    "jaccard": "share of rows with the label among those that have it or are predicted to",
    "precision": "share of the rows predicted to have the label that have it",
    "recall": "share of the rows with the label that are predicted to have it",
}
_AVERAGES = {
    "macro": "the mean over the classes",
    "weighted": "the mean over the classes, weighed by their rows",
    "micro": "of all classes together",
}
_RANKED = "chance that of two rows the one with the label gets the higher probability"
_TOLD_APART = "chance that rows of two classes are told apart, the mean over pairs of classes"
_DISTANCE = "distance between prediction and truth"
_LOG_DISTANCE = "distance between the logarithms of 1 + prediction and 1 + truth"
#: Scores by scikit-learn's names, and those of the command alone.
WORDS: dict[str, str] = {
    "accuracy": "share of rows predicted right",
    "balanced_accuracy": "share of rows predicted right, the mean over the classes",
    "top_k_accuracy": "share of rows whose class is one of the two likeliest",
    "matthews_corrcoef": "correlation of predicted and true classes; 0 is guessing, 1 is perfect",
    "neg_log_loss": "mean logarithm of the probability that the true class got; 0 is perfect",
    "neg_brier_score": "minus the squared error of the probabilities, the mean over rows; 0 is perfect",
    "d2_log_loss_score": "share of the log loss of guessing that is saved; 1 is perfect",
    "d2_brier_score": "share of the Brier score of guessing that is saved; 1 is perfect",
    "roc_auc": f"{_RANKED}; 0.5 is guessing",
    "roc_auc_ovr": f"{_RANKED}, the mean over the classes",
    "roc_auc_ovr_weighted": f"{_RANKED}, the mean over the classes, weighed by their rows",
    "roc_auc_ovo": _TOLD_APART,
    "roc_auc_ovo_weighted": f"{_TOLD_APART}, weighed by their rows",
    "positive_likelihood_ratio": "how many times as often the label is predicted where it is true",
    "neg_negative_likelihood_ratio": "minus how many times as often the label is missed where it is true",
    **_LABEL,
    **{
        f"{name}_{average}": f"{words}, {how}"
        for name, words in _LABEL.items()
        if name != "average_precision"
        for average, how in _AVERAGES.items()
    },
    "neg_cost_per_row": "minus what a row costs on average; 0 is perfect",
    "r2": "share of the variance explained; 0 is predicting the mean",
    "explained_variance": "share of the variance explained, whatever the mean error",
    "neg_mean_absolute_error": f"minus the mean {_DISTANCE}; 0 is perfect",
    "neg_median_absolute_error": f"minus the median {_DISTANCE}; 0 is perfect",
    "neg_max_error": f"minus the largest {_DISTANCE}; 0 is perfect",
    "neg_mean_squared_error": f"minus the mean squared {_DISTANCE}; 0 is perfect",
    "neg_root_mean_squared_error": f"minus the root of the mean squared {_DISTANCE}; 0 is perfect",
    "neg_mean_squared_log_error": f"minus the mean squared {_LOG_DISTANCE}; 0 is perfect",
    "neg_root_mean_squared_log_error": f"minus the root of the mean squared {_LOG_DISTANCE}; 0 is perfect",
    "neg_mean_absolute_percentage_error": f"minus the mean {_DISTANCE} as a share of the truth; 0 is perfect",
    "neg_mean_poisson_deviance": "minus the mean deviance of counts (Poisson); 0 is perfect",
    "neg_mean_gamma_deviance": "minus the mean deviance of positive numbers (gamma); 0 is perfect",
    "neg_mean_pinball_loss": f"minus the mean {_DISTANCE}, weighed by its side of the truth; 0 is perfect",
    "d2_absolute_error_score": "share of the absolute error of predicting the median that is saved",
    "d2_pinball_score": "share of the pinball loss of predicting a quantile that is saved",
}


def in_words(names: Iterable[str]) -> str:
    """Return what some scores are, of those that there are words for.

    Examples
    --------
    >>> in_words(["accuracy", "f1"])
    'accuracy: share of rows predicted right; f1: harmonic mean of precision and recall'
    """
    return "; ".join(f"{name}: {WORDS[name].replace(';', ',')}" for name in names if name in WORDS)
