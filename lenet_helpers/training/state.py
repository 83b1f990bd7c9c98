"""A training's state in a file, so that an interruption costs minutes and not the whole run."""

import json
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np

from lenet_helpers.files import replaced

SECONDS_APART = 60  # a state is some hundred kB, an epoch of a long run a minute


class TrainingState:
    """Model, optimizer and history after the last epochs; `training.train` keeps and restores it.

    path:    of an npz; replaced whole, so that it holds one state or the other.
    purpose: str, what the state is of; a state of anything else is not gone on from.
    seconds_apart: float, the least time between two savings.
    """

    def __init__(self, path, purpose, seconds_apart=SECONDS_APART):
        self.path, self.purpose, self.seconds_apart = Path(path), purpose, seconds_apart
        self.begin = self.saved = time.monotonic()

    @property
    def seconds(self):
        """float: how long training took so far, before interruptions too."""
        return time.monotonic() - self.begin

    def restore(self, model):
        """Bring a compiled model, its optimizer built, to the state that was kept.

        Returns the logs of the finished epochs, dict of lists as in a Keras History; empty, with
        the model as it was, if there is no such state or the file is damaged.
        """
        try:
            with np.load(self.path, allow_pickle=False) as kept:
                about = json.loads(str(kept["about"]))
                values = [kept[f"{place:03}"] for place in range(len(kept.files) - 1)]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return {}
        variables = variables_of(model)
        if about["purpose"] != self.purpose or [v.shape for v in values] != [
            tuple(v.shape) for v in variables
        ]:
            return {}
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        self.begin = time.monotonic() - about["seconds"]
        return about["logs"]

    def keep(self, model, logs):
        """Save the state if the last saving is long enough ago; logs: of all finished epochs.

        Where it cannot be saved, training goes on, and stderr says why once.
        """
        if time.monotonic() - self.saved < self.seconds_apart:
            return
        about = {"purpose": self.purpose, "seconds": self.seconds, "logs": logs}
        values = {f"{n:03}": np.asarray(v) for n, v in enumerate(variables_of(model))}
        try:
            with replaced(self.path) as file:
                np.savez(file, about=json.dumps(about), **values)
        except OSError as error:
            warnings.warn(f"The state of training is not kept: {error}.", stacklevel=2)
        self.saved = time.monotonic()

    def drop(self):
        """Remove the file, once the run is finished."""
        self.path.unlink(missing_ok=True)


def variables_of(model):
    """All that training changes: the variables of a compiled model and its optimizer, a list."""
    return [*model.weights, *model.optimizer.variables]
