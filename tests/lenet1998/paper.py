"""LeNet-5 as the paper's equations have it, connection by connection, in NumPy and float64.

LeCun et al. 1998, section II.B, eqs. 5 to 9 and appendix C. The Keras layers are compared with
this; it shares nothing with them but the order of the weights.

A layer is what appendix C makes of it: a list of connections (i, j, k), by which unit i receives
the state of unit j times the weight u_k, which other connections may share (eq. 18). A bias is
a connection from a unit that is always 1.
"""

import functools
import itertools
from dataclasses import dataclass

import numpy as np

AMPLITUDE, SLOPE = 1.7159, 2 / 3
C3_TABLE = """
X...XXX..XXXX.XX
XX...XXX..XXXX.X
XXX...XXX..X.XXX
.XXX..XXXX..X.XX
..XXX..XXXX.XX.X
...XXX..XXXX.XXX
"""


@dataclass
class Layer:
    """to, source, weight: (connections,) int; source is -1 for a bias. shape: of its units."""

    to: np.ndarray
    source: np.ndarray
    weight: np.ndarray
    shape: tuple
    squashed: bool = True

    @property
    def units(self):
        return int(np.prod(self.shape))

    @property
    def weights(self):
        return int(self.weight.max()) + 1


def squash(a):
    return AMPLITUDE * np.tanh(SLOPE * a)


def squash_derivative(a):
    return AMPLITUDE * SLOPE * (1 - np.tanh(SLOPE * a) ** 2)


# --- layers, as lists of connections -----------------------------------------------------------


def convolution(shape, size, table, squashed=True):
    """Each map looks at size x size windows of the maps that the table gives it, plus a bias.

    shape: (height, width, maps) of its input; table: (maps, filters) bool.
    Weights: kernels in the order (row, column, True entry of the table), then biases.
    """
    height, width, _ = shape
    pairs = np.argwhere(table)
    filters = table.shape[1]
    output = (height - size + 1, width - size + 1, filters)
    kernels = (size, size, len(pairs))
    connections = []
    for row, column in itertools.product(*map(range, output[:2])):
        for number, (source, filter_) in enumerate(pairs):
            to = index((row, column, filter_), output)
            for down, right in itertools.product(range(size), range(size)):
                seen = index((row + down, column + right, source), shape)
                connections.append((to, seen, index((down, right, number), kernels)))
        for filter_ in range(filters):
            to = index((row, column, filter_), output)
            connections.append((to, -1, np.prod(kernels) + filter_))
    return Layer(*np.array(connections).T, output, squashed)


