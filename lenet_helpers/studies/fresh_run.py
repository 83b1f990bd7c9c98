"""One run of a study in a process of its own: threads and determinism are fixed in TensorFlow."""

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from typing import NamedTuple

from lenet_helpers.runtime import last_lines


class Job(NamedTuple):
    """A run to be made: settings and version as of `recipes`."""

    study: str
    rung: str
    seed: int
    settings: str
    version: int


class Run(NamedTuple):
    """A finished run.

    row: dict, its row of the table; curve: list of dict, one per epoch; weights: bytes, an npz.
    """

    row: dict
    curve: list
    weights: bytes


class Failure(NamedTuple):
    """A run that ended without a result: why, and all that it printed."""

    job: Job
    reason: str
    log: str = ""


def run_fresh(
    job, on_start=lambda process: None, unfinished=None, program="lenet_helpers.studies.make_run"
):
    """Make a run in a fresh process; return a Run, or a Failure if it raises, dies or cannot start.

    on_start: function that is given the subprocess.Popen.
    unfinished: folder in which a long run keeps its state, to go on from if it is interrupted.
    program: str, the module that makes it.
    The process ends by itself when this one dies, however it dies: it sees its stdin closed.
    """
    try:
        with tempfile.TemporaryFile() as log:
            answer, status = _call([job, unfinished and str(unfinished)], program, log, on_start)
            log.seek(0)
            text = log.read().decode(errors="replace")
    except OSError as error:
        return Failure(job, f"its process could not be started: {error}")
    return pickle.loads(answer) if status == 0 else Failure(job, _reason(status, text), text)


def _call(order, program, log, on_start):
    environment = os.environ | {"LENET_PROGRESS": "0", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    with subprocess.Popen(
        [sys.executable, "-m", program],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environment,
    ) as process:
        on_start(process)
        with contextlib.suppress(BrokenPipeError):  # it died at once: its status tells
            process.stdin.write(json.dumps(order).encode() + b"\n")
        return process.stdout.read(), process.wait()


def _reason(status, log):
    if status < 0:
        return f"ended by {signal.Signals(-status).name}. {last_lines(log)}".strip()
    return last_lines(log) or f"exit status {status}"
