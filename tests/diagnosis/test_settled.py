"""Alpha and epochs together: training in rounds equals one long training, and ends where it may."""

import json

import keras
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.diagnosis._settle import Rounds, _schedule

ALPHAS = [0.0, 1e-3, 1e-2, 1e-1, 10.0]
X, Y = make_classification(120, 10, n_informative=4, flip_y=0.2, random_state=0)
#: Labels that weigh differently, and rows that do.
WEIGHTS = np.random.default_rng(0).uniform(0.5, 2, len(Y))


def classifier(**fields):
    given = {"hidden_layer_sizes": (8,), "learning_rate": 0.01, "batch_size": 32, "epochs": 24}
    return RidgeMLPClassifier(**{**given, "random_state": 0, **fields})


def settled(estimator=None, **fields):
    given = {"alphas": ALPHAS, "cv": 3, "epochs": "settled"}
    return diagnose(estimator or classifier(), X, Y, **{**given, **fields})


KINDS = {
    "plain": ({}, {}),
    "dropout": ({"dropout": 0.3}, {}),
    "hold-out": ({"validation_split": 0.2}, {}),
    "weights": ({"class_weight": "balanced"}, {"params": {"sample_weight": WEIGHTS}}),
    "seeds": ({}, {"n_seeds": 2}),
    "Keras's loop": ({"optimizer": "adafactor"}, {"max_epochs": 12}),
    "momentum": ({"optimizer": "sgd", "learning_rate": 0.1}, {}),
    "another score": ({}, {"scoring": "roc_auc"}),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "arguments"),
    [
        pytest.param(*kind, id=name, marks=[pytest.mark.slow] if name == "Keras's loop" else [])
        for name, kind in KINDS.items()
    ],
)
def test_rounds_are_one_long_training_bit_by_bit(fields, arguments):
    found = settled(classifier(**fields), **arguments)
    arguments = {name: value for name, value in arguments.items() if name != "max_epochs"}
    long = settled(classifier(**fields), **{**arguments, "epochs": found.n_epochs})
    for name in ("train_loss_curve", "test_loss_curve", "test_score_curve"):
        if getattr(found, name) is not None:
            known = ~np.isnan(getattr(found, name))
            assert known[:, :, : found.rounds[0]].all()
            np.testing.assert_array_equal(getattr(found, name)[known], getattr(long, name)[known])
    chosen = settled(classifier(**fields), **{**arguments, "epochs": found.epochs})
    trained = found.loss_map.trained_epochs >= found.epochs
    assert trained[found.best_index]
    for name in ("train_loss", "test_loss", "train_score", "test_score", "weight_norm", "weight_quantiles"):
        np.testing.assert_array_equal(getattr(found, name)[trained], getattr(chosen, name)[trained], name)


@pytest.mark.slow
def test_a_pipeline_and_jobs_and_memory_change_nothing(tmp_path):
    alone = settled(make_pipeline(StandardScaler(), PCA(5, random_state=0), classifier()))
    estimator = make_pipeline(StandardScaler(), PCA(5, random_state=0), classifier())
    for _ in range(2):  # the second one finds what the first one kept
        other = settled(estimator, n_jobs=2, memory=tmp_path)
        assert json.dumps(other.to_dict()) == json.dumps(alone.to_dict())


def test_the_best_pair_lies_inside_what_was_trained_and_no_verdict_is_missing():
    found = settled(classifier(epochs=40))
    assert found.epochs == found.best_epochs <= 0.75 * found.n_epochs
    assert found.rounds[-1] == found.n_epochs >= 40
    means = found.loss_map.mean
    assert np.nanmin(means) == means[found.best_index, found.epochs - 1]
    assert found.test_loss[found.best_index].mean() == pytest.approx(np.nanmin(means), rel=1e-12)
    assert all(found.reasons)
    (finding,) = [finding for finding in found.findings if finding.code == "unfinished-training"]
    assert finding.severity == "passed"
    assert f"after {found.epochs} epochs, lies inside the {found.n_epochs} epochs" in finding.sentence


