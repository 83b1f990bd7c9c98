"""The commands, each run in a small clone as a person would run it."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.execute import execute
from course.progress import Progress
from course.project import ROOT, ToolError
from course.refresh import refresh_one
from lenet_helpers.reporting import read_results

REPORTS = """from lenet_helpers.reporting import report
report("01.digits", 70)
print("70 digits")"""
DRAWS = """import matplotlib.pyplot as plt
from lenet_helpers.reporting import show
show(plt.figure(), "01_empty", alt="an empty figure")"""
NOTEBOOKS = {
    "01_sound": [REPORTS, DRAWS],
    "02_failing": ["x = 1", "x / 0\nprint('after')"],
    "03_loud": ["import sys; print('a warning', file=sys.stderr)"],
    "04_dying": ["import os; os._exit(1)"],
}
README = """60<!--01.digits--> digits

<!-- chapters -->
<!-- /chapters -->
<!-- results -->
<!-- /results -->
"""


@pytest.fixture
def clone(tmp_path):
    """Return a clone with this project's helpers and four small notebooks."""
    for name in ("lenet_helpers", "course"):
        ignored = shutil.ignore_patterns("__pycache__", "artifacts")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("pyproject.toml", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "notebooks").mkdir()
    for name, sources in NOTEBOOKS.items():
        title = new_markdown_cell(f"# Chapter {name[1]} · {name}\n\n60<!--01.digits--> digits")
        cells = [title, *map(new_code_cell, sources)]
        nbformat.write(new_notebook(cells=cells), tmp_path / f"notebooks/{name}.ipynb")
    return tmp_path


@pytest.fixture
def run(clone, no_full_mnist):
    """Return a function that runs a command in the clone: (exit status, what was printed)."""

    def run(*words, **environment):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LENET_")}
        result = subprocess.run(
            [sys.executable, "-m", "course", *words],
            cwd=clone,
            env=kept | no_full_mnist | environment,
            capture_output=True,
            text=True,
        )
        return result.returncode, result.stdout + result.stderr

    return run


def tracked(clone):
    """Return the contents of everything in a clone but build/ and caches."""
    return {
        path: path.read_bytes()
        for path in clone.rglob("*")
        if path.is_file() and not {"build", "__pycache__", "home"} & set(path.parts)
    }


def test_notebooks_go_to_build_and_tracked_files_stay(clone, run):
    before = tracked(clone)
    status, printed = run("notebooks", "01")
    assert status == 0, printed
    assert tracked(clone) == before
    assert "cell  2 of 2" in printed
    assert "sample" in printed.splitlines()[-1]
    assert "build/notebooks" in printed
    assert "build/figures" in printed
    copy = nbformat.read(clone / "build/notebooks/01_sound.ipynb", as_version=4)
    assert copy.cells[1].outputs[0].text == "70 digits\n"
    assert (clone / "build/figures/01_empty.png").is_file()
    assert read_results(clone / "build/figures")["numbers"]["01.digits"]["value"] == 70


def test_a_failing_cell_is_named_without_a_wall_of_traceback(clone, run):
    status, printed = run("notebooks", "02")
    assert status == 1
    assert "02_failing.ipynb, code cell 2 failed:\n    x / 0\nZeroDivisionError" in printed
    assert "Traceback" not in printed
    assert "build/notebooks/02_failing.ipynb" in printed
    assert (clone / "build/notebooks/02_failing.ipynb").is_file()


def test_a_dying_kernel_is_named(clone):
    with pytest.raises(ToolError, match=r"04_dying\.ipynb, code cell 1 failed:\n.*\n.* died"):
        execute(clone / "notebooks/04_dying.ipynb", clone / "build")


@pytest.mark.parametrize(
    "words, expected",
    [
        (["notebooks", "77"], "No notebook is called '77'; known: 01_sound, 02_failing"),
        (["refresh", "sound"], "No notebook is called 'sound'"),
        (["notebook"], "invalid choice: 'notebook'"),
        (["notebooks", "--fast"], "unknown: --fast"),
        ([], "required: command"),
    ],
)
def test_unknown_words_get_a_short_answer(run, words, expected):
    status, printed = run(*words)
    assert status != 0
    assert expected in printed
    assert len(printed.splitlines()) < 6


def test_a_clone_without_notebooks_says_so(clone, run):
    shutil.rmtree(clone / "notebooks")
    status, printed = run("notebooks")
    assert status == 1
    assert "no notebooks" in printed
    assert "Traceback" not in printed


def test_refresh_refuses_the_sample(clone, run):
    before = tracked(clone)
    status, printed = run("refresh", "01")
    assert status == 1
    assert "needs the full MNIST" in printed
    assert tracked(clone) == before


def test_refresh_rewrites_outputs_numbers_and_texts(clone, run, is_full):
    if not is_full:
        pytest.skip("refresh needs the full MNIST")
    source = {key: os.environ[key] for key in ("LENET_MNIST", "HOME") if key in os.environ}
    status, printed = run("refresh", "01", **source)
    assert status == 0, printed
    notebook = nbformat.read(clone / "notebooks/01_sound.ipynb", as_version=4)
    assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, 2]
    assert "70<!--01.digits-->" in notebook.cells[0].source
    readme = (clone / "README.md").read_text()
    assert readme.startswith("70<!--01.digits--> digits")
    assert "(notebooks/02_failing.ipynb)" in readme
    assert (clone / "figures/01_empty.png").is_file()


@pytest.mark.parametrize(
    "name, words", [("03_loud", "stderr: a warning"), ("02_failing", "cell 2")]
)
def test_refresh_writes_a_chapter_whole_or_not_at_all(clone, name, words):
    before = tracked(clone)
    with pytest.raises(ToolError, match=words):
        refresh_one(clone / f"notebooks/{name}.ipynb", clone / "figures")
    assert tracked(clone) == before


def test_stamp_follows_the_address_in_pyproject(clone, run):
    pyproject = clone / "pyproject.toml"
    lines = pyproject.read_text().splitlines()
    address = "https://github.com/new/home"
    changed = [f'repository = "{address}"' if "repository =" in line else line for line in lines]
    pyproject.write_text("\n".join(changed))
    status, printed = run("stamp")
    assert status == 0, printed
    assert f'repository-code: "{address}"' in (clone / "CITATION.cff").read_text()
    assert "stamped CITATION.cff" in printed


def test_ctrl_c_ends_a_run(tmp_path, ctrl_c):
    source = "import pathlib, time; pathlib.Path('started').touch(); time.sleep(60)"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), tmp_path / "01_slow.ipynb")

    def interrupt():
        while not (tmp_path / "started").exists():
            time.sleep(0.1)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        execute(tmp_path / "01_slow.ipynb", tmp_path)


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize("word", ["done", "failed"])
@pytest.mark.parametrize("kind", [Screen, io.StringIO])
def test_progress_is_one_line_a_notebook(kind, word):
    stream = kind()
    with contextlib.suppress(KeyError), Progress("04_train", 17, stream) as progress:
        for number in range(1, 18):
            progress.cell(number)
        if word == "failed":
            raise KeyError
    assert stream.getvalue().count("\n") == 1
    last = stream.getvalue().splitlines()[-1].rpartition("\033[K")[2]
    assert last.startswith("04_train")
    assert "cell 17 of 17" in last
    assert last.endswith(f" s  {word}")
