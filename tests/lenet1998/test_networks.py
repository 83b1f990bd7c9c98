"""LeNet-5 as published has the paper's connections, and is compiled as there."""

import keras
import pytest

from lenet_helpers.lenet1998.networks import compile_for_output, connections, lenet5_1998
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
