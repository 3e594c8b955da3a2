"""AlphaDiagnosis: made from a search's results, written and read, and closed to changes."""

import copy
import dataclasses
import json
import pickle
import sys

import numpy as np
import pytest
from scipy.stats import sem
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sklearn_ridge_nn import AlphaDiagnosis, BiasVariance

#: Mean log losses of alpha 0.01, 0.1 and 1: a wide gap, a small one, and a large loss in training.
TRAIN, TEST = np.array([0.1, 0.3, 0.68]), np.array([0.5, 0.4, 0.7])


def results(alphas=(0.01, 0.1, 1.0), n_splits=4, metric="neg_log_loss", name="alpha", others=(), **keys):
    """Results of a search, as GridSearchCV states them; the losses of a value go with it in any order."""
    order = np.argsort(np.argsort(alphas))
    cv_results = {"params": [{name: alpha, **dict(others)} for alpha in alphas]}
    for number in range(n_splits):
        shift = 0.01 * np.arange(3) * number
        cv_results[f"split{number}_test_{metric}"] = -(TEST + shift)[order]
        cv_results[f"split{number}_train_{metric}"] = -(TRAIN + shift / 2)[order]
    return {**cv_results, f"mean_test_{metric}": np.zeros(len(alphas)), **keys}


@pytest.fixture
def everything():
    """A diagnosis with all fields, whose last value failed on a split and stopped early on another."""
    rng = np.random.default_rng(0)
    test = np.array([[0.8], [0.5], [0.9]]) + 0.01 * rng.standard_normal((3, 6))
    test[2, 1] = np.nan
    curve = np.tile(np.linspace(1, 0.5, 4), (3, 6, 1))
    curve[0, 2, 3] = np.nan
    quantiles = np.sort(rng.normal(size=(3, 6, 2, 5)))
    quantiles[0, 0, 0, 4] = np.inf
    return AlphaDiagnosis(
        alphas=np.array([0.0, 0.1, 1.0]),
        train_score=1 - test / 2,
        test_score=1 - test,
        train_loss=test / 2,
        test_loss=test,
        n_seeds=2,
        test_ratio=0.5,
        level=0.1,
        margin=0.02,
        param_name="mlp__alpha",
        score_name="accuracy",
        train_loss_curve=curve / 2,
        test_loss_curve=curve,
        weight_norm=rng.uniform(1, 2, (3, 6, 2)),
        weight_quantiles=quantiles,
        baseline_loss=np.array([0.7, 0.69, 0.71]),
        feature_scales=np.array([0.5, 1.0, 2.0]),
        rarest_class=("rare", 3, 1),
    )


# -- from the results of a search -----------------------------------------------------------------


def test_losses_are_minus_the_scores_of_the_search():
    cv_results = results()
    diagnosis = AlphaDiagnosis.from_cv_results(cv_results)
    for split in range(4):
        for part in ("train", "test"):
            scores = cv_results[f"split{split}_{part}_neg_log_loss"]
            np.testing.assert_array_equal(getattr(diagnosis, f"{part}_score")[:, split], scores)
            np.testing.assert_array_equal(getattr(diagnosis, f"{part}_loss")[:, split], -scores)
    assert diagnosis.verdicts == ("overfit", "good", "underfit")
    assert (diagnosis.best_alpha, diagnosis.best_index, diagnosis.n_splits) == (0.1, 1, 4)
    assert (diagnosis.loss_name, diagnosis.score_name) == ("log loss", "neg_log_loss")
    assert diagnosis.test_loss_curve is None
    assert diagnosis.n_epochs == 0


