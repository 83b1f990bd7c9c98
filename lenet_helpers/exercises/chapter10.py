"""The exercises of chapter 10."""

from itertools import pairwise

import numpy as np

from lenet_helpers.exercises.judging import (
    exercise,
    is_close,
    read_number,
    read_numbers,
    reject,
)

LEAST, SIDE = 34_000, 3  # parameters, and the side of the kernels, of exercise 10.1
IMAGES = 6_000  # that validate, of exercise 10.2


@exercise("seven whole numbers")
def seven_convolutions(maps):
    """Exercise 10.1: maps of seven convolutions, for LEAST parameters to those of the article."""
    from lenet_helpers.models import article_lenet5

    most = article_lenet5().count_params()
    maps = read_numbers(maps, (7,), "the list of maps")
    whole = maps.dtype.kind in "iu" and (maps > 0).all()
    reject(not whole, "each number of maps is a whole number, 1 or more.")
    maps = [int(number) for number in maps]
    kernels = [SIDE**2 * a * b for a, b in pairwise([1, *maps])]
    norms, dense = 4 * sum(maps), 10 * maps[-1] + 10
    total = sum(kernels) + norms + dense
    reject(total > most, f"that makes {total:,} parameters, {total - most:,} too many.")
    reject(total < LEAST, f"that makes {total:,} parameters: at least {LEAST:,}, please.")
    last, early, normal = (
        f"{100 * part / total:.0f} %" for part in (sum(kernels[-2:]), sum(kernels[:2]), norms)
    )
    return (
        f"{total:,} parameters. The last two convolutions hold {last} of them, the first two "
        f"{early}, all normalisations {normal}: where many maps meet many, a budget is spent."
    )


@exercise("a number")
def luck_of_the_best(errors, counts):
    """Exercise 10.2: mistakes that the best of some equal recipes makes, on average.

    counts: (N,) int, the mistakes that N recipes made in IMAGES images.
    """
    from scipy.stats import binom

    counts = np.asarray(counts)
    expected, n = counts.mean(), len(counts)
    # The mean of a count is the sum over k of P(more than k).
    more = binom(IMAGES, expected / IMAGES).sf(np.arange(IMAGES))
    right, worst = (more**n).sum(), (1 - (1 - more) ** n).sum()
    found = read_number(errors)
    reject(
        is_close(found, expected, 0.5),
        f"{expected:.1f} is what each makes on average. The best of {n} makes fewer.",
    )
    reject(is_close(found, worst, 0.5), "that is the worst of them: look for the smallest.")
    reject(found == counts.min(), "that is what our best recipe made. Draw the luck of equal ones.")
    reject(
        found < right / 2,
        "that is very few: did you take the smallest over all draws, instead of the mean of the "
        "smallest of each draw?",
    )
    reject(
        not is_close(found, right, 0.5),
        "draw many times, take the smallest of each, then the mean.",
    )
    chance = 1 - more[counts.min()] ** n  # that the best makes as few as ours
    verdict = "may be luck" if chance > 0.05 else "is more than that luck"
    return (
        f"by this model, the best of {n} equal recipes makes about {right:.0f} mistakes, and "
        f"{counts.min()} or fewer in {100 * chance:.0f} % of all choices; on new images, "
        f"{expected:.0f} again. So the lead of ours {verdict}, although equal recipes that share "
        "the hard images scatter less than this model says."
    )


@exercise("a number")
def paired_interval(low, pairs, networks):
    """Exercise 10.3: the lower end of the 95 % interval of the mean number of mistakes saved.

    pairs: (N, 2) int, mistakes of the same networks before and after; networks: (N,) str, which
        kind of network each pair is.
    """
    from scipy.stats import ttest_1samp, ttest_ind

    before, after = pairs.T
    saved, found = before - after, read_number(low)
    right = ttest_1samp(saved, 0).confidence_interval()
    apart = ttest_ind(before, after, equal_var=False).confidence_interval()
    reject(is_close(found, saved.mean()), "that is the mean. How low may it lie?")
    reject(is_close(found, right.high), "that is the upper end of the interval.")
    reject(is_close(found, -right.high), "take as trained, minus recalibrated: mistakes saved.")
    reject(
        is_close(found, apart.low),
        "that takes the two groups as if they were no pairs. Take the difference of each pair.",
    )
    reject(not is_close(found, right.low), "take the differences, then their `ttest_1samp`.")
    alone = {}
    for name in dict.fromkeys(networks):
        ours = ttest_1samp(saved[np.asarray(networks) == name], 0).confidence_interval()
        alone[name] = f"{ours.low:.1f} to {ours.high:.1f} for {name}"
    return (
        f"recalibration saves {saved.mean():.1f} mistakes on average, with an interval of "
        f"{right.low:.1f} to {right.high:.1f}. Without the pairs, it would be {apart.low:.1f} to "
        f"{apart.high:.1f}. Each kind alone: {', '.join(alone.values())}."
    )
