"""What a trained network makes of an image, and what its answer depends on.

Models are built Keras Sequentials that read (N, 28, 28, 1) in [0, 1] and put out one number per
digit, the largest for their answer; `in_article_form` makes one of LeNet-5 as published. Images are
the stored pixels, (N, 28, 28) uint8.
"""

import keras
import numpy as np
import tensorflow as tf
from scipy.stats import rankdata

from lenet_helpers.preprocessing import (
    INK,
    PAPER_BLACK,
    PAPER_SIZE,
    PAPER_WHITE,
    check_images,
    to_model_input,
)
from lenet_helpers.training import predict

GRADIENT_BATCH = 500


def in_article_form(model):
    """LeNet-5 as published, behind the article's input and before its output.

    model: a built Sequential from `lenet5_1998`; its layers and weights are shared, not copied.
    Returns a Sequential that reads (N, 28, 28, 1) in [0, 1], adds border and scale of
    `to_paper_input`, and puts out probabilities: softmax of minus the distances, which are minus
    log-likelihoods but for a constant. LeCun et al. 1998, section II.B.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.ZeroPadding2D((PAPER_SIZE - 28) // 2, name="border"),
            keras.layers.Rescaling(PAPER_BLACK - PAPER_WHITE, PAPER_WHITE, name="scale"),
            *model.layers,
            keras.layers.Rescaling(-1.0, name="nearness"),
            keras.layers.Softmax(name="probabilities"),
        ],
        name=f"{model.name}_in_article_form",
    )


def layer_outputs(model, images):
    """What each layer puts out: dict, layer's name -> array (N, ...) float32, in order."""
    values, outputs = to_model_input(images), {}
    for layer in model.layers:
        values = layer(values)
        outputs[layer.name] = np.asarray(values)
    return outputs


def layer_output(model, images, name):
    """What one layer puts out, for many images: (N, ...) float32.

    Raises ValueError if no layer has this name.
    """
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise ValueError(f"no layer is called {name!r}; this model has {', '.join(names)}")
    first = model.layers[: names.index(name) + 1]
    return predict(keras.Sequential([keras.Input(model.input_shape[1:]), *first]), images)


def kernel_norms(layer):
    """How large the kernel between each two maps is: (maps read, maps made) float32.

    layer: a built convolution: Keras's, or `ConnectedConv2D` with or without a table.
    Each entry is the Euclidean norm of one height x width kernel; 0 means not connected.
    Raises ValueError for a layer without such a kernel.
    """
    placed = getattr(layer, "dense_kernel", lambda: getattr(layer, "kernel", 0.0))
    kernel = np.asarray(placed())
    if kernel.ndim != 4:
        raise ValueError(f"{layer.name} is no convolution: it has no kernel with four axes")
    return np.sqrt(np.square(kernel).sum(axis=(0, 1)))


def occlusion(model, image, digit, side=5, fill=0):
    """How much of a digit's probability is lost when a square of the image is painted over.

    image: (28, 28) uint8; side: odd int, the square's side in pixels; fill: its grey, 0 to 255.
    Returns (28, 28) float32: at each pixel, the probability of the image as it is minus that with
    the square centred there; the square is cut off at the border. Zeiler and Fergus 2014, sec. 4.2.
    Raises ValueError if the side is even or not positive.
    """
    if side < 1 or side % 2 == 0:
        raise ValueError(f"side must be odd and positive, so that it has a centre; got {side}")
    check_images(image[np.newaxis])
    rows, columns = np.indices(image.shape).reshape(2, -1, 1, 1)
    row, column = np.indices(image.shape)
    hidden = np.maximum(abs(row - rows), abs(column - columns)) <= side // 2
    painted = np.where(hidden, np.uint8(fill), image)
    probabilities = predict(model, np.concatenate([image[np.newaxis], painted]))[:, digit]
    return (probabilities[0] - probabilities[1:]).reshape(image.shape)


def saliency(model, images, digits):
    """How strongly each pixel, changed a little, would move the score of a digit.

    digits: (N,) int, whose score; the score is what softmax makes a probability of.
    Returns (N, 28, 28) float32, the sizes of the partial derivatives by the pixels in [0, 1].
    Simonyan, Vedaldi and Zisserman 2014, sec. 3.
    """
    return np.abs(_gradients(model, images, digits, _own_score))


