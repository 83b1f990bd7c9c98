"""The commands, each run in a small clone as a person would run it."""

import contextlib
import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.__main__ import LAB, main
from course.execute import execute
from course.lab import served
from course.progress import Progress
from course.project import ROOT, ToolError
from course.refresh import refresh_one
from course.results import read_results
from lenet_helpers.data import PUBLISHED, load_mnist

DRAWS = """import matplotlib.pyplot as plt
axes = plt.subplots(figsize=(1, 1))[1]"""
NOTEBOOKS = {
    "01_sound": ["count = 70\nprint(count, 'digits')", DRAWS],
    "02_failing": ["x = 1", "x / 0\nprint('after')"],
    "03_loud": ["import sys; print('a warning', file=sys.stderr)"],
    "04_dying": ["import os; os._exit(1)"],
    "05_unbound": ["x = 1"],
}
TEXTS = {"01_sound": "60<!-- digits_here = count --> digits", "05_unbound": "60<!-- digits -->"}
README = """60<!-- result: digits_here --> digits

<!-- chapters -->
<!-- /chapters -->
"""


@pytest.fixture
def clone(tmp_path):
    """Return a clone with this project's helpers and a few small notebooks."""
    for name in ("lenet_helpers", "course"):
        ignored = shutil.ignore_patterns("__pycache__", "*.npz")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    (tmp_path / "course/workshop/guide.toml").write_text("")
    for name in ("pyproject.toml", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "CONTRIBUTING.md").write_text("60<!-- result: digits_here --> digits\n")
    (tmp_path / "notebooks").mkdir()
    for name, sources in NOTEBOOKS.items():
        title = new_markdown_cell(f"# Chapter {name[1]} · {name}")
        cells = [title, *map(new_code_cell, sources), new_markdown_cell(TEXTS.get(name, ""))]
        if name == "01_sound":
            cells[2].metadata = {"figure": "01_empty", "alt": "Empty axes."}
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
    assert "sample" in copy.cells[1].source
    assert copy.cells[2].outputs[0].text == "70 digits\n"
    assert copy.cells[-1].source == "70<!-- digits_here = count --> digits"
    assert (clone / "build/figures/01_empty.png").is_file()
    found = {"figures": {"01_empty": "Empty axes."}, "numbers": {"digits_here": 70}}
    assert read_results(clone / "build/figures") == {"01": found}


def test_a_failing_cell_is_named_without_a_wall_of_traceback(clone, monkeypatch, capsys):
    monkeypatch.setattr("course.project.NOTEBOOKS", clone / "notebooks")
    monkeypatch.setattr("course.run.ROOT", clone)
    monkeypatch.setattr("course.run.BUILD", clone / "build")
    monkeypatch.setattr("course.run.data_in_use", lambda: ("a few digits", False))
    assert main(["notebooks", "02"]) == 1
    printed = capsys.readouterr().err
    assert "02_failing.ipynb, code cell 2 failed:\n    x / 0\nZeroDivisionError" in printed
    assert "Traceback" not in printed
    assert "build/notebooks/02_failing.ipynb" in printed
    assert (clone / "build/notebooks/02_failing.ipynb").is_file()


def test_a_dying_kernel_is_named(clone):
    expected = r"04_dying\.ipynb, code cell 1 failed:\n.*\nIts .* died\. It said nothing\."
    with pytest.raises(ToolError, match=expected):
        execute(clone / "notebooks/04_dying.ipynb")


