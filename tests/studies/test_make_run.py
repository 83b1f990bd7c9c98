"""A run's row, curve and weights, of real training in a process of its own."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from lenet_helpers.checkpoints import CheckpointError
from lenet_helpers.data import load_mnist
from lenet_helpers.preprocessing import split_writers
from lenet_helpers.studies import make_run, recipes
from lenet_helpers.studies.fresh_run import Failure, Job, run_fresh
from lenet_helpers.studies.recipes import Study
from lenet_helpers.studies.table import read_epochs, read_runs
from tests.studies import small_study

pytestmark = pytest.mark.usefixtures("small")


def test_a_row_holds_all_that_repeats_the_run(trained):
    runs = read_runs(trained).set_index(["rung", "seed"])
    assert list(runs.index) == [("chosen", 0), ("final", 0)]
    run = runs.loc[("chosen", 0)]
    recipe, opens_test_set = recipes.read_settings(run["settings"])
    assert (recipe, opens_test_set) == (small_study.SMALL.rungs["chosen"], True)
    assert (run["parameters"], run["fixed_parameters"], run["threads"]) == (7850, 0, 1)
    assert (run["epochs"], run["train_images"]) == (2, 270)
    assert 0 < run["train_errors"] < 270
    assert 0 < run["val_errors"] < 30
    assert runs.loc[("final", 0), "train_images"] == 300
    assert runs["val_errors"].isna().tolist() == [False, True]
    assert runs["test_errors"].nunique() == 2
    for name in ("seconds", "processor", "cores", "tensorflow", "python", "finished"):
        assert runs[name].notna().all()


def test_the_curve_of_a_run_ends_where_its_row_says(trained):
    epochs = read_epochs(trained)
    assert epochs.groupby("rung")["epoch"].apply(list).tolist() == [[1, 2]] * 2
    last = epochs[epochs["epoch"] == 2].set_index("rung")
    rows = read_runs(trained).set_index("rung")
    assert round(30 * (1 - last.loc["chosen", "val_accuracy"])) == rows.loc["chosen", "val_errors"]
    for part, images in (("train", 300), ("test", len(load_mnist().y_test))):
        errors = images * (1 - last.loc["final", f"{part}_accuracy"])
        assert round(errors) == rows.loc["final", f"{part}_errors"]
        assert last.loc["final", f"{part}_loss"] > 0
    assert last.loc["chosen", "test_loss"] != last.loc["chosen", "test_loss"]  # not asked for


def test_the_weights_of_a_run_make_its_errors(trained):
    from lenet_helpers.studies.methods import answers, load_run

    digits, runs = load_mnist(), read_runs(trained)
    for run in runs.itertuples():
        model, recipe = load_run(runs, run.rung, run.seed, trained.with_suffix(""))
        assert (answers(model, recipe, digits.x_test) != digits.y_test).sum() == run.test_errors


def test_weights_of_another_run_are_refused(trained, tmp_path):
    from lenet_helpers.studies.methods import load_run

    runs = read_runs(trained)
    shutil.copy(trained.with_suffix("") / "final-0.npz", tmp_path / "chosen-0.npz")
    cases = [
        ("chosen", 0, "of another run than the table's"),
        ("final", 0, "final-0.npz is missing .*study run small --rungs final --seeds 1 --weights"),
        ("final", 2, "The table has 0 runs of final with seed 2"),
    ]
    for rung, seed, reason in cases:
        with pytest.raises(CheckpointError, match=reason):
            load_run(runs, rung, seed, tmp_path)


def outcome(job_version=recipes.VERSION, **changes):
    study = Study("for tests", {"rung": small_study.recipe(**changes)})
    return run_fresh(Job("small", "rung", 0, study.settings("rung"), job_version))


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"data": "another MNIST"}, "ValueError: The recipe is for another MNIST, and here is "),
        ({"images": 70_000}, "ValueError: The recipe takes 70,000 training images, but MNIST"),
        ({"job_version": 0}, "has version 1 of the recipes, not 0"),
    ],
)
def test_a_run_that_would_not_be_the_recipes_fails(changes, reason):
    end = outcome(**changes)
    assert isinstance(end, Failure)
    assert reason in end.reason
    assert "Traceback" in end.log


def test_the_images_that_validate_can_be_of_writers_not_seen_in_training(monkeypatch):
    writers = np.random.default_rng(0).permutation(60_000) // 100
    known = [SimpleNamespace(train_writer=writers), None]
    monkeypatch.setattr(make_run, "load_writers", lambda digits: known.pop(0))
    digits, recipe = load_mnist(), small_study.recipe(validation="writers")
    images, labels = make_run.training_images(digits, recipe)
    training, validation = split_writers(writers[:300])
    np.testing.assert_array_equal(images[:270], digits.x_train[training])
    np.testing.assert_array_equal(images[270:], digits.x_train[validation])
    np.testing.assert_array_equal(labels, digits.y_train[np.r_[training, validation]])
    with pytest.raises(ValueError, match="Who wrote each image must be known"):
        make_run.training_images(digits, recipe)
