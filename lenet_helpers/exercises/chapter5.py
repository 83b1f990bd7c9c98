"""The exercises of chapter 5."""

import numpy as np

from lenet_helpers.exercises.judging import exercise, is_close, read_number, reject

HALF_WIDTH = 0.001  # of the interval of an error rate, of exercise 5.1


@exercise("a number of images")
def size_of_a_test_set(images, error):
    """Exercise 5.1: how many test images make an error rate uncertain by HALF_WIDTH.

    error: float in [0, 1], the error rate.
    """
    images, wanted = read_number(images), 4 * error * (1 - error) / HALF_WIDTH**2
    reject(
        is_close(images / wanted, 1 / 4, 0.02),
        "that is enough for one standard deviation; the interval takes two on either side.",
    )
    reject(
        images < wanted / 1000,
        "that is very few. Are the points in percent, and the error rate a share of one?",
    )
    reject(
        not is_close(images / wanted, 1, 0.05),  # 1.96 in place of 2 is right, too
        f"solve 2 sqrt(p (1 - p) / n) = {HALF_WIDTH} for n: square both sides first.",
    )
    return f"about {images:,.0f} images. An uncertainty half as large takes four times as many."


@exercise("a whole number")
def wrong_fours(images, counts):
    """Exercise 5.2: how many of the answers "4" are wrong."""
    images = read_number(images)
    right, missed = (counts.sum(axis=axis)[4] - counts[4, 4] for axis in (0, 1))
    reject(
        images == counts[:, 4].sum(), "those are all answers of 4, with the right ones among them."
    )
    reject(
        images == missed != right,
        "that is the row: fours that were taken for something else. Answers are columns.",
    )
    reject(images != right, "add up the column of 4, and leave out its place on the diagonal.")
    return f"{right} of the {counts[:, 4].sum():,} answers of 4 are wrong."


@exercise("two numbers from 0 to 1")
def always_one(precision, recall, labels):
    """Exercise 5.3: precision and recall of 1 for a program that always answers 1."""
    precision, recall, right = read_number(precision), read_number(recall), np.mean(labels == 1)
    reject(max(precision, recall) > 1, "neither is more than 1: from 0 to 1, not in percent.")
    reject(
        is_close(recall, right, 1e-4) and is_close(precision, 1),
        "you have exchanged them: recall asks of all ones, precision of all answers.",
    )
    reject(recall != 1, "recall: of all images that show a 1, how many are answered with 1?")
    off = abs(precision - right)
    reject(1e-4 < off < 6e-3, "precision is close, but guessed or rounded: let Python compute it.")
    reject(off > 1e-4, "precision: of all its answers 1, how many are right?")
    return f"it finds every 1. Its precision, {right:.2f}, is just the share of 1s."
