"""JupyterLab without a window: what a test opens in a browser, and a benchmark weighs."""

import contextlib
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import NamedTuple

from course.environment import lab_environment
from course.project import ToolError
from lenet_helpers.runtime import last_lines

PATIENCE = 60  # seconds until it answers
PATIENCE_AT_THE_END = 10  # seconds in which it ends its kernels; it may then wait for ever


class Lab(NamedTuple):
    """A JupyterLab that answers: the address of a file's page, and its process."""

    port: int
    token: str
    pid: int

    def address(self, path=""):
        """Return where a file of the folder opens: str; without a path, the start page."""
        place = f"/tree/{path}" if path else ""
        return f"http://127.0.0.1:{self.port}/lab{place}?token={self.token}"


@contextlib.contextmanager
def served(folder, **environment):
    """Serve a folder in a JupyterLab with nobody's settings, and end it and its kernels.

    environment: str each, what its kernels find beside what this process has.
    Yields a Lab. Raises ToolError if it does not answer within a minute.
    """
    port, token = _free_port(), secrets.token_hex()
    options = [f"--port={port}", f"--IdentityProvider.token={token}", f"--notebook-dir={folder}"]
    options += ["--no-browser", "--allow-root"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with tempfile.TemporaryDirectory() as settings, tempfile.TemporaryFile() as log:
        own = dict.fromkeys(("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"), settings)
        environment = lab_environment(**own, **environment)
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        lab = Lab(port, token, process.pid)
        try:
            _wait(lab.address(), process, log)
            yield lab
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_AT_THE_END)
            process.kill()
            process.wait()


def _wait(address, process, log):
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(address, timeout=PATIENCE).close()
            return
        time.sleep(0.2)
    log.seek(0)
    said = last_lines(log.read().decode(errors="replace")) or "no message"
    raise ToolError(f"JupyterLab does not answer. It last said: {said}")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
