"""Studies: no finished run is lost or made twice, however a study ends, wherever it runs."""

import contextlib
import errno
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lenet_helpers.__main__ import main
from lenet_helpers.checkpoints import CheckpointError
from lenet_helpers.data import load_mnist
from lenet_helpers.studies import recipes, runner
from lenet_helpers.studies.fresh_run import Failure, Job, Run, run_fresh
from lenet_helpers.studies.recipes import STUDIES, Study
from lenet_helpers.studies.runner import (
    StudyError,
    keep_run,
    run_study,
    write_misread,
    write_recounted,
)
from lenet_helpers.studies.table import (
    COLUMNS,
    RunTable,
    TableError,
    read_epochs,
    read_right,
    read_runs,
)
from lenet_helpers.training import predict
from tests.studies import small_study

ROOT = Path(__file__).parents[2]
MACHINES = ["seconds", "processor", "cores", "tensorflow", "python", "finished"]
DEV_FULL = Path("/dev/full")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let the small study be known here, and its networks in the processes of the runs."""
    monkeypatch.setitem(STUDIES, "small", small_study.STUDY)
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


# Real runs, in processes of their own


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """Return the table of the small study, made by one worker without interruption."""
    path = tmp_path_factory.mktemp("serial") / "runs.csv"
    with pytest.MonkeyPatch.context() as monkeypatch:
        small.__wrapped__(monkeypatch)
        run_study("small", seeds=range(2), workers=1, output=path, report=lambda line: None)
    return path


def test_a_run_is_in_the_table_with_all_that_repeats_it(serial):
    runs = read_runs(serial).set_index(["rung", "seed"])
    assert list(runs.index) == [("chosen", 0), ("chosen", 1), ("final", 0), ("final", 1)]
    run = runs.loc[("chosen", 0)]
    recipe, opens_test_set = recipes.read_settings(run["settings"])
    assert (recipe, opens_test_set) == (small_study.STUDY.rungs["chosen"], True)
    assert (run["parameters"], run["fixed_parameters"], run["threads"]) == (7850, 0, 1)
    assert (run["epochs"], run["train_images"]) == (2, 270)
    assert 0 < run["train_errors"] < 270
    assert 0 < run["val_errors"] < 30
    assert runs.loc[("final", 0), "train_images"] == 300
    assert runs["val_errors"].isna().tolist() == [False, False, True, True]
    assert runs["test_errors"].nunique() == 4
    for name in MACHINES:
        assert runs[name].notna().all()


def test_the_curve_of_each_run_ends_where_its_row_says(serial):
    epochs = read_epochs(serial)
    assert epochs.groupby(["rung", "seed"])["epoch"].apply(list).tolist() == [[1, 2]] * 4
    last = epochs[epochs["epoch"] == 2].set_index(["rung", "seed"])["val_accuracy"]
    errors = read_runs(serial).set_index(["rung", "seed"])["val_errors"]
    assert round(30 * (1 - last["chosen"])).tolist() == errors["chosen"].tolist()


def test_errors_are_counted_after_each_epoch_where_a_recipe_asks(serial):
    epochs = read_epochs(serial).set_index(["rung", "seed", "epoch"])
    row = read_runs(serial).set_index(["rung", "seed"]).loc[("final", 0)]
    for errors in ("train_errors", "test_errors"):
        assert epochs.loc[("final", 0, 2), errors] == row[errors]
        assert epochs.loc[("final", 0, 1), errors] != row[errors]
        assert epochs.loc["chosen", errors].isna().all()


def test_a_finished_run_becomes_a_checkpoint(serial, monkeypatch):
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(serial))
    monkeypatch.setattr(runner, "save_checkpoint", lambda *kept, network_options: kept)
    model, name, made_by = keep_run("small", "final", "small_final")
    images, labels = load_mnist().x_test, load_mnist().y_test
    errors = (predict(model, images).argmax(1) != labels).sum()
    row = read_runs(serial).set_index(["rung", "seed"]).loc[("final", 0)]
    assert (errors, name) == (row["test_errors"], "small_final")
    assert "study small --rungs final" in made_by
    with pytest.raises(StudyError, match="0 runs of other"):
        keep_run("small", "other", "small_other")
    another, _, made_by = keep_run("small", "final", "small_final", seed=1)
    assert "seed 1" in made_by
    assert (another.get_weights()[0] != model.get_weights()[0]).any()


def test_misread_images_are_those_that_were_counted(serial, monkeypatch):
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(serial))
    write_misread("small", report=lambda line: None)
    digits = load_mnist()
    right = read_right(serial, len(digits.y_test))
    runs = read_runs(serial).set_index(["rung", "seed"])
    assert (~right).sum(axis=1).to_dict() == runs["test_errors"].to_dict()
    model, recipe = methods().load_run(read_runs(serial), "final", 1, serial.with_suffix(""))
    expected = methods().answers(model, recipe, digits.x_test) == digits.y_test
    assert (right.loc[("final", 1)] == expected).all()


def test_a_list_of_misread_images_of_other_runs_is_refused(tmp_path, serial):
    path = shutil.copy(serial, tmp_path / "runs.csv")
    (tmp_path / "runs_misread.csv").write_text("rung,seed,image\nfinal,0,3\n")
    with pytest.raises(TableError, match=r"is not of the runs in .* misread runs` makes it anew"):
        read_right(path)


def test_a_study_without_runs_or_without_test_errors_has_no_mistakes(monkeypatch, serial, tmp_path):
    path = tmp_path / "runs.csv"
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(path))
    with pytest.raises(StudyError, match="No run of small is there yet"):
        write_misread("small")
    runs = read_runs(serial)
    runs.assign(test_errors=None).to_csv(path, index=False)
    with pytest.raises(StudyError, match="does not open the test set"):
        write_misread("small")
    assert not (tmp_path / "runs_misread.csv").exists()


@pytest.fixture
def normalised(monkeypatch, tmp_path):
    """Return the table of a run whose network normalises batches."""
    rung = small_study.recipe(
        network="deep_network",
        network_options={"maps": [3], "kernel_sizes": [5], "pooled": [1]},
        method="one_cycle",
        options={"learning_rate": 0.02, "averaging": 0.95},
    )
    monkeypatch.setitem(STUDIES, "small", recipes.Study("for tests", {"normalised": rung}))
    path = tmp_path / "runs.csv"
    run_study("small", seeds=[0], output=path, report=lambda line: None)
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(path))
    return path


def test_errors_are_counted_with_statistics_that_are_counted_anew(normalised):
    lines = []
    written = pd.read_csv(write_recounted("small", lines.append))
    runs = read_runs(normalised)
    model, recipe = methods().load_run(runs, "normalised", 0, normalised.with_suffix(""))
    digits = load_mnist()
    methods().recount_statistics(model, digits.x_train[:270])
    answers = methods().answers(model, recipe, digits.x_train[270:300])
    wrong = int((answers != digits.y_train[270:300]).sum())
    before = int(runs.loc[0, "val_errors"])
    assert written.to_dict("records") == [
        {"rung": "normalised", "seed": 0, "val_errors": before, "recounted": wrong}
    ]
    assert lines == [f"normalised, seed 0: {before} misread, recounted {wrong}"]


def test_nothing_can_be_recounted_without_normalisation_or_validation(
    monkeypatch, serial, tmp_path
):
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(serial))
    with pytest.raises(StudyError, match="No network of small normalises batches"):
        write_recounted("small")
    path = tmp_path / "runs.csv"
    read_runs(serial).assign(val_errors=None).to_csv(path, index=False)
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(path))
    with pytest.raises(StudyError, match="small keeps no validation images"):
        write_recounted("small")


def test_another_count_than_in_training_is_refused(serial, monkeypatch, tmp_path):
    path = shutil.copy(serial, tmp_path / "runs.csv")
    text, errors = path.read_text(), read_runs(path).loc[0, "test_errors"]
    path.write_text(text.replace(f",{errors},", f",{errors + 1},", 1))
    shutil.copytree(serial.with_suffix(""), tmp_path / "runs")
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(path))
    with pytest.raises(StudyError, match=f"misreads {errors} images here, not {errors + 1}"):
        write_misread("small", report=lambda line: None)
    assert not (tmp_path / "runs_misread.csv").exists()


def test_weights_that_are_gone_are_named(serial, monkeypatch, tmp_path):
    path = shutil.copy(serial, tmp_path / "runs.csv")
    monkeypatch.setattr(runner, "_table", lambda study, output: made_table(path))
    with pytest.raises(StudyError, match=r"chosen-0.npz is missing.*study small"):
        write_misread("small", report=lambda line: None)


def test_a_study_that_is_not_there_is_named():
    with pytest.raises(StudyError, match="No study is called 'smal'; known: "):
        keep_run("smal", "final", "name")
    with pytest.raises(StudyError, match="No study is called 'smal'; known: "):
        write_misread("smal")


def made_table(path):
    return RunTable(path, path.with_suffix(""), "small", small_study.STUDY.rungs)


def test_the_weights_of_each_run_make_its_errors(serial):
    digits, runs = load_mnist(), read_runs(serial)
    for run in runs.itertuples():
        model, recipe = methods().load_run(runs, run.rung, run.seed, serial.with_suffix(""))
        wrong = methods().answers(model, recipe, digits.x_test) != digits.y_test
        assert wrong.sum() == run.test_errors


def test_weights_of_another_run_are_refused(serial, tmp_path):
    runs, folder = read_runs(serial), serial.with_suffix("")
    shutil.copy(folder / "final-0.npz", tmp_path / "chosen-0.npz")
    for seed, reason in ((0, "of another run than the table's"), (1, "is missing"), (2, "0 runs")):
        with pytest.raises(CheckpointError, match=reason):
            methods().load_run(runs, "chosen", seed, tmp_path)


def methods():
    # Imported here: it loads TensorFlow, which most of these tests do without.
    from lenet_helpers.studies import methods

    return methods


def test_kill_9_loses_and_repeats_no_finished_run(serial, tmp_path):
    path = tmp_path / "runs.csv"
    command = start_command(path)
    lines = until(command, "; 3 left")
    os.killpg(command.pid, signal.SIGKILL)
    lines += command.communicate()[0].splitlines()
    finished = made(lines)
    assert set(finished) <= set(keys(path))
    again = start_command(path).communicate()[0].splitlines()
    assert not set(finished) & set(made(again))
    assert same_runs(path) == same_runs(serial)
    assert epochs_text(path) == epochs_text(serial)


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_the_command_and_its_runs_at_once(workers, fake, tmp_path):
    path = tmp_path / "runs.csv"
    quietly(path, seeds=[1])
    finished = path.read_bytes()
    command = start_command(path, workers, preexec_fn=hear_ctrl_c)
    wait_until(lambda: len(children(command.pid)) == workers, "no runs were started")
    os.killpg(command.pid, signal.SIGINT)
    lines = command.communicate(timeout=20)[0].splitlines()
    first = "small: 4 runs, of which 2 are done already"
    assert (command.returncode, lines) == (130, [first, "", "interrupted"])
    wait_until(lambda: group_is_gone(command.pid), "its runs live on")
    assert path.read_bytes() == finished


def test_runs_end_when_their_command_is_killed(tmp_path):
    command = start_command(tmp_path / "runs.csv")
    wait_until(lambda: len(children(command.pid)) == 2, "no runs were started")
    command.kill()
    command.communicate()
    wait_until(lambda: group_is_gone(command.pid), "its runs live on")


def hear_ctrl_c():
    """What a shell starts in the background ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return found.stdout.split()


