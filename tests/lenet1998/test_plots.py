"""The figures of chapter 07 show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers.lenet1998 import plots
from lenet_helpers.lenet1998.glyphs import glyph_codes

SUBJECT = "MNIST sample (5,000 digits)"
KINDS = ("clean", "distorted")


pytestmark = pytest.mark.usefixtures("closed_figures")


def test_the_table_is_drawn_as_it_is():
    table = np.array([[1, 0, 1], [1, 1, 0]], bool)
    axes = plots.connection_table(table).axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), table)
    written = [label.get_text() for label in axes.get_xticklabels()]
    assert written == ["0\nsees 2", "1\nsees 1", "2\nsees 1"]
    assert "4 of 6 possible pairs" in axes.get_title()


def test_each_glyph_is_the_code_of_its_digit():
    codes = glyph_codes()
    panels = plots.glyphs(codes).axes
    assert [axes.get_title() for axes in panels] == [f"{digit}" for digit in range(10)]
    for code, axes in zip(codes, panels, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array().ravel(), code)


def test_squashing_marks_where_it_is_one():
    lines = plots.squashing(lambda x: 3 * x).axes[0].lines
    np.testing.assert_array_equal(lines[0].get_ydata(), 3 * lines[0].get_xdata())
    np.testing.assert_array_equal(lines[2].get_ydata(), [-3, 3])


def test_measured_curvatures_are_points_and_their_ratio_is_in_the_legend():
    pairs = {"C1": [(0.1, 0.2), (0.1, 0.4), (0.1, -0.1)], "C3": [(0.5, 0.5)]}
    axes = plots.measured_curvatures(pairs, SUBJECT).axes[0]
    first, second = axes.lines[:2]
    np.testing.assert_array_equal(first.get_xydata(), [[0.2, 0.1], [0.4, 0.1], [-0.1, 0.1]])
    assert first.get_label() == "C1: measured / estimated 2.0 (median); 1 measured below 0"
    assert second.get_label() == "C3: measured / estimated 1.0 (median)"


def test_each_rate_is_counted_once_with_its_start_and_mu():
    h = {"2.4/F": np.array([0.0, 0.1]), "1/sqrt(F)": np.array([0.3])}
    figure = plots.rates(h, [0.1, 0.2], 0.0005, (0.00007, 0.016), SUBJECT)
    panels = np.reshape(figure.axes, (2, 2))
    heights = [
        [sum(bar.get_height() for bar in axes.containers[0]) for axes in row] for row in panels
    ]
    assert heights == [[2, 1], [2, 1]]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["$\\mu$ = 0.1", "$\\mu$ = 0.2"]
    assert panels[1, 1].texts[0].get_text() == "median 0.001"


def test_states_stand_between_image_and_code(images):
    codes, labels, answers = glyph_codes(), np.array([3, 5, 7]), np.array([3, 5, 1])
    states = codes[labels] / 2
    figure = plots.states_beside_codes(images[:3], states, codes, labels, answers, SUBJECT)
    above, middle, below = np.reshape(figure.axes, (3, 3))
    for column in range(3):
        np.testing.assert_array_equal(above[column].images[0].get_array(), images[column])
        drawn = middle[column].images[0].get_array().ravel()
        np.testing.assert_array_equal(drawn, states[column])
        drawn = below[column].images[0].get_array().ravel()
        np.testing.assert_array_equal(drawn, codes[answers[column]])
    assert [axes.get_title() for axes in above] == ["3", "5", "7 as 1"]


def test_each_run_is_a_line_and_the_one_behind_is_black():
    settings = [f"{rates}, {kind}" for rates in ("high rates", "low rates") for kind in KINDS]
    rows = [(one, seed, last, 5 / last) for one in settings for seed in (0, 1) for last in (1, 20)]
    passes = pd.DataFrame(rows, columns=["setting", "seed", "pass", "error"])
    figure = plots.training_by_pass(passes, (19, 0.35), ("low rates, distorted", 1), SUBJECT)
    clean, distorted = figure.axes
    assert list(clean.lines[0].get_ydata()) == [5, 0.25]
    assert clean.lines[-1].get_xydata().tolist() == [[19, 0.35]]
    assert [line.get_color() == "black" for line in distorted.lines] == [False] * 3 + [True]
    written = [text.get_text() for text in distorted.get_legend().get_texts()]
    assert written[0] == "high rates: mean 0.25 % in the last pass"
    assert written[-1] == "low rates, seed 1"


def test_runs_stand_beside_mean_interval_and_the_paper():
    errors = pd.Series({"one": [1.0, 1.2, 2.0], "other": [0.8, 0.9]})
    means = pd.DataFrame({"mean": [1.4, 0.85], "low": [1, 0.8], "high": [1.8, 0.9]}, errors.index)
    axes = plots.runs_beside_the_paper(errors, means, [0.95, 0.82], SUBJECT).axes[0]
    assert [list(line.get_xdata()) for line in axes.lines[:2]] == list(errors)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == "one\nmean 1.40, median 1.20 %"
    papers = axes.collections[-1].get_segments()
    assert [segment[0, 0] for segment in papers] == [0.95, 0.82]
