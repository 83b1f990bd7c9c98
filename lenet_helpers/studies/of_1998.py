"""The errors of LeNet-5 of 1998, with other losses, too, and of the steps that lead to it."""

import numpy as np
import pandas as pd
from scipy.stats import ttest_1samp

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.recipes import read_settings, start_of_1998
from lenet_helpers.studies.table import read_epochs, read_runs

# Chapter 7's names for rungs of "lenet1998", and of "ablation" in order; its last step is "paper".
SETTINGS = {
    "paper": "high rates, clean",
    "narrow-start": "low rates, clean",
    "wide-start-mu0.5": "control, clean",
    "paper-distorted": "high rates, distorted",
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

# Chapter 7's settings by their start and mu.
RATES = {
    ("1/sqrt(F)", 0.1): "high rates",
    ("2.4/F", 0.5): "low rates",
    ("1/sqrt(F)", 0.5): "control",
}


def errors_of_settings():
    """The study "lenet1998": Series, one of SETTINGS -> list of test errors (%), one per seed."""
    return _by_rung(read_runs(FOLDER / "lenet1998.csv"), SETTINGS).rename_axis("setting")


def errors_of_steps():
    """The study "ablation", and high rates: Series, one of STEPS -> list of test errors (%)."""
    tables = [read_runs(FOLDER / f"{name}.csv") for name in ("ablation", "lenet1998")]
    return _by_rung(pd.concat(tables), STEPS).rename_axis("step")


def training_errors():
    """The study "lenet1998": DataFrame, columns setting (one of SETTINGS), seed, pass, error (%).

    The error on training images is measured during the pass, each image before its update.
    """
    passes = read_epochs(FOLDER / "lenet1998.csv")
    passes["error"] = 100 * (1 - passes["accuracy"])
    passes["setting"] = passes["rung"].map(SETTINGS)
    return passes.rename(columns={"epoch": "pass"})[["setting", "seed", "pass", "error"]]


def mistakes_by_loss():
    """Mistakes on 6,000 validation images after 8 passes, with eq. 8 and with other j.

    Returns a DataFrame of str, "68, 57" for two seeds and "" for no run; index: RATES' settings.
    The studies "grid1998" (eq. 8, and j = 10) and "choices1998" (other j).
    """
    counts = {}
    for study, rungs in (("grid1998", "eq"), ("choices1998", r"^j\d")):
        runs = read_runs(FOLDER / f"{study}.csv")
        for run in runs[runs["rung"].str.contains(rungs)].sort_values("seed").itertuples():
            recipe, _ = read_settings(run.settings)
            j, start = recipe.options["rubbish"], start_of_1998(recipe)
            if setting := RATES.get((start, recipe.options["mu"])):
                counts.setdefault((setting, j or 0), []).append(str(run.val_errors))
    table = pd.Series(counts).map(", ".join).unstack(fill_value="").sort_index(axis=1)
    names = {j: f"j = {j:g}" if j else "eq. 8" for j in table}
    return table.loc[list(RATES.values())].rename(columns=names)


def means_with_intervals(errors):
    """Means of seeds: DataFrame, indexed as errors, columns mean, low, high.

    errors: Series of lists. From low to high is the mean's 95 % t-interval.
    """
    ends = [ttest_1samp(of_seeds, 0).confidence_interval() for of_seeds in errors]
    return pd.DataFrame(ends, errors.index, ["low", "high"]).assign(mean=errors.map(np.mean))


def _by_rung(runs, names):
    errors = (runs["test_errors"].astype(float) / 100).groupby(runs["rung"]).agg(list)
    return errors.loc[list(names)].rename(names)
