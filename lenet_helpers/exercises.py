"""Checks of the chapters' exercises: each prints "Right: ..." or "Not yet: ..." and why.

No answer makes a check raise, whatever its type or shape. What an answer is compared with is
computed from the other arguments: digits, models and tables of the chapter.
"""

import contextlib
import functools
import math
import numbers
import random
import warnings

import numpy as np

DOTS = "the dots are still there. Put your answer in their place."


class NotYet(Exception):
    """Why an answer is not right yet; the learner reads its text."""


def _exercise(expected):
    """Let a judge of answers print its verdict and never raise.

    expected: str, what an answer is, for answers that cannot be read at all.
    The judge returns why an answer is right, or raises NotYet.
    """

    def decorate(judge):
        @functools.wraps(judge)
        def check(*given):
            print(_verdict(judge, given, expected))

        return check

    return decorate


def _verdict(judge, given, expected):
    if any(part is ... for part in given):
        return f"Not yet: {DOTS}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return f"Right: {judge(*given)}"
    except NotYet as reason:
        return f"Not yet: {reason}"
    except Exception as error:
        return f"Not yet: the answer should be {expected}; this one led to {_name(error)}."


# --- chapter 1 ---------------------------------------------------------------------------------


@_exercise("a tuple of whole numbers")
def slice_shape(shape, images):
    """Exercise 1.1: the shape of `images[100:132, :14]`."""
    shape, right = _shape(shape), images[100:132, :14].shape
    _reject(len(shape) != len(right), f"a slice keeps every axis: {len(right)} numbers, please.")
    _reject(shape[0] == right[0] + 1, "a slice stops before its end: 132 itself is left out.")
    _reject(
        shape == (right[0], *right[:0:-1]), "the second axis counts rows, the third counts columns."
    )
    _equal(shape, right, ["100 to 131 are taken", "the rows 0 to 13 are taken", "all columns stay"])
    return f"{right[0]} images, the upper {right[1]} rows of each, and all {right[2]} columns."


@_exercise("a number, a percentage")
def floor_of_a_detector(percent, labels):
    """Exercise 1.2: how often "this is no 5" is right, in percent, if it is always said."""
    percent, fives = _number(percent), 100 * np.mean(labels == 5)
    right = 100 - fives
    _reject(_close(percent, fives), "that is the share of fives: there, always saying no is wrong.")
    _reject(_close(percent, 50), "a coin would be right half the time, but this is no coin.")
    _reject(_close(percent, right / 100, 1e-4), "almost: give it in percent, from 0 to 100.")
    off = abs(percent - right)
    _reject(0.01 < off < 1.5, "close, but guessed or rounded: let Python compute it.")
    _reject(off > 0.01, "count how many labels are not 5, and divide by all.")
    return f"{right:.2f} %, and it has found no 5 at all. Accuracy needs a floor to stand on."


@_exercise("an array of ten numbers")
def ink_of_each_digit(ink, digits):
    """Exercise 1.3: the mean pixel of each digit's training images."""
    ink, right = _numbers(ink, (10,)), _mean_pixels(digits.x_train, digits.y_train)
    if len(digits.x_test):
        test = _mean_pixels(digits.x_test, digits.y_test)
        _reject(
            np.allclose(ink, test), "these are the test images. They stay closed until the end."
        )
    _reject(
        np.all(ink > 255),
        "a mean pixel lies between 0 and 255. A sum grows with the number of images.",
    )
    _reject(np.allclose(255 * ink, right), "almost: leave the pixels as they are, 0 to 255.")
    off = ~np.isclose(ink, right, atol=0.1)
    if off.any():
        _reject(
            np.allclose(np.sort(ink), np.sort(right)),
            "the right numbers in another order: the digit 0 comes first, 9 last.",
        )
        rounded = np.abs(ink - right).max() <= 0.5
        _reject(rounded, "almost: these were rounded. Hand in the means as computed.")
        raise NotYet(
            f"not for the digit {off.argmax()}: take the images with its label, and all their "
            "pixels, paper as well."
        )
    return f"the {right.argmax()} takes the most ink, the {right.argmin()} the least."


@_exercise("a function of images and means")
def nearest_mean(nearest, means, digits):
    """Exercise 1.4: a function (N, 28, 28), (10, 28, 28) -> (N,), the nearest mean's digit."""
    images, labels = digits.x_train[:500], digits.y_train[:500]
    own = _numbers(_call(nearest, means, means), (10,), "for ten images, your function's answer")
    lost = own != np.arange(10)
    if lost.any():
        products = np.einsum("nij,kij->nk", means, means)
        advice = (
            "A product favours bright means: measure a distance instead."
            if np.array_equal(own, products.argmax(axis=1))
            else "Sum over rows and columns, and take the smallest of an image's ten distances."
        )
        raise NotYet(
            f"each mean is nearest to itself, but yours takes the {lost.argmax()} for another. "
            f"{advice}"
        )
    answers = _numbers(_call(nearest, images, means), (len(images),), "your function's answer")
    differences = images[:, np.newaxis] - means
    agree = np.mean(answers == (differences**2).sum(axis=(2, 3)).argmin(axis=1))
    _reject(
        agree < 1 and np.array_equal(answers, np.abs(differences).sum(axis=(2, 3)).argmin(axis=1)),
        "almost: those are the nearest by plain differences. Square them before you sum.",
    )
    _reject(
        agree < 0.9,
        f"{1 - agree:.0%} of its answers are not the nearest mean's digit. Are squares summed, and "
        "of floats? In uint8, 3 - 5 is 254.",
    )
    return f"{np.mean(answers == labels):.0%} of 500 training images, without learning anything."


