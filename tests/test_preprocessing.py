"""Pixels become model input in one way only, and validation is what Keras takes."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from lenet_helpers.preprocessing import (
    split_validation,
    split_writers,
    to_deslanted_input,
    to_model_input,
    to_one_width_input,
    to_paper_input,
)
from lenet_helpers.studies.distortions import random_affine


@pytest.fixture
def images():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    pixels[0, 0, :2] = 0, 255
    return pixels


def test_numpy_images_become_model_input(images):
    model_input = to_model_input(images)
    assert model_input.dtype == np.float32
    assert model_input.shape == (5, 28, 28, 1)
    assert (model_input.min(), model_input.max()) == (0, 1)
    np.testing.assert_array_equal(np.rint(model_input[..., 0] * 255), images)


def test_images_are_not_changed(images):
    before = images.copy()
    to_model_input(images)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "prepare, given, off",
    [
        (to_model_input, "images", 1e-7),
        (to_paper_input, "images", 1e-6),
        (to_deslanted_input, "strokes", 1e-5),
        (to_one_width_input, "bars", 1e-5),
    ],
)
def test_a_compiled_step_gives_what_numpy_gives(prepare, given, off, jit_compile, request):
    images = request.getfixturevalue(given)
    found = tf.function(prepare, jit_compile=jit_compile)(tf.constant(images))
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, prepare(images), rtol=0, atol=off)


def test_a_compiled_step_takes_batches_of_any_size():
    step = tf.function(to_model_input).get_concrete_function(tf.TensorSpec((None, 28, 28), "uint8"))
    assert step.output_shapes.as_list() == [None, 28, 28, 1]


def test_no_images_are_no_error():
    assert to_model_input(np.empty((0, 28, 28), np.uint8)).shape == (0, 28, 28, 1)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_scaled_images_are_refused(images, dtype):
    with pytest.raises(TypeError, match=f"{dtype}: they look scaled already"):
        to_model_input((images / 255).astype(dtype))
    with pytest.raises(TypeError, match="scaled already"):
        to_model_input(tf.constant(images / 255, dtype))


@pytest.mark.parametrize("dtype", ["int8", "int64", "bool"])
def test_other_types_are_refused(images, dtype):
    with pytest.raises(TypeError, match=f"{dtype}; give the stored uint8"):
        to_model_input(images.astype(dtype))


@pytest.mark.parametrize("thing", [[[0]], None, "images"])
def test_what_is_no_array_is_refused(thing):
    with pytest.raises(TypeError, match="must be an array of uint8"):
        to_model_input(thing)


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((28, 28), r"image\[np.newaxis\]"),
        ((5, 28, 28, 1), "channel axis already"),
        ((5, 784), "28 by 28"),
        ((5, 32, 32), "28 by 28"),
        ((), "28 by 28"),
    ],
)
def test_other_shapes_are_refused_with_the_remedy(shape, remedy):
    with pytest.raises(ValueError, match=remedy):
        to_model_input(np.zeros(shape, np.uint8))


# --- the paper's input ---------------------------------------------------------------------------


def test_a_border_of_background_then_the_papers_scale(images):
    found = to_paper_input(images)
    assert found.dtype == np.float32
    assert found.shape == (5, 32, 32, 1)
    np.testing.assert_allclose(found[:, 2:-2, 2:-2, 0], -0.1 + 1.275 * (images / 255), atol=1e-6)
    border = np.ones((32, 32), bool)
    border[2:-2, 2:-2] = False
    np.testing.assert_allclose(found[:, border], -0.1, atol=1e-7)
    np.testing.assert_allclose([found.min(), found.max()], [-0.1, 1.175], atol=1e-6)


def test_what_is_scaled_or_padded_already_is_no_input_of_the_paper(images):
    with pytest.raises(TypeError, match="float32: they look scaled already"):
        to_paper_input(to_model_input(images)[..., 0])
    with pytest.raises(TypeError, match="scaled already"):
        to_paper_input(to_paper_input(images))
    with pytest.raises(ValueError, match=r"\(5, 32, 32\); expected \(N, 28, 28\)"):
        to_paper_input(np.pad(images, [(0, 0), (2, 2), (2, 2)]))


# --- deslanted -----------------------------------------------------------------------------------


@pytest.fixture
def strokes():
    """A stroke that leans to the right, one that leans to the left, one upright, and no ink."""
    pixels = np.zeros((4, 28, 28), np.uint8)
    for y in range(6, 22):
        for image, slant in enumerate((-0.5, 0.3, 0)):
            pixels[image, y, round(14 + slant * (y - 13.5)) + np.arange(-1, 2)] = 200
    return pixels


def test_a_stroke_that_leans_is_upright_afterwards(strokes):
    found = to_deslanted_input(strokes)
    assert found.dtype == np.float32
    assert found.shape == (4, 28, 28, 1)
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.abs(_slants(to_model_input(strokes))[:2]).min() > 0.25
    np.testing.assert_allclose(_slants(found), 0, atol=1e-5)


def test_each_row_keeps_its_ink_and_what_is_upright_stays(strokes):
    found, before = to_deslanted_input(strokes), to_model_input(strokes)
    np.testing.assert_allclose(found.sum(2), before.sum(2), atol=1e-4)
    np.testing.assert_allclose(found[2:], before[2:], atol=1e-4)


def test_a_digit_and_its_sheared_copy_become_alike(strokes):
    limits = {"translation": 0, "scaling": 0, "squeezing": 0, "shearing": 0.4, "kept": 0}
    sheared = random_affine(strokes, np.random.default_rng(0), **limits)
    apart = np.abs(to_model_input(sheared) - to_model_input(strokes)).mean()
    left = np.abs(to_deslanted_input(sheared) - to_deslanted_input(strokes)).mean()
    assert left < apart / 3


def test_what_is_scaled_already_is_not_deslanted(images):
    with pytest.raises(TypeError, match="float32: they look scaled already"):
        to_deslanted_input(to_model_input(images)[..., 0])


# --- one width -----------------------------------------------------------------------------------


@pytest.fixture
def bars():
    """Bars of full ink, 20, 3 and 14 pixels wide, off the centre, and no ink."""
    pixels = np.zeros((4, 28, 28), np.uint8)
    for image, (first, width) in enumerate([(1, 20), (22, 3), (6, 14)]):
        pixels[image, 6:20, first : first + width] = 255
    return pixels


def test_digits_become_of_one_width_and_stand_in_the_centre(bars):
    found = to_one_width_input(bars)
    assert found.dtype == np.float32
    assert found.shape == (4, 28, 28, 1)
    expected = np.zeros((28, 28), "float32")
    expected[6:20, 7:21] = 1
    inked = found[..., 0] >= 0.5
    np.testing.assert_array_equal(inked[:3], np.tile(expected >= 0.5, (3, 1, 1)))
    np.testing.assert_allclose(found[2, ..., 0], expected, atol=1e-5)
    np.testing.assert_array_equal(found[3], 0)


def test_faint_ink_does_not_count_and_without_other_nothing_changes(bars):
    faint = bars // 4
    np.testing.assert_allclose(to_one_width_input(faint), to_model_input(faint), atol=1e-6)
    bars[2, 10, :3] = 20
    inked = to_one_width_input(bars)[2, ..., 0] >= 0.5
    np.testing.assert_array_equal(inked.any(0), (np.arange(28) >= 7) & (np.arange(28) < 21))


def _slants(inputs):
    """Covariance of row and column, by NumPy's own formula, of each image with ink."""
    y, x = np.mgrid[:28, :28]
    inked = [image[..., 0].ravel() for image in inputs if image.any()]
    return np.array([np.cov(x.ravel(), y.ravel(), aweights=ink)[0, 1] for ink in inked])


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_the_split_is_the_one_that_keras_makes():
    for n in (10, 11, 59, 100):
        for fraction in (0.1, 0.25, 0.33):
            training, validation = split_validation(n, fraction)
            numbers = np.arange(n, dtype="float32")
            assert _means_that_fit_sees(numbers, fraction) == pytest.approx(
                (numbers[training].mean(), numbers[validation].mean())
            )


