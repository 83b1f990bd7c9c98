"""The network's drawing: figures show the numbers that they are given."""

import pytest

from lenet_helpers.plots import diagram
from tests.figures import overlapping, texts

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_the_drawing_is_made_from_the_model():
    from lenet_helpers.models import article_lenet5

    figure = diagram.network(article_lenet5())
    written = texts(figure)
    for name in ("input", "C1", "S2", "C3", "S4", "flatten", "C5", "output"):
        assert name in written
    assert {"6 @ 24×24", "16 @ 4×4", "256 values", "2×2\naverage\npooling"} <= set(written)
    assert "5×5\nconvolution\ntanh\n2,416\nparameters" in written
    assert overlapping(figure) == []


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
    written = texts(diagram.network(keras.Sequential(stack)))
    assert {"4 @ 30×30", "4 @ 10×10", "400 values", "20 values"} <= set(written)
    assert "3×3\nmax\npooling" in written


def test_a_layer_that_the_drawing_does_not_know_is_named():
    import keras

    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Dropout(0.5, name="odd")])
    with pytest.raises(ValueError, match="odd is a Dropout"):
        diagram.network(model)
