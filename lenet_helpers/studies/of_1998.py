"""The test errors of LeNet-5 of 1998, and of the steps from the article's network to it."""

import pandas as pd

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.table import read_runs

# Chapter 7's names for rungs of "lenet1998", and of "ablation" in order; its last step is "paper".
SETTINGS = {
    "paper": "high rates, clean",
    "paper-distorted": "high rates, distorted",
    "narrow-start": "low rates, clean",
    "narrow-start-distorted": "low rates, distorted",
}
STEPS = {
    "article": "article, all images",
    "input": "border and scale",
    "F6": "F6",
    "subsampling": "subsampling",
    "squashing": "scaled tanh",
    "start": "start",
    "table": "connection table",
    "RBF": "codes and loss",
    "one-by-one": "one by one, falling rate",
    "paper": "paper's optimizer, high rates",
}


def errors_of_settings():
    """The study "lenet1998": Series, one of SETTINGS -> list of test errors (%), one per seed."""
    return _by_rung(read_runs(FOLDER / "lenet1998.csv"), SETTINGS).rename_axis("setting")


def errors_of_steps():
    """The study "ablation", and high rates: Series, one of STEPS -> list of test errors (%)."""
    tables = [read_runs(FOLDER / f"{name}.csv") for name in ("ablation", "lenet1998")]
    return _by_rung(pd.concat(tables), STEPS).rename_axis("step")


def _by_rung(runs, names):
    errors = (runs["test_errors"].astype(float) / 100).groupby(runs["rung"]).agg(list)
    return errors.loc[list(names)].rename(names)
