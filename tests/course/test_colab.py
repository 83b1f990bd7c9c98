"""What `make colab-test` rests on; the chapters on Colab's versions are its own matter."""

import json
import os
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import colab
from course.project import ROOT, ToolError, notebook_paths, repository_address
from course.texts import RELEASE
from lenet_helpers.check import _requirements


def run(*command, **environment):
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, cwd=ROOT.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_github_s_address_leads_to_the_clone_as_it_stands(tmp_path):
    there = colab.release(tmp_path / "released")
    clone = ["git", "clone", "--quiet", "--branch", RELEASE, repository_address()]
    run(*clone, str(tmp_path / "clone"), **there)
    for name in ("pyproject.toml", "course/colab.py", "notebooks/01_explore.ipynb"):
        assert (tmp_path / "clone" / name).read_bytes() == (ROOT / name).read_bytes()
    assert not (tmp_path / "clone/build").exists()


def test_a_kernel_finds_itself_on_colab():
    code = "import sys; print('google.colab' in sys.modules)"
    assert run(sys.executable, "-c", code) == "False"
    assert run(sys.executable, "-c", code, PYTHONPATH=str(colab.STAND_IN)) == "True"


def test_a_widget_of_ours_displays_itself_there():
    code = "import json, anywidget; w = anywidget.AnyWidget(_esm='export default {}')"
    code += "; print(json.dumps(sorted(w._repr_mimebundle_()[0])))"
    shown = run(sys.executable, "-c", code, PYTHONPATH=str(colab.STAND_IN))
    assert "application/vnd.jupyter.widget-view+json" in json.loads(shown)


def test_colab_has_every_package_that_the_helpers_import():
    there = colab.PINNED.findall(colab.REQUIREMENTS.read_text(encoding="utf-8"))
    assert _requirements("").keys() <= dict(there).keys()


def test_another_set_of_packages_is_refused_before_anything_is_installed(monkeypatch):
    monkeypatch.setattr(colab, "installed_version", lambda name: "0.9" if name == "keras" else None)
    monkeypatch.setattr(colab, "_run_one", lambda *_: pytest.fail("a chapter runs"))
    assert "keras is 0.9, not 3.13.2" in colab.wrong_versions()
    with pytest.raises(ToolError, match="make colab-test"):
        colab.run_as_colab([notebook_paths()[0].stem])


def picture(alt):
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return new_output("display_data", {"image/png": "iVBORw0KGgo="}, metadata=metadata)


@pytest.mark.parametrize(
    "shown, problems",
    [
        ([picture("digits"), picture("a curve")], 0),
        ([picture("digits"), new_output("stream", text="Figure(640x480)\n")], 1),
        ([picture("digits"), picture("")], 1),
    ],
)
def test_a_figure_that_is_not_shown_is_caught(shown, problems):
    def notebook(outputs):
        return new_notebook(cells=[new_markdown_cell("Look."), new_code_cell(outputs=outputs)])

    committed = notebook([picture("digits"), picture("a curve")])
    found = colab.missing_figures(notebook(shown), committed)
    assert len(found) == problems
    assert all("code cell 1 shows 1 figures" in problem for problem in found)
