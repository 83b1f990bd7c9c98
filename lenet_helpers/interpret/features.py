"""What each layer makes of an image: its outputs, and how strongly its kernels connect."""

import keras
import numpy as np

from lenet_helpers.preprocessing import (
    PAPER_BLACK,
    PAPER_SIZE,
    PAPER_WHITE,
    to_model_input,
)
from lenet_helpers.training import predict


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
