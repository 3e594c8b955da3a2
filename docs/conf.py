"""Sphinx configuration."""

import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sklearn_ridge_nn

project = "sklearn-ridge-nn"
author = "The sklearn-ridge-nn developers"
project_copyright = "2026, the sklearn-ridge-nn developers"
version = release = sklearn_ridge_nn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "verdict_rates.rst"]
templates_path = ["_templates"]
html_title = project
html_theme = "pydata_sphinx_theme"
html_sidebars = {"user_guide": [], "diagnosis": [], "changelog": []}
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_show_sourcelink = False

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_validation_checks = {"GL03", "GL06", "GL07", "PR01", "PR02", "RT01", "SS01", "SS03"}
# Dataclasses document their fields once, as attributes.
numpydoc_validation_exclude = {r"^sklearn_ridge_nn\.training\."}
suppress_warnings = ["config.cache"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "download_all_examples": False,
    "show_memory": False,
    "remove_config_comments": True,
}
warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
