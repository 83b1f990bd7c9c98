"""The exercises of chapter 7."""

import math
import numbers

import numpy as np
from scipy.stats import ttest_1samp, ttest_ind

from lenet_helpers.exercises.judging import (
    NotYet,
    call,
    exercise,
    is_close,
    read_number,
    read_numbers,
    reject,
    unboxed,
)


@exercise("a number")
def grey_of_a_zero(grey):
    """Exercise 7.1: which stored grey, 0 to 255, the paper's scale makes 0."""
    from lenet_helpers.preprocessing import INK, PAPER_BLACK, PAPER_WHITE

    grey, right = read_number(grey), -PAPER_WHITE / (PAPER_BLACK - PAPER_WHITE) * INK
    reject(is_close(grey, 0), "grey 0 is the background, and that becomes -0.1, not 0.")
    reject(
        is_close(grey, right / INK, 1e-3), "almost: that is a share of 255. Give the grey itself."
    )
    reject(is_close(grey, 0.1 * INK), "a step of 0.1 is not a tenth: the scale spans 1.275, not 1.")
    reject(not is_close(grey, right, 0.51), "solve -0.1 + 1.275 * grey / 255 = 0.")
    return f"a border of zeros is a frame of grey {right:.0f} around every digit. Pad first."


@exercise("a function of a table")
def parameters_of_a_table(count):
    """Exercise 7.2: a function of a (maps in, maps out) table -> the convolution's parameters."""
    draw = np.random.default_rng(0)
    for shape in ((6, 16), (3, 4), (2, 9)):
        table = draw.random(shape) < 0.6
        table[0] = True
        seen, maps = int(table.sum()), shape[1]
        found = read_number(call(count, table.copy()), "your function's answer")
        reject(
            found == maps * (25 * shape[0] + 1),
            "that is a convolution that sees everything: count the connected pairs instead.",
        )
        reject(found == 25 * seen, "each map of the output has a bias as well.")
        reject(found == 26 * seen, "a map has one bias, however many maps it sees.")
        reject(found == 25 * seen + shape[0], "the biases belong to the maps that come out.")
        reject(
            found != 25 * seen + maps,
            f"for {seen} pairs and {maps} maps it gives {found:,}, not {25 * seen + maps:,}.",
        )
    return "25 weights for each connected pair, and one bias for each map that comes out."


@exercise("a function of F6's states and the codes")
def answer_of_the_codes(answer, states, codes):
    """Exercise 7.3: a function (N, 84), (10, 84) -> (N,), the class whose code is nearest."""
    what = "your function's answer"
    distances = ((states[:, np.newaxis] - codes) ** 2).sum(axis=2)
    found = read_numbers(call(answer, states.copy(), codes.copy()), (len(states),), what)
    reject(
        np.array_equal(found, distances.argmax(axis=1)),
        "that is the farthest code: take the nearest.",
    )
    wrong = np.mean(found != distances.argmin(axis=1))
    reject(wrong > 0, f"for {wrong:.0%} of the images it names another code than the nearest.")
    # Codes of unequal length: a product would favour the longest, a distance does not.
    longer = codes * np.arange(1, 1 + len(codes))[:, np.newaxis]
    right = ((states[:, np.newaxis] - longer) ** 2).sum(axis=2).argmin(axis=1)
    other = read_numbers(call(answer, states.copy(), longer.copy()), (len(states),), what)
    reject(
        not np.array_equal(other, right),
        "right for codes of ±1, but not for longer ones: measure a distance, not a product.",
    )
    return "the smallest distance is the answer, for every row."


@exercise("a function of distances, a label and j")
def equation_9(loss):
    """Exercise 7.4: a function (10,), int, float -> the loss of eq. 9, without underflow."""
    what = "your function's answer"
    near = np.array([4.0, 0.5, 9.0, 3.0, 6.0, 5.0, 8.0, 2.5, 7.0, 1.0])
    for label, j in ((1, 3.0), (0, 3.0), (2, 1.0)):
        others = np.log(np.exp(-near).sum())
        right = near[label] + np.logaddexp(-j, others)
        found = read_number(call(loss, near.copy(), label, j), what)
        reject(is_close(found, near[label], 1e-9), "that is eq. 8: the second term is missing.")
        reject(is_close(found, near[label] + others, 1e-6), "exp(-j) is missing in the logarithm.")
        reject(
            not is_close(found, right, 1e-6),
            f"for label {label} and j = {j:g} it gives {found:.4g}, the formula {right:.4g}.",
        )
    far = near + 2000
    for label, j in ((1, 1500.0), (3, 4000.0)):
        try:
            found = unboxed(call(loss, far.copy(), label, j))
        except NotYet as reason:
            raise NotYet(f"for distances near 2,000 {reason}; exp(-2000) is 0 there.") from reason
        infinite = isinstance(found, numbers.Real) and not math.isfinite(found)
        reject(infinite, f"with distances near 2,000 it is {found}: exp(-2000) is 0 in float64.")
        right = far[label] + np.logaddexp(-j, np.log(np.exp(-near).sum()) - 2000)
        reject(
            not is_close(read_number(found, what), right, 1e-6),
            f"right for small distances, but not for large ones: {found:.4g} for {right:.4g}.",
        )
    return "the formula, and the sum in its logarithm never becomes zero."


@exercise("an interval: its two ends")
def gain_of_distortions(interval, errors):
    """Exercise 7.5: Welch's 95 % interval for *low rates*, distorted minus clean, in points.

    errors: Series, setting -> test errors (%) of its seeds, as `studies.of_1998` has them.
    """
    found = read_numbers(interval, (2,))
    low, high = (errors[f"{rates} rates, distorted"] for rates in ("low", "high"))
    low_clean, high_clean = (errors[f"{rates} rates, clean"] for rates in ("low", "high"))
    test, other = (
        ttest_ind(after, before, equal_var=False)
        for after, before in ((low, low_clean), (high, high_clean))
    )
    right, of_high = np.array(test.confidence_interval()), np.array(other.confidence_interval())
    for wrong, reason in (
        (-right[::-1], "that is clean minus distorted: exchange them."),
        (of_high, "those are *high rates*; asked are *low rates*."),
        ((test.statistic, test.pvalue), "those are t and p: ask the test for its interval."),
        (ttest_1samp(low, 0).confidence_interval(), "that is one mean's interval, not a change's."),
    ):
        reject(_agree(found, wrong), reason)
    reject(not _agree(found, right), "it is not Welch's 95 % interval of distorted minus clean.")
    return (
        f"{right[0]:.2f} to {right[1]:.2f} points, below zero: with low rates, distortions lower "
        f"the error. With high rates it is {of_high[0]:.2f} to {of_high[1]:.2f}, with zero in it: "
        "there, one outlying run widens it."
    )


def _agree(found, wanted):
    """Whether two ends agree, which a learner may round to two decimals."""
    return np.allclose(found, wanted, rtol=0, atol=0.0051)