def made(lines):
    """The runs that the command says it made: list of (rung, seed)."""
    return re.findall(r"^(\w+), seed (\d+): .* errors in", "\n".join(lines), re.MULTILINE)


def start_command(path, workers=2, **options):
    words = ["--seeds", "2", "--workers", str(workers), "--output", path]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.studies.small_study", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )


def until(process, words):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    pytest.fail("".join(lines))


def keys(path):
    return [(row["rung"], row["seed"]) for row in RunTable(path, "", "small").runs()]


def same_runs(path):
    """The table without what depends on the machine and the moment."""
    return read_runs(path).drop(columns=MACHINES).to_csv(index=False)


def epochs_text(path):
    return path.with_name(f"{path.stem}_epochs.csv").read_text()


def group_is_gone(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until(is_so, otherwise, seconds=300):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, otherwise
        time.sleep(0.1)


def answers(address):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0


@contextlib.contextmanager
def dask_cluster(workers):
    """Yield the address of a Dask scheduler, its process, and those of its workers."""
    pytest.importorskip("distributed")
    with contextlib.ExitStack() as stack:
        address = f"tcp://127.0.0.1:{free_port()}"

        def start(program, *words):
            command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *words]
            process = subprocess.Popen([*command, "--no-dashboard"], stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = start("scheduler", "--host", address)
        wait_until(lambda: answers(address), "the scheduler does not start")
        words = ["worker", address, "--nthreads", "1", "--no-nanny"]
        yield address, scheduler, [start(*words) for _ in range(workers)]


def be_patient(monkeypatch):
    """Let a busy machine take its time."""
    monkeypatch.setattr(runner, "PATIENCE", 100)
    monkeypatch.setattr(runner, "PATIENCE_FOR_WORKERS", 100)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_dask_makes_up_for_a_worker_that_is_killed(serial, tmp_path, monkeypatch):
    be_patient(monkeypatch)
    path = tmp_path / "runs.csv"
    lines = []
    with dask_cluster(workers=2) as (address, _, (worker, other)):

        def report(line):
            lines.append(line)
            if made([line]) and worker.poll() is None:
                wait_until(lambda: children(worker.pid), "the worker has nothing to do")
                worker.kill()

        run_study("small", seeds=range(2), scheduler=address, output=path, report=report)
        assert (worker.wait(), other.poll()) == (-signal.SIGKILL, None)
    assert same_runs(path) == same_runs(serial)
    assert epochs_text(path) == epochs_text(serial)
    assert len(made(lines)) == 4


def test_a_scheduler_that_dies_ends_the_study_with_a_message(tmp_path, monkeypatch):
    be_patient(monkeypatch)
    with dask_cluster(workers=1) as (address, scheduler, (worker,)):

        def kill():
            wait_until(lambda: children(worker.pid), "no run was started")
            scheduler.kill()

        threading.Thread(target=kill).start()
        with pytest.raises(StudyError, match=f"The Dask scheduler at {address} is gone"):
            quietly(tmp_path / "runs.csv", scheduler=address)


def test_a_run_that_fails_is_reported_and_the_others_are_kept(monkeypatch, tmp_path):
    rungs = {"broken": small_study.recipe(images=70_000)}
    monkeypatch.setitem(STUDIES, "small", Study("for tests", rungs))
    lines = []
    with pytest.raises(StudyError, match="1 runs failed") as error:
        run_study("small", seeds=[3], output=tmp_path / "runs.csv", report=lines.append)
    assert str(tmp_path / "runs/*.log") in str(error.value)
    reason = "ValueError: The recipe takes 70,000 training images, but MNIST"
    assert lines[1].startswith(f"broken, seed 3: failed: {reason}")
    log = (tmp_path / "runs/broken-3.log").read_text()
    assert "Traceback" in log
    assert reason in log


@pytest.mark.parametrize(
    "code, reason",
    [
        ("import os; os.abort()", "ended by SIGABRT."),
        (
            "import os; os.write(2, b'first\\n\\nF0000 why\\n'); os.abort()",
            "ended by SIGABRT. F0000 why",
        ),
        ("import os, sys; os.close(0); sys.exit('first\\nlast')", "last"),
        ("import sys; sys.exit(7)", "exit status 7"),
    ],
)
def test_a_process_that_dies_says_why(code, reason, tmp_path, monkeypatch):
    package = tmp_path / "lenet_helpers/studies"
    package.mkdir(parents=True)
    (package / "make_run.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    job = Job("small", "final", 0, "", 1)
    outcome = run_fresh(job)
    assert isinstance(outcome, Failure)
    assert outcome.reason.startswith(reason)


def test_a_process_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    outcome = run_fresh(Job("small", "final", 0, "", 1))
    assert "could not be started: [Errno 2]" in outcome.reason


# What decides which runs are made, with runs that take no time


def fake_run(job, on_start=None):
    recipe, opens_test_set = recipes.read_settings(job.settings)
    row = dict.fromkeys(COLUMNS[:-1], 1) | job._asdict() | {"seconds": 60.0}
    row |= {"train_errors": job.seed, "val_errors": 10 if recipe.validation_split else None}
    row["test_errors"] = 5 if opens_test_set else None
    curve = [{"epoch": epoch, "loss": 0.5} for epoch in (1, 2)]
    return Run(row, curve, bytes(10))


@pytest.fixture
def fake(monkeypatch):
    """Make runs take no time; return the list of the runs made, as (rung, seed)."""
    made = []

    def run(job, on_start=None):
        made.append((job.rung, job.seed))
        return fake_run(job)

    monkeypatch.setattr(runner, "run_fresh", run)
    return made


def quietly(path, *args, **options):
    lines = []
    runs = run_study("small", *args, output=path, report=lines.append, **options)
    return runs, lines


def test_runs_in_the_table_are_not_made_again(fake, tmp_path):
    path = tmp_path / "runs.csv"
    quietly(path, ["final"], seeds=[1])
    before = path.read_text().splitlines()[1]
    runs, lines = quietly(path, seeds=range(2), workers=1)
    assert fake == [("final", 1), ("chosen", 0), ("final", 0), ("chosen", 1)]
    assert list(zip(runs["rung"], runs["seed"], strict=True)) == [
        ("chosen", 0),
        ("chosen", 1),
        ("final", 0),
        ("final", 1),
    ]
    assert before in path.read_text().splitlines()
    assert lines[0] == "small: 4 runs, of which 1 are done already"
    quietly(path, seeds=range(2))
    assert len(fake) == 4


def test_each_finished_run_says_how_it_went_and_what_is_left(fake, tmp_path):
    _, lines = quietly(tmp_path / "runs.csv", seeds=range(2), workers=1)
    assert lines[1:] == [
        "chosen, seed 0: 0 training, 10 validation, 5 test errors in 60 s; 3 left, about 3 min",
        "final, seed 0: 0 training, 5 test errors in 60 s; 2 left, about 2 min",
        "chosen, seed 1: 1 training, 10 validation, 5 test errors in 60 s; 1 left, about 60 s",
        "final, seed 1: 1 training, 5 test errors in 60 s; 0 left",
        f"All 4 runs are in {tmp_path / 'runs.csv'}",
    ]


def test_a_table_made_with_other_settings_is_not_mixed(fake, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    quietly(path, seeds=[0])
    before = path.read_bytes()
    rungs = small_study.STUDY.rungs | {"final": small_study.recipe(epochs=3)}
    monkeypatch.setitem(STUDIES, "small", replace(small_study.STUDY, rungs=rungs))
    with pytest.raises(StudyError, match=r"that another recipe made\. Its settings") as error:
        quietly(path)
    assert '"epochs": 2' in str(error.value)
    assert '"epochs": 3' in str(error.value)
    assert path.read_bytes() == before
    quietly(path, ["chosen"], seeds=[1])
    assert len(fake) == 3


def test_a_table_of_another_version_is_not_mixed(fake, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    quietly(path, seeds=[0])
    monkeypatch.setattr(recipes, "VERSION", recipes.VERSION + 1)
    with pytest.raises(StudyError, match=r"that another recipe made\. Its version"):
        quietly(path)


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda text: text.replace("seed,", "random,", 1), "columns are of another version"),
        (lambda text: text[:-9], "its last line is not complete"),
        (lambda text: text[:-9] + "\n", "line 3: weights_sha256"),
        (lambda text: text + text.splitlines(True)[1], "line 4 repeats chosen 0"),
        (lambda text: text.replace("small,final", "large,final"), "line 3 is of study 'large'"),
        (lambda text: text.replace("final,0,", "final,-1,"), "line 3: seed is '-1'"),
        (lambda text: text.replace('"', "", 1), "line 2 has "),
        (lambda text: "", "it is empty"),
        (lambda text: "\x00\n", "columns are of another version"),
    ],
)
def test_a_damaged_table_is_refused_and_left_as_it_is(change, reason, fake, tmp_path):
    path = tmp_path / "runs.csv"
    quietly(path, seeds=[0])
    damaged = change(path.read_text())
    assert damaged != path.read_text()
    path.write_text(damaged)
    with pytest.raises(StudyError, match=reason) as error:
        quietly(path)
    assert "give another --output" in str(error.value)
    assert path.read_text() == damaged
    assert len(fake) == 2


def test_damaged_epochs_are_refused_too(fake, tmp_path):
    quietly(tmp_path / "runs.csv", ["final"], seeds=[0])
    epochs = tmp_path / "runs_epochs.csv"
    epochs.write_text(epochs.read_text()[:-1])
    with pytest.raises(StudyError, match=r"_epochs.* cannot be read"):
        quietly(tmp_path / "runs.csv", seeds=[0])


@pytest.mark.parametrize(
    "words, reason",
    [
        (["smal"], "No study is called 'smal'; known: .*small"),
        (["small", "--rungs", "chosen,first"], "No rung .* called 'first'; known: chosen, final"),
        (["small", "--output", "runs"], "must be a file .csv"),
        (["small", "--output", "/dev/null/runs.csv"], "/dev/null cannot be written|cannot be read"),
    ],
)
def test_the_command_explains_bad_input(words, reason, fake, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["study", *words]) == 1
    assert re.search(reason, capsys.readouterr().err)
    assert not fake
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--seeds", "--workers"])
def test_the_command_wants_one_or_more(option, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["study", "small", option, "0"])
    assert f"{option}: must be a number, 1 or more" in capsys.readouterr().err


def test_no_seeds_are_no_study(tmp_path):
    with pytest.raises(StudyError, match="at least one rung and one seed"):
        quietly(tmp_path / "runs.csv", seeds=[])


def test_without_a_name_the_command_lists_all(capsys):
    assert main(["study"]) == 0
    assert "small: for tests\n    rungs: chosen, final\n" in capsys.readouterr().out


def test_a_table_that_is_no_file_is_not_read(tmp_path):
    endless = tmp_path / "endless.csv"
    endless.symlink_to("/dev/zero")
    with pytest.raises(StudyError, match="it is not a file"):
        quietly(endless)


def test_a_scheduler_that_does_not_answer_is_given_up_soon(fake, tmp_path):
    pytest.importorskip("distributed")
    begin = time.monotonic()
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(StudyError, match=f"No Dask scheduler answers at {address}"):
        quietly(tmp_path / "runs.csv", scheduler=address)
    assert time.monotonic() - begin < 2 * runner.PATIENCE + 5


@pytest.mark.parametrize("address", ["nonsense", "tcp://", "http://127.0.0.1:9", "tcp://a:b"])
def test_an_address_that_is_none(address, fake, tmp_path):
    pytest.importorskip("distributed")
    with pytest.raises(StudyError, match="No Dask scheduler answers"):
        quietly(tmp_path / "runs.csv", scheduler=address)


def test_a_scheduler_without_workers_is_given_up_soon(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "PATIENCE_FOR_WORKERS", 2)
    with (
        dask_cluster(workers=0) as (address, _, _),
        pytest.raises(StudyError, match=f"`dask worker {address} --nthreads N`"),
    ):
        quietly(tmp_path / "runs.csv", scheduler=address)


def test_without_dask_the_command_says_how_to_get_it(fake, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StudyError, match=r"pip install -e '.\[cluster\]'"):
        quietly(tmp_path / "runs.csv", scheduler="tcp://127.0.0.1:1")


# Writing


def add(table, seed, rung="chosen"):
    job = Job("small", rung, seed, small_study.STUDY.settings(rung), recipes.VERSION)
    table.add(*fake_run(job))


@pytest.fixture
def table(tmp_path):
    """Return a table with two runs in it."""
    table = RunTable(tmp_path / "runs.csv", tmp_path / "runs", "small")
    table.prepare()
    add(table, 0)
    add(table, 1)
    return table


@pytest.mark.skipif(not DEV_FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "full", ["runs/.chosen-2.npz.part", ".runs_epochs.csv.part", ".runs.csv.part"]
)
def test_a_full_disk_leaves_the_finished_runs(full, table, tmp_path):
    runs, epochs = table.runs(), table.epochs()
    (tmp_path / full).symlink_to(DEV_FULL)
    with pytest.raises(TableError, match="cannot be written: No space left on device"):
        add(table, 2)
    assert (table.runs(), table.epochs()) == (runs, epochs)
    add(table, 2)
    assert len(table.runs()) == len(runs) + 1
    assert len(table.epochs()) == len(epochs) + 2


def test_a_full_disk_ends_the_study_with_a_message(fake, tmp_path, monkeypatch):
    quietly(tmp_path / "runs.csv", seeds=[0])

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StudyError, match="No space left on device"):
        quietly(tmp_path / "runs.csv", seeds=[1])
    assert len(RunTable(tmp_path / "runs.csv", tmp_path, "small").runs()) == 2


