"""Figures of chapters 8 and 9: what the network sees, and what misleads it."""

import textwrap
from string import ascii_uppercase

import numpy as np
import seaborn as sns

from lenet_helpers.plots.described import blank_figure, subplots
from lenet_helpers.plots.style import BLUE, GREY, INK, ORANGE, SHADES, titled

# Petroff 2021, "Accessible color sequences for data visualization", with green for a second grey.
TEN_COLOURS = ["#3f90da", "#a96b59", "#bd1f01", "#ffa90e", "#94a4a2"]
TEN_COLOURS += ["#832db6", "#b9ac70", "#e76300", "#1f6f4a", "#92dadd"]


def feature_maps(image, outputs, subject):
    """One image's way through a network: what each layer puts out, and the answer.

    image:   (28, 28) uint8.
    outputs: dict, layer -> (height, width, maps) or (units,) float; the last one probabilities.
    All layers but the last share one scale of colour, which is symmetric about 0.
    """
    *names, answer = outputs
    sheets = [_layer_sheet(outputs[name]) for name in names]
    top = max(np.nanmax(np.abs(sheet)) for sheet in sheets)
    heights = [max(0.1, sheet.shape[0] / sheet.shape[1] + 0.06) for sheet in sheets]
    figure = blank_figure(figsize=(11, 7 * sum(heights) + 1), layout="constrained")
    figure.alt = (
        "A handwritten digit, then what each layer makes of it: "
        + ", ".join(f"{name}, {_counted(outputs[name])}" for name in names)
        + f"; and the probabilities, of which that of {int(np.argmax(outputs[answer]))} is largest."
    )
    left, right = figure.subfigures(1, 2, width_ratios=[1, 2.6])
    panels = right.subplots(len(sheets), 1, height_ratios=heights)
    for axes, name, sheet in zip(panels, names, sheets, strict=True):
        # A single row of units would be too thin to see with square cells.
        aspect = "auto" if len(sheet) == 1 else "equal"
        drawn = axes.imshow(sheet, cmap=_signed_colours(), vmin=-top, vmax=top, aspect=aspect)
        axes.set(xticks=[], yticks=[], title=f"{name}: {_counted(outputs[name])}")
    right.colorbar(drawn, ax=panels, label="output of the layer", shrink=0.5, aspect=30)
    above, below = left.subplots(2, 1)
    above.imshow(image, cmap=SHADES, vmin=0, vmax=INK)
    above.set(title="the image", xlabel="column", ylabel="row")
    digits = range(len(outputs[answer]))
    below.barh(digits, outputs[answer], color=GREY)
    below.set(title="the answer", xlabel="probability", ylabel="digit", xlim=(0, 1), yticks=digits)
    below.invert_yaxis()
    figure.suptitle(f"One digit, layer by layer\n{subject}", fontsize=12)
    return figure


def kernels(kernel, maps, subject):
    """A convolution's kernels, each above the map that it makes of one image.

    kernel: (height, width, 1, maps) float; maps: (rows, columns, maps) float. Each of the two rows
    has its own scale of colour, which is symmetric about 0.
    """
    count = maps.shape[2]
    figure, panels = subplots(2, count, figsize=(1.8 * count + 1, 4.4), layout="constrained")
    figure.alt = (
        f"{count} kernels of {kernel.shape[0]} by {kernel.shape[1]} weights, coloured about zero, "
        "and below each the map of a digit that it makes."
    )
    rows = {"weight": kernel[:, :, 0], "output": maps}
    for row, (name, pictures) in zip(panels, rows.items(), strict=True):
        top = np.abs(pictures).max()
        for number, axes in enumerate(row):
            picture = pictures[:, :, number]
            drawn = axes.imshow(picture, cmap=_signed_colours(), vmin=-top, vmax=top)
            axes.set(xticks=[], yticks=[])
        figure.colorbar(drawn, ax=row, label=name, aspect=12)
    for number, axes in enumerate(panels[0]):
        axes.set_title(f"map {number}")
    for axes, name in zip(panels[:, 0], ("kernel", "its map"), strict=True):
        axes.set_ylabel(name)
    figure.suptitle(f"The kernels of the first layer\n{subject}", fontsize=12)
    return figure


