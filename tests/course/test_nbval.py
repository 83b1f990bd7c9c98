"""Notebooks under nbval: what is compared, within which tolerance, and what the sample turns off.

Each test runs pytest on a small notebook in another process, with the plugins of this project.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import nbval_data
from course.execute import LIVE, execute
from course.project import ROOT
from tests.course.small_exercise import small_exercise

TABLE = "pd.DataFrame({'accuracy': [0.9872]}, index=['all 70 digits'])"
LINE = "print('70 digits, accuracy 0.9872')"
DRAW = """from lenet_helpers.plots.described import subplots
figure, axes = subplots(figsize=(1, 1))
figure.alt = "A bar."
axes.bar([0], [{}])
axes.set_ylim(0, 4)
figure"""
FIGURE = {"figure": "01_bar"}
OPEN = """import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(1, 1))
axes.bar([0], [1])
axes.grid()"""
DESCRIBED = {"figure": "01_open", "alt": "A bar in the open."}
APPROX = {"approx": 0.004, "approx_basis": "test"}

# name: (source, committed text, metadata, whether nbval has to be content)
CELLS = {
    "same": (LINE, "70 digits, accuracy 0.9872\n", {}, True),
    "changed integer": (LINE, "71 digits, accuracy 0.9872\n", {}, False),
    "changed word": (LINE, "70 images, accuracy 0.9872\n", {}, False),
    "changed decimal": (LINE, "70 digits, accuracy 0.9871\n", {}, False),
    "cleared output": (LINE, "", {}, False),
    "live output": (LINE, "", {"tags": [LIVE]}, True),
    "approx same": (LINE, "70 digits, accuracy 0.9872\n", APPROX, True),
    "approx within": (LINE, "70 digits, accuracy 0.9910\n", APPROX, True),
    "approx at the edge": (LINE, "70 digits, accuracy 0.9912\n", APPROX, True),
    "approx beyond": (LINE, "70 digits, accuracy 0.9913\n", APPROX, False),
    "approx integer": (LINE, "71 digits, accuracy 0.9872\n", APPROX, False),
    "approx word": (LINE, "70 images, accuracy 0.9872\n", APPROX, False),
    "approx sign": (LINE, "-70 digits, accuracy 0.9872\n", APPROX, False),
    "approx decimal turned integer": (LINE, "70 digits, accuracy 1\n", APPROX, False),
    "approx wider column": ("print('loss  9.999')", "loss 10.001\n", APPROX, True),
    "stderr": ("import sys; print('a warning', file=sys.stderr)", "", {}, False),
    "raises": ("assert 70 == 71", "", {}, False),
}


def run_pytest(folder, plugin, *options, **environment):
    """Run pytest with one plugin on a folder's notebooks.

    Returns the exit status, what was printed, and the names of the cells that failed.
    """
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", f"course.{plugin}"]
    command += ["-p", "no:cacheprovider", "--nbval", "--junit-xml=report.xml", *options]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LENET_")}
    clean |= {"PYTHONPATH": str(ROOT)}
    clean.pop("PYTEST_ADDOPTS", None)
    result = subprocess.run(
        command, cwd=folder, env=clean | environment, capture_output=True, text=True
    )
    report = folder / "report.xml"
    cases = ElementTree.parse(report).iter("testcase") if report.is_file() else []
    failed = {case.get("name") for case in cases if len(case)}
    return result.returncode, result.stdout + result.stderr, failed


def committed(source, text, metadata, count=1):
    outputs = [new_output("stream", text=text)] if text else []
    return new_code_cell(source, outputs=outputs, metadata=metadata, execution_count=count)


def table_cells():
    """An import, and a table whose committed accuracy lies within the tolerance, then beyond."""
    import pandas as pd

    yield new_code_cell("import pandas as pd", execution_count=1)
    for count, accuracy in ((2, 0.9890), (3, 0.9990)):
        frame = pd.DataFrame({"accuracy": [accuracy]}, index=["all 70 digits"])
        data = {"text/html": frame._repr_html_(), "text/plain": repr(frame)}
        output = new_output("execute_result", data, execution_count=count)
        yield new_code_cell(TABLE, outputs=[output], metadata=APPROX, execution_count=count)


@pytest.fixture(scope="module")
def doctored(tmp_path_factory):
    """Return the positions of the cells that nbval caught, with every cell in one notebook."""
    folder = tmp_path_factory.mktemp("doctored")
    cells = [committed(*cell[:3], count) for count, cell in enumerate(CELLS.values(), start=1)]
    nbformat.write(new_notebook(cells=[*cells, *table_cells()]), folder / "01_doctored.ipynb")
    _, _, failed = run_pytest(folder, "nbval_tolerance")
    return {int(name.removeprefix("Cell ")) for name in failed}


@pytest.mark.parametrize("name", CELLS)
def test_outputs_are_compared(doctored, name):
    caught = list(CELLS).index(name) in doctored
    assert caught != CELLS[name][3]


def test_a_table_is_compared_within_the_tolerance_too(doctored):
    assert {place - len(CELLS) for place in doctored if place >= len(CELLS)} == {2}


def test_numbers_of_texts_and_figures_are_compared(tmp_path, is_full):
    if not is_full:
        pytest.skip("the sample's numbers are not the committed ones")
    path = tmp_path / "01_texts.ipynb"
    texts = [new_markdown_cell(text) for text in ("70<!-- count -->", "7<!-- count / 10 -->")]
    drawn = [new_code_cell(DRAW.format(height), metadata=FIGURE) for height in (1, 2)]
    drawn.append(new_code_cell(OPEN, metadata=DESCRIBED))
    cells = [new_code_cell("count = 70"), texts[0], new_code_cell("count"), texts[1], *drawn]
    nbformat.write(new_notebook(cells=cells), path)
    notebook, problems = execute(path)
    assert problems == []
    notebook.cells[3].source, notebook.cells[3].metadata["values"] = "8<!-- count / 10 -->", {}
    notebook.cells[5].outputs = notebook.cells[4].outputs
    nbformat.write(notebook, path)
    _, printed, failed = run_pytest(tmp_path, "nbval_data", **source())
    assert failed == {"Cell 1", "Cell 3"}, printed
    assert "8 is bound to 'count / 10', which is now 7.0" in printed


def source():
    return {key: os.environ[key] for key in ("LENET_MNIST",) if key in os.environ}


BROKEN = {
    "wrong solution": {"solution": "my_sum = 5"},
    "stub passes": {"stub": "my_sum = 4"},
    "stub's message": {"says": "the dots"},
    "wrong passes": {"wrong": [{"answer": "my_sum = 4", "says": "count again"}]},
    "wrong's message": {"wrong": [{"answer": "my_sum = 5", "says": "four, not five"}]},
    "wrong raises": {"wrong": [{"answer": "1 / 0", "says": "count again"}]},
    "wrong prints": {"wrong": [{"answer": "my_sum = print(5)", "says": "count again"}]},
}


def test_broken_exercises_are_caught_and_sound_ones_are_not(tmp_path):
    changes = [{}, *BROKEN.values(), {}]
    cells = [
        cell for place, one in enumerate(changes, start=1) for cell in small_exercise(place, **one)
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "01_exercises.ipynb")
    _, printed, failed = run_pytest(tmp_path, "nbval_exercises", "--nbval-lax")
    assert failed == {f"Exercise 1.{place}" for place in range(2, len(changes))}, printed


def test_on_the_sample_cells_run_in_order_with_nobody_s_settings_and_nothing_is_compared(
    tmp_path, no_full_mnist
):
    startup = tmp_path / "startup.py"
    startup.write_text("started = True")
    own = {"PYTHONSTARTUP": str(startup), "PYTHONOPTIMIZE": "1", "PYTHONWARNINGS": "error"}
    (tmp_path / "shuffle.py").write_text(
        "def pytest_collection_modifyitems(items): items.reverse()"
    )
    sources = ["1 / (__debug__ and 'started' not in globals())", "x = 1", "x += 1", "1 / (x == 2)"]
    cells = [committed(source, "", {}) for source in [*sources, "assert False"]]
    cells.append(committed(*CELLS["changed integer"][:3]))
    nbformat.write(new_notebook(cells=cells), tmp_path / "01_sample.ipynb")
    options = ["-p", "shuffle"]
    status, printed, failed = run_pytest(tmp_path, "nbval_data", *options, **no_full_mnist, **own)
    assert failed == {"Cell 4"}, printed
    assert status == pytest.ExitCode.TESTS_FAILED
    assert "sample" in printed
    assert "NOTHING COMPARED" in printed


def assert_refused(words, dist="no"):
    """Before anything is collected, pytest ends with these words, which match an expression."""
    config = SimpleNamespace(getoption=lambda *_: dist, stash={})
    with pytest.raises(pytest.UsageError, match=words):
        nbval_data.pytest_configure(config)
    nbval_data.pytest_unconfigure(config)


def test_the_sample_is_an_error_where_the_full_mnist_is_required(monkeypatch):
    monkeypatch.setenv("LENET_REQUIRE_FULL", "1")
    monkeypatch.setattr(nbval_data, "_set_environment", lambda folder: None)
    monkeypatch.setattr(nbval_data, "data_in_use", lambda: ("a few digits", False))
    assert_refused("LENET_REQUIRE_FULL=1 asks for the full MNIST; found a few digits")


def test_a_relative_path_is_meant_from_where_pytest_was_started(tmp_path):
    status, printed, _ = run_pytest(tmp_path, "nbval_data", LENET_MNIST="mydata")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert f"{tmp_path}/mydata cannot be used as MNIST: no such file" in printed
    assert "Traceback" not in printed


def test_a_path_of_nobody_is_refused_in_words(monkeypatch):
    monkeypatch.setenv("LENET_MNIST", "~nosuchuser/mnist")
    assert_refused("LENET_MNIST is '~nosuchuser/mnist', and there is no such user here")


def test_cells_spread_over_workers_are_refused_in_words():
    assert_refused("with --dist loadfile", dist="load")


def test_other_settings_of_keras_are_refused_in_words(tmp_path, monkeypatch):
    file = tmp_path / "keras.json"
    file.write_text('{"floatx": "float16"}')
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert_refused(f"not with floatx=float16 in {file}")
