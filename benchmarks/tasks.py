"""What benchmarks/scaling.py measures in fresh processes, besides training."""

import time

import numpy as np

ARTICLE_IMPORTS = "import numpy, pandas, tensorflow, seaborn, matplotlib.pyplot"


def run(code):
    """Run code, such as a chapter's."""
    exec(code, {"__name__": "__main__"})


def prepare_as_article(path):
    """The article's imports, and its steps from stored pixels to float64 images."""
    run(ARTICLE_IMPORTS)
    with np.load(path) as file:
        x_train, x_test = file["x_train"], file["x_test"]
    x_train = x_train.reshape(x_train.shape[0], 28, 28, 1)
    x_test = x_test.reshape(x_test.shape[0], 28, 28, 1)
    x_train = x_train / 255.0
    x_test = x_test / 255.0


def evaluate_as_article(path):
    """Seconds of each of three calls of `model.evaluate`, which takes 32 images a batch."""
    from lenet_helpers.models import article_lenet5, compile_article

    images, labels = _test_images(path)
    images = images.reshape(images.shape[0], 28, 28, 1) / 255.0
    model = compile_article(article_lenet5())
    return _seconds_of_three(lambda: model.evaluate(images, labels, verbose=2))


def evaluate_ours(path):
    """Seconds of each of three calls of our `evaluate`."""
    from lenet_helpers.runtime import reproducible

    reproducible()
    from lenet_helpers.models import article_lenet5, compile_article
    from lenet_helpers.training import evaluate

    images, labels = _test_images(path)
    model = compile_article(article_lenet5())
    return _seconds_of_three(lambda: evaluate(model, images, labels))


def _test_images(path):
    with np.load(path) as file:
        return file["x_test"], file["y_test"]


def _seconds_of_three(function):
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return seconds
