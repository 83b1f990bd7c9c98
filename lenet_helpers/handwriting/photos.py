"""A photo or scan of one handwritten digit as an image of its ink."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold, threshold_otsu
from skimage.morphology import reconstruction

from lenet_helpers.handwriting.strokes import (
    EIGHT_NEIGHBOURS,
    INK,
    LIFTED_PEN,
    HandwritingError,
    bounding_box,
    example_strokes,
    render,
)

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 64_000_000  # checked before anything is decoded
SIDE = 400  # a larger image is shrunk to this
SMOOTHING = 1 / 250  # of the longer side: standard deviation of the blur that calms noise
WINDOW = 0.3  # of the longer side: no stroke is so wide
CLEAR = 0.1  # of all votes: a majority as large as ink makes; the light on a blank page makes less
DARK = 16  # grey levels: keeps the contrast on black paper finite
NOISE = 6  # times the upper quartile of the paper's contrast: higher than its noise
LEAST_CONTRAST = 0.08  # of the paper's brightness
STRICTEST = 0.5  # of the largest contrast: what is at least so dark is ink
RIM = 0.01  # of the longer side: so far beyond ink its edges are grey
LEAST_AREA = 3e-4  # of the image: what is smaller is dirt
CONTACT = 1 / 3  # of its length: ink that lies along a border so far runs off the picture


class PhotoError(HandwritingError):
    """A file is missing, too large, or no image; the message names it and the remedy."""


def read_photo(path):
    """Find the ink in an image file.

    path: of a PNG, JPEG, WebP, GIF, BMP or TIFF that shows a digit and plain paper around it. Dark
          on light or light on dark, in any colours, with or without transparency, evenly lit or
          not, in a shadow or half in it. Lines on the paper may be paler than the ink, and a
          finger may hold the sheet in a corner.
    Returns (H, W) uint8, 0 paper to 255 ink, at most 400 pixels a side, for `normalise`.
    Raises PhotoError if the file is missing, damaged, larger than 64 million pixels (checked
    before it is decoded) or no image, and HandwritingError as `find_ink_in_photo` does.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise PhotoError(f"{path}: there is no such file.")
    try:
        return find_ink_in_photo(_opened(path))
    except PhotoError as error:
        raise PhotoError(f"{path}: {error}") from error.__cause__
    except HandwritingError as error:
        raise HandwritingError(f"{path}: {error}") from None


def example_photos(folder):
    """Write files as people might give them: dict, what each is -> its path.

    folder: path of an existing folder. The digits are ours, from `example_strokes`, in colours and
    under a light that comes from the left; the last three files are none that can be read.
    """
    drawn = {name: render(strokes) for name, _, strokes in example_strokes()}
    pen, paper, chalk, slate = (40, 45, 90), (235, 228, 210), (225, 225, 220), (45, 60, 50)
    contents = {
        "a pen on paper": _photograph(drawn["3"], pen, paper),
        "chalk on slate": _photograph(drawn["6"], chalk, slate),
        "two digits": _photograph(np.hstack([drawn["4"], drawn["2"]]), pen, paper),
        "an empty page": _photograph(np.zeros_like(drawn["3"]), pen, paper),
    }
    paths = {name: Path(folder) / f"{name}.png" for name in [*contents, "no image"]}
    for name, photo in contents.items():
        Image.fromarray(photo).save(paths[name])
    paths["no image"].write_text("a seven", encoding="utf-8")
    return paths


