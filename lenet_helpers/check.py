"""The room check: does this machine have what the chapters need?

`python -m lenet_helpers check` runs it, or in a notebook `check()`. It imports nothing heavy: what
needs TensorFlow runs in a process of its own, so that `reproducible()` can still set it up.
"""

import contextlib
import importlib.util
import io
import math
import operator
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from lenet_helpers.runtime import last_lines, named_path, settings_in_force, user_settings

HELPERS = "lenet5-notebooks"
GB = 1e9
# Below the first a check fails, below the second it warns.
MEMORY = (1.8 * GB, 2.5 * GB)  # chapter 04's peak (benchmarks/kernels.csv); JupyterLab takes more
DISK = (0.1 * GB, 1 * GB)  # MNIST, executed notebooks and figures take some ten MB each
MINUTES = (20, 5)  # above, of training in chapter 04
UPDATES, BATCH_SIZE, EPOCHS = 500, 10, 20
PATIENCE = 120  # seconds for the whole measurement, with TensorFlow's start
MEASURE = "from lenet_helpers.check import seconds_for_updates as s; print(s())"
ELSEWHERE = "Run the chapters on Colab, or beside somebody whose machine passes."


class Result(NamedTuple):
    """What a check found: status "pass", "warn" or "fail", and what to do unless it passes."""

    status: str
    found: str
    remedy: str = ""


def check():
    """Print a line for each thing that the chapters need of this machine."""
    is_ready()


def is_ready():
    """Print a line for each thing that the chapters need; return whether none of them fails."""
    statuses = []
    for what, look in CHECKS.items():
        result = _outcome(look)
        print(_line(what, result), flush=True)
        statuses.append(result.status)
    return "fail" not in statuses


def require():
    """Raise ImportError, saying what to do, if a package that the helpers import is none for them.

    On Colab importing them calls it: the set-up cell installs the helpers, and leaves the rest.
    """
    unmet = _unmet("")
    if unmet:
        raise ImportError(
            f"The chapters cannot run with {_versions(unmet)}. Run in a cell of its own:\n"
            f"%pip install {_ranges(unmet)}\n"
            "Then choose Runtime > Restart session, and run the chapter from its first cell."
        )


