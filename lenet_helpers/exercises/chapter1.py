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


@exercise("a function of ink and labels")
def ink_threshold(threshold_of, ink, is_one):
    """Exercise 1.3: a function (N,), (N,) -> the threshold of ink that tells 0 from 1 best."""
    half, others = slice(0, None, 2), slice(1, None, 2)

    def right(threshold, part):
        return np.mean((ink[part] < threshold) == is_one[part])

    threshold = read_number(call(threshold_of, ink[half], is_one[half]), "your function's answer")
    all_right = [right(one, half) for one in range(1, 101)]
    best, found = max(all_right), right(threshold, half)
    report = f"with {threshold:.4g}, it reads {100 * found:.2f} % of every second image"
    reject(found == min(all_right), f"{report}: the fewest. Which answer is given below it?")
    reject(
        found < best and right(threshold + 1, half) == best,
        f"{report}; one more is better. np.argmax counts places from 0, the thresholds from 1.",
    )
    middle = (ink[half][is_one[half]].mean() + ink[half][~is_one[half]].mean()) / 2
    reject(
        found < best and is_close(threshold, middle, 0.6),
        f"{report}. Halfway between the two means is not the best: try them all.",
    )
    reject(found < best, f"{report}; another threshold reads {100 * best:.2f} %.")
    moved = read_number(call(threshold_of, ink[half] + 10, is_one[half]), "your function's answer")
    reject(
        right(moved - 10, half) < best,
        f"{threshold:.4g} is the best here, but images with more ink get it, too. Use what the "
        "function is given.",
    )
    baseline = max(is_one[others].mean(), 1 - is_one[others].mean())
    return (
        f"{threshold:.4g}. Chosen on every second image, it reads {100 * found:.1f} % of them and "
        f"{100 * right(threshold, others):.1f} % of the others. The baseline, one answer for all, "
        f"reads {100 * baseline:.1f} %."
    )


@exercise("a function of images and means")
def nearest_mean(nearest, means, digits):
    """Exercise 1.4: a function (N, 28, 28), (10, 28, 28) -> (N,), the nearest mean's digit."""
    first = slice(0, min(2000, len(digits.y_train) // 2))
    images, labels = digits.x_train[first], digits.y_train[first]
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
    percent, unseen = 100 * np.mean(answers == labels), _percent_of_unseen(nearest, digits, first)
    return (
        f"{percent:.0f} % of {len(labels):,} training images, and {unseen:.0f} % of the same with "
        "means of the others only. So ten means learn hardly anything by heart."
    )


def _percent_of_unseen(nearest, digits, part):
    """How many in a hundred images are right that did not go into the means."""
    images, labels = np.delete(digits.x_train, part, axis=0), np.delete(digits.y_train, part)
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    return 100 * np.mean(call(nearest, digits.x_train[part], means) == digits.y_train[part])
