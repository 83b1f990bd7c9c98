"""Chapter 2: figures show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers import plots
from tests.figures import SUBJECT, texts

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_steps_write_numbers_types_and_shapes(images):
    stages = {
        "as stored": images[0],
        "scaled": (images[0, ..., np.newaxis] / 255).astype(np.float32),
    }
    figure = plots.steps(stages, (7, 11), 2, SUBJECT)
    written = texts(figure)
    assert "uint8, shape (28, 28)\n784 bytes" in written
    assert "float32, shape (28, 28, 1)\n3,136 bytes" in written
    assert str(images[0, 7, 11]) in written
    assert f"{images[0, 7, 11] / 255:.2f}" in written


def test_tanh_outputs_are_shares():
    outputs = {"raw": np.array([-1.0, 1, 1, 1]), "scaled": np.zeros(9)}
    left, right = plots.tanh_outputs(outputs, SUBJECT).axes
    assert [bar.get_height() for bar in left.patches][::40] == [25, 75]
    assert max(bar.get_height() for bar in right.patches) == pytest.approx(100)


def test_each_run_of_scaling_is_a_dot():
    runs = pd.DataFrame(
        {"pixels": ["raw", "raw", "twice", "twice"], "seed": [0, 1, 0, 1]}
        | {"training_error": [1.0, 2, 3, 4], "validation_error": [2.0, 3, 5, 6]}
    )
    training, validation = plots.scaling_runs(runs, "Title").axes
    assert [list(line.get_xdata()) for line in training.lines] == [[1, 2], [3, 4]]
    assert [list(line.get_xdata()) for line in validation.lines] == [[2, 3], [5, 6]]
    assert [text.get_text() for text in validation.texts] == ["2.50 %", "5.50 %"]
    names = [label.get_text() for label in training.get_yticklabels()]
    assert names == ["raw", "twice"]


def test_only_the_fixed_grey_scale_shows_double_scaling(images):
    once = images[0] / 255
    figure = plots.double_scaling(once, once / 255, SUBJECT)
    tops = [axes.images[0].get_clim()[1] for axes in figure.axes[:3]]
    assert tops == [1, once.max() / 255, 1]
