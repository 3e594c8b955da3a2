"""Sphinx configuration."""

import os
import sys
import warnings
from pathlib import Path
from types import ModuleType

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent / "interactive"))
sys.path.insert(0, str(Path(__file__).parent))

from docutils import nodes
from sphinx.util import logging

import sklearn_ridge_nn
from sklearn_ridge_nn import model_selection, training

project = "sklearn-ridge-nn"
author = "The sklearn-ridge-nn developers"
project_copyright = "2026, the sklearn-ridge-nn developers"
version = release = sklearn_ridge_nn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "alpha_and_epochs",  # in docs/interactive: the page with sliders
    "as_notebook",  # in docs: the tutorial as a notebook
    "inline_pictures",  # in docs: SVG that takes its ink from the page
]
exclude_patterns = ["_build", "_templates", "default_epochs.rst", "verdict_rates.rst"]
templates_path = ["_templates"]
html_title = f"{project} {release}"
html_favicon = "images/icon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme = "pydata_sphinx_theme"
# A page of its own has no others beside it to list; those of the reference and the gallery have.
html_sidebars = {page.stem: [] for page in Path(__file__).parent.iterdir() if page.suffix in (".rst", ".md")}
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 8,
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": {"[!g]**": ["page-toc"], "generated/*": []},
    "footer_start": ["copyright"],
    "footer_end": [],
}
# What one types without the prompt, and without what is printed.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader prefers

# `name` is a link where there is such an object, and emphasised where it is a parameter.
default_role = "autolink"
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_validation_checks = {"GL03", "GL06", "GL07", "PR01", "PR02", "RT01", "SS01", "SS03"}
# Dataclasses document their fields once, as attributes.
numpydoc_validation_exclude = {
    r"^sklearn_ridge_nn\.training\.(Task|Architecture|State|Trained)",
    r"^sklearn_ridge_nn\.PairedComparison$",
}
suppress_warnings = ["config.cache"]

# A reference that leads nowhere fails the build; those to other projects would need a network.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(keras|sklearn|scikeras)\..*")]
# Attributes made when first asked for, described with the others of the class.
nitpick_ignore = [("py:obj", name) for name in ("model_", "keras_estimator_")]
# Attributes whose class has a default for them, so that they can be imported and have no page.
nitpick_ignore += [("py:obj", name) for name in ("baseline_loss", "margin", "loss")]

GALLERY = (
    "quick_start", "regression", "seed_study", "decision_boundaries", "dropout_early_stopping", "verdicts",
    "mixed_columns", "imbalanced", "quantiles", "cross_validation_report", "nested_cross_validation",
    "search_timing", "optuna_study", "dask", "saving_and_serving", "onnx_serving",
)  # fmt: skip


class ReadingOrder:
    """The order of the gallery's examples; one that is not listed fails the build."""

    def __init__(self, folder):
        pass

    def __call__(self, filename):
        """Return the place of an example."""
        return GALLERY.index(filename.removeprefix("plot_").removesuffix(".py"))


sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": ReadingOrder,
    "default_thumb_file": str(Path(__file__).parent / "images" / "icon.svg"),  # of those without a picture
    "download_all_examples": False,
    "image_scrapers": ("inline_pictures.scrape",),
    "show_memory": False,
    "remove_config_comments": True,
}
warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")


def warn_of_undocumented_names(app, environment):
    """Fail a build whose reference lacks a public name."""
    documented = environment.get_domain("py").objects
    for module in (sklearn_ridge_nn, model_selection, training):
        for name in module.__all__:
            is_module = isinstance(getattr(module, name), ModuleType)
            if f"{module.__name__}.{name}" not in documented and not is_module:
                logging.getLogger(__name__).warning("%s.%s is not in docs/api.rst", module.__name__, name)


def warn_of_names_without_link(app, page, name):
    """Fail a build in which single backticks of a page make no link; a docstring has parameters in them."""
    for emphasis in page.findall(nodes.emphasis):
        if "py-obj" in emphasis["classes"] and not name.startswith("generated/"):
            text = "`%s` is no public name: write it with double backticks"
            logging.getLogger(__name__).warning(text, emphasis.astext(), location=emphasis)


def setup(app):
    """Connect the checks to the build."""
    app.connect("env-check-consistency", warn_of_undocumented_names)
    app.connect("doctree-resolved", warn_of_names_without_link)
