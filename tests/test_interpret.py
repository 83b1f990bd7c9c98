"""What is said of a network's inside, against finite differences and networks of known answers."""

import keras
import numpy as np
import pytest
from keras import layers
from scipy.stats import spearmanr
from skimage.filters import sobel

from lenet_helpers import interpret
from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.data import load_mnist
from lenet_helpers.evaluation import label_errors
from lenet_helpers.models import C3_TABLE
from lenet_helpers.preprocessing import to_model_input, to_paper_input
from lenet_helpers.training import predict


@pytest.fixture(scope="module")
def model():
    return load_checkpoint("article_lenet5")


@pytest.fixture(scope="module")
def published():
    return load_checkpoint("lenet5_1998")


@pytest.fixture(scope="module")
def images():
    return load_mnist().x_train[:20]


@pytest.fixture(scope="module")
def answers(model, images):
    return predict(model, images).argmax(axis=1)


def linear_model(activation="softmax"):
    """Every score is a weighted sum of the pixels: its gradient is known."""
    keras.utils.set_random_seed(0)
    dense = layers.Dense(10, activation=activation, name="output")
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(name="flatten"), dense])


# Layers


def test_each_layer_s_output_is_what_the_next_one_reads(model, images):
    outputs = interpret.layer_outputs(model, images)
    assert list(outputs) == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(outputs["flatten"], outputs["S4"].reshape(len(images), -1))
    pooled = outputs["C1"].reshape(-1, 12, 2, 12, 2, 6).mean(axis=(2, 4))
    np.testing.assert_allclose(outputs["S2"], pooled, atol=1e-6)
    np.testing.assert_allclose(outputs["output"], predict(model, images), atol=1e-5)


@pytest.mark.parametrize("name", ["C1", "S4", "C5", "output"])
def test_one_layer_s_output_is_the_same_for_many_images(name, model, images):
    expected = interpret.layer_outputs(model, images)[name]
    np.testing.assert_allclose(interpret.layer_output(model, images, name), expected, atol=1e-5)


def test_an_unknown_layer_names_the_known_ones(model, images):
    with pytest.raises(ValueError, match=r"'F6'.*C1, S2, C3, S4, flatten, C5, output"):
        interpret.layer_output(model, images, "F6")
    with pytest.raises(ValueError, match="F6"):
        interpret.randomised(model, ["C1", "F6"])


def test_the_norm_of_a_kernel_is_that_of_its_weights(model):
    kernel = model.get_layer("C3").kernel.numpy()
    norms = interpret.kernel_norms(model.get_layer("C3"))
    assert norms.shape == (6, 16)
    assert norms[2, 11] == pytest.approx(np.linalg.norm(kernel[:, :, 2, 11]))
    with pytest.raises(ValueError, match="C5 is no convolution"):
        interpret.kernel_norms(model.get_layer("C5"))
    with pytest.raises(ValueError, match="S2 is no convolution"):
        interpret.kernel_norms(model.get_layer("S2"))


def test_where_the_table_connects_nothing_the_norm_is_zero(published):
    layer = published.get_layer("C3")
    norms = interpret.kernel_norms(layer)
    np.testing.assert_array_equal(norms > 0, C3_TABLE)
    assert norms[0, 4] == pytest.approx(np.linalg.norm(layer.kernel.numpy()[:, :, 1]))


# LeNet-5 as published


def test_the_nearest_code_is_the_most_probable(published, images):
    distances = predict(published, images, to_paper_input)
    likelihoods = np.exp(-distances.astype(float))
    expected = likelihoods / likelihoods.sum(axis=1, keepdims=True)
    found = predict(interpret.in_article_form(published), images)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_gradient_finds_its_way_to_the_pixels_of_1998(published, images):
    model = interpret.in_article_form(published)
    labels = predict(model, images).argmax(axis=1)
    moved = interpret.fgsm(images, interpret.fgsm_signs(model, images, labels), 32)
    rows = np.arange(len(images))
    before, after = (predict(model, some)[rows, labels] for some in (images, moved))
    assert (after < before).mean() > 0.5
    assert list(interpret.cascade(model)) == ["F6", "C5", "S4", "C3", "S2", "C1"]


# Occlusion


