"""The network's drawing: figures show the numbers that they are given."""

import numpy as np
import pytest

from lenet_helpers.plots import diagram
from tests.figures import overlapping, shown, texts

pytestmark = pytest.mark.usefixtures("closed_figures")
IMAGE = np.random.default_rng(0).random((28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def model():
    from lenet_helpers.models import article_lenet5

    return article_lenet5()


def test_the_drawing_is_made_from_the_model(model):
    figure = diagram.network(model, IMAGE)
    written = texts(figure)
    for name in ("input", "C1", "S2", "C3", "S4", "flatten", "C5", "output"):
        assert name in written
    assert {"28×28", "6 maps, 24×24", "16 maps, 4×4", "256 values", "2×2\naverage\npooling"} <= set(
        written
    )
    assert "5×5\nconvolution\ntanh\n2,416\nparameters" in written
    assert overlapping(figure) == []


def test_it_shows_what_each_layer_puts_out(model):
    figure = diagram.network(model, IMAGE)
    drawn = [np.asarray(picture.get_array()) for picture in figure.axes[0].images]
    values = IMAGE[np.newaxis]
    for layer in model.layers[:4]:
        values = layer(values)
        for number in range(values.shape[-1]):
            assert any(np.array_equal(one, values[0, :, :, number]) for one in drawn), layer.name
    assert any(np.array_equal(one, IMAGE[:, :, 0]) for one in drawn)
    probabilities = np.asarray(model(IMAGE[np.newaxis]))[0]
    assert f"{probabilities.max():.2f}" in texts(figure)
    assert f"The answer is {probabilities.argmax()}," in figure.alt


def test_frames_show_what_one_value_of_s4_depends_on(model):
    axes = diagram.network(model, IMAGE).axes[0]
    extents = {picture.get_array().shape: picture.get_extent() for picture in axes.images}
    green = [patch for patch in axes.patches if patch.get_edgecolor()[:3] == diagram.FRAME]
    frames = [patch.get_xy() for patch in green]
    widths = [np.ptp(corners[:, 0]) for corners in frames]
    for side, reach, maps in ((4, 1, 1), (8, 2, 1), (12, 6, 6), (24, 12, 6), (28, 16, 1)):
        left, right, _, top = extents[side, side]
        assert np.isclose(widths, reach * (right - left) / side).sum() == maps
    in_pixels = (frames[-1] - (left, top)) * 28 / (right - left)
    assert np.allclose(in_pixels[[0, 2]], [(4, -4), (20, -20)])  # of value (1, 1) of S4


def test_a_path_frames_the_same_parts_one_panel_each(model):
    figure = diagram.path(model, IMAGE, {"C1": 2, "S2": 2, "C3": 0, "S4": 0})
    frames = [axes.patches[0] for axes in figure.axes]
    assert [frame.get_width() for frame in frames] == [16, 12, 6, 2, 1]
    assert frames[0].get_xy() == (3.5, 3.5)
    values = IMAGE[np.newaxis]
    for layer, axes in zip(model.layers[:4], figure.axes[1:], strict=True):
        values = layer(values)
        number = 2 if layer.name in ("C1", "S2") else 0
        assert np.array_equal(shown(axes), values[0, :, :, number])
    assert f"{float(values[0, 1, 1, 0]):z.1f}".replace("-", "−") in texts(figure)
    assert "input 16, C1 12, S2 6, C3 2, S4 1" in figure.alt


def test_parameter_bars_show_large_layers_and_totals():
    from lenet_helpers.models import lenet_parameters

    figure = diagram.parameter_bars(lenet_parameters())
    written = texts(figure)
    assert {"C5\n30,840", "C5\n48,120", "F6\n10,164"} <= set(written)
    assert {" 34,622", " 61,706", " 60,000"} <= set(written)
    bars = figure.axes[0].containers
    ends = [bar.get_x() + bar.get_width() for bar in bars[-1]]
    assert ends == [34_622, 61_706, 60_000]
    assert [pair for pair in overlapping(figure) if all(pair)] == []


def test_another_model_gives_another_drawing():
    import keras
    from keras import layers

    stack = [
        keras.Input((32, 32, 1)),
        layers.Conv2D(4, 3, activation="relu", name="first"),
        layers.MaxPooling2D(3, name="second"),
        layers.Flatten(name="third"),
        layers.Dense(20, name="fourth"),
    ]
    written = texts(diagram.network(keras.Sequential(stack), np.ones((32, 32, 1), "float32")))
    assert {"4 maps, 30×30", "4 maps, 10×10", "400 values", "20 values"} <= set(written)
    assert "3×3\nmax\npooling" in written


def test_a_layer_that_the_drawing_does_not_know_is_named():
    import keras

    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Dropout(0.5, name="odd")])
    with pytest.raises(ValueError, match="odd is a Dropout"):
        diagram.network(model, IMAGE)
