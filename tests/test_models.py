"""The article's network is the article's, and its table says what Keras says."""

import keras
import numpy as np
import pytest

from lenet_helpers.models import (
    article_lenet5,
    compile_article,
    layer_table,
    lenet_parameters,
)


@pytest.fixture(scope="module")
def model():
    return article_lenet5()


def test_layers_carry_the_papers_names(model):
    names = [layer.name for layer in model.layers]
    assert names == ["C1", "S2", "C3", "S4", "flatten", "C5", "output"]


def test_shapes_and_parameters_are_those_counted_by_hand(model):
    table = layer_table(model)
    assert table["output_shape"].to_list() == [
        (24, 24, 6),
        (12, 12, 6),
        (8, 8, 16),
        (4, 4, 16),
        (256,),
        (120,),
        (10,),
    ]
    assert table["parameters"].to_list() == [156, 0, 2416, 0, 0, 30840, 1210]
    assert table["parameters"].sum() == model.count_params() == 34622


def test_the_counts_of_the_articles_and_the_often_quoted_network_are_keras_s(model):
    quoted = keras.Sequential([keras.Input((32, 32, 1)), *article_lenet5().layers[:4]])
    for layer in (keras.layers.Flatten(), keras.layers.Dense(120, name="C5")):
        quoted.add(layer)
    quoted.add(keras.layers.Dense(84, name="F6"))
    quoted.add(keras.layers.Dense(10, name="output"))
    counted = lenet_parameters()
    for name, network in {"the article's": model, "often quoted": quoted}.items():
        found = {layer.name: layer.count_params() for layer in network.layers}
        assert {layer: n for layer, n in counted[name].items() if n} == {
            layer: n for layer, n in found.items() if n
        }
    assert counted["often quoted"].sum() == 61_706


def test_kinds_and_activations_are_the_articles(model):
    table = layer_table(model)
    assert table.loc[["S2", "S4"], "kind"].to_list() == ["AveragePooling2D"] * 2
    activations = {name: model.get_layer(name).activation.__name__ for name in ("C1", "C3", "C5")}
    assert activations == dict.fromkeys(("C1", "C3", "C5"), "tanh")


def test_every_call_makes_a_new_model_and_the_seed_its_weights():
    def weights(seed):
        keras.utils.set_random_seed(seed)
        return article_lenet5().get_weights()

    first, again, other = weights(0), weights(0), weights(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_it_is_compiled_as_in_the_article(model):
    assert compile_article(model) is model
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    images = np.random.default_rng(0).random((20, 28, 28, 1), dtype=np.float32)
    labels = np.arange(20) % 10
    found = model.evaluate(images, labels, verbose=0, return_dict=True)
    answers = np.asarray(model(images))
    assert found["loss"] == pytest.approx(-np.log(answers[np.arange(20), labels]).mean(), rel=1e-5)
    assert found["accuracy"] == pytest.approx((answers.argmax(axis=1) == labels).mean())


def test_a_model_without_shapes_has_no_table():
    with pytest.raises(ValueError, match="not built"):
        layer_table(keras.Sequential([keras.layers.Dense(3)]))
