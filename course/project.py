"""Where things stand in a clone, and which data a run would rest on."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from lenet_helpers.commands import ToolError, blaming

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
FIGURES = ROOT / "figures"
BUILD = ROOT / "build"
WORKSHOP = ROOT / "workshop"
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
HOME = ROOT / "course/website/home.md"
PYPROJECT = ROOT / "pyproject.toml"
GUIDE = ROOT / "course/workshop/guide.toml"
TEXTS = (README, CONTRIBUTING, HOME, GUIDE)  # beside the notebooks
CITATION = ROOT / "CITATION.cff"
TOLERANCES = ROOT / "lenet_helpers/artifacts/tolerances.csv"

DESCRIBE_DATA = """
import contextlib, io, json
from lenet_helpers.data import MnistError, load_mnist
try:
    with contextlib.redirect_stdout(io.StringIO()):
        digits = load_mnist()
    found = {"name": digits.name, "is_full": digits.is_full}
except MnistError as error:
    found = {"error": str(error)}
print(json.dumps(found))
"""


def damaged(path):
    """Context manager: a ToolError that names the file for whatever goes wrong while it is read."""
    made_anew = BUILD in Path(path).parents
    remedy = "Remove it: it is made anew." if made_anew else "Check it out again."
    return blaming(path, remedy=remedy)


def read_text(path):
    """Return a text file's content. Raises ToolError, naming the file, if it cannot be read."""
    with damaged(path):
        return Path(path).read_text(encoding="utf-8")


def notebook_paths(words=()):
    """Return the chapters' notebooks in reading order, or those that the words name.

    words: str each, "04", "04_train" or "04_train.ipynb".
    Raises ToolError if there are none, or a word names none.
    """
    known = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if not known:
        raise ToolError(f"There are no notebooks in {NOTEBOOKS}: run this in a clone.")
    return [_named(word, known) for word in words] or known


def chapter(path):
    """Return the two digits that a notebook's name begins with."""
    return Path(path).name[:2]


def data_in_use():
    """Return the name of the data that a run would load, and whether it is the full MNIST.

    Asks in another process, because loading may start TensorFlow.
    Raises ToolError with the loader's own words if it refuses.
    """
    command = [sys.executable, "-c", DESCRIBE_DATA]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if answer.returncode:
        raise ToolError("The data could not be looked up; what went wrong is above.")
    found = json.loads(answer.stdout.splitlines()[-1])
    if "error" in found:
        raise ToolError(found["error"])
    return found["name"], found["is_full"]


def repository_address():
    """Return the repository's address in pyproject.toml, the one place where it is written."""
    with damaged(PYPROJECT):
        project = tomllib.loads(read_text(PYPROJECT))["project"]
        return project["urls"]["repository"].rstrip("/")


def _named(word, known):
    stem = Path(word).name.removesuffix(".ipynb")
    for path in known:
        if stem in (path.stem, chapter(path)):
            return path
    raise ToolError(f"No notebook is called {word!r}; known: {', '.join(p.stem for p in known)}.")
