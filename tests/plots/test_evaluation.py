"""Chapters 5 and 6: figures show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers import plots
from lenet_helpers.evaluation import wilson_interval
from tests.figures import SUBJECT, texts

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_both_kinds_of_noise_are_drawn_at_one_level():
    runs = pd.DataFrame({"seed": [0, 1, 2], "error": [1.0, 1.2, 1.4], "noise": [0.1, 0.2, 0.3]})
    figure = plots.seed_errors(runs, {"the article": 1.63}, SUBJECT)
    (axes,) = figure.axes
    (band,) = axes.patches
    assert (band.get_y(), band.get_height()) == pytest.approx((1.0, 0.4))  # 1.2 ± 0.2
    bars = [one for one in axes.containers if one.has_yerr]
    ends = np.concatenate([one.lines[2][0].get_segments() for one in bars])[..., 1]
    assert ends == pytest.approx(np.array([[0.9, 1.1], [1.0, 1.4], [1.1, 1.7]]))
    assert axes.lines[-1].get_ydata() == [1.63]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["0", "1", "2", "the article"]
    assert "1.20 ± 0.20 %" in figure.alt


def test_precision_and_recall_carry_their_own_intervals():
    right, images, answers = np.full(10, 8), np.full(10, 10), np.full(10, 16)
    table = pd.DataFrame({"right": right, "images": images, "answers": answers})
    table = table.assign(recall=right / images, precision=right / answers)
    figure = plots.precision_recall_per_digit(table, SUBJECT)
    (axes,) = figure.axes
    for bars, of in zip(axes.containers, (answers, images), strict=True):
        low, high = np.array(bars.lines[2][0].get_segments())[3, :, 1]
        assert (low / 100, high / 100) == pytest.approx(wilson_interval(8, of[3]))
    assert any(SUBJECT in text for text in texts(figure))
