"""The losses against the papers' formulas, in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lenet_helpers.lenet1998.losses import MeanDistance, RBFLoss, SmallestDistance
from tests.lenet1998 import paper

J = 3.0
DISTANCES = np.random.default_rng(0).uniform(0, 8, (6, 10))
LABELS = np.array([0, 3, 9, 3, 5, 1])


def loss_of(loss, distances, labels=LABELS):
    return float(loss(tf.constant(labels), tf.constant(distances)))


@pytest.mark.parametrize("scale", [1, 100, 0.01])
@pytest.mark.parametrize("j", [J, 0.0, 60.0])
def test_equation_9(scale, j):
    distances = scale * DISTANCES
    expected = [
        paper.discriminative(y, label, j) for y, label in zip(distances, LABELS, strict=True)
    ]
    found = loss_of(RBFLoss(j, dtype="float64"), distances)
    assert found == pytest.approx(np.mean(expected), rel=1e-13)


def test_equation_9_far_away():
    far = np.full((1, 10), 1e4)
    label = np.array([4])
    # exp(-1000) and exp(-10000) are 0: a plain logarithm of their sum would be infinite.
    assert loss_of(RBFLoss(1e3, dtype="float64"), far, label) == pytest.approx(9e3, rel=1e-14)
    assert loss_of(RBFLoss(J, dtype="float64"), far, label) == pytest.approx(1e4 - J, rel=1e-14)
    assert loss_of(RBFLoss(J), far.astype("float32"), label) == pytest.approx(1e4 - J, rel=1e-6)
    far[0, 4] = 0
    assert loss_of(RBFLoss(J), far.astype("float32"), label) == pytest.approx(
        np.log1p(np.exp(-J)), rel=1e-5
    )


@pytest.mark.parametrize("distance", [0.0, 1e4])
def test_gradients_stay_finite(distance):
    distances = tf.constant(np.full((1, 10), distance, "float32"))
    with tf.GradientTape() as tape:
        tape.watch(distances)
        loss = RBFLoss(J)(tf.constant([2]), distances)
    assert np.isfinite(tape.gradient(loss, distances)).all()


def test_gradients_of_equation_9():
    distances = tf.constant(DISTANCES[:1])
    with tf.GradientTape() as tape:
        tape.watch(distances)
        loss = RBFLoss(J, dtype="float64")(tf.constant(LABELS[:1]), distances)
    expected, _ = paper.by_distances(DISTANCES[0], LABELS[0], J)
    np.testing.assert_allclose(tape.gradient(loss, distances)[0], expected, rtol=1e-12, atol=1e-15)


def test_equation_8():
    expected = [paper.mean_distance(y, label) for y, label in zip(DISTANCES, LABELS, strict=True)]
    found = loss_of(MeanDistance(dtype="float64"), DISTANCES)
    assert found == pytest.approx(np.mean(expected), rel=1e-14)


def test_labels_may_come_as_a_column():
    column = LABELS[:, np.newaxis]
    for loss in (RBFLoss(J), MeanDistance()):
        assert loss_of(loss, DISTANCES, column) == loss_of(loss, DISTANCES)


@pytest.mark.parametrize("loss", [RBFLoss(J, dtype="float64"), MeanDistance(dtype="float64")])
def test_second_derivatives_by_the_states_are_exact(loss):
    numbers = np.random.default_rng(1)
    x, codes = numbers.normal(size=(2, 7)), numbers.choice([-1.0, 1.0], (10, 7))
    labels = np.array([3, 8])
    truth = tf.one_hot(labels, 10, dtype="float64")
    found = loss.second_derivatives(truth, tf.constant(x[:, np.newaxis] - codes))
    j = getattr(loss, "rubbish", None)
    for state, label, second in zip(x, labels, found, strict=True):
        np.testing.assert_allclose(second, paper.by_states(state, codes, label, j)[1], rtol=1e-12)
        np.testing.assert_allclose(second, bends(loss, state, codes, label), rtol=1e-5, atol=1e-5)
        assert (second.numpy() >= 0).all()


def bends(loss, x, codes, label, step=1e-4):
    """Second differences of the loss by each of the states."""

    def value(x):
        return loss_of(loss, paper.distances(x, codes)[np.newaxis], np.array([label]))

    moves = step * np.eye(len(x))
    return [(value(x + move) - 2 * value(x) + value(x - move)) / step**2 for move in moves]


def test_accuracy_counts_the_smallest_distance():
    metric = SmallestDistance()
    assert metric.name == "accuracy"
    distances = tf.constant([[1.0, 0.5, 2.0], [0.1, 3.0, 0.2], [5.0, 4.0, 4.5], [9.0, 9.0, 8.0]])
    metric.update_state(tf.constant([1, 2, 1, 2]), distances)
    assert float(metric.result()) == 3 / 4
    metric.update_state(tf.constant([[0]]), distances[:1])
    assert float(metric.result()) == pytest.approx(3 / 5)


MADE = [RBFLoss(J, name="mine"), MeanDistance(), SmallestDistance()]


@pytest.mark.parametrize("made", MADE)
def test_serialisation(made):
    config = keras.saving.serialize_keras_object(made)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
