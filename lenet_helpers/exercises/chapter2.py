"""The exercises of chapter 2."""

import functools

import numpy as np

from lenet_helpers.exercises.judging import (
    call,
    exercise,
    is_close,
    kind_of,
    read_number,
    read_shape,
    reject,
    require_equal,
)


@exercise("a tuple of whole numbers")
def channels_first(shape, images):
    """Exercise 2.1: the shape of `images[:32, np.newaxis]`."""
    shape, right = read_shape(shape), images[:32, np.newaxis].shape
    reject(shape == images[:32].shape, "np.newaxis adds an axis of length 1.")
    reject(
        shape == (*right[:1], *right[2:], 1),
        "that is images[:32, ..., np.newaxis]. Here the new axis stands in the second place.",
    )
    all_stay = "np.newaxis is followed by the rows, then the columns, and all of them stay"
    reasons = [":32 comes first, and takes 0 to 31", "np.newaxis adds an axis of length 1"]
    require_equal(shape, right, [*reasons, all_stay, all_stay])
    return "one channel, and it comes first. Some libraries want it so; Keras wants it last."


@exercise("a function of images")
def preparation(prepare, images):
    """Exercise 2.2: a function (N, 28, 28) uint8 -> (N, 28, 28, 1) float32 in [0, 1]."""
    before = images.copy()
    after = call(prepare, images)
    reject(not isinstance(after, np.ndarray), f"it returns {kind_of(after)}, not an array.")
    right = (*images.shape, 1)
    reject(after.shape != right, f"it returns shape {after.shape}, not {right}.")
    reject(
        after.dtype.kind in "iub",
        f"it returns {after.dtype}: whole numbers, and all greys between paper and ink are lost.",
    )
    reject(
        after.dtype != np.float32,
        f"it returns {after.dtype}. Keras computes in float32, so the rest is memory for nothing.",
    )
    _in_unit_range(after)
    reject(
        not np.allclose(after[..., 0], before / 255, atol=1e-6),
        "the shape is right, but pixels have moved. Look at an image of the result.",
    )
    reject(not np.array_equal(images, before), "it changes the images that it was given.")
    called = getattr(getattr(prepare, "__code__", None), "co_names", ())
    reject("to_model_input" in called, "right, but by `to_model_input`. Write the steps yourself.")
    return "the shape, the type, the range, and every pixel still in its place."


@exercise("a number")
def mean_without_leak(mean, digits, training):
    """Exercise 2.3: the mean pixel, from 0 to 1, of the images that are trained on."""
    mean, right = read_number(mean), digits.x_train[training].mean() / 255
    reject(mean > 1, "the network sees pixels from 0 to 1: divide by 255.")
    others = {
        "the test images are in it: they leak": np.concatenate([digits.x_train, digits.x_test]),
        "the validation images are in it: they leak": digits.x_train,
        "those are the validation images: they would leak": digits.x_train[training.stop :],
        "those are the test images: they would leak": digits.x_test,
    }
    same = functools.partial(is_close, mean, tolerance=1e-6)
    for reason, images in others.items():
        reject(same(images.mean() / 255), f"{reason} into what is trained.")
    reject(
        not same(right) and is_close(mean, right, 5e-3),
        "almost: it was rounded, or rests on some other images. Hand in the mean as computed.",
    )
    reject(not same(right), f"the images to average are x_train[{training.start}:{training.stop}].")
    leaked = digits.x_train.mean() / 255
    return f"{right:.6f}. With the validation images in it, it would be {leaked:.6f}."


@exercise("a function of writers and a seed")
def split_by_writer(split, writer):
    """Exercise 2.4: a function (N,), seed -> two arrays of indices, training and validation."""
    people = len(np.unique(writer))
    training, validation = _parts(call(split, writer, 0), len(writer))
    both = np.intersect1d(training, validation)
    reject(len(both), f"{len(both):,} images are in both parts: those are a leak, not a test.")
    reject(
        len(training) + len(validation) != len(writer),
        "some images are in neither part: split all of them.",
    )
    shared = np.intersect1d(writer[training], writer[validation])
    reject(
        len(shared), f"{len(shared):,} people wrote in both parts. Choose people first, not images."
    )
    trained, validate = (len(np.unique(writer[part])) for part in (training, validation))
    reject(
        abs(validate - people / 10) > 1,
        f"{validate:,} of {people:,} people validate, not a tenth"
        + (". Return training first." if abs(trained - people / 10) <= 1 else "."),
    )
    again = _parts(call(split, writer, 0), len(writer))[1]
    reject(not np.array_equal(again, validation), "the same seed should give the same split.")
    other = _parts(call(split, writer, 1), len(writer))[1]
    reject(np.array_equal(other, validation), "another seed should give another split.")
    return (
        f"{validate:,} of {people:,} people validate, with {len(validation):,} of {len(writer):,} "
        "images, and nobody wrote in both parts."
    )


def _parts(parts, n):
    parts = [np.asarray(part) for part in parts]
    reject(len(parts) != 2, "return two arrays: training, validation.")
    reject(
        any(part.ndim != 1 or part.dtype.kind not in "iu" for part in parts),
        "return two arrays of indices, whole numbers each.",
    )
    reject(any(len(np.unique(part)) < len(part) for part in parts), "an image is in a part twice.")
    indices = np.concatenate(parts)
    reject(indices.min() < 0 or indices.max() >= n, f"indices go from 0 to {n - 1:,}.")
    return parts


def _in_unit_range(pixels):
    smallest, largest = pixels.min(), pixels.max()
    reject(not np.isfinite(pixels).all(), "some of its values are not numbers.")
    reject(smallest < 0, f"its smallest value is {smallest:.4g}, not 0.")
    reject(largest < 0.1, f"its largest value is {largest:.4f}: that was scaled twice.")
    reject(not is_close(largest, 1, 1e-4), f"its largest value is {largest:.4g}, not 1.")
