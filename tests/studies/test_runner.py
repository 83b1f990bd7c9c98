"""Studies: no finished run is lost or made twice, however a study ends, wherever it runs."""

import contextlib
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
from types import SimpleNamespace

import pytest

from lenet_helpers.__main__ import main
from lenet_helpers.commands import ToolError
from lenet_helpers.studies import recipes, runner
from lenet_helpers.studies.fresh_run import Failure
from lenet_helpers.studies.recipes import STUDIES
from lenet_helpers.studies.runner import run_study
from lenet_helpers.studies.table import RunTable, TableError, epochs_path, read_runs
from tests.studies import small_study
from tests.studies.fake_run import fake_run

ROOT = Path(__file__).parents[2]
RUNS = [("chosen", 0), ("chosen", 1), ("final", 0), ("final", 1)]

pytestmark = pytest.mark.usefixtures("small")


# Commands in processes of their own


def start_command(study, path, workers=2, stderr=subprocess.STDOUT, **options):
    words = ["run", study, "--seeds", "2", "--workers", str(workers), "--output", path]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.studies.small_study", *words],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
        cwd=ROOT,
        **options,
    )


def made(lines):
    """The runs that the command says it made: list of (rung, seed)."""
    found = re.findall(r"^(\w+), seed (\d+): .* errors in", "\n".join(lines), re.MULTILINE)
    return [(rung, int(seed)) for rung, seed in found]


def finished(path):
    """The runs of a study, and that each is there as a whole."""
    table = RunTable(path, path.with_suffix(""), "fake", small_study.FAKE.rungs)
    table.gather()
    assert all(table.has_weights(row) for row in table.runs().values())
    return list(table.runs())


def test_kill_9_loses_and_repeats_no_finished_run(tmp_path):
    path = tmp_path / "runs.csv"
    command = start_command("fake", path)
    lines = until(command, "; 3 left")
    os.killpg(command.pid, signal.SIGKILL)
    lines += command.communicate()[0].splitlines()
    assert set(made(lines)) <= set(finished(path))
    again = start_command("fake", path).communicate()[0].splitlines()
    assert made(again)
    assert not set(made(lines)) & set(made(again))
    assert finished(path) == RUNS


def test_two_commands_share_a_study_and_make_no_run_twice(tmp_path):
    pytest.importorskip("fcntl")
    path = tmp_path / "runs.csv"
    commands = [start_command("fake", path, workers=1) for _ in range(2)]
    lines = [command.communicate()[0].splitlines() for command in commands]
    assert [command.returncode for command in commands] == [0, 0]
    assert sorted(made(lines[0]) + made(lines[1])) == RUNS
    assert made(lines[0])
    assert made(lines[1])
    assert lines[0][-1] == lines[1][-1] == f"All 4 runs are in {path}"
    assert finished(path) == RUNS


def test_what_a_killed_command_was_at_is_taken_over(tmp_path):
    path = tmp_path / "runs.csv"
    command = start_command("small", path, workers=1)
    wait_until(lambda: children(command.pid), "no run was started")
    lines = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(STUDIES, "small", small_study.FAKE)
        monkeypatch.setattr(runner, "run_fresh", lambda job, *_: fake_run(job))
        pause = SimpleNamespace(sleep=lambda seconds: command.kill())
        monkeypatch.setattr(runner, "time", pause)
        run_study("small", seeds=range(2), output=path, report=lines.append)
    command.communicate()
    assert "Another command is making the last 1: waiting for them" in lines
    assert sorted(made(lines)) == RUNS


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_the_command_and_its_runs_at_once(workers, tmp_path):
    path = tmp_path / "runs.csv"
    command = start_command("small", path, workers=workers, preexec_fn=hear_ctrl_c)
    wait_until(lambda: len(children(command.pid)) == workers, "no runs were started")
    os.killpg(command.pid, signal.SIGINT)
    lines = command.communicate(timeout=20)[0].splitlines()
    first = "small: 4 runs, of which 0 are done already"
    # The loader's notice stands above them where there is no full MNIST.
    assert (command.returncode, lines[-3:]) == (130, [first, "", "interrupted"])
    wait_until(lambda: group_is_gone(command.pid), "its runs live on")
    assert not path.exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_runs_end_when_their_command_is_killed(end, tmp_path):
    command = start_command("small", tmp_path / "runs.csv")
    wait_until(lambda: len(children(command.pid)) == 2, "no runs were started")
    command.send_signal(end)
    assert "Traceback" not in command.communicate()[0]
    wait_until(lambda: group_is_gone(command.pid), "its runs live on")


