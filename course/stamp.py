"""`python -m course stamp`: write what is generated: in notebooks and texts, and `workshop/`."""

import copy

from course import texts
from course.execute import read_notebook, write_notebook
from course.numbers import knowing, renew, renewed
from course.project import (
    CITATION,
    FIGURES,
    README,
    ROOT,
    TEXTS,
    WORKSHOP,
    notebook_paths,
    read_text,
    repository_address,
)
from course.results import alternative_texts, named_numbers, read_results
from course.workshop.learner import fold, learners_files, stale_files, times
from course.workshop.reading import with_reading_time
from lenet_helpers.files import replaced


def stamp():
    """Rewrite addresses, named numbers and facts, folds, README's table and figures, `workshop/`.

    Names the files that changed.
    """
    results = read_results(FIGURES)
    address, known = repository_address(), knowing(named_numbers(results))
    changed = [path for path in notebook_paths() if _stamp_notebook(path, address, known)]
    for path in (*TEXTS, CITATION):
        before = read_text(path)
        after = texts.stamped(renewed(before, known), address)
        if path == README:
            after = stamped_readme(after, alternative_texts(results))
        if after != before:
            changed.append(path)
            with replaced(path) as file:
                file.write(after.encode())
    changed += _stamp_workshop()
    for path in changed:
        print(f"stamped {path.relative_to(ROOT)}")


def stamped_readme(text, alts):
    """Return README with its table of chapters, its recipe, and its figures' alternative texts.

    alts: dict, name of a figure -> its alternative text.
    """
    notebooks = {path: read_notebook(path) for path in notebook_paths()}
    openings = {path.name: notebook.cells[0].source for path, notebook in notebooks.items()}
    spans = {path.name: times(notebook) for path, notebook in notebooks.items()}
    table = texts.chapters_table(openings, spans, repository_address())
    cells = [cell for notebook in notebooks.values() for cell in notebook.cells]
    return texts.described(texts.filled(text, chapters=table, recipe=texts.recipe(cells)), alts)


def learners():
    """Return what `workshop/` has to hold: dict, name of a file -> its text."""
    notebooks = {path: read_notebook(path) for path in notebook_paths()}
    return learners_files(notebooks, repository_address())


def _stamp_notebook(path, address, known):
    notebook = read_notebook(path)
    before = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = texts.stamped(cell.source, address)
    renew(notebook, known)
    fold(notebook)
    with_reading_time(notebook)
    if notebook == before:
        return False
    write_notebook(notebook, path)
    return True


def _stamp_workshop():
    files = learners()
    stale = [WORKSHOP / name for name in stale_files(WORKSHOP, files)]
    for path in stale:
        if path.name not in files:
            path.unlink()
            continue
        with replaced(path) as file:
            file.write(files[path.name].encode())
    return stale
