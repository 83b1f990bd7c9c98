"""LeNet-5 as published has the paper's connections, and is compiled as there."""

import keras
import numpy as np
import pytest

from lenet_helpers.lenet1998 import STEPS_TO_1998
from lenet_helpers.lenet1998.layers import scaled_tanh
from lenet_helpers.lenet1998.networks import (
    between_article_and_1998,
    compile_for_output,
    connections,
    lenet5_1998,
)
from lenet_helpers.models import article_lenet5
from tests.lenet1998 import paper


@pytest.fixture(scope="module")
def model():
    return article_lenet5()


def test_connections_are_those_counted_by_hand(model):
    by_hand = {
        "C1": 24 * 24 * 6 * (25 + 1),
        "S2": 12 * 12 * 6 * 4,
        "C3": 8 * 8 * 16 * (25 * 6 + 1),
        "S4": 4 * 4 * 16 * 4,
        "flatten": 0,
        "C5": 120 * (256 + 1),
        "output": 10 * (120 + 1),
    }
    assert connections(model).to_dict() == by_hand


def test_connections_of_1998_are_the_papers():
    found = connections(lenet5_1998())
    expected = {name: len(layer.to) for name, layer in paper.lenet5().items()}
    assert found.drop(["flatten", "output"]).to_dict() == expected
    assert found["output"] == 840
    assert found.sum() == 340_908


def test_a_layer_whose_connections_are_not_counted_is_named():
    model = keras.Sequential([keras.Input((4,)), keras.layers.LayerNormalization(name="norm")])
    with pytest.raises(ValueError, match="norm, a LayerNormalization, are not counted"):
        connections(model)


def test_a_network_is_compiled_for_its_output():
    assert compile_for_output(article_lenet5()).loss == "sparse_categorical_crossentropy"
    published = compile_for_output(lenet5_1998())
    assert type(published.loss).__name__ == "RBFLoss"
    assert type(published.optimizer).__name__ == "StochasticDiagonalLM"


def test_the_last_step_from_the_article_to_1998_is_the_network_of_1998():
    stepped, published = between_article_and_1998(len(STEPS_TO_1998)), lenet5_1998("1/sqrt(F)")
    shapes = [[one.shape for one in model.weights] for model in (stepped, published)]
    # The stepped network flattens before C5, which is then fully connected.
    assert [np.prod(one) for one in shapes[0]] == [np.prod(one) for one in shapes[1]]


@pytest.mark.parametrize("step", ["squashing", "start"])
def test_squashing_and_start_are_steps_of_their_own(step):
    model = between_article_and_1998(STEPS_TO_1998.index(step) + 1)
    c5 = model.get_layer("C5")
    assert c5.activation is scaled_tanh
    kernel = c5.get_weights()[0]
    fan_in = len(kernel)
    limits = {"squashing": np.sqrt(6 / (fan_in + 120)), "start": 1 / np.sqrt(fan_in)}
    assert np.abs(kernel).max() == pytest.approx(limits[step], rel=0.01)


@pytest.mark.parametrize("steps", [-1, len(STEPS_TO_1998) + 1])
def test_a_number_of_steps_that_is_none_is_refused(steps):
    with pytest.raises(ValueError, match="steps must be 0 to 7"):
        between_article_and_1998(steps)
