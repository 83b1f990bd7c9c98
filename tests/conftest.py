"""What several tests of the tools share."""

import signal

import pytest


@pytest.fixture
def no_full_mnist(tmp_path_factory):
    """Return environment variables that leave nothing but the sample: empty HOME, no network."""
    home = str(tmp_path_factory.mktemp("home"))
    nowhere = "http://127.0.0.1:9"
    return {"HOME": home, "KERAS_HOME": home, "https_proxy": nowhere, "no_proxy": ""}


@pytest.fixture
def ctrl_c():
    """Make SIGINT interrupt, as at a terminal: what a shell runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
