"""The runs of 1998 have the settings that their rungs are named by, and each run's own numbers."""

import numpy as np
import pytest

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.grid import curves_of_1998, runs_of_1998
from lenet_helpers.studies.table import read_epochs, read_runs

RUNS = runs_of_1998()


@pytest.mark.parametrize(
    "study, rung, start, column, value",
    [
        ("grid1998", "F-mu0.05-eq9", "2.4/F", "mu", 0.05),
        ("grid1998", "sqrtF-mu0.02-eq9", "1/sqrt(F)", "mu", 0.02),
        ("choices1998", "mu1.5", "2.4/F", "mu", 1.5),
        ("choices1998", "SGD0.0003", "2.4/F", "rate", 0.0003),
        ("rates1998", "own", "1/sqrt(F)", "mu", 0.1),
        ("rates1998", "one-0.003", "1/sqrt(F)", "rate", 0.003),
    ],
)
def test_a_run_has_its_rung_s_setting_and_its_own_errors(study, rung, start, column, value):
    path = FOLDER / f"{study}.csv"
    counted = read_runs(path).set_index(["rung", "seed"])["val_errors"][rung, 0]
    run = RUNS[(RUNS["start"] == start) & (RUNS[column] == value) & (RUNS["seed"] == 0)]
    assert list(run["epoch"]) == list(range(1, 9))
    assert run["error"].iloc[-1] == pytest.approx(counted / 60, abs=1e-4)
    assert (run["epochs"] == 8).all()
    passes = read_epochs(path).query("rung == @rung and seed == 0")["val_accuracy"]
    np.testing.assert_allclose(run["error"], 100 * (1 - passes))


def test_each_run_counts_once_and_has_its_own_rates_or_one():
    assert not RUNS.duplicated(["start", "mu", "rate", "seed", "epoch"]).any()
    assert (RUNS["mu"].isna() != RUNS["rate"].isna()).all()
    assert {RUNS["mu"].dtype, RUNS["rate"].dtype} == {np.dtype(float)}


def test_ten_seeds_were_trained_for_a_pass_and_no_other_loss_is_among_them():
    after_one = RUNS[(RUNS["epoch"] == 1) & (RUNS["start"] == "1/sqrt(F)")]
    assert after_one.groupby("mu").size()[[0.02, 0.05, 0.1, 0.5]].eq(10).all()
    of_paper = RUNS[(RUNS["start"] == "2.4/F") & (RUNS["epoch"] == 8)]
    assert of_paper.groupby("mu").size()[[0.02, 0.05, 0.1, 0.5]].eq(2).all()


def test_curves_are_of_five_seeds_each_and_of_one_start():
    curves = curves_of_1998(RUNS, "1/sqrt(F)")
    assert 0.02 not in curves["mu"]  # three seeds
    assert {errors.shape for kind in curves.values() for errors in kind.values()} == {(5, 8)}
    runs = read_runs(FOLDER / "rates1998.csv").set_index("rung")["val_errors"]
    for kind, value, rung in (("mu", 0.5, "own-0.5"), ("rate", 0.003, "one-0.003")):
        counted = runs[rung].astype(float) / 60
        np.testing.assert_allclose(curves[kind][value][:, -1], counted, atol=1e-4)
