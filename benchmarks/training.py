"""Time the article's training in several ways: `python benchmarks/training.py`.

Each variant (see variants/) trains LeNet-5 by the same recipe on the full MNIST, validation and
logging on, in fresh processes that take turns, round by round: what else the machine does
hits all of them. Ratios are taken within a round. PyTorch and JAX take part where they are
installed: `--peers-python` names the Python that has them.

Every measurement goes into lenet_helpers/artifacts/speed.csv, one row per epoch:
    round             0, 1, ...
    variant, label    the file in variants/, and what figures call it
    epoch             0 is the one that also compiles
    seconds           training, validation and logging of that epoch
    accuracy, loss, val_accuracy, val_loss    what the epoch's log says
    library, threads  what trained, and on how many threads (of one operation, in TensorFlow)
    peak_mib          peak memory of the process
    processor, cores, python    the machine
"""

import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from measure import CallFailed, arguments, call, machine, whole, write_csv

from lenet_helpers.studies.seeds import SPEED_CSV

# What figures call a variant, and whether it is a peer, which need not be installed.
VARIANTS = {
    "article": ("the article's code", False),
    "keras_tuned": ("Keras fit, tuned (tf.data, XLA)", False),
    "ours": ("train(), as in this chapter", False),
    "bare_tensorflow": ("TensorFlow without Keras, our layer", False),
    "torch_eager": ("PyTorch, eager, 1 thread", True),
    "torch_compiled": ("PyTorch, torch.compile, 1 thread", True),
    "jax_scan": ("JAX, lax.scan", True),
    "jax_regrouped": ("JAX, lax.scan, our shared windows", True),
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
            for variant in list(args.variants):
                try:
                    runs.append(_run(variant, data, args).assign(round=number))
                except CallFailed as failure:
                    if not VARIANTS[variant][1]:
                        raise
                    print(f"{variant}: left out: {failure}")
                    args.variants.remove(variant)
    if not runs:
        sys.exit("No variant was measured.")
    runs = pd.concat(runs).set_index(["round", "variant", "label"]).reset_index()
    write_csv(runs, args.output)
    print(f"\n{summary(runs).to_string()}\n\nEvery measurement: {args.output}")


def summary(runs):
    """One row per variant: DataFrame.

    runs: DataFrame as in speed.csv, with at least two epochs a run.
    Columns: seconds an epoch after the first, median and range; how many times as long the
    article's code takes, and how many times as long as ours it takes: median and range of the
    ratios within rounds; what the first epoch takes longer; 20 epochs; peak memory.
    """
    first = runs[runs["epoch"] == 0].groupby("variant", sort=False)
    steady = runs[runs["epoch"] > 0]
    seconds = steady.groupby("variant", sort=False)["seconds"]
    per_round = steady.groupby(["round", "variant"])["seconds"].median().unstack()
    table = pd.DataFrame({"s/epoch": seconds.apply(_with_range)})
    if "article" in per_round:
        table["article/it"] = (1 / per_round).mul(per_round["article"], axis=0).apply(_with_range)
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
    job = (variant, data, args.images, args.epochs, {})
    label, is_peer = VARIANTS[variant]
    python = args.peers_python if is_peer else sys.executable
    epochs, peak = call("measure:run_variant", *job, python=python)
    run = pd.DataFrame(epochs).assign(variant=variant, label=label, peak_mib=peak)
    print(f"{variant}: {', '.join(f'{s:.2f}' for s in run['seconds'])} s", flush=True)
    return run


def _arguments():
    parser = arguments(__doc__, "variants", VARIANTS, SPEED_CSV)
    parser.add_argument("--epochs", type=whole(2), default=3, help="of each run, default 3")
    parser.add_argument(
        "--peers-python", default=sys.executable, help="the Python that has PyTorch or JAX"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
