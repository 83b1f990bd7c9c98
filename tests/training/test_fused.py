"""The fused convolution and pooling against the two Keras layers that it replaces."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from lenet_helpers.models import article_lenet5
from lenet_helpers.training.fused import FusedConvPool, fuse

SHAPES = [
    # height, width, channels, filters, kernel_size, padding
    (28, 28, 1, 6, 5, "valid"),
    (12, 12, 6, 16, 5, "valid"),
    (11, 14, 3, 4, 3, "valid"),
    (13, 9, 1, 2, 3, "valid"),
    (9, 10, 2, 5, 7, "valid"),
    (8, 8, 2, 3, 1, "valid"),
    (10, 12, 1, 4, 5, "same"),
    (7, 9, 4, 3, 3, "same"),
]


def plain_pair(height, width, channels, filters, size, padding):
    return keras.Sequential(
        [
            keras.Input((height, width, channels), dtype="float64"),
            layers.Conv2D(filters, size, padding=padding, activation="tanh", dtype="float64"),
            layers.AveragePooling2D(2, dtype="float64"),
        ]
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch", [1, 3])
def test_output_and_gradients_are_those_of_the_two_layers(shape, batch):
    plain = plain_pair(*shape)
    fused = fuse(plain)
    assert [type(layer) for layer in fused.layers] == [FusedConvPool]
    images = tf.constant(np.random.default_rng(1).normal(size=(batch, *shape[:3])))
    plain.layers[0].bias.assign(np.linspace(-1, 1, shape[3]))

    results = []
    for model in (plain, fused):
        with tf.GradientTape() as tape:
            tape.watch(images)
            output = model(images)
            loss = tf.reduce_sum(output**2 * tf.range(1.0, shape[3] + 1, dtype="float64"))
        results.append([output, *tape.gradient(loss, [images, *plain.trainable_variables])])
    for expected, found in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


def test_weights_move_freely_in_both_directions():
    plain = article_lenet5()
    fused = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            FusedConvPool(6, 5),
            FusedConvPool(16, 5),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    fused.set_weights(plain.get_weights())
    images = np.random.default_rng(2).random((4, 28, 28, 1), dtype="float32")
    np.testing.assert_allclose(fused(images), plain(images), atol=1e-6)
    plain.set_weights([weight * 1.1 for weight in fused.get_weights()])
    assert fused.count_params() == plain.count_params() == 34_622


def test_same_seed_gives_the_same_initial_weights():
    weights = []
    for layer in (layers.Conv2D, FusedConvPool):
        keras.utils.set_random_seed(7)
        weights.append(keras.Sequential([keras.Input((28, 28, 1)), layer(6, 5)]).get_weights())
    for plain, fused in zip(*weights, strict=True):
        np.testing.assert_array_equal(plain, fused)


def test_fuse_shares_the_variables():
    plain = article_lenet5()
    fused = fuse(plain)
    assert [layer.name for layer in fused.layers] == ["C1_S2", "C3_S4", "flatten", "C5", "output"]
    for ours, theirs in zip(fused.trainable_variables, plain.trainable_variables, strict=True):
        assert ours is theirs


@pytest.mark.parametrize(
    "conv, pool",
    [
        (layers.Conv2D(4, 3, activation="relu"), layers.AveragePooling2D(2)),
        (layers.Conv2D(4, 3, activation="tanh"), layers.MaxPooling2D(2)),
        (layers.Conv2D(4, 3, activation="tanh"), layers.AveragePooling2D(3)),
        (layers.Conv2D(4, 3, activation="tanh"), layers.AveragePooling2D(2, padding="same")),
        (layers.Conv2D(4, 3, activation="tanh"), layers.AveragePooling2D(2, strides=1)),
        (layers.Conv2D(4, 4, activation="tanh"), layers.AveragePooling2D(2)),
        (layers.Conv2D(4, (3, 5), activation="tanh"), layers.AveragePooling2D(2)),
        (layers.Conv2D(4, 3, strides=2, activation="tanh"), layers.AveragePooling2D(2)),
        (layers.Conv2D(4, 3, dilation_rate=2, activation="tanh"), layers.AveragePooling2D(2)),
        (layers.Conv2D(4, 3, groups=2, activation="tanh"), layers.AveragePooling2D(2)),
        (layers.Conv2D(4, 3, use_bias=False, activation="tanh"), layers.AveragePooling2D(2)),
    ],
)
def test_what_cannot_be_fused_stays_as_it_is(conv, pool):
    plain = keras.Sequential([keras.Input((14, 14, 2)), conv, pool])
    assert fuse(plain).layers == [conv, pool]


def test_a_functional_model_stays_as_it_is():
    image = keras.Input((28, 28, 1))
    model = keras.Model(image, layers.Conv2D(2, 3)(image))
    assert fuse(model) is model


def test_serialisation(tmp_path):
    model = keras.Sequential([keras.Input((9, 9, 2)), FusedConvPool(3, 3, padding="same")])
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(3).random((2, 9, 9, 2), dtype="float32")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(images), model(images))


def test_bad_arguments_say_what_to_do():
    with pytest.raises(ValueError, match="must be odd, got 4"):
        FusedConvPool(6, 4)
    with pytest.raises(ValueError, match='"valid" or "same"'):
        FusedConvPool(6, 5, padding="full")
    with pytest.raises(ValueError, match="5x28 is too small"):
        keras.Sequential([keras.Input((5, 28, 1)), FusedConvPool(6, 5)])
