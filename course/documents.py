"""All texts of the series, and what is wrong with their numbers and figures."""

from course.evaluate import VALUES
from course.execute import read_notebook
from course.figures import wrong_figures
from course.numbers import knowing, wrong_numbers
from course.project import FIGURES, README, ROOT, TEXTS, WORKSHOP, notebook_paths, read_text
from course.results import NAME as RESULTS
from course.results import alternative_texts, named_numbers, read_results
from course.stamp import learners, stamped_readme
from course.workshop.learner import stale_files


def wrong_documents():
    """Return what is wrong with the texts, a list of "file, cell: problem"; runs no notebook."""
    results = read_results(FIGURES)
    known, alts = knowing(named_numbers(results)), alternative_texts(results)
    problems = []
    for path in notebook_paths():
        notebook = read_notebook(path)
        found = wrong_in_notebook(notebook, known) + wrong_figures(notebook, FIGURES, alts)
        problems += [f"{path.relative_to(ROOT)}, {problem}" for problem in found]
    for path in TEXTS:
        found = wrong_numbers(read_text(path), known)
        problems += [f"{path.relative_to(ROOT)}: {problem}" for problem in found]
    problems += wrong_files(alts) + wrong_readme(read_text(README), alts)
    stale = stale_files(WORKSHOP, learners())
    return problems + [f"workshop/{name} is old: run `python -m course stamp`" for name in stale]


def wrong_in_notebook(notebook, known):
    """Return what is wrong with the numbers in a notebook's texts: list of "cell 'id': problem"."""
    return [
        f"cell {cell.id!r}: {problem}"
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for problem in wrong_numbers(cell.source, known, cell.metadata.get(VALUES, {}))
    ]


def wrong_files(alts):
    """Return the files in figures/ that no notebook shows, and those that are missing."""
    there = {path.name for path in FIGURES.iterdir()}
    wanted = {RESULTS, *(f"{name}.png" for name in alts)}
    odd = sorted(there ^ wanted)
    return [f"figures/{name}: there, or shown by a notebook, but not both" for name in odd]


def wrong_readme(text, alts):
    """Return whether README's table of chapters or a figure's alternative text is an old one."""
    if stamped_readme(text, alts) == text:
        return []
    return ["README.md: its table or an alternative text is old: run `python -m course stamp`"]
