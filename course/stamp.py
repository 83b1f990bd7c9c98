"""`python -m course stamp`: write what is generated into notebooks, README and citation."""

from course import texts
from course.execute import read_notebook, write_notebook
from course.numbers import knowing, renew, renewed
from course.project import (
    CITATION,
    FIGURES,
    GUIDE,
    README,
    ROOT,
    notebook_paths,
    read_text,
    repository_address,
)
from course.results import alternative_texts, named_numbers, read_results
from lenet_helpers.files import replaced


def stamp():
    """Rewrite addresses, named numbers and facts, and what README shows of chapters and figures.

    Names the files that changed.
    """
    results = read_results(FIGURES)
    address, known = repository_address(), knowing(named_numbers(results))
    changed = [path for path in notebook_paths() if _stamp_notebook(path, address, known)]
    for path in (README, GUIDE, CITATION):
        before = read_text(path)
        after = texts.stamped(renewed(before, known), address)
        if path == README:
            after = stamped_readme(after, alternative_texts(results))
        if after != before:
            changed.append(path)
            with replaced(path) as file:
                file.write(after.encode())
    for path in changed:
        print(f"stamped {path.relative_to(ROOT)}")


def stamped_readme(text, alts):
    """Return README with its table of chapters, and its figures' alternative texts, as they are.

    alts: dict, name of a figure -> its alternative text.
    """
    openings = {path.name: read_notebook(path).cells[0].source for path in notebook_paths()}
    return texts.described(texts.filled(text, texts.chapters_table(openings)), alts)


def _stamp_notebook(path, address, known):
    notebook = read_notebook(path)
    before = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        cell.source = texts.stamped(cell.source, address)
    renew(notebook, known)
    if before == [cell.source for cell in notebook.cells]:
        return False
    write_notebook(notebook, path)
    return True
