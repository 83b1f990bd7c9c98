"""The study "grid1998" as a table: with which start, mu and loss LeNet-5 of 1998 can be trained."""

import pandas as pd

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.recipes import read_settings
from lenet_helpers.studies.table import read_epochs, read_runs


def grid_of_1998():
    """The runs of "grid1998": DataFrame, one row per run.

    Columns start, mu (float), loss ("eq. 8" or "eq. 9"), seed, epochs, error (% of the validation
    images), and "highest rate" of all weights in the first pass.
    """
    path = FOLDER / "grid1998.csv"
    runs, epochs = read_runs(path), read_epochs(path)
    runs = runs.merge(epochs[epochs["epoch"] == 1], on=["rung", "seed"])
    return pd.DataFrame(list(map(_row, runs.itertuples())))


def _row(run):
    recipe, _ = read_settings(run.settings)
    return {
        "start": recipe.network_options["start"],
        "mu": recipe.options["mu"],
        "loss": "eq. 8" if recipe.options["rubbish"] is None else "eq. 9",
        "seed": run.seed,
        "epochs": run.epochs,
        "error": 100 * run.val_errors / (recipe.images * recipe.validation_split),
        "highest rate": run.rate_high,
    }
