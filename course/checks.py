"""What a committed notebook or text has to be; each check returns its problems, a line each."""

import re
from pathlib import Path
from urllib.parse import unquote

from course import texts
from course.execute import METADATA
from course.figures import without_pictures

CODE_LINES = 10

FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(`+).+?\1", re.DOTALL)
TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)|(?:src|href)=\"([^\"]+)\"")

RESIDUE = {
    "a machine's path": re.compile(
        r"/(?:home|root|Users|tmp|work|opt|usr)/|\b[A-Z]:\\|site-packages|\.venv|ipykernel_\d"
    ),
    "a memory address": re.compile(r"\b0x[0-9a-fA-F]{5,}"),
    "a timing": re.compile(r"\d\s?[mµ]?s/(?:step|it|epoch)|\d\s?it/s"),
    "progress residue": re.compile("\r|\x08|\x1b\\[[0-9;]*[A-HJK]"),  # not colours
}


# --- notebooks: what was run -------------------------------------------------------------------


def unexecuted_cells(notebook):
    """Every code cell was run once, from top to bottom."""
    return [
        f"code cell {number}: execution count is {cell.execution_count}"
        for number, cell in _code_cells(notebook)
        if cell.execution_count != number
    ]


def loud_cells(notebook):
    """No cell wrote to stderr or raised."""
    problems = []
    for number, cell in _code_cells(notebook):
        for output in cell.outputs:
            if output.get("name") == "stderr":
                problems.append(f"code cell {number} wrote to stderr: {_line(output.text)}")
            if output.output_type == "error":
                problems.append(f"code cell {number} raised {output.ename}")
    return problems


def residue(notebook):
    """No output holds what another machine or another run would not print."""
    return [
        f"code cell {number} shows {what}: {_line(found[0])}"
        for number, cell in _code_cells(notebook)
        for text in _output_texts(cell)
        for what, pattern in RESIDUE.items()
        if (found := pattern.search(text))
    ]


def metadata_noise(notebook):
    """The notebook's metadata name Python 3 and nothing of the machine that ran it."""
    return [] if notebook.metadata == METADATA else [f"metadata are {dict(notebook.metadata)}"]


# --- notebooks: how they read ------------------------------------------------------------------


def long_cells(notebook):
    """No code cell is longer than a reader takes in at once."""
    return [
        f"code cell {number} has {lines} lines, more than {CODE_LINES}"
        for number, cell in _code_cells(notebook)
        if (lines := len(cell.source.splitlines())) > CODE_LINES
    ]


def structure(notebook, name, next_name=None):
    """The chapter opens and closes as every chapter does.

    name:      str, the notebook's file name.
    next_name: str, the next chapter's, if there is one.
    """
    first, last = notebook.cells[0], notebook.cells[-1]
    wanted = {
        "a Colab badge": bool(texts.BADGE.search(first.source)),
        f"the heading '# Chapter {int(name[:2])} · ...'": bool(
            re.search(rf"^# Chapter {int(name[:2])} · \S", first.source, re.MULTILINE)
        ),
        "a line '*(reading ..., computing ...)*'": bool(texts.TIMES.search(first.source)),
        "'In this chapter you will' and a list": _list_after(first, "In this chapter you will"),
        "a first code cell tagged 'setup'": _setup_first(notebook),
        "a last cell '## What you saw' with a list": _list_after(last, "## What you saw"),
    }
    if next_name:
        wanted[f"a link to {next_name} after '**Next:**'"] = bool(
            re.search(rf"\*\*Next:\*\*.*\]\({re.escape(next_name)}\)", last.source, re.DOTALL)
        )
    return [f"missing: {what}" for what, there in wanted.items() if not there]


def stale_addresses(notebook, name, address):
    """Badge and pip line are what `stamp` writes, and the badge opens this very notebook."""
    problems = [
        f"cell {index} holds another repository's address or release: run `python -m course stamp`"
        for index, cell in enumerate(notebook.cells)
        if texts.stamped(cell.source, address) != cell.source
    ]
    if f"/blob/{texts.RELEASE}/notebooks/{name})" not in notebook.cells[0].source:
        problems.append(f"the badge does not open notebooks/{name}")
    return problems


def unmeasured_tolerances(notebook, tolerances):
    """Every tolerance on a cell is the measured one that it names.

    tolerances: dict, quantity -> tolerance, from tolerances.csv.
    """
    problems = []
    for number, cell in _code_cells(notebook):
        if "approx" in cell.metadata:
            found = _basis(tolerances, cell.metadata.get("approx_basis"), cell.metadata["approx"])
            problems += [f"code cell {number}: {problem}" for problem in found]
    return problems


# --- texts: Markdown cells and README ----------------------------------------------------------


def broken_links(text, folder):
    """Every relative link leads to a file."""
    text = SPAN.sub("", FENCE.sub("", text))
    targets = [one or other for one, other in TARGET.findall(text)]
    return [
        f"link to {target}: there is no such file"
        for target in targets
        if not re.match(r"[a-z]+:|#", target)
        and not (Path(folder) / unquote(target.partition("#")[0])).exists()
    ]


# --- parts -------------------------------------------------------------------------------------


def markdown(notebook):
    """Return the text of a notebook's Markdown cells."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _code_cells(notebook):
    return enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1)


def _output_texts(cell):
    for output in cell.outputs:
        yield from ([output.text] if output.output_type == "stream" else [])
        for kind, text in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield without_pictures(text)


def _list_after(cell, words):
    _, found, rest = cell.source.partition(words)
    return cell.cell_type == "markdown" and bool(found) and rest.count("\n- ") >= 2


def _setup_first(notebook):
    first = next((cell for _, cell in _code_cells(notebook)), None)
    return first is not None and "setup" in first.metadata.get("tags", [])


def _basis(tolerances, basis, tolerance):
    if basis not in tolerances:
        return [f"tolerances.csv has no {basis!r}"]
    if f"{tolerances[basis]:g}" != f"{tolerance:g}":
        return [f"tolerance {tolerance:g}, but tolerances.csv has {tolerances[basis]:g} ({basis})"]
    return []


def _line(text):
    return " ".join(str(text).split())[:100]
