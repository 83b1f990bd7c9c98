"""The one place where this machine's own settings give way: randomness, threads, Keras, figures."""

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

# What Keras does by default; ~/.keras/keras.json or KERAS_BACKEND may say otherwise.
KERAS_SETTINGS = {
    "backend": "tensorflow",
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "max_epochs": None,
    "max_steps_per_epoch": None,
}
KERAS_VARIABLES = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")
XLA_VARIABLES = ("TF_XLA_FLAGS", "XLA_FLAGS")
CUDA_FOLDER = "--xla_gpu_cuda_data_dir="  # the one flag that says where something is, not how to
PATH_VARIABLES = {"LENET_MNIST", "KERAS_HOME"}
INLINE = "module://matplotlib_inline.backend_inline"


def reproducible(seed=0, threads=1, onednn=False, instructions=None):
    """Make the numbers that follow repeatable, on Keras's own settings, and TensorFlow quiet.

    seed:    int, for Python, NumPy and Keras (initial weights, shuffling, dropout).
    threads: int, TensorFlow's threads inside one operation and between operations. The products
             of these small networks are too short to share: one thread is the fastest.
    onednn:  bool, whether TensorFlow uses oneDNN's kernels, which round differently.
    instructions: str, such as "AVX2", the newest instructions that XLA may compile to; all if None.

    Call it before anything imports TensorFlow: most of this cannot be changed afterwards.
    On one machine the same settings give the same bits; another processor rounds differently.
    What `user_settings()` lists is overruled.
    Raises RuntimeError if TensorFlow or Keras already runs with other settings.
    """
    _set_keras_variables()
    _set_onednn(onednn)
    _set_compiler_flags(instructions)
    _keep_native_log_out_of_cells()
    tensorflow, keras = _imported("tensorflow"), _imported("keras")
    for name in _unusual(keras):
        getattr(keras.config, f"set_{name}")(KERAS_SETTINGS[name])
    _set_threads(tensorflow, threads)
    tensorflow.config.list_logical_devices()
    tensorflow.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)


def default_figures():
    """Let Matplotlib draw by its own defaults, whatever the user's matplotlibrc says.

    In a notebook a figure appears below its cell, whatever MPLBACKEND says. `plots` calls it when
    it is imported. It holds for the whole process: a cell's own calls of Matplotlib need it, too,
    and some settings are read when a figure is made, others when it is drawn or saved.
    """
    import matplotlib.style

    matplotlib.style.use("default")
    ipython = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    if hasattr(ipython, "kernel") and os.environ.get("MPLBACKEND") != INLINE:
        os.environ["MPLBACKEND"] = INLINE
        ipython.run_line_magic("matplotlib", "inline")


def user_settings():
    """Return what this machine's user has set and `reproducible()` overrules: list of str."""
    file = keras_home() / "keras.json"
    others = [
        f"{name}={value}"
        for name, value in _settings_in(file).items()
        if value != KERAS_SETTINGS.get(name, value)
    ]
    found = [f"{', '.join(others)} in {file}"] if others else []
    variables = {name: os.environ.get(name) for name in ("KERAS_BACKEND", *KERAS_VARIABLES)}
    variables |= {name: " ".join(_overruled_flags(name)) for name in XLA_VARIABLES}
    usual = (None, "", KERAS_SETTINGS["backend"])
    return found + [f"{name}={value}" for name, value in variables.items() if value not in usual]


def settings_in_force():
    """Return what Keras already runs with and `reproducible()` refuses: list of str.

    Each names keras.json if that file asks for it.
    """
    if "keras" not in sys.modules:
        return []
    file = keras_home() / "keras.json"
    asked = _settings_in(file)
    return [
        f"{name}={value}" + (f" (from {file})" if asked.get(name) == value else "")
        for name, value in _unusual(sys.modules["keras"]).items()
    ]


def keras_home():
    """Return the folder of Keras's settings and data sets, by Keras's rule, as a Path."""
    if "KERAS_HOME" in os.environ:
        return named_path(os.environ["KERAS_HOME"], "KERAS_HOME")
    home = os.path.expanduser("~")
    return Path(home if os.access(home, os.W_OK) else "/tmp") / ".keras"


