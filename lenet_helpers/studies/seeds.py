"""The article's recipe over seeds and machines' settings: what its noise is.

`python -m lenet_helpers study run seeds` trains it. What its runs come to is committed as
`artifacts/seeds.csv`; how far they lie apart becomes the tolerance of every number that comes out
of training.
"""

import math

import pandas as pd

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.commands import blaming
from lenet_helpers.files import locked, replaced
from lenet_helpers.studies.recipes import STUDIES, read_settings
from lenet_helpers.studies.table import read_epochs, read_runs

SEEDS_CSV = FOLDER / "seeds.csv"
SPEED_CSV = FOLDER / "speed.csv"
TOLERANCES_CSV = FOLDER / "tolerances.csv"
LADDER_CSV = FOLDER / "ladder.csv"
# How one machine may differ from another.
SETTINGS = [
    {name: getattr(recipe, name) for name in ("threads", "onednn", "instructions")}
    for recipe in STUDIES["seeds"].rungs.values()
]
# The columns of seeds.csv, and what they are called in a run's last epoch.
MEASURED = {
    "running_accuracy": "accuracy",
    "running_loss": "loss",
    **{name: name for name in ("train_accuracy", "train_loss", "val_accuracy", "val_loss")},
    "test_accuracy": "test_accuracy",
    "test_loss": "test_loss",
}


def write_seeds(path):
    """Bring the runs of the study "seeds" into artifacts/seeds.csv, beside others' or over them.

    path: of the study's table.
    """
    last = read_epochs(path).groupby(["rung", "seed"]).last()[list(MEASURED.values())]
    last.columns = list(MEASURED)
    rows = [
        {"seed": run.seed, **_machine(run.settings), **last.loc[(run.rung, run.seed)]}
        for run in read_runs(path).itertuples()
    ]
    key = ["seed", *SETTINGS[0]]
    with locked(FOLDER):
        runs = pd.concat([seed_runs(), pd.DataFrame(rows)]).drop_duplicates(key, keep="last")
        place = [SETTINGS.index(setting) for setting in runs[key[1:]].to_dict("records")]
        runs = runs.assign(place=place).sort_values(["seed", "place"]).drop(columns="place")
        _write(SEEDS_CSV, runs, index=False, float_format="%.6f")


def _machine(settings):
    recipe, _ = read_settings(settings)
    return {name: getattr(recipe, name) for name in SETTINGS[0]}


def seed_runs():
    """The committed runs: DataFrame, one row per seed and setting, accuracies in [0, 1].

    Raises ToolError if the file is damaged.
    """
    with blaming(SEEDS_CSV):
        runs = pd.read_csv(SEEDS_CSV)
        runs[["seed", *SETTINGS[0], *MEASURED]].astype(dict.fromkeys(MEASURED, float))
    return runs


def recipe_epochs():
    """The committed runs of the article's recipe by `train`: DataFrame, a row per seed and epoch.

    Columns: seed, epoch from 1, and what the epoch's log says, accuracies in [0, 1]. They are the
    first rung of the study "ladder".
    """
    epochs = read_epochs(LADDER_CSV).query("rung == 'article'")
    return epochs.drop(columns=["study", "rung"]).reset_index(drop=True)


def speed_runs():
    """The committed timings of `benchmarks/training.py`: DataFrame, one row per measurement."""
    return pd.read_csv(SPEED_CSV)


def tolerances(runs):
    """The range of each trained quantity over all runs: DataFrame, index quantity.

    Two runs of chapter 04 on different machines differ as two of these runs do: rounding differs
    by 1e-7, and training amplifies that until the runs are as far apart as two seeds.
    Rounded up to two digits; accuracies also in percent.
    """
    quantities = runs.drop(columns=["seed", *SETTINGS[0]])
    percent = 100 * quantities.filter(like="accuracy").add_suffix("_percent")
    spread = quantities.join(percent).agg(lambda values: values.max() - values.min())
    table = pd.DataFrame({"tolerance": spread.map(_rounded_up), "runs": len(runs)})
    return table.rename_axis("quantity")


def write_tolerances():
    """Rewrite artifacts/tolerances.csv from the committed runs."""
    _write(TOLERANCES_CSV, tolerances(seed_runs()))


def _write(path, table, **options):
    with replaced(path) as file:
        file.write(table.to_csv(lineterminator="\n", **options).encode())


def _rounded_up(value):
    """0.00412 becomes 0.0042: a tolerance that one can read is never smaller than measured."""
    if value <= 0:
        raise ValueError("All runs gave the same: too few runs to measure a tolerance.")
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)  # of its second digit
    return round(math.ceil(round(value / unit, 6)) * unit, 12)
