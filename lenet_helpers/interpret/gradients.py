"""Derivatives of a network's scores by the pixels of its input."""

import keras
import numpy as np
import tensorflow as tf

from lenet_helpers.preprocessing import to_model_input

GRADIENT_BATCH = 500


def gradients(model, images, digits, score):
    """The gradient by the pixels in [0, 1] of score(all scores, digits): (N, 28, 28) float32."""
    inputs, digits = to_model_input(images), np.asarray(digits)
    if digits.shape != (len(inputs),) or digits.dtype.kind not in "iu":
        raise ValueError(f"give one digit, an int, for each of the {len(inputs)} images")
    digits = digits.astype(np.int64)
    starts = range(0, len(inputs), GRADIENT_BATCH)
    parts = [slice(start, start + GRADIENT_BATCH) for start in starts]
    return np.concatenate([_gradient(model, inputs[p], digits[p], score) for p in parts])


def own_score(scores, digits):
    return tf.gather(scores, digits, axis=1, batch_dims=1)


def _gradient(model, inputs, digits, score):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = score(logits(model, inputs), digits)
    return tape.gradient(value, inputs).numpy()[..., 0]


def logits(model, inputs):
    """What the model puts out, before softmax if it ends in one: a tensor, (N, digits)."""
    *layers, last = model.layers
    for layer in layers:
        inputs = layer(inputs)
    if isinstance(last, keras.layers.Softmax):
        return inputs
    if getattr(last, "activation", None) is keras.activations.softmax:
        return inputs @ last.kernel.value + last.bias.value
    return last(inputs)
