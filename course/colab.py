"""`python -m course colab`: run chapters as Colab does, on its versions."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course.checks import loud_cells
from course.execute import NotebookFailed, execute, read_notebook
from course.project import ROOT, ToolError, data_in_use, notebook_paths, repository_address
from course.texts import RELEASE
from lenet_helpers.check import HELPERS, installed_version

REQUIREMENTS = ROOT / "requirements-colab.txt"
STAND_IN = ROOT / "course/stand_in"
PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def run_as_colab(words=()):
    """Run the named chapters, or all, in a folder outside the clone; nothing of it is kept.

    Each begins without the helpers, as on Colab. Its set-up cell installs them from git: not from
    GitHub, but the release that would be made of the clone as it stands.
    Raises ToolError if this Python has other versions than Colab, if a cell raises or writes to
    stderr, or if it shows no figure where the committed one does.
    """
    if wrong := wrong_versions():
        raise ToolError(f"This Python has not what Colab has: {wrong[0]}. Use `make colab-test`.")
    paths = notebook_paths(words)
    print("Looking for MNIST ...", flush=True)
    name, _ = data_in_use()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            release(Path(folder) / "released"),
            PYTHONPATH=str(STAND_IN),
            PYDEVD_DISABLE_FILE_VALIDATION="1",  # looking for kernels loads ipykernel's debugger
        )
        for path in paths:
            _run_one(path, Path(folder))
    print(f"On Colab's versions, from {RELEASE} as it would be: no error, nothing on stderr, and")
    print(f"every figure in {', '.join(path.stem for path in paths)}. They rest on {name}.")


def wrong_versions():
    """Return what this Python has not as Colab has it: a list of str, one for each package."""
    wanted = dict(PINNED.findall(REQUIREMENTS.read_text(encoding="utf-8")))
    found = {name: installed_version(name) for name in wanted}
    return [
        f"{name} is {found[name]}, not {version}"
        for name, version in wanted.items()
        if found[name] != version
    ]


def release(folder):
    """Make a repository in which the release that the set-up cells name is the clone as it stands.

    folder: of the repository, a bare one, which is made.
    Returns environment variables, a dict, with which git takes it for the one on GitHub.
    """
    nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody", "-c", "commit.gpgSign=false"]
    for words in (
        ["init", "--quiet"],
        ["add", "--all"],
        [*nobody, "commit", "--quiet", "--message", RELEASE],
        [*nobody, "tag", "--no-sign", RELEASE],
    ):
        subprocess.run(["git", f"--git-dir={folder}", f"--work-tree={ROOT}", *words], check=True)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{folder}.insteadOf",
        "GIT_CONFIG_VALUE_0": repository_address(),
    }


def missing_figures(notebook, committed):
    """Return which code cells show fewer figures than the committed ones: a list of str.

    A figure counts if it has an alternative text.
    """
    pairs = zip(_figures(notebook), _figures(committed), strict=True)
    return [
        f"code cell {number} shows {shown} figures with alternative text, not {wanted}"
        for number, (shown, wanted) in enumerate(pairs, start=1)
        if shown < wanted
    ]


def _run_one(path, folder):
    uninstall = [sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", HELPERS]
    subprocess.run(uninstall, check=True, capture_output=True, cwd=folder)
    try:
        notebook, _ = execute(shutil.copy(path, folder))  # its texts may speak of other data
    except NotebookFailed as failure:
        set_up = next(cell for cell in failure.notebook.cells if cell.cell_type == "code")
        said = "".join(output.get("text", "") for output in set_up.outputs)
        failure.add_note(f"The set-up cell had said: {said.strip() or 'nothing'}")
        raise
    committed = read_notebook(path)
    if problems := loud_cells(notebook) + missing_figures(notebook, committed):
        raise ToolError(f"{path.name} does not run as it should:\n" + "\n".join(problems))


def _figures(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            described = [one.get("metadata", {}).get("image/png", {}) for one in cell.outputs]
            yield sum(bool(picture.get("alt")) for picture in described)