def test_a_study_that_ends_early_leaves_no_run_behind(tmp_path, monkeypatch):
    running = []

    def run(job, on_start):
        if job.seed == 0:
            wait_until(lambda: running, "the other run was not started")
            raise StudyError("the end")
        running.append(subprocess.Popen(["sleep", "100"]))
        on_start(running[0])
        return Failure(job, f"exit status {running[0].wait()}")

    monkeypatch.setattr(runner, "run_fresh", run)
    with pytest.raises(StudyError, match="the end"):
        quietly(tmp_path / "runs.csv", ["final"], seeds=range(2), workers=2)
    assert running[0].wait(timeout=20) == -signal.SIGKILL


ADD_FOR_EVER = """
import itertools, sys
from pathlib import Path
from tests.studies.test_runner import RunTable, add
table = RunTable(sys.argv[1], Path(sys.argv[1]).with_suffix(""), "small")
table.prepare()
for seed in itertools.count():
    add(table, seed)
    print(seed, flush=True)
"""


@pytest.mark.parametrize("delay", [0, 0.01])
def test_killed_while_it_writes_a_table_is_whole(delay, tmp_path):
    path = tmp_path / "runs.csv"
    writer = subprocess.Popen(
        [sys.executable, "-c", ADD_FOR_EVER, path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    for _ in range(5):
        writer.stdout.readline()
    time.sleep(delay)
    writer.kill()
    said = 5 + len(writer.communicate()[0].splitlines())
    table = RunTable(path, tmp_path / "runs", "small")
    assert len(table.runs()) - said in (0, 1)
    assert len(table.epochs()) == 2 * len(table.runs())
    add(table, 1000)
    assert not list(tmp_path.glob(".runs*"))


def test_whoever_has_a_table_open_reads_all_of_the_earlier_one(table):
    paths = (table.path, table.epochs_path, table.weights / "chosen-1.npz")
    before = [path.read_bytes() for path in paths]
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in paths]
        add(table, 1)
        add(table, 2)
        assert [file.read() for file in files] == before


def test_writers_take_turns(table):
    pytest.importorskip("fcntl")

    def write(seeds):
        for seed in seeds:
            add(table, seed)

    seeds = range(2, 22)
    writers = [threading.Thread(target=write, args=(seeds[part::2],)) for part in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(table.runs()) == 22


def test_epochs_of_a_run_that_was_not_finished_do_not_count(table):
    with table.epochs_path.open("a") as file:
        file.write("small,chosen,7,1,0.5\n")
    assert {row["seed"] for row in table.epochs()} == {"0", "1"}
    assert set(read_epochs(table.path)["seed"]) == {0, 1}
    add(table, 2)
    assert "chosen,7" not in table.epochs_path.read_text()


# Recipes


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"epochs": 0}, "epochs must be 1 or more"),
        ({"images": -1}, "images must be 1 or more"),
        ({"validation_split": 1}, "validation_split must be in"),
        ({"answer": "best"}, "answer must be one of largest, smallest"),
        ({"options": {"rates": (1, 2)}}, "options must be plain JSON"),
        ({"network_options": {"maps": np.int64(3)}}, "network_options must be plain JSON"),
    ],
)
def test_a_recipe_that_cannot_be_run_is_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        small_study.recipe(**change)


@pytest.mark.parametrize("name", ["", "a,b", "../a", "a b"])
def test_a_rung_whose_name_cannot_be_a_files_is_refused(name):
    with pytest.raises(ValueError, match="A rung cannot be called"):
        Study("for tests", {name: small_study.recipe()})


def test_a_recipe_survives_its_settings():
    recipe = small_study.recipe(options={"rate": 0.1}, answer="smallest")
    study = Study("for tests", {"rung": recipe})
    assert recipes.read_settings(study.settings("rung")) == (recipe, False)


def test_every_recipe_names_what_there_is():
    for study in STUDIES.values():
        for recipe in study.rungs.values():
            recipes.find(recipe.network, "networks")
            recipes.find(recipe.method, "methods")
            recipes.find(recipe.preprocess, "preprocessing")
    with pytest.raises(
        ValueError, match=r"No function is called 'lenet6' in lenet_helpers\.models, "
    ):
        recipes.find("lenet6", "networks")


@pytest.mark.parametrize("study", STUDIES)
def test_a_committed_table_is_of_the_recipes_that_are_here(study):
    rows = runner._table(study, None).runs()
    for row in rows:
        assert row["settings"] == STUDIES[study].settings(row["rung"])
        assert row["version"] == str(recipes.VERSION)
