"""How long a chapter takes to read: its text, its code, what it prints and its figures."""

import math

from course import texts
from course.tags import without_tags
from course.workshop import notes
from course.workshop.learner import PARTS

WORDS = 200  # of text, in a minute
CODE, PRINTED, FIGURE = 4, 1, 25  # seconds for a line of code, a line that it prints, and a figure
ASIDE = {notes.TAG, "setup", *PARTS}


def with_reading_time(notebook):
    """Let a chapter's opening name the minutes that it takes to read, in place."""
    opening = notebook.cells[0]
    minutes = math.ceil(reading_minutes(notebook.cells))
    opening.source = texts.READING.sub(f"{minutes} min", opening.source)


def reading_minutes(cells):
    """Return the minutes that cells take to read, beside exercises, notes and set-up: float."""
    return (
        sum(_seconds(cell) for cell in cells if not ASIDE & {*cell.metadata.get("tags", [])}) / 60
    )


def _seconds(cell):
    if cell.cell_type == "markdown":
        return 60 / WORDS * len(without_tags(cell.source).split())
    seconds = CODE * len(cell.source.splitlines())
    for output in cell.outputs:
        data = output.get("data", {})
        printed = output.get("text", data.get("text/plain", ""))
        seconds += FIGURE if "image/png" in data else PRINTED * len(printed.splitlines())
    return seconds
