"""Figures show the numbers that they are given."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest

import lenet_helpers
from lenet_helpers import diagram, plots
from lenet_helpers.tools.project import notebook_paths

PACKAGE = Path(lenet_helpers.__file__).parent
DRAWS = re.compile(r"^(?:import|from) (?:matplotlib|seaborn)\b", re.MULTILINE)
OWN_STYLE = re.compile(
    r"^default_figures\(\)|^from lenet_helpers(?: import .*|\.)\bplots", re.MULTILINE
)
SUBJECT = "MNIST sample (5,000 digits)"


pytestmark = pytest.mark.usefixtures("closed_figures")


def drawing_modules():
    paths = sorted(PACKAGE.rglob("*.py"))
    return [path for path in paths if DRAWS.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", drawing_modules(), ids=lambda path: path.stem)
def test_whatever_draws_draws_in_our_own_style(path):
    assert OWN_STYLE.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_a_chapter_s_own_plots_are_in_our_own_style(path):
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert OWN_STYLE.search(code) or not DRAWS.search(code)


@pytest.fixture(scope="module")
def labels():
    return np.arange(60) % 10


def texts(figure):
    """Return everything that is written in a figure, except tick labels."""
    ticks = {
        id(label)
        for axes in figure.axes
        for label in (*axes.get_xticklabels(which="both"), *axes.get_yticklabels(which="both"))
    }
    found = figure.findobj(plt.Text)
    return [text.get_text() for text in found if id(text) not in ticks and text.get_text()]


def overlapping(figure):
    """Return the pairs of texts in the first axes whose boxes cover each other."""
    figure.canvas.draw()
    written = [figure.axes[0].title, *figure.axes[0].texts]
    boxes = [(text.get_text(), text.get_window_extent().shrunk(0.9, 0.9)) for text in written]
    return [
        (one, other)
        for number, (one, box) in enumerate(boxes)
        for other, its_box in boxes[number + 1 :]
        if box.overlaps(its_box)
    ]


# Chapter 01


def test_the_numbers_beside_a_digit_are_its_pixels(images):
    figure = plots.digit_and_numbers(images[0], (7, 10), 3, "Image 0", SUBJECT)
    written = [text.get_text() for text in figure.axes[1].texts]
    assert written == [str(value) for value in images[0, 7:10, 10:13].ravel()]


def test_the_grid_has_one_row_for_each_digit(images, labels):
    figure = plots.digit_grid(images, labels, SUBJECT, columns=4)
    sheet = figure.axes[0].images[0].get_array()
    assert sheet.shape == (280, 112)
    third_seven = images[labels == 7][2]
    np.testing.assert_array_equal(sheet[7 * 28 : 8 * 28, 2 * 28 : 3 * 28], third_seven)


def test_one_bar_for_each_digit_with_its_count(labels):
    figure = plots.label_counts(np.append(labels, [1, 1]), SUBJECT)
    right = figure.axes[1]
    assert [bar.get_height() for bar in right.containers[0]] == [6, 8] + [6] * 8
    assert [text.get_text() for text in right.texts] == ["6", "8"] + ["6"] * 8


def test_mean_images_stand_under_their_digit():
    means = np.arange(10.0)[:, np.newaxis, np.newaxis] * np.ones((10, 28, 28))
    figure = plots.mean_images(means, SUBJECT)
    assert {axes.get_title(): axes.images[0].get_array().mean() for axes in figure.axes[:10]} == {
        f"mean {digit}": digit for digit in range(10)
    }


def test_the_share_of_paper_is_written():
    counts = np.ones(256, int)
    counts[0] = 765
    figure = plots.pixel_values(counts, SUBJECT)
    assert "value 0, bare paper: 75.0 % of all pixels" in texts(figure)


# Chapter 02


def test_steps_write_numbers_types_and_shapes(images):
    stages = {
        "as stored": images[0],
        "scaled": (images[0, ..., np.newaxis] / 255).astype(np.float32),
    }
    figure = plots.steps(stages, (7, 11), 2, SUBJECT)
    written = texts(figure)
    assert "uint8, shape (28, 28)\n784 bytes" in written
    assert "float32, shape (28, 28, 1)\n3,136 bytes" in written
    assert str(images[0, 7, 11]) in written
    assert f"{images[0, 7, 11] / 255:.2f}" in written


def test_tanh_outputs_are_shares():
    outputs = {"raw": np.array([-1.0, 1, 1, 1]), "scaled": np.zeros(9)}
    left, right = plots.tanh_outputs(outputs, SUBJECT).axes
    assert [bar.get_height() for bar in left.patches][::40] == [25, 75]
    assert max(bar.get_height() for bar in right.patches) == pytest.approx(100)


def test_only_the_fixed_grey_scale_shows_double_scaling(images):
    once = images[0] / 255
    figure = plots.double_scaling(once, once / 255, SUBJECT)
    tops = [axes.images[0].get_clim()[1] for axes in figure.axes[:3]]
    assert tops == [1, once.max() / 255, 1]


def test_the_parts_balance_is_drawn_in_percent():
    shares = pd.DataFrame({"training": np.full(10, 10.0), "validation": np.arange(5.5, 15)})
    lines = plots.validation_balance(shares, SUBJECT).axes[0].lines
    np.testing.assert_array_equal(lines[0].get_ydata(), shares["training"])
    np.testing.assert_array_equal(lines[1].get_ydata(), shares["validation"])


# Chapter 03


def test_bars_of_parameters_end_at_their_totals():
    table = pd.DataFrame({"small": [100, 0, 900], "large": [100, 2000, 900]}, ["C1", "C3", "C5"])
    figure = plots.parameter_counts(table, "Two networks")
    written = texts(figure)
    assert {"1,000", "3,000", "C3 2,000", "C5 900"} <= set(written)
    assert "C3 0" not in written


def test_losses_are_drawn_with_their_push():
    table = pd.DataFrame({"loss": [2.0, 1, 0], "push": [1, 0.5, 0]}, index=[-8, 0, 8])
    left, right = plots.squashed_loss({"softmax once": table, "softmax twice": table / 2}).axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), table["loss"])
    np.testing.assert_array_equal(right.lines[1].get_ydata(), table["push"] / 2)


def test_the_drawing_is_made_from_the_model():
    from lenet_helpers.models import article_lenet5

    figure = diagram.network(article_lenet5())
    written = texts(figure)
    for name in ("input", "C1", "S2", "C3", "S4", "flatten", "C5", "output"):
        assert name in written
    assert {"6 @ 24×24", "16 @ 4×4", "256 values", "2×2\naverage\npooling"} <= set(written)
    assert "5×5\nconvolution\ntanh\n2,416\nparameters" in written
    assert overlapping(figure) == []


def test_another_model_gives_another_drawing():
    import keras
    from keras import layers

    stack = [
        keras.Input((32, 32, 1)),
        layers.Conv2D(4, 3, activation="relu", name="first"),
        layers.MaxPooling2D(3, name="second"),
        layers.Flatten(name="third"),
        layers.Dense(20, name="fourth"),
    ]
    written = texts(diagram.network(keras.Sequential(stack)))
    assert {"4 @ 30×30", "4 @ 10×10", "400 values", "20 values"} <= set(written)
    assert "3×3\nmax\npooling" in written


def test_a_layer_that_the_drawing_does_not_know_is_named():
    import keras

    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Dropout(0.5, name="odd")])
    with pytest.raises(ValueError, match="odd is a Dropout"):
        diagram.network(model)


# Chapter 04: speed


def test_speed_leaves_out_the_first_epoch_and_compares_within_rounds():
    rows = [
        *((0, "article", 0, 99), (0, "article", 1, 10)),
        *((1, "article", 0, 99), (1, "article", 1, 30)),
        *((0, "ours", 0, 99), (0, "ours", 1, 2), (1, "ours", 0, 99), (1, "ours", 1, 3)),
    ]
    runs = pd.DataFrame(rows, columns=["round", "variant", "epoch", "seconds"])
    runs = runs.assign(label=runs["variant"] + " label", processor="Some CPU", cores=2)
    figure = plots.training_speed(runs)
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [20, 2.5]
    assert [list(dots.get_xdata()) for dots in axes.lines] == [[10, 30], [2, 3]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["article label", "ours label"]
    assert {"20.0 s, 7.5 times as long as train()", "2.5 s"} <= set(texts(figure))
    assert "Some CPU, 2 cores" in axes.get_title()


# Chapter 07


@pytest.fixture(scope="module")
def random():
    return np.random.default_rng(0)


def shown(axes):
    return np.ma.filled(axes.images[0].get_array().astype(float), np.nan)


def test_feature_maps_stand_side_by_side_on_one_scale(images, random):
    outputs = {
        "C1": random.uniform(-1, 1, (24, 24, 6)),
        "C3": random.uniform(-2, 2, (8, 8, 16)),
        "C5": random.uniform(-1, 1, 84),
        "output": np.eye(10)[3],
    }
    figure = plots.feature_maps(images[0], outputs, SUBJECT)
    drawn = {axes.get_title(): axes for axes in figure.axes}
    assert shown(drawn["C1: 6 maps of 24 by 24"]).shape == (24, 6 * 25 - 1)
    sheet = shown(drawn["C3: 16 maps of 8 by 8"])
    np.testing.assert_array_equal(sheet[9:, 9:17], outputs["C3"][:, :, 9])
    assert np.isnan(sheet[8]).all()
    units = shown(drawn["C5: 84 units"])
    np.testing.assert_array_equal(units.ravel()[:84], outputs["C5"])
    limits = {axes.images[0].get_clim() for name, axes in drawn.items() if name[:1] == "C"}
    assert limits == {(-np.abs(outputs["C3"]).max(), np.abs(outputs["C3"]).max())}
    assert [bar.get_width() for bar in drawn["the answer"].patches] == list(outputs["output"])


def test_a_kernel_stands_in_the_row_it_reads_and_the_column_it_makes(random):
    kernel = random.normal(size=(5, 5, 6, 16))
    figure = plots.kernels({"C1": random.normal(size=(5, 5, 1, 6)), "C3": kernel}, SUBJECT)
    drawn = {axes.get_title(): axes for axes in figure.axes}
    sheet = shown(drawn["C3: 96 kernels"])
    np.testing.assert_array_equal(
        sheet[2 * 6 : 2 * 6 + 5, 11 * 6 : 11 * 6 + 5], kernel[:, :, 2, 11]
    )
    assert shown(drawn["C1: 6 kernels"]).shape == (5, 35)


def test_a_missing_connection_is_blank():
    networks = {"one": np.ones((2, 2)), "two": np.array([[1.25, 0.0], [0.5, 3.0]])}
    axes = plots.connections(networks, "S2", "C3", SUBJECT).axes[1]
    assert [text.get_text() for text in axes.texts] == ["1.2", "", "0.5", "3.0"]
    assert (axes.get_title(), axes.get_ylabel()) == ("two", "map of S2")


def test_misread_images_are_crossed(labels, random):
    points, correct = random.normal(size=(60, 2)), np.arange(60) != 7
    figure = plots.embedding(points, labels, correct, ["one", "two"], SUBJECT)
    crosses = figure.axes[0].collections[-1]
    np.testing.assert_allclose(crosses.get_offsets(), points[7:8])
    assert "misread (1 of 60)" in texts(figure)
    assert {str(digit) for digit in range(10)} <= set(texts(figure))


def test_relevance_shows_each_map(images, random):
    maps = {"one": random.random((28, 28)), "two": random.random((28, 28))}
    figure = plots.relevance(images[0], maps, SUBJECT)
    for axes, (title, values) in zip(figure.axes[1:], maps.items(), strict=False):
        assert axes.get_title() == title
        np.testing.assert_array_equal(shown(axes), values)


def test_randomisation_writes_each_correlation_under_its_map(random):
    maps = {name: random.random((2, 28, 28)) for name in ("gradient", "edges")}
    numbers = pd.DataFrame({"gradient": [1, 0.234], "edges": [1, 1]}, ["learned", "drawn"])
    figure = plots.randomisation(maps, numbers, SUBJECT)
    assert figure.axes[1].get_xlabel() == "rank correlation 0.23"
    np.testing.assert_array_equal(shown(figure.axes[2]), maps["edges"][0])


def test_distorted_images_bear_their_severity(images):
    examples = {"blur": {"0": images[0], "1": images[1]}, "noise": {"0": images[2]}}
    figure = plots.distorted(examples, SUBJECT)
    assert [axes.get_title() for axes in figure.axes] == ["0", "1", "0", ""]
    assert figure.axes[2].get_ylabel() == "noise"


def test_robustness_draws_a_curve_and_its_band_for_each_corruption():
    rows = [
        ("blur", 0, "one", 0.9, 0.8, 0.95),
        ("blur", 0, "two", 0.3, 0.2, 0.4),
        ("blur", 1, "one", 0.5, 0.4, 0.6),
        ("noise", 0, "one", 0.7, 0.6, 0.8),
    ]
    columns = ["corruption", "severity", "reader", "accuracy", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    figure = plots.robustness(table, {"blur": "pixels", "noise": "share"}, SUBJECT)
    blur = figure.axes[0]
    assert (blur.get_title(), blur.get_xlabel()) == ("blur", "pixels")
    np.testing.assert_allclose(blur.lines[0].get_ydata(), [90, 50])
    band = blur.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (40, 95)
    assert [line.get_label() for line in blur.lines] == ["one", "two", "guessing"]


def test_an_adversarial_figure_shows_the_change(images):
    moved = np.clip(images[0].astype(int) + 9, 0, 255).astype(np.uint8)
    figure = plots.adversarial(images[0], moved, 9, ["before", "after"], SUBJECT)
    np.testing.assert_array_equal(shown(figure.axes[1]), moved.astype(int) - images[0])
    assert [axes.get_title() for axes in figure.axes[:3]] == [
        "before",
        "the change: 9 grey levels at most",
        "after",
    ]


def test_accuracy_by_step_has_a_line_for_each_direction():
    rows = [("one", 0, 0.9, 0.8, 1.0), ("one", 8, 0.3, 0.2, 0.4), ("two", 0, 0.9, 0.8, 1.0)]
    table = pd.DataFrame(rows, columns=["direction", "step", "accuracy", "low", "high"])
    axes = plots.accuracy_by_step(table, SUBJECT).axes[0]
    assert [line.get_label() for line in axes.lines] == ["one", "two", "guessing"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [90, 30])


def test_doubted_labels_bear_their_votes_and_the_answer(images):
    columns = {"image": [3, 5], "label": [8, 0], "suggested": [9, 6], "votes_label": [0, 2]}
    more = {"votes_suggested": [5, 3], "votes_neither": [0, 0], "answer": [9, 0]}
    figure = plots.label_errors(images, pd.DataFrame(columns | more), SUBJECT)
    np.testing.assert_array_equal(shown(figure.axes[1]), images[5])
    assert figure.axes[0].get_title() == "label 8 or 9?\nvotes: 0, 5, 0"
    answers = [axes.xaxis.label for axes in figure.axes[:2]]
    assert [text.get_text() for text in answers] == ["network: 9", "network: 0"]
    assert answers[0].get_color() != answers[1].get_color()


def test_a_photo_stands_beside_its_ink_and_its_input(images, random):
    photo = random.integers(0, 256, (9, 12, 3), np.uint8)
    figure = plots.photos({"chalk": (photo, images[0], images[1], 7)}, SUBJECT)
    for axes, picture in zip(figure.axes, (photo, images[0], images[1]), strict=True):
        np.testing.assert_array_equal(shown(axes), picture)
    assert (figure.axes[0].get_ylabel(), figure.axes[2].get_xlabel()) == ("chalk", "read as 7")


def test_screenshots_keep_their_pixels(random, tmp_path):
    pictures = [random.integers(0, 256, (size, 300, 3), np.uint8) for size in (40, 60)]
    path = tmp_path / "screen.png"
    plots.screenshots(pictures, SUBJECT).savefig(path, dpi=110)
    saved = np.rint(255 * plt.imread(path)[-100:, :, :3])
    np.testing.assert_array_equal(saved, np.concatenate(pictures))


# All


def test_every_figure_about_data_names_them(images, labels):
    figures = [
        plots.digit_and_numbers(images[0], (0, 0), 4, "Image 0", SUBJECT),
        plots.digit_grid(images, labels, SUBJECT, columns=3),
        plots.label_counts(labels, SUBJECT),
        plots.mean_images(images[:10].astype(float), SUBJECT),
        plots.pixel_values(np.ones(256, int), SUBJECT),
        plots.steps({"one": images[0], "two": images[1]}, (0, 0), 2, SUBJECT),
        plots.tanh_outputs({"one": np.zeros(3), "two": np.ones(3)}, SUBJECT),
        plots.double_scaling(images[0] / 255, images[0] / 255**2, SUBJECT),
        plots.validation_balance(pd.DataFrame({"training": [1], "validation": [2]}), SUBJECT),
        plots.connections({"one": np.ones((2, 3))}, "S2", "C3", SUBJECT),
        plots.distorted({"one": {"0": images[0]}, "two": {"0": images[1]}}, SUBJECT),
    ]
    for figure in figures:
        assert any(SUBJECT in text for text in texts(figure))
