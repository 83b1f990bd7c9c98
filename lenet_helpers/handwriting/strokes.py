"""A digit of your own in MNIST's form: strokes or a large image in, 28 by 28 pixels out.

Images are MNIST's throughout: uint8, 0 for paper to 255 for ink. `photos.read_photo` makes such an
image of a file.
"""

import json
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from lenet_helpers.checkpoints import FOLDER

EXAMPLES = FOLDER / "strokes.json"
CANVAS, PEN = 280, 22  # side of the pad and width of its pen, in canvas units
SIDE, BOX = 28, 20  # MNIST's images, and the box that their digits fill
INK = 255

PAPER = 0.25  # of the darkest ink: what is paler is paper
SPECK = 0.05  # of the largest piece's area: what is smaller is no part of a digit
LIFTED_PEN = 0.1  # of the ink's height: pieces so close together are joined
DIGIT = 0.5  # of the tallest piece's height: what is as tall as that is a digit of its own
BLOT = 1.4  # times its line's width: ink that is no longer is a dot; MNIST's digits are from 1.5 on
WIDEST = 2.5  # times its height, as MNIST's widest: wider ink is a dash, a line or a word
MOSTLY_INK = 0.6  # share of an image that no digit covers

EIGHT_NEIGHBOURS = np.ones((3, 3))

# The live page refuses in these words, too.
REFUSALS = {
    "nothing": "There is no ink: draw or write a digit first.",
    "all ink": "Nearly everything is ink. Images hold 0 for paper and 255 for ink: is yours "
    "inverted?",
    "blot": "This is a dot or a blot, and no digit: draw or write it larger.",
    "frame": "Something lies within a frame. Give one digit, with none around.",
    "several": "This looks like {digits} digits: pieces of ink stand apart, each as tall as a "
    "digit. Give one digit at a time, or join its strokes if it is one.",
    "underline": "Something lies below the digit: leave an underline out.",
    "line": "This is wider than any digit. Give one digit, and no lines.",
}


class HandwritingError(ValueError):
    """What was drawn or written cannot be read as one digit; the message says why."""


class MostlyInkError(HandwritingError):
    """More of an image is ink than any digit covers: it may be inverted, or a scribble."""


@dataclass(frozen=True, eq=False)
class Normalised:
    """A digit on its way into MNIST's form: an image per step, each uint8, 0 paper to 255 ink.

    given:   (H, W), what was drawn.
    ink:     (H, W), the same with paper and specks at 0.
    cropped: (h, w), the ink's bounding box.
    sized:   (h, w), the crop scaled so that its longer side measures 20 pixels.
    centred: (28, 28), its centre of mass at the centre: what the network gets.
    """

    given: np.ndarray
    ink: np.ndarray
    cropped: np.ndarray
    sized: np.ndarray
    centred: np.ndarray

    @property
    def pictures(self):
        """The steps by the names that readers see: dict of str -> image."""
        return {
            "drawn": self.given,
            "ink": self.ink,
            "cropped": self.cropped,
            f"sized to fit {BOX} × {BOX}": self.sized,
            "centred by mass": self.centred,
        }


def normalise(image):
    """Bring one digit into MNIST's form, step by step.

    image: (H, W) uint8, 0 paper to 255 ink, of any size.
    Returns Normalised. LeCun et al. 1998, section III.A: size normalisation to a box of 20 by 20
    pixels that keeps the aspect ratio, grey by anti-aliasing, then the centre of mass moved to
    the centre of 28 by 28 pixels.
    Raises HandwritingError if there is no ink, nothing but ink, or not just one digit.
    """
    ink = find_ink(image)
    require_one_digit(ink)
    cropped = crop(ink)
    sized = fit(cropped)
    return Normalised(image, ink, cropped, sized, centre(sized))


def squeeze(image):
    """Shrink a whole image to 28 by 28 pixels, anti-aliased, with no normalisation.

    image: (H, W) uint8, 0 paper to 255 ink.
    Returns (28, 28) uint8. Raises HandwritingError where `normalise` does.
    """
    require_one_digit(find_ink(image))
    return np.rint(_resized(image, SIDE, SIDE)).astype(np.uint8)


def render(strokes, size=CANVAS, pen=PEN):
    """Draw strokes with a round pen, anti-aliased.

    strokes: list of (n, 2) arrays or lists of x, y in canvas units, y downwards; one point is a
             dot. What lies beyond the canvas is cut off.
    size:    int, side of the canvas; pen: float, width of the line.
    Returns (size, size) uint8, 0 paper to 255 ink.
    Raises ValueError if a stroke has another shape or a coordinate is not finite.
    """
    coverage = np.zeros((size, size))
    for stroke in strokes:
        points = _points(stroke)
        for start, end in zip(points, points[1:] if len(points) > 1 else points, strict=False):
            _draw_line(coverage, start, end, pen / 2)
    return np.rint(INK * coverage).astype(np.uint8)


