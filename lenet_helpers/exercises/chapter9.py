"""The exercises of chapter 9."""

import numpy as np

from lenet_helpers.exercises.judging import call, exercise, kind_of, read_number, reject

ENOUGH = 0.9  # of the images, in exercise 9.1
TURNS = range(0, 61, 5)  # degrees, in exercise 9.1
SHIFT, MIDDLE = 4, 14  # pixels, in exercise 9.2: MNIST's digits are centred on row and column 14
STEP, TIMES = 20, 5  # of exercise 9.3


@exercise("a number of degrees")
def largest_turn(degrees, model, images, labels):
    """Exercise 9.1: the largest turn anticlockwise after which 90 % are still read right."""
    from lenet_helpers.interpret.corruptions import rotate
    from lenet_helpers.training import predict

    degrees = read_number(degrees)
    reject(degrees not in TURNS, f"steps of {TURNS.step} degrees, from {TURNS[0]} to {TURNS[-1]}.")
    shares = {
        turn: np.mean(predict(model, rotate(images, turn)).argmax(axis=1) == labels)
        for turn in range(0, TURNS.stop + TURNS.step, TURNS.step)
    }
    right = max((turn for turn in TURNS if shares[turn] >= ENOUGH), default=0)
    here, further = shares[degrees], shares[degrees + TURNS.step]
    reject(degrees > right, f"after {degrees:.0f} degrees only {here:.2%} are read right.")
    reject(degrees < right, f"after {TURNS.step} degrees more, {further:.2%} are still read right.")
    halves = [1.96 * np.sqrt(each * (1 - each) / len(images)) for each in (here, further)]
    return (
        f"{here:.1%} ± {halves[0]:.1%} after {degrees:.0f} degrees, and {further:.1%} ± "
        f"{halves[1]:.1%} after {TURNS.step} more (95 % intervals). On other images, the largest "
        f"turn may be another."
    )


@exercise("a function of images")
def centred(centre, model, images, labels):
    """Exercise 9.2: a function (N, 28, 28) uint8 -> the same ink, its centre of mass in the middle.

    Returns as text how many of the moved images the model reads, before and after.
    """
    from lenet_helpers.interpret.corruptions import translate
    from lenet_helpers.training import predict

    moved = translate(images, SHIFT)
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
        f"an image's centre of mass still lies {far.max():.1f} pixels from row {MIDDLE} and column "
        f"{MIDDLE}.",
    )
    shifted, back = (np.mean(predict(model, x).argmax(axis=1) == labels) for x in (moved, after))
    return (
        f"{shifted:.1%} of the images moved by {SHIFT} pixels are read right, and {back:.1%} after "
        "your function: their place had misled it."
    )


@exercise("a function of images, labels, a step and a number of times")
def many_steps(move, model, images, labels):
    """Exercise 9.3: a function images, labels, step, times -> images within the step."""
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
    places = np.indices(images.shape[1:]) - MIDDLE
    weights = images / images.sum(axis=(1, 2), keepdims=True)
    return np.hypot(*np.einsum("nij,aij->an", weights, places))
