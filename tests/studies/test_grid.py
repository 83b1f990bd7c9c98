"""The grid of 1998 has the settings that its rungs are named by, and each run's own numbers."""

import pytest

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.grid import grid_of_1998
from lenet_helpers.studies.table import read_runs


def test_every_run_has_the_setting_of_its_name():
    rungs = read_runs(FOLDER / "grid1998.csv")["rung"]
    names = {"1/sqrt(F)": "sqrtF", "2.4/F": "F"}
    found = [
        f"{names[row.start]}-mu{row.mu}-{row.loss.replace('. ', '')}"
        for row in grid_of_1998().itertuples()
    ]
    assert found == list(rungs)


def test_errors_are_of_the_validation_images_and_rates_of_the_first_pass():
    grid = grid_of_1998()
    run = grid[(grid["start"] == "2.4/F") & (grid["mu"] == 0.5) & (grid["loss"] == "eq. 9")].iloc[0]
    assert run["error"] == pytest.approx(100 * 67 / 6_000)
    assert (grid["highest rate"] <= 1.0001 * 5e-4 / grid["mu"]).all()
    assert (grid["highest rate"] > 2.01e-4 / grid["mu"]).all()  # eta of the first pass, not later
