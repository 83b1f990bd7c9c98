"""The figures of a notebook: their names, their files, and their alternative texts.

A code cell that displays a figure has the name of its file in its metadata, such as
`{"figure": "01_digit_grid"}`. The alternative text comes with the figure
(`lenet_helpers.plots.described`). One that is drawn in the open, with `plt.subplots`, has it in the
metadata, too: `{"figure": "01_digit_grid", "alt": "Ten rows of handwritten digits."}`.
"""

import base64
import re
from html import escape
from pathlib import Path

from nbformat import from_dict

from course.project import ToolError
from lenet_helpers.files import replaced

NAME = re.compile(r"\d\d_\w+")
PNG = "image/png"
DATA = re.compile('(?<=data:image/png;base64,)[^"]+')
SAME = 0.5  # root mean square of the difference, in grey levels of 0 to 255


def figures(notebook):
    """Return a notebook's figures: dict, name -> (PNG as bytes, alternative text).

    Raises ToolError, naming the cell, if a picture has no name or no alternative text, or if a
    cell with a name shows no picture, or several.
    """
    found = {}
    for cell in notebook.cells:
        shown = _pictures(cell.get("outputs", []))
        name = cell.metadata.get("figure")
        if name is None and not shown:
            continue
        if name is None or not NAME.fullmatch(name):
            raise ToolError(
                f"cell {cell.id!r}: a picture, and no {{'figure': '01_name'}} in its metadata"
            )
        if len(shown) != 1:
            raise ToolError(f"cell {cell.id!r}: {len(shown)} pictures for the one name {name}")
        if name in found:
            raise ToolError(f"cell {cell.id!r}: a second figure called {name}")
        alt = _alt(shown[0])
        if not alt.strip():
            raise ToolError(f"cell {cell.id!r}: figure {name} has no alternative text")
        try:
            found[name] = base64.b64decode(shown[0].data[PNG]), alt
        except ValueError as error:
            raise ToolError(f"cell {cell.id!r}: the picture {name} is damaged: {error}") from error
    return found


def describe(notebook):
    """Give pictures that were drawn in the open the alternative text of their cell, in place."""
    for cell in notebook.cells:
        describe_outputs(cell.get("outputs", []), cell.metadata.get("alt"))


def describe_outputs(outputs, alt):
    """Give a cell's pictures the alternative text in its metadata, if there is one, in place."""
    from lenet_helpers.plots.described import mimebundle

    for output in _pictures(outputs) if alt else ():
        png = base64.b64decode(output.data[PNG])
        output.data, output.metadata = map(from_dict, mimebundle(png, alt))


def wrong_figures(notebook, folder, alts):
    """Return where a committed notebook, the files and the record disagree: list of str.

    alts: dict, name -> alternative text, from results.json.
    """
    try:
        found = figures(notebook)
    except ToolError as error:
        return [str(error)]
    problems = []
    for name, (png, alt) in found.items():
        path = Path(folder) / f"{name}.png"
        if not path.is_file() or path.read_bytes() != png:
            problems.append(f"{name}: the picture in the notebook is not {path.name}")
        if alts.get(name) != alt:
            problems.append(f"{name}: its alternative text is not the one in results.json")
    return problems


def differing(fresh, committed, name, folder):
    """Return how a cell's picture differs from the committed one: list of str, empty or with one.

    fresh, committed: lists of outputs. Where they differ, the folder shows how.
    """
    from matplotlib.testing.compare import compare_images
    from matplotlib.testing.exceptions import ImageComparisonFailure

    paths = [Path(folder) / f"{name}-{which}.png" for which in ("committed", "fresh")]
    for path, outputs in zip(paths, (committed, fresh), strict=True):
        with replaced(path) as file:
            file.write(base64.b64decode(_pictures(outputs)[0].data[PNG]))
    try:
        problem = compare_images(*map(str, paths), tol=SAME)
    except ImageComparisonFailure as error:
        problem = str(error)
    return [f"{name}: {' '.join(problem.split())}"] if problem else []


def without_pictures(html):
    """Return HTML without the contents of the pictures in it."""
    return DATA.sub("", html)


def _pictures(outputs):
    return [output for output in outputs if PNG in output.get("data", {})]


def _alt(output):
    """The alternative text that stands in all three places, or "" if they disagree."""
    alt = output.metadata.get(PNG, {}).get("alt", "")
    shown = output.data.get("text/html", "").endswith(f'" alt="{escape(alt)}">')
    return alt if shown and output.data.get("text/plain") == alt else ""
