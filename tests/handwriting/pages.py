"""Pages as people photograph them, each with a digit of MNIST: 900 by 900 pixels.

READ are pages whose digit is to be read, REFUSED those that are to be refused. Each page is made by
a function that takes (28, 28) uint8, 0 paper to 255 ink, and returns (H, W, 3) float grey levels.
"""

import functools

import numpy as np
from PIL import Image
from scipy import ndimage

from lenet_helpers.handwriting.photos import read_photo
from lenet_helpers.handwriting.strokes import HandwritingError, normalise

SIDE, DIGIT = 900, 500
PEN, WHITE, SKIN, DESK = 20, 238, (200, 150, 125), (110, 75, 45)
Y, X = np.mgrid[:SIDE, :SIDE]


NOISE = np.random.default_rng(0).normal(0, 3, (SIDE, SIDE, 3))


def photograph(page):
    """What a camera sees of a page, with its noise: (H, W, 3) uint8."""
    noise = NOISE[: page.shape[0], : page.shape[1]]
    return np.clip(page + noise, 0, 255).astype(np.uint8)


def written(digit, pen=PEN, paper=WHITE, side=DIGIT, place=None):
    """A digit on paper, which is a grey level, a colour or a page."""
    top, left = place or 2 * [(SIDE - side) // 2]
    ink = np.zeros((SIDE, SIDE, 1))
    ink[top : top + side, left : left + side, 0] = enlarged(digit, (side, side))
    return ink * pen + (1 - ink) * np.broadcast_to(paper, (SIDE, SIDE, 3))


def enlarged(digit, size):
    return np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.BICUBIC)) / 255


def cropped(digit, pen=PEN, paper=WHITE, margin=0):
    """A digit cropped to its ink, with a margin in MNIST's pixels."""
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    box = np.pad(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], margin)
    ink = enlarged(box, tuple(25 * np.array(box.shape[::-1])))[..., np.newaxis]
    return ink * pen + (1 - ink) * np.full(3, paper)


def blank(digit, paper=WHITE):
    return np.full((SIDE, SIDE, 3), float(paper))


def ruled(step=75, width=4, line=150, paper=WHITE, squared=False):
    page = np.full((SIDE, SIDE, 3), paper, float)
    page[(Y % step < width) | (squared & (X % step < width))] = line
    return page


def lit(page, light):
    return page * light[..., np.newaxis]


def shaded(page, shadow, strength=0.55, softness=0):
    light = np.where(shadow, strength, 1.0)
    return lit(page, ndimage.gaussian_filter(light, softness) if softness else light)


def covered(page, where, colour):
    page = page.copy()
    page[where] = colour
    return page


def ellipse(x, y, width, height):
    return ((X - x) / width) ** 2 + ((Y - y) / height) ** 2 < 1


def on(make, change, *arguments, **options):
    """A kind of page that is another kind, changed."""
    return lambda digit: change(make(digit), *arguments, **options)


def kind(make, **options):
    return functools.partial(make, **options)


FROM_CENTRE = np.hypot(X - SIDE / 2, Y - SIDE / 2) / (SIDE / 2)
LAMP = 0.3 + 0.7 * np.exp(-((X / SIDE - 0.2) ** 2 + (Y / SIDE - 0.1) ** 2) / 0.35)
CREASE = 1 - 0.35 * np.exp(-(((X - 500 - 0.1 * Y) / 14) ** 2))
HAND = ellipse(900, 950, 420, 500) | ((np.abs(X - 0.9 * Y - 60) < 70) & (Y > 250))
PHONE = (Y > 500) & (X > 100 + 0.2 * Y) & (X < 800 - 0.1 * Y)
LEFT, CORNER = ellipse(-20, 450, 200, 110), ellipse(930, 930, 170, 230)
BLUE_INK, BLUE_LINE, RED_LINE = (30, 40, 120), (150, 180, 230), (220, 90, 90)

