"""The runs that compare starts, mu and single learning rates of LeNet-5 of 1998, as one table."""

import pandas as pd

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.lenet1998 import RUBBISH
from lenet_helpers.studies.recipes import read_settings, start_of_1998
from lenet_helpers.studies.table import read_epochs, read_runs

# Of a run that several made, the first one's counts; "stability1998" stops after one pass.
STUDIES = ("rates1998", "grid1998", "choices1998", "stability1998")


def runs_of_1998():
    """The runs of STUDIES with eq. 9 on clean images, by the paper's optimizer or by plain SGD.

    Returns a DataFrame, one row per run and pass. Columns: start; mu (float, NaN for SGD); rate
    (float, SGD's in the first pass, else NaN); seed; epochs (int, of the whole run); epoch, from 1;
    error (% of the validation images).
    """
    rows = pd.concat(map(_passes, STUDIES))
    return rows.drop_duplicates(["start", "mu", "rate", "seed", "epoch"], ignore_index=True)


def curves_of_1998(runs, start):
    """The validation errors by pass of each setting that five seeds were trained with from a start.

    runs: as of `runs_of_1998`; start: str.
    Returns a dict, "mu" and "rate" -> dict, setting (float) -> (5 seeds, passes) float, in %.
    """
    whole = runs[(runs["start"] == start) & (runs["epochs"] > 1)]
    curves = {}
    for kind in ("mu", "rate"):
        of_kind = whole.dropna(subset=kind)
        errors = of_kind.pivot(index=[kind, "seed"], columns="epoch", values="error")
        curves[kind] = {value: of.to_numpy() for value, of in errors.groupby(kind) if len(of) == 5}
    return curves


def _passes(study):
    path = FOLDER / f"{study}.csv"
    settings = [_setting(run) for run in read_runs(path).itertuples()]
    settings = pd.DataFrame([setting for setting in settings if setting])
    passes = settings.merge(read_epochs(path), on=["rung", "seed"])
    passes["error"] = 100 * (1 - passes["val_accuracy"])
    return passes[["start", "mu", "rate", "seed", "epochs", "epoch", "error"]]


def _setting(run):
    """What a run was trained with, or None if it is not one that is compared."""
    recipe, _ = read_settings(run.settings)
    options = recipe.options
    is_plain = options["rubbish"] == RUBBISH and "distort" not in options
    if not is_plain or options.get("optimizer", "SGD") != "SGD":
        return None
    return {
        "rung": run.rung,
        "seed": run.seed,
        "start": start_of_1998(recipe),
        "mu": options.get("mu", float("nan")),
        "rate": options.get("learning_rate", float("nan")),
        "epochs": run.epochs,
    }
