"""Figures of handwriting show the pictures that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lenet_helpers.handwriting import plots
from tests.figures import SUBJECT

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def random():
    return np.random.default_rng(0)


def test_screenshots_keep_their_pixels(random, tmp_path):
    pictures = [random.integers(0, 256, (size, 300, 3), np.uint8) for size in (40, 60)]
    path = tmp_path / "screen.png"
    plots.screenshots(pictures, SUBJECT).savefig(path, dpi=110)
    saved = np.rint(255 * plt.imread(path)[-100:, :, :3])
    np.testing.assert_array_equal(saved, np.concatenate(pictures))
