"""The same JAX code with convolution and pooling as one matrix product, as in our layer."""

import itertools

import jax.numpy as jnp
import numpy as np
from variants import jax_scan

SHIFTS = list(itertools.product((0, 1), (0, 1)))


def conv_tanh_pool(maps, kernel, bias):
    batch, height, width, channels = maps.shape
    size, _, _, filters = kernel.shape
    cells = (size + 1) // 2
    rows, columns = height // 2 - cells + 1, width // 2 - cells + 1
    maps = maps.reshape(batch, height // 2, 2, width // 2, 2, channels)
    maps = maps.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height // 2, width // 2, -1)
    shifts = itertools.product(range(cells), range(cells))
    patches = jnp.concatenate([maps[:, i : i + rows, j : j + columns] for i, j in shifts], -1)

    placed = [jnp.pad(kernel, [(y, 1 - y), (x, 1 - x), (0, 0), (0, 0)]) for y, x in SHIFTS]
    placed = jnp.stack(placed, -2).reshape(cells, 2, cells, 2, channels, 4 * filters)
    weights = placed.transpose(0, 2, 1, 3, 4, 5).reshape(-1, 4 * filters)
    maps = jnp.tanh(patches.reshape(-1, len(weights)) @ weights + jnp.tile(bias, 4))
    average = np.tile(np.eye(filters, dtype="float32") / 4, (4, 1))
    return (maps @ average).reshape(batch, rows, columns, filters)


def train(x_train, y_train, epochs, stopwatch, batch_size=10):
    jax_scan.train(x_train, y_train, epochs, stopwatch, batch_size, layer=conv_tanh_pool)
