"""What the user of a machine may have set, each tried in a process of its own."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from lenet_helpers import runtime
from lenet_helpers.runtime import (
    KERAS_SETTINGS,
    keras_home,
    named_path,
    resolve_named_paths,
    user_settings,
)

KERAS_JSON = {
    "floatx": "float16",
    "epsilon": 0.001,
    "image_data_format": "channels_first",
    "backend": "jax",
}
VARIABLES = {
    "KERAS_BACKEND": "torch",
    "KERAS_MAX_EPOCHS": "1",
    "KERAS_NNX_ENABLED": "true",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_XLA_FLAGS": "--no_such_flag",
    "XLA_FLAGS": "--no_such_flag",
    "OMP_NUM_THREADS": "3",
    "PYTHONHASHSEED": "7",
    "LC_ALL": "tr_TR.ISO-8859-9",
}
TRAIN = """
from lenet_helpers.runtime import reproducible
reproducible()
import keras, numpy as np
layers = [keras.layers.Conv2D(2, 5), keras.layers.BatchNormalization(), keras.layers.Flatten()]
model = keras.Sequential([keras.Input((28, 28, 1)), *layers, keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
images = np.random.default_rng(0).random((20, 28, 28, 1))
model.fit(images, np.arange(20) % 10, batch_size=10, epochs=3, verbose=0)
print(*(weights.tobytes().hex() for weights in model.get_weights()))
"""
MATPLOTLIBRC = """
image.origin: lower
text.usetex: True
axes.formatter.use_locale: True
figure.facecolor: black
backend: TkAgg
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return an empty home."""
    for name in ("KERAS_HOME", "MATPLOTLIBRC", "MPLCONFIGDIR", "XDG_CONFIG_HOME", *VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def keras_json(home):
    """Return the path of a keras.json in which each setting is another than Keras's own."""
    (home / ".keras").mkdir()
    (home / ".keras/keras.json").write_text(json.dumps(KERAS_JSON))
    return home / ".keras/keras.json"


def start(code, **environment):
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    environment = os.environ | environment
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


# Keras and TensorFlow


def test_training_gives_the_same_bits_whatever_the_user_has_set(keras_json, tmp_path):
    runs = [start(TRAIN, HOME=str(tmp_path / "empty")), start(TRAIN, **VARIABLES)]
    (usual, _), (found, _) = (run.communicate() for run in runs)
    assert len(usual) > 10_000
    assert found == usual


def test_keras_that_already_runs_otherwise_is_named_with_the_file(keras_json, monkeypatch):
    keras_json.write_text('{"floatx": "float16", "epsilon": 0.001}')
    running = KERAS_SETTINGS | {"floatx": "float16", "epsilon": 0.1}
    config = {name: lambda value=value: value for name, value in running.items()}
    keras = types.SimpleNamespace(config=types.SimpleNamespace(**config))
    monkeypatch.setitem(sys.modules, "keras", keras)
    words = rf"runs with floatx=float16 \(from {keras_json}\) and epsilon=0.1: restart the kernel"
    with pytest.raises(RuntimeError, match=words):
        runtime.reproducible()


def test_a_keras_json_that_keras_cannot_read_is_named(keras_json, monkeypatch):
    (keras_json.parent / "broken_keras.py").write_text("{}[0]")
    monkeypatch.syspath_prepend(keras_json.parent)
    with pytest.raises(RuntimeError, match=f"It reads {keras_json}: mend that file, or remove it"):
        runtime._imported("broken_keras")


def test_a_module_that_is_missing_is_not_blamed_on_keras_json(keras_json):
    with pytest.raises(ModuleNotFoundError, match="no_such_tensorflow"):
        runtime._imported("no_such_tensorflow")


def test_flags_with_which_tensorflow_already_runs_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    with pytest.raises(RuntimeError, match="TensorFlow already runs with XLA_FLAGS '--xla_cpu_en"):
        runtime._set_compiler_flags(None)


def test_flags_are_overruled_but_for_the_place_of_cuda(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_cuda_data_dir=/opt/cuda --xla_cpu_enable_fast_math")
    assert user_settings()[-2:] == [
        "TF_XLA_FLAGS=--tf_xla_auto_jit=2",
        "XLA_FLAGS=--xla_cpu_enable_fast_math",
    ]
    runtime._set_compiler_flags("AVX2")
    assert "TF_XLA_FLAGS" not in os.environ
    assert os.environ["XLA_FLAGS"].split() == [
        "--xla_gpu_cuda_data_dir=/opt/cuda",
        "--xla_cpu_max_isa=AVX2",
    ]


def test_what_the_user_has_set_is_listed_with_its_place(keras_json, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    settings = ", ".join(f"{name}={value}" for name, value in KERAS_JSON.items())
    assert user_settings() == [f"{settings} in {keras_json}", "KERAS_BACKEND=torch"]


@pytest.mark.parametrize("text", ["{broken", "[]", '{"epsilon": 1e-07, "unknown": 1}', None])
def test_nothing_is_listed_where_nothing_is_set(text, keras_json, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    if text is None:
        keras_json.unlink()
    else:
        keras_json.write_text(text)
    assert user_settings() == []


# Notebooks in the user's own Jupyter


def outputs(*sources, log=subprocess.DEVNULL):
    """Run cells in a kernel that has the environment of this process; return their outputs."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = NotebookClient(notebook, kernel_name="python3")
    with client.setup_kernel(stderr=log):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
    return [cell.outputs for cell in notebook.cells]


def test_native_lines_go_to_the_kernels_log_and_python_s_stay(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, ipykernel does not watch stderr
    # A thread of the kernel's reads the line, so the cell goes on for a while.
    native = "import os, subprocess, sys, time\n_ = os.write(2, b'Compiled cluster\\n')\n"
    native += "time.sleep(0.5)"
    call = "from lenet_helpers import runtime\nruntime._keep_native_log_out_of_cells()"
    python = "print('a warning', file=sys.stderr)"
    with (tmp_path / "log").open("wb") as log:
        before, _, after, warning = outputs(native, call, native, python, log=log)
    assert before[0].text == "Compiled cluster\n"
    assert after == []
    assert warning[0].text == "a warning\n"
    assert (tmp_path / "log").read_text().count("Compiled cluster") == 2


def test_figures_are_drawn_by_our_own_style_below_their_cell(home, monkeypatch):
    (home / ".config/matplotlib").mkdir(parents=True)
    (home / ".config/matplotlib/matplotlibrc").write_text(MATPLOTLIBRC)
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    load = "import matplotlib, matplotlib.pyplot as plt\nplt.rcParams['image.origin']"
    draw = "image = plt.imshow([[1, 2], [3, 4]])\nimage.origin"
    others = (
        "usual = matplotlib.rcParamsDefault\n"
        "{name for name in MINE if matplotlib.rcParams[name] != usual[name]}"
    )
    mine = [line.partition(":")[0] for line in MATPLOTLIBRC.split("\n") if line][:-1]
    loaded, _, drawn, left = outputs(
        load, "from lenet_helpers import plots", draw, others.replace("MINE", str(mine))
    )
    assert loaded[0].data["text/plain"] == "'lower'"
    assert drawn[0].data["text/plain"] == "'upper'"
    assert "image/png" in drawn[1].data
    assert left[0].data["text/plain"] == "set()"


# Paths


def test_a_path_is_absolute_and_at_home(home, monkeypatch):
    monkeypatch.chdir(home)
    assert named_path("data", "it") == home / "data"
    assert named_path("~/data", "it") == home / "data"


def test_variables_are_resolved_where_the_command_was_given(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("LENET_MNIST", "mydata")
    monkeypatch.setenv("KERAS_HOME", "~/keras")
    resolve_named_paths()
    assert os.environ["LENET_MNIST"] == str(home / "mydata")
    assert os.environ["KERAS_HOME"] == str(home / "keras")


def test_keras_home_is_where_keras_looks(home, monkeypatch):
    assert keras_home() == home / ".keras"
    monkeypatch.setenv("HOME", "/proc/nowhere")
    assert keras_home() == Path("/tmp/.keras")


def test_the_last_lines_of_a_log():
    assert runtime.last_lines("first\n\nlast\n \n") == "last"
    assert runtime.last_lines("one\ntwo\nthree\n", 2) == "two\nthree"
    assert runtime.last_lines("") == ""