def randomised(model, names, seed=0):
    """A copy of a model in which the named layers have drawn weights in place of learned ones.

    Each array of weights is drawn from a normal distribution with the mean and the standard
    deviation of the learned one, so that what was learned is lost and the scale is kept. A layer's
    draw depends on nothing but the seed and its place.
    Raises ValueError if the model has no such layer.
    """
    known = {layer.name: place for place, layer in enumerate(model.layers)}
    if unknown := set(names) - set(known):
        raise ValueError(f"no layer is called {', '.join(sorted(unknown))}; known: {list(known)}")
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for name in names:
        random, layer = np.random.default_rng([seed, known[name]]), copy.get_layer(name)
        layer.set_weights([random.normal(w.mean(), w.std(), w.shape) for w in layer.get_weights()])
    return copy


def cascade(model, seed=0):
    """Copies of a model, randomised from the output towards the input, one layer more each time.

    Returns a dict, name of the layer reached -> copy, for the layers that learn.
    Adebayo et al. 2018, sec. 3: a map that explains what was learned has to change on this way.
    """
    names = [layer.name for layer in reversed(model.layers) if layer.trainable_weights]
    return {name: randomised(model, names[: place + 1], seed) for place, name in enumerate(names)}


def rank_correlation(maps, others):
    """Spearman's rank correlation of each two maps, pixel by pixel: (N,) float in [-1, 1].

    maps, others: (N, height, width). Raises ValueError if their shapes differ or one is constant.
    """
    if np.shape(maps) != np.shape(others):
        raise ValueError(f"shapes differ: {np.shape(maps)} and {np.shape(others)}")
    ranks = [rankdata(np.reshape(one, (len(one), -1)), axis=1) for one in (maps, others)]
    first, second = (one - one.mean(axis=1, keepdims=True) for one in ranks)
    size = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    if not size.all():
        raise ValueError("a map has the same value everywhere, so its pixels have no order")
    return (first * second).sum(axis=1) / size


def fgsm_signs(model, images, labels, targets=None):
    """The direction in which the fast gradient sign method moves each pixel: -1, 0 or 1.

    labels: (N,) int, the digits that the network is led away from; where targets (N,) int are
    given, it is led towards these instead.
    Returns (N, 28, 28) int8. Goodfellow, Shlens and Szegedy 2015, eq. in sec. 4: the sign of the
    loss's gradient. The loss grows with log((1 - p) / p), p the label's probability, and only
    with it, so the signs are taken from there: the loss's own gradient is rounded to 0 where p
    is rounded to 1.
    """
    digits = labels if targets is None else targets
    signs = np.sign(_gradients(model, images, digits, _lead)).astype(np.int8)
    return -signs if targets is None else signs


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


def answers_by_step(model, image, signs):
    """What the network answers after each step of 0, 1, ..., 255 grey levels: (256,) int.

    image: (28, 28) uint8; signs: (28, 28) int8, from `fgsm_signs`.
    These are all steps that stored pixels know, so the first one that fools the network is the
    smallest. Bisection could miss it: a larger step may lead back to the right answer.
    """
    moved = [fgsm(image[np.newaxis], signs[np.newaxis], step) for step in range(INK + 1)]
    return predict(model, np.concatenate(moved)).argmax(axis=1)


def _gradients(model, images, digits, score):
    """The gradient by the pixels in [0, 1] of score(all scores, digits): (N, 28, 28) float32."""
    inputs, digits = to_model_input(images), np.asarray(digits)
    if digits.shape != (len(inputs),) or digits.dtype.kind not in "iu":
        raise ValueError(f"give one digit, an int, for each of the {len(inputs)} images")
    digits = digits.astype(np.int64)
    starts = range(0, len(inputs), GRADIENT_BATCH)
    parts = [slice(start, start + GRADIENT_BATCH) for start in starts]
    return np.concatenate([_gradient(model, inputs[p], digits[p], score) for p in parts])


def _gradient(model, inputs, digits, score):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = score(_scores(model, inputs), digits)
    return tape.gradient(value, inputs).numpy()[..., 0]


def _scores(model, inputs):
    """What the model puts out, before softmax if it ends in one: (N, digits)."""
    *layers, last = model.layers
    for layer in layers:
        inputs = layer(inputs)
    if isinstance(last, keras.layers.Softmax):
        return inputs
    if getattr(last, "activation", None) is keras.activations.softmax:
        return inputs @ last.kernel.value + last.bias.value
    return last(inputs)


def _own_score(scores, digits):
    return tf.gather(scores, digits, axis=1, batch_dims=1)


def _lead(scores, digits):
    """log(p / (1 - p)), p the probability that softmax gives to each image's digit."""
    others = tf.where(tf.one_hot(digits, scores.shape[1]) > 0, -np.inf, scores)
    return _own_score(scores, digits) - tf.reduce_logsumexp(others, axis=1)
