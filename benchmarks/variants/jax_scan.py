"""JAX: an epoch is one compiled `lax.scan` over the batches, with JAX's own convolution."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lenet_helpers.preprocessing import split_validation


def conv_tanh_pool(maps, kernel, bias):
    layout = ("NHWC", "HWIO", "NHWC")
    maps = lax.conv_general_dilated(maps, kernel, (1, 1), "VALID", dimension_numbers=layout)
    maps = jnp.tanh(maps + bias)
    return lax.reduce_window(maps, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def train(x_train, y_train, epochs, stopwatch, batch_size=10, layer=conv_tanh_pool):
    """layer: the function for convolution, tanh and pooling."""

    def measure(weights, images, labels):
        c1, c3, c5, last = weights
        maps = layer(images[..., None].astype("float32") / 255, *c1)
        maps = layer(maps, *c3)
        hidden = jnp.tanh(maps.reshape(len(maps), -1) @ c5[0] + c5[1])
        logits = hidden @ last[0] + last[1]
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)
        return -chosen.mean(), (logits.argmax(1) == labels).mean()

    def update(state, batch):
        weights, means, squares, step = state
        scores, gradients = jax.value_and_grad(measure, has_aux=True)(weights, *batch)
        step = step + 1
        rate = 0.001 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        means = jax.tree.map(lambda m, g: m + (g - m) * 0.1, means, gradients)
        squares = jax.tree.map(lambda s, g: s + (g * g - s) * 0.001, squares, gradients)
        weights = jax.tree.map(
            lambda w, m, s: w - rate * m / (jnp.sqrt(s) + 1e-7), weights, means, squares
        )
        return (weights, means, squares, step), jnp.stack(scores)

    @jax.jit
    def train_epoch(state, images, labels):
        state, scores = lax.scan(update, state, (images, labels))
        return state, scores.mean(0)

    @jax.jit
    def validate(weights, images, labels):
        scores = lax.map(lambda batch: jnp.stack(measure(weights, *batch)), (images, labels))
        return scores.mean(0)

    def batches(part):
        images = x_train[part].reshape(-1, batch_size, 28, 28)
        return images, y_train[part].reshape(-1, batch_size).astype("int32")

    weights = _first_weights()
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = weights, zeros, zeros, 0.0
    training, validation = split_validation(len(x_train))
    stopwatch.start()
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(training.stop)
        state, scores = train_epoch(state, *batches(order))
        val_scores = validate(state[0], *batches(validation))
        names = ["loss", "accuracy", "val_loss", "val_accuracy"]
        stopwatch.epoch(dict(zip(names, [*scores, *val_scores], strict=True)))


def _first_weights():
    draw = jax.nn.initializers.glorot_uniform()
    shapes = [(5, 5, 1, 6), (5, 5, 6, 16), (256, 120), (120, 10)]
    keys = jax.random.split(jax.random.key(0), len(shapes))
    return [(draw(k, s), jnp.zeros(s[-1])) for k, s in zip(keys, shapes, strict=True)]
