"""The figures of studies show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers.plots.style import ORANGE
from lenet_helpers.studies import plots

SUBJECT = "MNIST sample (5,000 digits)"


pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.mark.parametrize("n", [0, 1, 12, 13, 30])
def test_every_mistake_is_in_the_gallery(n, images):
    labels, answers = np.arange(30) % 10, (np.arange(30) + 1) % 10
    figure = plots.error_gallery(images[:n], labels[:n], answers[:n], SUBJECT)
    shown = [axes for axes in figure.axes if axes.images]
    titles = [f"{label}→{answer}" for label, answer in zip(labels[:n], answers[:n], strict=True)]
    assert [axes.get_title() for axes in shown] == titles
    for axes, image in zip(shown, images, strict=False):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)


def test_doubtful_labels_are_marked(images):
    doubtful = np.array([False, True])
    figure = plots.error_gallery(images[:2], [1, 2], [3, 4], SUBJECT, doubtful=doubtful)
    first, second = [axes.title for axes in figure.axes if axes.images]
    assert (first.get_text(), second.get_text()) == ("1→3", "2?→4")
    assert (first.get_color(), second.get_color()) == ("black", ORANGE)
    assert "label → answer; orange, with ?: label in doubt" in figure.get_suptitle()


def test_framed_images_are_told_from_the_others(images):
    figure = plots.error_gallery(images[:2], [1, 2], [3, 4], SUBJECT, framed=[False, True])
    first, second = [axes for axes in figure.axes if axes.images]
    assert (len(first.patches), len(second.patches)) == (0, 1)
    assert figure.alt.endswith("1 as 3, 2 as 4 (framed)")


TABLE = pd.DataFrame({"mean": [1.5, 1.0], "low": [1.2, 0.8], "high": [1.8, 1.2]}, ["a", "b"])
RUNS = pd.DataFrame({"step": ["b", "a", "a"], "error": [1.0, 1.4, 1.6]})


def test_the_ladder_has_a_row_for_each_step_and_a_dot_for_each_run():
    axes = plots.ladder(TABLE, RUNS, "Up", SUBJECT).axes[0]
    dots = next(line for line in axes.lines if line.get_label() == "one run")
    assert list(dots.get_xdata()) == [1.0, 1.4, 1.6]
    assert [round(place) for place in dots.get_ydata()] == [1, 0, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_xscale() == "linear"


def test_steps_that_nothing_starts_from_are_hollow_and_have_an_arrow():
    figure = plots.ladder(TABLE, RUNS, "Up", SUBJECT, side_steps=["b"])
    climbed, aside = (container.lines[0] for container in figure.axes[0].containers)
    assert (list(climbed.get_xdata()), climbed.get_markerfacecolor()) == ([1.5], ORANGE)
    assert (list(aside.get_xdata()), aside.get_markerfacecolor()) == ([1.0], "white")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "↳ b"]
    assert "1.50 % at rung a" in figure.alt
    assert figure.alt.endswith("nothing starts from them: b.")


def test_the_legend_can_say_what_is_hollow():
    figure = plots.ladder(TABLE, RUNS, "Up", SUBJECT, side_steps=["b"], hollow="another start")
    assert "another start" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_steps_can_be_made_bold():
    axes = plots.ladder(TABLE, RUNS, "Up", SUBJECT, bold=["b"]).axes[0]
    assert [label.get_fontweight() for label in axes.get_yticklabels()] == ["normal", "bold"]


def test_a_step_has_its_words_after_its_name():
    words = {"a": "as it was", "b": "one more", "c": "elsewhere"}
    axes = plots.ladder(TABLE, RUNS, "Up", SUBJECT, words=words).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a: as it was", "b: one more"]


def test_what_others_report_is_a_line_of_the_ladder():
    axes = plots.ladder(TABLE, RUNS, "Up", SUBJECT, {"the paper": 0.95}).axes[0]
    line = next(line for line in axes.lines if line.get_label() == "the paper: 0.95 %")
    assert set(line.get_xdata()) == {0.95}


def test_errors_that_span_more_than_a_factor_of_three_have_a_logarithmic_axis():
    axes = plots.ladder(TABLE, RUNS, "Up", SUBJECT, {"a better one": 0.3}).axes[0]
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "test error in %, logarithmic")


def test_each_size_has_its_runs_and_their_mean_beside_known_networks():
    runs = pd.DataFrame({"parameters": [1000, 1000, 3000], "error": [1.0, 1.2, 0.6]})
    runs["distorted"] = [False, False, True]
    known = {"the article": (34_622, 1.63), "a better one": (34_602, 0.36)}
    figure = plots.sizes(runs, known, "Sizes", SUBJECT)
    axes = figure.axes[0]
    dots, means, hollow_dots, hollow, *others = axes.lines
    assert list(dots.get_ydata()) == [1.0, 1.2]
    np.testing.assert_allclose(means.get_ydata(), [1.1])
    assert (means.get_markerfacecolor(), hollow.get_markerfacecolor()) == (ORANGE, "white")
    assert list(hollow_dots.get_ydata()) == list(hollow.get_ydata()) == [0.6]
    assert [(line.get_label(), *line.get_xdata()) for line in others] == [
        ("the article: 1.63 %", 34_622),
        ("a better one: 0.36 %", 34_602),
    ]
    assert [text.get_text() for text in axes.texts] == ["1.10 %", "0.60 %"]
    assert "the article: 1.63 % with 34,622" in figure.alt
    assert axes.get_ylim()[0] < 0.36
    assert axes.get_xlim()[1] > 34_622


def test_errors_with_and_without_distortions_have_a_line_each_in_two_panels():
    table = pd.DataFrame({"parameters": [9, 9, 3, 3], "distorted": [False, True, False, True]})
    table["training"], table["validation"] = [0.1, 0.2, 1.0, 1.5], [0.4, 0.3, 1.1, 1.6]
    left, right = plots.with_and_without(table, "Errors", SUBJECT).axes
    assert [list(line.get_ydata()) for line in left.lines] == [[1.0, 0.1], [1.5, 0.2]]
    assert [list(line.get_ydata()) for line in right.lines] == [[1.1, 0.4], [1.6, 0.3]]
    assert [label.get_text() for label in left.get_xticklabels()] == ["3", "9"]


def test_recalibrated_networks_come_in_order_and_those_not_chosen_from_are_hollow():
    counts = pd.DataFrame({"as trained": [30, 22], "recalibrated": [25, 23]}, ["a", "b"])
    axes = plots.recalibrated(counts, ["a"], SUBJECT).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "a"]
    found = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert (found["as trained"], found["recalibrated"]) == ([22], [23])
    assert found["recalibrated, larger or tried later"] == [25]
    assert axes.get_title().startswith("Recalibrated, 1 of 2 networks make fewer mistakes")


def test_a_step_is_filled_if_it_is_known_and_has_a_dagger_if_it_changes_several_things():
    changes = pd.DataFrame({"fewer mistakes": [9.0, -1.0], "low": [5.0, -4.0]}, ["a", "b"])
    changes["high"], changes["Holm's p"] = [13.0, 2.0], [0.001, 1.0]
    axes = plots.steps(changes, ["b"], "Steps", SUBJECT).axes[0]
    known, unknown = (container.lines[0] for container in axes.containers)
    assert (list(known.get_xdata()), known.get_markerfacecolor()) == ([9.0], ORANGE)
    assert (list(unknown.get_xdata()), unknown.get_markerfacecolor()) == ([-1.0], "white")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b †"]


def test_each_distorted_image_stands_right_of_its_original(images):
    distorted = np.stack([images[:2], images[2:4], images[4:6]])
    figure = plots.distortions(images[6:8], distorted, SUBJECT)
    shown = [axes.images[0].get_array() for axes in figure.axes]
    expected = [images[6], images[0], images[2], images[4], images[7], *images[[1, 3, 5]]]
    for found, wanted in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_each_upright_digit_stands_below_the_written_one(images):
    upright = images[:3] / 255
    figure = plots.deslanted(images[:3], upright, SUBJECT)
    above, below = figure.axes[:3], figure.axes[3:]
    for column, (first, second) in enumerate(zip(above, below, strict=True)):
        np.testing.assert_array_equal(first.images[0].get_array(), images[column])
        np.testing.assert_array_equal(second.images[0].get_array(), upright[column])
    assert [axes.get_ylabel() for axes in (above[0], below[0])] == ["as written", "deslanted"]
    assert SUBJECT in figure.get_suptitle()


OF_1998 = pd.DataFrame(
    {
        "start": ["2.4/F", "1/sqrt(F)", "1/sqrt(F)", "1/sqrt(F)"],
        "mu": [0.1, 0.1, 0.5, np.nan],
        "rate": [np.nan, np.nan, np.nan, 0.003],
        "seed": [4, 4, 4, 4],
        "epochs": [1, 1, 1, 1],
        "epoch": [1, 1, 1, 1],
        "error": [90.0, 3.0, 2.0, 40.0],
    }
)


def test_each_run_is_a_dot_at_its_mu():
    axes = plots.errors_by_mu(OF_1998, 5, SUBJECT).axes[0]
    of_paper, other, limit = axes.lines
    np.testing.assert_allclose(of_paper.get_xydata(), [[-0.12, 90]])
    np.testing.assert_allclose(other.get_xydata(), [[0.12, 3], [1.12, 2]])
    assert list(limit.get_ydata()) == [5, 5]


def test_own_rates_stand_at_their_median_and_one_rate_at_itself():
    curvatures = {"2.4/F": np.zeros(3), "1/sqrt(F)": np.array([0, 0.4, 9])}
    figure = plots.errors_by_rate(OF_1998, curvatures, 0.0005, 5, SUBJECT)
    own, one = figure.axes[1].lines[:2]
    np.testing.assert_allclose(own.get_xdata()[:2], [0.001, 0.0005 / 0.9])
    np.testing.assert_allclose(one.get_xydata()[2], [0.003, 40])
    assert "one rate for all weights, start 1/sqrt(F): 0.003;" in figure.alt


def test_a_curve_is_drawn_for_each_seed_and_for_the_mean():
    curves = {"mu": {0.5: np.array([[3.0, 1.0], [2.0, 2.0]])}, "rate": {0.001: np.ones((1, 2))}}
    axes = plots.errors_by_pass(curves, SUBJECT).axes[0]
    assert [list(line.get_ydata()) for line in axes.lines] == [[3, 1], [2, 2], [2.5, 1.5]]
    assert axes.lines[-1].get_label() == "0.5: 2.50 → 1.50 %"
