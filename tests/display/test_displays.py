"""The pictures: their artists and the data that these hold, not pixels."""

import dataclasses
import re
import sys
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import (
    AlphaCurveDisplay,
    AlphaDiagnosis,
    AlphaEpochDisplay,
    BiasVarianceDisplay,
    LossCurveDisplay,
    WeightDistributionDisplay,
    bias_variance,
    diagnose,
)
from sklearn_ridge_nn.display import as_svg
from sklearn_ridge_nn.display._axes import GREY, RAMP, ZONES
from sklearn_ridge_nn.evidence._significance import standard_error

#: Of a page by day and by night.
PAPERS = ("#ffffff", "#16191d")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def made():
    """A diagnosis by hand: overfit, good, underfit on four splits, with curves and weights."""
    rng = np.random.default_rng(0)
    noise = 0.01 * rng.standard_normal((4, 4))
    test = np.array([[0.8], [0.7], [0.4], [0.9]]) + noise
    train = np.array([[0.1], [0.2], [0.3], [0.8]]) + noise / 2
    falling = np.linspace(1, 0, 6)
    curves = train[:, :, None] + falling
    test_curves = test[:, :, None] + falling
    test_curves[0] += np.array([0, -0.5, -0.8, -0.6, -0.3, 0])
    return AlphaDiagnosis(
        alphas=np.array([0, 0.001, 0.01, 1.0]),
        train_score=-train,
        test_score=-test,
        train_loss=train,
        test_loss=test,
        train_loss_curve=curves,
        test_loss_curve=test_curves,
        weight_norm=np.tile([3.0, 2.0, 1.0], (4, 4, 1)) * np.array([4, 3, 2, 1])[:, None, None],
        weight_quantiles=np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], (4, 4, 3, 1)),
    )


def test_the_alpha_curve_shows_the_means_and_their_standard_errors(made):
    display = made.plot()
    np.testing.assert_allclose(display.test_line_.get_ydata(), made.test_loss.mean(axis=1)[1:])
    np.testing.assert_allclose(display.train_line_.get_xdata(), made.alphas[1:])
    band = display.bands_[1].get_paths()[0].vertices[:, 1]
    error = standard_error(made.test_loss, made.test_ratio)
    assert np.isclose(band.max(), (made.test_loss.mean(axis=1) + error).max())
    assert display.figure_ is display.ax_.figure


def test_alpha_zero_stands_left_of_a_break_and_is_called_0(made):
    ax = made.plot().ax_
    first = ax.get_xticks()[0]
    assert 0 < first < made.alphas[1]
    assert ax.xaxis.get_major_formatter()(first) == "0"
    assert "//" in [text.get_text() for text in ax.texts]
    alone = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert [line.get_xdata()[0] for line in alone] == [first] * 2  # not joined to the others


def labelled_ticks(alphas):
    """Return the ticks of an axis of these alphas and what they say."""
    values = np.linspace(1, 2, len(alphas))
    ax = AlphaCurveDisplay(
        alphas=np.array(alphas), train=values, test=values, train_error=0 * values, test_error=0 * values
    ).plot().ax_  # fmt: skip
    ax.figure.canvas.draw()
    ticks = ax.get_xticks()
    assert (np.diff(ticks) > 0).all()
    assert ax.get_xlim()[0] < ticks[0]
    assert ticks[-1] < ax.get_xlim()[1]
    return ticks, [ax.xaxis.get_major_formatter()(tick) for tick in ticks]


@pytest.mark.parametrize(
    ("alphas", "expected"),
    [
        ([0, 1e-8, 1e-7], ["0", "$10^{-8}$", "$10^{-7}$"]),
        ([0, 1e-12, 1e-10, 1e-8], ["0", *(f"$10^{{-{power}}}$" for power in (12, 11, 10, 9, 8))]),
        ([0, 0.3], ["0", "0.3"]),
        ([0.2, 0.3, 0.4], ["0.2", "0.3", "0.4"]),
    ],
)
def test_every_tick_says_where_it_is(alphas, expected):
    assert labelled_ticks(alphas)[1] == expected


