"""A new order of the images in each epoch, or one for all: `python benchmarks/order.py`.

With `keras.utils.set_random_seed`, Keras's `fit` shows the images in the same order in every epoch
(Keras 3 with TensorFlow; without a seed, in a new one). `train` draws a new order for each. What
that does to the test error is measured by Chapter 4's recipe: by `train` from forty seeds with a
new order and from forty with one, and by `fit`, with README's code on one page, from five.

A run takes one to five minutes, in a process of its own; each writes its row into
lenet_helpers/artifacts/order.csv, with columns program, order, seed and test_errors, and none is
made twice.
"""

import argparse

import pandas as pd
from measure import HERE, call

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.files import replaced

PATH = FOLDER / "order.csv"
KEY = ["program", "order", "seed"]
RUNS = [("train", order, seed) for seed in range(40) for order in ("new", "one")]
RUNS += [("fit", "one", seed) for seed in range(5)]


def main():
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    runs = pd.read_csv(PATH) if PATH.exists() else pd.DataFrame(columns=[*KEY, "test_errors"])
    for program, order, seed in RUNS:
        if (program, order, seed) in set(runs[KEY].itertuples(index=False, name=None)):
            continue
        errors = call(f"order:errors_of_{program}", order, seed)[0]
        print(f"{program}, {order} order, seed {seed}: {errors} of 10,000", flush=True)
        runs.loc[len(runs)] = [program, order, seed, errors]
        with replaced(PATH) as file:
            file.write(runs.to_csv(index=False, lineterminator="\n").encode())


def errors_of_train(order, seed):
    """Test images that a run of Chapter 4's recipe misreads: int; order: str, "new" or "one"."""
    from lenet_helpers.runtime import reproducible

    reproducible(seed=seed)
    from lenet_helpers.data import load_mnist
    from lenet_helpers.models import article_lenet5, compile_article
    from lenet_helpers.training import loop, predict, train

    if order == "one":
        new = loop.epoch_order
        loop.epoch_order = lambda n, seed, epoch: new(n, seed, 0)
    digits, model = load_mnist(offline_sample=False), compile_article(article_lenet5())
    train(model, digits.x_train, digits.y_train, seed=seed)
    return int((predict(model, digits.x_test).argmax(axis=1) != digits.y_test).sum())


def errors_of_fit(order, seed):
    """Test images that a run of README's code on one page misreads: int; its order is "one"."""
    import keras

    from course import texts
    from lenet_helpers.data import load_mnist

    digits = load_mnist(offline_sample=False)
    halves = (digits.x_train, digits.y_train), (digits.x_test, digits.y_test)
    keras.datasets.mnist.load_data = lambda: halves
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8")
    code = texts.CODE.search(readme)[0].strip("`").removeprefix("python\n")
    if "set_random_seed(0)" not in code:
        raise ValueError("README's code sets no seed")
    names = {}
    exec(code.replace("set_random_seed(0)", f"set_random_seed({seed})"), names)
    return round((1 - names["accuracy"]) * len(digits.y_test))


if __name__ == "__main__":
    main()
