"""Figures and numbers that leave a notebook: files, and `results.json` beside them."""

import csv
import json
import os
import re
from pathlib import Path

from lenet_helpers.files import locked, replaced
from lenet_helpers.runtime import named_path

RESULTS = "results.json"
EMPTY = {"figures": {}, "numbers": {}}
SVG_SALT = "lenet_helpers"
ROOT = Path(__file__).resolve().parents[1]
TOLERANCES = Path(__file__).parent / "artifacts/tolerances.csv"


def output_folder():
    """Return the folder that figures and numbers go to, as a Path; it may not exist yet.

    The environment variable LENET_FIGURES, else `build/figures` in a clone, else `./figures`.
    """
    if named := os.environ.get("LENET_FIGURES"):
        return named_path(named, "LENET_FIGURES")
    return ROOT / "build/figures" if (ROOT / "pyproject.toml").is_file() else Path("figures")


def show(figure, name, alt, line_art=False, compared=True):
    """Save a Matplotlib figure, display it once with its alternative text, and close it.

    name:     str, chapter and title: "01_label_histogram" writes 01_label_histogram.png.
    alt:      str, what a reader who cannot see the figure needs to know.
    line_art: bool, write an SVG as well.
    compared: bool, whether every run must draw the same: False if it shows training done live.
    Raises ValueError if the name has another form or the text is empty.
    """
    _require(r"\d\d_\w+", name, "A figure's name", "01_label_histogram")
    if not alt.strip():
        raise ValueError(f"Figure {name} needs an alternative text.")
    folder = output_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
    if line_art:
        _save_svg(figure, path.with_suffix(".svg"))
    _close(figure)
    _record("figures", name, {"alt": alt, "chapter": name[:2], "compared": compared})

    from IPython.display import Image, display

    # IPython 7.34, Colab's, has no argument `alt`.
    display(Image(data=path.read_bytes(), metadata={"alt": alt}))


def report(key, value, unit="", basis="exact"):
    """Record a number of a chapter in `results.json`.

    key:       str, chapter and name: "05.test_errors".
    value:     int, float, bool or str, or a NumPy scalar.
    basis:     str, "exact", or the quantity in tolerances.csv that says how far another run may
               lie from this one.
    Raises ValueError if the key has another form, or the quantity was not measured.
    """
    _require(r"\d\d\.\w+", key, "A number's key", "05.test_errors")
    tolerances = {"exact": 0, **measured_tolerances()}
    if basis not in tolerances:
        raise ValueError(f"{key}: tolerances.csv has no {basis!r}, only {', '.join(tolerances)}.")
    entry = {
        "basis": basis,
        "chapter": key[:2],
        "tolerance": tolerances[basis],
        "unit": unit,
        "value": _plain(value),
    }
    _record("numbers", key, entry)


def measured_tolerances():
    """Return how far two runs of each trained quantity lay apart: dict, quantity -> tolerance."""
    with TOLERANCES.open(encoding="utf-8", newline="") as file:
        return {row["quantity"]: float(row["tolerance"]) for row in csv.DictReader(file)}


def read_results(folder):
    """Return what `results.json` in a folder holds: {"figures": {...}, "numbers": {...}}."""
    path = Path(folder) / RESULTS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else dict(EMPTY)


def write_results(folder, results):
    """Replace `results.json` in a folder, at once and in a stable form."""
    text = json.dumps(results, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with replaced(Path(folder) / RESULTS) as file:
        file.write(text.encode())


def _record(section, key, entry):
    folder = output_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):  # two chapters may run at once
        results = read_results(folder)
        results[section] = {**results[section], key: entry}
        write_results(folder, results)


def _save_svg(figure, path):
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": SVG_SALT}):
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def _close(figure):
    import matplotlib.pyplot as plt

    plt.close(figure)


def _plain(value):
    return value.item() if hasattr(value, "item") else value


def _require(pattern, text, what, example):
    if not re.fullmatch(pattern, text):
        raise ValueError(f"{what} is a chapter and a word, like {example!r}; this is {text!r}.")
