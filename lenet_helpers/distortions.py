"""Small random distortions of training images: more to learn from than was ever written."""

import keras
import numpy as np


def random_affine(
    images, numbers, translation=2.0, scaling=0.15, squeezing=0.1, shearing=0.2, kept=0.1
):
    """Distort each image by the paper's four planar transformations, drawn anew.

    images:  (N, height, width) uint8, background 0.
    numbers: a NumPy Generator: the same one, in the same state, distorts in the same way.
    translation: float, pixels; each axis by up to so much.
    scaling, squeezing, shearing: float; sizes by up to this share, the width to the height (one
             grows as the other shrinks) by up to this share each, and the horizontal shift per row.
    kept:    float in [0, 1], the share of images that stay as they are.
    Returns (N, height, width) uint8, bilinearly interpolated.
    LeCun et al. 1998, section III.C; it gives no ranges, and keeps one image in ten.
    """
    n, height, width = _checked(images).shape
    size = 1 + numbers.uniform(-scaling, scaling, n)
    squeeze = 1 + numbers.uniform(-squeezing, squeezing, n)
    sources = np.zeros((n, 2, 3))
    sources[:, 0, 0], sources[:, 1, 1] = squeeze / size, 1 / (squeeze * size)
    sources[:, 0, 1] = numbers.uniform(-shearing, shearing, n)
    sources[:, :, 2] = numbers.uniform(-translation, translation, (n, 2))
    sources[numbers.random(n) < kept] = np.eye(2, 3)
    return _taken_from(sources, images, np.array([width - 1, height - 1]) / 2)


def _taken_from(sources, images, centre):
    """Images whose pixel p is taken from A (p - centre) + centre + b, with sources[i] = [A | b]."""
    linear, shift = sources[:, :, :2], sources[:, :, 2]
    shift = shift + centre - linear @ centre
    rows = np.concatenate([linear, shift[..., np.newaxis]], -1).reshape(-1, 6)
    moved = keras.ops.image.affine_transform(
        images[..., np.newaxis].astype("float32"),
        np.pad(rows, [(0, 0), (0, 2)]).astype("float32"),
        interpolation="bilinear",
        fill_mode="constant",
        data_format="channels_last",
    )
    return np.rint(keras.ops.convert_to_numpy(moved)[..., 0]).astype("uint8")


def _checked(images):
    if getattr(images, "ndim", 0) != 3 or images.dtype != np.uint8:
        raise ValueError(
            "images must be (N, height, width) uint8, got "
            f"{getattr(images, 'shape', type(images).__name__)} {getattr(images, 'dtype', '')}."
        )
    return images