@pytest.mark.parametrize("alphas", [[0, 1e-200, 1], [0, 1e-300, 1], np.linspace(0.2, 1.5, 50)])
def test_alphas_that_are_far_apart_or_many_have_a_few_ticks(alphas):
    assert 2 <= len(labelled_ticks(alphas)[0]) <= 10


def test_zones_follow_the_verdicts_without_a_gap(made):
    display = made.plot()
    assert made.verdicts == ("overfit", "overfit", "good", "underfit")
    assert len(display.zones_) == 3
    edges = [(zone.get_x(), zone.get_x() + zone.get_width()) for zone in display.zones_]
    assert edges[0][1] == pytest.approx(edges[1][0])
    assert edges[1][0] < 0.01 < edges[1][1] == pytest.approx(edges[2][0])
    assert len({hatch.get_hatch() for hatch in display.hatches_}) == 3  # told apart without colour
    names = [text.get_text() for text in display.ax_.texts]
    assert {"overfit", "as good as the best", "underfit"} <= set(names)  # not "good": that is no network


def test_best_and_one_standard_error_alpha_are_marked(made):
    display = made.plot()
    assert list(display.best_line_.get_xdata()) == [made.best_alpha] * 2
    assert list(display.one_se_line_.get_xdata()) == [made.one_se_alpha] * 2


def test_scores_can_be_drawn_instead_of_losses_and_into_given_axes(made):
    _, ax = plt.subplots()
    display = AlphaCurveDisplay.from_diagnosis(made, quantity="score", ax=ax)
    assert display.ax_ is ax
    np.testing.assert_allclose(display.test_line_.get_ydata(), made.test_score.mean(axis=1)[1:])
    with pytest.raises(ValueError, match=r"quantity must be 'loss' or 'score'. Got 'accuracy'"):
        AlphaCurveDisplay.from_diagnosis(made, quantity="accuracy")


def test_loss_curves_mark_the_epoch_where_the_mean_test_loss_turned(made):
    display = LossCurveDisplay.from_diagnosis(made, alphas=[0, 0.01])
    expected = made.test_loss_curve[0].mean(axis=0)
    np.testing.assert_allclose(display.test_lines_[0].get_ydata(), expected)
    assert display.turning_epochs_ == [int(expected.argmin()) + 1, None]
    assert display.turning_points_[0].get_ydata()[0] == expected.min()
    assert len(display.turning_points_) == 1


def test_a_turn_that_may_be_chance_has_no_star(made):
    noisy = made.test_loss_curve.copy()
    noisy[0] += 0.5 * np.random.default_rng(0).standard_normal(noisy[0].shape)
    display = LossCurveDisplay.from_diagnosis(dataclasses.replace(made, test_loss_curve=noisy), alphas=[0])
    assert int(noisy[0].mean(axis=0).argmin()) < 5
    assert display.turning_epochs_ == [None]
    assert display.ax_.get_title() == "That a test loss rises again may be chance"
    sure = LossCurveDisplay.from_diagnosis(made, alphas=[0])
    assert sure.ax_.get_title() == "The test loss turns at epoch 3 with alpha = 0"


def test_curves_that_coincide_are_both_seen(made):
    display = LossCurveDisplay.from_diagnosis(made)
    widths = [line.get_linewidth() for line in display.test_lines_]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == len(widths) == 3
    same = LossCurveDisplay(
        train=[np.array([2.0, 1.0])] * 2, test=[np.array([3.0, 2.0]), np.array([3.0, 2.01])],
        labels=["alpha = 0", "alpha = 1e-06"],
    ).plot()  # fmt: skip
    assert same.test_lines_[1].get_label() == "alpha = 1e-06, like 0"
    assert same.test_lines_[0].get_label() == "alpha = 0"


