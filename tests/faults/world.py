"""A small clone in which faults are tried, and what a fault has to come to."""

import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.project import ROOT

FAULTS = Path(__file__).with_name("faults.toml")
PATIENCE = 10  # seconds until the last process has ended
COPIED = ("course", "lenet_helpers", "tests/studies", "tests/faults")
IGNORED = shutil.ignore_patterns("__pycache__", "live", "*.npz", "*.csv", "*.png")
# Folders of a clone in which nothing but code stands.
CODE = {"__pycache__", "tests", "website", "jupyter", "stand_in", "training"}
CODE |= {"exercises", "handwriting", "interpret", "lenet1998", "plots"}
# Verbs for what is done to files, beside those of a shell.
VERBS = """
set -e
cut() { head -c "$1" "$2" > .cut; mv .cut "$2"; }
swap() { sed "$1" "$2" > .swap; ! cmp -s .swap "$2"; mv .swap "$2"; }
"""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
OPENING = """[![Open In Colab](badge.svg)]({badge})

# Chapter {number} · Digits

*(reading 1 min, computing 1 s)*

In this chapter you will

- count.
"""
BADGE = "https://colab.research.google.com/github/an/old/blob/main/notebooks/01_digits.ipynb"
README = """70<!-- result: digits_here --> digits

![Empty axes.](figures/01_empty.png)

<!-- chapters -->
<!-- /chapters -->
"""
GUIDE = """opening = "Welcome."
prerequisites = "Python."
needs.01 = "nothing"
needs.02 = "Chapter 1"
welcome = "Open it."
times = "As measured."
left = "Questions"
sections = [{title = "Rooms", text = "{room} learners"}]
"""


@dataclass(frozen=True)
class Fault:
    """One fault: what is done, what is then run, and what has to come of it.

    group:  str, what kind of fault it is.
    run:    str, the words of a command, "course texts"; or "call" and a Python expression.
    says:   str, a regular expression that what is printed has to match.
    do:     str, shell commands that make the fault, run in the clone.
    at:     str, "fsync 2 ENOSPC": which call of a function of `os` fails, and how; or is when the
            process gets a signal.
    status: int, the exit status.
    env:    dict, environment variables.
    loads:  str, a module that takes long to import, for several faults at once.
    then:   str, the words of a command that has to succeed afterwards.
    check:  str, shell commands that have to succeed afterwards.
    slow:   bool, whether `run` is a shell command, with processes and ports of its own.
    lines:  int, how many an answer may have.
    needs:  str, a module or a program without which this is not tried.
    """

    group: str
    run: str
    says: str = ""
    do: str = ""
    at: str = ""
    status: int = 1
    env: dict = field(default_factory=dict)
    loads: str = ""
    then: str = ""
    check: str = ""
    slow: bool = False
    lines: int = 12
    needs: str = ""

    def __str__(self):
        words = " ".join(filter(None, [self.do, self.at, self.run]))
        return f"{self.group}: {words}"

    @property
    def is_possible(self):
        """bool: whether what it needs is here."""
        needs = self.needs
        return not needs or bool(shutil.which(needs) or importlib.util.find_spec(needs))


def read_faults():
    """Return all faults, a list; a group's own entries are what each of its faults begins with."""
    groups = tomllib.loads(FAULTS.read_text(encoding="utf-8"))
    return [
        Fault(**{"group": name, **shared, **fault})
        for name, group in groups.items()
        for shared in [{key: value for key, value in group.items() if key != "faults"}]
        for fault in group["faults"]
    ]


