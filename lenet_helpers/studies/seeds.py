"""The article's recipe over seeds and machines' settings: what its noise is.

`python -m lenet_helpers seeds` runs it. The runs are committed as `artifacts/seeds.csv`; how far
they lie apart becomes the tolerance of every number that comes out of training.
"""

import concurrent.futures
import math
import multiprocessing
import os
import tempfile
from pathlib import Path

import pandas as pd

from lenet_helpers.checkpoints import FOLDER, load_checkpoint, save_checkpoint
from lenet_helpers.studies.table import read_runs

SEEDS_CSV = FOLDER / "seeds.csv"
SPEED_CSV = FOLDER / "speed.csv"
TOLERANCES_CSV = FOLDER / "tolerances.csv"
LADDER_CSV, LIVE_RUNG = FOLDER / "ladder.csv", "one-cycle"
CHECKPOINT = "article_lenet5"
MADE_BY = "chapter 04's recipe, by `python -m lenet_helpers seeds`"
# How one machine may differ from another. AVX2 stands for a processor without AVX-512.
SETTINGS = [
    {"threads": 1, "onednn": False, "instructions": "native"},
    {"threads": 2, "onednn": False, "instructions": "native"},
    {"threads": 1, "onednn": True, "instructions": "native"},
    {"threads": 1, "onednn": False, "instructions": "AVX2"},
]


def run_seeds(seeds, workers=2, report=print):
    """Train the recipe for each seed under each of SETTINGS, and write what came out.

    seeds:   iterable of int; seed 0 under the first setting becomes the checkpoint.
    workers: int, runs at a time, each in a process of its own.
    Writes artifacts/seeds.csv, tolerances.csv and the checkpoint; returns the runs, a DataFrame.
    Raises MnistError if the full MNIST is not to be had.
    """
    from lenet_helpers.data import load_mnist

    load_mnist(offline_sample=False)
    jobs = [(seed, setting) for seed in seeds for setting in SETTINGS]
    with tempfile.TemporaryDirectory() as folder, _fresh_processes(workers) as pool:
        waiting = [pool.submit(_run, seed, setting, folder) for seed, setting in jobs]
        for number, done in enumerate(concurrent.futures.as_completed(waiting), 1):
            report(f"run {number} of {len(jobs)}: {done.result()}")
        runs = pd.DataFrame([run.result() for run in waiting])
        _keep_checkpoint(Path(folder))
    runs.to_csv(SEEDS_CSV, index=False, float_format="%.6f", lineterminator="\n")
    write_tolerances()
    return runs


def seed_runs():
    """The committed runs: DataFrame, one row per seed and setting, accuracies in [0, 1]."""
    return pd.read_csv(SEEDS_CSV)


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


def live_tolerance(ladder):
    """The same, of the rung that chapter 08 trains: how far its test errors lie apart over seeds.

    ladder: DataFrame, the runs of the study "ladder".
    Raises ValueError if the rung has fewer than two runs, or all have as many errors.
    """
    errors = ladder.loc[ladder["rung"] == LIVE_RUNG, "test_errors"].astype(float) / 100
    if len(errors) < 2:
        raise ValueError(f"A tolerance needs two runs of {LIVE_RUNG}, not {len(errors)}.")
    row = {"tolerance": _rounded_up(errors.max() - errors.min()), "runs": len(errors)}
    return pd.DataFrame(row, pd.Index(["one_cycle_error_percent"], name="quantity"))


def all_tolerances():
    """Every tolerance, from the committed runs: DataFrame, index quantity."""
    return pd.concat([tolerances(seed_runs()), live_tolerance(read_runs(LADDER_CSV))])


def write_tolerances():
    """Rewrite artifacts/tolerances.csv from the committed runs."""
    all_tolerances().to_csv(TOLERANCES_CSV, lineterminator="\n")


def _rounded_up(value, digits=2):
    """0.00412 becomes 0.0042: a tolerance that one can read is never smaller than measured."""
    if value <= 0:
        raise ValueError("All runs gave the same: too few runs to measure a tolerance.")
    unit = 10.0 ** (math.floor(math.log10(value)) - digits + 1)
    return round(math.ceil(round(value / unit, 6)) * unit, 12)


def reference_runs(runs):
    """The runs under the first setting, one per seed."""
    reference = SETTINGS[0]
    return runs[(runs[list(reference)] == pd.Series(reference)).all(axis=1)].reset_index(drop=True)


def _fresh_processes(workers):
    """Threads, oneDNN and instructions are fixed once TensorFlow runs: one process per run."""
    return concurrent.futures.ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    )


def _run(seed, setting, folder):
    os.environ["LENET_PROGRESS"] = "0"
    from lenet_helpers.data import load_mnist
    from lenet_helpers.runtime import reproducible

    instructions = None if setting["instructions"] == "native" else setting["instructions"]
    reproducible(seed, setting["threads"], setting["onednn"], instructions)
    from lenet_helpers.models import article_lenet5, compile_article
    from lenet_helpers.preprocessing import split_validation
    from lenet_helpers.training import evaluate, train

    digits = load_mnist()
    model = compile_article(article_lenet5())
    history = train(model, digits.x_train, digits.y_train, seed=seed)
    training, _ = split_validation(len(digits.x_train))
    again = evaluate(model, digits.x_train[training], digits.y_train[training])
    test = evaluate(model, digits.x_test, digits.y_test)
    if seed == 0 and setting == SETTINGS[0]:
        save_checkpoint(model, CHECKPOINT, MADE_BY, folder)
    final = {name: values[-1] for name, values in history.history.items()}
    return {
        "seed": seed,
        **setting,
        "running_accuracy": final["accuracy"],
        "running_loss": final["loss"],
        "train_accuracy": again["accuracy"],
        "train_loss": again["loss"],
        "val_accuracy": final["val_accuracy"],
        "val_loss": final["val_loss"],
        "test_accuracy": test["accuracy"],
        "test_loss": test["loss"],
    }


def _keep_checkpoint(folder):
    if (folder / f"{CHECKPOINT}.npz").is_file():
        save_checkpoint(load_checkpoint(CHECKPOINT, folder), CHECKPOINT, MADE_BY)
