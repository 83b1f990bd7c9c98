"""All figures, and the chapters' own plots, are drawn in our style: `plots.style` sets it."""

import re

import nbformat
import pytest

from course.project import ROOT, notebook_paths

DRAWS = re.compile(r"^(?:import|from) (?:matplotlib|seaborn)\b", re.MULTILINE)
OWN_STYLE = re.compile(r"^from lenet_helpers\b.*\bplots\b", re.MULTILINE)


def drawing_modules():
    """Return the modules of the wings and the flow that draw; `plots` itself loads its style."""
    paths = (ROOT / "lenet_helpers").rglob("*.py")
    outside = sorted(path for path in paths if path.parent.name != "plots")
    return [path for path in outside if DRAWS.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", drawing_modules(), ids=lambda path: path.parent.name)
def test_what_draws_does_so_in_our_style(path):
    assert OWN_STYLE.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_a_chapter_that_draws_does_so_in_our_style(path):
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert OWN_STYLE.search(code) or not DRAWS.search(code)
