"""A bar that a person can watch while a model trains, and that leaves nothing behind."""

import sys

import keras
from IPython.core.getipython import get_ipython
from IPython.display import display
from tqdm import tqdm

from lenet_helpers.runtime import shows_progress


def progress_callbacks():
    """The bar as a list of Keras callbacks: empty where LENET_PROGRESS=0, as in tests."""
    return [TrainingProgress()] if shows_progress() else []


class TrainingProgress(keras.callbacks.Callback):
    """Updates done of all updates, with the current epoch and its metrics."""

    def on_train_begin(self, logs=None):
        file = _Output() if hasattr(get_ipython(), "kernel") else sys.stderr
        self.bar = tqdm(unit=" updates", leave=False, position=0, file=file)

    def on_epoch_begin(self, epoch, logs=None):
        self.bar.reset(total=self.params["steps"])
        self.bar.set_description(f"epoch {epoch + 1} of {self.params['epochs']}")

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(batch + 1 - self.bar.n)
        self.bar.set_postfix({name: f"{value:.4f}" for name, value in (logs or {}).items()})

    def on_train_end(self, logs=None):
        self.bar.close()


class _Output:
    """A file that shows the line written last in a cell's output.

    It is text and no widget: a saved notebook that names a widget shows an error when it is opened
    without the widget's kernel.
    """

    def __init__(self):
        self.shown = display({"text/plain": ""}, raw=True, display_id=True)

    def write(self, text):
        self.shown.update({"text/plain": text.strip()}, raw=True)

    def flush(self):
        pass