def installed_version(name):
    """Return the version of an installed package as a str, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def python_version():
    """Python, against the range in pyproject.toml."""
    found, needed = platform.python_version(), metadata.metadata(HELPERS)["Requires-Python"]
    if _within(found, needed):
        return Result("pass", found)
    return Result("fail", f"{found}, but {needed} is needed", "Set up .venv with such a Python.")


def packages():
    """The packages that the chapters import, against the ranges in pyproject.toml."""
    return _installed("", "fail")


def notebook_packages():
    """The packages that open and run notebooks; another editor, or Colab, brings its own."""
    return _installed("lab", "warn")


def digits():
    """Whether all of MNIST is found, who wrote it, and where. Downloads it, as a chapter would."""
    from lenet_helpers.data import MnistDownloadError, MnistError, load_mnist, load_writers

    try:
        digits = load_mnist(offline_sample=False)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            writers = load_writers(digits)
    except MnistDownloadError:
        return Result(
            "warn",
            "only the sample, as it cannot be downloaded here",
            "Connect to a network; or run `python -m lenet_helpers fetch --to DIR` where there is "
            "one, and here set LENET_MNIST=DIR.",
        )
    except MnistError as error:
        return Result("fail", str(error))
    named = os.environ.get("LENET_MNIST")
    source = named_path(named, "LENET_MNIST") if named else "Keras's cache"
    if writers is None:
        return Result("warn", f"all of it, from {source}. {said.getvalue()}")
    return Result("pass", f"all of it, and who wrote it, from {source}")


def settings():
    """What the user has set for Keras and TensorFlow: the chapters overrule it, or cannot."""
    if running := settings_in_force():
        found = f"Keras already runs with {', '.join(running)}"
        return Result("fail", found, "Restart the kernel, and import Keras after reproducible().")
    overruled = ", ".join(user_settings())
    return Result("pass", f"the chapters overrule {overruled}" if overruled else "the usual ones")


def disk():
    """Free space where the notebooks are saved."""
    free = shutil.disk_usage(Path.cwd()).free
    status = _grade(free < DISK[0], free < DISK[1])
    return Result(status, f"{free / GB:.1f} GB free", "Make room, or use another disk.")


def memory():
    """Memory that a notebook may still take."""
    free = free_memory()
    if free is None:
        return Result("warn", "unknown", f"See that {MEMORY[1] / GB:.1f} GB are free.")
    status = _grade(free < MEMORY[0], free < MEMORY[1])
    remedy = "Close other programs, and shut down kernels that nobody uses."
    return Result(status, f"{free / GB:.1f} GB free", remedy)


def free_memory():
    """Bytes that are free, in a container within its limit; None where Linux does not tell."""
    kilobytes, limit = _amounts("/proc/meminfo").get("MemAvailable"), _container_limit()
    if kilobytes is None or limit is None:
        return kilobytes and 1024 * kilobytes
    used = _amounts("/sys/fs/cgroup/memory.stat").get("anon", 0)
    return min(1024 * kilobytes, limit - used)


def folder():
    """Whether a file can be written where the notebooks are saved."""
    folder = Path.cwd()
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"ink")
    except OSError as error:
        remedy = "Open the notebooks in a folder that is."
        return Result("fail", f"{folder} is not writable ({error.strerror})", remedy)
    return Result("pass", f"{folder} is writable")


def cores():
    """Processor cores that this process may use; the chapters compute in two threads."""
    # macOS and Windows cannot tie a process to some cores.
    tied = getattr(os, "sched_getaffinity", None)
    count = len(tied(0)) if tied else os.cpu_count()
    return Result(_grade(False, count < 2), f"{count}", "The chapters will take longer.")


def updates():
    """How long chapter 04 will train, from a measurement of its compiled training."""
    try:
        seconds = _measured_apart()
    except subprocess.TimeoutExpired:
        return Result("fail", f"not done within {PATIENCE} s", ELSEWHERE)
    except subprocess.CalledProcessError as error:
        found = f"training does not run ({_reason(error)})"
        remedy = f"If that names nothing to mend, set up .venv anew. {ELSEWHERE}"
        return Result("fail", found, remedy)
    minutes = seconds / UPDATES * chapter_04_updates() / 60
    found = f"{seconds:.2f} s: on all of MNIST, chapter 04 trains for {math.ceil(minutes)} min"
    status = _grade(minutes > MINUTES[0], minutes > MINUTES[1])
    return Result(status, found, f"Close other programs. {ELSEWHERE}")


def chapter_04_updates():
    """Updates that chapter 04 makes on the full MNIST: int."""
    from lenet_helpers.data import PUBLISHED
    from lenet_helpers.preprocessing import split_validation

    training, _ = split_validation(*PUBLISHED["y_train"].shape)
    return EPOCHS * math.ceil(training.stop / BATCH_SIZE)


def seconds_for_updates():
    """Seconds that 500 of chapter 04's updates take once they are compiled: float.

    The median of three epochs on noise, after one that compiles. Starts TensorFlow.
    """
    from lenet_helpers.runtime import reproducible

    reproducible()
    import keras
    import numpy as np

    from lenet_helpers.models import article_lenet5, compile_article
    from lenet_helpers.training import train

    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(UPDATES * BATCH_SIZE, 28, 28), dtype=np.uint8)
    labels = rng.integers(10, size=len(images))
    ends = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    train(
        compile_article(article_lenet5()),
        images,
        labels,
        batch_size=BATCH_SIZE,
        epochs=4,
        validation_split=0,
        callbacks=[clock],
    )
    return float(np.median(np.diff(ends)))


CHECKS = {
    "Python": python_version,
    "packages": packages,
    "JupyterLab": notebook_packages,
    "MNIST": digits,
    "settings": settings,
    "disk": disk,
    "memory": memory,
    "folder": folder,
    "cores": cores,
    f"{UPDATES} updates": updates,
}


def _outcome(look):
    # Without its packages or its metadata the project cannot even look; that is a finding, too.
    try:
        return look()
    except metadata.PackageNotFoundError:
        remedy = "Set up .venv as README.md says, and use its Python."
        return Result("fail", "the helpers are not installed", remedy)
    except ImportError as error:
        return Result("fail", f"cannot be looked at ({error})", "Install the packages first.")


def _line(what, result):
    remedy = "" if result.status == "pass" else result.remedy
    text = f"{result.found.removesuffix('.')}. {remedy}" if remedy else result.found
    return f"{result.status}  {what:<11}  {' '.join(text.split())}"


def _grade(too_bad, poor):
    return "fail" if too_bad else "warn" if poor else "pass"


def _installed(extra, otherwise):
    if unmet := _unmet(extra):
        remedy = f"Run: python -m pip install {_ranges(unmet)}"
        return Result(otherwise, _versions(unmet), remedy)
    names = list(_requirements(extra))
    if others := _others(names):
        remedy = "Rename that, or take its folder off PYTHONPATH: it is imported in their place."
        return Result("fail", ", ".join(others), remedy)
    return Result("pass", f"{_versions(names[:2])} and {len(names[2:])} more")


def _unmet(extra):
    """The requirements, as below, that no installed package meets."""
    return {
        name: ranges
        for name, ranges in _requirements(extra).items()
        if not _within(installed_version(name), ranges)
    }


def _versions(names):
    return ", ".join(f"{name} {installed_version(name) or 'missing'}" for name in names)


def _ranges(needed):
    return " ".join(f'"{name}{ranges}"' for name, ranges in needed.items())


def _requirements(extra):
    """What pyproject.toml asks for, for all ("") or in an extra: dict, name -> range."""
    parts = (text.partition(";") for text in metadata.requires(HELPERS))
    texts = [text for text, _, marker in parts if (extra in marker if extra else not marker)]
    return dict(re.match(r"([\w.-]+)\s*(.*?)\s*$", text).groups() for text in texts)


def _others(names):
    """Files that are imported under the packages' names without belonging to them: list of str."""
    specs = {name: importlib.util.find_spec(name) for name in names}
    files = {name: Path(spec.origin) for name, spec in specs.items() if spec and spec.origin}
    return [
        f"{name} is not the package but {file}"
        for name, file in files.items()
        if file.parent.resolve() != metadata.distribution(name).locate_file(name).resolve()
    ]


def _within(version, ranges):
    """Whether a version, or None, lies in ranges such as ">=3.11,<3.14"."""
    compare = {">=": operator.ge, "<": operator.lt}
    bounds = re.findall(r"(>=|<)\s*([\d.]+)", ranges)
    return version is not None and all(
        compare[sign](_numbers(version), _numbers(bound)) for sign, bound in bounds
    )


def _numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)]


def _amounts(path):
    """The first number on each line of a file of the kernel's, by name; {} if there is no file."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return {}
    return {name.rstrip(":"): int(amount) for name, amount, *_ in map(str.split, lines)}


def _container_limit():
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):
        return None


def _measured_apart():
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "LENET_PROGRESS": "0"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return float(done.stdout.split()[-1])


def _reason(error):
    if error.returncode < 0:
        return f"stopped by signal {-error.returncode}. {last_lines(error.stderr)}".strip()
    return last_lines(error.stderr) or f"exit status {error.returncode}"