class World:
    """A small clone that every fault finds as it was, and a server that runs commands in it.

    folder: path of an empty folder.
    """

    def __init__(self, folder):
        self.folder, self.clone = Path(folder), Path(folder) / "clone"
        self._servers, self._endings = {}, {}
        home = self.folder / "home"
        home.mkdir()
        others = ("LENET_", "KERAS_", "PYTHON")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(others)}
        nowhere = {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"COLUMNS": "80", "HOME": str(home), "PYTHONPATH": str(self.clone), "PATH": python}
        self.environment = kept | nowhere | own

    def __enter__(self):
        _make_clone(self.clone)
        for words in ("lenet_helpers study run fake --seeds 2 --output runs.csv", "course stamp"):
            status, said = self._order(words)
            assert status == 0, said
        self.sound = _contents(self.clone)
        self.folders = {path for path in _walk(self.clone) if os.path.isdir(path)}
        return self

    def __exit__(self, *error):
        for server in self._servers.values():
            server.stdin.close()
            server.wait()
            server.stdout.close()

    def wrong(self, fault):
        """Try a fault; return what is wrong with what came of it, a list of str."""
        ending = self._ending(fault) if fault.at else {}
        self._make(fault)
        before = _contents(self.clone)
        if fault.slow:
            status, said, left = self._shell(fault)
        else:
            status, said = self._order(fault.run, fault.at, fault.env, fault.loads)
            left = []
        problems = [f"left behind: {one}" for one in left]
        if status != fault.status:
            problems.append(f"exit status {status}, not {fault.status}")
        if not re.search(fault.says, said):
            problems.append(f"does not say {fault.says!r}")
        if "Traceback" in said or len(said.splitlines()) > fault.lines:
            problems.append("a wall of text")
        if fault.status != 0 and not fault.slow:
            allowed = [before, ending] if fault.at else [before]
            problems += _changes(_contents(self.clone), allowed)
        if fault.then:
            status, after = self._order(fault.then, loads=fault.loads)
            problems += [f"afterwards `{fault.then}` fails: {after}"] if status else []
        if fault.check and self._sh(fault.check).returncode:
            problems.append(f"afterwards this fails: {fault.check}")
        return [*problems, f"it said: {said}"] if problems else []

    def _ending(self, fault):
        """What would stand in the clone if nothing came midway."""
        key = fault.do, fault.run
        if key not in self._endings:
            self._make(fault)
            status, said = self._order(fault.run, env=fault.env, loads=fault.loads)
            assert status == 0, said
            self._endings[key] = _contents(self.clone)
        return self._endings[key]

    def _make(self, fault):
        self._renew()
        self._sh(fault.do).check_returncode()

    def _sh(self, script):
        command = ["sh", "-c", VERBS + script]
        return subprocess.run(command, cwd=self.clone, env=self.environment)

    def _order(self, run, at="", env=(), loads=""):
        """Exit status and output of a command, run by the server that has loaded a module."""
        server = self._servers[loads] = self._servers.get(loads) or self._start(loads)
        order = {"run": run, "at": at, "env": dict(env)}
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())

    def _start(self, *words):
        log = self.folder / "log"
        with log.open("wb") as said:
            server = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.server", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=self.clone,
                env=self.environment,
                text=True,
            )
        if server.stdout.readline() != "ready\n":
            raise RuntimeError(log.read_text())
        return server

    def _shell(self, fault):
        """Exit status, output and processes left of a shell command."""
        process = subprocess.Popen(
            ["bash", "-c", VERBS.replace("set -e", "") + fault.run],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.clone,
            env=self.environment | fault.env,
            text=True,
            start_new_session=True,
        )
        said = process.communicate()[0]
        end = time.monotonic() + PATIENCE
        while (left := _of_session(process.pid)) and time.monotonic() < end:
            time.sleep(0.2)
        return process.returncode, said, left

    def _renew(self):
        """Give the clone its sound files, touching only what differs: servers stand in it."""
        for path in _walk(self.clone):
            if os.path.islink(path) or (os.path.isfile(path) and path not in self.sound):
                os.unlink(path)
            elif os.path.isdir(path) and path not in self.folders:
                shutil.rmtree(path)
        for path, content in self.sound.items():
            if _content(path) != content:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_bytes(content)


def _changes(after, allowed):
    """Which files hold none of what they may: list of str."""
    return [
        f"{path} was changed"
        for path in sorted(set(after).union(*allowed))
        if after.get(path) not in [one.get(path) for one in allowed]
    ]


def _of_session(pid):
    found = subprocess.run(["pgrep", "--list-full", "--session", str(pid)], capture_output=True)
    return found.stdout.decode().splitlines()


def _contents(folder):
    """What stands in a folder: dict, path -> bytes; no locks, nor parts that a kill leaves."""
    files = (path for path in _walk(folder) if not path.endswith((".lock", ".part")))
    return {path: _content(path) for path in files if os.path.isfile(path)}


def _content(path):
    return Path(path).read_bytes() if os.path.isfile(path) else None


def _walk(folder):
    """All paths in a folder that a fault may touch, as str; links are not followed."""
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in CODE]
        yield from [os.path.join(here, name) for name in (*folders, *files) if name[-3:] != ".py"]


def _make_clone(folder):
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=IGNORED)
    (folder / "tests/__init__.py").touch()
    for name in ("pyproject.toml", "CITATION.cff", "benchmarks/kernels.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    artifacts = folder / "lenet_helpers/artifacts"
    for name in ("article_lenet5.npz", "tolerances.csv", "seeds.csv", "ladder.csv"):
        shutil.copy(ROOT / "lenet_helpers/artifacts" / name, artifacts)
    index = json.loads((artifacts / "checkpoints.json").read_text())
    kept = {"article_lenet5": index["article_lenet5"]}
    (artifacts / "checkpoints.json").write_text(json.dumps(kept))
    (folder / "README.md").write_text(README)
    (folder / "course/workshop/guide.toml").write_text(GUIDE)
    for name in ("CONTRIBUTING.md", "course/website/home.md"):
        (folder / name).write_text("# A text\n")
    (folder / "notebooks").mkdir()
    (folder / "figures").mkdir()
    for number in (1, 2):
        nbformat.write(_notebook(number), folder / f"notebooks/0{number}_digits.ipynb")
    found = {"01": {"figures": {"01_empty": "Empty axes."}, "numbers": {"digits_here": 70}}}
    (folder / "figures/results.json").write_text(json.dumps(found))
    (folder / "figures/01_empty.png").write_bytes(base64.b64decode(PIXEL))


def _notebook(number):
    cells = [new_markdown_cell(OPENING.format(number=number, badge=BADGE), id="opening")]
    if number == 1:
        html = f'<img src="data:image/png;base64,{PIXEL}" alt="Empty axes.">'
        data = {"image/png": PIXEL, "text/html": html, "text/plain": "Empty axes."}
        output = new_output("display_data", data, metadata={"image/png": {"alt": "Empty axes."}})
        source = "import matplotlib.pyplot as plt\ncount = 70\naxes = plt.subplots()[1]"
        shown = {"figure": "01_empty", "alt": "Empty axes."}
        cells.append(
            new_code_cell(source, id="draw", metadata=shown, outputs=[output], execution_count=1)
        )
        text, values = "70<!-- digits_here = count --> digits", {"values": {"count": 70}}
        cells.append(new_markdown_cell(text, id="count", metadata=values))
    return new_notebook(cells=cells)
