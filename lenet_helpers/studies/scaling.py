"""Pixels that are not scaled, or scaled twice: for the study of what scaling does to training."""

from lenet_helpers.preprocessing import INK, to_model_input
from lenet_helpers.studies.table import read_runs

ADAM_RATE = 0.001  # Keras's default, which the study keeps
NAMES = {"raw": "raw", "once": "scaled once", "twice": "scaled twice"}


def to_raw_input(images):
    """(N, 28, 28) uint8 -> (N, 28, 28, 1) float32 in [0, 255]. Raises as `to_model_input`."""
    return to_model_input(images) * INK


def to_twice_scaled_input(images):
    """(N, 28, 28) uint8 -> (N, 28, 28, 1) float32 in [0, 1 / 255]. Raises as `to_model_input`."""
    return to_model_input(images) / INK


def read_scaling(path):
    """The study's runs; those by SGD only at the rate that misread least with the first seed.

    path: of the CSV of the study "scaling". Raises TableError if it is damaged.
    Returns DataFrame, a row per run: pixels, "raw", "scaled once" or "scaled twice"; optimizer,
    "Adam" or "SGD"; rate, float, its learning rate; seed; training_error and validation_error,
    float, of the training and of the validation images in %.
    """
    runs = _by_setting(path)
    best = read_rates(path).idxmin(axis=1)
    return runs[(runs["optimizer"] == "Adam") | (runs["rate"] == runs["pixels"].map(best))]


def read_rates(path):
    """What SGD misread with the first seed at every learning rate tried.

    path: of the CSV of the study "scaling". Raises TableError if it is damaged.
    Returns DataFrame of float, validation images in %: pixels -> rates, rising.
    """
    runs = _by_setting(path)
    tried = runs[(runs["optimizer"] == "SGD") & (runs["seed"] == 0)]
    return tried.pivot(index="pixels", columns="rate", values="validation_error")


def _by_setting(path):
    """All runs, with the columns of `read_scaling`."""
    runs = read_runs(path)
    pixels, by = (runs["rung"].str.split("-").str[part] for part in (0, 1))
    named = runs.assign(
        pixels=pixels.map(NAMES),
        optimizer=by.str.extract("([A-Za-z]+)", expand=False),
        rate=by.str.extract("([0-9.]+)", expand=False).astype(float).fillna(ADAM_RATE),
        training_error=(100 * runs["train_errors"] / runs["train_images"]).astype(float),
        validation_error=(100 * runs["val_errors"] / (60_000 - runs["train_images"])).astype(float),
    )
    return named[["pixels", "optimizer", "rate", "seed", "training_error", "validation_error"]]
