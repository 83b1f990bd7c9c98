"""What the process of one run does: `python -m lenet_helpers.studies.make_run`.

`fresh_run` starts it. It reads a Job, and the folder of unfinished runs or null, from stdin, a line
of JSON; trains; and writes the Run to stdout, pickled.
"""

import hashlib
import json
import math
import os
import pickle
import platform
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from lenet_helpers.data import load_mnist, load_writers
from lenet_helpers.preprocessing import split_validation, split_writers
from lenet_helpers.runtime import reproducible
from lenet_helpers.studies import recipes
from lenet_helpers.studies.fresh_run import Job, Run

# TensorFlow, and what needs it, is imported after reproducible() has set it up.


def main():
    """Read a Job, make the Run, write it."""
    # Ctrl-C reaches every process of a terminal, and training would take it for an early end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get in between
    job, unfinished = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    run = _run(Job(*job), unfinished)
    with answers:
        pickle.dump(run, answers)


def _end_with_parent():
    os.read(0, 1)
    os._exit(1)


def _run(job, unfinished):
    if job.version != recipes.VERSION:
        raise ValueError(
            f"{platform.node()} has version {recipes.VERSION} of the recipes, not {job.version}: "
            "install the same helpers on every machine."
        )
    recipe, opens_test_set = recipes.read_settings(job.settings)
    digits = load_mnist()
    recipe.check(digits)
    parts = _parts(digits, recipe, opens_test_set)
    instructions = None if recipe.instructions == "native" else recipe.instructions
    reproducible(job.seed, recipe.threads, recipe.onednn, instructions)

    from lenet_helpers.checkpoints import pack_weights
    from lenet_helpers.studies.methods import build

    model = build(recipe)
    state = _state(job, unfinished)
    history, seconds = _train(model, digits, recipe, job.seed, state)
    row = _row(job, model, recipe, parts, seconds) | _machine()
    run = Run(row, _curve(model, history, recipe, parts), pack_weights(model))
    if state:
        state.drop()
    return run


def taken_run(job, record, weights, digits):
    """The Run of a network that `side_by_side` trained, its errors counted by Keras.

    record: dict, what stands in its RUNG-SEED.json; weights: bytes, its RUNG-SEED.npz. What batch
            normalisation subtracts and divides by is counted here, as after any other training.
    Raises ValueError if it was trained by another recipe than the Job's.
    """
    if (record["settings"], record["version"]) != (job.settings, job.version):
        raise ValueError(f"{job.rung}, seed {job.seed}, was trained by another recipe.")
    recipe, opens_test_set = recipes.read_settings(job.settings)
    recipe.check(digits)
    parts = _parts(digits, recipe, opens_test_set)

    from lenet_helpers.checkpoints import pack_weights, unpack_weights
    from lenet_helpers.studies.methods import build, recount_statistics

    model = build(recipe)
    unpack_weights(model, weights)
    preprocess = recipes.find(recipe.preprocess, "preprocessing")
    recount_statistics(model, parts["train_errors"][0], preprocess)
    row = _row(job, model, recipe, parts, record["seconds"]) | _machine()
    row |= {"processor": record["processor"], "cores": None, "tensorflow": record["made_by"]}
    return Run(row, record["curve"], pack_weights(model))


def _row(job, model, recipe, parts, seconds):
    """What a table holds of a run, but for the machine."""
    errors = _errors(model, recipe, parts)
    return {
        **job._asdict(),
        "parameters": sum(math.prod(w.shape) for w in model.trainable_weights),
        "fixed_parameters": sum(math.prod(w.shape) for w in model.non_trainable_weights),
        "epochs": recipe.epochs,
        "train_images": len(parts["train_errors"][0]),
        **{name: errors.get(name) for name in ("train_errors", "val_errors", "test_errors")},
        "seconds": round(seconds, 2),
        "threads": recipe.threads,
    }


def _parts(digits, recipe, opens_test_set):
    """What errors are counted on: dict of (images, labels) by column of the table."""
    images, labels = training_images(digits, recipe)
    parts = {"train_errors": (images, labels)}
    if recipe.validation_split:
        training, validation = split_validation(len(images), recipe.validation_split)
        parts = {
            "train_errors": (images[training], labels[training]),
            "val_errors": (images[validation], labels[validation]),
        }
    if opens_test_set:
        parts["test_errors"] = digits.x_test, digits.y_test
    return parts


def training_images(digits, recipe):
    """The training images and labels of a recipe, those that validate at the end."""
    places = training_places(digits, recipe)
    return digits.x_train[places], digits.y_train[places]


def training_places(digits, recipe):
    """The rows of a recipe's training images, (N,) int, those that validate at the end.

    Raises ValueError if it must be known who wrote them, and is not.
    """
    if recipe.validation == "writers":
        writers = _writers(digits)[: recipe.images]
        return np.concatenate(split_writers(writers, recipe.validation_split))
    return np.arange(recipe.images)


def _writers(digits):
    writers = load_writers(digits)
    if writers is None:
        raise ValueError("Who wrote each image must be known for this recipe's validation.")
    return writers.train_writer


def _state(job, unfinished):
    if unfinished is None:
        return None
    from lenet_helpers.training.state import TrainingState

    purpose = json.dumps([*job, version("tensorflow")])
    name = f"{job.rung}-{job.seed}-{hashlib.sha256(purpose.encode()).hexdigest()[:8]}.npz"
    return TrainingState(Path(unfinished) / name, purpose)


def _train(model, digits, recipe, seed, state):
    method = recipes.find(recipe.method, "methods")
    begin = time.perf_counter()
    history = method(model, *training_images(digits, recipe), recipe, seed, state=state)
    seconds = state.seconds if state else time.perf_counter() - begin
    if len(history.epoch) != recipe.epochs:
        raise ValueError(f"Training ended after {len(history.epoch)} of {recipe.epochs} epochs.")
    return history, seconds


def _errors(model, recipe, parts):
    from lenet_helpers.studies.methods import answers

    return {
        name: int((answers(model, recipe, images) != labels).sum())
        for name, (images, labels) in parts.items()
    }


def _curve(model, history, recipe, parts):
    """One row per epoch: its logs, and the last one's losses where the recipe asks."""
    names = history.history
    rows = [
        {"epoch": epoch + 1} | {name: names[name][place] for name in names}
        for place, epoch in enumerate(history.epoch)
    ]
    if recipe.measures_loss:
        rows[-1] |= _losses(model, recipe, parts)
    return rows


def _losses(model, recipe, parts):
    from lenet_helpers.training import evaluate

    preprocess = recipes.find(recipe.preprocess, "preprocessing")
    return {
        f"{part}_{name}": value
        for part in ("train", "test")
        if f"{part}_errors" in parts
        for name, value in evaluate(model, *parts[f"{part}_errors"], preprocess).items()
    }


def _machine():
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "tensorflow": version("tensorflow"),
        "python": platform.python_version(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor():
    """The processor's name, and the GPU's where there is one."""
    import tensorflow as tf

    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")][:1]
    names = names or [platform.processor() or platform.machine()]
    for gpu in tf.config.get_visible_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        names.append(details.get("device_name", "GPU"))
    return ", ".join(names)


if __name__ == "__main__":
    main()
