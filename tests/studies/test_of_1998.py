"""Settings and steps of 1998 have the errors of the rungs that they name."""

import pytest

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.of_1998 import SETTINGS, STEPS, errors_of_settings, errors_of_steps
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
