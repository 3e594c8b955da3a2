"""The examples of the page on other packages, and of what needs an extra, run and show what they say."""

import doctest
import warnings
from pathlib import Path

import sklearn_ridge_nn

ROOT = Path(__file__).parents[2]


def test_the_examples_of_the_page_run():
    with warnings.catch_warnings():
        # What SHAP and fairlearn call in Matplotlib and pandas is to go there: an example cannot help it.
        warnings.filterwarnings("ignore", "The set_", PendingDeprecationWarning, r"shap\.")
        warnings.filterwarnings("ignore", "Setting an? ", DeprecationWarning, r"(fairlearn|pandas)\.")
        result = doctest.testfile(str(ROOT / "docs" / "ecosystem.rst"), module_relative=False)
    assert result.attempted > 20
    assert result.failed == 0


def test_the_example_of_to_onnx_runs():
    (test,) = doctest.DocTestFinder().find(sklearn_ridge_nn.to_onnx, "to_onnx", module=False, globs={})
    result = doctest.DocTestRunner().run(test)
    assert result.attempted > 5
    assert result.failed == 0
