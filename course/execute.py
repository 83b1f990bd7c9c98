"""Run one notebook from top to bottom in a fresh kernel."""

import contextlib
import functools
import os
import tempfile
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from course.environment import JUPYTER, kernel_environment
from course.evaluate import asking, evaluate_cells, texts_after
from course.figures import describe
from course.progress import Progress
from course.project import ToolError, damaged
from lenet_helpers.files import replaced
from lenet_helpers.runtime import last_lines

LIVE = "nbval-ignore-output"  # nbval's tag: such an output, as a bar, is not kept either
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class NotebookFailed(ToolError):
    """A cell raised; `notebook` is what ran until then."""

    def __init__(self, message, notebook):
        super().__init__(message)
        self.notebook = notebook


def execute(path):
    """Run a notebook where it stands, which is not written to, and evaluate its texts.

    Returns it with fresh outputs and values, as a NotebookNode, and what is wrong with its texts, a
    list of str. Their numbers still show what they did: `numbers.renew` changes that.
    Raises NotebookFailed, naming notebook, cell and error, if a cell raises or the kernel dies, and
    ToolError if no kernel starts.
    """
    notebook = cleared(read_notebook(path))
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    with Progress(Path(path).stem, len(code)) as progress, _kernel(notebook, path) as run:
        client, last_said = run
        ask = _asking(client)
        problems = evaluate_cells(texts_after(notebook, -1), ask)
        for number, (index, cell) in enumerate(code, start=1):
            progress.cell(number)
            try:
                client.execute_cell(cell, index, execution_count=number)
            except (CellExecutionError, DeadKernelError) as error:
                where = f"{Path(path).name}, code cell {number}"
                raise NotebookFailed(_message(where, cell, error, last_said), notebook) from None
            problems += evaluate_cells(texts_after(notebook, index), ask)
    describe(notebook)
    return tidy(notebook), problems


def cleared(notebook):
    """Remove every output and execution count, in place, and return the notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def tidy(notebook):
    """Leave only what does not depend on the machine, in place; return the notebook."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        if LIVE in cell.metadata.get("tags", []):
            cell.outputs = []
        for noise in ("execution", "collapsed", "trusted"):
            cell.metadata.pop(noise, None)
    return notebook


def read_notebook(path):
    """Return a notebook, a NotebookNode. Raises ToolError, naming the file, if it is damaged."""
    invalid = {}
    with damaged(path):
        try:
            notebook = nbformat.read(path, as_version=4, capture_validation_error=invalid)
        except nbformat.ValidationError as error:
            invalid["ValidationError"] = error
        for error in invalid.values():
            raise ValueError(f"it is no notebook: {error.message}")
    return notebook


def write_notebook(notebook, path):
    """Write a notebook whole or not at all.

    Raises ToolError, with what was there kept, if it cannot be written.
    """
    try:
        with replaced(path) as file:
            file.write((nbformat.writes(notebook) + "\n").encode())
    except OSError as error:
        raise ToolError(f"{path} cannot be written: {error.strerror}.") from error


def _asking(client):
    async def execute(*args, **options):
        return await client.kc.execute(*args, **options)

    return asking(run_sync(execute))


@contextlib.contextmanager
def _kernel(notebook, path):
    """Start a kernel for a notebook; yield its NotebookClient, and what tells its last words."""
    with tempfile.TemporaryDirectory() as apart, tempfile.TemporaryFile() as log:
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(JUPYTER / "kernels")]),
            connection_file=f"{apart}/kernel.json",
        )
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=None,
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(Path(path).parent)}},
        )
        environment = kernel_environment(apart)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(
                    client.setup_kernel(env=environment, stderr=log, cleanup_kc=True)
                )
            except RuntimeError as error:
                raise ToolError(f"No kernel starts for {path}. {_last_said(log, 0)}") from error
            yield client, functools.partial(_last_said, log, os.fstat(log.fileno()).st_size)


def _message(where, cell, error, last_said):
    if isinstance(error, DeadKernelError):
        reason = f"Its Python process died. {last_said()}"
    else:
        first = str(error.evalue).strip().partition("\n")[0]
        reason = f"{error.ename}: {first}".rstrip(": ")
    first_line = cell.source.strip().partition("\n")[0]
    return f"{where} failed:\n    {first_line}\n{reason}"


def _last_said(log, start):
    log.seek(start)
    said = last_lines(log.read().decode(errors="replace"), 5)
    return f"It last said:\n{said}" if said else "It said nothing."
