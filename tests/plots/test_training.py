"""Chapter 4: figures show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers import plots

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_seeds_are_shown_in_percent():
    runs = pd.DataFrame({"seed": [0, 1, 2], "val_accuracy": [0.98, 0.985, 0.99]})
    axes = plots.seed_accuracies(runs, 0.987).axes[0]
    shown = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert shown["one run"] == pytest.approx([98, 98.5, 99])
    assert shown["the article's run"] == pytest.approx([98.7, 98.7])
    [band] = axes.patches
    assert [band.get_y(), band.get_height()] == pytest.approx([98, 1])


def test_the_windows_have_one_size_and_cover_the_last():
    figure = plots.shared_window(np.zeros((28, 28), np.uint8), size=5)
    *four, common = [axes.patches[0] for axes in figure.axes]
    assert {(one.get_width(), one.get_height()) for one in four} == {(5, 5)}
    assert {one.get_xy() for one in four} == {(9.5, 7.5), (10.5, 7.5), (9.5, 8.5), (10.5, 8.5)}
    assert (*common.get_xy(), common.get_width(), common.get_height()) == (9.5, 7.5, 6, 6)
    assert len({axes.get_xlim() + axes.get_ylim() for axes in figure.axes}) == 1
