"""The table of seeds, and the tolerances that come from it."""

import pandas as pd
import pytest

from lenet_helpers import studies

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


def test_the_committed_tolerances_come_from_the_committed_runs():
    committed = pd.read_csv(studies.TOLERANCES_CSV, index_col="quantity")
    measured = studies.tolerances(studies.seed_runs())
    pd.testing.assert_frame_equal(committed, measured)


def test_every_seed_ran_under_every_setting():
    table = studies.seed_runs()
    settings = pd.DataFrame(studies.SETTINGS)
    assert len(table) == table["seed"].nunique() * len(settings)
    assert len(studies.reference_runs(table)) == table["seed"].nunique() >= 5
    assert not table.duplicated(["seed", *settings.columns]).any()
