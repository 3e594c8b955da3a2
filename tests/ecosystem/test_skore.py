"""skore: its reports take our pipelines in full, and a diagnosis speaks in them."""

import numpy as np
import pytest
import skore
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor, diagnose, skore_checks

ALPHAS = [1e-3, 1e-2]


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True, as_frame=True)


def classifier(alpha=1e-3):
    return make_pipeline(StandardScaler(), RidgeMLPClassifier(alpha, epochs=30, random_state=0))


def explanations(report):
    """Return what our two checks say in a report: section and explanation by code."""
    others = [code.split()[0] for code in report.checks.available() if not code.startswith("RIDGE")]
    frame = report.checks.summarize(ignore=others).frame()
    return {
        row.code: (row.section, row.explanation) for row in frame.itertuples() if row.code.startswith("RIDGE")
    }


def test_a_cross_validation_report_is_full_and_has_the_scores_of_scikit_learn(wine):
    report = skore.CrossValidationReport(classifier(), *wine, splitter=3)
    accuracy = report.metrics.accuracy(aggregate=None).to_numpy(dtype=float).ravel()
    assert accuracy == pytest.approx(cross_val_score(classifier(), *wine, cv=3), abs=1e-9)
    for name in ("log_loss", "roc_auc", "roc", "precision_recall", "confusion_matrix"):
        assert getattr(report.metrics, name)() is not None
    assert len(report.metrics.summarize().frame())
    assert len(report.inspection.permutation_importance(n_repeats=1).frame())
    assert "RidgeMLPClassifier" in report._repr_html_()


def test_an_estimator_report_is_full_for_a_regression():
    pipeline = make_pipeline(StandardScaler(), RidgeMLPRegressor(epochs=20, random_state=0))
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    report = skore.evaluate(pipeline, X, y, splitter=0.2)
    assert report.metrics.r2() == pytest.approx(report.estimator_.score(report.X_test, report.y_test))
    for name in ("rmse", "prediction_error"):
        assert getattr(report.metrics, name)() is not None
    assert len(report.metrics.summarize().frame())


def test_verdict_and_findings_of_a_cross_validation_report_are_those_of_diagnose(wine):
    """An alpha of 10 underfits; the same folds are diagnosed."""
    report = skore.CrossValidationReport(classifier(10.0), *wine, splitter=5)
    report.checks.add(skore_checks(alphas=ALPHAS))
    says = explanations(report)
    folds = list(report.split_indices)
    truth = diagnose(classifier(10.0), *wine, alphas=[*ALPHAS, 10.0], cv=folds)
    assert truth.verdicts[-1] == "underfit"
    section, explanation = says["RIDGE001"]
    assert section == "issue"
    assert explanation.startswith("alpha = 10 is underfit")
    assert truth.reasons[-1] in explanation
    section, explanation = says["RIDGE002"]
    assert section == "tip"
    for finding in truth.findings:
        assert (finding.sentence in explanation) == (finding.severity in ("problem", "hint"))


def test_a_good_alpha_passes(wine):
    report = skore.CrossValidationReport(classifier(1e-3), *wine, splitter=5)
    report.checks.add(skore_checks(alphas=[1e-2, 1.0]))
    assert explanations(report)["RIDGE001"][0] == "passed"


def test_an_estimator_report_is_diagnosed_on_its_training_rows(wine):
    report = skore.evaluate(classifier(10.0), *wine, splitter=0.3)
    report.checks.add(skore_checks(alphas=ALPHAS, cv=4))
    truth = diagnose(classifier(10.0), report.X_train, report.y_train, alphas=[*ALPHAS, 10.0], cv=4)
    assert truth.reasons[-1] in explanations(report)["RIDGE001"][1]


def test_what_has_no_alpha_or_no_training_rows_is_not_applicable(wine):
    X, y = wine
    report = skore.evaluate(LogisticRegression(max_iter=5000), X, y, splitter=0.3)
    report.checks.add(skore_checks())
    section, explanation = explanations(report)["RIDGE001"]
    assert section == "not_applicable"
    assert "RidgeMLPClassifier" in explanation
    fitted = classifier().fit(X, y)
    report = skore.EstimatorReport(fitted, X_test=X, y_test=y)
    report.checks.add(skore_checks())
    assert explanations(report)["RIDGE001"] == ("not_applicable", "The report has no training rows.")


def test_both_checks_share_a_diagnosis(wine, monkeypatch):
    from sklearn_ridge_nn.diagnosis import _skore_checks as module

    calls = []
    monkeypatch.setattr(module, "diagnose", lambda *args, **kw: calls.append(kw) or diagnose(*args, **kw))
    checks = skore_checks(alphas=ALPHAS, cv=3)
    report = skore.evaluate(classifier(), *wine, splitter=0.3)
    for check in checks:
        check.check_function(report)
    assert len(calls) == 1
    assert np.array_equal(calls[0]["alphas"], ALPHAS)


@pytest.mark.parametrize("name", ["alpha", "X", "estimator"])
def test_an_argument_that_diagnose_does_not_take_is_refused_at_once(name):
    with pytest.raises(TypeError, match=f"{name!r} is none that it can pass. It can pass alphas, cv"):
        skore_checks(**{name: 1})