@pytest.mark.slow
def test_alphas_that_cannot_win_stop_and_stay_in_the_report():
    noisy = make_classification(600, 20, n_informative=4, flip_y=0.3, random_state=0)
    network = classifier(epochs=100, hidden_layer_sizes=(64,))
    found = diagnose(network, *noisy, alphas=ALPHAS, epochs="settled")
    trained = found.loss_map.trained_epochs
    assert trained[0] < trained[found.best_index] == found.n_epochs
    assert np.isfinite(found.test_loss).all()
    assert np.isfinite(found.test_score).all()
    assert found.verdicts[0] == "overfit"
    assert found.verdicts[-1] == "underfit"
    if trained[0] < found.epochs:
        assert f"it was trained for {trained[0]} epochs only" in found.reasons[0]


@pytest.mark.slow
def test_states_that_no_round_needs_are_let_go_of_and_nothing_changes(monkeypatch):
    noisy = make_classification(300, 20, n_informative=4, flip_y=0.3, random_state=0)
    kept = diagnose(classifier(epochs=60), *noisy, alphas=ALPHAS, epochs="settled", cv=3)
    seen = []
    forget = Rounds.forget

    def watched(rounds, epochs):
        forget(rounds, epochs)
        seen.append([end.epochs for end in rounds.ends if end.states is not None])

    monkeypatch.setattr(Rounds, "forget", watched)
    monkeypatch.setattr("sklearn_ridge_nn.diagnosis._settle.MOST_BYTES", 0)
    found = diagnose(classifier(epochs=60), *noisy, alphas=ALPHAS, epochs="settled", cv=3)
    assert json.dumps(found.to_dict()) == json.dumps(kept.to_dict())
    assert len(found.rounds) > 3
    assert max(map(len, seen)) == 2
    assert [ends[-1] for ends in seen] == list(found.rounds)


@pytest.mark.slow
def test_a_training_that_settled_long_ago_ends_before_the_number_of_epochs():
    """A few rows of many columns are learnt by heart within a few epochs."""
    wide = make_classification(60, 1500, n_informative=20, random_state=0)
    found = diagnose(classifier(epochs=160), *wide, alphas=[0, 1e-4, 1e-3], epochs="settled", cv=3)
    assert found.rounds[-1] < 160
    assert 8 * found.epochs <= found.rounds[-1]
    falling = keras.optimizers.schedules.ExponentialDecay(1e-2, 100, 0.999)
    scheduled = diagnose(
        classifier(epochs=160, learning_rate=falling), *wide, alphas=[0, 1e-4, 1e-3], epochs="settled", cv=3
    )
    assert scheduled.rounds[-1] >= 160
    means = diagnose(classifier(epochs=160), *wide, alphas=[0, 1e-4, 1e-3], epochs=160, cv=3).loss_map
    assert means.best == (found.best_index, found.epochs)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_so_few_epochs_that_there_is_no_last_quarter_settle_nothing(epochs):
    found = settled(classifier(epochs=epochs, learning_rate=1e-4), alphas=[0, 1e-2])
    assert found.rounds[-1] == 4 * epochs
    (finding,) = [finding for finding in found.findings if finding.code == "unfinished-training"]
    assert finding.severity == "hint"


@pytest.mark.slow
def test_networks_of_other_numbers_of_epochs_have_none_in_common():
    auto = classifier(epochs="auto", validation_split=0)
    found = diagnose(auto, X[:119], Y[:119], alphas=[0, 1e-2], cv=3)
    trained = (~np.isnan(found.test_loss_curve)).sum(axis=2)[0]
    assert len(set(trained)) > 1
    assert found.at(trained.min()).has_losses.all()
    with pytest.raises(ValueError, match=f"epochs must be at most {trained.min()}, or diagnose with epochs="):
        found.at(trained.max())


