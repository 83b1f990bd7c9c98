"""Runs that were trained side by side, brought into a table; and, where JAX is, their network."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lenet_helpers.checkpoints import pack_weights
from lenet_helpers.commands import ToolError
from lenet_helpers.data import load_mnist
from lenet_helpers.preprocessing import to_model_input
from lenet_helpers.studies import recipes, runner
from lenet_helpers.studies.methods import answers, build, one_cycle, recount_statistics
from tests.studies import small_study

OPTIONS = {"maps": [2, 3], "kernel_sizes": [3, 3], "pooled": [1], "repeated": []}


@pytest.fixture
def left(tmp_path, monkeypatch):
    """Return a folder in which a run of study "small" was left, with its network."""
    recipe = small_study.recipe(
        data=load_mnist().name,
        network="deep_network",
        method="one_cycle",
        epochs=1,
        network_options=OPTIONS,
    )
    plan = recipes.Study("for tests", {"first": recipe}, opens_test_set=True)
    monkeypatch.setitem(recipes.STUDIES, "small", plan)
    monkeypatch.setattr(runner, "FOLDER", tmp_path)
    monkeypatch.setattr(runner, "BUILD", tmp_path / "build")
    monkeypatch.setattr(runner, "reproducible", lambda *args, **options: None)
    network = build(recipe)
    record = {"settings": plan.settings("first"), "version": recipes.VERSION, "seconds": 2.0}
    record |= {"processor": "a GPU", "made_by": "JAX 1", "curve": [{"epoch": 1, "loss": 0.5}]}
    folder = tmp_path / "left"
    folder.mkdir()
    (folder / "first-3.json").write_text(json.dumps(record))
    (folder / "first-3.npz").write_bytes(pack_weights(network))
    return folder, network, recipe


def test_errors_are_counted_with_statistics_of_the_training_images(left):
    folder, network, recipe = left
    said = []
    runner.take_runs("small", folder, said.append)
    digits = load_mnist()
    recount_statistics(network, digits.x_train[:270])
    wrong = int((answers(network, recipe, digits.x_test) != digits.y_test).sum())
    row = runner.read_runs(folder.parent / "small.csv").loc[0]
    assert row["test_errors"] == wrong
    assert (row["seed"], row["processor"], row["tensorflow"]) == (3, "a GPU", "JAX 1")
    assert len(said) == 1
    runner.take_runs("small", folder, said.append)
    assert len(said) == 1  # no run is taken twice


def test_another_recipes_run_is_refused_and_nothing_is_written(left, monkeypatch):
    folder, _, recipe = left
    changed = recipes.Study("", {"first": replace(recipe, batch_size=5)}, opens_test_set=True)
    monkeypatch.setitem(recipes.STUDIES, "small", changed)
    with pytest.raises(ToolError, match=r"first-3\.json is no run.*trained by another recipe"):
        runner.take_runs("small", folder)
    assert not (folder.parent / "small.csv").exists()


def test_an_empty_folder_is_named(left, tmp_path):
    with pytest.raises(ToolError, match="No run of small is in"):
        runner.take_runs("small", tmp_path / "build")


@pytest.mark.parametrize("repeated", [[], [2]])
def test_the_network_is_that_of_keras(repeated):
    jax = pytest.importorskip("jax")
    from lenet_helpers.studies import side_by_side

    options = {**OPTIONS, "maps": [3, 3], "repeated": repeated}
    images = np.random.default_rng(0).integers(0, 256, (16, 28, 28), dtype=np.uint8)
    weights = side_by_side.first_weights(options, jax.random.key(0))
    side_by_side.PRECISION = jax.numpy.float32
    logits, statistics = side_by_side.logits_of(options, weights, images / np.float32(255))
    network = build(recipes.Recipe("deep_network", "one_cycle", 1, 1, network_options=options))
    network.set_weights(side_by_side.arrays_of(options, (weights, statistics)))
    expected = network(to_model_input(images), training=False)
    np.testing.assert_allclose(jax.nn.softmax(logits), expected, atol=1e-5)


@pytest.mark.parametrize("changed", [{}, {"repeated": [2]}, {"pooled": [1, 2]}])
def test_updates_are_those_of_keras(changed, monkeypatch):
    jax = pytest.importorskip("jax")
    from lenet_helpers.studies import side_by_side

    monkeypatch.setattr(side_by_side, "PRECISION", jax.numpy.float32)
    network_options = {**OPTIONS, "maps": [3, 3], **changed}
    options = {"learning_rate": 0.01, "weight_decay": 0.1, "averaging": 0.8, "smoothing": 0.1}
    recipe = small_study.recipe(
        network="deep_network", network_options=network_options, method="one_cycle"
    )
    recipe = replace(recipe, epochs=12, batch_size=1000, validation_split=0, options=options)
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (1000, 28, 28), dtype=np.uint8)
    labels = numbers.integers(0, 10, 1000)
    network = build(recipe)
    start = side_by_side.first_weights(network_options, jax.random.key(0))
    statistics = side_by_side.statistics_of(network_options, start, jax.numpy.asarray(images))
    first = side_by_side.arrays_of(network_options, (start, statistics))
    network.set_weights(first)
    history = one_cycle(network, images, labels, recipe, seed=0)
    (weights, statistics), (curve,) = side_by_side.train(recipe, [0], images, labels)
    np.testing.assert_allclose([row["loss"] for row in curve], history.history["loss"], rtol=1e-4)
    recount_statistics(network, images)
    trained = jax.tree.map(lambda array: array[0], (weights, statistics))
    ours = side_by_side.arrays_of(network_options, trained)
    ours, theirs, begun = map(flat, (ours, network.get_weights(), first))
    # Adam divides slopes by their size, so it enlarges rounding where they are near 0.
    assert np.linalg.norm(ours - theirs) < 0.02 * np.linalg.norm(theirs - begun)


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no", "--to", "x"], "invalid choice: 'no'"),
        (["patience", "--rungs", "no", "--to", "x"], "no rung of patience is called 'no'"),
        (["patience", "--seeds", "a", "--to", "x"], "invalid seeds value: 'a'"),
    ],
)
def test_words_that_name_nothing_are_refused(words, says, capsys):
    pytest.importorskip("jax")
    from lenet_helpers.studies import side_by_side

    with pytest.raises(SystemExit):
        side_by_side.main(words)
    assert says in capsys.readouterr().err
