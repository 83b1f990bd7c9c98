"""Runs of real training: their rows, curves and weights, and what is done with weights later."""

import json
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lenet_helpers import checkpoints
from lenet_helpers.__main__ import main
from lenet_helpers.checkpoints import CheckpointError
from lenet_helpers.commands import ToolError
from lenet_helpers.data import load_mnist
from lenet_helpers.interpret.corruptions import add_noise
from lenet_helpers.preprocessing import split_writers, to_model_input
from lenet_helpers.studies import make_run, methods, recipes, runner
from lenet_helpers.studies.fresh_run import Job
from lenet_helpers.studies.recipes import STUDIES, Study
from lenet_helpers.studies.runner import (
    keep_run,
    write_misread,
    write_probabilities,
    write_recounted,
    write_robustness,
)
from lenet_helpers.studies.table import (
    epochs_path,
    misread_path,
    read_epochs,
    read_probabilities,
    read_right,
    read_runs,
)
from tests.studies import small_study
from tests.studies.conftest import small as known

pytestmark = pytest.mark.usefixtures("small")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the path of a table of "small": both rungs, seed 0, really trained."""
    path = tmp_path_factory.mktemp("trained") / "runs.csv"
    with pytest.MonkeyPatch.context() as monkeypatch:
        known.__wrapped__(monkeypatch)
        runner.run_study("small", seeds=[0], output=path, report=lambda line: None)
    return path


def test_a_row_holds_all_that_repeats_the_run(trained):
    runs = read_runs(trained).set_index(["rung", "seed"])
    assert list(runs.index) == [("chosen", 0), ("final", 0)]
    run = runs.loc[("chosen", 0)]
    recipe, opens_test_set = recipes.read_settings(run["settings"])
    assert (recipe, opens_test_set) == (STUDIES["small"].rungs["chosen"], True)
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
    digits, runs = load_mnist(), read_runs(trained)
    for run in runs.itertuples():
        model, recipe = methods.load_run(runs, run.rung, run.seed, trained.with_suffix(""))
        assert (
            methods.answers(model, recipe, digits.x_test) != digits.y_test
        ).sum() == run.test_errors


def test_weights_of_another_run_are_refused(trained, tmp_path):
    runs = read_runs(trained)
    shutil.copy(trained.with_suffix("") / "final-0.npz", tmp_path / "chosen-0.npz")
    cases = [
        ("chosen", 0, "of another run than the table's"),
        ("final", 0, "final-0.npz is missing .*study run small --rungs final --seeds 1 --weights"),
        ("final", 2, "The table has 0 runs of final with seed 2"),
    ]
    for rung, seed, reason in cases:
        with pytest.raises(CheckpointError, match=reason):
            methods.load_run(runs, rung, seed, tmp_path)


@pytest.mark.parametrize(
    "version, reason",
    [
        (recipes.VERSION, "The recipe is for another MNIST, and here is "),
        (0, f"has version {recipes.VERSION} of the recipes, not 0"),
    ],
)
def test_a_run_that_would_not_be_the_recipes_fails(version, reason):
    study = Study("for tests", {"rung": small_study.recipe(data="another MNIST")})
    with pytest.raises(ValueError, match=reason):
        make_run._run(Job("small", "rung", 0, study.settings("rung"), version), None)


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


# --- what is done with weights --------------------------------------------------------------------


@pytest.fixture
def clone(trained, tmp_path, monkeypatch):
    """Return a folder with the committed table of "small", whose weights are not there."""
    monkeypatch.setattr(runner, "reproducible", lambda *args, **options: None)
    monkeypatch.setattr(runner, "FOLDER", tmp_path)
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    monkeypatch.setattr(runner, "BUILD", tmp_path / "build")
    shutil.copy(trained, tmp_path / "small.csv")
    shutil.copy(epochs_path(trained), tmp_path / "small_epochs.csv")
    return tmp_path


@pytest.fixture
def weights(trained, clone):
    """Return the same, with weights."""
    shutil.copytree(trained.with_suffix(""), clone / "build/studies/small")
    return clone


def test_readmes_two_commands_succeed_in_a_fresh_clone(clone, capsys):
    before = {path.name: path.read_bytes() for path in clone.glob("*.csv")}
    keep = ["study", "keep", "small", "final", "small_final"]
    assert main(keep) == 1
    remedy = "`python -m lenet_helpers study run small --rungs final --seeds 1 --weights`"
    assert f"final-0.npz is missing from {clone}/build/studies/small. {remedy} makes it." in (
        capsys.readouterr().err
    )
    assert main(remedy.strip("`").split()[3:]) == 0
    assert "the very weights of the table" in capsys.readouterr().out
    assert main(keep) == 0
    assert {path.name: path.read_bytes() for path in clone.glob("*.csv")} == before
    kept = clone / "small_final.npz"
    assert kept.read_bytes() == (clone / "build/studies/small/final-0.npz").read_bytes()
    entry = json.loads((clone / "checkpoints.json").read_text())["small_final"]
    assert entry["made_by"] == "`python -m lenet_helpers study run small --rungs final`, seed 0"


def test_a_run_is_kept_under_a_name_of_its_own(weights):
    keep_run("small", "final", "one")
    before = {path: path.read_bytes() for path in weights.iterdir() if path.is_file()}
    with pytest.raises(ToolError, match=r"one is there already, made by .* --rungs final`, seed 0"):
        keep_run("small", "chosen", "one")
    assert keep_run("small", "final", "one") == weights / "one.npz"
    after = {path: path.read_bytes() for path in weights.iterdir() if path.is_file()}
    assert after == before


def test_misread_images_are_those_that_were_counted(weights):
    path = write_misread("small", report=lambda line: None)
    digits, runs = load_mnist(), read_runs(weights / "small.csv")
    right = read_right(weights / "small.csv", range(len(digits.y_test)))
    assert path == misread_path(weights / "small.csv")
    assert (~right).sum(axis=1).tolist() == runs["test_errors"].tolist()
    model, recipe = methods.load_run(runs, "final", 0, weights / "build/studies/small")
    expected = methods.answers(model, recipe, digits.x_test) == digits.y_test
    assert (right.loc[("final", 0)] == expected).all()


def test_some_rungs_of_a_study_can_be_listed(weights):
    write_misread("small", ["final"], report=lambda line: None)
    assert list(read_right(weights / "small.csv").index) == [("final", 0)]
    with pytest.raises(ToolError, match="No finished rung of small is called 'first'"):
        write_misread("small", ["first"])


def test_distorted_test_images_are_counted_for_each_run(weights):
    rows = pd.read_csv(write_robustness("small", ["final"], lambda line: None))
    assert rows["corruption"].tolist() == list(runner.SEVERE)
    digits, runs = load_mnist(), read_runs(weights / "small.csv")
    model, recipe = methods.load_run(runs, "final", 0, weights / "build/studies/small")
    noisy = add_noise(digits.x_test[::5], runner.SEVERE["noise"])
    right = int((methods.answers(model, recipe, noisy) == digits.y_test[::5]).sum())
    expected = {"rung": "final", "seed": 0, "corruption": "noise", "severity": 0.3}
    assert rows.iloc[2].to_dict() == expected | {"images": len(noisy), "right": right}


def test_nothing_is_distorted_where_the_test_set_stays_shut(weights, monkeypatch):
    shut = read_runs(weights / "small.csv").assign(test_errors=None)
    monkeypatch.setattr(runner, "_finished", lambda table: shut)
    with pytest.raises(ToolError, match="No run of small has opened the test set"):
        write_robustness("small")


def test_another_count_than_in_training_is_refused(weights):
    path = weights / "small.csv"
    errors = read_runs(path).loc[0, "test_errors"]
    path.write_text(path.read_text().replace(f",{errors},", f",{errors + 1},", 1))
    with pytest.raises(ToolError, match=f"misreads {errors} images here, not {errors + 1}"):
        write_misread("small", report=lambda line: None)
    assert not misread_path(path).exists()


def test_weights_that_are_gone_are_named(clone):
    with pytest.raises(ToolError, match=r"chosen-0.npz is missing.*study run small --rungs chos"):
        write_misread("small", report=lambda line: None)


def test_nothing_is_recounted_without_validation_images(monkeypatch, weights):
    sure = Study("for tests", {"chosen": small_study.recipe(validation_split=0)}, True)
    runs = read_runs(runner.table_path("small")).query("rung == 'chosen'")
    rows = runs.assign(val_errors=None, settings=sure.settings("chosen"))
    monkeypatch.setattr(runner, "_finished", lambda table: rows)
    with pytest.raises(ToolError, match="small keeps no validation images"):
        write_recounted("small")
    with pytest.raises(ToolError, match="small keeps no validation images"):
        write_probabilities("small")
    assert not list(weights.glob("small_[rp]*"))


def test_nothing_is_recounted_without_normalisation(weights):
    with pytest.raises(ToolError, match="No network of small normalises batches"):
        write_recounted("small")


def test_where_the_test_set_stays_shut_validation_images_are_listed_and_counted_anew(
    clone, monkeypatch
):
    rung = small_study.recipe(
        data=load_mnist().name,
        network="deep_network",
        network_options={"maps": [3], "kernel_sizes": [5], "pooled": [1]},
        method="one_cycle",
        options={"learning_rate": 0.02, "averaging": 0.95},
    )
    monkeypatch.setitem(STUDIES, "small", Study("for tests", {"normalised": rung}))
    for path in clone.glob("small*.csv"):
        os.unlink(path)
    runs = runner.run_study("small", seeds=[0], report=lambda line: None)
    before = int(runs.loc[0, "val_errors"])
    write_misread("small", report=lambda line: None)
    right = read_right(clone / "small.csv", range(270, 300)).loc[("normalised", 0)]
    model, recipe = methods.load_run(runs, "normalised", 0, clone / "build/studies/small")
    digits = load_mnist()

    def are_right():
        answers = methods.answers(model, recipe, digits.x_train[270:300])
        return answers == digits.y_train[270:300]

    assert right.tolist() == are_right().tolist()
    assert 0 < (~right).sum() == before
    write_probabilities("small", report=lambda line: None)
    found, labels = read_probabilities(clone / "small.csv")
    assert labels.tolist() == digits.y_train[270:300].tolist()
    outputs = model.predict(to_model_input(digits.x_train[270:300]), verbose=0)
    np.testing.assert_allclose(found["normalised"], outputs[np.newaxis], atol=1e-5)
    lines = []
    written = pd.read_csv(write_recounted("small", lines.append))
    methods.recount_statistics(model, digits.x_train[:270])
    recounted = int((~are_right()).sum())
    assert written.to_dict("records") == [
        {"rung": "normalised", "seed": 0, "val_errors": before, "recounted": recounted}
    ]
    assert lines == [f"normalised, seed 0: {before} misread, recounted {recounted}"]
