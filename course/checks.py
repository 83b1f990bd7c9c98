"""What a committed notebook or text has to be; each check returns its problems, a line each."""

import ast
import re
from pathlib import Path
from urllib.parse import unquote

from course import texts
from course.execute import METADATA

CODE_LINES = 10
SMALL = {str(number) for number in range(11)}

FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(`+).+?\1", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK = re.compile(r"!?\[(?:[^\[\]]|!?\[[^\]]*\]\([^)]*\))*\]\([^)]*\)|https?://\S+")
TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)|(?:src|href)=\"([^\"]+)\"")
NAMED = re.compile(r"[A-Za-z]-\d+|[Cc]hapters? \d+|[Ee]xercise \d+\.\d+")
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")

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


def figures_without_alt(notebook):
    """Every `show(...)` gives an alternative text, and every picture carries one."""
    problems = []
    for number, cell in _code_cells(notebook):
        calls = [node for node in ast.walk(_parsed(cell)) if isinstance(node, ast.Call)]
        if any(_is_show(call) and not _has_alt(call) for call in calls):
            problems.append(f"code cell {number}: show(...) without an alternative text")
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                if not alt.strip():
                    problems.append(f"code cell {number}: a picture without alternative text")
    return problems


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


def unmeasured_numbers(numbers, tolerances):
    """Every tolerance in results.json is the measured one that it names."""
    return [
        f"{key}: {problem}"
        for key, entry in numbers.items()
        if entry["tolerance"]
        for problem in _basis(tolerances, entry["basis"], entry["tolerance"])
    ]


def stale_tags(text, numbers):
    """Every tagged number is the one in results.json."""
    problems = []
    for match in texts.TAG.finditer(text):
        if match["key"] not in numbers:
            problems.append(f"{match[0]}: results.json has no {match['key']}")
        elif texts.retagged(match[0], numbers) != match[0]:
            problems.append(f"{match[0]}: results.json has {numbers[match['key']]['value']}")
    return problems


def untied_numbers(text, numbers, facts):
    """Every number in prose is small, tagged, a quoted fact or an exact result.

    numbers: dict, the "numbers" of results.json.
    facts:   dict, the number as it is written -> what it is and its source.
    """
    exact = [entry["value"] for entry in numbers.values() if not entry["tolerance"]]
    return [
        f"{number} is tied to nothing: ... {_line(prose[max(0, start - 30) : start + 30])} ..."
        for prose in [_prose(text)]
        for number, start in [(found[0], found.start()) for found in NUMBER.finditer(prose)]
        if number not in SMALL and number not in facts and not _among(number, exact)
    ]


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


def stale_blocks(text, blocks):
    """Every generated block is there and holds what would be generated now."""
    problems = [f"there is no block {name!r}" for name in blocks if f"<!-- {name} -->" not in text]
    if texts.filled(text, blocks) != text:
        problems.append("a table is stale: run `python -m course stamp`")
    return problems


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
                yield text


def _parsed(cell):
    return ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", cell.source, flags=re.MULTILINE))


def _is_show(call):
    return isinstance(call.func, ast.Name) and call.func.id == "show"


def _has_alt(call):
    given = [keyword.value for keyword in call.keywords if keyword.arg == "alt"] + call.args[2:3]
    return any(not (isinstance(alt, ast.Constant) and not str(alt.value).strip()) for alt in given)


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


def _prose(text):
    for pattern in (texts.BLOCK, texts.TAG, texts.TIMES, FENCE, SPAN, COMMENT, LINK, NAMED):
        text = pattern.sub(" ", text)
    return text


def _among(number, values):
    plain = number.replace(",", "")
    decimals = len(plain.partition(".")[2])
    for value in values:
        if isinstance(value, int) and not decimals and value == int(plain):
            return True
        if isinstance(value, float) and decimals and f"{value:.{decimals}f}" == plain:
            return True
    return False


def _line(text):
    return " ".join(str(text).split())[:100]
