"""What the estimators have in common that choose their alpha by cross-validation."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.metrics import get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import get_routing_for_object

from sklearn_ridge_nn._sklearn import Interval, StrOptions, check_sample_weight, takes_sample_weight
from sklearn_ridge_nn.estimators import (
    ALPHAS,
    PARAMETER_CONSTRAINTS,
    NetworkEstimator,
    NetworkParameters,
    check_parameters,
    draw_seed,
    n_epochs,
    validated,
)
from sklearn_ridge_nn.evidence import best_of, strongest_within_one_standard_error
from sklearn_ridge_nn.model_selection._checkpoints import MEMORY_TYPES
from sklearn_ridge_nn.model_selection._epoch_scores import pairs_of, scores_of
from sklearn_ridge_nn.model_selection._failures import failed_fits
from sklearn_ridge_nn.model_selection._one_standard_error import scored_splits
from sklearn_ridge_nn.model_selection._score_check import check_has_score
from sklearn_ridge_nn.model_selection._search import GridSearchCV

#: Parameters that are not those of the estimator that is searched.
_OWN = ("alphas", "cv", "scoring", "selection", "max_epochs", "n_jobs", "memory")

#: scikit-learn's parameter constraints of both estimators.
CV_CONSTRAINTS: dict[str, Any] = {
    **{name: constraint for name, constraint in PARAMETER_CONSTRAINTS.items() if name != "alpha"},
    "alphas": ["array-like", None],
    "cv": ["cv_object"],
    "scoring": [StrOptions(set(get_scorer_names())), callable, None],
    "selection": [StrOptions({"best", "1se"})],
    "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto", "best"})],
    "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
    "n_jobs": [Integral, None],
    "memory": MEMORY_TYPES,
}


class NetworkCV(NetworkParameters):
    """Chooses alpha, and the number of epochs, by cross-validation.

    What a classifier and a regressor do differently are the methods under "what y is".
    """

    #: What is searched, and whether its splits are stratified.
    _kind: ClassVar[type[NetworkEstimator]]
    _is_classifier: ClassVar[bool]

    def __init__(
        self,
        alphas: Any,
        *,
        cv: Any,
        scoring: Any,
        selection: Literal["best", "1se"],
        max_epochs: int | None,
        n_jobs: int | None,
        memory: Any,
        **parameters: Any,
    ) -> None:
        super().__init__(**parameters)
        self.alphas = alphas
        self.cv = cv
        self.scoring = scoring
        self.selection = selection
        self.max_epochs = max_epochs
        self.n_jobs = n_jobs
        self.memory = memory

    # -- what y is ----------------------------------------------------------------------------------

    def _checked_target(self, y: Any) -> np.ndarray:
        """Return a y that scikit-learn has read as a vector or a matrix, checked."""
        raise NotImplementedError

    def _check_splits(
        self, y: np.ndarray, splits: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]
    ) -> None:
        """Raise if the parts of y cannot be trained on, or scored."""

    def _scorer(self, network: NetworkEstimator, y: np.ndarray) -> Any:
        """Return how to score."""
        raise NotImplementedError

    def _score_metadata(self, y: np.ndarray) -> dict[str, Any]:  # noqa: ARG002
        """Return what the scorer is told beside predictions and weights."""
        return {}

    def _check_followed(self) -> None:
        """Raise if the score is not one that is known after every epoch."""
        raise NotImplementedError

    def _epoch_scores(
        self,
        network: NetworkEstimator,
        alphas: NDArray[np.float64],
        X: Any,
        y: Any,
        weights: Any,
        splits: Any,
    ) -> NDArray[np.float64]:
        """Return the scores after every epoch, of shape (n_alphas, n_splits, n_epochs)."""
        raise NotImplementedError

    # -- fitting ------------------------------------------------------------------------------------

    def _fit(self, X: Any, y: Any, sample_weight: Any, groups: Any) -> Self:
        alphas = self._checked_alphas()
        shared = {name: value for name, value in self.get_params(deep=False).items() if name not in _OWN}
        if self.epochs == "best":
            shared["epochs"] = 1  # the number is not known before the splits are
        network = self._kind(**shared)
        check_parameters(network)
        self._check_epochs()
        with self._unchanged_on_failure():
            before = {name: value for name, value in vars(self).items() if name not in self.get_params()}
            self._forget()
            X, y = validated(self, X, y, accept_sparse="csr", dtype="numeric", multi_output=True)
            y = self._checked_target(y)
            check_has_score(self.scoring, y, is_classifier=self._is_classifier)
            if sample_weight is not None:
                sample_weight = check_sample_weight(
                    sample_weight, X, dtype=np.float64, ensure_non_negative=True
                )
            seed = before["_fitted"]["seed"] if self.warm_start and "_fitted" in before else None
            network.random_state = draw_seed(network.random_state) if seed is None else seed
            network.warm_start = False
            splits = self._splits(X, y, groups)
            search = self._search_pairs if self.epochs == "best" else self._search
            try:
                results = search(network, alphas, X, y, sample_weight, splits)
            except ValueError as error:
                if (said := failed_fits(str(error))) is None:
                    raise
                raise ValueError(said) from error
            scores = scores_of(results, "test", len(splits))
            what = "pair of alpha and epochs" if self.epochs == "best" else "alpha"
            scored = scored_splits(
                scores,
                what,
                n_needed=2 if self.selection == "1se" else 1,
                is_classification=self._is_classifier,
            )
            best = self._choice(scores[:, scored], np.asarray(results["param_alpha"], dtype=float))
            network.set_params(**results["params"][best], warm_start=self.warm_start)
            if self.warm_start:
                network.__dict__.update(before)
            network.fit(X, y, sample_weight)
            mine = set(network.get_params()) | {"n_features_in_", "feature_names_in_"}
            self.__dict__.update({name: value for name, value in vars(network).items() if name not in mine})
            self.alpha_, self.alphas_ = float(results["params"][best]["alpha"]), alphas
            self.epochs_ = self._fitted["scikeras"]["epochs"]
            if self.epochs == "best":
                self.scores_ = scores.reshape(len(alphas), -1, len(splits))[:, self.epochs_ - 1]
            else:
                self.scores_, self.train_scores_ = scores, scores_of(results, "train", len(splits))
            means = results["mean_test_score"] if scored.all() else scores[:, scored].mean(axis=1)
            self.best_score_ = float(means[best])
            self.cv_results_ = results
        return self

    def _choice(self, scores: NDArray[np.float64], alphas: NDArray[np.float64]) -> int:
        """Return the number of the alpha chosen, from test scores of shape (n_alphas, n_splits)."""
        choose = strongest_within_one_standard_error if self.selection == "1se" else best_of
        return choose(-scores, alphas)

    def _checked_alphas(self) -> np.ndarray:
        if self.alphas is None:
            return np.array(ALPHAS)
        alphas = np.asarray(self.alphas)
        is_numeric = alphas.ndim == 1 and alphas.size > 0 and alphas.dtype.kind in "iuf"
        if not (is_numeric and np.isfinite(alphas).all() and (alphas >= 0).all()):
            raise ValueError(
                f"alphas must be a list of finite numbers >= 0, or None for 0 and np.logspace(-6, 0, 13). "
                f"Got {self.alphas!r}."
            )
        return alphas.astype(float)

    def _splits(self, X: Any, y: Any, groups: Any) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return the splits, checked: they can be scored, and chosen by."""
        cv = check_cv(self.cv, y, classifier=self._is_classifier)
        with config_context(enable_metadata_routing=True):
            takes_groups = bool(get_routing_for_object(cv).consumes("split", ["groups"]))
        if groups is not None and not takes_groups:
            raise ValueError(
                "groups are given, but the splitter does not go by them. Give a cv that does, such as "
                "GroupKFold(5), or no groups."
            )
        splits = list(cv.split(X, y, groups) if takes_groups else cv.split(X, y))
        if self.selection == "1se" and len(splits) < 2:
            raise ValueError(
                "selection='1se' needs a standard error, and so at least 2 splits, but cv makes "
                f"{len(splits)}. Give another cv, or selection='best'."
            )
        self._check_splits(y, splits)
        return splits

    def _search(
        self, network: NetworkEstimator, alphas: np.ndarray, X: Any, y: Any, weights: Any, splits: Any
    ) -> dict[str, Any]:
        """Return the results of a search whose scores know what they have to, and weights if given."""
        scorer = self._scorer(network, y)
        metadata = self._score_metadata(y)
        requests: dict[str, Any] = dict.fromkeys(metadata, True)
        if weights is not None:
            metadata["sample_weight"], requests["sample_weight"] = weights, takes_sample_weight(scorer)
        with config_context(enable_metadata_routing=True):
            if weights is not None:
                network.set_fit_request(sample_weight=True)
            if requests and hasattr(scorer, "set_score_request"):
                scorer = copy.deepcopy(scorer).set_score_request(**requests)
            search = GridSearchCV(
                network,
                {"alpha": alphas.tolist()},
                scoring=scorer,
                n_jobs=self.n_jobs,
                refit=False,
                cv=splits,
                verbose=int(self.verbose > 0),
                return_train_score=True,
                memory=self.memory,
            )
            return dict(search.fit(X, y, **metadata).cv_results_)

    def _search_pairs(
        self, network: NetworkEstimator, alphas: np.ndarray, X: Any, y: Any, weights: Any, splits: Any
    ) -> dict[str, Any]:
        """Return the results of all pairs of alpha and epochs, of networks that are trained once."""
        fewest = min(len(train) for train, _ in splits)
        n_kept = max(fewest - math.ceil(self.validation_split * fewest), 1)
        most = self.max_epochs or 2 * n_epochs(network, n_kept, is_watched=True, epochs="auto")
        network.set_params(epochs=int(most))
        return pairs_of(alphas, self._epoch_scores(network, alphas, X, y, weights, splits))

    @property
    def _how(self) -> dict[str, Any]:
        """How a study runs."""
        return {"n_jobs": self.n_jobs, "memory": self.memory, "verbose": int(self.verbose > 0)}

    def _check_epochs(self) -> None:
        """Raise if epochs cannot be chosen."""
        if self.epochs != "best":
            if self.max_epochs is not None:
                raise ValueError(
                    f"max_epochs={self.max_epochs} is the most that epochs='best' tries, and epochs="
                    f"{self.epochs!r}. Set epochs='best', or leave max_epochs out."
                )
            return
        if self.early_stopping:
            raise ValueError(
                "epochs='best' chooses how long to train, and so does early_stopping=True. Set "
                "early_stopping=False, or epochs='auto'."
            )
        if self.callbacks:
            raise ValueError(
                "epochs='best' trains each alpha for as long, and callbacks may end or change a training. "
                "Set callbacks=None, or a number of epochs."
            )
        if getattr(self.optimizer, "use_ema", False):
            raise ValueError(
                "epochs='best' scores the weights after every epoch, and those of an optimizer with "
                "use_ema=True are averages in the end. Set use_ema=False, or a number of epochs."
            )
        self._check_followed()
