"""A run's process: whatever becomes of it, something readable comes back."""

import sys

import pytest

from lenet_helpers.studies.fresh_run import Failure, Job, Run, run_fresh
from lenet_helpers.studies.recipes import VERSION, Study
from tests.studies import small_study

pytestmark = pytest.mark.usefixtures("small")


def job(code=""):
    settings = Study("for tests", {"rung": small_study.recipe(options={"code": code})})
    return Job("fake", "rung", 0, settings.settings("rung"), VERSION)


def test_a_run_comes_back():
    outcome = small_study.run_any(job())
    assert isinstance(outcome, Run)
    assert (outcome.row["rung"], outcome.weights) == ("rung", b"rung 0")


@pytest.mark.parametrize(
    "code, reason",
    [
        ("import os; os.abort()", "ended by SIGABRT."),
        (
            "import os; os.write(2, b'first\\n\\nF0000 why\\n'); os.abort()",
            "ended by SIGABRT. F0000 why",
        ),
        ("import sys; sys.exit('first\\nlast')", "last"),
        ("import sys; sys.exit(7)", "exit status 7"),
    ],
)
def test_a_process_that_dies_says_why(code, reason):
    outcome = small_study.run_any(job(code))
    assert isinstance(outcome, Failure)
    assert outcome.reason.startswith(reason)


def test_a_process_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert "could not be started: [Errno 2]" in run_fresh(job()).reason
