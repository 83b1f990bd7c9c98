"""The studies of the tests, and a table of real runs."""

import os
from pathlib import Path

import pytest

from lenet_helpers.studies import runner
from lenet_helpers.studies.recipes import STUDIES
from tests.studies import small_study

ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(monkeypatch):
    """Let the studies "small" and "fake" be known here, and in the processes of their runs."""
    monkeypatch.setitem(STUDIES, "small", small_study.SMALL)
    monkeypatch.setitem(STUDIES, "fake", small_study.FAKE)
    monkeypatch.setattr(runner, "run_fresh", small_study.run_any)
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Return the path of a table of "small": both rungs, seed 0, really trained."""
    path = tmp_path_factory.mktemp("trained") / "runs.csv"
    with pytest.MonkeyPatch.context() as monkeypatch:
        small.__wrapped__(monkeypatch)
        runner.run_study("small", seeds=[0], output=path, report=lambda line: None)
    return path
