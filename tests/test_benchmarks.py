"""The benchmarks begin, and a variant runs; how long anything takes decides no test."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

from course.project import ROOT

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 28, 28), dtype=np.uint8)
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(path, x_train=images, y_train=np.arange(100, dtype=np.uint8) % 10)
    return str(path)


@pytest.mark.parametrize("script", ["training", "scaling", "kernels", "throughput"])
def test_help_says_what_is_written(script):
    command = [sys.executable, BENCHMARKS / f"{script}.py", "--help"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "--rounds" in done.stdout
    assert ".csv" in done.stdout


def test_pages_are_counted_as_read_right_refused_or_misread(monkeypatch):
    import photos

    pages = iter([np.zeros((28, 28), np.uint8), "no digit", np.ones((28, 28), np.uint8)])
    monkeypatch.setattr(photos, "read_page", lambda *given: next(pages))
    monkeypatch.setattr(photos, "predict", lambda network, images: np.eye(10)[images[:, 0, 0]])
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    images, labels = np.zeros((3, 28, 28), np.uint8), np.array([0, 5, 7])
    assert photos._counts("ruled", images, labels, None) == (1, 1, 1)


def test_a_process_reports_what_it_found_and_its_memory():
    from measure import call, machine

    large = np.ones(2 * 2**30 // 8)  # what this process takes does not count
    found, peak = call("measure:machine")
    del large
    assert found == machine()
    assert 10 < peak < 1000


def test_a_process_that_fails_says_why():
    from measure import CallFailed, call

    with pytest.raises(CallFailed, match=r"^FileNotFoundError.*missing\.npz"):
        call("measure:run_variant", "article", "missing.npz", 100, 2, {})


def test_each_variant_trains_what_fit_trains(digits):
    """In one process, which starts sooner than five."""
    code = "import json, sys, measure, training\nothers = {'article': ('', '', 'article', {})}\n"
    code += "for name in ('fit', *sys.argv[2:]):\n"
    code += "    _, _, module, options = (training.VARIANTS | others)[name]\n"
    code += "    epochs = measure.run_variant(module, sys.argv[1], 100, 1, options)\n"
    code += "    print('\\n' + json.dumps(epochs))"
    names = ["fit_tuned_fused", "loop_plain", "ours", "article"]
    command = [sys.executable, "-c", code, digits, *names]
    done = subprocess.run(command, cwd=BENCHMARKS, check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    fit, *others = (epoch for (epoch,) in lines)
    assert len(others) == len(names)
    for one in others:
        # They see the images in other orders.
        assert one["loss"] == pytest.approx(fit["loss"], rel=0.1)
        assert one["threads"] == fit["threads"] == 1
        assert one["epoch"] == 0 < one["seconds"]
        assert 0 <= one["val_accuracy"] <= 1


def test_ratios_are_taken_within_rounds():
    from training import summary

    rows = [
        *((0, "fit", 0, 50), (0, "fit", 1, 10), (1, "fit", 0, 50), (1, "fit", 1, 30)),
        *((0, "ours", 0, 5), (0, "ours", 1, 2), (1, "ours", 0, 5), (1, "ours", 1, 3)),
    ]
    runs = pd.DataFrame(rows, columns=["round", "variant", "epoch", "seconds"]).assign(peak_mib=9)
    table = summary(runs)
    assert table.loc["fit", "it/ours"] == "7.50 (5.00-10.00)"
    assert table.loc["ours", "it/ours"] == "1.00 (1.00-1.00)"
    assert table.loc["ours", "first epoch +s"] == 2.5
    assert table.loc["ours", "20 epochs s"] == 5 + 19 * 2.5


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_kernels_that_run_together_are_measured(tmp_path):
    from kernels import measured, summary

    cells = ["ballast = b'x' * (50 * 2**20)", "import time; time.sleep(2)"]
    write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), tmp_path / "04.ipynb")
    rows = [(0, 2, *row) for row in measured(tmp_path / "04.ipynb", 2)]
    table = pd.DataFrame(rows, columns=["round", "kernels", "who", "measure", "value", "unit"])
    values = table.set_index(["who", "measure"])["value"]
    each = values[[(0, "memory"), (1, "memory")]]
    assert values["all", "time"] == values[[(0, "time"), (1, "time")]].max() > 2
    assert each.min() > 50
    assert 100 < values["all", "memory"] <= each.sum()
    assert values["server", "memory"] > 20
    assert summary(table).loc[(2, "each", "memory", "MiB"), "max"] == each.max().round(2)


def test_a_kernel_that_fails_ends_the_measurement(tmp_path):
    from kernels import measured
    from nbclient.exceptions import CellExecutionError

    write(new_notebook(cells=[new_code_cell("1 / 0")]), tmp_path / "04.ipynb")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        list(measured(tmp_path / "04.ipynb", 2))
