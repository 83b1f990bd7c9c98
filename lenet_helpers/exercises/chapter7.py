"""The exercises of chapter 7."""

import math
import numbers

import numpy as np
from scipy.stats import mannwhitneyu, ttest_ind

from lenet_helpers.exercises.judging import (
    NotYet,
    call,
    exercise,
    is_close,
    read_number,
    read_numbers,
    reject,
    unboxed,
    welch_interval,
)


@exercise("a function of a table")
def parameters_of_a_table(count):
    """Exercise 7.1: a function of a (maps in, maps out) table -> the convolution's parameters."""
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
    """Exercise 7.2: a function (N, 84), (10, 84) -> (N,), the class whose code is nearest."""
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
    """Exercise 7.3: a function (10,), int, float -> the loss of eq. 9, without underflow."""
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


@exercise("an interval, its two ends, and a number")
def gain_of_distortions(interval, p, errors):
    """Exercise 7.4: of *high rates*, distorted and clean, Welch's 95 % interval and the ranks' p.

    errors: Series, setting -> test errors (%) of its seeds, as `studies.of_1998` has them.
    """
    clean, distorted = (errors[f"high rates, {images}"] for images in ("clean", "distorted"))
    welch = ttest_ind(distorted, clean, equal_var=False)
    ranks = mannwhitneyu(clean, distorted)
    of_low = welch_interval(errors["low rates, distorted"], errors["low rates, clean"])
    right, found = np.array(welch.confidence_interval()), read_numbers(interval, (2,), "interval")
    for wrong, reason in (
        (-right[::-1], "that is clean minus distorted: exchange them."),
        (of_low, "those are *low rates*; asked are *high rates*."),
        ((welch.statistic, welch.pvalue), "those are t and p: ask the test for its interval."),
    ):
        reject(_agree(found, wrong), reason)
    reject(not _agree(found, right), "it is not Welch's 95 % interval of distorted minus clean.")
    p = read_number(p, "p")
    reject(p > 1, "the interval is right; p is not the number of pairs. Ask for `.pvalue`.")
    reject(is_close(p, welch.pvalue, 1e-3), "the interval is right; that is Welch's p.")
    reject(
        not is_close(p, ranks.pvalue, 2e-3),
        "the interval is right; p is not that of the Mann–Whitney test of *high rates*.",
    )
    return (
        f"{right[0]:.2f} to {right[1]:.2f} points, and p = {ranks.pvalue:.3f}. Whether the mean "
        f"falls is undecided: one run of {len(distorted)} went astray, and it counts. That most "
        f"runs err less is significant: distorted is lower in {ranks.statistic:g} of "
        f"{len(clean) * len(distorted)} pairs."
    )


@exercise("an interval: its two ends")
def optimizer_or_mu(interval, errors, by_step):
    """Exercise 7.5: Welch's 95 % interval of the control minus the step with Adam, in points.

    errors, by_step: Series, setting or step -> test errors (%), as `studies.of_1998` has them.
    """
    found, control = read_numbers(interval, (2,)), errors["control, clean"]
    adam, by_tens = by_step["one by one, falling rate"], by_step["codes and loss"]
    test = ttest_ind(control, adam, equal_var=False)
    right = np.array(test.confidence_interval())
    for wrong, reason in (
        (-right[::-1], "that is Adam minus control: exchange them."),
        (welch_interval(errors["low rates, clean"], adam), "*low rates* change the start, too."),
        (
            welch_interval(errors["high rates, clean"], adam),
            "asked is the control, not *high rates*.",
        ),
        (
            welch_interval(control, by_tens),
            "take the step that updates after every image, not every ten.",
        ),
        ((test.statistic, test.pvalue), "those are t and p: ask the test for its interval."),
    ):
        reject(_agree(found, wrong), reason)
    reject(not _agree(found, right), "it is not Welch's 95 % interval of control minus Adam.")
    added = np.mean(by_step.iloc[-1]) - np.mean(adam)
    return (
        f"{right[0]:.2f} to {right[1]:.2f} points. With mu = 0.5, no difference from Adam is seen, "
        f"though one of {right[1]:.2f} is possible. So at least part of the {added:.2f} points "
        "that the last step adds comes from its mu."
    )


def _agree(found, wanted):
    """Whether two ends agree, which a learner may round to two decimals."""
    return np.allclose(found, wanted, rtol=0, atol=0.0051)