def find_ink_in_photo(colours):
    """Find the ink in the pixels of a photo.

    colours: (H, W, 3) uint8, red, green and blue as they were seen.
    Paper is what is left when all that is darker than its surroundings and narrower than a window
    is filled (grey closing by reconstruction), so shadows are paper. Ink is what differs from it,
    relative to its brightness. Where that touches a border, as ruled lines do, only what is darker
    is taken for ink, if there is such ink. How dark it is, is measured against the nearest paper.
    Returns (H, W) uint8, 0 paper to 255 ink. Raises HandwritingError if nothing stands out from
    the paper, and if something that runs off the picture touches the digit, lies close to it, or
    reaches opposite borders.
    """
    light = _on_light_paper(colours)
    is_ink = _separate(_contrast(light, _paper(light)))
    rim = max(1, round(RIM * max(is_ink.shape)))
    around = ndimage.binary_dilation(is_ink, EIGHT_NEIGHBOURS, rim)
    nearest = ndimage.distance_transform_edt(around, return_distances=False, return_indices=True)
    contrast = _contrast(light, light[tuple(nearest)])
    ink = np.clip(contrast / np.median(contrast[is_ink]), 0, 1)
    return np.rint(INK * np.where(around, ink, 0)).astype(np.uint8)


def _photograph(ink, pen, paper):
    """Ink (H, W) uint8 in two colours, lit from the left: (H, W, 3) uint8."""
    share = ink[..., np.newaxis] / INK
    light = np.linspace(1, 0.4, ink.shape[1])[:, np.newaxis]
    return np.rint(light * (share * pen + (1 - share) * np.array(paper))).astype(np.uint8)


def _on_light_paper(colours):
    """Smooth the picture and invert each colour whose paper is dark: (H, W, 3) float."""
    side = max(colours.shape[:2])
    smooth = ndimage.gaussian_filter(colours.astype(float), SMOOTHING * side, axes=(0, 1))
    window = _window(colours)
    high = ndimage.maximum_filter(smooth, window)
    low = ndimage.minimum_filter(smooth, window)
    # Near an edge of the ink, most pixels are paper, closer to the extreme that paper is.
    votes = np.sum((high - low) * (2 * smooth - high - low), axis=(0, 1))
    is_dark = votes < -CLEAR * np.sum((high - low) ** 2, axis=(0, 1))
    return np.where(is_dark, INK - smooth, smooth)


def _paper(light):
    """The paper's colour at each pixel: (H, W, 3) float.

    Beyond its borders the picture goes on as it ends, so what lies there may be as wide as it is.
    """
    window = _window(light)
    margin = window[0] // 2 + 1
    wider = np.pad(light, [(margin, margin), (margin, margin), (0, 0)], "edge")
    closed = ndimage.grey_closing(wider, window, mode="nearest")[margin:-margin, margin:-margin]
    planes = zip(np.moveaxis(closed, 2, 0), np.moveaxis(light, 2, 0), strict=True)
    return np.stack([reconstruction(*both, "erosion") for both in planes], axis=2)


def _window(colours):
    side = round(WINDOW * max(colours.shape[:2]))
    return side, side, 1


def _contrast(light, paper):
    """How much darker each pixel is than its paper, relative to the paper's brightness: (H, W)."""
    darker = np.maximum(paper - light, 0)
    return np.sqrt(np.mean(darker**2, axis=2)) / (paper.mean(axis=2) + DARK)


def _separate(contrast):
    """Tell ink from paper, (H, W) bool, by the lowest threshold at which none touches a border.

    If some always does, by the lowest at which none runs off the picture.
    """
    otsu = threshold_otsu(contrast)
    least = max(NOISE * np.percentile(contrast[contrast <= otsu], 75), LEAST_CONTRAST)
    high = max(otsu, least)
    low = max(high / 2, least)
    touching, refusals = [], []
    for threshold in np.linspace(low, max(low, STRICTEST * contrast.max()), 3):
        is_dark = apply_hysteresis_threshold(contrast, threshold, max(threshold, high))
        try:
            is_ink = _within_the_picture(is_dark)
        except HandwritingError as refusal:
            refusals.append(refusal)
            continue
        if not _contacts(is_ink).any():
            return is_ink
        touching.append(is_ink)
    if touching:
        return touching[0]
    raise refusals[0]


