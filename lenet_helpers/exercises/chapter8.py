"""The exercises of chapter 8."""

import math

import numpy as np

from lenet_helpers.exercises.judging import NotYet, call, exercise, kind_of, read_number, reject

STEP, TIMES = 20, 5  # of exercise 8.4


@exercise("two whole numbers")
def kernels_of_c3(here, in_paper, network):
    """Exercise 8.1: how many kernels C3 has here, and by the paper's table of connections."""
    here, in_paper = read_number(here), read_number(in_paper)
    shape = network.get_layer("C3").kernel.shape
    read, made = shape[2:]
    connected = 6 * 3 + 9 * 4 + 1 * 6
    reject(here == made, f"{made} is the number of maps; each has a kernel for every map it reads.")
    reject(here == math.prod(shape), "those are all its weights; how many kernels are they?")
    reject(
        here != read * made, f"{made} maps, and each reads all {read}: how many pairs are there?"
    )
    reject(in_paper == here, "fewer in the paper: add up how many maps of S2 each map of C3 reads.")
    reject(
        in_paper != connected, "maps times maps read, for each of the three kinds, then the sum."
    )
    counts = f"{here:.0f} against {in_paper:.0f}"
    return f"{counts}: the paper wanted fewer sums, and maps that read differently."


@exercise("two whole numbers, a row and a column")
def costliest_square(row, column, lost):
    """Exercise 8.2: the centre of the square that costs the digit most of its probability."""
    row, column = read_number(row), read_number(column)
    least = np.unravel_index(lost.argmin(), lost.shape)
    reject(
        max(row, column) >= len(lost),
        f"rows and columns go from 0 to {len(lost) - 1}; np.unravel_index makes both of a place in "
        "the flat array.",
    )
    largest = {tuple(place) for place in np.argwhere(lost == lost.max())}  # one at least
    if (row, column) not in largest:
        reject((row, column) == least, "there the probability falls least, or even grows.")
        reject((column, row) in largest, "almost: first the row, then the column.")
        raise NotYet("take the place of the largest value in the map.")
    place = f"row {row:.0f}, column {column:.0f}"
    return f"ink at {place} takes {lost.max():.0%} of the probability away."


@exercise("a function of images")
def centred(centre, images):
    """Exercise 8.3: a function (N, 28, 28) uint8 -> the same ink, its centre of mass in the middle.

    Returns as text how far the centres of mass lay from the middle, before and after.
    """
    from lenet_helpers.interpret.corruptions import translate

    moved = translate(images, 4)
    before = moved.copy()
    after = call(centre, moved)
    reject(not isinstance(after, np.ndarray), f"it returns {kind_of(after)}, not an array.")
    reject(after.shape != moved.shape, f"it returns shape {after.shape}, not {moved.shape}.")
    reject(after.dtype != np.uint8, f"it returns {after.dtype}; images are stored as uint8.")
    reject(not np.array_equal(moved, before), "it changes the images that it was given.")
    ink = after.sum(axis=(1, 2)) / moved.sum(axis=(1, 2))
    worst = np.abs(ink - 1).argmax()
    reject(
        abs(ink[worst] - 1) > 0.05,
        f"ink is lost or gained: an image keeps {ink[worst]:.0%}. Whole pixels would keep it all.",
    )
    far = _from_middle(after)
    reject(
        far.max() > 1,
        f"an image's centre of mass still lies {far.max():.1f} pixels from the middle, 13.5, 13.5.",
    )
    return f"from {_from_middle(moved).mean():.1f} pixels off the middle to {far.mean():.1f}."


@exercise("a function of images, labels, a step and a number of times")
def many_steps(move, model, images, labels):
    """Exercise 8.4: a function images, labels, step, times -> images within the step."""
    from lenet_helpers.interpret import fgsm, fgsm_signs
    from lenet_helpers.training import predict

    step, times, before = STEP, TIMES, images.copy()
    after = call(move, images, labels, step, times)
    reject(not isinstance(after, np.ndarray), f"it returns {kind_of(after)}, not an array.")
    reject(after.shape != images.shape, f"it returns shape {after.shape}, not {images.shape}.")
    reject(after.dtype != np.uint8, f"it returns {after.dtype}; images are stored as uint8.")
    reject(not np.array_equal(images, before), "it changes the images that it was given.")
    furthest = np.abs(after.astype(int) - images).max()
    reject(furthest > step, f"a pixel moved by {furthest} grey levels, and {step} are allowed.")
    at_once = fgsm(images, fgsm_signs(model, images, labels), step)
    one, many = (np.mean(predict(model, x).argmax(axis=1) == labels) for x in (at_once, after))
    reject(
        np.array_equal(after, at_once), "that is the same as one step: ask for the signs each time."
    )
    reject(
        many >= one,
        f"{many:.0%} are still read right, against {one:.0%} after one step. Take the signs anew, "
        "at the place that was reached.",
    )
    return f"{many:.0%} are still read right, against {one:.0%} after one step of the same size."


def _from_middle(images):
    """How far each image's centre of mass lies from the middle, in pixels: (N,)."""
    places = np.indices(images.shape[1:]) - 13.5
    weights = images / images.sum(axis=(1, 2), keepdims=True)
    return np.hypot(*np.einsum("nij,aij->an", weights, places))
