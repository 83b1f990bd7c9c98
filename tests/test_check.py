"""The room check with real faults, and the commands for a workshop."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from course.project import ROOT
from lenet_helpers import check as room
from lenet_helpers import data
from lenet_helpers.__main__ import main
from lenet_helpers.runtime import KERAS_SETTINGS, KERAS_VARIABLES, XLA_VARIABLES

FULL = os.environ.get("LENET_MNIST")
needs_full = pytest.mark.skipif(not FULL, reason="LENET_MNIST does not name the full MNIST")


@pytest.fixture
def only_sample(no_full_mnist, monkeypatch):
    monkeypatch.delenv("LENET_MNIST", raising=False)
    monkeypatch.setattr(data, "KERAS_URL", "http://127.0.0.1:9/mnist.npz")
    for name, value in no_full_mnist.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that puts a package's metadata before all that are installed."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name, version, *lines):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        text = "\n".join([f"Name: {name}", f"Version: {version}", *lines])
        (folder / "METADATA").write_text(f"{text}\n")

    return install


@pytest.fixture
def blocked(tmp_path, monkeypatch):
    """Work in a folder that nobody can write to, root neither, as on a CD; return it."""

    def refuse(dir):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room.tempfile, "TemporaryFile", refuse)
    return tmp_path


@pytest.fixture
def settings_of(tmp_path, monkeypatch):
    """Return a function that sets what a user may set: keras.json and environment variables."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("KERAS_BACKEND", *KERAS_VARIABLES, *XLA_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "keras", raising=False)

    def settings_of(text="", **environment):
        (tmp_path / "keras.json").write_text(text)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return tmp_path / "keras.json"

    return settings_of


def found(result, status, *words):
    """Check a result's status, the words it says, and that it brings a remedy if one is due."""
    assert result.status == status, result
    for word in words:
        assert word in f"{result.found}. {result.remedy}"
    assert status == "pass" or result.remedy or "LENET_MNIST" in result.found


# Python and packages


def test_this_environment_passes():
    found(room.python_version(), "pass", f"{sys.version_info.major}.{sys.version_info.minor}")
    found(room.packages(), "pass", "tensorflow 2.", "keras 3.")


def test_a_wrong_python_fails(install):
    install("lenet5_notebooks", "9", "Requires-Python: >=3.98,<3.99")
    found(room.python_version(), "fail", "but >=3.98,<3.99 is needed", "Set up .venv")


def test_a_wrong_version_fails_and_the_remedy_names_the_right_one(install):
    install("keras", "3.9.2")
    found(room.packages(), "fail", "keras 3.9.2", 'pip install "keras>=3.13"')
    assert "tensorflow" not in room.packages().found


def test_a_missing_package_fails(install):
    install("lenet5_notebooks", "9", "Requires-Dist: no-such-package>=1.5", "Requires-Dist: numpy")
    found(room.packages(), "fail", "no-such-package missing", '"no-such-package>=1.5"')


def test_a_missing_extra_only_warns(install):
    marker = "; extra == 'lab'"
    install(
        "lenet5_notebooks", "9", f"Requires-Dist: no-such-lab>=4{marker}", "Requires-Dist: numpy"
    )
    found(room.notebook_packages(), "warn", "no-such-lab missing")
    found(room.packages(), "pass", "numpy")


def test_on_colab_importing_the_helpers_says_what_to_install(install, tmp_path):
    code = "import sys; sys.modules['google.colab'] = sys; import lenet_helpers"
    assert _stderr(code, tmp_path) == ""
    install("keras", "3.9.2")
    said = _stderr(code, tmp_path)
    assert "ImportError: The chapters cannot run with keras 3.9.2. " in said
    assert '\n%pip install "keras>=3.13"\nThen choose Runtime > Restart session' in said
    assert _stderr("import lenet_helpers", tmp_path) == ""


def _stderr(code, *folders):
    path = os.pathsep.join(map(str, [*folders, ROOT]))
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, env=environment, capture_output=True, text=True).stderr


def test_a_file_that_takes_a_package_s_place_is_named(tmp_path):
    file = tmp_path / "seaborn.py"
    file.write_text("")
    code = "from lenet_helpers import check; print(check.packages())"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert f"seaborn is not the package but {file}" in done.stdout
    assert "status='fail'" in done.stdout


@pytest.mark.parametrize(
    "version, ranges, expected",
    [
        ("3.10.1", ">=3.9", True),
        ("3.9", ">=3.10", False),
        ("2.20.0rc1", ">=2.20", True),
        ("3.14.0", "<3.14,>=3.11", False),
        ("3.13.9", "<3.14,>=3.11", True),
        ("1.0", "", True),
        (None, ">=1", False),
    ],
)
def test_versions_are_compared_as_numbers(version, ranges, expected):
    assert room._within(version, ranges) is expected


