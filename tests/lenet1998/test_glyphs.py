"""The ten glyphs of the output layer."""

import itertools

import numpy as np
import pytest

from lenet_helpers.lenet1998.glyphs import COLUMNS, GLYPHS, ROWS, glyph_codes


def test_one_code_for_each_digit():
    codes = glyph_codes()
    assert codes.shape == (10, 84)
    assert codes.dtype == np.float32
    assert set(np.unique(codes)) == {-1, 1}


def test_a_code_read_as_a_picture_is_its_glyph():
    one = glyph_codes()[1].reshape(ROWS, COLUMNS)
    drawn = ["".join("#" if pixel > 0 else "." for pixel in row) for row in one]
    assert drawn == GLYPHS[1].split()


def test_any_two_glyphs_differ_in_a_fifth_of_their_pixels():
    codes = glyph_codes()
    differing = [np.sum(a != b) for a, b in itertools.combinations(codes, 2)]
    assert min(differing) >= 84 / 5


def test_own_glyphs():
    blank = "\n".join(["......."] * ROWS)
    np.testing.assert_array_equal(glyph_codes([blank, blank.replace(".", "#")])[:, 0], [-1, 1])


@pytest.mark.parametrize(
    "glyph, message",
    [
        ("\n".join(["......."] * 11), "Glyph 1 must have 12 rows of 7 .* got 11 rows of 7 "),
        ("\n".join(["......."] * 11 + ["......"]), "got 12 rows of 6 or 7 "),
        ("", "got 0 rows of no "),
        ("\n".join(["......."] * 11 + ["...o..."]), "Glyph 1 may hold only '#' and '.', got .'o'"),
    ],
)
def test_a_bad_glyph_is_named(glyph, message):
    with pytest.raises(ValueError, match=message):
        glyph_codes([GLYPHS[0], glyph])
