"""Training's bar as a notebook shows it: seen while it trains, and gone afterwards."""

from types import SimpleNamespace

import pytest

from lenet_helpers.training import progress


@pytest.fixture
def shown(monkeypatch):
    """Return the outputs of a cell in a kernel, of which the bar replaces its own."""
    outputs = []

    def display(data, raw, display_id):
        outputs.append(data)
        return SimpleNamespace(update=lambda data, raw: outputs.__setitem__(-1, data))

    monkeypatch.setattr(progress, "get_ipython", lambda: SimpleNamespace(kernel=True))
    monkeypatch.setattr(progress, "display", display)
    return outputs


def test_the_bar_says_how_far_it_is_and_is_gone_in_the_end(shown):
    bar = progress.TrainingProgress()
    bar.set_params({"steps": 40, "epochs": 3})
    bar.on_train_begin()
    for epoch in range(2):
        bar.on_epoch_begin(epoch)
        for batch in (9, 19):
            bar.on_train_batch_end(batch, {"loss": 0.25})
    [output] = shown
    assert list(output) == [
        "text/plain"
    ]  # no widget: a saved one shows an error without its kernel
    for part in ("epoch 2 of 3", "20/40", "loss=0.2500"):
        assert part in output["text/plain"]
    bar.on_train_end()
    assert shown == [{"text/plain": ""}]
