"""What a learner's machine can do, wherever the helpers are: `python -m lenet_helpers --help`."""

import argparse
import contextlib
import functools
import shlex
import sys

from lenet_helpers.commands import ToolError, run_command


def check(args, rest):
    """check this machine: versions, MNIST, disk, memory, and how long chapter 04 will take"""
    from lenet_helpers.check import is_ready

    return 0 if is_ready() else 1


def fetch(args, rest):
    """write MNIST, verified, into a folder, for rooms without a network"""
    with _readable_errors():
        from lenet_helpers.data import MnistDownloadError, fetch, fetch_writers

        path = fetch(args.to)
        print(f"All of MNIST, verified: {path}")
        try:
            print(f"Who wrote it, verified: {', '.join(map(str, fetch_writers(args.to)))}")
        except MnistDownloadError as error:
            print(f"Without who wrote it: {error}")
    print("Take the folder along; without a network, let LENET_MNIST name where it is, as in")
    print(f"    LENET_MNIST={shlex.quote(str(path.parent))} python -m lenet_helpers check")


def study(args, rest):
    """train networks to be compared, each from several seeds; see `study --help`"""


def list_(args, rest):
    """list the studies and their rungs"""
    from lenet_helpers.studies.runner import listing

    print(listing())


def run(args, rest):
    """train a study's rungs from several seeds, going on where it stopped"""
    from lenet_helpers.studies.runner import run_study

    run_study(
        args.study,
        _split(args.rungs),
        range(args.seeds),
        weights=args.weights,
        workers=args.workers,
        scheduler=args.scheduler,
        output=args.output,
        report=functools.partial(print, flush=True),
    )
    if args.output is None and args.study == "seeds":
        _measure_noise()


def _measure_noise():
    """Rewrite the table of seeds and the tolerances that come from it."""
    from lenet_helpers.studies import runner, seeds

    try:
        seeds.write_seeds(runner.table_path("seeds"))
        seeds.write_tolerances()
    except ValueError as error:
        print(f"tolerances.csv stays as it was. {error}")


def take(args, rest):
    """bring runs that were trained side by side on a GPU into a study's table"""
    from lenet_helpers.studies import runner

    with _readable_errors():
        runner.take_runs(args.study, args.folder, functools.partial(print, flush=True))


def keep(args, rest):
    """make a study's finished run a committed checkpoint"""
    from lenet_helpers.studies.runner import keep_run

    print(f"Wrote {keep_run(args.study, args.rung, args.name, args.seed)}")


def misread(args, rest):
    """list the images that each run of a study misreads, for paired tests"""
    _counted_again(args.study, "write_misread", _split(args.rungs))


def recount(args, rest):
    """count a study's validation errors with the statistics of batch normalisation counted anew"""
    _counted_again(args.study, "write_recounted")


def probabilities(args, rest):
    """store what each run of a study answers to its validation images, for ensembles"""
    _counted_again(args.study, "write_probabilities", _split(args.rungs))


def robustness(args, rest):
    """count how many distorted test images each run of a study reads"""
    _counted_again(args.study, "write_robustness", _split(args.rungs))


def _split(rungs):
    return rungs and rungs.split(",")


def _counted_again(study, writer, *given):
    """Call a function of `runner` that loads a study's networks, and writes what it counts."""
    from lenet_helpers.studies import runner

    with _readable_errors():
        report = functools.partial(print, flush=True)
        print(f"Wrote {getattr(runner, writer)(study, *given, report=report)}")


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number, 1 or more, not {text!r}")
    return int(text)


STUDY = {"metavar": "STUDY", "help": "its name"}
RUNGS = {"metavar": "A,B", "help": "some of its rungs; all unless given"}
COMMANDS = {
    check: {},
    fetch: {
        "--to": {"required": True, "metavar": "DIR", "help": "the folder, such as that of a stick"}
    },
    study: {
        list_: {},
        run: {
            "study": STUDY,
            "--rungs": RUNGS,
            "--seeds": {
                "type": _positive,
                "default": 5,
                "metavar": "N",
                "help": "how many: seeds 0 to N-1 (%(default)s)",
            },
            "--weights": {
                "action": "store_true",
                "help": "make finished runs again whose weights are not here, as in a fresh clone",
            },
            "--workers": {
                "type": _positive,
                "metavar": "W",
                "help": "how many runs at a time; as many as the cores bear unless given",
            },
            "--scheduler": {
                "metavar": "ADDRESS",
                "help": "run on the workers of this Dask scheduler, tcp://host:port",
            },
            "--output": {
                "metavar": "FILE.csv",
                "help": "the table to go on with; lenet_helpers/artifacts/STUDY.csv unless given",
            },
        },
        take: {"study": STUDY, "folder": {"metavar": "DIR", "help": "where their files are"}},
        keep: {
            "study": STUDY,
            "rung": {"metavar": "RUNG", "help": "one of its rungs"},
            "name": {"metavar": "NAME", "help": "of the checkpoint: artifacts/NAME.npz"},
            "--seed": {
                "type": int,
                "default": 0,
                "metavar": "S",
                "help": "of the run (%(default)s)",
            },
        },
        misread: {"study": STUDY, "--rungs": RUNGS},
        recount: {"study": STUDY},
        probabilities: {"study": STUDY, "--rungs": RUNGS},
        robustness: {"study": STUDY, "--rungs": RUNGS},
    },
}


# The commands of `python -m course`, which is no part of the wheel.
OF_A_CLONE = ("notebooks", "test", "lab", "site", "guide", "refresh", "colab", "texts", "stamp")


def main(words=None):
    """Run the command that the words name; return the exit status."""
    words = sys.argv[1:] if words is None else words
    if words and words[0] in OF_A_CLONE:
        print(f"error: run this in a clone: python -m course {shlex.join(words)}", file=sys.stderr)
        return 2
    return run_command(COMMANDS, "lenet_helpers", __doc__, words)


@contextlib.contextmanager
def _readable_errors():
    from lenet_helpers.data import MnistError

    try:
        yield
    except MnistError as error:
        raise ToolError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
