"""The article's network is the article's, and its table says what Keras says."""

import keras
import numpy as np
import paper
import pytest

from lenet_helpers.models import (
    article_lenet5,
    compile_article,
    compile_for_output,
    connections,
    deep_network,
    layer_table,
    lenet5_1998,
    lenet_topology,
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


def test_kinds_and_activations_are_the_articles(model):
    table = layer_table(model)
    assert table.loc[["S2", "S4"], "kind"].to_list() == ["AveragePooling2D"] * 2
    activations = {name: model.get_layer(name).activation.__name__ for name in ("C1", "C3", "C5")}
    assert activations == dict.fromkeys(("C1", "C3", "C5"), "tanh")


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
