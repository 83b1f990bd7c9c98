"""Attacks, against the loss and networks of known answers."""

import numpy as np
import pytest

from lenet_helpers import interpret
from lenet_helpers.data import load_mnist
from lenet_helpers.training import predict
from tests.interpret.linear import linear_model


def test_signs_raise_the_loss(model, images):
    labels = load_mnist().y_train[: len(images)]
    away = interpret.fgsm(images, interpret.fgsm_signs(model, images, labels), 4)
    rows = np.arange(len(images))
    before, after = (predict(model, some)[rows, labels] for some in (images, away))
    assert (after <= before).mean() > 0.9
    assert (after < before).mean() > 0.5  # the others are rounded to 1, before and after


def test_signs_are_those_of_the_loss_where_it_is_not_rounded_away(images):
    """The gradient of softmax's loss for a linear score, written out."""
    model, labels = linear_model(), np.arange(20) % 10
    kernel = model.layers[-1].kernel.numpy().astype(float)
    mean_kernel = predict(model, images).astype(float) @ kernel.T
    loss = (mean_kernel - kernel[:, labels].T).reshape(20, 28, 28)
    clear = np.abs(loss) > 1e-5
    assert clear.mean() > 0.99
    signs = interpret.fgsm_signs(model, images, labels)
    assert signs.dtype == np.int8
    np.testing.assert_array_equal(signs[clear], np.sign(loss)[clear])


def test_signs_stay_where_the_probability_is_rounded_to_one(images):
    model = linear_model()
    model.layers[-1].set_weights([1000 * w for w in model.layers[-1].get_weights()])
    probabilities = predict(model, images)
    rounded = probabilities.max(axis=1) == 1
    assert rounded.sum() > 10
    assert interpret.fgsm_signs(model, images, probabilities.argmax(axis=1))[rounded].all()


@pytest.mark.parametrize("step", [0, 1, 40, 255])
def test_a_step_is_bounded_by_its_size_and_by_the_pixels(step, images):
    signs = np.random.default_rng(0).choice(np.array([-1, 0, 1], np.int8), images.shape)
    moved = interpret.fgsm(images, signs, step)
    assert moved.dtype == np.uint8
    change = moved.astype(int) - images
    assert np.abs(change).max() == step
    free = (images >= step) & (images <= 255 - step)
    np.testing.assert_array_equal(change[free], step * signs[free].astype(int))
    assert (change * signs >= 0).all()


@pytest.mark.parametrize("step", [-1, 256])
def test_a_step_beyond_the_grey_levels_is_refused(step, images):
    with pytest.raises(ValueError, match=f"got {step}"):
        interpret.fgsm(images, np.zeros(images.shape, np.int8), step)
    with pytest.raises(ValueError, match="differ in shape"):
        interpret.fgsm(images, np.zeros((1, 28, 28), np.int8), 3)
