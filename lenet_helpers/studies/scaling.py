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
    "Adam" or "SGD"; rate, float, its learning rate; seed; training_error, float, of the training
    images in %; accuracy, float, of the validation images in %.
    """
    runs = read_runs(path)
    pixels, by = (runs["rung"].str.split("-").str[part] for part in (0, 1))
    tried = runs[(runs["seed"] == 0) & (by != "Adam")]
    best = tried.loc[tried.groupby(pixels)["val_errors"].idxmin(), "rung"]
    named = runs.assign(
        pixels=pixels.map(NAMES),
        optimizer=by.str.extract("([A-Za-z]+)", expand=False),
        rate=by.str.extract("([0-9.]+)", expand=False).astype(float).fillna(ADAM_RATE),
        training_error=(100 * runs["train_errors"] / runs["train_images"]).astype(float),
        accuracy=(100 * (1 - runs["val_errors"] / (60_000 - runs["train_images"]))).astype(float),
    )
    kept = (by == "Adam") | runs["rung"].isin(best)
    columns = ["pixels", "optimizer", "rate", "seed", "training_error", "accuracy"]
    return named.loc[kept, columns]
