"""The exercises of chapter 10."""

import numpy as np

from lenet_helpers.exercises.judging import exercise, is_close, read_number, reject


@exercise("a whole number")
def normalised_convolution(parameters, network, maps=40, side=3):
    """Exercise 10.1: all numbers of one more convolution after C6, and of its normalisation.

    maps: int, of the new convolution; side: int, of its kernels.
    """
    below, found = network.get_layer("C6").filters, read_number(parameters)
    kernel, norm = side**2 * below * maps, 4 * maps
    reject(found == kernel, "that is the convolution; its normalisation holds numbers as well.")
    reject(
        found == kernel + 2 * maps,
        "that is what training moves. The stored mean and variance count, too.",
    )
    reject(
        found == kernel + maps + norm,
        "it has no biases: the normalisation would take them off again.",
    )
    reject(found == 25 * below * maps + norm, f"its kernels are {side} by {side}, not 5 by 5.")
    right = kernel + norm
    reject(
        found != right,
        f"{maps} maps from {below} maps, by {side} by {side}, and four numbers a map.",
    )
    return f"{right:,}, of which {norm} are the normalisation's."


@exercise("a number")
def luck_of_the_best(errors, settings, images, rate):
    """Exercise 10.2: mistakes that the best of some equal settings makes, on average."""
    from scipy.stats import binom

    # The mean of a count is the sum over k of P(more than k).
    more = binom(images, rate).sf(np.arange(images))
    right, worst = (more**settings).sum(), (1 - (1 - more) ** settings).sum()
    found, expected = read_number(errors), images * rate
    reject(
        is_close(found, expected, 0.5),
        f"{expected:.0f} is what each makes on average. The best of {settings} makes fewer.",
    )
    reject(is_close(found, worst, 0.5), "that is the worst of them: look for the smallest.")
    reject(
        found < 1,
        "that is very few: did you take the smallest over all draws, instead of the mean of the "
        "smallest of each draw?",
    )
    reject(
        not is_close(found, right, 0.5),
        "draw many times, take the smallest of each, then the mean.",
    )
    return (
        f"of {settings} equal settings, the best makes about {right:.0f} mistakes instead of "
        f"{expected:.0f} on the images that chose it, and {expected:.0f} again on new ones. That "
        "is why no test image should take part in a choice. If all read the same images, the best "
        "stands out less, because hard images are hard for all."
    )


@exercise("a number")
def paired_interval(low, pairs):
    """Exercise 10.3: the lower end of the 95 % interval of the mean number of mistakes saved.

    pairs: (N, 2) int, mistakes of the same networks before and after.
    """
    from scipy.stats import ttest_1samp, ttest_ind

    before, after = pairs.T
    saved, found = (before - after).mean(), read_number(low)
    right = ttest_1samp(before - after, 0).confidence_interval()
    apart = ttest_ind(before, after, equal_var=False).confidence_interval()
    reject(is_close(found, saved), "that is the mean. How low may it lie?")
    reject(is_close(found, right.high), "that is the upper end of the interval.")
    reject(is_close(found, -right.high), "take as trained, minus recalibrated: mistakes saved.")
    reject(
        is_close(found, apart.low),
        "that takes the two groups as if they were no pairs. Take the difference of each pair.",
    )
    reject(not is_close(found, right.low), "take the differences, then their `ttest_1samp`.")
    return (
        f"recalibration saves {saved:.1f} mistakes on average, with an interval of {right.low:.1f} "
        f"to {right.high:.1f}. Without the pairs, it would be {apart.low:.1f} to {apart.high:.1f}."
    )