def subsampling(shape, squashed=True):
    """Each unit adds four inputs, times its map's coefficient, plus its map's bias.

    Weights: coefficients, then biases.
    """
    height, width, maps = shape
    output = (height // 2, width // 2, maps)
    connections = []
    for row, column, map_ in itertools.product(*map(range, output)):
        to = index((row, column, map_), output)
        for down, right in itertools.product((0, 1), (0, 1)):
            seen = index((2 * row + down, 2 * column + right, map_), shape)
            connections.append((to, seen, map_))
        connections.append((to, -1, maps + map_))
    return Layer(*np.array(connections).T, output, squashed)


def full(inputs, units, squashed=True):
    """Every unit is connected to every input. Weights: in the order (input, unit), then biases."""
    return convolution((1, 1, inputs), 1, np.ones((inputs, units), bool), squashed)


@functools.cache
def lenet5():
    """C1, S2, C3, S4, C5 and F6: dict, name -> Layer."""
    table = np.array([[mark == "X" for mark in row] for row in C3_TABLE.split()])
    return {
        "C1": convolution((32, 32, 1), 5, np.ones((1, 6), bool)),
        "S2": subsampling((28, 28, 6)),
        "C3": convolution((14, 14, 6), 5, table),
        "S4": subsampling((10, 10, 16)),
        "C5": convolution((5, 5, 16), 5, np.ones((16, 120), bool)),
        "F6": full(120, 84),
    }


def index(place, shape):
    number = 0
    for at, length in zip(place, shape, strict=True):
        number = number * length + at
    return number


# --- forward: eqs. 5 to 7 ----------------------------------------------------------------------


def forward(layers, weights, image):
    """All weighted sums and states of one image: two lists; the states begin with the image.

    weights: a vector per layer.
    """
    sums, states = [], [np.ravel(image).astype("float64")]
    for layer, u in zip(layers, weights, strict=True):
        a = added(layer.to, u[layer.weight] * seen(layer, states[-1]), layer.units)
        sums.append(a)
        states.append(squash(a) if layer.squashed else a)
    return sums, states


def distances(x, codes):
    """Eq. 7."""
    return ((x - codes) ** 2).sum(axis=1)


def seen(layer, x):
    """What arrives over each connection, before its weight."""
    return np.append(x, 1)[layer.source]


def added(places, values, length):
    """Add each value to the place that it belongs to."""
    return np.bincount(places, values, length)


# --- losses of one image: eqs. 8 and 9, and their derivatives by F6's states x ------------------


def mean_distance(y, label):
    return y[label]


def discriminative(y, label, j):
    return y[label] + np.log(np.exp(-j) + np.exp(-y).sum())


def by_distances(y, label, j=None):
    """First and second derivatives of eq. 9 (of eq. 8 without j) by the distances y."""
    own = np.eye(len(y))[label]
    if j is None:
        return own, np.zeros((len(y), len(y)))
    p = np.exp(-y) / (np.exp(-j) + np.exp(-y).sum())
    return own - p, np.diag(p) - np.outer(p, p)


def by_states(x, codes, label, j=None):
    """First derivatives and diagonal of second derivatives by F6's states, both exact: (84,)."""
    first, second = by_distances(distances(x, codes), label, j)
    slopes = 2 * (x - codes)
    return first @ slopes, 2 * first.sum() + ((second @ slopes) * slopes).sum(axis=0)


# --- backward: appendix C ----------------------------------------------------------------------


def gradient(layers, weights, image, by_last_state):
    """dE/du, a vector per layer, from dE/dx of the last states."""
    sums, states = forward(layers, weights, image)
    found, by_state = [], by_last_state
    for layer, u, a, x in reversed(list(zip(layers, weights, sums, states[:-1], strict=True))):
        delta = by_state * (squash_derivative(a) if layer.squashed else 1)
        found.append(added(layer.weight, delta[layer.to] * seen(layer, x), len(u)))
        by_state = sent_back(layer, u, delta, len(x))
    return found[::-1]


def curvature(layers, weights, image, by_last_state):
    """d2E/du2 as appendix C back-propagates it, f'' dropped: a vector per layer.

    by_last_state: d2E/dx2 of the last states.
    """
    sums, states = forward(layers, weights, image)
    found, by_state = [], by_last_state
    for layer, u, a, x in reversed(list(zip(layers, weights, sums, states[:-1], strict=True))):
        by_sum = by_state * (squash_derivative(a) ** 2 if layer.squashed else 1)
        found.append(shared(layer, by_sum, x))
        by_state = sent_back(layer, u**2, by_sum, len(x))
    return found[::-1]


def shared(layer, by_sum, x):
    """Sum over units of d2E/da2 times the squared input of the weight.

    A unit of a convolution meets each of its weights once: the appendix's sum over connections.
    A subsampling unit meets its coefficient four times, and adds the four before it multiplies:
    the coefficient's input is their sum.
    """
    met = layer.to * layer.weights + layer.weight
    inputs = added(met, seen(layer, x), layer.units * layer.weights)
    return by_sum @ inputs.reshape(layer.units, layer.weights) ** 2


def sent_back(layer, factors, values, inputs):
    """What each input gets back from the units that it reaches; the constant 1 gets nothing."""
    kept = layer.source >= 0
    back = factors[layer.weight] * values[layer.to]
    return added(layer.source[kept], back[kept], inputs)
