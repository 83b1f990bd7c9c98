"""Training's bar in a real kernel: seen while it trains, and gone afterwards."""

import nbformat
import pytest
from nbclient import NotebookClient

TRAINING = """
from lenet_helpers.training.progress import TrainingProgress
bar = TrainingProgress()
bar.set_params({"steps": 40, "epochs": 3})
bar.on_train_begin()
for epoch in range(2):
    bar.on_epoch_begin(epoch)
    for batch in (9, 19):
        bar.on_train_batch_end(batch, {"loss": 0.25})
"""


@pytest.fixture(scope="module")
def outputs():
    """Return what two cells show: training stopped half-way, and training that ended."""
    ended = TRAINING.replace("bar", "other") + "other.on_train_end()"
    cells = [TRAINING, ended]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    NotebookClient(notebook, kernel_name="python3").execute()
    assert "widgets" not in notebook.metadata
    return [cell.outputs for cell in notebook.cells]


def test_the_bar_says_how_far_it_is(outputs):
    [output] = outputs[0]
    assert list(output.data) == ["text/plain"]
    shown = output.data["text/plain"]
    for part in ("epoch 2 of 3", "20/40", "loss=0.2500"):
        assert part in shown


def test_nothing_is_left_when_training_ends(outputs):
    [output] = outputs[1]
    assert output.data == {"text/plain": ""}
