"""Settings and steps of 1998 have the errors of the rungs that they name."""

import pandas as pd
import pytest
from scipy.stats import t

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.of_1998 import (
    SETTINGS,
    STEPS,
    errors_of_settings,
    errors_of_steps,
    means_with_intervals,
    mistakes_by_loss,
    training_errors,
)
from lenet_helpers.studies.recipes import STUDIES
from lenet_helpers.studies.table import read_runs


def test_each_setting_has_the_test_errors_of_its_rung():
    runs = read_runs(FOLDER / "lenet1998.csv").set_index("rung")["test_errors"]
    errors = errors_of_settings()
    assert list(errors.index) == list(SETTINGS.values())
    for rung, setting in SETTINGS.items():
        assert [round(100 * error) for error in errors[setting]] == list(runs[rung])


def test_the_steps_are_those_of_the_study_and_end_in_high_rates():
    assert list(STEPS) == [*STUDIES["ablation"].rungs, "paper"]
    errors = errors_of_steps()
    assert list(errors.index) == list(STEPS.values())
    assert errors.iloc[-1] == errors_of_settings()["high rates, clean"]
    assert errors["article, all images"][0] == pytest.approx(1.14)


def test_training_errors_fall_and_those_of_one_run_stay_behind():
    passes = training_errors()
    assert set(passes["setting"]) == set(SETTINGS.values())
    by_pass = passes.groupby(["setting", "pass"])["error"].mean().unstack()
    assert list(by_pass.columns) == list(range(1, 21))
    assert (by_pass[20] < by_pass[1] / 5).all()
    last = passes.query("setting == 'high rates, distorted' and `pass` == 20").set_index("seed")
    errors = errors_of_settings()["high rates, distorted"]
    assert last["error"].idxmax() == errors.index(max(errors)) == 6


def test_mistakes_by_loss_are_those_of_the_rungs():
    table = mistakes_by_loss()
    assert list(table.columns) == ["eq. 8", "j = 1", "j = 3", "j = 10", "j = 30", "j = 100"]
    for study, rung, setting, loss in (
        ("grid1998", "sqrtF-mu0.1-eq8", "high rates", "eq. 8"),
        ("grid1998", "sqrtF-mu0.5-eq9", "control", "j = 10"),
        ("grid1998", "F-mu0.5-eq8", "low rates", "eq. 8"),
        ("choices1998", "j100.0", "low rates", "j = 100"),
    ):
        runs = read_runs(FOLDER / f"{study}.csv").set_index("rung")["val_errors"]
        assert table.loc[setting, loss] == ", ".join(map(str, runs[[rung]]))
    assert table.loc["control", "j = 1"] == ""


def test_a_mean_has_its_t_interval():
    row = means_with_intervals(pd.Series({"one": [1.0, 2.0, 3.0]})).loc["one"]
    half = t.ppf(0.975, 2) / 3**0.5
    assert list(row[["mean", "low", "high"]]) == pytest.approx([2, 2 - half, 2 + half])