def hear_ctrl_c():
    """What a shell starts in the background ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return found.stdout.split()


def until(process, words):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    pytest.fail("".join(lines))


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


def test_dask_makes_up_for_a_worker_that_is_killed(tmp_path, monkeypatch):
    be_patient(monkeypatch)
    path, lines = tmp_path / "runs.csv", []
    with dask_cluster(workers=2) as (address, _, (worker, other)):

        def kill():
            wait_until(lambda: children(worker.pid), "no run was started")
            worker.kill()

        threading.Thread(target=kill).start()
        run_study("fake", seeds=range(2), scheduler=address, output=path, report=lines.append)
        assert (worker.wait(), other.poll()) == (-signal.SIGKILL, None)
    assert len(made(lines)) == len(set(made(lines))) == len(finished(path)) == 4


def test_a_scheduler_that_dies_ends_the_study_with_a_message(tmp_path, monkeypatch):
    be_patient(monkeypatch)
    with dask_cluster(workers=1) as (address, scheduler, (worker,)):

        def kill():
            wait_until(lambda: children(worker.pid), "no run was started")
            scheduler.kill()

        threading.Thread(target=kill).start()
        with pytest.raises(ToolError, match=f"The Dask scheduler at {address} is gone"):
            quietly(tmp_path / "runs.csv", scheduler=address, study="small")


def test_a_scheduler_that_freezes_ends_the_study_with_a_message(tmp_path, monkeypatch):
    be_patient(monkeypatch)
    with dask_cluster(workers=1) as (address, scheduler, (worker,)):

        def freeze():
            wait_until(lambda: children(worker.pid), "no run was started")
            monkeypatch.setattr(runner, "PATIENCE", 2)
            scheduler.send_signal(signal.SIGSTOP)

        threading.Thread(target=freeze).start()
        with pytest.raises(ToolError, match=f"The Dask scheduler at {address} is gone"):
            quietly(tmp_path / "runs.csv", scheduler=address, study="small")


# What decides which runs are made, with runs that take no time


@pytest.fixture
def fake(monkeypatch):
    """Make runs take no time; return the list of the runs made, as (rung, seed)."""
    made = []

    def run(job, on_start, unfinished=None):
        made.append((job.rung, job.seed))
        return fake_run(job)

    monkeypatch.setattr(runner, "run_fresh", run)
    return made


def quietly(path, *args, study="fake", **options):
    lines = []
    runs = run_study(study, *args, output=path, report=lines.append, **options)
    return runs, lines


def test_runs_in_the_table_are_not_made_again(fake, tmp_path):
    path = tmp_path / "runs.csv"
    quietly(path, ["final"], seeds=[1])
    before = path.read_text().splitlines()[1]
    runs, lines = quietly(path, seeds=range(2), workers=1)
    assert fake == [("final", 1), ("chosen", 0), ("final", 0), ("chosen", 1)]
    assert list(zip(runs["rung"], runs["seed"], strict=True)) == RUNS
    assert before in path.read_text().splitlines()
    assert lines[0] == "fake: 4 runs, of which 1 are done already"
    quietly(path, seeds=range(2))
    assert len(fake) == 4


def test_a_rung_or_seed_given_twice_is_one(fake, tmp_path):
    quietly(tmp_path / "runs.csv", ["final", "final"], seeds=[3, 3])
    assert fake == [("final", 3)]


def test_each_finished_run_says_how_it_went_and_what_is_left(fake, tmp_path):
    _, lines = quietly(tmp_path / "runs.csv", seeds=range(2), workers=1)
    assert lines[1:] == [
        "chosen, seed 0: 0 training, 10 validation, 5 test errors in 60 s; 3 left, about 3 min",
        "final, seed 0: 0 training, 5 test errors in 60 s; 2 left, about 2 min",
        "chosen, seed 1: 1 training, 10 validation, 5 test errors in 60 s; 1 left, about 60 s",
        "final, seed 1: 1 training, 5 test errors in 60 s; 0 left",
        f"All 4 runs are in {tmp_path / 'runs.csv'}",
    ]


def test_weights_that_are_not_here_are_made_again_on_request(fake, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    quietly(path, seeds=[0])
    before = path.read_bytes(), epochs_path(path).read_bytes()
    shutil.rmtree(tmp_path / "runs")
    _, lines = quietly(path, seeds=[0])
    assert lines[0].endswith("; 2 of them without weights here, which --weights makes again")
    assert len(fake) == 2
    _, lines = quietly(path, ["final"], seeds=[0], weights=True)
    assert "errors in 60 s, the very weights of the table; 0 left" in lines[1]
    assert (path.read_bytes(), epochs_path(path).read_bytes()) == before
    quietly(path, ["final"], seeds=[0], weights=True)
    assert fake[2:] == [("final", 0)]

    def elsewhere(job, *_):
        run = fake_run(job)
        row = run.row | {"test_errors": 6, "processor": "another", "finished": "long ago"}
        return run._replace(weights=b"others", row=row)

    monkeypatch.setattr(runner, "run_fresh", elsewhere)
    runs, lines = quietly(path, ["chosen"], seeds=[0], weights=True)
    assert "6 test errors in 60 s, in place of 0 training, 10 validation, 5 test" in lines[1]
    assert "(TensorFlow 1, 1; here 1, another)" in lines[1]
    assert runs["test_errors"].tolist() == [6, 5]


def test_a_run_that_fails_is_reported_and_the_others_are_kept(monkeypatch, tmp_path):
    rungs = {**small_study.FAKE.rungs, "broken": small_study.recipe(options={"code": "1 / 0"})}
    monkeypatch.setitem(STUDIES, "fake", replace(small_study.FAKE, rungs=rungs))
    lines = []
    with pytest.raises(ToolError, match=r"1 runs failed; .* The others are in") as error:
        run_study("fake", seeds=[3], output=tmp_path / "runs.csv", report=lines.append)
    assert str(tmp_path / "runs/*.log") in str(error.value)
    assert any(line.startswith("broken, seed 3: failed: ZeroDivisionError") for line in lines)
    assert "Traceback" in (tmp_path / "runs/broken-3.log").read_text()
    assert len(read_runs(tmp_path / "runs.csv")) == 2


def test_a_table_made_with_other_settings_is_not_mixed(fake, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    quietly(path, seeds=[0])
    before = path.read_bytes()
    rungs = small_study.FAKE.rungs | {"final": small_study.recipe(epochs=3)}
    monkeypatch.setitem(STUDIES, "fake", replace(small_study.FAKE, rungs=rungs))
    with pytest.raises(ToolError, match=r"that another recipe made\. Its settings") as error:
        quietly(path)
    assert '"epochs": 3' in str(error.value)
    assert str(tmp_path / "runs/final-*.json") in str(error.value)
    assert path.read_bytes() == before
    quietly(path, ["chosen"], seeds=[1])
    assert len(fake) == 3


def test_a_table_of_another_version_is_not_mixed(fake, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    quietly(path, seeds=[0])
    monkeypatch.setattr(recipes, "VERSION", recipes.VERSION + 1)
    with pytest.raises(ToolError, match=r"that another recipe made\. Its version"):
        quietly(path)


def test_studies_are_listed(capsys):
    assert main(["study", "list"]) == 0
    assert "small: for tests\n    rungs: chosen, final\n" in capsys.readouterr().out


def test_a_study_that_ends_early_leaves_no_run_behind(tmp_path, monkeypatch):
    running = []

    def run(job, on_start, unfinished):
        if job.seed == 0:
            wait_until(lambda: running, "the other run was not started")
            raise TableError("the end")
        running.append(subprocess.Popen(["sleep", "100"]))
        on_start(running[0])
        return Failure(job, f"exit status {running[0].wait()}")

    monkeypatch.setattr(runner, "run_fresh", run)
    with pytest.raises(ToolError, match="the end"):
        quietly(tmp_path / "runs.csv", ["final"], seeds=range(2), workers=2)
    assert running[0].wait(timeout=20) == -signal.SIGKILL


def test_a_scheduler_without_workers_is_given_up_soon(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "PATIENCE_FOR_WORKERS", 2)
    with (
        dask_cluster(workers=0) as (address, _, _),
        pytest.raises(ToolError, match=f"`dask worker {address} --nthreads N`"),
    ):
        quietly(tmp_path / "runs.csv", scheduler=address)


def test_without_dask_the_command_says_how_to_get_it(fake, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ToolError, match=r"pip install -e '.\[cluster\]'"):
        quietly(tmp_path / "runs.csv", scheduler="tcp://127.0.0.1:1")