def test_results_of_scikit_learns_own_search_are_taken(wine):
    """The Cs of a logistic regression, of which the smaller penalise more."""
    search = GridSearchCV(
        LogisticRegression(), {"C": [1e-6, 1.0]}, scoring="neg_log_loss", cv=3, return_train_score=True
    ).fit(*wine)
    diagnosis = AlphaDiagnosis.from_cv_results(search.cv_results_, param_name="C", stronger="smaller")
    np.testing.assert_allclose(-diagnosis.test_loss.mean(axis=1), search.cv_results_["mean_test_score"])
    np.testing.assert_allclose(-diagnosis.train_loss.mean(axis=1), search.cv_results_["mean_train_score"])
    assert diagnosis.verdicts == ("underfit", "good")
    assert diagnosis.one_se_alpha == 1.0


@pytest.mark.parametrize("order", [(1.0, 0.01, 0.1), (0.1, 1.0, 0.01)])
def test_values_in_any_order_are_sorted_with_their_losses(order):
    shuffled = AlphaDiagnosis.from_cv_results(results(order))
    assert shuffled.to_dict() == AlphaDiagnosis.from_cv_results(results()).to_dict()


def test_the_parameter_is_found_behind_its_steps():
    diagnosis = AlphaDiagnosis.from_cv_results(results(name="mlp__alpha"))
    assert diagnosis.param_name == "mlp__alpha"
    full = AlphaDiagnosis.from_cv_results(results(name="mlp__alpha"), param_name="mlp__alpha")
    assert full.to_dict() == diagnosis.to_dict()


def test_a_parameter_that_all_candidates_share_is_no_hindrance():
    fixed = AlphaDiagnosis.from_cv_results(results(others={"epochs": 3}))
    assert fixed.to_dict() == AlphaDiagnosis.from_cv_results(results()).to_dict()


def test_the_only_metric_is_taken_and_minus_it_is_the_loss():
    diagnosis = AlphaDiagnosis.from_cv_results(results(metric="score"))
    assert (diagnosis.score_name, diagnosis.loss_name) == ("score", "minus score")


def test_of_several_metrics_the_log_loss_is_taken_unless_one_is_named():
    accuracy = results(metric="accuracy")
    accuracy["split0_test_accuracy"] = accuracy["split0_test_accuracy"] - 0.5
    both = {**results(), **accuracy}
    assert AlphaDiagnosis.from_cv_results(both).score_name == "neg_log_loss"
    named = AlphaDiagnosis.from_cv_results(both, metric="accuracy")
    assert named.loss_name == "minus accuracy"
    np.testing.assert_array_equal(named.test_loss[:, 0], TEST + 0.5)


def test_test_rows_per_training_row_follow_from_test_size():
    """Of four folds, each test part is 1/4 of the rows: 1/3 of the training rows. 20 % are 1/4 of 80 %."""
    assert AlphaDiagnosis.from_cv_results(results()).test_ratio == pytest.approx(1 / 3)
    assert AlphaDiagnosis.from_cv_results(results(), test_size=0.2).test_ratio == pytest.approx(1 / 4)


def test_the_stronger_penalties_may_be_the_smaller_values():
    """Then the smallest value is too strong, and overfits no more; its train loss is no worse, though."""
    diagnosis = AlphaDiagnosis.from_cv_results(results(), stronger="smaller")
    assert diagnosis.verdicts == ("undetermined", "good", "undetermined")
    assert "train loss is no worse" in diagnosis.reasons[0]
    assert "gap is no wider" in diagnosis.reasons[2]


def test_level_and_margin_are_handed_on():
    diagnosis = AlphaDiagnosis.from_cv_results(results(), level=0.2, margin=10.0)
    assert (diagnosis.level, diagnosis.margin) == (0.2, 10.0)
    assert diagnosis.verdicts == ("good",) * 3


@pytest.mark.parametrize("stronger", ["larger", "smaller"])
def test_a_failed_fit_leaves_its_value_undetermined(stronger):
    cv_results = results()
    cv_results["split2_test_neg_log_loss"][0] = np.nan
    diagnosis = AlphaDiagnosis.from_cv_results(cv_results, stronger=stronger)
    assert diagnosis.verdicts[0] == "undetermined"
    assert diagnosis.reasons[0] == "no loss on 1 of 4 splits"