@pytest.mark.skipif(os.name != "posix", reason="ipykernel does not watch stderr elsewhere")
def test_what_native_code_said_before_it_died_is_shown(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, ipykernel does not watch stderr either
    hold = "from lenet_helpers import runtime\nruntime._keep_native_log_out_of_cells()\n"
    # errx writes and ends the process in one go, so that no thread can pass on what it wrote.
    die = "import ctypes\nctypes.PyDLL(None).errx(1, b'Unknown flag in XLA_FLAGS')"
    with pytest.raises(ToolError, match=r"died\. It last said:\n.*Unknown flag in XLA_FLAGS$"):
        execute(book(tmp_path, hold + die))


def book(folder, *sources):
    """Write a notebook, and return its path."""
    path = folder / "01_book.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


@pytest.mark.parametrize("home", ["home", "/proc/nowhere"])
def test_a_kernel_is_this_python_with_nobody_s_settings(home, tmp_path, monkeypatch):
    home = tmp_path / home
    if home.is_relative_to(tmp_path):
        stale = home / ".local/share/jupyter/kernels/python3/kernel.json"
        startup = home / ".ipython/profile_default/startup/00.py"
        for file in (stale, startup):
            file.parent.mkdir(parents=True)
        stale.write_text('{"argv": ["/no/such/python"], "display_name": "", "language": "python"}')
        startup.write_text("started = True")
        monkeypatch.setenv("JUPYTER_PATH", str(home / ".local/share/jupyter"))
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MPLBACKEND", "agg")
    sources = [
        "import sys, matplotlib.pyplot as plt\nsys.executable, 'started' in globals()",
        "figure, axes = plt.subplots()",
    ]
    first, second = execute(book(tmp_path, *sources))[0].cells
    assert [output.output_type for output in first.outputs] == ["execute_result"]
    assert first.outputs[0].data["text/plain"] == f"({sys.executable!r}, False)"
    assert "image/png" in second.outputs[0].data


def test_jupyterlab_takes_this_python_too(tmp_path):
    pytest.importorskip("jupyterlab", reason="needs pip install -e '.[lab]'")
    for name in ("python3", "another"):
        file = tmp_path / f"kernels/{name}/kernel.json"
        file.parent.mkdir(parents=True)
        file.write_text('{"argv": ["/no/such/python"], "display_name": "", "language": "python"}')
    with served(tmp_path, JUPYTER_PATH=str(tmp_path)) as lab:
        address = f"http://127.0.0.1:{lab.port}/api/kernelspecs?token={lab.token}"
        with urllib.request.urlopen(address, timeout=60) as answer:
            specs = json.load(answer)["kernelspecs"]
    assert specs["python3"]["spec"]["argv"][:3] == ["python", "-m", "ipykernel_launcher"]
    assert specs["another"]["spec"]["argv"] == ["/no/such/python"]


STUBBORN = """import http.server as web, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
port = int(sys.argv[1].partition("=")[2])
web.HTTPServer(("127.0.0.1", port), web.SimpleHTTPRequestHandler).serve_forever()
"""


def test_a_jupyterlab_that_does_not_end_is_ended(tmp_path, monkeypatch):
    (tmp_path / "jupyterlab.py").write_text(STUBBORN)
    (tmp_path / "lab").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("course.lab.PATIENCE_AT_THE_END", 0.1)
    with served(tmp_path, PYTHONPATH=str(tmp_path)) as lab:
        os.kill(lab.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(lab.pid, 0)


def test_a_kernel_that_does_not_start_says_why(tmp_path, monkeypatch):
    (tmp_path / "zmq.py").write_text("raise ImportError('not the zmq that you look for')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    with pytest.raises(ToolError, match=r"No kernel starts for (.|\n)*not the zmq that you look"):
        execute(book(tmp_path, "1"))


@pytest.mark.parametrize("module", ["nbclient", "ipykernel"])
def test_a_missing_package_is_one_clear_line(module, monkeypatch, capsys):
    def find_spec(name):
        return None if name == module else importlib.util.spec_from_loader(name, None)

    monkeypatch.setattr("importlib.util.find_spec", find_spec)
    for command in ("notebooks", "refresh", "guide"):
        assert main([command]) == 1
        assert capsys.readouterr().err == f"\nerror: {module} is not installed: pip install {LAB}\n"


def test_refresh_refuses_the_sample(monkeypatch, capsys):
    monkeypatch.setattr("course.refresh.data_in_use", lambda: ("a few digits", False))
    monkeypatch.setattr("course.refresh.refresh_one", lambda *_: pytest.fail("a chapter runs"))
    assert main(["refresh", "01"]) == 1
    assert "needs the full MNIST, and found a few digits" in capsys.readouterr().err


def test_refresh_rewrites_outputs_numbers_and_texts(clone, run):
    """The data lie where a relative path says, for the cells as well."""
    digits = load_mnist()
    if not digits.is_full:
        pytest.skip("refresh needs the full MNIST")
    arrays = {key: getattr(digits, key) for key in PUBLISHED}
    (clone / "mydata").mkdir()
    np.savez(clone / "mydata/mnist.npz", **arrays)
    path = clone / "notebooks/01_sound.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source += "\nfrom lenet_helpers.data import load_mnist\nload_mnist().name"
    nbformat.write(notebook, path)
    status, printed = run("refresh", "01", LENET_MNIST="mydata")
    assert status == 0, printed
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[1].outputs[1].data["text/plain"] == "'MNIST'"
    assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, 2, None]
    assert notebook.cells[-1].source == "70<!-- digits_here = count --> digits"
    assert notebook.cells[2].outputs[0].metadata["image/png"] == {"alt": "Empty axes."}
    readme = (clone / "README.md").read_text()
    assert readme.startswith("70<!-- result: digits_here --> digits")
    assert "(notebooks/02_failing.ipynb)" in readme
    assert (clone / "CONTRIBUTING.md").read_text() == "70<!-- result: digits_here --> digits\n"
    learners = nbformat.read(clone / "workshop/01_sound.ipynb", as_version=4)
    assert [cell.get("outputs") for cell in learners.cells] == [None, [], [], None]
    assert learners.cells[-1].source == "70 digits"
    assert (clone / "figures/01_empty.png").is_file()


@pytest.mark.parametrize(
    "name, words",
    [
        ("03_loud", "stderr: a warning"),
        ("02_failing", "cell 2"),
        ("05_unbound", "cell '.*': 'digits': NameError"),
    ],
)
def test_refresh_writes_a_chapter_whole_or_not_at_all(clone, name, words):
    before = tracked(clone)
    with pytest.raises(ToolError, match=words):
        refresh_one(clone / f"notebooks/{name}.ipynb", clone / "figures")
    assert tracked(clone) == before


def test_texts_names_file_and_cell_of_each_wrong_number(clone, run):
    (clone / "figures").mkdir()
    status, printed = run("texts")
    assert status == 1
    for name in ("README.md", "CONTRIBUTING.md"):
        assert f"{name}: 60<!-- result: digits_here -->: 'digits_here' is not in" in printed
    assert "workshop/01_sound.ipynb is old: run `python -m course stamp`" in printed
    for name in TEXTS:
        cell = nbformat.read(clone / f"notebooks/{name}.ipynb", as_version=4).cells[-1]
        assert f"notebooks/{name}.ipynb, cell {cell.id!r}: {cell.source.split()[0]}" in printed


def test_texts_needs_no_tensorflow():
    code = "import sys; from course.documents import wrong_documents; wrong_documents(); "
    code += "print('tensorflow' in sys.modules, 'seaborn' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout == "False False\n"
    )


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
        execute(tmp_path / "01_slow.ipynb")


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
