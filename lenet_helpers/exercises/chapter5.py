"""The exercises of chapter 5."""

import contextlib
import random

import numpy as np

from lenet_helpers.exercises.judging import call, exercise, is_close, read_number, reject

REJECTED = 0.02  # of the validation images, of exercise 5.3


@exercise("a whole number")
def wrong_fours(images, counts):
    """Exercise 5.1: how many of the answers "4" are wrong."""
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
    return "a column tells what an answer is worth, a row what became of a digit."


@exercise("two numbers from 0 to 1")
def always_one(precision, recall, labels):
    """Exercise 5.2: precision and recall of 1 for a program that always answers 1."""
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
    return f"it finds every 1, and {1 - right:.0%} of its answers are wrong. Look at both numbers."


@exercise("a number from 0 to 1")
def threshold(value, model, digits):
    """Exercise 5.3: the confidence below which 2 % of the validation images lie."""
    from lenet_helpers.preprocessing import split_validation
    from lenet_helpers.training import predict

    value = read_number(value)
    reject(not 0 <= value <= 1, "a threshold of confidence lies between 0 and 1.")
    training, validation = split_validation(len(digits.x_train))
    sources = {"test": digits.x_test, "training": digits.x_train[training]}
    for name, images in sources.items():
        theirs = np.quantile(predict(model, images).max(axis=1), REJECTED)
        reject(
            is_close(value, theirs, 1e-6),
            f"this one was chosen on the {name} images; the validation images are for choosing.",
        )
    confidences = predict(model, digits.x_train[validation]).max(axis=1)
    rejected = np.mean(confidences < value)
    reject(
        abs(rejected - REJECTED) > 1.5 / len(confidences),
        f"it rejects {rejected:.1%} of the validation images, not {100 * REJECTED:g} %.",
    )
    return f"chosen on validation images, it rejects {rejected:.1%} of them."


@exercise("a function of training images and labels, test images and labels")
def honest_accuracy(accuracy):
    """Exercise 5.4: a function x, y, x_test, y_test -> the accuracy of a k chosen without a leak.

    Labels are 0 or 1, so the same predictions score s on the labels and 1 - s on their opposites:
    whoever chooses by test labels chooses again, and gets more.
    """
    x, y, x_test, y_test = _two_noisy_classes()
    scores = []
    for labels in (y_test, 1 - y_test):
        with _same_draws():
            scores.append(read_number(call(accuracy, x, y, x_test, labels), "its answer"))
    reject(not all(0 <= score <= 1 for score in scores), "an accuracy lies between 0 and 1.")
    reject(
        scores[0] == scores[1],
        "its answer does not depend on the test labels: let them judge once, for the k chosen.",
    )
    reject(
        sum(scores) > 1.02,  # more than rounded answers can make
        "it still leaks. With every test label turned round, another k is chosen: by test labels.",
    )
    right = scores[0] * len(y_test)
    reject(
        not is_close(right, round(right)),
        f"{right:.2f} of {len(y_test)} test images? Choose one k, and count what it reads right.",
    )
    reject(
        scores[0] < 0.67,
        f"no leak, but {scores[0]:.0%} is a poor k: on images it learned from, k = 1 always looks "
        "perfect. Choose on images that were kept aside.",
    )
    return f"k is chosen without the test labels, and {scores[0]:.0%} is what it is worth."


@contextlib.contextmanager
def _same_draws():
    """Let whoever draws without a seed draw alike each time: by NumPy, as scikit-learn, or Python.

    A split that comes out otherwise may choose another k, and would look like a leak.
    """
    new, states = np.random.default_rng, (np.random.get_state(), random.getstate())
    np.random.seed(0)
    random.seed(0)
    np.random.default_rng = lambda seed=None: new(0 if seed is None else seed)
    try:
        yield
    finally:
        np.random.default_rng = new
        np.random.set_state(states[0])
        random.setstate(states[1])


def _two_noisy_classes():
    """Two clear clusters, a quarter of the labels wrong: k = 1 believes each of these."""
    draw = np.random.default_rng(0)
    y = draw.integers(0, 2, 800)
    x = draw.normal(0, 0.25, (800, 2)) + y[:, np.newaxis]
    noisy = np.where(draw.random(800) < 0.25, 1 - y, y)
    return x[:400], noisy[:400], x[400:], noisy[400:]
