"""The exercises of a chapter, and the learner's version: stubs where the solutions stand."""

import copy
import re
from dataclasses import dataclass

from course import texts
from course.project import ToolError

PARTS = ("exercise", "solution", "check")
HEADING = re.compile(r"^### Exercise (\d+\.\d+) · (.+)\n\n\*\((\w+), (\d+) min\)\*$", re.MULTILINE)
BADGE = re.compile(r"^\[!\[Open In Colab\]\([^)]*\)\]\([^)]*\)\s*")
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


def learners_version(notebook, address):
    """Return a copy of a notebook with stubs for solutions, and nothing shown of its exercises.

    address: str, the repository's; links that would leave the folder lead there instead. The Colab
    badge goes, because it opens the notebook with the solutions.
    """
    notebook = copy.deepcopy(notebook)
    for exercise in exercises(notebook):
        solution = notebook.cells[exercise.solution]
        solution.source = solution.metadata["exercise"]["stub"]["answer"]
        solution.metadata = {"tags": ["answer"]}
        for cell in notebook.cells[exercise.solution : exercise.check + 1]:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = UPWARDS.sub(rf"]({address}/blob/main/\1)", BADGE.sub("", cell.source))
    return notebook


def solution_lines(notebook):
    """Return the lines that only the solutions hold, stripped: set of str."""
    only = set()
    for exercise in exercises(notebook):
        cell = notebook.cells[exercise.solution]
        stub = cell.metadata["exercise"]["stub"]["answer"]
        only |= _lines(cell.source) - _lines(stub)
    return only


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


def _lines(source):
    return {line.strip() for line in source.splitlines() if line.strip()}
