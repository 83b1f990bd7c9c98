"""`python -m course notebooks`: run chapters into build/, leaving tracked files alone."""

from nbformat.v4 import new_markdown_cell

from course.execute import NotebookFailed, execute, write_notebook
from course.numbers import knowing, renew
from course.project import BUILD, FIGURES, ROOT, ToolError, chapter, data_in_use, notebook_paths
from course.results import named_numbers, publish, read_results

NOTICE = """\
> **This copy was run on {name}.** Its numbers are those of this run. Where a sentence judges them,
> it speaks of all of MNIST; and a number that this data does not give is MNIST's."""


def run_notebooks(words=()):
    """Run the named chapters, or all; write executed copies and figures under build/.

    The texts of the copies show the numbers of this run.
    Raises ToolError for an unknown name, data that cannot be loaded, a failing cell, or on all of
    MNIST a number of a text that has no value.
    """
    paths = notebook_paths(words)
    copies, figures = BUILD / "notebooks", BUILD / "figures"
    copies.mkdir(parents=True, exist_ok=True)
    for folder in (FIGURES, figures):
        read_results(folder)  # a damaged one is named before anything runs
    print("Looking for MNIST ...", flush=True)
    name, is_full = data_in_use()
    print(f"The notebooks will rest on {name}.")
    for path in paths:
        _run_one(path, copies / path.name, figures, None if is_full else name)
    print(f"\nExecuted notebooks: {copies.relative_to(ROOT)}")
    print(f"Figures and numbers: {figures.relative_to(ROOT)}")
    print(f"They rest on {name}{', all of it' if is_full else '; numbers differ on all of it'}.")


def _run_one(path, copy, figures, other_data):
    try:
        notebook, problems = execute(path)
    except NotebookFailed as failure:
        write_notebook(failure.notebook, copy)
        failure.add_note(f"What ran until then is in {copy.relative_to(ROOT)}.")
        raise
    if problems and not other_data:
        raise ToolError(f"The texts of {path.name}:\n" + "\n".join(problems))
    publish(notebook, chapter(path), figures)
    numbers = named_numbers(read_results(FIGURES)) | named_numbers(read_results(figures))
    renew(notebook, knowing(numbers))
    if other_data:
        notice = new_markdown_cell(NOTICE.format(name=other_data), id="data-notice")
        notebook.cells.insert(1, notice)
    write_notebook(notebook, copy)
