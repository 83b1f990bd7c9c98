"""Each check of the documents catches what it is there for, and lets a sound document pass."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import checks, texts
from course.execute import LIVE, tidy
from course.project import ToolError

ADDRESS = "https://github.com/someone/something"
BADGE = (
    "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/someone/something"
    f"/blob/{texts.RELEASE}/notebooks/04_train.ipynb)"
)
OPENING = f"""{BADGE}

# Chapter 4 · Train

*(reading 12 min, computing 40 s)*

In this chapter you will

- train,
- look.
"""
CLOSING = """## What you saw

- It trains.
- It shows.

**Next:** [Chapter 5](05_evaluate.ipynb)
"""


def chapter(source="print('7 digits')", outputs=None, **metadata):
    """Return a sound chapter with one code cell beside its set-up."""
    outputs = [new_output("stream", text="7 digits\n")] if outputs is None else outputs
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell("import os", execution_count=1, metadata={"tags": ["setup"]}),
        new_code_cell(source, execution_count=2, outputs=outputs, metadata=metadata),
        new_markdown_cell(CLOSING),
    ]
    return tidy(new_notebook(cells=cells))


def problems(notebook):
    """Return what all checks of a notebook find."""
    nbformat.validate(notebook)
    return (
        checks.unexecuted_cells(notebook)
        + checks.loud_cells(notebook)
        + checks.residue(notebook)
        + checks.metadata_noise(notebook)
        + checks.long_cells(notebook)
        + checks.structure(notebook, "04_train.ipynb", "05_evaluate.ipynb")
        + checks.stale_addresses(notebook, "04_train.ipynb", ADDRESS)
        + checks.unmeasured_tolerances(notebook, {"val accuracy": 0.004})
    )


def test_a_sound_chapter_passes():
    sound = chapter(approx=0.004, approx_basis="val accuracy")
    assert problems(sound) == []


def test_what_only_a_live_run_shows_is_not_kept():
    bar = [new_output("stream", text="5400/5400 12s 2ms/step")]
    assert any("a timing" in problem for problem in problems(chapter(outputs=bar)))
    assert problems(chapter(outputs=bar, tags=[LIVE])) == []


@pytest.mark.parametrize("count", [None, 1, 3])
def test_a_cell_that_was_not_executed_in_order_is_caught(count):
    notebook = chapter()
    notebook.cells[2].execution_count = count
    assert any("execution count" in problem for problem in problems(notebook))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (new_output("stream", name="stderr", text="a warning"), "stderr: a warning"),
        (new_output("error", ename="KeyError", evalue="'x'", traceback=[]), "KeyError"),
        (new_output("stream", text="saved in /home/ada/lenet"), "/home/"),
        (new_output("stream", text="saved in C:\\Users\\ada"), "path"),
        (new_output("display_data", {"text/html": "<b>/tmp/x</b>"}), "/tmp/"),
        (new_output("display_data", {"text/plain": "<f at 0x7f12ab34cd>"}), "0x7f12ab34cd"),
        (new_output("stream", text="540/540 1s 2ms/step"), "ms/step"),
        (new_output("stream", text=" 50%|##\r100%|####"), "residue"),
    ],
)
def test_an_output_that_does_not_belong_is_caught(output, words):
    assert any(words in problem for problem in problems(chapter(outputs=[output])))


def test_a_long_cell_is_caught():
    assert any("11 lines" in problem for problem in problems(chapter("x = 1\n" * 11)))


@pytest.mark.parametrize(
    ("index", "old", "new"),
    [
        (0, "# Chapter 4", "# Chapter 5"),
        (0, "*(reading 12 min, computing 40 s)*", ""),
        (0, "In this chapter you will", "You will"),
        (0, "- look.", ""),
        (3, "## What you saw", "## The end"),
        (3, "05_evaluate.ipynb", "06_more.ipynb"),
        (0, "/notebooks/04", "/notebooks/03"),
        (0, texts.RELEASE, "main"),
        (0, "someone/something", "someone/else"),
        (1, "import os", "%pip install git+https://github.com/someone/else"),
    ],
)
def test_a_broken_opening_or_closing_is_caught(index, old, new):
    notebook = chapter()
    notebook.cells[index].source = notebook.cells[index].source.replace(old, new)
    assert problems(notebook)


def test_a_set_up_cell_without_its_tag_is_caught():
    notebook = chapter()
    notebook.cells[1].metadata = {}
    assert problems(notebook) == ["missing: a first code cell tagged 'setup'"]


def test_metadata_of_a_machine_are_caught():
    notebook = chapter()
    notebook.metadata.language_info.version = "3.12.1"
    assert problems(notebook)


@pytest.mark.parametrize(
    "metadata",
    [
        {"approx": 0.005, "approx_basis": "val accuracy"},
        {"approx": 0.004, "approx_basis": "test accuracy"},
        {"approx": 0.004},
    ],
)
def test_a_tolerance_that_was_not_measured_is_caught(metadata):
    assert any("tolerance" in problem for problem in problems(chapter(**metadata)))


def test_links(tmp_path):
    (tmp_path / "there is.png").touch()
    sound = '[a](there%20is.png#x) [b](https://e.org) [c](#d) `[e](f.md)` <img src="there is.png">'
    assert checks.broken_links(sound, tmp_path) == []
    assert checks.broken_links("![a](gone.png)", tmp_path)
    assert checks.broken_links('<img src="gone.png">', tmp_path)


def test_readme_s_table_and_alternative_texts_are_written_anew():
    text = "<!-- chapters -->\nold\n<!-- /chapters -->\n![old](figures/03_network.png) ![b](c.svg)"
    after = texts.described(texts.filled(text, chapters="new \\1"), {"03_network": "A network."})
    assert after == text.replace("\nold\n", "\nnew \\1\n").replace("![old]", "![A network.]")


@pytest.mark.parametrize("address", ["https://github.com/a/b.git", "https://github.com/a/b@v0.0.9"])
def test_stamping_another_address_and_the_release(address):
    text = f"{BADGE.replace(texts.RELEASE, 'main')} git+{address}"
    stamped = texts.stamped(text, "https://github.com/new/home")
    assert f"github/new/home/blob/{texts.RELEASE}/notebooks/04_train.ipynb" in stamped
    assert stamped.endswith(f" git+https://github.com/new/home@{texts.RELEASE}")
    with pytest.raises(ToolError, match="GitHub"):
        texts.stamped(text, "https://example.org/new/home")
