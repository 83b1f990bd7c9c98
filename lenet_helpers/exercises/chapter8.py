"""The exercises of chapter 8."""

import numpy as np

from lenet_helpers.exercises.judging import NotYet, exercise, is_close, read_number, reject

BOX = 20  # pixels of a digit's longer side in MNIST
NEARLY = 0.99  # of exercise 8.2: what is larger counts as saturated
SIDE, LARGER = 3, 5  # pixels, of exercise 8.3 and of the chapter
EXACT = 1e-4  # how close a drop has to come


@exercise("two whole numbers, a height and a width")
def size_in_the_box(height, width, cropped):
    """Exercise 8.1: the size of a crop (h, w) after its longer side was scaled to 20 pixels."""
    height, width = read_number(height), read_number(width)
    before = cropped.shape
    right = tuple(max(1, round(BOX * length / max(before))) for length in before)
    reject((height, width) == before, "that is the size before; what is it after the scaling?")
    reject(
        (height, width) == (BOX, BOX) != right,
        "both sides are scaled by the same factor, so that the digit keeps its shape.",
    )
    reject((width, height) == right != (height, width), "almost: first the height, then the width.")
    reject(max(height, width) != BOX, f"the longer side must come out at {BOX} pixels.")
    reject((height, width) != right, "multiply the shorter side by the same factor, and round.")
    return f"{before[0]} by {before[1]} pixels become {height:.0f} by {width:.0f}."


@exercise("a number of units")
def saturated_units(count, outputs):
    """Exercise 8.2: how many units, on average over images, put out more than 0.99 in size."""
    count = read_number(count)
    is_saturated = np.abs(outputs) > NEARLY
    right, units = is_saturated.sum(axis=1).mean(), outputs.shape[1]
    reject(is_close(count, is_saturated.sum(), 0.5), "that is the sum over all images.")
    reject(
        is_close(count, right / units), f"that is the share; how many of the {units} units is it?"
    )
    reject(
        is_close(count, (outputs > NEARLY).sum(axis=1).mean(), 0.05),
        "outputs near minus one count as well.",
    )
    reject(
        is_close(count, units - right, 0.05),
        "those are the others: count outputs beyond the limit.",
    )
    reject(
        not is_close(count, right, 0.05),
        f"for each image, count the units whose size is over {NEARLY}; then take the mean.",
    )
    return f"{right:.1f} of {units} units, {right / units:.0%}, are nearly at an end of tanh."


@exercise("a drop of a probability")
def smaller_square(drop, model, image):
    """Exercise 8.3: how far a smaller square of paper lowers the answer's probability at most."""
    from lenet_helpers.interpret import occlusion
    from lenet_helpers.training import predict

    drop = read_number(drop)
    reject(not 0 <= drop <= 1, "a probability drops by at most one: before minus after.")
    digit = predict(model, image[np.newaxis])[0].argmax()
    right, larger = (occlusion(model, image, digit, side).max() for side in (SIDE, LARGER))
    if not is_close(drop, right, EXACT):
        reject(is_close(drop, larger, EXACT), f"that is the drop under {LARGER} by {LARGER} paper.")
        reject(is_close(drop, right, 0.005), "give the largest drop, not rounded.")
        raise NotYet(
            "paint 0 from the row above the centre to the row below (a slice leaves its "
            "end out), and likewise the columns; then take the largest drop."
        )
    return (
        f"{SIDE} by {SIDE} paper lowers the probability by at most {right:.4f}, {LARGER} by "
        f"{LARGER} by {larger:.2f}. What occlusion finds depends on the size of the square."
    )
