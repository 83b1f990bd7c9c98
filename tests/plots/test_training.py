"""Chapter 4: figures show the numbers that they are given."""

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