def test_an_infinite_loss_leaves_the_other_values_as_they_are():
    """As a search gives them with error_score=-inf."""
    cv_results = results(alphas=(0.01, 0.1, 1.0))
    for key in list(cv_results):
        if key.startswith("split0"):
            cv_results[key][2] = np.nan
    missing = AlphaDiagnosis.from_cv_results(cv_results)
    for key in list(cv_results):
        if key.startswith("split0"):
            cv_results[key][2] = -np.inf
    infinite = AlphaDiagnosis.from_cv_results(cv_results)
    assert infinite.verdicts == missing.verdicts == ("overfit", "good", "undetermined")
    np.testing.assert_array_equal(infinite.comparison.critical_value, missing.comparison.critical_value)


def test_many_splits_may_be_repeated_folds_so_that_their_size_is_asked_for():
    with pytest.warns(UserWarning, match=r"15 splits, .* 1/15 of the rows.*pass test_size, such as 0.2"):
        assumed = AlphaDiagnosis.from_cv_results(results(n_splits=15))
    assert assumed.test_ratio == pytest.approx(1 / 14)
    assert AlphaDiagnosis.from_cv_results(results(n_splits=15), test_size=0.2).test_ratio == 0.25


WITHOUT_TRAIN = {key: value for key, value in results().items() if "train" not in key}
TWO_METRICS = {**results(metric="accuracy"), **results(metric="roc_auc")}
DROPOUTS = results()
DROPOUTS["params"] = [{"alpha": a, "dropout": d} for a, d in ((0.01, 0.0), (0.1, 0.0), (1.0, 0.5))]
TWO_ALPHAS = results(others={"b__alpha": 1.0}, name="a__alpha")


@pytest.mark.parametrize(
    ("cv_results", "options", "message"),
    [
        (WITHOUT_TRAIN, {}, r"cv_results has no train scores\. Search with return_train_score=True"),
        (DROPOUTS, {}, r"This search varied dropout as well"),
        (results(name="C"), {}, r"param_name='alpha' names none of the parameters of this search: C\."),
        (TWO_ALPHAS, {}, r"names 2 of the parameters of this search: a__alpha, b__alpha\. Give the full"),
        (results(), {"metric": "f1"}, r"metric='f1' is not a metric of this search\. It has neg_log_loss"),
        (TWO_METRICS, {}, r"several metrics, accuracy, roc_auc: name one, metric=\.\.\."),
        (results((0.1,)), {}, r"alphas must hold at least 2 values to compare"),
        (results((0.1, 0.1, 1)), {}, r"This search has alpha = 0\.1 2 times.* with each value once"),
        (results((-1, 0.1, 1)), {}, r"alphas must be finite numbers >= 0\. Got \[-1, 0\.1, 1\]"),
        (results((0.1, np.nan, 1)), {}, r"alphas must be finite numbers >= 0\. Got \[0\.1, 1, nan\]"),
        (results((0.1, "auto", 1)), {}, r"alpha must have a number in every candidate"),
        (results(n_splits=1), {"test_size": 0.2}, r"at least 2 splits\. .*\b1\b"),
        (results(n_splits=1), {}, r"at least 2 splits\. .*\b1\b"),
        (results(), {"test_size": 1.0}, r"test_size must be a share of the rows in \(0, 1\)\. Got 1\.0"),
        (results(), {"test_size": 0}, r"test_size must be a share of the rows in \(0, 1\)\. Got 0"),
        (results(), {"stronger": "left"}, r"stronger must be 'larger' or 'smaller'\. Got 'left'"),
    ],
)  # fmt: skip
def test_unfit_results_are_refused_by_what_is_wrong(cv_results, options, message):
    with pytest.raises(ValueError, match=message):
        AlphaDiagnosis.from_cv_results(cv_results, **options)


