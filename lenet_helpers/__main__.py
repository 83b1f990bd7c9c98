"""The commands of the project: `python -m lenet_helpers --help`."""

import argparse
import contextlib
import functools
import importlib.util
import shlex
import subprocess
import sys
from concurrent.futures import BrokenExecutor

from lenet_helpers.runtime import resolve_named_paths
from lenet_helpers.tools.project import NOTEBOOKS, ROOT, ToolError

LAB = "-e '.[lab]'"


def notebooks(args, rest):
    """run chapters on the data that is there, into build/"""
    _require_modules("nbclient ipykernel", LAB)
    from lenet_helpers.tools.run import run_notebooks

    run_notebooks(args.chapters)


def test(args, rest):
    """run every test and compare the notebooks; takes pytest's arguments"""
    _require_modules("nbval", "-e '.[test]'")
    return subprocess.call([sys.executable, "-m", "pytest", *rest], cwd=ROOT)


def lab(args, rest):
    """open JupyterLab at the notebooks; takes its arguments"""
    _require_modules("jupyterlab ipykernel", LAB)
    from lenet_helpers.tools.lab import OWN_KERNELS

    command = [sys.executable, "-m", "jupyterlab", OWN_KERNELS, *rest]
    return subprocess.call(command, cwd=NOTEBOOKS)


def refresh(args, rest):
    """run chapters on the full MNIST, rewriting tracked outputs, figures and numbers"""
    _require_modules("nbclient ipykernel", LAB)
    from lenet_helpers.tools.refresh import refresh

    refresh(args.chapters)


def stamp(args, rest):
    """rewrite Colab badges, tagged numbers and README's tables, running nothing"""
    from lenet_helpers.tools.stamp import stamp

    stamp()


def site(args, rest):
    """make web pages of the committed notebooks, in build/site, running none"""
    _require_modules("sphinx_book_theme", "-r requirements-site.txt")
    from lenet_helpers.tools.site import build_site

    build_site()


def check(args, rest):
    """check this machine: versions, MNIST, disk, memory, and how long chapter 04 will take"""
    from lenet_helpers.room import is_ready

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


def seeds(args, rest):
    """train chapter 04's recipe from several seeds, rewriting artifacts/; takes long"""
    with _readable_errors():
        from lenet_helpers.studies import run_seeds

        try:
            run_seeds(range(args.seeds), args.workers, functools.partial(print, flush=True))
        except BrokenExecutor as error:
            raise ToolError(
                "A run's process died, and nothing was written; what it said is above. Does it "
                "die with --workers 1, too?"
            ) from error


def study(args, rest):
    """train a study's rungs from several seeds, going on where it stopped; or list all"""
    from lenet_helpers.study import StudyError, listing, run_study

    if args.study is None:
        print(listing())
        return
    rungs = args.rungs and args.rungs.split(",")
    try:
        run_study(
            args.study,
            rungs,
            range(args.seeds),
            workers=args.workers,
            scheduler=args.scheduler,
            output=args.output,
            report=functools.partial(print, flush=True),
        )
    except StudyError as error:
        raise ToolError(str(error)) from error
    if args.study == "ladder" and args.output is None:
        from lenet_helpers.studies import write_tolerances

        try:
            write_tolerances()
        except ValueError as error:
            print(f"tolerances.csv stays as it was. {error}")


def keep(args, rest):
    """make a study's finished run a committed checkpoint"""
    from lenet_helpers.runtime import reproducible
    from lenet_helpers.study import StudyError, keep_run

    reproducible()
    try:
        print(f"Wrote {keep_run(args.study, args.rung, args.name, args.seed)}")
    except StudyError as error:
        raise ToolError(str(error)) from error


def misread(args, rest):
    """list the test images that each run of a study misreads, for paired tests"""
    _counted_again(args.study, "write_misread")


def recount(args, rest):
    """count a study's validation errors with the statistics of batch normalisation counted anew"""
    _counted_again(args.study, "write_recounted")


