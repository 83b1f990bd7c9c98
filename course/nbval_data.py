"""A pytest plugin: notebooks rest on the data that is there.

On the full MNIST their outputs, figures and the numbers in their texts are compared with the
committed ones; a text is judged after the code above it has run. On the sample they only run, and
the report's header says so; the environment variable LENET_REQUIRE_FULL=1 makes that an error.
"""

import os
import tempfile
from pathlib import Path

import pytest

from course.environment import kernel_environment
from course.evaluate import asking, evaluate, texts_after
from course.figures import describe_outputs, differing, without_pictures
from course.numbers import knowing, moved
from course.project import BUILD, FIGURES, ToolError, data_in_use
from course.results import named_numbers, read_results
from lenet_helpers.runtime import resolve_named_paths, user_settings

DIGITS = pytest.StashKey[tuple[str, bool]]()
FOLDER = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_configure(config):
    # A worker of pytest-xdist reads "no" here, and what runs without it has no such option.
    if config.getoption("dist", "no") not in ("no", "loadfile"):
        raise pytest.UsageError(
            "Several processes share these tests by file, with --dist loadfile: a notebook's cells "
            "need one kernel."
        )
    if found := user_settings():
        raise pytest.UsageError(
            f"Tests use Keras and TensorFlow as they come, not with {', '.join(found)}: "
            "unset that, or let KERAS_HOME name another folder."
        )
    config.stash[FOLDER] = tempfile.TemporaryDirectory(prefix="lenet-kernels-")
    try:
        _set_environment(Path(config.stash[FOLDER].name))
        config.stash[DIGITS] = _passed_on(config) or data_in_use()
    except (ToolError, ValueError) as error:
        raise pytest.UsageError(str(error)) from None
    name, is_full = config.stash[DIGITS]
    if not is_full and os.environ.get("LENET_REQUIRE_FULL") == "1":
        raise pytest.UsageError(f"LENET_REQUIRE_FULL=1 asks for the full MNIST; found {name}.")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_configure_node(node):
    """Tell a worker of the data, so that it does not look them up again."""
    node.workerinput["digits"] = node.config.stash[DIGITS]


def _passed_on(config):
    return getattr(config, "workerinput", {}).get("digits")


def _set_environment(folder):
    resolve_named_paths()
    environment = kernel_environment(folder)
    os.environ.clear()
    os.environ.update(environment)


def pytest_unconfigure(config):
    if folder := config.stash.get(FOLDER, None):
        folder.cleanup()


def pytest_report_header(config):
    name, is_full = config.stash[DIGITS]
    if is_full:
        return f"notebooks: run on {name}, outputs, numbers and figures compared"
    return f"notebooks: run on {name}, NOTHING COMPARED with the committed outputs"


def pytest_itemcollected(item):
    if not hasattr(item, "cell"):
        return
    if not item.config.stash[DIGITS][1]:
        item.options["check"] = False
        return
    run, compare, sanitize = item.runtest, item.compare_outputs, item.sanitize

    def compare_outputs(fresh, committed, *skipped):
        describe_outputs(fresh, item.cell.metadata.get("alt"))
        return compare(fresh, committed, *skipped)

    def runtest():
        run()
        if problems := _figure_problems(item) + _text_problems(item):
            item.raise_cell_error("Figure or texts differ", "\n".join(problems))

    def sanitized(value):
        value = sanitize(value)
        return without_pictures(value) if isinstance(value, str) else value

    item.runtest, item.compare_outputs, item.sanitize = runtest, compare_outputs, sanitized


@pytest.hookimpl(trylast=True)  # whatever another plugin has shuffled
def pytest_collection_modifyitems(items):
    """Put notebooks first, the later and longer ones in front, each from top to bottom."""
    items.sort(key=lambda item: getattr(item, "cell_num", 0))
    items.sort(key=_notebook, reverse=True)


def _notebook(item):
    return str(item.path) if hasattr(item, "cell_num") else ""


@pytest.fixture(scope="session")
def is_full(request):
    """Return whether the notebooks ran on the full MNIST."""
    return request.config.stash[DIGITS][1]


def _figure_problems(item):
    name = item.cell.metadata.get("figure")
    if name is None or not item.cell.metadata.get("compared", True):
        return []
    return differing(item.test_outputs, item.cell.outputs, name, BUILD / "differing")


def _text_problems(item):
    """What is wrong in the texts below a code cell that has just run."""
    known = knowing(named_numbers(read_results(FIGURES)))
    ask = asking(item.parent.kernel.kc.execute)
    cells, problems = item.parent.nb.cells, []
    index = next(place for place, cell in enumerate(cells) if cell is item.cell)
    for cell in texts_after(item.parent.nb, index):
        values, wrong = evaluate(cell.source, ask)
        wrong = wrong or moved(cell, values, known)
        problems += [f"cell {cell.id!r}: {problem}" for problem in wrong]
    return problems
