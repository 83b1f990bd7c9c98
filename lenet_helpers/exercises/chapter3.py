"""The exercises of chapter 3."""

import numpy as np

from lenet_helpers.exercises.judging import (
    exercise,
    is_close,
    kind_of,
    read_number,
    read_numbers,
    reject,
)

UPPER = 4, 14  # row and column of the window of exercise 3.1
IMAGE, PADDED = (28, 28, 1), 32  # what a network reads, and the side with padding
KERNELS, KERNEL, SQUARE, UNITS = 4, 3, 2, 10  # of exercise 3.2
TOO_MANY = 10_000  # parameters, of exercise 3.5


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


@exercise("a Keras model")
def from_words(network):
    """Exercise 3.2: a convolution, average pooling, flatten, ten units with softmax."""
    _require_model(network)
    reject(network.input_shape[1:] != IMAGE, f"it does not read images of {IMAGE}.")
    made = [layer for layer in network.layers if type(layer).__name__ != "InputLayer"]
    kinds = [type(layer).__name__ for layer in made]
    wanted = {
        "Conv2D": {"filters": KERNELS, "kernel_size": (KERNEL, KERNEL), "activation": "tanh"},
        "AveragePooling2D": {"pool_size": (SQUARE, SQUARE)},
        "Flatten": {},
        "Dense": {"units": UNITS, "activation": "softmax"},
    }
    reject(
        kinds != list(wanted),
        f"its layers should be {', '.join(wanted)}; yours are {', '.join(kinds)}.",
    )
    for layer, (kind, settings) in zip(made, wanted.items(), strict=True):
        found = layer.get_config()
        for name, right in settings.items():
            reject(found[name] != right, f"{kind} has {name}={found[name]!r}, not {right!r}.")
    shapes = [layer.output.shape[1:] for layer in made]
    side = IMAGE[0] - KERNEL + 1
    reject(
        shapes[:2] != [(side, side, KERNELS), (side // SQUARE, side // SQUARE, KERNELS)],
        f"it puts out {shapes[0]} and {shapes[1]}: leave strides and padding as they are.",
    )
    shown = ", ".join(" × ".join(map(str, shape)) for shape in shapes)
    last = made[-1].count_params()
    return f"{shown}. {network.count_params():,} parameters, {last:,} of them in the last layer."


@exercise("two whole numbers")
def padded_c5(side, parameters, network):
    """Exercise 3.3: the side of S4 and the parameters of C5, with images of 32 by 32."""
    before = network.get_layer("S4").output.shape[1]
    maps, c5 = network.get_layer("S4").output.shape[-1], network.get_layer("C5")
    right = ((PADDED - 4) // 2 - 4) // 2
    side = read_number(side, "the side")
    reject(side == before, f"{before} is the side that images of {IMAGE[0]} by {IMAGE[0]} give.")
    reject(side == right * 2, f"{side:.0f} is the side of C3: S4 halves it.")
    reject(side != right, "the side is not right: n - k + 1, halve it, n - k + 1, halve it.")
    parameters = read_number(parameters, "the number of parameters")
    inputs = right * right * maps
    wrong = {
        c5.units * inputs: "you counted the weights; each unit has a bias as well.",
        c5.units * (right * maps + 1): "a map has side × side values, not side.",
        c5.units * (right * right + 1): f"that is for one map; S4 has {maps}.",
        c5.count_params(): f"that is for a side of {before}.",
    }
    reject(parameters in wrong, f"the side is right. Parameters: {wrong.get(parameters)}")
    reject(
        parameters != c5.units * (inputs + 1),
        "the side is right, the parameters are not: units × (inputs + 1).",
    )
    more = parameters - c5.count_params()
    return (
        f"C5 has {parameters:,} parameters in place of {c5.count_params():,}. The padding alone "
        f"adds {more:,}: the number of parameters does not remain the same."
    )


@exercise("a list of two numbers")
def mean_losses(losses, bold, careful):
    """Exercise 3.4: the mean cross-entropy of two networks, whose p of the right digits are given.

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
    """Exercise 3.5: C1 and C3 as they are, ten probabilities, fewer than 10,000 parameters."""
    _require_model(network)
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
    return (
        f"{found:,} parameters. Only training can tell how well it reads: compile it, and "
        "train it with Chapter 4's line."
    )


def _require_model(network):
    import keras

    reject(not isinstance(network, keras.Model), f"this is {kind_of(network)}, not a Keras model.")
    reject(
        not getattr(network, "inputs", None),
        "it does not know its input yet: begin the list with keras.Input((28, 28, 1)).",
    )


def _response(image, kernel, row, column):
    """The sum of the products of a kernel and an image's window of its size at a place."""
    rows, columns = kernel.shape
    return (image[row : row + rows, column : column + columns] * kernel).sum()
