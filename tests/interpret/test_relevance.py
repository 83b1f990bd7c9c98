"""Maps of relevance, against finite differences and networks of known answers."""

import keras
import numpy as np
import pytest
from scipy.stats import spearmanr

from lenet_helpers import interpret
from lenet_helpers.preprocessing import to_model_input
from lenet_helpers.training import predict
from tests.interpret.linear import linear_model


def test_the_gradient_finds_its_way_to_the_pixels_of_1998(published, images):
    model = interpret.in_article_form(published)
    labels = predict(model, images).argmax(axis=1)
    moved = interpret.fgsm(images, interpret.fgsm_signs(model, images, labels), 32)
    rows = np.arange(len(images))
    before, after = (predict(model, some)[rows, labels] for some in (images, moved))
    # Its probabilities are often exactly 1, and then some stay so.
    assert (after <= before).all()
    assert (before - after).mean() > 0.2


def test_occlusion_paints_a_square_about_each_pixel(model, images, answers):
    """The margin is the logarithm of the ratio of two probabilities, the digit's and the next."""
    change = interpret.occlusion(model, images[0], answers[0], side=5, fill=200)
    assert change.shape == (28, 28)
    for row, column in [(0, 0), (10, 14), (27, 3)]:
        painted = images[[0]].copy()
        painted[0, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = 200
        before, after = (margin(predict(model, x)[0], answers[0]) for x in (images[[0]], painted))
        assert change[row, column] == pytest.approx(after - before, abs=1e-4)


def margin(probabilities, digit):
    return np.log(probabilities[digit] / np.delete(probabilities, digit).max())


def test_paper_over_paper_changes_nothing(model, images, answers):
    change = interpret.occlusion(model, images[0], answers[0], side=1)
    assert np.abs(change[images[0] == 0]).max() < 1e-6
    assert np.abs(change[images[0] > 0]).max() > 1e-6


@pytest.mark.parametrize("side", [0, 4, -3])
def test_a_square_has_a_centre(side, model, images):
    with pytest.raises(ValueError, match=f"got {side}"):
        interpret.occlusion(model, images[0], 1, side)


def test_saliency_is_the_size_of_the_score_s_derivative(model, images, answers):
    """Central differences, in float64: the score is the logarithm of the odds of softmax's sum."""
    wide = keras.models.clone_model(model, clone_function=in_float64)
    wide.set_weights(model.get_weights())
    saliency = interpret.saliency(model, images[:2], answers[:2])
    inputs = to_model_input(images[:2]).astype("float64")
    for image, row, column in [(0, 10, 14), (0, 20, 8), (1, 5, 20), (1, 14, 14), (1, 27, 27)]:
        ends = []
        for change in (-1e-4, 1e-4):
            moved = inputs[[image]].copy()
            moved[0, row, column] += change
            hidden = keras.Sequential(wide.layers[:-1])(moved)
            last = wide.layers[-1]
            scores = np.asarray(hidden) @ last.kernel.numpy() + last.bias.numpy()
            ends.append(scores[0, answers[image]])
        slope = abs(ends[1] - ends[0]) / 2e-4
        assert saliency[image, row, column] == pytest.approx(slope, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("activation", ["softmax", None])
def test_a_linear_score_has_its_weights_for_a_gradient(activation, images):
    model, digits = linear_model(activation), np.arange(20) % 10
    weights = np.abs(model.layers[-1].kernel.numpy().T.reshape(10, 28, 28))
    np.testing.assert_allclose(
        interpret.saliency(model, images, digits), weights[digits], rtol=1e-5
    )


@pytest.mark.parametrize("digits", [[1, 2], np.ones(20), [[1]] * 20], ids=["few", "float", "2-D"])
def test_every_image_needs_a_digit(digits, model, images):
    with pytest.raises(ValueError, match="one digit, an int, for each of the 20"):
        interpret.saliency(model, images, digits)


def test_drawn_weights_keep_their_scale_and_nothing_else(model):
    copy = interpret.randomised(model, seed=1)
    for layer, other in zip(model.layers, copy.layers, strict=True):
        for learned, drawn in zip(layer.get_weights(), other.get_weights(), strict=True):
            assert not np.array_equal(learned, drawn)
            if learned.size > 1000:
                assert drawn.std() == pytest.approx(learned.std(), rel=0.1)
                assert abs(np.corrcoef(learned.ravel(), drawn.ravel())[0, 1]) < 0.1
    assert copy is not model


def test_a_draw_depends_on_its_seed(model):
    one, same, other = (interpret.randomised(model, seed=seed).get_weights() for seed in (1, 1, 2))
    for drawn, again, another in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(drawn, again)
        assert not np.array_equal(drawn, another)


def test_what_does_not_learn_is_no_draw(published):
    codes = interpret.randomised(published).get_layer("output").get_weights()
    for kept, given in zip(codes, published.get_layer("output").get_weights(), strict=True):
        np.testing.assert_array_equal(kept, given)


def test_the_saliency_map_changes_when_the_weights_are_random(model, images, answers):
    """Adebayo et al. 2018: what explains the network changes when it forgets."""
    networks = model, interpret.randomised(model)
    learned, drawn = (interpret.saliency(network, images, answers) for network in networks)
    assert interpret.rank_correlation(learned, learned).mean() == pytest.approx(1)
    assert interpret.rank_correlation(learned, drawn).mean() < 0.5


def test_rank_correlation_is_spearman_s():
    random = np.random.default_rng(0)
    maps, others = random.integers(0, 9, (2, 4, 5, 6))
    expected = [
        spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(maps, others, strict=True)
    ]
    np.testing.assert_allclose(interpret.rank_correlation(maps, others), expected)


def test_maps_without_order_are_refused():
    with pytest.raises(ValueError, match="same value everywhere"):
        interpret.rank_correlation(np.zeros((2, 3, 3)), np.arange(18).reshape(2, 3, 3))
    with pytest.raises(ValueError, match="shapes differ"):
        interpret.rank_correlation(np.zeros((2, 3, 3)), np.zeros((2, 3, 4)))


def in_float64(layer):
    return type(layer).from_config(layer.get_config() | {"dtype": "float64"})
