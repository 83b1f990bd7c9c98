"""Runs commands in the clone that it stands in, each in a fork: what they import is there already.

Its words are modules that it imports, too. It reads orders from stdin and writes answers to stdout,
a line of JSON each.
"""

import errno
import importlib
import json
import os
import shlex
import signal
import sys
import tempfile

LOADED = (
    *("lenet_helpers.__main__", "course.__main__", "tests.studies.small_study"),
    *("course.documents", "course.refresh", "course.run", "course.workshop.guide"),
    *("course.website.site", "course.colab", "lenet_helpers.studies.seeds"),
)


def main():
    """Answer orders until there are no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    # As `reproducible` wants it, and without a word about a GPU.
    os.environ |= {"TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    for name in (*LOADED, *filter(None, sys.argv[1:])):
        importlib.import_module(name)
    _let_runs_take_no_time()
    print("ready", file=answers)
    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryFile() as said:
            if not (pid := os.fork()):
                _end_with(order, said)
            _, status = os.waitpid(pid, 0)
            said.seek(0)
            text = said.read().decode(errors="replace")
        print(json.dumps([os.waitstatus_to_exitcode(status), text]), file=answers)


def _let_runs_take_no_time():
    from tests.studies.fake_run import fake_run
    from tests.studies.small_study import FAKE, recipes, runner, small

    recipes.STUDIES |= {"small": small(), "fake": FAKE}
    runner.run_fresh = lambda job, *_: fake_run(job)


def _end_with(order, said):
    """Do what is ordered, and end this process with its exit status."""
    for stream in (1, 2):
        os.dup2(said.fileno(), stream)
    os.environ.update(order["env"])
    status = 70
    try:
        if order["at"]:
            _break(*order["at"].split())
        status = _run(order["run"])
        sys.stdout.flush()
    except SystemExit as end:
        status = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _run(line):
    """Run a command; or, behind `call`, print what a Python expression comes to."""
    module, _, expression = line.partition(" ")
    if module != "call":
        return importlib.import_module(f"{module}.__main__").main(shlex.split(expression))
    try:
        print(eval(expression, sys.modules.copy()))
        return 0
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        return 1


def _break(function, number, how):
    """Let a call of a function of `os`, by its number, fail with an error or end the process."""
    really, left = getattr(os, function), [int(number)]

    def broken(*args, **options):
        left[0] -= 1
        if left[0]:
            return really(*args, **options)
        if how.startswith("SIG"):
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.kill(os.getpid(), getattr(signal, how))
        else:
            code = getattr(errno, how)
            raise OSError(code, os.strerror(code))

    setattr(os, function, broken)


if __name__ == "__main__":
    main()
