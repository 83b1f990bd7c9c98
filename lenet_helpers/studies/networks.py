"""Networks that only studies train: variants of LeNet-5's topology, and deeper ones."""

from functools import partial, reduce

import keras
from keras import layers


def lenet_topology(
    padding="valid",
    activation="tanh",
    pooling="average",
    normalised=False,
    maps=(6, 16),
    units=120,
):
    """Return a network of LeNet-5's topology, not yet compiled; as it stands, the article's.

    padding:    of C1, "valid" or "same".
    activation: a Keras activation's name, for every layer but the output.
    pooling:    "average" or "max", over 2x2.
    normalised: bool, batch normalisation before each activation, in place of biases; and after
                the pooling, which leaves it a quarter of the numbers to treat.
    maps:       numbers of maps of C1 and C3; units: int, of C5.
    Input (N, 28, 28, 1) float32 in [0, 1]; output (N, 10) float32, probabilities.
    Raises ValueError for another pooling.
    """
    pool = _of_kind(pooling)

    def block(layer, *pools):
        if not normalised:
            return [layer(activation=activation), *pools]
        norm = layers.BatchNormalization(name=f"{layer.keywords['name']}_normalised")
        return [layer(use_bias=False), *pools, norm, layers.Activation(activation)]

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *block(
                partial(layers.Conv2D, maps[0], 5, padding=padding, name="C1"), pool(2, name="S2")
            ),
            *block(partial(layers.Conv2D, maps[1], 5, name="C3"), pool(2, name="S4")),
            layers.Flatten(name="flatten"),
            *block(partial(layers.Dense, units, name="C5")),
            layers.Dense(10, activation="softmax", name="output"),
        ],
        name="lenet_topology",
    )


def deep_network(
    maps=(16, 24, 24, 40, 40),
    kernel_sizes=(5, 3, 3, 3, 3),
    pooled=(1, 3),
    weighted=False,
    repeated=(),
):
    """Return a network of convolutions alone, not yet compiled: as it stands, 33,066 parameters.

    maps:         the number of maps of each convolution; each is followed by batch normalisation
                  and ReLU.
    kernel_sizes: int for each convolution; its edges are padded.
    pooled:       the places, from 1, of convolutions followed by a max pooling over 2x2. It comes
                  before the normalisation, which then has a quarter of the numbers to treat.
    weighted:     bool, whether the weights of the last mean are learned, one for each map and
                  position.
    repeated:     the places of convolutions that are applied once more after the last, in this
                  order: the same kernels, with normalisations of their own.
    The mean of each of the last maps over all positions takes the place of LeNet-5's C5.
    Input (N, 28, 28, 1) float32 in [0, 1]; output (N, 10) float32, probabilities.
    Raises ValueError if there are not as many kernel sizes as maps, or if a repeated convolution
    gets another number of maps than before.
    """
    inputs = keras.Input((28, 28, 1))
    network, kernels = [], {}
    for place, (number, size) in enumerate(zip(maps, kernel_sizes, strict=True), 1):
        kernels[place] = layers.Conv2D(
            number, size, padding="same", use_bias=False, name=f"C{place}"
        )
        network.append(kernels[place])
        if place in pooled:
            network.append(layers.MaxPooling2D(2, name=f"S{place}"))
        network += _normalised_relu(f"C{place}")
    for place in repeated:
        network += [kernels[place], *_normalised_relu(f"C{place}_again")]
    if weighted:
        network += [_weighted_mean(28 // 2 ** len(pooled)), layers.Flatten(name="flatten")]
    else:
        network.append(layers.GlobalAveragePooling2D(name="mean"))
    network.append(layers.Dense(10, activation="softmax", name="output"))
    if not repeated:
        return keras.Sequential([inputs, *network], name="deep_network")
    # Sequential takes no layer twice.
    outputs = reduce(lambda maps, layer: layer(maps), network, inputs)
    return keras.Model(inputs, outputs, name="deep_network")


def _normalised_relu(name):
    return [layers.BatchNormalization(name=f"{name}_normalised"), layers.ReLU(name=f"{name}_relu")]


def _of_kind(pooling):
    kinds = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}
    if pooling not in kinds:
        raise ValueError(f'pooling must be "average" or "max", got {pooling!r}.')
    return kinds[pooling]


def _weighted_mean(side):
    """The mean over side x side positions at first; training moves the weights."""
    start = keras.initializers.Constant(1 / side**2)
    return layers.DepthwiseConv2D(
        side, use_bias=False, depthwise_initializer=start, name="weighted_mean"
    )
