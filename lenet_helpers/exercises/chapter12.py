"""The exercises of chapter 12."""

import numpy as np

from lenet_helpers.exercises.judging import exercise, is_close, read_number, reject


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


@exercise("a number")
def slant_of_ink(slant, image):
    """Exercise 12.2: the covariance of column and row of an image's ink, by the row's variance.

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
