"""Studies that are made in seconds, and in no time.

`python -m tests.studies.small_study WORDS` is the command `study` on them.

Networks and programs are found by the processes of the runs if the clone is in PYTHONPATH.
"""

import sys
from dataclasses import replace

from lenet_helpers.__main__ import main
from lenet_helpers.studies import recipes, runner
from lenet_helpers.studies.fresh_run import run_fresh


def dense():
    """Return a network of 7,850 parameters."""
    import keras

    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    return keras.Sequential(layers, name="dense")


def distances():
    """Return a network of 1998's kind with 86,100 parameters, which compiles soon."""
    import keras

    from lenet_helpers.lenet1998.glyphs import glyph_codes
    from lenet_helpers.lenet1998.layers import RBF, ConnectedDense, scaled_tanh

    layers = [keras.layers.Flatten(), ConnectedDense(84, scaled_tanh), RBF(glyph_codes())]
    return keras.Sequential([keras.Input((32, 32, 1)), *layers], name="distances")


def recipe(**others):
    """Return the recipe of one rung."""
    options = {"epochs": 2, "batch_size": 10, "images": 300, "method": "article"}
    return recipes.Recipe(**{"network": "tests.studies.small_study.dense"} | options | others)


def run_any(job, *args, **options):
    """As `run_fresh`, with the program of the study."""
    program = {"program": "tests.studies.fake_run"} if job.study == "fake" else {}
    return run_fresh(job, *args, **options, **program)


def small(data="MNIST"):
    """Return the study "small"; data: str, the name of those that are here."""
    counting = {"validation_split": 0, "measures_loss": True}
    rungs = {"chosen": recipe(data=data), "final": recipe(data=data, **counting)}
    return recipes.Study("for tests", rungs, opens_test_set=True)


FAKE = replace(
    small(),
    rungs={
        "chosen": recipe(options={"sleep": 0.3}),
        "final": recipe(options={"sleep": 0.3}, validation_split=0),
    },
)

if __name__ == "__main__":
    recipes.STUDIES |= {"small": small(), "fake": FAKE}
    runner.run_fresh = run_any
    sys.exit(main(["study", *sys.argv[1:]]))
