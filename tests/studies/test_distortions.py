"""Distortions of training images: what is moved where, and what is refused."""

import numpy as np
import pytest
from scipy import ndimage

from lenet_helpers.studies.distortions import random_affine, random_elastic

STILL = {"translation": 0, "scaling": 0, "squeezing": 0, "shearing": 0}


@pytest.fixture
def images():
    """Return four blobs, each somewhere else, so that every move shows."""
    numbers = np.random.default_rng(0)
    spots = np.zeros((4, 28, 28))
    for spot in spots:
        spot[tuple(numbers.integers(9, 19, (2, 5)))] = 1
    blobs = ndimage.gaussian_filter(spots, (0, 1.5, 1.5))
    return (255 * blobs / blobs.max()).astype("uint8")


def distort(function, images, seed=3, **settings):
    return function(images, np.random.default_rng(seed), **settings)


def centre_of_mass(image):
    return np.array(ndimage.center_of_mass(image.astype(float)))


@pytest.mark.parametrize("function", [random_affine, random_elastic])
def test_the_same_numbers_distort_in_the_same_way(function, images):
    once, again = distort(function, images), distort(function, images)
    assert once.dtype == np.uint8
    assert once.shape == images.shape
    np.testing.assert_array_equal(once, again)
    assert (once != distort(function, images, seed=4)).any()


def test_nothing_asked_for_changes_nothing(images):
    np.testing.assert_array_equal(distort(random_affine, images, **STILL), images)
    still = distort(random_elastic, images, displacement=0, **STILL)
    np.testing.assert_array_equal(still, images)


def test_some_images_are_kept(images):
    np.testing.assert_array_equal(distort(random_affine, images, kept=1), images)


def test_without_bending_elastic_is_affine(images):
    affine = distort(random_affine, images, kept=0).astype(int)
    elastic = distort(random_elastic, images, displacement=0).astype(int)
    assert abs(affine - images).max() > 20
    assert abs(affine - elastic).max() <= 1


def test_a_translation_moves_by_whole_pixels_within_its_limits(images):
    moved = distort(random_affine, images, kept=0, **(STILL | {"translation": 2}))
    for before, after in zip(images, moved, strict=True):
        shift = centre_of_mass(after) - centre_of_mass(before)
        assert 0.05 < abs(shift).max() <= 2.1


def test_a_rotation_turns_about_the_middle_and_changes_no_size(images):
    turned = distort(random_elastic, images, displacement=0, rotation=30, **STILL)
    middle = np.array([13.5, 13.5])
    for before, after in zip(images, turned, strict=True):
        old, new = (centre_of_mass(one) - middle for one in (before, after))
        assert np.linalg.norm(new) == pytest.approx(np.linalg.norm(old), abs=0.1)
        assert after.mean() == pytest.approx(before.mean(), rel=0.03)
    assert abs(turned.astype(int) - images).max() > 20


def test_displacements_have_the_size_and_the_smoothness_asked_for():
    # Of an image that is its own column number, what comes out tells where it was taken from.
    columns = np.tile(np.arange(0, 224, 8, dtype="uint8"), (500, 28, 1))
    bent = distort(random_elastic, columns, displacement=1.5, smoothness=4, **STILL)
    moves = (bent[:, 8:20, 8:20].astype(float) - columns[:, 8:20, 8:20]) / 8
    assert np.sqrt((moves**2).mean()) == pytest.approx(1.5, rel=0.05)
    neighbours = np.corrcoef(moves[:, :, :-1].ravel(), moves[:, :, 1:].ravel())[0, 1]
    # Two Gaussians of width 4, one pixel apart, overlap so much.
    assert neighbours == pytest.approx(np.exp(-1 / (4 * 4**2)), abs=0.01)


@pytest.mark.parametrize("function", [random_affine, random_elastic])
@pytest.mark.parametrize("wrong", [np.zeros((2, 28, 28)), np.zeros((28, 28), "uint8"), [[1]]])
def test_anything_but_stored_images_is_refused(function, wrong):
    with pytest.raises(ValueError, match=r"images must be \(N, height, width\) uint8"):
        distort(function, wrong)
