"""Networks brought to one input and one output, so that the same question fits them all."""

import keras

from lenet_helpers.preprocessing import PAPER_BLACK, PAPER_SIZE, PAPER_WHITE


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
