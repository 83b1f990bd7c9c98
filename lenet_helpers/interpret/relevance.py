"""Which pixels an answer depends on, and whether a map of them can be trusted."""

import keras
import numpy as np
from scipy.stats import pearsonr, rankdata

from lenet_helpers.interpret.gradients import gradients, logits, own_score
from lenet_helpers.preprocessing import check_images, to_model_input


def occlusion(model, image, digit, side=5, fill=0):
    """How the margin of a digit changes when a square of the image is painted over.

    The margin is the digit's logit minus the largest other one: below 0 another digit is read.
    Returns (28, 28) float32: at each pixel, the margin with the square centred there minus that of
    the image as it is. Zeiler and Fergus 2014, sec. 4.2, who look at the probability.
    For image, side, fill and errors see `covered`.
    """
    pictures = np.concatenate([image[np.newaxis], covered(image, side, fill)])
    scores = logits(model, to_model_input(pictures)).numpy()
    margins = scores[:, digit] - np.delete(scores, digit, axis=1).max(axis=1)
    return (margins[1:] - margins[0]).reshape(image.shape)


def covered(image, side, fill=0):
    """An image with a square painted over it, centred on each of its pixels in turn.

    image: (28, 28) uint8; side: odd int, the square's side in pixels; fill: its grey, 0 to 255.
    Returns (784, 28, 28) uint8; the square is cut off at the border.
    Raises ValueError if the side is even or not positive.
    """
    if side < 1 or side % 2 == 0:
        raise ValueError(f"side must be odd and positive, so that it has a centre; got {side}")
    check_images(image[np.newaxis])
    rows, columns = np.indices(image.shape).reshape(2, -1, 1, 1)
    row, column = np.indices(image.shape)
    hidden = np.maximum(abs(row - rows), abs(column - columns)) <= side // 2
    return np.where(hidden, np.uint8(fill), image)


def saliency(model, images, digits):
    """How strongly each pixel, changed a little, would move the score of a digit.

    digits: (N,) int, whose score; the score is what softmax makes a probability of.
    Returns (N, 28, 28) float32, the sizes of the partial derivatives by the pixels in [0, 1].
    Simonyan, Vedaldi and Zisserman 2014, sec. 3.
    """
    return np.abs(gradients(model, images, digits, own_score))


def randomised(model, seed=0):
    """A copy of a model in which all layers that learn have drawn weights in place of learned ones.

    Adebayo et al. 2018, sec. 3: a map that explains what was learned has to change with them.

    Each array of weights is drawn from a normal distribution with the mean and the standard
    deviation of the learned one, so that what was learned is lost and the scale is kept.
    """
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for place, layer in enumerate(copy.layers):
        if layer.trainable_weights:
            random, weights = np.random.default_rng([seed, place]), layer.get_weights()
            layer.set_weights([random.normal(w.mean(), w.std(), w.shape) for w in weights])
    return copy


def rank_correlation(maps, others):
    """Spearman's rank correlation of each two maps, pixel by pixel: (N,) float in [-1, 1].

    maps, others: (N, height, width). Raises ValueError if their shapes differ or one is constant.
    """
    if np.shape(maps) != np.shape(others):
        raise ValueError(f"shapes differ: {np.shape(maps)} and {np.shape(others)}")
    ranks = [rankdata(np.reshape(one, (len(one), -1)), axis=1) for one in (maps, others)]
    if not np.ptp(ranks, axis=2).all():
        raise ValueError("a map has the same value everywhere, so its pixels have no order")
    return pearsonr(*ranks, axis=1).statistic
