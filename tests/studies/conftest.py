"""The studies of the tests."""

import functools
import os
from pathlib import Path

import pytest

from lenet_helpers.data import load_mnist
from lenet_helpers.studies import runner
from lenet_helpers.studies.recipes import STUDIES
from tests.studies import small_study

ROOT = Path(__file__).parents[2]


@functools.cache
def _data():
    """MNIST or the sample, whichever is here."""
    return load_mnist().name


@pytest.fixture
def small(monkeypatch):
    """Let the studies "small" and "fake" be known here, and in the processes of their runs."""
    monkeypatch.setitem(STUDIES, "small", small_study.small(_data()))
    monkeypatch.setitem(STUDIES, "fake", small_study.FAKE)
    monkeypatch.setattr(runner, "run_fresh", small_study.run_any)
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
