"""The exercises of chapter 3."""

import numpy as np

from lenet_helpers.exercises.judging import (
    exercise,
    is_close,
    kind_of,
    read_number,
    read_numbers,
    read_word,
    reject,
)

UPPER = 4, 14  # row and column of the window of exercise 3.1
TOO_MANY = 10_000  # parameters, of exercise 3.4


@exercise("a kernel of 5 by 5 and a number")
def upper_edges(kernel, response, image, left_kernel):
    """Exercise 3.1: a kernel for upper edges, and its sum at row 4, column 14 of an image."""
    kernel = read_numbers(kernel, (5, 5), "the kernel")
    reject(np.allclose(kernel, left_kernel), "that is still the kernel for left edges.")
    ink = float(kernel.sum())
    reject(
        not is_close(ink, 0, 1e-6),
        f"where all is ink, it gives {ink:.2f}, and there is no edge. Its weights should add up "
        "to 0.",
    )
    upper, lower, left = kernel[2:].sum(), kernel[:3].sum(), kernel[:, 2:].sum()
    reject(
        upper <= 0,
        f"at an upper edge, paper over ink, it gives {upper:.2f}; that should be more than 0.",
    )
    reject(not is_close(left, 0, 1e-6), f"it answers to left edges, too, with {left:.2f}.")
    reject(lower >= 0, f"at a lower edge it gives {lower:.2f}; that should be less than 0.")
    response, right = read_number(response, "the sum"), _response(image, kernel, *UPPER)
    wrong = {
        "that is after tanh. Give the sum alone.": np.tanh(right),
        "the window is not right: rows come first, then columns.": _response(
            image, kernel, *UPPER[::-1]
        ),
        "the kernel is right, but that is the sum of the kernel for left edges.": _response(
            image, left_kernel, *UPPER
        ),
    }
    for reason, other in wrong.items():
        # a small sum and its tanh are near each other
        reject(not is_close(response, right, 1e-3) and is_close(response, other, 1e-3), reason)
    reject(
        not is_close(response, right),
        "the kernel is right, the sum is not: multiply by the window, add 25 products.",
    )
    return f"{right:.2f} here. At a lower edge it is negative, and a straight left edge gives 0."


@exercise("a layer's name, a whole number and a letter")
def largest_layer(layer, parameters, reason, network):
    """Exercise 3.2: the layer with the most parameters, how many, and why."""
    counts = {one.name: one.count_params() for one in network.layers}
    right = max(counts, key=counts.get)
    units = network.get_layer(right).units
    names = ", ".join(counts)
    reject(not isinstance(layer, str), f"a layer's name is a text, one of {names}.")
    reject(layer not in counts, f"{layer!r} is not in this network; its layers are {names}.")
    reject(layer != right, f"{layer} has {counts[layer]:,} parameters, and another has more.")
    parameters = read_number(parameters)
    reject(
        parameters == counts[right] - units,
        f"you counted the weights of {right}; each of its {units} units has a bias as well.",
    )
    reject(
        parameters != counts[right],
        f"{right}, yes, but not {parameters:,.0f} parameters: units × (inputs + 1).",
    )
    reason = read_word(reason)
    others = {one.name: one.filters for one in network.layers if hasattr(one, "filters")}
    second = max(others, key=others.get)
    reject(
        reason == "a",
        f"it has, but that is not why: {right} has {units} units and {counts[right]:,} parameters, "
        f"{second} has {others[second]} kernels and only {counts[second]:,}.",
    )
    reject(reason == "b", "it does learn more numbers, but that is what we want explained.")
    reject(reason != "c", 'the reason is one of "a", "b" and "c".')
    return f"{counts[right] / network.count_params():.0%} of all parameters sit in {right}."


@exercise("a list of two numbers")
def mean_losses(losses, bold, careful):
    """Exercise 3.3: the mean cross-entropy of two networks, whose p of the right digits are given.

    bold, careful: (N,) float in (0, 1].
    """
    losses = read_numbers(losses, (2,), "the answer")
    each = [-np.log(p) for p in (bold, careful)]
    right = [one.mean() for one in each]
    others = {
        "a loss is never negative: it is minus the logarithm.": [-one for one in right],
        "those are sums: divide by the number of images.": [one.sum() for one in each],
        "that is the loss of the mean probability: take each image's loss first, then the mean.": [
            -np.log(p.mean()) for p in (bold, careful)
        ],
        "that is the logarithm to base 10; take the natural one, np.log.": [
            one / np.log(10) for one in right
        ],
        "the two are exchanged: the bold network first.": right[::-1],
    }
    for reason, wrong in others.items():
        reject(np.allclose(losses, wrong, atol=5e-3), reason)
    reject(
        not np.allclose(losses, right, atol=1e-2),
        "for each image, minus the logarithm of the right digit's probability; then the mean.",
    )
    worst = each[0].max()
    return (
        f"{right[0]:.2f} and {right[1]:.2f}. The bold network's sure mistake costs {worst:.2f}, "
        f"its nine right answers together {each[0].sum() - worst:.2f}."
    )


@exercise("a Keras model")
def small_network(network, images):
    """Exercise 3.4: C1 and C3 as they are, ten probabilities, fewer than 10,000 parameters."""
    import keras

    reject(not isinstance(network, keras.Model), f"this is {kind_of(network)}, not a Keras model.")
    reject(
        not getattr(network, "inputs", None),
        "it does not know its input yet: begin the list with keras.Input((28, 28, 1)).",
    )
    reject(network.input_shape[1:] != images.shape[1:], "it does not read images of (28, 28, 1).")
    kernels = [tuple(one.shape) for one in network.weights if len(one.shape) == 4]
    for place, (name, shape) in enumerate([("C1", (5, 5, 1, 6)), ("C3", (5, 5, 6, 16))]):
        found = kernels[place : place + 1]
        reject(found != [shape], f"{name} should stay: a kernel of shape {shape}.")
    answers = np.asarray(network(images[:10]))
    reject(answers.shape != (10, 10), "it does not give ten numbers for each image.")
    reject(
        not np.allclose(answers.sum(axis=1), 1, atol=1e-4) or answers.min() < 0,
        "its ten numbers do not add up to 1: are they probabilities?",
    )
    found = network.count_params()
    reject(found >= TOO_MANY, f"{found:,} parameters are too many. Where do most of them sit?")
    return f"{found:,} parameters. Only training can tell how well it reads: Chapter 4 shows how."


def _response(image, kernel, row, column):
    """The sum of the products of a kernel and an image's window of its size at a place."""
    rows, columns = kernel.shape
    return (image[row : row + rows, column : column + columns] * kernel).sum()
