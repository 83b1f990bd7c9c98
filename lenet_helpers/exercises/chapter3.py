"""The exercises of chapter 3."""

import numpy as np

from lenet_helpers.exercises.judging import (
    exercise,
    kind_of,
    read_number,
    read_shape,
    read_word,
    reject,
    require_equal,
)

TOO_MANY = 10_000  # parameters, of exercise 3.4


@exercise("a tuple of whole numbers")
def shape_after(shape, network):
    """Exercise 3.1: the shape that a convolution and a pooling hand on, for one image."""
    shape, right = read_shape(shape), network.output_shape[1:]
    convolved = network.layers[0].output.shape[1:]
    reject(len(shape) == len(right) + 1, "leave out the batch: the shape of one image, please.")
    reject(shape == convolved, "that is before pooling, which halves the side.")
    padded = network.input_shape[1] // 2
    reject(
        shape[:2] == (padded, padded),
        "that is half of the input's side. But a window that stays inside fits in fewer places.",
    )
    reject(shape[-1] != right[-1], "the last axis counts maps: one for each kernel.")
    side, window = network.input_shape[1], network.layers[0].kernel_size[0]
    halved = f"a window of {window} fits in {side} - {window} + 1 places, and pooling halves that"
    require_equal(shape, right, [halved, halved, "there is one map for each kernel"])
    return f"the window fits in {convolved[0]} places, pooling halves that to {right[0]}."


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


@exercise("a whole number")
def same_padding(total, network):
    """Exercise 3.3: the network's parameters if C1 pads its input to keep the side."""
    total, now, right = read_number(total), network.count_params(), _padded(network).count_params()
    reject(
        total == now,
        "C1 itself keeps its parameters, but follow the side: what does flatten hand on now?",
    )
    c5 = _padded(network).get_layer("C5")
    reject(total == c5.count_params(), "that is C5 alone; the question is for all layers.")
    reject(total == right - c5.units, f"almost: each of C5's {c5.units} units has a bias as well.")
    reject(total < right, "too few. With a side of 28 after C1, go on: S2, C3, S4, flatten, C5.")
    reject(total > right, "too many. C3 still takes 4 off the side; only C5 reads more.")
    return f"{right - now:,} more, all of them in C5, because C1 keeps its size."


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


def _padded(network):
    import keras

    change = {"C1": {"padding": "same"}}
    changed = [
        type(one).from_config(one.get_config() | change.get(one.name, {})) for one in network.layers
    ]
    return keras.Sequential([keras.Input(network.input_shape[1:]), *changed])
