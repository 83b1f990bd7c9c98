"""The table of seeds, and the tolerances that come from it."""

import os

import pandas as pd
import pytest
from scipy.stats import ttest_ind

from lenet_helpers.__main__ import main
from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.data import load_mnist
from lenet_helpers.evaluation import holm
from lenet_helpers.studies import runner, seeds
from lenet_helpers.studies.recipes import NOT_CHOSEN, STUDIES, TRIED, ladder_steps
from lenet_helpers.studies.table import (
    read_probabilities,
    read_runs,
    recounted_path,
    robustness_path,
)
from lenet_helpers.training import predict
from tests.studies.fake_run import fake_run

RUN = {"threads": 1, "onednn": False, "instructions": "native"}


def runs(*accuracies):
    return pd.DataFrame([{"seed": n, **RUN, "val_accuracy": a} for n, a in enumerate(accuracies)])


def test_a_tolerance_is_the_range_rounded_up():
    table = seeds.tolerances(runs(0.98, 0.98412, 0.981))["tolerance"]
    assert table["val_accuracy"] == 0.0042
    assert table["val_accuracy_percent"] == 0.42


def test_runs_that_do_not_differ_measure_nothing():
    with pytest.raises(ValueError, match="too few runs"):
        seeds.tolerances(runs(0.98, 0.98))


def test_the_committed_tolerances_come_from_the_committed_runs():
    committed = pd.read_csv(seeds.TOLERANCES_CSV, index_col="quantity")
    pd.testing.assert_frame_equal(committed, seeds.tolerances(seeds.seed_runs()))


def test_every_seed_ran_under_every_setting():
    table = seeds.seed_runs()
    settings = pd.DataFrame(seeds.SETTINGS)
    assert len(table) == table["seed"].nunique() * len(settings)
    assert table["seed"].nunique() >= 5
    assert not table.duplicated(["seed", *settings.columns]).any()


def test_the_epochs_of_the_recipe_are_all_there_once():
    epochs = seeds.recipe_epochs()
    for _, run in epochs.groupby("seed"):
        assert run["epoch"].tolist() == list(range(1, 21))
    assert epochs["val_accuracy"].between(0.97, 1).all()


@pytest.fixture
def study(monkeypatch, tmp_path):
    """Return a function that makes some runs of the study "seeds", in no time, by the command."""
    for name in ("SEEDS_CSV", "TOLERANCES_CSV"):
        copy = tmp_path / getattr(seeds, name).name
        copy.write_bytes(getattr(seeds, name).read_bytes())
        monkeypatch.setattr(seeds, name, copy)
    monkeypatch.setattr(runner, "BUILD", tmp_path)

    def make(accuracy, *words):
        def run(job, *_):
            made = fake_run(job)
            measured = dict.fromkeys(seeds.MEASURED.values(), accuracy)
            return made._replace(curve=[epoch | measured for epoch in made.curve])

        monkeypatch.setattr(runner, "run_fresh", run)
        assert main(["study", "run", "seeds", *words]) == 0
        return seeds.seed_runs()

    return make


def test_runs_of_the_study_take_their_places_in_the_table(study):
    before = seeds.seed_runs()
    after = study(0.5, "--seeds", "1", "--rungs", "AVX2,oneDNN")
    changed = after.ne(before).any(axis=1)
    assert after.columns.equals(before.columns)
    assert after[changed].index.tolist() == [2, 3]
    assert (after.loc[[2, 3], list(seeds.MEASURED)] == 0.5).all(axis=None)
    more = study(0.25, "--seeds", str(before["seed"].nunique() + 1), "--rungs", "reference")
    assert len(more) == len(before) + 1
    assert more.iloc[-1].tolist() == [5, 1, False, "native", *[0.25] * 8]
    assert more.iloc[0, 4:].tolist() == [0.25] * 8
    table = pd.read_csv(seeds.TOLERANCES_CSV, index_col="quantity")
    assert table.loc["running_accuracy", "runs"] == len(more)


LEAST_SEEDS = {"lenet1998": 5, "ablation": 3, "ladder": 5, "sizes": 4}
LEAST_SEEDS |= {
    "choices_small": 1,
    "choices_sizes": 1,
    "choices_again": 1,
    "patience": 5,
    "students": 5,
    "kinds": 5,
    "choices_kinds": 3,
    "choices_teachers": 3,
}


@pytest.mark.parametrize("name", LEAST_SEEDS)
def test_every_rung_that_a_chapter_compares_ran_from_every_seed(name):
    runs = read_runs(seeds.FOLDER / f"{name}.csv")
    assert set(runs["rung"]) == set(STUDIES[name].rungs)
    for rung, ours in runs.groupby("rung"):
        assert list(ours["seed"]) == list(range(max(LEAST_SEEDS[name], len(ours))))
        assert set(ours["settings"]) == {STUDIES[name].settings(rung)}


