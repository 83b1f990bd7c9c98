"""`python -m course refresh`: run chapters and write what they show into tracked files."""

import tempfile
from pathlib import Path

from course.checks import loud_cells
from course.execute import execute, write_notebook
from course.project import FIGURES, ToolError, chapter, data_in_use, notebook_paths
from course.results import publish
from course.stamp import stamp


def refresh(words=()):
    """Run the named chapters, or all, in place; rewrite figures/, results.json and the texts.

    A chapter is written whole or not at all: not if a cell fails or writes to stderr.
    Raises ToolError then, and at once where there is no full MNIST.
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

    Raises ToolError, with nothing written, if a cell fails or writes to stderr.
    """
    with tempfile.TemporaryDirectory() as folder:
        notebook = execute(path, folder)
        if problems := loud_cells(notebook):
            raise ToolError(f"{Path(path).name} is not written:\n" + "\n".join(problems))
        publish(chapter(path), folder, figures)
        write_notebook(notebook, path)
