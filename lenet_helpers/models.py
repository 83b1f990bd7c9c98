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
