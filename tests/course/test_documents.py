"""The committed notebooks and texts: executed, quiet and complete; see also test_mutations."""

import itertools
import subprocess
import sys

import nbformat
import pytest
import yaml

from course import checks, texts
from course.numbers import measured_tolerances
from course.project import (
    CITATION,
    CONTRIBUTING,
    NOTEBOOKS,
    README,
    ROOT,
    WORKSHOP,
    notebook_paths,
    repository_address,
)
from course.stamp import learners
from course.workshop.learner import stale_files
from lenet_helpers import __version__

PATHS = notebook_paths()
NEXT = dict(itertools.pairwise(PATHS))


def none(problems):
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.mark.parametrize(
    "check",
    [
        checks.unexecuted_cells,
        checks.loud_cells,
        checks.residue,
        checks.metadata_noise,
        checks.long_cells,
    ],
    ids=lambda check: check.__name__,
)
def test_a_notebook_is_sound(notebook, check):
    none(check(notebook))


def test_a_notebook_opens_and_closes_as_all_do(notebook, path):
    next_name = NEXT[path].name if path in NEXT else None
    none(checks.structure(notebook, path.name, next_name))


def test_a_notebook_bears_the_repository_s_address(notebook, path):
    none(checks.stale_addresses(notebook, path.name, repository_address()))


def test_tolerances_on_cells_were_measured(notebook):
    none(checks.unmeasured_tolerances(notebook, measured_tolerances()))


def test_links_in_notebooks_lead_somewhere(notebook):
    none(checks.broken_links(checks.markdown(notebook), NOTEBOOKS))


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=lambda path: path.stem)
def test_links_in_a_text_lead_somewhere(text):
    none(checks.broken_links(text.read_text(encoding="utf-8"), ROOT))


def test_the_learner_s_notebooks_are_what_the_chapters_give():
    stale = stale_files(WORKSHOP, learners())
    assert stale == [], "run `python -m course stamp`"


def test_the_citation_bears_the_repository_s_address():
    text = CITATION.read_text(encoding="utf-8")
    assert texts.stamped(text, repository_address()) == text
    assert repository_address() in text


def test_the_version_is_in_the_list_of_changes():
    assert f"\n## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path",
    [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"],
    ids=lambda path: path.name,
)
def test_forms_and_workflows_are_read_as_they_are_meant(path):
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = {"workflows": {"name", "jobs"}, "ISSUE_TEMPLATE": {"name", "description", "body"}}
    assert parts.get(path.parent.name, {"repos"}) <= set(found)


def test_ruff_is_content():
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--output-format=concise", ROOT]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
