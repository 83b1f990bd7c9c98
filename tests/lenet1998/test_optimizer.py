"""The paper's optimizer, and the curvatures that it divides by."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from lenet_helpers.data import load_mnist
from lenet_helpers.lenet1998.layers import (
    RBF,
    ConnectedConv2D,
    ConnectedDense,
    Subsampling,
    scaled_tanh,
)
from lenet_helpers.lenet1998.losses import MeanDistance, RBFLoss
from lenet_helpers.lenet1998.networks import compile_1998, lenet5_1998
from lenet_helpers.lenet1998.optimizer import (
    CurvatureEstimate,
    StochasticDiagonalLM,
    TrainingRecord,
    curvatures,
    curvatures_by_layer,
    paper_rate,
    untrained,
)
from lenet_helpers.models import article_lenet5, compile_article
from lenet_helpers.preprocessing import to_paper_input
from lenet_helpers.studies import methods
from lenet_helpers.studies.recipes import STUDIES
from lenet_helpers.training import loop
from tests.lenet1998 import paper
from tests.studies.small_study import distances

TABLE = np.array([[1, 0, 1], [1, 1, 0]], bool)
J = 2.0


def random_codes(classes, features):
    return np.random.default_rng(9).choice([-1, 1], (classes, features))


def as_vectors(layers, tensors):
    """The tensors of each layer's weights as one vector per layer, as `paper` orders them."""
    tensors = iter(tensors)
    return [
        np.concatenate([next(tensors).numpy().ravel() for _ in layer.trainable_variables])
        for layer in layers
        if layer.trainable_variables
    ]


def mean_curvature(layers, weights, images, labels, codes, j=None):
    """What appendix C gives, averaged over the images: a vector per layer."""
    found = []
    for image, label in zip(images, labels, strict=True):
        _, states = paper.forward(layers, weights, image)
        by_state = paper.by_states(states[-1], codes, label, j)[1]
        found.append(paper.curvature(layers, weights, image, by_state))
    return [np.mean(vectors, axis=0) for vectors in zip(*found, strict=True)]


# --- an exact case ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "layer, reference",
    [
        (
            ConnectedConv2D(3, 2, dtype="float64"),
            paper.convolution((4, 4, 2), 2, np.ones((2, 3), bool), squashed=False),
        ),
        (
            ConnectedConv2D(3, 2, TABLE, dtype="float64"),
            paper.convolution((4, 4, 2), 2, TABLE, squashed=False),
        ),
        (Subsampling(dtype="float64"), paper.subsampling((4, 4, 2), squashed=False)),
    ],
)
def test_of_one_linear_layer_the_curvature_is_exact(layer, reference):
    codes = random_codes(3, reference.units)
    ends = [keras.layers.Flatten(dtype="float64"), RBF(codes, dtype="float64")]
    model = keras.Sequential([keras.Input((4, 4, 2)), layer, *ends])
    model.compile(loss=MeanDistance(dtype="float64"))
    images = np.random.default_rng(1).normal(size=(5, 4, 4, 2)).astype("float32")
    labels = np.array([0, 2, 1, 1, 0])
    (u,) = as_vectors([layer], layer.trainable_variables)

    def loss(u):
        outputs = [paper.forward([reference], [u], image)[1][-1] for image in images]
        pairs = zip(outputs, labels, strict=True)
        return np.mean([paper.mean_distance(paper.distances(x, codes), d) for x, d in pairs])

    exact = [loss(u + e) - 2 * loss(u) + loss(u - e) for e in np.eye(len(u))]
    (found,) = as_vectors([layer], curvatures(model, images, labels))
    np.testing.assert_allclose(found, exact, rtol=1e-10)


# --- against appendix C, connection by connection -----------------------------------------------


@pytest.mark.parametrize("loss", [RBFLoss(J, dtype="float64"), MeanDistance(dtype="float64")])
def test_curvatures_are_those_of_appendix_c(loss):
    also = {"activation": scaled_tanh, "dtype": "float64"}
    codes = random_codes(3, 5)
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            ConnectedConv2D(2, 3, **also),
            Subsampling(**also),
            ConnectedConv2D(3, 2, TABLE, **also),
            Subsampling(**also),
            ConnectedConv2D(4, 1, **also),
            keras.layers.Flatten(dtype="float64"),
            ConnectedDense(5, **also),
            RBF(codes, dtype="float64"),
        ]
    )
    reference = [
        paper.convolution((8, 8, 1), 3, np.ones((1, 2), bool)),
        paper.subsampling((6, 6, 2)),
        paper.convolution((3, 3, 2), 2, TABLE),
        paper.subsampling((2, 2, 3)),
        paper.convolution((1, 1, 3), 1, np.ones((3, 4), bool)),
        paper.full(4, 5),
    ]
    model.compile(loss=loss)
    images = np.random.default_rng(2).uniform(-1, 1, (4, 8, 8, 1)).astype("float32")
    labels = np.array([0, 2, 1, 1])
    weights = as_vectors(model.layers, model.trainable_variables)
    j = getattr(loss, "rubbish", None)
    expected = mean_curvature(reference, weights, images, labels, codes, j)
    found = as_vectors(model.layers, curvatures(model, images, labels))
    for layer, ours, theirs in zip(reference, found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, err_msg=str(layer.shape))
        assert (ours > 0).all()


