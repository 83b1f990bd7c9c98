"""Small changes of the pixels that lead a network astray: the fast gradient sign method."""

import numpy as np
import tensorflow as tf

from lenet_helpers.interpret.gradients import gradients, own_score
from lenet_helpers.preprocessing import INK, check_images


def fgsm_signs(model, images, labels):
    """The direction in which the fast gradient sign method moves each pixel: -1, 0 or 1.

    labels: (N,) int, the digits that the network is led away from.
    Returns (N, 28, 28) int8. Goodfellow, Shlens and Szegedy 2015, eq. in sec. 4: the sign of the
    loss's gradient. The loss grows with log((1 - p) / p), p the label's probability, and only
    with it, so the signs are taken from there: the loss's own gradient loses the part of the
    label's score where p is rounded to 1.
    """
    return -np.sign(gradients(model, images, labels, _lead)).astype(np.int8)


def fgsm(images, signs, step):
    """Images moved by a step along signs: every pixel by that many grey levels at most.

    images: (N, 28, 28) uint8; signs: (N, 28, 28) int8, from `fgsm_signs`; step: int, 0 to 255.
    Returns uint8 of the same shape: pixels stay within 0 and 255.
    Raises ValueError if the step lies outside or the shapes differ.
    """
    check_images(images)
    if images.shape != signs.shape:
        raise ValueError(f"images and signs differ in shape: {images.shape}, {signs.shape}")
    if not 0 <= step <= INK:
        raise ValueError(f"step must lie between 0 and {INK} grey levels, got {step}")
    return np.clip(images + step * signs.astype(np.int64), 0, INK).astype(np.uint8)


def _lead(scores, digits):
    """log(p / (1 - p)), p the probability that softmax gives to each image's digit."""
    others = tf.where(tf.one_hot(digits, scores.shape[1]) > 0, -np.inf, scores)
    return own_score(scores, digits) - tf.reduce_logsumexp(others, axis=1)
