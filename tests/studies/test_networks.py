"""Networks of the studies: as large as they say, and the article's where nothing is changed."""

import keras
import numpy as np
import pytest

from lenet_helpers.models import article_lenet5, layer_table
from lenet_helpers.studies.networks import deep_network, lenet_topology


@pytest.fixture(scope="module")
def model():
    return article_lenet5()


def test_the_plain_topology_is_the_articles(model):
    table = layer_table(lenet_topology())
    assert table.equals(layer_table(model))


@pytest.mark.parametrize(
    "options, parameters",
    [
        ({"padding": "same"}, 51_902),
        ({"padding": "same", "activation": "relu", "pooling": "max"}, 51_902),
        # Scales for 6 + 16 + 120 maps and units; their shifts take the place of biases.
        ({"padding": "same", "normalised": True}, 51_902 + 142),
        ({"maps": [4, 8], "units": 20}, 104 + 808 + 2_580 + 210),
    ],
)
def test_parameters_of_the_topology(options, parameters):
    model = lenet_topology(**options)
    assert sum(np.size(weight) for weight in model.trainable_weights) == parameters


def test_the_deep_network_is_no_bigger_than_the_articles():
    model = deep_network()
    # Kernels, then scale, shift, mean and variance of each of 144 maps, then the output.
    kernels = 25 * 16 + 9 * (16 * 24 + 24 * 24 + 24 * 40 + 40 * 40)
    assert model.count_params() == kernels + 4 * 144 + 410 == 33_066 < 34_622
    shapes = layer_table(model)["output_shape"]
    assert shapes["S1"] == (14, 14, 16)
    assert shapes["S3"] == (7, 7, 24)
    assert shapes["mean"] == (40,)


def test_a_network_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="pooling must be"):
        lenet_topology(pooling="median")
    with pytest.raises(ValueError, match="shorter"):
        deep_network(maps=[8, 8], kernel_sizes=[3])


def test_the_weighted_mean_starts_as_the_mean_and_is_trained():
    model = deep_network(maps=(2, 4), kernel_sizes=(3, 3), pooled=(1,), weighted=True)
    before, after = (
        model.get_layer("weighted_mean"),
        np.random.default_rng(0).random((2, 14, 14, 4)),
    )
    np.testing.assert_allclose(before(after)[:, 0, 0], after.mean(axis=(1, 2)), rtol=1e-5)
    assert before.count_params() == 14 * 14 * 4
    assert before.trainable


def test_a_repeated_convolution_has_one_kernel_and_two_normalisations():
    shape = {"maps": (2, 3, 3), "kernel_sizes": (3, 3, 3), "pooled": (1,)}
    model = deep_network(**shape, repeated=(3,))
    assert model.count_params() == deep_network(**shape).count_params() + 4 * 3
    numbers = np.random.default_rng(0)
    model.set_weights([numbers.random(weight.shape) for weight in model.get_weights()])
    images = numbers.random((4, 28, 28, 1), dtype=np.float32)
    found = keras.Model(model.inputs[0], model.get_layer("C3_relu").output)(images)
    for name in ("C3", "C3_again_normalised", "C3_again_relu", "mean", "output"):
        found = model.get_layer(name)(found)
    np.testing.assert_allclose(found, model(images), rtol=1e-5)
    with pytest.raises(ValueError, match="C2"):
        deep_network(**shape, repeated=(2,))


@pytest.mark.parametrize(
    "model", [article_lenet5(), lenet_topology(normalised=True), deep_network()]
)
def test_answers_are_probabilities(model):
    images = np.random.default_rng(0).random((7, 28, 28, 1), dtype=np.float32)
    answers = np.asarray(model(images))
    assert answers.shape == (7, 10)
    assert answers.dtype == np.float32
    assert (answers >= 0).all()
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)
