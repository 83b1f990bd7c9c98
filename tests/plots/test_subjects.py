"""All: figures show the numbers that they are given."""

import numpy as np
import pytest

from lenet_helpers import plots
from tests.figures import SUBJECT, texts

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def labels():
    return np.arange(60) % 10


def test_every_figure_about_data_names_them(images, labels):
    figures = [
        plots.digit_grid(images, labels, SUBJECT, columns=3),
        plots.mean_images(images[:10].astype(float), SUBJECT),
        plots.steps({"one": images[0], "two": images[1]}, (0, 0), 2, SUBJECT),
        plots.tanh_outputs({"one": np.zeros(3), "two": np.ones(3)}, SUBJECT),
        plots.double_scaling(images[0] / 255, images[0] / 255**2, SUBJECT),
    ]
    for figure in figures:
        assert any(SUBJECT in text for text in texts(figure))


def test_all_of_mnist_goes_without_saying(images, labels):
    figure = plots.digit_grid(images, labels, "MNIST", columns=3)
    assert figure.axes[0].get_title() == "The first 3 images of each digit"
