"""Whatever number, picture or alternative text of the series is changed, the quick check notices.

Each number of each text is moved by one in its last place, up and down. Those that need no tag, by
`course.exempt`, are not noticed: what they are is written down in exempt.json, beside this file.
"""

import copy
import itertools
import json
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from course.documents import wrong_in_notebook
from course.evaluate import VALUES
from course.figures import PNG, figures, wrong_figures
from course.numbers import knowing, wrong_numbers
from course.project import FIGURES, TEXTS, notebook_paths
from course.results import alternative_texts, named_numbers, read_results
from course.tags import pieces, tags

PATHS = [*notebook_paths(), *TEXTS]
RESULTS = read_results(FIGURES)
KNOWN = knowing(named_numbers(RESULTS))
ALTS = alternative_texts(RESULTS)
EXEMPT = Path(__file__).with_name("exempt.json")
CHECKED_ELSEWHERE = ("tag", "generated", "picture", "address")


def read(path):
    return nbformat.read(path, as_version=4)


def texts(path):
    """Return the texts of a file: list of (text, recorded values)."""
    if path.suffix != ".ipynb":
        return [(path.read_text(encoding="utf-8"), {})]
    cells = [cell for cell in read(path).cells if cell.cell_type == "markdown"]
    return [(cell.source, cell.metadata.get(VALUES, {})) for cell in cells]


def moved(shown):
    """Return what a number shows, one more and one less in its last place."""
    last = re.search(r"[0-9](?=[^0-9]*(?:e[-+]?[0-9]+)?[^0-9]*$)", shown)
    digit = int(last[0])
    changed = {(digit + 1) % 10, (digit - 1) % 10}
    return [shown[: last.start()] + str(one) + shown[last.end() :] for one in sorted(changed)]


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_every_bound_number_is_watched(path):
    survivors, count = [], 0
    for text, values in texts(path):
        for tag in tags(text):
            if tag.digit:
                continue
            count += 1
            for other in moved(tag.shown):
                changed = text[: tag.start] + other + text[tag.start + len(tag.shown) :]
                if not wrong_numbers(changed, KNOWN, values):
                    survivors.append(f"{tag.shown} -> {other}: {text[tag.start : tag.end]}")
    assert survivors == []
    assert count > 0


def test_a_tag_that_is_taken_away_is_missed(path):
    for text, values in texts(path):
        for tag in tags(text):
            bare = text[: tag.start] + tag.shown + text[tag.end :]
            assert wrong_numbers(bare, KNOWN, values), text[tag.start : tag.end]


def exempt(path):
    """Return what needs no tag in a file, and how often it stands there: dict, rule -> dict."""
    found = {}
    for text, _ in texts(path):
        for piece in pieces(text):
            rule = "digit" if piece.text.endswith("<!-- digit -->") else piece.kind
            if rule not in CHECKED_ELSEWHERE:
                phrase = " ".join(piece.text.removesuffix("<!-- digit -->").split())
                found.setdefault(rule, Counter())[phrase] += 1
    return {rule: dict(sorted(phrases.items())) for rule, phrases in found.items()}


def test_what_needs_no_tag_is_written_down(path):
    known = json.loads(EXEMPT.read_text(encoding="utf-8"))
    assert exempt(path) == known[path.name], f"see the difference, then run python {__file__}"


def test_swapped_pictures_and_alternative_texts_are_noticed(path):
    if path.suffix != ".ipynb":
        pytest.skip("no cells")
    notebook = read(path)
    assert wrong_figures(notebook, FIGURES, ALTS) == []
    shown = [place for place, cell in enumerate(notebook.cells) if "figure" in cell.metadata]
    assert len(shown) == len(figures(notebook))
    for one, other in itertools.pairwise(shown):
        for part in ("data", "metadata"):
            swapped = copy.deepcopy(notebook)
            a, b = (_picture(swapped.cells[place]) for place in (one, other))
            a[part], b[part] = b[part], a[part]
            assert wrong_figures(swapped, FIGURES, ALTS), (one, other, part)


def test_the_texts_are_true(path):
    if path.suffix == ".ipynb":
        assert wrong_in_notebook(read(path), KNOWN) == []
    else:
        assert wrong_numbers(path.read_text(encoding="utf-8"), KNOWN) == []


def _picture(cell):
    return next(output for output in cell.outputs if PNG in output.get("data", {}))


if __name__ == "__main__":
    known = {path.name: exempt(path) for path in PATHS}
    EXEMPT.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
