"""Distortions: nothing at their neutral severity, and else in the direction and amount they say."""

import numpy as np
import pytest

from lenet_helpers.data import load_mnist
from lenet_helpers.interpret.corruptions import (
    CORRUPTIONS,
    add_noise,
    contrast,
    robustness,
    rotate,
    scale,
    translate,
)

EACH = pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)
NOTHING = {"translation": 0, "rotation": 0, "scale": 1, "noise": 0, "contrast": 1}


@pytest.fixture(scope="module")
def images():
    return load_mnist().x_train[:50]


@pytest.fixture
def square():
    """Four full pixels off the centre: rows 10 and 11, columns 16 and 17."""
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10:12, 16:18] = 255
    return image


def centre_of_mass(images):
    places = np.indices(images.shape[1:])
    return np.einsum("nij,aij->na", images.astype(float), places) / images.sum(axis=(1, 2))[:, None]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_neutral_severity_is_measured_and_changes_nothing(name, images):
    corruption = CORRUPTIONS[name]
    assert NOTHING[name] in corruption.severities
    np.testing.assert_array_equal(corruption.apply(images, NOTHING[name]), images)


@EACH
def test_severities_are_in_order(corruption):
    assert list(corruption.severities) in (
        sorted(corruption.severities),
        sorted(corruption.severities, reverse=True),
    )


@EACH
def test_images_keep_shape_and_type_and_are_left_as_they_were(corruption, images):
    before = images.copy()
    for severity in corruption.severities:
        after = corruption.apply(images, severity)
        assert after.shape == images.shape
        assert after.dtype == np.uint8
        assert not np.shares_memory(after, images)
        assert severity in NOTHING.values() or not np.array_equal(after, images)
    np.testing.assert_array_equal(images, before)


@EACH
def test_an_image_is_distorted_as_if_it_were_alone(corruption, images):
    if corruption.apply is add_noise:
        pytest.skip("noise is drawn for all images at once")
    severity = corruption.severities[-1]
    together, alone = (corruption.apply(some, severity) for some in (images[:5], images[3:4]))
    np.testing.assert_array_equal(together[3:4], alone)


@EACH
@pytest.mark.parametrize(
    "bad, error",
    [
        (np.zeros((2, 28, 28)), TypeError),
        (np.zeros((28, 28), np.uint8), ValueError),
        (np.zeros((2, 28, 28, 1), np.uint8), ValueError),
        ([[0]], TypeError),
    ],
    ids=["float", "one image", "channel axis", "list"],
)
def test_other_images_are_refused(corruption, bad, error):
    with pytest.raises(error, match="Images"):
        corruption.apply(bad, corruption.severities[0])


# Geometry


def test_a_translation_moves_to_the_right_by_whole_pixels(square):
    np.testing.assert_array_equal(translate(square, 5), np.roll(square, 5, axis=2))
    np.testing.assert_array_equal(translate(square, -5), np.roll(square, -5, axis=2))


def test_a_translation_by_part_of_a_pixel_shares_the_ink(square):
    moved = translate(square, 0.25)[0, 10]
    assert list(moved[15:20]) == [0, 191, 255, 64, 0]


def test_what_leaves_the_image_is_gone(square):
    assert translate(square, 11)[0, 10:12].sum() == 2 * 255
    assert not translate(square, 20).any()


def test_a_rotation_is_anticlockwise(square):
    np.testing.assert_array_equal(rotate(square, 90), np.rot90(square, axes=(1, 2)))
    np.testing.assert_array_equal(rotate(square, -90), np.rot90(square, -1, axes=(1, 2)))


@pytest.mark.parametrize("degrees", [360, -720])
def test_a_full_turn_changes_nothing(degrees, images):
    np.testing.assert_array_equal(rotate(images, degrees), images)


def test_a_rotation_turns_the_centre_of_mass_by_its_angle(square):
    row, column = (centre_of_mass(square) - 13.5)[0]
    down, right = (centre_of_mass(rotate(square, 30)) - 13.5)[0]
    turned = np.rad2deg(np.arctan2(-down, right) - np.arctan2(-row, column))
    assert turned == pytest.approx(30, abs=1)


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.3, 1.5])
def test_a_scale_multiplies_distances_from_the_centre(factor, square):
    before, after = (centre_of_mass(some) - 13.5 for some in (square, scale(square, factor)))
    np.testing.assert_allclose(after, factor * before, atol=0.05)


@pytest.mark.parametrize("factor, off", [(0.4, 0.1), (0.5, 0.1), (0.6, 0.4), (0.7, 0.35)])
def test_no_thin_stroke_falls_between_the_pixels(factor, off):
    strokes = np.zeros((28, 28, 28), np.uint8)
    strokes[np.arange(28), :, np.arange(28)] = 255
    ink = scale(strokes[6:22], factor).astype(float).sum(axis=(1, 2))
    np.testing.assert_allclose(ink, factor**2 * 28 * 255, rtol=off)


# Ink


def test_noise_has_its_deviation_and_is_the_same_each_time():
    grey = np.full((20, 28, 28), 128, np.uint8)
    noisy = add_noise(grey, 0.1).astype(float)
    assert noisy.std() / 255 == pytest.approx(0.1, rel=0.03)
    assert noisy.mean() == pytest.approx(128, abs=1)
    np.testing.assert_array_equal(add_noise(grey, 0.1), noisy)


def test_noise_stays_between_paper_and_ink():
    noisy = add_noise(np.full((2, 28, 28), 128, np.uint8), 50)
    assert np.isin(noisy, [0, 255]).mean() > 0.95


def test_contrast_keeps_the_mean_and_shrinks_what_differs_from_it(images):
    flat = contrast(images, 0.4).astype(float)
    np.testing.assert_allclose(flat.mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=0.5)
    np.testing.assert_allclose(flat.std(axis=(1, 2)), 0.4 * images.std(axis=(1, 2)), rtol=0.02)
    assert contrast(images, 0).std(axis=(1, 2)).max() == 0


@pytest.mark.parametrize(
    "apply, severity", [(scale, 0), (scale, -1), (add_noise, -0.1), (contrast, -0.5)]
)
def test_a_severity_without_meaning_is_refused(apply, severity, images):
    with pytest.raises(ValueError, match=f"got {severity}"):
        apply(images, severity)


# The table


def test_the_table_counts_what_a_classifier_reads(square):
    images, labels = np.concatenate([square] * 3), np.array([4, 4, 1])
    some = {name: CORRUPTIONS[name] for name in ("translation", "scale")}

    def answer(given):
        still_there = given[:, 10:12, 16:18].min(axis=(1, 2)) == 255
        return np.where(still_there, 4, 1)

    readers = {"looks": answer, "guesses": lambda given: np.ones(len(given), int)}
    table = robustness(readers, images, labels, some)
    assert len(table) == 2 * sum(len(one.severities) for one in some.values())
    assert (table[table["reader"] == "guesses"]["right"] == 1).all()
    by_severity = table[table["reader"] == "looks"].set_index(["corruption", "severity"])
    assert by_severity["right"]["translation", 0] == 2
    assert by_severity["right"]["translation", 2] == 1
    assert by_severity.loc[("scale", 1), "images"] == 3


@pytest.mark.parametrize("count", [0, 2])
def test_images_need_as_many_labels(count, square):
    with pytest.raises(ValueError, match=f"1 images, {count} labels"):
        robustness({}, square, np.zeros(count, int), CORRUPTIONS)
    with pytest.raises(ValueError, match="0 images"):
        robustness({}, square[:0], np.zeros(0, int), CORRUPTIONS)