def test_curvatures_of_lenet5_itself():
    keras.utils.set_random_seed(4)
    model = compile_1998(lenet5_1998())
    digits = load_mnist()
    images, labels = to_paper_input(digits.x_train[:1]), digits.y_train[:1]
    weights = as_vectors(model.layers, model.trainable_variables)
    codes, j = model.get_layer("output").codes, model.loss.rubbish
    reference = paper.lenet5()
    expected = mean_curvature(reference.values(), weights, images, labels, codes, j)
    found = as_vectors(model.layers, curvatures(model, images, labels))
    for name, ours, theirs in zip(reference, found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-7, err_msg=name)


def test_curvatures_have_the_names_of_layer_and_variable():
    digits = load_mnist()
    inputs, labels = to_paper_input(digits.x_train[:2]), digits.y_train[:2]
    model = compile_1998(lenet5_1998())
    found = curvatures_by_layer(model, inputs, labels)
    assert list(found)[:4] == ["C1/kernel", "C1/bias", "S2/coefficient", "S2/bias"]
    for values, tensor in zip(found.values(), curvatures(model, inputs, labels), strict=True):
        np.testing.assert_array_equal(values, tensor.numpy().ravel())


def test_a_network_with_other_layers_is_refused():
    model = compile_article(article_lenet5())
    with pytest.raises(ValueError, match="C1"):
        curvatures(model, np.zeros((1, 28, 28, 1), "float32"), np.array([0]))


# --- the step -----------------------------------------------------------------------------------


def test_the_step_by_hand():
    variables = [keras.Variable([1.0, -2.0]), keras.Variable([[0.5]])]
    gradients = [tf.constant([0.3, 0.1]), tf.constant([[-2.0]])]
    optimizer = StochasticDiagonalLM(learning_rate=0.01, mu=0.02)
    optimizer.build(variables)
    optimizer.apply(gradients, variables)
    np.testing.assert_allclose(variables[0], [1 - 0.5 * 0.3, -2 - 0.5 * 0.1], rtol=1e-6)
    np.testing.assert_allclose(variables[1], [[0.5 + 0.5 * 2]], rtol=1e-6)

    optimizer.set_curvatures([np.array([0.08, 0.98], "float32"), np.array([[0.0]], "float32")])
    optimizer.apply(gradients, variables)
    expected = [0.85 - 0.01 / 0.1 * 0.3, -2.05 - 0.01 / 1 * 0.1]
    np.testing.assert_allclose(variables[0], expected, rtol=1e-6)
    np.testing.assert_allclose(variables[1], [[1.5 + 0.5 * 2]], rtol=1e-6)


class InAnotherUnit(RBFLoss):
    """C times eq. 9."""

    C = 1 / 84

    def per_example(self, truth, distances):
        return self.C * super().per_example(truth, distances)

    def second_derivatives(self, truth, offsets):
        return self.C * super().second_derivatives(truth, offsets)


def test_a_loss_in_another_unit_steps_as_ours_with_mu_over_that_unit():
    digits = load_mnist()
    inputs, labels = to_paper_input(digits.x_train[:2]), digits.y_train[:2]
    start, moved = lenet5_1998("1/sqrt(F)").get_weights(), []
    for loss, mu in ((InAnotherUnit(J), 0.02), (RBFLoss(J), 0.02 / InAnotherUnit.C)):
        model = compile_1998(lenet5_1998(), StochasticDiagonalLM(0.1, mu), loss)
        model.set_weights(start)
        model.optimizer.build(model.trainable_variables)
        model.optimizer.set_curvatures(curvatures(model, inputs, labels))
        model.train_on_batch(inputs, labels)
        moved.append([now - then for now, then in zip(model.get_weights(), start, strict=True)])
    for scaled, ours in zip(*moved, strict=True):
        np.testing.assert_allclose(scaled, ours, rtol=1e-3, atol=1e-6)
    assert max(np.abs(step).max() for step in moved[1]) > 1e-3


def test_the_range_of_rates_is_that_of_all_weights():
    optimizer = StochasticDiagonalLM(learning_rate=0.01, mu=0.02)
    optimizer.build([keras.Variable([1.0, -2.0]), keras.Variable([[0.5]])])
    optimizer.set_curvatures([np.array([0.08, 0.98], "float32"), np.array([[0.03]], "float32")])
    assert optimizer.rate_range() == pytest.approx((0.01 / 1, 0.01 / 0.05))


def test_every_variable_needs_its_curvature():
    optimizer = StochasticDiagonalLM()
    optimizer.build([keras.Variable([1.0]), keras.Variable([1.0])])
    with pytest.raises(ValueError, match="shorter"):
        optimizer.set_curvatures([np.array([0.1], "float32")])


