"""LeNet-5 as published, and the networks between the article's and it."""

import math

import keras
import numpy as np
import pandas as pd
from keras import layers

from lenet_helpers.lenet1998 import RUBBISH, STEPS_TO_1998
from lenet_helpers.lenet1998.glyphs import glyph_codes
from lenet_helpers.lenet1998.layers import (
    RBF,
    ConnectedConv2D,
    ConnectedDense,
    Subsampling,
    scaled_tanh,
)
from lenet_helpers.lenet1998.losses import RBFLoss, SmallestDistance
from lenet_helpers.lenet1998.optimizer import StochasticDiagonalLM
from lenet_helpers.models import compile_article

KERAS_START = {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}
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

    steps: int, how many: 0 is `article_lenet5`, 7 is `lenet5_1998("1/sqrt(F)")`.
    Input (N, 28, 28, 1), with 1 step or more (N, 32, 32, 1); output probabilities, or distances
    with all steps. Weights start as Keras's layers do until "start".
    Raises ValueError for another number of steps.
    """
    if not 0 <= steps <= len(STEPS_TO_1998):
        raise ValueError(f"steps must be 0 to {len(STEPS_TO_1998)}, got {steps}.")
    done = set(STEPS_TO_1998[:steps])
    squash = {"activation": scaled_tanh if "squashing" in done else "tanh"}
    start = {"start": "1/sqrt(F)"} if "start" in done else {}
    kernels = start or KERAS_START
    pools = [Subsampling(**squash, **start, name=name) for name in ("S2", "S4")]
    if "subsampling" not in done:
        pools = [layers.AveragePooling2D(2, name=name) for name in ("S2", "S4")]
    dense = ConnectedDense if "start" in done else layers.Dense

    def convolution(filters, name, table=None):
        if "subsampling" not in done:
            return layers.Conv2D(filters, 5, **squash, name=name)
        return ConnectedConv2D(filters, 5, table, **squash, **kernels, name=name)

    def fully_connected(units, name):
        return dense(units, **squash, **kernels, name=name)

    network = [
        keras.Input((32, 32, 1) if "input" in done else (28, 28, 1)),
        convolution(6, "C1"),
        pools[0],
        convolution(16, "C3", C3_TABLE if "table" in done else None),
        pools[1],
        layers.Flatten(name="flatten"),
        fully_connected(120, "C5"),
    ]
    if "F6" in done:
        network.append(fully_connected(84, "F6"))
    if "RBF" in done:
        network.append(RBF(glyph_codes(), name="output"))
    else:
        network.append(layers.Dense(10, activation="softmax", name="output"))
    return keras.Sequential(network, name=f"article_{steps}_steps_to_1998")


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
