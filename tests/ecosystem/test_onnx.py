"""ONNX: a fitted network in onnxruntime predicts what the estimator predicts."""

import json

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import polars as pl
import pytest
import skops.io
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_wine, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from sklearn_ridge_nn import (
    RidgeMLPClassifier,
    RidgeMLPClassifierCV,
    RidgeMLPRegressor,
    make_preprocessor,
    model_selection,
    to_onnx,
)
from sklearn_ridge_nn.cli import main
from sklearn_ridge_nn.cli._model_file import TRUSTED
from sklearn_ridge_nn.network import ACTIVATIONS, NUMBER_LOSSES

PARAMS = {"hidden_layer_sizes": (16, 8), "epochs": 5, "random_state": 0, "learning_rate": 0.02}


def classifier(**params):
    return RidgeMLPClassifier(**PARAMS | params)


def regressor(**params):
    return RidgeMLPRegressor(**PARAMS | params)


def served(model, X):
    """What onnxruntime makes of rows, by the names of outputs."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    if isinstance(X, pd.DataFrame):
        inputs = {}
        for name in X:
            is_number = X[name].dtype.kind in "biuf"
            column = X[name].astype(float) if is_number else X[name].fillna("").astype(object)
            inputs[name] = column.to_numpy()[:, None]
    else:
        inputs = {"X": X}
    return dict(
        zip([output.name for output in session.get_outputs()], session.run(None, inputs), strict=True)
    )


def assert_predicts_as(estimator, model, X):
    onnx.checker.check_model(model, full_check=True)
    outputs = served(model, X)
    if "variable" in outputs:
        predicted = estimator.predict(X).reshape(len(X), -1)
        np.testing.assert_allclose(outputs["variable"], predicted, rtol=1e-6, atol=1e-6 * predicted.std())
        return
    np.testing.assert_allclose(outputs["probabilities"], estimator.predict_proba(X), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(outputs["label"], estimator.predict(X))


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return X, y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("labels", [["a", "b", "ccc"], [3, 1, 2], [1.0, 2.0, 5.0], [-1, 0, 1]])
def test_classes_of_any_type(labels, dtype, wine):
    X, y = wine[0].astype(dtype), np.array(labels)[wine[1]]
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [0, 1], [-1, 1]])
def test_two_classes(labels, wine):
    X, y = wine[0], np.array(labels)[(wine[1] > 0).astype(int)]
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(X, y)
    model = to_onnx(pipeline, X)
    assert_predicts_as(pipeline, model, X)
    assert served(model, X)["probabilities"].shape == (178, 2)


@pytest.mark.parametrize("n_labels", [2, 5])
def test_several_labels(n_labels):
    X, Y = make_multilabel_classification(200, 12, n_classes=n_labels, random_state=0)
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(X, Y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation, dtype, wine):
    X, y = StandardScaler().fit_transform(wine[0]).astype(dtype), wine[1]
    fitted = classifier(activation=activation).fit(X, y)
    model = to_onnx(fitted, X)
    assert_predicts_as(fitted, model, X)
    proba = served(model, 300 * X)["probabilities"]  # where exponentials over- and underflow
    np.testing.assert_allclose(
        proba, fitted.predict_proba(300 * X), atol=1e-4 if dtype == np.float32 else 1e-6
    )


@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_numbers_of_every_loss(loss):
    X, y = load_diabetes(return_X_y=True)
    pipeline = make_pipeline(MinMaxScaler(), regressor(loss=loss)).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)


def test_several_numbers_far_from_zero():
    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([y + 1e6, 1e-3 * y])
    pipeline = make_pipeline(StandardScaler(), regressor()).fit(X, Y)
    outputs = served(to_onnx(pipeline, X), X)["variable"]
    assert outputs.dtype == np.float64
    np.testing.assert_allclose(outputs, pipeline.predict(X), rtol=1e-12, atol=1e-10)


def test_without_hidden_layers_and_in_double_precision(wine):
    X, y = wine
    pipeline = make_pipeline(StandardScaler(), classifier(hidden_layer_sizes=(), dtype="float64")).fit(X, y)
    proba = served(to_onnx(pipeline, X), X)["probabilities"]
    np.testing.assert_allclose(proba, pipeline.predict_proba(X), rtol=1e-12)


@pytest.fixture(scope="module")
def mixed():
    """Numbers and text, both with missing ones, whole numbers and truth values."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "size": rng.normal(1000, 1, 300),
            "count": rng.integers(0, 9, 300),
            "is_new": rng.random(300) < 0.5,
            "kind": pd.Series(rng.choice(["a", "b", "c"], 300), dtype=object),
            "two words": pd.Series(rng.choice(["x", "y"], 300), dtype=object),
        }
    )
    table.loc[::7, "size"] = np.nan
    table.loc[::11, "kind"] = np.nan
    y = np.where((table["count"] > 4) ^ (table["kind"] == "a"), "yes", "no")
    return table, y


