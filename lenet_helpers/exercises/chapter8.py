"""The exercises of chapter 8."""

import numpy as np

from lenet_helpers.exercises.judging import NotYet, exercise, is_close, kind_of, read_number, reject

PAPER = 63  # the palest ink of exercise 8.1 is darker, by a quarter of full ink
NEARLY = 0.99  # what is larger counts as saturated
SIDE, LARGER = 3, 5  # pixels, of exercise 8.3 and of the chapter
ROUNDED = 0.05  # how close a drop has to come


@exercise("an array of pixels")
def cut_out(crop, drawing):
    """Exercise 8.1: the smallest rectangle of a drawing (H, W) that holds all of its ink."""
    reject(not isinstance(crop, np.ndarray), f"give the pixels, an array; this is {kind_of(crop)}.")
    reject(crop.ndim != 2, f"an image has rows and columns; this has the shape {crop.shape}.")
    is_ink = drawing > PAPER
    rows, columns = (np.flatnonzero(is_ink.any(axis=axis)) for axis in (1, 0))
    right = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if not np.array_equal(crop, right):
        height, width = right.shape
        reject(crop.shape == (width, height) != (height, width), "rows come first, then columns.")
        reject((crop > PAPER).sum() < is_ink.sum(), "some of the ink is missing.")
        reject(crop.shape[0] > height or crop.shape[1] > width, "there is still paper around it.")
        raise NotYet("those are not the pixels of the drawing, in their places.")
    return (
        f"of {drawing.shape[0]} by {drawing.shape[1]} pixels, {right.shape[0]} by {right.shape[1]} "
        "hold the ink."
    )


@exercise("a number of answers")
def only_the_signs(count, output, features, predicted):
    """Exercise 8.2: how many answers change if C5's outputs (N, units) become their signs."""
    count = read_number(count)
    changed = np.asarray(output(np.sign(features))).argmax(axis=1) != predicted
    right, total = int(changed.sum()), len(changed)
    reject(count == total - right != right, "those stay; how many change?")
    reject(0 < count < 1, f"that is the share; how many of the {total:,} answers is it?")
    reject(
        count != right,
        "give the signs of `features` to the output layer, and count where its "
        "answers differ from `predicted`.",
    )
    saturated = (np.abs(features) > NEARLY).sum(axis=1).mean()
    return (
        f"{right} of {total:,} answers change. On average, {saturated:.0f} of {features.shape[1]} "
        f"units put out more than {NEARLY} in size. The signs alone nearly carry the answer."
    )


@exercise("a drop of the margin")
def smaller_square(drop, model, image):
    """Exercise 8.3: how far a smaller square of paper lowers the margin of the answer at most."""
    from lenet_helpers.interpret import occlusion
    from lenet_helpers.interpret.relevance import covered
    from lenet_helpers.training import predict

    drop = read_number(drop)
    reject(drop < 0, "a margin that becomes smaller drops by more than zero: before minus after.")
    answer = predict(model, image[np.newaxis])[0]
    digit = answer.argmax()
    right, larger = (occlusion(model, image, digit, side).max() for side in (SIDE, LARGER))
    if not is_close(drop, right, ROUNDED):
        reject(
            is_close(drop, larger, ROUNDED), f"that is the drop under {LARGER} by {LARGER} paper."
        )
        raise NotYet(
            "paint 0 from the row above the centre to the row below (a slice leaves its "
            "end out), and likewise the columns; then take the largest drop."
        )
    after = predict(model, covered(image, SIDE))
    hidden, kept = (answer - after)[:, digit].max(), (after.argmax(axis=1) == digit).all()
    return (
        f"{SIDE} by {SIDE} paper lowers the margin by at most {right:.1f}, and the answer "
        f"{'stays' if kept else 'changes'}; {LARGER} by {LARGER} lowers it by {larger:.1f}. "
        f"Under {SIDE} by {SIDE} the probability drops by at most {hidden:.4f}."
    )
