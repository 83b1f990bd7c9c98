"""The networks of chapters 1 to 5, and what they are made of."""

import keras
import pandas as pd
from keras import layers


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


def compile_article(model, optimizer="adam"):
    """Compile a model as the article does, and return it.

    Adam with Keras's defaults unless another Keras optimizer is given, sparse categorical
    cross-entropy on probabilities, accuracy.
    """
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    return model


def lenet_parameters():
    """Count the trainable parameters of three networks called LeNet-5: DataFrame of int.

    Index layer; columns "the article's", "often quoted" (32 by 32 pixels, and F6) and "the
    paper's": LeCun et al. 1998, section II.B, whose pooling layers learn 2 numbers a map, whose
    C3 follows table I, and whose output layer is fixed at first and not counted.
    """
    convolutions = {"C1": _convolution(6, 1), "S2": 0, "C3": _convolution(16, 6), "S4": 0}
    article = convolutions | {"C5": _dense(120, 4 * 4 * 16), "F6": 0, "output": _dense(10, 120)}
    quoted = article | {
        "C5": _dense(120, 5 * 5 * 16),
        "F6": _dense(84, 120),
        "output": _dense(10, 84),
    }
    table_1 = 6 * _convolution(1, 3) + 9 * _convolution(1, 4) + _convolution(1, 6)
    paper = quoted | {"S2": 2 * 6, "C3": table_1, "S4": 2 * 16, "output": 0}
    columns = {"the article's": article, "often quoted": quoted, "the paper's": paper}
    return pd.DataFrame(columns).rename_axis("layer")


def _convolution(maps, channels):
    return maps * (5 * 5 * channels + 1)


def _dense(units, inputs):
    return units * (inputs + 1)


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
