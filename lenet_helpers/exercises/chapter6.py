"""The exercises of chapter 6."""

import contextlib
import random

import numpy as np

from lenet_helpers.exercises.judging import call, exercise, is_close, read_number, reject

REJECTED = 0.02  # of the validation images, of exercise 6.2


@exercise("a number of images")
def promised_mistakes(mistakes, bins):
    """Exercise 6.1: how many mistakes the confidence of the last bin leads one to expect.

    bins: DataFrame from `evaluation.reliability_bins`.
    """
    mistakes, last = read_number(mistakes), bins.iloc[-1]
    promised, made = last["images"] * (1 - last["confidence"]), last["images"] - last["right"]
    if not is_close(mistakes, promised, 0.5):
        reject(
            is_close(mistakes, made, 0.5),
            "so many were made. Asked is how many there should be, if confidence were accuracy.",
        )
        reject(
            is_close(mistakes, last["images"] - promised, 0.5),
            "those are the right answers that it promises; the others are mistakes.",
        )
        reject(0 <= mistakes < 1, "that is a share of the bin's images: how many images is it?")
        reject(True, "of each image, 1 - confidence is the probability that its answer is wrong.")
    return f"{promised:.0f} promised, {made:.0f} made: the bin is {_verdict(promised, made)}."


def _verdict(promised, made):
    return "overconfident" if made > promised else "not overconfident"


@exercise("a number from 0 to 1")
def threshold(value, model, digits):
    """Exercise 6.2: the confidence below which 2 % of the validation images lie."""
    from lenet_helpers.preprocessing import split_validation
    from lenet_helpers.training import predict

    value = read_number(value)
    reject(not 0 <= value <= 1, "a threshold of confidence lies between 0 and 1.")
    training, validation = split_validation(len(digits.x_train))
    sources = {"test": digits.x_test, "training": digits.x_train[training]}
    for name, images in sources.items():
        theirs = np.quantile(predict(model, images).max(axis=1), REJECTED)
        reject(
            is_close(value, theirs, 1e-5),
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
    """Exercise 6.3: a function x, y, x_test, y_test -> the accuracy of a k chosen without a leak.

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
