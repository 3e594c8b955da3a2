"""AlphaDiagnosis: scores and losses in, one verdict per alpha and findings out."""

from __future__ import annotations

import dataclasses
import os
import re
import warnings
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sklearn_ridge_nn._extras import required
from sklearn_ridge_nn.evidence import (
    Evidence,
    Finding,
    PairedComparison,
    Trial,
    after,
    check_n_splits,
    compare_paired,
    find,
    standard_error,
    words_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from sklearn_ridge_nn.display import AlphaCurveDisplay

#: Of the dictionaries that `AlphaDiagnosis.to_dict` makes.
SCHEMA, VERSION = "sklearn-ridge-nn/alpha-diagnosis", 3
#: Versions that lack only what has a default.
READABLE = (1, 2, 3)
#: scikit-learn's metrics of numbers, and those metrics that are losses but for the sign.
REGRESSION_METRICS = (
    "d2_absolute_error_score", "explained_variance", "neg_max_error", "neg_mean_absolute_error",
    "neg_mean_absolute_percentage_error", "neg_mean_gamma_deviance", "neg_mean_poisson_deviance",
    "neg_mean_squared_error", "neg_mean_squared_log_error", "neg_median_absolute_error",
    "neg_root_mean_squared_error", "neg_root_mean_squared_log_error", "r2",
)  # fmt: skip
KNOWN_LOSSES = ("neg_log_loss", *(metric for metric in REGRESSION_METRICS if metric.startswith("neg_")))
#: More splits than folds usually are: they may be repeated ones.
MOST_FOLDS = 10


class Findings(tuple[Finding, ...]):
    """Findings, which show themselves."""

    __slots__ = ()

    def __str__(self) -> str:
        from sklearn_ridge_nn import report

        return report.findings_text(self, width=100)

    def _repr_html_(self) -> str:
        from sklearn_ridge_nn import report

        return report.findings_fragment(self)


class AlphaDiagnosis(Evidence):
    """The verdict on every alpha: the network underfits, is good, or overfits.

    Made by `diagnose`, or by `from_cv_results` from a search that has run. ``print(diagnosis)`` shows
    `summary`; a notebook shows the report with its picture.

    Parameters
    ----------
    alphas : ndarray of shape (n_alphas,)
        The values compared, ascending.
    train_score, test_score : ndarray of shape (n_alphas, n_splits * n_seeds)
        Scores on the splits' training and test rows; the seeds of a split stand next to each other.
    train_loss, test_loss : ndarray of shape (n_alphas, n_splits * n_seeds)
        Losses without the penalty, at the final weights: in nats, or of a regression in the units of y. NaN
        where a fit failed.
    n_seeds : int, default=1
        Networks per alpha and split.
    test_ratio : float, default=0.25
        Test rows per training row of a split.
    level : float, default=0.05
        Probability that any alpha is called overfit or underfit where all are equal.
    margin : float, default=0.01
        Share of the best mean test loss up to which a difference does not matter.
    stronger : {"larger", "smaller"}, default="larger"
        Which values penalise more.
    param_name : str, default="alpha"
        The parameter that was varied.
    score_name, loss_name : str
        What the scores and losses are.
    train_loss_curve, test_loss_curve : ndarray of shape (n_alphas, n_splits * n_seeds, n_epochs) or None
        Losses at the end of each epoch, the latter on the split's own test rows. NaN after early stopping.
    weight_norm : ndarray of shape (n_alphas, n_splits * n_seeds, n_layers) or None
        Square root of the sum of squares of each layer's kernel, the output layer last.
    weight_quantiles : ndarray of shape (n_alphas, n_splits * n_seeds, n_layers, 5) or None
        The 5 %, 25 %, 50 %, 75 % and 95 % quantiles of each layer's kernel.
    baseline_loss : ndarray of shape (n_splits,) or None
        Test loss of predicting the class frequencies of the training rows, or their mean (median, quantile).
    feature_scales : ndarray of shape (3,) or None
        Minimum, median and maximum of the features' standard deviations, as the network sees them.
    feature_offset, feature_spread : float or None
        Median distance of the features' means from 0, in standard deviations, and the root of the sum of
        their variances.
    rarest_class : tuple of (str, int, int) or None
        The class with the fewest rows in any test part, its rows in all, and the fewest in a test part.
    early_stopping : bool, default=False
        Whether the weights are those of the best epoch on a hold-out, and not those of the last one.
    epochs : int, default=None
        After how many epochs the networks were that losses, scores and verdicts are on, where that was chosen
        by the loss curves. None is after the whole training.
    rounds : tuple of int, default=()
        After how many epochs each round of ``epochs="settled"`` ended.
    trials : tuple of Trial, default=()
        What was tried beside the best network, see `trial_results`.
    test_score_curve : ndarray of shape (n_alphas, n_splits * n_seeds, n_epochs) or None
        Accuracy on the test rows after every epoch, if the score is the accuracy; of a regression by squared
        error R², if that is the score.
    task : {"classification", "regression"}, default="classification"
        What is predicted.
    guess : str, default="class frequencies"
        What `baseline_loss` is the loss of, such as "the mean".
    target_tails : tuple of (float, float) or None
        Shares of the variance of y, and of its logarithm, that the hundredth of the rows furthest from the
        mean make, for a regression by squared error; the second is NaN where some y is not positive.
    penalizes_output : bool, default=False
        Whether alpha penalises the output layer, too.
    loss_unit : ndarray of shape (n_splits * n_seeds,) or None
        What losses of scaled targets, and so the penalty, are multiplied by to be in the units of y.
    about : tuple of (str, str), default=()
        What was measured, by name: rows, target, estimator, network, splits, version. The report begins with
        it.
    majority_class : str, default=None
        The class with the most rows.
    majority_accuracy : ndarray of shape (n_splits,) or None
        Share of each test part's rows that are of that class: the accuracy of always saying so.
    splits_key : str, default=None
        The same for the same splits of the same y; None where they are not known.

    Attributes
    ----------
    verdicts : tuple of str
        "underfit", "good", "overfit" or "undetermined" for each alpha.
    reasons : tuple of str
        Why, with the numbers.
    best_alpha : float
        The alpha with the smallest mean test loss, and ``best_index`` its index.
    one_se_alpha : float
        The strongest penalty whose mean test loss is within a standard error of the best, as
        ``lambda.1se`` of cv.glmnet; ``one_se_index`` is its index.
    loss_map : LossMap or None
        Test losses over alphas and epochs: ``mean`` and ``standard_error`` of shape (n_alphas, n_epochs),
        ``per_split`` of shape (n_alphas, n_splits, n_epochs), ``epochs`` from 1. None without curves.
    best_epochs : int or None
        Epochs of the pair of alpha and epochs with the smallest mean test loss.
    best_epochs_per_alpha : ndarray of shape (n_alphas,) or None
        Epochs of each alpha's smallest mean test loss; 0 where a split of it has no loss.
    comparison : Comparison
        Mean differences from the best alpha, their standard errors, and the critical values.
    findings : tuple of Finding
        What every check says, problems first; see the documentation of each code.
    n_splits, n_epochs : int
        Splits, and epochs of the curves.
    generalization_gap : ndarray of shape (n_alphas, n_splits * n_seeds)
        Test loss minus train loss.
    penalty : ndarray of shape (n_alphas, n_splits * n_seeds) or None
        alpha times the sum of squares of the kernels it penalises, in the units of the losses.

    See Also
    --------
    diagnose : Trains and measures.

    Notes
    -----
    Every alpha is compared with the best one (the smallest mean test loss) by its differences on the same
    splits, seeds averaged. With J splits, the standard error of a mean difference is
    ``sqrt((1 / J + test_ratio) * var(differences, ddof=1))`` (Nadeau and Bengio, 2003).

    - *good*: the mean difference is within one standard error, or within `margin`.
    - *overfit*: significantly worse, a weaker penalty than the best, and a wider generalization gap.
    - *underfit*: significantly worse, a stronger penalty than the best, and a larger train loss.
    - *undetermined*: anything else; ``reasons`` says why.

    Significant is what exceeds a critical value that allows for the choice of the best: it is the quantile of
    the largest statistic of simulated cross-validations in which all alphas are equal (max-t, step-down).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn import AlphaDiagnosis
    >>> cv_results = {
    ...     "params": [{"alpha": 0.01}, {"alpha": 0.1}, {"alpha": 1.0}],
    ...     **{f"split{i}_test_score": np.array([-0.5, -0.4, -0.7]) - 0.01 * i for i in range(4)},
    ...     **{f"split{i}_train_score": np.array([-0.1, -0.3, -0.6 - 0.01 * i]) for i in range(4)},
    ... }
    >>> diagnosis = AlphaDiagnosis.from_cv_results(cv_results)
    >>> diagnosis.verdicts
    ('overfit', 'good', 'underfit')
    """

    __module__ = "sklearn_ridge_nn"

    @cached_property
    def findings(self) -> Findings:
        """What every check says, problems first: a tuple of `Finding`, which print and notebooks show."""
        return Findings(find(self))

    @classmethod
    def from_cv_results(
        cls,
        cv_results: dict[str, Any],
        *,
        param_name: str = "alpha",
        metric: str | None = None,
        stronger: str = "larger",
        test_size: float | None = None,
        level: float = 0.05,
        margin: float = 0.01,
    ) -> Self:
        """Diagnose from the results of a search, without fitting anything.

        Parameters
        ----------
        cv_results : dict of str to array
            ``cv_results_`` of a search with ``return_train_score=True`` that varied one parameter.
        param_name : str, default="alpha"
            That parameter, with or without the names of the steps before it.
        metric : str, default=None
            The metric to judge by: minus the score is the loss. None takes ``neg_log_loss`` or
            ``neg_mean_squared_error`` if the search has it, else its only one. Training does not minimise
            minus an accuracy, but it is judged in the same way.
        stronger : {"larger", "smaller"}, default="larger"
            Which values penalise more.
        test_size : float, default=None
            Share of the rows in each test part, such as 0.2 for five folds, repeated or not. None takes
            ``1 / n_splits``, right for a KFold that is not repeated; with more than ten splits that warns.
        level, margin : float
            As in `diagnose`.

        Returns
        -------
        AlphaDiagnosis
            Without loss curves and weights.

        Raises
        ------
        ValueError
            If the search has no train scores, varied no such parameter or another one as well, has fewer
            than two splits or alphas, or does not know the metric.
        """
        name, values = _varied(cv_results, param_name)
        metric = _metric(cv_results, metric)
        order = np.argsort(values)
        test, train = (_scores(cv_results, part, metric)[order] for part in ("test", "train"))
        n_splits = test.shape[1]
        check_n_splits(n_splits)
        if test_size is None and n_splits > MOST_FOLDS:
            warnings.warn(
                f"This search has {n_splits} splits, and each test part is taken to be 1/{n_splits} of the "
                "rows. If these are folds that were repeated, or shuffled splits, standard errors will be "
                f"too small: pass test_size, such as 0.2 for five folds repeated {n_splits / 5:.3g} times.",
                stacklevel=2,
            )
        size = 1 / n_splits if test_size is None else test_size
        if not 0 < size < 1:
            raise ValueError(f"test_size must be a share of the rows in (0, 1). Got {test_size!r}.")
        return cls(
            alphas=values[order],
            train_score=train,
            test_score=test,
            train_loss=-train,
            test_loss=-test,
            test_ratio=size / (1 - size),
            level=level,
            margin=margin,
            stronger=stronger,  # type: ignore[arg-type]
            param_name=name,
            score_name=metric,
            loss_name=words_of(metric) if metric in KNOWN_LOSSES else f"minus {metric}",
            task="regression" if metric in REGRESSION_METRICS else "classification",
        )

    def at(self, epochs: int) -> Self:
        """Return the diagnosis of the same networks after another number of epochs.

        Verdicts and findings are those on the losses after so many epochs. They allow for two choices: the
        best alpha is taken to be the luckiest of all pairs of alpha and epochs. An alpha that was not trained
        so long counts as it was when its training stopped, and its reason says so.

        Parameters
        ----------
        epochs : int
            From 1 to ``n_epochs``.

        Returns
        -------
        AlphaDiagnosis
            Without weights, and with scores only where they are accuracies that were measured after every
            epoch; the others are NaN.

        Raises
        ------
        ValueError
            If there are no loss curves, if each network has the weights of its own best epoch, or if they
            were not trained so long.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from sklearn_ridge_nn import RidgeMLPClassifier, diagnose
        >>> X, y = load_iris(return_X_y=True)
        >>> diagnosis = diagnose(RidgeMLPClassifier(epochs=20, random_state=0), X, y, alphas=[0, 0.01], cv=3)
        >>> bool(diagnosis.at(5).test_loss.mean() > diagnosis.test_loss.mean())
        True
        """
        if self.train_loss_curve is None or self.test_loss_curve is None:
            raise ValueError("There are no loss curves here, so nothing is known of other numbers of epochs.")
        if self.early_stopping:
            raise ValueError(
                "The networks have the weights of their own best epochs, each another one. Diagnose with "
                "epochs='settled' or a number of epochs, and early_stopping=False."
            )
        if not isinstance(epochs, Integral) or isinstance(epochs, bool) or not 1 <= epochs <= self.n_epochs:
            raise ValueError(
                f"epochs must be an int from 1 to {self.n_epochs}, the epochs that were trained. Got "
                f"{epochs!r}."
            )
        lengths = (~np.isnan(self.test_loss_curve)).sum(axis=2)
        longest = lengths.max(axis=1, keepdims=True)
        trained = np.where(np.isfinite(self.test_loss), lengths, longest)
        if (trained < np.minimum(epochs, longest)).any():
            raise ValueError(
                f"The networks were trained for different numbers of epochs, {trained.min()} to "
                f"{trained.max()}, because the splits differ in their rows. epochs must be at most "
                f"{trained.min()}, or diagnose with epochs={epochs}, which trains all of them as long."
            )
        if epochs == self.epochs:
            return self
        scores = np.full(self.test_score.shape, np.nan)
        return dataclasses.replace(
            self,
            epochs=int(epochs),
            train_loss=after(self.train_loss_curve, epochs),
            test_loss=after(self.test_loss_curve, epochs),
            train_score=scores,
            test_score=scores if self.test_score_curve is None else after(self.test_score_curve, epochs),
            weight_norm=None,
            weight_quantiles=None,
            trials=(),
        )

    def compare(self, other: Evidence, *, names: tuple[str, str] = ("first", "second")) -> PairedComparison:
        """Compare this diagnosis with another one on the same splits, split by split.

        So two networks can be compared, or two ways to prepare the rows: an interval of paired differences is
        far narrower than two of means. Each one's alpha is chosen by the other splits, so that the choice
        flatters neither.

        Parameters
        ----------
        other : AlphaDiagnosis
            Of the same y, splits and loss; alphas may differ.
        names : tuple of (str, str), default=("first", "second")
            What to call the two.

        Returns
        -------
        PairedComparison
            Which is better and how sure that is, in words and in numbers.

        Raises
        ------
        TypeError
            If `other` is no diagnosis.
        ValueError
            If the two are of different losses or splits, or have less than two splits in common. Diagnoses
            from `from_cv_results` do not know their splits: theirs are taken to be the same.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.preprocessing import scale
        >>> from sklearn_ridge_nn import RidgeMLPClassifier, diagnose
        >>> X, y = load_wine(return_X_y=True)
        >>> network = RidgeMLPClassifier(random_state=0)
        >>> one, three = (
        ...     diagnose(network, scale(X), y, alphas=[0, 1e-2], cv=5, epochs=n_epochs) for n_epochs in (1, 3)
        ... )
        >>> print(one.compare(three, names=("one epoch", "three epochs")).sentence.partition(":")[0])
        three epochs is better
        """
        if not isinstance(other, Evidence):
            raise TypeError(f"other must be an AlphaDiagnosis. Got {other!r}.")
        return compare_paired(self, other, names)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per alpha: verdict, means over the splits and their standard errors.

        Returns
        -------
        pandas.DataFrame
            Indexed by alpha.

        Raises
        ------
        ImportError
            If pandas is not installed, which comes with the extra ``cli``.
        """
        pd = required("pandas", "to_frame", "cli")
        columns: dict[str, Any] = {"verdict": self.verdicts}
        for name in ("train_loss", "test_loss", "generalization_gap", "train_score", "test_score"):
            values = self.by_split(getattr(self, name))
            columns[name] = values.mean(axis=1)
            columns[f"{name}_se"] = standard_error(values, self.test_ratio)
        columns["difference"] = self.comparison.difference
        columns["difference_se"] = self.comparison.standard_error
        columns["critical_value"] = self.comparison.critical_value
        columns["reason"] = self.reasons
        return pd.DataFrame(columns, index=pd.Index(self.alphas, name=self.param_name))

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain lists, numbers and strings, ready for ``json.dumps``.

        Returns
        -------
        dict
            With ``schema`` and ``version``; numbers that are not finite are the strings "NaN",
            "Infinity" and "-Infinity".
        """
        evidence = {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "evidence": evidence,
            "verdicts": list(self.verdicts),
            "reasons": list(self.reasons),
            "best_alpha": self.best_alpha,
            "one_se_alpha": self.one_se_alpha,
            "best_epochs": self.best_epochs,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Read back what `to_dict` made; verdicts and findings follow from the evidence anew.

        Parameters
        ----------
        content : dict
            From `to_dict`, also through JSON.

        Returns
        -------
        AlphaDiagnosis
            With the same evidence.

        Raises
        ------
        ValueError
            If the dictionary is something else, or of a version that this release does not know.
        """
        schema, version = (content.get(key) for key in ("schema", "version"))
        if schema != SCHEMA:
            raise ValueError(f"This is not a diagnosis: its schema is {schema!r}, and not {SCHEMA!r}.")
        if version not in READABLE:
            raise ValueError(
                f"This diagnosis is of version {version!r} of its schema, and this release reads versions "
                f"up to {VERSION}. Read it with the release that wrote it."
            )
        evidence = {name: _restored(name, value) for name, value in content["evidence"].items()}
        return cls(**evidence)

    def summary(self, width: int = 100) -> str:
        """Return a table with a verdict per alpha and the findings below, for a terminal.

        Parameters
        ----------
        width : int, default=100
            Columns of the terminal.

        Returns
        -------
        str
            Lines without colour.
        """
        from sklearn_ridge_nn import report

        return report.text(self, self.findings, width)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Write the report as one self-contained HTML page, or return it.

        Parameters
        ----------
        path : str or path, default=None
            Where to write it. None returns it.

        Returns
        -------
        str or None
            The page, if it was not written.

        Raises
        ------
        ImportError
            If matplotlib is not installed: ``pip install 'sklearn-ridge-nn[plot]'``.
        """
        from sklearn_ridge_nn import report

        page = report.page(self, self.findings)
        if path is None:
            return page
        Path(path).write_text(page, encoding="utf-8")
        return None

    def plot(self, ax: Any = None) -> AlphaCurveDisplay:
        """Draw train and test loss over alpha.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure. Make one of your own with ``layout="constrained"``, which
            leaves room for title and legend.

        Returns
        -------
        AlphaCurveDisplay
            The picture.
        """
        from sklearn_ridge_nn import display

        return display.AlphaCurveDisplay.from_diagnosis(self, ax=ax)

    def _repr_html_(self) -> str:
        from sklearn_ridge_nn import report

        return report.fragment(self, self.findings)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        low, high = self.alphas[0], self.alphas[-1]
        return (
            f"<AlphaDiagnosis of {len(self.alphas)} values of {self.param_name} from {low:g} to {high:g}, "
            f"best {self.best_alpha:.3g}>"
        )


def _varied(cv_results: dict[str, Any], param_name: str) -> tuple[str, np.ndarray]:
    """Return the full name of the parameter that a search varied, and its values."""
    candidates = cv_results["params"]
    names = sorted({name for candidate in candidates for name in candidate})
    found = [name for name in names if name == param_name or name.endswith(f"__{param_name}")]
    if len(found) != 1:
        raise ValueError(
            f"param_name={param_name!r} names {len(found) or 'none'} of the parameters of this search: "
            f"{', '.join(names)}. Give the full name."
        )
    others = [
        name
        for name in names
        if name != found[0] and len({repr(candidate.get(name)) for candidate in candidates}) > 1
    ]
    if others:
        raise ValueError(
            f"This search varied {', '.join(others)} as well, and a diagnosis compares values of one "
            "parameter alone. Search again with the others fixed."
        )
    try:
        values = np.array([candidate[found[0]] for candidate in candidates], dtype=float)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{found[0]} must have a number in every candidate of the search.") from None
    known, counts = np.unique(values, return_counts=True)
    if counts.max() > 1:
        raise ValueError(
            f"This search has {found[0]} = {known[counts.argmax()]:g} {counts.max()} times, and a diagnosis "
            "compares different values. Search again with each value once."
        )
    return found[0], values


def _metric(cv_results: dict[str, Any], metric: str | None) -> str:
    known = [name.removeprefix("mean_test_") for name in cv_results if name.startswith("mean_test_")]
    known = known or sorted({m[1] for name in cv_results if (m := re.match(r"split\d+_test_(.+)", name))})
    if metric is None:
        for preferred in ("neg_log_loss", "neg_mean_squared_error"):
            if preferred in known:
                return preferred
        if len(known) == 1:
            return known[0]
        raise ValueError(f"This search has several metrics, {', '.join(known)}: name one, metric=...")
    if metric not in known:
        raise ValueError(f"metric={metric!r} is not a metric of this search. It has {', '.join(known)}.")
    return metric


def _scores(cv_results: dict[str, Any], part: str, metric: str) -> np.ndarray:
    """Return scores of shape (n_candidates, n_splits)."""
    columns: list[np.ndarray] = []
    while (key := f"split{len(columns)}_{part}_{metric}") in cv_results:
        columns.append(np.asarray(cv_results[key], dtype=float))
    if not columns:
        raise ValueError(
            f"cv_results has no {part} scores. Search with return_train_score=True, for a verdict rests on "
            "both."
        )
    return np.column_stack(columns)


def _plain(value: Any) -> Any:
    if isinstance(value, Trial):
        value = value.to_dict()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return "NaN" if np.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def _restored(name: str, value: Any) -> Any:
    if name == "target_tails":
        return value if value is None else tuple(map(float, value))
    if name in ("rarest_class", "rounds"):
        return value if value is None else tuple(value)
    if name == "about":
        return tuple((str(key), str(text)) for key, text in value)
    if name == "trials":
        return tuple(Trial.from_dict(content) for content in value)
    return np.array(value, dtype=float) if isinstance(value, list) else value
