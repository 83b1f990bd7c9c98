"""The table of a study: whole after every fault, and refused where it is not."""

import contextlib
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lenet_helpers.studies import recipes
from lenet_helpers.studies.fresh_run import Job
from lenet_helpers.studies.table import (
    RunTable,
    TableError,
    epochs_path,
    read_epochs,
    read_right,
    read_runs,
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


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda text: text.replace("seed,", "random,", 1), "columns are of another version"),
        (lambda text: text[:-9], "its last line is not complete"),
        (lambda text: text[:-9] + "\n", "line 4: weights_sha256"),
        (lambda text: text + text.splitlines(True)[1], "line 5: it repeats chosen 9"),
        (lambda text: text.replace("fake,final", "large,final"), "line 4: it is of study 'large'"),
        (lambda text: text.replace("final,0,", "final,-1,"), "line 4: seed is '-1'"),
        (lambda text: text.replace('"', "", 1), "line 2 has "),
        (lambda text: "", "it is empty"),
        (lambda text: "\x00\n", "columns are of another version"),
        (lambda text: text.replace('""epochs"": 2', '""epochs"": 3', 1), "line 2: its epochs, 2"),
        (lambda text: text.replace('""epochs"": 2', '""passes"": 3', 1), "are no recipe's"),
        (lambda text: text.replace(",270,10,", ",270,271,"), "line 3: its train_errors, 271"),
        (lambda text: text.replace(",270,10,10,", ",270,10,,"), "its val_errors, none, contradict"),
        (lambda text: text.replace(",5,60.0", ",,60.0", 1), "its test_errors, none, contradict"),
    ],
)
def test_a_damaged_table_is_refused_and_left_as_it_is(change, reason, table):
    damaged = change(table.path.read_text())
    assert damaged != table.path.read_text()
    table.path.write_text(damaged)
    with pytest.raises(TableError, match=reason) as error:
        add(table, 11)
    assert "give another --output" in str(error.value)
    assert table.path.read_text() == damaged
    if "study" not in reason:
        with pytest.raises(TableError, match=reason):
            read_runs(table.path)


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda text: text[:-1], "its last line is not complete"),
        (lambda text: text.replace("final,0,2", "final,0,1"), "epochs of final, seed 0, are not 1"),
        (lambda text: text + text.splitlines(True)[-1], "epochs of final, seed 0, are not 1 to 2"),
        (lambda text: text.replace("0.5", "half"), "could not convert string to float: 'half'"),
        (lambda text: text.splitlines(True)[0], "epochs of chosen, seed 9, are not 1 to 2"),
    ],
)
def test_damaged_epochs_are_refused_too(change, reason, table):
    path = epochs_path(table.path)
    damaged = change(path.read_text())
    path.write_text(damaged)
    with pytest.raises(TableError, match=f"_epochs.csv cannot be read.*{reason}"):
        table.prepare()
    with pytest.raises(TableError, match=reason):
        read_epochs(table.path)
    assert path.read_text() == damaged


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda record: None, "'NoneType' object"),
        (lambda record: record | {"row": {}}, "'study' is missing"),
        (lambda record: record | {"curve": record["curve"][:1]}, "are not 1 to 2"),
        (lambda record: record | {"row": record["row"] | {"seed": 7}}, "it is of chosen, seed 7"),
        (lambda record: record | {"row": record["row"] | {"study": "other"}}, "study 'other'"),
    ],
)
def test_a_damaged_run_is_refused_by_the_name_of_its_file(change, reason, table):
    path, before = table.weights / "chosen-9.json", both(table)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(TableError, match=rf"chosen-9\.json cannot be read.*{reason}"):
        table.prepare()
    assert both(table) == before


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


@pytest.mark.parametrize("written", range(4), ids=["weights", "run", "epochs", "rows"])
def test_a_full_disk_leaves_the_finished_runs(written, table, tmp_path, monkeypatch):
    before, left = both(table), list(range(written))

    def fsync(handle, really=os.fsync):
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        left.pop()
        really(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(TableError, match="cannot be written: No space left on device"):
        add(table, 2)
    monkeypatch.undo()
    assert table.path.read_text() == before[0]
    assert not list(tmp_path.rglob(".*part"))
    assert (("chosen", 2) in table.runs()) == (written > 1)
    add(table, 2)
    assert set(read_epochs(table.path)["seed"]) == {0, 2, 9, 10}


ADD_FOR_EVER = """
import itertools, sys
from pathlib import Path
from tests.studies.test_table import RunTable, add
table = RunTable(sys.argv[1], Path(sys.argv[1]).with_suffix(""), "fake")
table.prepare()
for seed in itertools.count():
    add(table, seed)
    print(seed, flush=True)
"""


def test_killed_while_it_writes_a_table_is_whole(tmp_path):
    path = tmp_path / "runs.csv"
    command = [sys.executable, "-c", ADD_FOR_EVER, path]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        for _ in range(5):
            writer.stdout.readline()
        writer.kill()
        said = 5 + len(writer.stdout.readlines())
    table = RunTable(path, tmp_path / "runs", "fake")
    table.prepare()
    assert len(table.runs()) - said in (0, 1)
    assert len(read_epochs(path)) == 2 * len(read_runs(path)) == 2 * len(table.runs())


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


def test_a_path_is_taken_as_users_write_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link.csv").symlink_to("runs.csv")
    table = RunTable("~/link.csv", "~/link", "fake")
    table.prepare()
    add(table, 1)
    assert (tmp_path / "link.csv").is_symlink()
    assert re.search("^fake,chosen,1,", (tmp_path / "runs.csv").read_text(), re.MULTILINE)
    assert (tmp_path / "link/chosen-1.json").is_file()
