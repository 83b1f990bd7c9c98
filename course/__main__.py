"""What runs, checks and publishes the series, in a clone: `python -m course --help`."""

import importlib.util
import subprocess
import sys

from course.environment import lab_environment
from course.project import ROOT, ToolError
from lenet_helpers.commands import run_command

LAB, TEST, SITE = "-e '.[lab]'", "-e '.[test]'", "-r requirements-site.txt"
# Two at a time, whatever the machine has: each may hold a kernel of 2 GB. The plugin's order stays.
TWO_FILES = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
QUICK = [
    *("-m", "not slow"),
    *("tests/test_rooms.py", "tests/test_evaluation.py", "tests/test_preprocessing.py"),
    *("tests/test_models.py", "tests/lenet1998", "tests/plots", "tests/studies/test_recipes.py"),
    *("tests/handwriting/test_pad.py", "tests/handwriting/test_strokes.py"),
    *(f"tests/course/test_{name}.py" for name in ("checks", "documents", "mutations", "tags")),
]


def notebooks(args, rest):
    """run chapters on the data that is there, into build/"""
    _require_modules("nbclient ipykernel", LAB)
    from course.run import run_notebooks

    run_notebooks(args.chapters)


def test(args, rest):
    """run every test and compare the notebooks; takes pytest's arguments"""
    _require_modules("nbval xdist", TEST)
    return subprocess.call([sys.executable, "-m", "pytest", *TWO_FILES, *rest], cwd=ROOT)


def check(args, rest):
    """check style, rooms and texts and run quick tests, in a minute; runs no notebook"""
    _require_modules("nbval ruff", TEST)
    steps = [["ruff", "format", "--check"], ["course", "texts"], ["pytest", "--quiet", *QUICK]]
    return max(subprocess.call([sys.executable, "-m", *step], cwd=ROOT) for step in steps)


def lab(args, rest):
    """open JupyterLab at your own copies of the chapters; takes its arguments"""
    _require_modules("jupyterlab ipykernel", LAB)
    from course.copies import COPIES, chapters, renew_copies

    files, is_first = chapters(), not COPIES.exists()
    old = renew_copies(files)
    print(f"Your copies, which no command overwrites: {COPIES.relative_to(ROOT)}", flush=True)
    if old:
        print(f"Changed by you, and by the course since then: {', '.join(old)}. Rename yours for a")
        print("new one, at the next start.", flush=True)
    begin = [next(iter(files))] if is_first and not rest else []
    command = [sys.executable, "-m", "jupyterlab", *begin, *rest]
    return subprocess.call(command, cwd=COPIES, env=lab_environment())


def site(args, rest):
    """make web pages of the committed notebooks, in build/site, running none"""
    _require_modules("sphinx_book_theme playwright", SITE)
    from course.website.site import build_site

    build_site(args.pdf)


def guide(args, rest):
    """write the instructor's guide and slides for each chapter into build/guide/"""
    _require_modules("nbclient ipykernel", LAB)
    _require_modules("mdit_py_plugins", SITE)
    from course.workshop.guide import write_guide

    write_guide(args.measure)


def refresh(args, rest):
    """run chapters on the full MNIST, rewriting tracked outputs, figures and numbers"""
    _require_modules("nbclient ipykernel", LAB)
    from course.refresh import refresh

    refresh(args.chapters)


def colab(args, rest):
    """run chapters as Colab does, where its versions are: see `make colab-test`"""
    from course.colab import run_as_colab

    run_as_colab(args.chapters)


def texts(args, rest):
    """check the numbers and figures in the texts against what was recorded, running nothing"""
    from course.documents import wrong_documents

    problems = wrong_documents()
    print("\n".join(problems) or "Every number is as it was recorded.")
    return 1 if problems else 0


def stamp(args, rest):
    """rewrite Colab badges, set-up cells, tagged numbers and README's tables, running nothing"""
    from course.stamp import stamp

    stamp()


CHAPTERS = {"chapters": {"nargs": "*", "help": "chapters such as 04 or 04_train; all unless given"}}
MEASURE = {"--measure": {"action": "store_true", "help": "run chapters to take their time here"}}
PDF = {"--pdf": {"action": "store_true", "help": "print the course as one PDF, too"}}
COMMANDS = {
    notebooks: CHAPTERS,
    test: {},
    check: {},
    lab: {},
    site: PDF,
    guide: MEASURE,
    refresh: CHAPTERS,
    colab: CHAPTERS,
    texts: {},
    stamp: {},
}


def main(words=None):
    """Run the command that the words name; return the exit status."""
    return run_command(COMMANDS, "course", __doc__, words, passing_on={test, lab})


def _require_modules(modules, source):
    for module in modules.split():
        if importlib.util.find_spec(module) is None:
            raise ToolError(f"{module} is not installed: pip install {source}")


if __name__ == "__main__":
    sys.exit(main())
