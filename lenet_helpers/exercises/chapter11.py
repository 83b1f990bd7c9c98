"""The exercises of chapter 11."""

from itertools import combinations, product

import numpy as np

from lenet_helpers.exercises.judging import call, exercise, is_close, read_number, reject


@exercise("a function of probabilities")
def answers_of_many(combine):
    """Exercise 11.1: a function of (networks, N, 10) probabilities -> (N,) answers."""
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
    return "in the mean, a network that is sure weighs more, whether it is right or not."


@exercise("a whole number")
def mistakes_of_a_vote(mistakes, probabilities, labels):
    """Exercise 11.2: how many images a vote misreads.

    probabilities: (networks, N, 10) float; labels: (N,) int.
    """
    found, votes = read_number(mistakes), probabilities.argmax(axis=2)
    winners, of_mean = _voted(probabilities), probabilities.mean(axis=0).argmax(axis=1)
    right, with_mean = (winners != labels).sum(), (of_mean != labels).sum()
    if found != right:
        reject(found == with_mean, "that is how many the mean misreads.")
        reject(found == (votes != labels).sum(), "find one answer for each image first.")
    reject(found != right, "count the votes of each image, then compare the winner with the label.")
    differing = (winners != of_mean).sum()
    return (
        f"a vote misreads {right}, the mean of the probabilities {with_mean}. They differ on "
        f"{differing} images: too few to call one of them better, and test images should not "
        "choose."
    )


@exercise("a number")
def shared_mistakes(shared, probabilities, labels):
    """Exercise 11.3: how many images two networks of different recipes both misread, on average.

    probabilities: dict, recipe -> (networks, N, 10) float; labels: (N,) int.
    """
    missed = [outputs.argmax(axis=2) != labels for outputs in probabilities.values()]
    pairs = [pair for two in combinations(missed, 2) for pair in product(*two)]
    of_one = [pair for rows in missed for pair in combinations(rows, 2)]
    counts = np.array([(a & b).sum() for a, b in pairs])
    right, within = counts.mean(), np.mean([(a & b).sum() for a, b in of_one])
    alone, found = np.mean([rows.sum(axis=1) for rows in missed]), read_number(shared)
    if not is_close(found, right, 0.05):
        reject(is_close(found, within, 0.05), "those are pairs of networks of one recipe.")
        reject(is_close(found, alone, 0.05), "that is how many one network misreads.")
        reject(found == counts.sum(), "that is the sum over all pairs: divide by their number.")
    reject(
        not is_close(found, right, 0.05),
        f"count the images that both misread, for each of the {len(pairs)} pairs; then the mean.",
    )
    return (
        f"two networks of different recipes share {right:.1f} mistakes, two of one recipe "
        f"{within:.1f}, of about {alone:.0f} that each makes. What one misreads, networks of other "
        "recipes misread nearly as often as those of its own."
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
