"""Figures of chapter 1: the digits as they are stored."""

import numpy as np

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import INK, SHADES, headed, titled


def digit_grid(images, labels, subject, columns=12):
    """The first images of each digit, one row per digit.

    images: (N, 28, 28) uint8; labels: (N,) int, each digit 0 to 9 at least `columns` times.
    """
    rows = [images[np.flatnonzero(labels == digit)[:columns]] for digit in range(10)]
    sheet = np.vstack([np.hstack(list(row)) for row in rows])
    side = images.shape[1]
    figure, axes = subplots(figsize=(0.75 * columns + 0.5, 8.2), layout="constrained")
    figure.alt = "Ten rows of handwritten digits, one row for each label 0 to 9."
    axes.imshow(sheet, cmap=SHADES, vmin=0, vmax=INK, interpolation="nearest")
    axes.hlines(np.arange(1, 10) * side - 0.5, -0.5, sheet.shape[1] - 0.5, color="0.85", lw=1)
    axes.set_yticks(side * np.arange(10) + side / 2, range(10), fontsize=12)
    axes.set(xticks=[], ylabel="label")
    axes.tick_params(length=0)
    return titled(figure, axes, f"The first {columns} images of each digit", subject)


def mean_images(means, subject):
    """The mean image of each digit.

    means: (10, 28, 28) float, 0 to 255.
    """
    figure, panels = subplots(2, 5, figsize=(10, 4.7), layout="constrained")
    figure.alt = (
        "Ten mean images, each a blurred version of its digit; the "
        f"{means.max(axis=(1, 2)).argmax()} is the darkest."
    )
    for digit, axes in enumerate(panels.flat):
        drawn = axes.imshow(means[digit], cmap=SHADES, vmin=0, vmax=INK)
        axes.set(xticks=[], yticks=[], title=f"mean {digit}")
    figure.colorbar(drawn, ax=panels, label="mean pixel value", shrink=0.9, pad=0.02)
    figure.suptitle(headed("The mean image of each digit", subject), fontsize=12)
    return figure