def _within_the_picture(is_ink):
    """Leave out dirt and what runs off the picture: (H, W) bool."""
    pieces, _ = ndimage.label(is_ink, EIGHT_NEIGHBOURS)
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    large = np.flatnonzero(areas > LEAST_AREA * is_ink.size)
    if not large.size:
        raise HandwritingError(
            "nothing stands out from the paper. Use a darker pen, more light, or a closer view, "
            "and leave plain paper around the digit."
        )
    outside = np.isin(pieces, [number for number in large if _runs_off(pieces == number)])
    inside = np.isin(pieces, large) & ~outside
    if outside.any() and not (inside.any() and _is_apart(inside, outside)):
        raise HandwritingError(
            "something runs across the picture or off it: lines on the paper, the edge of the "
            "sheet or of a shadow, a finger, or the digit itself. Leave plain paper around it."
        )
    return inside


def _runs_off(piece):
    contacts = _contacts(piece)
    top, left, bottom, right = bounding_box(piece)
    return np.sum(contacts > 0) > 1 or contacts.max() > CONTACT * max(bottom - top, right - left)


def _is_apart(inside, outside):
    """Whether what runs off leaves opposite borders free, and the digit's neighbourhood."""
    touched = _contacts(outside) > 0
    top, left, bottom, right = bounding_box(inside)
    near = round(LIFTED_PEN * max(bottom - top, right - left)) + 1
    around = outside[max(top - near, 0) : bottom + near, max(left - near, 0) : right + near]
    return not (touched[::2] & touched[1::2]).any() and not around.any()


def _contacts(piece):
    """How many pixels lie on each border: (4,) int, top, bottom, left, right."""
    return np.array([side.sum() for side in (piece[0], piece[-1], piece[:, 0], piece[:, -1])])


def _opened(path):
    """Decode a file into (H, W, 3) uint8, upright, at most SIDE pixels a side."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of a size that is refused below anyhow.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                _require_moderate(image.size)
                return _colours(image)
    except UnidentifiedImageError as error:
        raise PhotoError(
            "this is no image that can be read. Save it as PNG or JPEG (HEIC is not read)."
        ) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{error} Make it smaller first.") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, PhotoError):
            raise
        raise PhotoError(f"the image is damaged ({error}).") from error


def _require_moderate(size):
    width, height = size
    if width * height > MOST_PIXELS:
        raise PhotoError(
            f"{width} by {height} pixels are more than {MOST_PIXELS // 10**6} million. "
            "Make it smaller first."
        )


def _colours(image):
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((SIDE, SIDE))
    image = ImageOps.exif_transpose(image)
    pixels = np.asarray(image)
    return pixels if pixels.shape[2] == 3 else _on_paper(pixels)


def _eight_bits(image):
    """Bring 16 or 32 bits a pixel to eight: Pillow's own conversion would cut them off."""
    values = np.asarray(image, dtype=float)
    if not np.isfinite(values).all():
        raise PhotoError("the image holds pixels that are not finite. Save it as PNG or JPEG.")
    span = max(float(np.ptp(values)), 1.0)
    return Image.fromarray(np.rint(INK * (values - values.min()) / span).astype(np.uint8))


def _on_paper(pixels):
    """Lay (H, W, 4) on paper: what is transparent is paper.

    Where most is transparent, the rest is the digit, and the paper is black or white, whichever
    differs more. Otherwise the paper is what most of the picture shows.
    """
    colours, opacity = pixels[..., :3].astype(float), pixels[..., 3:] / 255
    seen = colours[opacity[..., 0] > 0.5]
    if len(seen) == 0:
        raise HandwritingError("the image is transparent all over.")
    if len(seen) > opacity.size / 2:
        paper = np.median(seen, axis=0)
    else:
        paper = 255.0 if seen.mean() < 128 else 0.0
    return np.rint(opacity * colours + (1 - opacity) * paper).astype(np.uint8)
