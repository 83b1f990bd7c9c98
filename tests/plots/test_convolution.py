"""A convolution's figures show the sums that it computes."""

import numpy as np
import pytest

from lenet_helpers.plots import convolution
from tests.figures import shown, texts

pytestmark = pytest.mark.usefixtures("closed_figures")
DRAW = np.random.default_rng(0)


def test_a_window_its_products_and_their_sum_are_written():
    image, kernel = DRAW.random((28, 28)), DRAW.normal(size=(5, 5))
    figure = convolution.one_window(image, kernel, (10, 8), "image 3")
    products = image[10:15, 8:13] * kernel
    written = texts(figure)
    assert f"their sum: {products.sum():.4f}" in written
    assert {f"{one:z.2f}" for one in products.ravel()} <= set(written)
    assert figure.axes[0].patches[0].get_xy() == (7.5, 9.5)
    assert f"{products.sum():.4f}" in figure.alt


def test_the_sums_over_maps_add_up_to_the_value_of_keras():
    import keras

    maps = DRAW.uniform(-1, 1, (12, 12, 6)).astype("float32")
    layer = keras.layers.Conv2D(2, 5, activation="tanh", bias_initializer="ones")
    value = float(layer(maps[np.newaxis])[0, 4, 3, 1])
    kernel, bias = layer.get_weights()
    figure = convolution.sum_over_maps(maps, kernel[..., 1], bias[1], (4, 3))
    sums = (maps[4:9, 3:8] * kernel[..., 1]).sum(axis=(0, 1))
    labels = [axes.get_xlabel() for axes in figure.axes[14:]]
    read = [float(label.strip("=+ ").replace("− ", "-").replace("−", "-")) for label in labels]
    assert read[:6] == pytest.approx(sums, abs=0.006)
    assert read[6] == pytest.approx(sums.sum(), abs=0.006)
    assert any(f"{value:.2f}".replace("-", "−") in text for text in texts(figure))
    assert np.array_equal(shown(figure.axes[7]), maps[4:9, 3:8, 0])
