"""The exercises of chapter 10."""

import numpy as np

from lenet_helpers.exercises.judging import call, exercise, is_close, read_number, reject


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
        "that is what training moves. Mean and variance are kept too, for when there is no batch.",
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
        f"{expected:.0f}. That is why no test image should take part in a choice. If all read the "
        "same images, the best stands out less, because hard images are hard for all."
    )


@exercise("a function of probabilities")
def answers_of_many(combine, probabilities):
    """Exercise 10.3: a function of (networks, N, 10) probabilities -> (N,) answers."""
    # Networks that disagree all the time: a vote and the mean are seldom the same.
    made_up = np.random.default_rng(0).dirichlet(np.ones(10), (5, 200))
    answers = _combined(combine, made_up)
    for place, one in enumerate(made_up):
        alone = np.array_equal(answers, one.argmax(axis=1))
        reject(alone, f"those are the answers of network {place} alone.")
    reject(
        np.array_equal(answers, _voted(made_up)),
        "that is a vote, in which a network that is hardly sure counts as much as one that is.",
    )
    reject(
        not np.array_equal(answers, made_up.mean(axis=0).argmax(axis=1)),
        "take the mean over the networks, then the largest.",
    )
    differing = (_combined(combine, probabilities) != _voted(probabilities)).sum()
    return (
        f"{differing} of {probabilities.shape[1]:,} answers differ from those of a vote, which "
        "ignores how sure the networks are, and may end in a tie."
    )


def _combined(combine, probabilities):
    before = probabilities.copy()
    answers, n = np.asarray(call(combine, probabilities)), probabilities.shape[1]
    reject(not np.array_equal(probabilities, before), "it changes what it was given.")
    reject(
        answers.shape == (n, 10), "those are ten numbers for each image; which digit is largest?"
    )
    reject(answers.shape != (n,), f"it returns shape {answers.shape}, not ({n},): one digit each.")
    return answers


def _voted(probabilities):
    votes = [np.bincount(answers, minlength=10) for answers in probabilities.argmax(axis=2).T]
    return np.argmax(votes, axis=1)
