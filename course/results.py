"""`results.json`: what the chapters found, for other texts to use, beside their figures.

    {"05": {"figures": {"05_seeds": "Test error of ..."}, "numbers": {"test_errors": 114}}, ...}

A chapter's part is written as one, by whoever ran the chapter.
"""

import json
from pathlib import Path

from course import figures
from course.numbers import named
from course.project import ToolError, damaged
from lenet_helpers.files import replaced

NAME = "results.json"


def read_results(folder):
    """Return what `results.json` in a folder holds: dict, chapter -> its figures and numbers.

    Raises ToolError if it is damaged, or was written by another version.
    """
    path = Path(folder) / NAME
    if not path.exists():
        return {}
    with damaged(path):
        results = json.loads(path.read_text(encoding="utf-8"))
        for part in results.values():
            dict(part["figures"]), dict(part["numbers"])
    return results


def alternative_texts(results):
    """Return the alternative texts of all figures: dict, name -> str."""
    return {name: alt for part in results.values() for name, alt in part["figures"].items()}


def named_numbers(results):
    """Return the named numbers of all chapters: dict, name -> number."""
    return {name: value for part in results.values() for name, value in part["numbers"].items()}


def publish(notebook, chapter, folder):
    """Write a chapter's figures and named numbers into a folder, in place of those it had.

    Raises ToolError, with nothing written, if a picture or a name is wrong, or the name is taken.
    """
    folder, results = Path(folder), read_results(folder)
    results.pop(chapter, None)
    numbers, pictures = named(notebook), figures.figures(notebook)
    if taken := numbers.keys() & named_numbers(results).keys():
        raise ToolError(f"another chapter has a number called {', '.join(sorted(taken))}")
    for name, (png, _) in pictures.items():
        with replaced(folder / f"{name}.png") as file:
            file.write(png)
    alts = {name: alt for name, (_, alt) in pictures.items()}
    results[chapter] = {"figures": alts, "numbers": numbers}
    text = json.dumps(results, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with replaced(folder / NAME) as file:
        file.write(text.encode())
    for path in folder.glob(f"{chapter}_*"):
        if path.name not in {f"{name}.png" for name in pictures}:
            path.unlink()
