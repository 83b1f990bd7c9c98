"""Chapter 4: figures show the numbers that they are given."""

import pandas as pd
import pytest

from lenet_helpers import plots

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_steps_lie_on_the_curve_and_the_line_is_its_tangent():
    losses = {rate: (rate - 3) ** 2 for rate in (1, 5, 10)}
    axes = plots.loss_after_a_step(lambda rate: (rate - 3) ** 2, losses, "a parabola").axes[0]
    before, curve, tangent, marks = axes.lines
    assert list(before.get_ydata()) == [9, 9]
    assert min(curve.get_ydata()) == pytest.approx(0, abs=0.01)
    assert list(tangent.get_ydata()) == [9, 0]
    assert tangent.get_xdata() == pytest.approx([0, 1.5], abs=0.001)
    assert list(marks.get_ydata()) == [4, 4, 49]
    assert [text.get_text() for text in axes.texts][-1] == "rate 10: 49.00"


def test_seeds_are_shown_in_percent():
    runs = pd.DataFrame({"seed": [0, 1, 2], "val_accuracy": [0.98, 0.985, 0.99]})
    axes = plots.seed_accuracies(runs, 0.987).axes[0]
    shown = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert shown["one run"] == pytest.approx([98, 98.5, 99])
    assert shown["the article's run"] == pytest.approx([98.7, 98.7])
    [band] = axes.patches
    assert [band.get_y(), band.get_height()] == pytest.approx([98, 1])
