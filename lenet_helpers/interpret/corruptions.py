"""Digits distorted in five measured ways, and what a classifier still reads of them.

Each function takes images (N, 28, 28) uint8 and returns new ones of the same shape and type, in
each call the same. Positions between pixels are interpolated linearly, and what comes in from
outside is paper.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import ndimage

from lenet_helpers.preprocessing import INK, check_images

CENTRE = np.array([13.5, 13.5])  # of 28 by 28 pixels, as (row, column)


def translate(images, pixels):
    """Move the ink to the right by a number of pixels, or to the left if it is negative."""
    check_images(images)
    return _resampled(images, np.eye(2), CENTRE - (0, pixels))


def rotate(images, degrees):
    """Turn the ink about the image's centre, anticlockwise for positive degrees."""
    check_images(images)
    angle = np.deg2rad(degrees)
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return _resampled(images, turned, CENTRE)


def scale(images, factor):
    """Draw the ink larger (factor > 1) or smaller (0 < factor < 1) about the image's centre.

    Before it is made smaller the ink is blurred, so that thin strokes do not fall between the new
    pixels: with the interpolation after it, the blur is as wide as interpolation between these.
    Raises ValueError if the factor is not positive.
    """
    if not factor > 0:
        raise ValueError(f"factor must be positive, got {factor}")
    check_images(images)
    # Linear interpolation between points d apart has the variance d² / 6.
    missing = max(0, (1 / factor**2 - 1) / 6)
    return _resampled(_blurred(images, np.sqrt(missing)), np.eye(2) / factor, CENTRE)


def add_noise(images, deviation):
    """Add normal noise to every pixel, and cut off what lies outside of 0 and 255.

    deviation: float, the noise's standard deviation as a share of full ink.
    Raises ValueError if the deviation is negative.
    """
    check_images(images)
    if deviation < 0:
        raise ValueError(f"deviation must not be negative, got {deviation}")
    noise = np.random.default_rng(0).normal(0, INK, images.shape)
    return _stored(images + deviation * noise)


def contrast(images, factor):
    """Multiply each pixel's distance from the mean of its image by a factor.

    Hendrycks and Dietterich 2019: 1 changes nothing, 0 leaves an even grey.
    Raises ValueError if the factor is negative.
    """
    check_images(images)
    if factor < 0:
        raise ValueError(f"factor must not be negative, got {factor}")
    means = images.mean(axis=(1, 2), keepdims=True)
    return _stored(means + factor * (images - means))


@dataclass(frozen=True)
class Corruption:
    """One way to distort: its function, what its severity is called, the severities to look at."""

    apply: Callable
    severity: str
    severities: tuple


CORRUPTIONS = {
    "translation": Corruption(translate, "pixels to the right", (-6, -4, -2, 0, 2, 4, 6)),
    "rotation": Corruption(rotate, "degrees, anticlockwise", (-60, -40, -20, 0, 20, 40, 60)),
    "scale": Corruption(scale, "factor", (0.5, 0.6, 0.7, 0.85, 1, 1.15, 1.3, 1.5)),
    "noise": Corruption(add_noise, "standard deviation", (0, 0.1, 0.2, 0.3, 0.4, 0.5)),
    "contrast": Corruption(contrast, "factor", (1, 0.8, 0.6, 0.4, 0.3, 0.2)),
}


def robustness(readers, images, labels, corruptions):
    """How often classifiers are right on distorted images.

    readers: dict, name -> function, images (N, 28, 28) uint8 -> digits (N,) int. All of them read
             the same distorted images.
    images:  (N, 28, 28) uint8; labels: (N,) int, each image's digit.
    corruptions: dict, name -> Corruption.
    Returns a DataFrame, one row per corruption, severity and reader: corruption, severity, reader,
    images and right (int).
    Raises ValueError if images and labels differ in number, or there are none.
    """
    check_images(images)
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError(f"{len(images)} images, {len(labels)} labels: give as many, at least one.")
    rows, total = [], len(labels)
    for name, corruption in corruptions.items():
        for severity in corruption.severities:
            distorted = corruption.apply(images, severity)
            for reader, read in readers.items():
                right = int((read(distorted) == labels).sum())
                rows.append((name, severity, reader, total, right))
    return pd.DataFrame(rows, columns=["corruption", "severity", "reader", "images", "right"])


def _resampled(images, matrix, centre):
    """Read each new pixel where matrix @ (pixel - CENTRE) + centre lies in the old image."""
    each = np.eye(3)  # the first axis counts images
    each[1:, 1:] = matrix
    offset = np.concatenate([[0], centre - matrix @ CENTRE])
    pixels = images.astype(np.float64)
    return _stored(ndimage.affine_transform(pixels, each, offset, order=1, mode="grid-constant"))


def _blurred(images, sigma):
    return ndimage.gaussian_filter(images.astype(np.float64), (0, sigma, sigma), mode="constant")


def _stored(pixels):
    return np.clip(np.rint(pixels), 0, INK).astype(np.uint8)
