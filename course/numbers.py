"""The numbers of the texts against what was recorded, running nothing.

A notebook's Markdown cells hold in their metadata what their expressions were worth when they were
last evaluated, `figures/results.json` holds the named numbers of all chapters, and
`course/facts.json` what is quoted.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from course.evaluate import VALUES
from course.exempt import FACTS
from course.project import TOLERANCES, damaged
from course.tags import TagError, formatted, pieces, rewritten, tags

UNBOUND = {"number": "is bound to nothing", "comment": "is no tag"}
SAME = 1e-9  # relative: the last bits of a decimal may differ between processors


@dataclass(frozen=True)
class Known:
    """What tags may refer to, beside the notebook's own expressions.

    results:    dict, name -> number; the named numbers of results.json.
    facts:      dict, key -> {"value": ..., "what": ..., "source": ...}; facts.json.
    tolerances: dict, quantity -> how far another run may lie away; tolerances.csv.
    """

    results: Mapping
    facts: Mapping
    tolerances: Mapping

    def value(self, tag, values):
        """Return what a tag stands for. values: dict, expression -> value. Raises TagError."""
        if tag.fact:
            return _found(tag.fact, self.facts, "facts.json")["value"]
        if tag.result:
            return _found(tag.result, self.results, "results.json")
        if tag.quantity:
            _found(tag.quantity, self.tolerances, "tolerances.csv")
        return _found(tag.expression, values, "the record (refresh the chapter)")


def measured_tolerances():
    """Return how far two runs of each trained quantity lay apart: dict, quantity -> tolerance."""
    with damaged(TOLERANCES), TOLERANCES.open(encoding="utf-8", newline="") as file:
        return {row["quantity"]: float(row["tolerance"]) for row in csv.DictReader(file)}


def knowing(results):
    """Return what the tags of this clone may refer to, with the results given."""
    return Known(results, FACTS, measured_tolerances())


def wrong_numbers(text, known, values=()):
    """Return what is wrong with the numbers of a text, a list of str, one each.

    values: dict, expression -> value, of the text's cell.
    """
    problems = [
        f"{piece.text} {UNBOUND[piece.kind]}: {_around(text, piece)}"
        for piece in pieces(text)
        if piece.kind in UNBOUND
    ]
    try:
        found = tags(text)
    except TagError as error:
        return [*problems, str(error)]
    for tag in found:
        try:
            problems += _wrong(tag, text[tag.start : tag.end], known, dict(values))
        except TagError as error:
            problems.append(f"{text[tag.start : tag.end]}: {error}")
    return problems


def renew(notebook, known):
    """Let the numbers in a notebook's texts show their values, as `renewed` does, in place."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = renewed(cell.source, known, cell.metadata.get(VALUES, {}))


def renewed(text, known, values=()):
    """Return a text whose numbers show their values; one that has none stays as it is."""

    def value_of(tag):
        try:
            return known.value(tag, dict(values))
        except TagError:
            return None

    return rewritten(text, value_of)


def named(notebook):
    """Return the named numbers of a notebook: dict, name -> value.

    Raises TagError if two have the same name.
    """
    numbers = {}
    for cell in notebook.cells:
        for tag in tags(cell.source) if cell.cell_type == "markdown" else ():
            if tag.name in numbers:
                raise TagError(f"two numbers of this notebook are named {tag.name}")
            values = cell.metadata.get(VALUES, {})
            if tag.name and tag.expression in values:
                numbers[tag.name] = values[tag.expression]
    return numbers


def moved(cell, values, known):
    """Return how fresh values differ from what a Markdown cell has recorded: list of str.

    What a tag shows has to be the same, or to lie within the tolerance that it names.
    """
    problems = []
    for tag in tags(cell.source):
        if not tag.expression:
            continue
        new, old = values[tag.expression], cell.metadata.get(VALUES, {}).get(tag.expression)
        tolerance = known.tolerances[tag.quantity] if tag.quantity else 0
        if not _close(new, old, tolerance) and formatted(new, tag.shown) != tag.shown:
            problems.append(f"{tag.shown} is bound to {tag.expression!r}, which is now {new!r}")
    return problems


def _wrong(tag, written, known, values):
    if tag.digit:
        return []
    value = known.value(tag, values)
    problems = []
    if (right := formatted(value, tag.shown)) != tag.shown:
        problems.append(f"{written}: should show {right}")
    if tag.name and known.results.get(tag.name) != value:
        problems.append(f"{written}: results.json has another value for {tag.name}, or none")
    return problems


def _close(new, old, tolerance):
    numbers = (int, float)
    if not (isinstance(new, numbers) and isinstance(old, numbers)):
        return new == old
    return abs(new - old) <= max(tolerance, SAME * abs(old))


def _found(key, where, what):
    if key not in where:
        raise TagError(f"{key!r} is not in {what}")
    return where[key]


def _around(text, piece):
    start, end = max(0, piece.start - 30), piece.start + len(piece.text) + 30
    return f"... {' '.join(text[start:end].split())} ..."
