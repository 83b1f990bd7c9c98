"""The exercises of chapter 6."""

import numpy as np
from scipy.stats import binomtest

from lenet_helpers.exercises.judging import exercise, is_close, read_number, reject

REJECTED = 0.02  # of the validation images, of exercise 6.2
MISTAKES = 20, 34  # of A and of B, of exercise 6.3


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
    answers = predict(model, digits.x_test)
    confidences = {
        "test": answers.max(axis=1),
        "training": predict(model, digits.x_train[training]).max(axis=1),
    }
    for name, theirs in confidences.items():
        reject(
            is_close(value, np.quantile(theirs, REJECTED), 1e-5),
            f"this one was chosen on the {name} images; the validation images are for choosing.",
        )
    judged = predict(model, digits.x_train[validation]).max(axis=1)
    rejected = np.mean(judged < value)
    reject(
        abs(rejected - REJECTED) > 1.5 / len(judged),
        f"it rejects {rejected:.1%} of the validation images, not {100 * REJECTED:g} %.",
    )
    kept, wrong = confidences["test"] >= value, answers.argmax(axis=1) != digits.y_test
    return (
        f"chosen on validation images. It rejects {1 - kept.mean():.1%} of the test images, and "
        f"leaves {(wrong & kept).sum()} of {wrong.sum()} mistakes."
    )


@exercise("two p-values, from 0 to 1")
def two_verdicts(shared, separate):
    """Exercise 6.3: McNemar's p-values of MISTAKES, all of A's shared by B, and none."""
    given = read_number(shared), read_number(separate)
    reject(not all(0 <= p <= 1 for p in given), "a p-value is a probability, from 0 to 1.")
    few, many = MISTAKES
    cases = [(many - few, many - few), (many, few + many)]  # A wins, of the images that decide
    right = [binomtest(*case).pvalue for case in cases]
    half = [binomtest(*case, alternative="greater").pvalue for case in cases]
    reject(_same(given, right[::-1]), "you have exchanged them.")
    reject(_same(given, half), "that is one-sided; the test is two-sided, for B may win as well.")
    reject(
        not _same(given[:1], right),
        f"where all of A's mistakes are B's, too, only B's other {many - few} decide.",
    )
    reject(
        not _same(given[1:], right[1:]),
        f"where no mistake is shared, all {few + many} decide, and A wins those that B misreads.",
    )
    return (
        f"p = {right[0]:.4f} and p = {right[1]:.3f}: the totals are the same; the images that "
        "decide are not."
    )


def _same(given, right):
    """Whether p-values agree, which a learner may round to four decimals."""
    return all(is_close(p, wanted, 5e-5) for p, wanted in zip(given, right, strict=False))