def embedding(points, labels, correct, axes_names, subject):
    """Images as points of a plane, coloured by digit; the misread ones as black digits.

    points: (N, 2) float; labels: (N,) int, 0 to 9; correct: (N,) bool; axes_names: two str.
    """
    figure, axes = subplots(figsize=(9, 7), layout="constrained")
    figure.alt = (
        f"Images as points, coloured by digit, against {axes_names[0]} and {axes_names[1]}. Each "
        "digit forms a cloud; misread images are drawn as black digits."
    )
    # Image after image, not digit after digit, or the last digit would cover the others.
    colours = np.array(TEN_COLOURS)[labels[correct]]
    axes.scatter(*points[correct].T, s=9, c=colours, lw=0)
    for digit in np.unique(labels):
        middle = np.median(points[labels == digit], axis=0)
        _stamp(axes, str(digit), middle, TEN_COLOURS[digit])
        wrong = points[~correct & (labels == digit)]
        axes.scatter(*wrong.T, s=36, marker=f"${digit}$", color="black", lw=0.5)
    axes.set(xlabel=axes_names[0], ylabel=axes_names[1], xticks=[], yticks=[])
    return titled(figure, axes, "Test images in C5; black: the labels of misread images", subject)


def relevance(image, maps, subject):
    """An image, and how a square at each place changes its digit's margin.

    image: (28, 28) uint8; maps: dict, title -> (28, 28) float, as from `interpret.occlusion`; lines
    show where the ink is. Each map has its own scale of colour, which is symmetric about 0.
    """
    size = (4 * len(maps) + 3, 4.1)
    figure, (first, *panels) = subplots(1, len(maps) + 1, figsize=size, layout="constrained")
    figure.alt = (
        "A digit, and maps of how a painted square changes its margin, by the square's centre: "
        + ", ".join(f"{name}, {_extremes(values)}" for name, values in maps.items())
    )
    first.imshow(image, cmap=SHADES, vmin=0, vmax=INK)
    first.set_title("the image\n")
    for axes, (title, values) in zip(panels, maps.items(), strict=True):
        top = np.abs(values).max()
        drawn = axes.imshow(values, cmap=_signed_colours(), vmin=-top, vmax=top)
        axes.contour(image, levels=[INK / 2], colors="black", linewidths=1)
        axes.set_title(f"{title}\n{_extremes(values)}")
        figure.colorbar(drawn, ax=axes, shrink=0.75, label="change of the margin")
    for axes in (first, *panels):
        axes.set(xlabel="column", ylabel="row")
    text = "blue: the square brings the image nearer to another answer; orange: further from it"
    figure.suptitle(f"Where a square changes the margin\n{subject}\n{text}", fontsize=12)
    return figure


def randomisation(maps, subject):
    """Maps of one digit, side by side, each on its own scale of colour.

    maps: dict, title -> (28, 28) float.
    """
    size = (2.6 * len(maps), 4)
    figure, panels = subplots(1, len(maps), figsize=size, layout="constrained")
    figure.alt = "Maps of one digit: " + ", ".join(maps)
    for axes, (name, picture) in zip(panels, maps.items(), strict=True):
        axes.imshow(picture, cmap="cividis")
        axes.set(xticks=[], yticks=[], title=textwrap.fill(name, 16))
    text = "yellow: large; each map on its own scale"
    figure.suptitle(f"Does the map change with the weights?\n{subject}\n{text}", fontsize=12)
    return figure


def distorted(examples, units, subject):
    """One digit under every corruption, one row each.

    examples: dict, corruption -> dict, severity (float) -> (28, 28) uint8; units: dict,
    corruption -> its severity's name.
    """
    columns = max(map(len, examples.values()))
    size = (1.35 * columns + 1.6, 1.6 * len(examples) + 0.8)
    figure, panels = subplots(
        len(examples), columns, figsize=size, layout="constrained", squeeze=False
    )
    figure.alt = (
        "A digit, distorted in steps that are written below each; one row for each of "
        + ", ".join(examples)
    )
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[], frame_on=False)
        axes.spines[:].set_color(GREY)
    for row, (name, pictures) in zip(panels, examples.items(), strict=True):
        text = "\n".join([name, *textwrap.wrap(f"({units[name]})", 16)])
        row[0].set_ylabel(text, fontsize=11, rotation=0, ha="right", va="center")
        for axes, (severity, picture) in zip(row, pictures.items(), strict=False):
            axes.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
            axes.set_frame_on(True)
            axes.set_xlabel(f"{severity:g}", fontsize=11)
    figure.suptitle(f"One digit, distorted in {len(examples)} ways\n{subject}", fontsize=12)
    return figure