# -- written and read -----------------------------------------------------------------------------


def test_a_diagnosis_survives_json_with_all_that_is_missing_in_it(everything):
    content = json.loads(json.dumps(everything.to_dict(), allow_nan=False))
    read = AlphaDiagnosis.from_dict(content)
    assert read.to_dict() == everything.to_dict() == content
    for field in dataclasses.fields(everything):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(everything, field.name))
    assert read.rarest_class == ("rare", 3, 1)


def test_a_written_diagnosis_states_its_verdicts(everything):
    content = everything.to_dict()
    assert content["schema"] == "sklearn-ridge-nn/alpha-diagnosis"
    assert content["verdicts"] == list(everything.verdicts)
    assert content["best_alpha"] == everything.best_alpha == 0.1
    assert content["evidence"]["test_loss"][2][1] == "NaN"
    assert content["evidence"]["weight_quantiles"][0][0][0][4] == "Infinity"
    assert [f["code"] for f in content["findings"]] == [f.code for f in everything.findings]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "other"}, r"This is not a diagnosis: its schema is 'other'"),
        ({"schema": None}, r"This is not a diagnosis: its schema is None"),
        ({"version": 4}, r"of version 4 of its schema, and this release reads versions up to 3"),
        ({"version": None}, r"of version None"),
    ],
)
def test_what_another_program_or_release_wrote_is_refused(everything, change, message):
    with pytest.raises(ValueError, match=message):
        AlphaDiagnosis.from_dict({**everything.to_dict(), **change})


def test_an_empty_dictionary_is_no_diagnosis():
    with pytest.raises(ValueError, match="This is not a diagnosis"):
        AlphaDiagnosis.from_dict({})


@pytest.mark.parametrize("copied", [lambda d: pickle.loads(pickle.dumps(d)), copy.deepcopy])
def test_copies_say_the_same(everything, copied):
    everything.findings  # noqa: B018 cached, and pickled with the rest
    copy = copied(everything)
    assert copy.to_dict() == everything.to_dict()
    assert not copy.test_loss.flags.writeable


def test_numbers_of_numpy_are_written_as_numbers():
    losses = np.random.default_rng(0).uniform(size=(2, 4))
    parts = dict.fromkeys(("train_score", "test_score", "train_loss", "test_loss"), losses)
    diagnosis = AlphaDiagnosis(alphas=[0, 1], n_seeds=np.int64(2), level=np.float32(0.25), **parts)
    assert json.loads(json.dumps(diagnosis.to_dict()))["evidence"]["n_seeds"] == 2


# -- read by people -------------------------------------------------------------------------------


def test_the_table_has_means_over_the_splits_and_what_verdicts_rest_on():
    diagnosis = AlphaDiagnosis.from_cv_results(results(name="mlp__alpha"), test_size=0.2)
    frame = diagnosis.to_frame()
    quantities = ["train_loss", "test_loss", "generalization_gap", "train_score", "test_score"]
    expected = [column for name in quantities for column in (name, f"{name}_se")]
    last = ["difference", "difference_se", "critical_value", "reason"]
    assert frame.columns.tolist() == ["verdict", *expected, *last]
    assert frame.index.name == "mlp__alpha"
    assert frame.index.tolist() == [0.01, 0.1, 1.0]
    assert frame["verdict"].tolist() == list(diagnosis.verdicts)
    assert frame["reason"].tolist() == list(diagnosis.reasons)
    np.testing.assert_allclose(frame["test_loss"], diagnosis.test_loss.mean(axis=1))
    correction = np.sqrt(1 + 4 / 4)  # Nadeau and Bengio: (1/4 + 1/4) in place of 1/4
    np.testing.assert_allclose(frame["test_loss_se"], sem(diagnosis.test_loss, axis=1) * correction)
    np.testing.assert_allclose(frame["generalization_gap"], frame["test_loss"] - frame["train_loss"])
    np.testing.assert_allclose(frame["difference"], frame["test_loss"] - frame["test_loss"].min())


