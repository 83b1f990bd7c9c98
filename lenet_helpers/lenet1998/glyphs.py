"""Ten digits of 7x12 pixels: what LeNet-5's output of 1998 compares F6's 84 values with.

LeCun et al. 1998, section II.B and figure 3: each class has a stylised picture of itself in +1 and
-1, the fixed weights of its output unit. Theirs cover printable ASCII; these ten are drawn anew,
so single pixels differ from the published ones.
"""

import numpy as np

ROWS, COLUMNS = 12, 7
INK, PAPER = "#", "."

GLYPHS = (
    """
    ..###..
    .##.##.
    ##...##
    ##...##
    ##...##
    ##...##
    ##...##
    ##...##
    ##...##
    ##...##
    .##.##.
    ..###..
    """,
    """
    ...##..
    ..###..
    .####..
    ##.##..
    ...##..
    ...##..
    ...##..
    ...##..
    ...##..
    ...##..
    ...##..
    .######
    """,
    """
    .#####.
    ##...##
    .....##
    .....##
    .....##
    ....##.
    ...##..
    ..##...
    .##....
    ##.....
    ##.....
    #######
    """,
    """
    .#####.
    ##...##
    .....##
    .....##
    ....##.
    ..####.
    .....##
    .....##
    .....##
    .....##
    ##...##
    .#####.
    """,
    """
    ....##.
    ...###.
    ..####.
    .##.##.
    .##.##.
    ##..##.
    ##..##.
    #######
    #######
    ....##.
    ....##.
    ....##.
    """,
    """
    #######
    ##.....
    ##.....
    ##.....
    ######.
    .....##
    .....##
    .....##
    .....##
    .....##
    ##...##
    .#####.
    """,
    """
    ..####.
    .##....
    ##.....
    ##.....
    ##.....
    ######.
    ##...##
    ##...##
    ##...##
    ##...##
    ##...##
    .#####.
    """,
    """
    #######
    #######
    .....##
    ....##.
    ....##.
    ...##..
    ...##..
    ..##...
    ..##...
    .##....
    .##....
    .##....
    """,
    """
    .#####.
    ##...##
    ##...##
    ##...##
    .##.##.
    ..###..
    .##.##.
    ##...##
    ##...##
    ##...##
    ##...##
    .#####.
    """,
    """
    .#####.
    ##...##
    ##...##
    ##...##
    ##...##
    ##...##
    .######
    .....##
    .....##
    .....##
    ....##.
    .####..
    """,
)


def glyph_codes(glyphs=GLYPHS):
    """The glyphs as the weights of the output layer: (glyphs, 84) float32, ink +1, paper -1.

    glyphs: texts of 12 rows of 7 characters each, "#" for ink and "." for paper; blank lines and
        indentation do not count. By default the digits 0 to 9, in this order.
    Row i read as (12, 7) is the picture of glyph i. LeCun et al. 1998, section II.B and eq. 7.
    Raises ValueError if a glyph has another size or another character.
    """
    return np.array([_code(number, text.split()) for number, text in enumerate(glyphs)], "float32")


def _code(number, rows):
    if len(rows) != ROWS or any(len(row) != COLUMNS for row in rows):
        widths = sorted({len(row) for row in rows})
        raise ValueError(
            f"Glyph {number} must have {ROWS} rows of {COLUMNS} characters, "
            f"got {len(rows)} rows of {' or '.join(map(str, widths)) or 'no'} characters."
        )
    pixels = "".join(rows)
    strange = sorted(set(pixels) - {INK, PAPER})
    if strange:
        raise ValueError(f"Glyph {number} may hold only {INK!r} and {PAPER!r}, got {strange}.")
    return [1 if pixel == INK else -1 for pixel in pixels]