def test_occlusion_paints_a_square_about_each_pixel(model, images, answers):
    lost = interpret.occlusion(model, images[0], answers[0], side=5, fill=200)
    assert lost.shape == (28, 28)
    for row, column in [(0, 0), (10, 14), (27, 3)]:
        painted = images[[0]].copy()
        painted[0, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = 200
        before, after = (predict(model, x)[0, answers[0]] for x in (images[[0]], painted))
        assert lost[row, column] == pytest.approx(before - after, abs=1e-5)


def test_paper_over_paper_changes_nothing(model, images):
    probabilities = predict(model, images)
    unsure = probabilities.max(axis=1).argmin()  # where one pixel can be felt
    image = images[unsure]
    lost = interpret.occlusion(model, image, probabilities[unsure].argmax(), side=1)
    assert np.abs(lost[image == 0]).max() < 1e-6
    assert np.abs(lost[image > 0]).max() > 1e-6


@pytest.mark.parametrize("side", [0, 4, -3])
def test_a_square_has_a_centre(side, model, images):
    with pytest.raises(ValueError, match=f"got {side}"):
        interpret.occlusion(model, images[0], 1, side)


# Saliency


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


def in_float64(layer):
    return type(layer).from_config(layer.get_config() | {"dtype": "float64"})


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


# The randomisation test


def test_drawn_weights_keep_their_scale_and_nothing_else(model):
    copy = interpret.randomised(model, ["C3"], seed=1)
    for layer, other in zip(model.layers, copy.layers, strict=True):
        for learned, drawn in zip(layer.get_weights(), other.get_weights(), strict=True):
            if layer.name != "C3":
                np.testing.assert_array_equal(learned, drawn)
            elif learned.size > 100:
                assert drawn.std() == pytest.approx(learned.std(), rel=0.1)
                assert abs(np.corrcoef(learned.ravel(), drawn.ravel())[0, 1]) < 0.1
    assert copy is not model


def test_a_draw_depends_on_its_seed_and_its_layer_alone(model):
    one = interpret.randomised(model, ["C3"], seed=1).get_layer("C3").get_weights()[0]
    both = interpret.randomised(model, ["C1", "C3"], seed=1).get_layer("C3").get_weights()[0]
    other = interpret.randomised(model, ["C3"], seed=2).get_layer("C3").get_weights()[0]
    np.testing.assert_array_equal(one, both)
    assert not np.array_equal(one, other)


def test_the_cascade_goes_from_the_output_to_the_input(model):
    stages = interpret.cascade(model)
    assert list(stages) == ["output", "C5", "C3", "C1"]
    drawn = [
        [
            layer.name
            for layer in stage.layers
            if layer.get_weights()
            and not np.array_equal(
                layer.get_weights()[0], model.get_layer(layer.name).get_weights()[0]
            )
        ]
        for stage in stages.values()
    ]
    assert drawn == [
        ["output"],
        ["C5", "output"],
        ["C3", "C5", "output"],
        ["C1", "C3", "C5", "output"],
    ]


def test_the_saliency_map_passes_the_randomisation_test_and_edges_fail(model, images, answers):
    """Adebayo et al. 2018: what explains the network changes with every layer that forgets."""
    gradient = [
        interpret.saliency(network, images, answers)
        for network in [model, *interpret.cascade(model).values()]
    ]
    alike = [interpret.rank_correlation(gradient[0], later).mean() for later in gradient]
    assert alike[0] == pytest.approx(1)
    assert max(alike[1:]) < 0.7
    assert alike[-1] < 0.5
    edges = np.stack([sobel(image) for image in images])
    assert interpret.rank_correlation(edges, edges).min() == pytest.approx(1)


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


# The fast gradient sign method


def test_signs_raise_the_loss_and_targets_lower_theirs(model, images):
    labels = load_mnist().y_train[: len(images)]
    targets = (labels + 1) % 10
    away = interpret.fgsm(images, interpret.fgsm_signs(model, images, labels), 4)
    towards = interpret.fgsm(images, interpret.fgsm_signs(model, images, labels, targets), 4)
    rows = np.arange(len(images))
    before, after = (predict(model, some)[rows, labels] for some in (images, away))
    assert (after <= before).mean() > 0.9
    assert (after < before).mean() > 0.5  # the others are rounded to 1, before and after
    before, after = (predict(model, some)[rows, targets] for some in (images, towards))
    assert (after > before).mean() > 0.9


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


def test_answers_by_step_are_those_after_each_step(model, images):
    signs = interpret.fgsm_signs(model, images[:1], np.array([load_mnist().y_train[0]]))[0]
    found = interpret.answers_by_step(model, images[0], signs)
    assert found.shape == (256,)
    for step in (0, 7, 255):
        moved = interpret.fgsm(images[:1], signs[np.newaxis], step)
        assert found[step] == predict(model, moved)[0].argmax()


# Label errors


def test_the_doubted_labels_are_the_published_ones():
    table = label_errors()
    votes = table.filter(like="votes_")
    assert len(table) == 15
    assert (votes.sum(axis=1) == 5).all()
    assert (table["votes_label"] < 3).all()
    assert (table["votes_suggested"] >= 3).sum() == 10  # the paper's counts: 10 corrected,
    assert (table["votes_neither"] >= 3).sum() == 3  # 3 that show neither digit,
    assert (votes.max(axis=1) < 3).sum() == 2  # and 2 without a majority


def test_the_doubted_labels_are_those_of_the_test_set():
    digits = load_mnist()
    if not digits.is_full:
        pytest.skip("the sample holds no test images of MNIST")
    table = label_errors()
    np.testing.assert_array_equal(digits.y_test[table["image"]], table["label"])
