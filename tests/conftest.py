"""What several tests share."""

import shutil
import signal

import numpy as np
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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


@pytest.fixture
def closed_figures():
    """Close what a test drew, so that figures do not pile up."""
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.fixture(scope="session")
def images():
    """Return 60 images of random pixels."""
    return np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8)


@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium with an empty profile."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs pip install -r requirements-site.txt"
    )
    if not CHROMIUM:
        pytest.skip("needs Chromium: apt-get install chromium, say")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