def test_a_saved_optimizer_keeps_its_settings_and_curvatures(tmp_path):
    layers = [ConnectedDense(4), RBF(random_codes(3, 4))]
    optimizer = StochasticDiagonalLM(learning_rate=0.003, mu=0.5)
    model = compile_1998(keras.Sequential([keras.Input((2,)), *layers]), optimizer)
    model.optimizer.build(model.trainable_variables)
    model.optimizer.set_curvatures([np.full((2, 4), 0.3), np.arange(4)])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras").optimizer
    assert again.get_config() == optimizer.get_config()
    assert again.mu == 0.5
    for ours, theirs in zip(model.optimizer.variables, again.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# --- the schedule -------------------------------------------------------------------------------


def test_the_rates_are_the_papers():
    stages = [(5e-4, 2), (2e-4, 3), (1e-4, 3), (5e-5, 4), (1e-5, 8)]
    expected = [rate for rate, passes in stages for _ in range(passes)]
    assert len(expected) == 20
    assert [paper_rate(epoch) for epoch in range(20)] == expected


def test_shorter_and_longer_runs_go_through_the_same_rates():
    rates = [paper_rate(epoch) for epoch in range(20)]
    assert [paper_rate(epoch, 10) for epoch in range(10)] == rates[::2]
    assert [paper_rate(epoch, 40) for epoch in range(40)] == list(np.repeat(rates, 2))


def test_curvatures_are_estimated_anew_before_each_pass():
    digits = load_mnist()
    images, labels = digits.x_train[:20], digits.y_train[:20]
    model = compile_1998(distances(), StochasticDiagonalLM(mu=0.5))
    model.optimizer.build(model.trainable_variables)
    callback = CurvatureEstimate(images, labels)
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_epoch_begin(1)
    expected = curvatures(model, to_paper_input(images), labels)
    gradients = [tf.ones_like(variable) for variable in model.trainable_variables]
    before = [variable.numpy() for variable in model.trainable_variables]
    model.optimizer.learning_rate = 1.0
    model.optimizer.apply(gradients, model.trainable_variables)
    for variable, start, h in zip(model.trainable_variables, before, expected, strict=True):
        np.testing.assert_allclose(start - variable, 1 / (0.5 + h), rtol=1e-3)


def test_500_training_images_drawn_by_seed_and_pass():
    images = np.zeros((900, 28, 28), np.uint8)
    labels = np.arange(900)
    drawn = []

    def record(inputs, labels):
        drawn.append(labels)
        return []

    for seed, epoch in [(0, 1), (0, 1), (0, 2), (1, 1)]:
        callback = CurvatureEstimate(images, labels, seed=seed)
        callback.set_model(compile_1998(keras.Sequential()))
        callback.model.optimizer.build([])
        callback.estimate = record
        callback.on_epoch_begin(epoch)
    assert [len(set(labels)) for labels in drawn] == [500] * 4
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert set(drawn[0]) != set(drawn[2])
    assert set(drawn[0]) != set(drawn[3])


# --- what is recorded ---------------------------------------------------------------------------


def test_a_map_is_untrained_whose_kernel_moved_a_tenth_less_than_the_median():
    start = np.random.default_rng(0).normal(size=(2, 2, 3, 5))
    direction = np.ones((2, 2, 3, 1)) / np.sqrt(12)
    assert untrained(start, start + direction * [1.0, 2.0, 0.19, 0.0, 3.0]) == 1
    assert untrained(start, start + direction * [1.0, 2.0, 0.09, 0.0, 3.0]) == 2


@pytest.mark.slow
def test_a_record_of_rates_and_untrained_maps_stands_beside_each_pass(monkeypatch):
    monkeypatch.setattr(loop, "is_fast_under_xla", lambda network: False)  # it compiles sooner
    digits = load_mnist()
    recipe = replace(STUDIES["grid1998"].rungs["sqrtF-mu0.1-eq9"], epochs=2, validation_split=0)
    keras.utils.set_random_seed(0)
    model = methods.build(recipe)
    before = model.get_layer("C3").dense_kernel().numpy()
    history = methods.paper(model, digits.x_train[:100], digits.y_train[:100], recipe, 0)
    recorded, after = history.history, model.get_layer("C3").dense_kernel().numpy()
    assert recorded["C3_untrained"][-1] == untrained(before, after)
    low, high = model.optimizer.rate_range()
    assert (recorded["rate_low"][-1], recorded["rate_high"][-1]) == (low, high)
    # A weight without curvature moves at eta / mu; none moves faster.
    assert 5e-4 / 0.1 * 0.9 < recorded["rate_high"][0] <= 5e-4 / 0.1 * 1.001
    assert recorded["rate_low"][0] < recorded["rate_high"][0] / 10
    # A record adds to the logs, and changes nothing of the model.
    record, logs, weights = TrainingRecord(), {}, model.get_weights()
    record.set_model(model)
    record.on_train_begin()
    record.on_epoch_end(0, logs)
    assert set(logs) == {"rate_low", "rate_high", "C1_untrained", "C3_untrained", "C5_untrained"}
    assert set(logs) < set(recorded)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True))