def columns_pipeline(encoder, network):
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    transformer = make_column_transformer(
        (numeric, ["size", "count", "is_new"]), (encoder, ["kind", "two words"])
    )
    return make_pipeline(transformer, network)


def test_a_table_has_an_input_for_each_column(mixed):
    X, y = mixed
    pipeline = columns_pipeline(OneHotEncoder(handle_unknown="ignore"), classifier()).fit(X, y)
    model = to_onnx(pipeline, X)
    assert [graph_input.name for graph_input in model.graph.input] == list(X)
    assert_predicts_as(pipeline, model, X)
    unknown = X.assign(kind="never seen")
    assert_predicts_as(pipeline, model, unknown)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_columns_of_any_name(make, wine):
    """Also of those that outputs have, or a name that skl2onnx would make of two columns."""
    X, y = wine
    names = ["two words", "two_words", "two-words", "größe", "1st", "label", "variable", "probabilities", "X"]
    frame = pd.DataFrame(X[:, : len(names)], columns=names)
    pipeline = make_pipeline(make_column_transformer((StandardScaler(), names)), make()).fit(frame, y)
    model = to_onnx(pipeline, frame)
    assert [entry.name for entry in model.graph.input] == names
    onnx.checker.check_model(model, full_check=True)
    *_, got = served(model, frame).values()
    expected = pipeline.predict_proba(frame) if make is classifier else pipeline.predict(frame)[:, None]
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_a_table_of_polars(wine):
    X, y = wine
    frame = pl.DataFrame(X, schema=[f"x{i}" for i in range(13)])
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(frame, y)
    model = to_onnx(pipeline, frame)
    proba = served(model, frame.to_pandas())["probabilities"]
    np.testing.assert_allclose(proba, pipeline.predict_proba(frame), atol=1e-6)


def test_the_network_alone_on_a_table(wine):
    X, y = wine
    frame = pd.DataFrame(StandardScaler().fit_transform(X), columns=[f"x{i}" for i in range(13)])
    fitted = classifier().fit(frame, y)
    assert_predicts_as(fitted, to_onnx(fitted, frame), frame)


def test_missing_and_empty_text_are_not_confused(mixed):
    X, y = mixed
    both = X.assign(kind=X["kind"].where(np.arange(300) % 5 > 0, ""))
    pipeline = columns_pipeline(OneHotEncoder(handle_unknown="ignore"), classifier()).fit(both, y)
    with pytest.raises(ValueError, match="onehotencoder' knows both the empty string and missing values"):
        to_onnx(pipeline, both)


def test_searches_and_estimators_that_choose_alpha(wine):
    X, y = wine
    pipeline = make_pipeline(StandardScaler(), classifier())
    search = model_selection.GridSearchCV(pipeline, {"ridgemlpclassifier__alpha": [1e-3, 1.0]}, cv=2).fit(
        X, y
    )
    assert_predicts_as(search, to_onnx(search, X), X)
    chosen = make_pipeline(StandardScaler(), RidgeMLPClassifierCV([1e-3, 1.0], cv=2, **PARAMS)).fit(X, y)
    assert_predicts_as(chosen, to_onnx(chosen, X), X)