def _mean_pixels(images, labels):
    return np.array([images[labels == digit].mean() for digit in range(10)])


# --- chapter 2 ---------------------------------------------------------------------------------


@_exercise("a tuple of whole numbers")
def channels_first(shape, images):
    """Exercise 2.1: the shape of `images[:32, np.newaxis]`."""
    shape, right = _shape(shape), images[:32, np.newaxis].shape
    _reject(shape == images[:32].shape, "np.newaxis adds an axis of length 1.")
    _reject(
        shape == (*right[:1], *right[2:], 1),
        "that is images[:32, ..., np.newaxis]. Here the new axis stands in the second place.",
    )
    all_stay = "np.newaxis is followed by the rows, then the columns, and all of them stay"
    reasons = [":32 comes first, and takes 0 to 31", "np.newaxis adds an axis of length 1"]
    _equal(shape, right, [*reasons, all_stay, all_stay])
    return "one channel, and it comes first. Some libraries want it so; Keras wants it last."


@_exercise("a function of images")
def preparation(prepare, images):
    """Exercise 2.2: a function (N, 28, 28) uint8 -> (N, 28, 28, 1) float32 in [0, 1]."""
    before = images.copy()
    after = _call(prepare, images)
    _reject(not isinstance(after, np.ndarray), f"it returns {_kind(after)}, not an array.")
    right = (*images.shape, 1)
    _reject(after.shape != right, f"it returns shape {after.shape}, not {right}.")
    _reject(
        after.dtype.kind in "iub",
        f"it returns {after.dtype}: whole numbers, and all greys between paper and ink are lost.",
    )
    _reject(
        after.dtype != np.float32,
        f"it returns {after.dtype}. Keras computes in float32, so the rest is memory for nothing.",
    )
    _in_unit_range(after)
    _reject(
        not np.allclose(after[..., 0], before / 255, atol=1e-6),
        "the shape is right, but pixels have moved. Look at an image of the result.",
    )
    _reject(not np.array_equal(images, before), "it changes the images that it was given.")
    return "the shape, the type, the range, and every pixel still in its place."


@_exercise("a number")
def mean_without_leak(mean, digits, training):
    """Exercise 2.3: the mean pixel, from 0 to 1, of the images that are trained on."""
    mean, right = _number(mean), digits.x_train[training].mean() / 255
    _reject(mean > 1, "the network sees pixels from 0 to 1: divide by 255.")
    others = {
        "the test images are in it: they leak": np.concatenate([digits.x_train, digits.x_test]),
        "the validation images are in it: they leak": digits.x_train,
        "those are the validation images: they would leak": digits.x_train[training.stop :],
        "those are the test images: they would leak": digits.x_test,
    }
    same = functools.partial(_close, mean, tolerance=1e-6)
    for reason, images in others.items():
        _reject(same(images.mean() / 255), f"{reason} into what is trained.")
    _reject(
        not same(right) and _close(mean, right, 5e-3),
        "almost: it was rounded, or rests on some other images. Hand in the mean as computed.",
    )
    _reject(
        not same(right), f"the images to average are x_train[{training.start}:{training.stop}]."
    )
    return "it rests on nothing but the images that the network learns from."


@_exercise("a function of n and a seed")
def shuffled_split(split, labels):
    """Exercise 2.4: a function n, seed -> two arrays of indices, training and validation."""
    n, in_order = len(labels), np.sort(labels)
    training, validation = _parts(_call(split, n, 0), n)
    both = np.intersect1d(training, validation)
    _reject(len(both), f"{len(both):,} images are in both parts: those are a leak, not a test.")
    _reject(
        len(training) + len(validation) != n, "some images are in neither part: split all of them."
    )
    _reject(
        abs(len(validation) - n / 10) > 1,
        f"validation has {len(validation):,} of {n:,} images, not a tenth"
        + (". Return training first." if abs(len(training) - n / 10) <= 1 else "."),
    )
    missing = 10 - len(np.unique(in_order[validation]))
    _reject(missing, f"if the labels are sorted, validation misses {missing} digits. Shuffle.")
    again = _parts(_call(split, n, 0), n)[1]
    _reject(not np.array_equal(again, validation), "the same seed should give the same split.")
    other = _parts(_call(split, n, 1), n)[1]
    _reject(np.array_equal(other, validation), "another seed should give another split.")
    return "a random tenth, repeatable, and no image in both parts."


