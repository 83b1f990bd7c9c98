"""The exercises of chapter 4."""

import functools
import math

import numpy as np

from lenet_helpers.exercises.judging import exercise, is_close, read_number, read_word, reject

EPOCHS, BATCH = 5, 64  # of exercise 4.1
COLLEAGUES_ACCURACY = 0.9881  # of exercise 4.3


@exercise("a whole number")
def updates_of_five_epochs(updates, training):
    """Exercise 4.1: the updates of EPOCHS with batches of BATCH images."""
    updates, images = read_number(updates), training.stop - training.start
    right = EPOCHS * math.ceil(images / BATCH)
    everything = round(images / 0.9)  # with the images that validate
    reject(updates == right // EPOCHS, f"that is one epoch; the question is for {EPOCHS}.")
    reject(
        updates == EPOCHS * (images // BATCH),
        "the last batch of an epoch is smaller, and makes an update all the same.",
    )
    reject(
        updates in (EPOCHS * images / BATCH, math.ceil(EPOCHS * images / BATCH)),
        "each epoch starts afresh: its last, smaller batch is not filled up from the next.",
    )
    reject(
        updates in (EPOCHS * math.ceil(everything / BATCH), EPOCHS * (everything // BATCH)),
        "these are all images; those that validate make no update.",
    )
    reject(updates in (images, EPOCHS * images), "these are images; an update takes a whole batch.")
    reject(updates == EPOCHS * math.ceil(images / 10), f"the batches have {BATCH} images, not 10.")
    reject(
        updates == EPOCHS * BATCH, "batches are counted by dividing: images / images in a batch."
    )
    reject(updates <= 0, "there is at least one update in an epoch.")
    much, of_each = "many" if updates > right else "few", EPOCHS * images / updates
    reject(updates != right, f"too {much}: that would be {of_each:,.1f} images for each update.")
    return f"{right // EPOCHS:,} an epoch, {images % BATCH} images in the last batch of each."


@exercise('"lower", "equal" or "higher"')
def larger_batches(guess, small, large):
    """Exercise 4.2: accuracy after the same epoch, with batches of 100 instead of 10."""
    guess = read_word(guess)
    reject(guess not in ("lower", "equal", "higher"), 'the answer is "lower", "equal" or "higher".')
    right = "lower" if large < small - 0.01 else "higher" if large > small + 0.01 else "equal"
    reject(
        guess != right,
        f"it was {large:.0%} instead of {small:.0%}. How many updates did each of the two make?",
    )
    return (
        f"{large:.0%} instead of {small:.0%}: the same images, but a tenth of the updates, so less "
        "was learned."
    )


@exercise("a number")
def distance_in_deviations(distance, accuracies, one):
    """Exercise 4.3: how many standard deviations one run lies from the mean of the seeds."""
    distance, gap = read_number(distance), one - np.mean(accuracies)
    right = gap / np.std(accuracies, ddof=1)
    same = functools.partial(is_close, distance, tolerance=0.01 * abs(right))
    reject(same(gap) or same(100 * gap), "that is the distance; how many deviations is it?")
    reject(
        same(gap / np.std(accuracies)),
        "almost: from so few seeds, the deviation is estimated with ddof=1, as pandas does.",
    )
    reject(same(-right), "the run lies on the other side of the mean: its accuracy minus the mean.")
    reject(
        same((100 * one - np.mean(accuracies)) / np.std(accuracies, ddof=1)),
        "the seeds' accuracies are shares, from 0 to 1: let the colleague's be one, too.",
    )
    reject(
        same((one - 100 * np.mean(accuracies)) / (100 * np.std(accuracies, ddof=1))),
        "the mean that you took is in percent: let the colleague's accuracy be so, too.",
    )
    reject(
        not is_close(distance, right, 0.05),  # which a learner may well round to a tenth
        "divide (accuracy - mean of the seeds) by their standard deviation.",
    )
    return f"{right:.1f} deviations. Such a run turns up often by chance, so it shows little."
