"""The table of seeds, and the tolerances that come from it."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers import checkpoints, studies, study
from lenet_helpers.__main__ import main
from lenet_helpers.recipes import STUDIES
from lenet_helpers.run_table import read_epochs, read_runs, recounted_path

RUN = {"threads": 1, "onednn": False, "instructions": "native"}


def runs(*accuracies):
    return pd.DataFrame([{"seed": n, **RUN, "val_accuracy": a} for n, a in enumerate(accuracies)])


def test_a_tolerance_is_the_range_rounded_up():
    table = studies.tolerances(runs(0.98, 0.98412, 0.981))["tolerance"]
    assert table["val_accuracy"] == 0.0042
    assert table["val_accuracy_percent"] == 0.42


def test_runs_that_do_not_differ_measure_nothing():
    with pytest.raises(ValueError, match="too few runs"):
        studies.tolerances(runs(0.98, 0.98))


def test_the_tolerance_of_the_rung_trained_live_is_its_range_over_seeds():
    ladder = pd.DataFrame({"rung": ["one-cycle"] * 3 + ["other"], "test_errors": [90, 104, 99, 7]})
    table = studies.live_tolerance(ladder)
    assert table.loc["one_cycle_error_percent"].to_dict() == {"tolerance": 0.14, "runs": 3}


def test_one_run_of_the_live_rung_has_no_range():
    with pytest.raises(ValueError, match="needs two runs of one-cycle, not 1"):
        studies.live_tolerance(pd.DataFrame({"rung": ["one-cycle"], "test_errors": [90]}))


def test_a_ladder_with_one_run_of_the_live_rung_leaves_the_tolerances_alone(monkeypatch, capsys):
    before = studies.TOLERANCES_CSV.read_bytes()
    one = pd.DataFrame({"rung": ["one-cycle"], "test_errors": [90]})
    monkeypatch.setattr(study, "run_study", lambda *args, **options: None)
    monkeypatch.setattr(studies, "read_runs", lambda path: one)
    assert main(["study", "ladder"]) == 0
    assert "tolerances.csv stays as it was. A tolerance needs two" in capsys.readouterr().out
    assert studies.TOLERANCES_CSV.read_bytes() == before


def test_the_committed_tolerances_come_from_the_committed_runs():
    committed = pd.read_csv(studies.TOLERANCES_CSV, index_col="quantity")
    pd.testing.assert_frame_equal(committed, studies.all_tolerances())


def test_every_seed_ran_under_every_setting():
    table = studies.seed_runs()
    settings = pd.DataFrame(studies.SETTINGS)
    assert len(table) == table["seed"].nunique() * len(settings)
    assert len(studies.reference_runs(table)) == table["seed"].nunique() >= 5
    assert not table.duplicated(["seed", *settings.columns]).any()


def test_the_published_errors_are_those_of_figure_9():
    table = studies.published_in_1998()
    assert len(table) == 27
    assert not table.duplicated(["classifier", "preparation"]).any()
    lenet5 = table[table["classifier"] == "LeNet-5"].set_index("preparation")["error"]
    assert lenet5.to_dict() == {"": 0.95, "distortions": 0.8}
    assert (table["error"].min(), table["error"].max()) == (0.7, 12.0)


def test_the_checkpoint_of_a_run_is_kept(tmp_path, monkeypatch):
    from lenet_helpers.models import article_lenet5

    model, runs_folder = article_lenet5(), tmp_path / "runs"
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "kept")
    studies._keep_checkpoint(runs_folder)  # where seed 0 was not among the seeds
    assert not (tmp_path / "kept").exists()
    checkpoints.save_checkpoint(model, studies.CHECKPOINT, studies.MADE_BY, runs_folder)
    studies._keep_checkpoint(runs_folder)
    kept = checkpoints.load_checkpoint(studies.CHECKPOINT)
    for ours, theirs in zip(kept.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


LEAST_SEEDS = {"lenet1998": 5, "ablation": 3, "ladder": 5, "sizes": 2}
LEAST_SEEDS |= {"choices_small": 1, "choices_sizes": 1, "grid1998": 3}


@pytest.mark.parametrize("name", LEAST_SEEDS)
def test_every_rung_that_a_chapter_compares_ran_from_every_seed(name):
    runs = read_runs(studies.FOLDER / f"{name}.csv")
    assert set(runs["rung"]) == set(STUDIES[name].rungs)
    for rung, ours in runs.groupby("rung"):
        assert list(ours["seed"]) == list(range(max(LEAST_SEEDS[name], len(ours))))
        assert set(ours["settings"]) == {STUDIES[name].settings(rung)}


def test_what_was_recounted_are_the_runs_whose_networks_normalise():
    path = studies.FOLDER / "choices_small.csv"
    runs = read_runs(path).query("fixed_parameters > 0").set_index(["rung", "seed"])
    recounted = pd.read_csv(recounted_path(path)).set_index(["rung", "seed"])
    assert recounted["val_errors"].to_dict() == runs["val_errors"].to_dict()


def test_no_network_of_the_ladder_has_more_parameters_than_the_articles():
    ladder, sizes = (read_runs(studies.FOLDER / f"{study}.csv") for study in ("ladder", "sizes"))
    assert (ladder["parameters"] + ladder["fixed_parameters"]).max() == 34_622
    lenet = sizes[sizes["rung"] == "lenet"].iloc[0]
    assert lenet["parameters"] + lenet["fixed_parameters"] <= 61_706


def test_a_size_in_a_name_is_the_number_of_parameters():
    for name in ("sizes", "choices_sizes"):
        runs = read_runs(studies.FOLDER / f"{name}.csv")
        runs = runs[runs["rung"].str.contains(r"^\d")]
        sizes = runs["parameters"] + runs["fixed_parameters"]
        assert list(runs["rung"].str.extract(r"^(\d+)", expand=False).astype(int)) == list(sizes)


@pytest.mark.parametrize("name", ["choices_small", "choices_sizes", "grid1998"])
def test_settings_are_chosen_without_the_test_set(name):
    assert read_runs(studies.FOLDER / f"{name}.csv")["test_errors"].isna().all()


def test_the_run_of_the_curve_is_the_run_of_the_table():
    last = read_epochs(studies.FOLDER / "passes.csv").query("epoch == 20").iloc[0]
    row = read_runs(studies.FOLDER / "lenet1998.csv").query("rung == 'rbf' and seed == 0").iloc[0]
    for errors in ("train_errors", "test_errors"):
        assert last[errors] == row[errors]
