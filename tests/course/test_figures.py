"""Figures as a notebook displays them, and as they are saved."""

import base64
import json

import matplotlib.pyplot as plt
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course import figures
from course.project import ToolError
from course.results import alternative_texts, publish, read_results
from lenet_helpers.plots.described import mimebundle, subplots


def shown(figure):
    """Return what IPython displays of an object: an output."""
    data, metadata = InteractiveShell.instance().display_formatter.format(figure)
    return new_output("execute_result", data, metadata=from_dict(metadata))


@pytest.fixture
def drawn():
    """Return a function that draws a bar of a height and returns the cell that shows it."""

    def draw(height=1, alt="A bar.", name="01_bar", **metadata):
        figure, axes = subplots(figsize=(1, 1))
        figure.alt = alt
        axes.bar([0], [height])
        axes.set_ylim(0, 4)
        return new_code_cell(
            "draw()", outputs=[shown(figure)], metadata={"figure": name, **metadata}
        )

    return draw


@pytest.fixture
def committed(drawn, tmp_path):
    """Return a notebook with two figures, the folder that they are in, and their texts."""
    cells = [drawn(1, "Low.", "01_low"), drawn(3, "High.", "01_high")]
    notebook = new_notebook(cells=cells)
    publish(notebook, "01", tmp_path)
    return notebook, tmp_path, alternative_texts(read_results(tmp_path))


def test_a_figure_displays_itself_with_its_text(drawn):
    (output,) = drawn(alt='One "bar".').outputs
    assert base64.b64decode(output.data["image/png"]).startswith(b"\x89PNG")
    assert output.metadata["image/png"] == {"alt": 'One "bar".'}
    assert output.data["text/plain"] == 'One "bar".'
    assert output.data["text/html"].endswith('alt="One &quot;bar&quot;.">')


def test_a_figure_is_displayed_once(drawn):
    drawn()
    assert plt.get_fignums() == []


def test_a_figure_without_text_is_not_displayed():
    figure, _ = subplots()
    with pytest.raises(ValueError, match="alternative text"):
        figure._repr_mimebundle_()


def test_figures_are_saved_as_they_are_shown(committed):
    notebook, folder, alts = committed
    assert alts == {"01_low": "Low.", "01_high": "High."}
    assert figures.wrong_figures(notebook, folder, alts) == []
    names = {path.name for path in folder.iterdir()}
    assert names == {"01_low.png", "01_high.png", "results.json"}


@pytest.mark.parametrize("part", ["data", "metadata", "outputs"])
def test_swapped_pictures_and_texts_are_noticed(committed, part):
    notebook, folder, alts = committed
    one, other = notebook.cells
    if part == "outputs":
        one.outputs, other.outputs = other.outputs, one.outputs
    else:
        (one,), (other,) = one.outputs, other.outputs
        one[part], other[part] = other[part], one[part]
    assert figures.wrong_figures(notebook, folder, alts) != []


def test_a_replaced_file_or_text_is_noticed(committed):
    notebook, folder, alts = committed
    assert "01_low" in figures.wrong_figures(notebook, folder, alts | {"01_low": "x"})[0]
    (folder / "01_low.png").write_bytes((folder / "01_high.png").read_bytes())
    assert "01_low" in figures.wrong_figures(notebook, folder, alts)[0]


@pytest.mark.parametrize(
    "wrong, problem",
    [
        ({"name": None}, "in its metadata"),
        ({"name": "bar"}, "in its metadata"),
    ],
)
def test_a_picture_needs_a_name(drawn, wrong, problem):
    with pytest.raises(ToolError, match=problem):
        figures.figures(new_notebook(cells=[drawn(**wrong)]))


def test_a_name_needs_a_picture_and_only_one(drawn):
    cell = drawn()
    with pytest.raises(ToolError, match="a second figure"):
        figures.figures(new_notebook(cells=[cell, drawn()]))
    cell.outputs = []
    with pytest.raises(ToolError, match="0 pictures"):
        figures.figures(new_notebook(cells=[cell]))


def test_a_figure_drawn_in_the_open_takes_its_text_from_the_cell(drawn):
    cell = drawn(alt="One bar.")
    png = cell.outputs[0].data["image/png"]
    cell.outputs[0].data, cell.outputs[0].metadata = from_dict({"image/png": png}), from_dict({})
    notebook = new_notebook(cells=[cell])
    with pytest.raises(ToolError, match="no alternative text"):
        figures.figures(notebook)
    cell.metadata["alt"] = "A bar in the open."
    figures.describe(notebook)
    assert figures.figures(notebook) == {"01_bar": (base64.b64decode(png), "A bar in the open.")}


def test_another_run_has_to_draw_the_same(drawn, tmp_path):
    one, other = drawn(1).outputs, drawn(2).outputs
    assert figures.differing(one, one, "01_bar", tmp_path) == []
    (problem,) = figures.differing(other, one, "01_bar", tmp_path)
    assert problem.startswith("01_bar: ")


def test_another_size_is_another_figure(drawn, tmp_path):
    png = base64.b64decode(drawn().outputs[0].data["image/png"])
    figure, _ = subplots(figsize=(2, 1))
    figure.alt = "A wide one."
    assert figures.differing([shown(figure)], drawn().outputs, "01_bar", tmp_path) != []
    assert mimebundle(png, "x")[0]["text/plain"] == "x"


def test_jupyterlab_shows_figures_with_their_texts(browser, jupyterlab, committed):
    address, folder = jupyterlab
    notebook, _, alts = committed
    nbformat.write(notebook, folder / "figures.ipynb")
    page = browser.new_page()
    page.goto(address("figures.ipynb"))
    for alt in alts.values():
        shown = page.locator(f"img[alt={json.dumps(alt)}]")
        shown.wait_for(timeout=60_000)
        assert shown.evaluate("image => image.naturalWidth") > 0
    page.close()
