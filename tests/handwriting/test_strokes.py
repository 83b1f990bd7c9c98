"""Strokes and images come into MNIST's form, and what is no single digit is refused."""

import numpy as np
import pytest
from PIL import Image

from lenet_helpers.handwriting.strokes import (
    HandwritingError,
    bounding_box,
    centre,
    centre_of_mass,
    crop,
    example_strokes,
    find_ink,
    fit,
    normalise,
    render,
    require_one_digit,
    squeeze,
)

EXAMPLES = {name: (digit, strokes) for name, digit, strokes in example_strokes()}


def bars(*places, size=100):
    """An image with a black rectangle at each (top, left, bottom, right)."""
    image = np.zeros((size, size), np.uint8)
    for top, left, bottom, right in places:
        image[top:bottom, left:right] = 255
    return image


# --- strokes -----------------------------------------------------------------------------------


def test_a_line_is_as_wide_and_as_dark_as_its_pen():
    drawn = render([[(20, 50), (80, 50)]], size=100, pen=10)
    column = drawn[:, 50] / 255
    assert column.sum() == pytest.approx(10, abs=0.05)
    assert column.max() == 1
    np.testing.assert_array_equal(centre_of_mass(drawn), (49.5, 49.5))


def test_edges_are_grey():
    drawn = render([[(20, 50.25), (80, 50.25)]], size=100, pen=10)
    np.testing.assert_array_equal(drawn[44:47, 50], (0, 191, 255))
    np.testing.assert_array_equal(drawn[54:57, 50], (255, 64, 0))


def test_one_point_is_a_dot():
    drawn = render([[(50, 50)]], size=100, pen=20)
    assert (drawn / 255).sum() == pytest.approx(np.pi * 10**2, rel=0.01)


def test_what_lies_beyond_the_canvas_is_cut_off():
    inside = render([[(-50, 50), (50, 50)]], size=100, pen=10)
    assert inside[50, 0] == 255
    assert not render([[(-50, -50), (-40, 300)]], size=100, pen=10).any()


def test_no_strokes_are_blank_paper():
    assert not render([], size=100).any()


@pytest.mark.parametrize("stroke", [[], [1, 2], [(1, 2, 3)], [[(1, 2)]]])
def test_a_stroke_of_another_shape_is_refused(stroke):
    with pytest.raises(ValueError, match="an \\(n, 2\\) array"):
        render([stroke])


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_point_nowhere_is_refused(wrong):
    with pytest.raises(ValueError, match="not finite"):
        render([[(1, wrong)]])


# --- the steps ---------------------------------------------------------------------------------


def test_paper_and_specks_vanish_and_ink_stays_as_it_is():
    image = bars((20, 40, 80, 50), (5, 5, 8, 8))
    image[30, 45], image[:, 90] = 200, 60
    ink = find_ink(image)
    expected = bars((20, 40, 80, 50))
    expected[30, 45] = 200
    np.testing.assert_array_equal(ink, expected)


def test_paper_is_judged_by_the_darkest_ink():
    image = bars((20, 40, 80, 50)) // 5
    np.testing.assert_array_equal(find_ink(image), image)


def test_a_crop_is_the_bounding_box():
    assert crop(bars((20, 40, 80, 50))).shape == (60, 10)
    np.testing.assert_array_equal(bounding_box(bars((20, 40, 80, 50))), (20, 40, 80, 50))


@pytest.mark.parametrize(
    "shape, expected",
    [((60, 30), (20, 10)), ((30, 60), (10, 20)), ((200, 2), (20, 1)), ((5, 5), (20, 20))],
)
def test_the_longer_side_becomes_20_and_the_aspect_ratio_stays(shape, expected):
    assert fit(np.full(shape, 255, np.uint8)).shape == expected


def test_thin_lines_are_black_somewhere():
    drawn = np.zeros((2000, 2000), np.uint8)
    drawn[:, 1000] = drawn[0] = drawn[-1] = 255
    assert fit(drawn).max() == 255


def test_shrinking_keeps_the_share_of_ink():
    stripes = np.zeros((200, 200), np.uint8)
    stripes[:, ::2] = 255
    stripes[:, :100] = 0
    sized = fit(stripes)[:, 11:] / fit(stripes).max()
    np.testing.assert_allclose(sized[:, :-1], 1, atol=0.02)


def test_the_centre_of_mass_moves_to_the_centre_by_whole_pixels():
    sized = np.zeros((20, 12), np.uint8)
    sized[:3], sized[:, :2] = 255, 255
    image = centre(sized)
    assert np.abs(centre_of_mass(image) - 14).max() <= 0.5
    np.testing.assert_array_equal(crop(image), sized)


def test_no_ink_is_cut_off_to_centre_it():
    sized = np.zeros((20, 20), np.uint8)
    sized[0, 0], sized[-1, -1] = 255, 20
    image = centre(sized)
    np.testing.assert_array_equal(crop(image), sized)
    np.testing.assert_array_equal(bounding_box(image), (8, 8, 28, 28))