def _parts(parts, n):
    parts = [np.asarray(part) for part in parts]
    _reject(len(parts) != 2, "return two arrays: training, validation.")
    _reject(
        any(part.ndim != 1 or part.dtype.kind not in "iu" for part in parts),
        "return two arrays of indices, whole numbers each.",
    )
    _reject(any(len(np.unique(part)) < len(part) for part in parts), "an image is in a part twice.")
    indices = np.concatenate(parts)
    _reject(indices.min() < 0 or indices.max() >= n, f"indices go from 0 to {n - 1:,}.")
    return parts


def _in_unit_range(pixels):
    smallest, largest = pixels.min(), pixels.max()
    _reject(not np.isfinite(pixels).all(), "some of its values are not numbers.")
    _reject(smallest < 0, f"its smallest value is {smallest:.4g}, not 0.")
    _reject(largest < 0.1, f"its largest value is {largest:.4f}: that was scaled twice.")
    _reject(not _close(largest, 1, 1e-4), f"its largest value is {largest:.4g}, not 1.")


# --- chapter 3 ---------------------------------------------------------------------------------


@_exercise("a tuple of whole numbers")
def shape_after(shape, network):
    """Exercise 3.1: the shape that a convolution and a pooling hand on, for one image."""
    shape, right = _shape(shape), network.output_shape[1:]
    convolved = network.layers[0].output.shape[1:]
    _reject(len(shape) == len(right) + 1, "leave out the batch: the shape of one image, please.")
    _reject(shape == convolved, "that is before pooling, which halves the side.")
    padded = network.input_shape[1] // 2
    _reject(
        shape[:2] == (padded, padded),
        "that is half of the input's side. But a window that stays inside fits in fewer places.",
    )
    _reject(shape[-1] != right[-1], "the last axis counts maps: one for each kernel.")
    side, window = network.input_shape[1], network.layers[0].kernel_size[0]
    halved = f"a window of {window} fits in {side} - {window} + 1 places, and pooling halves that"
    _equal(shape, right, [halved, halved, "there is one map for each kernel"])
    return f"the window fits in {convolved[0]} places, pooling halves that to {right[0]}."


@_exercise("a layer's name, a whole number and a letter")
def largest_layer(layer, parameters, reason, network):
    """Exercise 3.2: the layer with the most parameters, how many, and why."""
    counts = {one.name: one.count_params() for one in network.layers}
    right = max(counts, key=counts.get)
    units = network.get_layer(right).units
    names = ", ".join(counts)
    _reject(not isinstance(layer, str), f"a layer's name is a text, one of {names}.")
    _reject(layer not in counts, f"{layer!r} is not in this network; its layers are {names}.")
    _reject(layer != right, f"{layer} has {counts[layer]:,} parameters, and another has more.")
    parameters = _number(parameters)
    _reject(
        parameters == counts[right] - units,
        f"you counted the weights of {right}; each of its {units} units has a bias as well.",
    )
    _reject(
        parameters != counts[right],
        f"{right}, yes, but not {parameters:,.0f} parameters: units × (inputs + 1).",
    )
    reason = _word(reason)
    _reject(reason == "a", "its number of units is not it: a convolution here has half as many.")
    _reject(reason == "b", "it does learn more numbers, but that is what we want explained.")
    _reject(reason != "c", 'the reason is one of "a", "b" and "c".')
    return f"{counts[right] / network.count_params():.0%} of all parameters sit in {right}."


@_exercise("a whole number")
def same_padding(total, network):
    """Exercise 3.3: the network's parameters if C1 pads its input to keep the side."""
    total, now, right = _number(total), network.count_params(), _padded(network).count_params()
    _reject(
        total == now,
        "C1 itself keeps its parameters, but follow the side: what does flatten hand on now?",
    )
    c5 = _padded(network).get_layer("C5")
    _reject(total == c5.count_params(), "that is C5 alone; the question is for all layers.")
    _reject(total == right - c5.units, f"almost: each of C5's {c5.units} units has a bias as well.")
    _reject(total < right, "too few. With a side of 28 after C1, go on: S2, C3, S4, flatten, C5.")
    _reject(total > right, "too many. C3 still takes 4 off the side; only C5 reads more.")
    return f"{right - now:,} more, all of them in C5, for a wider margin of C1."


@_exercise("a Keras model")
def small_network(network, images):
    """Exercise 3.4: C1 and C3 as they are, ten probabilities, fewer than 10,000 parameters."""
    import keras

    _reject(not isinstance(network, keras.Model), f"this is {_kind(network)}, not a Keras model.")
    _reject(
        not getattr(network, "inputs", None),
        "it does not know its input yet: begin the list with keras.Input((28, 28, 1)).",
    )
    _reject(network.input_shape[1:] != images.shape[1:], "it does not read images of (28, 28, 1).")
    kernels = [tuple(one.shape) for one in network.weights if len(one.shape) == 4]
    for place, (name, shape) in enumerate([("C1", (5, 5, 1, 6)), ("C3", (5, 5, 6, 16))]):
        found = kernels[place : place + 1]
        _reject(found != [shape], f"{name} should stay: a kernel of shape {shape}.")
    answers = np.asarray(network(images[:10]))
    _reject(answers.shape != (10, 10), "it does not give ten numbers for each image.")
    _reject(
        not np.allclose(answers.sum(axis=1), 1, atol=1e-4) or answers.min() < 0,
        "its ten numbers do not add up to 1: are they probabilities?",
    )
    found = network.count_params()
    _reject(found >= 10_000, f"{found:,} parameters are too many. Where do most of them sit?")
    return f"{found:,} parameters. Whether it reads digits as well is for Chapter 4 to say."