def test_the_most_epochs_are_kept_to_and_said():
    slow = settled(classifier(learning_rate=1e-6), max_epochs=20)
    assert slow.n_epochs == 20
    (finding,) = [finding for finding in slow.findings if finding.code == "unfinished-training"]
    assert finding.severity == "hint"
    assert finding.sentence.startswith("Training had not settled: the best pair, alpha = ")
    assert finding.suggestion == {"max_epochs": 80}
    assert settled(classifier(learning_rate=1e-6, epochs=5)).n_epochs == 20  # four times the estimator's


@pytest.mark.slow
def test_auto_begins_with_what_the_smallest_training_part_would_take():
    found = settled(classifier(epochs="auto", batch_size=128, learning_rate=1e-6))  # 80 rows, 72 of them kept
    assert found.n_epochs == 4 * 600


@pytest.mark.parametrize(
    ("first", "most"), [(1, 4), (2, 2), (15, 60), (24, 96), (169, 676), (600, 2400), (40, 7)]
)
def test_rounds_cost_at_most_half_as_much_again_as_the_last_one(first, most):
    """Each round goes on from the one before; the best pair's weights are trained anew from some round."""
    ends = list(_schedule(first, most))
    assert ends == sorted(set(ends))
    assert ends[-1] == most
    for looked_at in range(1, len(ends)):
        last = ends[looked_at]
        for epochs in range(1, last + 1):
            before = max((end for end in ends[: looked_at + 1] if end <= epochs), default=0)
            assert last + epochs - before <= 1.5 * last + 1


def test_rounds_keep_what_they_know():
    """Alpha 1 is dropped after two epochs; alpha 0 goes on from there."""

    def train(rows, epochs, starts, scores):
        first = 0 if starts is None else starts[0, 0]
        curve = np.arange(first, epochs, dtype=float)[None, None] + 10 * rows[:, None, None]
        arrays = dict.fromkeys(("weight_norm", "weight_quantiles", "test_score_curve"))
        arrays |= dict.fromkeys(("baseline_loss", "loss_unit", "target_scale"))
        arrays |= dict.fromkeys(("feature_scales", "feature_offset", "feature_spread"))
        arrays |= dict.fromkeys(("train_loss_curve", "test_loss_curve"), curve)
        arrays |= dict.fromkeys(("train_score", "test_score", "train_loss", "test_loss"), curve[:, :, -1])
        return arrays, np.full((len(rows), 1), epochs, dtype=object)

    rounds = Rounds(train, 2)
    rounds.go_on(np.array([0, 1]), 2)
    rounds.go_on(np.array([0]), 4)
    expected = [[0, 1, 2, 3], [10, 11, np.nan, np.nan]]
    np.testing.assert_array_equal(rounds.curves["test_loss_curve"][:, 0], expected)
    np.testing.assert_array_equal(rounds.arrays_at(4)["test_loss"], [[3], [11]])
    rounds.go_on(np.array([0]), 3)
    np.testing.assert_array_equal(rounds.arrays_at(3)["test_loss"], [[2], [11]])


def test_what_cannot_settle_is_refused_before_any_training():
    import keras

    def refuses(match, estimator=None, **fields):
        with pytest.raises(ValueError, match=match):
            settled(estimator or classifier(), **fields)

    refuses("and so does early_stopping=True. Set early_stopping=False", classifier(early_stopping=True))
    refuses("callbacks would begin anew", classifier(callbacks=[keras.callbacks.Callback()]))
    averaging = keras.optimizers.Adam(use_ema=True)
    refuses("with use_ema=True are averages", classifier(optimizer=averaging, learning_rate=1e-3))
    refuses("max_epochs=5 is the most that epochs='settled' trains, and epochs=3", epochs=3, max_epochs=5)
    refuses("'epochs' parameter of diagnose must be", epochs="long")
    refuses(
        "epochs=3 is for a RidgeMLPClassifier or RidgeMLPRegressor, and C is",
        LogisticRegression(),
        param_name="C",
        epochs=3,
    )


