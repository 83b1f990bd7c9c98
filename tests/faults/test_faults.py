"""The quick faults; `python -m tests.faults --slow` tries those that take processes and ports."""

import pytest

from tests.faults.world import World, read_faults

QUICK = [fault for fault in read_faults() if not fault.slow]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return a small clone."""
    with World(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.mark.parametrize("fault", QUICK, ids=str)
def test_what_goes_wrong_is_said_and_nothing_else_changes(fault, world):
    if not fault.is_possible:
        pytest.skip(f"needs {fault.needs}")
    assert not world.wrong(fault)
