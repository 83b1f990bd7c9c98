"""The instructor's notes: Markdown cells tagged `instructor`, beside the text they belong to.

The guide and the slides' speaker notes show them; what learners get leaves them out. A note begins
with HEAD. Its text is free, but for items of a list that the guide plans a workshop by:

    - **Question:** *Why is the mean 1 the sharpest?* Nearly everyone draws the same stroke.
    - **Misconception:** *"Test images are like any other."* ...
    - **If time runs out,** stop here. ...
"""

import re

from course.project import ToolError

TAG = "instructor"
HEAD = "*For the instructor*"
QUESTION, MISCONCEPTION, STOP = "Question:", "Misconception:", "If time runs out,"
ITEM = re.compile(r"^- \*\*(?P<kind>[^*]+)\*\* (?P<text>.+(?:\n  .+)*)", re.MULTILINE)
ASKED = re.compile(r"\*([^*]+\?)\* \S")


def is_note(cell):
    """Whether a cell is a note for the instructor. Raises ToolError if it is one of code."""
    tagged = TAG in cell.metadata.get("tags", [])
    if tagged and cell.cell_type != "markdown":
        raise ToolError(f"Cell {cell.id!r}: a note for the instructor is a Markdown cell.")
    return tagged


def without_notes(notebook):
    """Remove the notes, in place, and return the notebook."""
    notebook.cells = [cell for cell in notebook.cells if not is_note(cell)]
    return notebook


def words(cell):
    """Return what a note says, Markdown, without its HEAD. Raises ToolError if it has none."""
    head, _, text = cell.source.partition("\n\n")
    if head != HEAD or not text.strip():
        raise ToolError(f"Cell {cell.id!r}: a note for the instructor begins with {HEAD!r}.")
    return text.strip()


def items(cell):
    """Return the items of a note, a list of (kind, text); of a question, text is what is asked.

    Raises ToolError if a kind is unknown, or nothing is asked or answered.
    """
    found = [(one["kind"], " ".join(one["text"].split())) for one in ITEM.finditer(words(cell))]
    return [(kind, _text(cell, kind, text)) for kind, text in found]


def _text(cell, kind, text):
    if kind not in (QUESTION, MISCONCEPTION, STOP):
        raise ToolError(f"Cell {cell.id!r}: a note has no {kind!r}; see course/workshop/notes.py.")
    if kind != QUESTION:
        return text
    if not (asked := ASKED.match(text)):
        raise ToolError(f"Cell {cell.id!r}: write '- **{QUESTION}** *Why?* The answer.'")
    return asked[1]
