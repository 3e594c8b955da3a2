"""Searches and cross-validation against scikit-learn's own, on the same estimator and splits."""

import inspect
import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import sklearn.model_selection as theirs
from scipy.sparse import csr_array
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  scikit-learn lets no one import them else
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, ShuffleSplit, StratifiedKFold
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.utils.parallel import delayed

import sklearn_ridge_nn.model_selection as ours
from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, model_selection
from sklearn_ridge_nn.model_selection import _chunks, one_standard_error
from sklearn_ridge_nn.training import _engine as engine

ALPHAS = [0.0, 1e-3, 1.0]


def classifier(**params):
    return RidgeMLPClassifier(
        **{"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0, "dtype": "float64", **params}
    )


def mixed_frame(wine):
    """A frame with a column of categories, and string labels."""
    X, y = wine
    frame = pd.DataFrame(X[:, :4], columns=list("abcd"))
    frame["e"] = np.where(X[:, 4] > 0, "high", "low")
    return frame, np.array(["x", "yy", "zzz"])[y]


def assert_same(mine, scikit_learns):
    """All values equal but for times; floats to 1e-9."""
    assert list(mine) == list(scikit_learns)
    for name, expected in scikit_learns.items():
        got = mine[name]
        assert type(got) is type(expected), name
        if "time" in name:
            assert got.shape == expected.shape
            assert np.isfinite(got).all(), name
        elif name in ("estimator", "indices", "params"):
            assert len(got) == len(expected), name
        else:
            assert (got.dtype, got.shape) == (expected.dtype, expected.shape), name
            np.testing.assert_array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(expected))
            if expected.dtype.kind == "f":
                np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12, err_msg=name)
            else:
                assert [str(value) for value in got] == [str(value) for value in expected], name