def named_path(text, what):
    """Return the path that a user named, absolute, with ~ replaced, as a Path.

    what: str, what named it, such as "LENET_MNIST", for messages.
    Raises ValueError if the text is empty or names the home of a user who does not exist.
    """
    if not str(text).strip():
        raise ValueError(f"{what} is empty; it has to name a path.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"{what} is {str(text)!r}, and there is no such user here.") from None


def resolve_named_paths():
    """Make the paths that environment variables name absolute, before the working folder changes.

    Raises ValueError as `named_path`.
    """
    for name in PATH_VARIABLES & os.environ.keys():
        os.environ[name] = str(named_path(os.environ[name], name))


def shows_progress():
    """Return whether bars may be drawn while one waits: not where LENET_PROGRESS=0, as in tests."""
    return os.environ.get("LENET_PROGRESS") != "0"


def last_lines(log, count=1):
    """Return the last lines of what a process wrote, without blank ones at the end: str."""
    return "\n".join(log.strip().splitlines()[-count:])


def _set_onednn(onednn):
    wanted = "1" if onednn else "0"
    if "tensorflow" in sys.modules and os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != wanted:
        raise _too_late("TensorFlow", f"oneDNN {'off' if onednn else 'on'}")
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = wanted


def _set_compiler_flags(instructions):
    """XLA's flags change what it computes, and one that it does not know ends the process."""
    flags = os.environ.get("XLA_FLAGS", "").split()
    wanted = [flag for flag in flags if flag.startswith(CUDA_FOLDER)]
    wanted += [f"--xla_cpu_max_isa={instructions}"] if instructions else []
    for name, words in zip(XLA_VARIABLES, ([], wanted), strict=True):
        found = os.environ.pop(name, "")
        if "tensorflow" in sys.modules and found.split() != words:
            raise _too_late("TensorFlow", f"{name} {found!r}")
        if words:
            os.environ[name] = " ".join(words)


def _overruled_flags(name):
    flags = os.environ.get(name, "").split()
    return [flag for flag in flags if not flag.startswith(CUDA_FOLDER)]


def _set_threads(tensorflow, threads):
    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise _too_late("TensorFlow", f"other threads than {threads}") from error


def _set_keras_variables():
    if found := settings_in_force():
        raise _too_late("Keras", " and ".join(found))
    os.environ["KERAS_BACKEND"] = KERAS_SETTINGS["backend"]
    for name in KERAS_VARIABLES:
        os.environ.pop(name, None)


def _imported(name):
    """A module that reads keras.json while it is imported, as a part of TensorFlow does, too."""
    file = keras_home() / "keras.json"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        if not os.path.lexists(file):
            raise
        raise RuntimeError(
            f"{name} cannot be imported: {str(error) or type(error).__name__}. "
            f"It reads {file}: mend that file, or remove it."
        ) from error


def _unusual(keras):
    """The settings that Keras runs with and that are not its defaults: dict, name -> value."""
    found = {name: getattr(keras.config, name)() for name in KERAS_SETTINGS}
    return {name: value for name, value in found.items() if value != KERAS_SETTINGS[name]}


def _settings_in(file):
    """What keras.json says, as Keras reads it: dict, empty if there is no such file."""
    try:
        settings = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _keep_native_log_out_of_cells():
    """Send what native code writes to stderr where the kernel's own log goes.

    TensorFlow logs while it loads, looks for a GPU and compiles, whatever TF_CPP_MIN_LOG_LEVEL
    says. ipykernel would show that in the cell, and lose it if the process dies; fileno() is where
    its stream led before. Elsewhere that is stderr itself, and nothing changes.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or not watched
        os.dup2(sys.stderr.fileno(), 2)


def _too_late(what, setting):
    return RuntimeError(
        f"{what} already runs with {setting}: restart the kernel and call reproducible() before "
        f"anything else imports {what}."
    )