def test_samplers_are_left_out(wine):
    X, y = wine
    pipeline = make_sampling_pipeline(StandardScaler(), SMOTE(random_state=0), classifier()).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)
    assert len(pipeline.steps) == 3


class Doubler(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return 2 * X

    def __sklearn_is_fitted__(self):
        return True


class Subclass(RidgeMLPClassifier):
    pass


def test_a_subclass_is_converted(wine):
    X, y = wine
    pipeline = make_pipeline(StandardScaler(), Subclass(**PARAMS)).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)


def test_what_cannot_be_converted_is_named(wine, mixed):
    X, y = wine
    inner = Pipeline([("half", Doubler()), ("scale", StandardScaler())])
    pipeline = Pipeline([("inner", inner), ("network", classifier())]).fit(X, y)
    with pytest.raises(
        ValueError, match=r"step 'inner__half' cannot be converted: .* no converter for Doubler"
    ):
        to_onnx(pipeline, X)
    pipeline = make_pipeline(StandardScaler(), FunctionTransformer(np.cbrt), classifier()).fit(X, y)
    with pytest.raises(
        ValueError, match="cannot convert the step 'functiontransformer', a FunctionTransformer: "
    ):
        to_onnx(pipeline, X)


@pytest.mark.parametrize(("name", "step"), [("day", "dates__dateencoder"), ("note", "text")])
def test_dates_and_text_are_refused_by_the_name_of_the_step(name, step):
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(40), unit="D")
    columns = {"n": np.arange(40.0), "day": day, "note": ["a red car", "a blue car"] * 20}
    X = pd.DataFrame(columns)[["n", name]]
    preprocessor = make_preprocessor(X, text=["note"] if name == "note" else [])
    pipeline = make_pipeline(preprocessor, classifier()).fit(X, np.arange(40) % 2)
    with pytest.raises(ValueError, match=rf"columntransformer__{step}.* cannot be converted"):
        to_onnx(pipeline, X)


def test_what_does_not_run_is_refused(mixed, monkeypatch):
    """skl2onnx's own converter makes an imputer of double precision that onnxruntime does not have."""
    from sklearn_ridge_nn.export import _network_converter

    X, y = mixed
    monkeypatch.setattr(_network_converter, "convert_imputer", _network_converter.convert_sklearn_imputer)
    pipeline = columns_pipeline(OneHotEncoder(), classifier()).fit(X, y)
    with pytest.raises(ValueError, match=r"onnxruntime cannot run what skl2onnx makes .*Imputer"):
        to_onnx(pipeline, X)


def test_categories_that_are_numbers_or_truth_values(mixed):
    X, y = mixed
    encode = make_column_transformer((OneHotEncoder(), ["is_new", "count", "two words"]))
    pipeline = make_pipeline(encode, classifier()).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)


def test_what_predicts_otherwise_is_refused(wine, monkeypatch):
    """No converter of skl2onnx is trusted: here the network's own is broken."""
    from sklearn_ridge_nn.export import _network_converter

    X, y = StandardScaler().fit_transform(wine[0]), wine[1]
    fitted = classifier(activation="silu").fit(X, y)
    monkeypatch.setitem(_network_converter.ACTIVATIONS, "silu", _network_converter.ACTIVATIONS["relu"])
    with pytest.raises(ValueError, match="predicts otherwise than the estimator: for row"):
        to_onnx(fitted, X)


