"""Figures of chapter 8's handwriting: from strokes to what the network gets."""

import textwrap

from lenet_helpers.plots.described import blank_figure, subplots
from lenet_helpers.plots.style import INK, SHADES


def handwriting(names, digits, steps, squeezed, answers, subject):
    """Drawn digits on their way into MNIST's form, and squeezed without it: a column for each.

    names: str, what was drawn; digits: int, which digits; steps: `handwriting.Normalised`;
    squeezed: (N, 28, 28) uint8.
    answers: dict with "normalised" and "squeezed", (N,) the digits read; wrong ones are orange.
    """
    rows = ["drawn", "cut out", "normalised: the input", "squeezed: the input"]
    figure, panels = subplots(
        len(rows), len(names), figsize=(1.15 * len(names) + 1, 5.6), layout="constrained"
    )
    figure.alt = (
        "Each drawn digit in four rows of pictures: as drawn, its bounding box, normalised, and "
        "the canvas squeezed without these steps; with what was read."
    )
    for column, (name, digit, each) in enumerate(zip(names, digits, steps, strict=True)):
        pictures = [each.given, each.cropped, each.centred, squeezed[column]]
        for panel, picture in zip(panels[:, column], pictures, strict=True):
            panel.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
            panel.set(xticks=[], yticks=[])
        panels[0, column].set_title(textwrap.fill(name, 10), fontsize=11)
        for row, way in ((2, "normalised"), (3, "squeezed")):
            answer = answers[way][column]
            style = {} if answer == digit else {"color": "#b34a00", "fontweight": "bold"}
            panels[row, column].set_xlabel(f"read as {answer}", fontsize=13, **style)
    for panel, row in zip(panels[:, 0], rows, strict=True):
        panel.set_ylabel(textwrap.fill(row, 12), fontsize=11)
    figure.suptitle(
        f"From a drawing to what the network gets\n{subject}; orange: misread", fontsize=12
    )
    return figure


def screenshots(pictures, title):
    """Pictures of a screen one below the other, each pixel as it was.

    pictures: list of (H, W, 3) uint8 of the same width.
    """
    dpi = 110  # at which the figure is saved
    bottom = sum(len(picture) for picture in pictures)
    height = bottom + 50  # for the title
    figure = blank_figure(figsize=(pictures[0].shape[1] / dpi, height / dpi), dpi=dpi)
    figure.alt = (
        "The pad twice, a digit drawn beside the middle. Above, small pictures lead from the "
        "drawing to the centred digit, and it is read right. Below, the box that leaves the "
        "normalisation out is ticked, the digit stays where it is, and it is misread."
    )
    for picture in pictures:
        bottom -= len(picture)
        axes = figure.add_axes((0, bottom / height, 1, len(picture) / height))
        axes.imshow(picture, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
    figure.suptitle(title, fontsize=12)
    return figure
