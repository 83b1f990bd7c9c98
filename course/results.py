"""Keep `results.json` and the figures beside it in step, and compare two sets of them."""

import math
import shutil
from pathlib import Path

import numpy as np

from lenet_helpers.reporting import read_results, write_results

SAME_NUMBER = 1e-9  # relative; exact decimals may differ in their last bits between processors
SAME_FIGURE = 0.5  # root mean square of the difference, in grey levels of 0 to 255


def of_chapter(results, chapter):
    """Return the part of a results dictionary that one chapter wrote."""
    return {
        section: {key: entry for key, entry in entries.items() if entry["chapter"] == chapter}
        for section, entries in results.items()
    }


def forget(chapter, folder):
    """Remove a chapter's figures and numbers from a folder."""
    folder = Path(folder)
    if not folder.is_dir():
        return
    for path in folder.glob(f"{chapter}_*"):
        path.unlink()
    results = read_results(folder)
    mine = of_chapter(results, chapter)
    kept = {
        section: {key: entry for key, entry in entries.items() if key not in mine[section]}
        for section, entries in results.items()
    }
    write_results(folder, kept)


def publish(chapter, source, target):
    """Replace a chapter's figures and numbers in `target` by those in `source`."""
    forget(chapter, target)
    fresh = of_chapter(read_results(source), chapter)
    results = read_results(target)
    write_results(target, {section: results[section] | fresh[section] for section in fresh})
    for path in Path(source).glob(f"{chapter}_*"):
        shutil.copyfile(path, Path(target) / path.name)


def compare_numbers(fresh, committed):
    """Return what differs between two `numbers` sections, a line each.

    The committed tolerance decides: 0 asks for equality, up to the last bits of a decimal.
    """
    problems = _compare_keys("number", fresh, committed)
    for key in sorted(fresh.keys() & committed.keys()):
        new, old = fresh[key], committed[key]
        for field in ("unit", "tolerance", "basis"):
            if new[field] != old[field]:
                problems.append(f"{key}: {field} is {new[field]!r}, committed {old[field]!r}")
        if not _same(new["value"], old["value"], old["tolerance"]):
            problems.append(
                f"{key}: {new['value']!r}, committed {old['value']!r}, tolerance {old['tolerance']}"
            )
    return problems


def compare_figures(fresh, committed, fresh_folder, committed_folder):
    """Return what differs between two `figures` sections and the files they name, a line each.

    Pictures are compared where the committed entry says that every run draws the same.
    """
    problems = _compare_keys("figure", fresh, committed)
    for name in sorted(fresh.keys() & committed.keys()):
        new, old = fresh[name], committed[name]
        if new["compared"] != old["compared"]:
            problems.append(f"{name}: compared is {new['compared']}, committed {old['compared']}")
        if not old["compared"]:
            continue
        if new["alt"] != old["alt"]:
            problems.append(f"{name}: its alternative text changed")
        problems += _compare_pictures(
            name, Path(fresh_folder) / f"{name}.png", Path(committed_folder) / f"{name}.png"
        )
    return problems


def _compare_keys(what, fresh, committed):
    gone = [f"{key}: this {what} was not reported" for key in committed.keys() - fresh.keys()]
    new = [f"{key}: this {what} is not committed" for key in fresh.keys() - committed.keys()]
    return sorted(gone + new)


def _same(new, old, tolerance):
    if isinstance(new, float) and isinstance(old, float) and not tolerance:
        return math.isclose(new, old, rel_tol=SAME_NUMBER)
    if tolerance:
        return abs(new - old) <= tolerance
    return new == old and type(new) is type(old)


def _compare_pictures(name, fresh, committed):
    from matplotlib.image import imread

    missing = [path for path in (fresh, committed) if not path.is_file()]
    if missing:
        return [f"{name}: {path.name} is missing in {path.parent.name}" for path in missing]
    new, old = (imread(path)[..., :3].astype(float) * 255 for path in (fresh, committed))
    if new.shape != old.shape:
        return [f"{name}: drawn as {new.shape[1::-1]}, committed as {old.shape[1::-1]} pixels"]
    distance = float(np.sqrt(np.mean((new - old) ** 2)))
    return [f"{name}: differs by {distance:.2f} grey levels"] if distance > SAME_FIGURE else []
