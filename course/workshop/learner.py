"""The exercises of a chapter, and the learner's version: empty, with stubs for solutions.

`stamp` writes the learner's version of each chapter into `workshop/`.
"""

import copy
import re
from dataclasses import dataclass

import nbformat

from course import texts
from course.execute import cleared
from course.project import ToolError
from course.tags import without_tags
from course.workshop.blanks import BLANK, secrets
from course.workshop.notes import without_notes

NOTICE = """
*This is the version to learn with. Nothing has run yet; {} stands for a number that your own
run will show above it; your answers go where the dots stand. The [complete version]({}) has all
outputs and the solutions.*"""

PARTS = ("exercise", "solution", "check")
HEADING = re.compile(r"^### Exercise (\d+\.\d+) · (.+)\n\n\*\((\w+), (\d+) min\)\*$", re.MULTILINE)
UPWARDS = re.compile(r"\]\(\.\./([^)\s]+)\)")


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook; start, solution and check are places in its list of cells."""

    number: str
    title: str
    difficulty: str
    minutes: int
    start: int
    solution: int
    check: int


def exercises(notebook):
    """Return a notebook's exercises in order: each a Markdown cell, a solution and a check.

    Other cells may stand between the three. Raises ToolError if a part is missing or misplaced.
    """
    tagged = [(part, i) for i, cell in enumerate(notebook.cells) if (part := _part(cell))]
    runs = [tagged[i : i + len(PARTS)] for i in range(0, len(tagged), len(PARTS))]
    return [_exercise(notebook.cells, run) for run in runs]


def times(notebook):
    """Return the times of reading, exercises and computing that a chapter states, a str each.

    "–" stands for what it does not state; the exercises' time is the sum of theirs.
    """
    found = texts.TIMES.search(notebook.cells[0].source)
    reading, computing = found.groups() if found else (texts.NONE, texts.NONE)
    minutes = sum(one.minutes for one in exercises(notebook))
    return reading, f"{minutes} min" if minutes else texts.NONE, computing


def learners_version(notebook, name, address):
    """Return what a learner starts with: a copy with nothing run, and stubs for solutions.

    name:    str, the notebook's file name.
    address: str, the repository's; links that would leave the folder lead there instead.
    Numbers that outputs will show are blank in its texts, except in what an exercise asks.
    """
    secret = secrets(notebook, is_hidden=lambda cell: _part(cell) == "solution")
    secret = {cell.id: is_secret for cell, is_secret in zip(notebook.cells, secret, strict=True)}
    notebook = cleared(copy.deepcopy(notebook))
    for one in exercises(notebook):
        solution = notebook.cells[one.solution]
        solution.source = solution.metadata["exercise"]["stub"]["answer"]
        solution.metadata = {"tags": ["answer"]}
    for cell in without_notes(notebook).cells:
        if cell.cell_type == "markdown":
            blank = secret[cell.id] if not _part(cell) else lambda tag: False
            cell.source = without_tags(
                cell.source, lambda tag, blank=blank: BLANK if blank(tag) else tag.shown
            )
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
    with_outer_links(notebook, address)
    opening = notebook.cells[0]
    notice = NOTICE.format(BLANK, f"{address}/blob/main/notebooks/{name}")
    own = opening.source.replace(f"/notebooks/{name})", f"/workshop/{name})")  # its Colab badge
    opening.source = texts.TIMES.sub(lambda times: f"{times[0]}\n{notice}", own)
    return notebook


def learners_files(notebooks, address):
    """Return what `workshop/` holds: dict, name of a file -> its text.

    notebooks: dict, path -> notebook; address: as in `learners_version`.
    """
    return {
        path.name: nbformat.writes(learners_version(one, path.name, address)) + "\n"
        for path, one in notebooks.items()
    }


def stale_files(folder, files):
    """Return the names of files that a folder lacks, has too many, or has with another text."""
    there = {path.name: path for path in folder.glob("*.ipynb")}
    return sorted(
        name
        for name in there.keys() | files.keys()
        if name not in there or there[name].read_text(encoding="utf-8") != files.get(name)
    )


def with_outer_links(notebook, address):
    """Let links that leave the notebook's folder lead to the repository, in place; return it."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = UPWARDS.sub(rf"]({address}/blob/main/\1)", cell.source)
    return notebook


def fold(notebook):
    """Fold what the checks say, in place: it stands behind a solution that is folded, too."""
    for one in exercises(notebook):
        notebook.cells[one.check].metadata.setdefault("jupyter", {})["outputs_hidden"] = True


def title(notebook):
    """Return a chapter's title, as its first cell has it."""
    return texts.HEADING.search(notebook.cells[0].source)[1]


def _part(cell):
    return next((part for part in PARTS if part in cell.metadata.get("tags", [])), None)


def _exercise(cells, run):
    parts, places = zip(*run, strict=True)
    start = cells[places[0]]
    if parts != PARTS:
        found = ", ".join(parts)
        raise ToolError(f"Cell {start.id!r}: expected cells tagged {PARTS} in turn, found {found}.")
    heading = HEADING.match(start.source)
    if not heading:
        form = "'### Exercise 1.2 · Title' and '*(easy, 3 min)*'"
        raise ToolError(f"Cell {start.id!r}: an exercise begins with {form}.")
    number, title, difficulty, minutes = heading.groups()
    return Exercise(number, title, difficulty, int(minutes), *places)
