"""A photo or scan of one handwritten digit as an image of its ink."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold, threshold_otsu
from skimage.filters.rank import median

from lenet_helpers.handwriting.strokes import (
    EIGHT_NEIGHBOURS,
    INK,
    HandwritingError,
    example_strokes,
    render,
)

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 64_000_000  # checked before anything is decoded
SIDE = 400  # a larger image is shrunk to this
GRID = 64  # the paper's brightness is estimated on so many pixels a side
WINDOW = 33  # of them, per side: the median within it is paper if less than half is ink
DARK = 16  # grey levels: keeps the contrast on black paper finite
SMOOTHING = 1 / 500  # of the longer side: standard deviation of the blur that calms noise
NOISE = 6  # times the paper's median contrast: about four standard deviations
LEAST_CONTRAST = 0.08  # of the paper's brightness
LEAST_AREA = 3e-4  # of the image: what is smaller is dirt


class PhotoError(HandwritingError):
    """A file is missing, too large, or no image; the message names it and the remedy."""


def read_photo(path):
    """Find the ink in an image file.

    path: of a PNG, JPEG, WebP, GIF, BMP or TIFF that shows a digit and plain paper around it. Dark
          on light or light on dark, in any colours, with or without transparency, evenly lit or
          not: ink is what differs from the median of its surroundings, relative to their
          brightness. So lines on the paper, its edge and the sharp edge of a shadow are ink, too.
    Returns (H, W) uint8, 0 paper to 255 ink, at most 400 pixels a side, for `normalise`.
    Raises PhotoError if the file is missing, damaged, larger than 64 million pixels (checked
    before it is decoded) or no image, and HandwritingError if nothing stands out from the paper.
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
    Returns (H, W) uint8, 0 paper to 255 ink. Raises HandwritingError if nothing stands out.
    """
    blur = SMOOTHING * max(colours.shape[:2])
    contrast = _contrast(ndimage.gaussian_filter(colours.astype(float), (blur, blur, 0)))
    least = max(NOISE * np.median(contrast), LEAST_CONTRAST)
    high = max(threshold_otsu(contrast), least)
    is_ink = apply_hysteresis_threshold(contrast, max(high / 2, least), high)
    pieces, _ = ndimage.label(is_ink, EIGHT_NEIGHBOURS)
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    is_ink = (areas > LEAST_AREA * is_ink.size)[pieces]
    if not is_ink.any():
        raise HandwritingError(
            "nothing stands out from the paper. Use a darker pen, more light, or a closer view."
        )
    edges = ndimage.binary_dilation(is_ink, EIGHT_NEIGHBOURS)
    ink = np.clip(contrast / np.median(contrast[is_ink]), 0, 1)
    return np.rint(INK * np.where(edges, ink, 0)).astype(np.uint8)


def _photograph(ink, pen, paper):
    """Ink (H, W) uint8 in two colours, lit from the left: (H, W, 3) uint8."""
    share = ink[..., np.newaxis] / INK
    light = np.linspace(1, 0.4, ink.shape[1])[:, np.newaxis]
    return np.rint(light * (share * pen + (1 - share) * np.array(paper))).astype(np.uint8)


def _contrast(colours):
    """How far each pixel lies from the paper around it, relative to the paper's brightness."""
    paper = _paper(colours)
    distance = np.sqrt(np.mean((colours - paper) ** 2, axis=2))
    return distance / (paper.mean(axis=2) + DARK)


def _paper(colours):
    """The paper's colour at each pixel: the median of a wide window, on a coarse grid."""
    height, width, _ = colours.shape
    channels = []
    for channel in np.moveaxis(colours, 2, 0):
        coarse = _resized(channel, (GRID, GRID), Image.Resampling.BOX)
        channels.append(_resized(_median(coarse), (width, height), Image.Resampling.BILINEAR))
    return np.stack(channels, axis=2)


def _median(values):
    """The median of each value's window, in grey levels.

    Beyond its border the picture goes on upside down and mirrored, so that light which grows
    evenly goes on growing and no border looks darker than it is. `rank.median` wants integers from
    0 on, hence the shift.
    """
    margin = WINDOW // 2
    padded = np.pad(values, margin, "reflect", reflect_type="odd")
    counted = np.rint(padded + INK).clip(0).astype(np.uint16)
    smooth = median(counted, np.ones((WINDOW, WINDOW), np.uint8))
    return smooth[margin:-margin, margin:-margin] - float(INK)


def _resized(values, size, resample):
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, resample))


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
