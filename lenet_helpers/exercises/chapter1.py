"""The exercises of chapter 1."""

import numpy as np

from lenet_helpers.exercises.judging import (
    NotYet,
    call,
    exercise,
    is_close,
    read_number,
    read_numbers,
    read_shape,
    reject,
    require_equal,
)


@exercise("a tuple of whole numbers")
def slice_shape(shape, images):
    """Exercise 1.1: the shape of `images[100:132, :14]`."""
    shape, right = read_shape(shape), images[100:132, :14].shape
    reject(len(shape) != len(right), f"a slice keeps every axis: {len(right)} numbers, please.")
    reject(shape[0] == right[0] + 1, "a slice stops before its end: 132 itself is left out.")
    reject(
        shape == (right[0], *right[:0:-1]), "the second axis counts rows, the third counts columns."
    )
    require_equal(
        shape, right, ["100 to 131 are taken", "the rows 0 to 13 are taken", "all columns stay"]
    )
    return f"{right[0]} images, the upper {right[1]} rows of each, and all {right[2]} columns."


@exercise("a number, a percentage")
def accuracy_of_a_detector(percent, labels):
    """Exercise 1.2: how often "this is no 5" is right, in percent, if it is always said."""
    percent, fives = read_number(percent), 100 * np.mean(labels == 5)
    right = 100 - fives
    reject(
        is_close(percent, fives), "that is the share of fives: there, always saying no is wrong."
    )
    reject(is_close(percent, 50), "a coin would be right half the time, but this is no coin.")
    reject(is_close(percent, right / 100, 1e-4), "almost: give it in percent, from 0 to 100.")
    off = abs(percent - right)
    reject(0.01 < off < 1.5, "close, but guessed or rounded: let Python compute it.")
    reject(off > 0.01, "count how many labels are not 5, and divide by all.")
    return f"{right:.2f} %, and it has found no 5. Compare every accuracy with such a baseline."


@exercise("an array of ten numbers")
def ink_of_each_digit(ink, digits):
    """Exercise 1.3: the mean pixel of each digit's training images."""
    ink, right = read_numbers(ink, (10,)), _mean_pixels(digits.x_train, digits.y_train)
    if len(digits.x_test):
        test = _mean_pixels(digits.x_test, digits.y_test)
        reject(
            np.allclose(ink, test), "these are the test images. They stay closed until Chapter 5."
        )
    reject(
        np.all(ink > 255),
        "a mean pixel lies between 0 and 255. A sum grows with the number of images.",
    )
    reject(np.allclose(255 * ink, right), "almost: leave the pixels as they are, 0 to 255.")
    off = ~np.isclose(ink, right, atol=0.1)
    if off.any():
        reject(
            np.allclose(np.sort(ink), np.sort(right)),
            "the right numbers in another order: the digit 0 comes first, 9 last.",
        )
        rounded = np.abs(ink - right).max() <= 0.5
        reject(rounded, "almost: these were rounded. Hand in the means as computed.")
        raise NotYet(
            f"not for the digit {off.argmax()}: take the images with its label, and all their "
            "pixels, paper as well."
        )
    return f"the {right.argmax()} takes the most ink, the {right.argmin()} the least."


@exercise("a function of images and means")
def nearest_mean(nearest, means, digits):
    """Exercise 1.4: a function (N, 28, 28), (10, 28, 28) -> (N,), the nearest mean's digit."""
    images, labels = digits.x_train[:500], digits.y_train[:500]
    own = read_numbers(call(nearest, means, means), (10,), "for ten images, your function's answer")
    lost = own != np.arange(10)
    if lost.any():
        products = np.einsum("nij,kij->nk", means, means)
        advice = (
            "A product favours bright means: measure a distance instead."
            if np.array_equal(own, products.argmax(axis=1))
            else "Sum over rows and columns, and take the smallest of an image's ten distances."
        )
        raise NotYet(
            f"each mean is nearest to itself, but yours takes the {lost.argmax()} for another. "
            f"{advice}"
        )
    answers = read_numbers(call(nearest, images, means), (len(images),), "your function's answer")
    differences = images[:, np.newaxis] - means
    agree = np.mean(answers == (differences**2).sum(axis=(2, 3)).argmin(axis=1))
    reject(
        agree < 1 and np.array_equal(answers, np.abs(differences).sum(axis=(2, 3)).argmin(axis=1)),
        "almost: those are the nearest by plain differences. Square them before you sum.",
    )
    reject(
        agree < 0.9,
        f"{1 - agree:.0%} of its answers are not the nearest mean's digit. Are squares summed, and "
        "of floats? In uint8, 3 - 5 is 254.",
    )
    percent = 100 * np.mean(answers == labels)
    unseen = _percent_of_unseen(nearest, digits)
    return (
        f"{percent:.0f} % of 500 training images, which went into the means, too. With means of "
        f"the first nine tenths only, it reads {unseen:.0f} % of 500 others."
    )


def _percent_of_unseen(nearest, digits):
    """How many in a hundred are right of images that did not go into the means."""
    cut = 9 * len(digits.y_train) // 10
    images, labels = digits.x_train[:cut], digits.y_train[:cut]
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    unseen = slice(cut, cut + 500)
    return 100 * np.mean(call(nearest, digits.x_train[unseen], means) == digits.y_train[unseen])


def _mean_pixels(images, labels):
    return np.array([images[labels == digit].mean() for digit in range(10)])