def test_the_steps_are_kept_in_order():
    steps = normalise(bars((20, 40, 80, 50)))
    assert [image.shape for image in steps.pictures.values()] == [
        (100, 100),
        (100, 100),
        (60, 10),
        (20, 3),
        (28, 28),
    ]
    assert {image.dtype for image in steps.pictures.values()} == {np.dtype(np.uint8)}
    assert steps.pictures["centred by mass"] is steps.centred


def test_place_and_size_of_a_drawing_do_not_matter():
    strokes = [np.array(stroke) for stroke in EXAMPLES["2"][1]]
    moved = [0.5 * stroke + (100, 10) for stroke in strokes]
    one, other = (normalise(render(*some)).centred for some in [(strokes,), (moved, 280, 11)])
    assert np.abs(one.astype(int) - other).mean() < 4
    assert np.abs(squeeze(render(strokes)).astype(int) - squeeze(render(moved))).mean() > 25


def test_without_normalisation_the_canvas_is_only_squeezed():
    image = squeeze(bars((0, 50, 100, 100), size=280))
    assert image.shape == (28, 28)
    assert (image[5, 7], image[5, 2], image[20, 7]) == (255, 0, 0)


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("read", [normalise, squeeze])
def test_an_empty_image_is_refused(read):
    with pytest.raises(HandwritingError, match="no ink: draw or write"):
        read(np.zeros((50, 50), np.uint8))


@pytest.mark.parametrize("read", [normalise, squeeze])
def test_an_inverted_image_is_refused(read):
    with pytest.raises(HandwritingError, match="is yours inverted"):
        read(255 - bars((20, 40, 80, 50)))


@pytest.mark.parametrize(
    "image",
    [np.zeros((5, 5)), np.zeros((5, 5, 3), np.uint8), np.zeros((0, 5), np.uint8), [[0, 255]]],
)
def test_what_is_no_grey_image_of_uint8_is_refused(image):
    with pytest.raises(ValueError, match="one grey image"):
        normalise(image)


BODY = (40, 30, 90, 40)


@pytest.mark.parametrize(
    "parts",
    [
        [BODY],
        [BODY, (10, 35, 18, 70)],  # the bar of a 5, far above it
        [BODY, (60, 45, 65, 80)],  # the cross of a 7
        [BODY, (40, 44, 90, 54)],  # a 4 whose strokes just miss each other
        [BODY, (60, 80, 84, 90)],  # lower than half of the tallest piece
    ],
)
def test_a_digit_may_come_in_pieces(parts):
    require_one_digit(bars(*parts))


@pytest.mark.parametrize(
    "parts, count",
    [
        ([BODY, (40, 60, 90, 70)], 2),
        ([BODY, (60, 60, 86, 70)], 2),  # half as tall as the tallest piece
        ([(5, 30, 40, 40), (55, 30, 95, 40)], 2),  # one above the other
        ([(10, 5, 90, 15), (10, 40, 90, 50), (10, 80, 90, 90)], 3),
    ],
)
def test_several_digits_are_refused(parts, count):
    with pytest.raises(HandwritingError, match=f"looks like {count} digits"):
        normalise(bars(*parts))


# --- real digits -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def some(digits):
    """Return every tenth of them."""
    return digits[0][::10]


def test_pairs_of_real_digits_are_refused_and_single_ones_are_not(some):
    def refused(image):
        try:
            require_one_digit(find_ink(image))
        except HandwritingError:
            return True
        return False

    def pair(one, other, gap=4):
        parts = [np.pad(part, ((0, 20 - len(part)), (0, gap))) for part in (one, other)]
        return np.hstack(parts)

    assert not any(refused(image) for image in some)
    boxes = [crop(image) for image in some]
    pairs = [pair(*both) for both in zip(boxes[:250], boxes[:249:-1], strict=True)]
    assert all(refused(image) for image in pairs)


def test_enlarged_digits_come_back(some):
    returned = [
        normalise(np.asarray(Image.fromarray(image).resize((200, 200)))).centred for image in some
    ]
    before, after = (np.array([centre_of_mass(one) for one in all]) for all in (some, returned))
    assert np.abs(before - after).max() < 1
    assert np.mean(np.abs(some.astype(int) - returned)) < 8


# --- our own strokes ---------------------------------------------------------------------------


def test_every_digit_has_an_example():
    assert {digit for digit, _ in EXAMPLES.values()} == set(range(10))
    points = np.concatenate([np.concatenate(strokes) for _, strokes in EXAMPLES.values()])
    assert points.min() >= 0
    assert points.max() <= 280


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_one_digit(name):
    image = normalise(render(EXAMPLES[name][1])).centred
    assert np.abs(centre_of_mass(image) - 14).max() <= 0.5
    assert np.subtract(*np.split(bounding_box(image), 2)[::-1]).max() == 20


def test_the_bar_of_a_5_really_is_apart():
    from scipy import ndimage

    ink = find_ink(render(EXAMPLES["5, its bar apart"][1]))
    assert ndimage.label(ink, np.ones((3, 3)))[1] == 2
