"""Chapter 1: figures show the numbers that they are given."""

import numpy as np
import pytest

from lenet_helpers import plots
from tests.figures import SUBJECT

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def labels():
    return np.arange(60) % 10


def test_the_grid_has_one_row_for_each_digit(images, labels):
    figure = plots.digit_grid(images, labels, SUBJECT, columns=4)
    sheet = figure.axes[0].images[0].get_array()
    assert sheet.shape == (280, 112)
    third_seven = images[labels == 7][2]
    np.testing.assert_array_equal(sheet[7 * 28 : 8 * 28, 2 * 28 : 3 * 28], third_seven)


def test_mean_images_stand_under_their_digit():
    means = np.arange(10.0)[:, np.newaxis, np.newaxis] * np.ones((10, 28, 28))
    figure = plots.mean_images(means, SUBJECT)
    assert {axes.get_title(): axes.images[0].get_array().mean() for axes in figure.axes[:10]} == {
        f"mean {digit}": digit for digit in range(10)
    }