def search_both(estimator, grid, X, y, fit_params=None, search="GridSearchCV", **params):
    """Return our fitted search and scikit-learn's, found to agree."""
    pair = []
    for module in (ours, theirs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of failing fits; see the tests of failures
            warnings.simplefilter("ignore", FitFailedWarning)
            pair.append(getattr(module, search)(estimator, grid, **params).fit(X, y, **(fit_params or {})))
    mine, expected = pair
    assert_same(mine.cv_results_, expected.cv_results_)
    for name in ("best_index_", "multimetric_", "n_splits_"):
        assert getattr(mine, name, None) == getattr(expected, name, None)
    assert str(getattr(mine, "best_params_", None)) == str(getattr(expected, "best_params_", None))
    assert getattr(mine, "best_score_", 0) == pytest.approx(
        getattr(expected, "best_score_", 0), rel=1e-9, nan_ok=True
    )
    assert set(vars(mine)) - {"memory"} == set(vars(expected))
    if mine.refit:
        assert type(mine.best_estimator_) is type(expected.best_estimator_)
        np.testing.assert_array_equal(mine.predict(X), expected.predict(X))
        if hasattr(mine, "predict_proba"):
            np.testing.assert_allclose(mine.predict_proba(X), expected.predict_proba(X), rtol=1e-9)
    return pair


# -- searches -------------------------------------------------------------------------------------


def test_alphas_of_the_bare_classifier_train_together(wine, trained):
    search_both(classifier(), {"alpha": ALPHAS}, *wine, cv=3, return_train_score=True)
    assert trained[:2] == [9, 1]  # all folds at once, and the refit


def test_a_pipeline_and_its_preprocessing(wine, trained):
    pipeline = make_pipeline(StandardScaler(), classifier())
    grid = {"ridgemlpclassifier__alpha": ALPHAS, "standardscaler__with_mean": [True, False]}
    search_both(pipeline, grid, *wine, cv=3, return_train_score=True)
    assert trained[0] == 18


def test_several_metrics(wine):
    scoring = ["accuracy", "neg_log_loss", "roc_auc_ovr"]
    search_both(classifier(), {"alpha": ALPHAS}, *wine, scoring=scoring, refit="neg_log_loss", cv=3)


@pytest.mark.slow
def test_a_frame_with_categories_nested_pipelines_and_string_labels(wine):
    columns = make_column_transformer((StandardScaler(), list("abcd")), (OneHotEncoder(), ["e"]))
    inner = make_pipeline(MinMaxScaler(), classifier())
    pipeline = Pipeline([("columns", columns), ("inner", inner)])
    grid = {
        "inner__ridgemlpclassifier__alpha": ALPHAS,
        "inner__minmaxscaler": [MinMaxScaler((-1, 1)), "passthrough"],
        "columns__standardscaler__with_std": [True, False],
    }
    mine, _ = search_both(pipeline, grid, *mixed_frame(wine), cv=2, return_train_score=True)
    assert list(mine.feature_names_in_) == list("abcde")


@pytest.mark.slow
def test_parts_of_a_step_are_parameters_too(wine):
    union = FeatureUnion([("some", PCA(2)), ("others", SelectKBest(k=3))])
    grid = {"featureunion__others__k": [2, 4], "featureunion__some": ["drop", PCA(1)]}
    pipeline = make_pipeline(union, classifier())
    search_both(pipeline, {**grid, "ridgemlpclassifier__alpha": ALPHAS}, *wine, cv=2, return_train_score=True)


def own_score(estimator, X, y):
    """A scorer that may look at anything."""
    methods = {"fit", "set_params", "transform"}
    for part in (estimator, *(step for _, step in getattr(estimator, "steps", []))):
        assert not methods & set(vars(part)), "nothing of ours is left in the estimator"
    copy = pickle.loads(pickle.dumps(estimator))
    assert (copy.predict(X.copy()) == estimator.predict(X.copy())).all()
    return estimator.score(X, y)


class Shifting(TransformerMixin, BaseEstimator):
    """Changes the rows that it is given, as scalers with ``copy=False`` do."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        X[:, 0] += 1
        return X


@pytest.mark.parametrize("scoring", ["accuracy", ["accuracy", "neg_log_loss"], own_score])
@pytest.mark.parametrize("step", [Shifting(), StandardScaler(copy=False)])
def test_steps_that_work_in_place_see_rows_of_their_own(wine, scoring, step):
    X, y = wine
    rows = np.arange(178)
    pipeline = make_pipeline(step, classifier())
    params = {"scoring": scoring, "refit": False, "error_score": "raise", "return_train_score": True}
    grid = {"ridgemlpclassifier__alpha": ALPHAS}
    for cv in (2, [(rows, rows)]):
        search_both(pipeline, grid, 3 * X + 1, y, cv=cv, **params)


def test_metrics_and_scorers_that_write_into_what_they_get(wine):
    X, y = wine

    def metric(y_true, predicted):
        hits = float((y_true == predicted).mean())
        y_true[:] = 0
        return hits

    def scorer(estimator, X, y):
        score = estimator.predict_proba(X).max()
        X *= 0
        if hasattr(estimator, "steps"):
            estimator[0].mean_ += 5
        estimator.fit(X, y)
        return float(score)

    pipeline = make_pipeline(StandardScaler(), classifier())
    for scoring in (sklearn.metrics.make_scorer(metric), scorer):
        params = {"cv": 2, "refit": False, "scoring": scoring, "return_train_score": True}
        search_both(classifier(), {"alpha": ALPHAS}, X.copy(), y.copy(), **params)
        search_both(pipeline, {"ridgemlpclassifier__alpha": ALPHAS}, X.copy(), y.copy(), **params)


def test_returned_estimators_share_nothing(wine):
    fold = (np.arange(0, 178, 2), np.arange(1, 178, 2))
    pipeline = make_pipeline(StandardScaler(), classifier())
    a, b = ours.cross_validate(pipeline, *wine, cv=[fold, fold], return_estimator=True)["estimator"]
    assert a[0] is not b[0]
    np.testing.assert_array_equal(a.predict(wine[0]), b.predict(wine[0]))


class OwnTransform(TransformerMixin, BaseEstimator):
    """Has its transform in the instance, or as a property."""

    def __init__(self, how="instance"):
        self.how = how

    def fit(self, X, y=None):
        if self.how == "instance":
            self.transform = self.halve
        return self

    def halve(self, X):
        return X / 2

    def transform(self, X):
        return X


class TransformProperty(BaseEstimator):
    def fit(self, X, y=None):
        return self

    @property
    def transform(self):
        return lambda X: X / 3


@pytest.mark.parametrize("step", [OwnTransform(), TransformProperty()])
def test_steps_whose_transform_is_not_a_method(wine, monkeypatch, step):
    monkeypatch.setattr(_chunks, "PIECE_MEMBERS", 2)
    params = {"cv": 2, "refit": False, "return_train_score": True}
    search_both(make_pipeline(step, classifier()), {"ridgemlpclassifier__alpha": ALPHAS}, *wine, **params)


class RefillingSplits:
    """Yields the same two arrays for every fold, filled anew."""

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2

    def split(self, X, y=None, groups=None):
        train, test = np.empty(89, int), np.empty(89, int)
        for fold in range(2):
            train[:], test[:] = np.arange(fold, 178, 2), np.arange(1 - fold, 178, 2)
            yield train, test


@pytest.mark.parametrize("estimator", [classifier(), LogisticRegression()])
def test_a_splitter_that_refills_its_arrays(wine, estimator):
    mine, expected = (
        m.cross_val_score(estimator, *wine, cv=RefillingSplits(), scoring="neg_log_loss")
        for m in (ours, theirs)
    )
    np.testing.assert_allclose(mine, expected, rtol=1e-9)


class Noisy(StandardScaler):
    """Like TargetEncoder, it makes something else of the rows that it is fitted on than of others."""

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X) + 0.5


def test_a_step_that_fits_and_transforms_in_two_ways(wine):
    pipeline = make_pipeline(Noisy(), classifier())
    search_both(pipeline, {"ridgemlpclassifier__alpha": ALPHAS}, *wine, cv=2, return_train_score=True)


@pytest.mark.slow
def test_a_polars_frame(wine):
    X, y = wine
    frame = pl.DataFrame(X[:, :4], schema=list("abcd"))
    search_both(
        make_pipeline(StandardScaler(), classifier()), {"ridgemlpclassifier__alpha": ALPHAS}, frame, y
    )


def test_sparse_rows_and_a_list_of_splits(wine):
    X, y = wine
    splits = [(train.tolist(), test.tolist()) for train, test in StratifiedKFold(2).split(X, y)]
    search_both(classifier(), {"alpha": ALPHAS}, csr_array(X), y, cv=splits)
    search_both(classifier(), {"alpha": ALPHAS}, X.tolist(), y.tolist(), cv=splits[:1])
    once = ours.cross_val_score(classifier(), X, y, cv=iter(splits))
    np.testing.assert_array_equal(once, theirs.cross_val_score(classifier(), X, y, cv=iter(splits)))


def test_several_labels(multilabel):
    search_both(classifier(), {"alpha": ALPHAS}, *multilabel, scoring="f1_macro", cv=3)


@pytest.mark.slow
def test_networks_of_different_kinds_in_a_list_of_grids(wine, trained):
    grid = [
        {"alpha": ALPHAS, "learning_rate": [1e-3, 1e-2], "random_state": [0, 1]},
        {"hidden_layer_sizes": [(3, 3), ()], "dropout": [0.0, 0.5]},
        {"batch_size": [16], "activation": ["tanh"], "optimizer": ["sgd"]},
        {"class_weight": ["balanced", {0: 1.0, 1: 2.0, 2: 3.0}], "validation_split": [0.0, 0.2]},
        {"early_stopping": [True], "patience": [0, 1]},
    ]
    search_both(classifier(), grid, *wine, cv=2)
    assert trained[0] == 46


def test_weights_and_groups(wine):
    X, y = wine
    weights, groups = np.random.default_rng(0).integers(0, 3, (2, len(y)))
    fit_params = {"sample_weight": weights, "groups": groups}
    search_both(classifier(), {"alpha": ALPHAS}, X, y, fit_params, cv=GroupKFold(3))
    fit_params = {"ridgemlpclassifier__sample_weight": weights, "standardscaler__sample_weight": weights}
    pipeline = make_pipeline(StandardScaler(), classifier())
    search_both(pipeline, {"ridgemlpclassifier__alpha": ALPHAS}, X, y, fit_params, cv=2)


def test_metadata_routing(wine):
    X, y = wine
    weights, groups = np.random.default_rng(0).integers(1, 4, (2, len(y)))
    scorer = sklearn.metrics.get_scorer("neg_log_loss")
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, classifier().set_fit_request(sample_weight=True))
        search_both(
            pipeline,
            {"ridgemlpclassifier__alpha": ALPHAS},
            X,
            y,
            {"sample_weight": weights, "groups": groups},
            scoring=scorer.set_score_request(sample_weight=True),
            cv=GroupKFold(3),
        )
        for name in ("cross_validate", "cross_val_score", "cross_val_predict"):
            params = {"params": {"sample_weight": weights, "groups": groups}, "cv": GroupKFold(3)}
            if name != "cross_val_predict":
                params["scoring"] = scorer.set_score_request(sample_weight=True)
            mine, expected = (getattr(module, name)(pipeline, X, y, **params) for module in (ours, theirs))
            if name == "cross_validate":
                assert_same(mine, expected)
            else:
                np.testing.assert_allclose(mine, expected)
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            ours.cross_validate(classifier(), X, y, params={"sample_weight": weights})


def test_candidates_that_route_differently_do_not_share(wine):
    X, y = wine
    weights = np.random.default_rng(0).integers(1, 4, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        ones = [classifier().set_fit_request(sample_weight=wants) for wants in (True, False)]
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), ones[0])
        grid = {"ridgemlpclassifier": ones}
        scorer = sklearn.metrics.get_scorer("neg_log_loss").set_score_request(sample_weight=False)
        search_both(pipeline, grid, X, y, {"sample_weight": weights}, cv=2, scoring=scorer)


def test_a_generator_as_random_state_is_copied_for_each_fit(wine):
    search_both(classifier(random_state=np.random.RandomState(3)), {"alpha": ALPHAS}, *wine, cv=2)


def test_without_a_seed_each_fit_draws_its_own(wine):
    results = ours.cross_validate(
        classifier(random_state=None), *wine, cv=[(np.arange(178), np.arange(9))] * 2, return_estimator=True
    )
    a, b = results["estimator"]
    assert not np.array_equal(a.coefs_[0], b.coefs_[0])


def test_a_randomised_search(wine):
    pair = search_both(
        make_pipeline(StandardScaler(), classifier()),
        {"ridgemlpclassifier__alpha": loguniform(1e-5, 1), "standardscaler__with_std": [True, False]},
        *wine,
        search="RandomizedSearchCV",
        n_iter=5,
        random_state=3,
        cv=2,
    )
    assert pair[0].cv_results_["params"] == pair[1].cv_results_["params"]


def test_other_estimators_are_left_to_scikit_learn(wine, trained):
    X, y = wine
    search_both(LogisticRegression(), {"C": [0.1, 1]}, X, y, cv=2)
    bagging = BaggingClassifier(classifier(), n_estimators=2, random_state=0)
    search_both(bagging, {"estimator__alpha": [0.0, 1.0]}, X, y, cv=2)
    assert set(trained) == {1}


def test_a_grid_over_the_last_step_trains_together_what_it_can(wine, trained):
    pipeline = Pipeline([("scale", StandardScaler()), ("last", classifier())])
    grid = [
        {"last": [LogisticRegression(), classifier(activation="tanh")]},
        {"last__alpha": ALPHAS},
        {"last": ["passthrough"]},
    ]
    X, y = wine
    search_both(pipeline, grid, X, y, cv=2, scoring="accuracy")
    assert trained[0] == 8


def test_a_subclass_with_a_fit_of_its_own_is_left_alone(wine, trained):
    class Louder(RidgeMLPClassifier):
        def fit(self, X, y, sample_weight=None):
            return super().fit(10 * X, y, sample_weight)

    search_both(Louder(hidden_layer_sizes=(8,), epochs=3, random_state=0), {"alpha": [0.0, 1.0]}, *wine, cv=2)
    assert set(trained) == {1}


def test_a_pipeline_with_memory(wine, tmp_path):
    pipeline = make_pipeline(StandardScaler(), classifier(), memory=str(tmp_path))
    search_both(pipeline, {"ridgemlpclassifier__alpha": ALPHAS}, *wine, cv=2)


def test_callbacks_and_unusual_optimizers_train_with_keras(wine):
    from keras.callbacks import TerminateOnNaN

    grid = [{"alpha": [0.0, 1.0]}, {"callbacks": [[TerminateOnNaN()]]}, {"optimizer": ["adafactor"]}]
    search_both(classifier(), grid, *wine, cv=[(np.arange(0, 178, 2), np.arange(1, 178, 2))])


def test_scorers_that_look_at_the_network(wine):
    def last_gap(estimator, X, y):
        history = estimator.history_
        return {"gap": (history["val_data_loss"] - history["data_loss"]).mean(), "size": float(len(X))}

    search_both(classifier(), {"alpha": ALPHAS}, *wine, scoring=last_gap, refit="gap", cv=2)


def test_refit_by_a_callable_and_not_at_all(wine):
    search_both(classifier(), {"alpha": ALPHAS}, *wine, refit=lambda results: 1, cv=2)
    search_both(classifier(), {"alpha": ALPHAS}, *wine, refit=False, cv=2)


def test_the_callers_estimator_and_data_are_left_as_they_were(wine):
    pipeline = make_pipeline(StandardScaler(), classifier())
    before = clone(pipeline)
    ours.GridSearchCV(pipeline, {"ridgemlpclassifier__alpha": ALPHAS}, cv=2).fit(*wine)
    assert repr(before) == repr(pipeline)
    assert not hasattr(pipeline[0], "scale_")
    assert theirs.GridSearchCV.fit is theirs.RandomizedSearchCV.fit  # nothing is patched
    assert delayed is inspect.unwrap(theirs.GridSearchCV.fit).__globals__["delayed"]


# -- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"learning_rate": [1e200]}, "infinite or NaN in epoch"),
        ({"alpha": [-1.0]}, "'alpha' parameter"),
        ({"epochs": [np.inf]}, "'epochs' parameter"),
        ({"callbacks": [np.array([1, 2])]}, "'callbacks' parameter"),
        ({"hidden_layer_sizes": ["wide"]}, "'hidden_layer_sizes' parameter"),
        ({"validation_split": [0.999]}, "validation_split"),
    ],
)
def test_a_failing_candidate_fails_alone(wine, bad, message):
    grid = [{"alpha": ALPHAS}, bad]
    search_both(classifier(), grid, *wine, cv=2, error_score=-7.0, return_train_score=True)
    told = []
    for module in (ours, theirs):
        with pytest.warns(FitFailedWarning, match=message) as caught:
            module.GridSearchCV(classifier(), grid, cv=2, error_score=-7.0).fit(*wine)
        text = str(caught.list[0].message)
        assert "2 fits failed out of a total of 8" in text
        told.append([line for line in text.splitlines() if message.split("'")[-1] in line][-1])
    assert told[0] == told[1]
    with pytest.raises(ValueError, match=message):
        ours.GridSearchCV(classifier(), grid, cv=2, error_score="raise").fit(*wine)


def test_a_failing_step_fails_its_setting(wine):
    pipeline = make_pipeline(MinMaxScaler(), classifier())
    grid = {"minmaxscaler__feature_range": [(0, 1), (1, 0)], "ridgemlpclassifier__alpha": [0.0, 1.0]}
    search_both(pipeline, grid, *wine, cv=2)
    with (
        pytest.warns(FitFailedWarning, match="\n4 fits failed with the following error"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        ours.GridSearchCV(pipeline, grid, cv=2).fit(*wine)


def test_all_failing_and_none_asked_for(wine):
    with pytest.raises(ValueError, match="All the 2 fits failed"):
        ours.GridSearchCV(classifier(), {"alpha": [-1.0]}, cv=2).fit(*wine)
    with pytest.raises(ValueError, match="Invalid parameter 'lambda'"):
        ours.GridSearchCV(classifier(), {"lambda": [1.0]}, cv=2).fit(*wine)
    with pytest.raises(ValueError, match="No fits were performed"):
        ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=[]).fit(*wine)


def test_a_fold_without_one_of_the_classes(wine):
    X, y = wine
    splits = [(np.flatnonzero(y < 2), np.flatnonzero(y == 2)), (np.arange(178), np.arange(9))]
    search_both(classifier(), {"alpha": ALPHAS}, X, y, cv=splits)
    one = [(np.flatnonzero(y == 0), np.flatnonzero(y == 2)), splits[1]]
    search_both(classifier(), {"alpha": ALPHAS}, X, y, cv=one)


def test_networks_that_fail_together_train_one_by_one(wine, monkeypatch):
    expected = ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=2).fit(*wine)
    train = engine.train_together

    def too_many(tasks, progress=None):
        if len(tasks) > 1:
            raise MemoryError("no memory")
        return train(tasks, progress)

    monkeypatch.setattr(engine, "train_together", too_many)
    with pytest.warns(RuntimeWarning, match=r"Training 6 networks together failed.*no memory"):
        alone = ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=2).fit(*wine)
    assert_same(alone.cv_results_, expected.cv_results_)


# -- counting -------------------------------------------------------------------------------------


class Counting(TransformerMixin, BaseEstimator):
    """Counts what it does, over all clones."""

    fits = transforms = 0

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y=None):
        Counting.fits += 1
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        Counting.transforms += 1
        return X - self.mean_ + self.shift

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X)


def test_preprocessing_is_fitted_once_per_fold_and_setting(wine, monkeypatch):
    pipeline = make_pipeline(StandardScaler(), make_pipeline(Counting(), classifier()))
    grid = {"pipeline__ridgemlpclassifier__alpha": ALPHAS, "pipeline__counting__shift": [0.0, 0.1]}
    monkeypatch.setattr(Counting, "fits", 0)
    monkeypatch.setattr(Counting, "transforms", 0)
    ours.GridSearchCV(pipeline, grid, cv=5, refit=False, return_train_score=True).fit(*wine)
    assert Counting.fits == 5 * 2
    assert Counting.transforms == 5 * 2 * 3  # of the fit, the test rows, the training rows
    monkeypatch.setattr(Counting, "fits", 0)
    theirs.GridSearchCV(pipeline, grid, cv=5, refit=False).fit(*wine)
    assert Counting.fits == 5 * 2 * 3


def test_a_second_search_compiles_nothing(wine):
    search = ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=5)
    search.fit(*wine)
    before = engine.n_compiled()
    search.fit(*wine)
    ours.GridSearchCV(classifier(), {"alpha": [0.1, 0.2, 0.3]}, cv=5).fit(*wine)
    assert engine.n_compiled() == before


def test_a_search_over_alpha_compiles_once_refit_included(wine):
    before = engine.n_compiled()
    search = ours.GridSearchCV(classifier(activation="softsign"), {"alpha": ALPHAS}, cv=6).fit(*wine)
    assert engine.n_compiled() == before + 1
    alone = clone(search.best_estimator_).fit(*wine)
    assert engine.n_compiled() == before + 2
    np.testing.assert_allclose(search.best_estimator_.coefs_[0], alone.coefs_[0], rtol=1e-10)
    for name, values in alone.history_.items():
        np.testing.assert_allclose(search.best_estimator_.history_[name], values, rtol=1e-10)


def test_fit_times_are_shares_of_what_it_took(wine):
    start = sklearn.model_selection._search.time.time()
    search = ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=5, refit=False).fit(*wine)
    took = sklearn.model_selection._search.time.time() - start
    shares = search.cv_results_["mean_fit_time"]
    assert (shares > 0).all()
    assert shares.sum() * 5 < took


# -- functions ------------------------------------------------------------------------------------


def test_cross_validate(wine):
    params = {"return_train_score": True, "return_estimator": True, "return_indices": True, "cv": 3}
    pipeline = make_pipeline(StandardScaler(), classifier(early_stopping=True, patience=1))
    mine, expected = (
        module.cross_validate(pipeline, *wine, scoring=["accuracy", "neg_log_loss"], **params)
        for module in (ours, theirs)
    )
    assert_same(mine, expected)
    for a, b in zip(mine["estimator"], expected["estimator"], strict=True):
        assert set(vars(a[-1])) == set(vars(b[-1]))
        np.testing.assert_allclose(a[-1].coefs_[0], b[-1].coefs_[0], rtol=1e-9)
        assert {k: len(v) for k, v in a[-1].history_.items()} == {
            k: len(v) for k, v in b[-1].history_.items()
        }
        for name, values in b[-1].history_.items():
            np.testing.assert_allclose(a[-1].history_[name], values, rtol=1e-9, err_msg=name)
        np.testing.assert_array_equal(a[0].mean_, b[0].mean_)
        assert a.predict(wine[0][:3]).shape == (3,)
    for part in ("train", "test"):
        for a, b in zip(mine["indices"][part], expected["indices"][part], strict=True):
            np.testing.assert_array_equal(a, b)


def test_cross_val_score_and_validation_curve(wine):
    cv = ShuffleSplit(3, random_state=0)
    for scoring in (None, "neg_log_loss"):
        mine, expected = (
            m.cross_val_score(classifier(), *wine, cv=cv, scoring=scoring) for m in (ours, theirs)
        )
        np.testing.assert_allclose(mine, expected, rtol=1e-9)
        curve = {"param_name": "alpha", "param_range": ALPHAS, "cv": cv, "scoring": scoring}
        mine, expected = (m.validation_curve(classifier(), *wine, **curve) for m in (ours, theirs))
        np.testing.assert_allclose(mine, expected, rtol=1e-9)
        assert mine[0].shape == (3, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{}, {"train_sizes": [30, 60, 90], "shuffle": True, "random_state": 1, "scoring": "neg_log_loss"}],
)
def test_learning_curve(options, wine, trained):
    X, y = wine
    options = {"cv": ShuffleSplit(2, random_state=0), **options}
    estimator = make_pipeline(StandardScaler(), classifier())
    mine = ours.learning_curve(estimator, X, y, **options)
    n_sizes = len(mine[0])
    assert sum(trained) == 2 * n_sizes
    assert len(trained) == 1
    expected = theirs.learning_curve(estimator, X, y, **options)
    for values, their_values in zip(mine, expected, strict=True):
        np.testing.assert_allclose(values, their_values, rtol=1e-9)
    times = ours.learning_curve(estimator, X, y, return_times=True, **options)
    assert [part.shape for part in times] == [(n_sizes,)] + 4 * [(n_sizes, 2)]
    assert (times[3] > 0).all()


def test_a_learning_curve_by_partial_fit_is_scikit_learns(wine, tmp_path):
    options = {"exploit_incremental_learning": True, "train_sizes": [40, 80], "cv": 2, "shuffle": True}
    options["random_state"] = 0
    mine, expected = (m.learning_curve(classifier(), *wine, **options) for m in (ours, theirs))
    for values, their_values in zip(mine, expected, strict=True):
        np.testing.assert_array_equal(values, their_values)
    with pytest.raises(ValueError, match="exploit_incremental_learning=True go on from each other"):
        ours.learning_curve(classifier(), *wine, memory=tmp_path, **options)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_cross_val_predict(wine, multilabel, method):
    X, y = wine
    for data in ((X, y), (X, np.array(["x", "yy", "zzz"])[y]), multilabel):
        mine, expected = (
            m.cross_val_predict(classifier(), *data, cv=3, method=method) for m in (ours, theirs)
        )
        assert (mine.dtype, mine.shape) == (expected.dtype, expected.shape)
        if mine.dtype.kind == "f":
            np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=1e-12)
        else:
            np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize("name", model_selection.__all__)
def test_signatures_are_scikit_learns_with_memory_at_the_end(name):
    if name == "one_standard_error":
        return
    mine = [(p.name, p.kind, p.default) for p in inspect.signature(getattr(ours, name)).parameters.values()]
    their = [
        p for p in inspect.signature(getattr(theirs, name)).parameters.values() if p.name != "fit_params"
    ]
    assert str(mine[:-1]) == str([(p.name, p.kind, p.default) for p in their])  # fit_params went with 1.8
    assert mine[-1][0] == "memory"


def test_arguments_are_checked_as_scikit_learn_checks_them(wine):
    for call in (
        partial(ours.cross_validate, classifier(), *wine, cv="five"),
        partial(ours.cross_val_score, classifier(), *wine, n_jobs="two"),
        partial(ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, memory=3).fit, *wine),
        partial(ours.cross_val_predict, classifier(), *wine, method="guess"),
    ):
        with pytest.raises(sklearn.utils._param_validation.InvalidParameterError, match="parameter of"):
            call()


def test_a_search_is_an_estimator_like_scikit_learns(wine):
    search = ours.GridSearchCV(
        make_pipeline(StandardScaler(), classifier()), {"ridgemlpclassifier__alpha": [0.1]}
    )
    assert isinstance(search, theirs.GridSearchCV)
    assert sklearn.base.is_classifier(search)
    copy = clone(search).set_params(memory=None, estimator__ridgemlpclassifier__epochs=2)
    assert "GridSearchCV" in copy._repr_html_()
    scores = [m.cross_validate(copy, *wine, cv=2)["test_score"] for m in (ours, theirs)]
    np.testing.assert_array_equal(*scores)


def test_progress_is_one_line_and_silent_by_default(wine, capsys):
    ours.cross_val_score(classifier(), *wine, cv=2)
    assert capsys.readouterr().out == ""
    ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=2, verbose=1, refit=False).fit(*wine)
    out = capsys.readouterr().out
    assert out.startswith("Fitting 2 folds for each of 3 candidates, totalling 6 fits\n")
    assert "Training 6 networks in the engine: 18 of 18 epochs" in out.splitlines()[-1]
    ours.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=2, verbose=3, refit=False).fit(*wine)
    assert capsys.readouterr().out.count("[CV 1/2] END ") == 3


# -- the rule of one standard error -----------------------------------------------------------------


def results(params, splits):
    """Return cv_results_ of candidates and their scores, one row for each candidate."""
    splits = np.array(splits, float)
    mean = splits.mean(axis=1)
    return {
        "params": params,
        "mean_test_score": mean,
        "rank_test_score": np.array([1 + (mean > m).sum() for m in mean]),
        **{f"split{i}_test_score": splits[:, i] for i in range(splits.shape[1])},
    }


def test_the_largest_alpha_within_a_standard_error():
    """The best, 0.8, has scores 0.7, 0.8, 0.9: ddof=1 gives 0.1 / sqrt(3) = 0.0577; ddof=0 0.0471."""
    params = [{"a__alpha": alpha} for alpha in (0.1, 10.0, 1.0, 100.0)]
    best, close, closer, far = [0.7, 0.8, 0.9], [0.75] * 3, [0.76] * 3, [0.74] * 3
    assert one_standard_error(results(params, [best, close, closer, far])) == 1
    assert one_standard_error(results(params, [best, far, closer, far])) == 2
    assert one_standard_error(results(params, [far, best, far, far])) == 1


def test_of_several_best_the_strongest_and_its_error_count():
    """As in cv.glmnet: 0.8 is tied, with an error of 0.1 at alpha = 0.1 and of 0.0 at alpha = 1."""
    params = [{"alpha": alpha} for alpha in (0.1, 1.0, 10.0)]
    wide, narrow, close = [0.7, 0.9], [0.8, 0.8], [0.75, 0.75]
    assert one_standard_error(results(params, [wide, narrow, close])) == 1
    assert one_standard_error(results(params, [narrow, wide, close])) == 2
    diagnosis = AlphaDiagnosis.from_cv_results(
        {
            **results(params, [wide, narrow, close]),
            **{f"split{i}_train_score": np.full(3, 0.9) for i in range(2)},
        }
    )
    assert diagnosis.one_se_alpha == diagnosis.best_alpha == 1.0


def test_sums_that_differ_by_their_order_are_tied():
    params = [{"alpha": alpha} for alpha in (0.1, 1.0)]
    scores = [0.1, 0.1, 0.1, 0.1, 0.2]
    backwards = scores[::-1]
    assert np.mean(scores) != np.mean(backwards)
    assert one_standard_error(results(params, [scores, backwards])) == 1
    assert one_standard_error(results(params, [backwards, scores])) == 1


def test_only_candidates_that_differ_in_alpha_alone():
    params = [
        {"alpha": 1.0, "units": 8},
        {"alpha": 2.0, "units": 8},
        {"alpha": 3.0, "units": 4},
        {"units": 8},
    ]
    assert one_standard_error(results(params, [[0.7, 0.9], [0.75, 0.75], [0.8, 0.8], [0.1, 0.1]])) == 1
    assert one_standard_error(results(params, [[0.1, 0.1], [0.1, 0.1], [0.8, 0.8], [0.7, 0.95]])) == 3
    long = np.zeros(2000)
    params = [{"alpha": 1.0, "w": long}, {"alpha": 2.0, "w": np.where(np.arange(2000) == 1000, 1, long)}]
    assert one_standard_error(results(params, [[0.7, 0.9], [0.75, 0.75]])) == 0


@pytest.mark.parametrize(
    ("params", "keywords", "message"),
    [
        ([{"beta": 1.0}, {"beta": 2.0}], {}, "needs one parameter called alpha"),
        ([{"alpha": 1.0, "b__alpha": 1.0}] * 2, {}, "alpha, b__alpha"),
        ([{"alpha": 1.0}] * 2, {"metric": "f1"}, "metric='f1' is not a metric of this search. It has score"),
        ([{"alpha": 1.0}] * 2, {"param_name": "C"}, "param_name='C'"),
    ],
)
def test_the_rule_refuses_what_it_cannot_apply(params, keywords, message):
    with pytest.raises(ValueError, match=message):
        one_standard_error(results(params, [[1, 0], [0, 1]]), **keywords)
    with pytest.raises(ValueError, match="at least 2 splits"):
        one_standard_error(results([{"alpha": 1.0}], [[1.0]]))


def test_the_rule_needs_an_alpha_before_anything_is_trained(wine, trained):
    for search in (
        ours.GridSearchCV(classifier(), {"epochs": [1, 2]}, refit="1se"),
        ours.RandomizedSearchCV(classifier(), {"epochs": [1, 2]}, n_iter=2, refit="1se"),
    ):
        with pytest.raises(ValueError, match=r"needs one parameter called alpha .* but it has none"):
            search.fit(*wine)
    assert trained == []


def test_a_search_refits_by_the_rule(wine):
    search = ours.GridSearchCV(classifier(epochs=20), {"alpha": ALPHAS}, cv=3, refit="1se").fit(*wine)
    assert np.argmin(search.cv_results_["rank_test_score"]) < search.best_index_ == 2
    assert search.best_index_ == one_standard_error(search.cv_results_)
    assert search.best_score_ == search.cv_results_["mean_test_score"][2]
    assert search.best_estimator_.alpha == search.best_params_["alpha"] == 1.0
    rule = partial(one_standard_error, metric="accuracy")
    search = clone(search).set_params(scoring=["accuracy", "f1_macro"], refit=rule).fit(*wine)
    assert search.best_index_ == 2
    with pytest.raises(ValueError, match="which of the metrics accuracy, f1_macro"):
        clone(search).set_params(refit="1se").fit(*wine)


def test_a_metric_of_a_scorer_may_be_called_as_the_rule(wine):
    """scikit-learn chooses by it then, as by any other metric."""

    def scorer(estimator, X, y):
        return {"1se": -estimator.alpha, "other": estimator.alpha}

    ours_, theirs_ = (
        module.GridSearchCV(classifier(), {"alpha": ALPHAS}, cv=2, scoring=scorer, refit="1se").fit(*wine)
        for module in (ours, theirs)
    )
    assert (ours_.best_index_, ours_.best_score_) == (theirs_.best_index_, theirs_.best_score_)
    assert ours_.refit == "1se"


class Plain(Pipeline):
    """A subclass that fits as Pipeline does."""

    def extra(self):
        return 1


class Special(Pipeline):
    """A subclass that fits in a way of its own."""

    def fit(self, X, y=None, **params):
        self.is_special_ = True
        return super().fit(X, y, **params)


@pytest.mark.parametrize(("kind", "together"), [(Plain, [6, 1]), (Special, [1] * 7)])
def test_a_subclass_of_pipeline_trains_together_where_it_fits_as_pipeline_does(
    kind, together, wine, small, trained
):
    pipeline = kind([("scale", StandardScaler()), ("network", small())])
    grid, X, y = {"network__alpha": [1e-3, 1.0]}, *wine
    mine = ours.GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert trained == together
    stock = theirs.GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    np.testing.assert_array_equal(mine.cv_results_["mean_test_score"], stock.cv_results_["mean_test_score"])
    assert vars(mine.best_estimator_).keys() == vars(stock.best_estimator_).keys()
