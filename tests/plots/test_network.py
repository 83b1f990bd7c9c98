"""Chapter 3: figures show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers import plots
from tests.figures import texts

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_bars_of_parameters_end_at_their_totals():
    table = pd.DataFrame({"small": [100, 0, 900], "large": [100, 2000, 900]}, ["C1", "C3", "C5"])
    figure = plots.parameter_counts(table, "Two networks")
    written = texts(figure)
    assert {"1,000", "3,000", "C3 2,000", "C5 900"} <= set(written)
    assert "C3 0" not in written


def test_losses_are_drawn_with_their_push():
    table = pd.DataFrame({"loss": [2.0, 1, 0], "push": [1, 0.5, 0]}, index=[-8, 0, 8])
    left, right = plots.squashed_loss({"softmax once": table, "softmax twice": table / 2}).axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), table["loss"])
    np.testing.assert_array_equal(right.lines[1].get_ydata(), table["push"] / 2)
