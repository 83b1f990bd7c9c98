"""Why `train` takes less time than Keras's `fit`: `python benchmarks/training.py`.

Each variant (see variants/) trains LeNet-5 by the article's recipe on the full MNIST, validation
and logging on, in fresh processes that take turns, round by round: what else the machine does
hits all of them. The variants differ in two things, the loop over the batches and the layers that
convolve and pool. Ratios are taken within a round.

Every measurement goes into lenet_helpers/artifacts/speed.csv, one row per epoch:
    round             0, 1, ...
    variant           a key of VARIANTS
    loop, layers      what Chapter 4 calls its loop and its layers
    epoch             0 is the one that also compiles
    seconds           training, validation and logging of that epoch
    accuracy, loss, val_accuracy, val_loss    what the epoch's log says
    library, threads  what trained, and on how many threads of one operation
    peak_mib          peak memory of the process
    processor, cores, python    the machine
"""

import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from measure import arguments, call, machine, whole, write_csv

from lenet_helpers.studies.seeds import SPEED_CSV

PLAIN, FUSED = "Conv2D and AveragePooling2D", "fused layers"
FIT, TUNED = "fit", "fit, XLA, 540 updates a call"
OWN, OWN_XLA = "compiled loop", "compiled loop, XLA"
# The loop and the layers of a variant, the module in variants/, and the options of its `train`.
VARIANTS = {
    "fit": (FIT, PLAIN, "fit", {}),
    "fit_tuned": (TUNED, PLAIN, "fit", {"compiled": True}),
    "fit_fused": (FIT, FUSED, "fit", {"fused": True}),
    "fit_tuned_fused": (TUNED, FUSED, "fit", {"compiled": True, "fused": True}),
    "loop_plain": (OWN, PLAIN, "ours", {"fused": False, "xla": False}),
    "loop_plain_xla": (OWN_XLA, PLAIN, "ours", {"fused": False}),
    "ours": (OWN_XLA, FUSED, "ours", {}),
}


def main():
    args = _arguments()
    print(", ".join(f"{key} {value}" for key, value in machine().items()), end=", ")
    print(f"tensorflow {version('tensorflow')}, {args.images} training images")
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "mnist.npz")
        call("measure:write_data", data)
        for number in range(args.rounds):
            for variant in args.variants:
                runs.append(_run(variant, data, args).assign(round=number))
    runs = pd.concat(runs).set_index(["round", "variant", "loop", "layers"]).reset_index()
    write_csv(runs, args.output)
    print(f"\n{summary(runs).to_string()}\n\nEvery measurement: {args.output}")


def summary(runs):
    """One row per variant: DataFrame.

    runs: DataFrame as in speed.csv, with at least two epochs a run.
    Columns: seconds an epoch after the first, median and range; how many times as long as ours it
    takes: median and range of the ratios within rounds; what the first epoch takes longer; 20
    epochs; peak memory.
    """
    first = runs[runs["epoch"] == 0].groupby("variant", sort=False)
    steady = runs[runs["epoch"] > 0]
    seconds = steady.groupby("variant", sort=False)["seconds"]
    per_round = steady.groupby(["round", "variant"])["seconds"].median().unstack()
    table = pd.DataFrame({"s/epoch": seconds.apply(_with_range)})
    if "ours" in per_round:
        table["it/ours"] = per_round.div(per_round["ours"], axis=0).apply(_with_range)
    table["first epoch +s"] = (first["seconds"].median() - seconds.median()).round(2)
    table["20 epochs s"] = (first["seconds"].median() + 19 * seconds.median()).round(1)
    table["peak MiB"] = first["peak_mib"].median().round()
    return table


def _with_range(values):
    return f"{values.median():.2f} ({values.min():.2f}-{values.max():.2f})"


def _run(variant, data, args):
    """One run as a DataFrame, one row per epoch."""
    loop, layers, module, options = VARIANTS[variant]
    epochs, peak = call("measure:run_variant", module, data, args.images, args.epochs, options)
    run = pd.DataFrame(epochs).assign(variant=variant, loop=loop, layers=layers, peak_mib=peak)
    print(f"{variant}: {', '.join(f'{s:.2f}' for s in run['seconds'])} s", flush=True)
    return run


def _arguments():
    parser = arguments(__doc__, "variants", VARIANTS, SPEED_CSV)
    parser.add_argument("--epochs", type=whole(2), default=2, help="of each run, default 2")
    return parser.parse_args()


if __name__ == "__main__":
    main()
