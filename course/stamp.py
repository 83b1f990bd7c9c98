"""`python -m course stamp`: write what is generated into notebooks, README and citation."""

import nbformat

from course import texts
from course.execute import write_notebook
from course.project import CITATION, FIGURES, README, ROOT, notebook_paths, repository_address
from lenet_helpers.files import replaced
from lenet_helpers.reporting import read_results


def stamp():
    """Rewrite addresses, tagged numbers and README's tables, and name the files that changed."""
    address, numbers = repository_address(), read_results(FIGURES)["numbers"]
    changed = [path for path in notebook_paths() if _stamp_notebook(path, address, numbers)]
    changed += [path for path in (README, CITATION) if _stamp_text(path, address, numbers)]
    for path in changed:
        print(f"stamped {path.relative_to(ROOT)}")


def readme_blocks(numbers):
    """Return the generated parts of README, by the name of the block that they stand in."""
    openings = {
        path.name: nbformat.read(path, as_version=4).cells[0].source for path in notebook_paths()
    }
    return {
        "chapters": texts.chapters_table(openings),
        "results": texts.results_table(numbers),
    }


def _stamp_notebook(path, address, numbers):
    notebook = nbformat.read(path, as_version=4)
    before = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        cell.source = texts.stamped(cell.source, address)
        if cell.cell_type == "markdown":
            cell.source = texts.retagged(cell.source, numbers)
    if before == [cell.source for cell in notebook.cells]:
        return False
    write_notebook(notebook, path)
    return True


def _stamp_text(path, address, numbers):
    before = path.read_text(encoding="utf-8")
    after = texts.retagged(texts.stamped(before, address), numbers)
    if path == README:
        after = texts.filled(after, readme_blocks(numbers))
    if before != after:
        with replaced(path) as file:
            file.write(after.encode())
    return before != after