def test_columns_far_from_zero_keep_their_digits_in_double_precision(wine):
    X, y = wine[0] + 1e6, wine[1]
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (
            LogisticRegression(),
            ValueError,
            r"must be a RidgeMLPClassifier .*LogisticRegression\(\).*skl2onnx",
        ),
        (classifier(), NotFittedError, "not fitted"),
    ],
)
def test_other_estimators_are_refused(estimator, error, message, wine):
    with pytest.raises(error, match=message):
        to_onnx(estimator, wine[0])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (csr_array((5, 13)), "must be dense"),
        (np.zeros((0, 13)), "no rows"),
        (np.zeros(13), "rows and columns"),
        (np.full((3, 13), "a"), "must hold numbers, or be a DataFrame"),
    ],
)
def test_other_rows_are_refused(X, message, wine):
    fitted = classifier().fit(StandardScaler().fit_transform(wine[0]), wine[1])
    with pytest.raises(ValueError, match=message):
        to_onnx(fitted, X)


def test_nothing_changes_the_estimator(mixed):
    X, y = mixed
    pipeline = columns_pipeline(OneHotEncoder(handle_unknown="ignore"), classifier()).fit(X, y)
    before = pipeline.predict_proba(X)
    to_onnx(pipeline, X)
    np.testing.assert_array_equal(pipeline.predict_proba(X), before)
    assert pd.isna(pipeline[0].named_transformers_["onehotencoder"].categories_[0][-1])


def test_the_command_writes_a_model_that_predicts_as_it_does(tmp_path, mixed, capsys):
    X, y = mixed
    X.assign(label=y).to_csv(tmp_path / "data.csv", index=False)
    model, output = str(tmp_path / "m.skops"), str(tmp_path / "m.onnx")
    options = ["--target", "label", "--alphas", "0.01", "--epochs", "5", "--test-size", "0", "--cv", "2"]
    options = ["--alpha", "0.01", *options[:2], *options[4:]]
    assert main(["fit", str(tmp_path / "data.csv"), "--model", model, *options, "--quiet"]) == 0
    assert main(["export", model, "--output", output]) == 0
    assert "empty string where a category is missing" in capsys.readouterr().err
    assert (
        main(
            [
                "predict",
                str(tmp_path / "data.csv"),
                "--model",
                model,
                "--proba",
                "--output",
                str(tmp_path / "p.csv"),
            ]
        )
        == 0
    )
    expected = pd.read_csv(tmp_path / "p.csv")
    converted = onnx.load(output)
    (entry,) = [entry for entry in converted.metadata_props if entry.key == "ridge-nn"]
    card = json.loads(entry.value)
    names = [*card["data"]["numeric"], *card["data"]["categorical"]]
    text = X.assign(is_new=X["is_new"].map(str))
    outputs = served(converted, text[names])
    np.testing.assert_allclose(outputs["probabilities"][:, 1], expected["probability_yes"], atol=1e-6)
    np.testing.assert_array_equal(outputs["label"], expected["prediction"])


@pytest.mark.parametrize("positive", ["a", "b"])
@pytest.mark.parametrize("threshold", [0.15, 0.85, "auto", "tuned"])
def test_labels_go_by_the_threshold(threshold, positive, wine):
    X, y = wine[0], np.array(["a", "b", "b"])[wine[1]]
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=2))
    if threshold == "tuned":
        score = make_scorer(f1_score, pos_label=positive)
        model = TunedThresholdClassifierCV(pipeline, scoring=score, cv=2).fit(X, y)
    else:
        model = FixedThresholdClassifier(pipeline, threshold=threshold, pos_label=positive).fit(X, y)
    assert threshold == "auto" or (model.predict(X) != model.estimator_.predict(X)).any()
    assert_predicts_as(model, to_onnx(model, X), X)


@pytest.mark.parametrize("threshold", [1.5, "auto"])
def test_a_threshold_may_be_a_logit(threshold, wine):
    X, y = wine[0], wine[1] > 0
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=2))
    model = FixedThresholdClassifier(pipeline, threshold=threshold, response_method="decision_function")
    assert_predicts_as(model.fit(X, y), to_onnx(model, X), X)