# -- another number of epochs -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def long():
    return diagnose(classifier(), X, Y, alphas=ALPHAS, cv=3)


@pytest.mark.parametrize("epochs", [1, 7, 24])
def test_at_says_what_training_for_so_many_epochs_says(long, epochs):
    then, expected = long.at(epochs), diagnose(classifier(epochs=epochs), X, Y, alphas=ALPHAS, cv=3)
    assert then.epochs == epochs
    for name in ("train_loss", "test_loss", "test_score"):
        np.testing.assert_array_equal(getattr(then, name), getattr(expected, name))
    assert then.best_alpha == expected.best_alpha
    assert (then.comparison.critical_value >= 0.999 * expected.comparison.critical_value).all()  # two choices
    assert then.at(24).at(epochs).verdicts == then.verdicts


def test_a_number_of_epochs_trains_as_the_estimators_own_does(long):
    other = diagnose(classifier(epochs="auto"), X, Y, alphas=ALPHAS, cv=3, epochs=24)
    assert not other.early_stopping
    np.testing.assert_array_equal(other.test_loss, long.test_loss)


def test_networks_of_their_own_best_epoch_have_no_other_number_of_epochs():
    auto = diagnose(classifier(epochs="auto", learning_rate=0.1), X, Y, alphas=[0, 0.1], cv=3)
    assert auto.early_stopping
    with pytest.raises(ValueError, match="The networks have the weights of their own best epochs"):
        auto.at(3)


def test_at_refuses_what_was_not_trained(long):
    for wrong in (0, 25, 2.0, True, None):
        with pytest.raises(ValueError, match="must be an int from 1 to 24, the epochs that were trained"):
            long.at(wrong)
    needed = ("alphas", "train_score", "test_score", "train_loss", "test_loss")
    bare = AlphaDiagnosis(**{name: getattr(long, name) for name in needed})
    with pytest.raises(ValueError, match="no loss curves here"):
        bare.at(1)
    assert bare.loss_map is bare.best_epochs is bare.best_epochs_per_alpha is None


def test_a_settled_diagnosis_travels_through_json():
    found = settled()
    back = AlphaDiagnosis.from_dict(json.loads(json.dumps(found.to_dict())))
    assert back.to_dict() == found.to_dict()
    assert (back.epochs, back.rounds, back.best_epochs) == (found.epochs, found.rounds, found.best_epochs)


def test_a_file_of_the_first_version_is_read(long):
    content = long.to_dict()
    content["version"] = 1
    for name in ("epochs", "rounds", "test_score_curve", "feature_offset", "feature_spread"):
        del content["evidence"][name]
    assert AlphaDiagnosis.from_dict(content).verdicts == long.verdicts


class Noting(RandomTreesEmbedding):
    """Notes what it makes of the training rows."""

    made: list = []  # noqa: RUF012

    def fit_transform(self, X, y=None, sample_weight=None):
        made = super().fit_transform(X, y, sample_weight)
        self.made.append(made.toarray().tobytes())
        return made


@pytest.mark.slow
def test_steps_without_a_seed_transform_alike_in_all_rounds():
    X, y = make_classification(120, 6, random_state=0)
    Noting.made.clear()
    estimator = make_pipeline(Noting(3, max_depth=2), classifier(epochs=8))
    found = diagnose(
        estimator, X, y, alphas=[0.01, 1.0], cv=2, epochs="settled", max_epochs=8, remedies=False
    )
    assert len(found.rounds) > 1
    assert len(Noting.made) > 2
    assert len(set(Noting.made)) == 2
    again = diagnose(
        estimator, X, y, alphas=[0.01, 1.0], cv=2, epochs="settled", max_epochs=8, remedies=False
    )
    np.testing.assert_array_equal(again.test_loss, found.test_loss)
    assert estimator[0].random_state is None
