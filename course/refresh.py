"""`python -m course refresh`: run chapters and write what they show into tracked files."""

from pathlib import Path

from course.checks import loud_cells
from course.execute import execute, write_notebook
from course.numbers import knowing, renew
from course.project import FIGURES, ToolError, chapter, data_in_use, notebook_paths
from course.results import named_numbers, publish, read_results
from course.stamp import stamp


def refresh(words=()):
    """Run the named chapters, or all, in place; rewrite figures/, results.json and the texts.

    A chapter is written whole or not at all.
    Raises ToolError as `refresh_one` does, and at once where there is no full MNIST.
    """
    paths = notebook_paths(words)
    name, is_full = data_in_use()
    if not is_full:
        raise ToolError(
            f"refresh writes tracked files, so it needs the full MNIST, and found {name}. Set "
            "LENET_MNIST to mnist.npz or to a folder with the four IDX files."
        )
    for path in paths:
        refresh_one(path, FIGURES)
    stamp()
    print(f"Refreshed on {name}: {', '.join(p.stem for p in paths)}. See `git diff --stat`.")


def refresh_one(path, figures):
    """Run one notebook in place, and replace its chapter's figures and numbers in a folder.

    Raises ToolError, with nothing written, if a cell fails or writes to stderr, or a number of a
    text has no value.
    """
    notebook, problems = execute(path)
    problems = loud_cells(notebook) + problems
    try:
        if not problems:
            publish(notebook, chapter(path), figures)
            renew(notebook, knowing(named_numbers(read_results(figures))))
    except ToolError as error:
        problems = [str(error)]
    if problems:
        raise ToolError(f"{Path(path).name} is not written:\n" + "\n".join(problems))
    write_notebook(notebook, path)
