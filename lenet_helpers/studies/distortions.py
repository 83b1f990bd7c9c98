"""Small random distortions of training images: more to learn from than was ever written."""

import functools

import keras
import numpy as np
from scipy import ndimage


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
    sources = _drawn(n, numbers, translation, scaling, squeezing, shearing, kept)
    return _taken_from(sources, images, np.array([width - 1, height - 1]) / 2)


def random_elastic(
    images,
    numbers,
    displacement=1.0,
    smoothness=4.0,
    rotation=0.0,
    translation=2.0,
    scaling=0.15,
    squeezing=0.1,
    shearing=0.2,
):
    """Distort each image as `random_affine` does, turn it and bend its strokes, all at once.

    displacement: float, pixels: the root mean square of what each pixel is moved along an axis.
    smoothness:   float, pixels: the width sigma of the Gaussian that smooths these moves.
    rotation:     float, degrees; by up to so much to either side.
    The other arguments are as of `random_affine`. Displacement 0 bends nothing.
    Returns (N, height, width) uint8, bilinearly interpolated.
    Simard, Steinkraus, Platt 2003, section 2: random moves of the pixels, smoothed.
    """
    n, height, width = _checked(images).shape
    sources = _drawn(n, numbers, translation, scaling, squeezing, shearing, kept=0)
    sources[:, :, :2] = sources[:, :, :2] @ _turns(np.radians(numbers.uniform(-1, 1, n) * rotation))
    places = _places(sources[:, ::-1, [1, 0, 2]].astype("float32"), height, width)
    if displacement:
        places += displacement * _smooth_moves(n, height, width, smoothness, numbers)
    taken = [
        ndimage.map_coordinates(image, place, output="float32", order=1)
        for image, place in zip(images, places, strict=True)
    ]
    return np.rint(taken).astype("uint8")


def named(settings):
    """The distortion that a dict names by "function", with its arguments; None if it is empty."""
    if not settings:
        return None
    arguments = dict(settings)
    return functools.partial(globals()[arguments.pop("function")], **arguments)


def _turns(angles):
    """Rotations by angles in radians: (n, 2, 2)."""
    cos, sin = np.cos(angles), np.sin(angles)
    return np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)


def _places(sources, height, width):
    """Where each pixel p is taken from, A (p - centre) + centre + b: (n, 2, height, width).

    sources: (n, 2, 3), [A | b], here y before x.
    """
    centre = np.array([height - 1, width - 1], "float32").reshape(2, 1, 1) / 2
    pixels = np.mgrid[:height, :width].astype("float32") - centre
    moved = np.einsum("nij,jyx->niyx", sources[:, :, :2], pixels)
    return moved + centre + sources[:, :, 2, np.newaxis, np.newaxis]


def _smooth_moves(n, height, width, smoothness, numbers):
    """(n, 2, height, width) float32: smooth in space, of variance 1 at each pixel."""
    moves = numbers.standard_normal((n, 2, height, width), dtype="float32")
    return _smoother(height, smoothness) @ moves @ _smoother(width, smoothness).T


def _smoother(size, smoothness):
    """A matrix that smooths a column, and leaves numbers of variance 1 at variance 1."""
    smoother = ndimage.gaussian_filter1d(np.eye(size), smoothness, axis=0, mode="constant")
    return (smoother / np.linalg.norm(smoother, axis=1, keepdims=True)).astype("float32")


def _drawn(n, numbers, translation, scaling, squeezing, shearing, kept):
    """n random affine maps from a distorted image to its source: (n, 2, 3), x before y."""
    size = 1 + numbers.uniform(-scaling, scaling, n)
    squeeze = 1 + numbers.uniform(-squeezing, squeezing, n)
    sources = np.zeros((n, 2, 3))
    sources[:, 0, 0], sources[:, 1, 1] = squeeze / size, 1 / (squeeze * size)
    sources[:, 0, 1] = numbers.uniform(-shearing, shearing, n)
    sources[:, :, 2] = numbers.uniform(-translation, translation, (n, 2))
    sources[numbers.random(n) < kept] = np.eye(2, 3)
    return sources


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