def test_every_range_of_the_project_is_understood():
    for extra in ("", "lab"):
        for name, ranges in room._requirements(extra).items():
            assert not room._within("0", ranges), name
            assert room._within("9999", ranges), name


# MNIST


def test_the_sample_warns_and_stays_to_be_announced(only_sample, capsys):
    found(room.digits(), "warn", "only the sample", "fetch --to DIR", "LENET_MNIST=DIR")
    assert capsys.readouterr().out == ""


def test_a_path_without_mnist_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_MNIST", str(tmp_path / "gone"))
    found(room.digits(), "fail", "gone", "no such file", "LENET_MNIST name an intact")


@needs_full
def test_the_full_mnist_passes_and_says_where():
    found(room.digits(), "pass", FULL)


@needs_full
def test_mnist_without_its_writers_warns(only_sample, tmp_path, monkeypatch):
    (tmp_path / "mnist.npz").symlink_to(FULL)
    monkeypatch.setenv("LENET_MNIST", str(tmp_path))
    monkeypatch.setattr(data, "QMNIST_URL", "http://127.0.0.1:9")
    found(room.digits(), "warn", f"all of it, from {tmp_path}", "Who wrote each digit is not known")


# Settings


def test_the_usual_settings_pass(settings_of):
    settings_of()
    found(room.settings(), "pass", "the usual ones")


def test_settings_that_are_overruled_are_named(settings_of):
    file = settings_of('{"floatx": "float16", "epsilon": 1e-07}', KERAS_BACKEND="jax")
    found(room.settings(), "pass", f"overrule floatx=float16 in {file}, KERAS_BACKEND=jax")
    assert "epsilon" not in room.settings().found


def test_settings_with_which_keras_already_runs_fail(settings_of, monkeypatch):
    file = settings_of('{"floatx": "float16"}')
    usual = {name: lambda value=value: value for name, value in KERAS_SETTINGS.items()}
    running = SimpleNamespace(**usual | {"floatx": lambda: "float16", "epsilon": lambda: 0.1})
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(config=running))
    words = f"already runs with floatx=float16 (from {file}), epsilon=0.1."
    found(room.settings(), "fail", words, "Restart the kernel")


# Disk, memory, folder, cores


@pytest.mark.parametrize("free, status", [(0, "fail"), (0.5e9, "warn"), (5e9, "pass")])
def test_disk_is_looked_at_where_notebooks_are_saved(free, status, tmp_path, monkeypatch):
    def usage(place):
        assert place == tmp_path
        return SimpleNamespace(free=free)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room.shutil, "disk_usage", usage)
    found(room.disk(), status, f"{free / 1e9:.1f} GB free")


@pytest.mark.parametrize(
    "free, status, words",
    [
        (0.9e9, "fail", "0.9 GB free"),
        (2.2e9, "warn", "Close other programs"),
        (8e9, "pass", "8.0 GB free"),
        (None, "warn", "unknown"),
    ],
)
def test_memory(free, status, words, monkeypatch):
    monkeypatch.setattr(room, "free_memory", lambda: free)
    found(room.memory(), status, words)


@pytest.mark.parametrize(
    "limit, expected", [("max", 4096 * 1024), ("3000000", 1000000), (None, 4096 * 1024)]
)
def test_memory_is_bounded_by_the_container(limit, expected, tmp_path, monkeypatch):
    files = {
        "/proc/meminfo": "MemTotal: 8192 kB\nMemAvailable: 4096 kB\nHugePages_Total: 0",
        "/sys/fs/cgroup/memory.stat": "anon 2000000\nfile 7",
        "/sys/fs/cgroup/memory.max": limit,
    }
    for name, text in files.items():
        if text is not None:
            (tmp_path / Path(name).name).write_text(text)
    monkeypatch.setattr(room, "Path", lambda name: tmp_path / Path(name).name)
    assert room.free_memory() == expected


def test_memory_is_unknown_where_linux_does_not_tell(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "Path", lambda name: tmp_path / Path(name).name)
    assert room.free_memory() is None


def test_an_unwritable_folder_fails(blocked):
    found(room.folder(), "fail", f"{blocked} is not writable", "Open the notebooks in a folder")
    found(room.disk(), "pass")


