"""Figures of chapters 8 and 9 show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from lenet_helpers.interpret import plots
from tests.figures import SUBJECT, shown, texts

pytestmark = pytest.mark.usefixtures("closed_figures")


@pytest.fixture(scope="module")
def labels():
    return np.arange(60) % 10


@pytest.fixture(scope="module")
def random():
    return np.random.default_rng(0)


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
    np.testing.assert_array_equal(units, outputs["C5"][np.newaxis])
    limits = {axes.images[0].get_clim() for name, axes in drawn.items() if name[:1] == "C"}
    assert limits == {(-np.abs(outputs["C3"]).max(), np.abs(outputs["C3"]).max())}
    assert [bar.get_width() for bar in drawn["the answer"].patches] == list(outputs["output"])


def test_a_kernel_stands_above_the_map_that_it_makes(random):
    kernel, maps = random.normal(size=(5, 5, 1, 3)), random.normal(size=(24, 24, 3))
    figure = plots.kernels(kernel, maps, SUBJECT)
    np.testing.assert_array_equal(shown(figure.axes[1]), kernel[:, :, 0, 1])
    np.testing.assert_array_equal(shown(figure.axes[4]), maps[:, :, 1])
    limits = {axes.images[0].get_clim() for axes in figure.axes[3:6]}
    assert limits == {(-np.abs(maps).max(), np.abs(maps).max())}
    assert [axes.get_title() for axes in figure.axes[:3]] == ["map 0", "map 1", "map 2"]


def test_misread_images_are_no_dots(labels, random):
    points, correct = random.normal(size=(60, 2)), np.arange(60) != 7
    figure = plots.embedding(points, labels, correct, ["one", "two"], SUBJECT)
    dots, *misread = figure.axes[0].collections
    np.testing.assert_allclose(dots.get_offsets(), points[correct])
    assert len({tuple(colour) for colour in dots.get_facecolors()}) == 10
    drawn = [len(marks.get_offsets()) for marks in misread]
    assert drawn == [int(digit == labels[7]) for digit in range(10)]
    np.testing.assert_allclose(misread[labels[7]].get_offsets(), points[7:8])
    assert {str(digit) for digit in range(10)} <= set(texts(figure))


def test_relevance_shows_each_map(images, random):
    maps = {"one": random.random((28, 28)), "two": random.random((28, 28))}
    figure = plots.relevance(images[0], maps, SUBJECT)
    for axes, (title, values) in zip(figure.axes[1:], maps.items(), strict=False):
        assert axes.get_title() == f"{title}\nfrom {values.min():.1f} to {values.max():+.1f}"
        np.testing.assert_array_equal(shown(axes), values)


def test_randomisation_shows_each_map_under_its_name(random):
    maps = {"edges": random.random((28, 28)), "our network": random.random((28, 28))}
    figure = plots.randomisation(maps, SUBJECT)
    for axes, (title, picture) in zip(figure.axes, maps.items(), strict=True):
        assert axes.get_title() == title
        np.testing.assert_array_equal(shown(axes), picture)


def test_distorted_images_bear_their_severity(images):
    examples = {"scale": {0.5: images[0], 1.0: images[1]}, "noise": {0: images[2]}}
    figure = plots.distorted(examples, {"scale": "factor", "noise": "share of ink"}, SUBJECT)
    assert [axes.get_xlabel() for axes in figure.axes] == ["0.5", "1", "0", ""]
    assert figure.axes[2].get_ylabel() == "noise\n(share of ink)"


def test_an_adversarial_figure_shows_the_change(images):
    moved = np.clip(images[0].astype(int) + 9, 0, 255).astype(np.uint8)
    figure = plots.adversarial(images[0], moved, 9, (4, 7), SUBJECT)
    np.testing.assert_array_equal(shown(figure.axes[1]), moved.astype(int) - images[0])
    assert [axes.get_title() for axes in figure.axes[:3]] == [
        "read as 4",
        "the change: 9 grey levels at most",
        "read as 7",
    ]


def test_doubted_labels_bear_their_votes_and_the_answer(images):
    columns = {"image": [3, 5], "label": [8, 0], "suggested": [9, 6], "votes_label": [0, 2]}
    more = {"votes_suggested": [5, 3], "votes_neither": [0, 0], "answer": [9, 0]}
    figure = plots.label_errors(images, pd.DataFrame(columns | more), SUBJECT)
    np.testing.assert_array_equal(shown(figure.axes[1]), images[5])
    assert figure.axes[0].get_title() == "A: label 8, or 9?\nvotes: 0, 5, 0"
    answers = [axes.xaxis.label for axes in figure.axes[:2]]
    assert [text.get_text() for text in answers] == ["network: 9", "network: 0"]
    assert answers[0].get_color() != answers[1].get_color()


def test_figures_about_data_name_them(images):
    figure = plots.distorted({"one": {0: images[0]}}, {"one": "pixels"}, SUBJECT)
    assert any(SUBJECT in text for text in texts(figure))
