"""What the benchmarks share: calls in fresh processes, a stopwatch for epochs, arguments.

Every measurement has a process of its own, so that nothing that ran before helps or hinders it.
"""

import argparse
import importlib
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent / "notebooks"
sys.path.append(str(HERE.parent))  # course/ is not installed


class CallFailed(Exception):
    """A measured process failed; the message begins with the last line of its error."""


class Stopwatch:
    """The seconds of each epoch, validation and logging included, and what the epoch's log says."""

    def __init__(self):
        self.epochs = []

    def start(self):
        """Begin the first epoch: data and model are ready, nothing is compiled yet."""
        self._begin = time.perf_counter()

    def epoch(self, log):
        """End an epoch. log: dict with loss, accuracy, val_loss, val_accuracy."""
        log = {name: float(value) for name, value in log.items()}
        print(f"Epoch {len(self.epochs) + 1}:", log)
        now = time.perf_counter()
        self.epochs.append({"epoch": len(self.epochs), "seconds": now - self._begin, **log})
        self._begin = now


def call(function, *args):
    """Call a function of this folder in a fresh process.

    function: str, "module:name"; args: what JSON can carry.
    Returns what the function returned, and the process's peak memory in MiB. Raises CallFailed if
    the process fails.
    """
    command = [sys.executable, __file__, function, json.dumps(args)]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent), "MPLBACKEND": "agg"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise CallFailed(f"{last} ({function}, exit status {done.returncode})")
    return json.loads(done.stdout.splitlines()[-1])


def peak_mib():
    """The most memory that this process has taken, in MiB: float."""
    status = Path("/proc/self/status")
    if status.is_file():  # what getrusage says on Linux is never less than what the parent took
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes


def write_data(path):
    """Write the full MNIST as one uncompressed .npz: every variant reads the same file."""
    from lenet_helpers.data import load_mnist

    digits = load_mnist(offline_sample=False)
    keys = ["x_train", "y_train", "x_test", "y_test"]
    np.savez(path, **{key: getattr(digits, key) for key in keys})


def run_variant(variant, path, images, epochs, options):
    """Train by `variants/VARIANT.py` on the first images of the training set.

    options: dict, keyword arguments of the variant's `train`.
    Returns a list of dict: epoch, seconds, the epoch's log, library and threads.
    """
    with np.load(path) as file:
        arrays = [file[key][:images] for key in ("x_train", "y_train")]
    stopwatch = Stopwatch()
    train = importlib.import_module(f"variants.{variant}").train
    train(*arrays, epochs, stopwatch, **options)
    return [{**epoch, **_library()} for epoch in stopwatch.epochs]


def chapter_cells(chapter):
    """The code of each cell of a chapter, such as "01", without the one that only serves Colab."""
    path = next(NOTEBOOKS.glob(f"{chapter}_*.ipynb"))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [source for source in code if "google.colab" not in source]


def machine():
    """The processor, its cores, and the Python: dict of str and int."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return {"processor": processor, "cores": os.cpu_count(), "python": platform.python_version()}


def write_csv(table, path):
    """Write a DataFrame with the machine in its last columns."""
    table.assign(**machine()).to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


def arguments(description, kind, choices, output, rounds=5, images=60000):
    """The parser of the arguments that benchmarks take.

    kind: what choices are called; rounds and images: their defaults, None if one cannot choose.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def chosen(text):
        if unknown := set(text.split(",")) - set(choices):
            there = ", ".join(choices)
            raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; there are {there}")
        return text.split(",")

    every = list(choices)
    parser.add_argument("--rounds", type=whole(1), default=rounds, help="default %(default)s")
    parser.add_argument(f"--{kind}", type=chosen, default=every, help="such as A,B; default all")
    if images:  # thousands make full batches in all variants
        parser.add_argument(
            "--images", type=whole(1000, 1000), default=images, help="train on fewer"
        )
    parser.add_argument("--output", type=Path, default=output, help="another CSV to write")
    return parser


def whole(least, step=1):
    """The type of an argument that is an integer: `least` or more, a multiple of `step`."""

    def parse(text):
        if int(text) < least or int(text) % step:
            multiple = f" and a multiple of {step}" if step > 1 else ""
            raise argparse.ArgumentTypeError(f"must be at least {least}{multiple}")
        return int(text)

    return parse


def _library():
    tf = sys.modules["tensorflow"]
    threads = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count()
    return {"library": f"TensorFlow {tf.__version__}", "threads": threads}


if __name__ == "__main__":
    module, name = sys.argv[1].split(":")
    result = getattr(importlib.import_module(module), name)(*json.loads(sys.argv[2]))
    print(f"\n{json.dumps([result, peak_mib()])}")