def test_a_writable_folder_is_left_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found(room.folder(), "pass", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count, status", [(1, "warn"), (8, "pass")])
def test_cores(count, status, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    found(room.cores(), status, str(count))


# 500 updates


def test_the_recipe_is_chapter_04_s():
    from lenet_helpers.training import train

    assert room.chapter_04_updates() == 108_000
    recipe = {"batch_size": room.BATCH_SIZE, "epochs": room.EPOCHS}
    assert recipe.items() <= train.__kwdefaults__.items()


@pytest.mark.parametrize(
    "seconds, status, minutes", [(0.5, "pass", 2), (2, "warn", 8), (20, "fail", 72)]
)
def test_seconds_become_minutes_of_chapter_04(seconds, status, minutes, monkeypatch):
    monkeypatch.setattr(room, "MEASURE", f"print('noise'); print({seconds})")
    found(room.updates(), status, f"chapter 04 trains for {minutes} min")


@pytest.mark.parametrize(
    "code, words",
    [
        ("import no_such_tensorflow", "No module named 'no_such_tensorflow'"),
        ("import os; os.kill(os.getpid(), 9)", "stopped by signal 9"),
        ("import os; os.write(2, b'F0000 why'); os.abort()", "stopped by signal 6. F0000 why"),
        ("raise SystemExit(3)", "exit status 3"),
        ("import time; time.sleep(60)", "not done within 0.5 s"),
    ],
)
def test_training_that_does_not_run_fails(code, words, monkeypatch):
    monkeypatch.setattr(room, "MEASURE", code)
    monkeypatch.setattr(room, "PATIENCE", 0.5 if "sleep" in code else 60)
    found(room.updates(), "fail", words, "Colab")


# The whole


def test_a_notebook_can_check_before_it_starts_tensorflow(only_sample):
    code = "from lenet_helpers.check import check\nassert check() is None\nimport sys\n"
    code += "assert not {'tensorflow', 'keras', 'mlxtend'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for line, what in zip(lines, room.CHECKS, strict=True):
        assert line.startswith(("pass  ", "warn  ", "fail  "))
        assert what in line
    assert " s: on all of MNIST, chapter 04 trains for " in lines[-1]


def check_with(monkeypatch, **checks):
    monkeypatch.setattr(room, "CHECKS", checks)
    return main(["check"])


def test_a_failing_check_gives_exit_status_1_and_its_remedy(blocked, monkeypatch, capsys):
    assert check_with(monkeypatch, folder=room.folder, cores=room.cores) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("fail  folder")
    assert first.endswith("Open the notebooks in a folder that is.")
    assert "cores" in second


def test_a_warning_does_not_fail(monkeypatch, capsys):
    assert check_with(monkeypatch, some=lambda: room.Result("warn", "old.", "Mend\nit.")) == 0
    assert capsys.readouterr().out == "warn  some         old. Mend it.\n"


def test_what_cannot_be_looked_at_fails(monkeypatch, capsys):
    monkeypatch.setattr(room, "HELPERS", "no-such-helpers")

    def broken():
        import no_such_numpy  # noqa: F401

    assert check_with(monkeypatch, packages=room.packages, MNIST=broken) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert "the helpers are not installed. Set up .venv" in first
    assert "No module named 'no_such_numpy'" in second


# The other commands


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    printed = capsys.readouterr().out
    for command in ("check", "fetch", "study"):
        assert f"    {command} " in printed


@needs_full
def test_fetch_says_where_and_how_to_use_it(tmp_path, monkeypatch, capsys):
    stick = tmp_path / "my stick"
    assert main(["fetch", "--to", str(stick)]) == 0
    printed = capsys.readouterr().out
    assert str(stick / "mnist.npz") in printed
    assert f"LENET_MNIST='{stick}' python -m lenet_helpers check" in printed
    assert str(stick / "qmnist-test-labels-idx2-int.gz") in printed
    monkeypatch.setenv("LENET_MNIST", str(stick))
    found(room.digits(), "pass", str(stick), "who wrote it")


def test_fetch_without_a_network_leaves_nothing(only_sample, tmp_path, capsys):
    assert main(["fetch", "--to", str(tmp_path / "stick")]) == 1
    assert "could not be downloaded" in capsys.readouterr().err
    assert not (tmp_path / "stick").exists()


@pytest.mark.parametrize(
    ("folder", "words"), [("", "is empty; it has to name a path."), ("~nosuchuser", "no such user")]
)
def test_fetch_to_what_names_no_folder(folder, words, capsys):
    assert main(["fetch", "--to", folder]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("\nerror: The folder's name is ")
    assert words in printed


@needs_full
def test_fetch_to_an_unwritable_folder(tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    assert main(["fetch", "--to", str(tmp_path / "taken/digits")]) == 1
    assert f"error: {tmp_path / 'taken/digits'} is not writable" in capsys.readouterr().err
