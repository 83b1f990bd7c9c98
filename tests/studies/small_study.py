"""A study that is made in seconds.

`python -m tests.studies.small_study ARGUMENTS` is the command on it.

The networks are found by the processes of the runs if the clone is in PYTHONPATH.
"""

import sys

from lenet_helpers.__main__ import main
from lenet_helpers.studies import recipes


def dense():
    """Return a network of 7,850 parameters."""
    import keras

    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    return keras.Sequential(layers, name="dense")


def recipe(**others):
    """Return the recipe of one rung."""
    options = {"epochs": 2, "batch_size": 10, "images": 300, "method": "article"}
    return recipes.Recipe(**{"network": "tests.studies.small_study.dense"} | options | others)


STUDY = recipes.Study(
    "for tests",
    {"chosen": recipe(), "final": recipe(validation_split=0, counts_every_epoch=True)},
    opens_test_set=True,
)

if __name__ == "__main__":
    recipes.STUDIES["small"] = STUDY
    sys.exit(main(["study", "small", *sys.argv[1:]]))
