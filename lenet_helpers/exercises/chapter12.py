"""The exercises of chapter 12."""

import numpy as np

from lenet_helpers.exercises.judging import exercise, is_close, read_number, read_word, reject


@exercise("a whole number")
def one_more_map(parameters, network):
    """Exercise 12.1: all parameters, if the second convolution of a network had one map more."""
    _, second, third, *_ = [layer for layer in network.layers if hasattr(layer, "filters")]
    side, _, below, maps = second.kernel.shape
    own, of_next, norm = side**2 * below, side**2 * third.filters, 4
    found, before = read_number(parameters), network.count_params()
    right = before + own + of_next + norm
    reject(found == right - before, "that is how many are added: how many are there in all?")
    reject(
        found == right - of_next,
        "the third convolution reads one map more, too: its kernels get larger.",
    )
    reject(found == right - norm, "the new map's normalisation holds numbers as well.")
    reject(found == before + own, "the next layers have to treat the new map, too.")
    reject(
        found != right,
        "count what one more map adds: its kernels, the next convolution's, the normalisation.",
    )
    return (
        f"{right:,}. A {maps + 1}th map adds {own} weights of its own, {of_next} of the third "
        f"convolution, and {norm} of its normalisation."
    )


# The networks of exercise 12.2: rungs of the study "choices_sizes", and what they are.
UNNAMED = {
    "A": ("2910-distorted", "2,910 parameters, trained on distortions"),
    "B": ("998-two-poolings", "998 parameters with two poolings in place of three"),
    "C": ("9968-undistorted", "9,968 parameters, trained without distortions"),
    "D": ("983", "983 parameters with three poolings"),
}


@exercise("two letters")
def diagnosis(larger, distorted, choices):
    """Exercise 12.2: which network underfits most, and which has the widest gap.

    choices: DataFrame of the runs of "choices_sizes", index rung.
    """
    found = [str(read_word(one)).upper() for one in (larger, distorted)]
    letters = ", ".join(UNNAMED)
    for letter in found:
        reject(letter not in UNNAMED, f"the networks are {letters}; yours is {letter!r}.")
    runs = choices.loc[[rung for rung, _ in UNNAMED.values()]].set_axis(list(UNNAMED))
    train = 100 * (runs["train_errors"] / runs["train_images"]).astype(float)
    gap = runs["val_errors"].astype(float) / 60 - train
    worst, widest = train.idxmax(), gap.idxmax()
    reject(found == [widest, worst], "the other way round.")
    reject(
        found[0] != worst,
        "underfitting shows on the training images: which network misreads most of them?",
    )
    reject(found[1] != widest, "the gap is the validation error, minus the training error.")
    return (
        f"{worst} has {UNNAMED[worst][1]}, and misreads {train[worst]:.2f} % of its training "
        f"images; D has {UNNAMED['D'][1]}, and {train['D']:.2f} %. So the plan counts, not the "
        "number alone. "
        f"{widest} has {UNNAMED[widest][1]}, with a gap of {gap[widest]:.2f} points. "
        f"A was {UNNAMED['A'][1].split(', ')[1]}: no gap is left, yet it misreads "
        f"{train['A']:.2f} % of its training images."
    )


@exercise("a number")
def slant_of_ink(slant, image):
    """Exercise 12.3: the covariance of column and row of an image's ink, by the row's variance.

    image: (28, 28) uint8.
    """
    y, x = np.indices(image.shape)
    x, y = (places - np.average(places, weights=image) for places in (x, y))
    across, of_rows, of_columns = (np.average(m, weights=image) for m in (x * y, y * y, x * x))
    found, right = read_number(slant), across / of_rows
    reject(
        is_close(found, -right, 0.005),
        "the other sign: rows count from the top, and columns from the left.",
    )
    reject(is_close(found, across, 0.005), "that is the covariance: divide it by the variance.")
    reject(
        is_close(found, across / of_columns, 0.005),
        "you divide by the variance of the columns: take that of the rows.",
    )
    reject(
        not is_close(found, right, 0.005),
        "weight each pixel by its ink, also for the mean column and the mean row.",
    )
    side, other = ("right", "left") if right > 0 else ("left", "right")
    return (
        f"the slant is {right:.2f}: row by row downwards, the ink lies further to the {side}. So "
        f"deslanting moves the lower rows to the {other} and the upper ones to the {side}."
    )
