"""The exercises of chapter 6."""

import numpy as np
from scipy.stats import binomtest, ttest_ind

from lenet_helpers.evaluation import resample_errors
from lenet_helpers.exercises.judging import exercise, is_close, read_number, read_numbers, reject

MISTAKES = 20, 34  # of A and of B, of exercise 6.2
CHOSE = 0  # the seed that chose the learning rate of SGD, of exercise 6.3


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


@exercise("two p-values, from 0 to 1")
def two_verdicts(shared, separate):
    """Exercise 6.2: McNemar's p-values of MISTAKES, all of A's shared by B, and none."""
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


@exercise("two numbers, the ends of an interval")
def sgd_interval(low, high, runs):
    """Exercise 6.3: Welch's interval of raw minus scaled once, for SGD without the first seed.

    runs: DataFrame of `studies.scaling.read_scaling`, with a column error, in %.
    """
    given = np.array([read_number(low, "the lower end"), read_number(high, "the upper end")])
    sgd = runs[runs["optimizer"] == "SGD"]
    right = _welch(sgd[sgd["seed"] != CHOSE])
    same = _same_interval(given, abs(right[1] - right[0]))
    reject(same(right[::-1]), "you have exchanged the ends.")
    reject(same(-right[::-1]), "the other way round: the error on raw pixels minus the other.")
    reject(same(_welch(sgd)), "the first seed is among them. It chose the rate: leave it out.")
    adam = runs[runs["optimizer"] == "Adam"]
    reject(
        same(_welch(adam)) or same(_welch(adam[adam["seed"] != CHOSE])),
        "those are the runs with Adam.",
    )
    pooled = _welch(sgd[sgd["seed"] != CHOSE], equal_var=True)
    reject(same(pooled), "almost: `equal_var=False` makes it Welch's test.")
    reject(same(right / 100), "those are shares; the errors are in percent.")
    reject(not same(right), "subset SGD's runs of seeds 1 to 4 for each recipe, then test.")
    return (
        f"{right[0]:.2f} to {right[1]:.2f} points. Zero is outside: with SGD, at these learning "
        "rates and on these images, scaling helped."
    )


def _welch(runs, equal_var=False):
    raw, once = (runs.loc[runs["pixels"] == name, "error"] for name in ("raw", "scaled once"))
    return np.array(ttest_ind(raw, once, equal_var=equal_var).confidence_interval())


def _same_interval(given, width, share=0.01):
    return lambda ends: np.allclose(given, ends, rtol=0, atol=share * width)


@exercise("two numbers, the ends of an interval")
def interval_of_a_difference(interval, correct, other_correct, who):
    """Exercise 6.4: the interval of the second error rate minus the first, whole writers drawn.

    correct, other_correct: (N,) bool, of the two networks; who: (N,) integers, the writers.
    """
    given = read_numbers(interval, (2,))
    first, second = _rates(correct, other_correct, who)
    right = _ends(second - first)
    # as if each image had a writer of its own
    alone = _rates(correct, other_correct, np.arange(len(who)))
    others = [
        (-right[::-1], "that is the first minus the second; the other way round."),
        (right / 100, "those are shares: give percentage points."),
        (_ends(second), "that is the second network alone."),
        (
            _ends(alone[1] - alone[0]),
            "that seems to come from drawn images. Draw writers, each with all of their images.",
        ),
        (
            _ends(second[::-1] - first),
            "both networks read the same images: let each draw of writers serve both.",
        ),
    ]
    for ends, reason in others:
        nearer = np.abs(given - ends).sum() < np.abs(given - right).sum()
        reject(nearer and _same_interval(given, ends[1] - ends[0], 0.06)(ends), reason)
    reject(
        not _same_interval(given, right[1] - right[0], 0.06)(right),
        f"about {right[0]:.2f} to {right[1]:.2f} points is right. Draw at least 2,000 times, and "
        "take the middle 95 %.",
    )
    return f"{right[0]:.2f} to {right[1]:.2f} points. {_side_of_zero(right)}"


def _side_of_zero(ends):
    if ends[0] <= 0 <= ends[1]:
        return "Zero is inside: on other writers, either network may come out better."
    return "Zero is outside: the difference is clear for other writers, too."


def _rates(correct, other_correct, who):
    """Both networks' error rates in %, in each of the same draws of writers."""
    wrong = {name: ~one[np.newaxis] for name, one in enumerate([correct, other_correct])}
    return [100 * rates for rates in resample_errors(wrong, who).values()]


def _ends(values):
    return np.percentile(values, [2.5, 97.5])
