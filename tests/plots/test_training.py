"""Chapter 4: figures show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers import plots
from tests.figures import texts

LAYERS = {"fit": "Conv2D and AveragePooling2D", "ours": "fused layers"}

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_speed_leaves_out_the_first_epoch_and_begins_with_the_slowest():
    rows = [
        *((0, "ours", 0, 99), (0, "ours", 1, 2), (1, "ours", 0, 99), (1, "ours", 1, 3)),
        *((0, "fit", 0, 99), (0, "fit", 1, 10), (1, "fit", 0, 99), (1, "fit", 1, 30)),
    ]
    runs = pd.DataFrame(rows, columns=["round", "variant", "epoch", "seconds"])
    runs = runs.assign(loop=runs["variant"] + " loop", layers=runs["variant"].map(LAYERS))
    figure = plots.training_speed(runs.assign(processor="Some CPU", cores=2))
    axes = figure.axes[0]
    dots, medians = axes.lines[:4:2], axes.lines[1:4:2]
    assert [list(line.get_xdata()) for line in dots] == [[10, 30], [2, 3]]
    assert [list(line.get_xdata()) for line in medians] == [[20], [2.5]]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["fit loop, Keras's layers", "ours loop, fused layers"]
    assert {"20.0 s", "2.5 s"} <= set(texts(figure))
    assert "Some CPU, 2 cores" in axes.get_title()


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