def test_without_pandas_the_extra_is_named(everything, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    message = r"to_frame needs pandas. Install it with: pip install 'sklearn-ridge-nn\[cli\]'"
    decomposed = BiasVariance.from_log_proba([0.1], np.log([[[[0.8, 0.2]], [[0.4, 0.6]]]]), [0])
    for made in (everything, decomposed):
        with pytest.raises(ImportError, match=message):
            made.to_frame()


def test_seeds_are_averaged_before_splits_are_compared(everything):
    """Three splits of two seeds: the table's errors are over the splits alone."""
    means = everything.test_loss[0].reshape(3, 2).mean(axis=1)
    row = everything.to_frame().loc[0.0]
    assert row["test_loss"] == pytest.approx(means.mean())
    assert row["test_loss_se"] == pytest.approx(np.sqrt((1 / 3 + 0.5) * means.var(ddof=1)))
    assert np.isnan(everything.to_frame().loc[1.0, "test_loss"])


def test_the_penalty_is_alpha_times_the_squares_of_the_hidden_kernels(everything):
    """Of two kernels, the last is the output layer's, which is not penalised."""
    expected = np.array([[0.0], [0.1], [1.0]]) * everything.weight_norm[:, :, 0] ** 2
    np.testing.assert_allclose(everything.penalty, expected)


def test_the_representation_is_one_line(everything):
    assert repr(everything) == "<AlphaDiagnosis of 3 values of mlp__alpha from 0 to 1, best 0.1>"


# -- closed to changes ----------------------------------------------------------------------------


def test_a_diagnosis_cannot_be_changed(everything):
    with pytest.raises(dataclasses.FrozenInstanceError):
        everything.level = 0.5
    for field in dataclasses.fields(everything):
        value = getattr(everything, field.name)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[0] = 0


def test_the_arrays_given_stay_the_callers():
    losses = np.random.default_rng(0).uniform(size=(2, 4))
    parts = dict.fromkeys(("train_score", "test_score", "train_loss", "test_loss"), losses)
    diagnosis = AlphaDiagnosis(alphas=np.array([0.0, 1.0]), **parts)
    before = diagnosis.to_dict()
    losses[:] = 7
    assert diagnosis.to_dict() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 0.95}, r"level must be a number in \(0, 0.5\)\. Got 0\.95"),
        ({"margin": -1}, r"margin must be a finite number >= 0\. Got -1"),
        ({"margin": np.nan}, r"margin must be a finite number >= 0\. Got nan"),
        ({"test_ratio": 0}, r"test_ratio must be a number in \(0, inf\)\. Got 0"),
        ({"n_seeds": 0}, r"n_seeds must be an int >= 1\. Got 0"),
        ({"stronger": "left"}, r"stronger must be 'larger' or 'smaller'\. Got 'left'"),
        (
            {"test_loss": np.full((2, 4), np.nan)},
            r"Only 0 of 4 splits have a finite test loss.*learning rate",
        ),
        ({"alphas": np.array([0.1, 1.0, 2.0])}, r"test_loss must be of shape .* Got \(2, 4\) for 3 alphas"),
        ({"n_seeds": 3}, r"Got \(2, 4\) for 2 alphas and n_seeds=3"),
        ({"n_seeds": 4}, r"at least 2 splits\. Got 1"),
        ({"train_loss": np.ones((2, 3))}, r"train_loss must be of the shape of test_loss, \(2, 4\)"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(change, message):
    parts = dict.fromkeys(("train_score", "test_score", "train_loss", "test_loss"), np.ones((2, 4)))
    with pytest.raises(ValueError, match=message):
        AlphaDiagnosis(**{"alphas": np.array([0.0, 1.0]), **parts, **change})