dark_on_light = kind(written)
light_on_dark = kind(written, pen=235, paper=15)

READ = {
    "black on white": dark_on_light,
    "white on black": kind(written, pen=255, paper=0),
    "white on black, large": kind(written, pen=255, paper=0, side=SIDE),
    "ruled": kind(written, paper=ruled()),
    "half in shadow": on(dark_on_light, shaded, X < SIDE / 2),
    "cropped with a margin": kind(cropped, margin=2),
    "black on white, large": kind(written, side=SIDE),
    "black on white, small": kind(written, side=200, place=(300, 500)),
    "white on black, small": kind(written, pen=255, paper=0, side=200, place=(300, 500)),
    "blue ink on lines and a margin": kind(
        written, pen=BLUE_INK, paper=covered(ruled(line=BLUE_LINE), (X // 4) == 50, RED_LINE)
    ),
    "squared": kind(written, paper=ruled(step=40, width=2, squared=True)),
    "large squares": kind(written, side=190, paper=ruled(step=200, squared=True)),
    "ruled, white on black": kind(written, pen=240, paper=ruled(line=90, paper=25)),
    "ruled, half in shadow": on(kind(written, paper=ruled()), shaded, X < SIDE / 2),
    "half in deep shadow": on(dark_on_light, shaded, Y < SIDE / 2, 0.3),
    "half in soft shadow": on(dark_on_light, shaded, X + 0.6 * Y < 700, softness=15),
    "white on black, half in shadow": on(light_on_dark, shaded, X < SIDE / 2),
    "shadow of a hand": on(dark_on_light, shaded, HAND),
    "shadow of a phone": on(dark_on_light, shaded, PHONE, 0.6),
    "under a lamp": on(dark_on_light, lit, LAMP),
    "white on black, under a lamp": on(light_on_dark, lit, LAMP),
    "vignette": on(dark_on_light, lit, 1 - 0.3 * FROM_CENTRE**2),
    "thumb": on(dark_on_light, covered, LEFT, SKIN),
    "thumb in a corner": on(dark_on_light, covered, CORNER, SKIN),
    "yellow paper": kind(written, paper=(240, 220, 100)),
    "colours equally bright": kind(written, pen=(190, 90, 60), paper=(60, 150, 60)),
    "crease": on(dark_on_light, lit, CREASE),
}
REFUSED = {
    "cropped": cropped,
    "cropped, white on black": kind(cropped, pen=255, paper=0),
    "lines as dark as the ink": kind(written, paper=ruled(width=6, line=40)),
    "struck through": on(dark_on_light, covered, np.abs(Y - 450) < 10, PEN),
    "in a frame": on(
        dark_on_light, covered, np.abs(np.maximum(abs(X - 450), abs(Y - 450)) - 330) < 6, PEN
    ),
    "nothing": blank,
    "nothing but lines": on(blank, np.minimum, ruled()),
    "nothing but squares": on(blank, np.minimum, ruled(step=60, squared=True)),
    "nothing but a thumb": on(blank, covered, LEFT, SKIN),
    "nothing but a thumb in a corner": on(blank, covered, CORNER, SKIN),
    "nothing but a desk's corner": on(blank, covered, X + Y < 500, DESK),
    "nothing but a shadow": on(blank, shaded, X + 0.4 * Y < 450),
    "nothing but the shadow of a hand": on(blank, shaded, HAND),
    "nothing but a vignette": on(blank, lit, 1 - 0.42 * FROM_CENTRE**2),
    "nothing but a crease": on(blank, lit, CREASE),
}


def read_page(kind, image, path):
    """Photograph a digit on a kind of page, as a file, and read it.

    Returns what a network gets, (28, 28) uint8, or why the page is refused, str.
    """
    Image.fromarray(photograph((READ | REFUSED)[kind](image))).save(path)
    try:
        return normalise(read_photo(path)).centred
    except HandwritingError as error:
        return str(error)
