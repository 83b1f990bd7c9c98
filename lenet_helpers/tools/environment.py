"""What a kernel finds around it: this Python, and none of the settings of the machine's user."""

import os
from pathlib import Path

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

# They run code at each start, drop assertions, or draw figures elsewhere than below their cell.
OVERRULED = {"PYTHONSTARTUP", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "MPLBACKEND"}


class OwnInterpreter(KernelSpecManager):
    """Kernelspecs among which `python3` is this process's Python, whatever is installed."""

    def get_kernel_spec(self, kernel_name):
        if kernel_name != "python3":
            return super().get_kernel_spec(kernel_name)
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def kernel_environment(figures, apart):
    """Return the environment of a kernel that leaves no progress bars and writes to `figures`.

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
        "LENET_FIGURES": str(Path(figures).resolve()),
        "LENET_PROGRESS": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
