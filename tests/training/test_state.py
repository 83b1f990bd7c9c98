"""A training that was interrupted becomes what it would have become without that."""

import keras
import numpy as np
import pytest

from lenet_helpers.studies import teacher
from lenet_helpers.studies.methods import build, one_cycle, paper
from lenet_helpers.studies.recipes import STUDIES, replace
from lenet_helpers.training import loop
from lenet_helpers.training.state import TrainingState

# Two full batches and two convolutions, so that there is little to compile.
TINY = {"images": 256, "epochs": 4}
LONG = STUDIES["patience"].rungs["100-epochs"]
SHALLOW = {"maps": [2, 4], "kernel_sizes": [3, 3], "pooled": [1, 2]}
LONG = replace(LONG, network_options={**LONG.network_options, **SHALLOW}, **TINY)
TAUGHT = {"teacher": {"networks": ["size_983"], "epochs": 3}, "distillation": {}}
RECIPES = {
    "average, statistics and distortions": LONG,
    "a teacher": replace(LONG, options=LONG.options | TAUGHT),
    "second-order optimizer": replace(
        STUDIES["lenet1998"].rungs["paper-distorted"],
        network="tests.studies.small_study.distances",
        network_options={},
        **TINY,
    ),
}


class Killed(Exception):
    """Stands for a process that ends."""


class KillAfter(keras.callbacks.Callback):
    """Ends training, without a word to anybody, as the epoch after so many begins."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epochs:
            raise Killed


@pytest.fixture(autouse=True)
def _without_xla(monkeypatch):
    """Compile in half the time."""
    monkeypatch.setattr(loop, "is_fast_under_xla", lambda network: False)


@pytest.fixture(scope="module")
def images():
    numbers = np.random.default_rng(0)
    return numbers.integers(0, 256, (256, 28, 28), "uint8"), numbers.integers(0, 10, 256)


def run(recipe, images, state=None, killed_after=None):
    """Train a new network; return its weights and its logs."""
    keras.utils.set_random_seed(3)
    model = build(recipe)
    method = paper if recipe.method == "paper" else one_cycle
    callbacks = [KillAfter(killed_after)] if killed_after else []
    history = method(model, *images, recipe, 3, callbacks, state)
    return model.get_weights(), history.history


def kept(path, purpose="a run"):
    return TrainingState(path, purpose, seconds_apart=0)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_killed_twice_equals_a_run_that_was_not(recipe, images, tmp_path, monkeypatch):
    monkeypatch.setattr(teacher, "CACHE", tmp_path / "whole")
    whole = run(recipe, images)
    monkeypatch.setattr(teacher, "CACHE", tmp_path / "killed")
    for epochs in (1, 3):
        with pytest.raises(Killed):
            run(recipe, images, kept(tmp_path / "state.npz"), killed_after=epochs)
    weights, logs = run(recipe, images, kept(tmp_path / "state.npz"))
    assert logs == whole[1]
    assert all(np.array_equal(a, b) for a, b in zip(weights, whole[0], strict=True))


# --- the file ----------------------------------------------------------------------------------


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


LOGS = {"loss": [0.5]}


@pytest.mark.parametrize("damage", ["other run", "cut short", "no archive", "empty"])
def test_a_state_that_is_not_this_runs_is_not_used(damage, model, tmp_path):
    path = tmp_path / "state.npz"
    kept(path, "another run" if damage == "other run" else "a run").keep(model, LOGS)
    content = path.read_bytes()
    changed = {"cut short": content[: len(content) // 2], "no archive": b"[]", "empty": b""}
    path.write_bytes(changed.get(damage, content))
    model.set_weights([weights + 1 for weights in model.get_weights()])
    before = model.get_weights()
    assert kept(path).restore(model) == {}
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


def test_the_time_before_an_interruption_counts(model, tmp_path):
    path = tmp_path / "state.npz"
    first, second = kept(path), kept(path)
    first.begin -= 1000
    first.keep(model, LOGS)
    assert second.restore(model) == LOGS
    assert second.seconds > 1000
    second.drop()
    assert not path.exists()


def test_a_full_disk_leaves_the_last_state(model, tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    kept(path).keep(model, LOGS)
    before = path.read_bytes()

    def full(*args, **arrays):
        args[0].write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(UserWarning, match="No space left"):
        kept(path).keep(model, LOGS)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["state.npz"]