def test_what_was_recounted_are_the_runs_whose_networks_normalise():
    path = seeds.FOLDER / "choices_small.csv"
    runs = read_runs(path).query("fixed_parameters > 0").set_index(["rung", "seed"])
    recounted = pd.read_csv(recounted_path(path)).set_index(["rung", "seed"])
    assert recounted["val_errors"].to_dict() == runs["val_errors"].to_dict()


def test_chapter_10s_network_was_the_best_of_the_ten_recipes_validated_until_then():
    path = seeds.FOLDER / "choices_small.csv"
    finished = read_runs(path).set_index("rung")["finished"]
    errors = pd.read_csv(recounted_path(path)).set_index("rung")["recounted"]
    deep = errors.drop(["lenet-52k", "lenet-58k"])
    tried = deep[finished[deep.index] <= finished["25-epochs"]].sort_values()
    assert tried.index[0] == "25-epochs"
    assert set(tried.index) == set(TRIED)
    assert set(errors.index) == {*TRIED, *NOT_CHOSEN}


def test_by_holms_correction_deslanting_is_not_known_to_harm():
    """As one more step of Chapter 10's ladder, which is what Chapter 12 says."""
    studies = ("ladder", "patience", "students")
    runs = pd.concat([read_runs(seeds.FOLDER / f"{study}.csv") for study in studies])
    errors = runs.astype({"test_errors": float}).groupby("rung")["test_errors"].agg(list)
    steps = {**ladder_steps(), "deslanted": "six-convolutions"}
    tests = [ttest_ind(errors[rung], errors[old], equal_var=False) for rung, old in steps.items()]
    corrected = dict(zip(steps, holm([test.pvalue for test in tests]), strict=True))
    assert corrected["deslanted"] > 0.05 > corrected["depth"]


@pytest.mark.parametrize("name", ["choices_kinds", "choices_teachers"])
def test_stored_probabilities_make_the_mistakes_that_were_counted(name):
    path = seeds.FOLDER / f"{name}.csv"
    (found, labels), runs = read_probabilities(path), read_runs(path)
    for rung, outputs in found.items():
        wrong = (outputs.argmax(2) != labels).sum(1)
        assert wrong.tolist() == runs.loc[runs["rung"] == rung, "val_errors"].tolist()


def test_distorted_images_were_counted_for_every_run_of_a_rung():
    path = seeds.FOLDER / "lenet1998.csv"
    rows, runs = pd.read_csv(robustness_path(path)), read_runs(path)
    measured = runs[runs["rung"].isin(rows["rung"])][["rung", "seed"]]
    for _, of_kind in rows.groupby("corruption"):
        assert of_kind[["rung", "seed"]].to_numpy().tolist() == measured.to_numpy().tolist()


def test_no_network_of_the_ladder_has_more_parameters_than_the_articles():
    ladder, sizes = (read_runs(seeds.FOLDER / f"{study}.csv") for study in ("ladder", "sizes"))
    assert (ladder["parameters"] + ladder["fixed_parameters"]).max() == 34_622
    lenet = sizes[sizes["rung"] == "lenet-58k"].iloc[0]
    assert lenet["parameters"] + lenet["fixed_parameters"] <= 61_706


@pytest.mark.skipif(
    not os.environ.get("LENET_MNIST"), reason="LENET_MNIST does not name the full MNIST"
)
def test_the_kept_network_of_each_size_misreads_what_its_row_says():
    digits, first = load_mnist(), read_runs(seeds.FOLDER / "sizes.csv").query("seed == 0")
    counts = first.set_index("rung")["test_errors"].to_dict()
    counts = {
        rung: count for rung, count in counts.items() if rung.isdecimal()
    }  # the others: not kept
    networks = {rung: load_checkpoint(f"size_{rung}") for rung in counts}
    answers = {rung: predict(one, digits.x_test).argmax(1) for rung, one in networks.items()}
    assert {rung: (found != digits.y_test).sum() for rung, found in answers.items()} == counts


def test_a_size_in_a_name_is_the_number_of_parameters():
    for name in ("sizes", "choices_sizes"):
        runs = read_runs(seeds.FOLDER / f"{name}.csv")
        runs = runs[runs["rung"].str.contains(r"^\d")]
        sizes = runs["parameters"] + runs["fixed_parameters"]
        assert list(runs["rung"].str.extract(r"^(\d+)", expand=False).astype(int)) == list(sizes)


@pytest.mark.parametrize(
    "name",
    [name for name in STUDIES if name.startswith("choices")] + ["grid1998", "stability1998"],
)
def test_settings_are_chosen_without_the_test_set(name):
    assert read_runs(seeds.FOLDER / f"{name}.csv")["test_errors"].isna().all()
