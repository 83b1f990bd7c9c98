"""What several tests share."""

import json
import shutil
import signal

import numpy as np
import pytest

from course.lab import served
from course.website.pdf import BROWSERS

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
QUIET = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "apputils-extension/themes": {"adaptive-theme": True},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Cells out of sight are there all the same, the pad's as well.
    "notebook-extension/tracker": {"windowingMode": "none"},
}


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


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    """Return a JupyterLab as a function, name of a notebook -> address, and the folder it serves.

    It follows the browser's light or dark theme, and each address opens that notebook alone, in a
    workspace of its own: a page that is reloaded does not open what another has open.
    """
    pytest.importorskip("jupyterlab", reason="needs pip install -e '.[lab]'")
    folder, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")
    for name, choice in SETTINGS.items():
        settings = home / f"settings/@jupyterlab/{name}.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(choice))
    places = {
        "IPYTHONDIR": home / "ipython",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    # Where it is 0, as for notebooks that are compared, the pad keeps to words.
    environment = {name: str(place) for name, place in places.items()} | {"LENET_PROGRESS": "1"}
    with served(folder, **environment) as lab:

        def address(name):
            own = f"/lab/workspaces/{name.removesuffix('.ipynb')}/tree/"
            return f"{lab.address(name)}&reset".replace("/lab/tree/", own)

        yield address, folder