@pytest.mark.parametrize("threshold", [100, 2])
def test_make_preprocessor_is_converted(mixed, threshold):
    """Its step that makes one of all kinds of missing values has nothing to do in ONNX."""
    X, y = mixed
    preprocessor = make_preprocessor(X, cardinality_threshold=threshold)
    pipeline = make_pipeline(preprocessor, classifier()).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)
    assert "categorycleaner" in str(pipeline[0].named_transformers_)  # the pipeline is left as it is


def test_a_threshold_on_the_last_step_and_on_what_is_fitted(wine):
    X, y = wine[0], wine[1] > 0
    last = FixedThresholdClassifier(classifier(epochs=2), threshold=0.9)
    pipeline = make_pipeline(StandardScaler(), last).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)
    fitted = make_pipeline(StandardScaler(), classifier(epochs=2)).fit(X, y)
    for inner in (fitted, FrozenEstimator(fitted)):
        model = FixedThresholdClassifier(inner, threshold=0.9)
        model = model.fit(X, y) if isinstance(inner, FrozenEstimator) else model
        assert_predicts_as(model, to_onnx(model, X), X)


@pytest.mark.parametrize("target", ["label", "kind", "n"])
def test_a_model_with_many_categories(tmp_path, target, capsys):
    """skl2onnx knows the target encoder of two classes and of numbers, not that of three classes."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"zip": rng.integers(1000, 1150, 400), "n": rng.normal(size=400)})
    table["label"], table["kind"] = np.where(table["n"] > 0, "yes", "no"), rng.choice(["a", "b", "c"], 400)
    table.to_csv(tmp_path / "data.csv", index=False)
    model, output = str(tmp_path / "m.skops"), str(tmp_path / "m.onnx")
    options = ["--categorical", "zip", "--target", target, "--alpha", "0.01", "--epochs", "3", "--quiet"]
    assert main(["fit", str(tmp_path / "data.csv"), "--model", model, *options]) == 0
    if target == "kind":
        assert main(["export", model, "--output", output]) == 2
        assert "skl2onnx cannot convert the step 'columns'" in capsys.readouterr().err
        return
    assert main(["export", model, "--output", output]) == 0
    pipeline = skops.io.load(model, trusted=sorted(TRUSTED))
    others = {"kind", "label", "n"} - {target}
    X = table.assign(zip=table["zip"].astype(str))[["zip", *others]][pipeline.feature_names_in_.tolist()]
    assert_predicts_as(pipeline, onnx.load(output), X)


def test_the_command_says_which_columns_it_cannot_export(tmp_path, capsys):
    days = pd.date_range("2025-01-01", periods=60).strftime("%Y-%m-%d")
    pd.DataFrame({"n": range(60), "day": days, "y": ["a", "b"] * 30}).to_csv(tmp_path / "d.csv", index=False)
    model = str(tmp_path / "m.skops")
    options = ["--target", "y", "--dates", "day", "--alpha", "0.01", "--epochs", "1", "--quiet"]
    assert main(["fit", str(tmp_path / "d.csv"), "--model", model, *options]) == 0
    assert main(["export", model, "--output", str(tmp_path / "m.onnx")]) == 2
    said = capsys.readouterr().err
    assert "learns from dates ('day'), for which there is no converter to ONNX" in said
    assert "--drop=day" in said


def test_the_command_refuses_other_names(tmp_path, capsys):
    assert main(["export", "m.skops", "--output", str(tmp_path / "m.txt")]) == 2
    assert "must end in .onnx" in capsys.readouterr().err


@pytest.mark.parametrize("encoder", [OrdinalEncoder(), OneHotEncoder(drop="if_binary")])
def test_other_encoders(encoder, mixed):
    X, y = mixed
    X = X.fillna({"kind": "b"})
    pipeline = columns_pipeline(encoder, classifier()).fit(X, y)
    assert_predicts_as(pipeline, to_onnx(pipeline, X), X)
