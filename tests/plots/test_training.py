"""Chapter 4: figures show the numbers that they are given."""

import pandas as pd
import pytest

from lenet_helpers import plots
from tests.figures import texts

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_speed_leaves_out_the_first_epoch_and_compares_within_rounds():
    rows = [
        *((0, "article", 0, 99), (0, "article", 1, 10)),
        *((1, "article", 0, 99), (1, "article", 1, 30)),
        *((0, "ours", 0, 99), (0, "ours", 1, 2), (1, "ours", 0, 99), (1, "ours", 1, 3)),
    ]
    runs = pd.DataFrame(rows, columns=["round", "variant", "epoch", "seconds"])
    runs = runs.assign(label=runs["variant"] + " label", processor="Some CPU", cores=2)
    figure = plots.training_speed(runs)
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [20, 2.5]
    assert [list(dots.get_xdata()) for dots in axes.lines] == [[10, 30], [2, 3]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["article label", "ours label"]
    assert {"20.0 s, 7.5 times as long as train()", "2.5 s"} <= set(texts(figure))
    assert "Some CPU, 2 cores" in axes.get_title()