def _padded(network):
    import keras

    change = {"C1": {"padding": "same"}}
    changed = [
        type(one).from_config(one.get_config() | change.get(one.name, {})) for one in network.layers
    ]
    return keras.Sequential([keras.Input(network.input_shape[1:]), *changed])


# --- chapter 4 ---------------------------------------------------------------------------------


@_exercise("a whole number")
def updates_of_five_epochs(updates, training):
    """Exercise 4.1: the updates of 5 epochs with batches of 64."""
    updates, images = _number(updates), training.stop - training.start
    right = 5 * math.ceil(images / 64)
    _reject(updates == right // 5, "that is one epoch; the question is for 5.")
    _reject(
        updates == 5 * (images // 64),
        "the last batch of an epoch is smaller, and makes an update all the same.",
    )
    _reject(
        updates == math.ceil(5 * images / 64),
        "each epoch starts afresh: its last, smaller batch is not filled up from the next.",
    )
    _reject(updates != right, f"{images:,} images make how many batches of 64, in each epoch?")
    return f"{right // 5:,} an epoch, {images % 64} images in the last batch of each."


@_exercise('"lower", "equal" or "higher"')
def larger_batches(guess, small, large):
    """Exercise 4.2: accuracy after the same epoch, with batches of 100 instead of 10."""
    guess = _word(guess)
    _reject(
        guess not in ("lower", "equal", "higher"), 'the answer is "lower", "equal" or "higher".'
    )
    right = "lower" if large < small - 0.01 else "higher" if large > small + 0.01 else "equal"
    _reject(
        guess != right,
        f"it was {large:.0%} instead of {small:.0%}. How many updates did each of the two make?",
    )
    return "the same images, but a tenth of the updates, so less was learned."


@_exercise("a number")
def distance_in_deviations(distance, accuracies, one):
    """Exercise 4.3: how many standard deviations one run lies from the mean of the seeds."""
    distance, gap = _number(distance), one - np.mean(accuracies)
    right = gap / np.std(accuracies, ddof=1)
    same = functools.partial(_close, distance, tolerance=0.01 * abs(right))
    _reject(same(gap) or same(100 * gap), "that is the distance; how many deviations is it?")
    _reject(
        same(gap / np.std(accuracies)),
        "almost: from so few seeds, the deviation is estimated with ddof=1, as pandas does.",
    )
    _reject(
        same(-right), "the run lies on the other side of the mean: its accuracy minus the mean."
    )
    _reject(
        same((100 * one - np.mean(accuracies)) / np.std(accuracies, ddof=1)),
        "the seeds' accuracies are shares, from 0 to 1: let the colleague's be one, too.",
    )
    _reject(
        same((one - 100 * np.mean(accuracies)) / (100 * np.std(accuracies, ddof=1))),
        "the mean that you took is in percent: let the colleague's accuracy be so, too.",
    )
    _reject(
        not _close(distance, right, 0.05),  # which a learner may well round to a tenth
        "divide (accuracy - mean of the seeds) by their standard deviation.",
    )
    return f"{right:.1f} deviations. Such a run turns up by chance, so it shows nothing yet."


# --- chapter 5 ---------------------------------------------------------------------------------


@_exercise("a whole number")
def wrong_fours(images, counts):
    """Exercise 5.1: how many of the answers "4" are wrong."""
    images = _number(images)
    right, missed = (counts.sum(axis=axis)[4] - counts[4, 4] for axis in (0, 1))
    _reject(
        images == counts[:, 4].sum(), "those are all answers of 4, with the right ones among them."
    )
    _reject(
        images == missed != right,
        "that is the row: fours that were taken for something else. Answers are columns.",
    )
    _reject(images != right, "add up the column of 4, and leave out its place on the diagonal.")
    return "a column tells what an answer is worth, a row what became of a digit."


@_exercise("two numbers from 0 to 1")
def always_one(precision, recall, labels):
    """Exercise 5.2: precision and recall of 1 for a program that always answers 1."""
    precision, recall, right = _number(precision), _number(recall), np.mean(labels == 1)
    _reject(max(precision, recall) > 1, "neither is more than 1: from 0 to 1, not in percent.")
    _reject(
        _close(recall, right, 1e-4) and _close(precision, 1),
        "you have exchanged them: recall asks of all ones, precision of all answers.",
    )
    _reject(recall != 1, "recall: of all images that show a 1, how many are answered with 1?")
    off = abs(precision - right)
    _reject(1e-4 < off < 6e-3, "precision is close, but guessed or rounded: let Python compute it.")
    _reject(off > 1e-4, "precision: of all its answers 1, how many are right?")
    return f"it finds every 1, and {1 - right:.0%} of its answers are wrong. Look at both numbers."


@_exercise("a number from 0 to 1")
def threshold(value, model, digits):
    """Exercise 5.3: the confidence below which 2 % of the validation images lie."""
    from lenet_helpers.preprocessing import split_validation
    from lenet_helpers.training import predict

    value = _number(value)
    _reject(not 0 <= value <= 1, "a threshold of confidence lies between 0 and 1.")
    training, validation = split_validation(len(digits.x_train))
    sources = {"test": digits.x_test, "training": digits.x_train[training]}
    for name, images in sources.items():
        theirs = np.quantile(predict(model, images).max(axis=1), 0.02)
        _reject(
            _close(value, theirs, 1e-6),
            f"this one was chosen on the {name} images; the validation images are for choosing.",
        )
    confidences = predict(model, digits.x_train[validation]).max(axis=1)
    rejected = np.mean(confidences < value)
    _reject(
        abs(rejected - 0.02) > 1.5 / len(confidences),
        f"it rejects {rejected:.1%} of the validation images, not 2 %.",
    )
    return f"chosen on validation images, it rejects {rejected:.1%} of them."


@_exercise("a function of training images and labels, test images and labels")
def honest_accuracy(accuracy):
    """Exercise 5.4: a function x, y, x_test, y_test -> the accuracy of a k chosen without a leak.

    Labels are 0 or 1, so the same predictions score s on the labels and 1 - s on their opposites:
    whoever chooses by test labels chooses again, and gets more.
    """
    x, y, x_test, y_test = _two_noisy_classes()
    scores = []
    for labels in (y_test, 1 - y_test):
        with _same_draws():
            scores.append(_number(_call(accuracy, x, y, x_test, labels), "its answer"))
    _reject(not all(0 <= score <= 1 for score in scores), "an accuracy lies between 0 and 1.")
    _reject(
        scores[0] == scores[1],
        "its answer does not depend on the test labels: let them judge once, for the k chosen.",
    )
    _reject(
        sum(scores) > 1.02,  # more than rounded answers can make
        "it still leaks. With every test label turned round, another k is chosen: by test labels.",
    )
    right = scores[0] * len(y_test)
    _reject(
        not _close(right, round(right)),
        f"{right:.2f} of {len(y_test)} test images? Choose one k, and count what it reads right.",
    )
    _reject(
        scores[0] < 0.67,
        f"no leak, but {scores[0]:.0%} is a poor k: on images it learned from, k = 1 always looks "
        "perfect. Choose on images that were kept aside.",
    )
    return f"k is chosen without the test labels, and {scores[0]:.0%} is what it is worth."


@contextlib.contextmanager
def _same_draws():
    """Let whoever draws without a seed draw alike each time: by NumPy, as scikit-learn, or Python.

    A split that comes out otherwise may choose another k, and would look like a leak.
    """
    new, states = np.random.default_rng, (np.random.get_state(), random.getstate())
    np.random.seed(0)
    random.seed(0)
    np.random.default_rng = lambda seed=None: new(0 if seed is None else seed)
    try:
        yield
    finally:
        np.random.default_rng = new
        np.random.set_state(states[0])
        random.setstate(states[1])


def _two_noisy_classes():
    """Two clear clusters, a quarter of the labels wrong: k = 1 believes each of these."""
    draw = np.random.default_rng(0)
    y = draw.integers(0, 2, 800)
    x = draw.normal(0, 0.25, (800, 2)) + y[:, np.newaxis]
    noisy = np.where(draw.random(800) < 0.25, 1 - y, y)
    return x[:400], noisy[:400], x[400:], noisy[400:]


# --- chapter 6 ---------------------------------------------------------------------------------


@_exercise("a number")
def grey_of_a_zero(grey):
    """Exercise 6.1: which stored grey, 0 to 255, the paper's scale makes 0."""
    from lenet_helpers.preprocessing import INK, PAPER_BLACK, PAPER_WHITE

    grey, right = _number(grey), -PAPER_WHITE / (PAPER_BLACK - PAPER_WHITE) * INK
    _reject(_close(grey, 0), "grey 0 is the background, and that becomes -0.1, not 0.")
    _reject(
        _close(grey, right / INK, 1e-3), "almost: that is a share of 255. Give the grey itself."
    )
    _reject(_close(grey, 0.1 * INK), "a step of 0.1 is not a tenth: the scale spans 1.275, not 1.")
    _reject(not _close(grey, right, 0.51), "solve -0.1 + 1.275 * grey / 255 = 0.")
    return f"a border of zeros is a frame of grey {right:.0f} around every digit. Pad first."


@_exercise("a function of a table")
def parameters_of_a_table(count):
    """Exercise 6.2: a function of a (maps in, maps out) table -> the convolution's parameters."""
    draw = np.random.default_rng(0)
    for shape in ((6, 16), (3, 4), (2, 9)):
        table = draw.random(shape) < 0.6
        table[0] = True
        seen, maps = int(table.sum()), shape[1]
        found = _number(_call(count, table.copy()), "your function's answer")
        _reject(
            found == maps * (25 * shape[0] + 1),
            "that is a convolution that sees everything: count the crosses instead.",
        )
        _reject(found == 25 * seen, "each map of the output has a bias as well.")
        _reject(found == 26 * seen, "a map has one bias, however many maps it sees.")
        _reject(found == 25 * seen + shape[0], "the biases belong to the maps that come out.")
        _reject(
            found != 25 * seen + maps,
            f"for {seen} crosses and {maps} maps it gives {found:,}, not {25 * seen + maps:,}.",
        )
    return "25 weights for each cross, and one bias for each map that comes out."


@_exercise("a function of F6's states and the codes")
def answer_of_the_codes(answer, states, codes):
    """Exercise 6.3: a function (N, 84), (10, 84) -> (N,), the class whose code is nearest."""
    what = "your function's answer"
    distances = ((states[:, np.newaxis] - codes) ** 2).sum(axis=2)
    found = _numbers(_call(answer, states.copy(), codes.copy()), (len(states),), what)
    _reject(
        np.array_equal(found, distances.argmax(axis=1)),
        "that is the farthest code: take the nearest.",
    )
    wrong = np.mean(found != distances.argmin(axis=1))
    _reject(wrong > 0, f"for {wrong:.0%} of the images it names another code than the nearest.")
    # Codes of unequal length: a product would favour the longest, a distance does not.
    longer = codes * np.arange(1, 1 + len(codes))[:, np.newaxis]
    right = ((states[:, np.newaxis] - longer) ** 2).sum(axis=2).argmin(axis=1)
    other = _numbers(_call(answer, states.copy(), longer.copy()), (len(states),), what)
    _reject(
        not np.array_equal(other, right),
        "right for codes of ±1, but not for longer ones: measure a distance, not a product.",
    )
    return "the smallest distance is the answer, for every image."


@_exercise("a function of distances, a label and j")
def equation_9(loss):
    """Exercise 6.4: a function (10,), int, float -> the loss of eq. 9, without underflow."""
    what = "your function's answer"
    near = np.array([4.0, 0.5, 9.0, 3.0, 6.0, 5.0, 8.0, 2.5, 7.0, 1.0])
    for label, j in ((1, 3.0), (0, 3.0), (2, 1.0)):
        others = np.log(np.exp(-near).sum())
        right = near[label] + np.logaddexp(-j, others)
        found = _number(_call(loss, near.copy(), label, j), what)
        _reject(_close(found, near[label], 1e-9), "that is eq. 8: the second term is missing.")
        _reject(_close(found, near[label] + others, 1e-6), "exp(-j) is missing in the logarithm.")
        _reject(
            not _close(found, right, 1e-6),
            f"for label {label} and j = {j:g} it gives {found:.4g}, the formula {right:.4g}.",
        )
    far = near + 2000
    for label, j in ((1, 1500.0), (3, 4000.0)):
        try:
            found = _unboxed(_call(loss, far.copy(), label, j))
        except NotYet as reason:
            raise NotYet(f"for distances near 2,000 {reason}; exp(-2000) is 0 there.") from reason
        infinite = isinstance(found, numbers.Real) and not math.isfinite(found)
        _reject(infinite, f"with distances near 2,000 it is {found}: exp(-2000) is 0 in float64.")
        right = far[label] + np.logaddexp(-j, np.log(np.exp(-near).sum()) - 2000)
        _reject(
            not _close(_number(found, what), right, 1e-6),
            f"right for small distances, but not for large ones: {found:.4g} for {right:.4g}.",
        )
    return "the formula, and no exponential of it ever vanishes."


# --- chapter 7 ---------------------------------------------------------------------------------


@_exercise("two whole numbers")
def kernels_of_c3(here, in_paper, network):
    """Exercise 7.1: how many kernels C3 has here, and by the paper's table of connections."""
    here, in_paper = _number(here), _number(in_paper)
    shape = network.get_layer("C3").kernel.shape
    read, made = shape[2:]
    connected = 6 * 3 + 9 * 4 + 1 * 6
    _reject(
        here == made, f"{made} is the number of maps; each has a kernel for every map it reads."
    )
    _reject(here == math.prod(shape), "those are all its weights; how many kernels are they?")
    _reject(
        here != read * made, f"{made} maps, and each reads all {read}: how many pairs are there?"
    )
    _reject(
        in_paper == here, "fewer in the paper: add up how many maps of S2 each map of C3 reads."
    )
    _reject(
        in_paper != connected, "maps times maps read, for each of the three kinds, then the sum."
    )
    counts = f"{here:.0f} against {in_paper:.0f}"
    return f"{counts}: the paper wanted fewer sums, and maps that read differently."


@_exercise("two whole numbers, a row and a column")
def costliest_square(row, column, lost):
    """Exercise 7.2: the centre of the square that costs the digit most of its probability."""
    row, column = _number(row), _number(column)
    least = np.unravel_index(lost.argmin(), lost.shape)
    _reject(
        max(row, column) >= len(lost),
        f"rows and columns go from 0 to {len(lost) - 1}; np.unravel_index makes both of a place in "
        "the flat array.",
    )
    largest = {tuple(place) for place in np.argwhere(lost == lost.max())}  # one at least
    if (row, column) not in largest:
        _reject((row, column) == least, "there the probability falls least, or even grows.")
        _reject((column, row) in largest, "almost: first the row, then the column.")
        raise NotYet("take the place of the largest value in the map.")
    place = f"row {row:.0f}, column {column:.0f}"
    return f"ink at {place} takes {lost.max():.0%} of the probability away."


@_exercise("a function of images")
def centred(centre, images):
    """Exercise 7.3: a function (N, 28, 28) uint8 -> the same ink, its centre of mass in the middle.

    Returns as text how far the centres of mass lay from the middle, before and after.
    """
    from lenet_helpers.corruptions import translate

    moved = translate(images, 4)
    before = moved.copy()
    after = _call(centre, moved)
    _reject(not isinstance(after, np.ndarray), f"it returns {_kind(after)}, not an array.")
    _reject(after.shape != moved.shape, f"it returns shape {after.shape}, not {moved.shape}.")
    _reject(after.dtype != np.uint8, f"it returns {after.dtype}; images are stored as uint8.")
    _reject(not np.array_equal(moved, before), "it changes the images that it was given.")
    ink = after.sum(axis=(1, 2)) / moved.sum(axis=(1, 2))
    worst = np.abs(ink - 1).argmax()
    _reject(
        abs(ink[worst] - 1) > 0.05,
        f"ink is lost or gained: an image keeps {ink[worst]:.0%}. Whole pixels would keep it all.",
    )
    far = _from_middle(after)
    _reject(
        far.max() > 1,
        f"an image's centre of mass still lies {far.max():.1f} pixels from the middle, 13.5, 13.5.",
    )
    return f"from {_from_middle(moved).mean():.1f} pixels off the middle to {far.mean():.1f}."


@_exercise("a function of images, labels, a step and a number of times")
def many_steps(move, model, images, labels):
    """Exercise 7.4: a function images, labels, step, times -> images within the step."""
    from lenet_helpers.interpret import fgsm, fgsm_signs
    from lenet_helpers.training import predict

    step, times, before = 20, 5, images.copy()
    after = _call(move, images, labels, step, times)
    _reject(not isinstance(after, np.ndarray), f"it returns {_kind(after)}, not an array.")
    _reject(after.shape != images.shape, f"it returns shape {after.shape}, not {images.shape}.")
    _reject(after.dtype != np.uint8, f"it returns {after.dtype}; images are stored as uint8.")
    _reject(not np.array_equal(images, before), "it changes the images that it was given.")
    furthest = np.abs(after.astype(int) - images).max()
    _reject(furthest > step, f"a pixel moved by {furthest} grey levels, and {step} are allowed.")
    at_once = fgsm(images, fgsm_signs(model, images, labels), step)
    one, many = (np.mean(predict(model, x).argmax(axis=1) == labels) for x in (at_once, after))
    _reject(
        np.array_equal(after, at_once), "that is the same as one step: ask for the signs each time."
    )
    _reject(
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


# --- chapter 8 ---------------------------------------------------------------------------------


@_exercise("a whole number")
def normalised_convolution(parameters, network):
    """Exercise 8.1: all numbers that C4 of the deep network and its normalisation hold."""
    convolution, norm = network.get_layer("C4"), network.get_layer("C4_normalised")
    kernel, maps = convolution.count_params(), convolution.filters
    found = _number(parameters)
    _reject(found == kernel, "that is the convolution; its normalisation holds numbers as well.")
    _reject(
        found == kernel + 2 * maps,
        "that is what training moves. Mean and variance are kept too, for when there is no batch.",
    )
    _reject(
        found == kernel + maps + norm.count_params(),
        "it has no biases: the normalisation would take them off again.",
    )
    _reject(found == kernel // 9 * 25 + norm.count_params(), "its kernels are 3 by 3, not 5 by 5.")
    right = kernel + norm.count_params()
    below = convolution.kernel.shape[2]
    _reject(found != right, f"{maps} maps from {below} maps, by 3 by 3, and four numbers a map.")
    return f"{right:,}, of which {4 * maps} are the normalisation's."


@_exercise("a number")
def luck_of_the_best(errors, settings, images, rate):
    """Exercise 8.2: mistakes that the best of some equal settings makes, on average."""
    from scipy.stats import binom

    # The mean of a count is the sum over k of P(more than k).
    more = binom(images, rate).sf(np.arange(images))
    right, worst = (more**settings).sum(), (1 - (1 - more) ** settings).sum()
    found, expected = _number(errors), images * rate
    _reject(
        _close(found, expected, 0.5),
        f"{expected:.0f} is what each makes on average. The best of {settings} makes fewer.",
    )
    _reject(_close(found, worst, 0.5), "that is the worst of them: look for the smallest.")
    _reject(
        found < 1,
        "that is very few: did you take the smallest over all draws, instead of the mean of the "
        "smallest of each draw?",
    )
    _reject(
        not _close(found, right, 0.5), "draw many times, take the smallest of each, then the mean."
    )
    return (
        f"of {settings} equal settings, the best makes about {right:.0f} mistakes instead of "
        f"{expected:.0f}. That is why the test set stays shut until everything is chosen."
    )


@_exercise("a function of probabilities")
def answers_of_many(combine, probabilities):
    """Exercise 8.3: a function of (networks, N, 10) probabilities -> (N,) answers."""
    # Networks that disagree all the time: a vote and the mean are seldom the same.
    made_up = np.random.default_rng(0).dirichlet(np.ones(10), (5, 200))
    answers = _combined(combine, made_up)
    for place, one in enumerate(made_up):
        alone = np.array_equal(answers, one.argmax(axis=1))
        _reject(alone, f"those are the answers of network {place} alone.")
    _reject(
        np.array_equal(answers, _voted(made_up)),
        "that is a vote, in which a network that is hardly sure counts as much as one that is.",
    )
    _reject(
        not np.array_equal(answers, made_up.mean(axis=0).argmax(axis=1)),
        "take the mean over the networks, then the largest.",
    )
    differing = (_combined(combine, probabilities) != _voted(probabilities)).sum()
    return f"{differing} of {probabilities.shape[1]:,} answers differ from those of a vote."


def _combined(combine, probabilities):
    before = probabilities.copy()
    answers, n = np.asarray(_call(combine, probabilities)), probabilities.shape[1]
    _reject(not np.array_equal(probabilities, before), "it changes what it was given.")
    _reject(
        answers.shape == (n, 10), "those are ten numbers for each image; which digit is largest?"
    )
    _reject(answers.shape != (n,), f"it returns shape {answers.shape}, not ({n},): one digit each.")
    return answers


def _voted(probabilities):
    votes = [np.bincount(answers, minlength=10) for answers in probabilities.argmax(axis=2).T]
    return np.argmax(votes, axis=1)


# --- reading answers ---------------------------------------------------------------------------


def _reject(wrong, reason):
    if wrong:
        raise NotYet(reason)


def _equal(shape, right, reasons):
    """Reject a shape that is not right; the reasons say of each of its numbers why it is so."""
    for place, (found, wanted, why) in enumerate(zip(shape, right, reasons, strict=False), 1):
        _reject(found != wanted, f"number {place} of the shape is not {found}: {why}.")
    _reject(len(shape) != len(right), f"the shape has {len(right)} numbers, yours {len(shape)}.")


def _shape(answer):
    if isinstance(answer, np.ndarray) and answer.ndim == 1:
        answer = answer.tolist()
    _reject(
        not isinstance(answer, (tuple, list)),
        f"a shape is a tuple of whole numbers, such as (2, 3); this is {_kind(answer)}.",
    )
    for one in answer:
        whole = isinstance(one, (numbers.Integral, type(None)))
        _reject(not whole, f"a shape holds whole numbers; yours holds {_kind(one)}.")
    _reject(not answer, "an empty tuple is the shape of a single number.")
    return tuple(answer)


def _word(answer):
    """The answer as the checks write words, so that case and blanks do not matter."""
    return answer.strip().lower() if isinstance(answer, str) else answer


def _number(answer, what="the answer"):
    _reject(answer is ..., DOTS)
    value = _unboxed(answer)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise NotYet(f"{what} should be a number; this is {_kind(answer)}.")
    _reject(
        not math.isfinite(value), f"{what} is {value}: something was divided by zero, or empty."
    )
    return value


def _unboxed(answer):
    """A single number out of its array, tensor or series; anything else as it is."""
    single = hasattr(answer, "__array__") and np.size(answer) == 1
    return np.asarray(answer).item() if single else answer


def _numbers(answer, shape, what="the answer"):
    _reject(answer is ..., DOTS)
    array = np.asarray(answer)
    _reject(
        array.dtype.kind not in "iuf",
        f"{what} should be a list or an array of numbers; this is {_kind(answer)}.",
    )
    _reject(array.shape != shape, f"{what} should have shape {shape}, not {array.shape}.")
    _reject(not np.isfinite(array).all(), f"{what} holds values that are not numbers.")
    return array


def _call(function, *given):
    _reject(not callable(function), f"a function is wanted; this is {_kind(function)}.")
    try:
        result = function(*given)
    except Exception as error:
        reason = f"your function stopped with {_name(error)}: {error}"
        raise NotYet(reason + _advice(error)) from error
    _reject(result is ..., DOTS)
    _reject(result is None, "your function returns None: does it end with `return ...`?")
    return result


def _advice(error):
    changed = "read-only" in str(error)
    return ". Leave the array that it is given as it is, and make a new one." if changed else ""


def _close(a, b, tolerance=0.01):
    return abs(a - b) <= tolerance


def _kind(answer):
    name = type(answer).__name__
    article = "an" if name.lower().startswith((*"aeio", "ndarray")) else "a"
    return "None" if answer is None else f"{article} {name}"


def _name(error):
    return type(error).__name__
