"""The table of a study: whole after every fault, and refused where it is not."""

import contextlib
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from lenet_helpers.studies import recipes
from lenet_helpers.studies.fresh_run import Job
from lenet_helpers.studies.table import (
    RunTable,
    TableError,
    epochs_path,
    probabilities_path,
    read_epochs,
    read_probabilities,
    read_right,
    read_runs,
    write_arrays,
)
from tests.studies import small_study
from tests.studies.fake_run import fake_run

ROOT = Path(__file__).parents[2]


def add(table, seed, rung="chosen", weights=None):
    job = Job("fake", rung, seed, small_study.FAKE.settings(rung), recipes.VERSION)
    run = fake_run(job)
    return table.add(run.row, run.curve, weights or run.weights)


@pytest.fixture
def table(tmp_path):
    """Return a table with three runs in it."""
    table = RunTable(tmp_path / "runs.csv", tmp_path / "runs", "fake", small_study.FAKE.rungs)
    table.prepare()
    add(table, 0, "final")
    add(table, 10)
    add(table, 9)
    return table


def both(table):
    return table.path.read_text(), epochs_path(table.path).read_text()


def test_rows_are_sorted_as_the_rungs_are(table):
    order = [("chosen", 9), ("chosen", 10), ("final", 0)]
    assert list(table.runs()) == order
    runs, epochs = read_runs(table.path), read_epochs(table.path)
    assert list(zip(runs["rung"], runs["seed"], strict=True)) == order
    assert list(zip(epochs["seed"], epochs["epoch"], strict=True)) == [
        (seed, epoch) for seed in (9, 10, 0) for epoch in (1, 2)
    ]


def test_a_run_that_was_finished_but_not_gathered_counts_and_is_gathered(table):
    before = both(table)
    add(table, 1)
    after = both(table)
    table.path.write_text(before[0])
    epochs_path(table.path).write_text(before[1])
    assert ("chosen", 1) in table.runs()
    table.prepare()
    assert both(table) == after
    table.path.unlink()
    epochs_path(table.path).unlink()
    table.prepare()
    assert both(table) == after


def test_rows_alone_are_runs_too_as_in_a_fresh_clone(table):
    rows, before = table.runs(), both(table)
    assert all(table.has_weights(row) for row in rows.values())
    shutil.rmtree(table.weights)
    table.prepare()
    assert table.runs() == rows
    assert not any(table.has_weights(row) for row in rows.values())
    add(table, 9)
    assert table.has_weights(rows["chosen", 9])
    assert both(table) == before, "the same weights leave the row as it is"
    add(table, 9, weights=b"others")
    assert both(table) != before
    assert table.has_weights(table.runs()["chosen", 9])


def test_a_row_stands_before_a_run_of_another_clone(table):
    before = both(table)
    add(table, 9, weights=b"others")
    table.path.write_text(before[0])
    table.prepare()
    assert both(table) == before
    assert not table.has_weights(table.runs()["chosen", 9])


def test_epochs_of_a_run_that_was_not_finished_do_not_count(table):
    with epochs_path(table.path).open("a") as file:
        file.write("fake,chosen,7,1,0.5\n")
    assert set(read_epochs(table.path)["seed"]) == {0, 9, 10}
    add(table, 2)
    assert "chosen,7" not in epochs_path(table.path).read_text()


def test_a_list_of_misread_images_of_other_runs_is_refused(table, tmp_path):
    (tmp_path / "runs_misread.csv").write_text("rung,seed,image\nfinal,0,3\n")
    with pytest.raises(TableError, match=r"is not of the runs in .*study misread runs` makes it"):
        read_right(table.path)


# Writing


def test_whoever_has_a_table_open_reads_all_of_the_earlier_one(table):
    paths = (table.path, epochs_path(table.path), table.weights / "chosen-9.npz")
    before = [path.read_bytes() for path in paths]
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in paths]
        add(table, 9, weights=b"others")
        assert [file.read() for file in files] == before


def test_writers_take_turns(table):
    pytest.importorskip("fcntl")

    def write(seeds):
        for seed in seeds:
            add(table, seed)

    seeds = range(20, 32)
    writers = [threading.Thread(target=write, args=(seeds[part::2],)) for part in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(read_runs(table.path)) == len(seeds) + 3


def test_probabilities_come_in_the_order_of_the_seeds(tmp_path):
    seeds = {f"a-b-{seed}": np.full((2, 10), seed, "uint16") for seed in (10, 9)}
    write_arrays(probabilities_path(tmp_path / "some.csv"), seeds | {"labels": np.uint8([3, 5])})
    found, labels = read_probabilities(tmp_path / "some.csv")
    assert (found["a-b"][:, 0, 0] * 65535).round().tolist() == [9, 10]
    assert labels.tolist() == [3, 5]


@pytest.mark.parametrize("kept", [None, 0, 100, -100])
def test_probabilities_that_cannot_be_read_are_named(kept, tmp_path):
    path = probabilities_path(tmp_path / "some.csv")
    write_arrays(path, {"labels": np.arange(500), "a-0": np.arange(500)})
    path.unlink() if kept is None else path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(TableError, match=r"some_probabilities\.npz cannot be read: .*study probab"):
        read_probabilities(tmp_path / "some.csv")