def find_ink(image):
    """Set paper and specks to 0.

    image: (H, W) uint8, 0 paper to 255 ink.
    Paper is what is paler than a quarter of the darkest ink; a speck is a piece, connected over
    edges and corners, of less than a twentieth of the largest piece's area.
    Returns (H, W) uint8. Raises HandwritingError if no ink is left, MostlyInkError if nearly all
    is ink, and ValueError for another type or shape.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 2 or image.size == 0:
        raise ValueError(f"Give one grey image, (H, W) uint8: this is {image.shape} {image.dtype}.")
    is_ink = image > PAPER * image.max()
    if not is_ink.any():
        raise HandwritingError(REFUSALS["nothing"])
    if is_ink.mean() > MOSTLY_INK:
        raise MostlyInkError(REFUSALS["all ink"])
    pieces, count = ndimage.label(is_ink, EIGHT_NEIGHBOURS)
    if count > 1:
        areas = np.bincount(pieces.ravel())
        areas[0] = 0
        is_ink = (areas >= SPECK * areas.max())[pieces]
    return np.where(is_ink, image, 0).astype(np.uint8)


def require_one_digit(ink):
    """Refuse ink that has not the shape of one digit.

    ink: (H, W) uint8, paper at 0.
    The bar of a 5 or the cross of a 7 may be a piece of its own: pieces nearer than a tenth of the
    ink's height count as one, and so does whatever is lower than half of the tallest piece, unless
    it lies below it, as an underline does. Digits that touch cannot be told from one.
    Raises HandwritingError for a dot or a blot, a dash or a line, a piece within another, an
    underline, and several pieces of a digit's height.
    """
    cropped = crop(ink) > 0
    height, width = cropped.shape
    padded = np.pad(cropped, int(LIFTED_PEN * height / 2) + 1)
    distance = ndimage.distance_transform_edt(padded)
    if max(height, width) < BLOT * (2 * distance.max() - 1):
        raise HandwritingError(REFUSALS["blot"])
    if _count(ndimage.binary_fill_holes(padded, EIGHT_NEIGHBOURS)) < _count(padded):
        raise HandwritingError(REFUSALS["frame"])
    _require_one_piece(padded, height)
    if width > WIDEST * height:
        raise HandwritingError(REFUSALS["line"])


def _require_one_piece(is_ink, height):
    reach = LIFTED_PEN * height / 2
    joined, _ = ndimage.label(ndimage.distance_transform_edt(~is_ink) <= reach, EIGHT_NEIGHBOURS)
    rows = [place[0] for place in ndimage.find_objects(np.where(is_ink, joined, 0))]
    heights = np.array([place.stop - place.start for place in rows])
    digits = int((heights >= DIGIT * heights.max()).sum())
    if digits > 1:
        raise HandwritingError(REFUSALS["several"].format(digits=digits))
    if max(place.start for place in rows) >= rows[heights.argmax()].stop:
        raise HandwritingError(REFUSALS["underline"])


def _count(is_ink):
    return ndimage.label(is_ink, EIGHT_NEIGHBOURS)[1]


def crop(ink):
    """Cut the bounding box of the ink out of (H, W) uint8 with paper at 0."""
    top, left, bottom, right = bounding_box(ink)
    return ink[top:bottom, left:right]


def fit(cropped):
    """Scale an image so that its longer side measures BOX pixels, keeping the aspect ratio.

    cropped: (h, w) uint8. Returns uint8, at most (BOX, BOX) and at least one pixel wide.
    Anti-aliased: a pixel becomes grey where ink covers a part of it. The darkest is brought back
    to 255, as in MNIST, where even thin lines are black somewhere.
    """
    height, width = cropped.shape
    scale = BOX / max(height, width)
    sized = _resized(cropped, max(1, round(scale * height)), max(1, round(scale * width)))
    return np.rint(sized * (INK / sized.max())).astype(np.uint8)


def centre(sized):
    """Place an image on SIDE by SIDE pixels of paper, its centre of mass at the centre.

    sized: (h, w) uint8, at most (SIDE, SIDE). It moves by whole pixels, as MNIST's digits did, to
    where the centre of mass lies nearest to pixel (SIDE / 2, SIDE / 2), counted from 0; less far if
    ink would be cut off.
    Returns (SIDE, SIDE) uint8.
    """
    image = np.zeros((SIDE, SIDE), np.uint8)
    places = []
    for length, middle in zip(sized.shape, centre_of_mass(sized), strict=True):
        start = int(np.clip(np.floor(SIDE / 2 - middle + 0.5), 0, SIDE - length))
        places.append(slice(start, start + length))
    image[tuple(places)] = sized
    return image


def centre_of_mass(image):
    """Mean position of an image's ink: row and column, counted from 0, as (2,) float."""
    return np.array(ndimage.center_of_mass(image))


def bounding_box(image):
    """Where an image's ink begins and ends: (4,) int, top, left, bottom, right; ends excluded."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1])


def example_strokes():
    """Digits that come with the helpers: list of (name, digit, strokes), strokes as for `render`.

    They are ours, made by a program that bends and shakes curves; no person's handwriting.
    """
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))["digits"]
    return [(entry["name"], entry["digit"], entry["strokes"]) for entry in examples]


def _points(stroke):
    points = np.asarray(stroke, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"A stroke is an (n, 2) array of x, y; this one has shape {points.shape}.")
    if not np.isfinite(points).all():
        raise ValueError("A stroke holds coordinates that are not finite.")
    return points


def _draw_line(coverage, start, end, radius):
    """Darken what a round pen touches from start to end: pixels count by their centres."""
    low = np.floor(np.minimum(start, end) - radius - 1).clip(0, len(coverage)).astype(int)
    high = np.ceil(np.maximum(start, end) + radius + 1).clip(0, len(coverage)).astype(int)
    x = np.arange(low[0], high[0]) + 0.5 - start[0]
    y = (np.arange(low[1], high[1]) + 0.5 - start[1])[:, np.newaxis]
    along_x, along_y = end - start
    length = along_x**2 + along_y**2
    share = np.clip((x * along_x + y * along_y) / length, 0, 1) if length else 0.0
    distance = np.hypot(x - share * along_x, y - share * along_y)
    part = coverage[low[1] : high[1], low[0] : high[0]]
    np.maximum(part, np.clip(radius + 0.5 - distance, 0, 1), out=part)


def _resized(image, height, width):
    # Where it shrinks, Pillow's filter spans the whole area that a new pixel covers.
    sized = Image.fromarray(image.astype(np.float32)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    return np.asarray(sized).clip(0, INK)
