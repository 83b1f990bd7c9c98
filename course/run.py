"""`python -m course notebooks`: run chapters into build/, leaving tracked files alone."""

from course.execute import NotebookFailed, execute, write_notebook
from course.project import BUILD, ROOT, chapter, data_in_use, notebook_paths
from course.results import forget


def run_notebooks(words=()):
    """Run the named chapters, or all; write executed copies and figures under build/.

    Raises ToolError for an unknown name, data that cannot be loaded, or a failing cell.
    """
    paths = notebook_paths(words)
    copies, figures = BUILD / "notebooks", BUILD / "figures"
    copies.mkdir(parents=True, exist_ok=True)
    print("Looking for MNIST ...", flush=True)
    name, is_full = data_in_use()
    print(f"The notebooks will rest on {name}.")
    for path in paths:
        forget(chapter(path), figures)
        _run_one(path, copies / path.name, figures)
    print(f"\nExecuted notebooks: {copies.relative_to(ROOT)}")
    print(f"Figures and numbers: {figures.relative_to(ROOT)}")
    print(f"They rest on {name}{', all of it' if is_full else '; numbers differ on all of it'}.")


def _run_one(path, copy, figures):
    try:
        write_notebook(execute(path, figures), copy)
    except NotebookFailed as failure:
        write_notebook(failure.notebook, copy)
        failure.add_note(f"What ran until then is in {copy.relative_to(ROOT)}.")
        raise
