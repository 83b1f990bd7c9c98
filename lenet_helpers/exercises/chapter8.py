"""The exercises of chapter 8."""

import numpy as np

from lenet_helpers.exercises.judging import (
    NotYet,
    call,
    exercise,
    is_close,
    kind_of,
    read_number,
    reject,
)

MIDDLE, LONGER = 140, 150  # of exercise 8.1, on a page of 280 by 280
NEARLY = 0.99  # what is larger counts as saturated
SIDE, LARGER = 3, 5  # pixels, of exercise 8.3 and of the chapter
ROUNDED = 0.05  # how close a change of the margin has to come
SHOWN = 0.00005  # how close a probability has to come


@exercise("two functions of a drawing")
def place_or_size(move, resize, drawings, digits, model):
    """Exercise 8.1: two functions of a drawing, a list of strokes (n, 2), that return a new one.

    move brings its middle to the middle of the page; resize makes its longer side 150 and leaves
    its middle. drawings: list of drawings; digits: the digit of each.
    Returns as text how many drawings the model then reads right.
    """
    from lenet_helpers.handwriting import render, squeeze
    from lenet_helpers.training import predict

    right = []
    for name, change in {"my_moved": move, "my_resized": resize}.items():
        changed = [_changed(name, change, drawing) for drawing in drawings]
        for before, after in zip(drawings, changed, strict=True):
            _judge(name, *_rectangle(before), *_rectangle(after))
        pictures = np.array([squeeze(render(drawing)) for drawing in changed])
        right.append(int((predict(model, pictures).argmax(axis=1) == digits).sum()))
    misled = "; their place had misled the network" if right[0] > right[1] else ""
    return (
        f"moved to the middle with the size that they had, {right[0]} of {len(drawings)} drawings "
        f"are read right; made one size in the place where they stood, {right[1]}{misled}."
    )


def _changed(name, change, drawing):
    """What the answer makes of a copy of a drawing: as many strokes and points, float64."""
    before = [stroke.copy() for stroke in drawing]
    after = call(change, before)
    reject(
        not isinstance(after, (list, tuple)) or len(after) != len(drawing),
        f"{name} should return a list of {len(drawing)} strokes, not {kind_of(after)}.",
    )
    after = [np.asarray(stroke, np.float64) for stroke in after]
    reject(
        [stroke.shape for stroke in after] != [stroke.shape for stroke in drawing],
        f"{name} should return as many points, each with x and y.",
    )
    same = all(np.array_equal(one, two) for one, two in zip(before, drawing, strict=True))
    reject(not same, f"{name} changes the drawing that it was given; make new arrays.")
    return after


def _rectangle(drawing):
    """The middle (x, y) and the size (width, height) of the smallest rectangle of the points."""
    points = np.concatenate(drawing)
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, high - low


def _judge(name, middle, size, new_middle, new_size):
    """Reject what changed something else than it should."""
    scale = new_size.max() / size.max()
    reject(
        not np.allclose(new_size, scale * size, atol=1),
        f"{name} changes the form: treat x and y alike.",
    )
    if name == "my_moved":
        reject(not is_close(scale, 1), f"{name} changes the size, by a factor of {scale:.2f}.")
        place, wanted = "the middle of the page", np.array([MIDDLE, MIDDLE])
    else:
        side = new_size.max()
        reject(not is_close(side, LONGER, 1), f"{name} makes a longer side {side:.0f} long.")
        place, wanted = "where it was", middle
    far = np.abs(new_middle - wanted).max()
    reject(far > 1, f"after {name}, a drawing's middle lies {far:.0f} from {place}.")


@exercise("a number of answers")
def only_the_signs(count, output, features, predicted, labels):
    """Exercise 8.2: how many answers change if C5's outputs (N, units) become their signs."""
    count = read_number(count)
    answers = np.asarray(output(np.sign(features))).argmax(axis=1)
    right, total = int((answers != predicted).sum()), len(answers)
    reject(count == total - right != right, "those stay; how many change?")
    reject(0 < count < 1, f"that is the share; how many of the {total:,} answers is it?")
    reject(
        count != right,
        "give the signs of `features` to the output layer, and count where its "
        "answers differ from `predicted`.",
    )
    saturated = (np.abs(features) > NEARLY).sum(axis=1).mean()
    mistakes = [int((each != labels).sum()) for each in (answers, predicted)]
    return (
        f"{right} of {total:,} answers change. The signs alone make {mistakes[0]} mistakes, C5's "
        f"own outputs {mistakes[1]}. On average, {saturated:.0f} of {features.shape[1]} units put "
        f"out more than {NEARLY} in size, each nearly a yes or a no."
    )


@exercise("a change of the margin, and a probability")
def smaller_square(change, probability, model, image):
    """Exercise 8.3: the lowest change of the margin, and the lowest probability, under paper."""
    from lenet_helpers.interpret import occlusion
    from lenet_helpers.interpret.relevance import covered
    from lenet_helpers.training import predict

    change = read_number(change, "the change")
    probability = read_number(probability, "the probability")
    reject(not 0 <= probability <= 1, "a probability lies between 0 and 1.")
    reject(change > 0, "a margin that falls changes by less than zero: after minus before.")
    digit = predict(model, image[np.newaxis])[0].argmax()
    right, larger = (occlusion(model, image, digit, side).min() for side in (SIDE, LARGER))
    if not is_close(change, right, ROUNDED):
        reject(is_close(change, larger, ROUNDED), f"that is the change under {LARGER} by {LARGER}.")
        raise NotYet(
            "paint 0 from the row above the centre to the row below (a slice leaves its "
            "end out), and likewise the columns; then take the lowest change."
        )
    after = predict(model, covered(image, SIDE))
    lowest, kept = after[:, digit].min(), (after.argmax(axis=1) == digit).all()
    reject(
        not is_close(probability, lowest, SHOWN),
        f"the lowest probability of the {digit} under one of your squares is another: "
        f"`predict(model, my_covered)` has a column for each digit.",
    )
    return (
        f"{SIDE} by {SIDE} paper changes the margin by {right:.1f} at the lowest, and the answer "
        f"{'stays' if kept else 'changes'}; {LARGER} by {LARGER} by {larger:.1f}. Under {SIDE} by "
        f"{SIDE} the probability of the {digit} is never below {lowest:.2%}."
    )
