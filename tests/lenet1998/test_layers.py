"""The layers of 1998 against `paper`, which has each of their connections one by one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lenet_helpers.lenet1998.layers import (
    RBF,
    STARTS,
    ConnectedConv2D,
    ConnectedDense,
    FanInUniform,
    Subsampling,
    scaled_tanh,
)
from lenet_helpers.lenet1998.networks import C3_TABLE, compile_1998, lenet5_1998
from lenet_helpers.lenet1998.optimizer import StochasticDiagonalLM
from lenet_helpers.models import lenet_parameters
from tests.lenet1998 import paper

TABLE = np.array([[1, 0, 1], [1, 1, 0]], bool)
CODES = np.array([[1, -1, 1, 1], [-1, -1, 1, -1], [1, 1, -1, 1]])


def pair(kind, activation=scaled_tanh):
    """A layer of Keras in float64, the same of the paper, and the shape of their input."""
    also = {"activation": activation, "dtype": "float64"}
    squashed = activation is scaled_tanh
    return {
        "convolution": lambda: (
            ConnectedConv2D(3, 3, **also),
            paper.convolution((5, 6, 2), 3, np.ones((2, 3), bool), squashed),
            (5, 6, 2),
        ),
        "table": lambda: (
            ConnectedConv2D(3, 2, TABLE, **also),
            paper.convolution((4, 5, 2), 2, TABLE, squashed),
            (4, 5, 2),
        ),
        "subsampling": lambda: (
            Subsampling(**also),
            paper.subsampling((4, 6, 3), squashed),
            (4, 6, 3),
        ),
        "full": lambda: (ConnectedDense(4, **also), paper.full(7, 4, squashed), (7,)),
    }[kind]()


KINDS = ["convolution", "table", "subsampling", "full"]


def with_random_weights(layer, shape, seed=1):
    """Build a layer, give it random weights, and return them as one vector, as `paper` wants it."""
    numbers = np.random.default_rng(seed)
    layer.build((None, *shape))
    layer.set_weights([numbers.normal(size=weight.shape) for weight in layer.weights])
    return np.concatenate([variable.numpy().ravel() for variable in layer.trainable_variables])


def slopes(function, x, step=1e-5):
    """Central differences of a function of an array, which is left as it was."""
    found = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        ends = []
        for change in (step, -step):
            x[place] += change
            ends.append(function())
            x[place] -= change
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


def test_scaled_tanh():
    np.testing.assert_allclose(scaled_tanh(tf.constant([1.0, -1.0, 0.0])), [1, -1, 0], atol=1e-4)
    x = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(scaled_tanh(tf.constant(x)), paper.squash(x), rtol=1e-14)
    assert scaled_tanh(tf.constant(x)).dtype == "float64"


@pytest.mark.parametrize("activation", [scaled_tanh, None])
@pytest.mark.parametrize("kind", KINDS)
def test_output_is_the_papers(kind, activation):
    layer, reference, shape = pair(kind, activation)
    u = with_random_weights(layer, shape)
    images = np.random.default_rng(2).normal(size=(3, *shape))
    expected = [paper.forward([reference], [u], image)[1][-1] for image in images]
    output = layer(tf.constant(images))
    assert output.dtype == "float64"
    np.testing.assert_allclose(np.reshape(output, (3, -1)), expected, rtol=1e-12, atol=1e-12)
    assert output.shape[1:] == layer.compute_output_shape((None, *shape))[1:]
    assert np.prod(output.shape[1:]) == reference.units


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_the_papers_slopes(kind):
    layer, reference, shape = pair(kind)
    u = with_random_weights(layer, shape)
    image = np.random.default_rng(2).normal(size=shape)
    weighting = np.random.default_rng(3).normal(size=reference.units)
    with tf.GradientTape() as tape:
        inputs = tf.constant(image[np.newaxis])
        tape.watch(inputs)
        loss = tf.reduce_sum(tf.reshape(layer(inputs), (-1,)) * weighting)
    by_input, *by_weights = tape.gradient(loss, [inputs, *layer.trainable_variables])

    def value():
        return weighting @ paper.forward([reference], [u], image)[1][-1]

    np.testing.assert_allclose(by_input[0], slopes(value, image), rtol=1e-8, atol=1e-8)
    flat = np.concatenate([gradient.numpy().ravel() for gradient in by_weights])
    np.testing.assert_allclose(flat, slopes(value, u), rtol=1e-8, atol=1e-8)


def test_distances_and_their_gradients_are_the_papers():
    x = np.random.default_rng(4).normal(size=4)
    layer = RBF(CODES, dtype="float64")
    with tf.GradientTape() as tape:
        inputs = tf.constant(x[np.newaxis])
        tape.watch(inputs)
        output = layer(inputs)
        loss = tf.reduce_sum(output * [3.0, -1.0, 2.0])
    np.testing.assert_allclose(output[0], paper.distances(x, CODES), rtol=1e-14)

    def value():
        return paper.distances(x, CODES) @ [3, -1, 2]

    np.testing.assert_allclose(tape.gradient(loss, inputs)[0], slopes(value, x), rtol=1e-8)
    assert layer.trainable_variables == []
    assert layer.count_params() == CODES.size


# --- the table -----------------------------------------------------------------------------------


def test_table_is_the_papers():
    drawn = ["".join("X" if seen else "." for seen in row) for row in C3_TABLE]
    assert drawn == paper.C3_TABLE.split()
    assert C3_TABLE.dtype == bool
    assert C3_TABLE.sum() == 60


def test_dense_kernel_holds_each_connection_in_its_place():
    layer = ConnectedConv2D(3, 2, TABLE)
    layer.build((None, 4, 4, 2))
    assert layer.kernel.shape == (2, 2, TABLE.sum())
    layer.kernel.assign(1 + tf.reshape(tf.range(16, dtype="float32"), (2, 2, 4)))
    dense = layer.dense_kernel().numpy()
    for number, (source, target) in enumerate(np.argwhere(TABLE)):
        np.testing.assert_array_equal(dense[:, :, source, target], layer.kernel[:, :, number])
    assert not dense[:, :, ~TABLE].any()


@pytest.mark.parametrize(
    "optimizer", [keras.optimizers.SGD(0.01), keras.optimizers.Adam(), StochasticDiagonalLM(0.001)]
)
def test_nothing_grows_outside_the_table(optimizer):
    convolution = ConnectedConv2D(3, 2, TABLE, activation=scaled_tanh)
    layers = [keras.Input((4, 4, 2)), convolution, keras.layers.Flatten()]
    model = keras.Sequential([*layers, ConnectedDense(4, activation=scaled_tanh), RBF(CODES)])
    compile_1998(model, optimizer)
    model.run_eagerly = True
    before = convolution.dense_kernel().numpy()
    numbers = np.random.default_rng(5)
    for _ in range(3):
        model.train_on_batch(numbers.normal(size=(6, 4, 4, 2)), np.array([0, 1, 2, 0, 1, 2]))
    after = convolution.dense_kernel().numpy()
    assert (after[:, :, TABLE] != before[:, :, TABLE]).all()
    assert (after[:, :, ~TABLE] == 0).all()


# --- the whole network ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lenet5():
    return lenet5_1998()


@pytest.fixture(scope="module")
def reference():
    return paper.lenet5()


def test_parameters_are_the_papers(lenet5):
    found = {layer.name: layer.count_params() for layer in lenet5.layers if layer.count_params()}
    expected = {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48_120, "F6": 10_164}
    assert found == {**expected, "output": 840}
    assert sum(np.size(variable) for variable in lenet5.trainable_variables) == 60_000
    counted = lenet_parameters()["the paper's"]
    assert counted.to_dict() == {**expected, "output": 0}


def test_connections_are_the_papers(reference):
    found = {name: len(layer.to) for name, layer in reference.items()}
    expected = {"C1": 122_304, "S2": 5_880, "C3": 151_600, "S4": 2_000}
    assert found == {**expected, "C5": 48_120, "F6": 10_164}
    assert sum(found.values()) + 10 * 84 == 340_908


def test_every_layer_puts_out_what_the_papers_does(lenet5, reference):
    image = np.random.default_rng(6).uniform(-0.1, 1.175, (32, 32, 1))
    weights = [
        np.concatenate([variable.numpy().ravel() for variable in lenet5.get_layer(name).weights])
        for name in reference
    ]
    _, states = paper.forward(reference.values(), weights, image)
    inputs = tf.constant(image[np.newaxis], "float32")
    outputs = {layer.name: (inputs := layer(inputs)) for layer in lenet5.layers}
    for (name, layer), state in zip(reference.items(), states[1:], strict=True):
        assert outputs[name].shape[1:] in (layer.shape, layer.shape[-1:])
        np.testing.assert_allclose(np.ravel(outputs[name]), state, atol=1e-5, err_msg=name)
    codes = lenet5.get_layer("output").codes
    np.testing.assert_allclose(outputs["output"][0], paper.distances(states[-1], codes), rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (1, 32, 32, 3), (1, 32, 33, 1)])
def test_another_input_is_refused(lenet5, shape):
    with pytest.raises(ValueError, match=r"32, 32, 1\)"):
        lenet5(np.zeros(shape, "float32"))


# --- initial weights -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start, limit",
    [({}, lambda inputs: 2.4 / inputs), ({"start": "1/sqrt(F)"}, lambda inputs: inputs**-0.5)],
)
def test_initial_weights_keep_to_the_fan_in_of_their_unit(start, limit):
    fan_in = {"C1": 25, "S2": 4, "S4": 4, "C5": 400, "F6": 120}
    keras.utils.set_random_seed(0)
    model = lenet5_1998(**start)
    for name, inputs in fan_in.items():
        for variable in model.get_layer(name).trainable_variables:
            assert_uniform(variable, limit(inputs))
    kernel, bias = model.get_layer("C3").trainable_variables
    of_connection = 25 * C3_TABLE.sum(axis=0)[np.argwhere(C3_TABLE)[:, 1]]
    for inputs in (75, 100, 150):
        assert_uniform(kernel.numpy()[:, :, of_connection == inputs], limit(inputs))
        assert_uniform(bias.numpy()[25 * C3_TABLE.sum(axis=0) == inputs], limit(inputs))


def test_another_start_is_refused():
    with pytest.raises(ValueError, match=r"one of 2.4/F, 1/sqrt.F., got 'glorot'"):
        lenet5_1998(start="glorot")


def assert_uniform(values, limit):
    """Within +-limit, both signs where there are enough, and reaching near the limit."""
    values = np.ravel(values)
    assert abs(values).max() <= limit
    if len(values) > 100:
        assert values.max() > 0.95 * limit
        assert values.min() < -0.95 * limit
        assert abs(values.std() / limit - 1 / np.sqrt(3)) < 0.1


def test_the_seed_decides_the_initial_weights():
    drawn = []
    for seed in (7, 7, 8):
        keras.utils.set_random_seed(seed)
        drawn.append(lenet5_1998().get_weights())
    for first, same, other in zip(*drawn, strict=True):
        np.testing.assert_array_equal(first, same)
        assert first.size == 840 or (first != other).all()


@pytest.mark.parametrize("start", STARTS)
def test_a_start_survives_saving(start):
    made = FanInUniform([4, 25], start)
    again = keras.initializers.deserialize(keras.initializers.serialize(made))
    assert again.get_config() == made.get_config()
    assert FanInUniform([4, 25]).get_config() != FanInUniform([4, 25], "1/sqrt(F)").get_config()
    layer = ConnectedDense(3, start=start)
    assert ConnectedDense.from_config(layer.get_config()).start == start


# --- saving and errors ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_makes_the_same_layer(kind):
    layer, _, shape = pair(kind)
    u = with_random_weights(layer, shape)
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(with_random_weights(again, shape), u)
    images = tf.constant(np.random.default_rng(2).normal(size=(2, *shape)))
    np.testing.assert_array_equal(again(images), layer(images))
    assert again.get_config() == layer.get_config()


def test_a_saved_model_comes_back(tmp_path, lenet5):
    model = keras.models.clone_model(lenet5)
    compile_1998(model)
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(3).random((2, 32, 32, 1), dtype="float32")
    np.testing.assert_array_equal(again(images), model(images))
    labels = np.array([3, 7])
    assert again.compute_loss(y=labels, y_pred=again(images)) == model.compute_loss(
        y=labels, y_pred=model(images)
    )
    assert type(again.optimizer) is StochasticDiagonalLM


@pytest.mark.parametrize(
    "make, shape, message",
    [
        (lambda: ConnectedConv2D(3, 5), (4, 6, 1), "4x6 is too small for a 5x5"),
        (lambda: ConnectedConv2D(3, 2, TABLE), (4, 4, 3), "has 2 rows, .* 3 maps"),
        (lambda: ConnectedConv2D(4, 2, TABLE), (4, 4, 2), r"\(channels, 4\) .* got shape \(2, 3\)"),
        (lambda: ConnectedConv2D(3, 2, TABLE[0]), (4, 4, 2), r"got shape \(3,\)"),
        (lambda: ConnectedConv2D(3, 2, 2 * TABLE), (4, 4, 2), "True and False"),
        (lambda: ConnectedConv2D(3, 2, TABLE & [1, 1, 0]), (4, 4, 2), "without any input"),
        (Subsampling, (5, 4, 2), "5x4 does not divide into 2x2"),
        (lambda: RBF(CODES), (5,), "codes of 4 values, but an input of 5"),
        (lambda: RBF(CODES[0]), (4,), "one row per class"),
        (lambda: RBF(CODES / 2), (4,), r"\+1 and -1"),
    ],
)
def test_what_does_not_fit_is_named(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make().build((None, *shape))
