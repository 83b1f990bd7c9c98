"""Networks of the series, and what they are made of."""

import math
from functools import partial

import keras
import numpy as np
import pandas as pd
from keras import layers

from lenet_helpers.glyphs import glyph_codes
from lenet_helpers.layers import RBF, ConnectedConv2D, ConnectedDense, Subsampling, scaled_tanh
from lenet_helpers.losses import RBFLoss, SmallestDistance
from lenet_helpers.optimizers import StochasticDiagonalLM
from lenet_helpers.recipes import STEPS_TO_1998

KERAS_START = {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}
# The constant j of eq. 9, for which the paper gives no value: chosen on validation images.
RUBBISH = 10.0
# Which of the 6 maps of S2 (rows) each of the 16 maps of C3 sees. LeCun et al. 1998, table I.
C3_TABLE = np.array(
    [
        [mark == "X" for mark in row]
        for row in (
            "X...XXX..XXXX.XX",
            "XX...XXX..XXXX.X",
            "XXX...XXX..X.XXX",
            ".XXX..XXXX..X.XX",
            "..XXX..XXXX.XX.X",
            "...XXX..XXXX.XXX",
        )
    ]
)


def article_lenet5():
    """Return the article's LeNet-5, not yet compiled: 34,622 parameters.

    Input (N, 28, 28, 1) float32 in [0, 1]; output (N, 10) float32, probabilities.
    Layers carry the names of LeCun et al. 1998, section II.B, but differ from them: no padding
    to 32 by 32, plain average pooling, C3 connected to all of S2, no F6, softmax at the end.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, activation="tanh", name="C1"),
            layers.AveragePooling2D(2, name="S2"),
            layers.Conv2D(16, 5, activation="tanh", name="C3"),
            layers.AveragePooling2D(2, name="S4"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="tanh", name="C5"),
            layers.Dense(10, activation="softmax", name="output"),
        ],
        name="article_lenet5",
    )


def lenet5_1998(start="2.4/F"):
    """Return LeNet-5 as published, not yet compiled: 60,000 trainable parameters, 840 fixed.

    Input (N, 32, 32, 1) float32 from `to_paper_input`; output (N, 10) float32, the squared
    distances of F6 to the ten codes: the smallest is the answer.
    start: one of `layers.STARTS`, within which limits weights start; the paper's unless given.
    LeCun et al. 1998, section II.B. Where the paper leaves something open: the glyphs are ours.
    """
    squash = {"activation": scaled_tanh, "start": start}
    return keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            ConnectedConv2D(6, 5, **squash, name="C1"),
            Subsampling(**squash, name="S2"),
            ConnectedConv2D(16, 5, C3_TABLE, **squash, name="C3"),
            Subsampling(**squash, name="S4"),
            ConnectedConv2D(120, 5, **squash, name="C5"),
            layers.Flatten(name="flatten"),
            ConnectedDense(84, **squash, name="F6"),
            RBF(glyph_codes(), name="output"),
        ],
        name="lenet5_1998",
    )


def between_article_and_1998(steps):
    """Return the article's network after the first of STEPS_TO_1998, not yet compiled.

    steps: int, how many: 0 is `article_lenet5`, 6 is `lenet5_1998`.
    Input (N, 28, 28, 1), with 1 step or more (N, 32, 32, 1); output probabilities, or distances
    with all steps. "squashing" brings the initial weights that the paper chose for it.
    Raises ValueError for another number of steps.
    """
    if not 0 <= steps <= len(STEPS_TO_1998):
        raise ValueError(f"steps must be 0 to {len(STEPS_TO_1998)}, got {steps}.")
    done = set(STEPS_TO_1998[:steps])
    squash = {"activation": scaled_tanh if "squashing" in done else "tanh"}
    pools = [Subsampling(**squash, name=name) for name in ("S2", "S4")]
    if "subsampling" not in done:
        pools = [layers.AveragePooling2D(2, name=name) for name in ("S2", "S4")]
    dense = ConnectedDense if "squashing" in done else layers.Dense

    def convolution(filters, name, table=None):
        if "subsampling" not in done:
            return layers.Conv2D(filters, 5, **squash, name=name)
        start = {} if "squashing" in done else KERAS_START
        return ConnectedConv2D(filters, 5, table, **squash, **start, name=name)

    network = [
        keras.Input((32, 32, 1) if "input" in done else (28, 28, 1)),
        convolution(6, "C1"),
        pools[0],
        convolution(16, "C3", C3_TABLE if "table" in done else None),
        pools[1],
        layers.Flatten(name="flatten"),
        dense(120, **squash, name="C5"),
    ]
    if "F6" in done:
        network.append(dense(84, **squash, name="F6"))
    if "RBF" in done:
        network.append(RBF(glyph_codes(), name="output"))
    else:
        network.append(layers.Dense(10, activation="softmax", name="output"))
    return keras.Sequential(network, name=f"article_{steps}_steps_to_1998")


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


def _of_kind(pooling):
    kinds = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}
    if pooling not in kinds:
        raise ValueError(f'pooling must be "average" or "max", got {pooling!r}.')
    return kinds[pooling]


def deep_network(
    maps=(16, 24, 24, 40, 40), kernel_sizes=(5, 3, 3, 3, 3), pooled=(1, 3), weighted=False
):
    """Return a network of convolutions alone, not yet compiled: as it stands, 33,066 parameters.

    maps:         the number of maps of each convolution; each is followed by batch normalisation
                  and ReLU.
    kernel_sizes: int for each convolution; its edges are padded.
    pooled:       the places, from 1, of convolutions followed by a max pooling over 2x2. It comes
                  before the normalisation, which then has a quarter of the numbers to treat.
    weighted:     bool, whether the weights of the last mean are learned, one for each map and
                  position.
    The mean of each of the last maps over all positions takes the place of LeNet-5's C5.
    Input (N, 28, 28, 1) float32 in [0, 1]; output (N, 10) float32, probabilities.
    Raises ValueError if there are not as many kernel sizes as maps.
    """
    network = [keras.Input((28, 28, 1))]
    for place, (number, size) in enumerate(zip(maps, kernel_sizes, strict=True), 1):
        network.append(
            layers.Conv2D(number, size, padding="same", use_bias=False, name=f"C{place}")
        )
        if place in pooled:
            network.append(layers.MaxPooling2D(2, name=f"S{place}"))
        network += [
            layers.BatchNormalization(name=f"C{place}_normalised"),
            layers.ReLU(name=f"C{place}_relu"),
        ]
    if weighted:
        network += [_weighted_mean(28 // 2 ** len(pooled)), layers.Flatten(name="flatten")]
    else:
        network.append(layers.GlobalAveragePooling2D(name="mean"))
    network.append(layers.Dense(10, activation="softmax", name="output"))
    return keras.Sequential(network, name="deep_network")


def _weighted_mean(side):
    """The mean over side x side positions at first; training moves the weights."""
    start = keras.initializers.Constant(1 / side**2)
    return layers.DepthwiseConv2D(
        side, use_bias=False, depthwise_initializer=start, name="weighted_mean"
    )


def compile_article(model):
    """Compile a model as the article does, and return it.

    Adam with Keras's defaults, sparse categorical cross-entropy on probabilities, accuracy.
    """
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def compile_1998(model, optimizer=None, loss=None):
    """Compile a network with an RBF output as the paper does, and return it.

    optimizer: `StochasticDiagonalLM` unless given; loss: `RBFLoss(RUBBISH)` unless given.
    """
    model.compile(
        optimizer=optimizer or StochasticDiagonalLM(),
        loss=loss or RBFLoss(RUBBISH),
        metrics=[SmallestDistance()],
    )
    return model


def compile_for_output(model):
    """Compile a network with the loss and the metric that fit its output, and return it.

    An RBF output is compiled as in the paper, any other as in the article.
    """
    is_rbf = isinstance(model.layers[-1], RBF)
    return compile_1998(model) if is_rbf else compile_article(model)


def layer_table(model):
    """Describe each layer of a built model: DataFrame, one row per layer, in order.

    Index layer (its name); columns kind (its class), output_shape (without the batch axis),
    parameters (int).
    Raises ValueError if the model has not been built: its shapes are not known yet.
    """
    if not model.built:
        raise ValueError("The model is not built: start it with keras.Input, or call it once.")
    rows = [
        (layer.name, type(layer).__name__, layer.output.shape[1:], layer.count_params())
        for layer in model.layers
    ]
    columns = ["layer", "kind", "output_shape", "parameters"]
    return pd.DataFrame(rows, columns=columns).set_index("layer")


def connections(model):
    """How many connections each layer of a built model has: Series of int, index layer.

    Counted as in LeCun et al. 1998, section II.B: every input of every unit, and every bias.
    Raises ValueError for a layer of a kind that is not counted here.
    """
    counts = {layer.name: _connections(layer) for layer in model.layers}
    return pd.Series(counts, name="connections").rename_axis("layer")


def _connections(layer):
    *places, maps = layer.output.shape[1:]
    units = math.prod(places) * maps
    if isinstance(layer, Subsampling):
        return units * (4 + 1)
    if isinstance(layer, layers.AveragePooling2D):
        return units * math.prod(layer.pool_size)
    if isinstance(layer, layers.Flatten):
        return 0
    if isinstance(layer, (layers.Conv2D, ConnectedConv2D, layers.Dense, ConnectedDense, RBF)):
        return math.prod(places) * layer.count_params()
    raise ValueError(f"Connections of {layer.name}, a {type(layer).__name__}, are not counted.")