def _counted_again(name, writer):
    """Call a function of `study` that loads a study's networks, and writes what it counts."""
    from lenet_helpers import study
    from lenet_helpers.runtime import reproducible

    reproducible(seed=0, onednn=True)
    with _readable_errors():
        try:
            print(f"Wrote {getattr(study, writer)(name, functools.partial(print, flush=True))}")
        except study.StudyError as error:
            raise ToolError(str(error)) from error


def workshop(args, rest):
    """write the learner's notebooks and the instructor's guide into build/workshop/"""
    _require_modules("nbclient ipykernel", LAB)
    from lenet_helpers.tools.workshop import workshop

    workshop(args.measure)


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number, 1 or more, not {text!r}")
    return int(text)


COMMANDS = [notebooks, test, lab, site, check, fetch, workshop, refresh, stamp]
COMMANDS += [seeds, study, keep, misread, recount]
CHAPTERS = {"chapters": {"nargs": "*", "help": "chapters such as 04 or 04_train; all unless given"}}
SEEDS = {
    "type": _positive,
    "default": 5,
    "metavar": "N",
    "help": "how many: seeds 0 to N-1 (%(default)s)",
}
ARGUMENTS = {
    notebooks: CHAPTERS,
    refresh: CHAPTERS,
    fetch: {
        "--to": {"required": True, "metavar": "DIR", "help": "the folder, such as that of a stick"}
    },
    workshop: {
        "--measure": {"action": "store_true", "help": "run chapters to take their time here"}
    },
    seeds: {
        "--seeds": SEEDS,
        "--workers": {
            "type": _positive,
            "default": 2,
            "metavar": "W",
            "help": "how many runs at a time (%(default)s)",
        },
    },
    keep: {
        "study": {"metavar": "STUDY", "help": "its name"},
        "rung": {"metavar": "RUNG", "help": "one of its rungs"},
        "name": {"metavar": "NAME", "help": "of the checkpoint: artifacts/NAME.npz"},
        "--seed": {"type": int, "default": 0, "metavar": "S", "help": "of the run (%(default)s)"},
    },
    misread: {"study": {"metavar": "STUDY", "help": "its name"}},
    recount: {"study": {"metavar": "STUDY", "help": "its name"}},
    study: {
        "study": {"nargs": "?", "metavar": "STUDY", "help": "its name; without one, a list"},
        "--rungs": {"metavar": "A,B", "help": "some of its rungs; all unless given"},
        "--seeds": SEEDS,
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
}
PASSES_ARGUMENTS_ON = {test, lab}


def main(words=None):
    """Run the command that the words name; return the exit status."""
    parser = _parser()
    args, rest = parser.parse_known_args(words)
    if rest and args.command not in PASSES_ARGUMENTS_ON:
        parser.error(f"unknown: {' '.join(rest)}")
    try:
        _resolve_named_paths()
        return args.command(args, rest) or 0
    except OSError as error:  # no room, no permission, something in the way: the error names it
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except ToolError as error:
        print("\n".join(["", f"error: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


def _parser():
    parser = argparse.ArgumentParser(prog="python -m lenet_helpers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        name, what = command.__name__, command.__doc__
        sub = commands.add_parser(name, help=what, description=what)
        sub.set_defaults(command=command)
        for argument, options in ARGUMENTS.get(command, {}).items():
            sub.add_argument(argument, **options)
    return parser


def _resolve_named_paths():
    # Commands work in folders of their own; a relative path is meant from where the person stands.
    try:
        resolve_named_paths()
    except ValueError as error:
        raise ToolError(str(error)) from error


@contextlib.contextmanager
def _readable_errors():
    from lenet_helpers.data import MnistError

    try:
        yield
    except MnistError as error:
        raise ToolError(str(error)) from error


def _require_modules(modules, source):
    for module in modules.split():
        if importlib.util.find_spec(module) is None:
            raise ToolError(f"{module} is not installed: pip install {source}")


if __name__ == "__main__":
    sys.exit(main())