def test_the_difference_to_the_best_has_a_band_of_its_own(made):
    """Verdicts rest on it, and it is 0 at the best alpha."""
    display = made.plot()
    low = display.bands_[2].get_paths()[0].vertices[:, 1].min()
    differences = made.test_loss - made.test_loss[made.best_index]
    errors = standard_error(differences, made.test_ratio)
    np.testing.assert_allclose(display.difference_error, errors)
    assert errors[made.best_index] == 0
    assert low == pytest.approx((made.test_loss.mean(axis=1) - errors).min())


def test_losses_to_compare_with_are_lines_with_their_names(made):
    display = AlphaCurveDisplay.from_diagnosis(dataclasses.replace(made, baseline_loss=np.full(4, 1.25)))
    assert [line.get_ydata()[0] for line in display.reference_lines_] == [1.25]
    assert "guessing" in [text.get_text() for text in display.ax_.texts]
    assert display.ax_.get_ylim()[1] > 1.25


def test_one_large_loss_makes_the_axis_logarithmic():
    curves = {"alphas": np.array([0, 0.1, 1, 10]), "train_error": np.zeros(4), "test_error": np.zeros(4)}
    test = np.array([0.11, 0.10, 0.12, 5.0])
    squeezed = AlphaCurveDisplay(train=test / 1000, test=test, **curves).plot()
    assert squeezed.ax_.get_yscale() == "log"
    assert squeezed.train_line_.get_label() == "training rows (in part below the axis)"  # and not silently
    even = AlphaCurveDisplay(train=test - 0.05, test=np.array([0.11, 0.10, 0.12, 0.2]), **curves).plot()
    assert even.ax_.get_yscale() == "linear"
    negative = AlphaCurveDisplay(train=-test, test=-test, **curves).plot()
    assert negative.ax_.get_yscale() == "linear"


def test_verdicts_and_alphas_have_palettes_of_their_own():
    verdicts = {colour.lower() for colour, _ in ZONES.values()}
    assert not verdicts & {*RAMP, GREY}
    on_white = np.array([contrast(colour, PAPERS[0]) for colour in RAMP])
    assert (on_white >= 3).all()  # of WCAG 2.2, 1.4.11, for what is not text
    assert (np.diff(on_white) > 0).all()  # the stronger, the darker: told apart in grey, too
    assert contrast(GREY, PAPERS[0]) >= 3
    assert contrast(GREY, PAPERS[1]) >= 3
    night = re.findall(r"--alpha-\d: (#\w+)", style_sheet().partition("prefers-color-scheme")[2])
    assert len(night) == len(RAMP)
    assert (np.array([contrast(colour, PAPERS[1]) for colour in night]) >= 3).all()


def test_the_names_of_narrow_zones_are_whole_and_do_not_overlap():
    verdicts = ["overfit", "undetermined", "good", "undetermined", "good", "undetermined", "underfit"] * 2
    values = np.linspace(1, 2, 14)
    display = AlphaCurveDisplay(
        alphas=np.logspace(-6, 1, 14), train=values, test=values, train_error=0 * values,
        test_error=0 * values, verdicts=verdicts,
    ).plot()  # fmt: skip
    display.figure_.canvas.draw()
    names = [text for text in display.ax_.texts if text.get_text() in {*verdicts, "as good"}]
    assert len(names) == 14
    boxes = [text.get_window_extent() for text in names]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_every_picture_says_what_it_shows_and_its_legend_covers_nothing(made):
    """A title per picture; the legend's box lies outside of the axes'."""
    for draw in (AlphaCurveDisplay, AlphaEpochDisplay, LossCurveDisplay):
        display = draw.from_diagnosis(made)
        display.figure_.canvas.draw()
        assert display.ax_.get_title()
        assert not display.ax_.get_legend().get_window_extent().overlaps(display.ax_.get_window_extent())
    weights = WeightDistributionDisplay.from_diagnosis(made)
    assert weights.figure_.get_suptitle() == (
        "The norm of the first kernel goes from 12 at alpha = 0 to 3 at 1"
    )


