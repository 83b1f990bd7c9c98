"""The exercises of chapter 6."""

import numpy as np
from scipy.stats import binomtest, ttest_ind

from lenet_helpers.evaluation import holm, resample_errors
from lenet_helpers.exercises.judging import (
    DOTS,
    exercise,
    is_close,
    read_number,
    read_numbers,
    read_word,
    reject,
    welch_interval,
)

MISTAKES = 20, 34  # of A and of B, of exercise 6.2
# of exercise 6.4: the right method, and why each of the others is wrong
CASES = [
    (
        "welch",
        {
            "wilson": "that interval is of one network, and leaves out how seeds vary.",
            "prediction": "that asks where one more run of one recipe falls; these are two.",
            "mcnemar": "that compares two single runs; other seeds may turn it round.",
            "bootstrap": "that asks about other people; here the question is about other seeds.",
        },
    ),
    (
        "mcnemar",
        {
            "wilson": "intervals may overlap, and the networks differ: they read the same images.",
            "prediction": "that needs many runs of a recipe; these are two finished networks.",
            "welch": "that needs several runs of each recipe; these are two finished networks.",
            "bootstrap": "that draws writers, and nobody knows who wrote these images.",
        },
    ),
    (
        "bootstrap",
        {
            "wilson": "that counts images as independent: for other people it is too narrow.",
            "prediction": "that asks about other seeds; this network stays, the people change.",
            "welch": "that compares two recipes; here is one network.",
            "mcnemar": "that compares two networks; here is one.",
        },
    ),
]


@exercise("two numbers, the ends of an interval")
def interval_of_five(low, high, one, new):
    """Exercise 6.1: Welch's interval of the mean of one minus that of new, first five runs of each.

    one, new: Series, the test errors in % of runs with one order of the images and with new ones.
    """
    given = np.array([read_number(low, "the lower end"), read_number(high, "the upper end")])
    few, all_runs = (one.head(5), new.head(5)), welch_interval(one, new)
    right = welch_interval(*few)
    same = _same_interval(given, right[1] - right[0])
    reject(same(right[::-1]), "you have exchanged the ends.")
    reject(same(-right[::-1]), "the other way round: one order minus new orders.")
    reject(same(all_runs), "those are all runs: take the first five of each.")
    reject(same(right / 100), "those are shares; the errors are in percent.")
    reject(not same(right), "take the first five of `one` and the first five of `new`, then test.")
    ratio = ttest_ind(one, new, equal_var=False).statistic
    # 1.96 + 0.84 standard errors from zero, four intervals in five leave it out
    enough = len(one) * (2.8 / ratio) ** 2
    return (
        f"{right[0]:.2f} to {right[1]:.2f} points, with zero inside; {len(one)} runs of each gave "
        f"{all_runs[0]:.2f} to {all_runs[1]:.2f}. So such an interval does not say that recipes "
        f"are equal: to show a difference of {all_runs.mean():.3f} points in four of five such "
        f"studies, it needs about {enough:.0f} runs of each."
    )


def _same_interval(given, width, share=0.01):
    return lambda ends: np.allclose(given, ends, rtol=0, atol=share * width)


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


@exercise("three p-values, from 0 to 1")
def corrected_by_holm(corrected, p_values):
    """Exercise 6.3: the three smallest of some p-values, corrected by Holm's method for all."""
    given, p = read_numbers(corrected, (3,)), np.sort(p_values)
    right, n = holm(p), len(p)

    def same(wanted):
        return np.allclose(given, wanted, rtol=0.01, atol=0)

    reject(same(p[:3]), "those are the p-values before the correction.")
    reject(same(n * p[:3]), f"the smallest is multiplied by {n}, the next by one less.")
    reject(same([3, 2, 1] * p[:3]), f"all {n} tests count, the others, too: begin with {n}.")
    reject(not same(right[:3]), f"multiply them by {n}, {n - 1} and {n - 2}, the smallest first.")
    return (
        f"{right[0]:.3f}, {right[1]:.2f} and {right[2]:.2f}. Now {(right < 0.05).sum()} of the {n} "
        "pairs are significant. That does not show that the networks are equal."
    )


@exercise("a list of three words")
def methods_of_cases(methods):
    """Exercise 6.4: the method for each of CASES, by its first word."""
    reject(isinstance(methods, str), "a list of three words, one for each case.")
    methods = [read_word(one) for one in methods]
    reject(len(methods) != len(CASES), "there are three cases: a list of three words.")
    for case, method, (right, reasons) in zip("ABC", methods, CASES, strict=True):
        reject(method is ..., DOTS)
        reject(method not in (right, *reasons), f"case {case}: choose a word from the list.")
        reject(method != right, f"case {case}: {reasons.get(method)}")
    return "recipes are compared over runs, networks image by image, and people writer by writer."


@exercise("two numbers, the ends of an interval")
def interval_of_a_difference(interval, correct, other_correct, who):
    """Exercise 6.5: the interval of the second error rate minus the first, whole writers drawn.

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
