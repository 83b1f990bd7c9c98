"""What a kernel finds around it: this Python, and none of the settings of the machine's user."""

import os
from pathlib import Path

# Its `python3` is the Python of whoever starts it: jupyter_client reads "python" so.
JUPYTER = Path(__file__).parent / "jupyter"
# They run code at each start, drop assertions, or draw figures elsewhere than below their cell.
OVERRULED = {"PYTHONSTARTUP", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "MPLBACKEND"}


def kernel_environment(apart):
    """Return the environment of a kernel that leaves no progress bars.

    apart: folder that stands in for the user's settings of IPython and Jupyter.
    """
    kept = {name: value for name, value in os.environ.items() if name not in OVERRULED}
    if not os.access(os.path.expanduser("~"), os.W_OK):
        kept["MPLCONFIGDIR"] = str(apart)  # or Matplotlib warns in the cell that imports it
    return {
        **kept,
        "IPYTHONDIR": str(apart),
        "JUPYTER_RUNTIME_DIR": str(apart),
        "MATPLOTLIBRC": os.devnull,
        "LENET_PROGRESS": "0",
        "OMP_WAIT_POLICY": "PASSIVE",  # or t-SNE's threads use up two cores waiting for each other
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def lab_environment(**others):
    """Return the environment of a JupyterLab whose `python3` is this Python, come what may.

    It saves the state of widgets with a notebook: without that, the pad of a notebook opened anew
    shows "model not found". It does not ask for leave to fetch news. The settings that the user has
    chosen come first.
    others: str each, variables that it has beside those of this process.
    """
    environment = {**os.environ, **others}
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        paths = [str(JUPYTER), *filter(None, [environment.get(name)])]
        environment[name] = os.pathsep.join(paths)
    return environment