def test_what_is_black_takes_the_ink_of_the_page(made):
    """Bands too, whose fill matplotlib leaves out, for black is what SVG fills with by itself."""
    svg = as_svg(made.plot().figure_, "salt")
    assert "#000000" not in svg
    bands = re.findall(r'id="FillBetweenPolyCollection.*?style="([^"]*)"', svg, re.DOTALL)
    assert len(bands) == 3
    assert all("fill:" not in style for style in bands)
    assert svg.startswith('<svg fill="currentColor" ')


def contrast(one, other):
    """Return the contrast of WCAG 2.2 between two colours."""
    lights = []
    for colour in (one, other):
        parts = np.array(to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(linear @ [0.2126, 0.7152, 0.0722] + 0.05)
    return max(lights) / min(lights)


def style_sheet():
    return (files("sklearn_ridge_nn.report") / "style.css").read_text(encoding="utf-8")


def test_alphas_that_were_not_diagnosed_are_refused_by_name(made):
    with pytest.raises(ValueError, match=r"alphas holds 0.5, which was not diagnosed. Choose from 0, 0.001"):
        LossCurveDisplay.from_diagnosis(made, alphas=[0.5])


def test_a_diagnosis_without_curves_or_weights_says_so():
    scores = {
        "params": [{"alpha": 0.1}, {"alpha": 1.0}],
        **{f"split{i}_{part}_score": np.array([-0.1, -0.2]) for i in range(3) for part in ("test", "train")},
    }
    diagnosis = AlphaDiagnosis.from_cv_results(scores)
    with pytest.raises(ValueError, match="no loss curves"):
        LossCurveDisplay.from_diagnosis(diagnosis)
    with pytest.raises(ValueError, match="knows no weights"):
        WeightDistributionDisplay.from_diagnosis(diagnosis)
    assert len(diagnosis.plot().zones_) == len(set(diagnosis.verdicts))


def test_weights_are_drawn_per_layer_over_alpha(made):
    display = WeightDistributionDisplay.from_diagnosis(made)
    assert display.axes_.shape == (2, 3)
    np.testing.assert_allclose(display.norm_lines_[1].get_ydata(), [6, 4, 2])
    assert [ax.get_title() for ax in display.axes_[0]] == ["hidden 1", "hidden 2", "output"]


def test_a_fitted_pipeline_shows_its_losses_and_its_weights(small, cancer):
    X, y = cancer
    pipeline = make_pipeline(StandardScaler(), small(epochs=4)).fit(X, y)
    history = pipeline[-1].history_
    display = LossCurveDisplay.from_estimator(pipeline)
    np.testing.assert_array_equal(display.train_lines_[0].get_ydata(), history["data_loss"])
    np.testing.assert_array_equal(display.test_lines_[0].get_ydata(), history["val_data_loss"])
    display = WeightDistributionDisplay.from_estimator(pipeline)
    np.testing.assert_allclose(display.norms[0], [np.linalg.norm(coef) for coef in pipeline[-1].coefs_])


def test_an_estimator_that_is_not_fitted_is_refused(small):
    with pytest.raises(ValueError, match=r"must be a fitted RidgeMLPClassifier.*Call its fit first"):
        LossCurveDisplay.from_estimator(small())


def test_plot_draws_what_the_function_returns(small, wine):
    X, y = wine
    diagnosis = diagnose(small(), X, y, alphas=[0, 1e-2, 1], cv=3)
    display = diagnosis.plot()
    assert isinstance(display, AlphaCurveDisplay)
    np.testing.assert_array_equal(display.test, diagnosis.test_loss.mean(axis=1))
    result = bias_variance(small(), X, y, alphas=[0, 1], n_resamples=3)
    display = result.plot()
    assert isinstance(display, BiasVarianceDisplay)
    np.testing.assert_array_equal(display.variance, result.log_variance)
    np.testing.assert_array_equal(result.plot(loss="zero_one").bias, result.zero_one_bias)
    assert result.plot(display.ax_).ax_ is display.ax_
    np.testing.assert_allclose(display.lines_["loss"].get_ydata(), result.log_loss[1:])
    zero_one = BiasVarianceDisplay.from_decomposition(result, loss="zero_one")
    np.testing.assert_array_equal(zero_one.bias, result.zero_one_bias)
    with pytest.raises(ValueError, match=r"loss must be 'log_loss' or 'zero_one'. Got 'hinge'"):
        BiasVarianceDisplay.from_decomposition(result, loss="hinge")


def test_without_matplotlib_the_extra_is_named(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # as if it could not be imported
    message = r"Drawing needs matplotlib. Install it with: pip install 'sklearn-ridge-nn\[plot\]'"
    for draw in (made.plot, made.to_html):
        with pytest.raises(ImportError, match=message):
            draw()
    html = made._repr_html_()  # a notebook still shows the table
    assert "<table>" in html
    assert "<svg" not in html


# -- the map of alpha and epochs ----------------------------------------------------------------------


@pytest.fixture
def mapped():
    """A map whose first alpha turns, and whose last one was trained for two epochs only."""
    loss = np.array([[0.9, 0.5, 0.7, 0.9], [0.9, 0.6, 0.5, 0.4], [1.0, 0.95, np.nan, np.nan]])
    return AlphaEpochDisplay(
        alphas=np.array([0.0, 0.01, 1.0]),
        loss=loss,
        best_epochs_per_alpha=np.array([2, 4, 2]),
        best_index=1,
        verdicts=["overfit", "good", "underfit"],
        chosen_epochs=4,
    )


def test_the_map_marks_the_best_pair_and_the_best_epochs_of_every_alpha(mapped):
    display = mapped.plot()
    assert display.best_point_.get_ydata() == [4]
    assert display.best_point_.get_label() == "best: alpha 0.01, 4 epochs"
    assert display.ridge_line_.get_ydata().tolist() == [2, 4, 2]
    assert [zone.get_hatch() for zone in display.hatches_] == ["//", "", "\\\\"]
    assert display.ax_.get_yscale() == "log"
    assert [tick.get_text() for tick in display.ax_.get_yticklabels()] == ["1", "2"]
    levels = display.contours_.levels
    assert levels[0] == 0.4
    assert levels[-1] >= 1.0
    assert (np.diff(levels) > 0).all()


def test_the_map_is_lighter_the_larger_the_loss_also_in_grey(mapped):
    display = mapped.plot()
    red, green, blue, _ = np.array(display.contours_.get_facecolor()).T
    grey = 0.299 * red + 0.587 * green + 0.114 * blue  # ITU-R BT.601
    assert (np.diff(grey) > 0).all()


def test_the_map_of_a_diagnosis_needs_curves(made):
    display = AlphaEpochDisplay.from_diagnosis(made)
    np.testing.assert_array_equal(display.loss, made.loss_map.mean)
    assert display.best_point_.get_ydata() == [made.best_epochs] == [6]
    bare = dataclasses.replace(made, train_loss_curve=None, test_loss_curve=None)
    with pytest.raises(ValueError, match="A map needs loss curves of two epochs or more"):
        AlphaEpochDisplay.from_diagnosis(bare)


def test_the_box_of_a_legend_hides_nothing_of_a_dark_page():
    figure, ax = plt.subplots()
    (line,) = ax.plot([0, 1], [0, 1], label="a line")
    ax.legend()
    figure.legend([line], ["a line"])
    assert "#ffffff" not in as_svg(figure, "legends")


def test_a_title_that_is_set_later_takes_the_place_of_ours_above_the_zones(made):
    for draw in (AlphaCurveDisplay, AlphaEpochDisplay):
        display = draw.from_diagnosis(made)
        display.ax_.set_title("mine")
        display.figure_.canvas.draw()
        shown = [text for text in display.ax_.findobj(plt.Text) if text.get_text() and text.get_visible()]
        box = display.ax_.title.get_window_extent()
        assert [text.get_text() for text in shown if text.get_fontweight() == "bold"] == []
        others = [text.get_window_extent() for text in shown if text is not display.ax_.title]
        assert not any(box.overlaps(other) for other in others)
