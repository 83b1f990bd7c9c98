"""A pytest plugin: notebooks write to a temporary folder, and rest on the data that is there.

On the full MNIST their outputs are compared with the committed ones. On the sample they only run,
and the report's header says so; the environment variable LENET_REQUIRE_FULL=1 makes that an error.
"""

import os
import tempfile

import pytest

from course.project import ToolError, data_in_use

DIGITS = pytest.StashKey[tuple[str, bool]]()
FOLDER = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_configure(config):
    config.stash[FOLDER] = tempfile.TemporaryDirectory(prefix="lenet-figures-")
    os.environ["LENET_FIGURES"] = config.stash[FOLDER].name
    os.environ["LENET_PROGRESS"] = "0"
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    try:
        config.stash[DIGITS] = data_in_use()
    except ToolError as error:
        raise pytest.UsageError(str(error)) from None
    name, is_full = config.stash[DIGITS]
    if not is_full and os.environ.get("LENET_REQUIRE_FULL") == "1":
        raise pytest.UsageError(f"LENET_REQUIRE_FULL=1 asks for the full MNIST; found {name}.")


def pytest_unconfigure(config):
    if folder := config.stash.get(FOLDER, None):
        folder.cleanup()


def pytest_report_header(config):
    name, is_full = config.stash[DIGITS]
    if is_full:
        return f"notebooks: run on {name}, outputs, numbers and figures compared"
    return f"notebooks: run on {name}, NOTHING COMPARED with the committed outputs"


def pytest_itemcollected(item):
    if hasattr(item, "cell") and not item.config.stash[DIGITS][1]:
        item.options["check"] = False


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not hasattr(item, "cell"))


@pytest.fixture(scope="session")
def is_full(request):
    """Return whether the notebooks ran on the full MNIST."""
    return request.config.stash[DIGITS][1]
