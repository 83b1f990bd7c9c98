"""Numbers and figures that the notebooks just wrote, beside the committed ones.

On the sample, or where a chapter was not run in this session, there is nothing to compare.
"""

import os

import pytest

from course.project import FIGURES, chapter, notebook_paths
from course.results import compare_figures, compare_numbers, of_chapter
from lenet_helpers.reporting import read_results


@pytest.fixture(params=notebook_paths(), ids=lambda path: path.stem)
def both(request, is_full):
    """Return what a chapter just wrote, and what is committed."""
    if not is_full:
        pytest.skip("the sample's numbers are not the committed ones")
    if not any(item.path == request.param for item in request.session.items):
        pytest.skip("this chapter was not run")
    folders = os.environ["LENET_FIGURES"], FIGURES
    return [of_chapter(read_results(folder), chapter(request.param)) for folder in folders]


def test_numbers(both):
    fresh, committed = both
    problems = compare_numbers(fresh["numbers"], committed["numbers"])
    assert not problems, "\n".join(problems)


def test_figures(both):
    fresh, committed = both
    folders = os.environ["LENET_FIGURES"], FIGURES
    problems = compare_figures(fresh["figures"], committed["figures"], *folders)
    assert not problems, "\n".join(problems)