def adversarial(image, moved, step, answers, subject):
    """An image, the step that fools the network, and the image after it.

    image, moved: (28, 28) uint8; step: int, in grey levels; answers: the digits that
    the network reads, before and after.
    """
    figure, panels = subplots(1, 3, figsize=(10, 4.2), layout="constrained")
    figure.alt = (
        f"A digit, a pattern of steps up and down by {step} grey levels, and their sum: to the eye "
        f"the same digit on slightly uneven paper; read as {answers[0]}, and as {answers[1]} after."
    )
    change = moved.astype(int) - image
    for axes, picture, answer in zip(panels[::2], (image, moved), answers, strict=True):
        axes.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
        axes.set_title(f"read as {answer}")
    drawn = panels[1].imshow(change, cmap=_signed_colours(), vmin=-step, vmax=step)
    panels[1].set_title(f"the change: {step} grey levels at most")
    text = "change in grey levels (orange: more ink)"
    bar = {"location": "bottom", "shrink": 0.3, "ticks": [-step, 0, step]}
    figure.colorbar(drawn, ax=panels, label=text, **bar)
    for axes in panels:
        axes.set_xlabel("column")
    panels[0].set_ylabel("row")
    figure.suptitle(f"A small step that fools the network\n{subject}", fontsize=12)
    return figure


def label_errors(images, table, subject):
    """Images whose label people doubted, lettered, with the votes, and what the network answered.

    images: (N, 28, 28) uint8; table: DataFrame from `evaluation.label_errors`, and a column answer.
    """
    rows = max(1, -(-len(table) // 8))
    figure, panels = subplots(rows, 8, figsize=(13, 2.7 * rows + 1), squeeze=False)
    figure.alt = (
        f"The {len(table)} lettered images with their label, the other digit that people could "
        "choose, the votes for the label, for the other digit and for neither, and what the "
        "network answers."
    )
    figure.set_layout_engine("constrained", h_pad=0.1)
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[], frame_on=False)
    for letter, axes, row in zip(ascii_uppercase, panels.flat, table.itertuples(), strict=False):
        axes.imshow(images[row.image], cmap=SHADES, vmin=0, vmax=INK)
        votes = f"votes: {row.votes_label}, {row.votes_suggested}, {row.votes_neither}"
        title = f"{letter}: label {row.label}, or {row.suggested}?\n{votes}"
        axes.set_title(title, fontsize=12)
        colour = BLUE if row.answer == row.label else "black"
        axes.set_xlabel(f"network: {row.answer}", color=colour, fontsize=12, fontweight="bold")
    text = "votes: for the label, for the other digit, for neither; blue: answered as labelled"
    figure.suptitle(f"Labels that people doubted\n{subject}\n{text}", fontsize=12)
    return figure


def _extremes(values):
    return f"from {values.min():.1f} to {values.max():+.1f}"


def _signed_colours():
    return sns.blend_palette([BLUE, "white", ORANGE], as_cmap=True).with_extremes(bad="0.85")


def _layer_sheet(values):
    """Maps side by side, at most eight in a row; units as cells in one row."""
    if values.ndim == 1:
        return values[np.newaxis]
    maps = values.transpose(2, 0, 1)
    return _grid(maps, min(8, len(maps)))


def _grid(pictures, columns):
    """Pictures (N, height, width) on one sheet, row by row, with a gap of NaN between them."""
    count, height, width = pictures.shape
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + 1, width + 1), np.nan)
    cells[:count, :height, :width] = pictures
    sheet = cells.reshape(rows, columns, height + 1, width + 1).transpose(0, 2, 1, 3)
    return sheet.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def _counted(values):
    if values.ndim == 1:
        return f"{len(values)} units"
    height, width, maps = values.shape
    return f"{maps} maps of {height} by {width}"


def _stamp(axes, text, at, colour):
    box = {"boxstyle": "circle", "facecolor": "white", "edgecolor": colour, "alpha": 0.9}
    axes.text(*at, text, ha="center", va="center", fontsize=12, color="black", bbox=box)
