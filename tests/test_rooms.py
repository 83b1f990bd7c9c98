"""Who may import whom: the flow no wing, a wing the flow and no other wing, nobody the course."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HELPERS = ROOT / "lenet_helpers"
WINGS = {"lenet1998", "interpret", "handwriting", "studies", "exercises"}
# The command line opens the wing of its command. Studies train what the wings hold. An exercise's
# check calls the attack, the shift and the pad that the chapter used, and a study distorts images.
MAY_OPEN = {
    "__main__": {"studies"},
    "studies": {"lenet1998", "interpret"},
    "exercises": {"handwriting", "interpret"},
}
LIGHT = ["data", "preprocessing", "evaluation", "plots", "plots.diagram", "checkpoints", "runtime"]
LIGHT += ["check", "commands", "files", "exercises", "handwriting", "studies.recipes"]
LIGHT += ["studies.runner", "studies.table", "studies.seeds", "__main__"]


def imported(source):
    """Return the modules that a source imports, wherever it does: set of str, with dots."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def wings_of(modules):
    """Return the wings that modules belong to."""
    parts = [module.split(".") for module in modules]
    return {part[1] for part in parts if part[0] == "lenet_helpers" and len(part) > 1} & WINGS


IMPORTS = {path: imported(path.read_text(encoding="utf-8")) for path in HELPERS.rglob("*.py")}


def room_of(path):
    """Return the wing or the module of the flow that a file is, or is part of."""
    return path.relative_to(HELPERS).with_suffix("").parts[0]


@pytest.mark.parametrize("path", sorted(IMPORTS), ids=lambda path: str(path.relative_to(HELPERS)))
def test_a_module_imports_only_what_its_floor_bears(path):
    room, modules = room_of(path), IMPORTS[path]
    assert wings_of(modules) <= {room} | MAY_OPEN.get(room, set())
    assert not [module for module in modules if module.split(".")[0] == "course"]


def test_every_wing_is_there_and_every_exception_is_used():
    assert {room_of(path) for path in IMPORTS} >= WINGS
    for room, opened in MAY_OPEN.items():
        modules = set().union(*(IMPORTS[path] for path in IMPORTS if room_of(path) == room))
        assert wings_of(modules) - {room} == opened, room


@pytest.mark.parametrize(
    "modules, heavy",
    [([], {"tensorflow", "keras", "numpy", "matplotlib"}), (LIGHT, {"tensorflow", "keras"})],
    ids=["the package", "the light modules"],
)
def test_importing_them_loads_nothing_heavy(modules, heavy):
    code = f"import importlib, sys\nfor name in {['', *modules]}:\n"
    code += "    importlib.import_module(f'lenet_helpers.{name}'.rstrip('.'))\n"
    code += f"    assert not {heavy} & set(sys.modules), name"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
