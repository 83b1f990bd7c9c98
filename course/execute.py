"""Run one notebook from top to bottom in a fresh kernel."""

import os
import subprocess
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from course.progress import Progress
from course.project import ToolError

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class NotebookFailed(ToolError):
    """A cell raised; `notebook` is what ran until then."""

    def __init__(self, message, notebook):
        super().__init__(message)
        self.notebook = notebook


def execute(path, figures):
    """Run a notebook where it stands and return it with fresh outputs, as a NotebookNode.

    path:    of the notebook, which is not written to.
    figures: folder that its figures and numbers go to.
    Raises NotebookFailed, naming notebook, cell and error, if a cell raises or the kernel dies.
    """
    notebook = cleared(nbformat.read(path, as_version=4))
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(Path(path).parent)}},
    )
    kernel = client.setup_kernel(env=kernel_environment(figures), stderr=subprocess.DEVNULL)
    with Progress(Path(path).stem, len(code)) as progress, kernel:
        for number, (index, cell) in enumerate(code, start=1):
            progress.cell(number)
            try:
                client.execute_cell(cell, index, execution_count=number)
            except (CellExecutionError, DeadKernelError) as error:
                where = f"{Path(path).name}, code cell {number}"
                raise NotebookFailed(_message(where, cell, error), notebook) from None
    return tidy(notebook)


def cleared(notebook):
    """Remove every output and execution count, in place, and return the notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def tidy(notebook):
    """Leave only metadata that does not depend on the machine, in place; return the notebook."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for noise in ("execution", "collapsed", "trusted"):
            cell.metadata.pop(noise, None)
    return notebook


def kernel_environment(figures):
    """Return the environment of a kernel that leaves no progress bars and writes to `figures`."""
    return {
        **os.environ,
        "LENET_FIGURES": str(Path(figures).resolve()),
        "LENET_PROGRESS": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _message(where, cell, error):
    if isinstance(error, DeadKernelError):
        reason = "its Python process died, perhaps for want of memory"
    else:
        first = str(error.evalue).strip().partition("\n")[0]
        reason = f"{error.ename}: {first}".rstrip(": ")
    first_line = cell.source.strip().partition("\n")[0]
    return f"{where} failed:\n    {first_line}\n{reason}"