def test_the_article_validates_on_the_last_6000():
    assert split_validation(60000) == (slice(0, 54000), slice(54000, 60000))


@pytest.mark.parametrize(("n", "fraction"), [(0, 0.1), (1, 0.5), (10, 0), (10, 1), (10, -0.1)])
def test_an_empty_part_is_refused(n, fraction):
    with pytest.raises(ValueError, match="one part empty"):
        split_validation(n, fraction)


def test_chapters_1_and_2_open_without_tensorflow():
    code = (
        "import sys; from lenet_helpers import data, plots, preprocessing; "
        "import numpy as np; preprocessing.to_model_input(np.zeros((1, 28, 28), np.uint8)); "
        "print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def _means_that_fit_sees(numbers, fraction):
    """Return the mean of what `fit` trains on and of what it validates on, read off its losses."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Activation("linear")])
    model.compile(loss="mae")
    history = model.fit(
        numbers[:, np.newaxis],
        np.zeros(len(numbers)),
        batch_size=len(numbers),
        validation_split=fraction,
        verbose=0,
    ).history
    return history["loss"][0], history["val_loss"][0]


# --- writers -------------------------------------------------------------------------------------


@pytest.fixture
def writers():
    """Who wrote each of 3,000 examples, in no order: about 60 people, some much and some little."""
    numbers = np.random.default_rng(0)
    return numbers.integers(100, 100 + numbers.integers(20, 60, 3000)).astype("int16")


@pytest.mark.parametrize("seed", range(5))
def test_nobody_wrote_both_training_and_validation(writers, seed):
    training, validation = split_writers(writers, 0.1, seed)
    assert not set(writers[training]) & set(writers[validation])
    assert len(validation) == 300
    both = np.concatenate([training, validation])
    np.testing.assert_array_equal(np.sort(both), np.arange(3000))
    for part in (training, validation):
        assert (np.diff(part) > 0).all()


def test_the_seed_draws_the_writers(writers):
    drawn = [split_writers(writers, seed=seed)[1] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_every_writer_is_drawn_about_as_often_as_another():
    everyone = np.repeat(np.arange(40), 10)
    drawn = [np.unique(everyone[split_writers(everyone, 0.1, seed)[1]]) for seed in range(300)]
    counts = np.bincount(np.concatenate(drawn), minlength=40)
    assert counts.sum() == 300 * 4
    # 30 times each; the standard deviation is 5.2.
    assert np.abs(counts - 30).max() < 5 * 5.2


def test_writers_who_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="No writers wrote exactly 10 of these 100 examples"):
        split_writers(np.repeat([0, 1, 2, 3], 25))
